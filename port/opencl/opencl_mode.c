/* What drive does in each mode, and the port's table of calls. */
#include "internal.h"
#include "stoker/atomic.h"

#define CLOCK_EVERY 64u /* drive looks at the clock and the event once in so many calls */

/* RESIDENT counts four times the lease, since the host ends a lease by the clock and the count is for a host that died.
 * In the other modes what is published while a kernel runs is not there for it, so it leaves after one round through the ring. */
void stk_opencl_set_mode(struct stk_opencl *cl, enum stk_residency mode) {
    const struct stk_opencl_config *c = &cl->config;
    uint32_t round = 2u * c->slots + 64u;
    cl->mode = mode;
    cl->idle_turns = round;
    stk_opencl_watch_start(cl, stk_opencl_now_ns());
    cl->drives = 0;
    (void)stk_opencl_set_limits(cl); /* open has checked that the limits are valid */
    if (mode == STK_RESIDENT) {
        uint64_t twice = stk_time_sum(c->lease_ns, c->lease_ns);
        cl->turns = stk_opencl_turns_of(stk_time_sum(twice, twice), cl->turn_cost);
        cl->idle_turns = stk_opencl_turns_of(c->idle_ns, cl->turn_cost);
    } else {
        cl->turns = stk_opencl_turns_of(mode == STK_QUANTUM ? c->quantum_ns : c->lease_ns, cl->turn_cost);
        cl->turns = cl->turns < 2u * round ? 2u * round : cl->turns; /* or it would never reach the far end */
    }
}

/* Ends a lease that ran out of time, with the next one enqueued behind it where there is work, and sees launches that failed, that
 * do not end, or that the memory no longer shows. */
static int look_closer(struct stk_opencl *cl, bool pending) {
    uint64_t now = stk_opencl_now_ns();
    int over = stk_opencl_event_over(cl), err = over < 0 ? over : STK_OK;
    if (err == STK_OK && !over) {
        err = stk_opencl_overdue(cl, now);
    }
    if (err != STK_OK) {
        return err;
    }
    if (over && !stk_opencl_left(cl)) {
        return stk_opencl_unseen_end(cl);
    }
    if (pending && stk_opencl_watch_live(cl, now)) {
        return stk_opencl_fall(cl);
    }
    /* A pause of the process counts for the lease: the device may have run during the pause, and a lease that ends
     * loses nothing. */
    if (!cl->lease_over && stk_time_since(cl->launched_ns, now) > cl->config.lease_ns) {
        err = pending && cl->running == 1u ? stk_opencl_launch(cl) : STK_OK;
        stk_opencl_end_lease(cl);
        cl->lease_over = 1;
    }
    return err;
}

static int drive_resident(struct stk_opencl *cl, bool pending) {
    int err = STK_OK;
    while (cl->running && stk_opencl_left(cl)) {
        stk_opencl_pop(cl);
    }
    if (cl->running && ++cl->drives % CLOCK_EVERY == 0u) {
        err = look_closer(cl, pending);
    }
    if (!cl->running && !cl->falling && pending && err == STK_OK) {
        err = stk_opencl_launch(cl);
        stk_opencl_watch_start(cl, cl->launched_ns);
        err = err == STK_OK ? 1 : err;
    }
    return err;
}

/* Launches that are over make room for new ones, two at a time, so that the device always has the next one. */
static int drive_quantum(struct stk_opencl *cl, bool pending) {
    int did = 0;
    while (cl->running) {
        int over = stk_opencl_event_over(cl);
        if (over < 0) {
            return over;
        }
        if (!over) {
            break;
        }
        if (!stk_opencl_left(cl)) {
            return stk_opencl_unseen_end(cl);
        }
        stk_opencl_pop(cl);
        did = 1;
        if (stk_opencl_watch_border(cl)) {
            return stk_opencl_fall(cl);
        }
    }
    while (pending && cl->running < 2u) {
        int err = stk_opencl_launch(cl);
        if (err != STK_OK) {
            return err;
        }
        did = 1;
    }
    if (cl->running && ++cl->drives % CLOCK_EVERY == 0u) {
        int err = stk_opencl_overdue(cl, stk_opencl_now_ns());
        return err < 0 ? err : did;
    }
    return did;
}

static int drive_mode(struct stk_opencl *cl, bool pending) {
    if (cl->falling) {
        return stk_opencl_fall_on(cl);
    }
    switch (cl->mode) {
    case STK_RESIDENT:
        return drive_resident(cl, pending);
    case STK_QUANTUM:
        return drive_quantum(cl, pending);
    default:
        return stk_opencl_batch_drive(cl, pending);
    }
}

int stk_opencl_drive(void *ctx, bool pending) {
    struct stk_opencl *cl = ctx;
    int did;
    if (cl->lost) {
        return stk_opencl_lost_on(cl);
    }
    if (cl->recovery.step) {
        return stk_opencl_recover_on(cl);
    }
    did = drive_mode(cl, pending);
    return did < 0 && cl->opened ? stk_opencl_recover(cl) : did;
}

static int opencl_stop(void *ctx, uint64_t timeout_ns) {
    return stk_opencl_join(ctx, timeout_ns);
}

static void opencl_info(void *ctx, struct stk_dispatch_info *info) {
    const struct stk_opencl *cl = ctx;
    *info = (struct stk_dispatch_info){
        .device = cl->device.name,
        .memory = stk_opencl_memory_name(cl->mode == STK_BATCH ? STK_OPENCL_COPIES : cl->outcome.memory),
        .reason = cl->reason,
        .residency = cl->mode,
        .workers = cl->config.workers,
        .lanes = cl->config.lanes,
        .launches = cl->launches,
        .lease_ends = cl->lease_ends,
        .idle_ends = cl->idle_ends,
        .probe_rounds = cl->outcome.rounds,
        .probe_p50_ns = cl->outcome.p50_ns,
        .probe_items = cl->outcome.items,
        .copied_bytes = cl->batch.copied,
        .fallbacks = cl->fallbacks,
        .recoveries = cl->recoveries,
    };
}

/* A launch counts until the driver says that it is over; in the first step of a recovery one may be left that is not
 * counted. */
static bool opencl_has_workers(void *ctx) {
    const struct stk_opencl *cl = ctx;
    return cl->mode != STK_BATCH && (cl->running != 0u || cl->recovery.step == RECOVER_QUIET);
}

const struct stk_dispatch_ops stk_opencl_ops = {
    .name = "opencl",
    .drive = stk_opencl_drive,
    .stop = opencl_stop,
    .info = opencl_info,
    .has_workers = opencl_has_workers,
};
