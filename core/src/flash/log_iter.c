/* Walks over the cells of the flash log, oldest first. A walk reads only: damaged cells are skipped and counted, never
 * repaired. The walk returns a cell when its checksum has the seed of the block's lap, its sequence is greater than
 * that of the cell before, and the headers allow the sequence in this block. */
#include "log_internal.h"

int stk_log_read(const struct stk_log *log, uint32_t block, uint32_t offset, void *data, uint32_t bytes,
                 uint32_t *reads) {
    uint32_t tries = 2;
    int err;
    do {
        ++*reads;
        err = log->config.flash.ops->read(log->config.flash.ctx, block, offset, data, bytes);
    } while (stk_log_is_unreadable(err) && --tries != 0u);
    return err;
}

uint32_t stk_log_blocks(const struct stk_log *log) {
    return log->lap == 1u ? log->block + 1u : log->geometry.blocks;
}

/* Returns the block at `place`, 0 for the oldest. In the first lap block 0 is the oldest. Later the oldest block is the
 * one behind the block in use. */
static uint32_t block_at(const struct stk_log *log, uint32_t place) {
    uint32_t block = log->lap == 1u ? place : log->block + 1u + place;
    return block >= log->geometry.blocks ? block - log->geometry.blocks : block;
}

/* Returns the lap that the records of `block` must have: the current lap for blocks up to the block in use, and one lap
 * less for the blocks behind it. */
static uint32_t lap_of(const struct stk_log *log, uint32_t block) {
    return block <= log->block ? log->lap : log->lap - 1u;
}

void stk_log_enter_block(struct stk_log_iter *it, uint32_t block) {
    const struct stk_log *log = it->source;
    it->block = block;
    it->seed = stk_log_seed(log, lap_of(log, block));
    it->use = STK_LOG_UNKNOWN;
}

/* Returns what the header says about the block (enum stk_log_use). The buffer of the walk must hold the first bytes of
 * the block. `err` is the result of the read of these bytes: a header that cannot be read counts as lost, since the
 * cells behind it may still be whole, and any other error is returned. */
static int header_tells(const struct stk_log_iter *it, const struct stk_log *log, uint32_t block, int err) {
    if (err != STK_OK && !stk_log_is_unreadable(err)) {
        return err;
    }
    if (err != STK_OK || !stk_log_is_header(it->buffer, log, block)) {
        return STK_LOG_HEADLESS;
    }
    return stk_log_is_use(log, it->buffer, lap_of(log, block)) ? STK_LOG_OURS : STK_LOG_FOREIGN;
}

/* Reads the header of a block into the buffer of the walk. Returns the error of the read, which is for header_tells.
 * The two are apart, so that header_tells has less stack above it. */
static int read_header(struct stk_log_iter *it, const struct stk_log *log, uint32_t block) {
    return stk_log_read(log, block, 0, it->buffer, log->read_granule, &it->reads);
}

/* Sets the range of sequences that the records of the block of the walk can have: from the sequence in the header of
 * the block, and below the sequence in the next header. `use` is enum stk_log_use of the block, or an error, which is
 * returned. Overwrites the buffer of the walk where the next header has to be read. */
static int find_bounds(struct stk_log_iter *it, const struct stk_log *log, int use) {
    uint32_t next = it->block;
    int found = use;
    it->floor = use == STK_LOG_OURS ? stk_log_header_sequence(it->buffer) : log->sequence - (uint32_t)INT32_MAX;
    it->span = UINT32_MAX;
    /* A page of several records whose program failed may hold any of these records, and all of them were written again
     * behind the next header. So a record of the same boot as the next header, or of an earlier boot, must be below the
     * sequence of that header. A page of one cell needs no such bound: its record failed with its append. */
    while (!stk_log_header_alone(log) && next != log->block && use != STK_LOG_FOREIGN && found >= 0) {
        next = stk_log_following(log, next);
        found = header_tells(it, log, next, read_header(it, log, next));
        if (found == STK_LOG_OURS && (int32_t)(stk_log_header_sequence(it->buffer) - it->floor) >= 0) {
            it->span = stk_log_header_sequence(it->buffer) - it->floor;
            it->span_boot = stk_log_header_boot(it->buffer);
            break;
        }
    }
    if (found < 0) {
        return found;
    }
    it->use = (uint32_t)use;
    return STK_OK;
}

/* Compares distances from the floor, not numbers, because sequences wrap around at 2^32. */
int stk_log_belongs(const struct stk_log_iter *it, const uint8_t *cell) {
    const struct stk_log *log = it->source;
    uint32_t place = stk_log_cell_sequence(cell) - it->floor;
    return place < log->sequence - it->floor && (place < it->span || stk_log_cell_boot(cell) > it->span_boot);
}

/* Reads `bytes` bytes of the block of the walk. When the read fails, one bad granule may be to blame, so the function
 * reads one granule alone; a granule that cannot be read alone counts as damaged. Returns STK_OK, or the error of a
 * read that the port refused. */
static int read_some(struct stk_log_iter *it, const struct stk_log *log, uint32_t start, uint32_t bytes, int backward) {
    uint32_t granule = log->read_granule, cells = granule / stk_log_page_bytes(log) * log->page_cells;
    int err;
    it->at = 0;
    do {
        err = stk_log_read(log, it->block, start, it->buffer, bytes, &it->reads);
        if (!stk_log_is_unreadable(err)) {
            break;
        }
        if (bytes == granule) {
            it->bad += cells;
            it->unreadable += cells;
            it->at = bytes;
            err = STK_OK;
        } else {
            start += backward ? bytes - granule : 0u;
            bytes = granule;
        }
    } while (err != STK_OK);
    it->filled = bytes;
    it->offset = start + bytes;
    return err;
}

int stk_log_fill(struct stk_log_iter *it, uint32_t start, uint32_t bytes, int backward) {
    const struct stk_log *log = it->source;
    /* A read from the start of the block brings the header along and saves a read. Where the header shares its page,
     * find_bounds also reads the next header into the same buffer, so the header has to be read first. */
    int with_header = start == 0u && stk_log_header_alone(log), err = STK_OK;
    if (it->use == STK_LOG_UNKNOWN && !with_header) {
        err = find_bounds(it, log, header_tells(it, log, it->block, read_header(it, log, it->block)));
    }
    if (err == STK_OK && it->use != STK_LOG_FOREIGN) {
        err = read_some(it, log, start, bytes, backward);
    }
    if (err == STK_OK && it->use == STK_LOG_UNKNOWN) {
        err = find_bounds(it, log, header_tells(it, log, it->block, it->at == 0u ? STK_OK : STK_E_IO));
    }
    if (err == STK_OK && it->use == STK_LOG_FOREIGN) { /* no cell of the block counts: takes all bytes as looked at */
        it->at = it->filled = bytes;
        it->offset = start + bytes;
    } else if (err != STK_OK) { /* keeps the place of the walk, so that the caller may try the call again */
        it->at = it->filled = 0;
        it->offset = start + (backward ? bytes : 0u);
    }
    return err;
}

/* Moves the walk over one cell, and over the unused bytes behind the last cell of a page. */
static void step(struct stk_log_iter *it, const struct stk_log *log) {
    uint32_t rest = stk_log_rest(log);
    it->at += STK_LOG_CELL_BYTES;
    if ((it->at + rest) % stk_log_page_bytes(log) == 0u) {
        it->at += rest;
    }
}

/* Makes sure that a cell that was not looked at yet is in the buffer. Returns 1; 0 at the end of the walk; or the error
 * of a read that the port refused. */
static int more(struct stk_log_iter *it, const struct stk_log *log) {
    uint32_t used = stk_log_used_bytes(log);
    int err = STK_OK;
    while (it->at == it->filled && err == STK_OK) {
        uint32_t left;
        if (it->offset == used) {
            if (it->left == 0u) {
                return 0;
            }
            it->left--;
            stk_log_enter_block(it, stk_log_following(log, it->block));
            it->offset = 0;
        }
        left = used - it->offset;
        err = stk_log_fill(it, it->offset, left < it->buffer_bytes ? left : it->buffer_bytes, 0);
    }
    return err == STK_OK ? 1 : err;
}

/* Updates the counters with what the walk passed since the record before. Missing sequences are lost records. Damaged
 * cells beyond the missing sequences held no record: a cut ended their program, or recovery marked them. In front of
 * the first record of a boot missing sequences do not count, because a mount leaves sequences out. */
static void count(struct stk_log_iter *it, const uint8_t *cell) {
    uint32_t sequence = stk_log_cell_sequence(cell);
    uint32_t missing = it->begun && !stk_log_cell_resumed(cell) ? sequence - it->expected : 0u;
    it->corrupt += missing;
    it->torn += it->bad > missing ? it->bad - missing : 0u;
    it->bad = 0;
    it->begun = 1;
    it->expected = sequence + 1u;
    it->records++;
}

int stk_log_next_cell(struct stk_log_iter *it, struct stk_log_cell *out) {
    const struct stk_log *log = it->source;
    int err = it->erases == log->stats.erases ? 1 : STK_E_STALE;
    while (err == 1 && (err = more(it, log)) == 1) {
        const uint8_t *cell = it->buffer + it->at;
        uint32_t place = it->offset - it->filled + it->at;
        step(it, log);
        if (place == 0u) {
            continue; /* the header */
        }
        if (!stk_log_is_cell(cell, it->seed)) {
            it->bad += stk_log_all(cell, STK_LOG_CELL_BYTES, log->geometry.erased) ? 0u : 1u;
        } else if ((int32_t)(stk_log_cell_sequence(cell) - it->expected) >= 0 && stk_log_belongs(it, cell)) {
            count(it, cell);
            if (out) { /* a seek needs no copy */
                stk_log_get_cell(cell, out);
            }
            return 1;
        }
    }
    if (err == 0) {
        it->torn += it->bad;
        it->bad = 0;
    }
    return err;
}

void stk_log_begin(struct stk_log_iter *it, uint32_t place, uint32_t blocks) {
    const struct stk_log *log = it->source;
    stk_log_enter_block(it, block_at(log, place));
    it->offset = 0;
    it->left = blocks - 1u;
    it->at = 0;
    it->filled = 0;
    /* The smallest sequence that still compares as earlier than the next one: every record of the log is behind it. */
    it->expected = log->sequence - (uint32_t)INT32_MAX;
    it->unreadable = 0;
    stk_log_count_anew(it);
}

int stk_log_check_reader(const struct stk_log *log, const void *buffer, uint32_t buffer_bytes) {
    if (!log->config.flash.ops) {
        return STK_E_SHUTDOWN;
    }
    return !buffer ? STK_E_ARG : buffer_bytes < stk_log_need(log) ? STK_E_SPACE : STK_OK;
}

int stk_log_walk(const struct stk_log *log, struct stk_log_iter *iter, void *buffer, uint32_t buffer_bytes) {
    int err = stk_log_check_reader(log, buffer, buffer_bytes);
    if (err == STK_OK) {
        iter->next = NULL;
        iter->of_flash = 1;
        iter->source = log;
        iter->buffer = buffer;
        iter->buffer_bytes = buffer_bytes - buffer_bytes % log->read_granule;
        iter->erases = log->stats.erases;
        iter->reads = 0;
        stk_log_begin(iter, 0, stk_log_blocks(log));
    }
    return err;
}
