/* stoker model: the dispatcher looks at the ring and hands slots to the other work-groups through mailboxes in the
 * device's memory. Leases end, groups arrive late or leave early, and the device may be lost at any step. See
 * README.md. */
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
#define OPEN 1   /* the worker of the mailbox waits for a slot */
#define FULL 2   /* the dispatcher has put a slot into the mailbox */
#define CLOSED 3 /* the worker of the mailbox has left */
#define BUSY 4   /* the worker of the mailbox runs a slot, and there is room for the next one */

byte box[BOXES], job[BOXES];
byte arrived, left;
bool stop;

bool inside[GROUPS + 1]; /* by _pid: the group runs in this launch; the publisher has _pid 0 */
byte running;            /* number of groups that run in this launch */
byte cursor_word;
bool lost;

/* A slot in a mailbox, or run from one, is held by 10 + the number of the mailbox. */
#define HOLDER(b) (10 + (b))

/* A worker leaves when the dispatcher has set `stop`, or when the worker's own lease is over. The worker's lease is
 * longer than the dispatcher's, so it is over first only if the dispatcher is very slow. With PATIENT, for liveness,
 * the worker's lease is never over first. */
#ifdef PATIENT
#define MAY_LEAVE stop
#else
#define MAY_LEAVE true
#endif

inline end_slot(s, w) {
    if
    :: d_step { ghost_leave(s, w, ENDED); status[s] = DONE }
#ifndef NO_YIELD
    :: d_step { yields[s] == 0 -> yields[s] = 1; ghost_leave(s, w, READY); status[s] = YIELD }
#endif
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
#define WAITS(b) (box[b] == OPEN || box[b] == BUSY || box[b] == ABSENT) /* mutation: the worker may never come */
#define OPEN_NOW(b) (box[b] == OPEN || box[b] == ABSENT)
#else
#define WAITS(b) (box[b] == OPEN || box[b] == BUSY)
#define OPEN_NOW(b) (box[b] == OPEN)
#endif

inline fill(b) {
    box[b] = FULL;
    holder[job[b]] = HOLDER(b)
}

inline give_back(b) {
    ghost_leave(job[b], _pid, READY);
    status[job[b]] = REQUEUE
}

/* Puts the slot of the turn before into its mailbox, by swaps that each expect one state of the mailbox. If the worker
 * has closed the mailbox, the slot goes back to the ring. */
inline put(given) {
    if
    :: given == BOXES
#ifdef FULL_STORE
    :: atomic { given < BOXES -> fill(given) } /* mutation: no swap */
#else
    :: atomic { given < BOXES && OPEN_NOW(given) -> fill(given) }
    :: d_step { given < BOXES && !WAITS(given) -> give_back(given) }
    :: given < BOXES && box[given] == BUSY ->
       if
       :: atomic { box[given] == BUSY -> fill(given) }
       :: box[given] == OPEN ->
          if
          :: atomic { box[given] == OPEN -> fill(given) }
          :: d_step { box[given] != OPEN -> give_back(given) }
          fi
       :: d_step { box[given] != BUSY && box[given] != OPEN -> give_back(given) }
       fi
#endif
    fi;
    given = BOXES
}

#define WORKS(b) (box[b] == FULL || box[b] == BUSY)

/* Looks for a mailbox that has room. Some lanes look while others still swap for the turn before. */
inline look(given, b, busy) {
    b = 0;
    busy = false;
    do
    :: b == BOXES -> break
#ifdef STALE_LOOK
    :: atomic { b < BOXES && WAITS(b) -> break } /* mutation: takes a mailbox that is being filled */
    :: atomic { b < BOXES && !WAITS(b) -> busy = busy || WORKS(b); b++ }
#else
    :: atomic { b < BOXES && b != given && WAITS(b) -> break }
    :: atomic { b < BOXES && (b == given || !WAITS(b)) -> busy = busy || b == given || WORKS(b); b++ }
#endif
    od
}

/* Says whether the dispatcher may claim a slot: a mailbox has room for the slot, or no worker at a mailbox has work. In
 * the second case the dispatcher runs the slot itself. */
#ifdef LAZY
#define ROOM(b, busy) ((b) < BOXES) /* mutation: the dispatcher runs no slot, so slots stay where no worker is */
#else
#define ROOM(b, busy) ((b) < BOXES || !(busy))
#endif

/* One turn of the dispatcher, which is the only group that claims: it looks, then it stores CLAIMED. While some worker
 * has work and no worker waits, slots stay in the ring. Without any worker the dispatcher runs the slot itself. */
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

/* Copies the slot with its words from the mailbox, and runs it. Meanwhile the dispatcher may put the next slot into the
 * mailbox. A worker that is about to leave keeps the mailbox FULL, so that no next slot comes. */
inline run_job(b, mine, stays) {
#ifdef BUSY_EARLY
    stays = true;
    box[b] = BUSY; /* mutation: the next slot may come before the words of this one were read */
    d_step { mine = job[b]; job[b] = 0 };
#else
    d_step { mine = job[b]; job[b] = 0 };
    if
    :: stays = true; box[b] = BUSY
    :: MAY_LEAVE -> stays = false
    fi;
#endif
    end_slot(mine, HOLDER(b));
#ifdef PLAIN_DONE
    d_step { box[b] = OPEN; mine = 0; stays = false } /* mutation: no swap */
#else
    if
    :: d_step { !stays -> box[b] = CLOSED; mine = 0 }
    :: d_step { stays && box[b] == BUSY -> box[b] = OPEN; mine = 0; stays = false }
    /* the worker's own lease is over */
    :: d_step { stays && box[b] == BUSY && MAY_LEAVE -> box[b] = CLOSED; mine = 0; stays = false }
    :: d_step { stays && box[b] == FULL -> mine = 0; stays = false } /* the next slot is in the mailbox */
    fi
#endif
}

active [GROUPS] proctype group() {
    byte me, cursor, b, given = BOXES, mine;
    bool busy, stays;
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
              :: box[b] == FULL -> run_job(b, mine, stays)
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
               inside[_pid] = false; running--; me = 0; cursor = 0;
               b = 0; given = BOXES; busy = false; mine = 0; stays = false
           }
       }
#ifndef NO_LOSS
       unless {
           d_step { lost -> inside[_pid] = false; running--; me = 0; cursor = 0;
                    b = 0; given = BOXES; busy = false; mine = 0; stays = false }
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
       /* a recovery makes new buffers */
       d_step { left = 0; arrived = 0; stop = false; box[0] = ABSENT; box[BOXES - 1] = ABSENT };
       lost = false
#endif
    :: d_step { !lost && running == 0 && tail != head && !FINISHED(status[AT(head)]) ->
                for (k : 1 .. GROUPS) { inside[k] = true };
                running = GROUPS; k = 0 }
    od
}

ltl live { LIVE }
