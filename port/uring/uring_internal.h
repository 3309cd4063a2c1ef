/* stoker port: what the files of the io_uring port share. uring_read.c moves reads on; uring_ring.c has the requests
 * and calls nothing of uring_read.c. */
#ifndef STOKER_URING_INTERNAL_H
#define STOKER_URING_INTERNAL_H

#include <errno.h>
#include <stdint.h>

#include <liburing.h>

#include "stoker/port/os_source.h"
#include "stoker/port/uring.h"

/* The header of the port reserves room for the ring as bytes, so that a program needs no liburing to compile. */
_Static_assert(sizeof(struct io_uring) <= STK_URING_RING_BYTES, "raise STK_URING_RING_BYTES");

/* State of an operation. Operations in OP_SEND_* are in the outbox or parked; those in OP_READ and OP_POLL are in the
 * kernel. */
enum op_state {
    OP_FREE,      /* the operation is in the list of free operations */
    OP_QUEUED,    /* a read of a sequential source that waits for the reads before it */
    OP_SEND_READ, /* a request has to be sent */
    OP_SEND_POLL, /* a poll has to be sent, since the source had no data */
    OP_READ,      /* the kernel has a request */
    OP_POLL,      /* the kernel has a poll */
    OP_PROVIDED,  /* a buffer of a socket, in the queue of its source */
    OP_READY      /* ended; reap hands the operation out */
};

/* How the reads of a source get their data. */
enum receive_kind {
    RECEIVE_NONE,     /* no socket: each read goes on until it is full */
    RECEIVE_SINGLE,   /* a socket: each read sends a request for one receive */
    RECEIVE_MULTISHOT /* a socket: one request answers for all reads */
};

/* Keeps the detail of a refusal in u->info and returns `err`, so that a caller can write `return refuse(...)`. */
static inline int refuse(struct stk_uring *u, int err, uint32_t index, uint64_t value) {
    u->info = (struct stk_error_info){err, index, value};
    return err;
}

/* Longest time in nanoseconds between two looks of a reap that waits. Of a longer gap only this much counts for the
 * deadline of a read: the process was stopped, or its caller was elsewhere, and could not have seen an answer. */
#define STK_URING_LOOK_NS UINT64_C(1000000000)

/* Returns true if the errno of an io_uring_enter means "try again". */
static inline bool stk_uring_passing_(int os_error) {
    return os_error == EINTR || os_error == EAGAIN || os_error == EBUSY || os_error == ETIME;
}

/// Set-up: uring_setup.c ///

/* Makes the ring with the best flags that the kernel takes, and notes which features the ring has. Returns 0, or a
 * positive errno; then there is no ring. */
int stk_uring_setup_(struct stk_uring *u, const struct stk_uring_config *config);

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

/* Adds the time since the last look to u->watched_ns, at most STK_URING_LOOK_NS of it. */
void stk_uring_look_(struct stk_uring *u);

/* Marks the positioned reads that the kernel has had for too long: the next flush cancels them. */
void stk_uring_find_late_(struct stk_uring *u);

/// One request of a read: uring_span.c ///

/* Sets place, address and bytes of the next request of a read: op->at, to, asked, skip, bounce. Returns false where the
 * request needs a bounce block and none is free. */
bool stk_uring_plan_(struct stk_uring *u, struct stk_uring_op *op);

/* Takes the answer to a request in: `res` is a count of bytes or -errno. Copies out of the bounce block. Returns how
 * many bytes the read has got, or -errno. */
int32_t stk_uring_took_(struct stk_uring *u, struct stk_uring_op *op, int32_t res);

/* Frees the bounce block of a read, if the read has one. An operation that was parked for want of a bounce block then
 * goes to the outbox. */
void stk_uring_unbounce_(struct stk_uring *u, struct stk_uring_op *op);

/* Returns true if the request goes into registered memory. */
static inline bool stk_uring_registered_(const struct stk_uring *u, const struct stk_uring_op *op) {
    return (u->flags & STK_URING_PLAIN) == 0 && op->bounce == 0;
}

/* Returns the registered buffer in which the request lies. */
static inline int stk_uring_buffer_(const struct stk_uring *u, const struct stk_uring_op *op) {
    return (int)((size_t)(op->to - u->mem) / u->buffer_bytes);
}

/// Kinds of requests. A path has one: the table is in uring_ring.c ///

struct stk_uring_requests {
    /* Fills in the request that is planned, and sets op->fixed. The caller adds the flag for registered files and the
     * data of the user. */
    void (*prepare)(const struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe);
    /* Returns the kernel's answer as a count of bytes or -errno. */
    int32_t (*result)(struct stk_uring *u, const struct stk_uring_op *op, int32_t res);
};

extern const struct stk_uring_requests stk_uring_file_requests_;  /* uring_requests.c */
extern const struct stk_uring_requests stk_uring_write_requests_; /* uring_requests.c; of every path */
extern const struct stk_uring_requests stk_uring_nop_requests_;   /* uring_requests.c */
extern const struct stk_uring_requests stk_uring_nvme_requests_;  /* uring_nvme.c */

/// Reads: uring_read.c ///

/* Ends a read: it is ready to be reaped. */
void stk_uring_finish_(struct stk_uring *u, uint32_t index, int32_t result, int32_t os_error);

/* Sends the next read of a sequential source, if none is out. */
void stk_uring_send_next_(struct stk_uring *u, struct stk_uring_source *s);

/// Sockets: uring_receive.c ///

/* An answer of the kernel. */
struct stk_uring_answer {
    uint32_t index;      /* index of the operation; of a multishot receive, index of the source */
    int32_t res;         /* count of bytes or -errno */
    uint32_t flags;      /* IORING_CQE_F_* */
    bool receive;        /* true: the answer belongs to a multishot receive */
    uint32_t generation; /* for a multishot receive: generation of the source when the request was sent */
};

/* user_data of a multishot receive: bit 33, the generation of the source from bit 16 on, and its index below. Bit 32
 * marks a cancel (uring_ring.c); the user_data of a read is its index alone. */
#define STK_URING_RECEIVE_DATA  (1ull << 33)
#define STK_URING_RECEIVE_SHIFT 16u

static inline uint64_t stk_uring_receive_data_(const struct stk_uring_source *s, uint32_t source) {
    return STK_URING_RECEIVE_DATA | (uint64_t)s->generation << STK_URING_RECEIVE_SHIFT | source;
}

/* Gives the memory of a read to the kernel as the next buffer of its source. */
void stk_uring_provide_(struct stk_uring *u, uint32_t index);

/* Makes the requests of sockets that are due, as far as the queue has room. */
void stk_uring_fill_receives_(struct stk_uring *u);

/* Takes in an answer to a multishot receive, and moves the reads of its socket on. */
void stk_uring_received_(struct stk_uring *u, const struct stk_uring_answer *answer);

/* Ends the reads of sockets that are marked as cancelled, now or with the next answer. May be called again. */
void stk_uring_cancel_receives_(struct stk_uring *u);

/* Ends the kernel's use of a socket that has no reads: its request and its ring of buffers. Returns false if the
 * request has not ended yet; then call again. */
bool stk_uring_forget_socket_(struct stk_uring *u, uint32_t source);

extern const struct stk_uring_requests stk_uring_receive_requests_;

/// Requests: uring_ring.c. It moves no read on: uring_read.c does, and calls go from there to here only ///

/* Hands the outbox, and the cancels that are due, to the kernel as far as it takes them; the next reap goes on. */
void stk_uring_flush_(struct stk_uring *u);

/* Answers that are taken in at a time. */
#define STK_URING_ANSWERS 32u

/* Takes answers to reads, polls and multishot receives that are there, and those to cancels on the way. Returns how
 * many, 0 when there is none any more. */
uint32_t stk_uring_answers_(struct stk_uring *u, struct stk_uring_answer answers[STK_URING_ANSWERS]);

/* Waits for an answer for at most `timeout_ns`. */
void stk_uring_wait_(struct stk_uring *u, uint64_t timeout_ns);

#endif
