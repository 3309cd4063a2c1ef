/* What the recorder of a stream is told. The recorder only watches: nothing here changes the stream. */
#include "base/memory.h"
#include "ring/slot_words.h"
#include "stream/stream_internal.h"

static int record_input(const struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    const struct stk_record_input input = {
        .slot = stk_entry_slot(s, chunk),
        .offset = stk_entry_start(s, chunk),
        .bytes = e->lead + e->got,
        .lead = e->lead,
        .label = (uint32_t)e->read.tag,
        .position = e->read.offset,
    };
    return stk_recorder_input(s->config.recorder, &input);
}

static int record_failure(const struct stk_stream *s, const struct stk_stream_event *event) {
    struct stk_record_failure failure = {
        .slot = event->slot,
        .tenant = s->config.tenant,
        .opcode = event->opcode,
        .status = event->status,
        .err = event->err,
    };
    if (event->results) {
        memcpy(failure.results, event->results, sizeof failure.results);
    }
    return stk_recorder_failure(s->config.recorder, &failure);
}

void stk_stream_record(const struct stk_stream *s, const struct stk_stream_event *event) {
    struct stk_recorder *r = s->config.recorder;
    if (!r) {
        return;
    }
    switch (event->kind) {
    case STK_EVENT_INPUT:
        (void)!record_input(s, event->chunk);
        break;
    case STK_EVENT_PUBLISH:
        (void)!stk_recorder_publish(r, event->slot, event->work);
        break;
    case STK_EVENT_FAILURE:
        (void)!record_failure(s, event);
        break;
    case STK_EVENT_EPOCH:
        (void)!stk_recorder_epoch(r, event->tag);
        break;
    case STK_EVENT_TURN:
        (void)!stk_recorder_poll(r);
        break;
    case STK_EVENT_END:
        (void)!stk_recorder_sync(r);
        break;
    }
}

void stk_stream_record_late(const struct stk_stream *s, uint32_t slot) {
    const uint32_t *w = stk_slot_at(&s->ring, slot);
    uint32_t status = stk_load(w + STK_SLOT_STATUS);
    const struct stk_stream_event event = {
        .kind = STK_EVENT_FAILURE,
        .slot = slot,
        .opcode = stk_load(w + STK_SLOT_OPCODE),
        /* The record has 8 bits for the status, and anyone may have stored a larger word. */
        .status = status <= STK_SLOT_FAULT ? status : STK_SLOT_FAULT + 1u,
        .err = STK_E_TIMEOUT,
    };
    stk_stream_record(s, &event);
}
