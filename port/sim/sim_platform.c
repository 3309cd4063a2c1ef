/* stoker port: simulated platform, a virtual clock. Time passes only by the clock's own steps and in waits, so a test
 * of deadlines takes no real time and gives the same result each time. */
#include "stoker/port/sim.h"

#include "stoker/atomic.h"
#include "stoker/deadline.h"

void stk_sim_platform_init(struct stk_sim_platform *platform, uint64_t now, uint64_t step) {
    *platform = (struct stk_sim_platform){.now = now, .step = step};
}

static uint64_t sim_now_ns(void *ctx) {
    struct stk_sim_platform *p = ctx;
    /* Answers first and steps then, so that the first answer is the time that init was given. */
    uint64_t now = p->now;
    p->now += p->step;
    p->reads++;
    return now;
}

/* Returns true if the word differs from `seen`. The load has acquire order, as in a real port: the caller sees after
 * the wait what was stored before the word. */
static bool word_changed(const uint32_t *word, uint32_t seen) {
    return stk_load_acquire(word) != stk_le32(seen);
}

static int sim_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    struct stk_sim_platform *p = ctx;
    p->waits++;
    if (word_changed(word, seen)) {
        return STK_OK;
    }
    /* The hook stands for other threads and devices, which may change the word during the wait. */
    if (p->hook != NULL) {
        p->hook(p->hook_ctx, word, seen, timeout_ns);
        if (word_changed(word, seen)) {
            return STK_OK;
        }
    }
    /* The sum saturates: a wait without end moves the clock to its end instead of wrapping. */
    p->now = stk_time_sum(p->now, timeout_ns);
    p->timeouts++;
    return STK_E_TIMEOUT;
}

/* Counts the wake; there is no thread to wake. */
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
