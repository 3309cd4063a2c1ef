/* stoker port: the search for a mode and its memory. These files alone write outcome and proved_from of the port, and
 * own.search. */
#ifndef STK_PORT_OPENCL_SEARCH_H
#define STK_PORT_OPENCL_SEARCH_H

#include "../internal.h"

/* In probe.c: finds a kind of memory and a residency mode for cl->config. Sets both up, with an empty ring. */
int stk_opencl_find_mode(struct stk_opencl *cl);

/* Proves `mode` over the memory that is allocated, and fills cl->outcome: prove.c. STK_E_UNSUPPORTED: the mode does not
 * work, with the reason in cl->reason. */
int stk_opencl_prove(struct stk_opencl *cl, enum stk_residency mode);

/* Checks by a short handshake whether `known` still holds over the memory that is allocated, and sets cl->outcome to
 * it. STK_E_UNSUPPORTED: it does not hold. */
int stk_opencl_prove_again(struct stk_opencl *cl, const struct stk_opencl_outcome *known);

/* Does the handshake in cl->mode, which is calibrated: handshake.c. Returns STK_OK, or the error with the reason
 * noted. */
int stk_opencl_shake(struct stk_opencl *cl);

/* Does a short handshake, where an earlier open has done a whole one. */
int stk_opencl_shake_again(struct stk_opencl *cl);

/* Returns STK_OK while open has time left. Else sets the reason and returns STK_E_DEVICE. */
int stk_opencl_in_time(struct stk_opencl *cl);

/* Does one launch without work. Drivers compile in their first launch, so it may take all the time that open has
 * left: calibrate.c. */
int stk_opencl_warm_up(struct stk_opencl *cl);

/* Finds out whether the driver's calls return while a kernel stays, which RESIDENT and QUANTUM need. STK_E_UNSUPPORTED:
 * they do not, with the reason noted. */
int stk_opencl_check_launch(struct stk_opencl *cl);

/* Measures a turn and a unit of cost. */
int stk_opencl_calibrate(struct stk_opencl *cl);

/* Measures a unit of cost by a slot, in the mode that was found. The caller then has to set mode and ring
 * again, since the measurement changes both (pace.c). */
int stk_opencl_pace(struct stk_opencl *cl);

#endif
