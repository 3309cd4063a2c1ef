/* SPI NOR over a simulated chip: each way to report failures, sectors and blocks, wide addresses, and larger units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash.h"
#include "spi_nor_board.h"

static struct stk_spi_nor nor;
static struct stk_spi_nor_config config;

static const struct way {
    const char *name;
    enum stk_sim_spi_nor_kind kind;
    uint32_t sector_bytes, block_bytes, offset, unit;
    bool once, polled;
    const struct stk_spi_nor_chip *chip;
} * way;

static void *reopen(void) {
    return stk_spi_nor_open(&nor, &config) == STK_OK ? &nor : NULL;
}

static void *open_it(void) {
    config = plug(way->kind, way->sector_bytes);
    config.bus = way->polled ? &polled_bus : &plain_bus;
    config.block_bytes = way->block_bytes;
    config.offset = way->offset;
    config.prog_unit = way->unit;
    config.once = way->once;
    config.chip = way->chip;
    config.bytes = way->chip != NULL ? CHIP_BYTES - way->offset : 0;
    return reopen();
}

static void close_it(void) {
}

static void go_bad(uint32_t block) {
    uint32_t sectors = nor.geometry.block_bytes / way->sector_bytes;
    chip.bad_blocks = 1u << ((block * nor.geometry.block_bytes + way->offset) / way->sector_bytes);
    assert_true(sectors == 1 || block != 0);
}

static void stand_in_the_way(void) {
    chip.protection = 0x0C;
}

static void mend(void) {
    chip.bad_blocks = 0;
    chip.protection = 0;
}

int main(void) {
    /* A chip of 32 MiB; the simulated one has as many bytes as there is memory for, and sees each address modulo it. */
    static const struct stk_spi_nor_chip wide = {
        .bytes = 1u << 25, .erase = {{.bytes = 1024, .command = 0x20}, {.bytes = 16384, .command = 0xD8}}};
    static const struct way ways[] = {
        {"spi_nor, read back", STK_SIM_SPI_NOR_SILENT, 1024, 0, 0, 0, false, false, NULL},
        {"spi_nor, flag status", STK_SIM_SPI_NOR_FLAGS, 1024, 0, 4096, 0, false, true, NULL},
        {"spi_nor, security register", STK_SIM_SPI_NOR_SECURITY, 1024, 0, 0, 64, false, false, NULL},
        {"spi_nor, status register", STK_SIM_SPI_NOR_STATUS, 1024, 0, 2048, 16, false, true, NULL},
        {"spi_nor, blocks", STK_SIM_SPI_NOR_FLAGS, 1024, 16384, 0, 0, false, false, NULL},
        {"spi_nor, addresses of 4 bytes", STK_SIM_SPI_NOR_SILENT, 1024, 0, 0, 0, false, false, &wide},
        {"spi_nor, pages that are programmed once", STK_SIM_SPI_NOR_SECURITY, 4096, 0, 0, 256, true, false, NULL},
    };
    struct flash_port port = {
        .ops = &stk_spi_nor_flash_ops,
        .open = open_it,
        .close = close_it,
        .reopen = reopen,
        .bad = UINT32_MAX,
        .align = 1,
        .records = 500,
        .go_bad = go_bad,
        .refusal = STK_E_ACCESS,
        .stand_in_the_way = stand_in_the_way,
        .mend = mend,
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        way = &ways[i];
        port.name = way->name;
        failed += flash_contract(&port);
    }
    return failed;
}
