/* stoker: health of a run from its snapshots. */
#include "stoker/watchdog.h"

#include "base/error_info.h"

#define PPM 1000000u
#define BPS 10000u

static uint32_t share(uint32_t part, uint32_t of, uint32_t scale) {
    return of == 0 ? 0 : (uint32_t)((uint64_t)part * scale / of);
}

static uint64_t sum(const uint32_t *words, uint32_t count) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += words[i];
    }
    return total;
}

/* Greatest less least of those that are not 0. */
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
    out->stalled = done == 0 && out->fault_delta == 0 && o->torn == 0 && out->depth > out->faulted;
    out->stalled_reference = done == 0 && out->depth > 0 && out->faulted == 0;
    return STK_OK;
}

void stk_priority_accounting(const struct stk_snapshot *snapshot, struct stk_priority_accounting *out) {
    out->requeued = snapshot->occupancy.count[STK_SLOT_REQUEUE];
    out->promoted = 0;
    out->oldest = 0;
}

enum stk_drain stk_priority_drain(const struct stk_priority_accounting *accounting) {
    return (accounting->requeued | accounting->promoted | accounting->oldest) != 0 ? STK_DRAIN_PENDING : STK_DRAIN_NONE;
}
