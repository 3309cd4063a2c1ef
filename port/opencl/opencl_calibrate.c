/* What a turn of the kernel and a unit of cost take: launches over an empty ring, timed by what the driver says, since the memory need not
 * be live. */
#include "internal.h"

#define CALIBRATIONS      3 /* of one length */
#define TRIES             20
#define CALIBRATION_TURNS 20000u
#define CALIBRATION_NS    UINT64_C(20000000000)
#define FIRST_LAUNCH_NS   UINT64_C(60000000000) /* drivers compile in it, on a busy machine for many seconds */

#define TOUCH_BYTES     STK_OPENCL_PAGE /* of the payload, whose memory is a page at least */
#define TOUCH_TURNS     16u /* at first, so that a slow device is not asked for more than it does in a moment */
#define TOUCH_TURNS_MAX 4096u
#define TOUCH_NS                                                                                                       \
    UINT64_C(200000) /* long enough to tell from the noise of a launch, short beside a time slice of a core */

uint32_t stk_opencl_turns_of(uint64_t ns, uint64_t turn_cost) {
    /* In microseconds, so that no lease overflows. */
    uint64_t turns = ns / 1000u * CALIBRATION_TURNS / (turn_cost / 1000u ? turn_cost / 1000u : 1u);
    return turns < 1000u ? 1000u : turns > UINT32_MAX ? UINT32_MAX : (uint32_t)turns;
}

/* One launch over an empty ring, in nanoseconds, as the driver sees it: the memory need not be live. */
static int time_launch(struct stk_opencl *cl, uint64_t limit_ns, uint64_t *took) {
    uint64_t start = stk_opencl_now_ns();
    int err = stk_opencl_launch(cl);
    while (err == STK_OK && cl->running) {
        int over = stk_opencl_event_over(cl);
        if (over < 0) {
            return over;
        }
        if (over) {
            stk_opencl_pop(cl);
        } else if (stk_opencl_now_ns() - start > limit_ns) {
            return stk_opencl_fail(cl, STK_OPENCL_TIMEOUT, "a launch over an empty ring did not end in time");
        } else if (stk_opencl_now_ns() - start > limit_ns / 1000u) {
            stk_opencl_nap();
        }
    }
    *took = stk_opencl_now_ns() - start;
    return err;
}

/* The fastest of several launches of so many turns, and of those before: any may lose its core for a while. */
static int time_turns(struct stk_opencl *cl, uint32_t turns, uint64_t *best) {
    int err = STK_OK;
    cl->turns = cl->idle_turns = turns;
    for (int i = 0; i < CALIBRATIONS && err == STK_OK; i++) {
        uint64_t took = 0;
        err = time_launch(cl, CALIBRATION_NS, &took);
        *best = took < *best ? took : *best;
    }
    return err;
}

int stk_opencl_warm_up(struct stk_opencl *cl) {
    uint64_t took = 0;
    cl->turns = cl->idle_turns = 1;
    return time_launch(cl, FIRST_LAUNCH_NS, &took);
}

/* Measures a unit: turns that read the payload in order beside turns that do not. */
static int measure_unit(struct stk_opencl *cl) {
    uint64_t idle = 0, took = 0, units = 0;
    int err = STK_OK;
    for (uint32_t turns = TOUCH_TURNS; turns <= TOUCH_TURNS_MAX && took < 2u * idle + TOUCH_NS && err == STK_OK;
         turns *= 4u) {
        idle = took = UINT64_MAX;
        units = (uint64_t)turns * TOUCH_BYTES;
        cl->limits[STK_LIMIT_TOUCH] = 0;
        cl->limits_sent = 0;
        err = time_turns(cl, turns, &idle);
        cl->limits[STK_LIMIT_TOUCH] = TOUCH_BYTES;
        cl->limits_sent = 0;
        err = err == STK_OK ? time_turns(cl, turns, &took) : err;
    }
    cl->limits[STK_LIMIT_TOUCH] = 0;
    cl->limits_sent = 0;
    took = took > idle ? took - idle : 1u;
    cl->unit_cost = ((took << 20) + units - 1u) / units;
    return err;
}

/* After a launch that may compile, two lengths, whose difference is turns alone; where there is none the kernel does not stay
 * for its turns, and no lease of it could be bounded. */
int stk_opencl_calibrate(struct stk_opencl *cl) {
    uint64_t few = UINT64_MAX, many = UINT64_MAX;
    int err = stk_opencl_warm_up(cl);
    /* Again where other work on the machine hid the difference. */
    for (int i = 0; (i == 0 || many <= few + few / 4u) && i < TRIES && err == STK_OK; i++) {
        err = time_turns(cl, CALIBRATION_TURNS, &few);
        err = err == STK_OK ? time_turns(cl, 4u * CALIBRATION_TURNS, &many) : err;
    }
    if (err == STK_OK && many <= few + few / 4u) {
        stk_opencl_say(cl, "%s: a kernel over an empty ring leaves early", stk_opencl_memory_name(cl->outcome.memory));
        return STK_E_UNSUPPORTED;
    }
    cl->turn_cost = (many - few) / 3u;
    return err == STK_OK ? measure_unit(cl) : err;
}
