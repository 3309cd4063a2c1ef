/* stoker model 6: workers whose swaps the host does not see as one step (stk_atomics_exclude of
 * slot.h). See README.md. */
#define PUBLISHERS 1
#define WORKERS 2
#include "machine.pml"

/* swapping[s]: a swap of the device on the status of slot s is under way. Over a bus a swap is a read and a later
 * write. If the swap did not find the value that it expects, it writes back the value that it read. Other accesses of
 * the device to this word wait for the end of the swap. Accesses of the host do not wait. */
bool swapping[SLOTS];

#define BY_DEVICE(s) (!swapping[s])

/* The guard words. All workers see a swap of a guard word as one step. odd[s]: the guard of slot s is odd.
 * unchanged[p]: 1 + the slot whose guard still has the value that process p read there, or 0. A counter modulo 2^32
 * tells a worker the same, unless the worker sleeps through 2^31 claims of one slot. */
bool odd[SLOTS];
byte unchanged[PUBLISHERS + WORKERS];

inline read_guard(w, i) {
    d_step {
        unchanged[w] = (odd[i] -> 0 : i + 1)
    }
}

inline forget(w, i) {
    d_step {
        if
        :: unchanged[w] == i + 1 -> unchanged[w] = 0
        :: else
        fi
    }
}

inline swap_guard(w, i, won) {
    d_step {
        won = unchanged[w] == i + 1;
        if
        :: won -> odd[i] = true; forget(PUBLISHERS, i); forget(PUBLISHERS + 1, i)
        :: else
        fi
    }
}

/* stk_guard and stk_take of guard.h; LET_GO is stk_let_go */
inline bus_claim(w, i, seen, mine) {
#ifdef SWAP
    seen = status[i];
    mine = false;
    if
    :: CLAIMABLE(seen) -> /* mutation: a swap of the status, which the host writes too */
       atomic { BY_DEVICE(i) -> swapping[i] = true; mine = (status[i] == seen); seen = status[i] }
       d_step {
           swapping[i] = false;
           if
           :: mine -> status[i] = CLAIMED; ghost_claim(i, w)
           :: else -> status[i] = seen
           fi
       }
    :: else
    fi;
#else
#ifndef GUARD_LATE
    read_guard(w, i);
#endif
    seen = status[i];
#ifdef GUARD_LATE
    read_guard(w, i); /* mutation: the guard is read after the status */
#endif
    mine = false;
    if
    :: CLAIMABLE(seen) ->
       swap_guard(w, i, mine);
       if
       :: mine ->
#ifdef RELEASE_EARLY
          odd[i] = false; /* mutation: the guard is released before the status is CLAIMED */
#endif
          d_step { ghost_claim(i, w); status[i] = CLAIMED }
       :: else
       fi
    :: else
    fi;
#endif
    seen = 0
}

#define CLAIM bus_claim
#define LET_GO(s) odd[s] = false
#include "turns.pml"
