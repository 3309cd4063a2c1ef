/* stoker port: bounds on waiting: the time that open may take, and the wait for a queue. A queue is waited for by looks
 * at an event: clFinish has no deadline, and some drivers stay in it for minutes. */
#include <time.h>

#include "../internal.h"

uint64_t stk_opencl_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

void stk_opencl_nap(void) {
    /* A signal may cut the sleep short; callers look again anyway. */
    const struct timespec t = {.tv_nsec = 50000};
    nanosleep(&t, NULL);
}

/* Subtracts the passed time from open_ns. Adds nothing to a number of the caller's, since the sum could overflow. */
uint64_t stk_opencl_allowed(const struct stk_opencl *cl, uint64_t limit_ns) {
    uint64_t passed = stk_time_since(cl->own.life.began_ns, stk_opencl_now_ns());
    uint64_t left = passed < cl->config.open_ns ? cl->config.open_ns - passed : 0u;
    return left < limit_ns ? left : limit_ns;
}

/* Looks at the event until it is complete or the deadline is over. Reads the clock before each look, so that the last
 * look comes after the deadline. */
static int look_until(cl_event event, struct stk_deadline *end) {
    cl_int status = CL_QUEUED, error = CL_SUCCESS;
    uint64_t left = 1;
    for (int looks = 0; error == CL_SUCCESS && status > CL_COMPLETE; looks++) {
        if (left == 0u) {
            return STK_E_TIMEOUT;
        }
        /* Most commands end within the first looks; after these the wait sleeps between two looks. */
        if (looks > 100) {
            stk_opencl_nap();
        }
        left = stk_deadline_look(end, stk_opencl_now_ns());
        error = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    }
    return error == CL_SUCCESS ? STK_OK : STK_E_DEVICE;
}

int stk_opencl_drain(void *queue, struct stk_deadline *end) {
    cl_event event = NULL;
    int err = STK_E_DEVICE;
    /* The queue runs in order, so the marker is behind everything that was enqueued. */
    if (clEnqueueMarkerWithWaitList(queue, 0, NULL, &event) == CL_SUCCESS && event) {
        err = clFlush(queue) == CL_SUCCESS ? look_until(event, end) : STK_E_DEVICE;
        (void)clReleaseEvent(event);
    }
    if (err == STK_E_DEVICE) {
        /* The driver lost the queue. clFinish of such a queue returns an error at once, and nothing else can be known
         * about it. */
        (void)clFinish(queue);
        err = STK_OK;
    }
    return err;
}
