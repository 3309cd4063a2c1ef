/* stoker port: simulated flash, to test data that must survive power cuts and bad blocks.
 *
 * Flash in the caller's memory that holds its user to every rule of port/flash.h, counts the calls, fails on demand,
 * and loses power at any byte of any program and at ten points of any erase. Deterministic for a given seed. Threads:
 * any, one at a time per object. The public members that a comment calls a knob may be changed at any moment; a copy
 * has them too. sim_flash_media.h names the rules, and the states in which cuts and failures leave a medium. */
#ifndef STOKER_PORT_SIM_FLASH_H
#define STOKER_PORT_SIM_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/flash.h"
#include "stoker/port/sim_flash_media.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The medium ///

/* Simulated time of the calls. */
struct stk_sim_flash_cost {
    uint32_t read_ns;      /* nanoseconds of each read */
    uint32_t read_byte_ps; /* picoseconds of each byte of a read, besides */
    uint32_t prog_ns;      /* nanoseconds of each unit that is programmed */
    uint32_t erase_ns;     /* nanoseconds of each block that is erased */
};

/* Configuration of a medium. */
struct stk_sim_flash_config {
    struct stk_flash_geometry geometry;
    bool strict_once; /* STK_FLASH_MANY: a used unit may still only be set to the inverse of the erased value */
    uint32_t align;   /* bytes; reads and programs need a buffer at a multiple of it; default 1 */
    uint32_t sector;  /* bytes that a lazy medium writes back as one, from 64 on; default 512, at most a block */
    uint64_t seed;    /* seed of all draws; default 1 */
    struct stk_sim_flash_cost cost;
};

/* Counts since init. */
struct stk_sim_flash_counts {
    uint64_t reads, programs, erases, syncs; /* calls that kept the rules and found the power on */
    uint64_t read_bytes, prog_bytes;
    uint64_t misaligned; /* calls that returned STK_E_ALIGN; they did nothing else */
    uint64_t ns;         /* simulated nanoseconds of all calls, rounded down in each call */
    uint64_t worst_ns;   /* longest interval that stk_sim_flash_interval ended, in nanoseconds */
};

/* A place that reads differently after a cut. */
struct stk_sim_flash_weak {
    uint32_t block, offset, bytes; /* block, place in the block and length in bytes; 0 bytes: the entry is free */
    bool flickers;                 /* takes another value at each read, else at each power-on */
};

/* The journal of a lazy medium: bytes that sectors held at earlier moments since the last sync. */
struct stk_sim_flash_journal {
    uint32_t sector;        /* bytes of a sector; the last of a block may be shorter. 0: the medium is not lazy */
    uint32_t block_sectors; /* sectors of each block */
    uint32_t used, most;    /* entries in use, and entries that fit */
    size_t stride;          /* bytes of an entry */
};

#define STK_SIM_FLASH_WEAK 2u /* unstable places at one time; a third settles the first */

struct stk_sim_flash {
    struct stk_sim_flash_config config;
    uint8_t *mem;
    size_t stride;     /* bytes of mem for each block */
    uint32_t weak_max; /* bytes of the largest unstable place */
    uint32_t weak_next;
    struct stk_sim_flash_weak weak[STK_SIM_FLASH_WEAK];
    struct stk_sim_flash_journal journal;
    uint64_t rng;
    uint64_t stamp;    /* stamp of the latest change to any block */
    uint64_t steps;    /* steps so far */
    uint64_t interval; /* counts.ns when the present interval began */
    uint64_t cut_at;   /* knob: number of the step at which power is lost; STK_SIM_FLASH_NEVER: none */
    /* knob: the program, counted from 0 over all, that fails and makes its block bad; default never */
    uint64_t prog_bad;
    uint64_t erase_bad;                         /* knob: as prog_bad, for erases */
    enum stk_sim_prog_cut prog_cut;             /* knob */
    enum stk_sim_erase_cut erase_cut;           /* knob */
    enum stk_sim_prog_fail prog_fail;           /* knob */
    enum stk_sim_erase_fail erase_fail;         /* knob */
    struct stk_sim_flash_read_error read_error; /* knob */
    bool off;                                   /* power was lost: every call returns STK_E_IO and changes nothing */
    struct stk_sim_flash_counts counts;
    struct stk_sim_flash_violation violation;
};

/* Head of a block, before its bytes in the medium's memory. */
struct stk_sim_flash_block {
    uint64_t stamp;  /* number of the block's contents: two blocks with one stamp have the same bytes */
    uint32_t erases; /* erases that were begun */
    uint32_t next;   /* number of the unit behind the last one that was programmed */
    bool broken;     /* the last erase was cut or failed */
    bool shaky;      /* the block reads differently after each power-on */
    bool marginal;   /* the block reads differently at each read: as before the erase, or as erased */
    bool flickers;   /* the block is marginal, or a place in it flickers */
    bool unreadable; /* reads of some unit fail */
    bool bad_prog;   /* knob: every program fails; prog_fail decides which bytes are programmed */
    bool bad_erase;  /* knob: every erase fails; erase_fail decides which bytes it leaves */
};

/* Arena bytes that init takes; a lazy medium takes STK_SIM_FLASH_LAZY_BYTES. */
#define STK_SIM_FLASH_MAP_(block_bytes, prog_unit) (((size_t)(block_bytes) / (prog_unit) + 7u) / 8u)
#define STK_SIM_FLASH_STRIDE_(block_bytes, prog_unit)                                                                  \
    STK_ALIGNED(sizeof(struct stk_sim_flash_block) + (size_t)(block_bytes) +                                           \
                2u * STK_SIM_FLASH_MAP_(block_bytes, prog_unit))
#define STK_SIM_FLASH_WEAK_(prog_unit) (((size_t)63 / (prog_unit) + 1u) * (prog_unit)) /* 64 bytes in whole units */
#define STK_SIM_FLASH_BYTES(blocks, block_bytes, prog_unit)                                                            \
    ((size_t)(blocks)*STK_SIM_FLASH_STRIDE_(block_bytes, prog_unit) +                                                  \
     STK_ALIGNED(2u * STK_SIM_FLASH_WEAK * STK_SIM_FLASH_WEAK_(prog_unit)))
#define STK_SIM_FLASH_LAZY_BYTES(blocks, block_bytes, prog_unit)                                                       \
    (STK_SIM_FLASH_BYTES(blocks, block_bytes, prog_unit) +                                                             \
     STK_ALIGNED(((size_t)2 * (blocks) + 4u) * (block_bytes) + (size_t)64 * (blocks) + 1024u))
#define STK_SIM_FLASH_DEFINE(name, blocks, block_bytes, prog_unit)                                                     \
    STK_STORAGE_DEFINE(name, STK_SIM_FLASH_BYTES(blocks, block_bytes, prog_unit))

/* Sets *bytes to the arena bytes that init takes for a geometry. STK_E_ARG the geometry breaks a rule of port/flash.h
 * or has no blocks; STK_E_OVERFLOW the medium is too large. */
STK_MUST_CHECK int stk_sim_flash_bytes(const struct stk_flash_geometry *geometry, size_t *bytes);

/* Sets a medium up whose blocks are all erased, in memory from `arena`, which must outlive it. On error the arena is as
 * it was. STK_E_ARG a NULL, a bad geometry, or a sector below 64; STK_E_OVERFLOW the medium is too large; STK_E_SPACE
 * the arena is too small (arena.need has the bytes). */
STK_MUST_CHECK int stk_sim_flash_init(struct stk_sim_flash *flash, const struct stk_sim_flash_config *config,
                                      struct stk_arena *arena);

/* The flash interface; ctx is a struct stk_sim_flash. A call that breaks a rule changes nothing, is noted in
 * `violation` if it is the first, and returns STK_E_RANGE. A buffer that is not aligned breaks no rule of the medium:
 * the call returns STK_E_ALIGN, changes nothing, and is counted. */
extern const struct stk_flash_ops stk_sim_flash_ops;

/* Makes `to` an exact copy of `from`, knobs and counts included. Both were set up by init with the same geometry.
 * Copies only blocks that differ, so that a copy may be made back and forth many times. */
void stk_sim_flash_copy(struct stk_sim_flash *to, const struct stk_sim_flash *from);

/* Switches the power on. No further cut is set. Unstable places take another value. Without a cut before it this is an
 * orderly restart: a lazy medium forgets nothing. */
void stk_sim_flash_power_on(struct stk_sim_flash *flash);

/* Switches the power off, between two operations. */
void stk_sim_flash_power_off(struct stk_sim_flash *flash);

/* Ends an interval of simulated time and begins the next. Returns the nanoseconds of the one that ended. */
uint64_t stk_sim_flash_interval(struct stk_sim_flash *flash);

/// Looking in and doing damage: `block` and `offset` must exist ///

/* Returns the head of a block, to look at and to set its knobs. */
struct stk_sim_flash_block *stk_sim_flash_block(const struct stk_sim_flash *flash, uint32_t block);

/* Returns the bytes of a block, to look at. */
const uint8_t *stk_sim_flash_data(const struct stk_sim_flash *flash, uint32_t block);

/* Inverts bit `bit` of a block, counted from 0 to block_bytes * 8 - 1. */
void stk_sim_flash_flip(struct stk_sim_flash *flash, uint32_t block, uint32_t bit);

/* Makes reads of the program unit at `offset` fail until it is erased or programmed again. */
void stk_sim_flash_spoil(struct stk_sim_flash *flash, uint32_t block, uint32_t offset);

#ifdef __cplusplus
}
#endif
#endif
