/* stoker: the slots of a stream, from arrived to delivered. Publishes the slot of each chunk, reads the results of a
 * slot that has ended, and calls the caller back. */
#include "base/memory.h"
#include "base/own_frame.h"
#include "ring/custody.h"
#include "ring/slot_words.h"
#include "stream/stream_internal.h"

/* Publishes the slot of a chunk with this handler, for the first time or again. Makes the record of the publish, which
 * the caller appends. The entry changes only when the publish has succeeded. */
STK_OWN_FRAME static int publish_chunk(struct stk_stream *s, uint64_t chunk, uint32_t opcode, const uint32_t *params) {
    struct stk_stream_entry *e = stk_entry(s, chunk);
    uint32_t args[STK_SLOT_ARGS] = {
        [STK_ARG_OFFSET] = stk_entry_start(s, chunk),
        [STK_ARG_BYTES] = e->lead + e->got,
        [STK_ARG_LEAD] = e->lead,
    };
    const struct stk_work work = {
        .opcode = opcode,
        .tenant = s->config.tenant,
        .priority = s->config.priority,
        .nargs = STK_SLOT_ARGS,
        .args = args,
    };
    int err;
    for (uint32_t i = 0; i < STK_ARG_PARAMS; i++) {
        args[STK_ARG_PARAM + i] = params[i];
    }
    /* The time is taken before the slot is published: the latency and the deadline must include the time of the publish
     * itself. */
    e->published_ns = stk_stream_clock(s);
    e->since_ns = stk_deadline_counted(&s->slots_end);
    err = stk_ring_publish(&s->ring, stk_entry_slot(s, chunk), &work);
    if (err != STK_OK) {
        return err;
    }
    /* The doorbell changes after the slot, so that a worker that sees the new doorbell finds the slot. */
    stk_ring_bell(s->config.memory.control + STK_CTL_DOORBELL);
    e->state = STK_ENTRY_PUBLISHED;
    e->read.opcode = opcode;
    e->late_recorded = 0;
    s->stats.slots++;
    stk_stream_make_publish(s, stk_entry_slot(s, chunk), &work);
    return STK_OK;
}

/* Publishes a chunk whose data has arrived, and records its input. A chunk that is published again is recorded as a
 * publish alone, since its input is in the recording already. */
static int publish_arrived(struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    int err;
    /* The input is recorded before the slot is published, since a handler may change the bytes. */
    stk_stream_record_input(s, chunk);
    err = publish_chunk(s, chunk, e->read.opcode, e->read.params);
    if (err == STK_OK) {
        s->stats.bytes += e->got;
        /* The record is written after the slot is published, so that the worker need not wait for the log. */
        stk_stream_record_append(s);
    }
    return err;
}

/* Publishes the chunks that have arrived behind a read that is late (any_order). A chunk of a sequential source stays
 * behind: its lead is the end of the chunk before it. An empty chunk has nothing to publish. */
static int publish_ahead(struct stk_stream *s) {
    for (uint64_t chunk = s->published; chunk != s->submitted && chunk != s->barrier; chunk++) {
        const struct stk_stream_entry *e = stk_entry(s, chunk);
        if (e->state == STK_ENTRY_READY && e->got != 0u && !stk_entry_sequential(e)) {
            int err = publish_arrived(s, chunk);
            if (err != STK_OK) {
                return err;
            }
            s->ahead++;
        }
    }
    return STK_OK;
}

int stk_stream_publish(struct stk_stream *s) {
    while (s->published != s->arrived && s->published != s->barrier) {
        struct stk_stream_entry *e = stk_entry(s, s->published);
        if (e->state == STK_ENTRY_READY && s->stopping) {
            e->state = STK_ENTRY_OVER; /* the data of the chunk arrived after the stream began to close */
            e->err = STK_E_CANCELED;
        }
        /* A chunk that was published ahead is counted by `published` from here on. */
        s->ahead -= e->state == STK_ENTRY_PUBLISHED;
        if (e->state == STK_ENTRY_READY) {
            int err = publish_arrived(s, s->published);
            if (err != STK_OK) {
                return err;
            }
        }
        s->published++;
    }
    return s->config.any_order != 0u && !s->stopping ? publish_ahead(s) : STK_OK;
}

bool stk_stream_runs_ahead(const struct stk_stream *s) {
    uint32_t seen = 0;
    for (uint64_t chunk = s->published; seen != s->ahead; chunk++) {
        uint32_t slot = stk_entry_slot(s, chunk);
        if (stk_entry(s, chunk)->state != STK_ENTRY_PUBLISHED) {
            continue;
        }
        seen++;
        if (!stk_slot_ended(s->config.memory.control, slot,
                            stk_load_acquire(stk_slot_at(&s->ring, slot) + STK_SLOT_STATUS))) {
            return true;
        }
    }
    return false;
}

/* Reports that a slot has passed its deadline. Every poll reports it again until the slot ends, because the caller may
 * go on waiting; the recording has it once. */
static int late(struct stk_stream *s, struct stk_stream_entry *e, uint32_t slot) {
    s->info = (struct stk_error_info){.err = STK_E_TIMEOUT, .index = slot};
    if (!e->late_recorded) {
        e->late_recorded = 1;
        stk_stream_record_late(s, slot);
    }
    return STK_E_TIMEOUT;
}

/* Looks at the slot of the oldest chunk. Returns 1 and its status if the slot has finished, 0 if not yet, or an error
 * if the slot is late. */
static int look_at_slot(struct stk_stream *s, uint32_t *status) {
    struct stk_stream_entry *e = stk_entry(s, s->delivered);
    uint32_t at = stk_entry_slot(s, s->delivered);
    /* Acquire: the other words are those that the worker stored before this status. */
    *status = stk_load_acquire(stk_slot_at(&s->ring, at) + STK_SLOT_STATUS);
    if (stk_slot_ended(s->config.memory.control, at, *status)) {
        return 1;
    }
    return stk_deadline_left(&s->slots_end, e->since_ns) == 0u ? late(s, e, at) : 0;
}

/* Reads a finished slot into `r`. A faulted slot is acknowledged here, once its reason has been read. */
STK_OWN_FRAME static void take_slot(struct stk_stream *s, uint64_t chunk, uint32_t status,
                                    struct stk_stream_result *r) {
    uint32_t *w = stk_slot_at(&s->ring, stk_entry_slot(s, chunk));
    struct stk_slot slot;
    stk_slot_copy_end(w, status, &slot);
    if (slot.status == STK_SLOT_FAULT) {
        r->err = STK_E_SLOT_FAULT;
        r->reason = slot.args[STK_FAULT_REASON_ARG];
        r->value = slot.args[STK_FAULT_VALUE_ARG];
        /* Only the host moves a slot out of FAULT. Release: our reads of it come before. */
        stk_store_release(w + STK_SLOT_STATUS, STK_SLOT_EMPTY);
    }
    for (uint32_t i = 0; i < STK_SLOT_RESULTS; i++) {
        r->results[i] = slot.args[STK_RESULT_ARG + i];
    }
    r->latency_ns =
        stk_time_since(stk_entry(s, chunk)->published_ns, s->config.platform.ops->now_ns(s->config.platform.ctx));
}

/* Fills in the part of a result that the entry holds. The words of the slot come from take_slot(). */
STK_OWN_FRAME static void fill_result(const struct stk_stream *s, uint64_t chunk, struct stk_stream_result *r) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    memset(r, 0, sizeof *r);
    r->err = e->err;
    r->os_error = e->os_error;
    r->tag = e->read.tag;
    r->offset = e->read.offset;
    r->bytes = e->got;
    r->lead = e->lead;
    r->opcode = e->read.opcode;
    r->data = s->config.memory.payload + stk_entry_start(s, chunk);
}

/* Publishes the chunk that is with the callback again. STK_E_STATUS there is nothing to publish: the chunk never had a
 * slot, or a read that the callback has queued has taken its place. */
static int republish(struct stk_stream *s, bool had_slot, const struct stk_stream_next *next) {
    if (!had_slot || s->queued - s->delivered > s->config.depth) {
        s->info = (struct stk_error_info){.err = STK_E_STATUS, .index = stk_entry_slot(s, s->delivered)};
        return STK_E_STATUS;
    }
    return publish_chunk(s, s->delivered, next->opcode, next->params);
}

/* Counts and records the failure of the oldest chunk, if it failed. The caller makes the result afterwards, so the
 * frames of the two do not add up. The entry of a chunk has no error where the chunk had a slot. */
static void note_failure(struct stk_stream *s, bool had_slot, uint32_t status) {
    const struct stk_stream_entry *e = stk_entry(s, s->delivered);
    int err = had_slot && stk_slot_end_status(status) == STK_SLOT_FAULT ? STK_E_SLOT_FAULT : e->err;
    if (err != STK_OK) {
        s->stats.failed++;
        stk_stream_record_failure(s, stk_entry_slot(s, s->delivered), e->read.opcode, status, err);
    }
}

/* Gives the result of the oldest chunk to the callback, and publishes the chunk again if the callback asks for this.
 * The slot of the chunk, where it has one, ended in `status`. Returns 1: handed out; 0: published again, and the caller
 * appends the record of the publish; an error ends the step. The callback may queue a read, which may overwrite the
 * entry of the chunk. */
STK_OWN_FRAME static int hand_out(struct stk_stream *s, bool had_slot, uint32_t status) {
    struct stk_stream_result r;
    struct stk_stream_next next;
    int verdict;
    fill_result(s, s->delivered, &r);
    if (had_slot) {
        take_slot(s, s->delivered, status, &r);
    }
    next = (struct stk_stream_next){.opcode = r.opcode};
    /* During the callback its chunk may give its place to a new read, and no other call of the stream is allowed. */
    s->in_callback = 1;
    verdict = s->config.on_result(s->config.on_result_ctx, &r, &next);
    s->in_callback = 0;
    if (verdict == STK_STREAM_REPUBLISH && !s->stopping) {
        verdict = republish(s, had_slot, &next);
        if (verdict == STK_OK) {
            return 0;
        }
    }
    /* The chunk counts as delivered even after an error of the callback or of a republish: each chunk is handed out to
     * its end exactly once. */
    s->delivered++;
    return verdict < 0 ? verdict : 1;
}

/* Hands the oldest chunk out when it is over or its slot has finished. Returns 1: handed out; 0: not yet, or published
 * again; an error ends the step. */
static int deliver(struct stk_stream *s) {
    /* Kept from before the callback, whose read may overwrite the entry. */
    bool had_slot = stk_entry(s, s->delivered)->state == STK_ENTRY_PUBLISHED;
    uint32_t status = STK_SLOT_EMPTY;
    int handed = had_slot ? look_at_slot(s, &status) : 1;
    if (handed <= 0) {
        return handed;
    }
    note_failure(s, had_slot, status);
    handed = hand_out(s, had_slot, status);
    if (handed == 0) {
        stk_stream_record_append(s);
    }
    return handed;
}

uint32_t stk_stream_slot(const struct stk_stream *stream) {
    return stk_entry_slot(stream, stream->delivered);
}

int stk_stream_harvest(struct stk_stream *s) {
    int delivered = 0;
    while (s->delivered != s->published) {
        int err = deliver(s);
        if (err < 0) {
            return err;
        }
        if (err == 0) {
            break;
        }
        delivered++;
    }
    return delivered;
}
