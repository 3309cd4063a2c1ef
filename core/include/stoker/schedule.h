/* stoker: scheduling arithmetic.
 *
 * How a partition of the ring is spread over the lanes of a worker, and how many workers are worth
 * launching for what telemetry saw. Plain integer arithmetic over the arguments: nothing is kept.
 */
#ifndef STOKER_SCHEDULE_H
#define STOKER_SCHEDULE_H

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

#ifdef __cplusplus
}
#endif
#endif
