/* BATCH: what is ready is written to the device, run until drained, and read back, without the host waiting for any
 * of it. */
#include "../memory/memory.h"
#include "launch.h"

static uint64_t lease_ns(const struct stk_opencl_config *c) {
    return c->lease_ns;
}

static void count_turns(const struct stk_opencl *cl, uint32_t round, uint32_t *turns, uint32_t *idle_turns) {
    *turns = stk_opencl_turns_of(cl->config.lease_ns, cl->outcome.turn_cost);
    *turns = *turns < 2u * round ? 2u * round : *turns; /* or it would never reach the far end */
    *idle_turns = round;
}

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
        /* When the reads are over, a driver may have dropped the kernel before them. */
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
    if (!pending || stk_opencl_snapshot(cl) == 0u) {
        return did;
    }
    err = launch(cl);
    return err == STK_OK ? 1 : err;
}

/* Takes in what came back. */
static int stop(struct stk_opencl *cl) {
    return drive(cl, false);
}

static void hurry(struct stk_opencl *cl) {
    (void)cl; /* the kernel has words of its own */
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
