/* stoker port: the table of modes, and how the port changes from one mode to another. The file of each mode has the
 * code of this mode. */
#include "../state/state.h"
#include "../report/report.h"
#include "launch.h"

/* Drives between two looks at the clock and at the event: a drive is called in a tight loop, and both looks are calls
 * of the system or of the driver. */
#define CLOCK_EVERY 64u

/* The mode of a port that has none yet (residency 0), so that no caller has to ask for NULL. */
static const struct stk_opencl_mode none;

const struct stk_opencl_mode *stk_opencl_mode(enum stk_residency mode) {
    static const struct stk_opencl_mode *const modes[] = {
        &none,
        [STK_RESIDENT] = &stk_opencl_resident,
        [STK_QUANTUM] = &stk_opencl_quantum,
        [STK_BATCH] = &stk_opencl_batch,
    };
    return modes[mode];
}

uint32_t stk_opencl_turns_of(uint64_t ns, uint64_t turn_cost) {
    /* Computes in microseconds, so that no lease overflows the product. */
    uint64_t us = ns / 1000u, most_us = UINT64_MAX / STK_OPENCL_TURNS;
    uint64_t turns = (us < most_us ? us : most_us) * STK_OPENCL_TURNS / (turn_cost / 1000u ? turn_cost / 1000u : 1u);
    /* A launch of a few turns would cost more than it does, so 1000 turns are the least. */
    return turns < 1000u ? 1000u : turns > UINT32_MAX ? UINT32_MAX : (uint32_t)turns;
}

struct stk_opencl_terms stk_opencl_user_terms(const struct stk_opencl *cl) {
    const struct stk_opencl_config *c = &cl->config;
    return (struct stk_opencl_terms){
        .workers = c->workers, .watch_ns = c->watch_ns, .deadline_ns = c->deadline_ns, .limits = c->limits};
}

void stk_opencl_set_turns(struct stk_opencl *cl, uint32_t turns, uint32_t idle_turns) {
    cl->stats.turns = turns;
    cl->stats.idle_turns = idle_turns;
}

void stk_opencl_set_mode(struct stk_opencl *cl, enum stk_residency mode, const struct stk_opencl_terms *terms) {
    uint32_t turns, idle_turns;
    cl->mode = mode;
    cl->own.launches.terms = *terms;
    cl->own.launches.drives = 0;
    stk_opencl_watch_start(cl, stk_opencl_now_ns());
    /* The result is ignored, since open has checked the limits. */
    (void)stk_opencl_set_limits(cl);
    /* An idle worker looks at every slot in as many turns as there are slots (kernels/find.h). Twice as many turns and
     * 64 more leave room for turns that find work. */
    stk_opencl_mode(mode)->count_turns(cl, 2u * cl->config.slots + 64u, &turns, &idle_turns);
    stk_opencl_set_turns(cl, turns, idle_turns);
}

int stk_opencl_is_clock_time(struct stk_opencl *cl) {
    return ++cl->own.launches.drives % CLOCK_EVERY == 0u;
}

int stk_opencl_unseen_end(struct stk_opencl *cl) {
    stk_opencl_say(cl, "; then a kernel ended and the host did not see its last stores");
    return stk_opencl_leave_mode(cl);
}

int stk_opencl_leave_mode(struct stk_opencl *cl) {
    /* Workers that see the host's stores leave now, and need not use up their turns. */
    stk_opencl_mode(cl->mode)->hurry(cl);
    if (!stk_opencl_is_open(cl)) {
        stk_opencl_clear_reason(cl);
        stk_opencl_say(cl, "%s: a launch ended and the host did not see its last stores",
                       stk_opencl_memory_name(cl->outcome.memory));
        return STK_E_UNSUPPORTED;
    }
    cl->stats.fallbacks++;
    stk_opencl_enter(cl, STK_OPENCL_DOWNGRADING);
    return 1;
}
