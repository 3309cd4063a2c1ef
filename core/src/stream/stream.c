/* The stream's life and its waits; stream_ingest.c and stream_slots.c move the chunks. */
#include "stoker/stream.h"

#include "stoker/atomic.h"
#include "stoker/wait.h"
#include "stream_internal.h"
#include "base/words_of.h"

#define SLOT_TIMEOUT_DEFAULT_NS UINT64_C(10000000000)
#define SPINS                   2000u /* looks at the oldest slot before a sleep: some microseconds, the time of a short handler */

int stk_stream_bytes(uint32_t depth, uint32_t lead_max, size_t *bytes) {
    if (depth > STK_STREAM_DEPTH_MAX) {
        return STK_E_ARG;
    }
    /* The lead alone may pass a size_t of 32 bits once it is rounded up. */
    uint64_t lead = ((uint64_t)lead_max + STK_ALIGN - 1u) & ~(uint64_t)(STK_ALIGN - 1u);
    return stk_size_of(STK_STREAM_BYTES(depth, 0) + lead, bytes);
}

static void apply_defaults(struct stk_stream_config *c) {
    c->depth = c->depth != 0u ? c->depth : STK_STREAM_DEPTH_DEFAULT;
    c->slot_timeout_ns = c->slot_timeout_ns != 0u ? c->slot_timeout_ns : SLOT_TIMEOUT_DEFAULT_NS;
}

static int ports_missing(const struct stk_stream_config *c) {
    return !c->dispatch || !c->dispatch->drive || !c->dispatch->stop || !c->ingest || !c->ingest->submit ||
           !c->ingest->reap || !c->ingest->cancel || !c->platform || !c->platform->now_ns || !c->platform->wait ||
           !c->on_result;
}

static int check_config(const struct stk_stream_config *c, struct stk_error_info *info) {
    const struct stk_device_memory *m = &c->memory;
    uint64_t payload_end = (uint64_t)c->payload_offset + (uint64_t)c->depth * c->chunk_bytes;
    if (ports_missing(c) || !m->ring || !m->control || !m->payload || m->control_words < STK_CTL_WORDS_MIN) {
        return STK_E_ARG;
    }
    if (c->depth > STK_STREAM_DEPTH_MAX || c->chunk_bytes == 0u || (c->chunk_bytes & 63u) != 0u ||
        (c->payload_offset & 63u) != 0u || c->lead_max >= c->chunk_bytes || c->priority > STK_PRIORITY_IDLE) {
        return STK_E_ARG;
    }
    if (c->recorder && c->recorder->memory.ring != m->ring) {
        return STK_E_SHUTDOWN;
    }
    if (c->first_slot > m->slots || c->depth > m->slots - c->first_slot) {
        return STK_E_RANGE;
    }
    if (payload_end > m->payload_bytes) {
        info->value = payload_end;
        return STK_E_SPACE;
    }
    return STK_OK;
}

int stk_stream_init(struct stk_stream *stream, const struct stk_stream_config *config, struct stk_arena *arena) {
    struct stk_stream s = {.config = *config};
    uint8_t *memory = NULL;
    size_t bytes = 0;
    int err;
    apply_defaults(&s.config);
    err = check_config(&s.config, &s.info);
    if (err == STK_OK) {
        err = stk_ring_view(&s.ring, s.config.memory.ring, STK_RING_BYTES(s.config.memory.slots));
    }
    if (err == STK_OK) {
        err = stk_stream_bytes(s.config.depth, s.config.lead_max, &bytes);
    }
    if (err == STK_OK) {
        /* One piece for both, so that a refusal leaves the arena as it was and names the full need. */
        memory = stk_arena_take(arena, bytes);
        s.info.value = memory ? 0u : arena->need;
        err = memory ? STK_OK : STK_E_SPACE;
    }
    if (err == STK_OK) {
        s.entries = (struct stk_stream_entry *)(void *)memory;
        s.carry = memory + STK_ALIGNED((size_t)s.config.depth * STK_STREAM_ENTRY_BYTES);
    }
    /* The first turn reads the clock. Time that counts before a slot is published belongs to no slot. */
    stk_deadline_start(&s.slots_end, s.config.slot_timeout_ns, 0);
    stk_stream_next_epoch(&s);
    s.info.err = err;
    s.closed = err != STK_OK;
    *stream = s;
    return err;
}

static int read_ok(const struct stk_stream *s, const struct stk_stream_read *r) {
    int sequential = (r->flags & STK_READ_SEQUENTIAL) != 0u;
    return r->bytes != 0u && r->lead <= s->config.lead_max && r->bytes <= s->config.chunk_bytes - r->lead &&
           (r->flags & ~STK_READ_SEQUENTIAL) == 0u && (sequential || r->lead <= r->offset);
}

int stk_stream_read(struct stk_stream *stream, const struct stk_stream_read *read) {
    struct stk_stream_entry *e;
    if (stream->closed || stream->stopping) {
        return STK_E_SHUTDOWN;
    }
    if (!read_ok(stream, read)) {
        return STK_E_ARG;
    }
    if (stk_opcode_publishable(read->opcode) != STK_OK) {
        return STK_E_OPCODE;
    }
    if (stream->queued - stream->delivered >= stream->config.depth) {
        return STK_E_WOULD_BLOCK;
    }
    e = stk_entry(stream, stream->queued);
    *e = (struct stk_stream_entry){.read = *read, .state = STK_ENTRY_READING};
    stream->queued++;
    stream->stats.reads++;
    return STK_OK;
}

uint32_t stk_stream_in_flight(const struct stk_stream *stream) {
    return (uint32_t)(stream->queued - stream->delivered);
}

/* Is there nothing to wait for, neither a chunk nor a fence? */
static int idle(const struct stk_stream *s) {
    return s->queued == s->delivered && s->barrier != s->delivered;
}

/* The slot that the next result, or the fence before it, waits for, or NULL when it waits for a read. */
static const uint32_t *awaited(const struct stk_stream *s) {
    if (!s->fence && (s->delivered == s->published || stk_entry(s, s->delivered)->state != STK_ENTRY_PUBLISHED)) {
        return NULL;
    }
    return STK_SLOT_AT(s->ring.words, stk_entry_slot(s, s->delivered));
}

/* Waits a little for the device: looks at the status, then sleeps `slice_ns`. The next turn takes in data that arrives
 * meanwhile. */
static int wait_device(struct stk_stream *s, const uint32_t *status, uint64_t slice_ns) {
    uint32_t seen = stk_load(status);
    int err;
    for (uint32_t i = 0; i < SPINS && !stk_status_ended(seen); i++) {
        seen = stk_load(status);
    }
    if (stk_status_ended(seen)) {
        return STK_OK;
    }
    err = s->config.platform->wait(s->config.platform_ctx, status, stk_le32(seen), slice_ns);
    return err == STK_E_TIMEOUT ? STK_OK : err;
}

static uint64_t now(const struct stk_stream *s) {
    return s->config.platform->now_ns(s->config.platform_ctx);
}

uint64_t stk_stream_clock(struct stk_stream *s) {
    uint64_t now_ns = now(s);
    (void)stk_deadline_look(&s->slots_end, now_ns);
    return now_ns;
}

/* One turn: everything that can move moves, nothing waits longer than read_wait_ns. Returns chunks handed out. */
static int turn(struct stk_stream *s, uint64_t read_wait_ns) {
    int published, driven, handed, fenced;
    int err = stk_stream_ingest(s, read_wait_ns);
    /* The clock is read before the device and its slots are looked at, so a result that came during a pause is seen
     * before the pause counts. */
    (void)stk_stream_clock(s);
    if (err < 0) {
        return err;
    }
    published = stk_stream_publish(s);
    if (published < 0) {
        return published;
    }
    driven = s->config.dispatch->drive(s->config.dispatch_ctx, awaited(s) != NULL);
    if (driven < 0) {
        return stk_stream_tell_lost(s, driven);
    }
    handed = stk_stream_harvest(s);
    if (handed < 0) {
        return handed;
    }
    fenced = stk_stream_fence(s);
    if (fenced == STK_OK && handed > 0) {
        fenced = stk_stream_tell_turn(s);
    }
    return fenced < 0 ? fenced : handed;
}

/* Nothing can come: only this thread queues reads. So it sleeps, and a loop of polls costs no core. */
static int rest(const struct stk_stream *s, uint64_t timeout_ns) {
    const uint32_t nothing = 0;
    int err = s->config.platform->wait(s->config.platform_ctx, &nothing, nothing, timeout_ns);
    return err == STK_E_TIMEOUT ? STK_OK : err;
}

int stk_stream_poll(struct stk_stream *stream, uint64_t timeout_ns) {
    struct stk_deadline end;
    uint64_t left;
    int handed, was_idle;
    if (stream->closed) {
        return STK_E_SHUTDOWN;
    }
    was_idle = idle(stream);
    handed = turn(stream, 0);
    if (handed != 0 || timeout_ns == 0u) {
        return handed;
    }
    if (was_idle) {
        return rest(stream, timeout_ns);
    }
    stk_deadline_start(&end, timeout_ns, now(stream));
    for (left = timeout_ns; handed == 0 && !idle(stream) && left != 0u; left = stk_deadline_look(&end, now(stream))) {
        const uint32_t *status = awaited(stream);
        uint64_t read_wait = 0;
        int err = STK_OK;
        if (status) {
            err = wait_device(stream, status, stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        } else {
            read_wait = stk_deadline_wait(&end, UINT64_MAX);
        }
        if (err < 0) {
            return err;
        }
        handed = turn(stream, read_wait);
    }
    return handed;
}

int stk_stream_drain_until(struct stk_stream *s, struct stk_deadline *end) {
    do {
        int handed = stk_stream_poll(s, idle(s) ? 0u : stk_deadline_wait(end, UINT64_MAX));
        if (handed < 0) {
            return handed;
        }
        if (idle(s)) {
            return STK_OK;
        }
    } while (stk_deadline_look(end, now(s)) != 0u);
    return STK_E_TIMEOUT;
}

int stk_stream_drain(struct stk_stream *stream, uint64_t timeout_ns) {
    struct stk_deadline end;
    if (stream->closed) {
        return STK_E_SHUTDOWN;
    }
    stk_deadline_start(&end, timeout_ns, now(stream));
    return stk_stream_drain_until(stream, &end);
}

int stk_stream_wait_word(struct stk_stream *stream, const uint32_t *word, uint32_t value, uint64_t timeout_ns) {
    struct stk_deadline end;
    if (stream->closed) {
        return STK_E_SHUTDOWN;
    }
    stk_deadline_start(&end, timeout_ns, now(stream));
    for (;;) {
        int err = turn(stream, 0);
        if (err >= 0) {
            err =
                stream->config.dispatch->drive(stream->config.dispatch_ctx, true); /* the word may wait for any slot */
        }
        if (err < 0) {
            return err;
        }
        err = stk_wait_word(stream->config.platform, stream->config.platform_ctx, word, value,
                            stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        if (err != STK_E_TIMEOUT) {
            return err;
        }
        if (stk_deadline_look(&end, now(stream)) == 0u) {
            return STK_E_TIMEOUT;
        }
    }
}

/* Takes back what no worker has claimed yet: those chunks are over. (What is not published never is, once it stops.) */
static void cancel_slots(struct stk_stream *s) {
    for (uint64_t i = s->delivered; i != s->arrived; i++) {
        struct stk_stream_entry *e = stk_entry(s, i);
        if (e->state == STK_ENTRY_PUBLISHED &&
            stk_ring_transition(&s->ring, stk_entry_slot(s, i), STK_TO_CANCEL) >= 0) {
            e->state = STK_ENTRY_OVER;
            e->err = STK_E_CANCELED;
        }
    }
}

/* Reads that the ingest port was never given, in order from the first of them. */
static void cancel_queued(struct stk_stream *s) {
    for (uint64_t i = s->submitted; i != s->queued; i++) {
        stk_entry(s, i)->state = STK_ENTRY_OVER;
        stk_entry(s, i)->err = STK_E_CANCELED;
    }
    s->submitted = s->queued;
}

/* Polls until nothing is in flight. An error that a chunk was handed out with is the callback's and does not stop the
 * others; returns the first error. */
static int finish_chunks(struct stk_stream *s, struct stk_deadline *end) {
    int first = STK_OK, err;
    while (stk_stream_in_flight(s) != 0u) {
        uint64_t delivered = s->delivered;
        cancel_slots(s);
        err = stk_stream_poll(s, stk_deadline_wait(end, STK_WAIT_SLICE_NS));
        first = first == STK_OK && err < 0 ? err : first;
        if (err < 0 && s->delivered == delivered) {
            return err; /* a port's */
        }
        if (stk_deadline_look(end, now(s)) == 0u && stk_stream_in_flight(s) != 0u) {
            return STK_E_TIMEOUT;
        }
    }
    return first;
}

/* Asks the port to stop the workers, again and again, until they have stopped or the deadline is over. Asks only once
 * when the port gives up at once and the clock does not move. */
static int stop(struct stk_stream *s, struct stk_deadline *end) {
    uint64_t left = stk_deadline_left(end, 0), before;
    int err;
    do {
        before = left;
        err = s->config.dispatch->stop(s->config.dispatch_ctx, stk_deadline_wait(end, UINT64_MAX));
        left = stk_deadline_look(end, now(s));
    } while (err == STK_E_TIMEOUT && left != 0u && left != before);
    return err;
}

int stk_stream_shutdown(struct stk_stream *stream, uint64_t timeout_ns) {
    struct stk_deadline end;
    int err, stopped = STK_OK;
    if (stream->closed) {
        return STK_E_SHUTDOWN;
    }
    stk_deadline_start(&end, timeout_ns, now(stream));
    stream->stopping = 1;
    err = stream->config.ingest->cancel(stream->config.ingest_ctx);
    cancel_queued(stream);
    /* Workers leave before slots are cancelled: not on every memory does one side's claim keep the other from the slot. */
    stk_store(stream->config.memory.control + STK_CTL_SHUTDOWN, 1u);
    stopped = stop(stream, &end);
    if (stopped == STK_E_TIMEOUT) {
        return err < 0 ? err : stopped;
    }
    stk_stream_drop_fence(stream);
    if (err >= 0) {
        err = finish_chunks(stream, &end);
    }
    stream->closed = stk_stream_in_flight(stream) == 0u && stopped == STK_OK;
    stopped = stopped == STK_OK ? stk_stream_tell_end(stream) : stopped;
    return err < 0 ? err : stopped;
}
