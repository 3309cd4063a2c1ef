/* stoker: what a telemetry snapshot says about the health of a run.
 *
 * Plain integer arithmetic on struct stk_snapshot: rates of one, progress between two. Rates are in ppm (millionths)
 * and bps (ten-thousandths), rounded down, of the slots that were read; 0 of a ring without slots. Torn slots are left
 * out on both sides. All calls are ISR-safe.
 */
#ifndef STOKER_WATCHDOG_H
#define STOKER_WATCHDOG_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/telemetry.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Runtime counters ///

struct stk_runtime_counters {
    uint32_t slots;          /* in the ring, torn ones too */
    uint32_t depth;          /* slots in use: stk_occupancy_depth */
    uint32_t idle_slots;     /* EMPTY */
    uint32_t idle_ppm;       /* EMPTY slots */
    uint32_t depth_bps;      /* slots in use */
    uint32_t occupied_bps;   /* slots that are not EMPTY */
    uint32_t done;           /* the device's free-running count */
    uint32_t unharvested;    /* DONE slots still in the ring */
    uint32_t requeued;       /* slots in REQUEUE */
    uint32_t faulted;        /* slots in FAULT */
    uint32_t tenant_skew;    /* between the greatest and the least fairness count of the tenants that have one */
    uint64_t tenant_total;   /* of the tenants' fairness counts */
    uint64_t priority_total; /* of the priorities' */
};

void stk_runtime_counters(const struct stk_snapshot *snapshot, struct stk_runtime_counters *out);

/// Watchdog ///

struct stk_watchdog {
    uint32_t done_delta;      /* slots that ended DONE between the two */
    uint32_t fault_delta;     /* slots that ended in FAULT, by the device's own count; 0 on devices that keep none */
    uint32_t heartbeat_delta; /* 0: no worker turned, or none long enough to say so */
    uint32_t depth;           /* of the later snapshot, as the rest */
    uint32_t faulted;
    uint32_t requeued;
    uint32_t idle_ppm;
    uint32_t stalled; /* 1: slots wait for the device, nothing ended and no slot moved while it was read */
    uint32_t
        stalled_reference; /* 1: by the reference's rule, for which one faulted slot is reason enough to see no stall */
};

/* Compares a snapshot with an earlier one of the same ring. Counters are compared modulo 2^32. Faulted slots wait for
 * the host: alone they are no stall, beside others they do not hide one. The deltas are only right when fewer than 2^31
 * slots ended in between. STK_E_ARG the done count grew by 2^31 or more, that is, it went backwards: the snapshots are
 * in the wrong order, or the control buffer was begun anew (info: the word, and by how much it grew). */
STK_MUST_CHECK int stk_watchdog(const struct stk_snapshot *earlier, const struct stk_snapshot *later,
                                struct stk_watchdog *out, struct stk_error_info *info);

/// Priority accounting ///

/* What drain policy needs to know. A ring slot has no age; fill in the last two from a task queue, where there is
 * one. */
struct stk_priority_accounting {
    uint32_t requeued; /* slots in REQUEUE */
    uint32_t promoted; /* tasks that were raised for their age; 0 from a ring */
    uint32_t oldest;   /* greatest age, ticks; 0 from a ring */
};

void stk_priority_accounting(const struct stk_snapshot *snapshot, struct stk_priority_accounting *out);

enum stk_drain {
    STK_DRAIN_NONE,   /* nothing waits for a second turn */
    STK_DRAIN_PENDING /* something was put back, raised or has aged: let it finish before publishing more */
};

enum stk_drain stk_priority_drain(const struct stk_priority_accounting *accounting);

#ifdef __cplusplus
}
#endif
#endif
