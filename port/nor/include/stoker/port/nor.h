/* stoker port: parallel NOR flash in the address space, by the Common Flash Interface (CFI).
 *
 * Chips of 16 bits, one or two side by side on a bus of 16 or 32 bits; command sets 0x0001 (Intel) and 0x0002 (AMD).
 * Needs neither an operating system nor an allocator.
 *
 * While a call works, the chips answer with status instead of data: no code may run from them, and no interrupt
 * handler may read them. The mapping is uncached, or reads would give old data after a program and commands might
 * never arrive.
 */
#ifndef STOKER_PORT_NOR_H
#define STOKER_PORT_NOR_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_NOR_POLLS_DEFAULT 100u /* reads of a bus in a microsecond: more than any makes */

/* How the bus is reached: one access of `width` bytes (2 or 4) at byte `offset` of the chips, a multiple of width. */
struct stk_nor_bus {
    uint32_t (*read)(void *ctx, uint32_t offset, uint32_t width);
    void (*write)(void *ctx, uint32_t offset, uint32_t width, uint32_t value);
};

struct stk_nor_config {
    volatile void *base;           /* where the chips are mapped; without `bus` mandatory */
    const struct stk_nor_bus *bus; /* default plain volatile accesses at base */
    void *bus_ctx;
    uint32_t width;     /* bytes of the bus: 2 one chip, 4 two chips. Mandatory */
    uint32_t offset;    /* byte of the chips where block 0 begins: the first of an erase block. Default 0 */
    uint32_t bytes;     /* to use, whole blocks; default up to the end of the erase region that holds `offset` */
    uint32_t prog_unit; /* a multiple of width, up to STK_FLASH_UNIT_MAX; default width */
    uint32_t
        polls_per_us; /* status reads in a microsecond, at most: a program or an erase is given up after the chip's own
                              worst time in polls of this length. Default STK_NOR_POLLS_DEFAULT */
    bool once;        /* no unit may be programmed twice: chips with ECC over the unit. geometry says STK_FLASH_ONCE */
    bool word_only;   /* do not use the chip's write buffer */
};

/* Visible for sizeof, and for reading the fault. */
struct stk_nor {
    struct stk_flash_geometry geometry;
    const struct stk_nor_bus *bus;
    void *bus_ctx;
    uint32_t width;
    uint32_t first;        /* byte where block 0 begins */
    uint32_t buffer_bytes; /* of one buffered program, 0 for none */
    uint32_t word_polls, buffer_polls, erase_polls;
    uint32_t unlocked; /* block that was unlocked last */
    bool locks;        /* blocks may be locked, each for itself */
    bool amd;          /* the command set */
    bool late;         /* an operation passed its time limit; the chip may still work on it */
    struct stk_error_info
        info; /* of the last call that failed: STK_E_TIMEOUT, STK_E_ACCESS locked, STK_E_IO; block; status */
};

/* Finds the chips, reads their CFI table and checks the mapped region against their erase regions. Leaves them in read
 * mode. What they hold is not changed. STK_E_ARG a NULL, width, prog_unit; STK_E_NODEV nothing answers the query;
 * STK_E_UNSUPPORTED the two chips differ, or the command set is neither; STK_E_RANGE the mapped region is no range of
 * whole blocks of one erase region. */
STK_MUST_CHECK int stk_nor_open(struct stk_nor *nor, const struct stk_nor_config *config);

/* ctx is a struct stk_nor. Bits only leave the erased value: what is programmed is what was there AND the data. prog
 * and erase return when the chip is done: there is no sync. Where the chip locks its blocks one by one, a block is
 * unlocked before it is written. nor->info says why a call failed. STK_E_IO: the chip reports an error, or a program
 * or an erase takes longer than the chip's own limit (nor->info.err STK_E_TIMEOUT). Then the next call waits for the
 * end of that operation first, because a busy chip takes no command and gives no data; where it does not end, prog and
 * erase are STK_E_TIMEOUT and read is STK_E_IO. STK_E_ACCESS: the block is locked, or the voltage for programs is off;
 * command set 0x0001 only, since 0x0002 has no status that tells. STK_E_TIMEOUT: the chip does not unlock the block or
 * does not give its write buffer. After these two nothing was changed and the same call may be made again. STK_E_RANGE:
 * see struct stk_flash_ops. */
extern const struct stk_flash_ops stk_nor_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
