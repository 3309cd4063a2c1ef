/* Finding the end of the flash log. Blocks are used in order, and each use of a block has its lap in the header: the
 * blocks from 0 to the newest have one lap, those behind it the lap before. So the newest block is found by halving,
 * and so is its first blank page, since pages are used in order too. */
#include "log_parts.h"

enum block_state {
    DAMAGED = -1,
    BLANK = 0,
    USED = 1 /* its header is whole, and at the beginning of the log's buffer */
};

/* `cells` cells of a block in the log's buffer; NULL when they cannot be read. */
static const uint8_t *peek(struct stk_log *log, uint32_t block, uint32_t cell, uint32_t cells) {
    uint32_t mask = log->geometry.read_unit - 1u, offset = cell * STK_LOG_CELL_BYTES;
    uint32_t start = offset & ~mask, end = (offset + cells * STK_LOG_CELL_BYTES + mask) & ~mask;
    log->stats.mount_reads++;
    if (log->config.flash->read(log->config.flash_ctx, block, start, log->config.buffer, end - start) != STK_OK) {
        return NULL;
    }
    return (const uint8_t *)log->config.buffer + (offset - start);
}

/* Cells that are looked at in one read: a page, or two where the buffer surely holds them. */
static uint32_t span(const struct stk_log *log) {
    return stk_log_header_alone(log) && log->geometry.read_unit <= STK_LOG_CELL_BYTES ? 2u : log->page_cells;
}

/* Is the page at `cell` blank, and the next one too? A page that a power cut left unsure may read blank today, but what
 * follows it does not: a marker, where anything does. `p` is its span when that was read already, else NULL. */
static int blank_from(struct stk_log *log, uint32_t block, uint32_t cell, const uint8_t *p) {
    uint32_t left = log->block_cells - cell, n;
    left = left < 2u * log->page_cells ? left : 2u * log->page_cells;
    for (; left != 0u; left -= n) {
        n = left < span(log) ? left : span(log);
        p = p ? p : peek(log, block, cell, n);
        if (!p || !stk_log_all(p, n * STK_LOG_CELL_BYTES, log->geometry.erased)) {
            return 0;
        }
        p = NULL;
        cell += n;
    }
    return 1;
}

static enum block_state look(struct stk_log *log, uint32_t block) {
    const uint8_t *first = peek(log, block, 0, span(log));
    const uint8_t *cell = first ? first : peek(log, block, 0, 1); /* what is behind the header may be to blame */
    if (cell && stk_log_is_header(cell, log, block)) {
        return USED;
    }
    return first && blank_from(log, block, 0, first) ? BLANK : DAMAGED;
}

/* The newest block so far is one at which `look` was last. */
static void take_block(struct stk_log *log, uint32_t block) {
    log->block = block;
    log->lap = stk_log_header_lap(log->config.buffer);
    log->sequence = stk_log_header_sequence(log->config.buffer);
}

/* Is the header that `look` found of this log? */
static int is_of_log(const struct stk_log *log) {
    return stk_log_header_id(log->config.buffer) == log->id;
}

/* Returns 1 when the header that look() read belongs to this log and its lap is `lap` or later. Laps wrap around, so
 * each of three blocks may be later than the one before, and a search that follows them would not end. So a lap before
 * `first`, the lap of the first block found, does not count: the laps that are left lie within half of all numbers,
 * where "later" is an order. */
static int not_before(const struct stk_log *log, uint32_t lap, uint32_t first) {
    uint32_t found = stk_log_header_lap(log->config.buffer);
    return is_of_log(log) && (int32_t)(found - lap) >= 0 && (int32_t)(found - first) >= 0;
}

/* Halves what lies behind the newest block so far. A damaged header counts as old: look_past mends that. */
static void halve(struct stk_log *log, uint32_t first) {
    uint32_t end = log->geometry.blocks;
    while (end - log->block > 1u) {
        uint32_t middle = log->block + (end - log->block) / 2u;
        if (look(log, middle) == USED && not_before(log, log->lap, first)) {
            take_block(log, middle);
        } else {
            end = middle;
        }
    }
}

/* Cells of the pages of the block in use that were begun, its header's among them. */
static uint32_t cells_used(struct stk_log *log) {
    uint32_t page = log->page_cells, low = 0, high = log->block_cells, middle = page;
    /* The second page is asked first: that is all that a block which was made ready ahead takes. */
    while (high - low > page) {
        if (blank_from(log, log->block, middle, NULL)) {
            high = middle;
        } else {
            low = middle;
        }
        middle = low + ((high - low) / 2u & ~(page - 1u));
    }
    return high;
}

enum last_record {
    NONE,
    OLDER, /* than the log's sequence when it was looked for */
    NEWER
};

/* Looks for the last whole record in the first `cells` cells of the block in use, page by page. The log goes on
 * behind its page, or the header's, and behind its sequence. */
static enum last_record find_last(struct stk_log *log, uint32_t cells) {
    while (cells != 0u) {
        const uint8_t *page = peek(log, log->block, cells - log->page_cells, log->page_cells);
        log->cell = cells;
        cells -= log->page_cells;
        for (uint32_t at = page ? stk_log_page_bytes(log) : 0u; at != 0u;) {
            at -= STK_LOG_CELL_BYTES;
            if (stk_log_is_record(page + at, log)) {
                uint32_t sequence = stk_log_record_sequence(page + at);
                if ((int32_t)(sequence - log->sequence) < 0) {
                    return OLDER;
                }
                log->sequence = sequence + 1u;
                return NEWER;
            }
        }
    }
    return NONE;
}

/* Goes to the block at `at`, whose header is damaged, when its records are newer than those before the newest block
 * so far. */
static int take_damaged(struct stk_log *log, uint32_t at, uint32_t lap) {
    uint32_t newest = log->block, sequence = log->sequence;
    log->block = at;
    if (find_last(log, cells_used(log)) == NEWER) {
        log->lap = lap;
        return 1;
    }
    log->block = newest;
    log->sequence = sequence;
    return 0;
}

/* A block that could not be erased keeps an old header, and any block may have a damaged one; both may have led the
 * search astray: looks behind the block found. 1 when a newer one was there, which is then the newest so far. */
static int look_past(struct stk_log *log, uint32_t first) {
    uint32_t old = 0, at = log->block, lap = log->lap;
    for (uint32_t i = 1; i < log->geometry.blocks && old < STK_LOG_RUN; i++) {
        enum block_state state;
        if (++at == log->geometry.blocks) {
            at = 0;
            lap++;
        }
        state = look(log, at);
        /* A damaged block right before the newest is not taken: its records may be newer than a header that was written
         * ahead. */
        if (state != DAMAGED) {
            if (state == USED && not_before(log, lap, first)) {
                take_block(log, at);
                return 1;
            }
            old++;
        } else if (old == 0u && i + 1u < log->geometry.blocks && take_damaged(log, at, lap)) {
            return 1;
        }
    }
    return 0;
}

/* Finds the first block with a whole header, and from there the newest block. Each turn ends at a later block than the
 * turn before, so there are no more turns than blocks. The turns are counted all the same, because a faulty medium may
 * return another header at each read. */
static int find_newest(struct stk_log *log) {
    uint32_t blocks = log->geometry.blocks, n, first;
    for (n = 0; look(log, n) != USED;) {
        if (++n == blocks) {
            return STK_E_FORMAT;
        }
    }
    log->id = stk_log_header_id(log->config.buffer);
    take_block(log, n);
    for (first = log->lap; blocks != 0u; blocks--) {
        halve(log, first);
        if (!look_past(log, first)) {
            break;
        }
    }
    return STK_OK;
}

/* May the log go on in the block that was in use? Not where a page that was begun may not be touched. */
static int goes_on(const struct stk_log *log) {
    return log->geometry.rewrite != STK_FLASH_ONCE;
}

/* Where it may, is the page that it goes on with unsure? */
static int leaves_doubt(const struct stk_log *log) {
    return goes_on(log) && log->geometry.rewrite != STK_FLASH_ANY;
}

/* Goes to the block before the one in use. Returns how many of its cells are used, 0 when that cannot be told. */
static uint32_t step_back(struct stk_log *log) {
    if (log->block == 0u) {
        log->block = log->geometry.blocks;
        log->lap--;
    }
    log->block--;
    return look(log, log->block) == USED && is_of_log(log) && stk_log_header_lap(log->config.buffer) == log->lap
               ? cells_used(log)
               : 0u;
}

/* The newest block, of which `cells` are used, has no record. It was made ready ahead, or a power cut ended its first
 * program: the block before it is the one in use, and it is made ready again, unless it is blank and its first pages
 * may be marked. So is every block without a record before it, where marks may not be. Returns the cells used of the
 * block in use. */
static uint32_t look_before(struct stk_log *log, uint32_t cells) {
    uint32_t newest = log->block, used = cells;
    log->sequence += cells;
    do {
        if (log->lap == 1u && log->block == 0u) {
            return used; /* nothing is before it */
        }
        used = step_back(log);
    } while (used == 1u && !goes_on(log) && log->block != newest);
    (void)find_last(log, used ? used : log->block_cells);
    if (used == 0u) {
        log->sequence += log->block_cells;
        used = log->cell = log->block_cells;
    }
    log->ahead = newest;
    log->ready = cells == 1u && goes_on(log);
    log->found = log->ready && leaves_doubt(log) ? 1u + STK_LOG_UNSURE : 0u;
    return used;
}

int stk_log_mount(struct stk_log *log, const struct stk_log_config *config) {
    uint32_t end;
    int err = stk_log_open(log, config);
    if (err == STK_OK) {
        err = find_newest(log);
    }
    if (err != STK_OK) {
        log->config.flash = NULL;
        return err;
    }
    end = cells_used(log);
    if (find_last(log, end) == NONE) {
        end = look_before(log, end);
    }
    /* Any cell behind the last record may turn out to be one after all, so none of their numbers is given again. */
    log->sequence += end - log->cell + log->page_cells - 1u;
    if (!goes_on(log)) {
        log->sequence += log->block_cells - end;
        log->cell = log->block_cells;
    } else if (leaves_doubt(log)) {
        end += STK_LOG_UNSURE * log->page_cells;
        log->unsure = end < log->block_cells ? end : log->block_cells;
    } else {
        log->cell = end;
    }
    log->resumed = 1;
    return STK_OK;
}
