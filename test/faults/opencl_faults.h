/* An OpenCL driver that fails on demand. ld --wrap wraps mmap and every OpenCL call that port/opencl makes; calls
 * inside the driver are not wrapped. The wrappers count the calls, let those fail that a plan names, and check that
 * every object that was created is released. For one thread. */
#ifndef OPENCL_FAULTS_H
#define OPENCL_FAULTS_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <stdint.h>

#include "stoker/port/opencl.h"

/* The calls that are wrapped, one on each line, since CMakeLists.txt reads this list. A test checks that the port makes
 * no other call. */
#define FAULT_CALLS(X)                                                                                                 \
    X(clBuildProgram)                                                                                                  \
    X(clCreateBuffer)                                                                                                  \
    X(clCreateCommandQueue)                                                                                            \
    X(clCreateCommandQueueWithProperties)                                                                              \
    X(clCreateContext)                                                                                                 \
    X(clCreateKernel)                                                                                                  \
    X(clCreateProgramWithBinary)                                                                                       \
    X(clCreateProgramWithSource)                                                                                       \
    X(clEnqueueFillBuffer)                                                                                             \
    X(clEnqueueMapBuffer)                                                                                              \
    X(clEnqueueMarkerWithWaitList)                                                                                     \
    X(clEnqueueNDRangeKernel)                                                                                          \
    X(clEnqueueReadBuffer)                                                                                             \
    X(clEnqueueUnmapMemObject)                                                                                         \
    X(clEnqueueWriteBuffer)                                                                                            \
    X(clFinish)                                                                                                        \
    X(clFlush)                                                                                                         \
    X(clGetDeviceIDs)                                                                                                  \
    X(clGetDeviceInfo)                                                                                                 \
    X(clGetEventInfo)                                                                                                  \
    X(clGetExtensionFunctionAddressForPlatform)                                                                        \
    X(clGetKernelInfo)                                                                                                 \
    X(clGetKernelWorkGroupInfo)                                                                                        \
    X(clGetPlatformIDs)                                                                                                \
    X(clGetPlatformInfo)                                                                                               \
    X(clGetProgramBuildInfo)                                                                                           \
    X(clGetProgramInfo)                                                                                                \
    X(clReleaseCommandQueue)                                                                                           \
    X(clReleaseContext)                                                                                                \
    X(clReleaseEvent)                                                                                                  \
    X(clReleaseKernel)                                                                                                 \
    X(clReleaseMemObject)                                                                                              \
    X(clReleaseProgram)                                                                                                \
    X(clSVMAlloc)                                                                                                      \
    X(clSVMFree)                                                                                                       \
    X(clSetKernelArg)                                                                                                  \
    X(clSetKernelArgSVMPointer)                                                                                        \
    X(mmap)                                                                                                            \
    X(munmap)

#define FAULT_ENUM(name) CALL_##name,
enum fault_call {
    FAULT_CALLS(FAULT_ENUM) FAULT_CALL_COUNT
};

/* The part of the port's life in which the test is. */
enum fault_phase {
    FAULT_OPEN,
    FAULT_RUN,
    FAULT_CLOSE,
    FAULT_PHASES
};

/* How the call fails. */
enum fault_kind {
    FAULT_ONCE,    /* one call returns the error and does nothing; a release does its work */
    FAULT_EVER,    /* this call fails from then on */
    FAULT_ALL,     /* every call fails from then on, as when the device is gone */
    FAULT_STATUS,  /* clGetEventInfo: the launch has ended, and its status is the error */
    FAULT_DROPPED, /* clEnqueueNDRangeKernel: the launch is taken, never runs, and ends in the error */
    FAULT_HANGS,   /* clEnqueueNDRangeKernel: the launch is taken, and begins after faults_end_hung */
    FAULT_BLIND,   /* clEnqueueNDRangeKernel: the call succeeds; the launch never runs and has no event */
    FAULT_KINDS
};

struct fault_plan {
    enum fault_call call;
    enum fault_phase phase;
    uint32_t nth; /* which call in this phase fails; 1 is the first call */
    enum fault_kind kind;
    cl_int error;
    void (*dropped)(void); /* may be NULL: called when a launch was dropped */
};

/* Sets all counts to 0 and plays `plan` until the next call (NULL: no failures). Objects that still live stay known. */
void faults_plan(const struct fault_plan *plan);
void faults_phase(enum fault_phase phase);

/* Ends all failures: the driver works again. Calls are still counted. */
void faults_mend(void);

/* Lets the launches that hang begin. */
void faults_end_hung(void);

const char *faults_name(enum fault_call call);
uint32_t faults_count(enum fault_phase phase, enum fault_call call); /* returns the number of calls that were made */
uint32_t faults_fired(void);                                         /* returns the number of calls that failed */

/* Returns error number `i` of those that a driver may return from this call; 0 when there are no more. */
cl_int faults_error(enum fault_call call, uint32_t i);

/* Returns the number of objects that were created and not released, plus the releases of objects that did not exist.
 * *what: a text about the first one. */
uint32_t faults_leaks(const char **what);

/* Makes this call wait while a launch is under way, from now on. A launch waits for the launches before it, a flush
 * waits for all launches. FAULT_CALL_COUNT: no call waits. */
void faults_waits(enum fault_call call);
int faults_waits_in(enum fault_call call);

/* From now on the driver gives `text` for this property of platforms or devices; NULL: the driver's own text. 4
 * properties at most. */
void faults_text(cl_uint what, const char *text);
const char *faults_text_of(cl_uint what);

/* From now on device `index` of the first platform gives `value` for this property, in as many bytes as the caller has
 * room for. 4 devices and 4 properties at most. */
void faults_number(uint32_t index, cl_uint what, cl_ulong value);
const cl_ulong *faults_number_of(uint32_t index, cl_uint what); /* NULL: the device's own value */

/* Memory that the device does not share with the host. Bit k of a set of kinds is kind k of enum stk_opencl_memory. */
struct faults_unshared {
    uint32_t not_live;     /* kinds that a launch which waits for work shares at its borders alone */
    uint32_t not_coherent; /* kinds that no launch shares, not even there */
    /* The first launch after `after` slots are done, and all later ones on shared memory, work on other memory than
     * the host's for region i where bit i of `parts` says so; at that moment the first `claims` published slots
     * become CLAIMED, as by a kernel that was lost. 0 slots: never. */
    uint32_t after, parts, claims;
};
void faults_unshare(const struct faults_unshared *how); /* NULL: all is shared */

/* For the wrappers: the memory that the port allocates, by handle; the kernel's arguments; and a launch between begin
 * and end, of which begin returns the regions that it replaced. */
void unshared_born(enum stk_opencl_memory kind, const void *handle, size_t bytes);
void unshared_mapped(const void *handle, void *host);
void unshared_gone(const void *handle);
void unshared_arg(cl_uint i, const void *value);
void unshared_arg_svm(cl_uint i, void *pointer);
uint32_t unshared_begin(cl_command_queue q, cl_kernel k);
void unshared_end(cl_kernel k, uint32_t parts);
void unshared_launched(cl_command_queue q, cl_event event, uint32_t parts);
void unshared_over(cl_event event); /* the driver reports the event as complete */

/* For the wrappers: returns the error that this call has to return, or CL_SUCCESS. */
cl_int faults_next(enum fault_call call);
const struct fault_plan *
faults_now(void); /* the plan when the call that was asked about last is where it begins; or NULL */
void faults_born(const char *kind, const void *object);
void faults_gone(const char *kind, const void *object);
uint32_t faults_living(const char *kind);           /* how many there are */
void faults_mark(const void *event, cl_int status); /* this event's status from now on */
cl_int faults_marked(const void *event);
void faults_hold(cl_event event); /* a user event on which a launch hangs; its reference goes over */

#endif
