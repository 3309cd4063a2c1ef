/* stoker: tells the health of a device from telemetry snapshots: rates of one snapshot, and progress between two.
 *
 * All calls are integer arithmetic on struct stk_snapshot. None reads a ring, and none needs a clock: the caller
 * decides how far apart two snapshots are. Rates are in ppm (millionths) or bps (ten-thousandths) of the slots that
 * were read, rounded down; 0 of a ring without slots. Torn slots are left out on both sides. All calls are ISR-safe. */
#ifndef STOKER_WATCHDOG_H
#define STOKER_WATCHDOG_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/telemetry.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Runtime counters ///

/* Counters and rates of one snapshot. */
struct stk_runtime_counters {
    uint32_t slots;          /* slots in the ring, torn ones too */
    uint32_t depth;          /* slots in use (stk_occupancy_depth) */
    uint32_t idle_slots;     /* slots in EMPTY */
    uint32_t idle_ppm;       /* slots in EMPTY, in ppm */
    uint32_t depth_bps;      /* slots in use, in bps */
    uint32_t occupied_bps;   /* slots that are not EMPTY, in bps */
    uint32_t done;           /* slots that ended DONE, by the count of the device, which runs free */
    uint32_t unharvested;    /* slots in DONE, which are still in the ring */
    uint32_t requeued;       /* slots in REQUEUE */
    uint32_t faulted;        /* slots in FAULT */
    uint32_t tenant_skew;    /* greatest less least of the tenants' fairness counts that are not 0 */
    uint64_t tenant_total;   /* sum of the tenants' fairness counts */
    uint64_t priority_total; /* sum of the priorities' fairness counts */
};

/* Fills *out from a snapshot. */
void stk_runtime_counters(const struct stk_snapshot *snapshot, struct stk_runtime_counters *out);

/// Watchdog ///

/* Progress between two snapshots. */
struct stk_watchdog {
    uint32_t done_delta;      /* slots that ended DONE between the two */
    uint32_t fault_delta;     /* slots that ended in FAULT, by the count of the device; 0 where a device has no count */
    uint32_t heartbeat_delta; /* growth of the heartbeat; 0: no worker turned, or none long enough to count */
    uint32_t depth;           /* slots in use in the later snapshot */
    uint32_t faulted;         /* slots in FAULT in the later snapshot */
    uint32_t requeued;        /* slots in REQUEUE in the later snapshot */
    uint32_t idle_ppm;        /* slots in EMPTY in the later snapshot, in ppm */
    /* 1: slots wait for the device, none ended between the two, and none moved while it was read; else 0 */
    uint32_t stalled;
    /* 1: a stall by the rule of the reference, which sees none while a single slot is in FAULT; else 0 */
    uint32_t stalled_reference;
};

/* Compares a snapshot with an earlier one of the same ring, modulo 2^32. The differences are right when fewer than 2^31
 * slots ended in between. A slot in FAULT waits for the host: alone it is no stall, and it does not hide the stall of
 * other slots.
 *
 * STK_E_ARG the done count grew by 2^31 or more, which means that it went backwards: the snapshots are in the wrong
 * order, or the control buffer was laid out anew (info: index is the word, value the growth). */
STK_MUST_CHECK int stk_watchdog(const struct stk_snapshot *earlier, const struct stk_snapshot *later,
                                struct stk_watchdog *out, struct stk_error_info *info);

/// Priority accounting ///

/* Facts for the decision whether to publish more or to let waiting work finish first. A slot has no age. So `promoted`
 * and `oldest` are 0 from a ring; fill them in from a task queue, where there is one. */
struct stk_priority_accounting {
    uint32_t requeued; /* slots in REQUEUE */
    uint32_t promoted; /* tasks whose priority was raised because of their age */
    uint32_t oldest;   /* greatest age of a task, in ticks of the task queue */
};

/* Fills *out from a snapshot. */
void stk_priority_accounting(const struct stk_snapshot *snapshot, struct stk_priority_accounting *out);

/* Advice for a publisher. */
enum stk_drain {
    STK_DRAIN_NONE,   /* nothing waits for a second try */
    STK_DRAIN_PENDING /* work was put back, raised or has aged: let it finish before you publish more */
};

/* Returns STK_DRAIN_PENDING if any of the facts is not 0, else STK_DRAIN_NONE. */
enum stk_drain stk_priority_drain(const struct stk_priority_accounting *accounting);

#ifdef __cplusplus
}
#endif
#endif
