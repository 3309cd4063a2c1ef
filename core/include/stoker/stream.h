/* stoker: a stream of chunks from storage through a handler on the device.
 *
 * stk_stream_read queues a read; stk_stream_poll moves everything on. Reads are submitted and land in a payload buffer
 * that the device sees. The slot of a chunk that arrived is published, and workers run its handler. The result comes
 * back through a callback, in the order of the reads. A chunk keeps its payload buffer and its ring slot from read to
 * result, so a stream of `depth` chunks owns `depth` of both, and nothing is copied or allocated on the way.
 *
 * Several streams may work on one device, over one ingest port or over several. What belongs to whom:
 * - A stream owns its ring slots (first_slot on) and its payload buffers (payload_offset on) from init until it is
 *   closed. The caller gives no two streams the same ones; a slot that somebody else uses is left alone, and publishing
 *   into it fails with STK_E_STATUS.
 * - The ingest port is shared (struct stk_ingest_port): a stream takes in the reads of the others on it too, and
 *   cancels only its own. A sequential source belongs to one stream.
 * - Device, ring and control buffer are the caller's. A stream drives the device and never stops it: stk_device_stop
 *   does (device_stop.h).
 * - A recorder whose epochs are to be replayed belongs to one stream, which is then the only one on its ring.
 *
 * One thread drives a stream, and all streams that share an ingest port or a dispatch port are driven by the same
 * thread. No call blocks past its timeout (deadline.h): 0 does not wait, UINT64_MAX never ends. */
#ifndef STOKER_STREAM_H
#define STOKER_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/deadline.h"
#include "stoker/err.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/ingest.h"
#include "stoker/port/platform.h"
#include "stoker/recorder.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Configuration ///

#define STK_STREAM_DEPTH_DEFAULT 8u
#define STK_STREAM_DEPTH_MAX     4096u

struct stk_stream_result;
struct stk_stream_next;

/* Called by stk_stream_poll for each chunk, in the order of the reads. The chunk's data and results are valid until it
 * returns. Returns one of:
 * - 0: done with the chunk.
 * - STK_STREAM_REPUBLISH: publish the same chunk again with the handler and parameters in `next`; its result comes back
 *   before that of any later chunk. Where that cannot be, the chunk is done and the poll returns STK_E_STATUS: the
 *   chunk had no slot, since its read failed or gave no bytes, or the callback has queued a read that takes its place.
 *   An error of the new publish also ends the chunk, and the poll returns it. While the stream closes it means the same
 *   as 0.
 * - Negative: done with the chunk, and the poll returns this error.
 *
 * The callback may call stk_stream_read, also when `depth` chunks are in flight: the chunk of this callback gives its
 * place to the new read, which is submitted by a later poll. Every other call of the same stream returns STK_E_STATUS
 * there. */
#define STK_STREAM_REPUBLISH 1
typedef int (*stk_stream_fn)(void *ctx, const struct stk_stream_result *result, struct stk_stream_next *next);

struct stk_stream_config {
    struct stk_device_memory memory;   /* memory of the device; ring, control buffer and payload are mandatory */
    struct stk_dispatch_port dispatch; /* port of the device; mandatory */
    struct stk_ingest_port *ingest;    /* port that reads the sources; mandatory */
    struct stk_platform_port platform; /* clock and waits; mandatory */
    stk_stream_fn on_result;           /* callback for each chunk; mandatory */
    void *on_result_ctx;               /* first argument of the callback; may be NULL */

    uint32_t depth;       /* chunks in flight, 1 .. STK_STREAM_DEPTH_MAX; 0: STK_STREAM_DEPTH_DEFAULT */
    uint32_t chunk_bytes; /* bytes of a payload buffer: the lead and the data of a chunk; mandatory, multiple of 64 */
    uint32_t lead_max;    /* most lead bytes of a read; below chunk_bytes */
    uint32_t first_slot;  /* the stream owns ring slots first_slot .. first_slot + depth - 1 */
    uint32_t payload_offset; /* byte of the payload at which the stream's buffers begin; multiple of 64 */
    uint32_t tenant;         /* tenant of every slot that the stream publishes */
    uint32_t priority;       /* priority of these slots, an enum stk_priority; 0: STK_PRIORITY_DEFAULT */
    /* 0: slots are published in the order of the reads, so a late read holds back the slots of the reads behind it. 1:
     * the slot of a read of a source with offsets is published as soon as the read has come back. Results are handed
     * out in the order of the reads in both cases. */
    uint32_t any_order;
    uint64_t slot_timeout_ns; /* longest time from PUBLISHED to a result (deadline.h); 0: 10 s; UINT64_MAX: never */

    /* Writes down every input, publish, failure and epoch of the stream. Its recording was started with `memory`, and
     * it outlives the stream. The label of an input is the low half of its read's tag. The recorder only watches: it
     * keeps an error of its log to itself (stk_recorder.err), and the stream goes on. NULL: none */
    struct stk_recorder *recorder;
    /* An epoch ends by itself after so many chunks, as by stk_stream_epoch; its tag is the number of chunks so far,
     * modulo 2^32. 0: only by the call */
    uint32_t epoch_chunks;
};

/// Reads and results ///

#define STK_READ_SEQUENTIAL 1u /* the source has no offsets (a pipe): reads go on where the last ended */

struct stk_stream_read {
    uint32_t source; /* number of the source, as the ingest port returned it */
    uint32_t flags;  /* STK_READ_SEQUENTIAL or 0 */
    /* byte of the source at which the data begins. Of a sequential source, 0 marks the first read, which has no lead;
     * any other number is only handed back */
    uint64_t offset;
    uint32_t bytes; /* bytes of data to read, 1 .. chunk_bytes - lead */
    /* number of bytes before `offset` that the handler wants to see too, at most lead_max. For a source with offsets
     * also at most `offset`. A sequential source may give fewer bytes without an error: it gives only bytes that the
     * stream has read before */
    uint32_t lead;
    uint32_t opcode;                 /* handler for the chunk */
    uint32_t params[STK_ARG_PARAMS]; /* arguments of the slot from STK_ARG_PARAM on */
    uint64_t tag;                    /* number of the caller's own, handed back with the result */
};

/* The handler with which STK_STREAM_REPUBLISH publishes a chunk again. When the callback begins, `opcode` is the one
 * that has run and all parameters are 0. */
struct stk_stream_next {
    uint32_t opcode;
    uint32_t params[STK_ARG_PARAMS]; /* arguments of the slot from STK_ARG_PARAM on */
};

struct stk_stream_result {
    /* STK_OK; STK_E_SLOT_FAULT the handler refused; STK_E_IO, STK_E_CANCELED, ... the read failed; STK_E_RANGE,
     * STK_E_ARG the port refused it; STK_E_DEVICE the device was lost, and the stream was closed */
    int err;
    int32_t os_error;    /* number of the OS behind a failed read; 0: none */
    uint32_t reason;     /* for STK_E_SLOT_FAULT: why the slot faulted, STK_REASON_* */
    uint32_t value;      /* for STK_E_SLOT_FAULT: the number that goes with the reason (slot.h) */
    uint64_t tag;        /* tag of the read */
    uint64_t offset;     /* offset of the read */
    uint32_t bytes;      /* data bytes that arrived: fewer than asked for at the end of the source, 0 behind the end */
    uint32_t lead;       /* lead bytes that lie before the data; fewer than asked for where the source had no more */
    uint32_t opcode;     /* opcode of the handler that ran */
    const uint8_t *data; /* the lead, then the data, in the payload */
    uint32_t results[STK_SLOT_RESULTS]; /* results of the handler; all 0 where no handler ran */
    uint64_t latency_ns;                /* nanoseconds from the publish until the stream saw the end; 0: no slot */
};

struct stk_stream_stats {
    uint64_t reads;        /* reads queued */
    uint64_t slots;        /* slots of chunks published, each republish included */
    uint64_t failed;       /* results handed out whose `err` was not STK_OK */
    uint64_t bytes;        /* data bytes of chunks that were published, each chunk once */
    uint64_t bounce_bytes; /* bytes that the stream copied: the leads of sequential sources, nothing else */
};

/// Object ///

struct stk_stream_entry; /* one chunk in flight; private */

/* Visible for sizeof only. Small members and those that the code uses most are first, where short instructions reach
 * them. */
struct stk_stream {
    uint8_t fence;         /* 1: the fence of an epoch is published and has not ended */
    uint8_t epoch_asked;   /* 1: stk_stream_epoch has set the barrier */
    uint8_t late_recorded; /* 1: the recording has a failure record for the late fence */
    uint8_t in_callback;   /* 1: the callback runs */
    uint8_t lost;          /* 1: the last drive of the device failed */
    /* 1: the device was lost while the stream closes, so the stream makes no call of the device */
    uint8_t abandoned;
    uint8_t stopping; /* 1: closing has begun, so the stream publishes nothing more */
    uint8_t closed;   /* 1: the stream is closed, or init failed */
    struct stk_stream_config config;
    uint64_t queued, submitted, arrived, published, delivered; /* chunks so far, each at most the one before */
    struct stk_stream_entry *entries;
    struct stk_ring ring;
    /* chunks that were published before an earlier chunk, whose read is late; `published` does not count them yet
     * (any_order) */
    uint32_t ahead;
    uint32_t fence_tag;
    /* number of the first chunk after the present epoch; it is not published before the fence has ended */
    uint64_t barrier;
    uint64_t fence_since_ns; /* time that slots_end had counted when the fence was published */
    uint8_t *tail;           /* the last lead_max bytes of a sequential source */
    uint32_t tail_bytes;
    struct stk_stream_stats stats;
    /* deadline of all published slots and of a fence; each has the whole timeout from its publish on */
    struct stk_deadline slots_end;
    struct stk_reads reads;     /* reads of this stream that the ingest port has */
    struct stk_error_info info; /* index: the ring slot; value: bytes that would do */
};

#define STK_STREAM_ENTRY_BYTES 128u

/* Bytes of the arena that stk_stream_init takes for a depth and a lead_max. `depth` 0 is the default depth. */
#define STK_STREAM_BYTES(depth, lead_max)                                                                              \
    (STK_ALIGNED((size_t)((depth) == 0 ? STK_STREAM_DEPTH_DEFAULT : (depth)) * STK_STREAM_ENTRY_BYTES) +               \
     STK_ALIGNED(lead_max))
#define STK_STREAM_DEFINE(name, depth, lead_max) STK_STORAGE_DEFINE(name, STK_STREAM_BYTES(depth, lead_max))

/* Writes STK_STREAM_BYTES(depth, lead_max) to *bytes, for numbers that are known only at run time. STK_E_ARG `depth` is
 * above STK_STREAM_DEPTH_MAX; STK_E_OVERFLOW this machine cannot address that many bytes. */
STK_MUST_CHECK int stk_stream_bytes(uint32_t depth, uint32_t lead_max, size_t *bytes);

/* Checks every relation of `config`, copies it, and takes STK_STREAM_BYTES(depth, lead_max) from `arena`. The buffers,
 * ports and arena memory stay the caller's and must outlive the stream. The object must not move, and must be closed
 * (stk_stream_close) before it is freed, since the ingest port knows it. STK_E_ARG a mandatory member is missing or a
 * number is out of its range; STK_E_RANGE the slots leave the ring; STK_E_SPACE the buffers leave the payload, or the
 * arena is too small (info.value: bytes of payload or of arena that would do); STK_E_SHUTDOWN the recorder was not
 * started with this ring; STK_E_FULL the ingest port has STK_INGEST_READERS_MAX readers. The arena is unchanged on
 * error. */
STK_MUST_CHECK int stk_stream_init(struct stk_stream *stream, const struct stk_stream_config *config,
                                   struct stk_arena *arena);

/* Queues a read, which the next poll submits. Copies *read. The callback may call this. STK_E_WOULD_BLOCK every buffer
 * is in flight: poll first; STK_E_ARG a length, the lead or a flag is out of range; STK_E_OPCODE the opcode cannot be
 * published; STK_E_SHUTDOWN the stream is closed or closes. */
STK_MUST_CHECK int stk_stream_read(struct stk_stream *stream, const struct stk_stream_read *read);

/* Returns the number of chunks that were queued and are not yet done with the callback. */
uint32_t stk_stream_in_flight(const struct stk_stream *stream);

/* Returns the ring slot of the chunk that is with the callback. Only the callback may call this. */
uint32_t stk_stream_slot(const struct stk_stream *stream);

/* Moves the stream on and hands out finished chunks; waits up to timeout_ns for the first one (0: not at all). A
 * stream that has nothing in flight sleeps for as long, so that a loop of polls costs no core. Returns how many; 0
 * when none finished in time. STK_E_TIMEOUT a slot passed slot_timeout_ns (info.index: which); STK_E_DEVICE the
 * device was lost; STK_E_STATUS a slot is in use by somebody else, or a republish that cannot be (stk_stream_fn);
 * STK_E_RANGE the ingest port returned a read that is nobody's (info.index: its tag); STK_E_SHUTDOWN; an error of the
 * callback or of the ingest port. After an error poll again: nothing is lost. */
STK_MUST_CHECK int stk_stream_poll(struct stk_stream *stream, uint64_t timeout_ns);

/* Polls until nothing is in flight, a fence neither; reads that the callback queues count. STK_OK; STK_E_TIMEOUT after
 * timeout_ns; the errors of stk_stream_poll. */
STK_MUST_CHECK int stk_stream_drain(struct stk_stream *stream, uint64_t timeout_ns);

/* Ends an epoch: hands out every chunk, publishes a BATCH_FENCE with `tag` through a slot of the stream, and waits for
 * it: the epoch of the control buffer goes up by one and observable 0, where there is one, becomes `tag`. The callback
 * sees nothing of it. A recorder then takes the digest of the observables, while nothing of the stream runs, and makes
 * its log sync. What others publish on the ring is theirs to wait for. STK_OK; STK_E_TIMEOUT: the epoch ends in a later
 * poll, and a further call goes on waiting for it; STK_E_SLOT_FAULT the fence was refused, as every slot of this tenant
 * is; the errors of stk_stream_poll. */
STK_MUST_CHECK int stk_stream_epoch(struct stk_stream *stream, uint32_t tag, uint64_t timeout_ns);

/* Waits until *word, a little-endian word of the shared memory, holds `value`. Moves the stream on and drives the
 * device meanwhile. STK_OK: what was stored before the word is seen (acquire); STK_E_TIMEOUT after timeout_ns; the
 * errors of stk_stream_poll. */
STK_MUST_CHECK int stk_stream_wait_word(struct stk_stream *stream, const uint32_t *word, uint32_t value,
                                        uint64_t timeout_ns);

/* Closes the stream: cancels its reads and the slots that no worker has claimed, lets claimed slots finish, and hands
 * every chunk to the callback, with STK_E_CANCELED where the handler did not run. The device, the ingest port and
 * everything else on them go on. On memory where claims and cancels do not exclude each other (SPEC.md, 1.2), published
 * slots are cancelled only while no worker runs, and finish otherwise; a caller that cannot wait for them stops the
 * device first (stk_device_stop). When the device is lost, its chunks are handed out with STK_E_DEVICE; the device may
 * still write to their buffers until its port is closed.
 *
 * Waits up to timeout_ns. Returns STK_OK or the first error. An error of the callback does not keep the other chunks
 * from being handed out. After STK_E_TIMEOUT, or an error of the ingest port, the OS or the device may still own
 * buffers, and a further call goes on waiting. Once every chunk was handed out the stream is closed: every other call
 * returns STK_E_SHUTDOWN, the slots and buffers are the caller's, and the object may be freed. */
STK_MUST_CHECK int stk_stream_close(struct stk_stream *stream, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
