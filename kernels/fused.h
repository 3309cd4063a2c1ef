/* stoker kernels: fused ops, several handlers one after the other on one slot.
 *
 * All parts get the same call. A part runs if the part before it was DONE; any other status ends the op. Only the first
 * part may wait (YIELD, REQUEUE): a slot that waits is run again from its start, and the parts before a later one would
 * be done twice. */
#ifndef STK_FUSED_H
#define STK_FUSED_H

#include "stoker/kernel/device.h"

/* Runs part `i`. Stands in a function with `d`, `c` and `status`; `status` is DONE before the first part, and the
 * status of the op after the last. */
#define STK_FUSED_PART(i, function)                                                                                    \
    if (status == STK_SLOT_DONE) {                                                                                     \
        status = function(d, c);                                                                                       \
        if ((i) != 0u && !stk_status_ended(status)) {                                                                  \
            status = stk_refuse(c, STK_REASON_FUSED, (i));                                                             \
        }                                                                                                              \
    }

#endif
