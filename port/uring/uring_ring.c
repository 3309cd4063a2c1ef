/* stoker port: requests to the kernel and its answers. Makes requests of the outbox, submits them, and gives answers
 * back. It does not know what an answer means for a read: uring_read.c does. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <errno.h>
#include <poll.h>

#include "stoker/port/os_clock.h"

/* Nanoseconds of a pause when the kernel has no memory for requests now. */
#define BACK_OFF_NS 1000000u
/* user_data of a cancel: bit 32 is set, and bits 0 .. 31 are the index of the read to cancel. The user_data of a read
 * is the index of the read, with bit 32 clear. */
#define CANCEL_DATA (1ull << 32)

/* Index: enum stk_uring_path. */
static const struct stk_uring_requests *const requests[STK_URING_PATHS] = {
    [STK_URING_SEQUENTIAL_PATH] = &stk_uring_file_requests_, [STK_URING_BUFFERED_PATH] = &stk_uring_file_requests_,
    [STK_URING_DIRECT_PATH] = &stk_uring_file_requests_,     [STK_URING_NVME_PATH] = &stk_uring_nvme_requests_,
    [STK_URING_NOP_PATH] = &stk_uring_nop_requests_,
};

/* Returns how requests of this operation are made: writes and single receives have their own kind on every path. */
static const struct stk_uring_requests *requests_of(const struct stk_uring *u, const struct stk_uring_op *op) {
    const struct stk_uring_source *s = &u->source[op->source];
    return op->op != STK_INGEST_READ      ? &stk_uring_write_requests_
           : s->receive == RECEIVE_SINGLE ? &stk_uring_receive_requests_
                                          : requests[s->path];
}

/* Fills in a request that uring_span.c has planned, starts its time, and counts it. */
static void prepare_read(struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe) {
    uint32_t path = u->source[op->source].path;
    requests_of(u, op)->prepare(u, op, sqe);
    op->state = OP_READ;
    /* Each request of a read has the whole time, since each one that was answered shows that the medium works. */
    op->late = 0;
    op->sent_ns = u->watched_ns;
    u->stats.os_reads++;
    /* A sync moves no data, so it counts as no request into memory. */
    if (op->op != STK_INGEST_SYNC) {
        u->path[path].registered += op->fixed;
        u->path[path].plain += op->fixed == 0;
    }
}

/* Makes a request of the operation at the head of the outbox, or parks the operation where it needs a bounce block and
 * none is free. Returns false where the queue has no room for a request. */
static bool fill_request(struct stk_uring *u) {
    uint32_t index = u->outbox.head;
    struct stk_uring_op *op = &u->ops[index];
    struct io_uring_sqe *sqe;
    if (op->state == OP_SEND_READ && !stk_uring_plan_(u, op)) {
        (void)STK_INDEX_POP(u->ops, &u->outbox);
        STK_INDEX_PUSH(u->ops, &u->parked, index);
        return true;
    }
    sqe = io_uring_get_sqe(u->ring);
    if (sqe == NULL) {
        return false;
    }
    (void)STK_INDEX_POP(u->ops, &u->outbox);
    if (op->state == OP_SEND_POLL) {
        io_uring_prep_poll_add(sqe, (int)op->source, POLLIN);
        op->state = OP_POLL;
    } else {
        prepare_read(u, op, sqe);
    }
    /* A request without data has no file. */
    if (u->source[op->source].path != STK_URING_NOP_PATH) {
        io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
    }
    io_uring_sqe_set_data64(sqe, index);
    u->out++;
    return true;
}

/* Turns the operations in the outbox into requests of the ring, until the outbox is empty or the ring is full. */
static void fill_requests(struct stk_uring *u) {
    while (u->outbox.head != STK_INDEX_NONE && fill_request(u)) {
    }
}

/* Asks the kernel to cancel operation `index`. Returns false where the queue has no room for the request. Until the
 * answer to the cancel comes, the operation must not be used for another read (deliver in uring_read.c). */
static bool send_cancel(struct stk_uring *u, uint32_t index) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(u->ring);
    if (sqe == NULL) {
        return false;
    }
    io_uring_prep_cancel64(sqe, index, 0);
    io_uring_sqe_set_data64(sqe, CANCEL_DATA | index);
    u->ops[index].cancel_sent = 1;
    u->cancels++;
    return true;
}

/* Sends the cancels that are due. Where there is no room for one, the next flush sends it. */
static void fill_cancels(struct stk_uring *u) {
    for (uint32_t i = 0; i < u->depth; i++) {
        const struct stk_uring_op *op = &u->ops[i];
        bool out = op->state == OP_READ || op->state == OP_POLL;
        if (out && (op->canceled || op->late) && !op->cancel_sent && !send_cancel(u, i)) {
            return;
        }
    }
    u->cancel_due = false;
}

/* Marks the ring as failed by an error of io_uring_enter or ppoll that no later try can mend. */
static void note_failure(struct stk_uring *u, const char *call, int os_error) {
    stk_uring_failed_(u, call, STK_E_IO, os_error);
}

void stk_uring_flush_(struct stk_uring *u) {
    /* One submit may take a part of the requests only, and what it takes makes room for more, so the loop goes on. With
     * SQPOLL the kernel's thread takes the requests later, and a loop would only spin. */
    do {
        fill_requests(u);
        stk_uring_fill_receives_(u);
        if (u->cancel_due) {
            fill_cancels(u);
        }
        if (u->broken != 0 || io_uring_sq_ready(u->ring) == 0) {
            return;
        }
        int r = io_uring_submit(u->ring);
        if (r < 0 && !stk_uring_passing_(-r)) {
            note_failure(u, "io_uring_enter", -r);
        }
        if (r <= 0) {
            stk_uring_refused_(u, r < 0 ? -r : EAGAIN);
            return;
        }
        u->refused = 0;
    } while ((u->setup_flags & IORING_SETUP_SQPOLL) == 0);
}

/* Takes one answer out of the queue. Returns true unless it is the answer to a cancel, which moves no read on. */
static bool take_answer(struct stk_uring *u, const struct io_uring_cqe *cqe, struct stk_uring_answer *answer) {
    uint64_t data = cqe->user_data;
    uint32_t index = (uint32_t)data;
    if ((data & STK_URING_RECEIVE_DATA) != 0) {
        *answer = (struct stk_uring_answer){.index = index & ((1u << STK_URING_RECEIVE_SHIFT) - 1u),
                                            .res = cqe->res,
                                            .flags = cqe->flags,
                                            .receive = true,
                                            .generation = index >> STK_URING_RECEIVE_SHIFT};
        /* A multishot request stays with the kernel while its answers say that more will come. */
        u->out -= (cqe->flags & IORING_CQE_F_MORE) == 0;
        return true;
    }
    const struct stk_uring_op *op = &u->ops[index];
    if ((data & CANCEL_DATA) != 0) {
        u->cancels--;
        u->ops[index].cancel_sent = 0;
        return false;
    }
    u->out--;
    *answer = (struct stk_uring_answer){.index = index, .res = cqe->res, .flags = cqe->flags};
    /* A poll answers with events, which are no count of bytes. */
    if (op->state == OP_READ) {
        answer->res = requests_of(u, op)->result(u, op, cqe->res);
    }
    return true;
}

uint32_t stk_uring_answers_(struct stk_uring *u, struct stk_uring_answer answers[STK_URING_ANSWERS]) {
    struct io_uring_cqe *cqes[STK_URING_ANSWERS];
    uint32_t count = 0;
    unsigned n;
    /* A batch that has answers to cancels alone counts as none, and 0 would tell the caller that the queue is empty. */
    while (count == 0 && (n = io_uring_peek_batch_cqe(u->ring, cqes, STK_URING_ANSWERS)) != 0) {
        for (unsigned i = 0; i < n; i++) {
            count += take_answer(u, cqes[i], &answers[count]);
        }
        io_uring_cq_advance(u->ring, n);
        u->refused = 0;
    }
    return count;
}

/* Sends the requests that are left and waits for an answer, in one system call. Returns false when the kernel did not
 * take the requests; the next call sends them again. */
static bool wait_timed(struct stk_uring *u, const struct timespec *t) {
    struct __kernel_timespec kt = {.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
    struct io_uring_cqe *cqe;
    int r = io_uring_submit_and_wait_timeout(u->ring, &cqe, 1, &kt, NULL);
    if (r < 0 && !stk_uring_passing_(-r)) {
        note_failure(u, "io_uring_enter", -r);
    }
    if (r == -EAGAIN || r == -EBUSY) {
        stk_uring_refused_(u, -r);
        return false;
    }
    return true;
}

void stk_uring_wait_(struct stk_uring *u, uint64_t timeout_ns) {
    struct io_uring *ring = u->ring;
    struct timespec pause = stk_os_timespec(timeout_ns < BACK_OFF_NS ? timeout_ns : BACK_OFF_NS);
    struct timespec whole = stk_os_timespec(timeout_ns);
    /* While the kernel has not taken every request the sleep is short: no answer would end it. */
    bool unsent = u->outbox.head != STK_INDEX_NONE || u->cancel_due || u->arms_due != 0;
    bool by_poll = (u->flags & STK_URING_WAIT_BY_POLL) != 0;
    if (!by_poll && wait_timed(u, unsent ? &pause : &whole)) {
        return;
    }
    /* Waits by the ring's descriptor, where the kernel has no timed wait or has just refused requests. */
    struct pollfd p = {.fd = ring->ring_fd, .events = POLLIN};
    unsent = unsent || io_uring_sq_ready(ring) != 0;
    if (ppoll(&p, 1, by_poll && !unsent ? &whole : &pause, NULL) < 0 && errno != EINTR) {
        note_failure(u, "ppoll", errno);
    }
}

void stk_uring_wait(struct stk_uring *uring, int fd, uint64_t timeout_ns) {
    bool unsent = uring->outbox.head != STK_INDEX_NONE || uring->cancel_due || uring->arms_due != 0 ||
                  io_uring_sq_ready(uring->ring) != 0;
    uint64_t wait = unsent && timeout_ns > BACK_OFF_NS ? BACK_OFF_NS : timeout_ns;
    struct timespec t = stk_os_timespec(wait);
    struct pollfd p[2] = {{.fd = ((struct io_uring *)uring->ring)->ring_fd, .events = POLLIN},
                          {.fd = fd, .events = POLLIN}};
    /* A read that can be handed out ends the wait at once; one that is kept back for its cancel does not. */
    if (uring->ready.head == STK_INDEX_NONE || uring->ops[uring->ready.head].cancel_sent) {
        (void)ppoll(p, 2, &t, NULL); /* on an error the next reap looks itself */
    }
}
