/* stoker port interface: locks. The part of the platform that only objects shared by threads need. */
#ifndef STOKER_PORT_LOCK_H
#define STOKER_PORT_LOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A numbered set of locks behind one context. An object that takes one says how many it uses and which of its parts
 * each number guards; it never holds two at a time and never waits for anything while it holds one. */
struct stk_lock_ops {
    const char *name;

    /* Takes lock `index` of `ctx`; may block until its holder leaves. The caller then sees the stores that the last
     * holder made. Cannot fail. Mandatory. */
    void (*lock)(void *ctx, uint32_t index);

    /* Gives the lock back, on the thread that took the lock. Mandatory. */
    void (*unlock)(void *ctx, uint32_t index);
};

#ifdef __cplusplus
}
#endif
#endif
