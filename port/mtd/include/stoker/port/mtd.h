/* stoker port: flash behind a Linux MTD character device, /dev/mtdN.
 *
 * Serial and parallel NOR, raw NAND and SPI-NAND, and RAM that the kernel dresses up as flash. Geometry and rules
 * come from the kernel.
 */
#ifndef STOKER_PORT_MTD_H
#define STOKER_PORT_MTD_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

struct stk_mtd_config {
    const char *path;     /* /dev/mtdN, not /dev/mtdNro nor /dev/mtdblockN; NULL: `fd`. Only read during open */
    int fd;               /* open for reading and writing; stays the caller's, until close */
    uint32_t first_block; /* to use; default the first */
    uint32_t blocks;      /* to use; default all from first_block on */
    bool unlock;          /* unlock them at open: for chips that are locked after each reset */
};

struct stk_mtd_os;

/* Visible for sizeof, and for reading os_error. */
struct stk_mtd {
    struct stk_flash_geometry geometry;
    const struct stk_mtd_os *os;
    uint64_t first; /* byte where block 0 begins */
    int fd;
    int os_error;      /* errno of the last call that failed, 0 when it was refused here */
    uint32_t ecc_lost; /* uncorrectable errors that the device counts, as last seen */
    bool owned;        /* fd is closed by stk_mtd_close */
    bool counts_ecc;   /* the device tells of uncorrectable errors */
    bool marks_bad;    /* the device knows bad blocks */
    bool erase64;      /* MEMERASE64 is not seen to be missing yet */
};

/* Opens the device and reads its geometry: blocks and program units as the kernel has them, read units of 1, erased
 * 0xFF. rewrite is STK_FLASH_MANY for NOR whose bits can be cleared one by one, STK_FLASH_ONCE for NOR with ECC and
 * for NAND, STK_FLASH_ANY for RAM. Blocks that are marked bad are part of the geometry and refuse programs and
 * erases. STK_E_ARG a NULL; STK_E_RANGE first_block and blocks pass the end; STK_E_UNSUPPORTED no MTD device, or one
 * that a log cannot use: pages larger than STK_FLASH_UNIT_MAX, MLC NAND outside SLC mode
 * (a later page can take an earlier one with it), ROM, UBI volumes; STK_E_NOENT, STK_E_ACCESS and others by the
 * errno, which is in mtd->os_error. After an error there is nothing to close. Nothing is locked: where several
 * processes may write, lock the device's file (flock) and pass `fd`. */
STK_MUST_CHECK int stk_mtd_open(struct stk_mtd *mtd, const struct stk_mtd_config *config);

/* Closes what open opened. */
void stk_mtd_close(struct stk_mtd *mtd);

/* ctx is a struct stk_mtd. Programs and erases are durable when they return: there is no sync. read says STK_E_IO when
 * the device counted an uncorrectable error during it, twice in a row: the count is one for the whole device, and
 * somebody else's reads raise it too. prog and erase of a bad block are STK_E_IO with errno 0. Other errors are by the
 * errno, which is in mtd->os_error: STK_E_IO where the medium failed, which includes a chip that took too long
 * (ETIMEDOUT); STK_E_ACCESS for a locked block (EROFS) and for a descriptor that may not write; STK_E_NODEV for a
 * device that is gone; STK_E_SHORT where the device ends. A program that was interrupted is STK_E_IO where a unit is
 * programmed once: a part of it may be there. */
extern const struct stk_flash_ops stk_mtd_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
