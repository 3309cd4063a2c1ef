/* stoker model 3: LOAD_MISS, its fetch service on the host, cancel of slots in every state, and publishers that forge
 * I/O tickets. See README.md. */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef HONEST
#define FORGE
#endif
#include "fetch.pml"

active proctype publisher() {
    byte mine;
    do
    :: atomic { take_coarse(mine); write_coarse(mine) }
#ifdef FORGE
    :: atomic { take_coarse(mine);
                d_step { words[AT(mine)] = true; arg2[AT(mine)] = 1; ghost_publish(AT(mine), mine);
                         status[AT(mine)] = PUBLISHED; mine = 0 } }
#if IOS == 2
    :: atomic { take_coarse(mine);
                d_step { words[AT(mine)] = true; arg2[AT(mine)] = 2; ghost_publish(AT(mine), mine);
                         status[AT(mine)] = PUBLISHED; mine = 0 } }
#endif
#endif
    od
}

active [WORKERS] proctype worker() {
    byte cursor, k;
    do
    :: claim_coarse(_pid, cursor);
       load_miss(_pid, cursor, k);
       cursor = (cursor + 1) % SLOTS
    :: d_step { !CLAIMABLE(status[cursor]) && CLAIMABLE(status[(cursor + 1) % SLOTS]) -> cursor = (cursor + 1) % SLOTS }
    od
}

#define SERVER 99 /* as the holder of a slot that it has claimed */
#define CANCELLABLE_AT_ONCE(s) ((s) == PUBLISHED || (s) == WAIT_IO || (s) == YIELD)

/* WAITED(i), request_of in the code: 1 + the request for which slot i waits, 0 for none. With PLAIN_CANCEL the host
 * cancels without the service, so it knows of no request. */
#define ASKED(i) (arg2[i] != 0 && req[arg2[i] - 1] == WAITING_FOR && req_slot[arg2[i] - 1] == i)
#ifdef PLAIN_CANCEL
#define WAITED(i) 0
#else
#define WAITED(i) (status[i] == WAIT_IO && ASKED(i) -> arg2[i] : 0)
#endif

/* From here on no slot owns the I/O that this slot has asked for. */
inline cancel_ghost(i) {
    if
    :: status[i] == WAIT_IO -> io_for[arg2[i] - 1] = NOBODY
    :: else
    fi;
    ghost_cancel(i, LEAVING)
}

/* stk_fetch_cancel of slot i, which was in WAIT_IO or PUBLISHED: k is the request that it waited for. */
inline cancel_waiting(i, k) {
    if
#ifndef PLAIN_CANCEL
    :: d_step { k != 0 -> drop(k - 1); life[i] = CANCELLED; k = 0; i = 0 }
#endif
    :: d_step { k == 0 -> life[i] = CANCELLED; i = 0 }
    fi
}

/* Of one in REQUEUE, which was claimed: its outcome is recycled, and only then it is EMPTY. */
inline cancel_woken(i, k) {
    d_step { k = (arg2[i] != 0 && req[arg2[i] - 1] == OUTCOME && req_slot[arg2[i] - 1] == i -> arg2[i] : 0) }
    if
    :: d_step { k != 0 && io_status[k - 1] == OK -> assert(io_for[k - 1] == owner[i]);
                io_free(k - 1); req[k - 1] = 0; req_slot[k - 1] = 0; k = 0 }
#ifdef FORGE
    /* the request belongs to the load miss that the slot held before */
    :: d_step { k != 0 && io_status[k - 1] != OK -> req[k - 1] = 0; req_slot[k - 1] = 0; k = 0 }
#endif
    :: d_step { k == 0 -> skip }
    fi;
    d_step { assert(life[i] == RUNNING && holder[i] == SERVER);
             holder[i] = 0; life[i] = CANCELLED; status[i] = EMPTY; i = 0 }
}

/* STK_TO_CANCEL of a slot in REQUEUE. From here on its outcome is nobody's. */
inline cancel_plain(i) {
    if
    :: arg2[i] != 0 && io_status[arg2[i] - 1] == OK -> io_for[arg2[i] - 1] = NOBODY
    :: else
    fi;
    ghost_cancel(i, CANCELLED); status[i] = EMPTY; i = 0
}

/* Sweeps I/O slot k once. The ticket is read before the status. */
inline sweep(k, t, s) {
#ifdef SWEEP_HASTY
    s = status[req_slot[k]]; /* mutation: the status is read before the ticket */
    t = arg2[req_slot[k]];
#else
    t = arg2[req_slot[k]];
    s = status[req_slot[k]];
#endif
    recycle_gone(k, t, s)
}

#define SERVABLE(k) ((io_status[k] == PUBLISHED && req[k] == 0 && !MOVES(k)) || req[k] == WAITING_FOR || TAKEN_BY(k))
#define GONE(k) (req[k] == OUTCOME && io_status[k] == OK && !COMES(status[req_slot[k]], arg2[req_slot[k]], k))
#define SWEPT(k) (req[k] == OUTCOME && io_status[k] == OK && (!swept || GONE(k)))

/* The host's thread for I/O, which also cancels. `spent`: this thread has cancelled a slot, and cancels no other one
 * until no request can be served. `swept`: a sweep may have found nothing, so the next one needs an outcome that no
 * slot will take. Both flags keep cancels and sweeps from going on for ever without progress. */
active proctype server() {
    byte k, i, t, s;
    bool spent, swept;
    do
    :: serve_claim(0); spent = false
#ifdef HANDLES
       serve_check(0)
#endif
#if IOS == 2
    :: serve_claim(1); spent = false
#ifdef HANDLES
       serve_check(1)
#endif
#endif
#ifdef HANDLES
    :: serve_move(0)
    :: serve_complete(0)
#if IOS == 2
    :: serve_move(1)
    :: serve_complete(1)
#endif
    :: host_revoke()
    :: host_grant()
#endif
    :: d_step { req[0] == WAITING_FOR -> spent = false; swept = false }
       serve_end(0)
    :: forget_taken(0)
#if IOS == 2
    :: d_step { req[1] == WAITING_FOR -> spent = false; swept = false }
       serve_end(1)
    :: forget_taken(1)
#endif
/* Under weak fairness a sweep need not look between two claims of a slot. With SWEEP_AT_ONCE it always looks. */
#if defined(SWEEP_AT_ONCE)
    :: d_step { io_for[0] == NOBODY && req[0] == OUTCOME && io_status[0] == OK ->
                io_free(0); req[0] = 0; req_slot[0] = 0 }
#if IOS == 2
    :: d_step { io_for[1] == NOBODY && req[1] == OUTCOME && io_status[1] == OK ->
                io_free(1); req[1] = 0; req_slot[1] = 0 }
#endif
#elif !defined(NO_SWEEP)
    :: d_step { SWEPT(0) -> swept = true }
       sweep(0, t, s)
#if IOS == 2
    :: d_step { SWEPT(1) -> swept = true }
       sweep(1, t, s)
#endif
#endif
    :: d_step { spent && !SERVABLE(0) && !SERVABLE(IOS - 1) -> spent = false }
    :: d_step { !spent && CANCELLABLE_AT_ONCE(status[0]) ->
                i = 0; spent = true; k = WAITED(i); cancel_ghost(i); status[i] = EMPTY }
       cancel_waiting(i, k)
    :: d_step { !spent && CANCELLABLE_AT_ONCE(status[1]) ->
                i = 1; spent = true; k = WAITED(i); cancel_ghost(i); status[i] = EMPTY }
       cancel_waiting(i, k)
#ifdef PLAIN_CANCEL
    :: d_step { !spent && status[0] == REQUEUE -> i = 0; spent = true; cancel_plain(i) }
    :: d_step { !spent && status[1] == REQUEUE -> i = 1; spent = true; cancel_plain(i) }
#else
    :: d_step { !spent && status[0] == REQUEUE -> i = 0; spent = true; status[i] = CLAIMED; ghost_claim(i, SERVER) }
       cancel_woken(i, k)
    :: d_step { !spent && status[1] == REQUEUE -> i = 1; spent = true; status[i] = CLAIMED; ghost_claim(i, SERVER) }
       cancel_woken(i, k)
#endif
    od
}

active proctype harvester() {
    do
    :: harvest_coarse()
    :: repair_coarse()
    od
}

ltl live { LIVE }
