/* The step that comes next, and the port's table of calls. These files write nothing of the port. */
#ifndef STK_PORT_OPENCL_DRIVE_H
#define STK_PORT_OPENCL_DRIVE_H

#include "../internal.h"

/* Purpose of the next step. */
enum stk_opencl_aim {
    STK_OPENCL_AIM_RUN,  /* launches go on as they are; there is no work to launch for */
    STK_OPENCL_AIM_WORK, /* there is work, so that a launch may be made */
    STK_OPENCL_AIM_STOP  /* no launch follows those under way */
};

/* Takes the next step, which the state names. Never waits for the device. Returns 1 if the step did something, 0 if
 * nothing, or a negative error. */
int stk_opencl_step(struct stk_opencl *cl, enum stk_opencl_aim aim);

/* Returns 1 while a launch runs. A launch counts as running until the driver says that the launch is over. Also returns
 * 1 while a launch may run that the port could not count, since the driver failed. */
int stk_opencl_is_busy(const struct stk_opencl *cl);

/* Waits until no worker runs, for at most `timeout_ns` nanoseconds; the second function waits until a deadline that is
 * under way is over. Returns STK_OK, STK_E_TIMEOUT, or STK_E_DEVICE if the device is lost. */
int stk_opencl_join(struct stk_opencl *cl, uint64_t timeout_ns);
int stk_opencl_join_until(struct stk_opencl *cl, struct stk_deadline *end);

#endif
