/* stoker model: the slot, the tickets, and the calls that every model shares.
 *
 * One step (atomic, d_step) is one access to a shared word, or several accesses that no other process can tell apart
 * from one. The steps follow kernels/loop.h, core/src/ring/publisher.c and core/src/ring/slot.c. Ghosts are variables
 * of the model that the code does not have. They record the history of each slot since its ticket was taken, and every
 * move asserts the history that it needs. Facts about a status follow kernels/include/stoker/slot.h. */
#ifndef SLOTS
#define SLOTS 2
#endif
/* Tickets count modulo TICKETS here and modulo 2^32 in the code: a power of two, so that slots divide it. */
#ifndef TICKETS
#define TICKETS 4
#endif
#ifndef PUBLISHERS
#define PUBLISHERS 1
#endif
#ifndef WORKERS
#define WORKERS 1
#endif

/* core/SPEC.md, 1.2 */
#define EMPTY 0
#define PUBLISHED 1
#define CLAIMED 2
#define DONE 3
#define WAIT_IO 4
#define YIELD 5
#define REQUEUE 6
#define FAULT 7

/* Sets the words of a slot beside its status, as a publisher sets them. A model with such words defines this macro. */
#ifndef WRITE_ARGS
#define WRITE_ARGS(s) skip
#endif

#define AT(ticket) ((ticket) % SLOTS)
#define NEXT(ticket) (((ticket) + 1) % TICKETS)
#define DISTANCE(older, newer) (((newer) + TICKETS - (older)) % TICKETS)
#define FINISHED(s) ((s) == DONE || (s) == FAULT)                               /* stk_status_ended of slot.h */
#define CLAIMABLE(s) ((s) == PUBLISHED || (s) == YIELD || (s) == REQUEUE)       /* stk_status_claimable of slot.h */
#define CANCELLABLE(s) ((s) == PUBLISHED || (s) == WAIT_IO || (s) == YIELD || (s) == REQUEUE) /* rule[STK_TO_CANCEL] */

byte status[SLOTS];
bool words[SLOTS]; /* true: all words but the status belong to the slot's ticket */
byte head, tail;  /* STK_CTL_HARVEST_HEAD, STK_CTL_PUBLISH_TAIL */

/// Ghosts ///

#define FREE 0      /* nobody's: no ticket, or harvested */
#define TAKEN 1     /* its ticket was taken, its publisher writes */
#define READY 2     /* a worker may claim it */
#define RUNNING 3   /* `holder` runs it */
#define WAITING 4   /* for I/O */
#define ENDED 5     /* DONE or FAULT, once */
#define LEAVING 6   /* cancelled; the canceller is not done with it */
#define CANCELLED 7 /* EMPTY, and nobody will write to it */

byte life[SLOTS], owner[SLOTS], holder[SLOTS]; /* owner: the ticket */

inline ghost_take(s, t) { assert(life[s] == FREE); life[s] = TAKEN; owner[s] = t; words[s] = false }
inline ghost_publish(s, t) { assert(life[s] == TAKEN && owner[s] == t); life[s] = READY }
inline ghost_claim(s, w) { assert(life[s] == READY); life[s] = RUNNING; holder[s] = w }
inline ghost_leave(s, w, to) { assert(life[s] == RUNNING && holder[s] == w); life[s] = to; holder[s] = 0 }
inline ghost_cancel(s, to) { assert(life[s] == READY || life[s] == WAITING); life[s] = to }
inline ghost_free(s, t) { assert(owner[s] == t); life[s] = FREE; owner[s] = 0 }

/* The model assumes that no publisher sleeps between its look at the tail and its swap while the others take nearly all
 * ticket numbers. The code has 2^32 numbers, so there this does not happen; the model has few, so it must be forbidden.
 * awake[p]: 1 + the tickets that were taken since publisher p looked; 0 while p is not between look and swap. -DSLEEPER
 * drops the assumption. */
byte awake[PUBLISHERS];
#ifdef SLEEPER
#define MAY_TAKE(p) true
#elif PUBLISHERS == 1
#define MAY_TAKE(p) true
#else
#define MAY_TAKE(p) (awake[1 - (p)] <= TICKETS - SLOTS)
#endif

inline take_ghosts(p, mine) {
    may = false;
    awake[p] = 0;
#if PUBLISHERS == 2 && !defined(SLEEPER)
    if
    :: awake[1 - p] != 0 -> awake[1 - p]++
    :: else
    fi;
#endif
    ghost_take(AT(mine), mine)
}

/// stk_publisher_publish ///

#ifdef WRAP_LESS
#define CREDIT(h, t) ((t) < (h) + SLOTS) /* mutation: indices compared by size */
#elif defined(NO_CREDIT)
#define CREDIT(h, t) true /* mutation: only the status of the slot is checked */
#else
#define CREDIT(h, t) (DISTANCE(h, t) < SLOTS)
#endif
#ifdef HARVEST_DONE
#define TAKEABLE(s) ((s) == EMPTY || (s) == DONE)
#else
#define TAKEABLE(s) ((s) == EMPTY)
#endif

/* Publisher p takes a ticket. The loop ends when ticket `mine` belongs to p. Where the code returns STK_E_FULL or
 * STK_E_WOULD_BLOCK, the loop goes round again. */
inline publisher_take(p, mine, h) {
    atomic { mine = tail; awake[p] = 1 }
    do
    :: atomic { h = head; may = CREDIT(h, mine) };
       if
       :: !may -> /* The publisher waits until the tail or the head has changed: before that, a look finds the same. */
          atomic { (tail != mine || head != h) -> mine = tail; awake[p] = 1; h = 0 }
       :: else ->
          atomic { may = TAKEABLE(status[AT(mine)]); h = 0 };
          if
#if PUBLISHERS == 1
          :: assert(may && tail == mine);
             atomic { true -> tail = NEXT(mine); take_ghosts(p, mine); break }
#else
          :: !may ->
             atomic { assert(tail != mine); mine = tail; awake[p] = 1 } /* STK_E_STATUS never */
#ifdef TICKET_STORE
          :: atomic { may -> tail = NEXT(mine); take_ghosts(p, mine); break } /* mutation: no swap */
#else
          :: atomic { may && MAY_TAKE(p) && tail == mine -> tail = NEXT(mine); take_ghosts(p, mine); break }
          :: atomic { may && MAY_TAKE(p) && tail != mine -> mine = tail; awake[p] = 1; may = false }
#endif
#endif
          fi
       fi
    od
}

/* stk_slot_publish */
inline publisher_write(mine) {
#ifdef PUBLISH_EARLY
    d_step { status[AT(mine)] = PUBLISHED; ghost_publish(AT(mine), mine) } /* mutation: status before words */
    d_step { words[AT(mine)] = true; WRITE_ARGS(AT(mine)) }
#else
    d_step { words[AT(mine)] = true; WRITE_ARGS(AT(mine)) }
    d_step { ghost_publish(AT(mine), mine); status[AT(mine)] = PUBLISHED }
#endif
}

/// stk_claim ///

inline worker_claim(w, i, seen, mine) {
    seen = status[i];
    mine = false;
    if
    :: CLAIMABLE(seen) ->
#ifdef CLAIM_STORE
       d_step { status[i] = CLAIMED; ghost_claim(i, w); mine = true } /* mutation: no swap */
#else
       d_step {
           if
           :: status[i] == seen -> status[i] = CLAIMED; ghost_claim(i, w); mine = true
           :: else
           fi
       }
#endif
    :: else
    fi;
    seen = 0
}

/// stk_publisher_harvest and stk_publisher_repair, by one thread ///

/* Harvests a finished slot: reads the words of the slot, sets the slot to EMPTY, and moves the head. */
inline harvest() {
    assert(tail != head && words[AT(head)]);
#ifdef HEAD_FIRST
    head = NEXT(head); /* mutation: the head moves before the slot is EMPTY */
    d_step {
        assert(life[AT(head + TICKETS - 1)] == ENDED);
        life[AT(head + TICKETS - 1)] = FREE;
        status[AT(head + TICKETS - 1)] = EMPTY
    }
#else
    d_step {
        assert(life[AT(head)] == ENDED && owner[AT(head)] == head);
#ifndef HARVEST_DONE
        status[AT(head)] = EMPTY
#endif
    };
    d_step { ghost_free(AT(head), head); head = NEXT(head) }
#endif
}

/* Moves the head past a hole. The caller knows that nobody will write to this slot. */
inline repair(t) {
    if
#ifdef REPAIR_BLIND
    :: head != tail -> /* mutation: repairs the oldest hole of any kind */
#else
    :: head == t && head != tail ->
#endif
       if
       :: atomic { status[AT(head)] == EMPTY -> skip }
          d_step {
              assert(life[AT(head)] == CANCELLED);
              ghost_free(AT(head), head);
              head = NEXT(head)
          }
       :: else
       fi
    :: else
    fi
}

/// The calls of this file in one step each; tickets.pml and cancel.pml have the single steps ///

/* A look and a swap that depends on nothing but what was seen are, together, one step or none. */
inline claim_coarse(w, i) {
    d_step { CLAIMABLE(status[i]) -> status[i] = CLAIMED; ghost_claim(i, w); assert(words[i]) }
}

inline take_coarse(mine) {
    d_step { DISTANCE(head, tail) < SLOTS -> mine = tail; assert(status[AT(mine)] == EMPTY);
             tail = NEXT(mine); ghost_take(AT(mine), mine) }
}

inline write_coarse(mine) {
    d_step { words[AT(mine)] = true; WRITE_ARGS(AT(mine)); ghost_publish(AT(mine), mine);
             status[AT(mine)] = PUBLISHED; mine = 0 }
}

/* Nobody reads the arguments of an EMPTY slot. */
inline harvest_coarse() {
    d_step { FINISHED(status[AT(head)]) ->
             assert(tail != head && words[AT(head)] && life[AT(head)] == ENDED);
             ghost_free(AT(head), head); status[AT(head)] = EMPTY; WRITE_ARGS(AT(head)); head = NEXT(head) }
}

inline repair_coarse() {
    d_step { life[AT(head)] == CANCELLED -> assert(tail != head && status[AT(head)] == EMPTY);
             ghost_free(AT(head), head); WRITE_ARGS(AT(head)); head = NEXT(head) }
}

/* LIVE: no published slot is lost, so the head moves for ever. The head passes a ticket only when the slot of the
 * ticket has ended, or is a hole that nobody will fill. Publishers never run out of work in these models. */
#define LIVE ([]<> (head % 2 == 0)) && ([]<> (head % 2 == 1))
