/* stoker port: the reader pool, the body of a thread. Each thread owns one reader: no other thread calls the reader, so
 * a reader needs no lock.
 *
 * A step takes at most one read from the queues. A reader that copies inside its submit or reap is busy with that read,
 * and the other threads take the others. A reader that waits for a drive is free at once and takes the next. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <unistd.h>

#include "pool_internal.h"
#include "stoker/port/os_clock.h"

/* Completions that one reap takes in. */
#define BATCH 16u
/* Longest sleep in nanoseconds between two looks at the reader. The reader ends a read that comes too late only inside
 * its calls, so it has to be called now and then. */
#define WAIT_NS UINT64_C(100000000)
/* Timeout in nanoseconds of one attempt to close the reader; the thread tries until the reader is closed. */
#define CLOSE_NS UINT64_C(10000000)
/* Bytes that are read from the pipe at a time; the pipe gets one byte for each wake. */
#define WAKE_BYTES 64u
/* Longest time in nanoseconds that a ready read waits for others before the caller is woken, while reads are queued. */
#define READY_NS UINT64_C(100000)
/* With depth / READY_SHARE ready reads the caller is woken at once. */
#define READY_SHARE 4u

/* Work that a step has chosen with the lock held, and does without the lock. */
struct step {
    uint32_t index;                       /* index of the pool's read to start; STK_INDEX_NONE: none */
    struct stk_ingest_read read;          /* the read as the reader gets it; the tag is `index` */
    struct stk_reader_pool_source source; /* copy of the read's source, since the caller may change the pool's */
    struct stk_reader_pool_known known;   /* entry of the reader for the source, before and after the step */
    uint32_t forget;      /* index of a source in the reader, to be removed there; STK_INDEX_NONE: none */
    uint32_t first, last; /* first and last tag of the reads to cancel, both included, if `cancel` is set */
    bool cancel;
};

/// With the lock held ///

/* Notes the failure of a reader. The first failure is kept and makes the whole pool fail: reads that this reader holds
 * may never end. */
static void failed(struct stk_reader_pool_thread *t, int err) {
    struct stk_reader_pool *p = t->pool;
    if (p->broken == 0) {
        p->kind->refusal(t->reader, &p->broken_info, &p->broken_call);
        p->broken = err;
        stk_pool_tell_(p);
    }
}

/* Takes the next read of this thread out of the queues: one of its own sequential sources, or else the oldest of those
 * with offsets. */
static void choose_read(struct stk_reader_pool_thread *t, struct step *step) {
    struct stk_reader_pool *p = t->pool;
    struct stk_index_list *list = t->queue.head != STK_INDEX_NONE ? &t->queue : &p->queue;
    step->index = STK_INDEX_NONE;
    if (list->head == STK_INDEX_NONE) {
        return;
    }
    step->index = STK_INDEX_POP(p->reads, list);
    struct stk_reader_pool_read *read = &p->reads[step->index];
    read->state = READ_WITH_READER;
    read->reader = (uint16_t)t->index;
    t->with_reader++;
    step->read = (struct stk_ingest_read){read->source, read->offset, read->bytes, read->dst, step->index, read->op};
    step->source = p->source[read->source];
    step->known = t->known[read->source];
}

/* Chooses a range of reads to cancel, as one call of the reader takes a range of tags. The tags of the reader are
 * indexes of the pool's reads. So the range may span indexes of other readers, whose reads this reader does not have,
 * but it must hold no read of this reader that goes on. */
static void choose_cancel(struct stk_reader_pool_thread *t, struct step *step) {
    struct stk_reader_pool *p = t->pool;
    step->cancel = false;
    for (uint32_t i = 0; t->cancel_due && i < p->shape.depth; i++) {
        struct stk_reader_pool_read *read = &p->reads[i];
        if (read->state != READ_WITH_READER || read->reader != t->index) {
            continue;
        }
        if (!read->canceled && step->cancel) {
            /* The range ends before a read that must not be cancelled. `cancel_due` stays set, and the next step
             * cancels from the tag behind this read. */
            return;
        }
        if (read->canceled) {
            step->first = step->cancel ? step->first : i;
            step->last = i;
            step->cancel = true;
            read->canceled = 0;
        }
    }
    t->cancel_due = step->cancel;
}

/* Chooses a source that the reader knows and that was removed from the pool. When none is left, tells the caller that
 * waits in stk_reader_pool_remove_source. */
static void choose_forget(struct stk_reader_pool_thread *t, struct step *step) {
    const struct stk_reader_pool *p = t->pool;
    step->forget = STK_INDEX_NONE;
    for (uint32_t i = 0; t->forget_due && i < p->shape.sources; i++) {
        struct stk_reader_pool_known *known = &t->known[i];
        if (known->generation != 0 && known->generation != p->source[i].generation) {
            step->forget = known->source;
            known->generation = 0;
            return;
        }
    }
    if (t->forget_due) {
        t->forget_due = 0;
        stk_pool_tell_(t->pool);
    }
}

/* Ends a read that this thread had taken. The lock is held. */
static void finish_read(struct stk_reader_pool_thread *t, uint32_t index, int32_t result, int32_t os_error) {
    t->with_reader--;
    stk_pool_finish_(t->pool, index, result, os_error);
}

/* Ends the reads that the reader has finished. The reader's tag is the index of the pool's read. The lock is held. */
static void take_in(struct stk_reader_pool_thread *t, const struct stk_ingest_done *done, int n) {
    for (int i = 0; i < n; i++) {
        finish_read(t, done[i].tag, done[i].result, done[i].os_error);
    }
}

/* Decides whether to wake the caller for reads that are ready. While more reads wait for a thread, the caller sleeps on
 * until a few are ready or the first has waited for READY_NS: to wake it costs as much as to copy a small chunk, and on
 * a machine with few CPUs the caller takes a CPU from the readers. The wake comes after the lock is given back, since
 * the caller would only wait for the lock. */
static void choose_tell(struct stk_reader_pool_thread *t) {
    const struct stk_reader_pool *p = t->pool;
    bool more = p->queue.head != STK_INDEX_NONE;
    t->tell = p->waiting && p->ready_count != 0 &&
              (!more || p->ready_count >= p->shape.depth / READY_SHARE ||
               stk_time_since(p->ready_ns, stk_os_now_ns()) >= READY_NS);
}

/// Without the lock ///

/* Makes the reader know the source of the read: adds it at the first read of this source. Returns STK_OK, or the error
 * with which the read ends. */
static int know_source(struct stk_reader_pool_thread *t, struct step *step, int *os_error) {
    const struct stk_reader_kind *kind = t->pool->kind;
    struct stk_error_info info = {0, 0, 0};
    const char *call;
    int r;
    if (step->known.generation == step->source.generation) {
        return STK_OK;
    }
    if (step->known.generation != 0) {
        /* The reader knows an older source under this index, which was removed from the pool since. */
        (void)kind->remove_source(t->reader, step->known.source);
    }
    step->known = (struct stk_reader_pool_known){0, 0};
    r = kind->add_file(t->reader, step->source.fd, step->source.kind == SOURCE_SEQUENTIAL);
    if (r < 0) {
        kind->refusal(t->reader, &info, &call);
        *os_error = (int)info.value;
        return r;
    }
    step->known = (struct stk_reader_pool_known){step->source.generation, (uint32_t)r};
    return STK_OK;
}

/* Gives the read to the reader. Returns 1 when the reader has it; an error ends the read. The reader has the depth of
 * the whole pool, so it always has room. */
static int start_read(struct stk_reader_pool_thread *t, struct step *step, int *os_error) {
    uint32_t source = step->read.source;
    int r = know_source(t, step, os_error);
    if (r == STK_OK) {
        /* The reader numbers its sources itself. The pool's number is put back below, since the step ends with it. */
        step->read.source = step->known.source;
        r = t->pool->kind->ops->submit(t->reader, &step->read, 1);
        r = r == 0 ? STK_E_WOULD_BLOCK : r;
    }
    step->read.source = source;
    return r;
}

/* Gives the lock back, and wakes the caller if that was decided. */
static void unlock(struct stk_reader_pool_thread *t) {
    bool tell = t->tell;
    t->tell = 0;
    (void)pthread_mutex_unlock(&t->pool->lock);
    if (tell) {
        (void)pthread_cond_signal(&t->pool->changed);
    }
}

/* Empties the pipe, so that the bytes of wakes that have done their work do not end the next wait. */
static void drain_wake(const struct stk_reader_pool_thread *t) {
    uint8_t bytes[WAKE_BYTES];
    while (read(t->wake[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes) {
    }
}

/* Sleeps in the reader until a read can go on, a byte comes through the pipe, or WAIT_NS are over. The lock is held
 * before and after, and free in between. */
static void sleep_a_while(struct stk_reader_pool_thread *t) {
    struct stk_reader_pool *p = t->pool;
    t->sleeping = 1;
    choose_tell(t);
    unlock(t);
    p->kind->wait(t->reader, t->wake[0], WAIT_NS);
    (void)pthread_mutex_lock(&p->lock);
    /* `sleeping` is cleared before the pipe is emptied: a submit that comes in between sees a thread that is awake,
     * writes no byte, and its read is found by the next step. */
    t->sleeping = 0;
    (void)pthread_mutex_unlock(&p->lock);
    drain_wake(t); /* a wake that comes from here on ends the next wait */
    (void)pthread_mutex_lock(&p->lock);
}

/// The thread ///

/* Does one step: chooses work with the lock, does it without, and takes the results in with the lock again. Sleeps if
 * there was nothing to do. The lock is held before and after. */
static void take_turn(struct stk_reader_pool_thread *t) {
    struct stk_reader_pool *p = t->pool;
    const struct stk_ingest_ops *ops = p->kind->ops;
    struct stk_ingest_done done[BATCH];
    struct stk_ingest_stats stats = {0};
    struct step step;
    int started = 0, n = 0, os_error = 0;
    choose_forget(t, &step);
    choose_read(t, &step);
    choose_cancel(t, &step);
    choose_tell(t);
    bool has_reads = t->with_reader != 0;
    unlock(t);
    /* A source is forgotten before a read starts: the reader then has a free place for the source of the read. */
    if (step.forget != STK_INDEX_NONE) {
        (void)p->kind->remove_source(t->reader, step.forget);
    }
    if (step.index != STK_INDEX_NONE) {
        started = start_read(t, &step, &os_error);
    }
    if (step.cancel) {
        /* A reader that failed returns the error from its reap. */
        (void)ops->cancel(t->reader, step.first, step.last);
    }
    if (has_reads) {
        n = ops->reap(t->reader, done, BATCH, 0);
        ops->stats(t->reader, &stats);
    }
    (void)pthread_mutex_lock(&p->lock);
    if (has_reads) {
        /* Copies of the reader's counters, which the caller reads under the lock. */
        t->os_reads = stats.os_reads;
        t->bounce_bytes = stats.bounce_bytes;
    }
    if (step.index != STK_INDEX_NONE) {
        /* Stored even after an error: the reader may have forgotten the older source of this index. */
        t->known[step.read.source] = step.known;
    }
    if (started < 0) {
        finish_read(t, step.index, started, os_error);
    }
    take_in(t, done, n);
    if (n < 0) {
        failed(t, n);
    }
    bool queued = t->queue.head != STK_INDEX_NONE || p->queue.head != STK_INDEX_NONE;
    bool due = t->cancel_due || t->forget_due || p->closing;
    if (step.index == STK_INDEX_NONE && n <= 0 && (p->broken != 0 || !queued) && !due) {
        sleep_a_while(t);
    }
}

/* Closes the reader, however long that takes: until then the system may write to the memory of reads. The deadline of
 * stk_reader_pool_close bounds the caller, not this thread. The lock is held before and after. */
static void close_reader(struct stk_reader_pool_thread *t) {
    struct stk_reader_pool *p = t->pool;
    int r;
    (void)pthread_mutex_unlock(&p->lock);
    do {
        r = p->kind->close(t->reader, CLOSE_NS);
    } while (r == STK_E_TIMEOUT);
    (void)pthread_mutex_lock(&p->lock);
    t->err = r;
    t->state = THREAD_CLOSED;
}

/* Opens the reader on the thread that will use it, since a ring of io_uring may belong to one thread. Returns STK_OK,
 * or the error with its detail in the thread. */
static int open_reader(struct stk_reader_pool_thread *t) {
    const struct stk_reader_pool *p = t->pool;
    struct stk_arena arena;
    stk_arena_init(&arena, t->memory, p->shape.bytes - STK_ALIGNED(p->kind->object_bytes));
    t->err = p->kind->open(t->reader, p->reader_config, &arena);
    if (t->err < 0) {
        p->kind->refusal(t->reader, &t->info, &t->call);
    }
    return t->err;
}

void *stk_pool_run_(void *thread) {
    struct stk_reader_pool_thread *t = thread;
    struct stk_reader_pool *p = t->pool;
    int err = open_reader(t);
    (void)pthread_mutex_lock(&p->lock);
    t->state = err < 0 ? THREAD_FAILED : THREAD_OPEN;
    stk_pool_tell_(p);
    if (err >= 0) {
        while (!p->closing) {
            take_turn(t);
        }
        close_reader(t);
        stk_pool_tell_(p);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}
