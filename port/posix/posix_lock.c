/* stoker port: numbered locks of POSIX threads, for objects of core that several threads share, such as the cache. The
 * locks keep no order: an object holds one at a time. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "stoker/port/posix_lock.h"

#include <stddef.h>

int stk_posix_locks_bytes(uint32_t count, size_t *bytes) {
    if (count == 0) {
        return STK_E_ARG;
    }
    if (count > STK_POSIX_LOCKS_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = STK_POSIX_LOCKS_BYTES(count);
    return STK_OK;
}

int stk_posix_locks_open(struct stk_posix_locks *locks, uint32_t count, struct stk_arena *arena) {
    if (locks == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    size_t bytes, mark = stk_arena_mark(arena);
    int err = stk_posix_locks_bytes(count, &bytes);
    if (err != STK_OK) {
        return err;
    }
    struct stk_posix_locks made = {stk_arena_take(arena, bytes), 0};
    if (made.lock == NULL) {
        return STK_E_SPACE;
    }
    /* `made.count` counts the mutexes that exist, so that close after a failure destroys these and no others. */
    for (; made.count < count; made.count++) {
        if (pthread_mutex_init(&made.lock[made.count].mutex, NULL) != 0) {
            stk_posix_locks_close(&made);
            stk_arena_release(arena, mark);
            return STK_E_NOMEM;
        }
    }
    *locks = made;
    return STK_OK;
}

void stk_posix_locks_close(struct stk_posix_locks *locks) {
    for (; locks->count != 0; locks->count--) {
        (void)pthread_mutex_destroy(&locks->lock[locks->count - 1].mutex);
    }
}

/* Takes lock `index`. The result of pthread is ignored: a default mutex cannot fail for threads that keep the rules of
 * the header. */
static void posix_lock(void *ctx, uint32_t index) {
    struct stk_posix_locks *locks = ctx;
    (void)pthread_mutex_lock(&locks->lock[index].mutex);
}

/* Gives lock `index` back. Only the thread that took the lock may call this, as with any mutex. */
static void posix_unlock(void *ctx, uint32_t index) {
    struct stk_posix_locks *locks = ctx;
    (void)pthread_mutex_unlock(&locks->lock[index].mutex);
}

const struct stk_lock_ops stk_posix_lock_ops = {"posix", posix_lock, posix_unlock};
