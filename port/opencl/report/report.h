/* What is said of failures. These files alone write reason, failure and cl_error of the port. */
#ifndef STK_PORT_OPENCL_REPORT_H
#define STK_PORT_OPENCL_REPORT_H

#include "../internal.h"

/* Keeps an OpenCL error and its class, says so, and returns what it means for the caller; STK_OK for CL_SUCCESS.
 * After open the reason is about this failure alone. */
int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what);

/* A failure that no call returned; STK_E_DEVICE. While open is at work it has then failed. */
int stk_opencl_fail(struct stk_opencl *cl, enum stk_opencl_failure failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, of a launch or of a look at one, with the driver's error. */
int stk_opencl_fail_launch(struct stk_opencl *cl, cl_int error, const char *what);

/* Appends to cl->reason, cut to fit. */
void stk_opencl_say(struct stk_opencl *cl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Empties the reason. */
void stk_opencl_clear_reason(struct stk_opencl *cl);

/* Forgets the failure; the reason stays. */
void stk_opencl_clear_failure(struct stk_opencl *cl);

#endif
