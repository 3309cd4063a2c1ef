/* stoker port: sockets. A read of such a source ends with the data of one receive: one datagram, or the bytes of a
 * stream that are there.
 *
 * With multishot one request stays with the kernel and answers for each receive. Each read that was submitted is a
 * buffer of the source's ring of buffers, in order, and the kernel takes the buffers in that order. So the reads of the
 * source wait in its queue, and the first of them gets the next answer. When the kernel has no buffer left it ends the
 * request with ENOBUFS and leaves the data in the socket; the next read that is submitted sends the request again.
 * Without multishot (before Linux 6.0) each read sends a request of its own. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <string.h>
#include <unistd.h>

#include "stoker/port/os_socket.h"

/* Alignment in bytes of a ring of buffers: the kernel maps it by pages. */
#define RING_ALIGN 4096u
/* Number of interruptions in a row (EINTR, EAGAIN), without a byte in between, after which a read ends with
 * STK_E_IO. */
#define TRIES_MAX 64u
/* Nanoseconds that one attempt to end a request waits at most. */
#define STOP_NS 10000000L

_Static_assert(STK_URING_SOURCES_MAX <= UINT16_MAX - 64u, "each source has a group");
_Static_assert(STK_URING_SOURCES_MAX <= 1u << STK_URING_RECEIVE_SHIFT, "an index and a generation fit");

/// The ring of buffers ///

/* Returns the number of the source's group of buffers. When a ring of buffers is removed, Linux 6.1 keeps a group whose
 * number is below 64, with the index of its next buffer. A new ring of the same number would then begin at that index
 * instead of 0. So the numbers of groups begin at 64. */
static uint16_t group_of(uint32_t source) {
    return (uint16_t)(64u + source);
}

/* Returns the entries of a ring of buffers, one for each read at least. The kernel wants a power of two. */
static uint32_t entries_of(const struct stk_uring *u) {
    uint32_t entries = 1;
    while (entries < u->depth) {
        entries *= 2u;
    }
    return entries;
}

/* Gives the kernel an empty ring of buffers for the source. Returns 0 or -errno. */
static int register_buffers(struct stk_uring *u, uint32_t source) {
    struct stk_uring_source *s = &u->source[source];
    struct io_uring_buf_reg reg = {
        .ring_addr = (uint64_t)(uintptr_t)s->buffers, .ring_entries = entries_of(u), .bgid = group_of(source)};
    /* The kernel reads the tail of the ring from this memory, so it must begin at 0. */
    memset(s->buffers, 0, (size_t)reg.ring_entries * sizeof(struct io_uring_buf));
    return io_uring_register_buf_ring(u->ring, &reg, 0);
}

/* Adds the memory of a read to the ring of buffers. The buffer's number is the index of the read, which comes back in
 * the answer. */
static void add_buffer(const struct stk_uring *u, const struct stk_uring_source *s, uint32_t index) {
    const struct stk_uring_op *op = &u->ops[index];
    int mask = io_uring_buf_ring_mask(entries_of(u));
    io_uring_buf_ring_add(s->buffers, op->dst, op->bytes, (uint16_t)index, mask, 0);
    io_uring_buf_ring_advance(s->buffers, 1);
}

/* Marks the request of a source as due, if reads wait and the kernel has no request. The next flush sends it. */
static void want_request(struct stk_uring *u, struct stk_uring_source *s) {
    if (!s->armed && !s->arm_due && s->queue.head != STK_INDEX_NONE) {
        s->arm_due = 1;
        u->arms_due++;
    }
}

/* Notes whether a socket that asked for multishot has it: 0, or the errno of the kernel. The report of the ring keeps
 * the last refusal. */
static void note_multishot(struct stk_uring *u, struct stk_uring_source *s, int os_error) {
    struct stk_uring_feature_state *state = &u->feature[STK_URING_MULTISHOT];
    s->socket.multishot = os_error == 0;
    s->socket.os_error = os_error;
    if (os_error != 0) {
        *state = (struct stk_uring_feature_state){STK_URING_REFUSED, os_error};
    } else if (state->why == STK_URING_NOT_ASKED) {
        state->why = STK_URING_ON;
    }
}

/* Ends the cancelled reads of a source. Call it only while the kernel has no request for the source: a buffer that the
 * kernel may still fill must not be given back. */
static void finish_canceled(struct stk_uring *u, struct stk_uring_source *s) {
    struct stk_index_list all = s->queue;
    stk_index_list_clear(&s->queue);
    while (all.head != STK_INDEX_NONE) {
        uint32_t index = STK_INDEX_POP(u->ops, &all);
        if (u->ops[index].canceled) {
            stk_uring_finish_(u, index, STK_E_CANCELED, ECANCELED);
        } else {
            STK_INDEX_PUSH(u->ops, &s->queue, index);
        }
    }
}

/* Goes on without multishot, which the kernel has refused with `os_error`: each read gets a request of its own. The
 * kernel has neither a request nor a ring of buffers of the source. */
static void fall_back(struct stk_uring *u, struct stk_uring_source *s, int os_error) {
    /* comes first: afterwards a read in front of the cancelled reads may get a request that waits for data */
    finish_canceled(u, s);
    s->receive = RECEIVE_SINGLE;
    note_multishot(u, s, os_error);
    for (uint32_t i = s->queue.head; i != STK_INDEX_NONE; i = u->ops[i].next) {
        u->ops[i].state = OP_QUEUED;
    }
    stk_uring_send_next_(u, s);
}

/* Makes the ring of buffers anew with the reads that wait, since some of its buffers belong to reads that have ended.
 * Call it only while the kernel has no request that uses the ring. Where the kernel refuses a new ring of buffers, the
 * source goes on without one. */
static void renew_buffers(struct stk_uring *u, uint32_t source) {
    struct stk_uring_source *s = &u->source[source];
    int r = io_uring_unregister_buf_ring(u->ring, group_of(source));
    if (r != 0) { /* the kernel may still use the old ring */
        stk_uring_failed_(u, "io_uring_register (buffer ring)", STK_E_IO, -r);
        return;
    }
    r = register_buffers(u, source);
    if (r != 0) {
        fall_back(u, s, -r);
        return;
    }
    for (uint32_t i = s->queue.head; i != STK_INDEX_NONE; i = u->ops[i].next) {
        add_buffer(u, s, i);
    }
    want_request(u, s);
}

void stk_uring_provide_(struct stk_uring *u, uint32_t index) {
    struct stk_uring_source *s = &u->source[u->ops[index].source];
    u->ops[index].state = OP_PROVIDED;
    /* The queue and the ring of buffers must have the same order, since the first read of the queue gets the next
     * answer. */
    STK_INDEX_PUSH(u->ops, &s->queue, index);
    add_buffer(u, s, index);
    want_request(u, s);
}

/// The request ///

void stk_uring_fill_receives_(struct stk_uring *u) {
    for (uint32_t i = 0; i < u->sources && u->arms_due != 0; i++) {
        struct stk_uring_source *s = &u->source[i];
        struct io_uring_sqe *sqe = s->arm_due ? io_uring_get_sqe(u->ring) : NULL;
        if (!s->arm_due) {
            continue;
        }
        if (sqe == NULL) {
            return;
        }
        /* With MSG_TRUNC the answer is the length of the whole datagram, which shows that a datagram was cut. On a
         * stream MSG_TRUNC would throw the data away. */
        io_uring_prep_recv_multishot(sqe, (int)i, NULL, 0, s->datagrams ? MSG_TRUNC : 0);
        io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT);
        sqe->buf_group = group_of(i);
        io_uring_sqe_set_data64(sqe, stk_uring_receive_data_(s, i));
        s->arm_due = 0;
        s->armed = 1;
        s->socket.requests++;
        u->arms_due--;
        u->out++;
        u->stats.os_reads++;
        u->path[s->path].plain++; /* provided buffers are not registered memory */
    }
}

/* Asks the kernel to end the request of a source, and takes a request back that was not sent. The last answer of the
 * request, without IORING_CQE_F_MORE, says that it has ended. */
static void stop_request(struct stk_uring *u, uint32_t source) {
    struct stk_uring_source *s = &u->source[source];
    struct io_uring_sync_cancel_reg reg = {
        .addr = stk_uring_receive_data_(s, source), .fd = -1, .timeout = {.tv_sec = 0, .tv_nsec = STOP_NS}};
    if (s->arm_due) {
        s->arm_due = 0;
        u->arms_due--;
    }
    if (s->armed) {
        (void)io_uring_register_sync_cancel(u->ring, &reg);
    }
}

/// Reads that are cancelled ///

/* Returns true if a read that waits for data is to be cancelled. */
static bool has_canceled(const struct stk_uring *u, const struct stk_uring_source *s) {
    uint32_t i = s->queue.head;
    while (i != STK_INDEX_NONE && !u->ops[i].canceled) {
        i = u->ops[i].next;
    }
    return i != STK_INDEX_NONE;
}

/* Ends the cancelled reads of a source, and takes their buffers back. Call it only while the kernel has no request for
 * the source. */
static void end_canceled(struct stk_uring *u, uint32_t source) {
    finish_canceled(u, &u->source[source]);
    renew_buffers(u, source);
}

void stk_uring_cancel_receives_(struct stk_uring *u) {
    for (uint32_t i = 0; i < u->sources; i++) {
        struct stk_uring_source *s = &u->source[i];
        if (s->receive != RECEIVE_MULTISHOT || !has_canceled(u, s)) {
            continue;
        }
        /* A buffer cannot be taken out of the kernel's ring, so the whole request ends, and begins again with the reads
         * that stay. */
        stop_request(u, i);
        if (!s->armed) {
            end_canceled(u, i);
        }
    }
}

/// Answers ///

/* Takes the first read that waits out of the source's queue. */
static uint32_t pop_first(struct stk_uring *u, struct stk_uring_source *s) {
    return STK_INDEX_POP(u->ops, &s->queue);
}

/* Ends the first read that waits with the `res` bytes that the kernel put into buffer `index`. Another index means that
 * the kernel took the buffers in another order: then no read can be trusted, and the ring has failed. */
static void take_data(struct stk_uring *u, struct stk_uring_source *s, uint32_t index, int32_t res) {
    int32_t os_error = 0, bytes;
    if (index != s->queue.head) {
        stk_uring_failed_(u, "a receive by io_uring", STK_E_IO, EBADMSG);
        return;
    }
    (void)pop_first(u, s);
    bytes = stk_os_received(res, u->ops[index].bytes, &os_error);
    s->socket.receives++;
    s->socket.cut += os_error != 0;
    stk_uring_finish_(u, index, bytes, os_error);
}

/* Ends every read that waits with 0 bytes: the stream has ended. */
static void end_stream(struct stk_uring *u, struct stk_uring_source *s) {
    while (s->queue.head != STK_INDEX_NONE) {
        stk_uring_finish_(u, pop_first(u, s), 0, 0);
    }
}

/* Handles an error that ended the request. The first read that waits ends with the error. After EINTR and EAGAIN no
 * read ends, and the caller sends the request again; TRIES_MAX of these in a row end the first read with STK_E_IO. */
static void take_error(struct stk_uring *u, struct stk_uring_source *s, int os_error) {
    struct stk_uring_op *first = s->queue.head != STK_INDEX_NONE ? &u->ops[s->queue.head] : NULL;
    bool again = os_error == EINTR || os_error == EAGAIN;
    if (first == NULL || (again && ++first->tries < TRIES_MAX)) {
        return;
    }
    stk_uring_finish_(u, pop_first(u, s), again ? STK_E_IO : stk_os_error(os_error), os_error);
}

void stk_uring_received_(struct stk_uring *u, const struct stk_uring_answer *a) {
    struct stk_uring_source *s = &u->source[a->index];
    bool more = (a->flags & IORING_CQE_F_MORE) != 0;
    int os_error = a->res < 0 ? -a->res : 0;
    if (s->generation != a->generation || s->receive != RECEIVE_MULTISHOT) {
        /* The answer belongs to a source that was removed; its index may have a new source now. */
        return;
    }
    s->armed = more;
    /* Linux 6.1 sets the flag for a buffer beside errors too, so the result is looked at first. */
    if (a->res >= 0 && (a->flags & IORING_CQE_F_BUFFER) != 0) {
        take_data(u, s, a->flags >> IORING_CQE_BUFFER_SHIFT, a->res);
    } else if (os_error == ENOBUFS) {
        s->socket.dry++;
    } else if ((os_error == EINVAL || os_error == EOPNOTSUPP) && s->socket.receives == 0) {
        /* The kernel knows no multishot (before Linux 6.0), or not for this kind of socket. */
        (void)io_uring_unregister_buf_ring(u->ring, group_of(a->index));
        fall_back(u, s, os_error);
    } else if (os_error != ECANCELED) {
        if (os_error != 0) {
            take_error(u, s, os_error);
        } else if (!s->datagrams) {
            end_stream(u, s);
        } else if (s->queue.head != STK_INDEX_NONE) {
            s->socket.receives++;
            /* An empty datagram takes no buffer, so the ring of buffers is made anew below. */
            stk_uring_finish_(u, pop_first(u, s), 0, 0);
        }
        renew_buffers(u, a->index);
    }
    if (more || s->receive != RECEIVE_MULTISHOT) {
        return;
    }
    if (has_canceled(u, s)) {
        end_canceled(u, a->index);
    } else {
        want_request(u, s);
    }
}

/// One receive: a request for each read ///

/* Fills in one receive for one read. MSG_TRUNC as above: only for datagrams. */
static void prepare_receive(const struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe) {
    op->fixed = 0;
    io_uring_prep_recv(sqe, (int)op->source, op->to, op->asked, u->source[op->source].datagrams ? MSG_TRUNC : 0);
}

/* Returns the answer as it is: a count of bytes or -errno. For a datagram the count may be above the bytes of the
 * read. */
static int32_t receive_result(struct stk_uring *u, const struct stk_uring_op *op, int32_t res) {
    (void)u;
    (void)op;
    return res;
}

const struct stk_uring_requests stk_uring_receive_requests_ = {.prepare = prepare_receive, .result = receive_result};

/// Sources ///

/* Adds the datagrams that the socket has dropped since the last call to the count of the source. */
static void look_at_drops(struct stk_uring *u, uint32_t source) {
    struct stk_uring_source *s = &u->source[source];
    uint32_t now = stk_os_socket_drops(u->fds[source]);
    /* The kernel's counter has 32 bits and wraps; the difference is right across a wrap too. */
    s->socket.drops += now - s->drops_seen;
    s->drops_seen = now;
}

/* Checks a socket and the memory for its buffers before anything changes, and sets s->datagrams. */
static int check_socket(struct stk_uring *u, int fd, const struct stk_uring_socket_config *c,
                        struct stk_uring_source *s) {
    size_t need = STK_URING_SOCKET_BYTES(u->depth);
    int os_error = 0, err = stk_os_socket(fd, &s->datagrams, &os_error);
    if (err != STK_OK) {
        return refuse(u, err, 0, (uint64_t)os_error);
    }
    if (c->memory != NULL && c->memory_bytes < need) {
        return refuse(u, STK_E_SPACE, 0, need);
    }
    return (uintptr_t)c->memory % RING_ALIGN == 0 ? STK_OK : refuse(u, STK_E_ALIGN, 0, RING_ALIGN);
}

int stk_uring_add_socket(struct stk_uring *uring, int fd, const struct stk_uring_socket_config *config) {
    static const struct stk_uring_socket_config none = {.memory = NULL};
    const struct stk_uring_socket_config *c = config != NULL ? config : &none;
    struct stk_uring_source what = {.kind = SOURCE_FREE}, *s;
    int r;
    if (uring == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return refuse(uring, STK_E_SHUTDOWN, 0, 0);
    }
    r = check_socket(uring, fd, c, &what);
    r = r == STK_OK ? stk_uring_add_file(uring, fd, STK_URING_SEQUENTIAL) : r;
    if (r < 0) {
        return r;
    }
    s = &uring->source[r];
    s->datagrams = what.datagrams;
    /* The generation tells answers to an earlier source of this index apart. */
    s->generation = ++uring->generation;
    s->receive = RECEIVE_SINGLE;
    s->buffers = c->memory;
    s->drops_seen = stk_os_socket_drops(fd);
    if (c->memory != NULL) {
        note_multishot(uring, s, -register_buffers(uring, (uint32_t)r));
        s->receive = s->socket.multishot ? RECEIVE_MULTISHOT : RECEIVE_SINGLE;
    }
    return r;
}

int stk_uring_socket_stats(struct stk_uring *uring, uint32_t source, struct stk_uring_socket_stats *stats) {
    if (uring == NULL || stats == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return STK_E_SHUTDOWN;
    }
    if (source >= uring->sources || uring->source[source].receive == RECEIVE_NONE) {
        return refuse(uring, STK_E_RANGE, source, 0);
    }
    look_at_drops(uring, source);
    *stats = uring->source[source].socket;
    return STK_OK;
}

bool stk_uring_forget_socket_(struct stk_uring *u, uint32_t source) {
    struct stk_uring_source *s = &u->source[source];
    if (s->receive == RECEIVE_NONE) {
        return true;
    }
    if (s->receive == RECEIVE_MULTISHOT) {
        /* A request that the kernel's thread (SQPOLL) has not taken yet cannot be ended. */
        if (io_uring_sq_ready(u->ring) != 0) {
            return false;
        }
        stop_request(u, source);
        if (io_uring_unregister_buf_ring(u->ring, group_of(source)) != 0) {
            return false;
        }
    }
    look_at_drops(u, source);
    u->socket_drops += s->socket.drops;
    s->receive = RECEIVE_NONE;
    s->armed = 0;
    return true;
}
