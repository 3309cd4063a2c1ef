/* stoker port: flash behind a Linux MTD character device, /dev/mtdN.
 *
 * For serial and parallel NOR, raw NAND and SPI-NAND, and RAM that the kernel presents as flash. Geometry and rules
 * come from the kernel. Threads: one at a time per object; not from a signal handler. Calls block for as long as the
 * chip takes. */
#ifndef STOKER_PORT_MTD_H
#define STOKER_PORT_MTD_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Configuration of a device. A 0 means the default. */
struct stk_mtd_config {
    const char *path;     /* /dev/mtdN, not /dev/mtdNro nor /dev/mtdblockN; NULL: `fd`. Only read during open */
    int fd;               /* descriptor for reading and writing; the caller's, must stay open until close */
    uint32_t first_block; /* first block to use; default 0 */
    uint32_t blocks;      /* number of blocks to use; default all from first_block on */
    bool unlock;          /* true: unlock the blocks at open, for chips that are locked after each reset */
};

struct stk_mtd_os;

/* Visible for sizeof, and for reading os_error. */
struct stk_mtd {
    struct stk_flash_geometry geometry;
    const struct stk_mtd_os *os;
    uint64_t first; /* byte of the device at which block 0 begins */
    int fd;
    int os_error;      /* errno of the last call that failed, 0 when it was refused here */
    uint32_t ecc_lost; /* uncorrectable errors that the device counts, as last seen */
    bool owned;        /* fd is closed by stk_mtd_close */
    bool counts_ecc;   /* 1: the device reports uncorrectable errors */
    bool marks_bad;    /* the device knows bad blocks */
    bool erase64;      /* false: the kernel has said that it does not know MEMERASE64 */
};

/* Opens the device and reads its geometry: blocks and program units as the kernel has them, read units of 1, erased
 * 0xFF. rewrite is STK_FLASH_MANY for NOR whose bits can be cleared one by one, STK_FLASH_ONCE for NOR with ECC and for
 * NAND, STK_FLASH_ANY for RAM. Blocks that are marked bad are part of the geometry and refuse programs and erases. The
 * port locks nothing: where several processes may write, lock the device's file (flock) and pass `fd`. The device stays
 * open until stk_mtd_close. After an error there is nothing to close, and mtd->os_error has the errno. Errors:
 * - STK_E_ARG a pointer is NULL, or the config has neither path nor descriptor.
 * - STK_E_RANGE first_block and blocks pass the end of the device.
 * - STK_E_UNSUPPORTED no MTD device, or one that a log cannot use: pages larger than STK_FLASH_UNIT_MAX, MLC NAND
 *   outside SLC mode (a later page can destroy an earlier one), ROM, UBI volumes.
 * - STK_E_NOENT, STK_E_ACCESS and others by the errno. */
STK_MUST_CHECK int stk_mtd_open(struct stk_mtd *mtd, const struct stk_mtd_config *config);

/* Closes the device. A descriptor that the caller gave stays open. May be called again. */
void stk_mtd_close(struct stk_mtd *mtd);

/* The flash interface; ctx is a struct stk_mtd. Programs and erases are durable when they return, so there is no sync.
 * The errno of an error is in mtd->os_error. Errors beside those of stoker/port/flash.h:
 * - STK_E_IO from read: the device counted an uncorrectable error during the read, twice in a row. The count is one for
 *   the whole device, and reads of others raise it too.
 * - STK_E_IO from prog and erase: the block is bad (errno 0), the medium failed, or the chip took too long (ETIMEDOUT).
 *   Also a program that was interrupted where a unit is programmed once: a part of it may be there.
 * - STK_E_ACCESS the block is locked (EROFS), or the descriptor may not write. STK_E_NODEV the device is gone.
 *   STK_E_SHORT the device ends. */
extern const struct stk_flash_ops stk_mtd_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
