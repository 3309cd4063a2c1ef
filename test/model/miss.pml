/* stoker model: LOAD_MISS on the device and its server on the host, for the models that include it. Every slot holds one; the
 * resource it asks for is its ticket. Follows kernels/op_load_miss.h and core/src/io_queue.c. OK stands for ERROR as well, and DONE
 * for FAULT: they differ in what the handler reports, not in who may do what. */
#ifndef WRITE_ARGS
#define WRITE_ARGS(s) arg2[s] = 0
#endif
#include "machine.pml"
#ifndef IOS
#define IOS 2
#endif
#define OK 16
#define SERVABLE(s) ((s) == PUBLISHED || (s) == CLAIMED)

byte arg2[SLOTS]; /* STK_MISS_TICKET: 1 + the I/O slot */
byte io_status[IOS], io_src[IOS], io_tag[IOS];

inline io_free(k) { io_status[k] = EMPTY; io_src[k] = 0; io_tag[k] = 0 }

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

/* stk_op_load_miss on slot i, which worker w has claimed; k is the worker's own. */
inline load_miss(w, i, k) {
    if
    :: arg2[i] == 0 -> /* stk_miss_ask */
       io_take(k);
       if
       :: d_step { k == 0 -> ghost_leave(i, w, READY); status[i] = REQUEUE }
       :: d_step { k != 0 -> io_src[k - 1] = owner[i]; io_tag[k - 1] = i; arg2[i] = k }
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
#ifdef CLAIMED_ONLY
       :: d_step { io_status[arg2[i] - 1] != OK -> ghost_leave(i, w, READY); status[i] = REQUEUE } /* else nobody wakes it early */
#endif
       :: d_step { io_status[arg2[i] - 1] == OK -> /* its words must be this miss's own: STK_REASON_ARGUMENT never */
                   assert(io_src[arg2[i] - 1] == owner[i] && io_tag[arg2[i] - 1] == i); k = arg2[i] }
          arg2[i] = 0;
          d_step { io_free(k - 1); k = 0 }
          d_step { ghost_leave(i, w, ENDED); status[i] = DONE }
       fi
    fi
}

/* stk_io_queue_claim. There is one server, so its swap is never lost. */
inline serve_claim(k) { io_status[k] = CLAIMED }

/* The server completes request k (stk_io_queue_complete) and wakes the slot that waits for it, unless that slot is no longer the
 * one that asked; then nobody else will recycle the request. */
inline serve_end(k, i) {
    d_step { i = io_tag[k]; io_status[k] = OK }
#ifdef NO_CANCEL
    /* Without cancels the slot is always the one that asked, and STK_TO_REQUEUE alone will do. */
    d_step { assert(status[i] == WAIT_IO && arg2[i] == k + 1 && owner[i] == io_src[k]);
             life[i] = READY; status[i] = REQUEUE; i = 0; k = 0 }
#else
    if
#ifdef WAKE_ANY
    :: d_step { status[i] == WAIT_IO || status[i] == CLAIMED -> /* mutation: stk_ring_transition, STK_TO_REQUEUE, alone */
#else
    :: d_step { status[i] == WAIT_IO && arg2[i] == k + 1 -> /* nobody but this thread moves a slot from WAIT_IO */
#endif
                assert(life[i] == WAITING && owner[i] == io_src[k]); life[i] = READY; status[i] = REQUEUE; i = 0; k = 0 }
    :: else -> d_step { io_free(k); i = 0; k = 0 } /* stk_io_queue_recycle */
    fi
#endif
}
