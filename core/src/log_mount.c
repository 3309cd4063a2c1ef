/* Finding the end of the flash log. Blocks are used in order, and each use of a block has its lap in the header: the
 * blocks from 0 to the newest have one lap, those behind it the lap before. So the newest block is found by halving,
 * and so is its first blank page, since pages are used in order too. */
#include "log_parts.h"

#define LOOK_PAST 3u /* old blocks after the newest that are looked at: a run of as many that fail does not mislead */

enum block_state {
    DAMAGED = -1,
    BLANK = 0,
    USED = 1
};

/* The bytes at `offset` of `block` in the log's buffer; NULL when they cannot be read. */
static const uint8_t *peek(struct stk_log *log, uint32_t block, uint32_t offset, uint32_t bytes) {
    uint32_t mask = log->geometry.read_unit - 1u, start = offset & ~mask, end = (offset + bytes + mask) & ~mask;
    log->stats.mount_reads++;
    if (log->config.flash->read(log->config.flash_ctx, block, start, log->config.buffer, end - start) != STK_OK) {
        return NULL;
    }
    return (const uint8_t *)log->config.buffer + (offset - start);
}

/* Bytes that are looked at in one read: two pages where they are cells. */
static uint32_t span(const struct stk_log *log) {
    uint32_t bytes = stk_log_page_bytes(log);
    return stk_log_header_alone(log) && log->geometry.read_unit <= bytes ? 2u * bytes : bytes;
}

/* Is a page blank, and the next one too? A page that a power cut left unsure may read blank today, but what follows
 * it does not: a marker, where anything does. `p` is its span when that was read already, else NULL. */
static int blank_from(struct stk_log *log, uint32_t block, uint32_t page, const uint8_t *p) {
    uint32_t bytes = stk_log_page_bytes(log), at = page * bytes, end = at + 2u * bytes;
    end = end < log->geometry.block_bytes ? end : log->geometry.block_bytes;
    while (at < end) {
        uint32_t n = end - at < span(log) ? end - at : span(log);
        p = p ? p : peek(log, block, at, n);
        if (!p || !stk_log_all(p, n, log->geometry.erased)) {
            return 0;
        }
        p = NULL;
        at += n;
    }
    return 1;
}

static enum block_state look(struct stk_log *log, uint32_t block, struct stk_log_header *header) {
    const uint8_t *cell = peek(log, block, 0, span(log));
    int blank = cell && blank_from(log, block, 0, cell);
    if (!cell) {
        cell = peek(log, block, 0, STK_LOG_CELL_BYTES); /* what is behind the header may be to blame */
    }
    if (!blank && cell && stk_log_get_header(cell, log, block, header)) {
        return USED;
    }
    return blank ? BLANK : DAMAGED;
}

/* Is `lap` that of the log's newest block so far, or later? */
static int newer(const struct stk_log *log, uint32_t lap) {
    return (int32_t)(lap - log->lap) >= 0;
}

static void take_block(struct stk_log *log, uint32_t block, const struct stk_log_header *header) {
    log->block = block;
    log->lap = header->lap;
    log->sequence = header->sequence;
}

/* Halves what lies behind the newest block so far. A damaged header counts as old: look_past mends that. */
static void halve(struct stk_log *log) {
    uint32_t end = log->geometry.blocks;
    while (end - log->block > 1u) {
        uint32_t middle = log->block + (end - log->block) / 2u;
        struct stk_log_header header;
        if (look(log, middle, &header) == USED && newer(log, header.lap)) {
            take_block(log, middle, &header);
        } else {
            end = middle;
        }
    }
}

/* Pages of the block in use, its header's among them. */
static uint32_t pages_used(struct stk_log *log) {
    uint32_t low = 0, high = log->block_cells / log->page_cells;
    if (high > 1u && blank_from(log, log->block, 1, NULL)) {
        return 1;
    }
    while (high - low > 1u) {
        uint32_t middle = low + (high - low) / 2u;
        if (blank_from(log, log->block, middle, NULL)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

enum last_record {
    NONE,
    OLDER, /* than the log's sequence when it was looked for */
    NEWER
};

/* Looks for the last whole record in `pages` pages of the block in use. The log goes on behind its page, or the
 * header's; the sequence is raised to one that no record can have had: by as many as there are cells behind it, since
 * each of them may turn out to be a record after all. */
static enum last_record find_last(struct stk_log *log, uint32_t pages) {
    uint32_t bytes = stk_log_page_bytes(log), after = 1, sequence;
    while (pages-- != 0u) {
        const uint8_t *page = peek(log, log->block, pages * bytes, bytes);
        log->cell = (pages + 1u) * log->page_cells;
        for (uint32_t at = bytes; at != 0u; after++) {
            at -= STK_LOG_CELL_BYTES;
            if (page && stk_log_is_record(page + at, log, &sequence)) {
                enum last_record last = (int32_t)(sequence - log->sequence) < 0 ? OLDER : NEWER;
                sequence += after;
                if ((int32_t)(sequence - log->sequence) > 0) {
                    log->sequence = sequence;
                }
                return last;
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
    if (find_last(log, pages_used(log)) == NEWER) {
        log->lap = lap;
        return 1;
    }
    log->block = newest;
    log->sequence = sequence;
    return 0;
}

/* A block that could not be erased keeps an old header, and any block may have a damaged one; both may have led the
 * search astray: looks behind the block found. 1 when a newer one was there, which is then the newest so far. */
static int look_past(struct stk_log *log) {
    uint32_t old = 0, at = log->block, lap = log->lap;
    for (uint32_t i = 1; i < log->geometry.blocks && old < LOOK_PAST; i++) {
        struct stk_log_header header;
        enum block_state state;
        if (++at == log->geometry.blocks) {
            at = 0;
            lap++;
        }
        state = look(log, at, &header);
        /* Not the block before the newest, whose records may be newer than a header that was written ahead. */
        if (state == DAMAGED && old == 0u && i + 1u < log->geometry.blocks && take_damaged(log, at, lap)) {
            return 1;
        }
        if (state == USED && header.id == log->id && (int32_t)(header.lap - lap) >= 0) {
            take_block(log, at, &header);
            return 1;
        }
        old += state != DAMAGED ? 1u : 0u;
    }
    return 0;
}

static int find_newest(struct stk_log *log) {
    struct stk_log_header header;
    uint32_t at;
    for (at = 0; at < log->geometry.blocks && look(log, at, &header) != USED; at++) {
    }
    if (at == log->geometry.blocks) {
        return STK_E_FORMAT;
    }
    log->id = header.id;
    take_block(log, at, &header);
    do {
        halve(log);
    } while (look_past(log));
    return STK_OK;
}

/* May the log go on in the block that was in use? Not where a page that was begun may not be touched, nor where pages
 * behind the first blank one may have survived a power cut that it did not. */
static int goes_on(const struct stk_log *log) {
    return log->geometry.rewrite != STK_FLASH_ONCE && !log->geometry.lazy;
}

/* Where it may, is the page that it goes on with unsure? */
static uint8_t leaves_doubt(const struct stk_log *log) {
    return goes_on(log) && log->geometry.rewrite != STK_FLASH_ANY;
}

/* Goes to the block before the one in use. Returns how many of its pages are used, 0 when that cannot be told. */
static uint32_t step_back(struct stk_log *log) {
    struct stk_log_header header;
    log->lap -= log->block == 0u ? 1u : 0u;
    log->block = log->block == 0u ? log->geometry.blocks - 1u : log->block - 1u;
    return look(log, log->block, &header) == USED && header.id == log->id && header.lap == log->lap ? pages_used(log)
                                                                                                    : 0u;
}

/* The newest block, of which `pages` are used, has no record. It was made ready ahead, or a power cut ended its first
 * program: the block before it is the one in use, and it is made ready again, unless it is blank and its first pages
 * may be marked. So is every block without a record before it, where marks may not be. Returns the pages used of the
 * block in use. */
static uint32_t look_before(struct stk_log *log, uint32_t pages) {
    uint32_t newest = log->block, used = pages;
    log->sequence += pages * log->page_cells;
    do {
        if (log->lap == 1u && log->block == 0u) {
            return used; /* nothing is before it */
        }
        used = step_back(log);
    } while (used == 1u && stk_log_header_alone(log) && !goes_on(log) && log->block != newest);
    if (find_last(log, used ? used : log->block_cells / log->page_cells) == NONE) {
        /* All records since the header was written are lost: a number beyond theirs. */
        log->sequence += log->block_cells;
    }
    if (used == 0u) {
        log->cell = log->block_cells;
        used = log->block_cells / log->page_cells;
    }
    log->ahead = newest;
    log->ready = goes_on(log) && stk_log_header_alone(log) && pages == 1u;
    log->found = log->ready && leaves_doubt(log);
    return used;
}

int stk_log_mount(struct stk_log *log, const struct stk_log_config *config) {
    uint32_t pages, end;
    int err = stk_log_open(log, config);
    if (err == STK_OK) {
        err = find_newest(log);
    }
    if (err != STK_OK) {
        log->config.flash = NULL;
        return err;
    }
    pages = pages_used(log);
    if (find_last(log, pages) == NONE) {
        pages = look_before(log, pages);
    }
    end = pages * log->page_cells;
    if (!goes_on(log)) {
        log->sequence += log->block_cells - end; /* any of these may turn out to be a record */
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
