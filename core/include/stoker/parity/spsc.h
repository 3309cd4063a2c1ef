/* stoker: hands 64-byte images from one thread to another over a ring.
 *
 * One thread puts images and one thread takes them, in order. Neither thread waits. The threads share no index, only
 * the status word of each slot. So one image moves only one cache line between the CPUs. Use this between threads of
 * one host, or from a thread to an interrupt handler. For slots that workers run use stk_ring_publish or
 * stk_publisher. */
#ifndef STOKER_PARITY_SPSC_H
#define STOKER_PARITY_SPSC_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One end of the queue: the end that puts or the end that takes. Each thread has an end of its own. */
struct stk_spsc {
    struct stk_ring ring;
    uint32_t next;  /* slot of the next image */
    uint32_t known; /* slots from `next` on that are known to be free; only for the end that puts */
};

/* Sets an end up at slot 0 of an empty ring (stk_ring_init). The ring must outlive the end, and no other party may use
 * the ring. */
void stk_spsc_begin(struct stk_spsc *end, const struct stk_ring *ring);

/* Puts 64 bytes of any alignment; the first four are the place of the status and are not kept. STK_E_WOULD_BLOCK every
 * slot is taken; in a ring of more than STK_SPSC_AHEAD slots also when fewer slots than that are free. ISR-safe. */
STK_MUST_CHECK int stk_spsc_put(struct stk_spsc *end, const void *image);

/* Takes the oldest image into 64 bytes of any alignment; the first four become STK_SLOT_PUBLISHED. STK_E_WOULD_BLOCK
 * there is no image. ISR-safe. */
STK_MUST_CHECK int stk_spsc_take(struct stk_spsc *end, void *image);

/* The end that puts reads one status for so many slots. The other end frees slots in order, so when the last of these
 * slots is free, all of them are, and the cache lines of the others need not be read before they are written. */
#define STK_SPSC_AHEAD 16u

#ifdef __cplusplus
}
#endif
#endif
