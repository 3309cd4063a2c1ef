/* Walks the flash log backwards, places a walk at the newest records, and counts records. log_iter.c walks forwards and
 * has the reads that both directions share. */
#include "log_internal.h"

/* Moves the walk to the end of the block before. Returns 0 when the walk is in the oldest block already. */
static int block_before(struct stk_log_iter *it, const struct stk_log *log) {
    if (it->left + 1u == stk_log_blocks(log)) {
        return 0;
    }
    it->left++;
    stk_log_enter_block(it, stk_log_preceding(log, it->block));
    it->offset = stk_log_used_bytes(log);
    it->filled = 0;
    it->at = 0;
    return 1;
}

/* Makes sure that cells that were not looked at yet are in the buffer before the place of the walk. Returns 1; 0 at the
 * oldest cell; or the error of a read that the port refused. */
static int more_before(struct stk_log_iter *it, const struct stk_log *log) {
    int err = STK_OK;
    while (it->at == 0u && err == STK_OK) {
        uint32_t start = it->offset - it->filled, bytes = start < it->buffer_bytes ? start : it->buffer_bytes;
        if (start != 0u) {
            err = stk_log_fill(it, start - bytes, bytes, 1);
            /* stk_log_fill has set `at` for a walk forwards: 0, or `filled` where nothing is to be looked at. Backwards
             * the two ends change places. */
            it->at = it->at == it->filled ? 0u : it->filled;
        } else if (!block_before(it, log)) {
            it->filled = it->offset = 0; /* a walk forwards from here begins with the header of the block */
            return 0;
        }
    }
    return err == STK_OK ? 1 : err;
}

int stk_log_prev_cell(struct stk_log_iter *it, struct stk_log_cell *out) {
    const struct stk_log *log = it->source;
    int err = it->erases == log->stats.erases ? 1 : STK_E_STALE;
    while (err == 1 && (err = more_before(it, log)) == 1) {
        const uint8_t *cell;
        it->at = stk_log_before(it, log);
        cell = it->buffer + it->at;
        /* The cell at byte 0 of a block is the header. Each sequence must be smaller than the one returned before. */
        if (it->offset - it->filled + it->at != 0u && stk_log_is_cell(cell, it->seed) &&
            (int32_t)(stk_log_cell_sequence(cell) - it->expected) < 0 && stk_log_belongs(it, cell)) {
            stk_log_get_cell(cell, out);
            it->expected = out->sequence;
            it->begun = 0;
            return 1;
        }
    }
    return err;
}

int stk_log_prev(struct stk_log_iter *iter, struct stk_log_record *record) {
    struct stk_log_cell cell;
    int found = iter->of_flash ? stk_log_prev_cell(iter, &cell) : STK_E_UNSUPPORTED;
    if (found == 1) {
        stk_log_get_record(&cell, record);
    }
    return found;
}

int stk_log_seek_end(struct stk_log_iter *iter) {
    const struct stk_log *log = iter->source;
    if (!iter->of_flash) {
        return STK_E_UNSUPPORTED;
    }
    if (iter->erases != log->stats.erases) {
        return STK_E_STALE;
    }
    stk_log_begin(iter, stk_log_blocks(log) - 1u, 1);
    iter->offset = stk_log_used_bytes(log);
    iter->expected = log->sequence;
    return STK_OK;
}

int stk_log_seek_last(struct stk_log_iter *iter, uint32_t records) {
    struct stk_log_cell cell;
    int found = stk_log_seek_end(iter);
    /* One step back for each record: the sequences have gaps, so the place of a record cannot be computed. */
    if (found == STK_OK) {
        for (found = 1; records != 0u && found == 1; records--) {
            found = stk_log_prev_cell(iter, &cell);
        }
        iter->bad = 0;
        iter->unreadable = 0;
    }
    return found < 0 ? found : STK_OK;
}

int stk_log_count(struct stk_log_iter *iter, uint32_t *records) {
    struct stk_log_cell cell;
    int found = iter->of_flash ? 1 : STK_E_UNSUPPORTED;
    if (found == 1) {
        stk_log_begin(iter, 0, stk_log_blocks(iter->source));
        while (found == 1) {
            found = stk_log_next_cell(iter, &cell);
        }
        *records = iter->records;
    }
    return found;
}
