/* The wrapped calls of the driver: ld sends the port's __real_NAME to __wrap_NAME here. */
#include "opencl_faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DEVICES_MAX 16u /* most devices of a platform that a test tells apart */

/* Wraps a call that returns its error. */
#define WRAP(name, params, args)                                                                                       \
    cl_int __real_##name params;                                                                                       \
    cl_int __wrap_##name params;                                                                                       \
    cl_int __wrap_##name params {                                                                                      \
        cl_int fault = faults_next(CALL_##name);                                                                       \
        return fault != CL_SUCCESS ? fault : __real_##name args;                                                       \
    }

/* Wraps a call that releases an object. The object is released even when the call returns an error. */
#define WRAP_RELEASE(name, type, kind)                                                                                 \
    cl_int __real_##name(type object);                                                                                 \
    cl_int __wrap_##name(type object);                                                                                 \
    cl_int __wrap_##name(type object) {                                                                                \
        cl_int fault = faults_next(CALL_##name), error;                                                                \
        faults_gone(kind, object);                                                                                     \
        error = __real_##name(object);                                                                                 \
        return fault != CL_SUCCESS ? fault : error;                                                                    \
    }

/* Wraps a call that creates an object and stores its error in `error`. */
#define WRAP_NEW(name, type, kind, params, args)                                                                       \
    type __real_##name params;                                                                                         \
    type __wrap_##name params;                                                                                         \
    type __wrap_##name params {                                                                                        \
        cl_int fault = faults_next(CALL_##name);                                                                       \
        type object;                                                                                                   \
        if (fault != CL_SUCCESS) {                                                                                     \
            *error = fault;                                                                                            \
            return NULL;                                                                                               \
        }                                                                                                              \
        object = __real_##name args;                                                                                   \
        faults_born(kind, object);                                                                                     \
        return object;                                                                                                 \
    }

/// Platforms and devices ///

WRAP(clGetPlatformIDs, (cl_uint room, cl_platform_id *ids, cl_uint *count), (room, ids, count))
WRAP(clGetDeviceIDs, (cl_platform_id p, cl_device_type type, cl_uint room, cl_device_id *ids, cl_uint *count),
     (p, type, room, ids, count))

/* Gives the test's text in place of the driver's, by the rules of OpenCL: room for less than the whole text is an
 * error. */
static cl_int give_text(const char *text, size_t room, void *value, size_t *need) {
    size_t bytes = strlen(text) + 1u;
    if (value && room < bytes) {
        return CL_INVALID_VALUE;
    }
    if (value) {
        memcpy(value, text, bytes);
    }
    if (need) {
        *need = bytes;
    }
    return CL_SUCCESS;
}

cl_int __real_clGetPlatformInfo(cl_platform_id p, cl_uint what, size_t room, void *value, size_t *need);
cl_int __wrap_clGetPlatformInfo(cl_platform_id p, cl_uint what, size_t room, void *value, size_t *need);
cl_int __wrap_clGetPlatformInfo(cl_platform_id p, cl_uint what, size_t room, void *value, size_t *need) {
    cl_int fault = faults_next(CALL_clGetPlatformInfo);
    const char *text = faults_text_of(what);
    return fault != CL_SUCCESS ? fault
           : text              ? give_text(text, room, value, need)
                               : __real_clGetPlatformInfo(p, what, room, value, need);
}

/* Returns the index of a device of the first platform. */
static uint32_t index_of(cl_device_id device) {
    cl_platform_id platform;
    cl_device_id ids[DEVICES_MAX];
    cl_uint count = 0, i = 0;
    if (__real_clGetPlatformIDs(1, &platform, NULL) == CL_SUCCESS) {
        (void)__real_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, DEVICES_MAX, ids, &count);
    }
    while (i < count && i < DEVICES_MAX && ids[i] != device) {
        i++;
    }
    return i;
}

cl_int __real_clGetDeviceInfo(cl_device_id d, cl_uint what, size_t room, void *value, size_t *need);
cl_int __wrap_clGetDeviceInfo(cl_device_id d, cl_uint what, size_t room, void *value, size_t *need);
cl_int __wrap_clGetDeviceInfo(cl_device_id d, cl_uint what, size_t room, void *value, size_t *need) {
    cl_int fault = faults_next(CALL_clGetDeviceInfo);
    const char *text = faults_text_of(what);
    const cl_ulong *number = faults_number_of(index_of(d), what);
    if (fault == CL_SUCCESS && number && value) {
        memcpy(value, number, room < sizeof *number ? room : sizeof *number); /* the low bytes come first */
        return CL_SUCCESS;
    }
    return fault != CL_SUCCESS ? fault
           : text              ? give_text(text, room, value, need)
                               : __real_clGetDeviceInfo(d, what, room, value, need);
}

typedef cl_mem(CL_API_CALL *create_nv)(cl_context, cl_mem_flags, cl_bitfield, size_t, void *, cl_int *);
static create_nv real_create_nv;

static cl_mem CL_API_CALL wrap_create_nv(cl_context c, cl_mem_flags flags, cl_bitfield more, size_t bytes, void *host,
                                         cl_int *error) {
    cl_mem m = real_create_nv(c, flags, more, bytes, host, error);
    faults_born("buffer", m);
    unshared_born(STK_OPENCL_HOST_NV, m, bytes);
    return m;
}

/* The port asks for clCreateBufferNV alone. */
void *__real_clGetExtensionFunctionAddressForPlatform(cl_platform_id p, const char *name);
void *__wrap_clGetExtensionFunctionAddressForPlatform(cl_platform_id p, const char *name);
void *__wrap_clGetExtensionFunctionAddressForPlatform(cl_platform_id p, const char *name) {
    create_nv wrapper = wrap_create_nv;
    void *address = NULL;
    if (faults_next(CALL_clGetExtensionFunctionAddressForPlatform) == CL_SUCCESS) {
        address = __real_clGetExtensionFunctionAddressForPlatform(p, name);
    }
    if (address) {
        memcpy(&real_create_nv, &address, sizeof real_create_nv);
        memcpy(&address, &wrapper, sizeof address);
    }
    return address;
}

/// Contexts, queues, programs ///

typedef void(CL_CALLBACK *context_note)(const char *, const void *, size_t, void *);
typedef void(CL_CALLBACK *build_note)(cl_program, void *);

WRAP_NEW(clCreateContext, cl_context, "context",
         (const cl_context_properties *how, cl_uint n, const cl_device_id *d, context_note note, void *ctx,
          cl_int *error),
         (how, n, d, note, ctx, error))
WRAP_NEW(clCreateCommandQueue, cl_command_queue, "queue",
         (cl_context c, cl_device_id d, cl_command_queue_properties how, cl_int *error), (c, d, how, error))
WRAP_NEW(clCreateCommandQueueWithProperties, cl_command_queue, "queue",
         (cl_context c, cl_device_id d, const cl_queue_properties *how, cl_int *error), (c, d, how, error))
WRAP_NEW(clCreateProgramWithSource, cl_program, "program",
         (cl_context c, cl_uint n, const char **texts, const size_t *lengths, cl_int *error),
         (c, n, texts, lengths, error))
WRAP_NEW(clCreateProgramWithBinary, cl_program, "program",
         (cl_context c, cl_uint n, const cl_device_id *d, const size_t *lengths, const unsigned char **binaries,
          cl_int *status, cl_int *error),
         (c, n, d, lengths, binaries, status, error))
WRAP_NEW(clCreateKernel, cl_kernel, "kernel", (cl_program p, const char *name, cl_int *error), (p, name, error))
WRAP(clBuildProgram, (cl_program p, cl_uint n, const cl_device_id *d, const char *options, build_note note, void *ctx),
     (p, n, d, options, note, ctx))
WRAP(clGetProgramBuildInfo,
     (cl_program p, cl_device_id d, cl_program_build_info what, size_t size, void *value, size_t *need),
     (p, d, what, size, value, need))
WRAP(clGetProgramInfo, (cl_program p, cl_program_info what, size_t size, void *value, size_t *need),
     (p, what, size, value, need))
WRAP(clGetKernelInfo, (cl_kernel k, cl_kernel_info what, size_t size, void *value, size_t *need),
     (k, what, size, value, need))
WRAP(clGetKernelWorkGroupInfo,
     (cl_kernel k, cl_device_id d, cl_kernel_work_group_info what, size_t size, void *value, size_t *need),
     (k, d, what, size, value, need))
WRAP_RELEASE(clReleaseContext, cl_context, "context")
WRAP_RELEASE(clReleaseCommandQueue, cl_command_queue, "queue")
WRAP_RELEASE(clReleaseProgram, cl_program, "program")
WRAP_RELEASE(clReleaseKernel, cl_kernel, "kernel")

/// Memory ///

cl_mem __real_clCreateBuffer(cl_context c, cl_mem_flags flags, size_t bytes, void *host, cl_int *error);
cl_mem __wrap_clCreateBuffer(cl_context c, cl_mem_flags flags, size_t bytes, void *host, cl_int *error);
cl_mem __wrap_clCreateBuffer(cl_context c, cl_mem_flags flags, size_t bytes, void *host, cl_int *error) {
    cl_int fault = faults_next(CALL_clCreateBuffer);
    cl_mem m;
    if (fault != CL_SUCCESS) {
        *error = fault;
        return NULL;
    }
    m = __real_clCreateBuffer(c, flags, bytes, host, error);
    faults_born("buffer", m);
    unshared_born((flags & CL_MEM_USE_HOST_PTR)     ? STK_OPENCL_USE_HOST
                  : (flags & CL_MEM_ALLOC_HOST_PTR) ? STK_OPENCL_ALLOC_HOST
                                                    : STK_OPENCL_COPIES,
                  m, bytes);
    return m;
}

cl_int __real_clReleaseMemObject(cl_mem m);
cl_int __wrap_clReleaseMemObject(cl_mem m);
cl_int __wrap_clReleaseMemObject(cl_mem m) {
    cl_int fault = faults_next(CALL_clReleaseMemObject), error;
    faults_gone("buffer", m);
    unshared_gone(m);
    error = __real_clReleaseMemObject(m);
    return fault != CL_SUCCESS ? fault : error;
}

void *__real_clSVMAlloc(cl_context c, cl_svm_mem_flags flags, size_t bytes, cl_uint align);
void *__wrap_clSVMAlloc(cl_context c, cl_svm_mem_flags flags, size_t bytes, cl_uint align);
void *__wrap_clSVMAlloc(cl_context c, cl_svm_mem_flags flags, size_t bytes, cl_uint align) {
    void *memory = faults_next(CALL_clSVMAlloc) != CL_SUCCESS ? NULL : __real_clSVMAlloc(c, flags, bytes, align);
    faults_born("SVM buffer", memory);
    unshared_born((flags & CL_MEM_SVM_ATOMICS) ? STK_OPENCL_SVM_ATOMICS : STK_OPENCL_SVM, memory, bytes);
    return memory;
}

void __real_clSVMFree(cl_context c, void *memory);
void __wrap_clSVMFree(cl_context c, void *memory);
void __wrap_clSVMFree(cl_context c, void *memory) {
    (void)faults_next(CALL_clSVMFree);
    faults_gone("SVM buffer", memory);
    unshared_gone(memory);
    __real_clSVMFree(c, memory);
}

void *__real_clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool wait, cl_map_flags flags, size_t at, size_t bytes,
                                cl_uint n, const cl_event *after, cl_event *event, cl_int *error);
void *__wrap_clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool wait, cl_map_flags flags, size_t at, size_t bytes,
                                cl_uint n, const cl_event *after, cl_event *event, cl_int *error);
void *__wrap_clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool wait, cl_map_flags flags, size_t at, size_t bytes,
                                cl_uint n, const cl_event *after, cl_event *event, cl_int *error) {
    cl_int fault = faults_next(CALL_clEnqueueMapBuffer);
    void *host;
    if (fault != CL_SUCCESS) {
        *error = fault;
        return NULL;
    }
    host = __real_clEnqueueMapBuffer(q, m, wait, flags, at, bytes, n, after, event, error);
    faults_born("mapping", host);
    unshared_mapped(m, host);
    return host;
}

cl_int __real_clEnqueueUnmapMemObject(cl_command_queue q, cl_mem m, void *host, cl_uint n, const cl_event *after,
                                      cl_event *event);
cl_int __wrap_clEnqueueUnmapMemObject(cl_command_queue q, cl_mem m, void *host, cl_uint n, const cl_event *after,
                                      cl_event *event);
cl_int __wrap_clEnqueueUnmapMemObject(cl_command_queue q, cl_mem m, void *host, cl_uint n, const cl_event *after,
                                      cl_event *event) {
    cl_int fault = faults_next(CALL_clEnqueueUnmapMemObject), error;
    faults_gone("mapping", host);
    error = __real_clEnqueueUnmapMemObject(q, m, host, n, after, event);
    return fault != CL_SUCCESS ? fault : error;
}

/// Pages of the process ///

void *__real_mmap(void *at, size_t bytes, int prot, int flags, int file, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int file, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int file, off_t offset) {
    void *pages = MAP_FAILED;
    if (faults_next(CALL_mmap) == CL_SUCCESS) {
        pages = __real_mmap(at, bytes, prot, flags, file, offset);
        faults_born("range of pages", pages);
    }
    return pages;
}

int __real_munmap(void *pages, size_t bytes);
int __wrap_munmap(void *pages, size_t bytes);
int __wrap_munmap(void *pages, size_t bytes) {
    (void)faults_next(CALL_munmap);
    faults_gone("range of pages", pages);
    return __real_munmap(pages, bytes);
}

/// Commands ///

WRAP(clEnqueueFillBuffer,
     (cl_command_queue q, cl_mem m, const void *pattern, size_t unit, size_t at, size_t bytes, cl_uint n,
      const cl_event *after, cl_event *event),
     (q, m, pattern, unit, at, bytes, n, after, event))
WRAP(clEnqueueWriteBuffer,
     (cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, const void *host, cl_uint n,
      const cl_event *after, cl_event *event),
     (q, m, wait, at, bytes, host, n, after, event))

cl_int __real_clSetKernelArg(cl_kernel k, cl_uint i, size_t bytes, const void *value);
cl_int __wrap_clSetKernelArg(cl_kernel k, cl_uint i, size_t bytes, const void *value);
cl_int __wrap_clSetKernelArg(cl_kernel k, cl_uint i, size_t bytes, const void *value) {
    cl_int error = faults_next(CALL_clSetKernelArg);
    error = error == CL_SUCCESS ? __real_clSetKernelArg(k, i, bytes, value) : error;
    if (error == CL_SUCCESS) {
        unshared_arg(i, value);
    }
    return error;
}

cl_int __real_clSetKernelArgSVMPointer(cl_kernel k, cl_uint i, const void *value);
cl_int __wrap_clSetKernelArgSVMPointer(cl_kernel k, cl_uint i, const void *value);
cl_int __wrap_clSetKernelArgSVMPointer(cl_kernel k, cl_uint i, const void *value) {
    cl_int error = faults_next(CALL_clSetKernelArgSVMPointer);
    error = error == CL_SUCCESS ? __real_clSetKernelArgSVMPointer(k, i, value) : error;
    if (error == CL_SUCCESS) {
        unshared_arg_svm(i, (void *)(uintptr_t)value);
    }
    return error;
}

cl_int __real_clFinish(cl_command_queue q);
cl_int __real_clFlush(cl_command_queue q);
cl_int __wrap_clFlush(cl_command_queue q);
cl_int __wrap_clFlush(cl_command_queue q) {
    cl_int fault = faults_next(CALL_clFlush);
    if (fault == CL_SUCCESS && faults_waits_in(CALL_clFlush)) {
        return __real_clFinish(q);
    }
    return fault != CL_SUCCESS ? fault : __real_clFlush(q);
}

cl_int __wrap_clFinish(cl_command_queue q);
cl_int __wrap_clFinish(cl_command_queue q) {
    cl_int fault = faults_next(CALL_clFinish), error = __real_clFinish(q);
    return fault != CL_SUCCESS ? fault : error;
}

cl_int __real_clEnqueueReadBuffer(cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, void *host,
                                  cl_uint n, const cl_event *after, cl_event *event);
cl_int __wrap_clEnqueueReadBuffer(cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, void *host,
                                  cl_uint n, const cl_event *after, cl_event *event);
cl_int __wrap_clEnqueueReadBuffer(cl_command_queue q, cl_mem m, cl_bool wait, size_t at, size_t bytes, void *host,
                                  cl_uint n, const cl_event *after, cl_event *event) {
    cl_int error = faults_next(CALL_clEnqueueReadBuffer);
    if (error == CL_SUCCESS) {
        error = __real_clEnqueueReadBuffer(q, m, wait, at, bytes, host, n, after, event);
        if (error == CL_SUCCESS && event) {
            faults_born("event", *event);
        }
    }
    return error;
}

static cl_event user_event(cl_command_queue q) {
    cl_context context;
    cl_event event = NULL;
    cl_int error = clGetCommandQueueInfo(q, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    if (error == CL_SUCCESS) {
        event = clCreateUserEvent(context, &error);
    }
    if (error != CL_SUCCESS) {
        fprintf(stderr, "no user event: OpenCL error %d\n", error);
        abort();
    }
    return event;
}

static void tell_dropped(const struct fault_plan *plan) {
    if (plan->dropped) {
        plan->dropped();
    }
}

cl_int __real_clEnqueueMarkerWithWaitList(cl_command_queue q, cl_uint n, const cl_event *after, cl_event *event);
cl_int __wrap_clEnqueueMarkerWithWaitList(cl_command_queue q, cl_uint n, const cl_event *after, cl_event *event);
cl_int __wrap_clEnqueueMarkerWithWaitList(cl_command_queue q, cl_uint n, const cl_event *after, cl_event *event) {
    cl_int error = faults_next(CALL_clEnqueueMarkerWithWaitList);
    if (error == CL_SUCCESS) {
        error = __real_clEnqueueMarkerWithWaitList(q, n, after, event);
    }
    if (error == CL_SUCCESS) {
        faults_born("event", *event);
    }
    return error;
}

/* Takes a launch that never runs. */
static cl_int drop(cl_command_queue q, const struct fault_plan *plan, cl_event *event) {
    *event = user_event(q);
    faults_born("event", *event);
    faults_mark(*event, plan->error);
    clSetUserEventStatus(*event, CL_COMPLETE);
    tell_dropped(plan);
    return CL_SUCCESS;
}

cl_int __real_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dims, const size_t *at,
                                     const size_t *global, const size_t *local, cl_uint n, const cl_event *after,
                                     cl_event *event);
cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dims, const size_t *at,
                                     const size_t *global, const size_t *local, cl_uint n, const cl_event *after,
                                     cl_event *event);
cl_int __wrap_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dims, const size_t *at,
                                     const size_t *global, const size_t *local, cl_uint n, const cl_event *after,
                                     cl_event *event) {
    cl_int error = faults_next(CALL_clEnqueueNDRangeKernel);
    cl_event until = NULL;
    uint32_t parts = 0;
    if (faults_waits_in(CALL_clEnqueueNDRangeKernel)) {
        (void)__real_clFinish(q);
    }
    if (error == CL_SUCCESS && faults_now() && faults_now()->kind == FAULT_DROPPED) {
        return drop(q, faults_now(), event);
    }
    if (error == CL_SUCCESS && faults_now() && faults_now()->kind == FAULT_BLIND) {
        *event = NULL;
        return CL_SUCCESS;
    }
    if (error == CL_SUCCESS && faults_now()) {
        until = user_event(q);
        faults_hold(until);
        tell_dropped(faults_now());
    }
    if (error == CL_SUCCESS) {
        parts = unshared_begin(q, k);
        error =
            __real_clEnqueueNDRangeKernel(q, k, dims, at, global, local, until ? 1 : n, until ? &until : after, event);
        unshared_end(k, parts);
    }
    if (error == CL_SUCCESS) {
        faults_born("event", *event);
        unshared_launched(q, *event, parts);
    }
    return error;
}

cl_int __real_clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value, size_t *need);
cl_int __wrap_clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value, size_t *need);
cl_int __wrap_clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value, size_t *need) {
    cl_int error = faults_next(CALL_clGetEventInfo);
    if (error == CL_SUCCESS && faults_now()) {
        (void)clWaitForEvents(1, &event); /* the status is complete only when the launch has ended */
        faults_mark(event, faults_now()->error);
    }
    if (error == CL_SUCCESS && faults_marked(event) != CL_SUCCESS && what == CL_EVENT_COMMAND_EXECUTION_STATUS) {
        *(cl_int *)value = faults_marked(event);
        return CL_SUCCESS;
    }
    error = error != CL_SUCCESS ? error : __real_clGetEventInfo(event, what, size, value, need);
    if (error == CL_SUCCESS && what == CL_EVENT_COMMAND_EXECUTION_STATUS && *(cl_int *)value == CL_COMPLETE) {
        unshared_over(event);
    }
    return error;
}

WRAP_RELEASE(clReleaseEvent, cl_event, "event")
