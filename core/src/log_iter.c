/* Reading the flash log. */
#include "log_parts.h"

/* Blocks that may hold records: all, or in the first lap those up to the one in use. The oldest is the first of them. */
static uint32_t blocks_of(const struct stk_log *log) {
    return log->lap == 1u ? log->block + 1u : log->geometry.blocks;
}

static uint32_t block_at(const struct stk_log *log, uint32_t place) {
    uint32_t block = log->lap == 1u ? place : log->block + 1u + place;
    return block >= log->geometry.blocks ? block - log->geometry.blocks : block;
}

static uint32_t unit_of(const struct stk_log *log) {
    return STK_LOG_UNIT_(STK_LOG_CELL_BYTES, log->geometry.read_unit);
}

/* Reads the next bytes of the block. What cannot be read is damaged. */
static void fill(struct stk_log_iter *it, const struct stk_log *log) {
    uint32_t unit = unit_of(log), left = log->geometry.block_bytes - it->offset, bytes = it->buffer_bytes;
    const struct stk_flash_ops *f = log->config.flash;
    bytes = bytes < left ? bytes : left;
    it->at = 0;
    if (f->read(log->config.flash_ctx, it->block, it->offset, it->buffer, bytes) != STK_OK) {
        bytes = unit; /* one unit may be to blame: the others are read by themselves */
        if (f->read(log->config.flash_ctx, it->block, it->offset, it->buffer, bytes) != STK_OK) {
            it->bad += unit / STK_LOG_CELL_BYTES;
            it->at = unit;
        }
    }
    it->filled = bytes;
    it->offset += bytes;
}

/* The block's first bytes were read: passes over the header, and over a block that is blank or was last used in another lap. */
static void pass_header(struct stk_log_iter *it, const struct stk_log *log) {
    uint32_t lap = it->block <= log->block ? log->lap : log->lap - 1u;
    struct stk_log_header header;
    if (it->at != 0u) {
        return; /* it cannot be read: its records tell for themselves */
    }
    it->at = STK_LOG_CELL_BYTES;
    if (stk_log_get_header(it->buffer, &log->geometry, it->block, &header)
            ? header.lap != lap || header.id != log->id
            : stk_log_all(it->buffer, STK_LOG_CELL_BYTES, log->geometry.erased)) {
        it->offset = log->geometry.block_bytes;
        it->at = it->filled;
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

/* Is it the next record, or one after it? A copy of a record that had to move, and what an earlier lap left, are not. */
static int follows(const struct stk_log_iter *it, const struct stk_log *log, uint32_t sequence) {
    return (int32_t)(sequence - it->expected) >= 0 && (int32_t)(log->sequence - 1u - sequence) >= 0;
}

static void count(struct stk_log_iter *it, const struct stk_log_record *record) {
    uint32_t missing = it->begun && !record->resumed ? record->sequence - it->expected : 0u;
    it->corrupt += missing;
    it->torn += it->bad > missing ? it->bad - missing : 0u;
    it->bad = 0;
    it->begun = 1;
    it->expected = record->sequence + 1u;
    it->records++;
}

static int next(struct stk_log_iter *it, struct stk_log_record *record) {
    const struct stk_log *log = it->source;
    struct stk_log_record r;
    if (it->erases != log->stats.erases) {
        return STK_E_AGAIN;
    }
    while (more(it, log)) {
        const uint8_t *cell = it->buffer + it->at;
        it->at += STK_LOG_CELL_BYTES;
        if (stk_log_get_record(cell, log->id, &r)) {
            if (follows(it, log, r.sequence)) {
                count(it, &r);
                *record = r;
                return 1;
            }
        } else if (!stk_log_all(cell, STK_LOG_CELL_BYTES, log->geometry.erased)) {
            it->bad++;
        }
    }
    it->torn += it->bad;
    it->bad = 0;
    return 0;
}

int stk_log_next(struct stk_log_iter *iter, struct stk_log_record *record) {
    return iter->next(iter, record);
}

/* From the block at `place` of those that may hold records, `blocks` of them. */
static void begin(const struct stk_log *log, struct stk_log_iter *it, uint32_t place, uint32_t blocks) {
    it->block = block_at(log, place);
    it->offset = 0;
    it->left = blocks - 1u;
    it->at = 0;
    it->filled = 0;
    it->bad = 0;
    it->begun = 0;
    it->expected = log->sequence - (uint32_t)INT32_MAX;
    it->records = 0;
    it->corrupt = 0;
    it->torn = 0;
}

static int check(const struct stk_log *log, const void *buffer, uint32_t buffer_bytes) {
    if (!log->config.flash) {
        return STK_E_SHUTDOWN;
    }
    return !buffer ? STK_E_ARG : buffer_bytes < stk_log_buffer_bytes(&log->geometry) ? STK_E_SPACE : STK_OK;
}

int stk_log_iterate(const struct stk_log *log, struct stk_log_iter *iter, void *buffer, uint32_t buffer_bytes) {
    int err = check(log, buffer, buffer_bytes);
    if (err == STK_OK) {
        iter->next = next;
        iter->source = log;
        iter->buffer = buffer;
        iter->buffer_bytes = buffer_bytes - buffer_bytes % unit_of(log);
        iter->erases = log->stats.erases;
        begin(log, iter, 0, blocks_of(log));
    }
    return err;
}

/* What a seek looks for. */
struct target {
    uint64_t time;
    uint32_t sequence;
    int by_time;
};

static int before(const struct stk_log_record *r, const struct target *t) {
    return t->by_time ? r->timestamp_ns < t->time : (int32_t)(r->sequence - t->sequence) < 0;
}

/* Is the first record of the blocks from `place` up to `end` before the target? A block without a record tells nothing, so the
 * next is asked; `place` becomes the one that answered. */
static int begins_before(const struct stk_log *log, struct stk_log_iter *it, uint32_t *place, uint32_t end,
                         const struct target *t) {
    struct stk_log_record record;
    for (uint32_t at = *place; at < end; at++) {
        begin(log, it, at, 1);
        if (next(it, &record) == 1) {
            *place = at;
            return before(&record, t);
        }
    }
    return 0;
}

/* The last block that begins before the target may hold it, and no block before that one can. */
static int seek(const struct stk_log *log, struct stk_log_iter *it, const struct target *t) {
    uint32_t low = 0, high = blocks_of(log), all = high;
    struct stk_log_record record;
    while (high - low > 1u) {
        uint32_t middle = low + (high - low) / 2u, at = middle;
        if (begins_before(log, it, &at, high, t)) {
            low = at;
        } else {
            high = middle;
        }
    }
    begin(log, it, low, all - low);
    while (next(it, &record) == 1) {
        if (!before(&record, t)) {
            it->at -= STK_LOG_CELL_BYTES; /* it is returned next */
            it->expected = record.sequence;
            break;
        }
    }
    it->begun = 0;
    it->records = 0;
    it->corrupt = 0;
    it->torn = 0;
    return STK_OK;
}

int stk_log_seek_sequence(const struct stk_log *log, struct stk_log_iter *iter, void *buffer, uint32_t buffer_bytes,
                          uint32_t sequence) {
    const struct target target = {.sequence = sequence};
    int err = stk_log_iterate(log, iter, buffer, buffer_bytes);
    return err == STK_OK ? seek(log, iter, &target) : err;
}

int stk_log_seek_time(const struct stk_log *log, struct stk_log_iter *iter, void *buffer, uint32_t buffer_bytes,
                      uint64_t timestamp_ns) {
    const struct target target = {.time = timestamp_ns, .by_time = 1};
    int err = stk_log_iterate(log, iter, buffer, buffer_bytes);
    return err == STK_OK ? seek(log, iter, &target) : err;
}

int stk_log_block(const struct stk_log *log, uint32_t block, void *buffer, uint32_t buffer_bytes,
                  struct stk_log_block *out) {
    int err = check(log, buffer, buffer_bytes);
    struct stk_log_header header;
    if (err != STK_OK) {
        return err;
    }
    if (block >= log->geometry.blocks) {
        return STK_E_RANGE;
    }
    if (log->config.flash->read(log->config.flash_ctx, block, 0, buffer, unit_of(log)) != STK_OK) {
        return STK_E_IO;
    }
    if (!stk_log_get_header(buffer, &log->geometry, block, &header) || header.id != log->id) {
        return STK_E_FORMAT;
    }
    *out = (struct stk_log_block){header.lap, header.sequence};
    return STK_OK;
}
