/* Waiting for the queue, by looks at an event: clFinish has no deadline, and some drivers stay in it for minutes. */
#include "internal.h"

static int look_until(cl_event event, uint64_t until_ns) {
    cl_int status = CL_QUEUED, error = CL_SUCCESS;
    for (int looks = 0; error == CL_SUCCESS && status > CL_COMPLETE; looks++) {
        if (stk_opencl_now_ns() >= until_ns && looks) {
            return STK_E_TIMEOUT;
        }
        if (looks > 100) {
            stk_opencl_nap();
        }
        error = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    }
    return error == CL_SUCCESS ? STK_OK : STK_E_DEVICE;
}

int stk_opencl_drain(void *queue, uint64_t timeout_ns) {
    uint64_t until = stk_opencl_now_ns() + timeout_ns;
    cl_event event = NULL;
    int err = STK_E_DEVICE;
    /* The queue is in order: behind all of it. */
    if (clEnqueueMarkerWithWaitList(queue, 0, NULL, &event) == CL_SUCCESS && event) {
        err = clFlush(queue) == CL_SUCCESS ? look_until(event, until) : STK_E_DEVICE;
        (void)clReleaseEvent(event);
    }
    if (err == STK_E_DEVICE) {
        (void)clFinish(queue); /* of a driver that lost it: it says so at once, or nothing else can be known */
        err = STK_OK;
    }
    return err;
}
