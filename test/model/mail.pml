/* stoker model: one group looks at the ring and hands slots to the others through mailboxes in the device's memory. Leases end, groups
 * arrive late or leave early, the device is lost at any step. See README.md. */
#define WORKERS GROUPS
#ifndef GROUPS
#define GROUPS 3
#endif
#define WRITE_ARGS(s) yields[s] = 0
byte yields[2]; /* times that a call stopped half-way */
#include "machine.pml"

#define BOXES (GROUPS - 1)

/* STK_MAIL_* of kernels/mail.h */
#define ABSENT 0 /* its worker has not checked in */
#define OPEN 1   /* its worker waits for a slot */
#define FULL 2   /* the dispatcher put a slot into it */
#define CLOSED 3 /* its worker has left */

byte box[BOXES], job[BOXES];
byte arrived, left;
bool stop;

bool inside[GROUPS + 1]; /* by _pid; the publisher is 0 */
byte running;            /* how many are inside */
byte cursor_word;
bool lost;

/* A slot in a mailbox, or run from one, is held by 10 + the number of the mailbox. */
#define HOLDER(b) (10 + (b))

/* A worker leaves when it is told to stop, or when its own lease is over. That lease is longer than the dispatcher's, so it ends first
 * only where the dispatcher is very slow: liveness takes for granted that it does not (PATIENT). */
#ifdef PATIENT
#define MAY_LEAVE stop
#else
#define MAY_LEAVE true
#endif

inline end_slot(s, w) {
    if
    :: d_step { ghost_leave(s, w, ENDED); status[s] = DONE }
    :: d_step { yields[s] == 0 -> yields[s] = 1; ghost_leave(s, w, READY); status[s] = YIELD }
    fi
}

active proctype publisher() {
    byte mine;
    do
    :: take_coarse(mine);
       write_coarse(mine)
    od
}

#ifdef TO_ABSENT
#define WAITS(b) (box[b] == OPEN || box[b] == ABSENT) /* mutation: a worker that may never come */
#else
#define WAITS(b) (box[b] == OPEN)
#endif

/* Puts the slot of the turn before into its mailbox. The worker may have closed it; then the slot goes back to the ring. */
inline put(given) {
    if
    :: given == BOXES
#ifdef FULL_STORE
    :: atomic { given < BOXES -> box[given] = FULL; holder[job[given]] = HOLDER(given) } /* mutation: no swap */
#else
    :: atomic { given < BOXES && WAITS(given) -> box[given] = FULL; holder[job[given]] = HOLDER(given) }
    :: d_step { given < BOXES && !WAITS(given) -> ghost_leave(job[given], _pid, READY); status[job[given]] = REQUEUE }
#endif
    fi;
    given = BOXES
}

/* Looks for a mailbox whose worker waits. Some lanes look while others still swap for the turn before. */
inline look(given, b, busy) {
    b = 0;
    busy = false;
    do
    :: b == BOXES -> break
#ifdef STALE_LOOK
    :: atomic { b < BOXES && WAITS(b) -> break } /* mutation: a mailbox that is being filled */
    :: atomic { b < BOXES && !WAITS(b) -> busy = busy || box[b] == FULL; b++ }
#else
    :: atomic { b < BOXES && b != given && WAITS(b) -> break }
    :: atomic { b < BOXES && (b == given || !WAITS(b)) -> busy = busy || b == given || box[b] == FULL; b++ }
#endif
    od
}

#ifdef LAZY
#define ROOM(b, busy) ((b) < BOXES) /* mutation: without a worker nobody runs the slot */
#else
#define ROOM(b, busy) ((b) < BOXES || !(busy))
#endif

/* The turn of the dispatcher, which is the only group that claims: it looks, then it stores CLAIMED. While a worker has work and none
 * waits, slots stay in the ring. Without any worker the dispatcher runs the slot itself. */
inline dispatch(cursor, given, b, busy) {
    look(given, b, busy);
    put(given);
    if
    :: ROOM(b, busy) && CLAIMABLE(status[cursor]) ->
       d_step { status[cursor] = CLAIMED; ghost_claim(cursor, _pid); assert(words[cursor]) };
       if
       :: b == BOXES -> end_slot(cursor, _pid)
       :: b < BOXES -> job[b] = cursor; given = b
       fi;
       cursor = (cursor + 1) % SLOTS
    :: !ROOM(b, busy) && CLAIMABLE(status[cursor])
    :: !CLAIMABLE(status[cursor]) -> cursor = (cursor + 1) % SLOTS
    fi;
    b = 0;
    busy = false
}

inline run_job(b) {
#ifdef OPEN_EARLY
    box[b] = OPEN; /* mutation: the next slot may come while this one runs */
    end_slot(job[b], HOLDER(b))
#else
    end_slot(job[b], HOLDER(b));
    if
    :: box[b] = OPEN
    :: MAY_LEAVE -> box[b] = CLOSED /* its own lease is over */
    fi
#endif
}

active [GROUPS] proctype group() {
    byte me, cursor, b, given = BOXES;
    bool busy;
    do
    :: atomic { inside[_pid] && !lost -> me = arrived; arrived++ };
       {
           if
           :: me == 0 ->
              cursor = cursor_word;
              do
              :: dispatch(cursor, given, b, busy);
                 if
                 :: true
                 :: break
                 fi
              od;
              put(given);
              cursor_word = cursor;
              stop = true
           :: me != 0 ->
              b = me - 1;
              box[b] = OPEN;
              do
              :: box[b] == FULL -> run_job(b)
              :: box[b] == CLOSED -> break
              :: box[b] == OPEN && MAY_LEAVE ->
#ifdef PLAIN_CLOSE
                 box[b] = CLOSED; break /* mutation: no swap */
#else
                 if
                 :: atomic { box[b] == OPEN -> box[b] = CLOSED; break }
                 :: atomic { box[b] == FULL -> skip }
                 fi
#endif
#ifdef RESET_EARLY
              :: box[b] == ABSENT -> assert(false) /* the worker would wait for ever */
#endif
              od
           fi;
           /* The last to leave makes the mailboxes ready for the next launch. */
#ifdef RESET_EARLY
           if
           :: me == 0 -> d_step { arrived = 0; stop = false; box[0] = ABSENT; box[BOXES - 1] = ABSENT } /* mutation */
           :: else
           fi;
#endif
           atomic {
               left++;
               if
               :: left == GROUPS ->
                  assert(life[0] != RUNNING && life[1] != RUNNING); /* no slot is stranded */
                  left = 0; arrived = 0; stop = false; box[0] = ABSENT; box[BOXES - 1] = ABSENT
               :: else
               fi;
               inside[_pid] = false; running--; me = 0; cursor = 0; b = 0; given = BOXES; busy = false
           }
       }
#ifndef NO_LOSS
       unless {
           d_step { lost -> inside[_pid] = false; running--; me = 0; cursor = 0; b = 0; given = BOXES; busy = false }
       }
    :: d_step { inside[_pid] && lost -> inside[_pid] = false; running-- }
#endif
    od
}

#define HELD(i) (life[i] == RUNNING)

#ifndef NO_LOSS
byte losses;
active proctype device() {
    do
    :: d_step { !lost && running != 0 && (HELD(0) || HELD(1)) && losses < 1 -> lost = true; losses++ }
    od
}
#endif

inline take_back(i) {
    d_step {
        if
        :: status[i] == CLAIMED -> assert(life[i] == RUNNING); status[i] = REQUEUE; life[i] = READY; holder[i] = 0
        :: else
        fi
    }
}

active proctype host() {
    byte k;
    do
    :: harvest_coarse()
#ifndef NO_LOSS
    :: lost && running == 0 ->
       take_back(0);
       take_back(1);
       d_step { left = 0; arrived = 0; stop = false; box[0] = ABSENT; box[BOXES - 1] = ABSENT }; /* buffers are made anew */
       lost = false
#endif
    :: d_step { !lost && running == 0 && tail != head && !FINISHED(status[AT(head)]) ->
                for (k : 1 .. GROUPS) { inside[k] = true };
                running = GROUPS; k = 0 }
    od
}

ltl live { LIVE }
