/* Shared by the files of this port. */
#ifndef STK_PORT_OPENCL_INTERNAL_H
#define STK_PORT_OPENCL_INTERNAL_H

#include <CL/cl.h>

#include "stoker/port/opencl.h"

/* Finds the device that `wanted` names. STK_E_NODEV. */
int stk_opencl_select(const char *wanted, cl_device_id *device, struct stk_opencl_device *info);

/* Compiles the kernel text and the user's piece for cl->cl_device. */
int stk_opencl_build(struct stk_opencl *cl);

/* Allocates the shared buffers and lays them out. */
int stk_opencl_alloc(struct stk_opencl *cl);

/* Puts ring, control, debug log and I/O queue back to their first state; no worker runs. */
int stk_opencl_layout(struct stk_opencl *cl);

/* Measures a turn and sets cl->turns and cl->idle_turns; proves that host and device see each other. */
int stk_opencl_calibrate(struct stk_opencl *cl);
int stk_opencl_handshake(struct stk_opencl *cl);

/* Launches the workers for a lease. */
int stk_opencl_launch(struct stk_opencl *cl);

/* Waits until no worker runs, at most timeout_ns. */
int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns);

/* Keeps an OpenCL error and says what it means for the caller; STK_OK for CL_SUCCESS. */
int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what);

uint64_t stk_opencl_now_ns(void);

#endif
