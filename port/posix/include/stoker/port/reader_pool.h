/* stoker port: ingest by several readers at the same time, each with a thread of its own. */
#ifndef STOKER_PORT_READER_POOL_H
#define STOKER_PORT_READER_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/index_list.h"
#include "stoker/port/ingest.h"
#include "stoker/port/reader_kind.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One thread copies 4 to 9 GB/s out of the page cache, with read(2) as with io_uring: io_uring copies inside the system
 * call that sends the request. A pool spreads the reads over several readers, so that their copies add up. Each reader
 * is an ingest port of its own, a ring of io_uring or a POSIX reader, and one thread opens, uses and closes it.
 *
 * A read of a source with offsets goes to whichever thread is free first. All reads of a sequential source go to one
 * thread, in order. A pool needs threads and locks; a program that reads with one reader uses the reader itself.
 *
 * One thread at a time makes the calls below, any thread; none from a signal handler. Threads are made by open and
 * joined by close; between them the pool allocates nothing. After a fork the child must not touch the object. */

/// Configuration ///

#define STK_READER_POOL_MAX         16u /* most readers of one pool */
#define STK_READER_POOL_FEW         4u  /* readers that 0 stands for on a machine with few CPUs */
#define STK_READER_POOL_DEFAULT_MAX 8u  /* most readers that 0 stands for */

/* Configuration of a pool. */
struct stk_reader_pool_config {
    const struct stk_reader_kind *kind; /* &stk_posix_reader_kind, &stk_uring_reader_kind */
    const void *reader_config; /* configuration of the kind; its depth and sources hold for the pool as a whole */
    uint32_t readers;          /* 1..STK_READER_POOL_MAX; default as stk_reader_pool_default() says */
};

/* Returns how many readers 0 stands for: one for each CPU that this process may use, up to STK_READER_POOL_FEW; on a
 * larger machine one for two CPUs, up to STK_READER_POOL_DEFAULT_MAX. */
uint32_t stk_reader_pool_default(void);

/* Returns the CPUs that this process may use, 1 at least. */
uint32_t stk_reader_pool_cpus(void);

/// Object ///

/* A read in the pool's hands. Visible for sizeof only, as are the structs below. */
struct stk_reader_pool_read {
    uint64_t offset;
    uint8_t *dst;
    uint32_t source, bytes, tag;
    int32_t result, os_error;
    uint32_t next;
    uint16_t reader;  /* index of the thread that has the read */
    uint8_t state;    /* free, queued, with a reader, or ready */
    uint8_t canceled; /* 1: the caller asked to cancel the read, and the thread of the read does not know it yet */
    uint8_t op;       /* an enum stk_ingest_op */
};

/* A source of the pool. */
struct stk_reader_pool_source {
    int fd;
    uint32_t kind;       /* free, positioned or sequential */
    uint32_t reads;      /* reads taken and not yet reaped */
    uint32_t generation; /* counts the additions and removals of this entry */
    bool writable;       /* the descriptor is open for writing */
};

/* An entry for each source of the pool and each reader: under which index the reader has the source. */
struct stk_reader_pool_known {
    uint32_t generation; /* generation that the pool's source had when it was added to the reader; 0: not added */
    uint32_t source;     /* index of the source in the reader */
};

struct stk_reader_pool;

/* A thread of the pool with its reader. */
struct stk_reader_pool_thread {
    struct stk_reader_pool *pool;
    void *reader;
    uint8_t *memory; /* memory that the reader's open takes */
    struct stk_reader_pool_known *known;
    pthread_t thread;
    int wake[2];                 /* pipe: a byte in it ends the thread's wait */
    struct stk_index_list queue; /* reads of the sequential sources of this reader */
    uint64_t os_reads;
    uint64_t bounce_bytes;
    uint32_t index;
    uint32_t with_reader; /* reads that the reader has */
    uint8_t state;        /* enum pool_thread_state */
    uint8_t started;      /* 1: there is a thread to join */
    uint8_t sleeping;     /* 1: the thread waits, and nobody has woken it */
    uint8_t cancel_due;   /* 1: there are reads to cancel */
    uint8_t forget_due;   /* 1: a source was removed that the reader knows */
    uint8_t tell;         /* 1: the caller is woken when the thread gives the lock back */
    int err;              /* error of the open that failed, or of the close */
    struct stk_error_info info;
    const char *call;
};

/* A pool. Members are private, but a caller may read `readers`, `info`, `call`, `fewer`, `fewer_info` and `fewer_call`.
 */
struct stk_reader_pool {
    const struct stk_reader_kind *kind;
    const void *reader_config; /* used during open only */
    struct stk_reader_shape shape;
    struct stk_reader_pool_read *reads;
    struct stk_reader_pool_source *source;
    struct stk_reader_pool_thread *threads;
    struct stk_index_list free, queue, ready; /* queue: reads with offsets that no thread has taken */
    pthread_mutex_t lock;                     /* guards every member that the threads use too */
    pthread_cond_t changed;                   /* a read is ready, or a thread has changed its state */
    uint32_t wanted;                          /* threads that open tried to make */
    uint32_t readers;                         /* readers that were opened */
    uint32_t in_flight;                       /* reads taken and not yet reaped */
    uint32_t ready_count;                     /* reads in `ready` */
    uint64_t ready_ns;                        /* time in nanoseconds when the first read came into `ready` */
    uint8_t is_open, closing, waiting;        /* 1: the pool is open; it closes; the caller waits for `changed` */
    int broken; /* error that reap returns from now on, because a reader failed; 0: none failed */
    struct stk_error_info broken_info; /* detail of this failure */
    const char *broken_call;
    struct stk_ingest_stats stats;
    struct stk_error_info info; /* last refusal; see each call */
    const char *call;           /* system call behind a refusal of open, or behind a failure; static; NULL: none */
    int fewer;                  /* STK_OK, or why not all readers that were asked for could be opened */
    struct stk_error_info fewer_info; /* detail of `fewer`: index is the first reader that failed, value the errno */
    const char *fewer_call;
};

/* Arena bytes that open takes. readers: above 0. reader_bytes: STK_URING_READER_BYTES(depth, sources) or
 * STK_POSIX_READER_POOLED_BYTES(depth, sources), with the same depth and sources. */
#define STK_READER_POOL_BYTES(readers, depth, sources, reader_bytes)                                                   \
    (STK_ALIGNED((size_t)(depth) * sizeof(struct stk_reader_pool_read)) +                                              \
     STK_ALIGNED((size_t)(sources) * sizeof(struct stk_reader_pool_source)) +                                          \
     STK_ALIGNED((size_t)(readers) * sizeof(struct stk_reader_pool_thread)) +                                          \
     (size_t)(readers) *                                                                                               \
         (STK_ALIGNED((size_t)(sources) * sizeof(struct stk_reader_pool_known)) + STK_ALIGNED(reader_bytes)))

#define STK_READER_POOL_DEFINE(name, readers, depth, sources, reader_bytes)                                            \
    STK_STORAGE_DEFINE(name, STK_READER_POOL_BYTES(readers, depth, sources, reader_bytes))

/* Sets *bytes to the arena bytes that open takes for a configuration. STK_E_ARG a NULL; STK_E_OVERFLOW readers, depth
 * or sources is above its maximum. */
STK_MUST_CHECK int stk_reader_pool_bytes(const struct stk_reader_pool_config *config, size_t *bytes);

/* Opens a pool: makes the threads, each of which opens its reader, and waits until all have done so. Where only some
 * readers can be opened, the pool has these, and pool->fewer says why it has no more. Where none can, the arena is as
 * it was, and the error, pool->info and pool->call are those of the first reader. `arena` must outlive the pool.
 * Further errors:
 * - Those of stk_reader_pool_bytes.
 * - STK_E_SPACE the arena is too small; info.value: bytes that would do.
 * - STK_E_NOMEM the system gives no lock or no thread. */
STK_MUST_CHECK int stk_reader_pool_open(struct stk_reader_pool *pool, const struct stk_reader_pool_config *config,
                                        struct stk_arena *arena);

/* Closes a pool: cancels the reads in flight, waits at most `timeout_ns` nanoseconds until every reader is closed, and
 * joins the threads. Completions that were not reaped are dropped. Returns STK_OK, also if the pool is closed already.
 * Errors:
 * - STK_E_ARG pool is NULL.
 * - STK_E_TIMEOUT a reader still holds reads. The pool takes no read any more, its threads go on closing, the system
 *   may still write to the memory, and another close waits again.
 * - The error of a reader that had failed; the pool is closed. */
STK_MUST_CHECK int stk_reader_pool_close(struct stk_reader_pool *pool, uint64_t timeout_ns);

/// Sources ///

/* add_file: read on from where the descriptor is, ignoring offsets, even if it can seek. */
#define STK_READER_POOL_SEQUENTIAL 1u

/* Adds `fd` as a source. flags: 0 or STK_READER_POOL_SEQUENTIAL. A descriptor that cannot seek is always sequential.
 * The descriptor stays the caller's and must stay open until the source is removed. Returns the source's index, the
 * lowest free one. A thread adds the source to its reader when it takes the first read of the source; an error of that
 * is the completion of the read. On error info.index is the index, info.value the errno. STK_E_FULL no free source;
 * STK_E_SHUTDOWN the pool is closed; others as the kind's own call. */
STK_MUST_CHECK int stk_reader_pool_add_file(struct stk_reader_pool *pool, int fd, uint32_t flags);

/* Removes a source. Waits at most 100 ms for the readers that know the source to forget it too; a reader that is busy
 * for longer forgets it later. STK_E_ARG a NULL; STK_E_RANGE there is no
 * such source; STK_E_STATUS reads of the source are not reaped yet; STK_E_SHUTDOWN the pool is closed. */
STK_MUST_CHECK int stk_reader_pool_remove_source(struct stk_reader_pool *pool, uint32_t source);

/// Reading ///

/* The ingest interface; ctx is a struct stk_reader_pool. Refusals and failures are those of the kind of reader. After
 * the failure of one reader the whole pool has failed. */
extern const struct stk_ingest_ops stk_reader_pool_ops;

#ifdef __cplusplus
}
#endif
#endif
