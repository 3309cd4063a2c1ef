/* stoker: moves I/O slots through their statuses (SPEC.md, 4.2), for askers and for servers. The words of a request are
 * carried as they are: the server decides what they mean and whether they are allowed (core/src/stream). */
#include "stoker/io_queue.h"

#include "base/error_info.h"
#include "base/memory.h"
#include "stoker/atomic.h"
#include "base/words_of.h"

/* Returns the first word of an I/O slot. The caller has checked the number. */
static uint32_t *slot_at(const struct stk_io_queue *queue, uint32_t slot) {
    return queue->words + (size_t)slot * STK_IO_WORDS;
}

/// Layout ///

int stk_io_queue_bytes(uint32_t slots, size_t *bytes) {
    if (slots == 0) {
        return STK_E_ARG;
    }
    if (slots > STK_IO_SLOTS_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = STK_IO_QUEUE_BYTES(slots);
    return STK_OK;
}

int stk_io_queue_init(struct stk_io_queue *queue, void *mem, size_t bytes, uint32_t slots) {
    size_t need;
    int err = stk_io_queue_bytes(slots, &need);
    if (err == STK_OK) {
        err = stk_layout_check(mem, bytes, need);
    }
    if (err != STK_OK) {
        return err;
    }
    memset(mem, 0, need);
    queue->words = mem;
    queue->slots = slots;
    return STK_OK;
}

int stk_io_queue_view(struct stk_io_queue *queue, void *mem, size_t bytes) {
    uint32_t slots;
    int err = stk_whole_records(mem, bytes, STK_IO_SLOT_BYTES, STK_IO_SLOTS_MAX, &slots);
    if (err != STK_OK) {
        return err;
    }
    queue->words = mem;
    queue->slots = slots;
    return STK_OK;
}

/// Asking ///

int stk_io_queue_submit(struct stk_io_queue *queue, const struct stk_io_request *request) {
    if (request->slot >= queue->slots) {
        return STK_E_RANGE;
    }
    uint32_t *w = slot_at(queue, request->slot);
    /* The swap reserves the slot: the device and other askers leave a slot in WAIT_IO alone. Acquire: those who emptied
     * the slot have read the words of the last request before these are overwritten. */
    if (stk_cas(w + STK_IO_STATUS, STK_SLOT_EMPTY, STK_SLOT_WAIT_IO) != STK_SLOT_EMPTY) {
        return STK_E_STATUS;
    }
    stk_store(w + STK_IO_OP, request->op);
    stk_store(w + STK_IO_SRC, request->src);
    stk_store(w + STK_IO_DST, request->dst);
    stk_store(w + STK_IO_OFFSET_LO, (uint32_t)request->offset);
    stk_store(w + STK_IO_OFFSET_HI, (uint32_t)(request->offset >> 32));
    stk_store(w + STK_IO_BYTES, request->bytes);
    stk_store(w + STK_IO_TAG, request->tag);
    /* Release: a server that sees PUBLISHED sees the seven words above. */
    stk_store_release(w + STK_IO_STATUS, STK_SLOT_PUBLISHED);
    return STK_OK;
}

int stk_io_queue_submit_read(struct stk_io_queue *queue, uint32_t slot, uint32_t src, uint32_t dst, uint32_t bytes,
                             uint32_t tag) {
    struct stk_io_request request = {slot, STK_IO_OP_READ, src, dst, 0, bytes, tag};
    return stk_io_queue_submit(queue, &request);
}

int stk_io_queue_publish(struct stk_io_queue *queue, uint32_t slot, uint32_t mapped, uint32_t bytes, uint32_t tag) {
    return stk_io_queue_submit_read(queue, slot, 0, mapped, bytes, tag);
}

/// Looking ///

/* Copies the request of an I/O slot to *out. Relaxed: the caller has acquired the status. After STK_IO_ERROR `tag` is
 * the error code and `bytes` the tag of the asker, where the server gave a code. */
static void copy_out(const struct stk_io_queue *queue, uint32_t slot, struct stk_io_request *out) {
    const uint32_t *w = slot_at(queue, slot);
    out->slot = slot;
    out->op = stk_load(w + STK_IO_OP);
    out->src = stk_load(w + STK_IO_SRC);
    out->dst = stk_load(w + STK_IO_DST);
    out->offset = stk_load(w + STK_IO_OFFSET_LO) | (uint64_t)stk_load(w + STK_IO_OFFSET_HI) << 32;
    out->bytes = stk_load(w + STK_IO_BYTES);
    out->tag = stk_load(w + STK_IO_TAG);
}

int stk_io_queue_status(const struct stk_io_queue *queue, uint32_t slot) {
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    uint32_t status = stk_load_acquire(slot_at(queue, slot) + STK_IO_STATUS);
    return status <= STK_SLOT_FAULT || status == STK_IO_OK || status == STK_IO_ERROR ? (int)status : STK_E_STATUS;
}

int stk_io_queue_read(const struct stk_io_queue *queue, uint32_t slot, struct stk_io_request *out) {
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    uint32_t status = stk_load_acquire(slot_at(queue, slot) + STK_IO_STATUS);
    /* In WAIT_IO an asker is still writing the words, so there is no request yet. */
    if (status == STK_SLOT_EMPTY || status == STK_SLOT_WAIT_IO) {
        return STK_E_WOULD_BLOCK;
    }
    copy_out(queue, slot, out);
    return STK_OK;
}

int stk_io_queue_recycled(const struct stk_io_queue *queue, uint32_t slot) {
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    return stk_load_acquire(slot_at(queue, slot) + STK_IO_STATUS) == STK_SLOT_EMPTY;
}

/// Serving ///

int stk_io_queue_poll(const struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap) {
    uint32_t found = 0;
    for (uint32_t slot = 0; slot < queue->slots && found < cap; slot++) {
        /* Acquire pairs with the release of PUBLISHED: the words below are those of this request. */
        if (stk_load_acquire(slot_at(queue, slot) + STK_IO_STATUS) == STK_SLOT_PUBLISHED) {
            copy_out(queue, slot, &out[found++]);
        }
    }
    return (int)found;
}

int stk_io_queue_claim(struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap) {
    uint32_t found = 0;
    for (uint32_t slot = 0; slot < queue->slots && found < cap; slot++) {
        uint32_t *status = slot_at(queue, slot) + STK_IO_STATUS;
        /* The plain load comes first, because a swap takes the cache line for writing even when it fails. The swap
         * acquires, so the words below are those of this request. */
        if (stk_load(status) == STK_SLOT_PUBLISHED &&
            stk_cas(status, STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED) == STK_SLOT_PUBLISHED) {
            copy_out(queue, slot, &out[found++]);
        }
    }
    return (int)found;
}

/* Checks every result before the first word changes: each slot must be there and CLAIMED. Relaxed: the caller claimed
 * these slots itself, so nobody else moves them. On error the info has the index of the result, and its slot number or
 * the status found. */
static int complete_check(const struct stk_io_queue *queue, const struct stk_io_result *results, uint32_t count,
                          struct stk_error_info *info) {
    for (uint32_t i = 0; i < count; i++) {
        if (results[i].slot >= queue->slots) {
            return stk_fail(info, STK_E_RANGE, i, results[i].slot);
        }
        uint32_t status = stk_load(slot_at(queue, results[i].slot) + STK_IO_STATUS);
        if (status != STK_SLOT_CLAIMED) {
            return stk_fail(info, STK_E_STATUS, i, status);
        }
    }
    return STK_OK;
}

int stk_io_queue_complete(struct stk_io_queue *queue, const struct stk_io_result *results, uint32_t count,
                          struct stk_error_info *info) {
    uint64_t done = 0; /* one bit for each I/O slot, STK_IO_SLOTS_MAX of them */
    int err = complete_check(queue, results, count, info);
    if (err != STK_OK) {
        return err;
    }
    /* Backwards, so that of several results for one slot the last one is stored, and the others are skipped. */
    for (uint32_t i = count; i-- > 0;) {
        uint32_t *w = slot_at(queue, results[i].slot);
        uint64_t bit = (uint64_t)1 << results[i].slot;
        if ((done & bit) != 0) {
            continue;
        }
        done |= bit;
        if (!results[i].ok && results[i].error != 0) {
            /* The error code takes the word of the tag, so the tag moves to the word of the length: the asker still
             * needs it, and the length of a failed request is of no use. */
            stk_store(w + STK_IO_BYTES, stk_load(w + STK_IO_TAG));
            stk_store(w + STK_IO_TAG, results[i].error);
        }
        /* Release: a party that sees the outcome sees the transferred data and the error code. */
        stk_store_release(w + STK_IO_STATUS, results[i].ok ? STK_IO_OK : STK_IO_ERROR);
    }
    return STK_OK;
}

int stk_io_queue_recycle(struct stk_io_queue *queue, uint32_t slot) {
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    uint32_t *status = slot_at(queue, slot) + STK_IO_STATUS;
    /* A swap, since host and device may both have consumed the outcome: only one of them may empty the slot, because
     * the next asker reserves it at once. */
    uint32_t was = stk_load(status);
    if ((was != STK_IO_OK && was != STK_IO_ERROR) || stk_cas(status, was, STK_SLOT_EMPTY) != was) {
        return STK_E_STATUS;
    }
    return (int)was;
}
