/* stoker port: makes and releases the context, its queue, the program and the kernel. Lost contexts are kept by
 * recover/. */
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
    /* The queue runs in order, which every wait of the port relies on. A driver of OpenCL 1.2 does not have the later
     * call. */
    p->queue = strncmp(cl->device.version, "OpenCL 1.", 9) == 0
                   ? clCreateCommandQueue(p->context, device, 0, &error)
                   : clCreateCommandQueueWithProperties(p->context, device, NULL, &error);
    return stk_opencl_error(cl, error, "clCreateCommandQueue");
}

void stk_opencl_release_context(struct stk_opencl *cl) {
    struct stk_opencl_program *p = &cl->own.program;
    /* Objects are released in the reverse order of creation. A recovery may have made only some of them. */
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
    /* There is no program until the next build, so none came from cache or store. */
    cl->built_from = STK_OPENCL_MADE;
}
