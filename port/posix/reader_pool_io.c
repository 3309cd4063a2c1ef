/* stoker port: the reader pool, submit, reap and cancel on the caller's thread. These calls queue reads and take ready
 * ones; the threads (reader_pool_thread.c) do the reading. Every list is guarded by the pool's lock. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>

#include "pool_internal.h"
#include "stoker/port/os_clock.h"

/* Longest sleep in nanoseconds of a caller while reads are queued. Then a thread may leave the caller asleep for
 * READY_NS (reader_pool_thread.c) and be held up by its next read; this bound limits how long. */
#define QUEUED_NS UINT64_C(1000000)

/* Returns the error of the reader that failed, and puts its detail where the caller finds the detail of an error.
 * Returns STK_OK if no reader failed. The lock is held. */
static int failure(struct stk_reader_pool *p) {
    if (p->broken != 0) {
        p->info = p->broken_info;
        p->call = p->broken_call;
    }
    return p->broken;
}

/// Submit ///

/* Checks one entry of a submit. An entry that can be checked without a reader is refused here, at once. An error that
 * the reader finds can only be the result of the read. */
static int check_read(struct stk_reader_pool *p, const struct stk_ingest_read *read, uint32_t index) {
    uintptr_t base = (uintptr_t)p->shape.memory, dst = (uintptr_t)read->dst;
    if (read->source >= p->shape.sources || p->source[read->source].kind == SOURCE_FREE) {
        return refuse(p, STK_E_RANGE, index, read->source);
    }
    const struct stk_reader_pool_source *s = &p->source[read->source];
    bool data = read->op != STK_INGEST_SYNC;
    int err = stk_os_check_op(read->op, read->bytes, (enum source_kind)s->kind, s->writable);
    if (err < 0 || (read->dst == NULL && data)) {
        return refuse(p, err < 0 ? err : STK_E_ARG, index, read->bytes);
    }
    /* A kind of reader that registers memory reads into that memory only. The comparison is by differences, since base
     * + bytes may wrap. */
    if (data && p->shape.memory != NULL &&
        (dst < base || dst - base > p->shape.memory_bytes ||
         read->bytes > p->shape.memory_bytes - (size_t)(dst - base))) {
        return refuse(p, STK_E_ARG, index, dst);
    }
    if (p->source[read->source].kind == SOURCE_POSITIONED && read->offset > (uint64_t)INT64_MAX - read->bytes) {
        return refuse(p, STK_E_ARG, index, read->offset);
    }
    return STK_OK;
}

/* Returns the thread that serves a sequential source. All reads of the source go to the same thread, so that they stay
 * in order. The index of the source picks the thread, so that sources are spread over the open readers. */
static struct stk_reader_pool_thread *home_of(const struct stk_reader_pool *p, uint32_t source) {
    uint32_t skip = source % p->readers, i = 0;
    for (;; i++) {
        if (p->threads[i].state == THREAD_OPEN && skip-- == 0) {
            return &p->threads[i];
        }
    }
}

/* Queues a read: a sequential one with the thread of its source, any other in the list from which all threads take. The
 * lock is held. */
static void take_read(struct stk_reader_pool *p, const struct stk_ingest_read *read) {
    struct stk_reader_pool_source *s = &p->source[read->source];
    uint32_t index = STK_INDEX_POP(p->reads, &p->free);
    p->reads[index] = (struct stk_reader_pool_read){.offset = read->offset,
                                                    .dst = read->dst,
                                                    .source = read->source,
                                                    .bytes = read->bytes,
                                                    .tag = read->tag,
                                                    .op = (uint8_t)read->op,
                                                    .state = READ_QUEUED};
    s->reads++;
    if (s->kind == SOURCE_SEQUENTIAL) {
        STK_INDEX_PUSH(p->reads, &home_of(p, read->source)->queue, index);
    } else {
        STK_INDEX_PUSH(p->reads, &p->queue, index);
    }
}

/* Returns the threads to wake, as a mask by index: those that have a sequential read, and as many others as there are
 * `positioned` reads. Clears `sleeping` of each, so that a second submit wakes further threads and not the same again.
 * A thread that does not sleep looks at the queues before it sleeps. The lock is held. */
static uint32_t choose_sleepers(struct stk_reader_pool *p, uint32_t positioned) {
    uint32_t mask = 0;
    for (uint32_t i = 0; i < p->wanted; i++) {
        struct stk_reader_pool_thread *t = &p->threads[i];
        bool own = t->queue.head != STK_INDEX_NONE;
        if (t->sleeping && (own || positioned != 0)) {
            positioned -= own ? 0u : 1u;
            t->sleeping = 0;
            mask |= 1u << i;
        }
    }
    return mask;
}

/* Wakes the threads in the mask. Called without the lock: a thread that wakes needs the lock first. */
static void wake_mask(const struct stk_reader_pool *p, uint32_t mask) {
    for (uint32_t i = 0; mask != 0; i++, mask >>= 1) {
        if ((mask & 1u) != 0) {
            stk_pool_wake_(&p->threads[i]);
        }
    }
}

_Static_assert(STK_READER_POOL_MAX <= 32u, "one bit of the mask for each thread");

static int pool_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct stk_reader_pool *p = ctx;
    if (p == NULL || (reads == NULL && count != 0)) {
        return STK_E_ARG;
    }
    if (!p->is_open || p->closing) {
        return STK_E_SHUTDOWN;
    }
    /* Only the caller changes sources, and one thread at a time is the caller, so the check needs no lock. */
    for (uint32_t i = 0; i < count; i++) {
        int err = check_read(p, &reads[i], i);
        if (err < 0) {
            return err;
        }
    }
    uint32_t room = p->shape.depth - p->in_flight, positioned = 0;
    uint32_t taken = count < room ? count : room;
    (void)pthread_mutex_lock(&p->lock);
    /* The failure is looked at with the lock held and before any read is queued, since an error takes no read. */
    int broken = failure(p);
    for (uint32_t i = 0; i < taken && broken == 0; i++) {
        positioned += p->source[reads[i].source].kind == SOURCE_POSITIONED;
        take_read(p, &reads[i]);
    }
    uint32_t mask = broken == 0 ? choose_sleepers(p, positioned) : 0;
    (void)pthread_mutex_unlock(&p->lock);
    if (broken != 0) {
        return broken;
    }
    wake_mask(p, mask);
    p->in_flight += taken;
    p->stats.submitted += taken;
    return (int)taken;
}

/// Reap ///

void stk_pool_finish_(struct stk_reader_pool *p, uint32_t index, int32_t result, int32_t os_error) {
    struct stk_reader_pool_read *read = &p->reads[index];
    read->result = result;
    read->os_error = os_error;
    read->state = READ_READY;
    read->canceled = 0;
    STK_INDEX_PUSH(p->reads, &p->ready, index);
    p->ready_ns = p->ready_count++ == 0 ? stk_os_now_ns() : p->ready_ns;
}

/* Hands out up to `max` ready reads, counts them, and frees their entries. Returns how many. The lock is held. */
static uint32_t deliver(struct stk_reader_pool *p, struct stk_ingest_done *done, uint32_t max) {
    uint32_t n = 0;
    for (; n < max && p->ready.head != STK_INDEX_NONE; n++) {
        uint32_t index = STK_INDEX_POP(p->reads, &p->ready);
        struct stk_reader_pool_read *read = &p->reads[index];
        done[n] = (struct stk_ingest_done){read->tag, read->result, read->os_error};
        if (read->result < 0) {
            p->stats.failed++;
        } else {
            p->stats.completed++;
            *(read->op == STK_INGEST_READ ? &p->stats.bytes : &p->stats.written) += (uint32_t)read->result;
        }
        p->source[read->source].reads--;
        read->state = READ_FREE;
        STK_INDEX_PUSH(p->reads, &p->free, index);
    }
    p->ready_count -= n;
    p->in_flight -= n;
    return n;
}

static int pool_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct stk_reader_pool *p = ctx;
    if (p == NULL || (done == NULL && max != 0)) {
        return STK_E_ARG;
    }
    if (!p->is_open || p->closing) {
        return STK_E_SHUTDOWN;
    }
    struct stk_deadline deadline = timeout_ns != 0 ? stk_os_deadline(timeout_ns) : (struct stk_deadline){0};
    int n;
    (void)pthread_mutex_lock(&p->lock);
    for (;;) {
        n = (int)deliver(p, done, max);
        /* Reads that ended before the failure are handed out first. */
        if (n == 0 && p->broken != 0) {
            n = failure(p);
        }
        /* Ends with reads, with an error, or when no read can come; the clock is looked at last. */
        if (n != 0 || max == 0 || p->in_flight == 0 || timeout_ns == 0 || stk_os_left_ns(&deadline) == 0) {
            break;
        }
        /* While reads are queued, a thread may leave the caller asleep for a while although a read is ready, and its
         * next read may hold the thread up. So the sleep is short then. */
        bool queued = p->queue.head != STK_INDEX_NONE;
        stk_pool_wait_(p, stk_deadline_wait(&deadline, queued ? QUEUED_NS : UINT64_MAX));
    }
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

/// Cancel ///

/* Ends the reads of `list` whose tags lie in first .. last, as cancelled. No reader has these reads yet. The others
 * stay in their order. The lock is held. */
static void cancel_list(struct stk_reader_pool *p, struct stk_index_list *list, uint32_t first, uint32_t last) {
    struct stk_index_list all = *list;
    stk_index_list_clear(list);
    while (all.head != STK_INDEX_NONE) {
        uint32_t index = STK_INDEX_POP(p->reads, &all), tag = p->reads[index].tag;
        if (first <= tag && tag <= last) {
            stk_pool_finish_(p, index, STK_E_CANCELED, ECANCELED);
        } else {
            STK_INDEX_PUSH(p->reads, list, index);
        }
    }
}

static int pool_cancel(void *ctx, uint32_t first, uint32_t last) {
    struct stk_reader_pool *p = ctx;
    uint32_t mask = 0;
    if (p == NULL) {
        return STK_E_ARG;
    }
    if (!p->is_open || p->closing) {
        return STK_E_SHUTDOWN;
    }
    (void)pthread_mutex_lock(&p->lock);
    cancel_list(p, &p->queue, first, last);
    for (uint32_t i = 0; i < p->wanted; i++) {
        cancel_list(p, &p->threads[i].queue, first, last);
    }
    /* A read that is with a reader can only be cancelled by the reader's own thread, which finds the marks below. */
    for (uint32_t i = 0; i < p->shape.depth; i++) {
        struct stk_reader_pool_read *read = &p->reads[i];
        if (read->state == READ_WITH_READER && first <= read->tag && read->tag <= last) {
            read->canceled = 1;
            p->threads[read->reader].cancel_due = 1;
            mask |= 1u << read->reader;
        }
    }
    int broken = failure(p);
    (void)pthread_mutex_unlock(&p->lock);
    wake_mask(p, mask);
    return broken;
}

/// Counters ///

/* Adds the counters of the readers to those of the pool. A closed pool has no threads and has taken their counters
 * over. */
static void pool_stats(void *ctx, struct stk_ingest_stats *stats) {
    struct stk_reader_pool *p = ctx;
    *stats = p->stats;
    if (p->threads == NULL) {
        return;
    }
    if (p->is_open) {
        (void)pthread_mutex_lock(&p->lock);
    }
    for (uint32_t i = 0; i < p->wanted; i++) {
        stats->os_reads += p->threads[i].os_reads;
        stats->bounce_bytes += p->threads[i].bounce_bytes;
    }
    if (p->is_open) {
        (void)pthread_mutex_unlock(&p->lock);
    }
}

const struct stk_ingest_ops stk_reader_pool_ops = {
    .name = "reader pool",
    .submit = pool_submit,
    .reap = pool_reap,
    .cancel = pool_cancel,
    .stats = pool_stats,
};
