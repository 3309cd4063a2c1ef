/* stoker port interface: clock and wait. */
#ifndef STOKER_PORT_PLATFORM_H
#define STOKER_PORT_PLATFORM_H

#include <stdint.h>

#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct stk_platform_ops {
    const char *name;

    /* Monotonic time in nanoseconds from any origin. Never blocks. Mandatory. */
    uint64_t (*now_ns)(void *ctx);

    /* Sleeps until *word is seen to differ from `seen`, another host thread calls wake on it, or `timeout_ns` passes,
     * whichever is first; may return earlier for no reason. A device's store need not end the sleep, so callers that
     * wait for a device pass short timeouts. `seen` is in the word's stored (little-endian) order.
     * 0 woken or changed; STK_E_TIMEOUT. Never sleeps longer than the timeout. Mandatory. */
    int (*wait)(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns);

    /* Wakes every host thread that waits on *word. Never blocks. Optional: NULL when there is one thread. */
    void (*wake)(void *ctx, uint32_t *word);
};

/* A platform port: its functions and its object. Both stay the caller's and must outlive every object that got the
 * port. */
struct stk_platform_port {
    const struct stk_platform_ops *ops;
    void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif
