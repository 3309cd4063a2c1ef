/* One kind of memory in one mode, from its calibration to what is left behind. */
#include "internal.h"

#define STAY_NS  UINT64_C(4000000000) /* RESIDENT: a kernel that sees nothing stays so long */
#define LEAVE_NS UINT64_C(60000000000)

static int refuse(struct stk_opencl *cl) {
    cl->outcome.residency = 0;
    return STK_E_UNSUPPORTED;
}

/* With whole pages of observables, one worker, and nothing that would end the mode in between. `timed`: cl->turn_cost is known. */
static int set_up(struct stk_opencl *cl, enum stk_residency mode, int timed) {
    uint32_t words = stk_device_custody_at(&cl->memory);
    int err;
    cl->groups = 1;
    cl->config.watch_ns = cl->config.deadline_ns = UINT64_MAX;
    cl->config.limits = NULL; /* the ops of the handshake are the host's own, so no limits hold for them */
    cl->mode = mode;
    err = mode == STK_BATCH ? stk_opencl_batch_open(cl, words) : stk_opencl_set_args(cl, cl->regions, words);
    err = err == STK_OK ? stk_opencl_layout(cl) : err;
    err = err == STK_OK ? stk_opencl_set_limits(cl) : err;
    err = err == STK_OK ? stk_opencl_warm_up(cl) : err;
    err = err == STK_OK && mode != STK_BATCH ? stk_opencl_check_launch(cl) : err;
    err = err == STK_OK && !timed ? stk_opencl_calibrate(cl) : err;
    stk_opencl_set_mode(cl, mode);
    if (mode == STK_RESIDENT) {
        cl->turns = cl->idle_turns = stk_opencl_turns_of(STAY_NS, cl->turn_cost);
    }
    return err;
}

static int prove(struct stk_opencl *cl, enum stk_residency mode, int again) {
    struct stk_opencl_config config = cl->config;
    struct stk_opencl_outcome *o = &cl->outcome;
    uint32_t payload_bytes = cl->memory.payload_bytes;
    int err, joined;
    cl->memory.payload_bytes =
        0; /* no slot of the handshake has any, and copies of a large one would be all that it does */
    err = set_up(cl, mode, again);
    o->residency = mode;
    if (err == STK_OK) {
        err = again ? stk_opencl_shake_again(cl) : stk_opencl_shake(cl);
    }
    joined = stk_opencl_join(cl, stk_opencl_allowed(cl, LEAVE_NS));
    cl->config = config;
    cl->memory.payload_bytes = payload_bytes;
    cl->groups = config.workers;
    if (joined == STK_E_TIMEOUT && stk_opencl_in_time(cl) == STK_OK) {
        (void)stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "a kernel of the handshake did not leave");
    }
    if (joined != STK_OK) {
        return STK_E_DEVICE;
    }
    if (err != STK_OK && stk_opencl_in_time(cl) != STK_OK) {
        return STK_E_DEVICE; /* the wait ended because open has no time left, so it says nothing about the memory */
    }
    o->turn_cost = cl->turn_cost;
    o->unit_cost = cl->unit_cost;
    o->lane_cost = cl->lane_cost;
    return err == STK_OK || err == STK_E_DEVICE || err == STK_E_NOMEM ? err : refuse(cl);
}

int stk_opencl_prove(struct stk_opencl *cl, enum stk_residency mode) {
    return prove(cl, mode, 0);
}

int stk_opencl_prove_again(struct stk_opencl *cl, const struct stk_opencl_outcome *known) {
    int err;
    cl->outcome = *known;
    cl->turn_cost = known->turn_cost;
    cl->unit_cost = known->unit_cost;
    cl->lane_cost = known->lane_cost;
    err = prove(cl, known->residency, 1);
    if (err == STK_OK) {
        cl->outcome = *known; /* the figures of the whole handshake */
    }
    return err == STK_E_NOMEM ? STK_E_UNSUPPORTED : err;
}
