/* stoker: how the host knows that a slot has ended, whatever the status of the slot says. Private to the core.
 *
 * A tenant may store any status in its own slots at any time. What it cannot reach are the control words: the custody
 * words, which say whether a worker has a slot in hand (SPEC.md, 1.12), and where there are none the counts of the
 * workers that came and went.
 */
#ifndef STK_SRC_CUSTODY_H
#define STK_SRC_CUSTODY_H

#include <stdbool.h>
#include <stddef.h>

#include "stoker/atomic.h"
#include "stoker/words.h"

/* Returns the custody words of a control buffer, NULL when it has none. */
static inline const uint32_t *stk_custody(const uint32_t *control) {
    uint32_t at = control != NULL ? stk_load(control + STK_CTL_BUS) >> STK_CUSTODY_SHIFT : 0u;
    return at != 0u ? control + at : NULL;
}

/* Returns true if the custody words say that a worker has the slot; false without such words. Load the status before,
 * with acquire order. */
static inline bool stk_in_custody(const uint32_t *control, uint32_t slot) {
    const uint32_t *custody = stk_custody(control);
    /* Acquire: after an even word the slot holds what its last worker left there. */
    return custody != NULL && (stk_load_acquire(custody + slot) & 1u) != 0u;
}

/* Returns how many workers have left since the layout. Acquire: what they stored before is seen. */
static inline uint32_t stk_worker_ends(const uint32_t *control) {
    return stk_load_acquire(control + STK_CTL_LEASE_ENDS) + stk_load_acquire(control + STK_CTL_IDLE_ENDS);
}

/* Returns true if no worker can have the slot, whose status none may claim. The ends are read before the entries:
 * workers that enter in between make the two differ. */
static inline bool stk_nobody_has(const uint32_t *control, uint32_t slot) {
    uint32_t ends;
    if (control == NULL || stk_custody(control) != NULL) {
        return control != NULL && !stk_in_custody(control, slot);
    }
    ends = stk_worker_ends(control);
    return stk_load(control + STK_CTL_WORKERS_IN) == ends;
}

/* Returns true if slot `slot`, whose status was loaded with acquire order, has ended: no worker will write to it any
 * more. A word that is no status ends a slot too, once no worker has it, since none will ever claim it. `control` may
 * be NULL: then the status has to do. */
static inline bool stk_slot_ended(const uint32_t *control, uint32_t slot, uint32_t status) {
    if (status == STK_DONE || status == STK_FAULT) {
        return !stk_in_custody(control, slot);
    }
    return status > STK_FAULT && stk_nobody_has(control, slot);
}

#endif
