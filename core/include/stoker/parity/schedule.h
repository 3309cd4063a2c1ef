/* stoker: scheduling arithmetic.
 *
 * The calls compute how a partition of the ring is spread over the lanes of a worker, and how many workers are worth a
 * launch for the load that telemetry saw. They are integer functions of their arguments and keep no state. */
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

/* Returns how a worker of `width` lanes looks at a partition of `slots` slots; a width of 0 counts as 1. All fields are
 * 0 when there are no slots. ISR-safe. */
struct stk_probe stk_probe_plan(uint32_t slots, uint32_t width);

/// Launches ///

/* The load in a snapshot of the ring, and the size of the device. */
struct stk_launch_load {
    uint32_t slots;       /* slots of the ring */
    uint32_t ready;       /* slots that a worker could claim: PUBLISHED, YIELD or REQUEUE */
    uint32_t parked;      /* slots in WAIT_IO, which will become REQUEUE */
    uint32_t width;       /* lanes of a worker, each of which runs one slot in a turn; 0 counts as 1 */
    uint32_t workers_max; /* most workers that run at the same time; 0 counts as 1 */
};

struct stk_launch {
    uint32_t workers; /* workers to launch; 0: nothing is to be done */
    uint32_t turns;   /* turns of each worker until every slot that is ready now was claimed */
};

/* Returns a recommendation. `workers` is the number that takes all ready slots in one turn, at least 1 while any slot
 * is ready or parked, and at most workers_max. `turns` is slots / lanes + ready / lanes, each rounded up, with lanes =
 * workers * width: in so many turns the workers look at every slot once and run the ready ones. Saturates at 2^32 - 1.
 * ISR-safe. */
struct stk_launch stk_launch_plan(const struct stk_launch_load *load);

#ifdef __cplusplus
}
#endif
#endif
