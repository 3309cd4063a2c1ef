/* stoker: the I/O queue.
 *
 * Up to 64 slots of 32 bytes through which a device asks the host for I/O, and the host tells it about data that has
 * landed (core/SPEC.md, "I/O queue"). A slot goes EMPTY -> WAIT_IO -> PUBLISHED -> CLAIMED -> OK or ERROR -> EMPTY: who
 * asks reserves it, as a rule by compare-and-swap, writes its words and publishes it; who serves claims by
 * compare-and-swap; who consumed the outcome recycles.
 */
#ifndef STOKER_IO_QUEUE_H
#define STOKER_IO_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/words.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Layout ///

#define STK_IO_SLOT_BYTES                (4u * STK_IO_WORDS)
#define STK_IO_QUEUE_BYTES(slots)        ((size_t)(slots)*STK_IO_SLOT_BYTES)
#define STK_IO_QUEUE_DEFINE(name, slots) STK_STORAGE_DEFINE(name, STK_IO_QUEUE_BYTES(slots))

struct stk_io_queue {
    uint32_t *words; /* slots * 8 little-endian words, caller's memory */
    uint32_t slots;
};

/* Bytes a queue of `slots` slots takes. STK_E_ARG for 0, STK_E_OVERFLOW above STK_IO_SLOTS_MAX. */
STK_MUST_CHECK int stk_io_queue_bytes(uint32_t slots, size_t *bytes);

/* Lays out an empty queue at mem. The errors of stk_io_queue_bytes, then STK_E_ALIGN when mem is
 * not 4-byte aligned, STK_E_SPACE when `bytes` is too small, STK_E_ARG mem NULL. */
STK_MUST_CHECK int stk_io_queue_init(struct stk_io_queue *queue, void *mem, size_t bytes, uint32_t slots);

/* Attaches to a queue, changing nothing; one of 0 slots is valid. STK_E_ALIGN when mem is not
 * 4-byte aligned or `bytes` is no multiple of 32, STK_E_OVERFLOW above STK_IO_SLOTS_MAX slots,
 * STK_E_ARG mem NULL. */
STK_MUST_CHECK int stk_io_queue_view(struct stk_io_queue *queue, void *mem, size_t bytes);

/// Asking ///

struct stk_io_request {
    uint32_t slot;
    uint32_t op;  /* STK_IO_OP_READ, STK_IO_OP_WRITE, STK_IO_OP_FENCE */
    uint32_t src; /* handles: what they name is between the two sides */
    uint32_t dst;
    uint64_t offset; /* bytes into the source */
    uint32_t bytes;  /* after STK_IO_ERROR: the asker's tag */
    uint32_t tag;    /* the asker's; after STK_IO_ERROR an error code */
};

/* Publishes `request` in its slot, which must be EMPTY. STK_E_RANGE; STK_E_STATUS the slot is in use, or another asker
 * took the slot first. Any number of askers, also the device; only the device where bit 0 of control word 159 is set.
 * ISR-safe. */
STK_MUST_CHECK int stk_io_queue_submit(struct stk_io_queue *queue, const struct stk_io_request *request);

/* Publishes a read of `bytes` bytes from offset 0 of `src` to `dst`. Errors as above. */
STK_MUST_CHECK int stk_io_queue_submit_read(struct stk_io_queue *queue, uint32_t slot, uint32_t src, uint32_t dst,
                                            uint32_t bytes, uint32_t tag);

/* Publishes that `bytes` bytes lie in the mapped buffer `mapped`: a read whose source is 0. Errors
 * as above. */
STK_MUST_CHECK int stk_io_queue_publish(struct stk_io_queue *queue, uint32_t slot, uint32_t mapped, uint32_t bytes,
                                        uint32_t tag);

/// Looking ///

/* The status of slot `slot`, acquire order: 0..7, STK_IO_OK or STK_IO_ERROR. STK_E_RANGE;
 * STK_E_STATUS when the word there is no status. */
STK_MUST_CHECK int stk_io_queue_status(const struct stk_io_queue *queue, uint32_t slot);

/* What slot `slot` holds, from PUBLISHED on. STK_E_RANGE; STK_E_WOULD_BLOCK when it is EMPTY or still being written. */
STK_MUST_CHECK int stk_io_queue_read(const struct stk_io_queue *queue, uint32_t slot, struct stk_io_request *out);

/* 1 when slot `slot` is EMPTY, 0 when it is in use. STK_E_RANGE. */
STK_MUST_CHECK int stk_io_queue_recycled(const struct stk_io_queue *queue, uint32_t slot);

/// Serving ///

/* Copies the first `cap` PUBLISHED requests out, in slot order, and changes nothing. Returns how
 * many. */
STK_MUST_CHECK int stk_io_queue_poll(const struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap);

/* As poll, and claims each by compare-and-swap: of several servers exactly one gets a request. The
 * words are read after the claim's acquire. */
STK_MUST_CHECK int stk_io_queue_claim(struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap);

struct stk_io_result {
    uint32_t slot;
    int ok;         /* 0: the slot becomes STK_IO_ERROR */
    uint32_t error; /* when not ok: goes to the tag, unless 0, which leaves the tag as it is */
};

/* Completes `count` claimed requests. All are checked before the first word changes; a slot named
 * twice takes the last result. STK_E_RANGE; STK_E_STATUS when a slot is not CLAIMED; `fault` (may
 * be NULL) gets the index into results, and the slot or its status. Only for requests that the
 * caller claimed. */
STK_MUST_CHECK int stk_io_queue_complete(struct stk_io_queue *queue, const struct stk_io_result *results,
                                         uint32_t count, struct stk_error_info *info);

/* Puts an OK or ERROR slot back to EMPTY, by compare-and-swap: host or device, whoever consumed the
 * outcome. Returns the previous status. STK_E_RANGE, STK_E_STATUS. */
STK_MUST_CHECK int stk_io_queue_recycle(struct stk_io_queue *queue, uint32_t slot);

#ifdef __cplusplus
}
#endif
#endif
