/* stoker port: what the files of the io_uring port share. */
#ifndef STOKER_URING_INTERNAL_H
#define STOKER_URING_INTERNAL_H

#include <errno.h>
#include <stdint.h>

#include <liburing.h>

#include "stoker/port/os_source.h"
#include "stoker/port/uring.h"

_Static_assert(sizeof(struct io_uring) <= STK_URING_RING_BYTES, "raise STK_URING_RING_BYTES");

/* The way of a read; those in OP_SEND_* are in the outbox, those in OP_READ and OP_POLL in the kernel. */
enum op_state {
    OP_FREE,
    OP_QUEUED,
    OP_SEND_READ,
    OP_SEND_POLL,
    OP_READ,
    OP_POLL,
    OP_READY
};

/* Keeps the detail of a refusal and returns its code. */
static inline int refuse(struct stk_uring *u, int err, uint32_t index, uint64_t value) {
    u->info = (struct stk_error_info){err, index, value};
    return err;
}

/* Longest time between two looks of a reap that waits. Of a longer gap only this much counts for a deadline: the
 * process was stopped, or its caller was elsewhere, and could not have seen an answer. */
#define STK_URING_LOOK_NS UINT64_C(1000000000)

/* Returns true if the errno of an io_uring_enter means "try again". */
static inline bool stk_uring_passing_(int os_error) {
    return os_error == EINTR || os_error == EAGAIN || os_error == EBUSY || os_error == ETIME;
}

/// One request: uring_try.c ///

/* Sends the one request that was prepared and waits for its answer, for about a second. Returns 0, or a positive errno:
 * ETIMEDOUT where no answer came. */
int stk_uring_ask_(struct io_uring *ring, int *answer);

/* Reads one byte through a ring that was just set up, in the same way as every later read. The memory keeps its bytes.
 * Returns 0, or a positive errno with u->call set. */
int stk_uring_try_(struct stk_uring *u);

/// Bounds: uring_late.c ///

/* Marks the ring as failed: from now on reap returns `err`. Keeps the first failure. */
void stk_uring_failed_(struct stk_uring *u, const char *call, int err, int os_error);

/* Counts a refusal: the kernel did not take requests now, and may take them later. After too many refusals the ring has
 * failed. */
void stk_uring_refused_(struct stk_uring *u, int os_error);

/* Adds the time since the last look to the watched time. */
void stk_uring_look_(struct stk_uring *u);

/* Marks the positioned reads that the kernel has had for too long: the next flush cancels them. */
void stk_uring_find_late_(struct stk_uring *u);

/// Requests: uring_ring.c. It moves no read on: uring_read.c does, and calls go from there to here only ///

/* Hands the outbox, and the cancels that are due, to the kernel as far as it takes them; the next reap goes on. */
void stk_uring_flush_(struct stk_uring *u);

/* Takes the next answer to a read or a poll that is there: *index gets the operation, *res the count or -errno. Takes
 * in the answers to cancels on the way. Returns false when there is no answer any more. */
bool stk_uring_answer_(struct stk_uring *u, uint32_t *index, int *res);

/* Waits for an answer for at most `timeout_ns`. */
void stk_uring_wait_(struct stk_uring *u, uint64_t timeout_ns);

#endif
