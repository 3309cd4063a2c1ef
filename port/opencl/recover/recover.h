/* stoker port: a mode that is left and a device that is lost. These files alone write losses of the port, and
 * own.recovery. */
#ifndef STK_PORT_OPENCL_RECOVER_H
#define STK_PORT_OPENCL_RECOVER_H

#include "../internal.h"

/* Goes on in the next mode once the launches under way are over. Returns 1 when the mode was taken, 0 if not yet, or an
 * error. */
int stk_opencl_step_downgrade(struct stk_opencl *cl);

/* Begins a recovery after a failure, or gives the device up. The failure is in cl->failure. Returns 1 or
 * STK_E_DEVICE. */
int stk_opencl_begin_recovery(struct stk_opencl *cl);

/* Takes the next step of a recovery. Returns 1, 0 if it has to wait, or STK_E_DEVICE. */
int stk_opencl_step_recovery(struct stk_opencl *cl);

/* Looks whether the kernels of a lost device are gone, and then puts back the slots that they had. Returns
 * STK_E_DEVICE. */
int stk_opencl_step_lost(struct stk_opencl *cl);

/* Puts back the slots that lost kernels had. Call it when no worker runs. `ran`: 0 if no kernel was launched. */
void stk_opencl_put_back(struct stk_opencl *cl, int ran);

/* Gives up launches that the driver does not know any more. */
void stk_opencl_forget_unknown(struct stk_opencl *cl);

/* The first function releases the memory of lost contexts. The second one releases their queues and the contexts, once
 * everything that is queued has ended. */
void stk_opencl_close_lost_memory(struct stk_opencl *cl);
void stk_opencl_close_lost_contexts(struct stk_opencl *cl);

#endif
