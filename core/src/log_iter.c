/* Reading the flash log. */
#include "log_parts.h"

uint32_t stk_log_blocks(const struct stk_log *log) {
    return log->lap == 1u ? log->block + 1u : log->geometry.blocks;
}

static uint32_t block_at(const struct stk_log *log, uint32_t place) {
    uint32_t block = log->lap == 1u ? place : log->block + 1u + place;
    return block >= log->geometry.blocks ? block - log->geometry.blocks : block;
}

/* Reads the next bytes of the block. Where that fails, one unit may be to blame: what cannot be read by itself is
 * damaged. */
static void fill(struct stk_log_iter *it, const struct stk_log *log) {
    uint32_t unit = stk_log_read_unit(log), bytes = log->geometry.block_bytes - it->offset;
    bytes = it->buffer_bytes < bytes ? it->buffer_bytes : bytes;
    it->at = 0;
    while (log->config.flash->read(log->config.flash_ctx, it->block, it->offset, it->buffer, bytes) != STK_OK) {
        if (bytes == unit) {
            it->bad += unit / STK_LOG_CELL_BYTES;
            it->at = unit;
            break;
        }
        bytes = unit;
    }
    it->filled = bytes;
    it->offset += bytes;
}

/* The block's first bytes were read: passes over the header, and over a block that was last used in another lap.
 * Where the header cannot be read, the records tell for themselves. */
static void pass_header(struct stk_log_iter *it, const struct stk_log *log) {
    uint32_t lap = it->block <= log->block ? log->lap : log->lap - 1u;
    if (it->at == 0u) {
        it->at = STK_LOG_CELL_BYTES;
        if (stk_log_is_header(it->buffer, log, it->block) &&
            (stk_log_header_lap(it->buffer) != lap || stk_log_header_id(it->buffer) != log->id)) {
            it->offset = log->geometry.block_bytes;
            it->at = it->filled;
        }
    }
}

/* Goes on to bytes that were not looked at yet. 0 at the end. */
static int more(struct stk_log_iter *it, const struct stk_log *log) {
    while (it->at == it->filled) {
        if (it->offset == log->geometry.block_bytes) {
            if (it->left == 0u) {
                return 0;
            }
            it->left--;
            it->block = it->block + 1u == log->geometry.blocks ? 0u : it->block + 1u;
            it->offset = 0;
        }
        fill(it, log);
        if (it->offset == it->filled) {
            pass_header(it, log);
        }
    }
    return 1;
}

/* Is it the next record, or one after it? A copy of a record that had to move is not, nor what an earlier lap left. */
static int follows(const struct stk_log_iter *it, const struct stk_log *log, uint32_t sequence) {
    return (int32_t)(sequence - it->expected) >= 0 && (int32_t)(log->sequence - 1u - sequence) >= 0;
}

/* Counts what came before a record. */
static void count(struct stk_log_iter *it, const struct stk_log_record *record) {
    uint32_t missing = it->begun && !record->resumed ? record->sequence - it->expected : 0u;
    it->corrupt += missing;
    it->torn += it->bad > missing ? it->bad - missing : 0u;
    it->bad = 0;
    it->begun = 1;
    it->expected = record->sequence + 1u;
    it->records++;
}

int stk_log_next_cell(struct stk_log_iter *it, struct stk_log_record *record) {
    const struct stk_log *log = it->source;
    if (it->erases != log->stats.erases) {
        return STK_E_AGAIN;
    }
    while (more(it, log)) {
        const uint8_t *cell = it->buffer + it->at;
        it->at += STK_LOG_CELL_BYTES;
        if (!stk_log_is_record(cell, log)) {
            it->bad += stk_log_all(cell, STK_LOG_CELL_BYTES, log->geometry.erased) ? 0u : 1u;
        } else if (follows(it, log, stk_log_record_sequence(cell))) {
            stk_log_get_record(cell, record);
            count(it, record);
            return 1;
        }
    }
    it->torn += it->bad;
    it->bad = 0;
    return 0;
}

int stk_log_next(struct stk_log_iter *iter, struct stk_log_record *record) {
    return iter->next(iter, record);
}

void stk_log_begin(struct stk_log_iter *it, uint32_t place, uint32_t blocks) {
    const struct stk_log *log = it->source;
    it->block = block_at(log, place);
    it->offset = 0;
    it->left = blocks - 1u;
    it->at = 0;
    it->filled = 0;
    it->expected = log->sequence - (uint32_t)INT32_MAX;
    it->bad = 0;
    it->begun = 0;
    it->records = 0;
    it->corrupt = 0;
    it->torn = 0;
}

int stk_log_check_reader(const struct stk_log *log, const void *buffer, uint32_t buffer_bytes) {
    if (!log->config.flash) {
        return STK_E_SHUTDOWN;
    }
    return !buffer ? STK_E_ARG : buffer_bytes < stk_log_buffer_bytes(&log->geometry) ? STK_E_SPACE : STK_OK;
}

int stk_log_iterate(const struct stk_log *log, struct stk_log_iter *iter, void *buffer, uint32_t buffer_bytes) {
    int err = stk_log_check_reader(log, buffer, buffer_bytes);
    if (err == STK_OK) {
        iter->next = stk_log_next_cell;
        iter->source = log;
        iter->buffer = buffer;
        iter->buffer_bytes = buffer_bytes & ~(stk_log_read_unit(log) - 1u);
        iter->erases = log->stats.erases;
        stk_log_begin(iter, 0, stk_log_blocks(log));
    }
    return err;
}
