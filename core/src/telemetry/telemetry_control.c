/* stoker: telemetry, the control words. Each word is loaded once and has a moment of its own. The order of the loads
 * decides which differences between words can be trusted. */
#include "stoker/le.h"
#include "stoker/atomic.h"
#include "telemetry_internal.h"

/* Where the words come from: an image, or a live control buffer. */
struct source {
    const uint8_t *bytes;
    const uint32_t *live; /* words that workers store to meanwhile; NULL: `bytes` are decoded */
};

/* Loads one word. Acquire: words that are loaded later are at least as new, which the order of loads below needs. */
static inline uint32_t word(const struct source *from, uint32_t i) {
    return from->live != NULL ? stk_load_acquire(from->live + i) : stk_get32(from->bytes + (size_t)4 * i);
}

static inline void words(const struct source *from, uint32_t first, uint32_t *out, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        out[i] = word(from, first + i);
    }
}

void stk_control_decode(struct stk_control_state *state, const uint8_t *bytes, const uint32_t *live) {
    const struct source from = {bytes, live};
    /* The heartbeat comes before the counters of work. So when a worker is seen to have turned, the work that it had
     * finished by then is seen too. In the other order a watchdog could see a heartbeat and no work, although there was
     * some. */
    state->heartbeat = word(&from, STK_CTL_HEARTBEAT);
    state->shutdown = word(&from, STK_CTL_SHUTDOWN);
    state->done_count = word(&from, STK_CTL_DONE_COUNT);
    state->faults = word(&from, STK_CTL_FAULT_COUNT);
    state->epoch = word(&from, STK_CTL_EPOCH);
    words(&from, STK_CTL_METRICS, state->metrics, STK_CTL_METRICS_SLOTS);
    words(&from, STK_CTL_TENANT_FAIRNESS, state->tenant_fairness, STK_CTL_TENANT_FAIRNESSES);
    words(&from, STK_CTL_PRIORITY_FAIRNESS, state->priority_fairness, STK_PRIORITIES);
    state->starvation = word(&from, STK_CTL_STARVATION);
    /* The head comes before the tail, and the ends of workers before their entries: no difference between the two can
     * be below zero. */
    state->harvested = word(&from, STK_CTL_HARVEST_HEAD);
    state->tickets = word(&from, STK_CTL_PUBLISH_TAIL);
    uint32_t left = word(&from, STK_CTL_LEASE_ENDS) + word(&from, STK_CTL_IDLE_ENDS);
    state->workers = word(&from, STK_CTL_WORKERS_IN) - left;
}
