/* What the port is about. These files alone write own.life of the port. */
#ifndef STK_PORT_OPENCL_STATE_H
#define STK_PORT_OPENCL_STATE_H

#include "../internal.h"

/* Sets when open began; the port is closed. */
void stk_opencl_begin_life(struct stk_opencl *cl, uint64_t began_ns);

/* Changes the state. */
void stk_opencl_enter(struct stk_opencl *cl, enum stk_opencl_state state);

static inline int stk_opencl_is_open(const struct stk_opencl *cl) {
    return cl->own.life.state >= STK_OPENCL_WORKING;
}

#endif
