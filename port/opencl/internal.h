/* What the rooms of this port share; README.md has the map. */
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

#define STK_OPENCL_PAGE 4096u /* the parts of the shared memory are mapped and copied by whole pages */

/* Arguments of the kernel behind the regions and their sizes. */
enum {
    ARG_TURNS = 2 * STK_DEVICE_PARTS,
    ARG_IDLE_TURNS,
    ARG_GUARDS,
    KERNEL_ARGS
};

/// Waiting: state/wait.c ///

uint64_t stk_opencl_now_ns(void);
void stk_opencl_nap(void);

#define STK_OPENCL_DRAIN_NS UINT64_C(10000000000) /* for commands that no kernel holds up */

/* Waits until the queue is empty or the deadline is over. Looks at least once. Returns STK_OK or STK_E_TIMEOUT. STK_OK
 * is also returned where the queue has failed, since nothing of a failed queue runs. */
int stk_opencl_drain(void *queue, struct stk_deadline *end);

/* Returns `limit_ns`, or the time that is left of config.open_ns where that is shorter. Call it only while the port is
 * opened. */
uint64_t stk_opencl_allowed(const struct stk_opencl *cl, uint64_t limit_ns);

#endif
