/* The declarations that the files of the stream share: a chunk in flight, and the steps of a poll. Private to them.
 *
 * A step goes through the files in this order: stream.c calls stream_ingest.c (queued -> arrived), stream_slots.c
 * (arrived -> published -> delivered) and stream_epoch.c (fences). All of them tell stream_record.c what happened.
 * stream_close.c makes the last steps. */
#ifndef STK_SRC_STREAM_INTERNAL_H
#define STK_SRC_STREAM_INTERNAL_H

#include <stdbool.h>

#include "stoker/stream.h"
#include "stream/reads.h"

enum stk_entry_state {
    STK_ENTRY_READING = 1, /* the chunk is queued, or the ingest port has its read */
    STK_ENTRY_READY,       /* the data arrived; the chunk is to be published */
    STK_ENTRY_PUBLISHED,   /* the workers have the slot of the chunk */
    STK_ENTRY_OVER         /* nothing (more) to run: failed, canceled or empty */
};

struct stk_stream_entry {
    struct stk_stream_read read;
    uint64_t published_ns;  /* time at which the slot was published, in nanoseconds; used for the latency */
    uint64_t since_ns;      /* time that slots_end had counted at the publish, in nanoseconds */
    int32_t err;            /* STK_OK, or why the chunk has no result: an enum stk_err */
    int32_t os_error;       /* number of the OS behind a failed read; 0: none */
    uint32_t state;         /* an enum stk_entry_state */
    uint32_t got;           /* data bytes that arrived, 0 .. read.bytes */
    uint32_t lead;          /* lead bytes that lie before the data, 0 .. read.lead */
    uint32_t late_recorded; /* 1: the recording says that the slot is late; the record is written once */
};

_Static_assert(sizeof(struct stk_stream_entry) <= STK_STREAM_ENTRY_BYTES, "STK_STREAM_BYTES counts on this");

/* A chunk is known by its number, counted from 0 over the life of the stream. Chunk n has the entry, the payload buffer
 * and the ring slot of index n modulo depth, so nothing is looked up and nothing has to be given back. */

/* Returns the index of a chunk's entry, 0 .. depth - 1. */
static inline uint32_t stk_entry_index(const struct stk_stream *s, uint64_t chunk) {
    return (uint32_t)(chunk % s->config.depth);
}

static inline struct stk_stream_entry *stk_entry(const struct stk_stream *s, uint64_t chunk) {
    return &s->entries[stk_entry_index(s, chunk)];
}

/* Returns the ring slot of a chunk. */
static inline uint32_t stk_entry_slot(const struct stk_stream *s, uint64_t chunk) {
    return s->config.first_slot + stk_entry_index(s, chunk);
}

/* Returns the payload byte at which the chunk's buffer begins. No sum wraps: init has checked the last buffer. */
static inline uint32_t stk_entry_offset(const struct stk_stream *s, uint64_t chunk) {
    return s->config.payload_offset + stk_entry_index(s, chunk) * s->config.chunk_bytes;
}

/* Returns the payload byte at which the chunk's lead begins, and its data where there is no lead. The data lies behind
 * room for the whole lead that was asked for. A sequential source may have had fewer bytes; then the short lead ends
 * right before the data, since handlers expect lead and data without a gap. */
static inline uint32_t stk_entry_start(const struct stk_stream *s, uint64_t chunk) {
    const struct stk_stream_entry *e = stk_entry(s, chunk);
    return stk_entry_offset(s, chunk) + e->read.lead - e->lead;
}

static inline bool stk_entry_sequential(const struct stk_stream_entry *e) {
    return (e->read.flags & STK_READ_SEQUENTIAL) != 0u;
}

/// stream.c ///

/* Returns the time of the platform's clock, in nanoseconds. */
uint64_t stk_stream_now(const struct stk_stream *s);

/* Returns true if there is nothing to wait for, neither a chunk nor a fence. */
bool stk_stream_idle(const struct stk_stream *s);

/* Looks at the clock for slots_end. Returns the time of the clock. */
uint64_t stk_stream_clock(struct stk_stream *s);

/* Begins a call that moves the stream on until a deadline: starts the deadline `end`. STK_E_SHUTDOWN the stream is
 * closed; STK_E_STATUS the call comes from the stream's own callback. */
int stk_stream_begin(const struct stk_stream *s, struct stk_deadline *end, uint64_t timeout_ns);

/* Looks at the clock for `end`. Returns true if there is something to wait for, and the deadline is not over. */
bool stk_stream_may_wait(const struct stk_stream *s, struct stk_deadline *end);

/* Makes one step: moves each chunk as far as it can go. `end` NULL: does not wait. Otherwise the step first waits for
 * what the next result needs, at most until the deadline `end`, and often shorter: the caller looks at the deadline and
 * makes another step. The order is the way of a chunk, so one step can take a chunk from its read to its result. An
 * error ends the step; the next step goes on with the same chunk. Returns the number of chunks handed out, or an
 * error. */
int stk_stream_step(struct stk_stream *s, struct stk_deadline *end);

/* Does what stk_stream_drain does, up to a deadline that was started before. */
int stk_stream_drain_until(struct stk_stream *s, struct stk_deadline *end);

/// stream_ingest.c ///

/* The callbacks of a stream for its reads on the ingest port. The owner of the reads is the struct stk_stream. */
extern const struct stk_reads_ops stk_stream_reads_ops;

/* Submits queued reads and takes in finished ones; waits up to wait_ns for a finished one. STK_OK or an error. */
int stk_stream_ingest(struct stk_stream *s, uint64_t wait_ns);

/// stream_slots.c ///

/* Publishes chunks that arrived, in order, and stops before the barrier of an epoch. STK_OK, or an error of the first
 * chunk that could not be published: the next call tries this chunk again. */
int stk_stream_publish(struct stk_stream *s);

/* Returns true if a chunk that was published ahead of a late read has not ended: the device has work, though the next
 * result waits for the read. */
bool stk_stream_runs_ahead(const struct stk_stream *s);

/* Hands finished chunks to the callback, in order. Returns how many were handed out, or the first error: of the
 * callback, of a republish, or STK_E_TIMEOUT of a slot that is late. */
int stk_stream_harvest(struct stk_stream *s);

/// Epochs: stream_epoch.c ///

/* Sets the barrier of the next automatic epoch. */
void stk_stream_next_epoch(struct stk_stream *s);

/* Does nothing until every chunk before the barrier was handed out. Then publishes the fence, and in later calls looks
 * whether the fence has passed. STK_OK, also while the fence waits; STK_E_SLOT_FAULT the fence was refused;
 * STK_E_TIMEOUT the fence is late; an error of the publish. */
int stk_stream_fence(struct stk_stream *s);

/* Ends the epochs of a stream that closes. No further fence is published, and a chunk waits only for a fence that was
 * published before. */
void stk_stream_end_epochs(struct stk_stream *s);

/* Takes back a fence that no worker has claimed. */
void stk_stream_cancel_fence(struct stk_stream *s);

/// The recorder: stream_record.c ///

/* Each of these calls writes one event to the recorder, and does nothing where the stream has no recorder. An error of
 * the recorder's log is not returned: it stays in stk_recorder.err, and the stream goes on. */

/* Records the data of `chunk`. Call it when the data is in the payload and before the slot is published. */
void stk_stream_record_input(const struct stk_stream *s, uint64_t chunk);

/* Makes the record that `work` was published in `slot`. The caller appends the record (stk_stream_record_append) once
 * the frame with the work is off the stack, before any other call of the recorder. */
void stk_stream_make_publish(const struct stk_stream *s, uint32_t slot, const struct stk_work *work);

/* Appends the record that was made. */
void stk_stream_record_append(const struct stk_stream *s);

/* Records a failure with error `err`. `slot`: its slot, or the slot that a chunk without one would have had. `status`:
 * the status word of the slot; STK_SLOT_EMPTY: it had no slot. With STK_E_SLOT_FAULT the results are read from the
 * slot, so the call comes before the slot is acknowledged. */
void stk_stream_record_failure(const struct stk_stream *s, uint32_t slot, uint32_t opcode, uint32_t status, int err);

/* Records that the device was lost. */
void stk_stream_record_lost(const struct stk_stream *s);

/* Records that the fence `tag` has passed. */
void stk_stream_record_epoch(const struct stk_stream *s, uint32_t tag);

/* Makes room in the log for the next records. Call it after chunks were handed out: then there is time for an erase. */
void stk_stream_record_step(const struct stk_stream *s);

/* The stream has ended: makes the recorder sync its log. */
void stk_stream_record_end(const struct stk_stream *s);

/* Records that slot `slot` has passed its deadline. The record has the opcode and the status of the slot. */
void stk_stream_record_late(const struct stk_stream *s, uint32_t slot);

#endif
