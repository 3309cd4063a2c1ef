/* stoker: the end of a stream. Ends only the stream's own reads, by their tags, and its own slots, one by one. The
 * device and its workers go on for their other users. */
#include "base/own_frame.h"
#include "stream/cancel.h"
#include "stream/stream_internal.h"

/* Ends a published chunk without a result. A chunk behind `published` was published ahead of a late read, and is
 * counted there no more. */
static void end_slot(struct stk_stream *s, uint64_t chunk, int err) {
    stk_entry(s, chunk)->state = STK_ENTRY_OVER;
    stk_entry(s, chunk)->err = err;
    s->ahead -= chunk - s->delivered >= s->published - s->delivered;
}

/* Takes back the slots that no worker has claimed: those chunks are over. Does nothing while workers run on memory
 * where a claim and a cancel do not exclude each other; then the slots finish. */
STK_OWN_FRAME static bool cancel_slots(struct stk_stream *s) {
    bool ended = false;
    if (!stk_may_cancel(s->config.memory.control, &s->config.dispatch)) {
        return false;
    }
    for (uint64_t i = s->delivered; i != s->submitted; i++) {
        if (stk_entry(s, i)->state == STK_ENTRY_PUBLISHED &&
            stk_ring_transition(&s->ring, stk_entry_slot(s, i), STK_TO_CANCEL) >= 0) {
            end_slot(s, i, STK_E_CANCELED);
            ended = true;
        }
    }
    stk_stream_cancel_fence(s);
    return ended;
}

/* Ends all chunks of a lost device without a look at their slots, and makes no call of the device any more. The
 * statuses are left as they are: the device may still change them, and the caller has given the work to another device,
 * as a rule, when it closes the stream. */
STK_OWN_FRAME static void abandon_slots(struct stk_stream *s) {
    for (uint64_t i = s->delivered; i != s->submitted; i++) {
        if (stk_entry(s, i)->state == STK_ENTRY_PUBLISHED) {
            end_slot(s, i, STK_E_DEVICE);
        }
    }
    stk_stream_next_epoch(s);
    s->abandoned = 1;
}

/* Ends the reads that the ingest port was never given. They count as submitted from here on, so that they are handed
 * out behind those that the port still has. */
static void cancel_queued(struct stk_stream *s) {
    for (uint64_t i = s->submitted; i != s->queued; i++) {
        stk_entry(s, i)->state = STK_ENTRY_OVER;
        stk_entry(s, i)->err = STK_E_CANCELED;
    }
    s->submitted = s->queued;
}

/* Makes steps until nothing is in flight. Cancels again before each wait: a slot that a worker gives back as YIELD can
 * be cancelled then, and workers may have left meanwhile. An error with which a chunk was handed out does not stop the
 * others. Returns the first error. */
static int finish_chunks(struct stk_stream *s, struct stk_deadline *end) {
    int first = STK_OK, handed = 1;
    while (!stk_stream_idle(s)) {
        uint64_t delivered = s->delivered;
        bool ended = cancel_slots(s);
        handed = stk_stream_step(s, ended || handed != 0 ? NULL : end);
        first = first == STK_OK && handed < 0 ? handed : first;
        if (s->lost && !s->abandoned) {
            abandon_slots(s);
            continue;
        }
        if (handed < 0 && s->delivered == delivered) {
            return handed; /* an error of a port: the callback got no chunk, so another step would fail as well */
        }
        if (!stk_stream_may_wait(s, end) && !stk_stream_idle(s)) {
            return STK_E_TIMEOUT;
        }
    }
    return first;
}

int stk_stream_close(struct stk_stream *stream, uint64_t timeout_ns) {
    struct stk_deadline end;
    int err = stk_stream_begin(stream, &end, timeout_ns);
    if (err != STK_OK) {
        return err;
    }
    stream->stopping = 1;
    err = stk_reads_cancel(&stream->reads);
    cancel_queued(stream);
    stk_stream_end_epochs(stream);
    if (err == STK_OK) {
        err = finish_chunks(stream, &end);
    }
    if (stk_stream_idle(stream)) {
        stk_reads_close(&stream->reads);
        stk_stream_record_end(stream);
        stream->closed = 1;
    }
    return err;
}
