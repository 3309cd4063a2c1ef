/* Slots of the stream: from arrived to delivered. */
#include "slot_words.h"
#include "stream_entry.h"

int stk_stream_publish_chunk(struct stk_stream *s, uint64_t chunk, uint32_t opcode, const uint32_t *params) {
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
    e->published_ns = s->config.platform->now_ns(s->config.platform_ctx);
    err = stk_ring_publish(&s->ring, stk_entry_slot(s, chunk), &work);
    if (err == STK_OK) {
        e->state = STK_ENTRY_PUBLISHED;
        e->read.opcode = opcode;
        s->stats.slots++;
    }
    return err;
}

int stk_stream_publish(struct stk_stream *s) {
    int published = 0;
    for (; s->published != s->arrived; s->published++) {
        struct stk_stream_entry *e = stk_entry(s, s->published);
        if (e->state == STK_ENTRY_READY && s->stopping) {
            e->state = STK_ENTRY_OVER; /* its data arrived after shutdown began */
            e->err = STK_E_CANCELED;
        } else if (e->state == STK_ENTRY_READY) {
            int err = stk_stream_publish_chunk(s, s->published, e->read.opcode, e->read.params);
            if (err != STK_OK) {
                return err;
            }
            s->stats.bytes += e->got;
            published++;
        }
    }
    return published;
}

/* Reads a finished slot into `r`. A faulted slot is acknowledged here, once its reason has been read. 0 when the slot has not
 * finished. */
static int take_slot(struct stk_stream *s, uint64_t chunk, struct stk_stream_result *r) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    uint32_t at = stk_entry_slot(s, chunk);
    uint32_t *w = stk_slot_at(&s->ring, at);
    /* Acquire: the other words are those that the worker stored before this status. */
    uint32_t status = stk_load_acquire(w + STK_SLOT_STATUS);
    struct stk_slot slot;
    uint64_t now;
    if (status != STK_DONE && status != STK_FAULT) {
        now = s->config.platform->now_ns(s->config.platform_ctx);
        if (now - e->published_ns > s->config.slot_timeout_ns) {
            s->fault = (struct stk_fault){.err = STK_E_TIMEOUT, .index = at};
            return STK_E_TIMEOUT;
        }
        return 0;
    }
    stk_slot_copy(w, status, &slot);
    if (status == STK_FAULT) {
        r->err = STK_E_FAULT;
        r->reason = slot.args[STK_FAULT_REASON_ARG];
        r->value = slot.args[STK_FAULT_VALUE_ARG];
        /* Only the host moves a slot out of FAULT. Release: our reads of it come before. */
        stk_store_release(w + STK_SLOT_STATUS, STK_EMPTY);
    }
    for (uint32_t i = 0; i < STK_SLOT_RESULTS; i++) {
        r->results[i] = slot.args[STK_RESULT_ARG + i];
    }
    r->latency_ns = s->config.platform->now_ns(s->config.platform_ctx) - e->published_ns;
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
    int ready = e->state == STK_ENTRY_PUBLISHED ? take_slot(s, s->delivered, &r) : 1, wish;
    if (ready <= 0) {
        return ready;
    }
    s->stats.faults += r.err != STK_OK ? 1u : 0u;
    wish = s->config.on_result(s->config.on_result_ctx, &r, &next);
    if (wish == STK_STREAM_AGAIN && e->state == STK_ENTRY_PUBLISHED && !s->stopping) {
        wish = stk_stream_publish_chunk(s, s->delivered, next.opcode, next.params);
        if (wish == STK_OK) {
            return 0;
        }
    }
    s->delivered++;
    return wish < 0 ? wish : 1;
}

int stk_stream_harvest(struct stk_stream *s) {
    int delivered = 0;
    while (s->delivered != s->arrived) {
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
