/* stoker: the epochs of a stream. The barrier is the number of the first chunk of the next epoch. No chunk from the
 * barrier on is published before the fence of the epoch has passed. The fence goes through the slot of the chunk at the
 * barrier, so a stream needs no slot beside those of its chunks. */
#include "ring/custody.h"
#include "ring/slot_words.h"
#include "stream/stream_internal.h"

#define NO_BARRIER UINT64_MAX /* a chunk number that no stream reaches: epochs end by the call alone */

void stk_stream_next_epoch(struct stk_stream *s) {
    s->barrier = s->config.epoch_chunks != 0u ? s->delivered + s->config.epoch_chunks : NO_BARRIER;
    s->fence_tag = (uint32_t)s->barrier;
    s->fence = 0;
    s->epoch_asked = 0;
    s->late_recorded = 0;
}

/* Publishes the fence in the slot of the chunk at the barrier. The slot is free: the chunk before it in this slot was
 * handed out, and the chunk at the barrier waits for the fence. */
static int publish_fence(struct stk_stream *s) {
    const uint32_t args[] = {0, s->fence_tag};
    const struct stk_work work = {STK_OP_BATCH_FENCE, s->config.tenant, s->config.priority, 2, args};
    uint32_t slot = stk_entry_slot(s, s->barrier);
    int err = stk_ring_publish(&s->ring, slot, &work);
    if (err != STK_OK) {
        return err;
    }
    stk_ring_bell(s->config.memory.control + STK_CTL_DOORBELL);
    s->fence = 1;
    (void)stk_stream_clock(s); /* so that time before the publish does not count against the fence */
    s->fence_since_ns = stk_deadline_counted(&s->slots_end);
    stk_stream_make_publish(s, slot, &work);
    stk_stream_record_append(s);
    return STK_OK;
}

/* Ends a fence that ended in FAULT, or whose status is not a status. The epoch has not ended: the chunks behind the
 * barrier go on as part of the same epoch, up to the next barrier. */
static int refused(struct stk_stream *s, uint32_t slot, uint32_t status) {
    stk_stream_record_failure(s, slot, STK_OP_BATCH_FENCE, status, STK_E_SLOT_FAULT);
    /* Release: our reads of the slot come before. */
    stk_store_release(stk_slot_at(&s->ring, slot) + STK_SLOT_STATUS, STK_SLOT_EMPTY);
    s->info = (struct stk_error_info){.err = STK_E_SLOT_FAULT, .index = slot};
    stk_stream_next_epoch(s);
    return STK_E_SLOT_FAULT;
}

/* Returns STK_OK while the fence is within its deadline, else STK_E_TIMEOUT; the recording has the timeout once. */
static int late(struct stk_stream *s, uint32_t slot) {
    if (stk_deadline_left(&s->slots_end, s->fence_since_ns) != 0u) {
        return STK_OK;
    }
    s->info = (struct stk_error_info){.err = STK_E_TIMEOUT, .index = slot};
    if (!s->late_recorded) {
        s->late_recorded = 1;
        stk_stream_record_late(s, slot);
    }
    return STK_E_TIMEOUT;
}

int stk_stream_fence(struct stk_stream *s) {
    uint32_t slot = stk_entry_slot(s, s->barrier), status, tag = s->fence_tag;
    if (s->delivered != s->barrier) {
        return STK_OK;
    }
    if (!s->fence) {
        return publish_fence(s);
    }
    /* Acquire: observables and epoch are those that were stored before this status. */
    status = stk_load_acquire(stk_slot_at(&s->ring, slot) + STK_SLOT_STATUS);
    if (!stk_slot_ended(s->config.memory.control, slot, status)) {
        return late(s, slot);
    }
    if (status != STK_SLOT_DONE) {
        return refused(s, slot, status);
    }
    /* The next chunk is published by a later step, so nothing of the stream runs while the recorder reads the
     * observables. */
    stk_stream_next_epoch(s);
    stk_stream_record_epoch(s, tag);
    return STK_OK;
}

void stk_stream_end_epochs(struct stk_stream *s) {
    s->config.epoch_chunks = 0;
    if (!s->fence) {
        stk_stream_next_epoch(s);
    }
}

void stk_stream_cancel_fence(struct stk_stream *s) {
    if (s->fence && stk_ring_transition(&s->ring, stk_entry_slot(s, s->barrier), STK_TO_CANCEL) >= 0) {
        stk_stream_next_epoch(s);
    }
}

int stk_stream_epoch(struct stk_stream *stream, uint32_t tag, uint64_t timeout_ns) {
    struct stk_deadline end;
    int err = stream->stopping ? STK_E_SHUTDOWN : stk_stream_begin(stream, &end, timeout_ns);
    if (err != STK_OK) {
        return err;
    }
    /* A call that goes on after STK_E_TIMEOUT finds the barrier set, and must not end a second epoch. */
    if (!stream->epoch_asked) {
        err = stk_stream_drain_until(stream, &end);
        if (err != STK_OK) {
            return err;
        }
        stream->barrier = stream->delivered;
        stream->fence_tag = tag;
        stream->epoch_asked = 1;
    }
    return stk_stream_drain_until(stream, &end);
}
