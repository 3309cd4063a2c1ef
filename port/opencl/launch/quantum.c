/* stoker port: mode QUANTUM. Short launches follow one behind the other, since host and workers see each other's stores
 * only at the borders of a launch. */
#include "../memory/memory.h"
#include "launch.h"

static uint64_t lease_ns(const struct stk_opencl_config *c) {
    return c->quantum_ns;
}

/* Sets the turns of a launch. A launch leaves after one look at each slot: a slot that is published while it runs is
 * not there for it. */
static void count_turns(const struct stk_opencl *cl, uint32_t scan_turns, uint32_t *turns, uint32_t *idle_turns) {
    *turns = stk_opencl_turns_of(cl->config.quantum_ns, cl->outcome.turn_cost);
    /* A launch needs two looks at each slot to reach the far end of the ring, however short the quantum. */
    *turns = *turns < 2u * scan_turns ? 2u * scan_turns : *turns;
    *idle_turns = scan_turns;
}

/* Takes note of launches that are over and makes new ones, two at a time, so that the device always has the next
 * one. */
static int drive(struct stk_opencl *cl, bool pending) {
    int did = 0;
    while (cl->stats.running) {
        int over = stk_opencl_launch_over(cl);
        if (over < 0) {
            return over;
        }
        if (!over) {
            break;
        }
        /* The driver says that the launch is over, so its stores must be visible now. Otherwise memory is not shared
         * any more. */
        if (!stk_opencl_left(cl)) {
            return stk_opencl_unseen_end(cl);
        }
        stk_opencl_pop(cl);
        did = 1;
        if (stk_opencl_watch_border(cl)) {
            return stk_opencl_leave_mode(cl);
        }
    }
    while (pending && cl->stats.running < 2u) {
        int err = stk_opencl_launch(cl);
        if (err != STK_OK) {
            return err;
        }
        did = 1;
    }
    if (cl->stats.running && stk_opencl_is_clock_time(cl)) {
        int err = stk_opencl_overdue(cl, stk_opencl_now_ns());
        return err < 0 ? err : did;
    }
    return did;
}

static int stop(struct stk_opencl *cl) {
    int over = stk_opencl_launch_over(cl);
    if (over > 0) {
        stk_opencl_pop(cl);
    }
    return over;
}

static void hurry(struct stk_opencl *cl) {
    /* Nothing to do: the kernel leaves by itself after its short time, and may not see the host's stores. */
    (void)cl;
}

const struct stk_opencl_mode stk_opencl_quantum = {
    .lower = STK_BATCH,
    .lease_ns = lease_ns,
    .count_turns = count_turns,
    .attach = stk_opencl_attach_shared,
    .drive = drive,
    .stop = stop,
    .hurry = hurry,
};
