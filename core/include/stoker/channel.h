/* stoker: producers and consumers of slots.
 *
 * A program may choose at run time where slots go to and come from: a ring in this process, a ring behind a bus, a ring
 * of a test. A producer and a consumer are each a table of calls, a context and a name. A channel moves whole slot
 * images; it does not check work and does not wake workers. The last section has a producer and a consumer over a ring
 * in this process. */
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

/* The calls of a producer. None of them blocks or retries: a medium that would have to wait returns
 * STK_E_WOULD_BLOCK. */
struct stk_producer_ops {
    /* Name of the kind of channel, for logs and reports: lower case, words joined by '-'. Must not change. */
    const char *name;

    /* Returns the number of slots. 0: the channel takes nothing. STK_E_DEVICE, STK_E_SHUTDOWN: the medium is gone. */
    int (*slots)(void *ctx);

    /* Writes a slot image of 64 little-endian bytes to slot `slot`, the status last, whatever the status is. Returns 0
     * when the slot is written and visible, and nothing above 0: a slot is written whole or not at all. On error
     * nothing is written: STK_E_RANGE there is no such slot; STK_E_ALIGN `bytes` is not 64; STK_E_WOULD_BLOCK; or an
     * error of the medium. The image is the caller's again when the call returns. */
    int (*publish)(void *ctx, uint32_t slot, const void *image, size_t bytes);
};

/* A producer: hand it on by value. The context must outlive all copies. */
struct stk_producer {
    const struct stk_producer_ops *ops; /* calls; mandatory */
    void *ctx;                          /* first argument of each call */
};

/// Consumer ///

/* The calls of a consumer. None of them blocks or retries. */
struct stk_consumer_ops {
    /* Name of the kind of channel, as in stk_producer_ops. */
    const char *name;

    /* Returns the number of slots of the channel, as in stk_producer_ops. */
    int (*slots)(void *ctx);

    /* Copies slot `slot` to `out` as 64 little-endian bytes; the status is read first. Returns 0 when it was read, and
     * nothing above 0. On error `out` is untouched: STK_E_RANGE there is no such slot; STK_E_ALIGN `bytes` is not 64;
     * STK_E_WOULD_BLOCK; or an error of the medium. */
    int (*read)(void *ctx, uint32_t slot, void *out, size_t bytes);

    /* Returns how many slots are DONE now. STK_E_WOULD_BLOCK or an error of the medium: the number is not known. */
    int (*done)(void *ctx);
};

/* A consumer: hand it on by value. The context must outlive all copies. */
struct stk_consumer {
    const struct stk_consumer_ops *ops; /* calls; mandatory */
    void *ctx;                          /* first argument of each call */
};

/// In-process ring: "in-process-host" ///

/* Makes a producer and a consumer over `ring`, which must outlive them. Images are written over any status: whether a
 * publish is allowed is for stk_ring_publish() and for the workers to decide. ISR-safe. */
void stk_ring_producer(struct stk_producer *producer, struct stk_ring *ring);
void stk_ring_consumer(struct stk_consumer *consumer, struct stk_ring *ring);

#ifdef __cplusplus
}
#endif
#endif
