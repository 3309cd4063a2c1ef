/* Finds the end of the flash log at a start. Nothing here writes to the flash: log.c makes the end sure at the first
 * append.
 *
 * Blocks are used in the order of their index, and each use of a block has its lap in the header. The blocks from 0 to
 * the newest block have one lap, and the blocks behind the newest have the lap before. So mount finds the newest block
 * by halving. Pages are used in order too, so mount finds the first blank page of that block by halving as well. A
 * block that failed keeps an old header and breaks the order of laps. So halving only proposes a newest block, and a
 * look at the blocks behind that block decides. */
#include "log_internal.h"

/* What a look at a block found. The search takes a block for newer when the result is CELLS or more. */
enum look {
    NOTHING,    /* no header, and no cell of the lap that the place of the block asks for */
    UNREADABLE, /* the first page cannot be read, and no cell of that lap was found behind it */
    OLDER,      /* a header of this block, but not of a newer use than the newest known */
    CELLS,      /* the header is lost, but a cell of that lap is there */
    HEADER      /* a header of this block is at the start of the buffer; it may be of any log and lap */
};

/* The state of the search for the newest block. log->block is the newest block so far, and log->lap its lap. */
struct search {
    uint32_t first;      /* lap of the first block found; a header with an earlier lap does not count */
    uint32_t how;        /* enum look: the evidence that log->block is in use, CELLS or HEADER */
    uint32_t unreadable; /* number of blocks right behind the newest block that cannot be read */
    uint32_t touched;    /* 1: the block behind the newest has no header, so its use may have been begun; else 0 */
    uint32_t blocks;     /* blocks of the log by its newest header; stk_log_grow makes them as many as the flash has */
};

/* The end of the records in one block. */
struct end {
    uint32_t block, lap; /* the block, and the lap of its use */
    uint32_t how;        /* enum look: the evidence that the block is in use */
    uint32_t least;      /* least sequence of a record of the block, from its header; only where `how` is HEADER */
    uint32_t begun;      /* pages of the block that were begun */
    uint32_t page;       /* page behind the page of the last record; 0: the block has no record */
    uint32_t lost;       /* pages behind the last record that cannot be read; a block in newer blocks counts as one */
    uint32_t behind;     /* pages behind the last record, in newer blocks too, whose cells may have taken a sequence */
    uint32_t sequence;   /* sequence of the last record */
    uint32_t boot;       /* boot of the last record */
};

/// Blocks ///

/* Returns the last whole cell with this seed in page `page`, or NULL. `bytes` is the start of the page. Leaves out cell
 * 0 of page 0, which is the header. */
STK_LOG_ONCE static const uint8_t *last_cell_in(const struct stk_log *log, const uint8_t *bytes, uint32_t page,
                                                uint32_t seed) {
    for (uint32_t i = log->page_cells; i-- != 0u;) {
        const uint8_t *at = bytes + (size_t)i * STK_LOG_CELL_BYTES;
        if ((i | page) != 0u && stk_log_is_cell(at, seed)) {
            return at;
        }
    }
    return NULL;
}

/* Returns 1 if the log may go on in a block that was in use at a cut. Where a page may be programmed only once, a page
 * that may have been begun cannot be marked, so the rest of such a block is left. */
static int goes_on(const struct stk_log *log) {
    return log->geometry.rewrite != STK_FLASH_ONCE;
}

/* Returns 1 if all bytes of the cells of the page are equal to `value`. Do not call this for a page that cannot be
 * read: such a page is not blank. */
STK_LOG_ONCE static int is_all(const struct stk_log *log, const uint8_t *page, uint8_t value) {
    uint32_t left = log->page_cells * STK_LOG_CELL_BYTES;
    for (; left != 0u && *page == value; left--) {
        page++;
    }
    return left == 0u;
}

/* Looks at a block whose next use would have `lap`. Where the header is lost, the cells of the first two pages show the
 * use. Where the header shares its page, the log may have gone on behind a first page that a cut left unsure. The
 * second page is a marker then, and the first record is further behind, so the look goes on over the whole block. A
 * blank first page ends the look where the log never goes on behind an unsure header. */
static enum look look(struct stk_log *log, uint32_t block, uint32_t lap) {
    uint32_t seed = stk_log_seed(log, lap), page = 0, end = 2;
    int unsure = goes_on(log) && !stk_log_header_alone(log);
    enum look none = UNREADABLE;
    do {
        const uint8_t *bytes = stk_log_peek(log, block, page);
        if (bytes) {
            if (page == 0u && stk_log_is_header(bytes, log, block)) {
                return HEADER;
            }
            if (last_cell_in(log, bytes, page, seed)) {
                return CELLS;
            }
            /* NOTHING needs a page that was read. Where records share the page of the header, only the first page
             * counts for this: it may hold records. */
            none = page == 0u || stk_log_header_alone(log) ? NOTHING : none;
            /* A blank first page, and behind it a marker. `end` is the page where the look ends. */
            if (is_all(log, bytes, page == 0u ? log->geometry.erased : (uint8_t)~log->geometry.erased)) {
                end = !unsure ? 0u : page == 0u ? end : UINT32_MAX;
            }
        }
        page++;
        /* Format 0: no header was found yet, so the seed of the cells is not known, and cells show nothing. */
    } while (page < end && page != log->block_pages && log->format != 0u);
    return none;
}

/* Returns 1 if the header at `cell` is of a newer format, or of this log with `lap` or a later lap. Laps wrap around,
 * so three blocks could each be later than the one before in a circle, and a search that follows them would not end. So
 * a lap before `first` does not count. The laps that are left lie within half of the 2^32 numbers, where "later" is an
 * order. */
static int is_newer_header(const struct stk_log *log, const uint8_t *cell, uint32_t lap, uint32_t first) {
    uint32_t format = stk_log_header_format(cell), found = stk_log_header_lap(cell);
    if (format != log->format) {
        return format > log->format;
    }
    return stk_log_header_id(cell) == log->id && (int32_t)(found - lap) >= 0 && (int32_t)(found - first) >= 0;
}

/* Looks at a block, and makes it the newest block when it was used after the newest block so far. Returns CELLS or
 * HEADER in that case. Takes id, format, sequence and boot from the header. A block without a header leaves them as
 * they are: mount knows them from an earlier header. */
static enum look take_newer(struct stk_log *log, struct search *s, uint32_t block) {
    const uint8_t *cell = log->config.buffer;
    uint32_t lap = stk_log_lap_of_next(log, block);
    enum look how = look(log, block, lap);
    if (how == HEADER) {
        if (!is_newer_header(log, cell, lap, s->first)) {
            return OLDER;
        }
        lap = stk_log_header_lap(cell);
        s->first = stk_log_header_format(cell) != log->format ? lap : s->first;
        log->id = stk_log_header_id(cell);
        log->format = stk_log_header_format(cell);
        log->sequence = stk_log_header_sequence(cell);
        s->blocks = stk_log_header_blocks(cell);
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

/* Searches by halving between the newest block so far and the end of the flash. Never looks at blocks in front of the
 * newest block: they are older or of the same lap. */
static void halve(struct stk_log *log, struct search *s) {
    uint32_t end = log->geometry.blocks;
    while (end - log->block > 1u) {
        uint32_t middle = log->block + (end - log->block) / 2u;
        if (take_newer(log, s, middle) < CELLS) {
            end = middle;
        }
    }
}

/* Looks at the blocks behind the newest block so far. A block that failed keeps an old header or none and ends the
 * halving too early. So this looks at as many blocks in a row as may have failed, and at each block no more than once.
 * Returns 1 when a newer block was found early: halving from there may save reads. */
static int look_past(struct stk_log *log, struct search *s) {
    uint32_t at = log->block, since = 0;
    s->unreadable = 0;
    s->touched = 0;
    for (uint32_t left = log->geometry.blocks; --left != 0u && since < stk_log_search_range(log); since++) {
        enum look how;
        at = stk_log_following(log, at);
        how = take_newer(log, s, at);
        if (how >= CELLS) {
            /* Halves again only while few reads were made. On a flash with many bad blocks each halving could fail
             * again, so the loop then looks at one block after the other, which bounds the reads of a mount. */
            if (log->stats.mount_reads < log->geometry.blocks / 2u) {
                return 1;
            }
            since = UINT32_MAX; /* the increment of the loop makes this 0 */
            s->unreadable = 0;
            continue;
        }
        if (since == 0u) {
            s->touched = how != OLDER;
        }
        if (how == UNREADABLE && s->unreadable == since) {
            s->unreadable++;
        }
    }
    return 0;
}

/* Finds the first block with a whole header, and from there the newest block. Returns STK_E_IO and not STK_E_FORMAT
 * when no header was found and a block could not be read: a program that formats on STK_E_FORMAT would destroy a log
 * that a bad contact hid. */
static int find_newest(struct stk_log *log, struct search *s) {
    uint32_t n = 0;
    int err = STK_E_FORMAT;
    enum look how;
    s->first = 0;
    s->blocks = 0;
    while ((how = take_newer(log, s, n)) < CELLS) {
        err = how == UNREADABLE ? STK_E_IO : err;
        if (++n == log->geometry.blocks) {
            return err;
        }
    }
    do {
        halve(log, s);
    } while (look_past(log, s));
    return STK_OK;
}

/// The last record ///

/* Returns 1 if page `page` and the page behind it are blank. One blank page is not enough: a page that a power
 * cut left unsure may read blank today. If the log went on behind such a page, the next page is a marker and not blank.
 * A page that cannot be read is not blank. */
static int is_blank_from(struct stk_log *log, uint32_t block, uint32_t page) {
    for (uint32_t end = page + 2u; page != end && page != log->block_pages; page++) {
        const uint8_t *bytes = stk_log_peek(log, block, page);
        if (!bytes || !is_all(log, bytes, log->geometry.erased)) {
            return 0;
        }
    }
    return 1;
}

/* Returns the number of pages of the block that were begun. The page of the header counts too. */
static uint32_t pages_begun(struct stk_log *log, uint32_t block) {
    uint32_t low = 0, high = log->block_pages, middle = 1;
    /* Begins with the second page and not with the middle: a block that was only made ready ahead is done after
     * that. */
    while (high - low > 1u) {
        if (is_blank_from(log, block, middle)) {
            high = middle;
        } else {
            low = middle;
        }
        middle = (low + high) / 2u;
    }
    return high;
}

/* Looks backwards for the last whole record of the block of *e, and adds what is behind that record to *e. */
static void find_last(struct stk_log *log, struct end *e) {
    uint32_t seed = stk_log_seed(log, e->lap), begun = pages_begun(log, e->block), page = begun;
    for (; page != 0u; page--) {
        const uint8_t *bytes = stk_log_peek(log, e->block, page - 1u);
        const uint8_t *last;
        if (!bytes) {
            e->lost++;
            continue;
        }
        last = last_cell_in(log, bytes, page - 1u, seed);
        /* The header has the sequence of the first record of this use of the block. A cell with a smaller sequence is
         * not of this use. An earlier boot wrote the cell, in the same lap, and the erase before this use failed to
         * remove it. */
        if (last && (e->how != HEADER || (int32_t)(stk_log_cell_sequence(last) - e->least) >= 0)) {
            e->sequence = stk_log_cell_sequence(last);
            e->boot = stk_log_cell_boot(last);
            break;
        }
    }
    e->begun = begun;
    e->page = page;
    e->behind += begun - page;
}

/* Goes back from the block of *e to the nearest block before it that has a record. Looks at no more than `tries`
 * blocks, and at none before the very first block of the log. When no such block is found, e->page is 0. */
static void find_older(struct stk_log *log, struct end *e, uint32_t tries) {
    e->page = 0;
    while (e->page == 0u && tries-- != 0u && (e->lap != 1u || e->block != 0u)) {
        e->lap -= e->block == 0u ? 1u : 0u;
        e->block = stk_log_preceding(log, e->block);
        e->how = look(log, e->block, e->lap);
        e->least = stk_log_header_sequence(log->config.buffer);
        if (e->how == CELLS || (e->how == HEADER && stk_log_is_use(log, log->config.buffer, e->lap))) {
            find_last(log, e);
        } else if (e->how == UNREADABLE) {
            e->behind += log->block_pages;
            e->lost++;
        }
    }
}

/* Returns 1 if the record of `older`, in a block before the newest block, is the last record of the log. A page that a
 * cut left in the newest block may be whole for the first time now, after a later boot wrote newer records to the block
 * before: the record with the greater sequence wins then. A greater sequence in the earlier block is not enough. A
 * program that failed may have left a record there although its append failed, and the other records of that page went
 * to the newest block. The headers of both blocks have the same sequence in this case, and the newest block is
 * right. */
static int is_last(const struct end *older, const struct end *newest) {
    return older->page != 0u &&
           (newest->page == 0u || ((int32_t)(older->sequence - newest->sequence) > 0 &&
                                   (older->how != HEADER || newest->how != HEADER || older->least != newest->least)));
}

/// Mount ///

/* Decides where the log goes on: in the block of the last record, or behind that block. `last` is the end of the block
 * of the last record, and may be `newest`, the end of the newest block.
 *
 * The log leaves the rest of the block of the last record in these cases: pages may be programmed only once; the header
 * is lost, so that mount finds the block only by its cells; a page behind the last record, or a block behind, cannot be
 * read and may hold a record; something was begun in a newer block, so that this block was full or left.
 *
 * A newest block without a record is erased next, and no block before it: a page that a cut left in the newest block
 * may be whole one day, behind records that were written earlier. In two cases the newest block is passed over instead.
 * It has lost pages, which may hold records. Or a record may have been begun in the newest block, and the log goes on
 * in blocks that were in use: a cut of the erase could leave that record whole, and the next boot would go on in a
 * block that was not erased to the end. */
static void go_on(struct stk_log *log, uint32_t unreadable, const struct end *newest, struct end *last) {
    uint32_t begun = last->behind - (last->begun - last->page);
    log->block = log->last = last->block;
    log->lap = last->lap;
    log->page = last->page != 0u ? last->page : 1u;
    log->unsure = last->begun + STK_LOG_UNSURE;
    if (!goes_on(log) || last->how != HEADER || last->lost != 0u || begun * log->page_cells > 1u || unreadable != 0u) {
        log->page = log->block_pages;
    }
    if (last != newest) {
        uint32_t entered = goes_on(log) && log->page == log->block_pages;
        log->ahead = newest->lost != 0u || entered ? newest->block : stk_log_preceding(log, newest->block);
    } else {
        log->ahead = newest->block + unreadable;
        log->ahead -= log->ahead >= log->geometry.blocks ? log->geometry.blocks : 0u;
        last->lost += unreadable;
        last->behind += unreadable * log->block_pages;
    }
}

/* Finds the last record, and sets the place, the sequence and the boot of the next record. *s is what the search for
 * the newest block found. */
static void find_place(struct stk_log *log, const struct search *s) {
    struct end newest, older, *last = &newest;
    uint32_t begun, boots = 1;
    newest.block = log->block;
    newest.lap = log->lap;
    newest.how = s->how;
    newest.least = log->sequence;
    newest.behind = 0;
    newest.lost = 0;
    find_last(log, &newest);
    older = newest;
    find_older(log, &older, stk_log_search_range(log));
    if (is_last(&older, &newest)) {
        last = &older;
    } else if (newest.page == 0u) { /* no record at all: all blocks that were looked at count */
        newest.behind = older.behind;
        newest.lost = older.lost;
    }
    if (last->page != 0u) {
        log->sequence = (int32_t)(last->sequence - log->sequence) < 0 ? log->sequence : last->sequence + 1u;
        log->boot = last->boot > log->boot ? last->boot : log->boot;
    }
    go_on(log, s->unreadable, &newest, last);
    /* Cells that cannot be read may be records of boots that mount does not see. Each such boot has written one page at
     * least. So the number of this boot is greater by one for each of these cells. Those boots have also left sequences
     * out at their mounts. */
    if (last->lost != 0u) {
        boots += last->behind * log->page_cells;
        last->behind *= 3u;
    }
    /* A cut may have kept a record that cannot be read today. The next record must not have the same sequence, so some
     * sequences are left out: those of the cells that were begun, of a page whose program left no trace, and on a lazy
     * medium of all blocks that may not have been synced. A boot that left no trace but a block without a header has
     * left out as many itself, and its records may stay when the erase of that block fails. */
    begun = 2u + (log->geometry.lazy ? (stk_log_lag(log) + 2u) * log->block_pages : 0u);
    log->sequence += (last->behind + (1u + s->touched) * begun) * log->page_cells;
    log->boot += boots;
    log->boot = log->boot < STK_LOG_BOOT_MAX ? log->boot : STK_LOG_BOOT_MAX;
    log->resumed = 1;
}

int stk_log_find(struct stk_log *log, const struct stk_log_config *config, uint32_t *blocks) {
    struct search s;
    int err = stk_log_open(log, config);
    if (err != STK_OK) {
        return err;
    }
    err = find_newest(log, &s);
    if (err == STK_OK) {
        find_place(log, &s);
        if (blocks) {
            *blocks = s.blocks;
        } else if (s.blocks != log->geometry.blocks) {
            err = STK_E_FORMAT;
        }
    }
    err = log->refused != STK_OK ? log->refused : err;
    if (err != STK_OK) {
        log->config.flash.ops = NULL;
    }
    return err;
}

int stk_log_mount(struct stk_log *log, const struct stk_log_config *config) {
    return stk_log_find(log, config, NULL);
}
