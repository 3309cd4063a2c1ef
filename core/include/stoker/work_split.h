/* stoker: a range of work shared by several devices, by claim-next.
 *
 * Units 0 .. total - 1 are handed out in order from one counter: a device that has room claims the next run of them,
 * long runs first and short ones towards the end (guided self-scheduling), so that a fast device takes more and all
 * finish together. A device begins with short runs. At the end, a slow device takes nothing that a fast one does
 * sooner. Runs of a device that was lost go back and are claimed by another one. Every unit is completed once.
 *
 * One thread at a time makes the calls for one device. It may be one thread for all of them, which polls their streams,
 * or one for each. Nothing waits; nothing loops longer than over the runs of all devices or STK_WORK_SPLIT_TRIES lost
 * swaps.
 */
#ifndef STOKER_WORK_SPLIT_H
#define STOKER_WORK_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Setting up ///

#define STK_WORK_SPLIT_DEVICES_MAX 256u
#define STK_WORK_SPLIT_RUNS_MAX    64u
#define STK_WORK_SPLIT_WEIGHT_MAX  65535u
#define STK_WORK_SPLIT_GROWTH      4u  /* units above run_min that a run may have for each unit that its device did */
#define STK_WORK_SPLIT_TRIES       64u /* lost swaps in a row before a claim gives up with STK_E_WOULD_BLOCK */

struct stk_work_split_config {
    uint32_t devices; /* number of devices, 1 .. STK_WORK_SPLIT_DEVICES_MAX */
    uint32_t runs;    /* runs that one device may hold at once, at most STK_WORK_SPLIT_RUNS_MAX; 0: 1 */
    uint32_t run_min; /* least units of a run, unless fewer are left; 0: 1 */
    /* most units of a run, not below run_min; 0: no bound. Other devices do the runs of a lost device again, so a
     * smaller run_max wastes less work */
    uint32_t run_max;
    /* A claim gives no unit whose number is `reorder_limit` or more above the first unit that is not done. So a caller
     * who wants the results in order keeps at most so many results. 0: no bound */
    uint32_t reorder_limit;
};

/* A caller may read config and total; the rest is private. */
struct stk_work_split {
    struct stk_work_split_config config; /* configuration with defaults filled in */
    uint32_t total;                      /* units of the present range */
    uint32_t later;                      /* units of later ranges, as the caller has announced them */
    uint32_t *words;                     /* memory of the arena */
};

/* Bytes of memory for so many devices and so many runs of each device. `runs` 0 is the default. */
#define STK_WORK_SPLIT_DEVICE_BYTES(runs)       STK_ALIGNED(16u * (1u + ((runs) == 0 ? 1u : (size_t)(runs))))
#define STK_WORK_SPLIT_BYTES(devices, runs)     (STK_ALIGN + (size_t)(devices)*STK_WORK_SPLIT_DEVICE_BYTES(runs))
#define STK_WORK_SPLIT_DEFINE(n, devices, runs) STK_STORAGE_DEFINE(n, STK_WORK_SPLIT_BYTES(devices, runs))

/* Writes STK_WORK_SPLIT_BYTES(devices, runs) to *bytes, for numbers that are known only at run time. STK_E_ARG
 * `devices` or `runs` is out of range. */
STK_MUST_CHECK int stk_work_split_bytes(uint32_t devices, uint32_t runs, size_t *bytes);

/* Makes an empty range in STK_WORK_SPLIT_BYTES bytes of the arena. STK_E_ARG a member of `config` is out of its range;
 * STK_E_SPACE the arena is too small. */
STK_MUST_CHECK int stk_work_split_init(struct stk_work_split *units, const struct stk_work_split_config *config,
                                       struct stk_arena *arena);

/* Starts a range of `total` units, 0 to 2^32 - 1: numbers never wrap, longer work is several ranges. `later` is an
 * estimate of the units of ranges that follow, 0 where this range is the last: as long as much follows, a slow device
 * delays nobody. What was left of the last range is dropped; devices that were lost stay so. Make no other call
 * meanwhile. STK_E_STATUS a device holds a run. */
STK_MUST_CHECK int stk_work_split_begin(struct stk_work_split *units, uint32_t total, uint32_t later);

/// Working ///

/* Units first .. first + count - 1, which one device holds. */
struct stk_work_split_run {
    uint32_t first, count;
    uint32_t at; /* private */
};

/* In every call below: STK_E_RANGE there is no such device. ISR-safe. */

/* Claims the next run for `device`: one that was given back, or the next in order. The run's length is the device's
 * weight in what is left, halved: left * weight / (2 * weights of all live devices), rounded up. The length is at most
 * run_min and STK_WORK_SPLIT_GROWTH times the units that the device has done since init: so a device whose weight is
 * wrong begins with short runs. The length lies within run_min and run_max. The only live device takes all that is
 * left, up to run_max.
 *
 * Returns 1; 0 when every unit of the range is done. STK_E_WOULD_BLOCK: go on polling. No unit is free now, and some
 * that others hold may come back, or move the reorder limit; or the device has less than half of the greatest weight,
 * and would be done with twice the units of its runs and run_min more units after the others are done with all units
 * that nobody holds, those of later ranges included. STK_E_FULL the device holds `runs` runs; STK_E_DEVICE it was
 * lost. */
STK_MUST_CHECK int stk_work_split_claim(struct stk_work_split *units, uint32_t device, struct stk_work_split_run *run);

/* Ends the first `count` units of a run. Call it once their results are where others will look for them. *run becomes
 * the rest of the run. STK_E_ARG `count` is more than the run has; STK_E_STATUS the device does not hold the run (any
 * more): another device does the units, and these results are to be dropped. */
STK_MUST_CHECK int stk_work_split_done(struct stk_work_split *units, uint32_t device, struct stk_work_split_run *run,
                                       uint32_t count);

/* Gives the rest of a run back: the next device that claims gets it. STK_E_STATUS as above. */
STK_MUST_CHECK int stk_work_split_give_back(struct stk_work_split *units, uint32_t device,
                                            const struct stk_work_split_run *run);

/* Takes a lost device out: every run that it holds goes back, and each later claim of the device returns
 * STK_E_DEVICE. */
STK_MUST_CHECK int stk_work_split_lose(struct stk_work_split *units, uint32_t device);

/* Lets a lost device claim again. It has no runs: other devices may have those that it held. */
STK_MUST_CHECK int stk_work_split_rejoin(struct stk_work_split *units, uint32_t device);

/* Sets how fast a device is beside the others: 1 (as at init) .. STK_WORK_SPLIT_WEIGHT_MAX. STK_E_ARG another
 * number. */
STK_MUST_CHECK int stk_work_split_weigh(struct stk_work_split *units, uint32_t device, uint32_t weight);

/// Looking: any thread ///

/* Returns 1 if every unit is done, else 0. After a 1 the caller sees all that was stored before each
 * stk_work_split_done. */
int stk_work_split_finished(const struct stk_work_split *units);

/* Returns a unit below which all units are done; the caller sees all that was stored before each stk_work_split_done of
 * them. The number may lag behind while a run changes hands, and never goes back within a range. */
uint32_t stk_work_split_settled(const struct stk_work_split *units);

/* Returns the number of devices that are not lost. With none, the rest of the range will not be done. */
uint32_t stk_work_split_live(const struct stk_work_split *units);

/* The work of a device since init, in units, modulo 2^32. claimed - done is the number of units that it holds or has
 * given back. */
struct stk_work_split_progress {
    uint32_t claimed, done;
};
STK_MUST_CHECK int stk_work_split_progress(const struct stk_work_split *units, uint32_t device,
                                           struct stk_work_split_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
