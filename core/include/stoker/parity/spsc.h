/* stoker: handing 64-byte images from one thread to another over a ring.
 *
 * One thread puts, one thread takes, in order; neither waits, and no index is shared: the status word of each slot is
 * all they have in common, so an image costs the way of its own cache line and no other. Between threads of one host,
 * or from a thread to an interrupt handler; slots that workers run go through stk_ring_publish and stk_publisher.
 */
#ifndef STOKER_PARITY_SPSC_H
#define STOKER_PARITY_SPSC_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One end, the putting or the taking one. Each thread has its own. */
struct stk_spsc {
    struct stk_ring ring;
    uint32_t next;  /* slot of the next image */
    uint32_t known; /* slots from there on that are known to be free for the putting end */
};

/* Begins at slot 0 of an empty ring (stk_ring_init), which must outlive the end and has nobody else on it. */
void stk_spsc_begin(struct stk_spsc *end, const struct stk_ring *ring);

/* Puts 64 bytes, any alignment, of which the first four are not kept: they are the status. STK_E_WOULD_BLOCK: every
 * slot is taken, or, in a ring of more than STK_SPSC_AHEAD slots, all but fewer than that. ISR-safe. */
STK_MUST_CHECK int stk_spsc_put(struct stk_spsc *end, const void *image);

/* Takes the oldest image into 64 bytes; its first four become STK_SLOT_PUBLISHED. STK_E_WOULD_BLOCK: there is none.
 * ISR-safe. */
STK_MUST_CHECK int stk_spsc_take(struct stk_spsc *end, void *image);

/* The putting end looks at one status for this many slots: the taker frees them in order, so when the last of them is
 * free all are, and the lines of the others need not come back before they are written. */
#define STK_SPSC_AHEAD 16u

#ifdef __cplusplus
}
#endif
#endif
