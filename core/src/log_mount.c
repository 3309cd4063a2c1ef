/* Finding the end of the flash log. Blocks are used in the order of their index, and each use of a block has its lap in
 * the header: the blocks from 0 to the newest have one lap, those behind it the lap before. So the newest block is found by
 * halving, and so is its first blank page, since pages are used in order too. Blocks that failed break the first rule. So
 * halving only proposes a block, and a look at the blocks behind it decides. */
#include "log_parts.h"

/* What a look at a block found. */
enum look {
    NOTHING,    /* no header, and no cell of the lap that its place asks for */
    UNREADABLE, /* the medium gives back neither the header nor the page behind it */
    CELLS,      /* the header is lost, and a cell of that lap is there */
    HEADER      /* a header of this place, at the start of the log's buffer: of any log and lap */
};

/* The block that the search is at is log->block, its lap log->lap. */
struct search {
    struct stk_log *log;
    uint32_t first;      /* lap of the first block found: no lap before it counts */
    uint32_t unreadable; /* blocks directly behind the newest that could not be read */
    enum look how;       /* how the block is known */
    uint32_t used;       /* cells of the pages of the newest block that were begun */
    uint32_t end;        /* the same of the block with the last record */
    uint32_t behind;     /* cells behind the last record that may have taken a number */
    uint32_t sequence;   /* of the last record */
    uint32_t boot;       /* of the last record */
};

/// Blocks ///

/* Pages that one read takes: two where the buffer surely holds them, since a header page alone tells little. */
static uint32_t span(const struct stk_log *log) {
    return stk_log_page_bytes(log) == STK_LOG_CELL_BYTES && log->geometry.read_unit <= STK_LOG_CELL_BYTES ? 2u : 1u;
}

/* Is each cell of a page `value` in every byte? */
static int is_all(const struct stk_log *log, const uint8_t *page, uint8_t value) {
    return stk_log_all(page, log->page_cells * STK_LOG_CELL_BYTES, value);
}

/* Is there a whole cell of the use with this seed in the page that begins with cell `cell`? Returns its place, counted
 * from the page's end; 0 for none. The last one counts. */
static uint32_t cell_in(const struct stk_log *log, const uint8_t *page, uint32_t cell, uint32_t seed) {
    for (uint32_t i = log->page_cells; i-- != (cell == 0u ? 1u : 0u);) {
        if (stk_log_is_cell(page + (size_t)i * STK_LOG_CELL_BYTES, seed)) {
            return log->page_cells - i;
        }
    }
    return 0;
}

/* May the log go on in the block that was in use? Not where a page that was begun may not be touched. */
static int goes_on(const struct stk_log *log) {
    return log->geometry.rewrite != STK_FLASH_ONCE;
}

/* Looks for a cell of `lap` in a block whose header is not whole. `page` is its first page, NULL when that cannot be read;
 * the buffer has `have` pages. The log may have gone on in the block behind pages that a cut left unsure: then those are
 * marked, and the record is behind the marks. */
static enum look look_for_cells(struct stk_log *log, uint32_t block, uint32_t lap, const uint8_t *page, uint32_t have) {
    uint32_t seed = stk_log_seed(log->id, lap), page_cells = log->page_cells, cell = 0, marked = 0;
    enum look none = page ? NOTHING : UNREADABLE;
    for (;;) {
        uint32_t blank = page ? (uint32_t)is_all(log, page, log->geometry.erased) : 0u;
        if (page && !blank && cell_in(log, page, cell, seed)) {
            return CELLS;
        }
        none = page ? NOTHING : none;
        marked |= page && cell != 0u ? (uint32_t)is_all(log, page, (uint8_t)~log->geometry.erased) : 0u;
        cell += page_cells;
        if (cell == log->block_cells || (cell == page_cells ? blank && !goes_on(log) : !marked || blank)) {
            return none;
        }
        page = have > 1u ? page + stk_log_page_bytes(log) : stk_log_peek(log, log->config.buffer, block, cell, 1);
        have = 1;
    }
}

/* Looks at a block whose next use would have `lap`. */
static enum look look(struct stk_log *log, uint32_t block, uint32_t lap) {
    uint32_t have = span(log);
    const uint8_t *page = stk_log_peek(log, log->config.buffer, block, 0, have);
    if (!page && have > 1u) {
        have = 1; /* the page behind the header may be to blame */
        page = stk_log_peek(log, log->config.buffer, block, 0, 1);
    }
    if (page && stk_log_is_header(page, log, block)) {
        return HEADER;
    }
    return log->format == 0u ? (page ? NOTHING : UNREADABLE) : look_for_cells(log, block, lap, page, have);
}

/* The block that `look` saw last becomes the newest one. */
static void take(struct search *s, uint32_t block, uint32_t lap, enum look how) {
    struct stk_log *log = s->log;
    log->block = block;
    log->lap = lap;
    s->how = how;
    if (how == HEADER) {
        const uint8_t *cell = log->config.buffer;
        if (stk_log_header_format(cell) != log->format) {
            s->first = stk_log_header_lap(cell);
        }
        log->id = stk_log_header_id(cell);
        log->format = stk_log_header_format(cell);
        log->lap = stk_log_header_lap(cell);
        log->sequence = stk_log_header_sequence(cell);
        log->blocks = stk_log_header_blocks(cell);
        log->boot = stk_log_header_boot(cell);
        log->reach = stk_log_header_reach(cell);
    }
}

/* Is the header that look() read that of a newer log, or of this log with `lap` or a later one? Laps wrap around, so each
 * of three blocks may be later than the one before, and a search that follows them would not end. So a lap before
 * `first` does not count: the laps that are left lie within half of all numbers, where "later" is an order. */
static int is_newer_header(const struct search *s, uint32_t lap) {
    const uint8_t *cell = s->log->config.buffer;
    uint32_t format = stk_log_header_format(cell), found = stk_log_header_lap(cell);
    if (format != s->log->format) {
        return format > s->log->format;
    }
    return stk_log_header_id(cell) == s->log->id && (int32_t)(found - lap) >= 0 && (int32_t)(found - s->first) >= 0;
}

/* Takes the block when it was used in `lap` or later. */
static int take_newer(struct search *s, uint32_t block, uint32_t lap, enum look *how) {
    *how = look(s->log, block, lap);
    if (*how == CELLS || (*how == HEADER && is_newer_header(s, lap))) {
        take(s, block, lap, *how);
        return 1;
    }
    return 0;
}

/// The newest block ///

/* Halves what lies behind the newest block so far. */
static void halve(struct search *s) {
    uint32_t end = s->log->geometry.blocks;
    enum look how;
    while (end - s->log->block > 1u) {
        uint32_t middle = s->log->block + (end - s->log->block) / 2u;
        if (!take_newer(s, middle, s->log->lap, &how)) {
            end = middle;
        }
    }
}

/* Blocks that failed keep an old header or none and lead the search astray. So this looks at the blocks behind the one
 * found, as many in a row as may have failed, and at each block no more than once. Returns 1 when halving from a block that it
 * found may save reads. */
static int look_past(struct search *s) {
    struct stk_log *log = s->log;
    uint32_t blocks = log->geometry.blocks, at = log->block, lap = log->lap, since = 0;
    s->unreadable = 0;
    for (uint32_t i = 1; i < blocks && since < stk_log_window(log); i++) {
        enum look how;
        if (++at == blocks) {
            at = 0;
            lap++;
        }
        if (take_newer(s, at, lap, &how)) {
            if (log->stats.mount_reads < blocks / 2u) {
                return 1;
            }
            lap = log->lap;
            since = s->unreadable = 0;
        } else {
            s->unreadable += how == UNREADABLE && s->unreadable == since ? 1u : 0u;
            since++;
        }
    }
    return 0;
}

/* Finds the first block with a whole header, and from there the newest block. */
static int find_newest(struct search *s) {
    struct stk_log *log = s->log;
    uint32_t n = 0, unreadable = 0;
    enum look how;
    while ((how = look(log, n, 0)) != HEADER) {
        unreadable |= how == UNREADABLE ? 1u : 0u;
        if (++n == log->geometry.blocks || log->refused != STK_OK) {
            return unreadable ? STK_E_IO : STK_E_FORMAT;
        }
    }
    take(s, n, 0, HEADER);
    do {
        halve(s);
    } while (look_past(s));
    return STK_OK;
}

/// The last record ///

/* Is the page at `cell` blank, and the next one too? A page that a power cut left unsure may read blank today, but what
 * follows it does not: a marker, where anything does. A page that cannot be read is not blank. */
static int is_blank_from(struct stk_log *log, uint32_t cell) {
    uint32_t end = cell + 2u * log->page_cells;
    end = end < log->block_cells ? end : log->block_cells;
    while (cell != end) {
        uint32_t pages = (end - cell) / log->page_cells < span(log) ? 1u : span(log);
        const uint8_t *page = stk_log_peek(log, log->config.buffer, log->block, cell, pages);
        for (uint32_t i = 0; i < pages; i++) {
            if (!page || !is_all(log, page + (size_t)i * stk_log_page_bytes(log), log->geometry.erased)) {
                return 0;
            }
        }
        cell += pages * log->page_cells;
    }
    return 1;
}

/* Cells of the pages of log->block that were begun, its header's among them. */
static uint32_t cells_used(struct stk_log *log) {
    uint32_t page = log->page_cells, low = 0, high = log->block_cells, middle = page;
    /* The second page is asked first: that is all that a block which was made ready ahead takes. */
    while (high - low > page) {
        if (is_blank_from(log, middle)) {
            high = middle;
        } else {
            low = middle;
        }
        middle = low + (high - low) / page / 2u * page;
    }
    return high;
}

/* Looks backwards for the last whole record in the first `cells` cells of the block. Returns the cells up to the end of
 * its page, 0 when there is none. */
static uint32_t find_last(struct search *s, uint32_t cells) {
    struct stk_log *log = s->log;
    uint32_t seed = stk_log_seed(log->id, log->lap);
    for (; cells > 1u; cells -= log->page_cells) { /* one cell is a header */
        uint32_t cell = cells - log->page_cells;
        const uint8_t *page = stk_log_peek(log, log->config.buffer, log->block, cell, 1);
        uint32_t back = page ? cell_in(log, page, cell, seed) : 0u;
        if (back != 0u) {
            page += (size_t)(log->page_cells - back) * STK_LOG_CELL_BYTES;
            s->sequence = stk_log_cell_sequence(page);
            s->boot = stk_log_cell_boot(page);
            return cells;
        }
    }
    return 0;
}

/* Goes to the block before. Returns 1 when it belongs to the log, 0 when not. */
static int step_back(struct search *s) {
    struct stk_log *log = s->log;
    const uint8_t *cell = log->config.buffer;
    log->lap -= log->block == 0u ? 1u : 0u;
    log->block = (log->block == 0u ? log->geometry.blocks : log->block) - 1u;
    s->how = look(log, log->block, log->lap);
    return s->how == CELLS || (s->how == HEADER && stk_log_header_format(cell) == log->format &&
                               stk_log_header_id(cell) == log->id && stk_log_header_lap(cell) == log->lap);
}

/* Finds the block with the last record: the newest one, or one before it where records did not get that far; the newest
 * one when there is no record. Sets log->cell to the end of the record's page, or to 0. */
static void find_last_block(struct search *s) {
    struct stk_log *log = s->log;
    uint32_t newest = log->block, lap = log->lap, ours = 1;
    s->used = s->end = cells_used(log);
    for (uint32_t i = stk_log_window(log);; i--) {
        if (ours) {
            log->cell = find_last(s, s->end);
            s->behind += s->end - log->cell;
        }
        if (log->cell != 0u) {
            return;
        }
        if (i == 0u || (log->lap == 1u && log->block == 0u)) {
            break; /* nothing is before it */
        }
        ours = (uint32_t)step_back(s);
        s->end = ours ? cells_used(log) : s->end;
    }
    s->how = look(log, newest, lap);
    s->end = s->used;
    log->block = newest;
    log->lap = lap;
}

/// Mount ///

/* Pages behind `end` that are unsure end here. */
static uint32_t unsure_to(const struct stk_log *log, uint32_t end) {
    uint32_t cells = end + STK_LOG_UNSURE * log->page_cells;
    return log->geometry.rewrite == STK_FLASH_ANY ? 0u : cells < log->block_cells ? cells : log->block_cells;
}

/* Decides where the log goes on: in the block of the last record, or in a block behind it. `newest` is the newest block;
 * `ready` says that it is known by its header, which has a page of its own: such a block needs no erase, whatever was begun
 * in it. A block whose header is lost takes no further records, since mount finds it only by its cells. */
static void go_on(struct search *s, uint32_t newest, int ready) {
    struct stk_log *log = s->log;
    uint32_t begun = log->block != newest && s->used > 1u;
    log->ahead = log->last = log->block;
    log->cell = log->cell != 0u ? log->cell : log->page_cells;
    log->cell = log->geometry.rewrite == STK_FLASH_ANY ? s->end : log->cell;
    log->unsure = unsure_to(log, s->end);
    if (!goes_on(log) || s->how != HEADER || begun) {
        log->cell = log->block_cells;
    }
    if (goes_on(log) && ready && log->block != newest) {
        log->ahead = newest;
        log->ready = 1;
        log->found = unsure_to(log, s->used);
    }
    for (uint32_t i = s->unreadable; i != 0u && log->block == newest; i--) {
        log->ahead = log->ahead + 1u == log->geometry.blocks ? 0u : log->ahead + 1u;
    }
}

/* Numbers behind the last record that are left out, because a cut may have kept a record that has one of them and cannot be
 * read today: those of cells that were begun, of a page that left no trace, and of whole blocks where blocks could not be
 * read or where a cut keeps any part of what was not synced, which is less than two blocks. */
static uint32_t left_out(const struct search *s) {
    const struct stk_log *log = s->log;
    uint32_t blocks = s->unreadable + (log->geometry.lazy ? 2u : 0u);
    return s->behind + log->page_cells - 1u + (log->cell == log->block_cells ? log->page_cells : 0u) +
           blocks * log->block_cells;
}

int stk_log_find(struct stk_log *log, const struct stk_log_config *config) {
    struct search s = {.log = log};
    int err = stk_log_open(log, config);
    if (err == STK_OK) {
        err = find_newest(&s);
    }
    if (err == STK_OK) {
        uint32_t newest = log->block;
        int ready = s.how == HEADER && stk_log_header_alone(log);
        find_last_block(&s);
        if (log->cell != 0u) {
            log->sequence = (int32_t)(s.sequence - log->sequence) < 0 ? log->sequence : s.sequence + 1u;
            log->boot = s.boot > log->boot ? s.boot : log->boot;
        }
        go_on(&s, newest, ready);
        log->sequence += left_out(&s);
        log->seed = stk_log_seed(log->id, log->lap);
        log->boot++;
        log->resumed = 1;
    }
    err = log->refused != STK_OK ? log->refused : err;
    if (err != STK_OK) {
        log->config.flash = NULL;
    }
    return err;
}

int stk_log_mount(struct stk_log *log, const struct stk_log_config *config) {
    int err = stk_log_find(log, config);
    if (err == STK_OK && log->blocks != log->geometry.blocks) {
        log->config.flash = NULL;
        err = STK_E_FORMAT;
    }
    return err;
}
