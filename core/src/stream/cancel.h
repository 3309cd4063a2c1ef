/* stoker: when the host may cancel a slot. This is the one home of the rule; the cancel itself is
 * stk_ring_transition(). Private to the core. */
#ifndef STK_SRC_CANCEL_H
#define STK_SRC_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/atomic.h"
#include "stoker/port/dispatch.h"
#include "stoker/slot.h"

/* Returns true if the host may cancel a slot that no worker has claimed. Where the claim of a worker and the cancel of
 * the host do not exclude each other (stk_atomics_exclude), no worker may run. A slot in WAIT_IO can always be
 * cancelled: no worker claims it. */
static inline bool stk_may_cancel(const uint32_t *control, const struct stk_dispatch_port *dispatch) {
    return stk_atomics_exclude(stk_load(control + STK_CTL_NO_SHARED_ATOMICS)) ||
           !dispatch->ops->has_workers(dispatch->ctx);
}

#endif
