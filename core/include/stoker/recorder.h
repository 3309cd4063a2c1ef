/* stoker: the recorder, which writes down in a log what a device was given and what came of it.
 *
 * A stream with a recorder attached uses it by itself (stk_stream_config.recorder), and does not stop for it: the
 * recorder keeps the first error of its log (`err`) for whoever wants to know. Another publisher on the same ring calls
 * the recorder beside its own publishes. From what it wrote stk_replay feeds fresh instances with the same work.
 * SPEC.md, "Recording", has the fields of each record.
 *
 * What a replay can rely on: work is recorded in the order in which it was published, the bytes it works on before it,
 * and an epoch once everything before it has ended. Between two epochs the order in which slots run is the device's
 * own.
 *
 * One thread uses a recorder. It allocates nothing and blocks no longer than the log does.
 */
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

/* The first 8 bytes of the BLAKE3 hash of `bytes` bytes, as a little-endian number; 1 in place of 0, which in a record
 * means that no digest is told. 0 for more than STK_BLAKE3_INPUT_MAX bytes. Nobody may write the bytes meanwhile.
 * `state` is memory to work in. */
uint64_t stk_record_digest(struct stk_blake3 *state, const void *data, size_t bytes);

/* The same of `count` shared words as they are stored, little-endian; each is read whole, in relaxed order. */
uint64_t stk_record_digest_words(struct stk_blake3 *state, const uint32_t *words, uint32_t count);

/// Recorder ///

#define STK_RECORDER_VERSION 2u          /* of what the fields of the records mean; in every START */
#define STK_RECORD_TABLES    0xFFFFFFFFu /* the source label of bytes that the publisher made, from no source */
#define STK_RECORD_NO_SLOT   0xFFFFFFFFu /* an input that no slot owns; a failure of the device, not of a slot */

struct stk_recorder_config {
    struct stk_log *log;               /* mandatory, mounted; nobody else appends to it */
    struct stk_platform_port platform; /* mandatory: the clock of the records */
    bool no_input_digest; /* inputs are recorded without a digest, which saves hashing them: a replay takes the bytes on
                             trust. Default: with one */
};

struct stk_recorder {
    struct stk_recorder_config config;
    struct stk_device_memory memory; /* as given to start; no ring: not started */
    struct stk_blake3 hash;          /* memory of the digests */
    uint32_t epoch;                  /* the control buffer's, when it was last looked at */
    uint32_t lost; /* records since start that the log refused; a recording with such a hole cannot be replayed */
    int err;       /* first error that a call below returned since start; STK_OK: none */
};

/* Makes a recorder over a mounted log. Both, and the platform, stay the caller's and must outlive it. STK_E_ARG a
 * mandatory member is missing. */
STK_MUST_CHECK int stk_recorder_init(struct stk_recorder *recorder, const struct stk_recorder_config *config);

/* Begins a recording: the shape of the instance, which tenants are authorised, and whether its observables are still
 * those of a fresh one. Call it before anything is published, while nothing runs; again when another fresh instance
 * takes over. `memory` must outlive the recorder. STK_E_ARG no ring or control buffer below STK_CTL_WORDS_MIN;
 * STK_E_OVERFLOW more than 16777215 debug records or 255 I/O slots; the errors of stk_log_append. */
STK_MUST_CHECK int stk_recorder_start(struct stk_recorder *recorder, const struct stk_device_memory *memory);

/* Bytes that went into the payload or the tables, from a source or made by the publisher. */
struct stk_record_input {
    uint32_t slot;     /* the slot that will work on them, and that must have ended before they are written; or
                         STK_RECORD_NO_SLOT: every slot must have */
    uint32_t offset;   /* of the payload, or of the tables */
    uint32_t bytes;    /* the lead and the data */
    uint32_t lead;     /* of them, before the data */
    uint32_t label;    /* names the source for the replay; STK_RECORD_TABLES: there is none */
    uint64_t position; /* of the data in the source, behind the lead */
    bool to_tables;    /* true: the bytes went into the tables */
};

/* Records an input. Call it when the bytes are in their place and before the slot that works on them is published, for
 * a handler may change the payload. STK_E_RANGE they leave the payload, or the tables; STK_E_SHUTDOWN not started; the
 * errors of stk_log_append. */
STK_MUST_CHECK int stk_recorder_input(struct stk_recorder *recorder, const struct stk_record_input *input);

/* Records that `work` was published in `slot`. STK_E_SHUTDOWN not started; the errors of stk_log_append: the slot runs
 * all the same, and `lost` counts the hole. */
STK_MUST_CHECK int stk_recorder_publish(struct stk_recorder *recorder, uint32_t slot, const struct stk_work *work);

/* How a slot failed, or a read for one. */
struct stk_record_failure {
    uint32_t slot;   /* or STK_RECORD_NO_SLOT */
    uint32_t tenant; /* of the slot */
    uint32_t opcode; /* of the slot */
    uint32_t status; /* of the slot: STK_SLOT_FAULT, or where it stood; STK_SLOT_EMPTY when it was never published */
    int err;         /* enum stk_err: STK_E_SLOT_FAULT, STK_E_TIMEOUT, STK_E_CANCELED, STK_E_DEVICE, that of a read */
    uint32_t results[STK_SLOT_RESULTS]; /* the last words of the slot; those of a FAULT end in value and reason */
};

/* Records a failure. Errors as stk_recorder_publish. */
STK_MUST_CHECK int stk_recorder_failure(struct stk_recorder *recorder, const struct stk_record_failure *failure);

/* What a slot that ended DONE has computed. */
struct stk_record_result {
    uint32_t slot;
    uint32_t tenant;                    /* of the slot */
    uint32_t opcode;                    /* of the slot */
    uint32_t results[STK_SLOT_RESULTS]; /* the last words of the slot */
};

/* Records the results of a slot that ended DONE. Call it before the slot is published again; the callback of a stream
 * may (stk_stream_slot). A stream does not call it by itself. A replay compares the results. Errors as
 * stk_recorder_publish. */
STK_MUST_CHECK int stk_recorder_result(struct stk_recorder *recorder, const struct stk_record_result *result);

/* The class of a failure: STK_E_DEVICE is DEVICE_LOSS; a FAULT is PROGRAM_BUG, but for the reason STK_REASON_IO, which
 * is TRANSIENT_QUEUE as every failed read is; STK_E_CANCELED is NONE; anything else is UNCLASSIFIED. */
uint32_t stk_record_class(int err, uint32_t reason);

/* Records that an epoch ended: call it when everything published before has ended and a BATCH_FENCE with `tag` after
 * it. Takes the digest of the observables, and makes the log sync. STK_E_SHUTDOWN not started; the errors of
 * stk_log_append and stk_log_sync. */
STK_MUST_CHECK int stk_recorder_epoch(struct stk_recorder *recorder, uint32_t tag);

/* stk_log_poll: erases ahead, so that no record has to. Call it when there is time. */
STK_MUST_CHECK int stk_recorder_poll(struct stk_recorder *recorder);

/* stk_log_sync: what was recorded so far survives a power cut. Call it when nothing more comes. */
STK_MUST_CHECK int stk_recorder_sync(struct stk_recorder *recorder);

#ifdef __cplusplus
}
#endif
#endif
