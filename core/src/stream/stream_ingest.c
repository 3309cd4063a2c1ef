/* stoker: the reads of a stream, from queued to arrived. Says which read is next, takes completions in, and copies the
 * leads of sequential sources: the only bytes that a stream copies. */
#include "base/memory.h"
#include "stream/stream_internal.h"

/// Submit and complete: what the stream does with its reads (reads.h) ///

/* Gives the next read to the port, as stk_reads_ops.next. Position p of the stream's list of reads is chunk
 * delivered + p, which holds because `delivered` does not change while reads move. */
static bool next_read(void *owner, uint32_t *at, struct stk_ingest_read *read) {
    const struct stk_stream *s = owner;
    uint64_t chunk = s->delivered + *at;
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    uint8_t *buffer = s->config.memory.payload + stk_entry_offset(s, chunk);
    if (chunk == s->queued) {
        return false;
    }
    /* The data goes behind room for the lead, for a sequential source too: prepend_lead() fills the room later. */
    *read = (struct stk_ingest_read){
        .source = e->read.source,
        .offset = e->read.offset,
        .bytes = e->read.bytes,
        .dst = buffer + e->read.lead,
        .tag = stk_entry_index(s, chunk),
    };
    /* A source with offsets reads the lead again, which is cheaper than keeping it and keeps the chunks independent. */
    if (!stk_entry_sequential(e)) {
        read->offset -= e->read.lead;
        read->bytes += e->read.lead;
        read->dst = buffer;
    }
    return true;
}

/* Ends a chunk whose read the port refused. The chunk is handed out with the error, in its turn. */
static void refuse_read(void *owner, uint32_t index, int err) {
    const struct stk_stream *s = owner;
    s->entries[index].state = STK_ENTRY_OVER;
    s->entries[index].err = err;
}

/* Puts one completion into its entry. A read that came short has met the end of its source: the bytes that arrived are
 * data like any other, and a chunk that lies behind the end is empty. Where not even the lead came whole, there is no
 * data: `got` and `lead` stay 0. Returns false for an index that waits for no read, which is a fault of the port. */
static bool complete_read(void *owner, uint32_t index, const struct stk_ingest_done *done) {
    const struct stk_stream *s = owner;
    struct stk_stream_entry *e;
    uint32_t lead, got = (uint32_t)done->result;
    if (index >= s->config.depth || s->entries[index].state != STK_ENTRY_READING) {
        return false;
    }
    e = &s->entries[index];
    lead = stk_entry_sequential(e) ? 0u : e->read.lead;
    e->os_error = done->os_error;
    e->state = STK_ENTRY_READY;
    if (done->result < 0) {
        e->err = done->result;
        e->state = STK_ENTRY_OVER;
    } else if (got > lead) {
        e->lead = lead;
        e->got = got - lead;
    }
    return true;
}

const struct stk_reads_ops stk_stream_reads_ops = {
    .next = next_read, .refused = refuse_read, .completed = complete_read};

/// Leads of sequential sources ///

/* Saves the last bytes of the source for the chunks to come: the end of what was saved, then the end of this chunk. */
static void save_tail(struct stk_stream *s, const uint8_t *data, uint32_t bytes) {
    uint32_t fresh = bytes < s->config.lead_max ? bytes : s->config.lead_max;
    uint32_t room = s->config.lead_max - fresh, old = s->tail_bytes < room ? s->tail_bytes : room;
    memmove(s->tail, s->tail + (s->tail_bytes - old), old);
    memcpy(s->tail + old, data + (bytes - fresh), fresh);
    s->tail_bytes = old + fresh;
    s->stats.bounce_bytes += fresh;
}

/* Puts the saved end of the earlier chunks before the data of a chunk of a sequential source. The chunks must come here
 * in their order. An offset of 0 begins a new source, whose first chunk must not see the end of the source before. */
static void prepend_lead(struct stk_stream *s, uint64_t chunk) {
    struct stk_stream_entry *e = stk_entry(s, chunk);
    uint8_t *data = s->config.memory.payload + stk_entry_offset(s, chunk) + e->read.lead;
    if (e->read.offset == 0u) {
        s->tail_bytes = 0;
    }
    if (e->got == 0u) {
        return; /* the source has ended: a chunk without data needs no lead, and there is no new end to save */
    }
    e->lead = s->tail_bytes < e->read.lead ? s->tail_bytes : e->read.lead;
    /* The old tail is copied before save_tail overwrites it with the end of this chunk. */
    memcpy(data - e->lead, s->tail + (s->tail_bytes - e->lead), e->lead);
    s->stats.bounce_bytes += e->lead;
    save_tail(s, data, e->got);
}

/// A step ///

/* Moves the finished reads on, in the order in which they were queued: a read that is late holds back later ones. */
static void accept_arrived(struct stk_stream *s) {
    while (s->arrived != s->submitted && stk_entry(s, s->arrived)->state != STK_ENTRY_READING) {
        struct stk_stream_entry *e = stk_entry(s, s->arrived);
        if (e->state == STK_ENTRY_READY && stk_entry_sequential(e)) {
            prepend_lead(s, s->arrived);
        }
        if (e->state == STK_ENTRY_READY && e->got == 0u) {
            e->state = STK_ENTRY_OVER; /* the chunk lies behind the end of the source: there is nothing to publish */
        }
        s->arrived++;
    }
}

int stk_stream_ingest(struct stk_stream *s, uint64_t wait_ns) {
    uint32_t before = (uint32_t)(s->submitted - s->delivered), at = before;
    int err = stk_reads_submit(&s->reads, &at, &s->info);
    s->submitted = s->delivered + at;
    if (err < 0) {
        return err;
    }
    /* A read that the port refused ends its chunk, so the chunk can be handed out now, and this call must not wait. A
     * read that the port took may have ended already. So the call waits only when no read was submitted. */
    err = stk_reads_reap(&s->reads, at == before ? wait_ns : 0u, &s->info);
    if (err < 0) {
        return err;
    }
    accept_arrived(s);
    return STK_OK;
}
