/* stoker model 5: where a worker looks (kernels/loop.h: stk_worker_enter, _turn, _take, _leave), lease after lease. Slots become
 * ready in any order, as after YIELD and REQUEUE; each is claimed in the end. See README.md. */
#define SLOTS 4
#ifndef TURNS
#define TURNS (SLOTS - 1)
#endif
#ifndef IDLE_TURNS
#define IDLE_TURNS (SLOTS - 1)
#endif

bool ready[SLOTS];
byte cursor_word; /* STK_CTL_CURSOR */

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

/* stk_worker_take. A slot that ends makes the worker patient again, one that goes to YIELD or REQUEUE does not. */
inline take(slot) {
    d_step { ready[slot] = false; cursor = AFTER(slot) }
    if
    :: idle = 0
    :: idle++
    fi
}

active proctype worker() {
    byte cursor, round, turns, idle;
end:
    do
    :: atomic { ANY_READY -> cursor = cursor_word; round = cursor; turns = TURNS; idle = 0 } /* launched when slots are pending */
       do
       :: atomic { turns == 0 || idle >= IDLE_TURNS -> cursor_word = cursor; cursor = 0; round = 0; turns = 0; idle = 0; break }
       :: atomic { turns != 0 && idle < IDLE_TURNS ->
                   turns--;
                   if
                   :: ready[cursor] -> take(cursor)
                   :: else ->
                      round = AFTER(round);
                      if
                      :: ready[round] -> take(round)
                      :: else -> idle++
                      fi
                   fi }
       od
    od
}

ltl live { [] (ready[0] -> <> !ready[0]) }
