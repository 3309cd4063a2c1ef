/* Counts what one thread allocates and releases: this program's malloc and its kin stand before the C library's for
 * everything that is loaded, the driver too. Only between begin and end, and only on the thread that called begin,
 * since the library has no thread of its own and a driver's threads are the driver's. What happens inside an OpenCL
 * call is the driver's as well. Include it once. */
#ifndef ALLOC_COUNT_H
#define ALLOC_COUNT_H

#include <CL/cl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct alloc_count {
    unsigned library; /* outside OpenCL calls */
    unsigned launch;  /* inside those that enqueue, set up or release a launch or a copy */
    unsigned driver;  /* inside the others */
};
static struct alloc_count alloc_count;
static _Thread_local unsigned *alloc_place; /* NULL: this thread is not watched */

static inline void alloc_count_begin(void) {
    alloc_count = (struct alloc_count){0, 0, 0};
    alloc_place = &alloc_count.library;
}

static inline void alloc_count_end(void) {
    alloc_place = NULL;
}

static inline void alloc_note(void) {
    if (alloc_place) {
        ++*alloc_place;
    }
}

/// The C library's, whose own entries stay reachable under these names ///

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);
void __libc_free(void *memory);

void *malloc(size_t bytes) {
    alloc_note();
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    alloc_note();
    return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
    alloc_note();
    return __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t align, size_t bytes) {
    alloc_note();
    return __libc_memalign(align, bytes);
}

void *memalign(size_t align, size_t bytes);
void *memalign(size_t align, size_t bytes) {
    alloc_note();
    return __libc_memalign(align, bytes);
}

int posix_memalign(void **memory, size_t align, size_t bytes) {
    alloc_note();
    *memory = __libc_memalign(align, bytes);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory) {
    alloc_note();
    __libc_free(memory);
}

void *mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset) {
    alloc_note();
    return (void *)syscall(SYS_mmap, at, bytes, prot, flags, fd, offset);
}

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
