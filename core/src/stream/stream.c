/* stoker: the stream's set-up, its steps and its waits. A step moves everything that can move; a wait ends when the
 * next step may find something. The chunks themselves are moved by stream_ingest.c, stream_slots.c and
 * stream_epoch.c. */
#include "stoker/stream.h"

#include "base/own_frame.h"
#include "base/words_of.h"
#include "ring/slot_words.h"
#include "stoker/atomic.h"
#include "stoker/wait.h"
#include "stream/stream_internal.h"

#define SLOT_TIMEOUT_DEFAULT_NS UINT64_C(10000000000) /* 10 s */
/* Looks at the oldest slot before a sleep: some microseconds, the time of a short handler. A sleep of the system would
 * cost more than that. */
#define SPINS 256u

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

/* Returns true if the config lacks a function that the stream will call. Functions that no stream calls may be NULL. */
static bool ports_missing(const struct stk_stream_config *c) {
    return !c->dispatch.ops || !c->dispatch.ops->drive || !c->dispatch.ops->has_workers ||
           !stk_reads_port_ok(c->ingest) || !c->platform.ops || !c->platform.ops->now_ns || !c->platform.ops->wait ||
           !c->on_result;
}

/* Checks each member of the config alone, then the relations between them. The defaults are in place already. */
static int check_config(const struct stk_stream_config *c, struct stk_error_info *info) {
    const struct stk_device_memory *m = &c->memory;
    /* 64 bits: the product of two numbers of 32 bits must not wrap to one that fits. */
    uint64_t payload_end = (uint64_t)c->payload_offset + (uint64_t)c->depth * c->chunk_bytes;
    if (ports_missing(c) || !m->ring || !m->control || !m->payload || m->control_words < STK_CTL_WORDS_MIN) {
        return STK_E_ARG;
    }
    if (c->depth > STK_STREAM_DEPTH_MAX || c->chunk_bytes == 0u || (c->chunk_bytes & 63u) != 0u ||
        (c->payload_offset & 63u) != 0u || c->lead_max >= c->chunk_bytes || c->priority > STK_PRIORITY_IDLE ||
        c->any_order > 1u) {
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
    size_t bytes = 0, mark = stk_arena_mark(arena);
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
        /* One allocation for both, so that a refusal leaves the arena as it was and names the full need. */
        memory = stk_arena_take(arena, bytes);
        s.info.value = memory ? 0u : arena->need;
        err = memory ? STK_OK : STK_E_SPACE;
    }
    if (err == STK_OK) {
        s.entries = (struct stk_stream_entry *)(void *)memory;
        s.tail = memory + STK_ALIGNED((size_t)s.config.depth * STK_STREAM_ENTRY_BYTES);
    }
    /* The first step reads the clock. Time that counts before a slot is published belongs to no slot. */
    stk_deadline_start(&s.slots_end, s.config.slot_timeout_ns, 0);
    stk_stream_next_epoch(&s);
    *stream = s;
    /* Last, and with the object at its final place: the port keeps a pointer into it. */
    if (err == STK_OK) {
        err = stk_reads_open(&stream->reads, stream->config.ingest, &stk_stream_reads_ops, stream);
    }
    if (err != STK_OK) {
        stk_arena_release(arena, mark);
    }
    stream->info.err = err;
    stream->closed = err != STK_OK;
    return err;
}

/* Returns 1 if the read fits a buffer of the stream. A sequential source may be asked for a lead at its start, where
 * the lead comes out shorter; a source with offsets has no bytes before offset 0, so such a lead is a mistake. */
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
    /* A chunk that is with the callback gives its place away: it is read again only in a later poll. */
    if (stream->queued - stream->delivered >= stream->config.depth + (uint64_t)stream->in_callback) {
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

bool stk_stream_idle(const struct stk_stream *s) {
    return s->queued == s->delivered && s->barrier != s->delivered;
}

/* Returns the words of the slot that the next result or the fence waits for; NULL: the next result waits for a read. A
 * fence is published only once every chunk before the barrier was handed out, so its slot is that of the oldest chunk
 * number. */
static const uint32_t *awaited(const struct stk_stream *s) {
    if (!s->fence && (s->delivered == s->published || stk_entry(s, s->delivered)->state != STK_ENTRY_PUBLISHED)) {
        return NULL;
    }
    return STK_SLOT_AT(s->ring.words, stk_entry_slot(s, s->delivered));
}

/* Waits a little for the device: looks at the status, then sleeps `slice_ns`. The step that follows takes in data that
 * arrives meanwhile. */
STK_OWN_FRAME static int wait_device(struct stk_stream *s, const uint32_t *status, uint64_t slice_ns) {
    uint32_t seen = stk_load(status);
    int err;
    for (uint32_t i = 0; i < SPINS && !stk_status_ended(seen); i++) {
        stk_pause();
        seen = stk_load(status);
    }
    if (stk_status_ended(seen)) {
        return STK_OK;
    }
    err = s->config.platform.ops->wait(s->config.platform.ctx, status, stk_le32(seen), slice_ns);
    return err == STK_E_TIMEOUT ? STK_OK : err;
}

uint64_t stk_stream_now(const struct stk_stream *s) {
    return s->config.platform.ops->now_ns(s->config.platform.ctx);
}

int stk_stream_begin(const struct stk_stream *s, struct stk_deadline *end, uint64_t timeout_ns) {
    int err = s->closed ? STK_E_SHUTDOWN : s->in_callback ? STK_E_STATUS : STK_OK;
    if (err == STK_OK) {
        stk_deadline_start(end, timeout_ns, stk_stream_now(s));
    }
    return err;
}

bool stk_stream_may_wait(const struct stk_stream *s, struct stk_deadline *end) {
    return !stk_stream_idle(s) && stk_deadline_look(end, stk_stream_now(s)) != 0u;
}

uint64_t stk_stream_clock(struct stk_stream *s) {
    uint64_t now_ns = stk_stream_now(s);
    (void)stk_deadline_look(&s->slots_end, now_ns);
    return now_ns;
}

/* Drives the device. `pending`: true: a slot of this stream waits for a worker, so a kernel is to be started where none
 * runs. A device that is lost is recorded once, and once more when it was well in between. */
static int drive(struct stk_stream *s, bool pending) {
    int err = s->config.dispatch.ops->drive(s->config.dispatch.ctx, pending);
    if (err < 0 && !s->lost) {
        stk_stream_record_lost(s);
    }
    s->lost = err < 0;
    return err;
}

/* Waits for what the next result or the fence needs: for its slot, or for the read in the ingest port. Then submits and
 * takes in reads. A wait for a read is cut into slices where later chunks are with the device, which is driven between
 * the slices, and where the stream closes, which cancels again between them. `end` NULL: does not wait. */
static int wait_and_ingest(struct stk_stream *s, struct stk_deadline *end) {
    const uint32_t *status = end ? awaited(s) : NULL;
    uint64_t wait_ns = 0;
    if (end) {
        bool slices = status || s->stopping || stk_stream_runs_ahead(s);
        wait_ns = stk_deadline_wait(end, slices ? STK_WAIT_SLICE_NS : UINT64_MAX);
    }
    if (status) {
        int err = wait_device(s, status, wait_ns);
        if (err < 0) {
            return err;
        }
        wait_ns = 0;
    }
    return stk_stream_ingest(s, wait_ns);
}

int stk_stream_step(struct stk_stream *s, struct stk_deadline *end) {
    int handed, err = wait_and_ingest(s, end);
    /* The clock is read before the device and its slots are looked at, so a result that came during a pause is seen
     * before the pause counts. */
    (void)stk_stream_clock(s);
    if (err == STK_OK) {
        err = stk_stream_publish(s);
    }
    if (err == STK_OK && !s->abandoned) {
        err = drive(s, awaited(s) != NULL || stk_stream_runs_ahead(s));
    }
    if (err < 0) {
        return err;
    }
    handed = stk_stream_harvest(s);
    if (handed < 0) {
        return handed;
    }
    err = stk_stream_fence(s);
    if (err == STK_OK && handed > 0) {
        stk_stream_record_step(s);
    }
    return err < 0 ? err : handed;
}

/* Sleeps for `timeout_ns` where the stream is idle. Only this thread queues reads, so nothing can come meanwhile, and
 * the word to wait for is one that nobody changes. A caller's loop of polls then costs no core. */
STK_OWN_FRAME static int rest(const struct stk_stream *s, uint64_t timeout_ns) {
    const uint32_t nothing = 0;
    int err = s->config.platform.ops->wait(s->config.platform.ctx, &nothing, nothing, timeout_ns);
    return err == STK_E_TIMEOUT ? STK_OK : err;
}

int stk_stream_poll(struct stk_stream *stream, uint64_t timeout_ns) {
    struct stk_deadline end;
    bool was_idle;
    int handed = stk_stream_begin(stream, &end, timeout_ns);
    if (handed != STK_OK) {
        return handed;
    }
    was_idle = stk_stream_idle(stream);
    handed = stk_stream_step(stream, NULL);
    if (handed != 0 || timeout_ns == 0u) {
        return handed;
    }
    if (was_idle) {
        return rest(stream, timeout_ns);
    }
    while (handed == 0 && stk_stream_may_wait(stream, &end)) {
        handed = stk_stream_step(stream, &end);
    }
    return handed;
}

int stk_stream_drain_until(struct stk_stream *s, struct stk_deadline *end) {
    do {
        /* The callback may have queued reads. A step without a wait submits these reads before the next wait. */
        int handed = stk_stream_step(s, NULL);
        while (handed == 0 && stk_stream_may_wait(s, end)) {
            handed = stk_stream_step(s, end);
        }
        if (handed < 0) {
            return handed;
        }
    } while (stk_stream_may_wait(s, end));
    return stk_stream_idle(s) ? STK_OK : STK_E_TIMEOUT;
}

int stk_stream_drain(struct stk_stream *stream, uint64_t timeout_ns) {
    struct stk_deadline end;
    int err = stk_stream_begin(stream, &end, timeout_ns);
    return err == STK_OK ? stk_stream_drain_until(stream, &end) : err;
}

int stk_stream_wait_word(struct stk_stream *stream, const uint32_t *word, uint32_t value, uint64_t timeout_ns) {
    struct stk_deadline end;
    int err = stk_stream_begin(stream, &end, timeout_ns);
    if (err != STK_OK) {
        return err;
    }
    for (;;) {
        err = stk_stream_step(stream, NULL);
        /* The word may depend on any slot of the ring, not only on those of this stream, so a kernel must run. */
        err = err < 0 ? err : drive(stream, true);
        if (err < 0) {
            return err;
        }
        err = stk_wait_word(&stream->config.platform, word, value, stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        if (err != STK_E_TIMEOUT) {
            return err;
        }
        if (stk_deadline_look(&end, stk_stream_now(stream)) == 0u) {
            return STK_E_TIMEOUT;
        }
    }
}
