/* The writing side of the flash log: format, append, sync, and the choice of the next block. Nothing here reads a
 * record: log_mount.c finds the end of the log at a start, and log_iter.c walks over the records. */
#include "stoker/log.h"

#include "base/memory.h"
#include "log_internal.h"

/* Least number of blocks: one in use, one erased ahead, and one that keeps the newest records. Where the header shares
 * its page with records, the header is not written ahead, and the log needs one block more. */
#define BLOCKS_MIN   3u
#define FAILURES_MAX 4           /* failed programs in a row before a call gives up; each costs the erase of a block */
#define CELLS_MAX    0x10000000u /* cells of a log: the sequences that boots leave out must not wrap within a lap */

/// Configuration ///

uint32_t stk_log_buffer_bytes(const struct stk_flash_geometry *geometry) {
    return STK_LOG_BUFFER_BYTES(geometry->read_unit, geometry->prog_unit);
}

uint32_t stk_log_following(const struct stk_log *log, uint32_t block) {
    return block + 1u == log->geometry.blocks ? 0u : block + 1u;
}

uint32_t stk_log_reach_to(const struct stk_log *log, uint32_t block) {
    uint32_t distance = stk_log_distance(log, block);
    return distance > log->reach ? distance - 1u : log->reach;
}

uint32_t stk_log_search_range(const struct stk_log *log) {
    uint32_t most = log->geometry.blocks - 1u, range = STK_LOG_REACH + 1u + log->reach;
    return range < most ? range : most;
}

uint32_t stk_log_lag(const struct stk_log *log) {
    /* Half of the blocks, but fewer on a large flash. Each boot leaves out one sequence for each cell of these blocks,
     * and all boots of one lap together must leave out less than half of the 2^32 numbers. Otherwise two sequences
     * could no longer be compared by their difference. */
    uint32_t half = log->geometry.blocks / 2u - 1u;
    uint32_t most = INT32_MAX / (log->geometry.blocks * stk_log_block_cells(log)) - 2u;
    return half < most ? half : most;
}

uint32_t stk_log_distance(const struct stk_log *log, uint32_t block) {
    uint32_t distance = block - log->last;
    return block >= log->last ? distance : distance + log->geometry.blocks;
}

int stk_log_measure(struct stk_log *log) {
    const struct stk_flash_geometry *g = &log->geometry;
    uint32_t page, granule, page_cells, block_cells;
    /* The limit is a power of two, so one comparison of the bits of both units is enough. */
    if (((g->read_unit - 1u) | (g->prog_unit - 1u)) >= STK_FLASH_UNIT_MAX ||
        (g->block_bytes % g->read_unit | g->block_bytes % g->prog_unit) != 0u || (uint8_t)(g->erased + 1u) > 1u ||
        g->rewrite > STK_FLASH_ANY) {
        return STK_E_ARG;
    }
    /* The larger of page and read unit must be a multiple of the other one, so that one granule holds whole pages. */
    page = STK_LOG_PAGE_BYTES(g->prog_unit);
    granule = STK_LOG_LARGER_(page, g->read_unit);
    if (granule % (page + g->read_unit - granule) != 0u) {
        return STK_E_ARG;
    }
    page_cells = page / STK_LOG_CELL_BYTES;
    log->stats.page_bytes = page;
    log->read_granule = (uint16_t)granule;
    log->page_cells = (uint16_t)page_cells;
    log->block_pages = g->block_bytes / page;
    block_cells = log->block_pages * page_cells;
    return g->blocks < (page_cells == 1u ? BLOCKS_MIN : BLOCKS_MIN + 1u) || block_cells < 2u ||
                   block_cells > CELLS_MAX / g->blocks
               ? STK_E_OVERFLOW
               : STK_OK;
}

int stk_log_open(struct stk_log *log, const struct stk_log_config *config) {
    const struct stk_flash_ops *f = config->flash.ops;
    int err;
    memset(log, 0, sizeof *log);
    if (!f || !f->geometry || !f->read || !f->prog || !f->erase || !config->buffer) {
        return STK_E_ARG;
    }
    f->geometry(config->flash.ctx, &log->geometry);
    err = stk_log_measure(log);
    if (err != STK_OK) {
        return err;
    }
    if (config->buffer_bytes < stk_log_need(log)) {
        return STK_E_SPACE;
    }
    if (log->geometry.lazy) {
        log->geometry.rewrite = STK_FLASH_ONCE; /* after a cut, no page that was in use can be trusted to be blank */
    }
    log->config = *config;
    memset(config->buffer, log->geometry.erased, stk_log_need(log));
    return STK_OK;
}

/// The medium ///

const uint8_t *stk_log_peek(struct stk_log *log, uint32_t block, uint32_t page) {
    uint32_t offset = page * stk_log_page_bytes(log), granule = log->read_granule, before = offset % granule;
    uint8_t *to = log->config.buffer;
    for (uint32_t tries = 2; tries != 0u && log->refused == STK_OK; tries--) {
        int err = log->config.flash.ops->read(log->config.flash.ctx, block, offset - before, to, granule);
        log->stats.mount_reads++;
        if (err == STK_OK) {
            return to + before;
        }
        log->refused = stk_log_is_unreadable(err) ? STK_OK : err;
    }
    return NULL;
}

/* Counts a failed program or erase in the statistics, and returns its error. A refused call is no failure. */
static int counted(struct stk_log *log, int err) {
    if (err == STK_E_IO) {
        log->stats.failed++;
    }
    return err;
}

/* Programs page `page` of a block from `data`. Counts STK_E_IO in log->failures, and a success sets that count to 0. */
static int program(struct stk_log *log, uint32_t block, uint32_t page, const void *data) {
    int err = log->config.flash.ops->prog(log->config.flash.ctx, block, page * stk_log_page_bytes(log), data,
                                          stk_log_page_bytes(log));
    log->stats.programs++;
    if (err == STK_OK) {
        log->failures = 0;
    } else if (err == STK_E_IO) {
        log->failures++;
    }
    return counted(log, err);
}

/* Returns 1 when the call should end with STK_E_IO instead of trying another block. Where every program fails, the
 * medium is likely to blame and not its blocks, and each further try would erase a block of history. So a call gives up
 * after FAILURES_MAX failed programs in a row. The count stays one below the limit, so that each later call makes one
 * more try: the blocks may really be bad one after the other, or the medium may have recovered. */
static int gives_up(struct stk_log *log) {
    if (log->failures < FAILURES_MAX) {
        return 0;
    }
    log->failures = FAILURES_MAX - 1;
    return 1;
}

/* Erases a block. A cut within the erase may leave any bytes in the block, and even whole cells of its old use; their
 * checksums have the seed of the old lap, so they never pass for cells of the next use. */
STK_LOG_ONCE static int erase(struct stk_log *log, uint32_t block) {
    log->stats.erases++;
    return counted(log, log->config.flash.ops->erase(log->config.flash.ctx, block));
}

/* Waits until everything that was programmed and erased so far survives a power cut. A medium without `sync` keeps
 * every finished operation. The next sync stays due after an error, and while no record of this boot is on the flash:
 * prepare says why. */
static int medium_sync(struct stk_log *log) {
    const struct stk_flash_ops *f = log->config.flash.ops;
    int err = f->sync ? f->sync(log->config.flash.ctx) : STK_OK;
    if (err == STK_OK && log->stats.records > log->pending) {
        log->unsynced_left = stk_log_lag(log);
    }
    return err;
}

/// Buffer ///

/* Records that wait lie at the start of the buffer. Each page is programmed from the start, which has the alignment
 * that the caller gave the buffer. The buffer has room for one cell more than a page. Where the header shares a page,
 * the header takes this cell in front of the records; where the header has a page of its own, the header is built in
 * this cell while a record waits in front. */

/* Moves the records that wait from cell `from` of the buffer to cell `to`. */
static void move_records(struct stk_log *log, uint32_t to, uint32_t from) {
    memmove(stk_log_cell_at(log, to), stk_log_cell_at(log, from), (size_t)log->pending * STK_LOG_CELL_BYTES);
}

/* Returns the number of cells of the next page that are no records: 1 for the header at the start of a block, else 0. A
 * block whose header has a page of its own begins at page 1, so the number is 0 there. */
static uint32_t header_cells(const struct stk_log *log) {
    return log->page == 0u ? 1u : 0u;
}

/// Blocks ///

/* Values of log->ready: how far the block `ahead` is made ready. The values are in the order of the steps. When the
 * port refuses a step, the next call goes on with the same step. */
enum {
    STALE,  /* `ahead` is not the next block, but the block behind which to look for the next one */
    CHOSEN, /* `ahead` is the next block; nothing was done to it */
    ERASED, /* `ahead` is erased */
    HEADED, /* the header of `ahead` is programmed, where the header has a page of its own */
    READY   /* the medium was synced, where that was due; records may follow */
};

/* Sets `ahead` to the next block. When the log has passed over as many blocks as mount looks at, goes back to the block
 * with the newest record first: mount would not find a record further away. The blocks behind that block hold no
 * record, so nothing is lost. The lap falls back when the way there crossed block 0. Where the block in use changes
 * here, log->page says already that the block in use is left: only a block that is left has the newest record before
 * it. */
static void choose(struct stk_log *log) {
    if (stk_log_distance(log, log->ahead) == stk_log_search_range(log)) {
        log->lap -= log->last > log->block ? 1u : 0u;
        log->block = log->ahead = log->last;
    }
    log->ahead = stk_log_following(log, log->ahead);
}

/* Takes the step that follows log->ready. STK_OK also where the step has nothing to do. */
static int make_ready(struct stk_log *log) {
    int err = STK_OK;
    if (log->ready == STALE) {
        choose(log);
    } else if (log->ready == CHOSEN) {
        err = erase(log, log->ahead);
    } else if (log->ready == HEADED) {
        log->unsynced_left -= log->unsynced_left != 0u ? 1u : 0u; /* 0 while no record of this boot is durable */
    } else if (stk_log_header_alone(log)) {
        stk_log_put_header(log, 1, log->ahead);
        err = program(log, log->ahead, 0, stk_log_cell_at(log, 1));
    }
    return err;
}

/* Makes the next usable block ready: erases the block, and programs its header where the header has a page of its own.
 * Passes over blocks that fail, but over no more than mount looks at, and never over the block with the newest record.
 * Syncs the medium once in stk_log_lag blocks, so that mount knows in how many blocks a cut on a lazy medium may have
 * kept any part of the data. The sync comes before the erase: records that may still be lost must not cost older ones.
 *
 * Before a record of this boot is durable, a second sync, after the header, makes the erase of each block durable. An
 * earlier boot, or an earlier mount in this boot, may have written records to the block that mount did not see. If a
 * cut on a lazy medium undid the erase, these records could come back behind records of this boot with the same
 * sequences. Once a record of this boot is durable, the next boot takes other sequences.
 *
 * Returns STK_E_IO when no block could be used. */
static int prepare(struct stk_log *log) {
    uint32_t tries = stk_log_search_range(log);
    int err = STK_OK;
    while (err == STK_OK && log->ready != READY) {
        /* CHOSEN and HEADED are the odd states: a sync belongs before the erase and behind the header. */
        if (log->ready % 2u != 0u && log->unsynced_left == 0u) {
            err = medium_sync(log);
            if (err != STK_OK) {
                return err;
            }
        }
        err = make_ready(log);
        if (err == STK_OK) {
            log->ready++;
        } else if (err == STK_E_IO) { /* the erase or the header failed: the search goes on behind this block */
            log->ready = STALE;
            err = --tries == 0u || gives_up(log) ? err : STK_OK;
        }
    }
    return err; /* a call that was refused tells nothing about the block */
}

/* Makes the ready block the block in use. No page of the block is unsure, since this boot erased the block. */
static void enter(struct stk_log *log) {
    log->lap = stk_log_lap_of_next(log, log->ahead);
    log->block = log->ahead;
    log->page = stk_log_header_alone(log) ? 1u : 0u;
    log->unsure = 0;
    log->ready = STALE;
}

/* Programs the start of the buffer as the next page of the block in use. When the program fails, the rest of the block
 * is not used in this lap. When the port refuses the call, nothing was programmed, and the same page may be tried
 * again. */
static int program_page(struct stk_log *log) {
    int err = program(log, log->block, log->page, log->config.buffer);
    if (err == STK_OK) {
        log->page++;
    } else if (err == STK_E_IO) {
        log->page = log->block_pages;
    }
    return err;
}

/* Marks the next page as used: programs the inverse of the erased value, the one pattern that may be programmed over
 * anything and leaves no weak bit. No read shows whether a program of this page was begun before a power cut, so each
 * page below log->unsure is marked, blank or not. A page that cannot be read may hold a record that can be read later,
 * so the rest of the block is left instead. The mark may use the buffer: no record waits yet, since pages are marked
 * before the first record of a boot. */
static int mark(struct stk_log *log) {
    log->refused = STK_OK;
    if (stk_log_peek(log, log->block, log->page)) {
        memset(log->config.buffer, ~log->geometry.erased, stk_log_page_bytes(log));
        log->stats.recovered++;
        return program_page(log);
    }
    log->page = log->refused == STK_OK ? log->block_pages : log->page;
    return log->refused;
}

/* Checks that the log is mounted. Every writing call except format and mount begins with this check. */
static int begin_call(const struct stk_log *log) {
    return log->config.flash.ops ? STK_OK : STK_E_SHUTDOWN;
}

/* Prepares the block in use for its next page. Marks the pages behind the last record that mount found, up to
 * log->unsure, and enters the next block when the block in use is full or left. When a mark fails, the rest of that
 * block is left and the loop takes the next block, so STK_E_IO of a mark does not end the loop. */
int stk_log_settle(struct stk_log *log) {
    int err = begin_call(log);
    while (err == STK_OK || err == STK_E_IO) {
        if (log->page == log->block_pages) {
            err = prepare(log);
            if (err != STK_OK) {
                return err;
            }
            enter(log);
        } else if (log->page < log->unsure) {
            err = mark(log);
        } else {
            return STK_OK;
        }
    }
    return err;
}

int stk_log_flush(struct stk_log *log) {
    int err;
    do {
        uint32_t first, end, seed;
        err = stk_log_settle(log);
        if (err != STK_OK) {
            return err;
        }
        first = header_cells(log);
        if (first != 0u) {
            move_records(log, first, 0);
            stk_log_put_header(log, 0, log->block);
        }
        /* The checksums are written here and not at the append: a page that failed goes to another block, whose lap and
         * so whose seed may differ. */
        seed = stk_log_seed(log, log->lap);
        for (end = first; end < first + log->pending && end < log->page_cells; end++) {
            stk_log_seal(stk_log_cell_at(log, end), seed);
        }
        memset(stk_log_cell_at(log, end), log->geometry.erased, (size_t)(log->page_cells - end) * STK_LOG_CELL_BYTES);
        err = program_page(log);
        if (err == STK_OK) {
            /* Only now does mount know how many blocks were passed over. If log->reach grew with a header whose program
             * failed, the log would go further than mount looks. */
            log->reach = stk_log_reach_to(log, log->block);
            log->last = log->block;
            log->pending = (uint16_t)(log->pending - (end - first));
            first = end;
        }
        move_records(log, 0, first);
    } while (err == STK_OK ? log->pending != 0u : err == STK_E_IO && !gives_up(log));
    return err;
}

/// Calls ///

/* Reads the header of each block, and erases the block. A block that cannot be erased keeps its old header, so the new
 * log takes a greater format number than every header that is there. log->reach counts these blocks: no row of them is
 * longer. Block 0 is the last to be erased, since mount looks at block 0 first: a cut before that leaves a rest of the
 * old log, or no log at all. Once block 0 is erased, it is the next block to be used. STK_E_IO no block can be
 * erased. */
static int erase_all(struct stk_log *log) {
    uint32_t i = 0;
    int err;
    do {
        const uint8_t *cell;
        i = stk_log_following(log, i);
        cell = stk_log_peek(log, i, 0);
        if (cell && stk_log_is_header(cell, log, i) && stk_log_header_format(cell) > log->format) {
            log->format = stk_log_header_format(cell);
        }
        err = log->refused != STK_OK ? log->refused : erase(log, i);
        log->ready = err == STK_OK ? ERASED : STALE;
        if (err == STK_E_IO && log->reach + 1u != log->geometry.blocks) {
            log->reach++;
            err = STK_OK;
        }
    } while (i != 0u && err == STK_OK);
    log->format++;
    if (log->format == 0u) { /* 0 means that no log was found */
        log->format = 1;
    }
    return err;
}

int stk_log_format(struct stk_log *log, const struct stk_log_config *config, uint32_t id, uint32_t sequence) {
    int err = stk_log_open(log, config);
    if (err != STK_OK) {
        return err;
    }
    log->id = id;
    log->sequence = sequence;
    log->boot = 1;
    /* Starts as if the last block were full. Block 0, which is `ahead`, is the next one. */
    log->block = log->last = log->geometry.blocks - 1u;
    log->page = log->block_pages;
    err = erase_all(log);
    /* Unlike an append, format tries every block before it gives up: no history can be lost. */
    log->failures = -(int32_t)log->geometry.blocks;
    if (err == STK_OK) {
        err = stk_log_settle(log);
    }
    /* Programs the first header, so that mount finds the log before the log has a record. */
    if (err == STK_OK && log->page == 0u) {
        err = stk_log_flush(log);
    }
    if (err == STK_OK) {
        err = medium_sync(log);
    }
    if (err != STK_OK) {
        log->config.flash.ops = NULL;
    }
    return err;
}

int stk_log_end_cell(struct stk_log *log, uint32_t kind) {
    /* The buffer has room for this cell. Less than a page waits there: when a full page could not be programmed, the
     * append that filled the page took its record out again. The checksum is left out: stk_log_flush writes the
     * checksum once the block, and with it the seed, is known. */
    uint8_t *cell = stk_log_cell_at(log, log->pending++);
    stk_put32(cell, kind);
    stk_put32(cell + 52, log->sequence++);
    stk_put32(cell + 56, log->boot << 1 | log->resumed);
    if (header_cells(log) + log->pending >= log->page_cells) {
        int err = stk_log_flush(log);
        if (err != STK_OK) {
            /* log->sequence does not go back: a part of the record may have reached the flash, and the next record must
             * not have the same sequence. */
            log->pending--;
            return err;
        }
    }
    log->resumed = 0;
    log->stats.records++;
    return STK_OK;
}

int stk_log_append_cell(struct stk_log *log, uint32_t kind, const void *body) {
    int err = stk_log_settle(log);
    if (err != STK_OK) {
        return err;
    }
    memcpy(stk_log_next_body(log), body, STK_LOG_BODY_BYTES);
    return stk_log_end_cell(log, kind);
}

int stk_log_sync(struct stk_log *log) {
    int err = begin_call(log);
    if (err == STK_OK && log->pending != 0u) {
        err = stk_log_flush(log);
    }
    return err == STK_OK ? medium_sync(log) : err;
}

int stk_log_poll(struct stk_log *log) {
    uint32_t before = log->stats.programs + log->stats.erases;
    int err;
    /* A device that restarts again and again must not wear its flash: a boot may end before it needs another block, and
     * the next boot would have to erase that block again. So after a mount poll does nothing until the boot has
     * appended more records than the block in use has room for, and one record more. A boot of one record never reaches
     * this limit. Boot 1 is the boot of the format, which found nothing in doubt. */
    if (log->stats.records == 0u || (log->boot != 1u && log->stats.records + log->pending <=
                                                            (log->block_pages - log->page) * log->page_cells + 1u)) {
        return begin_call(log);
    }
    err = stk_log_settle(log);
    /* While the block in use has no record (last != block), the newest records are in an earlier block. Poll erases
     * nothing further then. */
    if (err == STK_OK && log->ready != READY && log->last == log->block) {
        log->unsynced_left = 0;
        err = prepare(log);
    }
    return err == STK_OK ? before != log->stats.programs + log->stats.erases : err;
}
