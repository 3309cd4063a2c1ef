/* stoker port interface: flash, memory that is erased block by block and programmed in units. A port maps a chip, a
 * partition or a file to this interface; log.h and store.h are the users. A port reports a bad block by STK_E_IO, and
 * its user decides what follows. */
#ifndef STOKER_PORT_FLASH_H
#define STOKER_PORT_FLASH_H

#include <stdint.h>

#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_FLASH_UNIT_MAX 16384u /* largest read and program unit, in bytes */

/* The writes that a unit takes before the next erase of its block, after it was programmed or after a power cut ended
 * its program. */
enum stk_flash_rewrite {
    STK_FLASH_ONCE = 0,   /* no second write: NAND pages, flash words with ECC */
    STK_FLASH_INVERT = 1, /* all bytes of the unit may be set to the inverse of the erased value: STM32L4, to zeros */
    STK_FLASH_MANY = 2,   /* the unit may be programmed again, and bits only leave the erased value: NOR */
    STK_FLASH_ANY = 3     /* the unit may be programmed again, to any value: files, FRAM, MRAM */
};

/* Sizes are in bytes. A unit need not be a power of two: 24, 528 and 2112 are fine. */
struct stk_flash_geometry {
    uint32_t read_unit;   /* reads start and end at multiples of this; 1 .. STK_FLASH_UNIT_MAX */
    uint32_t prog_unit;   /* programs start and end at multiples of this; 1 .. STK_FLASH_UNIT_MAX */
    uint32_t block_bytes; /* bytes that one erase takes; a multiple of both units */
    uint32_t blocks;      /* number of blocks */
    uint8_t erased;       /* value of every byte of an erased block: 0xFF or 0x00 */
    uint8_t rewrite;      /* enum stk_flash_rewrite */
    /* 1: a power cut may lose any part, in any order, of the programs and erases since the last sync; else 0. */
    uint8_t lazy;
};

/* What the errors of read, prog, erase and sync mean:
 *
 *   STK_E_IO     The medium failed. prog, erase: the block is bad, and holds anything. read: the bytes cannot be had
 *                now, and nothing may be concluded. sync: what was done since the last sync may be lost.
 *   STK_E_SHORT  read: the medium ends before the bytes.
 *   any other    The port, or the system below it, refused the call: the call breaks a rule (STK_E_RANGE, STK_E_ALIGN),
 *                or something is in the way (STK_E_ACCESS no right to write, STK_E_NOSPC a full disk, STK_E_NODEV ...).
 *                Such an error never means a bad block: the caller returns the error to its own caller. Once the cause
 *                is gone, the caller may make the same call again. A port returns STK_E_IO where it cannot promise
 *                this: for example, a program was begun and broken off on flash that programs each unit only once.
 *
 * Addresses: `data` of read and prog has any alignment. A port that needs aligned addresses says STK_E_ALIGN before it
 * does anything, and its header says where the alignment can be read (struct stk_file has `align`). */
struct stk_flash_ops {
    const char *name;

    /* Fills *geometry. Cannot fail, never blocks, always the same for one ctx. Mandatory. */
    void (*geometry)(void *ctx, struct stk_flash_geometry *geometry);

    /* Copies `bytes` at `offset` of `block` to `data`, both multiples of read_unit; 0 bytes are no error. 0; STK_E_IO
     * the medium cannot give them back now (an ECC error that was not corrected): nothing may be concluded from `data`;
     * STK_E_SHORT; STK_E_RANGE and other refusals. Bounded time. Mandatory. */
    int (*read)(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes);

    /* Programs `bytes` at `offset` of an erased part of `block`, both multiples of prog_unit; units are programmed in
     * ascending order within a block. 0 when the bytes will read back now (and after a power cut once sync has
     * returned); STK_E_IO the block is bad: any part of the bytes may have been programmed, also all of them;
     * STK_E_RANGE and other refusals. Bounded time. Mandatory. */
    int (*prog)(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes);

    /* Erases `block`. 0; STK_E_IO the block is bad and holds anything: what it held, erased bytes, or a mixture;
     * STK_E_RANGE and other refusals. Bounded time, the longest of all calls. Mandatory. */
    int (*erase)(void *ctx, uint32_t block);

    /* Returns when all that was programmed and erased survives a power cut. 0; STK_E_IO; refusals. Optional: NULL where
     * prog and erase are durable when they return, and where a lazy medium cannot be asked for it (block2mtd). */
    int (*sync)(void *ctx);
};

/* A flash port and its context, as configurations and calls take them. Both must outlive each object that was given
 * them. */
struct stk_flash_port {
    const struct stk_flash_ops *ops;
    void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif
