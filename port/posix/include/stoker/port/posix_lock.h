/* stoker port: locks of POSIX threads, for objects that several threads share (stoker/port/lock.h). */
#ifndef STOKER_PORT_POSIX_LOCK_H
#define STOKER_PORT_POSIX_LOCK_H

#include <pthread.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/lock.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Most locks of one set. */
#define STK_POSIX_LOCKS_MAX 65536u

/* One lock, on a cache line of its own. Visible for sizeof only. */
union stk_posix_lock {
    pthread_mutex_t mutex;
    uint8_t line[STK_ALIGNED(sizeof(pthread_mutex_t))];
};

/* A set of locks, numbered from 0. */
struct stk_posix_locks {
    union stk_posix_lock *lock;
    uint32_t count;
};

/* Arena bytes of `count` locks. */
#define STK_POSIX_LOCKS_BYTES(count)        ((size_t)(count) * sizeof(union stk_posix_lock))
#define STK_POSIX_LOCKS_DEFINE(name, count) STK_STORAGE_DEFINE(name, STK_POSIX_LOCKS_BYTES(count))

/* Sets *bytes to the arena bytes of `count` locks. STK_E_ARG count is 0; STK_E_OVERFLOW above STK_POSIX_LOCKS_MAX. */
STK_MUST_CHECK int stk_posix_locks_bytes(uint32_t count, size_t *bytes);

/* Makes `count` free locks in memory from `arena`, which must outlive them. STK_E_ARG a NULL, or count is 0;
 * STK_E_OVERFLOW count is above STK_POSIX_LOCKS_MAX; STK_E_SPACE the arena is too small (arena.need has the bytes);
 * STK_E_NOMEM the system has no more locks, and none of these is left. */
STK_MUST_CHECK int stk_posix_locks_open(struct stk_posix_locks *locks, uint32_t count, struct stk_arena *arena);

/* Releases what the system keeps for the locks. Call it while no thread holds one. */
void stk_posix_locks_close(struct stk_posix_locks *locks);

/* The lock interface; ctx is a struct stk_posix_locks with more locks than the highest index. Any thread; not from a
 * signal handler; a thread must not take a lock that it holds. */
extern const struct stk_lock_ops stk_posix_lock_ops;

#ifdef __cplusplus
}
#endif
#endif
