/* stoker: what a stream writes to its recorder. The recorder only watches: nothing here changes the stream, and each
 * result of the recorder is dropped on purpose. The recorder keeps its first error itself (stk_recorder.err). */
#include "base/memory.h"
#include "base/own_frame.h"
#include "replay/record_make.h"
#include "ring/slot_words.h"
#include "stream/stream_internal.h"

void stk_stream_record_append(const struct stk_stream *s) {
    if (s->config.recorder) {
        (void)!stk_record_append(s->config.recorder);
    }
}

/* Makes the record of an input. A frame of its own: the input is off the stack when the record is appended. */
STK_OWN_FRAME static int make_input(const struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    const struct stk_record_input input = {
        .slot = stk_entry_slot(s, chunk),
        .offset = stk_entry_start(s, chunk),
        .bytes = e->lead + e->got,
        .lead = e->lead,
        .label = (uint32_t)e->read.tag,
        .position = e->read.offset,
    };
    return stk_record_make_input(s->config.recorder, &input);
}

void stk_stream_record_input(const struct stk_stream *s, uint64_t chunk) {
    if (s->config.recorder && make_input(s, chunk) == STK_OK) {
        stk_stream_record_append(s);
    }
}

void stk_stream_make_publish(const struct stk_stream *s, uint32_t slot, const struct stk_work *work) {
    if (s->config.recorder) {
        stk_record_make_publish(s->config.recorder, slot, work);
    }
}

/* Copies the results of a slot that ended in FAULT. A frame of its own: the copy of the slot is off the stack when the
 * record is made. */
STK_OWN_FRAME static void take_fault(const struct stk_stream *s, uint32_t status, struct stk_record_failure *failure) {
    struct stk_slot end;
    stk_slot_copy_end(stk_slot_at(&s->ring, failure->slot), status, &end);
    failure->status = end.status;
    memcpy(failure->results, end.args + STK_RESULT_ARG, sizeof failure->results);
}

/* Makes the record of a failure. A frame of its own, as that of make_input(). */
STK_OWN_FRAME static void make_failure(const struct stk_stream *s, uint32_t slot, uint32_t opcode, uint32_t status,
                                       int err) {
    struct stk_record_failure failure = {
        .slot = slot, .tenant = s->config.tenant, .opcode = opcode, .status = status, .err = err};
    if (err == STK_E_SLOT_FAULT) {
        take_fault(s, status, &failure);
    }
    stk_record_make_failure(s->config.recorder, &failure);
}

void stk_stream_record_failure(const struct stk_stream *s, uint32_t slot, uint32_t opcode, uint32_t status, int err) {
    if (s->config.recorder) {
        make_failure(s, slot, opcode, status, err);
        stk_stream_record_append(s);
    }
}

void stk_stream_record_late(const struct stk_stream *s, uint32_t slot) {
    const uint32_t *w = stk_slot_at(&s->ring, slot);
    uint32_t status = stk_load(w + STK_SLOT_STATUS);
    /* The record has 8 bits for the status, and anyone may have stored a larger word. */
    status = status <= STK_SLOT_FAULT ? status : STK_SLOT_FAULT + 1u;
    stk_stream_record_failure(s, slot, stk_load(w + STK_SLOT_OPCODE), status, STK_E_TIMEOUT);
}

void stk_stream_record_lost(const struct stk_stream *s) {
    stk_stream_record_failure(s, STK_RECORD_NO_SLOT, 0, STK_SLOT_EMPTY, STK_E_DEVICE);
}

void stk_stream_record_epoch(const struct stk_stream *s, uint32_t tag) {
    if (s->config.recorder) {
        (void)!stk_recorder_epoch(s->config.recorder, tag);
    }
}

void stk_stream_record_step(const struct stk_stream *s) {
    if (s->config.recorder) {
        (void)!stk_recorder_poll(s->config.recorder);
    }
}

void stk_stream_record_end(const struct stk_stream *s) {
    if (s->config.recorder) {
        (void)!stk_recorder_sync(s->config.recorder);
    }
}
