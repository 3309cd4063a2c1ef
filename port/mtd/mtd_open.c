/* stoker port: MTD as flash: opening, and what the kernel says of the device. */
#include "mtd_internal.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h> /* before the next: it uses its macros */
#include <mtd/mtd-user.h>

/* What may be done to a page that was programmed, by the kind of chip; below zero for one that a log cannot use. */
static int rewrite_of(const struct mtd_info_user *info) {
    bool bits = (info->flags & MTD_BIT_WRITEABLE) != 0;
    switch (info->type) {
    case MTD_RAM:
        return bits ? STK_FLASH_ANY : STK_E_UNSUPPORTED;
    case MTD_NORFLASH:
        return bits ? STK_FLASH_MANY : STK_FLASH_ONCE; /* NOR with ECC over a few bytes cannot clear single bits */
    case MTD_DATAFLASH:                                /* its pages are buffered in the chip and written once */
    case MTD_NANDFLASH:
        return STK_FLASH_ONCE;
    case MTD_MLCNANDFLASH:
        return (info->flags & MTD_SLC_ON_MLC_EMULATION) != 0 ? STK_FLASH_ONCE : STK_E_UNSUPPORTED;
    default:
        return STK_E_UNSUPPORTED;
    }
}

static int lay_out(struct stk_mtd *m, const struct mtd_info_user *info, uint64_t device_blocks,
                   const struct stk_mtd_config *config) {
    struct stk_flash_geometry *g = &m->geometry;
    uint64_t left = device_blocks - config->first_block;
    if (config->first_block >= device_blocks || config->blocks > left || left > UINT32_MAX) {
        return stk_mtd_fail(m, STK_E_RANGE, 0);
    }
    g->read_unit = 1; /* the drivers read whole pages and hand out what was asked for */
    g->prog_unit = info->writesize;
    g->block_bytes = info->erasesize;
    g->blocks = config->blocks != 0 ? config->blocks : (uint32_t)left;
    g->erased = 0xFF;
    m->first = (uint64_t)config->first_block * g->block_bytes;
    return STK_OK;
}

/* The geometry, from MEMGETINFO; the size from the end of the device, since the field for it has 32 bits only. */
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
    m->geometry.lazy = info.type == MTD_RAM; /* block2mtd is one, behind which there is a page cache */
    return lay_out(m, &info, (uint64_t)size / info.erasesize, config);
}

/* What the device can tell: NOR knows neither errors nor bad blocks. */
static void probe(struct stk_mtd *m) {
    struct mtd_ecc_stats stats = {0};
    loff_t at = (loff_t)m->first;
    m->counts_ecc = m->geometry.rewrite == STK_FLASH_ONCE && m->os->ioctl(m->fd, ECCGETSTATS, &stats) == 0;
    m->ecc_lost = stats.failed;
    m->marks_bad = m->os->ioctl(m->fd, MEMGETBADBLOCK, &at) >= 0;
}

/* Block by block, since the ioctl's range has 32 bits. Chips without locks say that they know none. */
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
