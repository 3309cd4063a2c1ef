/* stoker port: what the files of the reader pool share. */
#ifndef STOKER_READER_POOL_INTERNAL_H
#define STOKER_READER_POOL_INTERNAL_H

#include "stoker/port/os_source.h"
#include "stoker/port/reader_pool.h"

/* The way of a read: queued -> with a reader -> ready -> reaped. A read that is cancelled while it is queued goes to
 * ready at once. */
enum pool_read_state {
    READ_FREE,
    READ_QUEUED,
    READ_WITH_READER,
    READ_READY
};

enum pool_thread_state {
    THREAD_NONE,    /* not started, or it could not be */
    THREAD_OPENING, /* it opens its reader */
    THREAD_FAILED,  /* the reader could not be opened; the thread ends */
    THREAD_OPEN,
    THREAD_CLOSED /* the reader is closed; the thread ends */
};

/* Keeps the detail of a refusal and returns its code. */
static inline int refuse(struct stk_reader_pool *p, int err, uint32_t index, uint64_t value) {
    p->info = (struct stk_error_info){err, index, value};
    return err;
}

/// The caller's side: reader_pool.c ///

/* Wakes the caller if it waits for a change. The lock is held. */
void stk_pool_tell_(struct stk_reader_pool *p);

/* Waits for a change for at most `timeout_ns`. The lock is held before and after. */
void stk_pool_wait_(struct stk_reader_pool *p, uint64_t timeout_ns);

/* Ends the thread's wait. The lock is not needed. */
void stk_pool_wake_(const struct stk_reader_pool_thread *t);

/* Moves a read to the ready ones. The lock is held. */
void stk_pool_finish_(struct stk_reader_pool *p, uint32_t index, int32_t result, int32_t os_error);

/// The threads: reader_pool_thread.c ///

/* The body of a thread; `thread` is its struct stk_reader_pool_thread. */
void *stk_pool_run_(void *thread);

#endif
