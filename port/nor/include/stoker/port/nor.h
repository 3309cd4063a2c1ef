/* stoker port: parallel NOR flash in the address space, by the Common Flash Interface (CFI). For serial NOR on SPI see
 * the port spi_nor.
 *
 * The port drives chips of 16 bits, one alone or two side by side, on a bus of 16 or 32 bits, with command set 0x0001
 * (Intel) or 0x0002 (AMD). It needs neither an operating system nor an allocator. One thread uses a struct stk_nor.
 *
 * While a call works, the chips answer reads with their status instead of data. So no code may run from the chips, and
 * no interrupt handler may read them. Map the chips uncached: from a cache, reads would give old data after a program,
 * and commands might never reach the chips. */
#ifndef STOKER_PORT_NOR_H
#define STOKER_PORT_NOR_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_NOR_POLLS_DEFAULT 100u /* reads in a microsecond; no bus makes more */

/* The accesses to the bus: each reads or writes `width` bytes (2 or 4) at byte `offset` of the chips, a multiple of
 * width, in one transfer. They must not block for long: a wait for the chip makes many of them. */
struct stk_nor_bus {
    uint32_t (*read)(void *ctx, uint32_t offset, uint32_t width);
    void (*write)(void *ctx, uint32_t offset, uint32_t width, uint32_t value);
};

struct stk_nor_config {
    volatile void *base;           /* address at which the chips are mapped; mandatory without `bus` */
    const struct stk_nor_bus *bus; /* accesses to the chips; default plain volatile accesses at base */
    void *bus_ctx;                 /* handed to each call of `bus` */
    uint32_t width;                /* bytes of the bus: 2 for one chip, 4 for two chips. Mandatory */
    uint32_t offset;    /* byte of the chips at which block 0 begins, the first of an erase block. Default 0 */
    uint32_t bytes;     /* bytes to use, whole blocks; default up to the end of the erase region that holds `offset` */
    uint32_t prog_unit; /* bytes of a program unit: a multiple of width, up to STK_FLASH_UNIT_MAX; default width */
    /* Most status reads in a microsecond. A program or an erase is given up after the worst time that the chip names
     * for it, counted in reads of this length. Default STK_NOR_POLLS_DEFAULT. */
    uint32_t polls_per_us;
    bool once;      /* true: chips with ECC over a unit, which may not be programmed twice; geometry: STK_FLASH_ONCE */
    bool word_only; /* true: programs one word at a time and leaves the write buffer of the chip alone */
};

/* Visible for sizeof, and for reading `geometry` and `info`. */
struct stk_nor {
    struct stk_flash_geometry geometry;
    const struct stk_nor_bus *bus;
    void *bus_ctx;
    uint32_t width;        /* bytes of the bus, 2 or 4 */
    uint32_t first;        /* byte of the chips at which block 0 begins */
    uint32_t buffer_bytes; /* bytes of one buffered program; 0: the chip has no write buffer, or it is not used */
    /* Most status reads in a program of one word, a buffered program and an erase. */
    uint32_t word_polls, buffer_polls, erase_polls;
    uint32_t unlocked; /* block that was unlocked last; UINT32_MAX for none */
    bool locks;        /* true: the chip locks each block by itself, and the port unlocks it */
    bool amd;          /* true: command set 0x0002; false: 0x0001 */
    bool late;         /* true: an operation passed its time limit, and the chip may still work on it */
    /* The last call that failed: its error (STK_E_TIMEOUT, STK_E_ACCESS or STK_E_IO), the block as index, and the
     * status word of the chips as value. */
    struct stk_error_info info;
};

/* Finds the chips, reads their CFI table and checks the mapped region against their erase regions. Does not change the
 * contents of the chips, and leaves them in read mode. STK_E_ARG a pointer is NULL, or width or prog_unit breaks its
 * rule; STK_E_NODEV no chip answers the query; STK_E_UNSUPPORTED the two chips differ, or their command set is neither
 * of the two; STK_E_RANGE the mapped region is no range of whole blocks of one erase region. */
STK_MUST_CHECK int stk_nor_open(struct stk_nor *nor, const struct stk_nor_config *config);

/* The flash interface over the chips; `ctx` is a struct stk_nor. Bits only leave the erased value: a program stores the
 * old bytes AND the data. prog and erase return when the chip is done, so there is no sync. Where the chip locks its
 * blocks one by one, the port unlocks a block before it changes the block. nor->info says why a call failed.
 *
 * STK_E_IO the chip reports an error, or a program or an erase takes longer than the limit of the chip (nor->info.err
 * is STK_E_TIMEOUT then). In the second case the next call first waits for the end of that operation, because a busy
 * chip takes no command and gives no data. If the operation does not end, prog and erase return STK_E_TIMEOUT and read
 * returns STK_E_IO. STK_E_ACCESS the block is locked, or the voltage for programs is off; only with command set 0x0001,
 * since the status of 0x0002 does not show this. STK_E_TIMEOUT also when the chip does not unlock the block or gives no
 * write buffer. After STK_E_ACCESS and STK_E_TIMEOUT nothing was changed, and the same call may be made again.
 * STK_E_RANGE as struct stk_flash_ops says. */
extern const struct stk_flash_ops stk_nor_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
