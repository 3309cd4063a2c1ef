/* stoker port: the POSIX reader, from submit to reap. Reap does the reading in groups of a bounded number of steps.
 * Each step is one system call of a bounded size. So reap looks at its deadline often. Sources are added in
 * posix_reader.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reader_internal.h"
#include "stoker/port/os_clock.h"
#include "stoker/port/os_socket.h"
#include "stoker/port/os_source.h"

/* Most bytes of one system call. A read of a page cache takes about 0.2 ms for 1 MiB, which bounds how long reap goes
 * on after its deadline. */
#define TRANSFER_BYTES (1u << 20)
/* System calls in one step, after which reap looks at the clock. */
#define STEP_TRANSFERS 16u
/* Interruptions (EINTR, EAGAIN) in a row, without a byte in between, that end a read with STK_E_IO. */
#define TRIES_MAX 64u

/// Queueing ///

/* Checks one entry of a submit. `index` is the place of the entry in the batch, which goes into the detail of a
 * refusal. */
static int check_read(struct stk_posix_reader *r, const struct stk_ingest_read *read, uint32_t index) {
    if (read->source >= r->sources || r->source[read->source].kind == SOURCE_FREE) {
        return refuse(r, STK_E_RANGE, index, read->source);
    }
    const struct stk_posix_source *s = &r->source[read->source];
    int err = stk_os_check_op(read->op, read->bytes, (enum source_kind)s->kind, s->writable);
    if (err < 0 || (read->dst == NULL && read->op != STK_INGEST_SYNC)) {
        return refuse(r, err < 0 ? err : STK_E_ARG, index, read->bytes);
    }
    if (r->source[read->source].kind == SOURCE_POSITIONED && read->offset > (uint64_t)INT64_MAX - read->bytes) {
        return refuse(r, STK_E_ARG, index, read->offset);
    }
    return STK_OK;
}

/* Queues reads. All entries are checked before the first one is taken, since an error takes none. */
static int reader_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct stk_posix_reader *r = ctx;
    if (r == NULL || (reads == NULL && count != 0)) {
        return STK_E_ARG;
    }
    /* A read is in flight until it is reaped: entries that have ended still take room, so that reap can hand each one
     * out. */
    uint32_t room = r->depth - r->in_flight;
    uint32_t taken = count < room ? count : room;
    /* All entries are checked, also those for which there is no room now: an error must not depend on how full the
     * reader is. */
    for (uint32_t i = 0; i < count; i++) {
        int err = check_read(r, &reads[i], i);
        if (err < 0) {
            return err;
        }
    }
    for (uint32_t i = 0; i < taken; i++) {
        uint32_t index = STK_INDEX_POP(r->ops, &r->free);
        struct stk_posix_op *op = &r->ops[index];
        *op = (struct stk_posix_op){.offset = reads[i].offset,
                                    .dst = reads[i].dst,
                                    .source = reads[i].source,
                                    .bytes = reads[i].bytes,
                                    .tag = reads[i].tag,
                                    .op = reads[i].op};
        STK_INDEX_PUSH(r->ops, op_list(r, op), index);
        r->source[op->source].reads++;
    }
    r->in_flight += taken;
    r->stats.submitted += taken;
    return (int)taken;
}

/// Reading ///

/* Ends an operation: sets its result and moves it to the list of those that reap hands out. */
static void finish(struct stk_posix_reader *r, uint32_t index, int32_t result, int32_t os_error) {
    r->ops[index].result = result;
    r->ops[index].os_error = os_error;
    STK_INDEX_PUSH(r->ops, &r->ready, index);
    r->n_ready++;
}

/* Does one system call of a read, for at most TRANSFER_BYTES bytes. Returns true when the read has ended; *result is
 * then the number of bytes or a code, and *os_error the errno. */
static bool read_transfer(struct stk_posix_reader *r, struct stk_posix_op *op, int32_t *result, int32_t *os_error) {
    const struct stk_posix_source *s = &r->source[op->source];
    uint32_t left = op->bytes - op->got;
    size_t bytes = left < TRANSFER_BYTES ? left : TRANSFER_BYTES;
    uint64_t at = op->offset + op->got;
    bool positioned = s->kind == SOURCE_POSITIONED;
    ssize_t n = positioned ? pread(s->fd, op->dst + op->got, bytes, (off_t)at) : read(s->fd, op->dst + op->got, bytes);
    int err = n < 0 ? errno : 0;
    r->stats.os_reads++;
    if (n > 0) {
        op->got += (uint32_t)n;
        op->tries = 0;
        if (op->got < op->bytes) {
            return false;
        }
    } else if ((err == EINTR || err == EAGAIN) && ++op->tries < TRIES_MAX) {
        return false;
    } else if (err != 0 && !(err == EINVAL && positioned && op->got != 0 && stk_os_at_end(s->fd, at))) {
        /* Every error ends the read with a code, but one: with O_DIRECT a read that begins at an unaligned end of the
         * file answers EINVAL instead of 0, and after a part of the data such an EINVAL is the end of the source. */
        *result = err == EINTR || err == EAGAIN ? STK_E_IO : stk_os_error(err);
        *os_error = err;
        return true;
    }
    *result = (int32_t)op->got;
    *os_error = 0;
    return true;
}

/* Does one receive on a socket, which ends the read with one datagram or with the bytes that are there. Returns as
 * read_transfer. MSG_TRUNC makes recv return the whole length of a datagram, so that a datagram that was cut can be
 * counted. MSG_DONTWAIT: poll said that there is data, but a datagram with a wrong checksum is dropped after that. */
static bool receive_transfer(struct stk_posix_reader *r, struct stk_posix_op *op, int32_t *result, int32_t *os_error) {
    const struct stk_posix_source *s = &r->source[op->source];
    int flags = MSG_DONTWAIT | (s->datagrams ? MSG_TRUNC : 0);
    ssize_t n = recv(s->fd, op->dst, op->bytes, flags);
    int err = n < 0 ? errno : 0;
    r->stats.os_reads++;
    if ((err == EINTR || err == EAGAIN) && ++op->tries < TRIES_MAX) {
        return false;
    }
    *os_error = err;
    *result = err == EINTR || err == EAGAIN ? STK_E_IO : stk_os_error(err);
    if (err == 0) {
        *result = stk_os_received((int32_t)n, op->bytes, os_error);
    }
    return true;
}

/* Does one system call of a write, for at most TRANSFER_BYTES bytes, or a sync. Returns as read_transfer. An error
 * after some bytes were written gives the number of these bytes, with the errno in *os_error. */
static bool write_transfer(struct stk_posix_reader *r, struct stk_posix_op *op, int32_t *result, int32_t *os_error) {
    int fd = r->source[op->source].fd;
    uint32_t left = op->bytes - op->got;
    size_t bytes = left < TRANSFER_BYTES ? left : TRANSFER_BYTES;
    ssize_t n =
        op->op == STK_INGEST_SYNC ? fdatasync(fd) : pwrite(fd, op->dst + op->got, bytes, (off_t)(op->offset + op->got));
    int err = n < 0 ? errno : 0;
    r->stats.os_reads++;
    if (n > 0) {
        op->got += (uint32_t)n;
        op->tries = 0;
    }
    if (op->got < op->bytes || err != 0) {
        if (n > 0 || ((err == EINTR || err == EAGAIN) && ++op->tries < TRIES_MAX)) {
            return false;
        }
        /* A write of 0 bytes has no errno, and trying again would not end. */
        err = err != 0 ? err : EIO;
    }
    *result = err == 0 || op->got != 0        ? (int32_t)op->got
              : err == EINTR || err == EAGAIN ? STK_E_IO
                                              : stk_os_error(err);
    *os_error = err;
    return true;
}

/* Does one step of the first operation of `list`. Returns true when this step ended the operation. */
static bool advance(struct stk_posix_reader *r, struct stk_index_list *list) {
    struct stk_posix_op *op = &r->ops[list->head];
    const struct stk_posix_source *s = &r->source[op->source];
    int32_t result, os_error;
    bool ended = s->socket                   ? receive_transfer(r, op, &result, &os_error)
                 : op->op == STK_INGEST_READ ? read_transfer(r, op, &result, &os_error)
                                             : write_transfer(r, op, &result, &os_error);
    if (!ended) {
        return false;
    }
    finish(r, STK_INDEX_POP(r->ops, list), result, os_error);
    /* An empty datagram is a read of 0 bytes and ends nothing; 0 bytes of a stream socket mean that the peer closed
     * it. */
    bool at_end = s->socket ? result == 0 && !s->datagrams : result >= 0 && (uint32_t)result < op->bytes;
    if (s->kind == SOURCE_SEQUENTIAL && at_end) {
        /* Every read that waits behind this one ends here with 0 bytes: a terminal reports its end only once, and the
         * next read would wait for new input. */
        while (list->head != STK_INDEX_NONE) {
            finish(r, STK_INDEX_POP(r->ops, list), 0, 0);
        }
    }
    return true;
}

/* Returns true if a sequential source has a read that waits for data. */
static bool waits(const struct stk_posix_source *s) {
    return s->kind == SOURCE_SEQUENTIAL && s->queue.head != STK_INDEX_NONE;
}

/* Fills in an entry for each sequential source that has a read waiting; the entries are packed in the order of the
 * sources. Returns how many there are. */
static nfds_t fill_polls(struct stk_posix_reader *r) {
    nfds_t n = 0;
    for (uint32_t i = 0; i < r->sources; i++) {
        if (waits(&r->source[i])) {
            r->poll[n++] = (struct stk_posix_poll){r->source[i].fd, POLLIN, 0};
        }
    }
    return n;
}

/* Polls all sequential sources that have a read, for at most `timeout_ns` nanoseconds. Returns how many can be read
 * now, or -1 with errno. */
static int poll_sources(struct stk_posix_reader *r, uint64_t timeout_ns) {
    struct timespec t = stk_os_timespec(timeout_ns);
    nfds_t n = fill_polls(r);
    return n == 0 ? 0 : ppoll((struct pollfd *)(void *)r->poll, n, &t, NULL);
}

/* Does one step of each sequential source that has data, so that a fast pipe does not keep the others waiting. Returns
 * how many steps were done. */
static uint32_t step_sequential(struct stk_posix_reader *r) {
    uint32_t transfers = 0, entry = 0;
    /* A read of a pipe would block where nothing is there, so poll comes first. */
    if (poll_sources(r, 0) <= 0) {
        return 0; /* nothing there, or interrupted: reap comes back */
    }
    for (uint32_t i = 0; i < r->sources; i++) {
        if (waits(&r->source[i]) && r->poll[entry++].revents != 0) {
            (void)advance(r, &r->source[i].queue);
            transfers++;
        }
    }
    return transfers;
}

/* Does a bounded amount of work: at most about STEP_TRANSFERS steps, or until `max` reads are ready. Returns false when
 * there was nothing to do. Sequential sources go first, since each of them gets one step in a cycle, and reads of files
 * take all the rest. */
static bool step(struct stk_posix_reader *r, uint32_t max) {
    uint32_t transfers = 0, before;
    do {
        before = transfers;
        transfers += step_sequential(r);
        while (r->queue.head != STK_INDEX_NONE && transfers < STEP_TRANSFERS && r->n_ready < max) {
            (void)advance(r, &r->queue);
            transfers++;
        }
    } while (transfers != before && transfers < STEP_TRANSFERS && r->n_ready < max);
    return transfers != 0;
}

/// Reap, cancel, counters ///

/* Hands out up to `max` operations that have ended, and counts them. Returns how many. */
static int deliver(struct stk_posix_reader *r, struct stk_ingest_done *done, uint32_t max) {
    uint32_t n = 0;
    for (; n < max && r->ready.head != STK_INDEX_NONE; n++) {
        uint32_t index = STK_INDEX_POP(r->ops, &r->ready);
        const struct stk_posix_op *op = &r->ops[index];
        done[n] = (struct stk_ingest_done){op->tag, op->result, op->os_error};
        if (op->result < 0) {
            r->stats.failed++;
        } else {
            r->stats.completed++;
            *(op->op == STK_INGEST_READ ? &r->stats.bytes : &r->stats.written) += (uint32_t)op->result;
        }
        r->source[op->source].reads--;
        STK_INDEX_PUSH(r->ops, &r->free, index);
    }
    r->n_ready -= n;
    r->in_flight -= n;
    return (int)n;
}

static int reader_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct stk_posix_reader *r = ctx;
    if (r == NULL || (done == NULL && max != 0)) {
        return STK_E_ARG;
    }
    /* A reap that does not wait needs no clock, which spares a system call on some machines. */
    struct stk_deadline deadline = timeout_ns != 0 ? stk_os_deadline(timeout_ns) : (struct stk_deadline){0};
    for (;;) {
        /* The work comes before the look at the clock, so that a reap with a timeout of 0 reads as well. */
        bool moved = step(r, max);
        int n = deliver(r, done, max);
        if (n != 0 || max == 0 || r->in_flight == 0 || timeout_ns == 0 || stk_os_left_ns(&deadline) == 0) {
            return n;
        }
        /* Nothing moved, so each read that is left waits on a pipe or socket. The result of the poll is not kept: the
         * next step polls again with a timeout of 0. */
        if (!moved && poll_sources(r, stk_deadline_wait(&deadline, UINT64_MAX)) < 0 && errno != EINTR) {
            return refuse(r, stk_os_error(errno), 0, (uint64_t)errno);
        }
    }
}

void stk_posix_reader_wait(struct stk_posix_reader *reader, int fd, uint64_t timeout_ns) {
    struct timespec t = stk_os_timespec(timeout_ns);
    /* With a read of a file queued, or one ready, there is work, and the caller must not sleep. */
    if (reader->queue.head == STK_INDEX_NONE && reader->ready.head == STK_INDEX_NONE) {
        nfds_t n = fill_polls(reader);
        reader->poll[n++] = (struct stk_posix_poll){fd, POLLIN, 0};
        (void)ppoll((struct pollfd *)(void *)reader->poll, n, &t, NULL); /* on an error the next reap looks itself */
    }
}

/* Ends the operations of `list` whose tags lie in first .. last, as cancelled. The others stay in their order. Works on
 * a copy of the list and builds the list anew, since entries leave from the middle. */
static void cancel_list(struct stk_posix_reader *r, struct stk_index_list *list, uint32_t first, uint32_t last) {
    struct stk_index_list all = *list;
    stk_index_list_clear(list);
    while (all.head != STK_INDEX_NONE) {
        uint32_t index = STK_INDEX_POP(r->ops, &all), tag = r->ops[index].tag;
        if (first <= tag && tag <= last) {
            finish(r, index, STK_E_CANCELED, 0);
        } else {
            STK_INDEX_PUSH(r->ops, list, index);
        }
    }
}

/* Cancels queued operations. No operation is with the system between two calls of the reader, so all can be ended
 * here. */
static int reader_cancel(void *ctx, uint32_t first, uint32_t last) {
    struct stk_posix_reader *r = ctx;
    if (r == NULL) {
        return STK_E_ARG;
    }
    cancel_list(r, &r->queue, first, last);
    for (uint32_t i = 0; i < r->sources; i++) {
        if (r->source[i].kind == SOURCE_SEQUENTIAL) {
            cancel_list(r, &r->source[i].queue, first, last);
        }
    }
    return STK_OK;
}

static void reader_stats(void *ctx, struct stk_ingest_stats *stats) {
    *stats = ((const struct stk_posix_reader *)ctx)->stats;
}

const struct stk_ingest_ops stk_posix_reader_ops = {
    .name = "posix",
    .submit = reader_submit,
    .reap = reader_reap,
    .cancel = reader_cancel,
    .stats = reader_stats,
};
