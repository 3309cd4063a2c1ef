/* stoker port: what the three files of the reader pool share: states of reads and threads, and the calls between the
 * caller's side and the threads. */
#ifndef STOKER_READER_POOL_INTERNAL_H
#define STOKER_READER_POOL_INTERNAL_H

#include "stoker/port/os_source.h"
#include "stoker/port/reader_pool.h"

/* State of a read of the pool. A read goes queued -> with a reader -> ready -> reaped, and is free again then. A read
 * that is cancelled while it is queued goes to ready at once. */
enum pool_read_state {
    READ_FREE,
    READ_QUEUED,
    READ_WITH_READER,
    READ_READY
};

/* State of a thread of the pool. The caller waits in open until no thread is opening, and in close until none is
 * open. */
enum pool_thread_state {
    THREAD_NONE,    /* the thread was not started, or could not be started */
    THREAD_OPENING, /* the thread opens its reader */
    THREAD_FAILED,  /* the reader could not be opened; the thread ends */
    THREAD_OPEN,
    THREAD_CLOSED /* the reader is closed; the thread ends */
};

/* Keeps the detail of a refusal in p->info and returns `err`, so that a caller can write `return refuse(...)`. */
static inline int refuse(struct stk_reader_pool *p, int err, uint32_t index, uint64_t value) {
    p->info = (struct stk_error_info){err, index, value};
    return err;
}

/// The caller's side: reader_pool.c ///

/* Wakes the caller if it waits for a change. The lock is held. */
void stk_pool_tell_(struct stk_reader_pool *p);

/* Waits for a change of a read or of a thread, for at most `timeout_ns` nanoseconds. May return early. The lock is held
 * before and after, and free in between. */
void stk_pool_wait_(struct stk_reader_pool *p, uint64_t timeout_ns);

/* Ends the wait of a thread in its reader. May be called with or without the lock. */
void stk_pool_wake_(const struct stk_reader_pool_thread *t);

/* Ends a read: sets its result, moves it to the list of ready reads, and notes when the first of these came. The lock
 * is held. */
void stk_pool_finish_(struct stk_reader_pool *p, uint32_t index, int32_t result, int32_t os_error);

/// The threads: reader_pool_thread.c ///

/* The body of a thread; `thread` is its struct stk_reader_pool_thread. */
void *stk_pool_run_(void *thread);

#endif
