/* What an OpenCL error is called, which class it is of, and what to do about it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../devices/devices.h"
#include "../state/state.h"
#include "report.h"

/* The classes of all codes that are not STK_OPENCL_DEVICE. Where a specification gives a code several causes, the
 * class is that of the cause which the port's own calls can have. */
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

/* By class: its name, what to do, and the error for the caller. */
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

static size_t index_of(enum stk_opencl_failure failure) {
    return (unsigned)failure < sizeof about / sizeof *about ? (size_t)failure : STK_OPENCL_DEVICE;
}

const char *stk_opencl_failure_name(enum stk_opencl_failure failure) {
    return about[index_of(failure)].name;
}

const char *stk_opencl_failure_fix(enum stk_opencl_failure failure) {
    return about[index_of(failure)].fix;
}

static void say_all(struct stk_opencl *cl, const char *format, va_list args) {
    size_t used = strlen(cl->reason);
    vsnprintf(cl->reason + used, sizeof cl->reason - used, format, args);
    stk_opencl_trim(cl->reason);
}

void stk_opencl_say(struct stk_opencl *cl, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say_all(cl, format, args);
    va_end(args);
}

void stk_opencl_clear_reason(struct stk_opencl *cl) {
    cl->reason[0] = '\0';
}

void stk_opencl_clear_failure(struct stk_opencl *cl) {
    cl->failure = STK_OPENCL_SOUND;
    cl->cl_error = 0;
}

int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what) {
    enum stk_opencl_failure failure = stk_opencl_failure_of(error);
    if (error == CL_SUCCESS) {
        return STK_OK;
    }
    if (stk_opencl_is_open(cl)) {
        stk_opencl_clear_reason(cl);
    }
    cl->cl_error = error;
    cl->failure = failure;
    stk_opencl_say(cl, "%s failed with OpenCL error %d (%s: %s)", what, error, about[failure].name, about[failure].fix);
    return about[failure].err;
}

int stk_opencl_fail(struct stk_opencl *cl, enum stk_opencl_failure failure, const char *format, ...) {
    va_list args;
    stk_opencl_clear_reason(cl);
    va_start(args, format);
    say_all(cl, format, args);
    va_end(args);
    stk_opencl_say(cl, " (%s: %s)", about[failure].name, about[failure].fix);
    cl->failure = failure;
    if (!stk_opencl_is_open(cl)) {
        stk_opencl_enter(cl, STK_OPENCL_OPEN_FAILED);
    }
    return STK_E_DEVICE;
}

int stk_opencl_fail_launch(struct stk_opencl *cl, cl_int error, const char *what) {
    cl->cl_error = error;
    return stk_opencl_fail(cl, STK_OPENCL_DEVICE, "%s with OpenCL error %d", what, error);
}
