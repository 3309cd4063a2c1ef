/* stoker port: MTD as flash: reading, programming, erasing. Opening is in mtd_open.c. */
#include "mtd_internal.h"

#include <stddef.h>
#include <sys/ioctl.h> /* before the next: it uses its macros */
#include <mtd/mtd-user.h>

#define TRIES_MAX 64u /* interruptions in a row without a byte */

/// Transfers ///

/* Checks a transfer and gives the offset of its first byte in *at. */
static int place_of(struct stk_mtd *m, uint32_t block, uint32_t offset, uint32_t bytes, off_t *at) {
    const struct stk_flash_geometry *g = &m->geometry;
    if (block >= g->blocks || offset > g->block_bytes || bytes > g->block_bytes - offset) {
        return stk_mtd_fail(m, STK_E_RANGE, 0);
    }
    *at = (off_t)(m->first + (uint64_t)block * g->block_bytes + offset);
    return STK_OK;
}

/* One transfer, whole or not at all. What was interrupted goes on where that is allowed: the kernel may have
 * programmed part of what it then says it did not. */
static int transfer(struct stk_mtd *m, bool out, off_t at, uint8_t *data, size_t bytes) {
    bool retry = !out || m->geometry.rewrite >= STK_FLASH_MANY;
    for (uint32_t tries = 0; bytes != 0;) {
        ssize_t n = out ? m->os->pwrite(m->fd, data, bytes, at) : m->os->pread(m->fd, data, bytes, at);
        int os_error = n < 0 ? errno : 0;
        if (n > 0) {
            tries = 0;
            data += n;
            bytes -= (size_t)n;
            at += (off_t)n;
        } else if (os_error != EINTR || !retry || ++tries == TRIES_MAX) {
            return stk_mtd_fail(m, STK_E_IO, os_error);
        }
    }
    return STK_OK;
}

/* Did the device count uncorrectable errors since the last look? Reads of the character device do not fail for them. */
static int look_at_ecc(struct stk_mtd *m, bool *lost) {
    struct mtd_ecc_stats stats = {0};
    if (m->os->ioctl(m->fd, ECCGETSTATS, &stats) != 0) {
        return stk_mtd_fail(m, STK_E_IO, errno);
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
    /* The second time shows whether it was this read that lost something. */
    for (int time = 0; time < 2 && lost && err == STK_OK; time++) {
        lost = false;
        err = transfer(m, false, at, data, bytes);
        if (err == STK_OK && m->counts_ecc) {
            err = look_at_ecc(m, &lost);
        }
    }
    return err == STK_OK && lost ? stk_mtd_fail(m, STK_E_IO, EBADMSG) : err;
}

/// Programs and erases ///

/* STK_E_IO for a block that is marked bad: the kernel refuses to erase one, but programs it. */
static int check_bad(struct stk_mtd *m, uint32_t block) {
    loff_t at = (loff_t)(m->first + (uint64_t)block * m->geometry.block_bytes);
    int bad = m->marks_bad ? m->os->ioctl(m->fd, MEMGETBADBLOCK, &at) : 0;
    return bad == 0 ? STK_OK : stk_mtd_fail(m, STK_E_IO, bad < 0 ? errno : 0);
}

static int mtd_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct stk_mtd *m = ctx;
    off_t at;
    int err = place_of(m, block, offset, bytes, &at);
    if (err == STK_OK) {
        err = check_bad(m, block);
    }
    /* The bytes are only read; one routine for both directions needs one type. */
    return err != STK_OK ? err : transfer(m, true, at, (uint8_t *)(uintptr_t)data, bytes);
}

static int erase_range(struct stk_mtd *m, uint64_t at) {
    struct erase_info_user64 wide = {.start = at, .length = m->geometry.block_bytes};
    struct erase_info_user narrow = {.start = (uint32_t)at, .length = m->geometry.block_bytes};
    if (m->erase64) {
        if (m->os->ioctl(m->fd, MEMERASE64, &wide) == 0) {
            return STK_OK;
        }
        if (errno != ENOTTY || at > UINT32_MAX) {
            return stk_mtd_fail(m, STK_E_IO, errno);
        }
        m->erase64 = false;
    }
    return m->os->ioctl(m->fd, MEMERASE, &narrow) == 0 ? STK_OK : stk_mtd_fail(m, STK_E_IO, errno);
}

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
