/* stoker model 3: LOAD_MISS, its server on the host, and cancel of slots that wait. See README.md. */
#ifndef WORKERS
#define WORKERS 2
#endif
#include "miss.pml"

active proctype publisher() {
    byte mine;
    do
    :: atomic { take_coarse(mine); write_coarse(mine) }
    od
}

active [WORKERS] proctype worker() {
    byte cursor, k;
    do
    :: claim_coarse(_pid, cursor);
       load_miss(_pid, cursor, k);
       cursor = (cursor + 1) % SLOTS
    :: d_step { !CLAIMABLE(status[cursor]) && CLAIMABLE(status[(cursor + 1) % SLOTS]) -> cursor = (cursor + 1) % SLOTS }
    od
}

/* STK_TO_CANCEL, and what the slot has asked for: recycled here when that is over, else when it completes. Then the harvester
 * may repair the hole. */
inline cancel_end(i) {
    if
#ifndef CANCEL_LEAKS /* mutation: it stays */
    :: d_step { arg2[i] != 0 && io_status[arg2[i] - 1] == OK ->
                assert(io_src[arg2[i] - 1] == owner[i]); io_free(arg2[i] - 1) }
#endif
    :: else
    fi;
    d_step { life[i] = CANCELLED; spent = true; i = 0 }
}

/* The host's thread for I/O. Cancels are its own too: a completion can be matched with its slot only where no cancel comes in
 * between. `spent`: after a cancel it serves, if there is anything to serve, so that it makes progress. */
active proctype server() {
    byte k, i;
    bool spent;
    do
    :: d_step { io_status[0] == PUBLISHED -> serve_claim(0); spent = false }
    :: d_step { io_status[1] == PUBLISHED -> serve_claim(1); spent = false }
    :: d_step { io_status[0] == CLAIMED -> k = 0; spent = false }
       serve_end(k, i)
    :: d_step { io_status[1] == CLAIMED -> k = 1; spent = false }
       serve_end(k, i)
    :: d_step { spent && !SERVABLE(io_status[0]) && !SERVABLE(io_status[1]) -> spent = false }
#ifndef NO_CANCEL
    :: d_step { !spent && CANCELLABLE(status[0]) -> i = 0; ghost_cancel(i, LEAVING); status[i] = EMPTY }
       cancel_end(i)
    :: d_step { !spent && CANCELLABLE(status[1]) -> i = 1; ghost_cancel(i, LEAVING); status[i] = EMPTY }
       cancel_end(i)
#endif
    od
}

active proctype harvester() {
    do
    :: harvest_coarse()
    :: repair_coarse()
    od
}

ltl live { LIVE }
