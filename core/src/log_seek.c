/* What a log has beside recording and reading, apart, since a recorder needs none of it. */
#include "log_parts.h"

static int before(const struct stk_log_record *r, uint64_t time, const uint32_t *sequence) {
    return sequence ? (int32_t)(r->sequence - *sequence) < 0 : r->timestamp_ns < time;
}

/* The last block that begins before the target may hold it, and no block before that one can. A block without a
 * record tells nothing, so the next is asked. */
static int seek(struct stk_log_iter *it, uint64_t time, const uint32_t *sequence) {
    uint32_t low = 0, all, high;
    struct stk_log_record record;
    int found;
    if (it->next != stk_log_next_cell) {
        return STK_E_UNSUPPORTED;
    }
    all = high = stk_log_blocks(it->source);
    while (high - low > 1u) {
        uint32_t middle = low + (high - low) / 2u, at = middle;
        do {
            stk_log_begin(it, at, 1);
            found = stk_log_next_cell(it, &record);
        } while (found == 0 && ++at < high);
        if (found == 1 && before(&record, time, sequence)) {
            low = at;
        } else {
            high = middle;
        }
    }
    stk_log_begin(it, low, all - low);
    do {
        found = stk_log_next_cell(it, &record);
    } while (found == 1 && before(&record, time, sequence));
    if (found == 1) {
        it->at -= STK_LOG_CELL_BYTES; /* it is returned next */
        it->expected = record.sequence;
    }
    it->begun = 0;
    it->records = 0;
    it->corrupt = 0;
    it->torn = 0;
    return found < 0 ? found : STK_OK;
}

int stk_log_seek_sequence(struct stk_log_iter *iter, uint32_t sequence) {
    return seek(iter, 0, &sequence);
}

int stk_log_seek_time(struct stk_log_iter *iter, uint64_t timestamp_ns) {
    return seek(iter, timestamp_ns, NULL);
}

int stk_log_block(const struct stk_log *log, uint32_t block, void *buffer, uint32_t buffer_bytes,
                  struct stk_log_block *out) {
    int err = stk_log_check_reader(log, buffer, buffer_bytes);
    if (err == STK_OK && block >= log->geometry.blocks) {
        err = STK_E_RANGE;
    }
    if (err == STK_OK) {
        err = log->config.flash->read(log->config.flash_ctx, block, 0, buffer, stk_log_read_unit(log));
    }
    if (err == STK_OK && (!stk_log_is_header(buffer, log, block) || stk_log_header_id(buffer) != log->id)) {
        err = STK_E_FORMAT;
    }
    if (err == STK_OK) {
        out->lap = stk_log_header_lap(buffer);
        out->sequence = stk_log_header_sequence(buffer);
    }
    return err;
}

uint64_t stk_log_capacity(const struct stk_flash_geometry *geometry) {
    if (stk_log_check_geometry(geometry) != STK_OK) {
        return 0;
    }
    return (uint64_t)(geometry->blocks - 2u) * (geometry->block_bytes / STK_LOG_CELL_BYTES - 1u);
}

void stk_log_stats(const struct stk_log *log, struct stk_log_stats *stats) {
    *stats = log->stats;
}
