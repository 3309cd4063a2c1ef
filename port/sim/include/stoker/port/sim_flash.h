/* stoker port: simulated flash, to test what must survive power cuts and bad blocks.
 *
 * Flash in the caller's memory that holds its user to every rule of port/flash.h, counts what is done to it, fails on
 * demand, and loses power at any byte of any program and at ten points of any erase. Deterministic for a given seed. One
 * thread at a time. The public fields that a comment calls a knob may be changed at any moment.
 */
#ifndef STOKER_PORT_SIM_FLASH_H
#define STOKER_PORT_SIM_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Rules ///

enum stk_sim_flash_rule {
    STK_SIM_FLASH_KEPT = 0,   /* no rule was broken */
    STK_SIM_FLASH_PLACE = 1,  /* outside the medium, of no length, or not whole units */
    STK_SIM_FLASH_TWICE = 2,  /* a unit that was programmed, or whose program was cut, without an erase since */
    STK_SIM_FLASH_BITS = 3,   /* bits that would have to go back to the erased value */
    STK_SIM_FLASH_ORDER = 4,  /* a unit behind one that was programmed before it */
    STK_SIM_FLASH_BROKEN = 5, /* a block whose last erase was cut or failed */
    STK_SIM_FLASH_RULES = 6
};

/* The first call that broke a rule. */
struct stk_sim_flash_violation {
    enum stk_sim_flash_rule rule;
    uint32_t block, offset, bytes;
    uint64_t operation; /* programs and erases begun before it */
};

/* What the rule says, in a few words. Static. */
const char *stk_sim_flash_rule_name(enum stk_sim_flash_rule rule);

/// Power cuts ///

/* Steps are what a cut is placed by: a program of n bytes has n + 1 of them, an erase STK_SIM_FLASH_ERASE_STEPS. At the
 * first step of an operation nothing of it has been begun, at the last all of it is done and the call has not returned. */
#define STK_SIM_FLASH_ERASE_STEPS 10u
#define STK_SIM_FLASH_NEVER       UINT64_MAX

/* What a cut leaves of a program at its step k, 0 <= k <= n. Units that were begun count as programmed. */
enum stk_sim_prog_cut {
    STK_SIM_PROG_CLEAN = 0,     /* the first k bytes */
    STK_SIM_PROG_TORN = 1,      /* those, and some bits of the byte after them or of what is left of its unit */
    STK_SIM_PROG_REORDERED = 2, /* about k of the n bytes, anywhere among them; every unit was begun */
    STK_SIM_PROG_NO_TRACE = 3,  /* the whole units of the first k bytes; the next was begun and shows nothing */
    STK_SIM_PROG_UNSTABLE =
        4, /* the unit at k, or 64 bytes, reads differently after each power-on until erased or set to
                                    the inverse; the bytes before it are done. At k = n it is the last one */
    STK_SIM_PROG_UNREADABLE = 5, /* the unit at k holds anything and its reads fail likewise */
    STK_SIM_PROG_CUTS = 6
};

/* What a cut leaves of an erase, but at its first and last step. The block must be erased again before a program. */
enum stk_sim_erase_cut {
    STK_SIM_ERASE_NOTHING = 0,    /* every byte as it was */
    STK_SIM_ERASE_LOOKS_DONE = 1, /* every byte reads as erased */
    STK_SIM_ERASE_PREFIX = 2,     /* the first k ninths are erased */
    STK_SIM_ERASE_SUFFIX = 3,     /* the last k ninths are erased */
    STK_SIM_ERASE_GARBAGE = 4,    /* old, erased and random bytes; half of the time the first 64 bytes are spared */
    STK_SIM_ERASE_UNSTABLE = 5,   /* the same, and more of it after each power-on */
    STK_SIM_ERASE_UNREADABLE = 6, /* the same, and reads of some units fail */
    STK_SIM_ERASE_CUTS = 7
};

/// The medium ///

/* What calls take, for whoever wants to know the simulated time. */
struct stk_sim_flash_cost {
    uint32_t read_ns;      /* each read */
    uint32_t read_byte_ps; /* and each byte of it, in picoseconds */
    uint32_t prog_ns;      /* each unit programmed */
    uint32_t erase_ns;     /* each block erased */
};

struct stk_sim_flash_config {
    struct stk_flash_geometry geometry;
    bool strict_once; /* STK_FLASH_MANY: a used unit may only be set to the inverse of the erased value all the same */
    uint64_t seed;    /* default 1 */
    struct stk_sim_flash_cost cost;
};

/* Everything since init. */
struct stk_sim_flash_counts {
    uint64_t reads, programs, erases, syncs; /* calls that kept the rules and found the power on */
    uint64_t read_bytes, prog_bytes;
    uint64_t ns;       /* what they took by config.cost, to the nanosecond below in each call */
    uint64_t worst_ns; /* of the windows that stk_sim_flash_window ended */
};

struct stk_sim_flash_weak {
    uint32_t block, offset, bytes; /* no bytes: free */
};

#define STK_SIM_FLASH_WEAK 2u /* unstable places at one time; a third settles the first */

struct stk_sim_flash {
    struct stk_sim_flash_config config;
    uint8_t *mem;
    size_t stride;     /* bytes of mem for each block */
    uint32_t weak_max; /* bytes of the largest unstable place */
    uint32_t weak_next;
    struct stk_sim_flash_weak weak[STK_SIM_FLASH_WEAK];
    uint64_t rng;
    uint64_t stamp;  /* of the latest change to any block */
    uint64_t steps;  /* so far */
    uint64_t window; /* counts.ns when it began */
    uint64_t cut_at; /* knob: the step at which power is lost; STK_SIM_FLASH_NEVER */
    uint64_t
        prog_bad; /* knob: the program, counted from 0 over all, that fails and makes its block bad; default never */
    uint64_t erase_bad;               /* knob: the same for erases */
    enum stk_sim_prog_cut prog_cut;   /* knob */
    enum stk_sim_erase_cut erase_cut; /* knob */
    bool off;                         /* power was lost: every call returns STK_E_IO and changes nothing */
    struct stk_sim_flash_counts counts;
    struct stk_sim_flash_violation violation;
};

/* What mem holds of a block before its bytes. */
struct stk_sim_flash_block {
    uint64_t stamp;  /* tells contents apart: two blocks of one stamp are the same */
    uint32_t erases; /* begun */
    uint32_t next;   /* the unit after the last one programmed */
    bool broken;     /* its last erase was cut or failed */
    bool shaky;      /* and it reads differently after each power-on */
    bool unreadable; /* some unit is */
    bool bad_prog;   /* knob: every program fails, some of its bytes done */
    bool bad_erase;  /* knob: every erase fails and leaves anything */
};

/* Arena bytes that init takes. */
#define STK_SIM_FLASH_MAP_(block_bytes, prog_unit) (((size_t)(block_bytes) / (prog_unit) + 7u) / 8u)
#define STK_SIM_FLASH_STRIDE_(block_bytes, prog_unit)                                                                  \
    STK_ALIGNED(sizeof(struct stk_sim_flash_block) + (size_t)(block_bytes) +                                           \
                2u * STK_SIM_FLASH_MAP_(block_bytes, prog_unit))
#define STK_SIM_FLASH_WEAK_(prog_unit) ((prog_unit) > 64u ? (size_t)(prog_unit) : (size_t)64)
#define STK_SIM_FLASH_BYTES(blocks, block_bytes, prog_unit)                                                            \
    ((size_t)(blocks)*STK_SIM_FLASH_STRIDE_(block_bytes, prog_unit) +                                                  \
     STK_ALIGNED(2u * STK_SIM_FLASH_WEAK * STK_SIM_FLASH_WEAK_(prog_unit)))
#define STK_SIM_FLASH_DEFINE(name, blocks, block_bytes, prog_unit)                                                     \
    STK_STORAGE_DEFINE(name, STK_SIM_FLASH_BYTES(blocks, block_bytes, prog_unit))

/* The same at run time. STK_E_ARG the geometry breaks a rule of port/flash.h or has no blocks; STK_E_OVERFLOW. */
STK_MUST_CHECK int stk_sim_flash_bytes(const struct stk_flash_geometry *geometry, size_t *bytes);

/* A medium whose every block is erased. STK_E_ARG, STK_E_OVERFLOW; STK_E_SPACE (arena.need says how much), the arena is
 * as it was. */
STK_MUST_CHECK int stk_sim_flash_init(struct stk_sim_flash *flash, const struct stk_sim_flash_config *config,
                                      struct stk_arena *arena);

/* ctx is a struct stk_sim_flash. A call that breaks a rule changes nothing, is noted in `violation` if it is the first, and
 * returns STK_E_RANGE. */
extern const struct stk_flash_ops stk_sim_flash_ops;

/* Makes `to` what `from` is, knobs and counts included; both were made by init with the same geometry. Copies only blocks
 * that differ. A copy may be made back and forth any number of times. */
void stk_sim_flash_copy(struct stk_sim_flash *to, const struct stk_sim_flash *from);

/* Power comes back; no other cut is set. Unstable places take another value. Also without a cut before it. */
void stk_sim_flash_power_on(struct stk_sim_flash *flash);

/* Ends a window of simulated time and begins the next. Returns the nanoseconds of the one that ended. */
uint64_t stk_sim_flash_window(struct stk_sim_flash *flash);

/// Looking in and doing damage; `block` and `offset` must exist ///

struct stk_sim_flash_block *stk_sim_flash_block(const struct stk_sim_flash *flash, uint32_t block);

/* The block's bytes, to look at. */
const uint8_t *stk_sim_flash_data(const struct stk_sim_flash *flash, uint32_t block);

/* Turns bit `bit` of a block's block_bytes * 8. */
void stk_sim_flash_flip(struct stk_sim_flash *flash, uint32_t block, uint32_t bit);

/* Makes reads of the program unit at `offset` fail until it is erased or programmed again. */
void stk_sim_flash_spoil(struct stk_sim_flash *flash, uint32_t block, uint32_t offset);

#ifdef __cplusplus
}
#endif
#endif
