/* stoker model 7: one slot, and a tenant that stores what it likes in its status while the slot is its own, from its
 * publish to its harvest (guard.h with custody words that are the guards, stk_claim and stk_worker_take in loop.h,
 * publisher.c). Even tickets are the forger's. See README.md. */
#define TICKETS 4
#define EMPTY 0
#define PUBLISHED 1
#define CLAIMED 2
#define DONE 3
#define BAD 4 /* none */
#define WORKERS 2
#define FORGERS(t) ((t) % 2 == 0)
#define NEXT(t) (((t) + 1) % TICKETS)

byte status, head, tail;
bool odd;                /* the custody word */
bool unchanged[WORKERS]; /* workers whose swap would still find the custody word that they read */

/// Ghosts ///

byte words;       /* 1 + the ticket whose words are in the slot, 0 while they are written */
byte inside;      /* workers that have the slot */
bool ran;         /* a worker has ended the ticket that is outstanding */
bool own = false; /* the slot is the forger's: it is published and not harvested */

inline change(to) { d_step { odd = to; unchanged[0] = false; unchanged[1] = false } }

active [WORKERS] proctype worker() {
    byte seen, job;
    bool mine;
    do
    :: d_step { !odd -> unchanged[_pid] = true }
       seen = status;
       mine = false;
       if
       :: seen == PUBLISHED ->
#ifdef STATUS_FIRST
          d_step { /* mutation: the status says CLAIMED before the custody word is odd */
              if
              :: status == seen -> status = CLAIMED; mine = true
              :: else
              fi
          }
          if
          :: mine -> change(true)
          :: else
          fi
#else
          d_step {
              if
              :: unchanged[_pid] -> change(true); mine = true
              :: else
              fi
          }
          if
          :: mine ->
             d_step {
                 if
                 :: status == seen -> status = CLAIMED
                 :: else -> mine = false
                 fi
             }
             if
             :: !mine -> change(false)
             :: else
             fi
          :: else
          fi
#endif
       :: else
       fi;
       if
       :: mine ->
#ifdef RELEASE_EARLY
          change(false); /* mutation: others may take the slot while it runs */
#endif
          d_step { inside++; assert(inside == 1 && words != 0); job = words }
          d_step { assert(job == words); ran = true } /* results go to the slot of the ticket that was run */
          d_step { status = DONE; inside--; job = 0 }
#ifndef RELEASE_EARLY
          change(false)
#endif
       :: else
       fi;
       seen = 0; mine = false
    od
}

active proctype forger() {
    do
    :: d_step { own -> status = PUBLISHED }
    :: d_step { own -> status = DONE }
    :: d_step { own -> status = BAD }
    od
}

active proctype publisher() {
    byte seen;
    do
    :: head == tail ->
       seen = status;
       if
#ifdef BLIND_PUBLISH
       :: seen != PUBLISHED -> /* mutation: the publisher checks neither custody nor EMPTY */
#else
       :: seen == EMPTY && !odd ->
#endif
          d_step { tail = NEXT(tail); assert(inside == 0); words = 0; ran = false }
          d_step { words = 1 + head }
          d_step { status = PUBLISHED; own = FORGERS(head) }
       :: else
       fi;
       seen = 0
    od
}

active proctype harvester() {
    byte seen;
    bool taken;
    do
    :: head != tail && (status == DONE || status == BAD) ->
       seen = status;
       taken = false;
       if
#ifdef BLIND_HARVEST
       :: seen == DONE || seen == BAD -> /* mutation: the harvester believes the status */
#else
       :: (seen == DONE || seen == BAD) && !odd ->
#endif
          d_step {
              if
              :: status == seen -> status = EMPTY; taken = true
              :: else
              fi
          }
/* The second look at the custody word. The mutation ONE_LOOK leaves it out, BLIND_HARVEST leaves out both looks. */
#if !defined(ONE_LOOK) && !defined(BLIND_HARVEST)
          if
          :: taken && odd ->
             d_step {
                 taken = false;
                 if
                 :: status == EMPTY -> status = seen
                 :: else
                 fi
             }
          :: else
          fi
#endif
       :: else
       fi;
       if
       :: taken ->
          d_step {
              assert(FORGERS(head) || (ran && seen == DONE)); /* others' tickets end as their worker ended them */
              own = false;
              head = NEXT(head)
          }
       :: else
       fi;
       seen = 0; taken = false
    :: d_step { head == tail && status != EMPTY && status != PUBLISHED && !odd -> status = EMPTY } /* give_back */
    od
}

/* Under weak fairness the tickets of others are not held up for ever, once the forger lets its slot end. */
ltl live { [] ((tail != head && !FORGERS(head)) -> <> (tail == head)) }
