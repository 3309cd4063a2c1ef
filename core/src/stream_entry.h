/* A chunk in flight. Private to the stream's files. */
#ifndef STK_SRC_STREAM_ENTRY_H
#define STK_SRC_STREAM_ENTRY_H

#include "stoker/stream.h"

enum stk_entry_state {
    STK_ENTRY_READING = 1, /* queued, or its read is with the ingest port */
    STK_ENTRY_READY,       /* data arrived; to be published */
    STK_ENTRY_PUBLISHED,   /* its slot is with the workers */
    STK_ENTRY_OVER         /* nothing (more) to run: failed, canceled or empty */
};

struct stk_stream_entry {
    struct stk_stream_read read;
    uint64_t published_ns;
    int32_t err, os_error;
    uint32_t state;
    uint32_t got;  /* data bytes that arrived */
    uint32_t lead; /* lead bytes before them */
};

_Static_assert(sizeof(struct stk_stream_entry) <= STK_STREAM_ENTRY_BYTES, "STK_STREAM_BYTES counts on this");

/* Chunk number -> its entry, and the entry's own buffer and slot. */
static inline uint32_t stk_entry_index(const struct stk_stream *s, uint64_t chunk) {
    return (uint32_t)(chunk % s->config.depth);
}

static inline struct stk_stream_entry *stk_entry(const struct stk_stream *s, uint64_t chunk) {
    return &s->entries[stk_entry_index(s, chunk)];
}

static inline uint32_t stk_entry_slot(const struct stk_stream *s, uint64_t chunk) {
    return s->config.first_slot + stk_entry_index(s, chunk);
}

static inline uint32_t stk_entry_offset(const struct stk_stream *s, uint64_t chunk) {
    return s->config.payload_offset + stk_entry_index(s, chunk) * s->config.chunk_bytes;
}

/* Payload byte at which the chunk's lead starts: a short lead of a sequential source sits right before the data. */
static inline uint32_t stk_entry_start(const struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    return stk_entry_offset(s, chunk) + e->read.lead - e->lead;
}

/* Submits queued reads and takes in finished ones; waits up to wait_ns for a finished one. Returns how many moved. */
int stk_stream_ingest(struct stk_stream *s, uint64_t wait_ns);

/* Publishes chunks that arrived, in order. Returns how many. */
int stk_stream_publish(struct stk_stream *s);

/* Publishes one chunk's slot with this handler. */
int stk_stream_publish_chunk(struct stk_stream *s, uint64_t chunk, uint32_t opcode, const uint32_t *params);

/* Hands finished chunks to the callback, in order. Returns how many. */
int stk_stream_harvest(struct stk_stream *s);

#endif
