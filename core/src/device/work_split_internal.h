/* stoker: the words of a shared range, and where they lie. Private to the core. DESIGN.md, "Several devices take the
 * next units", says why a run lies in a record of its device.
 *
 * First comes a line of words that all devices change. Then each device has lines of its own, so that a device that
 * counts its units takes no line from another one. */
#ifndef STK_SRC_WORK_SPLIT_INTERNAL_H
#define STK_SRC_WORK_SPLIT_INTERNAL_H

#include "stoker/atomic.h"
#include "stoker/work_split.h"

/* Words that all devices share, on the first line. */
enum {
    UNITS_NEXT,  /* first unit that was never handed out */
    UNITS_DONE,  /* units that are done */
    UNITS_MOVES, /* runs that changed hands, free-running */
    UNITS_LOW,   /* all units below are done: the best that anyone has found */
};

/* Words of a device. */
enum {
    UNITS_LOST,     /* 1: the device is lost, and claims nothing */
    UNITS_WEIGHT,   /* speed of the device beside the others, 1 .. STK_WORK_SPLIT_WEIGHT_MAX */
    UNITS_CLAIMED,  /* units claimed since init; wraps */
    UNITS_FINISHED, /* units done since init; wraps */
    UNITS_RUNS      /* the first word of its runs */
};

/* Words of a run. The fourth one is not used: a run has 16 bytes, so that four runs fill a line. */
enum {
    UNITS_STATE,
    UNITS_FIRST, /* first unit that is not done */
    UNITS_COUNT, /* units from there on */
    UNITS_RUN_WORDS = 4
};

/* States of a run. The state says who may change the other words of the run. */
enum {
    UNITS_FREE,  /* holds nothing: its device may fill it in */
    UNITS_HELD,  /* the device of the run works on the units */
    UNITS_BACK,  /* the units were given back: the device that changes the state to MOVING may take them */
    UNITS_MOVING /* the thread that made the state MOVING takes units out */
};

#define UNITS_LINE_WORDS (STK_ALIGN / 4u) /* words of a cache line */

/* Returns the words of a device. */
static inline uint32_t *stk_work_split_device(const struct stk_work_split *u, uint32_t device) {
    return u->words + UNITS_LINE_WORDS + (size_t)device * (STK_WORK_SPLIT_DEVICE_BYTES(u->config.runs) / 4u);
}

/* Returns run `at` of a device. */
static inline uint32_t *stk_work_split_run_at(const struct stk_work_split *u, uint32_t device, uint32_t at) {
    return stk_work_split_device(u, device) + UNITS_RUNS + (size_t)at * UNITS_RUN_WORDS;
}

/* Returns run `i` of all devices together. */
static inline uint32_t *stk_work_split_any(const struct stk_work_split *u, uint32_t i) {
    return stk_work_split_run_at(u, i / u->config.runs, i % u->config.runs);
}

/* Returns the number of runs of all devices together, at most 2^14. */
static inline uint32_t stk_work_split_all(const struct stk_work_split *u) {
    return u->config.devices * u->config.runs;
}

#endif
