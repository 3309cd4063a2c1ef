/* stoker: the I/O queue.
 *
 * The I/O queue has up to 64 I/O slots of 32 bytes. Through them a device asks the host for I/O, and the host tells the
 * device about data that has arrived (core/SPEC.md, "I/O queue"). The calls here move I/O slots through their statuses.
 * They do not read or write any source: the service stk_fetch (fetch.h) does this.
 *
 * An I/O slot goes from EMPTY to WAIT_IO, PUBLISHED and CLAIMED, then to OK or ERROR, and back to EMPTY. An asker
 * reserves the slot, as a rule by compare-and-swap, writes its words and publishes it. A server claims it by
 * compare-and-swap and stores the outcome. The party that has taken the outcome recycles the slot. */
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

/* A view of an I/O queue: copy it freely. The memory is the caller's and must outlive each view. */
struct stk_io_queue {
    uint32_t *words; /* the I/O slots, 8 little-endian words each; in the caller's memory, aligned to 4 bytes */
    uint32_t slots;  /* number of I/O slots, at most STK_IO_SLOTS_MAX */
};

/* Writes the bytes that a queue of `slots` I/O slots takes to *bytes. STK_E_ARG `slots` is 0; STK_E_OVERFLOW `slots` is
 * above STK_IO_SLOTS_MAX. */
STK_MUST_CHECK int stk_io_queue_bytes(uint32_t slots, size_t *bytes);

/* Lays out an empty queue at `mem`, which has `bytes` bytes. Errors, in this order: those of stk_io_queue_bytes();
 * STK_E_ALIGN `mem` is not aligned to 4 bytes; STK_E_SPACE `bytes` is below STK_IO_QUEUE_BYTES(slots); STK_E_ARG `mem`
 * is NULL. */
STK_MUST_CHECK int stk_io_queue_init(struct stk_io_queue *queue, void *mem, size_t bytes, uint32_t slots);

/* Attaches to a queue, and changes no byte of it. A queue of 0 I/O slots is valid here. STK_E_ALIGN `mem` is not
 * aligned to 4 bytes, or `bytes` is not a multiple of 32; STK_E_ARG `mem` is NULL and `bytes` is not 0; STK_E_OVERFLOW
 * more than STK_IO_SLOTS_MAX I/O slots. */
STK_MUST_CHECK int stk_io_queue_view(struct stk_io_queue *queue, void *mem, size_t bytes);

/// Asking ///

/* A request. After the outcome the server may have replaced some of its words. */
struct stk_io_request {
    uint32_t slot; /* number of the I/O slot */
    uint32_t op;   /* STK_IO_OP_READ, STK_IO_OP_WRITE, STK_IO_OP_FENCE */
    uint32_t
        src; /* source: a number whose meaning asker and server agree on; in a READ 0: `dst` has the data already */
    uint32_t dst;    /* target: a number whose meaning asker and server agree on */
    uint64_t offset; /* first byte, counted from the start of the source */
    uint32_t bytes;  /* number of bytes; after STK_IO_ERROR with an error code: the tag of the asker */
    uint32_t tag;    /* any number that the asker chose; after STK_IO_ERROR the error code, where the server gave one */
};

/* Publishes `request` in its I/O slot, which must be EMPTY. Any number of askers may call it at a time, and the device
 * may ask too. Where the device is behind a bus (bit 0 of control word 159 is set), only the device may ask.
 * STK_E_RANGE there is no such I/O slot; STK_E_STATUS the I/O slot is in use, or another asker took it first.
 * ISR-safe. */
STK_MUST_CHECK int stk_io_queue_submit(struct stk_io_queue *queue, const struct stk_io_request *request);

/* Publishes a read of `bytes` bytes from offset 0 of `src` to `dst`. Errors as stk_io_queue_submit(). */
STK_MUST_CHECK int stk_io_queue_submit_read(struct stk_io_queue *queue, uint32_t slot, uint32_t src, uint32_t dst,
                                            uint32_t bytes, uint32_t tag);

/* Tells the server that `bytes` bytes of data are already in buffer `mapped`. Publishes a read with source 0 for this.
 * Errors as stk_io_queue_submit(). */
STK_MUST_CHECK int stk_io_queue_publish(struct stk_io_queue *queue, uint32_t slot, uint32_t mapped, uint32_t bytes,
                                        uint32_t tag);

/// Looking ///

/* Returns the status of an I/O slot, read with acquire order: a status of the ring (0 to 7), STK_IO_OK or STK_IO_ERROR.
 * STK_E_RANGE there is no such I/O slot; STK_E_STATUS the word is not a status. */
STK_MUST_CHECK int stk_io_queue_status(const struct stk_io_queue *queue, uint32_t slot);

/* Copies the request of an I/O slot to *out, in any status from PUBLISHED on. STK_E_RANGE there is no such I/O slot;
 * STK_E_WOULD_BLOCK the I/O slot is EMPTY, or an asker is still writing it. */
STK_MUST_CHECK int stk_io_queue_read(const struct stk_io_queue *queue, uint32_t slot, struct stk_io_request *out);

/* Returns 1 if an I/O slot is EMPTY, 0 if it is in use. STK_E_RANGE there is no such I/O slot. */
STK_MUST_CHECK int stk_io_queue_recycled(const struct stk_io_queue *queue, uint32_t slot);

/// Serving ///

/* Copies the first `cap` requests in PUBLISHED to `out`, in the order of the I/O slots, and changes nothing. Returns
 * how many. */
STK_MUST_CHECK int stk_io_queue_poll(const struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap);

/* Claims the first `cap` requests in PUBLISHED by compare-and-swap, and copies them to `out`, in the order of the I/O
 * slots. Returns how many. Of several servers exactly one gets a request. The words are read after the claim, which
 * acquires. */
STK_MUST_CHECK int stk_io_queue_claim(struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap);

/* The outcome of a request. */
struct stk_io_result {
    uint32_t slot;  /* number of the I/O slot */
    int ok;         /* not 0: the I/O slot becomes STK_IO_OK; 0: STK_IO_ERROR */
    uint32_t error; /* error code, stored in place of the tag where `ok` is 0; 0: the tag stays */
};

/* Completes `count` requests that the caller has claimed. All of them are checked before the first word changes. If an
 * I/O slot is named twice, the last result holds. STK_E_RANGE there is no such I/O slot (info: value is its number);
 * STK_E_STATUS an I/O slot is not CLAIMED (info: value is its status). `info` may be NULL; its index is that of the
 * result. */
STK_MUST_CHECK int stk_io_queue_complete(struct stk_io_queue *queue, const struct stk_io_result *results,
                                         uint32_t count, struct stk_error_info *info);

/* Moves an I/O slot from OK or ERROR to EMPTY, by compare-and-swap. The party that has taken the outcome calls it, host
 * or device. Returns the status before. STK_E_RANGE there is no such I/O slot; STK_E_STATUS it has no outcome, or
 * another party was faster. */
STK_MUST_CHECK int stk_io_queue_recycle(struct stk_io_queue *queue, uint32_t slot);

#ifdef __cplusplus
}
#endif
#endif
