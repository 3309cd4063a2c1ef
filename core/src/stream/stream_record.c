/* What a stream tells its recorder. */
#include "ring/slot_words.h"
#include "stream_internal.h"

int stk_stream_tell_input(const struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    const struct stk_record_input input = {
        .slot = stk_entry_slot(s, chunk),
        .offset = stk_entry_start(s, chunk),
        .bytes = e->lead + e->got,
        .lead = e->lead,
        .label = (uint32_t)e->read.tag,
        .position = e->read.offset,
    };
    return s->config.recorder ? stk_recorder_input(s->config.recorder, &input) : STK_OK;
}

int stk_stream_tell_publish(const struct stk_stream *s, uint32_t slot, const struct stk_work *work) {
    return s->config.recorder ? stk_recorder_publish(s->config.recorder, slot, work) : STK_OK;
}

int stk_stream_tell_failure(const struct stk_stream *s, uint64_t chunk, const struct stk_stream_result *r) {
    struct stk_record_failure failure = {
        .slot = stk_entry_slot(s, chunk),
        .tenant = s->config.tenant,
        .opcode = r->opcode,
        .status = r->err == STK_E_SLOT_FAULT ? STK_SLOT_FAULT : STK_SLOT_EMPTY,
        .err = r->err,
    };
    for (uint32_t i = 0; i < STK_SLOT_RESULTS; i++) {
        failure.results[i] = r->results[i];
    }
    return s->config.recorder ? stk_recorder_failure(s->config.recorder, &failure) : STK_OK;
}

int stk_stream_tell_late(const struct stk_stream *s, uint32_t slot) {
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
    int err = s->config.recorder ? stk_recorder_failure(s->config.recorder, &failure) : STK_OK;
    return err < 0 ? err : STK_E_TIMEOUT;
}

int stk_stream_tell_lost(struct stk_stream *s, int err) {
    const struct stk_record_failure failure = {
        .slot = STK_RECORD_NO_SLOT, .tenant = s->config.tenant, .err = STK_E_DEVICE};
    int told = STK_OK;
    if (s->config.recorder && !s->told) {
        s->told = 1;
        told = stk_recorder_failure(s->config.recorder, &failure);
    }
    return told < 0 ? told : err;
}

int stk_stream_tell_turn(const struct stk_stream *s) {
    return s->config.recorder ? stk_recorder_poll(s->config.recorder) : STK_OK;
}

int stk_stream_tell_end(const struct stk_stream *s) {
    return s->config.recorder ? stk_log_sync(s->config.recorder->config.log) : STK_OK;
}
