/* stoker port: flash behind an MTD character device; this file reads, programs and erases. Opening is in mtd_open.c,
 * the system calls are in mtd_os.h. There is no sync: the drivers wait for the chip. */
#include "mtd_internal.h"

#include <stddef.h>
#include <sys/ioctl.h> /* comes first, because mtd-user.h uses macros of this header */
#include <mtd/mtd-user.h>

/* Interruptions (EINTR) in a row, without a byte in between, after which a transfer is given up. */
#define TRIES_MAX 64u

/// Transfers ///

/* Checks that a transfer lies in one block, and sets *at to the offset of its first byte on the device. */
static int place_of(struct stk_mtd *m, uint32_t block, uint32_t offset, uint32_t bytes, off_t *at) {
    const struct stk_flash_geometry *g = &m->geometry;
    /* `bytes` is compared with the rest of the block, because offset + bytes may wrap. */
    if (block >= g->blocks || offset > g->block_bytes || bytes > g->block_bytes - offset) {
        return stk_mtd_fail(m, STK_E_RANGE, 0);
    }
    *at = (off_t)(m->first + (uint64_t)block * g->block_bytes + offset);
    return STK_OK;
}

/* Returns true if a program that was interrupted may be done again. False where a unit is programmed once: the kernel
 * may have programmed a part of the unit before it reported the interruption, and a second program would break its
 * ECC. */
static bool may_repeat(const struct stk_mtd *m) {
    return m->geometry.rewrite >= STK_FLASH_MANY;
}

/* Keeps the errno of a call to the device and returns its code. A driver reports ETIMEDOUT when the chip took longer
 * than its own limit, which makes the block bad (STK_E_IO). */
static int fail(struct stk_mtd *m, int os_error) {
    int err = stk_os_flash_error(os_error);
    return stk_mtd_fail(m, err == STK_E_TIMEOUT ? STK_E_IO : err, os_error);
}

/* Returns the code of a program that failed. `begun`: a part of the program went through before. Where a unit is
 * programmed once, only an error that comes before any program leaves the block good; every error that may have come
 * after one is STK_E_IO, so that the log takes the next block. */
static int fail_program(struct stk_mtd *m, int os_error, bool begun) {
    int err = fail(m, os_error);
    bool unsure = begun || err == STK_E_WOULD_BLOCK || err == STK_E_DEVICE;
    return unsure && !may_repeat(m) ? STK_E_IO : err;
}

/* Does one transfer, whole or not at all for the caller. `out`: true for a program. Goes on after an interruption where
 * may_repeat() allows that; a read may always go on. */
static int transfer(struct stk_mtd *m, bool out, off_t at, uint8_t *data, size_t bytes) {
    const size_t all = bytes;
    bool retry = !out || may_repeat(m);
    for (uint32_t tries = 0; bytes != 0;) {
        ssize_t n = out ? m->os->pwrite(m->fd, data, bytes, at) : m->os->pread(m->fd, data, bytes, at);
        int os_error = n < 0 ? errno : 0;
        if (n > 0) {
            tries = 0;
            data += n;
            bytes -= (size_t)n;
            at += (off_t)n;
        } else if (n == 0) {
            /* A transfer of 0 bytes means that the device ends here. */
            return stk_mtd_fail(m, STK_E_SHORT, 0);
        } else if (os_error != EINTR || !retry || ++tries == TRIES_MAX) {
            return out ? fail_program(m, os_error, bytes != all) : fail(m, os_error);
        }
    }
    return STK_OK;
}

/* Sets *lost to whether the device has counted uncorrectable errors since the last look. Reads of the character device
 * succeed in spite of such errors, so the counter is the only sign. */
static int look_at_ecc(struct stk_mtd *m, bool *lost) {
    struct mtd_ecc_stats stats = {0};
    if (m->os->ioctl(m->fd, ECCGETSTATS, &stats) != 0) {
        return fail(m, errno);
    }
    *lost = stats.failed != m->ecc_lost;
    m->ecc_lost = stats.failed;
    return STK_OK;
}

static int mtd_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct stk_mtd *m = ctx;
    off_t at;
    bool lost = true;
    int err = place_of(m, block, offset, bytes, &at);
    /* The counter is one for the whole device, so another reader may have raised it during the first read. The second
     * read shows whether this read loses something. */
    for (int time = 0; time < 2 && lost && err == STK_OK; time++) {
        lost = false;
        err = transfer(m, false, at, data, bytes);
        if (err == STK_OK && m->counts_ecc) {
            err = look_at_ecc(m, &lost);
        }
    }
    /* EBADMSG is the errno that the kernel itself uses for an uncorrectable error. */
    return err == STK_OK && lost ? stk_mtd_fail(m, STK_E_IO, EBADMSG) : err;
}

/// Programs and erases ///

/* Returns STK_E_IO for a block that is marked bad. The kernel refuses to erase such a block but programs it, so the
 * port asks before both. */
static int check_bad(struct stk_mtd *m, uint32_t block) {
    loff_t at = (loff_t)(m->first + (uint64_t)block * m->geometry.block_bytes);
    int bad = m->marks_bad ? m->os->ioctl(m->fd, MEMGETBADBLOCK, &at) : 0;
    return bad == 0 ? STK_OK : bad < 0 ? fail(m, errno) : stk_mtd_fail(m, STK_E_IO, 0);
}

static int mtd_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct stk_mtd *m = ctx;
    off_t at;
    int err = place_of(m, block, offset, bytes, &at);
    /* The check is done here because drivers differ: some split a page, others refuse a part of a page with an errno of
     * their own. */
    if (err == STK_OK && (offset % m->geometry.prog_unit != 0 || bytes % m->geometry.prog_unit != 0)) {
        err = stk_mtd_fail(m, STK_E_RANGE, 0);
    }
    if (err == STK_OK) {
        err = check_bad(m, block);
    }
    /* transfer() serves both directions and so takes a pointer to bytes that are not const. A program only reads
     * them. */
    return err != STK_OK ? err : transfer(m, true, at, (uint8_t *)(uintptr_t)data, bytes);
}

/* Erases one block at byte `at`. MEMERASE64 reaches beyond 4 GiB; a kernel without it answers ENOTTY, which is
 * remembered, and MEMERASE takes its place for offsets of 32 bits. */
static int erase_range(struct stk_mtd *m, uint64_t at) {
    struct erase_info_user64 wide = {.start = at, .length = m->geometry.block_bytes};
    struct erase_info_user narrow = {.start = (uint32_t)at, .length = m->geometry.block_bytes};
    if (m->erase64) {
        if (m->os->ioctl(m->fd, MEMERASE64, &wide) == 0) {
            return STK_OK;
        }
        if (errno != ENOTTY || at > UINT32_MAX) {
            return fail(m, errno);
        }
        m->erase64 = false;
    }
    return m->os->ioctl(m->fd, MEMERASE, &narrow) == 0 ? STK_OK : fail(m, errno);
}

/* Erases a block that is not marked bad. */
static int mtd_erase(void *ctx, uint32_t block) {
    struct stk_mtd *m = ctx;
    off_t at;
    int err = place_of(m, block, 0, m->geometry.block_bytes, &at);
    if (err == STK_OK) {
        err = check_bad(m, block);
    }
    return err != STK_OK ? err : erase_range(m, (uint64_t)at);
}

static void mtd_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    *geometry = ((const struct stk_mtd *)ctx)->geometry;
}

const struct stk_flash_ops stk_mtd_flash_ops = {
    .name = "mtd",
    .geometry = mtd_geometry,
    .read = mtd_read,
    .prog = mtd_prog,
    .erase = mtd_erase,
    .sync = NULL, /* the drivers wait for the chip, and the device has no fsync */
};
