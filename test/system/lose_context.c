/* Losing an OpenCL context. The linker makes calls of the driver that take a queue or an event go to this file first
 * (--wrap). */
#include "lose_context.h"

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

#define DEVICES_MAX 4u

static struct {
    cl_device_id device;
    cl_context context; /* context of the last launch */
    int lost;           /* 1: its calls fail */
    int for_good;       /* 1: the device gives no other context */
} contexts[DEVICES_MAX];

static int is_lost(cl_context context) {
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        if (contexts[i].lost && contexts[i].context == context) {
            return 1;
        }
    }
    return 0;
}

static int queue_is_lost(cl_command_queue q) {
    cl_context context = NULL;
    return clGetCommandQueueInfo(q, CL_QUEUE_CONTEXT, sizeof context, &context, NULL) == CL_SUCCESS && is_lost(context);
}

static void note_launch(cl_command_queue q) {
    cl_device_id device = NULL;
    cl_context context = NULL;
    if (clGetCommandQueueInfo(q, CL_QUEUE_CONTEXT, sizeof context, &context, NULL) != CL_SUCCESS ||
        clGetCommandQueueInfo(q, CL_QUEUE_DEVICE, sizeof(cl_device_id), &device, NULL) != CL_SUCCESS) {
        return;
    }
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        if (!contexts[i].device || contexts[i].device == device) {
            contexts[i].device = device;
            contexts[i].context = contexts[i].lost ? contexts[i].context : context;
            return;
        }
    }
}

/// Calls ///

#define QUEUE_CALL(name, parameters, arguments)                                                                        \
    cl_int __real_##name parameters;                                                                                   \
    cl_int __wrap_##name parameters;                                                                                   \
    cl_int __wrap_##name parameters {                                                                                  \
        return queue_is_lost(q) ? CL_INVALID_CONTEXT : __real_##name arguments;                                        \
    }

QUEUE_CALL(clFlush, (cl_command_queue q), (q))
QUEUE_CALL(clFinish, (cl_command_queue q), (q))
QUEUE_CALL(clEnqueueMarkerWithWaitList, (cl_command_queue q, cl_uint n, const cl_event *list, cl_event *e),
           (q, n, list, e))
QUEUE_CALL(clEnqueueReadBuffer,
           (cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, void *to, cl_uint n,
            const cl_event *list, cl_event *e),
           (q, m, wait, at, bytes, to, n, list, e))
QUEUE_CALL(clEnqueueWriteBuffer,
           (cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, const void *from, cl_uint n,
            const cl_event *list, cl_event *e),
           (q, m, wait, at, bytes, from, n, list, e))

cl_int __real_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dims, const size_t *first,
                                     const size_t *items, const size_t *group, cl_uint n, const cl_event *list,
                                     cl_event *e);
cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dims, const size_t *first,
                                     const size_t *items, const size_t *group, cl_uint n, const cl_event *list,
                                     cl_event *e);

cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dims, const size_t *first,
                                     const size_t *items, const size_t *group, cl_uint n, const cl_event *list,
                                     cl_event *e) {
    note_launch(q);
    return queue_is_lost(q) ? CL_INVALID_CONTEXT
                            : __real_clEnqueueNDRangeKernel(q, k, dims, first, items, group, n, list, e);
}

cl_int __real_clGetEventInfo(cl_event e, cl_event_info what, size_t bytes, void *value, size_t *size);
cl_int __wrap_clGetEventInfo(cl_event e, cl_event_info what, size_t bytes, void *value, size_t *size);

cl_int __wrap_clGetEventInfo(cl_event e, cl_event_info what, size_t bytes, void *value, size_t *size) {
    cl_context context = NULL;
    if (__real_clGetEventInfo(e, CL_EVENT_CONTEXT, sizeof context, &context, NULL) == CL_SUCCESS && is_lost(context)) {
        return CL_INVALID_EVENT;
    }
    return __real_clGetEventInfo(e, what, bytes, value, size);
}

cl_context __real_clCreateContext(const cl_context_properties *properties, cl_uint n, const cl_device_id *devices,
                                  void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *ctx,
                                  cl_int *error);
cl_context __wrap_clCreateContext(const cl_context_properties *properties, cl_uint n, const cl_device_id *devices,
                                  void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *ctx,
                                  cl_int *error);

cl_context __wrap_clCreateContext(const cl_context_properties *properties, cl_uint n, const cl_device_id *devices,
                                  void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *ctx,
                                  cl_int *error) {
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        if (contexts[i].for_good && n == 1u && devices[0] == contexts[i].device) {
            if (error) {
                *error = CL_DEVICE_NOT_AVAILABLE;
            }
            return NULL;
        }
    }
    return __real_clCreateContext(properties, n, devices, notify, ctx, error);
}

/// Losing ///

static void check(cl_int error, const char *what) {
    if (error != CL_SUCCESS) {
        fprintf(stderr, "lose_context: %s: error %d\n", what, (int)error);
        abort();
    }
}

/* The launch has a queue of its own, so that it runs beside the resident kernel. */
static void write_nowhere(cl_context context, cl_device_id device) {
    static const char *const text = "__kernel void nowhere(ulong at) { *(__global volatile uint *)at = 1; }\n";
    const cl_ulong at = UINT64_C(0x123456789000);
    const size_t one = 1;
    cl_int error;
    cl_command_queue q = clCreateCommandQueue(context, device, 0, &error);
    cl_program program;
    cl_kernel kernel;
    check(error, "queue");
    program = clCreateProgramWithSource(context, 1, (const char **)&text, NULL, &error);
    check(error, "program");
    check(clBuildProgram(program, 1, &device, NULL, NULL, NULL), "build");
    kernel = clCreateKernel(program, "nowhere", &error);
    check(error, "kernel");
    check(clSetKernelArg(kernel, 0, sizeof at, &at), "argument");
    check(__real_clEnqueueNDRangeKernel(q, kernel, 1, NULL, &one, &one, 0, NULL, NULL), "launch");
    check(__real_clFlush(q), "flush");
}

void lose_context(void *device, enum lose_by by, int for_good) {
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        if (contexts[i].device == device && contexts[i].device) {
            contexts[i].for_good = for_good;
            if (by == LOSE_BY_FAULT) {
                write_nowhere(contexts[i].context, contexts[i].device);
            } else {
                contexts[i].lost = 1;
            }
            return;
        }
    }
    fprintf(stderr, "lose_context: the device has had no launch\n");
    abort();
}
