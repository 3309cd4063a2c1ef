/* stoker: turns events of a device into replay records and appends them to a log. SPEC.md, 8.1 has the fields of each
 * record. The recorder only watches: no error of the log stops the work, and each error is kept for those who ask. It
 * reads nothing back; replay.c does. */
#include "stoker/recorder.h"

#include "base/memory.h"
#include "record_internal.h"
#include "record_make.h"
#include "ring/slot_words.h"
#include "stoker/atomic.h"

/* Keeps the first error that the recorder met, since the errors behind it mostly follow from it. Returns `err`. */
static int keep_error(struct stk_recorder *r, int err) {
    r->err = r->err == STK_OK && err < 0 ? err : r->err;
    return err;
}

int stk_recorder_init(struct stk_recorder *recorder, const struct stk_recorder_config *config) {
    if (!config->log || !config->platform.ops || !config->platform.ops->now_ns) {
        return STK_E_ARG;
    }
    *recorder = (struct stk_recorder){.config = *config};
    return STK_OK;
}

/* Begins a record: all fields but the kind are 0, and so are all arguments. The record lies in the recorder, where the
 * hash was: a digest of what is recorded is made before. */
static struct stk_log_record *begin_record(struct stk_recorder *r, uint32_t kind) {
    memset(&r->made, 0, sizeof r->made);
    r->made.record.kind = kind;
    return &r->made.record;
}

/* Turns the record into the next MORE of a publish. A MORE has four arguments, and *first is the number of the first of
 * them. Passes over four arguments that are all 0, since a replay takes arguments without a record as 0. Returns false
 * if there is no further MORE. A record that is no publish has none. */
static bool next_args(struct stk_record_made *made, uint32_t *first) {
    while ((*first += STK_LOG_ARGS) < STK_SLOT_ARGS) {
        const uint32_t *args = made->args + *first;
        if ((args[0] | args[1] | args[2] | args[3]) != 0u) {
            made->record.kind = STK_LOG_MORE;
            made->record.error = (int32_t)*first;
            memcpy(made->record.args, args, sizeof made->record.args);
            return true;
        }
    }
    return false;
}

/* The call ends at the first record that the log refuses, since a MORE without its PUBLISH would be damage to a reader.
 * A record that the log refuses is a hole in the recording. Every EPOCH behind it has the number of holes, so that a
 * replay refuses the recording. */
int stk_record_append(struct stk_recorder *r) {
    uint32_t first = 0;
    int err;
    if (!r->memory.ring) {
        return keep_error(r, STK_E_SHUTDOWN);
    }
    do {
        r->made.record.timestamp_ns = r->config.platform.ops->now_ns(r->config.platform.ctx);
        r->made.record.epoch = r->epoch;
        err = stk_log_append(r->config.log, &r->made.record);
        if (err < 0) {
            r->lost++;
            return keep_error(r, err);
        }
    } while (next_args(&r->made, &first));
    return STK_OK;
}

/* Returns the digest of all observables. Nothing may run on the device meanwhile, or the digest mixes two moments. */
static uint64_t observables_digest(struct stk_blake3 *hash, const struct stk_device_memory *m) {
    return stk_record_digest_words(hash, m->control + STK_CTL_OBSERVABLE, m->control_words - STK_CTL_OBSERVABLE);
}

/* Returns which tenants are authorised: bit i is set if the mask of tenant i is not 0. The 29 masks fit a word. */
static uint32_t tenants(const struct stk_device_memory *m) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < STK_CTL_TENANT_MASKS; i++) {
        bits |= stk_load(m->control + STK_CTL_TENANT_MASK + i) != 0u ? 1u << i : 0u;
    }
    return bits;
}

int stk_recorder_start(struct stk_recorder *recorder, const struct stk_device_memory *memory) {
    /* The record has the number of debug records, the memory the number of words. */
    uint32_t debug = memory->debug && memory->debug_words != 0u
                         ? (memory->debug_words - STK_DEBUG_RECORDS_WORD) / STK_DEBUG_RECORD_WORDS
                         : 0u;
    struct stk_log_record *record;
    uint64_t digest;
    int err;
    if (!memory->ring || memory->slots == 0u || !memory->control || memory->control_words < STK_CTL_WORDS_MIN) {
        return STK_E_ARG;
    }
    if (debug > STK_START_DEBUG_MAX || memory->io_slots > STK_START_IO_MAX) {
        return STK_E_OVERFLOW;
    }
    /* The ring is set before the append, which refuses to work without a ring. If the append fails, the ring is taken
     * away again below, so that all later calls refuse too. */
    recorder->memory = *memory;
    recorder->lost = 0;
    recorder->err = STK_OK;
    /* Acquire: the observables are read after the epoch, and are at least as new. */
    recorder->epoch = stk_load_acquire(memory->control + STK_CTL_EPOCH);
    digest = observables_digest(&recorder->hash, memory);
    record = begin_record(recorder, STK_LOG_START);
    record->opcode = STK_RECORDER_VERSION;
    record->tenant = tenants(memory);
    record->slot = memory->tables ? memory->table_bytes : 0u;
    record->digest = digest;
    record->args[STK_START_SLOTS] = memory->slots;
    record->args[STK_START_CONTROL] = memory->control_words;
    record->args[STK_START_PAYLOAD] = memory->payload ? memory->payload_bytes : 0u;
    record->args[STK_START_SIDE] = debug << STK_START_DEBUG_SHIFT | memory->io_slots;
    err = stk_record_append(recorder);
    recorder->memory.ring = err == STK_OK ? memory->ring : NULL;
    return err;
}

int stk_record_make_input(struct stk_recorder *r, const struct stk_record_input *input) {
    const struct stk_device_memory *m = &r->memory;
    struct stk_log_record *record;
    uint64_t digest = 0;
    const uint8_t *part = input->to_tables ? m->tables : m->payload;
    uint32_t part_bytes = input->to_tables ? m->table_bytes : m->payload_bytes;
    int err = m->ring ? STK_OK : STK_E_SHUTDOWN;
    /* Compares without a sum, which could wrap. */
    if (err == STK_OK && (!part || input->offset > part_bytes || input->bytes > part_bytes - input->offset)) {
        err = STK_E_RANGE;
    }
    if (err != STK_OK) {
        return keep_error(r, err);
    }
    if (!r->config.no_input_digest) {
        digest = stk_record_digest(&r->hash, part + input->offset, input->bytes);
    }
    record = begin_record(r, STK_LOG_INPUT);
    record->slot = input->slot;
    record->tenant = input->lead;
    record->opcode = input->label;
    record->status = input->to_tables ? STK_INPUT_TO_TABLES : STK_INPUT_TO_PAYLOAD;
    record->digest = digest;
    record->args[STK_INPUT_OFFSET] = input->offset;
    record->args[STK_INPUT_BYTES] = input->bytes;
    record->args[STK_INPUT_POSITION_LO] = (uint32_t)input->position;
    record->args[STK_INPUT_POSITION_HI] = (uint32_t)(input->position >> 32);
    return STK_OK;
}

int stk_recorder_input(struct stk_recorder *recorder, const struct stk_record_input *input) {
    int err = stk_record_make_input(recorder, input);
    return err == STK_OK ? stk_record_append(recorder) : err;
}

void stk_record_make_publish(struct stk_recorder *r, uint32_t slot, const struct stk_work *work) {
    struct stk_log_record *record = begin_record(r, STK_LOG_PUBLISH);
    record->slot = slot;
    record->tenant = work->tenant;
    record->opcode = work->opcode;
    /* A number that is no priority cannot be published. INT32_MAX does not fit the field of a record, so the log
     * refuses the record, and it counts as lost. */
    record->error = work->priority <= STK_PRIORITY_IDLE ? (int32_t)stk_priority_to_wire(work->priority) : INT32_MAX;
    for (uint32_t i = 0; i < work->nargs && i < STK_SLOT_ARGS; i++) {
        r->made.args[i] = work->args[i];
    }
    memcpy(record->args, r->made.args, sizeof record->args);
}

int stk_recorder_publish(struct stk_recorder *recorder, uint32_t slot, const struct stk_work *work) {
    stk_record_make_publish(recorder, slot, work);
    return stk_record_append(recorder);
}

uint32_t stk_record_class(int err, uint32_t reason) {
    switch (err) {
    case STK_E_DEVICE:
        return STK_FAILURE_DEVICE_LOSS;
    case STK_E_SLOT_FAULT:
        return reason == STK_REASON_IO ? STK_FAILURE_TRANSIENT_QUEUE : STK_FAILURE_PROGRAM_BUG;
    case STK_E_IO:
    case STK_E_SHORT:
        return STK_FAILURE_TRANSIENT_QUEUE;
    case STK_E_CANCELED:
        return STK_FAILURE_NONE;
    default:
        return STK_FAILURE_UNCLASSIFIED;
    }
}

/* Returns the digest of the results as their bytes stand in the slot. The caller has the words in host order, so they
 * are turned into little-endian words first. */
static uint64_t results_digest(struct stk_blake3 *hash, const uint32_t results[STK_SLOT_RESULTS]) {
    uint32_t stored[STK_SLOT_RESULTS];
    for (uint32_t i = 0; i < STK_SLOT_RESULTS; i++) {
        stk_store(stored + i, results[i]);
    }
    return stk_record_digest(hash, stored, sizeof stored);
}

void stk_record_make_failure(struct stk_recorder *r, const struct stk_record_failure *failure) {
    uint64_t digest = results_digest(&r->hash, failure->results);
    struct stk_log_record *record = begin_record(r, STK_LOG_FAILURE);
    record->slot = failure->slot;
    record->tenant = failure->tenant;
    record->opcode = failure->opcode;
    record->status = failure->status;
    record->error = failure->err;
    record->failure = stk_record_class(failure->err, failure->results[STK_FAULT_REASON_ARG - STK_RESULT_ARG]);
    record->digest = digest;
    memcpy(record->args, failure->results, sizeof record->args);
}

int stk_recorder_failure(struct stk_recorder *recorder, const struct stk_record_failure *failure) {
    stk_record_make_failure(recorder, failure);
    return stk_record_append(recorder);
}

int stk_recorder_result(struct stk_recorder *recorder, const struct stk_record_result *result) {
    struct stk_log_record *record = begin_record(recorder, STK_LOG_RESULT);
    record->slot = result->slot;
    record->tenant = result->tenant;
    record->opcode = result->opcode;
    record->status = STK_SLOT_DONE;
    memcpy(record->args, result->results, sizeof record->args);
    return stk_record_append(recorder);
}

/* Makes an EPOCH. The number of lost records shows a hole to a replay. The sequence of the log need not show the hole:
 * a log that refuses a record before it writes gives the number of this record to the next one. */
static void make_epoch(struct stk_recorder *r, uint32_t tag) {
    uint64_t digest = observables_digest(&r->hash, &r->memory);
    struct stk_log_record *record = begin_record(r, STK_LOG_EPOCH);
    record->opcode = STK_OP_BATCH_FENCE;
    record->slot = STK_RECORD_NO_SLOT;
    record->digest = digest;
    record->args[STK_EPOCH_FIRST] = STK_CTL_OBSERVABLE;
    record->args[STK_EPOCH_COUNT] = r->memory.control_words - STK_CTL_OBSERVABLE;
    record->args[STK_EPOCH_TAG] = tag;
    record->args[STK_EPOCH_LOST] = r->lost;
}

int stk_recorder_epoch(struct stk_recorder *recorder, uint32_t tag) {
    const struct stk_device_memory *m = &recorder->memory;
    int err;
    if (!m->ring) {
        return keep_error(recorder, STK_E_SHUTDOWN);
    }
    /* Acquire: the observables that the workers stored before the fence are seen. */
    recorder->epoch = stk_load_acquire(m->control + STK_CTL_EPOCH);
    make_epoch(recorder, tag);
    err = stk_record_append(recorder);
    /* Synced, so that a power cut leaves a recording that ends with a whole epoch. */
    return err == STK_OK ? stk_recorder_sync(recorder) : err;
}

int stk_recorder_poll(struct stk_recorder *recorder) {
    int err = stk_log_poll(recorder->config.log);
    return err < 0 ? keep_error(recorder, err) : STK_OK;
}

int stk_recorder_sync(struct stk_recorder *recorder) {
    return keep_error(recorder, stk_log_sync(recorder->config.log));
}
