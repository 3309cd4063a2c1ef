/* stoker model 2: the host cancels and faults slots while workers claim them and set them to YIELD, and while the host
 * repairs cancelled slots. See README.md. */
#ifndef PUBLISHERS
#define PUBLISHERS 1
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#include "machine.pml"

bool told[SLOTS];    /* the canceller has reported to the harvester that this slot is a hole that nobody will fill */
/* ghost: the handler of the slot has yielded; it yields once, since it would never end if it always yielded */
bool yielded[SLOTS];

active [PUBLISHERS] proctype publisher() {
    byte mine, h;
    bool may;
    do
    :: publisher_take(_pid, mine, h);
       publisher_write(mine)
    od
}

/* A worker, with a handler that ends DONE, FAULT, or YIELD and is taken up again. */
active [WORKERS] proctype worker() {
    byte cursor, seen;
    bool mine;
    do
    :: CLAIMABLE(status[cursor]) ->
       worker_claim(_pid, cursor, seen, mine);
       if
       :: mine ->
          assert(words[cursor]);
          if
          :: d_step { !yielded[cursor] -> yielded[cursor] = true;
                      ghost_leave(cursor, _pid, READY); status[cursor] = YIELD; mine = false }
          :: d_step { true -> ghost_leave(cursor, _pid, ENDED);
                      yielded[cursor] = false; status[cursor] = DONE; mine = false }
          :: d_step { true -> ghost_leave(cursor, _pid, ENDED);
                      yielded[cursor] = false; status[cursor] = FAULT; mine = false }
          fi
       :: else
       fi;
       cursor = (cursor + 1) % SLOTS
    :: !CLAIMABLE(status[cursor]) && CLAIMABLE(status[(cursor + 1) % SLOTS]) ->
       cursor = (cursor + 1) % SLOTS
    od
}

#ifdef CANCEL_CLAIMED
#define MAY_CANCEL(s) (CANCELLABLE(s) || (s) == CLAIMED) /* mutation: as if the slot were the canceller's */
#else
#define MAY_CANCEL(s) CANCELLABLE(s)
#endif
#ifdef CANCEL_STORE
#define FOUND(i, from) true /* mutation: no swap */
#else
#define FOUND(i, from) (status[i] == from)
#endif

/* Calls stk_ring_transition with STK_TO_CANCEL or STK_TO_FAULT on any slot at any time, from a thread of its own. The
 * swap compares the status alone, so it may end a later ticket of the same slot. CANCEL_TICKET asks that the slot still
 * has the ticket that the canceller saw. */
active proctype canceller() {
    byte i, from;
#ifdef CANCEL_TICKET
    byte seen;
#endif
    do
    :: if
       :: d_step { MAY_CANCEL(status[0]) -> i = 0; from = status[0] }
       :: d_step { MAY_CANCEL(status[1]) -> i = 1; from = status[1] }
       fi;
#ifdef CANCEL_TICKET
       seen = owner[i]; /* mutation: the caller means one ticket */
#endif
       if
       :: d_step { FOUND(i, from) ->
#ifdef CANCEL_TICKET
                   assert(owner[i] == seen);
#endif
                   ghost_cancel(i, CANCELLED); yielded[i] = false; status[i] = EMPTY; from = 0 }
          d_step { told[i] = true; i = 0 }
       :: d_step { FOUND(i, from) -> ghost_cancel(i, ENDED); yielded[i] = false; status[i] = FAULT; from = 0; i = 0 }
       :: d_step { !FOUND(i, from) -> from = 0; i = 0 } /* STK_E_STATUS */
       fi
    od
}

active proctype harvester() {
    do
    :: FINISHED(status[AT(head)]) && tail != head -> harvest()
#ifdef REPAIR_ANY
    :: tail != head && status[AT(head)] == EMPTY -> repair(head) /* mutation: a hole is taken for a dead one */
#else
    :: told[AT(head)] -> told[AT(head)] = false; repair(head)
#endif
    od
}

ltl live { LIVE }
