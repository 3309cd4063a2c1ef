/* stoker port: failures in words. Gives each OpenCL error its class, the error for the caller, and what to do about it,
 * and writes cl->reason. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../devices/devices.h"
#include "../state/state.h"
#include "report.h"

/* Classes of the error codes; a code that is not here has class STK_OPENCL_DEVICE, the most careful one. Where a
 * specification gives a code several causes, the class is that of the cause which calls of this port can have. */
static const struct {
    cl_int error;
    enum stk_opencl_failure failure;
} classes[] = {
    {CL_SUCCESS, STK_OPENCL_SOUND},
    {CL_COMPILER_NOT_AVAILABLE, STK_OPENCL_BUILD},
    {CL_BUILD_PROGRAM_FAILURE, STK_OPENCL_BUILD},
    {CL_COMPILE_PROGRAM_FAILURE, STK_OPENCL_BUILD},
    {CL_LINKER_NOT_AVAILABLE, STK_OPENCL_BUILD},
    {CL_LINK_PROGRAM_FAILURE, STK_OPENCL_BUILD},
    {CL_INVALID_BINARY, STK_OPENCL_BUILD},
    {CL_INVALID_BUILD_OPTIONS, STK_OPENCL_BUILD},
    {CL_INVALID_COMPILER_OPTIONS, STK_OPENCL_BUILD},
    {CL_INVALID_LINKER_OPTIONS, STK_OPENCL_BUILD},
    {CL_INVALID_PROGRAM_EXECUTABLE, STK_OPENCL_BUILD},
    {CL_INVALID_KERNEL_NAME, STK_OPENCL_BUILD},
    {CL_INVALID_KERNEL_DEFINITION, STK_OPENCL_BUILD},
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, STK_OPENCL_NOMEM},
    {CL_OUT_OF_HOST_MEMORY, STK_OPENCL_NOMEM},
    {CL_MAP_FAILURE, STK_OPENCL_NOMEM},
    {CL_INVALID_VALUE, STK_OPENCL_REFUSED},
    {CL_INVALID_DEVICE_TYPE, STK_OPENCL_REFUSED},
    {CL_INVALID_QUEUE_PROPERTIES, STK_OPENCL_REFUSED},
    {CL_INVALID_HOST_PTR, STK_OPENCL_REFUSED},
    {CL_INVALID_ARG_INDEX, STK_OPENCL_REFUSED},
    {CL_INVALID_ARG_VALUE, STK_OPENCL_REFUSED},
    {CL_INVALID_ARG_SIZE, STK_OPENCL_REFUSED},
    {CL_INVALID_KERNEL_ARGS, STK_OPENCL_REFUSED},
    {CL_INVALID_WORK_DIMENSION, STK_OPENCL_REFUSED},
    {CL_INVALID_WORK_GROUP_SIZE, STK_OPENCL_REFUSED},
    {CL_INVALID_WORK_ITEM_SIZE, STK_OPENCL_REFUSED},
    {CL_INVALID_GLOBAL_OFFSET, STK_OPENCL_REFUSED},
    {CL_INVALID_GLOBAL_WORK_SIZE, STK_OPENCL_REFUSED},
    {CL_INVALID_OPERATION, STK_OPENCL_REFUSED},
    {CL_INVALID_BUFFER_SIZE, STK_OPENCL_REFUSED},
    {CL_INVALID_PROPERTY, STK_OPENCL_REFUSED},
    {CL_MISALIGNED_SUB_BUFFER_OFFSET, STK_OPENCL_REFUSED},
};

/* Index: enum stk_opencl_failure. The name, what to do, and the error for the caller. */
static const struct {
    const char *name, *fix;
    int err;
} about[] = {
    [STK_OPENCL_SOUND] = {"sound", "nothing to do", STK_OK},
    [STK_OPENCL_BUILD] = {"build", "see build_log; another driver or device may take the program", STK_E_BUILD},
    [STK_OPENCL_NOMEM] = {"memory", "use fewer slots or a smaller payload, or free memory", STK_E_NOMEM},
    [STK_OPENCL_DEVICE] = {"device", "see the driver's log, reset the device, then revive or open again", STK_E_DEVICE},
    [STK_OPENCL_TIMEOUT] = {"timeout", "raise open_ns for open; later raise deadline_ns, or make handlers shorter",
                            STK_E_DEVICE},
    [STK_OPENCL_REFUSED] = {"refused", "ask for other lanes, sizes, memory or another device", STK_E_UNSUPPORTED},
};

enum stk_opencl_failure stk_opencl_failure_of(int error) {
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (classes[i].error == error) {
            return classes[i].failure;
        }
    }
    return STK_OPENCL_DEVICE;
}

/* Returns the class as an index; a number that is no class counts as a failure of the device. */
static size_t index_of(enum stk_opencl_failure failure) {
    return (unsigned)failure < sizeof about / sizeof *about ? (size_t)failure : STK_OPENCL_DEVICE;
}

/* Both texts are constants, so they stay valid after close. */
const char *stk_opencl_failure_name(enum stk_opencl_failure failure) {
    return about[index_of(failure)].name;
}

const char *stk_opencl_failure_fix(enum stk_opencl_failure failure) {
    return about[index_of(failure)].fix;
}

/* Appends formatted text to the reason. A text that does not fit is cut between two characters. */
static void say_all(struct stk_opencl *cl, const char *format, va_list args) {
    size_t used = strlen(cl->reason);
    vsnprintf(cl->reason + used, sizeof cl->reason - used, format, args);
    stk_opencl_trim(cl->reason);
}

void stk_opencl_say(struct stk_opencl *cl, const char *format, ...) {
    va_list args;
    /* The reason grows by each call; stk_opencl_clear_reason begins it anew. */
    va_start(args, format);
    say_all(cl, format, args);
    va_end(args);
}

void stk_opencl_clear_reason(struct stk_opencl *cl) {
    cl->reason[0] = '\0';
}

/* The reason stays: it may say why a mode was chosen. */
void stk_opencl_clear_failure(struct stk_opencl *cl) {
    cl->failure = STK_OPENCL_SOUND;
    cl->cl_error = 0;
}

int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what) {
    enum stk_opencl_failure failure = stk_opencl_failure_of(error);
    if (error == CL_SUCCESS) {
        return STK_OK;
    }
    /* During open the reasons of several kinds of memory follow one another; later the reason is about this failure
     * alone. */
    if (stk_opencl_is_open(cl)) {
        stk_opencl_clear_reason(cl);
    }
    /* The driver's number is noted beside the failure, whose class is that of a launch and not of the number. */
    cl->cl_error = error;
    cl->failure = failure;
    stk_opencl_say(cl, "%s failed with OpenCL error %d (%s: %s)", what, error, about[failure].name, about[failure].fix);
    return about[failure].err;
}

int stk_opencl_fail(struct stk_opencl *cl, enum stk_opencl_failure failure, const char *format, ...) {
    va_list args;
    /* The reason of the mode gives way to that of the failure. */
    stk_opencl_clear_reason(cl);
    va_start(args, format);
    say_all(cl, format, args);
    va_end(args);
    stk_opencl_say(cl, " (%s: %s)", about[failure].name, about[failure].fix);
    cl->failure = failure;
    /* During open there is no recovery, so the failure ends it; the state says that launches are still to be waited
     * for. */
    if (!stk_opencl_is_open(cl)) {
        stk_opencl_enter(cl, STK_OPENCL_OPEN_FAILED);
    }
    return STK_E_DEVICE;
}

int stk_opencl_fail_launch(struct stk_opencl *cl, cl_int error, const char *what) {
    cl->cl_error = error;
    return stk_opencl_fail(cl, STK_OPENCL_DEVICE, "%s with OpenCL error %d", what, error);
}
