/* stoker: producers and consumers of slots.
 *
 * Where slots go and come from may vary at run time: a ring in this process, one behind a bus, one
 * in a test. A producer and a consumer are each a table of calls, a context and a stable name. The
 * implementation at the end works on a ring in this process.
 */
#ifndef STOKER_CHANNEL_H
#define STOKER_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Producer ///

/* The calls never block and never retry; a medium that would have to wait returns STK_E_WOULD_BLOCK. */
struct stk_producer_ops {
    /* Stable, for logs and reports: lower case, words joined by '-'. */
    const char *name;

    /* How many slots there are. 0: a channel that takes nothing. Never negative unless the medium
     * is gone (STK_E_DEVICE, STK_E_SHUTDOWN). */
    int (*slots)(void *ctx);

    /* Puts one whole slot image, 64 little-endian bytes, in slot `slot`; the status goes last,
     * whatever it is. 0: written and visible. Positive: never; a slot is written whole or not at
     * all, so there is no short write. Negative: nothing was written: STK_E_RANGE the slot,
     * STK_E_ALIGN bytes is not 64, STK_E_WOULD_BLOCK, or the medium's own error. The image is the
     * caller's again on return. */
    int (*publish)(void *ctx, uint32_t slot, const void *image, size_t bytes);
};

struct stk_producer {
    const struct stk_producer_ops *ops;
    void *ctx;
};

/// Consumer ///

/* As above: never blocks. */
struct stk_consumer_ops {
    const char *name;

    /* As in stk_producer_ops. */
    int (*slots)(void *ctx);

    /* Copies slot `slot` out as 64 little-endian bytes, status first.
     * 0: read. Positive: never; there is no short read. Negative: `out` is untouched: STK_E_RANGE,
     * STK_E_ALIGN bytes is not 64, STK_E_WOULD_BLOCK, or the medium's own error. */
    int (*read)(void *ctx, uint32_t slot, void *out, size_t bytes);

    /* How many slots are DONE now. 0: none. Negative: the count is not known: STK_E_WOULD_BLOCK or the
     * medium's own error. */
    int (*done)(void *ctx);
};

struct stk_consumer {
    const struct stk_consumer_ops *ops;
    void *ctx;
};

/// In-process ring: "in-process-host" ///

/* Both ends work on `ring`, which must outlive them. Slot images are written as they are, over any
 * status: the table of the slot machine is the business of stk_ring_publish and of the workers.
 * ISR-safe. */
void stk_ring_producer(struct stk_producer *producer, struct stk_ring *ring);
void stk_ring_consumer(struct stk_consumer *consumer, struct stk_ring *ring);

#ifdef __cplusplus
}
#endif
#endif
