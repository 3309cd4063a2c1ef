/* stoker kernels: one of many takes a slot, and has it in hand until it lets go.
 *
 * Lanes of all workers see a status that they may take, and one does. Where host and device see each other's atomics as such, they swap
 * the status. Over a bus (control word 159) a swap of the device is a read of the host's memory and a later write, and what the host
 * stores in between may be lost, even where the swap finds another status than it expects. So there the lanes settle it among themselves, by a word in
 * the device's own memory, the guard: even while nobody has the slot, one more while somebody does, then two more. Who
 * reads an even guard, after that a status that may be taken, and then swaps the guard is the only one.
 *
 * A status can be forged: a tenant may store to a slot of its own at any time. So a guard stays odd until the slot has
 * ended: what a tenant stores meanwhile gives the slot to no second worker. The host sees the same in the custody
 * words, which no tenant can reach: behind a bus they follow the guards, and elsewhere they are the guards, beside the
 * swap of the status. A host that finds DONE and an odd word beside it knows that no worker stored that DONE.
 */
#ifndef STK_GUARD_H
#define STK_GUARD_H

#include "device.h"

/* Guard `i`, read before the status: slots of the ring, then of the I/O queue. Without guards 0. */
STK_FN stk_u32 stk_guard(const struct stk_dev *d, stk_u32 i) {
    stk_u32 guard = 0;
    if (d->guards) {
        guard = stk_ld_fenced(d->guards + i);
        STK_FENCE_LOADS();
    }
    return guard;
}

/* Returns true if no worker has the slot. Read the guard before the status: stk_take checks the guard again, so that a
 * status that was read under an old guard is never acted on. */
STK_FN int stk_guard_even(stk_u32 guard) {
    return (guard & 1u) == 0u;
}

/* Shows the host whether a worker has slot `i`, where the guards are not what the host reads. */
STK_FN void stk_show_custody(const struct stk_dev *d, stk_u32 i, stk_u32 value) {
    if (d->custody) {
        stk_st_fenced(d->custody + i, value);
    }
}

/* Lets go of slot `i`, whose guard was `guard` when it was taken: others may take it. After the store that ended it, so
 * that a host which sees the even word sees that store. */
STK_FN void stk_let_go(const struct stk_dev *d, stk_u32 i, stk_u32 guard) {
    if (d->guards) {
        stk_st_fenced(d->guards + i, guard + 2u);
    }
    stk_show_custody(d, i, guard + 2u);
}

/* Takes slot `i`, moving its status from `seen` to `to`: 1, or 0 when somebody else took it. Orders nothing: a fence
 * follows, and stk_let_go in the end. */
STK_FN int stk_take(const struct stk_dev *d, stk_u32 i, stk_u32 guard, STK_GLOBAL stk_u32 *status, stk_u32 seen,
                    stk_u32 to) {
    if (d->guards && stk_cmpxchg_relaxed(d->guards + i, guard, guard + 1u) != guard) {
        return 0;
    }
    if (d->guards && d->swap == 0u) {
        stk_st(status, to);
        stk_show_custody(d, i, guard + 1u);
        return 1;
    }
    if (stk_cmpxchg_relaxed(status, seen, to) == seen) {
        return 1;
    }
    stk_let_go(d, i, guard); /* the host was faster */
    return 0;
}

#endif
