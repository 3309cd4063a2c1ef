/* What the port does when memory stops being shared: it asks core's watch, and goes on in the next mode without losing
 * a slot. */
#include "internal.h"

static struct stk_device_watched watched(const struct stk_opencl *cl) {
    return (struct stk_device_watched){
        .memory = &cl->memory, .tries = cl->tries, .workers = cl->config.workers, .watch_ns = cl->config.watch_ns};
}

/* Does the driver say that the older launch runs, rather than waits for the device? */
static int runs(struct stk_opencl *cl) {
    cl_int status = CL_QUEUED;
    (void)clGetEventInfo(cl->cl_events[0], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    return status == CL_RUNNING;
}

/* Returns 1, with the reason said, unless the watch found nothing wrong. */
static int say_sight(struct stk_opencl *cl, enum stk_device_sight sight) {
    if (sight == STK_SIGHT_GOOD) {
        return 0;
    }
    stk_opencl_say(cl, "; then %s", stk_device_sight_text(sight));
    return 1;
}

void stk_opencl_watch_start(struct stk_opencl *cl, uint64_t now_ns) {
    const struct stk_device_watched what = watched(cl);
    stk_device_watch_start(&cl->watch, &what, now_ns);
}

int stk_opencl_watch_live(struct stk_opencl *cl, uint64_t now_ns) {
    const struct stk_device_watched what = watched(cl);
    enum stk_device_sight sight = stk_device_watch_running(&cl->watch, &what, now_ns);
    if (sight == STK_SIGHT_NO_HEARTBEAT && !runs(cl)) {
        sight = STK_SIGHT_GOOD;
    }
    return say_sight(cl, sight);
}

int stk_opencl_watch_border(struct stk_opencl *cl) {
    const struct stk_device_watched what = watched(cl);
    return say_sight(cl, stk_device_watch_launch_end(&cl->watch, &what));
}

void stk_opencl_put_back(struct stk_opencl *cl, int ran) {
    const struct stk_device_loss loss = {.ran = ran != 0, .copies = cl->mode == STK_BATCH};
    cl->put_back += stk_device_put_back(&cl->memory, cl->tries, loss);
}

int stk_opencl_unseen_end(struct stk_opencl *cl) {
    stk_opencl_say(cl, "; then a kernel ended and the host did not see its last stores");
    return stk_opencl_fall(cl);
}

int stk_opencl_fall(struct stk_opencl *cl) {
    cl->falling = 1;
    cl->fallbacks++;
    if (cl->mode == STK_RESIDENT) {
        stk_opencl_end_lease(cl);
    }
    return 1;
}

int stk_opencl_fall_on(struct stk_opencl *cl) {
    int err = STK_OK;
    while (cl->running) {
        int over = stk_opencl_event_over(cl);
        if (over < 0) {
            return over;
        }
        if (!over) {
            return stk_opencl_overdue(cl, stk_opencl_now_ns());
        }
        stk_opencl_pop(cl);
    }
    cl->falling = 0;
    stk_opencl_forget_ends(cl);
    stk_opencl_put_back(cl, 1);
    if (cl->mode == STK_RESIDENT) {
        stk_opencl_set_mode(cl, STK_QUANTUM);
    } else {
        err = stk_opencl_batch_open(cl, cl->memory.control_words);
        stk_opencl_set_mode(cl, STK_BATCH);
    }
    if (err != STK_OK) {
        return err;
    }
    stk_opencl_say(cl, ", goes on as %s", cl->mode == STK_QUANTUM ? "QUANTUM" : "BATCH");
    return 1;
}
