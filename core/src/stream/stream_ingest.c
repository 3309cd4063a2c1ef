/* Reads of the stream: from queued to arrived. */
#include <string.h>

#include "base/error_info.h"
#include "base/refusal.h"
#include "stoker/atomic.h"
#include "stream_internal.h"

#define BATCH 16u /* reads submitted or reaped in one call of the port */

static struct stk_ingest_read port_read(const struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    uint8_t *buffer = s->config.memory.payload + stk_entry_offset(s, chunk);
    struct stk_ingest_read r = {
        .source = e->read.source,
        .offset = e->read.offset,
        .bytes = e->read.bytes,
        .dst = buffer + e->read.lead,
        .tag = stk_entry_index(s, chunk),
    };
    /* A source with offsets reads the lead again, which is cheaper than keeping it and keeps the chunks independent. */
    if ((e->read.flags & STK_READ_SEQUENTIAL) == 0u) {
        r.offset -= e->read.lead;
        r.bytes += e->read.lead;
        r.dst = buffer;
    }
    return r;
}

/* Offers the next reads, at least one and at most `limit`, to the port; returns how many it took. */
static int submit_some(struct stk_stream *s, uint32_t limit, uint32_t *offered) {
    struct stk_ingest_read reads[BATCH];
    uint32_t n = 0;
    int taken;
    do {
        reads[n] = port_read(s, s->submitted + n);
        n++;
    } while (n < limit && s->submitted + n != s->queued);
    *offered = n;
    taken = s->config.ingest->submit(s->config.ingest_ctx, reads, n);
    if (n == 1u && stk_is_refusal(taken)) {
        stk_entry(s, s->submitted)->state = STK_ENTRY_OVER;
        stk_entry(s, s->submitted)->err = taken;
        taken = 1;
    }
    return taken;
}

static int submit(struct stk_stream *s) {
    uint32_t limit = BATCH;
    int moved = 0;
    while (s->submitted != s->queued) {
        uint32_t offered;
        int taken = submit_some(s, limit, &offered);
        if (stk_is_refusal(taken)) {
            limit = 1;
            continue;
        }
        if (taken < 0) {
            return taken;
        }
        if ((uint32_t)taken > offered) {
            /* More reads than were offered: `submitted` would pass `queued`, and this loop would not end. */
            return stk_fail(&s->info, STK_E_RANGE, (uint32_t)taken, offered);
        }
        s->submitted += (uint32_t)taken;
        moved += taken;
        if ((uint32_t)taken < offered) {
            break;
        }
    }
    return moved;
}

/* Puts one completion into its entry. A read that came short has met the end of its source: the bytes that arrived are
 * data like any other, and a chunk that lies behind the end is empty. */
static void land(struct stk_stream_entry *e, const struct stk_ingest_done *done) {
    int sequential = (e->read.flags & STK_READ_SEQUENTIAL) != 0u;
    uint32_t lead = sequential ? 0u : e->read.lead, got = (uint32_t)done->result;
    e->os_error = done->os_error;
    e->state = STK_ENTRY_READY;
    if (done->result < 0) {
        e->err = done->result;
        e->state = STK_ENTRY_OVER;
    } else if (got > lead) {
        e->lead = lead;
        e->got = got - lead;
    }
}

static int reap(struct stk_stream *s, uint64_t wait_ns) {
    struct stk_ingest_done done[BATCH];
    int n, moved = 0, err = STK_OK;
    do {
        n = s->config.ingest->reap(s->config.ingest_ctx, done, BATCH, moved == 0 ? wait_ns : 0u);
        for (int i = 0; i < n; i++) {
            uint32_t tag = done[i].tag;
            if (tag >= s->config.depth || s->entries[tag].state != STK_ENTRY_READING) {
                /* A read of somebody else's: the port is not ours alone. What else came is ours. */
                err = stk_fail(&s->info, STK_E_RANGE, tag, 0);
            } else {
                land(&s->entries[tag], &done[i]);
            }
        }
        moved += n > 0 ? n : 0;
    } while (n == (int)BATCH && err == STK_OK);
    return err != STK_OK ? err : n < 0 ? n : moved;
}

/* Keeps the last bytes of the source for the chunks to come: the end of what was kept, then the end of this chunk's. */
static void keep(struct stk_stream *s, const uint8_t *data, uint32_t bytes) {
    uint32_t fresh = bytes < s->config.lead_max ? bytes : s->config.lead_max;
    uint32_t room = s->config.lead_max - fresh, old = s->carry_bytes < room ? s->carry_bytes : room;
    memmove(s->carry, s->carry + (s->carry_bytes - old), old);
    memcpy(s->carry + old, data + (bytes - fresh), fresh);
    s->carry_bytes = old + fresh;
    s->stats.bounce_bytes += fresh;
}

/* Gives a chunk of a sequential source the end of the ones before it: the only bytes that a stream ever copies. */
static void carry(struct stk_stream *s, uint64_t chunk) {
    struct stk_stream_entry *e = stk_entry(s, chunk);
    uint8_t *data = s->config.memory.payload + stk_entry_offset(s, chunk) + e->read.lead;
    if (e->read.offset == 0u) {
        s->carry_bytes = 0;
    }
    if (e->got == 0u) {
        return; /* past the end */
    }
    e->lead = s->carry_bytes < e->read.lead ? s->carry_bytes : e->read.lead;
    memcpy(data - e->lead, s->carry + (s->carry_bytes - e->lead), e->lead);
    s->stats.bounce_bytes += e->lead;
    keep(s, data, e->got);
}

/* Chunks count as arrived in the order in which they were queued. */
static int arrive(struct stk_stream *s) {
    int moved = 0;
    while (s->arrived != s->submitted && stk_entry(s, s->arrived)->state != STK_ENTRY_READING) {
        struct stk_stream_entry *e = stk_entry(s, s->arrived);
        if (e->state == STK_ENTRY_READY && (e->read.flags & STK_READ_SEQUENTIAL) != 0u) {
            carry(s, s->arrived);
        }
        if (e->state == STK_ENTRY_READY && e->got == 0u) {
            e->state = STK_ENTRY_OVER; /* the chunk lies behind the end of the source: there is nothing to publish */
        }
        s->arrived++;
        moved++;
    }
    return moved;
}

int stk_stream_ingest(struct stk_stream *s, uint64_t wait_ns) {
    int moved = submit(s), arrived;
    if (moved < 0) {
        return moved;
    }
    if (s->arrived != s->submitted) {
        int reaped = reap(s, moved == 0 ? wait_ns : 0u);
        if (reaped < 0) {
            return reaped;
        }
    }
    arrived = arrive(s);
    return moved + arrived;
}
