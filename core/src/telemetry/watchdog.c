/* stoker: tells the health of a device from its snapshots. Integer arithmetic alone, on numbers that telemetry has
 * decoded. It reads no ring and keeps nothing from call to call: the caller keeps the earlier snapshot. */
#include "stoker/watchdog.h"

#include "base/error_info.h"

#define PPM 1000000u /* millionths */
#define BPS 10000u   /* ten-thousandths */

/* Returns `part` of `of` in parts of `scale`, rounded down; 0 of a ring without slots. The product needs 64 bits. */
static uint32_t share(uint32_t part, uint32_t of, uint32_t scale) {
    return of == 0 ? 0 : (uint32_t)((uint64_t)part * scale / of);
}

/* Returns the sum of counters of 32 bits, which 32 bits need not hold. */
static uint64_t sum(const uint32_t *words, uint32_t count) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += words[i];
    }
    return total;
}

/* Returns the greatest counter less the least one that is not 0. Counters of 0 are left out, since most of the words
 * belong to no tenant. */
static uint32_t skew(const uint32_t *words, uint32_t count) {
    uint32_t least = UINT32_MAX;
    uint32_t greatest = 0;
    for (uint32_t i = 0; i < count; i++) {
        greatest = words[i] > greatest ? words[i] : greatest;
        least = words[i] != 0 && words[i] < least ? words[i] : least;
    }
    return greatest == 0 ? 0 : greatest - least;
}

void stk_runtime_counters(const struct stk_snapshot *snapshot, struct stk_runtime_counters *out) {
    const struct stk_occupancy *o = &snapshot->occupancy;
    const struct stk_control_state *c = &snapshot->control;
    /* Torn slots are in no count, so they are left out of the total too. */
    uint32_t read = o->slots - o->torn;
    out->slots = o->slots;
    out->depth = stk_occupancy_depth(o);
    out->idle_slots = o->count[STK_SLOT_EMPTY];
    out->idle_ppm = share(o->count[STK_SLOT_EMPTY], read, PPM);
    out->depth_bps = share(out->depth, read, BPS);
    out->occupied_bps = share(read - o->count[STK_SLOT_EMPTY], read, BPS);
    out->done = c->done_count;
    out->unharvested = o->count[STK_SLOT_DONE];
    out->requeued = o->count[STK_SLOT_REQUEUE];
    out->faulted = o->count[STK_SLOT_FAULT];
    out->tenant_skew = skew(c->tenant_fairness, STK_CTL_TENANT_FAIRNESSES);
    out->tenant_total = sum(c->tenant_fairness, STK_CTL_TENANT_FAIRNESSES);
    out->priority_total = sum(c->priority_fairness, STK_PRIORITIES);
}

int stk_watchdog(const struct stk_snapshot *earlier, const struct stk_snapshot *later, struct stk_watchdog *out,
                 struct stk_error_info *info) {
    const struct stk_occupancy *o = &later->occupancy;
    uint32_t done = later->control.done_count - earlier->control.done_count;
    /* Modulo 2^32 a difference of half the range or more is a counter that went backwards. */
    if (done >= (uint32_t)1 << 31) {
        return stk_fail(info, STK_E_ARG, STK_CTL_DONE_COUNT, done);
    }
    out->done_delta = done;
    out->fault_delta = later->control.faults - earlier->control.faults;
    out->heartbeat_delta = later->control.heartbeat - earlier->control.heartbeat;
    out->depth = stk_occupancy_depth(o);
    out->faulted = o->count[STK_SLOT_FAULT];
    out->requeued = o->count[STK_SLOT_REQUEUE];
    out->idle_ppm = share(o->count[STK_SLOT_EMPTY], o->slots - o->torn, PPM);
    /* A slot in FAULT waits for the host: alone it is no stall, and it does not hide the stall of other slots. A torn
     * slot moved while it was read, so there is no stall. */
    out->stalled = done == 0 && out->fault_delta == 0 && o->torn == 0 && out->depth > out->faulted;
    /* The rule of the reference, for comparison: one slot in FAULT hides every stall. */
    out->stalled_reference = done == 0 && out->depth > 0 && out->faulted == 0;
    return STK_OK;
}

void stk_priority_accounting(const struct stk_snapshot *snapshot, struct stk_priority_accounting *out) {
    out->requeued = snapshot->occupancy.count[STK_SLOT_REQUEUE];
    /* A slot has no age. A caller with a task queue beside the ring fills in these two. */
    out->promoted = 0;
    out->oldest = 0;
}

enum stk_drain stk_priority_drain(const struct stk_priority_accounting *accounting) {
    return (accounting->requeued | accounting->promoted | accounting->oldest) != 0 ? STK_DRAIN_PENDING : STK_DRAIN_NONE;
}
