/* stoker port: the watch over memory that may stop being shared. Core finds what is wrong (stoker/device_watch.h); this
 * file reads the clock, asks the driver and says the reason. */
#include "../report/report.h"
#include "launch.h"

/* Returns what core needs to look at. */
static struct stk_device_watched watched(const struct stk_opencl *cl) {
    const struct stk_opencl_terms *terms = &cl->own.launches.terms;
    return (struct stk_device_watched){
        .memory = &cl->memory, .tries = cl->own.buffers.tries, .workers = terms->workers, .watch_ns = terms->watch_ns};
}

/* Returns 1 if the driver says that the older launch runs, rather than waits for the device. */
static int runs(struct stk_opencl *cl) {
    cl_int status = CL_QUEUED;
    return stk_opencl_launch_status(cl, &status) && status == CL_RUNNING;
}

/* Appends to the reason what the watch found, and returns 1. Returns 0 if memory is shared. */
static int say_sight(struct stk_opencl *cl, enum stk_device_sight sight) {
    if (sight == STK_SIGHT_GOOD) {
        return 0;
    }
    stk_opencl_say(cl, "; then %s", stk_device_sight_text(sight));
    return 1;
}

void stk_opencl_watch_start(struct stk_opencl *cl, uint64_t now_ns) {
    const struct stk_device_watched what = watched(cl);
    stk_device_watch_start(&cl->own.launches.watch, &what, now_ns);
}

int stk_opencl_watch_live(struct stk_opencl *cl, uint64_t now_ns) {
    const struct stk_device_watched what = watched(cl);
    enum stk_device_sight sight = stk_device_watch_running(&cl->own.launches.watch, &what, now_ns);
    /* A launch that the device has not begun has no heartbeat. That does not mean that memory is not shared. */
    if (sight == STK_SIGHT_NO_HEARTBEAT && !runs(cl)) {
        sight = STK_SIGHT_GOOD;
    }
    return say_sight(cl, sight);
}

int stk_opencl_watch_border(struct stk_opencl *cl) {
    const struct stk_device_watched what = watched(cl);
    return say_sight(cl, stk_device_watch_launch_end(&cl->own.launches.watch, &what));
}
