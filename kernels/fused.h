/* stoker kernels: fused ops, several handlers one after the other on one slot.
 *
 * All parts get the same call. A part runs when the one before it was DONE; what else a part returns ends the op. Only
 * the first part may wait (YIELD, REQUEUE): a slot that waits is run again from its start, and what came before a later
 * part would be done twice.
 */
#ifndef STK_FUSED_H
#define STK_FUSED_H

#include "stoker/kernel/device.h"

/* Part i, in a function with `d`, `c` and `status`, which is DONE before the first and the op's status after the
 * last. */
#define STK_FUSED_PART(i, function)                                                                                    \
    if (status == STK_SLOT_DONE) {                                                                                     \
        status = function(d, c);                                                                                       \
        if ((i) != 0u && !stk_status_ended(status)) {                                                                  \
            status = stk_refuse(c, STK_REASON_FUSED, (i));                                                             \
        }                                                                                                              \
    }

#endif
