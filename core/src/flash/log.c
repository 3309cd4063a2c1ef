/* The flash log's writing side; log_mount.c finds its end, log_iter.c reads it. */
#include "stoker/log.h"

#include "base/memory.h"
#include "log_internal.h"

/* one in use, one erased ahead, one that is kept; one more where a header is not written ahead */
#define BLOCKS_MIN   3u
#define FAILURES_MAX 4u          /* programs in a row; in all of them a block was erased for nothing */
#define CELLS_MAX    0x10000000u /* of a log: sequence numbers that boots leave out must not come round within it */

/// Configuration ///

uint32_t stk_log_buffer_bytes(const struct stk_flash_geometry *geometry) {
    return STK_LOG_BUFFER_BYTES(geometry->read_unit, geometry->prog_unit);
}

uint32_t stk_log_offset(const struct stk_log *log, uint32_t cell) {
    return cell / log->page_cells * stk_log_page_bytes(log);
}

uint32_t stk_log_following(const struct stk_log *log, uint32_t block) {
    return block + 1u == log->geometry.blocks ? 0u : block + 1u;
}

uint32_t stk_log_search_range(const struct stk_log *log) {
    uint32_t most = log->geometry.blocks - 1u, range = STK_LOG_REACH + 1u + log->reach;
    return range < most ? range : most;
}

uint32_t stk_log_lag(const struct stk_log *log) {
    uint32_t half = log->geometry.blocks / 2u - 1u, most = INT32_MAX / (log->geometry.blocks * log->block_cells) - 2u;
    return half < most ? half : most;
}

uint32_t stk_log_between(const struct stk_log *log, uint32_t block) {
    uint32_t run = block - log->last - 1u;
    return block > log->last ? run : run + log->geometry.blocks;
}

int stk_log_measure(struct stk_log *log) {
    const struct stk_flash_geometry *g = &log->geometry;
    if (g->read_unit - 1u >= STK_FLASH_UNIT_MAX || g->prog_unit - 1u >= STK_FLASH_UNIT_MAX ||
        g->block_bytes % g->read_unit != 0u || g->block_bytes % g->prog_unit != 0u || (uint8_t)(g->erased + 1u) > 1u ||
        g->rewrite > STK_FLASH_ANY) {
        return STK_E_ARG;
    }
    log->stats.page_bytes = STK_LOG_PAGE_BYTES(g->prog_unit);
    log->read_granule = STK_LOG_LARGER_(log->stats.page_bytes, g->read_unit);
    log->page_cells = log->stats.page_bytes / STK_LOG_CELL_BYTES;
    log->block_cells = g->block_bytes / log->stats.page_bytes * log->page_cells;
    if (log->read_granule % log->stats.page_bytes != 0u || log->read_granule % g->read_unit != 0u) {
        return STK_E_ARG;
    }
    return g->blocks < (stk_log_header_alone(log) ? BLOCKS_MIN : BLOCKS_MIN + 1u) || log->block_cells < 2u ||
                   log->block_cells > CELLS_MAX / g->blocks
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
    if (config->buffer_bytes < STK_LOG_CELL_BYTES + log->read_granule) {
        return STK_E_SPACE;
    }
    if (log->geometry.lazy) {
        log->geometry.rewrite = STK_FLASH_ONCE; /* after a cut, no page that was in use can be trusted to be blank */
    }
    log->config = *config;
    log->unsynced = UINT32_MAX / 2u; /* a log that was mounted before may have left something */
    memset(config->buffer, log->geometry.erased, STK_LOG_CELL_BYTES + log->read_granule);
    return STK_OK;
}

/// The medium ///

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

const uint8_t *stk_log_peek(struct stk_log *log, uint32_t block, uint32_t cell) {
    uint32_t offset = stk_log_offset(log, cell), granule = log->read_granule, before = offset % granule;
    uint8_t *to = log->config.buffer;
    int err = log->refused;
    if (err == STK_OK) {
        err = stk_log_read(log, block, offset - before, to, granule, &log->stats.mount_reads);
        log->refused = stk_log_is_unreadable(err) ? STK_OK : err;
    }
    return err == STK_OK ? to + before : NULL;
}

static int counted(struct stk_log *log, int err) {
    log->stats.failed += err == STK_E_IO ? 1u : 0u;
    return err;
}

static int program(struct stk_log *log, uint32_t block, uint32_t cell, const void *page) {
    int err = log->config.flash.ops->prog(log->config.flash.ctx, block, stk_log_offset(log, cell), page,
                                          stk_log_page_bytes(log));
    log->stats.programs++;
    log->failures = err == STK_OK ? 0u : log->failures + (err == STK_E_IO ? 1u : 0u);
    return counted(log, err);
}

/* Where every program fails, the medium is to blame, not its blocks. So a call gives up after FAILURES_MAX programs in
 * a row that failed, and each call after that when one more has. The next call goes on from there: blocks are bad, one
 * after the other, or the medium recovers. */
static int gives_up(struct stk_log *log) {
    if (log->failures < FAILURES_MAX) {
        return 0;
    }
    log->failures = FAILURES_MAX - 1u;
    return 1;
}

STK_LOG_ONCE static int erase(struct stk_log *log, uint32_t block) {
    log->stats.erases++;
    return counted(log, log->config.flash.ops->erase(log->config.flash.ctx, block));
}

/* What was programmed so far survives a power cut. */
static int medium_sync(struct stk_log *log) {
    const struct stk_flash_ops *f = log->config.flash.ops;
    int err = f->sync ? f->sync(log->config.flash.ctx) : STK_OK;
    log->unsynced = err == STK_OK ? 0u : log->unsynced;
    return err;
}

/// Buffer ///

/* Records that wait lie at the start of the buffer. Each page is programmed from there, which is as aligned as the
 * caller made it. There is room for one cell more than a page has: for the header that goes before the records of a
 * block, where it has no page of its own, and for that page where it has. */

static uint8_t *cell_at(const struct stk_log *log, uint32_t i) {
    return (uint8_t *)log->config.buffer + (size_t)i * STK_LOG_CELL_BYTES;
}

/* Moves the records that wait within the buffer. */
static void move_records(struct stk_log *log, uint32_t to, uint32_t from) {
    memmove(cell_at(log, to), cell_at(log, from), (size_t)log->pending * STK_LOG_CELL_BYTES);
}

/* Cells of the next page that are no records: the header, where it shares the first page of its block. */
static uint32_t header_cells(const struct stk_log *log) {
    return log->cell == 0u ? 1u : 0u;
}

/// Blocks ///

/* Begins again behind the block with the newest record. The blocks behind it have none. */
static void start_over(struct stk_log *log) {
    if (log->block != log->last) {
        log->lap -= log->last > log->block ? 1u : 0u;
        log->block = log->last;
        log->cell = log->block_cells;
    }
    log->ahead = log->block;
}

/* How far `ahead` is made ready. A call that the port refused goes on from there when it is made again. */
enum {
    STALE, /* it is the block behind which to look for the next one */
    ERASED,
    HEADED, /* its header is programmed, where that is a page of its own */
    READY
};

/* Takes the next step to make a block ready: the block ahead, or the one behind it when that is stale. */
static int make_ready(struct stk_log *log, uint32_t block) {
    int err = STK_OK;
    if (log->ready == STALE) {
        err = erase(log, block);
    } else if (log->ready == ERASED && stk_log_header_alone(log)) {
        stk_log_put_header(log, 1, block);
        err = program(log, block, 0, cell_at(log, 1));
    } else if (log->ready == HEADED && log->geometry.lazy && log->prepared < 2u) {
        /* A boot before this one may have begun to use the block, and have left no trace of itself. A lazy medium could
         * bring back what that boot wrote, behind records of this boot that have the same numbers. Not so once the
         * erase is durable, and once a record of this boot is: then the next boot takes other numbers. */
        err = medium_sync(log);
        log->prepared = (uint8_t)(log->prepared + (err == STK_OK && log->last == log->block ? 1u : 0u));
    }
    return err;
}

/* Makes the next block that can be used ready: erased, and with its header where that is a page of its own. Blocks that
 * fail are passed over, but no more than mount looks at, and never the block with the newest record. The medium is
 * synced now and then, so that mount knows in how many blocks a cut on a lazy medium may have kept any part. */
static int prepare(struct stk_log *log) {
    uint32_t range = stk_log_search_range(log), tries = range, block;
    int err = log->unsynced >= stk_log_lag(log) ? medium_sync(log) : STK_OK;
    log->unsynced++;
    while (err == STK_OK && log->ready != READY) {
        block = log->ahead;
        if (log->ready == STALE) {
            block = stk_log_following(log, block);
            if (stk_log_between(log, block) == range) {
                start_over(log);
                block = stk_log_following(log, log->ahead);
            }
        }
        err = make_ready(log, block);
        if (err == STK_OK) {
            log->ready++;
            log->ahead = block;
        } else if (err == STK_E_IO && log->ready != HEADED) {
            log->ready = STALE;
            log->ahead = block;
            err = --tries == 0u || gives_up(log) ? err : STK_OK;
        }
    }
    return err; /* a call that was refused tells nothing about the block */
}

/* The ready block becomes the one in use. */
static void enter(struct stk_log *log) {
    log->lap = stk_log_lap_of_next(log, log->ahead);
    log->block = log->ahead;
    log->cell = stk_log_header_alone(log) ? 1u : 0u;
    log->unsure = 0;
    log->ready = STALE;
}

/* Programs the start of the buffer as the next page of the block in use. Where that fails, the rest of the block is
 * left. A page that is refused may be programmed again. */
static int program_page(struct stk_log *log) {
    int err = program(log, log->block, log->cell, log->config.buffer);
    if (err == STK_OK) {
        log->cell += log->page_cells;
    } else if (err == STK_E_IO) {
        log->cell = log->block_cells;
    }
    return err;
}

/* Nothing that went before a power cut tells whether this page was begun: the page gets the one pattern that may go
 * over anything. A page that cannot be read may hold a record that can be read later: then the rest of the block is
 * left. The buffer is empty when pages are marked, which is before the first record of a boot. */
static int mark(struct stk_log *log) {
    log->refused = STK_OK;
    if (stk_log_peek(log, log->block, log->cell)) {
        memset(log->config.buffer, ~log->geometry.erased, stk_log_page_bytes(log));
        log->stats.recovered++;
        return program_page(log);
    }
    log->cell = log->refused == STK_OK ? log->block_cells : log->cell;
    return log->refused;
}

/* Returns when the next page may be written. Pages behind the last record that mount found are marked up to where the
 * log is sure again; the rest of a block where that fails is left. */
static int settle(struct stk_log *log) {
    int err = STK_OK;
    while (err == STK_OK || err == STK_E_IO) {
        if (log->cell == log->block_cells) {
            err = prepare(log);
            if (err != STK_OK) {
                return err;
            }
            enter(log);
        } else if (log->cell < log->unsure) {
            err = mark(log);
        } else {
            return STK_OK;
        }
    }
    return err;
}

/* Where a block fails, what is left of the records goes to the next one. */
int stk_log_flush(struct stk_log *log) {
    int err;
    do {
        uint32_t first, end, seed;
        err = settle(log);
        if (err != STK_OK) {
            return err;
        }
        first = header_cells(log);
        if (first != 0u) {
            move_records(log, first, 0);
            stk_log_put_header(log, 0, log->block);
        }
        seed = stk_log_seed(log, log->lap);
        for (end = first; end < first + log->pending && end < log->page_cells; end++) {
            stk_log_seal(cell_at(log, end), seed);
        }
        memset(cell_at(log, end), log->geometry.erased, (size_t)(log->page_cells - end) * STK_LOG_CELL_BYTES);
        err = program_page(log);
        if (err == STK_OK) {
            /* Mount knows the run as well now: a header that failed, and told of a longer one, would lead the log too
             * far. */
            uint32_t run = log->last != log->block ? stk_log_between(log, log->block) : 0u;
            log->reach = run > log->reach ? run : log->reach;
            log->last = log->block;
            log->pending -= end - first;
            first = end;
        }
        move_records(log, 0, first);
    } while (err == STK_OK ? log->pending != 0u : err == STK_E_IO && !gives_up(log));
    return err;
}

/// Calls ///

/* Reads the header of each block, and erases each but block 0. A block that cannot be erased keeps what it held, so the
 * new log needs a greater format number than any header that is there. Counts the longest run of such blocks: one at
 * the end of the flash goes on at its start, block 0 among it. */
static int erase_all(struct stk_log *log) {
    uint32_t run = 0, first = UINT32_MAX;
    int err = STK_OK;
    for (uint32_t i = 0; i < log->geometry.blocks && err == STK_OK; i++) {
        const uint8_t *cell = stk_log_peek(log, i, 0);
        if (cell && stk_log_is_header(cell, log, i) && stk_log_header_format(cell) > log->format) {
            log->format = stk_log_header_format(cell);
        }
        err = log->refused;
        if (i != 0u && err == STK_OK) {
            err = erase(log, i);
            if (err == STK_OK) {
                first = first == UINT32_MAX ? run : first;
                run = 0;
            } else if (err == STK_E_IO) {
                run++;
                err = STK_OK;
            }
            log->reach = run > log->reach ? run : log->reach;
        }
    }
    if (run != 0u && first < log->geometry.blocks && run + 1u + first > log->reach) {
        log->reach = run + 1u + first;
    }
    log->format++;
    log->format += log->format == 0u ? 1u : 0u; /* 0 is no log */
    return err;
}

int stk_log_format(struct stk_log *log, const struct stk_log_config *config, uint32_t id, uint32_t sequence) {
    int err = stk_log_open(log, config);
    if (err != STK_OK) {
        return err;
    }
    log->id = id;
    log->sequence = sequence;
    log->blocks = log->geometry.blocks;
    log->boot = 1;
    /* As if the last block were full: block 0 is then made ready as any next block is, and last, since mount looks
     * there first. */
    log->block = log->last = log->ahead = log->geometry.blocks - 1u;
    log->cell = log->block_cells;
    err = erase_all(log);
    /* The header goes onto the flash, so that mount finds the log before its first record. All blocks may be tried. */
    for (uint32_t turns = log->geometry.blocks; turns != 0u && (err == STK_OK || err == STK_E_IO); turns--) {
        log->failures = 0;
        err = settle(log);
        if (err == STK_OK && log->cell == 0u) {
            err = stk_log_flush(log);
        }
        turns = err == STK_OK ? 1u : turns;
    }
    if (err == STK_OK) {
        err = stk_log_sync(log);
    }
    if (err != STK_OK) {
        log->config.flash.ops = NULL;
    }
    return err;
}

int stk_log_append_cell(struct stk_log *log, uint32_t kind, const void *body) {
    int err = stk_log_settle(log);
    if (err != STK_OK) {
        return err;
    }
    /* The buffer has room: what waits there is less than a page, for a page that could not go out lost its last
     * record. */
    stk_log_put_cell(cell_at(log, log->pending), log, kind, body);
    log->pending++;
    log->sequence++;
    if (header_cells(log) + log->pending >= log->page_cells) {
        err = stk_log_flush(log);
        if (err != STK_OK) {
            /* The number is not given again: a part of the record may have reached the flash. */
            log->pending--;
            return err;
        }
    }
    log->resumed = 0;
    log->stats.records++;
    return STK_OK;
}

/* Every call but format and mount begins with this one. */
static int begin_call(const struct stk_log *log) {
    return log->config.flash.ops ? STK_OK : STK_E_SHUTDOWN;
}

int stk_log_settle(struct stk_log *log) {
    int err = begin_call(log);
    return err == STK_OK ? settle(log) : err;
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
    int err = begin_call(log);
    /* A device that restarts again and again must not wear its flash: a boot may end before it needs another block, and
     * the next one would erase that block again. So after a mount nothing is done until the boot has appended more than
     * the block has room for, and one record more: a boot of one record does nothing here. */
    if (err != STK_OK || log->stats.records == 0u ||
        (log->boot != 1u && log->stats.records + log->pending <= log->block_cells - log->cell + 1u)) {
        return err;
    }
    err = settle(log);
    /* While the block in use has no record, the newest ones are in a block before it. */
    if (err == STK_OK && log->ready != READY && log->last == log->block) {
        err = medium_sync(log);
        err = err == STK_OK ? prepare(log) : err;
    }
    return err == STK_OK ? before != log->stats.programs + log->stats.erases : err;
}
