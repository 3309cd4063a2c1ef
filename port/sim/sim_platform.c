/* stoker port: a virtual clock. */
#include "stoker/port/sim.h"

#include "stoker/atomic.h"
#include "stoker/deadline.h"

void stk_sim_platform_init(struct stk_sim_platform *platform, uint64_t now, uint64_t step) {
    *platform = (struct stk_sim_platform){.now = now, .step = step};
}

static uint64_t sim_now_ns(void *ctx) {
    struct stk_sim_platform *p = ctx;
    uint64_t now = p->now;
    p->now += p->step;
    p->reads++;
    return now;
}

/* Acquire, as a real port: what was stored before the word is seen after the wait. */
static bool word_changed(const uint32_t *word, uint32_t seen) {
    return stk_load_acquire(word) != stk_le32(seen);
}

static int sim_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    struct stk_sim_platform *p = ctx;
    p->waits++;
    if (word_changed(word, seen)) {
        return STK_OK;
    }
    if (p->hook != NULL) {
        p->hook(p->hook_ctx, word, seen, timeout_ns);
        if (word_changed(word, seen)) {
            return STK_OK;
        }
    }
    p->now = stk_time_sum(p->now, timeout_ns);
    p->timeouts++;
    return STK_E_TIMEOUT;
}

static void sim_wake(void *ctx, uint32_t *word) {
    struct stk_sim_platform *p = ctx;
    (void)word;
    p->wakes++;
}

const struct stk_platform_ops stk_sim_platform_ops = {
    .name = "sim",
    .now_ns = sim_now_ns,
    .wait = sim_wait,
    .wake = sim_wake,
};
