/* stoker: words of a shared range. Private to the core. */
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

/* Words of a device, on lines of their own, then its runs of four words. */
enum {
    UNITS_LOST,
    UNITS_WEIGHT,
    UNITS_CLAIMED,
    UNITS_FINISHED,
    UNITS_RUNS
};

enum {
    UNITS_STATE,
    UNITS_FIRST,
    UNITS_COUNT,
    UNITS_RUN_WORDS = 4
};

/* The state says who may touch the other words of a run. */
enum {
    UNITS_FREE,  /* its device, to claim */
    UNITS_HELD,  /* its device */
    UNITS_BACK,  /* whoever makes it MOVING */
    UNITS_MOVING /* who did */
};

#define UNITS_LINE_WORDS (STK_ALIGN / 4u)

static inline uint32_t *stk_work_split_device(const struct stk_work_split *u, uint32_t device) {
    return u->words + UNITS_LINE_WORDS + (size_t)device * (STK_WORK_SPLIT_DEVICE_BYTES(u->config.runs) / 4u);
}

static inline uint32_t *stk_work_split_run_at(const struct stk_work_split *u, uint32_t device, uint32_t at) {
    return stk_work_split_device(u, device) + UNITS_RUNS + (size_t)at * UNITS_RUN_WORDS;
}

/* Run `i` of all devices together. */
static inline uint32_t *stk_work_split_any(const struct stk_work_split *u, uint32_t i) {
    return stk_work_split_run_at(u, i / u->config.runs, i % u->config.runs);
}

static inline uint32_t stk_work_split_all(const struct stk_work_split *u) {
    return u->config.devices * u->config.runs;
}

#endif
