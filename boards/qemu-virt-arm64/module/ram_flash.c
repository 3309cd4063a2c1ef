// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Three MTD devices in memory, for the tests of a log on MTD: RAM, NOR and NAND. Each keeps the rules of its kind: bits
 * of NOR and NAND are only cleared by a program, NAND takes each page once between two erases, and one of its blocks is
 * bad. A program that breaks a rule of NAND fails with -EIO. */
#include <linux/mtd/mtd.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#define BLOCK_BYTES 16384u
#define BLOCKS      64u
#define PAGE_BYTES  2048u /* of the NAND */
#define PAGES       (BLOCKS * BLOCK_BYTES / PAGE_BYTES)
#define BAD_BLOCK   3u

enum kind {
    KIND_RAM,
    KIND_NOR,
    KIND_NAND,
    KINDS
};

struct ram_flash {
    struct mtd_info mtd;
    enum kind kind;
    u8 *bytes;
    bool bad[BLOCKS];
    bool programmed[PAGES];
};

static struct ram_flash *flashes[KINDS];

static int ram_flash_erase(struct mtd_info *mtd, struct erase_info *area) {
    struct ram_flash *flash = mtd->priv;
    u32 first = (u32)area->addr, bytes = (u32)area->len;
    if (flash->kind == KIND_NAND && flash->bad[first / BLOCK_BYTES]) {
        return -EIO;
    }
    memset(flash->bytes + first, 0xFF, bytes);
    memset(flash->programmed + first / PAGE_BYTES, 0, bytes / PAGE_BYTES);
    return 0;
}

static int ram_flash_read(struct mtd_info *mtd, loff_t from, size_t bytes, size_t *done, u_char *data) {
    struct ram_flash *flash = mtd->priv;
    memcpy(data, flash->bytes + from, bytes);
    *done = bytes;
    return 0;
}

/* Takes note that whole pages of the NAND are programmed. */
static int use_pages(struct ram_flash *flash, u32 first, u32 bytes) {
    if (first % PAGE_BYTES != 0 || bytes % PAGE_BYTES != 0) {
        return -EINVAL;
    }
    for (u32 page = first / PAGE_BYTES; page < (first + bytes) / PAGE_BYTES; page++) {
        if (flash->programmed[page] || flash->bad[page * PAGE_BYTES / BLOCK_BYTES]) {
            pr_err("ram_flash: page %u was programmed before, or is in a bad block\n", page);
            return -EIO;
        }
        flash->programmed[page] = true;
    }
    return 0;
}

static int ram_flash_write(struct mtd_info *mtd, loff_t to, size_t bytes, size_t *done, const u_char *data) {
    struct ram_flash *flash = mtd->priv;
    u8 *at = flash->bytes + to;
    int err = flash->kind == KIND_NAND ? use_pages(flash, (u32)to, (u32)bytes) : 0;
    if (err != 0) {
        return err;
    }
    for (size_t i = 0; i < bytes; i++) {
        at[i] = flash->kind == KIND_RAM ? data[i] : at[i] & data[i];
    }
    *done = bytes;
    return 0;
}

static int ram_flash_is_bad(struct mtd_info *mtd, loff_t at) {
    struct ram_flash *flash = mtd->priv;
    return flash->bad[(u32)at / BLOCK_BYTES];
}

static int ram_flash_mark_bad(struct mtd_info *mtd, loff_t at) {
    struct ram_flash *flash = mtd->priv;
    flash->bad[(u32)at / BLOCK_BYTES] = true;
    return 0;
}

static int add(enum kind kind) {
    static const struct {
        char *name;
        u8 type;
        u32 flags, unit;
    } of[KINDS] = {{"stoker-ram", MTD_RAM, MTD_CAP_RAM, 1},
                   {"stoker-nor", MTD_NORFLASH, MTD_CAP_NORFLASH, 1},
                   {"stoker-nand", MTD_NANDFLASH, MTD_CAP_NANDFLASH, PAGE_BYTES}};
    struct ram_flash *flash = vzalloc(sizeof(*flash));
    struct mtd_info *mtd;
    if (!flash) {
        return -ENOMEM;
    }
    flashes[kind] = flash;
    flash->kind = kind;
    flash->bytes = vmalloc(BLOCKS * BLOCK_BYTES);
    if (!flash->bytes) {
        return -ENOMEM;
    }
    memset(flash->bytes, 0xFF, BLOCKS * BLOCK_BYTES);
    mtd = &flash->mtd;
    mtd->owner = THIS_MODULE;
    mtd->priv = flash;
    mtd->name = of[kind].name;
    mtd->type = of[kind].type;
    mtd->flags = of[kind].flags;
    mtd->writesize = mtd->writebufsize = of[kind].unit;
    mtd->erasesize = BLOCK_BYTES;
    mtd->size = BLOCKS * BLOCK_BYTES;
    mtd->_erase = ram_flash_erase;
    mtd->_read = ram_flash_read;
    mtd->_write = ram_flash_write;
    if (kind == KIND_NAND) {
        flash->bad[BAD_BLOCK] = true;
        mtd->_block_isbad = ram_flash_is_bad;
        mtd->_block_markbad = ram_flash_mark_bad;
    }
    return mtd_device_register(mtd, NULL, 0);
}

/* The devices stay until the machine goes down: there is no exit, so the module cannot be removed, and a device that
 * fails leaves the others as they are. */
static int __init ram_flash_init(void) {
    for (int kind = 0; kind < KINDS; kind++) {
        int err = add((enum kind)kind);
        if (err != 0) {
            pr_err("ram_flash: device %d: error %d\n", kind, err);
        }
    }
    return 0;
}

module_init(ram_flash_init);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("MTD devices in memory, for tests");
