/* stoker: the recorder. It writes the work of a device, the input bytes of this work and its outcomes to a log.
 * stk_replay (replay.h) feeds the same work from this log to other devices. SPEC.md, "Recording", has the fields of
 * each record.
 *
 * A stream that has a recorder (stk_stream_config.recorder) makes all calls of the recorder. The stream does not stop
 * when the log fails: the recorder keeps the first error in `err`. Any other publisher of the ring must call the
 * recorder for each slot that it publishes.
 *
 * A replay can rely on the order of the records. Work is recorded in the order in which it was published. The input
 * bytes of a slot are recorded before the slot. The outcome of a slot (a failure or a result) is recorded before the
 * next record of one of these kinds: a publish of the same slot, an input for the same slot or for no slot, a
 * BATCH_FENCE, and the end of an epoch. If the slot has no outcome by then, a replay expects that the slot ended DONE,
 * and an outcome that comes later ends the replay with STK_E_CORRUPT. So a publisher records how all slots ended before
 * it publishes the fence. The end of an epoch is recorded after all slots of the epoch have ended. Within an epoch the
 * device may run slots in any order, and the recording does not say in which order they ran.
 *
 * One thread uses a recorder. It allocates nothing, and blocks no longer than the log does. Not for interrupts. */
#ifndef STOKER_RECORDER_H
#define STOKER_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/blake3.h"
#include "stoker/err.h"
#include "stoker/log.h"
#include "stoker/port/dispatch.h"
#include "stoker/port/platform.h"
#include "stoker/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Digests ///

/* Returns the first 8 bytes of the BLAKE3 hash of `bytes` bytes at `data`, as a little-endian number; 1 in place of 0,
 * since 0 in a record means that there is no digest. Returns 0 for more than STK_BLAKE3_INPUT_MAX bytes. Nobody may
 * write to the bytes meanwhile. `state` is memory to work in; its contents do not matter. Source: SPEC.md, 8. */
uint64_t stk_record_digest(struct stk_blake3 *state, const void *data, size_t bytes);

/* Returns the digest that stk_record_digest makes of the bytes of `count` shared words, which are stored little-endian.
 * Each word is read whole, in relaxed order. */
uint64_t stk_record_digest_words(struct stk_blake3 *state, const uint32_t *words, uint32_t count);

/// Recorder ///

#define STK_RECORDER_VERSION 2u          /* version of the meaning of the fields; each START has it */
#define STK_RECORD_TABLES    0xFFFFFFFFu /* source label of bytes that the publisher made itself */
/* Slot of an input that belongs to no slot, and of a failure of the device. */
#define STK_RECORD_NO_SLOT 0xFFFFFFFFu

struct stk_recorder_config {
    struct stk_log *log;               /* log, mounted; nobody else appends to it; mandatory */
    struct stk_platform_port platform; /* clock of the records; mandatory */
    /* true: inputs are recorded without a digest, which saves the time to hash them; a replay then cannot check the
     * bytes. false, the default: with a digest */
    bool no_input_digest;
};

/* A recorder. The caller reads `lost` and `err`. */
struct stk_recorder {
    struct stk_recorder_config config; /* configuration as given to init */
    struct stk_device_memory memory;   /* memory of the device, as given to start; its ring is NULL until then */
    union {
        struct stk_blake3 hash;       /* memory in which digests are computed */
        struct stk_log_record record; /* memory in which a record is made, once its digest is there */
    };
    uint32_t epoch; /* number of the epoch, as the recorder last read it from the control buffer */
    /* number of records since start that the log refused; a recording with such a hole cannot be replayed */
    uint32_t lost;
    int err; /* first error since start that a function declared below returned; STK_OK: none */
};

/* Makes a recorder over a mounted log. Log and platform stay the caller's and must outlive the recorder. STK_E_ARG a
 * mandatory member is missing. */
STK_MUST_CHECK int stk_recorder_init(struct stk_recorder *recorder, const struct stk_recorder_config *config);

/* Begins a recording. Records the sizes of the ring and of the other memory, the authorised tenants, and a digest of
 * the observables. By the digest a replay sees whether the observables were all 0. Call this before anything is
 * published, while no worker runs. Call it once more when another device with fresh memory takes over. `memory` is
 * copied; what it points to must outlive the recorder. STK_E_ARG there is no ring, or the control buffer has fewer than
 * STK_CTL_WORDS_MIN words; STK_E_OVERFLOW more than 16,777,215 debug records or 255 I/O slots; the errors of
 * stk_log_append(), after which the recorder is not started. */
STK_MUST_CHECK int stk_recorder_start(struct stk_recorder *recorder, const struct stk_device_memory *memory);

/* Bytes that went into the payload or the tables, from a source or made by the publisher. */
struct stk_record_input {
    /* slot that will work on the bytes; it has ended before they are written. STK_RECORD_NO_SLOT: every slot has ended
     * before. Where one thread publishes by tickets (publisher.h), the next slot is stk_publisher_oldest() +
     * stk_publisher_pending(), modulo the slots of the ring */
    uint32_t slot;
    uint32_t offset;   /* first byte, counted from the start of the payload or of the tables */
    uint32_t bytes;    /* number of bytes, of the lead and of the data */
    uint32_t lead;     /* bytes of the lead, which lie before the data */
    uint32_t label;    /* number that names the source to a replay; STK_RECORD_TABLES: there is no source */
    uint64_t position; /* position of the data, behind the lead, in the source, in bytes */
    bool to_tables;    /* true: the bytes went into the tables; false: into the payload */
};

/* Records an input. Call it when the bytes are in their place, and before the slot that works on them is published,
 * because a handler may change the payload. STK_E_RANGE the bytes leave the payload or the tables; STK_E_SHUTDOWN the
 * recorder was not started; the errors of stk_log_append(). */
STK_MUST_CHECK int stk_recorder_input(struct stk_recorder *recorder, const struct stk_record_input *input);

/* Records that `work` was published in `slot`; a BATCH_FENCE too is work. Call it right after the publish.
 * STK_E_SHUTDOWN the recorder was not started; the errors of stk_log_append(): the slot runs all the same, and `lost`
 * counts the hole. */
STK_MUST_CHECK int stk_recorder_publish(struct stk_recorder *recorder, uint32_t slot, const struct stk_work *work);

/* How a slot failed, or a read for a slot. */
struct stk_record_failure {
    uint32_t slot;   /* the slot; STK_RECORD_NO_SLOT: the device failed, not a slot */
    uint32_t tenant; /* tenant of the slot */
    uint32_t opcode; /* opcode of the slot */
    /* status of the slot: STK_SLOT_FAULT, or the status in which it was given up; STK_SLOT_EMPTY: it was never
     * published */
    uint32_t status;
    /* enum stk_err: STK_E_SLOT_FAULT, STK_E_TIMEOUT, STK_E_CANCELED, STK_E_DEVICE, or the error of the read */
    int err;
    /* result words of the slot; in FAULT the last two are the value and the reason */
    uint32_t results[STK_SLOT_RESULTS];
};

/* Records a failure, in the order that the first comment of this header asks for. Errors as stk_recorder_publish(). */
STK_MUST_CHECK int stk_recorder_failure(struct stk_recorder *recorder, const struct stk_record_failure *failure);

/* The results of a slot that ended DONE. */
struct stk_record_result {
    uint32_t slot;                      /* the slot */
    uint32_t tenant;                    /* tenant of the slot */
    uint32_t opcode;                    /* opcode of the slot */
    uint32_t results[STK_SLOT_RESULTS]; /* result words of the slot */
};

/* Records the results of a slot that ended DONE; a replay compares them. The order is that of a failure. A stream does
 * not call it by itself, but its callback may (stk_stream_slot tells the slot). Errors as stk_recorder_publish(). */
STK_MUST_CHECK int stk_recorder_result(struct stk_recorder *recorder, const struct stk_record_result *result);

/* Returns the class of a failure, enum stk_log_failure: DEVICE_LOSS for STK_E_DEVICE; for a slot in FAULT PROGRAM_BUG,
 * or TRANSIENT_QUEUE with reason STK_REASON_IO; TRANSIENT_QUEUE for a read that failed; NONE for STK_E_CANCELED;
 * UNCLASSIFIED for anything else. Source: SPEC.md, 8.1. */
uint32_t stk_record_class(int err, uint32_t reason);

/* Records the end of an epoch, with a digest of the observables, and makes the log sync. Call it when everything that
 * was published before has ended, and a BATCH_FENCE with tag `tag` after it. STK_E_SHUTDOWN the recorder was not
 * started; the errors of stk_log_append() and stk_log_sync(). */
STK_MUST_CHECK int stk_recorder_epoch(struct stk_recorder *recorder, uint32_t tag);

/* Lets the log erase ahead (stk_log_poll), so that no record has to wait for an erase. Call it when there is time.
 * Returns STK_OK, or the errors of stk_log_poll(). */
STK_MUST_CHECK int stk_recorder_poll(struct stk_recorder *recorder);

/* Makes the log sync (stk_log_sync): all records so far survive a power cut. Call it when nothing more comes. Errors as
 * stk_log_sync(). */
STK_MUST_CHECK int stk_recorder_sync(struct stk_recorder *recorder);

#ifdef __cplusplus
}
#endif
#endif
