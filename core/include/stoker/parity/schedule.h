/* stoker: scheduling arithmetic.
 *
 * How a partition of the ring is spread over the lanes of a worker, and how many workers are worth
 * launching for what telemetry saw. Plain integer arithmetic over the arguments: nothing is kept.
 */
#ifndef STOKER_PARITY_SCHEDULE_H
#define STOKER_PARITY_SCHEDULE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Probes ///

struct stk_probe {
    uint32_t active_lanes; /* lanes that have a slot to look at: the smaller of width and slots */
    uint32_t probe_count;  /* looks per lane until each slot was looked at once: slots / lanes, rounded up */
    uint32_t probe_budget; /* looks of all lanes together, 2^32 - 1 at most */
};

/* For a partition of `slots` slots and a worker `width` lanes wide; a width of 0 counts as 1. All 0 when
 * there are no slots. ISR-safe. */
struct stk_probe stk_probe_plan(uint32_t slots, uint32_t width);

/// Launches ///

/* What a snapshot of the ring says, and what the device has. */
struct stk_launch_load {
    uint32_t slots;       /* of the ring */
    uint32_t ready;       /* slots a worker could claim: PUBLISHED, YIELD, REQUEUE */
    uint32_t parked;      /* slots in WAIT_IO, which will become REQUEUE */
    uint32_t width;       /* lanes of a worker, each of which runs one slot a turn; 0 counts as 1 */
    uint32_t workers_max; /* most workers that run at once; 0 counts as 1 */
};

struct stk_launch {
    uint32_t workers; /* 0: leave the device alone */
    uint32_t turns;   /* of each worker, until all that is ready now was claimed */
};

/* A recommendation, nothing more: as many workers as take all that is ready in one turn, at least one
 * while anything is ready or parked, at most workers_max; and the turns in which these look at every
 * slot once and run what they find, slots / lanes + ready / lanes, each rounded up, where lanes =
 * workers * width. Saturates at 2^32 - 1. ISR-safe. */
struct stk_launch stk_launch_plan(const struct stk_launch_load *load);

#ifdef __cplusplus
}
#endif
#endif
