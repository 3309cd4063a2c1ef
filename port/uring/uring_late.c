/* stoker port: bounds on the kernel. Finds reads that the kernel does not answer and counts requests that the kernel
 * does not take, so that no caller waits for ever. Time is watched time (u->watched_ns): a pause of the process counts
 * little, since no answer could be seen in it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <errno.h>

#include "stoker/port/os_clock.h"

/* Nanoseconds within which several refusals count once, so that a caller in a tight loop does not fail a ring that is
 * short of memory for a moment. */
#define REFUSED_EVERY_NS 1000000u
/* Nanoseconds that are allowed for each byte beside the timeout: a medium that gives less than 1 MB/s counts as
 * dead. */
#define LATE_NS_PER_BYTE 1000u
/* Nanoseconds that the kernel has to end a read that was cancelled. */
#define CANCEL_NS UINT64_C(5000000000)

void stk_uring_failed_(struct stk_uring *u, const char *call, int err, int os_error) {
    /* The first failure is kept, since the others follow from it. */
    if (u->broken == 0) {
        u->call = call;
        u->broken = refuse(u, err, 0, (uint64_t)os_error);
    }
}

void stk_uring_refused_(struct stk_uring *u, int os_error) {
    uint64_t now = stk_os_now_ns();
    if (stk_time_since(u->refused_ns, now) < REFUSED_EVERY_NS) {
        return;
    }
    u->refused_ns = now;
    if (++u->refused > u->refused_max) {
        stk_uring_failed_(u, "io_uring_enter", STK_E_IO, os_error);
    }
}

void stk_uring_look_(struct stk_uring *u) {
    uint64_t now = stk_os_now_ns(), step = stk_time_since(u->looked_ns, now);
    u->looked_ns = now;
    u->watched_ns += step < STK_URING_LOOK_NS ? step : STK_URING_LOOK_NS;
}

/* Returns the longest watched time in nanoseconds that the kernel may keep a request of this read. */
static uint64_t limit_of(const struct stk_uring *u, const struct stk_uring_op *op) {
    uint64_t more = (uint64_t)op->bytes * LATE_NS_PER_BYTE;
    return op->late ? CANCEL_NS : stk_time_sum(u->read_timeout_ns, more);
}

void stk_uring_find_late_(struct stk_uring *u) {
    /* The search for late reads walks over all reads. So the search runs only once in a quarter of the timeout, or once
     * a second if a quarter is longer, and most calls of reap skip the search. */
    uint64_t quarter = u->read_timeout_ns / 4u;
    if (u->read_timeout_ns == UINT64_MAX || u->watched_ns < u->look_late_ns) {
        return;
    }
    u->look_late_ns = u->watched_ns + (quarter < STK_URING_LOOK_NS ? quarter : STK_URING_LOOK_NS);
    for (uint32_t i = 0; i < u->depth; i++) {
        struct stk_uring_op *op = &u->ops[i];
        /* A read of a pipe or socket may wait for data for any time, so only sources with offsets have a deadline. */
        bool timed = op->state == OP_READ && u->source[op->source].kind == SOURCE_POSITIONED;
        if (!timed || u->watched_ns - op->sent_ns <= limit_of(u, op)) {
            continue;
        }
        if (op->late && op->op == STK_INGEST_SYNC) {
            /* A sync that runs cannot be ended by a cancel, and it holds no memory of the caller. So it is left to the
             * kernel. */
            continue;
        }
        if (op->late) {
            /* The kernel keeps the read in spite of the cancel, and with the read the memory, which is the caller's
             * again only after the read. So the whole ring has failed. */
            stk_uring_failed_(u, "a read that was cancelled", STK_E_TIMEOUT, ETIMEDOUT);
        } else {
            op->late = 1;
            op->sent_ns = u->watched_ns;
            u->cancel_due = true;
        }
    }
}
