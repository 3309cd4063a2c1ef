/* stoker port: what the rooms of the OpenCL port share; README.md has the map of the rooms. A room is a folder; each
 * has one private header of its own. */
#ifndef STK_PORT_OPENCL_INTERNAL_H
#define STK_PORT_OPENCL_INTERNAL_H

#define CL_USE_DEPRECATED_OPENCL_1_2_APIS /* clCreateCommandQueue */
#include <CL/cl.h>

#include "stoker/blake3.h"
#include "stoker/device_copies.h"
#include "stoker/device_loss.h"
#include "stoker/port/opencl.h"
#include "stoker/slot.h"
#include "stoker/words.h"

/* Bytes of a page: the parts of the shared memory are mapped and copied by whole pages. */
#define STK_OPENCL_PAGE 4096u

/* Indexes of the kernel's arguments (kernels/resident.cl). The parts of the memory come first, then their sizes, both
 * in the order of enum stk_device_part; these follow. */
enum {
    ARG_TURNS = 2 * STK_DEVICE_PARTS, /* turns after which a worker leaves */
    ARG_IDLE_TURNS,                   /* turns without work after which a worker leaves */
    ARG_GUARDS,                       /* the device's own buffer: guards, limits, mailboxes */
    KERNEL_ARGS                       /* number of the arguments */
};

/// Waiting: state/wait.c ///

/* Returns the monotonic time in nanoseconds. */
uint64_t stk_opencl_now_ns(void);
/* Sleeps for 50 microseconds: long beside a look at an event, short beside a launch. */
void stk_opencl_nap(void);

/* Nanoseconds that a wait for commands may take which no kernel holds up. */
#define STK_OPENCL_DRAIN_NS UINT64_C(10000000000)

/* Waits until the queue is empty or the deadline is over. Looks at least once. Returns STK_OK or STK_E_TIMEOUT. STK_OK
 * is also returned where the queue has failed, since nothing of a failed queue runs. */
int stk_opencl_drain(void *queue, struct stk_deadline *end);

/* Returns `limit_ns`, or the time that is left of config.open_ns where that is shorter. Call it only while the port is
 * opened. */
uint64_t stk_opencl_allowed(const struct stk_opencl *cl, uint64_t limit_ns);

#endif
