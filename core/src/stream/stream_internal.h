/* A chunk in flight. Private to the stream's files. */
#ifndef STK_SRC_STREAM_INTERNAL_H
#define STK_SRC_STREAM_INTERNAL_H

#include "stoker/stream.h"

enum stk_entry_state {
    STK_ENTRY_READING = 1, /* queued, or its read is with the ingest port */
    STK_ENTRY_READY,       /* data arrived; to be published */
    STK_ENTRY_PUBLISHED,   /* its slot is with the workers */
    STK_ENTRY_OVER         /* nothing (more) to run: failed, canceled or empty */
};

struct stk_stream_entry {
    struct stk_stream_read read;
    uint64_t published_ns; /* clock at the publish, in nanoseconds; for the latency */
    uint64_t since_ns;     /* time that slots_end had counted at the publish */
    int32_t err, os_error;
    uint32_t state;
    uint32_t got;  /* data bytes that arrived */
    uint32_t lead; /* lead bytes before them */
    uint32_t told; /* the recorder knows that its slot is late */
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

/* Looks at the clock for slots_end. Returns the time of the clock. */
uint64_t stk_stream_clock(struct stk_stream *s);

/* Submits queued reads and takes in finished ones; waits up to wait_ns for a finished one. Returns how many moved. */
int stk_stream_ingest(struct stk_stream *s, uint64_t wait_ns);

/* Publishes chunks that arrived, in order. Returns how many. */
int stk_stream_publish(struct stk_stream *s);

/* Hands finished chunks to the callback, in order. Returns how many. */
int stk_stream_harvest(struct stk_stream *s);

/* Does what stk_stream_drain does, up to a deadline that was started before. */
int stk_stream_drain_until(struct stk_stream *s, struct stk_deadline *end);

/// Epochs: stream_epoch.c ///

/* Sets the barrier of the next automatic epoch. */
void stk_stream_next_epoch(struct stk_stream *s);

/* Once every chunk before the barrier was handed out: publishes the fence, and looks whether it has passed. */
int stk_stream_fence(struct stk_stream *s);

/* Shutdown: no fence holds back the chunks that are left. */
void stk_stream_drop_fence(struct stk_stream *s);

/// What the recorder is told, where there is one: stream_record.c. STK_OK, or an error of its log ///

int stk_stream_tell_input(const struct stk_stream *s, uint64_t chunk);
int stk_stream_tell_publish(const struct stk_stream *s, uint32_t slot, const struct stk_work *work);

/* A chunk that is handed out with an error. */
int stk_stream_tell_failure(const struct stk_stream *s, uint64_t chunk, const struct stk_stream_result *r);

/* A slot that is late. Returns STK_E_TIMEOUT, or an error of the log. */
int stk_stream_tell_late(const struct stk_stream *s, uint32_t slot);

/* The device failed with `err`. Returns it, or an error of the log. */
int stk_stream_tell_lost(struct stk_stream *s, int err);

/* Chunks were handed out: there is time to make room for the records of the next. */
int stk_stream_tell_turn(const struct stk_stream *s);

/* Nothing more comes. */
int stk_stream_tell_end(const struct stk_stream *s);

#endif
