/* stoker model 5: where a worker of one lane looks in a ring without partitions, lease after lease (kernels/find.h;
 * stk_find and stk_worker_run in loop.h). Slots become ready in any order, as after YIELD and REQUEUE, and no doorbell
 * changes. Each ready slot must be claimed in the end. See README.md. */
#define SLOTS 4
#ifndef TURNS
#define TURNS 2 /* of a lease: it need not get around the ring */
#endif
#define ROUND_EVERY 3 /* STK_SCAN_EVERY */
#define IDLE_EVERY  2 /* STK_IDLE_SCAN_EVERY */
#define QUIET       (SLOTS + 1)
#ifdef FORGET_ROUND
#define ROUND_WORD 0
#else
#define ROUND_WORD round_word
#endif
#ifdef NO_ROUND
#define ON(slot) slot
#else
#define ON(slot) AFTER(slot)
#endif

bool ready[SLOTS];
byte cursor_word;    /* STK_CTL_CURSOR */
byte round_word = 1; /* STK_CTL_RING_SCAN */

#define ANY_READY (ready[0] || ready[1] || ready[2] || ready[3])
#define AFTER(slot) ((slot) + 1 == SLOTS -> 0 : (slot) + 1)

/* They may go on for ever, or stop. */
active proctype others() {
    do
    :: break
    :: d_step { !ready[0] -> ready[0] = true }
    :: d_step { !ready[1] -> ready[1] = true }
    :: d_step { !ready[2] -> ready[2] = true }
    :: d_step { !ready[3] -> ready[3] = true }
    od
}

/* A slot that ends makes the worker patient again, one that goes to YIELD or REQUEUE does not. */
inline take(slot) {
    d_step { ready[slot] = false; found = true; since++; quiet = 0 }
    if
    :: idle = 0
    :: idle++
    fi
}

active proctype worker() {
    byte cursor, round, turns, idle, since, quiet;
    bool found;
end:
    do
    /* the host launches when slots are pending */
    :: atomic { ANY_READY -> cursor = cursor_word; round = ROUND_WORD; turns = TURNS }
       do
       :: atomic { turns == 0 || idle >= TURNS ->
                   cursor_word = cursor; round_word = round;
                   cursor = 0; round = 0; turns = 0; idle = 0; since = 0; quiet = 0;
                   break }
       :: atomic { turns != 0 && idle < TURNS ->
                   turns--;
                   found = false;
                   if
                   :: since >= ROUND_EVERY -> /* the ring scan's turn */
                      since = 0;
                      round = ON(round);
                      if
                      :: ready[round] -> take(round)
                      :: else
                      fi
                   :: else
                   fi;
                   if
                   :: !found && ready[cursor] -> take(cursor); cursor = AFTER(cursor)
                   :: else
                   fi;
                   if
                   :: !found ->
                      quiet = (quiet > QUIET + 1 -> quiet - 1 : quiet + 1); /* the code counts on */
                      if
                      :: quiet <= QUIET || quiet % IDLE_EVERY == 0 ->
                         round = ON(round);
                         if
                         :: ready[round] -> take(round); cursor = AFTER(round)
                         :: else
                         fi
                      :: else
                      fi;
                      if
                      :: !found -> idle++
                      :: else
                      fi
                   :: else
                   fi }
       od
    od
}

ltl live { [] (ready[0] -> <> !ready[0]) }
