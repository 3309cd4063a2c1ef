/* stoker port: a lost device. No launch of it runs any more, the slots that it had claimed go back, and a new context
 * takes its place.
 *
 * A kernel that is only thought to be gone may store DONE into a slot that was put back, or run the slot beside the
 * worker that claimed it next. So nothing is put back before the driver says that the launch is over: complete, or
 * ended by an error. Where the driver no longer answers, the memory decides: every worker of the launch counted itself
 * out. With copies the kernel has nothing of the host's, and its launch is over when the port no longer takes its
 * results in.
 *
 * The new context works on copies. The memory that the host sees belongs to the lost context, which keeps it until
 * close, and no handshake can prove what another context can share of it while work is in it. */
#include <string.h>

#include "../launch/launch.h"
#include "../memory/memory.h"
#include "../state/state.h"
#include "../program/program.h"
#include "../report/report.h"
#include "recover.h"

/// Launches that are to end ///

/* Answer to the question whether a launch is under way. */
enum quiet {
    QUIET,   /* no launch is under way */
    RUNS,    /* a launch is under way, as the driver says */
    UNKNOWN, /* the driver does not say whether one is */
};

/* Looks at the launches under way. Those that ended are popped, and their results are not taken in. */
static enum quiet look(struct stk_opencl *cl) {
    const struct stk_opencl_mode *mode = stk_opencl_mode(cl->mode);
    while (cl->stats.running) {
        cl_int status = CL_QUEUED;
        int told = stk_opencl_launch_status(cl, &status);
        int over = told ? status <= CL_COMPLETE : mode->copies || stk_opencl_left(cl);
        /* The reads behind a failed launch may still write, so their memory is kept. */
        if (mode->copies && over && status != CL_COMPLETE) {
            stk_opencl_abandon_copies(cl);
        }
        if (!over) {
            return told ? RUNS : UNKNOWN;
        }
        stk_opencl_pop(cl);
    }
    return QUIET;
}

/* Gives up the launches under way. */
static void pop_all(struct stk_opencl *cl) {
    while (cl->stats.running) {
        stk_opencl_pop(cl);
    }
}

/* Starts the deadline of launches that do not end: their lease and deadline_ns. */
static void begin_wait(struct stk_opencl *cl) {
    stk_deadline_start(&cl->own.recovery.quiet_end, stk_time_sum(cl->config.lease_ns, cl->config.deadline_ns),
                       stk_opencl_now_ns());
}

/* Returns 1 if the wait for the launches has taken too long. Reads the clock, so look at the launches after this
 * call. */
static int past_deadline(struct stk_opencl *cl) {
    return stk_deadline_look(&cl->own.recovery.quiet_end, stk_opencl_now_ns()) == 0u;
}

void stk_opencl_put_back(struct stk_opencl *cl, int ran) {
    const struct stk_device_loss loss = {.ran = ran != 0, .copies = stk_opencl_mode(cl->mode)->copies != 0};
    cl->losses.put_back += stk_device_put_back(&cl->memory, cl->own.buffers.tries, loss);
}

/* Puts the slots back that no launch has any more, once for each loss. */
static void put_back_claims(struct stk_opencl *cl) {
    enum stk_opencl_claims claims = cl->own.recovery.claims;
    if (claims != STK_OPENCL_CLAIMS_NONE) {
        stk_opencl_forget_ends(cl);
        stk_opencl_put_back(cl, claims == STK_OPENCL_CLAIMS_LAUNCHED);
        cl->own.recovery.claims = STK_OPENCL_CLAIMS_NONE;
    }
}

/// A device that is given up ///

/* Gives the device up: keeps the reason and looks once whether its kernels are gone. */
static int lose(struct stk_opencl *cl) {
    char why[sizeof cl->reason];
    memcpy(why, cl->reason, sizeof why);
    stk_opencl_clear_reason(cl);
    stk_opencl_say(cl, "device lost: %s", why);
    stk_opencl_enter(cl, STK_OPENCL_LOST);
    begin_wait(cl);
    return stk_opencl_step_lost(cl);
}

int stk_opencl_step_lost(struct stk_opencl *cl) {
    const struct stk_opencl_mode *mode = stk_opencl_mode(cl->mode);
    /* During open the port waits for no deadline here: close and open have their own. */
    int late = stk_opencl_is_open(cl) && past_deadline(cl);
    enum quiet now = look(cl);
    if (now != QUIET) {
        mode->hurry(cl);
    }
    if (now == UNKNOWN && late) {
        /* A driver that has not known the launch for so long does not run it. */
        pop_all(cl);
        now = QUIET;
    }
    /* Where the device works on copies, the kernel may still run: it touches no memory of the host. */
    if (now == QUIET || mode->copies) {
        put_back_claims(cl);
    }
    return STK_E_DEVICE;
}

void stk_opencl_forget_unknown(struct stk_opencl *cl) {
    enum stk_opencl_state state = cl->own.life.state;
    if ((state == STK_OPENCL_OPEN_FAILED || state == STK_OPENCL_QUIETING || state == STK_OPENCL_LOST) &&
        look(cl) == UNKNOWN) {
        pop_all(cl);
    }
}

int stk_opencl_revive(struct stk_opencl *cl) {
    struct stk_opencl_recovery *r = &cl->own.recovery;
    if (cl->own.life.state != STK_OPENCL_LOST) {
        return STK_E_STATUS;
    }
    (void)stk_opencl_step_lost(cl);
    if (cl->stats.running) {
        return STK_E_WOULD_BLOCK;
    }
    /* Each lost context holds memory until close. There is room for STK_OPENCL_LOST_MAX of them. */
    if (r->lost_contexts == STK_OPENCL_LOST_MAX) {
        return STK_E_FULL;
    }
    stk_opencl_clear_reason(cl);
    stk_opencl_say(cl, "revived");
    r->contexts_tried = r->consecutive_failures = 0;
    r->next_ns = 0;
    stk_opencl_enter(cl, STK_OPENCL_NEW_CONTEXT);
    return STK_OK;
}

/// Recovery ///

/* Distrusts a program from cache or store if a new context with it did no work: the next context has the program
 * compiled. */
static void doubt(struct stk_opencl *cl, int err) {
    if (cl->own.recovery.consecutive_failures != 0u && stk_opencl_doubts(cl, err)) {
        stk_opencl_distrust(cl);
    }
}

int stk_opencl_begin_recovery(struct stk_opencl *cl) {
    cl->own.recovery.claims = cl->stats.running ? STK_OPENCL_CLAIMS_LAUNCHED : STK_OPENCL_CLAIMS_UNLAUNCHED;
    /* A kernel that ran past its deadline still runs, so no new context may take its slots. */
    if (cl->failure == STK_OPENCL_TIMEOUT) {
        return lose(cl);
    }
    if (cl->own.recovery.merges_seen != cl->own.launches.merges) {
        cl->own.recovery.merges_seen = cl->own.launches.merges; /* the context did work */
        cl->own.recovery.consecutive_failures = 0;
    }
    doubt(cl, STK_E_DEVICE);
    stk_opencl_enter(cl, STK_OPENCL_QUIETING);
    begin_wait(cl);
    /* A launch that was enqueued before the failure may wait for this flush, and would then never end. */
    (void)clFlush(cl->own.program.queue);
    return 1;
}

/* Plans a new context after a pause, which doubles with each context before it that did no work. The shift stops at 15,
 * so that it cannot overflow. */
static int plan_context(struct stk_opencl *cl) {
    struct stk_opencl_recovery *r = &cl->own.recovery;
    uint32_t failures = r->consecutive_failures;
    uint64_t pause = failures ? cl->config.recovery_ns << (failures < 16u ? failures - 1u : 15u) : 0u;
    r->next_ns = stk_time_sum(stk_opencl_now_ns(), pause);
    stk_opencl_enter(cl, STK_OPENCL_NEW_CONTEXT);
    return 1;
}

/* Waits until no launch runs, or gives the device up when it is too late. */
static int step_quiet(struct stk_opencl *cl) {
    int late = past_deadline(cl);
    /* The workers are asked to leave in each step: a worker that had no core until now enters later and must be asked
     * too. */
    stk_opencl_mode(cl->mode)->hurry(cl);
    if (look(cl) != QUIET) {
        if (late) {
            (void)stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "timeout: after OpenCL error %d the kernel did not end",
                                  cl->cl_error);
            return lose(cl);
        }
        return 0;
    }
    put_back_claims(cl);
    return plan_context(cl);
}

/* Releases a new context that did not come to work. Another one is tried. */
static int start_over(struct stk_opencl *cl, int err) {
    doubt(cl, err);
    stk_opencl_drop_copies(cl);
    stk_opencl_drop_context(cl);
    return plan_context(cl);
}

/* Keeps the lost context with the memory that the host sees, and the buffers into which its last reads may go. Releases
 * everything else of it. */
static void retire(struct stk_opencl *cl) {
    struct stk_opencl_lost_context *lost = &cl->own.recovery.lost[cl->own.recovery.lost_contexts++];
    stk_opencl_retire_copies(cl, lost->got);
    stk_opencl_retire_context(cl, &lost->context, &lost->queue);
}

/* Makes a new context, unless the tries are used up or the pause is not over. */
static int step_context(struct stk_opencl *cl) {
    struct stk_opencl_recovery *r = &cl->own.recovery;
    uint32_t limit = cl->config.recoveries == STK_OPENCL_NO_RECOVERY ? 0u : cl->config.recoveries;
    int err;
    if (r->contexts_tried >= limit || r->lost_contexts == STK_OPENCL_LOST_MAX) {
        stk_opencl_say(cl, ", after %u new contexts", (unsigned)r->contexts_tried);
        return lose(cl);
    }
    if (stk_opencl_now_ns() < r->next_ns) {
        return 0;
    }
    if (cl->own.program.context) {
        retire(cl);
    }
    r->contexts_tried++;
    r->consecutive_failures++;
    err = stk_opencl_create_queue(cl);
    if (err != STK_OK) {
        return start_over(cl, err);
    }
    stk_opencl_enter(cl, STK_OPENCL_NEW_PROGRAM);
    return 1;
}

/* Makes the program and its kernel in the new context. Takes as long as the compiler. */
static int step_program(struct stk_opencl *cl) {
    int err = stk_opencl_build(cl);
    if (err != STK_OK) {
        return start_over(cl, err);
    }
    stk_opencl_enter(cl, STK_OPENCL_NEW_COPIES);
    return 1;
}

/* Makes the buffers for BATCH, and with them the port works again. */
static int step_copies(struct stk_opencl *cl) {
    const struct stk_opencl_terms terms = stk_opencl_user_terms(cl);
    int err = stk_opencl_attach_copies(cl, cl->memory.control_words, cl->memory.payload_bytes);
    if (err != STK_OK) {
        return start_over(cl, err);
    }
    stk_opencl_set_mode(cl, STK_BATCH, &terms);
    stk_opencl_enter(cl, STK_OPENCL_WORKING);
    cl->losses.recoveries++;
    stk_opencl_say(cl, ", goes on as BATCH in a new context");
    return 1;
}

int stk_opencl_step_recovery(struct stk_opencl *cl) {
    switch (cl->own.life.state) {
    case STK_OPENCL_QUIETING:
        return step_quiet(cl);
    case STK_OPENCL_NEW_CONTEXT:
        return step_context(cl);
    case STK_OPENCL_NEW_PROGRAM:
        return step_program(cl);
    default:
        return step_copies(cl);
    }
}

/// Close ///

void stk_opencl_close_lost_memory(struct stk_opencl *cl) {
    for (uint32_t k = 0; k < cl->own.recovery.lost_contexts; k++) {
        for (uint32_t i = 0; i < STK_PART_TABLES; i++) {
            stk_opencl_region_close(&cl->own.recovery.lost[k].got[i]);
        }
    }
}

void stk_opencl_close_lost_contexts(struct stk_opencl *cl) {
    struct stk_opencl_recovery *r = &cl->own.recovery;
    for (; r->lost_contexts; r->lost_contexts--) {
        clReleaseCommandQueue(r->lost[r->lost_contexts - 1u].queue);
        clReleaseContext(r->lost[r->lost_contexts - 1u].context);
    }
}
