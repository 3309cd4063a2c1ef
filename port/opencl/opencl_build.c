/* The program: kernel text and the user's piece, compiled for one device. */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "stoker/kernel_text.h"

/* The user's handlers go right before the table of opcodes, which names them. */
#define USER_PIECE_BEFORE "#line 1 \"kernels/ops.h\""

static void keep_log(struct stk_opencl *cl, cl_program program) {
    size_t size = 0;
    cl->build_log[0] = '\0';
    if (clGetProgramBuildInfo(program, cl->cl_device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) != CL_SUCCESS) {
        return;
    }
    /* The query refuses a buffer that is too small, so a long log is only said to be long. */
    if (size > sizeof cl->build_log ||
        clGetProgramBuildInfo(program, cl->cl_device, CL_PROGRAM_BUILD_LOG, size, cl->build_log, NULL) != CL_SUCCESS) {
        snprintf(cl->build_log, sizeof cl->build_log, "build log of %zu bytes, too long to keep", size);
    }
}

static int create(struct stk_opencl *cl) {
    const char *user = cl->config.user_source ? cl->config.user_source : "";
    const char *rest = strstr(stk_kernel_text, USER_PIECE_BEFORE);
    size_t head = rest ? (size_t)(rest - stk_kernel_text) : 0u;
    const char *texts[] = {stk_kernel_text, "#line 1 \"user_source\"\n", user, "\n", rest};
    const size_t lengths[] = {head, strlen(texts[1]), strlen(user), 1, stk_kernel_text_len - head};
    cl_int error;
    if (!rest) {
        snprintf(cl->reason, sizeof cl->reason, "the embedded kernel text has no place for user handlers");
        return STK_E_BUILD;
    }
    if (stk_opencl_recall_program(cl, texts, lengths, sizeof texts / sizeof *texts)) {
        return STK_OK;
    }
    cl->cl_program = clCreateProgramWithSource(cl->cl_context, sizeof texts / sizeof *texts, texts, lengths, &error);
    return stk_opencl_error(cl, error, "clCreateProgramWithSource");
}

static cl_int compile(struct stk_opencl *cl, const char *more) {
    cl_device_id device = cl->cl_device;
    char options[96];
    snprintf(options, sizeof options, STK_OPENCL_OPTIONS "%s", (unsigned)cl->config.lanes, more);
    return clBuildProgram(cl->cl_program, 1, &device, options, NULL, NULL);
}

int stk_opencl_build(struct stk_opencl *cl) {
    cl_int error;
    int err = create(cl);
    if (err != STK_OK || cl->cl_kernel) {
        return err;
    }
    error = compile(cl, "");
    if (error != CL_SUCCESS) {
        keep_log(cl, cl->cl_program);
        if (strstr(cl->device.platform, "NVIDIA")) {
            error = compile(cl, " -DSTK_FENCE_PLAIN"); /* the one body of the dialect that a driver may not take */
        }
    }
    if (error != CL_SUCCESS) {
        (void)stk_opencl_error(cl, error, "clBuildProgram");
        return STK_E_BUILD;
    }
    cl->cl_kernel = clCreateKernel(cl->cl_program, "stk_resident", &error);
    return stk_opencl_error(cl, error, "clCreateKernel");
}
