/* Slots of the stream: from arrived to delivered. */
#include "ring/custody.h"
#include "ring/slot_words.h"
#include "stream_internal.h"

/* Publishes one chunk's slot with this handler; *told is what the recorder made of it. */
static int publish_chunk(struct stk_stream *s, uint64_t chunk, uint32_t opcode, const uint32_t *params, int *told) {
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
    e->published_ns = stk_stream_clock(s);
    e->since_ns = stk_deadline_counted(&s->slots_end);
    err = stk_ring_publish(&s->ring, stk_entry_slot(s, chunk), &work);
    if (err == STK_OK) {
        stk_ring_bell(s->config.memory.control + STK_CTL_DOORBELL);
        e->state = STK_ENTRY_PUBLISHED;
        e->read.opcode = opcode;
        e->told = 0;
        s->stats.slots++;
        /* After the slot, so that the worker need not wait for the log. */
        *told = stk_stream_tell_publish(s, stk_entry_slot(s, chunk), &work);
    }
    return err;
}

/* Publishes the next chunk, which arrived. */
static int publish_next(struct stk_stream *s) {
    struct stk_stream_entry *e = stk_entry(s, s->published);
    int told = STK_OK, err;
    /* Before the slot: a handler may change the bytes. */
    err = stk_stream_tell_input(s, s->published);
    if (err == STK_OK) {
        err = publish_chunk(s, s->published, e->read.opcode, e->read.params, &told);
    }
    if (err != STK_OK) {
        return err;
    }
    s->stats.bytes += e->got;
    s->published++;
    return told;
}

int stk_stream_publish(struct stk_stream *s) {
    int published = 0;
    while (s->published != s->arrived && s->published != s->barrier) {
        struct stk_stream_entry *e = stk_entry(s, s->published);
        int err;
        if (e->state == STK_ENTRY_READY && s->stopping) {
            e->state = STK_ENTRY_OVER; /* its data arrived after shutdown began */
            e->err = STK_E_CANCELED;
        }
        if (e->state != STK_ENTRY_READY) {
            s->published++;
            continue;
        }
        err = publish_next(s);
        if (err != STK_OK) {
            return err;
        }
        published++;
    }
    return published;
}

/* Reads a finished slot into `r`. A faulted slot is acknowledged here, once its reason has been read. 0 when the slot has not
 * finished. */
static int take_slot(struct stk_stream *s, uint64_t chunk, struct stk_stream_result *r) {
    struct stk_stream_entry *e = stk_entry(s, chunk);
    uint32_t at = stk_entry_slot(s, chunk);
    uint32_t *w = stk_slot_at(&s->ring, at);
    /* Acquire: the other words are those that the worker stored before this status. */
    uint32_t status = stk_load_acquire(w + STK_SLOT_STATUS);
    struct stk_slot slot;
    if (!stk_slot_ended(s->config.memory.control, at, status)) {
        if (stk_deadline_left(&s->slots_end, e->since_ns) == 0u) {
            s->info = (struct stk_error_info){.err = STK_E_TIMEOUT, .index = at};
            return e->told++ == 0u ? stk_stream_tell_late(s, at) : STK_E_TIMEOUT;
        }
        return 0;
    }
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
    r->latency_ns = stk_time_since(e->published_ns, s->config.platform->now_ns(s->config.platform_ctx));
    return 1;
}

static struct stk_stream_result result_of(const struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    return (struct stk_stream_result){
        .err = e->err,
        .os_error = e->os_error,
        .tag = e->read.tag,
        .offset = e->read.offset,
        .bytes = e->got,
        .lead = e->lead,
        .opcode = e->read.opcode,
        .data = s->config.memory.payload + stk_entry_start(s, chunk),
    };
}

/* Hands the oldest chunk out when it is over or its slot has finished. 1 delivered, 0 not yet or published again. */
static int deliver(struct stk_stream *s) {
    struct stk_stream_entry *e = stk_entry(s, s->delivered);
    struct stk_stream_result r = result_of(s, s->delivered);
    struct stk_stream_next next = {.opcode = e->read.opcode};
    int ready = e->state == STK_ENTRY_PUBLISHED ? take_slot(s, s->delivered, &r) : 1, wish, told = STK_OK;
    if (ready <= 0) {
        return ready;
    }
    if (r.err != STK_OK) {
        s->stats.faults++;
        told = stk_stream_tell_failure(s, s->delivered, &r);
    }
    wish = s->config.on_result(s->config.on_result_ctx, &r, &next);
    if (wish == STK_STREAM_REPUBLISH && e->state == STK_ENTRY_PUBLISHED && !s->stopping) {
        int again = STK_OK;
        wish = publish_chunk(s, s->delivered, next.opcode, next.params, &again);
        if (wish == STK_OK) {
            return told < 0 ? told : again;
        }
    }
    s->delivered++;
    return wish < 0 ? wish : told < 0 ? told : 1;
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
