/* stoker port: mode BATCH. Ready slots are copied to the device, run until nothing is left, and read back. The host
 * waits for none of it. Only one launch is under way, since its results decide what is sent next. */
#include "../memory/memory.h"
#include "launch.h"

static uint64_t lease_ns(const struct stk_opencl_config *c) {
    return c->lease_ns;
}

/* Sets the turns of a launch. A launch ends by itself when a look at each slot found nothing, since no slot is added to
 * the copies. */
static void count_turns(const struct stk_opencl *cl, uint32_t scan_turns, uint32_t *turns, uint32_t *idle_turns) {
    *turns = stk_opencl_turns_of(cl->config.lease_ns, cl->outcome.turn_cost);
    /* A launch needs two looks at each slot to reach the far end of the ring, however short the lease. */
    *turns = *turns < 2u * scan_turns ? 2u * scan_turns : *turns;
    *idle_turns = scan_turns;
}

/* Sends the copies, launches, and enqueues the reads. If the reads were enqueued, the launch is over when they are. */
static int launch(struct stk_opencl *cl) {
    cl_event read = NULL;
    int err = stk_opencl_send_copies(cl);
    err = err == STK_OK ? stk_opencl_launch(cl) : err;
    if (err == STK_OK) {
        err = stk_opencl_read_copies(cl, &read);
    }
    if (read) {
        stk_opencl_follow(cl, read);
    }
    return err;
}

static int drive(struct stk_opencl *cl, bool pending) {
    int did = 0, err;
    if (cl->stats.running) {
        /* A launch is over when its copies were read back. Its kernel must have ended as well. A driver that drops a
         * kernel may still run the reads that were enqueued behind the kernel. Such reads bring back the slots as the
         * host sent them. */
        int over = stk_opencl_launch_over(cl);
        over = over > 0 ? stk_opencl_kernel_over(cl) : over;
        if (over <= 0) {
            return over < 0 ? over : stk_opencl_overdue(cl, stk_opencl_now_ns());
        }
        stk_opencl_merge(cl);
        stk_opencl_pop(cl);
        cl->own.launches.merges++;
        did = 1;
    }
    /* The snapshot claims the ready slots for the device, so it is made only when the launch follows. */
    if (!pending || stk_opencl_snapshot(cl) == 0u) {
        return did;
    }
    err = launch(cl);
    return err == STK_OK ? 1 : err;
}

/* Takes the results of the launch in, and makes no further launch. */
static int stop(struct stk_opencl *cl) {
    return drive(cl, false);
}

static void hurry(struct stk_opencl *cl) {
    /* Nothing to do: the kernel has control words of its own and does not see the host's. */
    (void)cl;
}

const struct stk_opencl_mode stk_opencl_batch = {
    .copies = 1,
    .lower = STK_BATCH,
    .lease_ns = lease_ns,
    .count_turns = count_turns,
    .attach = stk_opencl_attach_copies,
    .drive = drive,
    .stop = stop,
    .hurry = hurry,
};
