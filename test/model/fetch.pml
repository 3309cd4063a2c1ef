/* stoker model: LOAD_MISS on the device and the fetch service on the host, for the models that include this file. Every
 * slot holds a load miss, and all of them ask for the same resource, so that nothing but the protocol tells them apart.
 * The model follows kernels/op_load_miss.h, core/src/ring/io_queue.c and core/src/stream/fetch*.c. OK stands for ERROR
 * as well, and DONE for FAULT. The handler reports them in different ways, but both allow the same next steps. */
#ifndef WRITE_ARGS
#define WRITE_ARGS(s) arg2[s] = 0
#endif
#include "machine.pml"
#ifndef IOS
#define IOS 2
#endif
#define OK 16

byte arg2[SLOTS]; /* STK_FETCH_TICKET_ARG of slot.h: 1 + the I/O slot; what a publisher made up, where it forges */
byte io_status[IOS], io_tag[IOS];
byte io_for[IOS]; /* ghost: the ticket of the publish whose miss this is */
#define NOBODY 98 /* its slot was cancelled */

/* The entry of the service for each I/O slot: struct stk_fetch_request. */
#define WAITING_FOR 1 /* STK_FETCH_WAITING */
#define OUTCOME 2
byte req[IOS], req_slot[IOS];

#ifdef HANDLES
/* All slots ask through one handle, which the host grants and revokes. */
bool granted = true, grant_number; /* grant_number: ghost, tells a grant from the one before */
bool moving[IOS];                  /* the I/O of this request is with the port; what the port does cannot be stopped */
bool moves_under[IOS];             /* ghost: number of the grant under which it moves */
byte moves_for[IOS];               /* ghost: the ticket of the publish for which it moves */
#define MOVES(k) moving[k]
#else
#define MOVES(k) false
#endif

/// Worker ///

inline io_free(k) { io_status[k] = EMPTY; io_for[k] = 0 }

/* stk_io_take: k becomes 1 + the first free I/O slot, 0 when there is none. */
inline io_take(k) {
    k = 0;
    do
#ifdef IO_TAKE_STORE
    :: atomic { k < IOS && io_status[k] == EMPTY -> skip }
       d_step { assert(io_status[k] == EMPTY); io_status[k] = WAIT_IO; k++ } /* mutation: no swap */
       break
#else
    :: d_step { k < IOS && io_status[k] == EMPTY -> io_status[k] = WAIT_IO; k++ } /* look and swap: one step or none */
       break
#endif
    :: d_step { k < IOS && io_status[k] != EMPTY -> k++ }
    :: atomic { k == IOS -> k = 0; break }
    od
}

#ifdef ANY_TAG
#define OWN(i, k) true /* mutation: any slot with a ticket counts as the asker */
#else
#define OWN(i, k) (io_tag[k] == i) /* stk_fetch_own */
#endif

/* stk_op_load_miss on slot i, which worker w has claimed; k is the worker's own. */
inline load_miss(w, i, k) {
    if
    :: arg2[i] == 0 -> /* stk_io_publish */
       io_take(k);
       if
       :: d_step { k == 0 -> ghost_leave(i, w, READY); status[i] = REQUEUE }
       :: d_step { k != 0 -> io_for[k - 1] = owner[i]; io_tag[k - 1] = i; arg2[i] = k }
#ifdef ASK_FIRST
          io_status[k - 1] = PUBLISHED; /* mutation: the host sees the request before the slot waits */
          d_step { ghost_leave(i, w, WAITING); status[i] = WAIT_IO; k = 0 }
#else
          d_step { ghost_leave(i, w, WAITING); status[i] = WAIT_IO }
          d_step { io_status[k - 1] = PUBLISHED; k = 0 }
#endif
       fi
    :: else ->
       if
#ifdef TICKET_LAST
       :: d_step { io_status[arg2[i] - 1] != OK -> assert(false) }
#elif defined(FORGE) || defined(CLAIMED_ONLY)
       :: d_step { OWN(i, arg2[i] - 1) && io_status[arg2[i] - 1] != OK && io_status[arg2[i] - 1] != EMPTY ->
                   ghost_leave(i, w, READY); status[i] = REQUEUE } /* woken too early */
       :: d_step { !OWN(i, arg2[i] - 1) || io_status[arg2[i] - 1] == EMPTY ->
                   ghost_leave(i, w, ENDED); status[i] = FAULT } /* STK_REASON_ARGUMENT */
#endif
       :: d_step { OWN(i, arg2[i] - 1) && io_status[arg2[i] - 1] == OK ->
                   assert(io_for[arg2[i] - 1] == owner[i]); k = arg2[i] }
#ifdef TICKET_LAST
          /* mutation: when the device is lost here, the slot keeps the ticket of an I/O slot that is free */
          d_step { assert(io_status[k - 1] == OK); io_free(k - 1) }
          arg2[i] = 0;
          k = 0;
#else
          arg2[i] = 0;
          /* the swap that frees the I/O slot; nobody can have changed its status before */
          d_step { assert(io_status[k - 1] == OK); io_free(k - 1); k = 0 }
#endif
          d_step { ghost_leave(i, w, ENDED); status[i] = DONE }
       fi
    fi
}

/// Service ///

#define WAITS(i, k) (status[i] == WAIT_IO && arg2[i] == k + 1) /* stk_fetch_waits */

/* stk_io_queue_claim, and the step of stk_fetch_serve for a request whose slot does not wait. There is one server, so
 * its swap never fails. */
inline serve_claim(k) {
#ifdef CLAIM_MOVING
    d_step { io_status[k] == PUBLISHED && req[k] == 0 ->
             io_status[k] = CLAIMED; req_slot[k] = io_tag[k]; req[k] = WAITING_FOR } /* mutation */
#else
    d_step { io_status[k] == PUBLISHED && req[k] == 0 && !MOVES(k) ->
             io_status[k] = CLAIMED; req_slot[k] = io_tag[k]; req[k] = WAITING_FOR }
#endif
#ifndef NO_CANCEL
    if
    :: d_step { !WAITS(req_slot[k], k) -> assert(io_for[k] == NOBODY); drop(k) } /* not one that is about to wait */
    :: d_step { WAITS(req_slot[k], k) -> skip }
    fi
#endif
}

/* Ends a request for which no slot waits, so that no outcome is ever seen. */
inline drop(k) {
    assert(io_status[k] == CLAIMED);
#ifdef DROP_LATE
    io_status[k] = OK; req[k] = OUTCOME /* mutation: stores an outcome, which the sweep finds */
#else
    io_free(k); req[k] = 0; req_slot[k] = 0
#endif
}

/* stk_fetch_end: the outcome, then the slot. */
inline serve_end(k) {
    if
#ifdef WAKE_ANY
    :: d_step { status[req_slot[k]] == WAIT_IO || status[req_slot[k]] == CLAIMED ->
                io_status[k] = OK; req[k] = OUTCOME }
#else
    :: d_step { WAITS(req_slot[k], k) -> io_status[k] = OK; req[k] = OUTCOME }
#endif
       d_step { assert(life[req_slot[k]] == WAITING && owner[req_slot[k]] == io_for[k]);
                life[req_slot[k]] = READY; status[req_slot[k]] = REQUEUE }
#ifdef PLAIN_CANCEL
    :: d_step { !WAITS(req_slot[k], k) -> drop(k) } /* else stk_fetch_cancel has dropped it */
#endif
    fi
}

#ifdef HANDLES
/* stk_fetch_check_handle of a request that was just claimed: a handle that is not granted ends it as an error. */
inline serve_check(k) {
    if
#ifdef NO_CHECK
    :: d_step { req[k] == WAITING_FOR && !granted -> skip } /* mutation */
#else
    :: d_step { req[k] == WAITING_FOR && !granted -> skip }
       serve_end(k)
#endif
    :: d_step { req[k] != WAITING_FOR || granted -> skip }
    fi
}

/* stk_fetch_move */
inline serve_move(k) {
    d_step { req[k] == WAITING_FOR && !moving[k] -> assert(granted);
             moving[k] = true; moves_under[k] = grant_number; moves_for[k] = io_for[k] }
}

/* stk_fetch_complete: the port has moved the bytes. The outcome belongs to the slot that asked when the I/O began. */
inline serve_complete(k) {
    d_step { moving[k] -> assert(granted && moves_under[k] == grant_number); moving[k] = false; moves_under[k] = false }
    if
    :: d_step { req[k] == WAITING_FOR -> assert(io_for[k] == moves_for[k] || io_for[k] == NOBODY); moves_for[k] = 0 }
       serve_end(k)
    :: d_step { req[k] != WAITING_FOR -> moves_for[k] = 0 } /* cancelled, or late: the request has ended */
    fi
}

/* stk_fetch_unregister, and stk_fetch_grant */
#ifdef REVOKE_MOVING
/* mutation: it forgets I/O that goes on after its request has ended */
#define IN_USE (req[0] == WAITING_FOR || req[IOS - 1] == WAITING_FOR)
#else
#define IN_USE (req[0] == WAITING_FOR || req[IOS - 1] == WAITING_FOR || moving[0] || moving[IOS - 1])
#endif
inline host_revoke() { d_step { granted && !IN_USE -> granted = false } }
inline host_grant() { d_step { !granted -> granted = true; grant_number = !grant_number } }
#endif

/* stk_fetch_sweep: what was taken is forgotten; what nobody will take is recycled. */
#define TAKEN_BY(k) (req[k] == OUTCOME && io_status[k] != OK)
#define COMES(s, t, k) ((s) == CLAIMED && ((t) == k + 1 || (t) == 0) || (s) == REQUEUE && (t) == k + 1)

inline forget_taken(k) {
    d_step { TAKEN_BY(k) -> req[k] = 0; req_slot[k] = 0 }
}

/* Recycles I/O slot k unless its slot comes for it; never what the slot that asked still wants. */
inline recycle_gone(k, t, s) {
    if
    :: d_step { !COMES(s, t, k) && io_status[k] == OK ->
                assert(owner[req_slot[k]] != io_for[k] || (life[req_slot[k]] != READY && life[req_slot[k]] != RUNNING));
                io_free(k); req[k] = 0; req_slot[k] = 0; t = 0; s = 0 }
    :: d_step { COMES(s, t, k) || io_status[k] != OK -> t = 0; s = 0 }
    fi
}
