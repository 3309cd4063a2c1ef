/* stoker port: the state of the OpenCL port, that is, what it is doing now. These files alone write own.life of the
 * port. */
#ifndef STK_PORT_OPENCL_STATE_H
#define STK_PORT_OPENCL_STATE_H

#include "../internal.h"

/* Sets the time at which open began, in nanoseconds. The port counts as closed. */
void stk_opencl_begin_life(struct stk_opencl *cl, uint64_t began_ns);

/* Changes the state. */
void stk_opencl_enter(struct stk_opencl *cl, enum stk_opencl_state state);

/* Returns 1 once open has succeeded, also while the device is lost. */
static inline int stk_opencl_is_open(const struct stk_opencl *cl) {
    return cl->own.life.state >= STK_OPENCL_WORKING;
}

#endif
