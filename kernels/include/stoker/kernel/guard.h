/* stoker kernels: how one of many workers takes a slot, and keeps it in hand until the worker lets go.
 *
 * Lanes of all workers see a status that they may take, and exactly one of them must take the slot. Where host and
 * device see each other's atomics as such, the lanes swap the status. Over a bus (control word 159) a swap of the
 * device is a read of the host's memory and a later write. A store of the host in between may be lost, even where the
 * swap finds another status than it expects. So there the lanes decide with a word in the device's own memory, the
 * guard. A guard is even while nobody has the slot, and odd while a worker has it: taking the slot adds one, and
 * letting go adds one more. A lane that reads an even guard, then a status that may be taken, and then swaps the guard
 * is the only one that takes the slot.
 *
 * A status can be forged: a tenant may store to a slot of its own at any time. So a guard stays odd until the slot has
 * ended, and a status that a tenant stores meanwhile gives the slot to no second worker. The host sees the same in the
 * custody words, which no tenant can reach. Behind a bus the custody words follow the guards. Elsewhere the custody
 * words are the guards, and the lanes swap the status as well. A host that finds DONE beside an odd custody word knows
 * that no worker stored this DONE. */
#ifndef STK_GUARD_H
#define STK_GUARD_H

#include "stoker/kernel/device.h"

/* Returns guard `i`, which is read before the status. The guards of the ring's slots come first, then those of the I/O
 * slots. Returns 0 where there are no guards. */
STK_FN stk_u32 stk_guard(const struct stk_dev *d, stk_u32 i) {
    stk_u32 guard = 0;
    if (d->guards) {
        guard = stk_ld_fenced(d->guards + i);
        STK_MEM_FENCE_LOADS();
    }
    return guard;
}

/* Returns true if no worker has the slot. Read the guard before the status: stk_take checks the guard again, so that a
 * status that was read under an old guard is never acted on. */
STK_FN int stk_guard_even(stk_u32 guard) {
    return (guard & 1u) == 0u;
}

/* Shows the host, in the custody word of slot `i`, whether a worker has the slot. Does nothing where the host reads the
 * guards themselves. */
STK_FN void stk_show_custody(const struct stk_dev *d, stk_u32 i, stk_u32 value) {
    if (d->custody) {
        stk_st_fenced(d->custody + i, value);
    }
}

/* Lets go of slot `i`, whose guard was `guard` before the slot was taken: other workers may take the slot now. Call it
 * after the store that ended the slot: a host that sees the even word then also sees that store. */
STK_FN void stk_let_go(const struct stk_dev *d, stk_u32 i, stk_u32 guard) {
    if (d->guards) {
        stk_st_fenced(d->guards + i, guard + 2u);
    }
    stk_show_custody(d, i, guard + 2u);
}

/* Stores the claim of slot `i`, whose guard was `guard` before: first the custody word, since a host that sees CLAIMED
 * is to see the odd word. */
STK_FN void stk_store_claim(const struct stk_dev *d, stk_u32 i, stk_u32 guard, STK_GLOBAL stk_u32 *status, stk_u32 to) {
    stk_show_custody(d, i, guard + 1u);
    stk_st_fenced(status, to);
}

/* Takes slot `i` and moves its status from `seen` to `to`. Returns 1, or 0 if another party took the slot. Orders
 * nothing behind the status: put a fence behind the call, and call stk_let_go in the end. */
STK_FN int stk_take(const struct stk_dev *d, stk_u32 i, stk_u32 guard, STK_GLOBAL stk_u32 *status, stk_u32 seen,
                    stk_u32 to) {
    if (d->guards && stk_cmpxchg_relaxed(d->guards + i, guard, guard + 1u) != guard) {
        return 0;
    }
    if (d->guards && d->swap == 0u) {
        stk_store_claim(d, i, guard, status, to);
        return 1;
    }
    if (d->guards) {
        STK_MEM_FENCE(); /* a host that sees CLAIMED, or what a tenant stored over CLAIMED, sees the odd word too */
    }
    if (stk_cmpxchg_relaxed(status, seen, to) == seen) {
        return 1;
    }
    /* The host was faster, so the guard goes back. */
    stk_let_go(d, i, guard);
    return 0;
}

#endif
