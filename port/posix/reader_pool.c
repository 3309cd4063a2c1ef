/* stoker port: the reader pool, opening, closing and sources. A pool gives each of its readers a thread, so that the
 * copies of several readers add up. This file runs on the caller's thread; submit and reap are in reader_pool_io.c, the
 * threads in reader_pool_thread.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "pool_internal.h"
#include "stoker/port/os_clock.h"
#include "stoker/port/os_cpus.h"

/* Longest wait in nanoseconds for the readers to forget a source that is removed. A reader that is busy with a read
 * forgets the source later; nothing breaks, since a source has a generation. */
#define FORGET_NS UINT64_C(100000000)
/* Longest sleep in nanoseconds of a caller between two looks at the clock. */
#define LOOK_NS UINT64_C(1000000000)

/// Configuration ///

uint32_t stk_reader_pool_cpus(void) {
    return stk_os_cpus();
}

uint32_t stk_reader_pool_default(void) {
    /* Half of the CPUs of a large machine, since the program needs the others. On a small one each CPU, since a copy is
     * most of the work there. */
    uint32_t cpus = stk_reader_pool_cpus(), half = cpus / 2u;
    uint32_t few = cpus < STK_READER_POOL_FEW ? cpus : STK_READER_POOL_FEW;
    half = half < STK_READER_POOL_DEFAULT_MAX ? half : STK_READER_POOL_DEFAULT_MAX;
    return few > half ? few : half;
}

/* Checks the configuration and sets the shape of one reader and the number of readers. Returns STK_OK or the error of
 * stk_reader_pool_bytes. */
static int resolve(const struct stk_reader_pool_config *config, struct stk_reader_shape *shape, uint32_t *readers) {
    if (config == NULL || config->kind == NULL) {
        return STK_E_ARG;
    }
    *readers = config->readers != 0 ? config->readers : stk_reader_pool_default();
    return *readers > STK_READER_POOL_MAX ? STK_E_OVERFLOW : config->kind->shape(config->reader_config, shape);
}

int stk_reader_pool_bytes(const struct stk_reader_pool_config *config, size_t *bytes) {
    struct stk_reader_shape shape;
    uint32_t readers;
    int err = bytes != NULL ? resolve(config, &shape, &readers) : STK_E_ARG;
    if (err == STK_OK) {
        *bytes = STK_READER_POOL_BYTES(readers, shape.depth, shape.sources, shape.bytes);
    }
    return err;
}

/// Waiting and waking ///

void stk_pool_tell_(struct stk_reader_pool *p) {
    if (p->waiting) {
        (void)pthread_cond_signal(&p->changed);
    }
}

void stk_pool_wait_(struct stk_reader_pool *p, uint64_t timeout_ns) {
    struct timespec until = stk_os_time_after(timeout_ns < LOOK_NS ? timeout_ns : LOOK_NS);
    p->waiting = 1;
    (void)pthread_cond_timedwait(&p->changed, &p->lock, &until);
    p->waiting = 0;
}

void stk_pool_wake_(const struct stk_reader_pool_thread *t) {
    (void)!write(t->wake[1], "", 1); /* the write fails only if the pipe is full, and a full pipe wakes as well */
}

/* Wakes every thread, so that each sees that the pool closes. */
static void wake_all(struct stk_reader_pool *p) {
    for (uint32_t i = 0; i < p->wanted; i++) {
        if (p->threads[i].started) {
            stk_pool_wake_(&p->threads[i]);
        }
    }
}

/// Opening ///

/* Cuts the pool's memory up and makes every list. Each array and each reader begins at a cache line. */
static void lay_out(struct stk_reader_pool *p, uint8_t *allocation) {
    const struct stk_reader_shape *s = &p->shape;
    size_t object = STK_ALIGNED(p->kind->object_bytes);
    p->reads = (struct stk_reader_pool_read *)(void *)allocation;
    allocation += STK_ALIGNED((size_t)s->depth * sizeof *p->reads);
    p->source = (struct stk_reader_pool_source *)(void *)allocation;
    allocation += STK_ALIGNED((size_t)s->sources * sizeof *p->source);
    p->threads = (struct stk_reader_pool_thread *)(void *)allocation;
    allocation += STK_ALIGNED((size_t)p->wanted * sizeof *p->threads);
    stk_index_list_clear(&p->free);
    stk_index_list_clear(&p->queue);
    stk_index_list_clear(&p->ready);
    for (uint32_t i = 0; i < s->depth; i++) {
        p->reads[i] = (struct stk_reader_pool_read){.state = READ_FREE};
        STK_INDEX_PUSH(p->reads, &p->free, i);
    }
    for (uint32_t i = 0; i < s->sources; i++) {
        p->source[i] = (struct stk_reader_pool_source){.fd = -1, .kind = SOURCE_FREE};
    }
    for (uint32_t i = 0; i < p->wanted; i++) {
        struct stk_reader_pool_thread *t = &p->threads[i];
        *t = (struct stk_reader_pool_thread){.pool = p, .index = i, .wake = {-1, -1}, .state = THREAD_NONE};
        stk_index_list_clear(&t->queue);
        t->known = (struct stk_reader_pool_known *)(void *)allocation;
        allocation += STK_ALIGNED((size_t)s->sources * sizeof *t->known);
        for (uint32_t k = 0; k < s->sources; k++) {
            t->known[k] = (struct stk_reader_pool_known){0, 0};
        }
        t->reader = allocation;
        t->memory = allocation + object;
        allocation += STK_ALIGNED(s->bytes);
    }
}

/* Makes the lock, and the condition variable on which the caller waits. The condition variable uses the monotonic
 * clock, so that a change of the time of day neither ends nor lengthens a wait. */
static int make_lock(struct stk_reader_pool *p) {
    pthread_condattr_t attr;
    pthread_mutexattr_t lock;
    int bad = pthread_mutexattr_init(&lock);
    if (bad == 0) {
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
        /* The lock is held for less time than a system call takes, so a thread spins for a moment before it sleeps. */
        (void)pthread_mutexattr_settype(&lock, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
        bad = pthread_mutex_init(&p->lock, &lock);
        (void)pthread_mutexattr_destroy(&lock);
    }
    if (bad == 0) {
        bad = pthread_condattr_init(&attr);
        if (bad == 0) {
            (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
            bad = pthread_cond_init(&p->changed, &attr);
            (void)pthread_condattr_destroy(&attr);
        }
        if (bad != 0) {
            (void)pthread_mutex_destroy(&p->lock);
        }
    }
    return bad == 0 ? STK_OK : STK_E_NOMEM;
}

/* Notes why a thread has no reader. EAGAIN of pthread_create means that the system has no room for a thread. */
static void start_failed(struct stk_reader_pool_thread *t, const char *call, int os_error) {
    t->state = THREAD_FAILED;
    t->call = call;
    t->err = os_error == EAGAIN ? STK_E_NOMEM : stk_os_error(os_error);
    t->info = (struct stk_error_info){t->err, 0, (uint64_t)os_error};
}

/* Starts a thread, with the pipe that ends its waits. A failure is noted in the thread's state. The caller holds the
 * lock, so a thread that has opened its reader waits until the caller waits. */
static void start_thread(struct stk_reader_pool_thread *t) {
    sigset_t all, old;
    int e = 0;
    if (pipe2(t->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
        t->wake[0] = t->wake[1] = -1;
        start_failed(t, "pipe2", errno);
        return;
    }
    t->state = THREAD_OPENING;
    /* The new thread blocks all signals: they are for the program's own threads, and would interrupt the waits of a
     * reader. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    e = pthread_create(&t->thread, NULL, stk_pool_run_, t);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    t->started = e == 0;
    if (e != 0) {
        start_failed(t, "pthread_create", e);
    }
}

/* Returns true while a thread is in this state. The lock is held. */
static bool any_in(const struct stk_reader_pool *p, uint8_t state) {
    for (uint32_t i = 0; i < p->wanted; i++) {
        if (p->threads[i].state == state) {
            return true;
        }
    }
    return false;
}

/* Starts the threads and waits until each has opened its reader or failed. The wait has no deadline of its own, because
 * opening a reader ends after about a second at the latest. Notes the first failure as the reason why the pool has
 * fewer readers. */
static void start_threads(struct stk_reader_pool *p) {
    (void)pthread_mutex_lock(&p->lock);
    for (uint32_t i = 0; i < p->wanted; i++) {
        start_thread(&p->threads[i]);
    }
    while (any_in(p, THREAD_OPENING)) {
        stk_pool_wait_(p, LOOK_NS);
    }
    for (uint32_t i = 0; i < p->wanted; i++) {
        const struct stk_reader_pool_thread *t = &p->threads[i];
        p->readers += t->state == THREAD_OPEN;
        if (t->state != THREAD_OPEN && p->fewer == STK_OK) {
            p->fewer = t->err;
            p->fewer_info = (struct stk_error_info){t->err, i, t->info.value};
            p->fewer_call = t->call;
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
}

/* Joins the threads, all of which have ended their loop, and releases pipes and locks. The memory belongs to the
 * arena. */
static void end_threads(struct stk_reader_pool *p) {
    for (uint32_t i = 0; i < p->wanted; i++) {
        struct stk_reader_pool_thread *t = &p->threads[i];
        if (t->started) {
            (void)pthread_join(t->thread, NULL);
        }
        for (uint32_t end = 0; end < 2; end++) {
            if (t->wake[end] >= 0) {
                (void)close(t->wake[end]);
            }
        }
        t->started = 0;
    }
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
}

/* Resets the object to a closed pool that keeps the detail of the refusal, and gives the memory back. */
static int open_failed(struct stk_reader_pool *p, struct stk_arena *arena, size_t mark, int err) {
    *p = (struct stk_reader_pool){.info = p->info, .call = p->call};
    stk_arena_release(arena, mark);
    return err;
}

int stk_reader_pool_open(struct stk_reader_pool *pool, const struct stk_reader_pool_config *config,
                         struct stk_arena *arena) {
    struct stk_reader_shape shape;
    uint32_t readers = 0;
    if (pool == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    *pool = (struct stk_reader_pool){.is_open = 0};
    int err = resolve(config, &shape, &readers);
    if (err < 0) {
        return refuse(pool, err, 0, 0);
    }
    size_t mark = stk_arena_mark(arena);
    uint8_t *allocation =
        stk_arena_take(arena, STK_READER_POOL_BYTES(readers, shape.depth, shape.sources, shape.bytes));
    if (allocation == NULL) {
        return refuse(pool, STK_E_SPACE, 0, arena->need);
    }
    pool->kind = config->kind;
    pool->reader_config = config->reader_config;
    pool->shape = shape;
    pool->wanted = readers;
    lay_out(pool, allocation);
    err = make_lock(pool);
    if (err < 0) {
        return open_failed(pool, arena, mark, refuse(pool, err, 0, 0));
    }
    start_threads(pool);
    /* The configuration belongs to the caller and is only read during open. */
    pool->reader_config = NULL;
    pool->is_open = pool->readers != 0;
    if (!pool->is_open) {
        end_threads(pool);
        pool->info = pool->fewer_info;
        pool->call = pool->fewer_call;
        return open_failed(pool, arena, mark, pool->fewer);
    }
    return STK_OK;
}

/// Closing ///

int stk_reader_pool_close(struct stk_reader_pool *pool, uint64_t timeout_ns) {
    int err = STK_OK;
    if (pool == NULL) {
        return STK_E_ARG;
    }
    if (!pool->is_open) {
        return STK_OK;
    }
    struct stk_deadline deadline = stk_os_deadline(timeout_ns);
    (void)pthread_mutex_lock(&pool->lock);
    pool->closing = 1;
    wake_all(pool);
    /* A thread closes its reader itself: a ring of io_uring may be used by one thread only. */
    while (any_in(pool, THREAD_OPEN) && stk_os_left_ns(&deadline) != 0) {
        stk_pool_wait_(pool, stk_deadline_wait(&deadline, LOOK_NS));
    }
    /* Counts the reads that readers still hold, for the detail of STK_E_TIMEOUT, and takes the first error of a
     * close. */
    uint64_t left = 0;
    for (uint32_t i = 0; i < pool->wanted; i++) {
        const struct stk_reader_pool_thread *t = &pool->threads[i];
        left += t->state == THREAD_OPEN ? t->with_reader : 0u;
        /* A reader that had failed reports its failure again in close; the pool is still closed. */
        err = err == STK_OK && t->state == THREAD_CLOSED ? t->err : err;
    }
    if (any_in(pool, THREAD_OPEN)) {
        err = refuse(pool, STK_E_TIMEOUT, 0, left);
        (void)pthread_mutex_unlock(&pool->lock);
        return err;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    end_threads(pool);
    /* The counters move into the object, since the memory of the threads is the caller's again after close. */
    for (uint32_t i = 0; i < pool->wanted; i++) {
        pool->stats.os_reads += pool->threads[i].os_reads;
        pool->stats.bounce_bytes += pool->threads[i].bounce_bytes;
    }
    pool->threads = NULL;
    pool->wanted = 0;
    pool->is_open = 0;
    return err;
}

/// Sources ///

int stk_reader_pool_add_file(struct stk_reader_pool *pool, int fd, uint32_t flags) {
    bool sequential = false;
    int os_error = 0;
    uint32_t i = 0;
    if (pool == NULL) {
        return STK_E_ARG;
    }
    if (!pool->is_open || pool->closing) {
        return refuse(pool, STK_E_SHUTDOWN, 0, 0);
    }
    if ((flags & ~STK_READER_POOL_SEQUENTIAL) != 0) {
        return refuse(pool, STK_E_ARG, 0, 0);
    }
    /* Only the caller changes the kind of a source; the threads look at sources that have reads. */
    while (i < pool->shape.sources && pool->source[i].kind != SOURCE_FREE) {
        i++;
    }
    if (i == pool->shape.sources) {
        return refuse(pool, STK_E_FULL, i, 0);
    }
    int r = pool->kind->check_file(fd, &sequential, &os_error);
    if (r < 0) {
        return refuse(pool, r, i, (uint64_t)os_error);
    }
    (void)pthread_mutex_lock(&pool->lock);
    struct stk_reader_pool_source *s = &pool->source[i];
    s->fd = fd;
    s->writable = stk_os_writable(fd);
    s->kind = sequential || (flags & STK_READER_POOL_SEQUENTIAL) != 0 ? SOURCE_SEQUENTIAL : SOURCE_POSITIONED;
    s->generation++;
    /* 0 means that a reader knows no source, so the generation skips 0 when it wraps. */
    s->generation += s->generation == 0;
    (void)pthread_mutex_unlock(&pool->lock);
    return (int)i;
}

/* Asks each reader that knows the source to forget it, and wakes its thread. The lock is held. */
static void forget(struct stk_reader_pool *p, uint32_t source) {
    for (uint32_t i = 0; i < p->wanted; i++) {
        struct stk_reader_pool_thread *t = &p->threads[i];
        if (t->state == THREAD_OPEN && t->known[source].generation != 0) {
            t->forget_due = 1;
            stk_pool_wake_(t);
        }
    }
}

/* Returns true while a reader has not forgotten a source yet. The lock is held. */
static bool any_forgets(const struct stk_reader_pool *p) {
    for (uint32_t i = 0; i < p->wanted; i++) {
        if (p->threads[i].state == THREAD_OPEN && p->threads[i].forget_due) {
            return true;
        }
    }
    return false;
}

int stk_reader_pool_remove_source(struct stk_reader_pool *pool, uint32_t source) {
    if (pool == NULL) {
        return STK_E_ARG;
    }
    if (!pool->is_open || pool->closing) {
        return refuse(pool, STK_E_SHUTDOWN, source, 0);
    }
    if (source >= pool->shape.sources || pool->source[source].kind == SOURCE_FREE) {
        return refuse(pool, STK_E_RANGE, source, 0);
    }
    if (pool->source[source].reads != 0) {
        return refuse(pool, STK_E_STATUS, source, pool->source[source].reads);
    }
    struct stk_deadline deadline = stk_os_deadline(FORGET_NS);
    (void)pthread_mutex_lock(&pool->lock);
    pool->source[source].fd = -1;
    pool->source[source].kind = SOURCE_FREE;
    /* With another generation no reader uses its old entry for a source that is added under this index later, even if
     * the reader has not forgotten the old source in time. */
    pool->source[source].generation++;
    forget(pool, source);
    while (any_forgets(pool) && pool->broken == 0 && stk_os_left_ns(&deadline) != 0) {
        stk_pool_wait_(pool, stk_deadline_wait(&deadline, FORGET_NS));
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return STK_OK;
}
