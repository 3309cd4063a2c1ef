/* The step that comes next, and the port's table of calls. These files write nothing of the port. */
#ifndef STK_PORT_OPENCL_DRIVE_H
#define STK_PORT_OPENCL_DRIVE_H

#include "../internal.h"

/* What the next step is for. */
enum stk_opencl_aim {
    STK_OPENCL_AIM_RUN,  /* work goes on; there is none to launch for */
    STK_OPENCL_AIM_WORK, /* the same, and there is some */
    STK_OPENCL_AIM_STOP  /* no launch is to follow those under way */
};

/* Takes the next step, which the state names. 1 did something, 0 nothing, or an error. */
int stk_opencl_step(struct stk_opencl *cl, enum stk_opencl_aim aim);

/* Returns 1 while a launch runs, or there may be one that is not counted. A launch counts until the driver says that it
 * is over. */
int stk_opencl_is_busy(const struct stk_opencl *cl);

/* Waits until no worker runs, at most timeout_ns. The second function waits until a deadline that is under way is over.
 */
int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns);
int stk_opencl_join_until(struct stk_opencl *cl, struct stk_deadline *end);

#endif
