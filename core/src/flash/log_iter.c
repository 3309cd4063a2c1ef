/* Reading the flash log: walks over its cells, oldest first. */
#include "log_internal.h"

uint32_t stk_log_blocks(const struct stk_log *log) {
    return log->lap == 1u ? log->block + 1u : log->geometry.blocks;
}

static uint32_t block_at(const struct stk_log *log, uint32_t place) {
    uint32_t block = log->lap == 1u ? place : log->block + 1u + place;
    return block >= log->geometry.blocks ? block - log->geometry.blocks : block;
}

/* The lap that a block's place in the log asks for. */
static uint32_t lap_of(const struct stk_log *log, uint32_t block) {
    return block <= log->block ? log->lap : log->lap - 1u;
}

void stk_log_enter_block(struct stk_log_iter *it, uint32_t block) {
    const struct stk_log *log = it->source;
    it->block = block;
    it->seed = stk_log_seed(log, lap_of(log, block));
    it->use = STK_LOG_UNKNOWN;
}

/* What the bytes in the walk's buffer, the first of a block, tell of the block. */
static int header_tells(const struct stk_log_iter *it, const struct stk_log *log, uint32_t block) {
    if (!stk_log_is_header(it->buffer, log, block)) {
        return STK_LOG_HEADLESS;
    }
    return stk_log_is_use(log, it->buffer, lap_of(log, block)) ? STK_LOG_OURS : STK_LOG_FOREIGN;
}

/* Reads the header of a block into the walk's buffer. Returns what it tells; an error when the read was refused. */
static int read_header(struct stk_log_iter *it, const struct stk_log *log, uint32_t block) {
    int err = stk_log_read(log, block, 0, it->buffer, log->read_granule, &it->reads);
    if (err == STK_OK) {
        return header_tells(it, log, block);
    }
    return stk_log_is_unreadable(err) ? STK_LOG_HEADLESS : err;
}

/* Finds which numbers the records of the walk's block can have. None has a number before that of the block's header.
 * `use` is what that header tells, or an error, which is returned. */
static int find_bounds(struct stk_log_iter *it, const struct stk_log *log, int use) {
    uint32_t next = it->block;
    int found = use;
    it->floor = use == STK_LOG_OURS ? stk_log_header_sequence(it->buffer) : log->sequence - (uint32_t)INT32_MAX;
    it->span = UINT32_MAX;
    /* A page of several records whose program failed may hold any of them, and all of them were written again behind
     * the next header: so no record of that header's boot reaches its number. */
    while (!stk_log_header_alone(log) && next != log->block && use != STK_LOG_FOREIGN && found >= 0) {
        next = stk_log_following(log, next);
        found = read_header(it, log, next);
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

int stk_log_belongs(const struct stk_log_iter *it, const uint8_t *cell) {
    const struct stk_log *log = it->source;
    uint32_t place = stk_log_cell_sequence(cell) - it->floor;
    return place < log->sequence - it->floor && (place < it->span || stk_log_cell_boot(cell) > it->span_boot);
}

/* Reads bytes of the walk's block. Where the read fails, one granule may be to blame: what cannot be read by itself is
 * damaged. Returns STK_OK, or a read that was refused. */
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
    /* A read from the start of the block brings the header along, where no other header is needed. */
    int with_header = start == 0u && stk_log_header_alone(log), err = STK_OK;
    if (it->use == STK_LOG_UNKNOWN && !with_header) {
        err = find_bounds(it, log, read_header(it, log, it->block));
    }
    if (err == STK_OK && it->use != STK_LOG_FOREIGN) {
        err = read_some(it, log, start, bytes, backward);
    }
    if (err == STK_OK && it->use == STK_LOG_UNKNOWN) {
        err = find_bounds(it, log, it->at == 0u ? header_tells(it, log, it->block) : STK_LOG_HEADLESS);
    }
    if (err == STK_OK && it->use == STK_LOG_FOREIGN) { /* a block of another lap is passed over */
        it->at = it->filled = bytes;
        it->offset = start + bytes;
    } else if (err != STK_OK) { /* the walk stays where it was */
        it->at = it->filled = 0;
        it->offset = start + (backward ? bytes : 0u);
    }
    return err;
}

/* Moves the walk past a cell, and past the bytes behind the last cell of a page. */
static void step(struct stk_log_iter *it, const struct stk_log *log) {
    uint32_t rest = stk_log_rest(log);
    it->at += STK_LOG_CELL_BYTES;
    if ((it->at + rest) % stk_log_page_bytes(log) == 0u) {
        it->at += rest;
    }
}

/* Goes on to bytes that were not looked at yet. 1; 0 at the end; a read that was refused. */
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

/* Counts what came before a record. */
static void count(struct stk_log_iter *it, const struct stk_log_cell *cell) {
    uint32_t missing = it->begun && !cell->resumed ? cell->sequence - it->expected : 0u;
    it->corrupt += missing;
    it->torn += it->bad > missing ? it->bad - missing : 0u;
    it->bad = 0;
    it->begun = 1;
    it->expected = cell->sequence + 1u;
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
            stk_log_get_cell(cell, out);
            count(it, out);
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
    it->expected = log->sequence - (uint32_t)INT32_MAX;
    it->unreadable = 0;
    stk_log_count_anew(it);
}

int stk_log_check_reader(const struct stk_log *log, const void *buffer, uint32_t buffer_bytes) {
    if (!log->config.flash.ops) {
        return STK_E_SHUTDOWN;
    }
    return !buffer ? STK_E_ARG : buffer_bytes < STK_LOG_CELL_BYTES + log->read_granule ? STK_E_SPACE : STK_OK;
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
