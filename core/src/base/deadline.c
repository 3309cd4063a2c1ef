/* stoker: deadlines, as sums of the time between looks at the clock. The reasons are in DESIGN.md, "A deadline counts
 * looks, not the clock alone". No call here reads a clock: the caller passes the time. */
#include "stoker/deadline.h"

/* A gap between two looks counts at most the timeout divided by this number. So an owner that looks seldom sees the end
 * at its ninth look at the latest. */
#define GAP_PARTS 8u
/* A gap of up to this length in nanoseconds counts in full even for a short timeout: it is twice the sleep of one step
 * of a wait (STK_WAIT_SLICE_NS), which a busy machine may well take. */
#define GAP_LEAST_NS 100000u
/* A sleep of up to this length in nanoseconds is not cut short: 100 ms lose little when the process is stopped in
 * them, and shorter sleeps would only wake the owner more often. */
#define LONG_WAIT_NS UINT64_C(100000000)

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Returns an eighth of the timeout, and `at_least` nanoseconds where the eighth is shorter. */
static uint64_t part(const struct stk_deadline *d, uint64_t at_least) {
    uint64_t ns = d->timeout_ns / GAP_PARTS;
    return ns > at_least ? ns : at_least;
}

void stk_deadline_start(struct stk_deadline *deadline, uint64_t timeout_ns, uint64_t now_ns) {
    *deadline = (struct stk_deadline){.timeout_ns = timeout_ns, .clock_ns = now_ns};
}

uint64_t stk_deadline_left(const struct stk_deadline *deadline, uint64_t since_ns) {
    uint64_t passed = deadline->counted_ns - since_ns;
    /* Never ends, also when the counted time has saturated at UINT64_MAX. */
    if (deadline->timeout_ns == UINT64_MAX) {
        return UINT64_MAX;
    }
    return passed < deadline->timeout_ns ? deadline->timeout_ns - passed : 0u;
}

uint64_t stk_deadline_look(struct stk_deadline *deadline, uint64_t now_ns) {
    /* The owner sleeps for the time that this deadline returned, and this time counts in full. Only time beyond it may
     * be a pause of the process. */
    uint64_t most = stk_time_sum(deadline->given_ns, part(deadline, GAP_LEAST_NS));
    uint64_t gap = least(stk_time_since(deadline->clock_ns, now_ns), most);
    deadline->clock_ns = now_ns;
    deadline->counted_ns = stk_time_sum(deadline->counted_ns, gap);
    deadline->given_ns = 0; /* the sleep is used up: a second look without a sleep may count no such gap again */
    return stk_deadline_left(deadline, 0);
}

uint64_t stk_deadline_wait(struct stk_deadline *deadline, uint64_t most_ns) {
    uint64_t left = least(stk_deadline_left(deadline, 0), part(deadline, LONG_WAIT_NS));
    deadline->given_ns = least(left, most_ns);
    return deadline->given_ns;
}
