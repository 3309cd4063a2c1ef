/* stoker port: reads, writes and syncs, from submit to reap. This file decides what an answer means for an operation;
 * the kernel's side of the ring is in uring_ring.c.
 *
 * The way of a read: submit -> (queue of a sequential source) -> outbox -> kernel -> ready -> reap. A short read goes
 * back to the outbox. A read whose request needs a bounce block waits among the parked ones until a block is free.
 * Every list runs through the operations' own `next`, and an operation is in one list at most. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <errno.h>

#include "stoker/port/os_clock.h"
#include "stoker/port/os_socket.h"
#include "stoker/port/os_source.h"

/* Interruptions (EINTR, EAGAIN) in a row, without a byte in between, that end a read with STK_E_IO. */
#define TRIES_MAX 64u

/// One read ///

/* Puts an operation into the outbox; the next flush makes a request of it. */
static void send_op(struct stk_uring *u, uint32_t index, enum op_state state) {
    u->ops[index].state = (uint16_t)state;
    STK_INDEX_PUSH(u->ops, &u->outbox, index);
}

void stk_uring_send_next_(struct stk_uring *u, struct stk_uring_source *s) {
    if (!s->busy && s->receive != RECEIVE_MULTISHOT && s->queue.head != STK_INDEX_NONE) {
        s->busy = 1;
        send_op(u, STK_INDEX_POP(u->ops, &s->queue), OP_SEND_READ);
    }
}

void stk_uring_finish_(struct stk_uring *u, uint32_t index, int32_t result, int32_t os_error) {
    struct stk_uring_op *op = &u->ops[index];
    struct stk_uring_source *s = &u->source[op->source];
    /* A read that still waited in its source's queue does not make the source free. */
    bool was_out = op->state != OP_QUEUED;
    stk_uring_unbounce_(u, op);
    u->canceled -= op->canceled;
    op->canceled = 0;
    op->result = result;
    op->os_error = os_error;
    op->state = OP_READY;
    STK_INDEX_PUSH(u->ops, &u->ready, index);
    if (s->kind == SOURCE_SEQUENTIAL && was_out) {
        s->busy = 0;
        stk_uring_send_next_(u, s);
    }
}

/* Ends a read that met the end of its source, and with 0 bytes each read that waits behind it, in their order: a
 * terminal reports its end only once. No read waits behind one of a source with offsets. */
static void finish_at_end(struct stk_uring *u, uint32_t index) {
    struct stk_uring_source *s = &u->source[u->ops[index].source];
    struct stk_index_list waiting = s->queue;
    /* The queue is emptied first, since the end of the first read would send the next one. */
    s->queue = (struct stk_index_list){STK_INDEX_NONE, STK_INDEX_NONE};
    stk_uring_finish_(u, index, (int32_t)u->ops[index].got, 0);
    while (waiting.head != STK_INDEX_NONE) {
        stk_uring_finish_(u, STK_INDEX_POP(u->ops, &waiting), 0, 0);
    }
}

/* Returns true if the read has all bytes that the source has, by the size of the source. Only a source of blocks needs
 * this question: there a request that came short may just have met the end. */
static bool is_at_end(const struct stk_uring *u, const struct stk_uring_op *op) {
    const struct stk_uring_source *s = &u->source[op->source];
    uint64_t at = op->offset + op->got;
    return s->block != 0 && (at >= s->end || (op->got != 0 && stk_os_at_end(u->fds[op->source], at)));
}

/* Ends an operation with the errno of a request. */
static void fail(struct stk_uring *u, uint32_t index, int os_error) {
    const struct stk_uring_op *op = &u->ops[index];
    bool positioned = u->source[op->source].kind == SOURCE_POSITIONED;
    if (os_error == EINVAL && positioned && op->got != 0 && stk_os_at_end(u->fds[op->source], op->offset + op->got)) {
        /* O_DIRECT was set after the source was added, so the port did not plan for blocks. The errno stands for the
         * unaligned end. */
        stk_uring_finish_(u, index, (int32_t)op->got, 0);
    } else if (os_error == EINTR || os_error == EAGAIN) {
        /* The read was tried TRIES_MAX times. */
        stk_uring_finish_(u, index, STK_E_IO, os_error);
    } else {
        stk_uring_finish_(u, index, stk_os_error(os_error), os_error);
    }
}

/* Takes the answer to a write or a sync: `res` bytes or -errno. Goes on after a short write. A write that ends early
 * gives the number of bytes that were written, with the errno as the reason; a code only if no byte was written. */
static void write_answered(struct stk_uring *u, uint32_t index, int res) {
    struct stk_uring_op *op = &u->ops[index];
    bool interrupted = res == -EINTR || res == -EAGAIN;
    /* A write of 0 bytes has no errno, and trying again would not end; EIO stands for the missing reason. */
    int os_error = res < 0 ? -res : EIO;
    if (res > 0) {
        op->got += (uint32_t)res;
        op->tries = 0;
    }
    if (res >= 0 && op->got == op->bytes) {
        stk_uring_finish_(u, index, (int32_t)op->got, 0);
        return;
    }
    if (op->late && (interrupted || res == -ECANCELED)) {
        os_error = ETIMEDOUT;
    } else if (op->canceled && (res > 0 || interrupted)) {
        os_error = ECANCELED;
    } else if (res > 0 || (interrupted && ++op->tries < TRIES_MAX)) {
        send_op(u, index, OP_SEND_READ);
        return;
    }
    if (op->got != 0) {
        stk_uring_finish_(u, index, (int32_t)op->got, os_error);
    } else {
        stk_uring_finish_(u, index, os_error == EINTR || os_error == EAGAIN ? STK_E_IO : stk_os_error(os_error),
                          os_error);
    }
}

/* Asks for the bytes that a read with an offset still lacks. Behind the end of the source there is nothing to ask
 * for. */
static void go_on(struct stk_uring *u, uint32_t index) {
    const struct stk_uring_op *op = &u->ops[index];
    const struct stk_uring_source *s = &u->source[op->source];
    if (s->kind == SOURCE_POSITIONED && op->offset + op->got >= s->end) {
        stk_uring_finish_(u, index, (int32_t)op->got, 0);
    } else {
        send_op(u, index, OP_SEND_READ);
    }
}

/* Takes the answer to a request of a read: `res` bytes or -errno. The order of the cases matters: bytes that came count
 * even if the read is late or cancelled, and a read that is complete is never reported as cancelled. */
static void read_answered(struct stk_uring *u, uint32_t index, int res) {
    struct stk_uring_op *op = &u->ops[index];
    bool interrupted = res == -EINTR || res == -EAGAIN, came_short = res >= 0 && (uint32_t)res < op->asked;
    res = stk_uring_took_(u, op, res);
    if (res > 0) {
        op->got += (uint32_t)res;
        op->tries = 0;
    }
    if (res == 0 || (came_short && is_at_end(u, op))) {
        finish_at_end(u, index);
    } else if (op->got == op->bytes) {
        stk_uring_finish_(u, index, (int32_t)op->got, 0);
    } else if (op->late && (interrupted || res == -ECANCELED)) {
        stk_uring_finish_(u, index, STK_E_TIMEOUT, ETIMEDOUT);
    } else if (op->canceled && (res > 0 || interrupted || res == -ECANCELED)) {
        stk_uring_finish_(u, index, STK_E_CANCELED, ECANCELED);
    } else if (res > 0) {
        go_on(u, index);
    } else if (interrupted && ++op->tries < TRIES_MAX) {
        /* A pipe that its owner made non-blocking answers EAGAIN at once, and trying again would only spin: a poll
         * waits for data, then the read is sent again. */
        bool wait = res == -EAGAIN && u->source[op->source].kind == SOURCE_SEQUENTIAL;
        send_op(u, index, wait ? OP_SEND_POLL : OP_SEND_READ);
    } else {
        fail(u, index, -res);
    }
}

/* Takes the answer to a poll. Sends the read if data has come, and also after an error on the descriptor, which the
 * read itself then returns. */
static void poll_answered(struct stk_uring *u, uint32_t index, int res) {
    if (u->ops[index].canceled) {
        stk_uring_finish_(u, index, STK_E_CANCELED, ECANCELED);
    } else if (res < 0 && res != -EINTR) {
        fail(u, index, -res);
    } else {
        send_op(u, index, OP_SEND_READ);
    }
}

/* Takes the answer to a single receive with `res` bytes. A datagram may be empty, while 0 bytes of a stream are its
 * end. */
static void receive_answered(struct stk_uring *u, uint32_t index, int32_t res) {
    struct stk_uring_op *op = &u->ops[index];
    struct stk_uring_source *s = &u->source[op->source];
    int32_t os_error = 0, bytes = stk_os_received(res, op->bytes, &os_error);
    if (bytes == 0 && !s->datagrams) {
        finish_at_end(u, index);
        return;
    }
    s->socket.receives++;
    s->socket.cut += os_error != 0;
    stk_uring_finish_(u, index, bytes, os_error);
}

/* Hands an answer to the function for its kind of request. The order matters: a poll belongs to a read, and an error of
 * a single receive is handled as that of a read. */
static void take_answer(struct stk_uring *u, const struct stk_uring_answer *a) {
    if (a->receive) {
        stk_uring_received_(u, a);
    } else if (u->ops[a->index].state == OP_POLL) {
        poll_answered(u, a->index, a->res);
    } else if (u->ops[a->index].op != STK_INGEST_READ) {
        write_answered(u, a->index, a->res);
    } else if (u->source[u->ops[a->index].source].receive != RECEIVE_NONE && a->res >= 0) {
        receive_answered(u, a->index, a->res);
    } else {
        read_answered(u, a->index, a->res);
    }
}

/* Moves on every read that the kernel has answered. */
static void take_answers(struct stk_uring *u) {
    struct stk_uring_answer answers[STK_URING_ANSWERS];
    uint32_t n;
    while ((n = stk_uring_answers_(u, answers)) != 0) {
        for (uint32_t i = 0; i < n; i++) {
            take_answer(u, &answers[i]);
        }
    }
}

/// Submit ///

/* Checks one entry of a submit. `index` is the place of the entry in the batch, for the detail of a refusal. */
static int check_read(struct stk_uring *u, const struct stk_ingest_read *read, uint32_t index) {
    uintptr_t base = (uintptr_t)u->mem, dst = (uintptr_t)read->dst;
    if (read->source >= u->sources || u->source[read->source].kind == SOURCE_FREE) {
        return refuse(u, STK_E_RANGE, index, read->source);
    }
    const struct stk_uring_source *s = &u->source[read->source];
    int err = stk_os_check_op(read->op, read->bytes, (enum source_kind)s->kind, s->writable);
    if (err < 0) {
        return refuse(u, err, index, read->bytes);
    }
    if (read->op == STK_INGEST_SYNC) {
        return STK_OK;
    }
    /* Differences are compared, since base + bytes may wrap. Only the memory of the ring is registered. */
    if (dst < base || dst - base > u->mem_bytes || u->mem_bytes - (dst - base) < read->bytes) {
        return refuse(u, STK_E_ARG, index, dst);
    }
    if (u->source[read->source].kind == SOURCE_POSITIONED && read->offset > (uint64_t)INT64_MAX - read->bytes) {
        return refuse(u, STK_E_ARG, index, read->offset);
    }
    return STK_OK;
}

/* Takes a read: gives it an operation, and queues it or puts it into the outbox. */
static void take_read(struct stk_uring *u, const struct stk_ingest_read *read) {
    struct stk_uring_source *s = &u->source[read->source];
    uint32_t index = STK_INDEX_POP(u->ops, &u->free);
    u->ops[index] = (struct stk_uring_op){.offset = read->offset,
                                          .dst = read->op == STK_INGEST_SYNC ? u->mem : read->dst,
                                          .source = read->source,
                                          .bytes = read->bytes,
                                          .tag = read->tag,
                                          .op = (uint8_t)read->op,
                                          .state = OP_QUEUED};
    s->reads++;
    u->path[s->path].submitted++;
    if (s->receive == RECEIVE_MULTISHOT) {
        stk_uring_provide_(u, index);
    } else if (s->kind == SOURCE_SEQUENTIAL) {
        STK_INDEX_PUSH(u->ops, &s->queue, index);
        stk_uring_send_next_(u, s);
    } else if (read->op == STK_INGEST_READ) {
        go_on(u, index);
    } else {
        /* go_on() would end a write behind the end of the source, where a write may go. */
        send_op(u, index, OP_SEND_READ);
    }
}

static int uring_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct stk_uring *u = ctx;
    if (u == NULL || (reads == NULL && count != 0)) {
        return STK_E_ARG;
    }
    if (u->ring == NULL || u->broken != 0) {
        return u->ring == NULL ? STK_E_SHUTDOWN : u->broken;
    }
    for (uint32_t i = 0; i < count; i++) {
        int err = check_read(u, &reads[i], i);
        if (err < 0) {
            return err;
        }
    }
    /* All entries are checked before the first is taken, since an error takes none. */
    uint32_t room = u->depth - u->in_flight;
    uint32_t taken = count < room ? count : room;
    for (uint32_t i = 0; i < taken; i++) {
        take_read(u, &reads[i]);
    }
    u->in_flight += taken;
    u->stats.submitted += taken;
    stk_uring_flush_(u);
    return (int)taken;
}

/* Counts a read when it is handed out, in the counters of the ring and of its path. */
static void count(struct stk_uring *u, const struct stk_uring_op *op) {
    struct stk_uring_path_stats *path = &u->path[u->source[op->source].path];
    if (op->result < 0) {
        u->stats.failed++;
        path->canceled += op->result == STK_E_CANCELED;
        path->failed += op->result != STK_E_CANCELED;
    } else {
        u->stats.completed++;
        *(op->op == STK_INGEST_READ ? &u->stats.bytes : &u->stats.written) += (uint32_t)op->result;
        path->completed++;
        path->bytes += (uint32_t)op->result;
    }
}

/* Hands out up to `max` operations that have ended. Returns how many. */
static int deliver(struct stk_uring *u, struct stk_ingest_done *done, uint32_t max) {
    uint32_t n = 0;
    /* A cancel names a read by the index of its operation. A cancel that the kernel has not answered yet could end the
     * next read of the same operation. So a read is kept back until its cancel is answered, and those behind it too. */
    for (; n < max && u->ready.head != STK_INDEX_NONE && !u->ops[u->ready.head].cancel_sent; n++) {
        uint32_t index = STK_INDEX_POP(u->ops, &u->ready);
        struct stk_uring_op *op = &u->ops[index];
        done[n] = (struct stk_ingest_done){op->tag, op->result, op->os_error};
        count(u, op);
        u->source[op->source].reads--;
        op->state = OP_FREE;
        STK_INDEX_PUSH(u->ops, &u->free, index);
    }
    u->in_flight -= n;
    return (int)n;
}

static int uring_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct stk_uring *u = ctx;
    if (u == NULL || (done == NULL && max != 0)) {
        return STK_E_ARG;
    }
    if (u->ring == NULL) {
        return STK_E_SHUTDOWN;
    }
    struct stk_deadline deadline = timeout_ns != 0 ? stk_os_deadline(timeout_ns) : (struct stk_deadline){0};
    /* A cancel that met a request between two states ends nothing. So cancels are sent again while there are cancelled
     * reads and no cancel is with the kernel. */
    u->cancel_due = u->cancel_due || (u->canceled != 0 && u->cancels == 0);
    for (;;) {
        /* The answers that are there come before the search for late reads: so after a pause of any length no read that
         * was answered is late. */
        stk_uring_look_(u);
        take_answers(u);
        if (u->canceled != 0) {
            /* Sends the cancel once more in each reap: with SQPOLL a kernel thread may not have taken the receive
             * request from the queue yet when an earlier cancel ran. */
            stk_uring_cancel_receives_(u);
        }
        stk_uring_find_late_(u);
        stk_uring_flush_(u);
        int n = deliver(u, done, max);
        if (n == 0 && u->broken != 0) {
            return u->broken;
        }
        if (n != 0 || max == 0 || u->in_flight == 0 || timeout_ns == 0 || stk_os_left_ns(&deadline) == 0) {
            return n;
        }
        stk_uring_wait_(u, stk_deadline_wait(&deadline, STK_URING_LOOK_NS));
    }
}

/* Ends the operations of `list` whose tags lie in first .. last, as cancelled. The kernel has none of them. The others
 * stay in their order. */
static void cancel_list(struct stk_uring *u, struct stk_index_list *list, uint32_t first, uint32_t last) {
    struct stk_index_list all = *list;
    stk_index_list_clear(list);
    while (all.head != STK_INDEX_NONE) {
        uint32_t index = STK_INDEX_POP(u->ops, &all), tag = u->ops[index].tag;
        if (first <= tag && tag <= last) {
            stk_uring_finish_(u, index, STK_E_CANCELED, ECANCELED);
        } else {
            STK_INDEX_PUSH(u->ops, list, index);
        }
    }
}

static int uring_cancel(void *ctx, uint32_t first, uint32_t last) {
    struct stk_uring *u = ctx;
    if (u == NULL) {
        return STK_E_ARG;
    }
    if (u->ring == NULL) {
        return STK_E_SHUTDOWN;
    }
    /* The queues come first: what ends a read of a sequential source sends the next read of its queue. */
    for (uint32_t i = 0; i < u->sources; i++) {
        if (u->source[i].receive != RECEIVE_MULTISHOT) {
            cancel_list(u, &u->source[i].queue, first, last);
        }
    }
    /* Parked reads come before the outbox, since a bounce block that gets free moves a parked read to the outbox. */
    cancel_list(u, &u->parked, first, last);
    cancel_list(u, &u->outbox, first, last);
    /* The kernel has these operations, so they are marked, and the flush below sends the cancels. */
    for (uint32_t i = 0; i < u->depth; i++) {
        struct stk_uring_op *op = &u->ops[i];
        bool out = op->state == OP_READ || op->state == OP_POLL || op->state == OP_PROVIDED;
        if (out && first <= op->tag && op->tag <= last) {
            u->canceled += op->canceled == 0;
            op->canceled = 1;
            u->cancel_due = true;
        }
    }
    stk_uring_cancel_receives_(u);
    stk_uring_flush_(u);
    return u->broken;
}

static void uring_stats(void *ctx, struct stk_ingest_stats *stats) {
    *stats = ((const struct stk_uring *)ctx)->stats;
}

const struct stk_ingest_ops stk_uring_ops = {
    .name = "io_uring",
    .submit = uring_submit,
    .reap = uring_reap,
    .cancel = uring_cancel,
    .stats = uring_stats,
};
