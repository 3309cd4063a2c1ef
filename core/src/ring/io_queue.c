/* stoker: the I/O queue. */
#include "stoker/io_queue.h"

#include "base/error_info.h"
#include "base/memory.h"
#include "stoker/atomic.h"
#include "base/words_of.h"

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
    /* The swap reserves the slot against the device and other askers, none of whom touches a slot in WAIT_IO. Acquire:
     * the words of the request before are no longer read by whoever emptied it. */
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
    /* Release: who sees PUBLISHED sees the seven words above. */
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
        /* Acquire: pairs with the release of PUBLISHED, so that the words are the request's. */
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
        /* The plain look spares idle slots a locked bus cycle; the acquire of the swap orders the
         * words after it. */
        if (stk_load(status) == STK_SLOT_PUBLISHED &&
            stk_cas(status, STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED) == STK_SLOT_PUBLISHED) {
            copy_out(queue, slot, &out[found++]);
        }
    }
    return (int)found;
}

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
    uint64_t done = 0; /* one bit per slot */
    int err = complete_check(queue, results, count, info);
    if (err != STK_OK) {
        return err;
    }
    for (uint32_t i = count; i-- > 0;) { /* backwards: the last result of a slot is the one that counts */
        uint32_t *w = slot_at(queue, results[i].slot);
        uint64_t bit = (uint64_t)1 << results[i].slot;
        if ((done & bit) != 0) {
            continue;
        }
        done |= bit;
        if (!results[i].ok && results[i].error != 0) {
            stk_store(w + STK_IO_BYTES, stk_load(w + STK_IO_TAG)); /* so that its asker still knows it */
            stk_store(w + STK_IO_TAG, results[i].error);
        }
        /* Release: the transferred data and the code are there before the outcome is seen. */
        stk_store_release(w + STK_IO_STATUS, results[i].ok ? STK_IO_OK : STK_IO_ERROR);
    }
    return STK_OK;
}

int stk_io_queue_recycle(struct stk_io_queue *queue, uint32_t slot) {
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    uint32_t *status = slot_at(queue, slot) + STK_IO_STATUS;
    uint32_t was = stk_load(status);
    if ((was != STK_IO_OK && was != STK_IO_ERROR) || stk_cas(status, was, STK_SLOT_EMPTY) != was) {
        return STK_E_STATUS;
    }
    return (int)was;
}
