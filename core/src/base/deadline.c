/* stoker: deadlines. */
#include "stoker/deadline.h"

#define GAP_PARTS 8u /* a gap between two looks counts at most the timeout divided by this number */
/* but a gap up to this length always counts in full: twice the sleep of one turn of a wait (stoker/wait.h) */
#define GAP_LEAST_NS 100000u
#define LONG_WAIT_NS UINT64_C(100000000) /* a sleep of this length or less is not cut into parts */

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t part(const struct stk_deadline *d, uint64_t at_least) {
    uint64_t ns = d->timeout_ns / GAP_PARTS;
    return ns > at_least ? ns : at_least;
}

void stk_deadline_start(struct stk_deadline *deadline, uint64_t timeout_ns, uint64_t now_ns) {
    *deadline = (struct stk_deadline){.timeout_ns = timeout_ns, .clock_ns = now_ns};
}

uint64_t stk_deadline_left(const struct stk_deadline *deadline, uint64_t since_ns) {
    uint64_t passed = deadline->counted_ns - since_ns;
    if (deadline->timeout_ns == UINT64_MAX) {
        return UINT64_MAX;
    }
    return passed < deadline->timeout_ns ? deadline->timeout_ns - passed : 0u;
}

uint64_t stk_deadline_look(struct stk_deadline *deadline, uint64_t now_ns) {
    uint64_t most = stk_time_sum(deadline->given_ns, part(deadline, GAP_LEAST_NS));
    uint64_t gap = least(stk_time_since(deadline->clock_ns, now_ns), most);
    deadline->clock_ns = now_ns;
    deadline->counted_ns = stk_time_sum(deadline->counted_ns, gap);
    deadline->given_ns = 0;
    return stk_deadline_left(deadline, 0);
}

uint64_t stk_deadline_wait(struct stk_deadline *deadline, uint64_t most_ns) {
    uint64_t left = least(stk_deadline_left(deadline, 0), part(deadline, LONG_WAIT_NS));
    deadline->given_ns = least(left, most_ns);
    return deadline->given_ns;
}
