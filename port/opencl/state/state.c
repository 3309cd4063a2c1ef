/* stoker port: the one place that changes the state of the OpenCL port. port/opencl/README.md, "The state", says which
 * step each state has. */
#include "state.h"

void stk_opencl_begin_life(struct stk_opencl *cl, uint64_t began_ns) {
    cl->own.life = (struct stk_opencl_life){.state = STK_OPENCL_CLOSED, .began_ns = began_ns};
}

void stk_opencl_enter(struct stk_opencl *cl, enum stk_opencl_state state) {
    cl->own.life.state = state;
}
