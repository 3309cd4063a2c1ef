/* stoker: what a stream writes to its recorder. The recorder only watches: nothing here changes the stream, and each
 * result of the recorder is dropped on purpose. The recorder keeps its first error itself (stk_recorder.err). */
#include "base/memory.h"
#include "ring/slot_words.h"
#include "stream/stream_internal.h"

void stk_stream_record_input(const struct stk_stream *s, uint64_t chunk) {
    if (!s->config.recorder) {
        return;
    }
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    const struct stk_record_input input = {
        .slot = stk_entry_slot(s, chunk),
        .offset = stk_entry_start(s, chunk),
        .bytes = e->lead + e->got,
        .lead = e->lead,
        .label = (uint32_t)e->read.tag,
        .position = e->read.offset,
    };
    (void)!stk_recorder_input(s->config.recorder, &input);
}

void stk_stream_record_publish(const struct stk_stream *s, uint32_t slot, const struct stk_work *work) {
    if (s->config.recorder) {
        (void)!stk_recorder_publish(s->config.recorder, slot, work);
    }
}

/* Writes a failure to the recorder. The caller has checked that there is one. */
static void record(const struct stk_stream *s, const struct stk_record_failure *failure) {
    (void)!stk_recorder_failure(s->config.recorder, failure);
}

void stk_stream_record_failure(const struct stk_stream *s, const struct stk_stream_result *r) {
    if (!s->config.recorder) {
        return;
    }
    struct stk_record_failure failure = {
        .slot = stk_entry_slot(s, s->delivered),
        .tenant = s->config.tenant,
        .opcode = r->opcode,
        /* EMPTY: the read failed or was refused, and the chunk had no slot. */
        .status = r->err == STK_E_SLOT_FAULT ? STK_SLOT_FAULT : STK_SLOT_EMPTY,
        .err = r->err,
    };
    memcpy(failure.results, r->results, sizeof failure.results);
    record(s, &failure);
}

void stk_stream_record_refused(const struct stk_stream *s, uint32_t slot, const uint32_t *results) {
    if (!s->config.recorder) {
        return;
    }
    struct stk_record_failure failure = {
        .slot = slot,
        .tenant = s->config.tenant,
        .opcode = STK_OP_BATCH_FENCE,
        .status = STK_SLOT_FAULT,
        .err = STK_E_SLOT_FAULT,
    };
    memcpy(failure.results, results, sizeof failure.results);
    record(s, &failure);
}

void stk_stream_record_late(const struct stk_stream *s, uint32_t slot) {
    if (!s->config.recorder) {
        return;
    }
    const uint32_t *w = stk_slot_at(&s->ring, slot);
    uint32_t status = stk_load(w + STK_SLOT_STATUS);
    const struct stk_record_failure failure = {
        .slot = slot,
        .tenant = s->config.tenant,
        .opcode = stk_load(w + STK_SLOT_OPCODE),
        /* The record has 8 bits for the status, and anyone may have stored a larger word. */
        .status = status <= STK_SLOT_FAULT ? status : STK_SLOT_FAULT + 1u,
        .err = STK_E_TIMEOUT,
    };
    record(s, &failure);
}

void stk_stream_record_lost(const struct stk_stream *s) {
    if (!s->config.recorder) {
        return;
    }
    const struct stk_record_failure failure = {
        .slot = STK_RECORD_NO_SLOT, .tenant = s->config.tenant, .err = STK_E_DEVICE};
    record(s, &failure);
}

void stk_stream_record_epoch(const struct stk_stream *s, uint32_t tag) {
    if (s->config.recorder) {
        (void)!stk_recorder_epoch(s->config.recorder, tag);
    }
}

void stk_stream_record_turn(const struct stk_stream *s) {
    if (s->config.recorder) {
        (void)!stk_recorder_poll(s->config.recorder);
    }
}

void stk_stream_record_end(const struct stk_stream *s) {
    if (s->config.recorder) {
        (void)!stk_recorder_sync(s->config.recorder);
    }
}
