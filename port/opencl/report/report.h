/* stoker port: failures in words. These files alone write reason, failure and cl_error of the port. */
#ifndef STK_PORT_OPENCL_REPORT_H
#define STK_PORT_OPENCL_REPORT_H

#include "../internal.h"

/* Notes an OpenCL error and its class, writes the reason, and returns the error for the caller; STK_OK for CL_SUCCESS.
 * `what`: name of the call. After open the reason is about this failure alone. */
int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what);

/* Notes a failure that no call of the driver returned, and returns STK_E_DEVICE. During open, open has failed then. */
int stk_opencl_fail(struct stk_opencl *cl, enum stk_opencl_failure failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes the failure of a launch, or of a look at one, with the driver's error. Returns as stk_opencl_fail. */
int stk_opencl_fail_launch(struct stk_opencl *cl, cl_int error, const char *what);

/* Appends formatted text to cl->reason, cut to fit. */
void stk_opencl_say(struct stk_opencl *cl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empties the reason. */
void stk_opencl_clear_reason(struct stk_opencl *cl);

/* Clears failure and cl_error; the reason stays. */
void stk_opencl_clear_failure(struct stk_opencl *cl);

#endif
