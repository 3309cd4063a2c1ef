/* A lost device: no launch of it runs any more, what it had claimed goes back, and a new context takes its place.
 *
 * A kernel that is only thought to be gone may store DONE into a slot that was put back, or run it beside the one that claimed it next.
 * So nothing is put back before the driver says that the launch is over: complete, or ended by an error. Where the driver no longer
 * answers, the memory's word counts: every worker of the launch counted itself out. With copies the kernel has nothing of the host's,
 * and its launch is over when we no longer take its results in.
 *
 * The new context works on copies: the memory the host sees belongs to the lost one, which keeps it until close, and what another
 * context can share of it no handshake can prove while work is in it. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Starts the wait for launches that do not end. */
static void begin_wait(struct stk_opencl *cl) {
    stk_deadline_start(&cl->recovery.quiet_end, stk_time_sum(cl->config.lease_ns, cl->config.deadline_ns),
                       stk_opencl_now_ns());
}

static int lose(struct stk_opencl *cl) {
    char why[sizeof cl->reason];
    memcpy(why, cl->reason, sizeof why);
    cl->reason[0] = '\0';
    stk_opencl_say(cl, "device lost: %s", why);
    cl->lost = 1;
    cl->falling = 0;
    cl->recovery.step = RECOVER_NONE;
    begin_wait(cl);
    return stk_opencl_lost_on(cl);
}

/* Is no launch under way? What ended is popped, and not merged. */
static int quiet(struct stk_opencl *cl) {
    while (cl->running) {
        cl_int status = CL_QUEUED;
        int over;
        cl->recovery.mute = clGetEventInfo(cl->cl_events[0], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status,
                                           NULL) != CL_SUCCESS;
        over = cl->recovery.mute ? cl->mode == STK_BATCH || stk_opencl_left(cl) : status <= CL_COMPLETE;
        if (cl->mode == STK_BATCH && over && status != CL_COMPLETE) {
            cl->batch.loose = 1;
        }
        if (!over) {
            return 0;
        }
        stk_opencl_pop(cl);
    }
    return 1;
}

/* Returns 1 when the wait for the launches has taken too long. Looks at the clock; look at the launches after this
 * call. */
static int past_deadline(struct stk_opencl *cl) {
    return stk_deadline_look(&cl->recovery.quiet_end, stk_opencl_now_ns()) == 0u;
}

/* What no launch has any more, or copies have. */
static void settle(struct stk_opencl *cl) {
    if (cl->opened && !cl->recovery.settled) {
        stk_opencl_forget_ends(cl);
        stk_opencl_put_back(cl, cl->recovery.ran);
        cl->recovery.settled = 1;
    }
}

int stk_opencl_lost_on(struct stk_opencl *cl) {
    int late = past_deadline(cl), over = quiet(cl);
    if (!over && cl->mode == STK_RESIDENT) {
        stk_opencl_end_lease(cl);
    }
    if (!over && cl->recovery.mute && cl->opened && late) {
        while (cl->running) {
            stk_opencl_pop(cl); /* a driver that has not known it for so long does not run it */
        }
        over = 1;
    }
    if (over || cl->mode == STK_BATCH) {
        settle(cl);
    }
    return STK_E_DEVICE;
}

/* A new context that did no work with a program that was kept: the next one has it compiled. */
static void doubt(struct stk_opencl *cl, int err) {
    if (cl->recovery.row != 0u && stk_opencl_doubts(cl, err)) {
        stk_opencl_distrust(cl);
    }
}

int stk_opencl_recover(struct stk_opencl *cl) {
    cl->recovery.settled = 0;
    cl->recovery.ran = cl->running != 0u;
    if (cl->fault == STK_OPENCL_TIMEOUT) {
        return lose(cl);
    }
    doubt(cl, STK_E_DEVICE);
    cl->falling = 0;
    cl->recovery.step = RECOVER_QUIET;
    begin_wait(cl);
    (void)clFlush(cl->cl_queue); /* of a launch that was enqueued before the failure */
    return 1;
}

/// Old and new ///

/* The context stays with the memory that the host sees, or that its last reads may go to; the rest has no use. */
static void retire(struct stk_opencl *cl) {
    struct stk_opencl_old *o = &cl->old[cl->olds++];
    *o = (struct stk_opencl_old){.cl_context = cl->cl_context, .cl_queue = cl->cl_queue};
    for (uint32_t i = 0; i < STK_OPENCL_REGIONS; i++) {
        stk_opencl_region_close(&cl->batch.device[i]);
        if (cl->batch.loose) {
            o->got[i] = cl->batch.got[i];
            cl->batch.got[i] = (struct stk_opencl_region){0};
        }
    }
    cl->batch.loose = 0;
    stk_opencl_region_close(&cl->guards);
    clReleaseKernel(cl->cl_kernel);
    clReleaseProgram(cl->cl_program);
    cl->built_from = STK_OPENCL_MADE; /* as long as there is none */
    cl->cl_kernel = cl->cl_program = cl->cl_queue = cl->cl_context = NULL;
}

/* Releases a new context that did not come to work. */
static void drop(struct stk_opencl *cl) {
    struct stk_opencl_region *sides[] = {cl->batch.device, cl->batch.sent, cl->batch.got};
    for (uint32_t i = 0; i < 3u * STK_OPENCL_REGIONS; i++) {
        struct stk_opencl_region *r = &sides[i / STK_OPENCL_REGIONS][i % STK_OPENCL_REGIONS];
        if (r->cl_context == cl->cl_context) {
            stk_opencl_region_close(r);
        }
    }
    stk_opencl_region_close(&cl->guards);
    stk_opencl_release_context(cl);
    cl->built_from = STK_OPENCL_MADE;
}

/* A new context, after a pause that grows with those before it that did no work. */
static int plan(struct stk_opencl *cl) {
    struct stk_opencl_recovery *r = &cl->recovery;
    uint64_t pause = r->row ? cl->config.recovery_ns << (r->row < 16u ? r->row - 1u : 15u) : 0u;
    r->next_ns = stk_time_sum(stk_opencl_now_ns(), pause);
    r->step = RECOVER_CONTEXT;
    return 1;
}

static int go_on(struct stk_opencl *cl) {
    stk_opencl_set_mode(cl, STK_BATCH);
    cl->recovery.step = RECOVER_NONE;
    cl->recoveries++;
    stk_opencl_say(cl, ", goes on as BATCH in a new context");
    return 1;
}

/* Takes the next step; its error is tried again in another new context. */
static int step(struct stk_opencl *cl) {
    int err;
    switch (cl->recovery.step++) {
    case RECOVER_CONTEXT:
        cl->recovery.tries++;
        cl->recovery.row++;
        err = stk_opencl_create_queue(cl);
        break;
    case RECOVER_PROGRAM:
        err = stk_opencl_build(cl);
        break;
    default:
        err = stk_opencl_batch_open(cl, cl->memory.control_words);
        if (err == STK_OK) {
            return go_on(cl);
        }
    }
    if (err != STK_OK) {
        doubt(cl, err);
        drop(cl);
        return plan(cl);
    }
    return 1;
}

/* No launch runs, or it is too late to wait for that. */
static int quiet_step(struct stk_opencl *cl) {
    int late = past_deadline(cl);
    if (cl->mode == STK_RESIDENT) {
        stk_opencl_end_lease(cl); /* again and again, for workers that had no core until now */
    }
    if (!quiet(cl)) {
        if (late) {
            (void)stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "timeout: after OpenCL error %d the kernel did not end",
                                  cl->cl_error);
            return lose(cl);
        }
        return 0;
    }
    settle(cl);
    return plan(cl);
}

int stk_opencl_recover_on(struct stk_opencl *cl) {
    struct stk_opencl_recovery *r = &cl->recovery;
    uint32_t limit = cl->config.recoveries == STK_OPENCL_NO_RECOVERY ? 0u : cl->config.recoveries;
    if (r->step == RECOVER_QUIET) {
        return quiet_step(cl);
    }
    if (r->step == RECOVER_CONTEXT) {
        if (r->tries >= limit || cl->olds == STK_OPENCL_OLD_MAX) {
            stk_opencl_say(cl, ", after %u new contexts", (unsigned)r->tries);
            return lose(cl);
        }
        if (stk_opencl_now_ns() < r->next_ns) {
            return 0;
        }
        if (cl->cl_context) {
            retire(cl);
        }
    }
    return step(cl);
}

int stk_opencl_revive(struct stk_opencl *cl) {
    if (!cl->lost || !cl->opened) {
        return STK_E_STATUS;
    }
    (void)stk_opencl_lost_on(cl);
    if (cl->running) {
        return STK_E_WOULD_BLOCK;
    }
    if (cl->olds == STK_OPENCL_OLD_MAX) {
        return STK_E_FULL;
    }
    cl->lost = 0;
    cl->reason[0] = '\0';
    stk_opencl_say(cl, "revived");
    cl->recovery = (struct stk_opencl_recovery){.step = RECOVER_CONTEXT};
    return STK_OK;
}
