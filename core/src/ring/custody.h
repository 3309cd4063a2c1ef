/* stoker: how the host knows that a slot has really ended, although a tenant may store a false status. Private to the
 * core.
 *
 * A tenant may store any status in its own slots at any time, but it cannot reach the control words. The custody words
 * there say whether a worker owns a slot (SPEC.md, 1.12). Where there are no custody words, the control words still
 * count the workers that entered and left. */
#ifndef STK_SRC_CUSTODY_H
#define STK_SRC_CUSTODY_H

#include <stdbool.h>
#include <stddef.h>

#include "stoker/atomic.h"
#include "stoker/slot.h"

/* Returns the custody words of a control buffer, one for each slot of the ring; NULL: the buffer has none. The host
 * lays them out before workers start and does not move them, so relaxed order will do. */
static inline const uint32_t *stk_custody(const uint32_t *control) {
    uint32_t at = control != NULL ? stk_custody_at(stk_load(control + STK_CTL_NO_SHARED_ATOMICS)) : 0u;
    return at != 0u ? control + at : NULL;
}

/* Returns true if the custody words say that a worker has the slot; false where there are no such words. Load the
 * status before this call, with acquire order. */
static inline bool stk_in_custody(const uint32_t *control, uint32_t slot) {
    const uint32_t *custody = stk_custody(control);
    /* Acquire: after an even word the slot holds what its last worker left there. */
    return custody != NULL && (stk_load_acquire(custody + slot) & 1u) != 0u;
}

/* Returns how many workers have left since the layout. Acquire: the caller sees all that those workers stored. */
static inline uint32_t stk_worker_ends(const uint32_t *control) {
    return stk_load_acquire(control + STK_CTL_LEASE_ENDS) + stk_load_acquire(control + STK_CTL_IDLE_ENDS);
}

/* Returns true if no worker can have the slot. The slot's status must be one that no worker claims. Reads the ends
 * before the entries: a worker that enters in between makes the two differ, so the answer is false. */
static inline bool stk_nobody_has(const uint32_t *control, uint32_t slot) {
    uint32_t ends;
    if (control == NULL || stk_custody(control) != NULL) {
        return control != NULL && !stk_in_custody(control, slot);
    }
    /* Without custody words one slot cannot be judged alone: no worker has it once all workers that entered have
     * left. */
    ends = stk_worker_ends(control);
    return stk_load(control + STK_CTL_WORKERS_IN) == ends;
}

/* Returns true if slot `slot` has ended: no worker will write to it any more. `status` was loaded with acquire order. A
 * word that is not a status also ends a slot once no worker has the slot, since no worker ever claims such a word.
 * `control` may be NULL: then only the status decides, and a word that is not a status ends nothing. */
static inline bool stk_slot_ended(const uint32_t *control, uint32_t slot, uint32_t status) {
    if (stk_status_ended(status)) {
        return !stk_in_custody(control, slot);
    }
    return !stk_status_known(status) && stk_nobody_has(control, slot);
}

#endif
