/* The context with its queue. */
#include <string.h>

#include "../report/report.h"
#include "program.h"

int stk_opencl_create_queue(struct stk_opencl *cl) {
    struct stk_opencl_program *p = &cl->own.program;
    cl_device_id device = cl->device.id;
    cl_int error;
    p->context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    if (error != CL_SUCCESS) {
        p->context = NULL;
        return stk_opencl_error(cl, error, "clCreateContext");
    }
    /* In order; the later call is not in a driver of OpenCL 1.2. */
    p->queue = strncmp(cl->device.version, "OpenCL 1.", 9) == 0
                   ? clCreateCommandQueue(p->context, device, 0, &error)
                   : clCreateCommandQueueWithProperties(p->context, device, NULL, &error);
    return stk_opencl_error(cl, error, "clCreateCommandQueue");
}

void stk_opencl_release_context(struct stk_opencl *cl) {
    struct stk_opencl_program *p = &cl->own.program;
    if (p->kernel) {
        clReleaseKernel(p->kernel);
    }
    if (p->program) {
        clReleaseProgram(p->program);
    }
    if (p->queue) {
        clReleaseCommandQueue(p->queue);
    }
    if (p->context) {
        clReleaseContext(p->context);
    }
    *p = (struct stk_opencl_program){0};
}

void stk_opencl_drop_context(struct stk_opencl *cl) {
    stk_opencl_release_context(cl);
    cl->built_from = STK_OPENCL_MADE;
}

void stk_opencl_retire_context(struct stk_opencl *cl, void **context, void **queue) {
    struct stk_opencl_program *p = &cl->own.program;
    *context = p->context;
    *queue = p->queue;
    clReleaseKernel(p->kernel);
    clReleaseProgram(p->program);
    *p = (struct stk_opencl_program){0};
    cl->built_from = STK_OPENCL_MADE; /* as long as there is none */
}
