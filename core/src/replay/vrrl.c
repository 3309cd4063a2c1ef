/* stoker: replay log files of version 1, the format of the reference: makes, opens and appends. The walk over records
 * is in vrrl_walk.c. The format has no checksum and rewrites its header in place, so it does not survive a power cut in
 * general (SPEC.md, 7.3); core/src/flash has the log that does. */
#include "base/error_info.h"
#include "base/memory.h"
#include "vrrl_internal.h"

int stk_vrrl_bytes(uint64_t capacity, uint32_t *bytes) {
    if (capacity == 0) {
        return STK_E_ARG;
    }
    if (capacity > STK_VRRL_CAPACITY_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = STK_VRRL_BYTES(capacity);
    return STK_OK;
}

/// Make and open ///

/* Checks that the medium can hold this format, and begins *log. Records and header are rewritten in place, byte by
 * byte: that takes a medium without erase before program, with units of one byte, and one block as the whole file. */
static int attach(struct stk_vrrl *log, const struct stk_flash_port *flash, struct stk_flash_geometry *geometry) {
    if (flash == NULL || flash->ops == NULL || flash->ops->geometry == NULL || flash->ops->read == NULL ||
        flash->ops->prog == NULL || flash->ops->erase == NULL) {
        return STK_E_ARG;
    }
    flash->ops->geometry(flash->ctx, geometry);
    if (geometry->rewrite != STK_FLASH_ANY || geometry->read_unit != 1 || geometry->prog_unit != 1 ||
        geometry->blocks != 1) {
        return STK_E_UNSUPPORTED;
    }
    *log = (struct stk_vrrl){.flash = *flash, .bytes = geometry->block_bytes};
    return STK_OK;
}

/* Writes the whole header, as the reference does. A power cut within it can leave a mixture of two cursors. Such a
 * cursor is below the capacity or is taken modulo it, so the log still opens, but a walk begins at the wrong place. The
 * format has no remedy. */
static int write_header(const struct stk_vrrl *log, uint32_t cursor) {
    uint8_t header[STK_VRRL_HEADER_BYTES];
    stk_put32(header + VRRL_H_MAGIC, VRRL_MAGIC_LO);
    stk_put32(header + VRRL_H_MAGIC + 4, VRRL_MAGIC_HI);
    stk_put32(header + VRRL_H_VERSION, VRRL_VERSION);
    stk_put32(header + VRRL_H_FLAGS, log->flags);
    stk_put64(header + VRRL_H_CAPACITY, log->capacity);
    stk_put64(header + VRRL_H_CURSOR, cursor);
    return log->flash.ops->prog(log->flash.ctx, 0, 0, header, sizeof header);
}

/* Makes all records empty, which is zeros. An erase does that where erased bytes are 0. Elsewhere the zeros are
 * written. */
static int clear(const struct stk_vrrl *log, uint8_t erased, uint32_t bytes) {
    static const uint8_t zeros[STK_VRRL_RECORD_BYTES] = {0};
    int err = STK_OK;
    if (erased == 0) {
        return log->flash.ops->erase(log->flash.ctx, 0);
    }
    for (uint32_t at = STK_VRRL_HEADER_BYTES; at < bytes && err == STK_OK; at += STK_VRRL_RECORD_BYTES) {
        err = log->flash.ops->prog(log->flash.ctx, 0, at, zeros, sizeof zeros);
    }
    return err;
}

int stk_vrrl_create(struct stk_vrrl *log, const struct stk_flash_port *flash, uint64_t capacity) {
    struct stk_flash_geometry geometry;
    struct stk_vrrl made;
    uint32_t bytes;
    int err = stk_vrrl_bytes(capacity, &bytes);
    if (err == STK_OK) {
        err = attach(&made, flash, &geometry);
    }
    if (err != STK_OK) {
        return err;
    }
    if (made.bytes < bytes) {
        return STK_E_SPACE;
    }
    made.capacity = (uint32_t)capacity;
    /* The header comes last: the file is a log only when all of its records are empty. */
    err = clear(&made, geometry.erased, bytes);
    if (err == STK_OK) {
        err = write_header(&made, 0);
    }
    if (err == STK_OK) {
        err = stk_vrrl_sync(&made);
    }
    /* The caller's object changes only now, so an error leaves it as it was. */
    if (err == STK_OK) {
        *log = made;
    }
    return err;
}

/* Reads a header into *log. The checks come in the order of SPEC.md, 7.1: magic, version, capacity. On error the info
 * has the byte of the field, and the value found there. */
static int parse_header(struct stk_vrrl *log, const uint8_t *header, struct stk_error_info *info) {
    uint64_t capacity = stk_get64(header + VRRL_H_CAPACITY);
    uint32_t bytes;
    if (stk_get32(header) != VRRL_MAGIC_LO || stk_get32(header + 4) != VRRL_MAGIC_HI) {
        return stk_fail(info, STK_E_FORMAT, VRRL_H_MAGIC, stk_get64(header));
    }
    if (stk_get32(header + VRRL_H_VERSION) != VRRL_VERSION) {
        return stk_fail(info, STK_E_FORMAT, VRRL_H_VERSION, stk_get32(header + VRRL_H_VERSION));
    }
    int err = stk_vrrl_bytes(capacity, &bytes);
    if (err != STK_OK) {
        return stk_fail(info, err, VRRL_H_CAPACITY, capacity);
    }
    log->flags = stk_get32(header + VRRL_H_FLAGS);
    log->capacity = (uint32_t)capacity;
    /* stk_vrrl_bytes() refused a capacity of 0, so the modulo is safe. */
    log->cursor = (uint32_t)(stk_get64(header + VRRL_H_CURSOR) % capacity);
    return STK_OK;
}

int stk_vrrl_open(struct stk_vrrl *log, const struct stk_flash_port *flash, struct stk_error_info *info) {
    struct stk_flash_geometry geometry;
    struct stk_vrrl found;
    uint8_t header[STK_VRRL_HEADER_BYTES];
    int err = attach(&found, flash, &geometry);
    if (err != STK_OK) {
        return err;
    }
    /* Only the header must be there. A file that ends before its last record is no error until such a record is
     * read. */
    if (found.bytes < sizeof header) {
        return stk_fail(info, STK_E_SHORT, found.bytes, 0);
    }
    err = flash->ops->read(flash->ctx, 0, 0, header, sizeof header);
    if (err != STK_OK) {
        return stk_fail(info, err, 0, 0);
    }
    err = parse_header(&found, header, info);
    if (err == STK_OK) {
        *log = found;
    }
    return err;
}

/// Append ///

/* Encodes a record. Of a PUBLISH the tail (status to digest) stays 0, which marks a record without a failure. `error`
 * of a PUBLISH is its priority and does not go into the file: the format has no place for it. */
static void encode(uint8_t *out, const struct stk_log_record *record) {
    memset(out, 0, STK_VRRL_RECORD_BYTES);
    stk_put32(out + VRRL_R_MAGIC, VRRL_RECORD_MAGIC);
    stk_put64(out + VRRL_R_TIMESTAMP, record->timestamp_ns);
    stk_put32(out + VRRL_R_SLOT, record->slot);
    stk_put32(out + VRRL_R_TENANT, record->tenant);
    stk_put32(out + VRRL_R_OPCODE, record->opcode);
    for (uint32_t i = 0; i < STK_LOG_ARGS; i++) {
        stk_put32(out + VRRL_R_ARGS + 4 * i, record->args[i]);
    }
    stk_put32(out + VRRL_R_EPOCH, record->epoch);
    if (record->kind == STK_LOG_FAILURE) {
        stk_put32(out + VRRL_R_STATUS, record->status);
        stk_put32(out + VRRL_R_FAILURE, record->failure);
        stk_put32(out + VRRL_R_ERROR, (uint32_t)record->error);
        stk_put64(out + VRRL_R_DIGEST, record->digest);
    }
}

int stk_vrrl_append(struct stk_vrrl *log, const struct stk_log_record *record) {
    uint8_t bytes[STK_VRRL_RECORD_BYTES];
    uint32_t offset = vrrl_offset(log->cursor), next = (log->cursor + 1) % log->capacity;
    if (record->kind != STK_LOG_PUBLISH && record->kind != STK_LOG_FAILURE) {
        return STK_E_ARG;
    }
    if (record->kind == STK_LOG_FAILURE && record->failure > STK_FAILURE_UNCLASSIFIED) {
        return STK_E_RANGE;
    }
    /* STK_VRRL_CAPACITY_MAX keeps this sum within 32 bits (2^26 bytes and a header). */
    if (log->bytes < offset + STK_VRRL_RECORD_BYTES) {
        return STK_E_SHORT;
    }
    encode(bytes, record);
    /* The record goes before the header that counts it. A power cut between the two leaves a cursor that is one behind:
     * a walk then returns the newest record first, and no record is invented. */
    int err = log->flash.ops->prog(log->flash.ctx, 0, offset, bytes, sizeof bytes);
    if (err == STK_OK) {
        err = write_header(log, next);
    }
    if (err == STK_OK) {
        log->cursor = next;
        log->appended++;
    }
    return err;
}

int stk_vrrl_sync(struct stk_vrrl *log) {
    return log->flash.ops->sync == NULL ? STK_OK : log->flash.ops->sync(log->flash.ctx);
}
