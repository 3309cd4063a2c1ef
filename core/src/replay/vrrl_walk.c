/* stoker: walks the records of a replay log file of version 1, the oldest first. The walk is a struct stk_log_iter, so
 * that stk_log_next() serves both formats. This file uses fields of the iterator for its own purpose:
 *
 * - block: place of the record that comes next.
 * - left: records from there on that the walk has not passed, places that were never written among them.
 * - erases: stk_vrrl.appended when the walk began.
 * - expected: after STK_E_CORRUPT the magic that was found. */
#include <stdbool.h>
#include <stddef.h>

#include "vrrl_internal.h"

/* Returns true if the tail of a record, status to digest, is not all 0. The format has no kind: this is the only mark
 * of a FAILURE. */
static bool tells_failure(const uint8_t *record) {
    for (uint32_t i = VRRL_R_STATUS; i < STK_VRRL_RECORD_BYTES; i += 4) {
        if (stk_get32(record + i) != 0) {
            return true;
        }
    }
    return false;
}

/* Decodes the record at `place`. The format has no sequence, so the place serves as one. A class of failure that this
 * version does not know becomes UNCLASSIFIED, as SPEC.md, 7.2 asks. */
static void decode(struct stk_log_record *out, const uint8_t *record, uint32_t place) {
    uint32_t failure = stk_get32(record + VRRL_R_FAILURE);
    *out = (struct stk_log_record){.timestamp_ns = stk_get64(record + VRRL_R_TIMESTAMP),
                                   .slot = stk_get32(record + VRRL_R_SLOT),
                                   .tenant = stk_get32(record + VRRL_R_TENANT),
                                   .opcode = stk_get32(record + VRRL_R_OPCODE),
                                   .epoch = stk_get32(record + VRRL_R_EPOCH),
                                   .sequence = place,
                                   .kind = tells_failure(record) ? STK_LOG_FAILURE : STK_LOG_PUBLISH,
                                   .status = stk_get32(record + VRRL_R_STATUS),
                                   .failure = failure < STK_FAILURE_UNCLASSIFIED ? failure : STK_FAILURE_UNCLASSIFIED,
                                   .error = (int32_t)stk_get32(record + VRRL_R_ERROR),
                                   .digest = stk_get64(record + VRRL_R_DIGEST)};
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        out->args[i] = stk_get32(record + VRRL_R_ARGS + 4 * i);
    }
}

/* Reads `count` records from the next place on into the buffer. The caller keeps them before the end of the file.
 * STK_E_SHORT when the medium ends before the last of them. */
static int read_places(const struct stk_vrrl *log, struct stk_log_iter *iter, uint32_t count) {
    uint32_t offset = vrrl_offset(iter->block), bytes = count * STK_VRRL_RECORD_BYTES;
    if (log->bytes < offset + bytes) {
        return STK_E_SHORT;
    }
    return log->flash.ops->read(log->flash.ctx, 0, offset, iter->buffer, bytes);
}

/* Fills the buffer from the next place on, with as many records as it holds. Where they cannot be read in one call, one
 * record is read alone, so that all records before the unreadable one are still seen. */
static int fill(const struct stk_vrrl *log, struct stk_log_iter *iter) {
    uint32_t passed = log->capacity - iter->left, count = iter->buffer_bytes / STK_VRRL_RECORD_BYTES;
    uint32_t to_end = log->capacity - iter->block;
    count = count < iter->left ? count : iter->left;
    count = count < to_end ? count : to_end;
    /* Appends overwrite the oldest records, which the walk passes first. Once there were more appends since the walk
     * began than places passed, the next place has a new record. */
    if (log->appended - iter->erases > passed) {
        return STK_E_STALE;
    }
    int err = read_places(log, iter, count);
    if (err != STK_OK && count > 1) {
        count = 1;
        err = read_places(log, iter, count);
    }
    if (err == STK_OK) {
        iter->at = 0;
        iter->filled = count * STK_VRRL_RECORD_BYTES;
    }
    return err;
}

/* Moves the walk by one place. After the last record of the file comes the first record of the file. */
static void step(const struct stk_vrrl *log, struct stk_log_iter *iter) {
    iter->at += STK_VRRL_RECORD_BYTES;
    iter->block = iter->block + 1 < log->capacity ? iter->block + 1 : 0;
    iter->left--;
}

/* Returns 1 and the next record, 0 at the end, or an error, after which the walk stays where it is. Places that were
 * never written (magic 0) are passed over. Any other wrong magic is an error, since the format cannot tell damage from
 * the end. */
static int next_record(struct stk_log_iter *iter, struct stk_log_record *record) {
    const struct stk_vrrl *log = iter->source;
    while (iter->left != 0) {
        int err = iter->at < iter->filled ? STK_OK : fill(log, iter);
        if (err != STK_OK) {
            return err;
        }
        const uint8_t *bytes = iter->buffer + iter->at;
        uint32_t magic = stk_get32(bytes + VRRL_R_MAGIC), place = iter->block;
        if (magic != 0 && magic != VRRL_RECORD_MAGIC) {
            iter->expected = magic;
            return STK_E_CORRUPT;
        }
        step(log, iter);
        if (magic != 0) {
            decode(record, bytes, place);
            iter->records++;
            return 1;
        }
    }
    return 0;
}

int stk_vrrl_iterate(const struct stk_vrrl *log, struct stk_log_iter *iter, void *buffer, uint32_t buffer_bytes) {
    if (buffer == NULL) {
        return STK_E_ARG;
    }
    if (buffer_bytes < STK_VRRL_RECORD_BYTES) {
        return STK_E_SPACE;
    }
    *iter = (struct stk_log_iter){.next = next_record,
                                  .source = log,
                                  .buffer = buffer,
                                  .buffer_bytes = buffer_bytes,
                                  .block = log->cursor,
                                  .left = log->capacity,
                                  .erases = log->appended};
    return STK_OK;
}

void stk_vrrl_where(const struct stk_log_iter *iter, struct stk_error_info *info) {
    info->index = iter->block;
    info->value = iter->expected;
}
