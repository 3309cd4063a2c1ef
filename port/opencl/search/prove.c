/* stoker port: proves one kind of memory in one mode: sets it up, measures the pace, does the handshake, and waits
 * until its kernels have left. */
#include "../launch/launch.h"
#include "../memory/memory.h"
#include "../drive/drive.h"
#include "../report/report.h"
#include "search.h"

/* RESIDENT: nanoseconds that a kernel stays which sees no store of the host. */
#define STAY_NS UINT64_C(4000000000)
/* Nanoseconds that a kernel gets to leave after the handshake. */
#define LEAVE_NS UINT64_C(60000000000)

/* Terms of the launches of a handshake. Its ops are the host's own, so no limits hold for them, and nothing may end the
 * mode in between. */
static const struct stk_opencl_terms terms = {.workers = 1, .watch_ns = UINT64_MAX, .deadline_ns = UINT64_MAX};

/* Notes that the mode does not work. Returns STK_E_UNSUPPORTED, so that the search goes on. */
static int refuse(struct stk_opencl *cl) {
    cl->outcome.residency = 0;
    return STK_E_UNSUPPORTED;
}

/* Sets a mode up for the handshake: with all observables, and without payload, since no slot of the handshake uses any
 * and copies of a large payload would be all that it does. `timed`: the cost of a turn is known. */
static int set_up(struct stk_opencl *cl, enum stk_residency residency, int timed) {
    const struct stk_opencl_mode *mode = stk_opencl_mode(residency);
    int err;
    stk_opencl_set_mode(cl, residency, &terms);
    err = mode->attach(cl, stk_device_custody_at(&cl->memory), 0);
    err = err == STK_OK ? stk_opencl_renew(cl) : err;
    /* The first launch may compile, so it comes before everything that is timed. */
    err = err == STK_OK ? stk_opencl_warm_up(cl) : err;
    err = err == STK_OK && !mode->copies ? stk_opencl_check_launch(cl) : err;
    err = err == STK_OK && !timed ? stk_opencl_calibrate(cl) : err;
    /* The cost of a turn is known now, so the turns of the mode are computed again. */
    stk_opencl_set_mode(cl, residency, &terms);
    if (mode->live) {
        uint32_t turns = stk_opencl_turns_of(STAY_NS, cl->outcome.turn_cost);
        stk_opencl_set_turns(cl, turns, turns);
    }
    return err;
}

/* Proves a mode. Every error but those of device and memory means that the mode does not work. */
static int prove(struct stk_opencl *cl, enum stk_residency mode, int again) {
    int err, joined;
    err = set_up(cl, mode, again);
    cl->outcome.residency = mode;
    if (err == STK_OK) {
        err = again ? stk_opencl_shake_again(cl) : stk_opencl_shake(cl);
    }
    joined = stk_opencl_join(cl, stk_opencl_allowed(cl, LEAVE_NS));
    if (joined == STK_E_TIMEOUT && stk_opencl_in_time(cl) == STK_OK) {
        (void)stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "a kernel of the handshake did not leave");
    }
    if (joined != STK_OK) {
        return STK_E_DEVICE;
    }
    if (err != STK_OK && stk_opencl_in_time(cl) != STK_OK) {
        return STK_E_DEVICE; /* the wait ended because open has no time left, so it says nothing about the memory */
    }
    return err == STK_OK || err == STK_E_DEVICE || err == STK_E_NOMEM ? err : refuse(cl);
}

int stk_opencl_prove(struct stk_opencl *cl, enum stk_residency mode) {
    return prove(cl, mode, 0);
}

int stk_opencl_prove_again(struct stk_opencl *cl, const struct stk_opencl_outcome *known) {
    int err;
    cl->outcome = *known; /* keeps the counts and times of the whole handshake */
    err = prove(cl, known->residency, 1);
    if (err == STK_OK) {
        cl->outcome = *known; /* prove() has overwritten the counts and times */
    }
    return err == STK_E_NOMEM ? STK_E_UNSUPPORTED : err;
}
