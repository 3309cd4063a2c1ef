/* stoker port: mode RESIDENT. A kernel stays on the device and sees slots as the host publishes them. The host ends its
 * lease by the clock. */
#include "../memory/memory.h"
#include "../state/state.h"
#include "launch.h"

static uint64_t lease_ns(const struct stk_opencl_config *c) {
    return c->lease_ns;
}

/* Sets the turns of a launch. They last four times the lease, because the host ends the lease by the clock: the turns
 * are for a host that died. `scan_turns` is not used, since idle turns follow from idle_ns. */
static void count_turns(const struct stk_opencl *cl, uint32_t scan_turns, uint32_t *turns, uint32_t *idle_turns) {
    uint64_t twice = stk_time_sum(cl->config.lease_ns, cl->config.lease_ns), cost = cl->outcome.turn_cost;
    (void)scan_turns;
    *turns = stk_opencl_turns_of(stk_time_sum(twice, twice), cost);
    *idle_turns = stk_opencl_turns_of(cl->config.idle_ns, cost);
}

/* Sets after how many turns without work the next launch leaves, as cores are now. Only where the user has left idle_ns
 * to the port. */
static void choose_idle_turns(struct stk_opencl *cl) {
    if (cl->own.launches.idle_adapts && stk_opencl_is_open(cl)) {
        uint64_t idle_ns = stk_opencl_idle_ns(cl, stk_opencl_now_ns());
        stk_opencl_set_turns(cl, cl->stats.turns, stk_opencl_turns_of(idle_ns, cl->outcome.turn_cost));
    }
}

/* Looks at the launch by the clock and the driver: finds a launch that failed, that does not end, or whose stores the
 * host does not see, and ends a lease that is over. Costs calls of the driver, so not every drive does this. */
static int look_closer(struct stk_opencl *cl, bool pending) {
    uint64_t now = stk_opencl_now_ns();
    int over = stk_opencl_launch_over(cl), err = over < 0 ? over : STK_OK;
    if (err == STK_OK && !over) {
        err = stk_opencl_overdue(cl, now);
    }
    if (err != STK_OK) {
        return err;
    }
    if (over && !stk_opencl_left(cl)) {
        return stk_opencl_unseen_end(cl);
    }
    /* Without work no worker has to move, so a worker that stands still says nothing. */
    if (pending && stk_opencl_watch_live(cl, now)) {
        return stk_opencl_leave_mode(cl);
    }
    return stk_opencl_bound_lease(cl, pending, now);
}

static int drive(struct stk_opencl *cl, bool pending) {
    int err = STK_OK;
    while (cl->stats.running && stk_opencl_left(cl)) {
        stk_opencl_pop(cl);
    }
    /* The shared memory says that the workers left, which costs no call of the driver. */
    if (cl->stats.running) {
        return stk_opencl_is_clock_time(cl) ? look_closer(cl, pending) : STK_OK;
    }
    if (pending) {
        choose_idle_turns(cl);
        err = stk_opencl_launch(cl);
        stk_opencl_watch_start(cl, cl->own.launches.launched_ns);
        err = err == STK_OK ? 1 : err;
    }
    return err;
}

static int stop(struct stk_opencl *cl) {
    int over;
    /* The lease is ended in each call: a worker that had no core until now enters later, with the number of its
     * entry. */
    stk_opencl_end_lease(cl);
    over = stk_opencl_launch_over(cl);
    if (over > 0) {
        stk_opencl_pop(cl);
    }
    return over;
}

const struct stk_opencl_mode stk_opencl_resident = {
    .live = 1,
    .lower = STK_QUANTUM,
    .lease_ns = lease_ns,
    .count_turns = count_turns,
    .attach = stk_opencl_attach_shared,
    .drive = drive,
    .stop = stop,
    .hurry = stk_opencl_end_lease,
};
