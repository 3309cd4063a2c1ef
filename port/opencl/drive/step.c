/* stoker port: takes the step that the state names (port/opencl/README.md, "The state"). The one place that chooses
 * between working, leaving a mode and recovery; the work of each step is in launch/ and recover/. */
#include "../launch/launch.h"
#include "../recover/recover.h"
#include "drive.h"

/* Takes the step of the present mode. */
static int step_mode(struct stk_opencl *cl, enum stk_opencl_aim aim) {
    const struct stk_opencl_mode *mode = stk_opencl_mode(cl->mode);
    return aim == STK_OPENCL_AIM_STOP ? mode->stop(cl) : mode->drive(cl, aim == STK_OPENCL_AIM_WORK);
}

/* Takes the step of a mode that is left. While the port is to stop it only ends launches: the next mode can wait. */
static int step_downgrade(struct stk_opencl *cl, enum stk_opencl_aim aim) {
    return aim == STK_OPENCL_AIM_STOP ? step_mode(cl, aim) : stk_opencl_step_downgrade(cl);
}

int stk_opencl_step(struct stk_opencl *cl, enum stk_opencl_aim aim) {
    int did;
    switch (cl->own.life.state) {
    /* During open an error goes back to the search, which tries other memory; there is no recovery yet. */
    case STK_OPENCL_OPENING:
        return step_mode(cl, aim);
    case STK_OPENCL_WORKING:
        did = step_mode(cl, aim);
        break;
    case STK_OPENCL_DOWNGRADING:
        did = step_downgrade(cl, aim);
        break;
    case STK_OPENCL_QUIETING:
    case STK_OPENCL_NEW_CONTEXT:
    case STK_OPENCL_NEW_PROGRAM:
    case STK_OPENCL_NEW_COPIES:
        return stk_opencl_step_recovery(cl);
    case STK_OPENCL_OPEN_FAILED:
    case STK_OPENCL_LOST:
        return stk_opencl_step_lost(cl);
    default:
        return STK_E_STATUS;
    }
    /* An error of a working port is never returned as it is: the recovery decides whether the device is lost. */
    return did < 0 ? stk_opencl_begin_recovery(cl) : did;
}

int stk_opencl_is_busy(const struct stk_opencl *cl) {
    return cl->stats.running != 0u || cl->own.life.state == STK_OPENCL_QUIETING;
}

int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns) {
    struct stk_deadline end;
    stk_deadline_start(&end, timeout_ns, stk_opencl_now_ns());
    return stk_opencl_join_until(cl, &end);
}

int stk_opencl_join_until(struct stk_opencl *cl, struct stk_deadline *end) {
    while (stk_opencl_is_busy(cl)) {
        /* The clock is read before the launch is looked at: so the last look comes after the deadline, however long the
         * process was stopped. */
        uint64_t left = stk_deadline_look(end, stk_opencl_now_ns());
        /* The result is ignored, since the state keeps what the step found. */
        (void)stk_opencl_step(cl, STK_OPENCL_AIM_STOP);
        if (stk_opencl_is_busy(cl) && left == 0u) {
            return STK_E_TIMEOUT;
        }
        if (stk_opencl_is_busy(cl)) {
            stk_opencl_nap();
        }
    }
    return cl->own.life.state == STK_OPENCL_LOST || cl->own.life.state == STK_OPENCL_OPEN_FAILED ? STK_E_DEVICE
                                                                                                 : STK_OK;
}
