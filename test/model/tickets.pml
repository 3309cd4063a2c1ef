/* stoker model 1: publishers by ticket, workers, a harvester. See README.md. */
#ifndef PUBLISHERS
#define PUBLISHERS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#include "machine.pml"

active [PUBLISHERS] proctype publisher() {
    byte mine, h;
    bool may;
    do
    :: publisher_take(_pid, mine, h);
       publisher_write(mine)
    od
}

/* stk_worker_turn without its round, which search.pml has: in ticket order the cursor always comes to what is published, and a
 * worker that looks at a slot that is not ready only looks again. */
active [WORKERS] proctype worker() {
    byte cursor, seen;
    bool mine;
    do
    :: CLAIMABLE(status[cursor]) ->
       worker_claim(_pid, cursor, seen, mine);
       if
       :: mine ->
          assert(words[cursor]); /* stk_worker_take reads the words of this publish */
          d_step { ghost_leave(cursor, _pid, ENDED); status[cursor] = DONE; mine = false }
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
