/* stoker model 4: leases that end, a device that is lost at any step, and publishers that die. See README.md. */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef RETRIES
#define RETRIES 1 /* times that a slot is taken back from a lost device before it is faulted */
#endif
#define WRITE_ARGS(s) arg2[s] = 0; tries[s] = 0
byte tries[2]; /* the host's own */
#define NO_CANCEL
#ifndef IOS
#define IOS 1
#endif
#include "fetch.pml"

bool inside[WORKERS + 1]; /* by _pid; the publisher is 0 */
#if WORKERS == 2
#define NONE_INSIDE (!inside[1] && !inside[2])
#else
#define NONE_INSIDE (!inside[1])
#endif
byte cursor_word; /* STK_CTL_CURSOR */
bool lost;
byte dead;        /* 1 + the ticket whose publisher is known to have died */

#ifdef LOST_LIVES
#define LOST(w) (lost && (w) != 1) /* mutation: the first worker was only thought to be lost */
#else
#define LOST(w) lost
#endif
#ifdef LOST_LIVES
#define ALL_GONE lost
#else
#define ALL_GONE (lost && NONE_INSIDE)
#endif

active proctype publisher() {
    byte mine;
    do
    :: take_coarse(mine);
       if
       :: write_coarse(mine)
       :: d_step { dead == 0 -> life[AT(mine)] = CANCELLED; dead = mine + 1; mine = 0 }
       fi
    od
}

/* stk_worker_run. After any turn its lease may be over; a turn that finds nothing to do may be its last as well. */
active [WORKERS] proctype worker() {
    byte cursor, k;
    do
    :: d_step { inside[_pid] -> cursor = cursor_word };
       {
           do
           :: if
              :: claim_coarse(_pid, cursor);
                 load_miss(_pid, cursor, k);
                 cursor = (cursor + 1) % SLOTS
              :: d_step { !CLAIMABLE(status[cursor]) -> cursor = (cursor + 1) % SLOTS }
              fi;
              if
              :: true
              :: break
              fi
           od;
           cursor_word = cursor; /* stk_worker_leave */
           d_step { inside[_pid] = false; cursor = 0 }
       } unless {
           d_step { LOST(_pid) -> inside[_pid] = false; cursor = 0; k = 0 }
       }
    od
}

active proctype server() {
    do
    :: serve_claim(0)
    :: d_step { req[0] == WAITING_FOR -> skip }
       serve_end(0)
    :: forget_taken(0)
#if IOS == 2
    :: serve_claim(1)
    :: d_step { req[1] == WAITING_FOR -> skip }
       serve_end(1)
    :: forget_taken(1)
#endif
    od
}

/* HELD(i): a worker runs slot i, or has not yet published the I/O for which slot i waits. The device may be lost under
 * such a slot. There is no limit on the number of losses, since each loss costs a slot one of its retries. */
#define HELD(i) (life[i] == RUNNING || (life[i] == WAITING && io_status[arg2[i] - 1] == WAIT_IO))

active proctype device() {
    do
    :: d_step { !lost && (HELD(0) || HELD(1)) -> lost = true }
    od
}

/* A slot is taken back: no worker runs, so the host may move it as its worker would. */
inline take_back(i) {
    if
#ifndef NO_RETRY_LIMIT
    :: tries[i] == RETRIES -> status[i] = FAULT; life[i] = ENDED
    :: else -> status[i] = REQUEUE; life[i] = READY; tries[i]++
#else
    :: true -> status[i] = REQUEUE; life[i] = READY
#endif
    fi;
    holder[i] = 0
}

#define NAMES(i, k) (arg2[i] == k + 1 && (status[i] == CLAIMED || status[i] == WAIT_IO || status[i] == REQUEUE))

/* A request that its asker did not live to publish: its slot forgets it, and is its asker's again if it waits. */
inline forget(k, i) {
    if
    :: NAMES(i, k) ->
       arg2[i] = 0;
       if
       :: status[i] == WAIT_IO -> status[i] = CLAIMED; life[i] = RUNNING
       :: else
       fi
    :: else
    fi
}

/* stk_device_recover_io. One step for each I/O slot: publishers and server touch none of it meanwhile. */
inline load_miss_recover(k) {
#ifndef CLAIMED_ONLY
    k = 0;
    do
    :: d_step { k < IOS && io_status[k] == WAIT_IO -> forget(k, 0); forget(k, 1); io_free(k); k++ }
    :: d_step { k < IOS && io_status[k] == OK && !NAMES(0, k) && !NAMES(1, k) -> io_free(k); k++ }
    :: d_step { k < IOS && io_status[k] != WAIT_IO && !(io_status[k] == OK && !NAMES(0, k) && !NAMES(1, k)) -> k++ }
    :: k == IOS -> break
    od;
    k = 0
#else
    skip
#endif
}

/* Puts the slots of the lost device back: all CLAIMED slots (DESIGN.md), and the I/O slots of load misses. */
inline recover(k) {
    load_miss_recover(k);
    do
    :: d_step { k < SLOTS && status[k] == CLAIMED -> assert(life[k] == RUNNING); take_back(k); k++ }
    :: d_step { k < SLOTS && status[k] != CLAIMED -> k++ }
    :: k == SLOTS -> k = 0; break
    od;
    load_miss_recover(k); /* slots that were faulted take no outcome */
    lost = false
}

/* Harvests, repairs and drives. As stk_dispatch_ops.drive does, it launches when no worker runs and the slot of the
 * oldest ticket waits for a worker. */
active proctype host() {
    byte k, t;
    do
    :: harvest_coarse()
#ifndef NO_REPAIR
    :: d_step { dead != 0 && dead - 1 == head -> t = head; dead = 0 }
       repair(t);
#ifdef REPAIR_BLIND
       repair(t); /* mutation: repairs a second time, and any hole */
#endif
       t = 0
#endif
    :: ALL_GONE -> recover(k)
    :: d_step { !lost && NONE_INSIDE && tail != head && !FINISHED(status[AT(head)]) && dead != head + 1 ->
                inside[1] = true; inside[WORKERS] = true }
    od
}

ltl live { LIVE }
