/* stoker port: requests for files, and requests without data. Each kind fills in a request that uring_span.c has
 * planned; nothing here decides what to ask for. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

/* Returns the answer as it is: a count of bytes or -errno. */
static int32_t as_it_is(struct stk_uring *u, const struct stk_uring_op *op, int32_t res) {
    (void)u;
    (void)op;
    return res;
}

/// Files: everything that read(2) reads ///

/* Fills in a read, into registered memory where the plan has it there: then the kernel need not pin pages for the
 * request. */
static void prepare_file(const struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe) {
    op->fixed = stk_uring_registered_(u, op);
    if (op->fixed) {
        io_uring_prep_read_fixed(sqe, (int)op->source, op->to, op->asked, op->at, stk_uring_buffer_(u, op));
    } else {
        io_uring_prep_read(sqe, (int)op->source, op->to, op->asked, op->at);
    }
}

const struct stk_uring_requests stk_uring_file_requests_ = {.prepare = prepare_file, .result = as_it_is};

/// Files: what write(2) writes, and fdatasync(2) ///

/* Fills in a write or a sync. Only the data of a write lies in memory, so a sync is never `fixed`. */
static void prepare_write(const struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe) {
    op->fixed = op->op == STK_INGEST_WRITE && stk_uring_registered_(u, op);
    if (op->op == STK_INGEST_SYNC) {
        io_uring_prep_fsync(sqe, (int)op->source, IORING_FSYNC_DATASYNC);
    } else if (op->fixed) {
        io_uring_prep_write_fixed(sqe, (int)op->source, op->to, op->asked, op->at, stk_uring_buffer_(u, op));
    } else {
        io_uring_prep_write(sqe, (int)op->source, op->to, op->asked, op->at);
    }
}

const struct stk_uring_requests stk_uring_write_requests_ = {.prepare = prepare_write, .result = as_it_is};

/// Requests without data ///

/* Fills in a request that the kernel answers at once. It measures the way through the ring alone. */
static void prepare_nop(const struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe) {
    (void)u;
    op->fixed = 0;
    io_uring_prep_nop(sqe);
}

/* Answers as if all bytes had come, so that the read ends; its memory is untouched. */
static int32_t nop_result(struct stk_uring *u, const struct stk_uring_op *op, int32_t res) {
    (void)u;
    return res < 0 ? res : (int32_t)op->asked;
}

const struct stk_uring_requests stk_uring_nop_requests_ = {.prepare = prepare_nop, .result = nop_result};
