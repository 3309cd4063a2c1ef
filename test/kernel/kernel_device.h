/* The kernel text on the first OpenCL device, with plain buffers. */
#ifndef KERNEL_DEVICE_H
#define KERNEL_DEVICE_H

#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoker/kernel_text.h"

static cl_context context;
static cl_command_queue commands;
static cl_kernel kernel;
static cl_device_id device;
static size_t lanes, tile_bytes;

static inline void must(cl_int error, const char *what) {
    if (error != CL_SUCCESS) {
        fprintf(stderr, "%s: OpenCL error %d\n", what, error);
        exit(1);
    }
}

/* Builds the kernel, with the handlers of `piece` where it is not NULL: a text that defines STK_USER_OPS. */
static inline void build(const char *piece) {
    const char *ops = strstr(stk_kernel_text, "#line 1 \"kernels/ops.h\"");
    const char *texts[] = {stk_kernel_text, ops, ops};
    size_t lengths[] = {0, 0, 0}; /* 0: up to the NUL */
    char options[96];
    cl_platform_id platform;
    cl_program program;
    cl_int error;
    if (!ops) {
        must(CL_INVALID_PROGRAM, "the kernel text");
    } else if (piece) {
        lengths[0] = (size_t)(ops - stk_kernel_text);
        texts[1] = piece;
    }
    must(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    must(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    must(error, "clCreateContext");
    commands = clCreateCommandQueue(context, device, 0, &error);
    must(error, "clCreateCommandQueue");
    program = clCreateProgramWithSource(context, piece ? 3u : 1u, texts, lengths, &error);
    must(error, "clCreateProgramWithSource");
    snprintf(options, sizeof options, "-cl-std=CL1.2 -DSTK_LANES=%u -DSTK_TILE_BYTES=%u", (unsigned)lanes,
             (unsigned)tile_bytes);
    must(clBuildProgram(program, 1, &device, options, NULL, NULL), "clBuildProgram");
    kernel = clCreateKernel(program, "stk_resident", &error);
    must(error, "clCreateKernel");
    must(clReleaseProgram(program), "clReleaseProgram");
}

/* One launch of one group. */
static inline void launch(void) {
    must(clEnqueueNDRangeKernel(commands, kernel, 1, NULL, &lanes, &lanes, 0, NULL, NULL), "clEnqueueNDRangeKernel");
}

static inline void release(void) {
    must(clReleaseKernel(kernel), "clReleaseKernel");
    must(clReleaseCommandQueue(commands), "clReleaseCommandQueue");
    must(clReleaseContext(context), "clReleaseContext");
}

#endif
