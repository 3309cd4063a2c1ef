/* stoker kernels: one of many moves a status on.
 *
 * Lanes of all workers see a status that they may take, and one does. Where host and device see each other's atomics as such, they swap
 * the status. Over a bus (control word 159) a swap of the device is a read of the host's memory and a later write, and what the host
 * stores in between may be lost, even where the swap finds another status than it expects. So there the lanes settle it among themselves, by a word in
 * the device's own memory, the guard: even while nobody moves the status, one more while somebody does, then two more. Who reads an
 * even guard, after that a status that may be taken, and then swaps the guard is the only one: the status has changed before
 * the guard is even again.
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

/* May the status be looked at? That no device looks before it has chosen is part of the order. */
STK_FN int stk_guard_even(stk_u32 guard) {
    return (guard & 1u) == 0u;
}

/* Moves the status from `seen` to `to`: 1, or 0 when somebody else took it. Orders nothing: a fence and stk_taken follow. */
STK_FN int stk_take(const struct stk_dev *d, stk_u32 i, stk_u32 guard, STK_GLOBAL stk_u32 *status, stk_u32 seen,
                    stk_u32 to) {
    if (!d->guards) {
        return stk_cmpxchg_relaxed(status, seen, to) == seen;
    }
    if (stk_cmpxchg_relaxed(d->guards + i, guard, guard + 1u) != guard) {
        return 0;
    }
    stk_st(status, to);
    return 1;
}

/* After the fence: others may look again. */
STK_FN void stk_taken(const struct stk_dev *d, stk_u32 i, stk_u32 guard) {
    if (d->guards) {
        stk_st_fenced(d->guards + i, guard + 2u);
    }
}

#endif
