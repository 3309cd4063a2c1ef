/* stoker port interface: flash, memory that is erased by the block and programmed by the unit. */
#ifndef STOKER_PORT_FLASH_H
#define STOKER_PORT_FLASH_H

#include <stdint.h>

#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_FLASH_UNIT_MAX 16384u /* largest read and program unit */

/* What may be done to a unit that was programmed, or whose program a power cut ended, before its block is erased
 * again. */
enum stk_flash_rewrite {
    STK_FLASH_ONCE = 0,   /* nothing: NAND pages, flash words with ECC */
    STK_FLASH_INVERT = 1, /* all its bytes may be set to the inverse of the erased value (STM32L4's zeros) */
    STK_FLASH_MANY = 2,   /* it may be programmed again; bits only leave the erased value: NOR */
    STK_FLASH_ANY = 3     /* it may be programmed again, to any value: files, FRAM, MRAM */
};

struct stk_flash_geometry {
    uint32_t read_unit;   /* reads start and end at multiples of this; 1 .. STK_FLASH_UNIT_MAX */
    uint32_t prog_unit;   /* programs likewise */
    uint32_t block_bytes; /* erased as one; a multiple of both units */
    uint32_t blocks;
    uint8_t erased;  /* every byte of an erased block: 0xFF or 0x00 */
    uint8_t rewrite; /* enum stk_flash_rewrite */
    uint8_t
        lazy; /* 1: of what was programmed and erased since the last sync, a power cut may lose any part in any order */
};

struct stk_flash_ops {
    const char *name;

    /* Fills *geometry. Cannot fail, never blocks, always the same for one ctx. Mandatory. */
    void (*geometry)(void *ctx, struct stk_flash_geometry *geometry);

    /* Copies `bytes` at `offset` of `block` to `data`, both multiples of read_unit. 0; STK_E_IO the medium cannot give them
     * back (an ECC error that was not corrected): nothing may be concluded from `data`; STK_E_RANGE. Bounded time.
     * Mandatory. */
    int (*read)(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes);

    /* Programs `bytes` at `offset` of an erased part of `block`, both multiples of prog_unit; units are programmed in
     * ascending order within a block. 0 when the bytes will read back now (and after a power cut once sync has returned);
     * STK_E_IO the block is bad: any part of the bytes may have been programmed; STK_E_RANGE. Bounded time. Mandatory. */
    int (*prog)(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes);

    /* Erases `block`. 0; STK_E_IO the block is bad and holds anything; STK_E_RANGE. Bounded time, the longest of all calls.
     * Mandatory. */
    int (*erase)(void *ctx, uint32_t block);

    /* Returns when all that was programmed and erased survives a power cut. 0; STK_E_IO. Optional: NULL where prog and
     * erase are durable when they return. */
    int (*sync)(void *ctx);
};

#ifdef __cplusplus
}
#endif
#endif
