/* stoker model: publishers by ticket, workers and a harvester. The models that include this file differ in three
 * macros. CLAIM is how a worker claims; BY_DEVICE is when a worker may store to a status; LET_GO is the worker's step
 * after the slot has ended. */

active [PUBLISHERS] proctype publisher() {
    byte mine, h;
    bool may;
    do
    :: publisher_take(_pid, mine, h);
       publisher_write(mine)
    od
}

#ifndef LET_GO
#define LET_GO(s) skip
#endif

/* stk_worker_turn without ring scans, which search.pml has. In ticket order the cursor always comes to the published
 * slot, and a worker that looks at a slot that is not ready only looks once more. */
active [WORKERS] proctype worker() {
    byte cursor, seen;
    bool mine;
    do
    :: CLAIMABLE(status[cursor]) ->
       CLAIM(_pid, cursor, seen, mine);
       if
       :: mine ->
          assert(words[cursor]); /* stk_worker_take reads the words of this publish */
          d_step { BY_DEVICE(cursor) -> ghost_leave(cursor, _pid, ENDED); status[cursor] = DONE; mine = false }
          LET_GO(cursor)
       :: else
       fi;
       cursor = (cursor + 1) % SLOTS
    :: !CLAIMABLE(status[cursor]) && CLAIMABLE(status[(cursor + 1) % SLOTS]) ->
       cursor = (cursor + 1) % SLOTS
    od
}

active proctype harvester() {
    do
    :: FINISHED(status[AT(head)]) && tail != head -> harvest()
    od
}

ltl live { LIVE }
