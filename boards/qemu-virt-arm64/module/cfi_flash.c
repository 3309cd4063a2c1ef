// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* An MTD device over the second flash bank of QEMU's "virt" machine: two chips of 16 bits side by side on a bus of 32
 * bits, with the command set of Intel (0x0001). Debian's kernel for arm64 has no driver for them. Each word is
 * programmed alone, so a power cut can end a program between any two words. */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/mtd/mtd.h>
#include <linux/mutex.h>

#define BANK_AT     0x04000000u
#define BLOCK_BYTES 0x40000u
#define BLOCKS      4u /* blocks in use, of the 256 blocks of the bank */

/* Both chips take a command and give their status at the same time. */
#define BOTH(x)      ((x)*0x00010001u)
#define READ_ARRAY   BOTH(0xFFu)
#define CLEAR_STATUS BOTH(0x50u)
#define PROGRAM      BOTH(0x40u)
#define ERASE        BOTH(0x20u)
#define CONFIRM      BOTH(0xD0u)
#define UNLOCK       BOTH(0x60u)
#define QUERY        BOTH(0x98u)
#define READY        BOTH(0x80u)
#define ERRORS       BOTH(0x3Au) /* erase, program, voltage, lock */
#define CHUNK        32u
#define POLLS        2000000u /* most polls, of a microsecond each */

static struct mtd_info cfi_flash;
static void __iomem *bank;
static DEFINE_MUTEX(bank_lock);

/* Waits until both chips are done. */
static int wait_for_chips(void __iomem *at) {
    u32 status = readl(at);
    for (u32 polls = 0; (status & READY) != READY && polls < POLLS; polls++) {
        udelay(1);
        status = readl(at);
    }
    return (status & READY) != READY || (status & ERRORS) != 0 ? -EIO : 0;
}

/* Gives the chips back to readers. */
static void read_mode(void __iomem *at) {
    writel(CLEAR_STATUS, at);
    writel(READ_ARRAY, at);
}

static int cfi_flash_erase(struct mtd_info *mtd, struct erase_info *area) {
    int err = 0;
    mutex_lock(&bank_lock);
    for (u32 at = (u32)area->addr; at < area->addr + area->len && err == 0; at += BLOCK_BYTES) {
        writel(UNLOCK, bank + at);
        writel(CONFIRM, bank + at);
        writel(ERASE, bank + at);
        writel(CONFIRM, bank + at);
        err = wait_for_chips(bank + at);
        read_mode(bank + at);
    }
    mutex_unlock(&bank_lock);
    return err;
}

static int cfi_flash_read(struct mtd_info *mtd, loff_t from, size_t bytes, size_t *done, u_char *data) {
    mutex_lock(&bank_lock);
    memcpy_fromio(data, bank + from, bytes);
    mutex_unlock(&bank_lock);
    *done = bytes;
    return 0;
}

/* Programs words at `at`, which is a multiple of 4. `words` holds what is there. */
static int program_words(u32 at, const u32 *words, const u32 *wanted, u32 count) {
    int err = 0;
    for (u32 i = 0; i < count && err == 0; i++) {
        if ((words[i] & wanted[i]) != words[i]) { /* bits are only cleared; QEMU's chips would set them too */
            writel(PROGRAM, bank + at + 4 * i);
            writel(words[i] & wanted[i], bank + at + 4 * i);
            err = wait_for_chips(bank + at + 4 * i);
        }
    }
    read_mode(bank + at);
    return err;
}

/* A read between two programs is slow, as the chips change their mode: so CHUNK words are read and then programmed. */
static int cfi_flash_write(struct mtd_info *mtd, loff_t to, size_t bytes, size_t *done, const u_char *data) {
    u32 words[CHUNK], wanted[CHUNK];
    int err = 0;
    mutex_lock(&bank_lock);
    while (*done < bytes && err == 0) {
        u32 at = (u32)to + (u32)*done, first = at % 4u;
        u32 count = min_t(u32, (u32)sizeof(words) - first, (u32)(bytes - *done));
        memcpy_fromio(words, bank + at - first, sizeof(words));
        memset(wanted, 0xFF, sizeof(wanted));
        memcpy((u8 *)wanted + first, data + *done, count);
        err = program_words(at - first, words, wanted, (first + count + 3u) / 4u);
        *done += err == 0 ? count : 0;
    }
    mutex_unlock(&bank_lock);
    return err;
}

static bool answers_query(void) {
    bool answers;
    writel(QUERY, bank + 0x55 * 4);
    answers = readl(bank + 0x10 * 4) == BOTH('Q') && readl(bank + 0x11 * 4) == BOTH('R');
    writel(READ_ARRAY, bank);
    return answers;
}

static int __init cfi_flash_init(void) {
    bank = ioremap(BANK_AT, BLOCKS * BLOCK_BYTES + CHUNK * 4u); /* a program may read behind the last block */
    if (!bank) {
        return -ENOMEM;
    }
    if (!answers_query()) {
        iounmap(bank);
        return -ENODEV;
    }
    cfi_flash.owner = THIS_MODULE;
    cfi_flash.name = "stoker-cfi";
    cfi_flash.type = MTD_NORFLASH;
    cfi_flash.flags = MTD_CAP_NORFLASH;
    cfi_flash.size = BLOCKS * BLOCK_BYTES;
    cfi_flash.erasesize = BLOCK_BYTES;
    cfi_flash.writesize = 1;
    cfi_flash.writebufsize = 4;
    cfi_flash._erase = cfi_flash_erase;
    cfi_flash._read = cfi_flash_read;
    cfi_flash._write = cfi_flash_write;
    return mtd_device_register(&cfi_flash, NULL, 0);
}

module_init(cfi_flash_init);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("The second flash bank of QEMU's virt machine");
