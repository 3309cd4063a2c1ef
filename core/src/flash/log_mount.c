/* Finding the end of the flash log. Blocks are used in the order of their index, and each use of a block has its lap in
 * the header: the blocks from 0 to the newest have one lap, those behind it the lap before. So the newest block is
 * found by halving, and so is its first blank page, since pages are used in order too. Blocks that failed break the
 * first rule. So halving only proposes a block, and a look at the blocks behind it decides. */
#include "log_internal.h"

/* What a look at a block found. */
enum look {
    NOTHING,    /* no header, and no cell of the lap that its place asks for */
    UNREADABLE, /* the medium does not give back the first page, nor a cell of that lap behind it */
    OLDER,      /* a header of this place, but not of the newest use */
    CELLS,      /* the header is lost, and a cell of that lap is there */
    HEADER      /* a header of this place, at the start of the log's buffer: of any log and lap */
};

/* The block that the search is at is log->block, its lap log->lap. */
struct search {
    struct stk_log *log;
    uint32_t first;      /* lap of the first block found: no lap before it counts */
    uint32_t unreadable; /* blocks directly behind the newest that could not be read */
    enum look how;       /* how the block is known */
    uint32_t end;        /* cells of the pages of the block that were begun */
    uint32_t behind;     /* cells behind the last record that may have taken a number */
    uint32_t least;      /* sequence in the block's header, where that is whole: no record of the block is before it */
    uint32_t lost;       /* pages of the block behind its last record that cannot be read */
    uint32_t hidden;     /* 1: some of the cells behind the last record cannot be read */
    uint32_t touched;    /* 1: the block behind the newest has no header, so a use of it may have been begun */
    uint32_t sequence;   /* of the last record */
    uint32_t boot;       /* of the last record */
};

/// Blocks ///

/* Returns the last whole cell of the use with this seed in the page that begins with cell `cell`; NULL when there is
 * none. */
static const uint8_t *last_cell_in(const struct stk_log *log, const uint8_t *page, uint32_t cell, uint32_t seed) {
    for (uint32_t i = page ? log->page_cells : 0u; i-- != 0u;) {
        const uint8_t *at = page + (size_t)i * STK_LOG_CELL_BYTES;
        if ((i | cell) != 0u && stk_log_is_cell(at, seed)) {
            return at;
        }
    }
    return NULL;
}

/* May the log go on in a block that was in use? Not where a page that was begun may not be touched. */
static int goes_on(const struct stk_log *log) {
    return log->geometry.rewrite != STK_FLASH_ONCE;
}

static int is_all(const struct stk_log *log, const uint8_t *page, uint8_t value) {
    return page && stk_log_all(page, log->page_cells * STK_LOG_CELL_BYTES, value);
}

/* Looks at a block whose next use would have `lap`. Where the header is lost, the cells of the first two pages tell.
 * The log may have gone on behind a first page that a cut left unsure: then the second page is marked, and a record is
 * further behind. A blank first page ends the look where no record follows an unsure header. */
static enum look look(struct stk_log *log, uint32_t block, uint32_t lap) {
    uint32_t seed = stk_log_seed(log, lap), cell = 0;
    int unsure = goes_on(log) && !stk_log_header_alone(log), more;
    enum look none = UNREADABLE;
    do {
        const uint8_t *page = stk_log_peek(log, block, cell);
        if (page && cell == 0u && stk_log_is_header(page, log, block)) {
            return HEADER;
        }
        if (last_cell_in(log, page, cell, seed)) {
            return CELLS;
        }
        none = page && (cell == 0u || stk_log_header_alone(log)) ? NOTHING : none; /* the first page may hold records */
        more = log->format != 0u;
        if (cell == 0u) {
            more = more && (unsure || !is_all(log, page, log->geometry.erased));
        } else if (cell == log->page_cells) {
            more = unsure && is_all(log, page, (uint8_t)~log->geometry.erased);
        }
        cell += log->page_cells;
    } while (more && cell != log->block_cells);
    return none;
}

/* Is the header at `cell` that of a newer log, or of this log with `lap` or a later one? Laps wrap around, so each of
 * three blocks may be later than the one before, and a search that follows them would not end. So a lap before `first`
 * does not count: the laps that are left lie within half of all numbers, where "later" is an order. */
static int is_newer_header(const struct search *s, const uint8_t *cell, uint32_t lap) {
    uint32_t format = stk_log_header_format(cell), found = stk_log_header_lap(cell);
    if (format != s->log->format) {
        return format > s->log->format;
    }
    return stk_log_header_id(cell) == s->log->id && (int32_t)(found - lap) >= 0 && (int32_t)(found - s->first) >= 0;
}

/* Looks at a block, and takes it for the newest one when it was used after that one: returns CELLS or HEADER then. */
static enum look take_newer(struct search *s, uint32_t block) {
    struct stk_log *log = s->log;
    const uint8_t *cell = log->config.buffer;
    uint32_t lap = stk_log_lap_of_next(log, block);
    enum look how = look(log, block, lap);
    if (how == HEADER) {
        if (!is_newer_header(s, cell, lap)) {
            return OLDER;
        }
        lap = stk_log_header_lap(cell);
        s->first = stk_log_header_format(cell) != log->format ? lap : s->first;
        log->id = stk_log_header_id(cell);
        log->format = stk_log_header_format(cell);
        log->sequence = stk_log_header_sequence(cell);
        log->blocks = stk_log_header_blocks(cell);
        log->boot = stk_log_header_boot(cell);
        log->reach = stk_log_header_reach(cell);
    }
    if (how >= CELLS) {
        log->block = block;
        log->lap = lap;
        s->how = how;
    }
    return how;
}

/// The newest block ///

/* Halves what lies behind the newest block so far. */
static void halve(struct search *s) {
    uint32_t end = s->log->geometry.blocks;
    while (end - s->log->block > 1u) {
        uint32_t middle = s->log->block + (end - s->log->block) / 2u;
        if (take_newer(s, middle) < CELLS) {
            end = middle;
        }
    }
}

/* Blocks that failed keep an old header or none and lead the search astray. So this looks at the blocks behind the one
 * found, as many in a row as may have failed, and at each block no more than once. Returns 1 when halving from a block
 * that it found may save reads. */
static int look_past(struct search *s) {
    struct stk_log *log = s->log;
    uint32_t at = log->block, since = 0;
    s->unreadable = 0;
    s->touched = 0;
    for (uint32_t left = log->geometry.blocks; --left != 0u && since < stk_log_search_range(log); since++) {
        enum look how;
        at = stk_log_following(log, at);
        how = take_newer(s, at);
        if (how >= CELLS) {
            if (log->stats.mount_reads < log->geometry.blocks / 2u) {
                return 1;
            }
            since = UINT32_MAX;
            s->unreadable = 0;
            continue;
        }
        s->unreadable += how == UNREADABLE && s->unreadable == since ? 1u : 0u;
        s->touched = since == 0u ? how != OLDER : s->touched;
    }
    return 0;
}

/* Finds the first block with a whole header, and from there the newest block. */
static int find_newest(struct search *s) {
    uint32_t n = 0;
    int err = STK_E_FORMAT;
    enum look how;
    while ((how = take_newer(s, n)) < CELLS) {
        err = how == UNREADABLE ? STK_E_IO : err;
        if (++n == s->log->geometry.blocks) {
            return err;
        }
    }
    do {
        halve(s);
    } while (look_past(s));
    return STK_OK;
}

/// The last record ///

/* Is the page at `cell` blank, and the next one too? A page that a power cut left unsure may read blank today, but what
 * follows it does not: a marker, where anything does. A page that cannot be read is not blank. */
static int is_blank_from(struct stk_log *log, uint32_t cell) {
    for (uint32_t pages = 2; pages != 0u && cell != log->block_cells; pages--) {
        const uint8_t *page = stk_log_peek(log, log->block, cell);
        if (!is_all(log, page, log->geometry.erased)) {
            return 0;
        }
        cell += log->page_cells;
    }
    return 1;
}

/* Cells of the pages of log->block that were begun, its header's among them. */
static uint32_t cells_used(struct stk_log *log) {
    uint32_t low = 0, high = log->block_cells / log->page_cells, middle = 1;
    /* The second page is asked first: that is all that a block which was made ready ahead takes. */
    while (high - low > 1u) {
        if (is_blank_from(log, middle * log->page_cells)) {
            high = middle;
        } else {
            low = middle;
        }
        middle = (low + high) / 2u;
    }
    return high * log->page_cells;
}

/* Looks backwards for the last whole record of log->block. Sets log->cell to the end of its page, or to 0. */
static void find_last(struct search *s) {
    struct stk_log *log = s->log;
    uint32_t seed = stk_log_seed(log, log->lap);
    s->end = cells_used(log);
    s->lost = 0;
    for (log->cell = s->end; log->cell != 0u; log->cell -= log->page_cells) {
        uint32_t cell = log->cell - log->page_cells;
        const uint8_t *page = stk_log_peek(log, log->block, cell), *last = last_cell_in(log, page, cell, seed);
        s->lost += page ? 0u : 1u;
        s->hidden |= page ? 0u : 1u;
        if (last && (s->how != HEADER || (int32_t)(stk_log_cell_sequence(last) - s->least) >= 0)) {
            s->sequence = stk_log_cell_sequence(last);
            s->boot = stk_log_cell_boot(last);
            break;
        }
    }
    s->behind += s->end - log->cell;
}

/* Goes to the block before log->block. Returns 1 when it is there and of the lap that its place asks for. */
static int step_back(struct search *s) {
    struct stk_log *log = s->log;
    if (log->lap == 1u && log->block == 0u) {
        return 0;
    }
    log->lap -= log->block == 0u ? 1u : 0u;
    log->block = stk_log_preceding(log, log->block);
    s->how = look(log, log->block, log->lap);
    s->least = stk_log_header_sequence(log->config.buffer);
    return s->how == CELLS || (s->how == HEADER && stk_log_is_use(log, log->config.buffer, log->lap));
}

/* Finds the block with the last record: the newest one, or one before it where records did not get that far. log->cell
 * is 0 when no block has one; the block is the newest one then. What a cut left in the newest block may be whole only
 * now, when newer records are in a block before it: so the next block before it that has records is asked too. Returns
 * the pages of the newest block that cannot be read. */
static uint32_t find_last_block(struct search *s) {
    struct stk_log *log = s->log;
    struct search newest;
    uint32_t block = log->block, lap = log->lap, cell, tries = stk_log_search_range(log);
    int older;
    s->least = log->sequence;
    find_last(s);
    newest = *s;
    cell = log->cell;
    do {
        log->cell = 0;
        if (step_back(s)) {
            find_last(s);
        } else if (s->how == UNREADABLE) {
            s->behind += log->block_cells;
            s->hidden = 1;
        }
    } while (log->cell == 0u && --tries != 0u);
    /* A number that is greater is not enough: a program that failed may have left a record whose append failed too. The
     * header of that page, and of the one that took the other records then, have the same number. */
    older = (int32_t)(s->sequence - newest.sequence) <= 0 ||
            (s->how == HEADER && newest.how == HEADER && s->least == newest.least);
    if (log->cell == 0u || (cell != 0u && older)) {
        newest.behind = cell == 0u ? s->behind : newest.behind;
        newest.hidden = cell == 0u ? s->hidden : newest.hidden;
        *s = newest;
        log->block = block;
        log->lap = lap;
        log->cell = cell;
    }
    return newest.lost;
}

/// Mount ///

/* Decides where the log goes on: in the block of the last record, or behind it. A block whose header is lost takes no
 * further records, since mount finds it only by its cells; nor does one with a page behind the last record, or a block
 * behind it, that cannot be read and may hold a record. Where something was begun in a newer block, the block was full,
 * or left. The newest block is erased next when it has no record, and not one before it: what a cut left in it may be
 * whole one day, behind records that were written before. A newest block with `lost` pages that cannot be read is
 * passed over, because it may hold records. A newest block that a record may have been begun in is passed over too,
 * where the log goes on in blocks: a cut of its erase could leave that record whole, and the next boot would go on in a
 * block that was not erased to the end. */
static void go_on(struct search *s, uint32_t newest, uint32_t lost) {
    struct stk_log *log = s->log;
    uint32_t begun = s->behind - (s->end - log->cell);
    log->last = log->block;
    log->cell = log->cell != 0u ? log->cell : log->page_cells;
    log->unsure = s->end + STK_LOG_UNSURE * log->page_cells;
    if (!goes_on(log) || s->how != HEADER || s->lost != 0u || begun > 1u || s->unreadable != 0u) {
        log->cell = log->block_cells;
    }
    if (log->block != newest) {
        uint32_t entered = goes_on(log) && log->cell == log->block_cells;
        log->ahead = lost != 0u || entered ? newest : stk_log_preceding(log, newest);
        return;
    }
    s->hidden |= s->unreadable != 0u;
    for (log->ahead = newest; s->unreadable != 0u; s->unreadable--) {
        log->ahead = stk_log_following(log, log->ahead);
        s->behind += log->block_cells;
    }
}

int stk_log_find(struct stk_log *log, const struct stk_log_config *config) {
    struct search s = {.log = log};
    int err = stk_log_open(log, config);
    if (err == STK_OK) {
        err = find_newest(&s);
    }
    if (err == STK_OK) {
        uint32_t newest = log->block, lost = find_last_block(&s), begun, boots;
        if (log->cell != 0u) {
            log->sequence = (int32_t)(s.sequence - log->sequence) < 0 ? log->sequence : s.sequence + 1u;
            log->boot = s.boot > log->boot ? s.boot : log->boot;
        }
        go_on(&s, newest, lost);
        boots = 1u + (s.hidden ? s.behind : 0u); /* each boot that wrote has a page at least */
        s.behind *= s.hidden ? 3u : 1u; /* what cannot be read may hold boots, and numbers that they left out */
        /* A cut may have kept a record that cannot be read today, so some numbers are left out: those of the cells that
         * were begun, of a page that left no trace, and where a cut keeps any part of what was not synced, of those
         * blocks. A boot that left no trace but a block without a header did the same, and what it wrote may stay when
         * that block fails. */
        begun = 2u * log->page_cells + (log->geometry.lazy ? (stk_log_lag(log) + 2u) * log->block_cells : 0u);
        log->sequence += s.behind + (1u + s.touched) * begun;
        log->boot = STK_LOG_BOOT_MAX - log->boot > boots ? log->boot + boots : STK_LOG_BOOT_MAX;
        log->resumed = 1;
    }
    err = log->refused != STK_OK ? log->refused : err;
    if (err != STK_OK) {
        log->config.flash.ops = NULL;
    }
    return err;
}

int stk_log_mount(struct stk_log *log, const struct stk_log_config *config) {
    int err = stk_log_find(log, config);
    if (err == STK_OK && log->blocks != log->geometry.blocks) {
        log->config.flash.ops = NULL;
        err = STK_E_FORMAT;
    }
    return err;
}
