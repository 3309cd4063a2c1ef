/* Counts what a thread allocates inside OpenCL calls apart from the rest: that is the driver's. Include it once. */
#ifndef ALLOC_COUNT_CL_H
#define ALLOC_COUNT_CL_H

#include <CL/cl.h>
#include <dlfcn.h>

#include "alloc_count.h"

/// OpenCL: the calls that the port makes between open and close ///

#define ALLOC_CALL(place, name, params, args)                                                                          \
    cl_int CL_API_CALL name params {                                                                                   \
        static cl_int(CL_API_CALL *next) params;                                                                       \
        unsigned *was = alloc_place;                                                                                   \
        cl_int error;                                                                                                  \
        alloc_place = NULL;                                                                                            \
        if (!next) {                                                                                                   \
            *(void **)(void *)&next = dlsym(RTLD_NEXT, #name);                                                         \
        }                                                                                                              \
        alloc_place = was ? &alloc_count.place : NULL;                                                                 \
        error = next args;                                                                                             \
        alloc_place = was;                                                                                             \
        return error;                                                                                                  \
    }

ALLOC_CALL(launch, clSetKernelArg, (cl_kernel k, cl_uint i, size_t n, const void *v), (k, i, n, v))
ALLOC_CALL(launch, clSetKernelArgSVMPointer, (cl_kernel k, cl_uint i, const void *v), (k, i, v))
ALLOC_CALL(launch, clEnqueueNDRangeKernel,
           (cl_command_queue q, cl_kernel k, cl_uint d, const size_t *o, const size_t *g, const size_t *l, cl_uint n,
            const cl_event *w, cl_event *e),
           (q, k, d, o, g, l, n, w, e))
ALLOC_CALL(launch, clEnqueueWriteBuffer,
           (cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t s, const void *p, cl_uint n, const cl_event *w,
            cl_event *e),
           (q, m, b, o, s, p, n, w, e))
ALLOC_CALL(launch, clEnqueueReadBuffer,
           (cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t s, void *p, cl_uint n, const cl_event *w,
            cl_event *e),
           (q, m, b, o, s, p, n, w, e))
ALLOC_CALL(launch, clFlush, (cl_command_queue q), (q))
ALLOC_CALL(launch, clReleaseEvent, (cl_event e), (e))
ALLOC_CALL(driver, clGetEventInfo, (cl_event e, cl_event_info i, size_t n, void *v, size_t *r), (e, i, n, v, r))

#endif
