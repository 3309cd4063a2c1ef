/* MTD over a kernel that the test plays: NOR and NAND, and pages that are no powers of two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash.h"
#include "mtd_fake.h"

static struct stk_mtd mtd;
static struct stk_mtd_config config;

static const struct way {
    const char *name;
    uint8_t type;
    uint32_t flags, page, pages; /* pages of a block */
    uint32_t bad;
    uint32_t records;
} ways[] = {
    {"mtd, NOR", MTD_NORFLASH, MTD_CAP_NORFLASH, 1, ERASE, UINT32_MAX, 2000},
    {"mtd, NOR with ECC", MTD_NORFLASH, MTD_WRITEABLE, 16, ERASE / 16, UINT32_MAX, 2000},
    {"mtd, NAND", MTD_NANDFLASH, MTD_CAP_NANDFLASH, 512, ERASE / 512, UINT32_MAX, 2000},
    {"mtd, NAND with a bad block", MTD_NANDFLASH, MTD_CAP_NANDFLASH, 512, ERASE / 512, 3, 2000},
    {"mtd, NAND with large pages", MTD_NANDFLASH, MTD_CAP_NANDFLASH, 16384, 4, UINT32_MAX, 2000},
    {"mtd, DataFlash", MTD_DATAFLASH, MTD_WRITEABLE, 528, 8, UINT32_MAX, 500},
    {"mtd, pages of 2112 bytes", MTD_DATAFLASH, MTD_WRITEABLE, 2112, 2, UINT32_MAX, 500},
    {"mtd, pages of 24 bytes", MTD_DATAFLASH, MTD_WRITEABLE, 24, 100, UINT32_MAX, 500},
};
static const struct way *way;

static void *open_it(void) {
    config = plug(way->type, way->flags, way->page);
    dev.info.erasesize = way->page * way->pages;
    dev.size = (uint64_t)dev.info.erasesize * BLOCKS;
    dev.stats_errno = way->type == MTD_NANDFLASH ? 0 : ENOTTY;
    dev.bad = way->bad < BLOCKS ? 1u << way->bad : 0;
    dev.once = way->type != MTD_NORFLASH || way->page > 1;
    return stk_mtd_open_by(&mtd, &config, &fake) == STK_OK ? &mtd : NULL;
}

static void close_it(void) {
    stk_mtd_close(&mtd);
}

static void *reopen(void) {
    stk_mtd_close(&mtd);
    return stk_mtd_open_by(&mtd, &config, &fake) == STK_OK ? &mtd : NULL;
}

static void go_bad(uint32_t block) {
    dev.bad |= 1u << block;
}

static void fail_with(int os_error) {
    dev.io_errno = dev.erase_errno = os_error;
    dev.io_errors = UINT32_MAX;
    dev.before_errors = 0;
}

static void fail_reads(uint32_t block) {
    (void)block;
    if (way->type == MTD_NANDFLASH) {
        dev.lost = 2; /* NAND counts what it lost; of one loss the port cannot say that it was its read's */
    } else {
        fail_with(EIO);
    }
}

static void stand_in_the_way(void) {
    fail_with(EROFS);
}

static void mend(void) {
    dev.bad = way->bad < BLOCKS ? 1u << way->bad : 0;
    dev.io_errors = 0;
    dev.erase_errno = 0;
}

int main(void) {
    struct flash_port port = {
        .ops = &stk_mtd_flash_ops,
        .open = open_it,
        .close = close_it,
        .reopen = reopen,
        .align = 1,
        .go_bad = go_bad,
        .fail_reads = fail_reads,
        .refusal = STK_E_ACCESS,
        .stand_in_the_way = stand_in_the_way,
        .mend = mend,
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        way = &ways[i];
        port.name = way->name;
        port.bad = way->bad;
        port.records = way->records;
        failed += flash_contract(&port);
    }
    return failed;
}
