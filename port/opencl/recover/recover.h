/* A lost mode and a lost device. These files alone write losses of the port, and own.recovery. */
#ifndef STK_PORT_OPENCL_RECOVER_H
#define STK_PORT_OPENCL_RECOVER_H

#include "../internal.h"

/* Goes on in the next mode once the launches under way are over. 1 when it was taken, 0 not yet, or an error. */
int stk_opencl_step_downgrade(struct stk_opencl *cl);

/* After a failure, which is kept: begins a recovery, or gives the device up. 1 or STK_E_DEVICE. */
int stk_opencl_begin_recovery(struct stk_opencl *cl);

/* The next step of it. 1, 0 not yet, STK_E_DEVICE. */
int stk_opencl_step_recovery(struct stk_opencl *cl);

/* The device is lost: looks whether its kernels are gone, and then puts back what they had. STK_E_DEVICE. */
int stk_opencl_step_lost(struct stk_opencl *cl);

/* Puts back what lost kernels had in hand; no worker runs. `ran`: 0 when no kernel was launched. */
void stk_opencl_put_back(struct stk_opencl *cl, int ran);

/* Gives up launches that the driver does not know any more. */
void stk_opencl_forget_unknown(struct stk_opencl *cl);

/* Releases what lost contexts hold: first the memory, then, when what is queued is over, the rest. */
void stk_opencl_close_lost_memory(struct stk_opencl *cl);
void stk_opencl_close_lost_contexts(struct stk_opencl *cl);

#endif
