/* stoker port: simulated flash, the behaviour of media: their rules, and what power cuts and failures leave. Included
 * by sim_flash.h, which has the medium. */
#ifndef STOKER_PORT_SIM_FLASH_MEDIA_H
#define STOKER_PORT_SIM_FLASH_MEDIA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Rules ///

/* Rules that a user of a medium must keep. */
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

/* Returns the rule in a few words. Static. */
const char *stk_sim_flash_rule_name(enum stk_sim_flash_rule rule);

/// Power cuts ///

/* A power cut is placed by steps: a program of n bytes has n + 1 steps, an erase STK_SIM_FLASH_ERASE_STEPS. At the
 * first step of an operation nothing of it has been begun; at the last, all of it is done and the call has not
 * returned. */
#define STK_SIM_FLASH_ERASE_STEPS 10u
#define STK_SIM_FLASH_NEVER       UINT64_MAX

/* State in which a power cut leaves the flash after k steps of a program operation of n bytes, 0 <= k <= n. A program
 * unit counts as programmed once the operation has begun the unit. */
enum stk_sim_prog_cut {
    STK_SIM_PROG_CLEAN = 0,     /* the first k bytes are programmed */
    STK_SIM_PROG_TORN = 1,      /* the first k bytes, and some bits of the byte after them or of the rest of its unit */
    STK_SIM_PROG_REORDERED = 2, /* about k of the n bytes are programmed, anywhere among the n; every unit was begun */
    /* the whole units of the first k bytes are programmed; the next unit was begun and looks blank */
    STK_SIM_PROG_NO_TRACE = 3,
    /* The unit at k, or 64 bytes, reads differently after each power-on until erased or set to the inverse; the bytes
     * before it are done. At k = n it is the last one. */
    STK_SIM_PROG_UNSTABLE = 4,
    STK_SIM_PROG_UNREADABLE = 5, /* the unit at k holds anything and its reads fail */
    STK_SIM_PROG_FLICKERING = 6, /* like UNSTABLE, and each read gives other bytes */
    STK_SIM_PROG_CUTS = 7
};

/* State in which a cut leaves an erase, except at its first and last step. The block must be erased again before a
 * program. */
enum stk_sim_erase_cut {
    STK_SIM_ERASE_NOTHING = 0,    /* no byte has changed */
    STK_SIM_ERASE_LOOKS_DONE = 1, /* every byte reads as erased */
    STK_SIM_ERASE_PREFIX = 2,     /* the first k ninths are erased */
    STK_SIM_ERASE_SUFFIX = 3,     /* the last k eighths of all but the first 64 bytes are erased */
    /* the block holds old, erased and random bytes; half of the time the first 64 bytes are not changed */
    STK_SIM_ERASE_GARBAGE = 4,
    STK_SIM_ERASE_UNSTABLE = 5,   /* like GARBAGE, and each power-on makes more garbage */
    STK_SIM_ERASE_UNREADABLE = 6, /* like GARBAGE, and reads of some units fail */
    /* each 64 bytes read as the old bytes, as erased, or as a mixture, and differently in each read */
    STK_SIM_ERASE_FLICKERING = 7,
    STK_SIM_ERASE_CUTS = 8
};

/* On a lazy medium (stk_flash_geometry.lazy) a cut also takes sectors of every block back, each by itself: to a moment
 * since the last sync, or to the present one, half done as above. A block that was taken back must be erased again
 * before a program, except on media that take any value. The medium's memory is bounded: where much happens between two
 * syncs, it forgets some of the moments, never the first. */

/// Failures ///

/* Part of a program that is done when the program fails. Its units count as programmed in each case. */
enum stk_sim_prog_fail {
    STK_SIM_PROG_FAIL_SOME = 0, /* about three of four bytes, anywhere among them */
    STK_SIM_PROG_FAIL_ALL = 1,
    STK_SIM_PROG_FAIL_NONE = 2,
    STK_SIM_PROG_FAIL_MIXED = 3, /* each time one of these, by seed */
    STK_SIM_PROG_FAILS = 4
};

/* State in which a failed erase leaves the block. The block must be erased again before a program. */
enum stk_sim_erase_fail {
    STK_SIM_ERASE_FAIL_ANYTHING = 0,  /* leaves the same bytes as STK_SIM_ERASE_GARBAGE */
    STK_SIM_ERASE_FAIL_UNCHANGED = 1, /* no byte has changed */
    STK_SIM_ERASE_FAIL_HEADER = 2,    /* all but the first 64 bytes or the first page, which are erased or random */
    STK_SIM_ERASE_FAIL_RECORDS = 3,   /* nothing but the first page, the rest is erased or random */
    STK_SIM_ERASE_FAIL_DONE = 4,      /* every byte reads as erased */
    STK_SIM_ERASE_FAIL_MIXED = 5,     /* each time one of these, by seed */
    STK_SIM_ERASE_FAILS = 6
};

#define STK_SIM_FLASH_EVERY_BLOCK UINT32_MAX

/* Reads that fail with STK_E_IO for a while, and succeed again afterwards. */
struct stk_sim_flash_read_error {
    uint32_t block;         /* STK_SIM_FLASH_EVERY_BLOCK: all of the medium */
    uint32_t offset, bytes; /* reads that touch a byte of these fail; no bytes: all of the block */
    uint64_t from;          /* the first read that may fail, counted from 0 over all */
    uint64_t times;         /* reads that are still to fail; 0: none, STK_SIM_FLASH_NEVER: all from then on */
};

#ifdef __cplusplus
}
#endif
#endif
