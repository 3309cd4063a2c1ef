/* stoker port: flash behind an MTD character device; this file opens it and turns the kernel's description into a
 * geometry. Kinds of chips that a log cannot use are refused here, so that mtd.c needs no such cases. */
#include "mtd_internal.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h> /* comes first, because mtd-user.h uses macros of this header */
#include <mtd/mtd-user.h>

/* Returns the enum stk_flash_rewrite of the chip, or an error below zero for a kind of chip that a log cannot use. */
static int rewrite_of(const struct mtd_info_user *info) {
    bool bits = (info->flags & MTD_BIT_WRITEABLE) != 0;
    switch (info->type) {
    case MTD_RAM:
        return bits ? STK_FLASH_ANY : STK_E_UNSUPPORTED;
    case MTD_NORFLASH:
        /* NOR with ECC over a few bytes cannot clear single bits later: the check bits would be wrong. */
        return bits ? STK_FLASH_MANY : STK_FLASH_ONCE;
    /* DataFlash buffers a page in the chip and writes the page once. */
    case MTD_DATAFLASH:
    case MTD_NANDFLASH:
        return STK_FLASH_ONCE;
    case MTD_MLCNANDFLASH:
        /* In MLC NAND a power cut while a page is programmed can destroy an older page that shares the cells, so a log
         * is safe only in SLC mode. */
        return (info->flags & MTD_SLC_ON_MLC_EMULATION) != 0 ? STK_FLASH_ONCE : STK_E_UNSUPPORTED;
    default:
        return STK_E_UNSUPPORTED;
    }
}

/* Sets the geometry for the blocks that the configuration asks for, and refuses blocks beyond the end of the device. */
static int lay_out(struct stk_mtd *m, const struct mtd_info_user *info, uint64_t device_blocks,
                   const struct stk_mtd_config *config) {
    struct stk_flash_geometry *g = &m->geometry;
    uint64_t left = device_blocks - config->first_block;
    if (config->first_block >= device_blocks || config->blocks > left || left > UINT32_MAX) {
        return stk_mtd_fail(m, STK_E_RANGE, 0);
    }
    /* The drivers read whole pages and hand out the bytes that were asked for. */
    g->read_unit = 1;
    g->prog_unit = info->writesize;
    g->block_bytes = info->erasesize;
    g->blocks = config->blocks != 0 ? config->blocks : (uint32_t)left;
    g->erased = 0xFF;
    m->first = (uint64_t)config->first_block * g->block_bytes;
    return STK_OK;
}

/* Reads the geometry from MEMGETINFO. The size comes from the end of the device instead, since the size in MEMGETINFO
 * has 32 bits and wraps at 4 GiB. */
static int describe(struct stk_mtd *m, const struct stk_mtd_config *config) {
    struct mtd_info_user info = {0};
    if (m->os->ioctl(m->fd, MEMGETINFO, &info) != 0) {
        return stk_mtd_fail(m, errno == ENOTTY || errno == EINVAL ? STK_E_UNSUPPORTED : stk_os_error(errno), errno);
    }
    int rewrite = rewrite_of(&info);
    if (rewrite < 0 || info.writesize == 0 || info.writesize > STK_FLASH_UNIT_MAX || info.erasesize == 0 ||
        info.erasesize % info.writesize != 0) {
        return stk_mtd_fail(m, STK_E_UNSUPPORTED, 0);
    }
    off_t size = m->os->seek_end(m->fd);
    if (size < 0) {
        return stk_mtd_fail(m, stk_os_error(errno), errno);
    }
    m->geometry.rewrite = (uint8_t)rewrite;
    /* The block2mtd driver shows a block device as MTD_RAM, and a page cache lies behind it. */
    m->geometry.lazy = info.type == MTD_RAM;
    return lay_out(m, &info, (uint64_t)size / info.erasesize, config);
}

/* Tests whether the device reports uncorrectable errors and bad blocks, and keeps both answers. A NOR chip reports
 * neither of the two, so its programs and erases need no further system call. */
static void probe(struct stk_mtd *m) {
    struct mtd_ecc_stats stats = {0};
    loff_t at = (loff_t)m->first;
    m->counts_ecc = m->geometry.rewrite == STK_FLASH_ONCE && m->os->ioctl(m->fd, ECCGETSTATS, &stats) == 0;
    m->ecc_lost = stats.failed;
    m->marks_bad = m->os->ioctl(m->fd, MEMGETBADBLOCK, &at) >= 0;
}

/* Unlocks the blocks one by one, since the range of MEMUNLOCK has 32 bits. EOPNOTSUPP says that the chip has no locks,
 * which is no error. Blocks beyond 4 GiB cannot be named and stay as they are. */
static int unlock(struct stk_mtd *m) {
    uint64_t at = m->first;
    for (uint32_t i = 0; i < m->geometry.blocks && at <= UINT32_MAX; i++) {
        struct erase_info_user range = {.start = (uint32_t)at, .length = m->geometry.block_bytes};
        if (m->os->ioctl(m->fd, MEMUNLOCK, &range) != 0) {
            return errno == EOPNOTSUPP ? STK_OK : stk_mtd_fail(m, stk_os_error(errno), errno);
        }
        at += m->geometry.block_bytes;
    }
    return STK_OK;
}

int stk_mtd_open_by(struct stk_mtd *mtd, const struct stk_mtd_config *config, const struct stk_mtd_os *os) {
    if (mtd == NULL || config == NULL) {
        return STK_E_ARG;
    }
    /* erase64 begins as true and turns false at the first kernel that does not know MEMERASE64 (erase_range). */
    *mtd = (struct stk_mtd){.os = os, .fd = config->fd, .owned = config->path != NULL, .erase64 = true};
    if (mtd->owned) {
        mtd->fd = os->open(config->path, O_RDWR | O_CLOEXEC);
        mtd->owned = mtd->fd >= 0;
    }
    if (mtd->fd < 0) {
        return config->path == NULL ? STK_E_ARG : stk_mtd_fail(mtd, stk_os_error(errno), errno);
    }
    int err = describe(mtd, config);
    if (err == STK_OK) {
        probe(mtd);
        err = config->unlock ? unlock(mtd) : STK_OK;
    }
    if (err != STK_OK) {
        stk_mtd_close(mtd);
    }
    return err;
}

void stk_mtd_close(struct stk_mtd *mtd) {
    if (mtd->owned) {
        (void)mtd->os->close(mtd->fd);
    }
    mtd->owned = false;
    mtd->fd = -1;
}
