/* One kind of memory in one mode, from its calibration to what is left behind. */
#include "internal.h"

#define STAY_NS  UINT64_C(4000000000) /* RESIDENT: a kernel that sees nothing stays so long */
#define LEAVE_NS UINT64_C(60000000000)

static int refuse(struct stk_opencl *cl) {
    cl->outcome.residency = 0;
    return STK_E_UNSUPPORTED;
}

/* The tests' fault: this kind is not shared. */
static int is_dead(const struct stk_opencl *cl, enum stk_residency mode) {
    return (cl->dead_kinds >> (unsigned)cl->outcome.memory >> (mode == STK_QUANTUM ? 8u : 0u) & 1u) != 0u;
}

/* With whole pages of observables, one worker, and nothing that would end the mode in between. */
static int set_up(struct stk_opencl *cl, enum stk_residency mode) {
    uint32_t words = (uint32_t)(cl->regions[REGION_CONTROL].bytes / 4u);
    int err;
    cl->groups = 1;
    cl->config.watch_ns = cl->config.deadline_ns = UINT64_MAX / 4u;
    cl->mode = mode;
    err = mode == STK_BATCH || is_dead(cl, mode) ? stk_opencl_batch_open(cl, words)
                                                 : stk_opencl_set_args(cl, cl->regions, words);
    err = err == STK_OK ? stk_opencl_layout(cl) : err;
    err = err == STK_OK ? stk_opencl_calibrate(cl) : err;
    stk_opencl_set_mode(cl, mode);
    if (mode == STK_RESIDENT) {
        cl->turns = cl->idle_turns = stk_opencl_turns_of(STAY_NS, cl->turn_cost);
    }
    return err;
}

int stk_opencl_prove(struct stk_opencl *cl, enum stk_residency mode) {
    struct stk_opencl_config config = cl->config;
    struct stk_opencl_outcome *o = &cl->outcome;
    uint32_t payload_bytes = cl->memory.payload_bytes;
    int err, joined;
    cl->memory.payload_bytes =
        0; /* no slot of the handshake has any, and copies of a large one would be all that it does */
    err = set_up(cl, mode);
    o->residency = mode;
    err = err == STK_OK ? stk_opencl_shake(cl) : err;
    joined = stk_opencl_join(cl, LEAVE_NS);
    cl->config = config;
    cl->memory.payload_bytes = payload_bytes;
    cl->groups = config.workers;
    if (joined == STK_E_TIMEOUT) {
        stk_opencl_say(cl, "; a kernel of the handshake did not leave");
    }
    if (joined != STK_OK) {
        return STK_E_DEVICE;
    }
    o->turn_cost = cl->turn_cost;
    return err == STK_OK || err == STK_E_DEVICE || err == STK_E_NOMEM ? err : refuse(cl);
}
