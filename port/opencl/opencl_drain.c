/* Waiting for the queue, by looks at an event: clFinish has no deadline, and some drivers stay in it for minutes. */
#include "internal.h"

int stk_opencl_drain(struct stk_opencl *cl, uint64_t timeout_ns) {
    uint64_t start = stk_opencl_now_ns();
    cl_int status = CL_QUEUED, error;
    cl_event event = NULL;
    int looks = 0;
    error = clEnqueueMarkerWithWaitList(cl->cl_queue, 0, NULL, &event); /* the queue is in order: behind all of it */
    if (error != CL_SUCCESS || !event) {
        return STK_OK;
    }
    error = clFlush(cl->cl_queue);
    while (error == CL_SUCCESS) {
        error = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
        if (status <= CL_COMPLETE || stk_opencl_now_ns() - start >= timeout_ns) {
            break;
        }
        if (++looks > 100) {
            stk_opencl_nap();
        }
    }
    (void)clReleaseEvent(event);
    return error == CL_SUCCESS && status > CL_COMPLETE ? STK_E_TIMEOUT : STK_OK;
}
