/* The flash log's writing side; log_mount.c finds its end, log_iter.c reads it. */
#include "stoker/log.h"

#include <string.h>

#include "log_parts.h"

#define BLOCKS_MIN   3u /* one in use, one erased ahead, one that is kept; one more where a header is not written ahead */
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

uint32_t stk_log_window(const struct stk_log *log) {
    uint32_t most = log->geometry.blocks - 1u, window = STK_LOG_REACH + 1u + log->reach;
    return window < most ? window : most;
}

uint32_t stk_log_lag(const struct stk_log *log) {
    uint32_t half = log->geometry.blocks / 2u - 1u, most = INT32_MAX / (log->geometry.blocks * log->block_cells) - 2u;
    return half < most ? half : most;
}

int stk_log_check_geometry(const struct stk_flash_geometry *g) {
    uint32_t page, cells;
    if (g->read_unit - 1u >= STK_FLASH_UNIT_MAX || g->prog_unit - 1u >= STK_FLASH_UNIT_MAX ||
        g->block_bytes % g->read_unit != 0u || g->block_bytes % g->prog_unit != 0u || (uint8_t)(g->erased + 1u) > 1u ||
        g->rewrite > STK_FLASH_ANY) {
        return STK_E_ARG;
    }
    page = STK_LOG_PAGE_BYTES(g->prog_unit);
    if (page % g->read_unit != 0u && g->read_unit % page != 0u) {
        return STK_E_ARG;
    }
    cells = g->block_bytes / page * (page / STK_LOG_CELL_BYTES);
    return g->blocks < (page >= 2u * STK_LOG_CELL_BYTES ? BLOCKS_MIN + 1u : BLOCKS_MIN) || cells < 2u ||
                   cells > CELLS_MAX / g->blocks
               ? STK_E_OVERFLOW
               : STK_OK;
}

int stk_log_open(struct stk_log *log, const struct stk_log_config *config) {
    const struct stk_flash_ops *f = config->flash;
    struct stk_flash_geometry *g = &log->geometry;
    int err;
    memset(log, 0, sizeof *log);
    if (!f || !f->geometry || !f->read || !f->prog || !f->erase || !config->buffer) {
        return STK_E_ARG;
    }
    f->geometry(config->flash_ctx, g);
    err = stk_log_check_geometry(g);
    if (err == STK_OK && config->buffer_bytes < stk_log_buffer_bytes(g)) {
        err = STK_E_SPACE;
    }
    if (err != STK_OK) {
        return err;
    }
    if (g->lazy) {
        g->rewrite = STK_FLASH_ONCE; /* after a cut, no page of a block that was in use can be trusted to be blank */
    }
    log->config = *config;
    log->page_bytes = log->stats.page_bytes = STK_LOG_PAGE_BYTES(g->prog_unit);
    log->page_cells = log->page_bytes / STK_LOG_CELL_BYTES;
    log->block_cells = g->block_bytes / log->page_bytes * log->page_cells;
    log->unsynced = UINT32_MAX / 2u; /* a log that was mounted before may have left something */
    memset(config->buffer, g->erased, stk_log_buffer_bytes(g));
    return STK_OK;
}

/// The medium ///

int stk_log_read(const struct stk_log *log, uint32_t block, uint32_t offset, void *data, uint32_t bytes,
                 uint32_t *reads) {
    uint32_t tries = 2;
    int err;
    do {
        ++*reads;
        err = log->config.flash->read(log->config.flash_ctx, block, offset, data, bytes);
    } while (stk_log_is_unreadable(err) && --tries != 0u);
    return err;
}

const uint8_t *stk_log_peek(struct stk_log *log, uint32_t block, uint32_t cell) {
    uint32_t offset = stk_log_offset(log, cell), piece = stk_log_piece(log), before = offset % piece;
    uint8_t *to = log->config.buffer;
    int err = log->refused;
    if (err == STK_OK) {
        err = stk_log_read(log, block, offset - before, to, piece, &log->stats.mount_reads);
        log->refused = stk_log_is_unreadable(err) ? STK_OK : err;
    }
    return err == STK_OK ? to + before : NULL;
}

static int counted(struct stk_log *log, int err) {
    log->stats.failed += err == STK_E_IO ? 1u : 0u;
    return err;
}

static int program(struct stk_log *log, uint32_t block, uint32_t cell, const void *page) {
    int err =
        log->config.flash->prog(log->config.flash_ctx, block, stk_log_offset(log, cell), page, stk_log_page_bytes(log));
    log->stats.programs++;
    log->failures = err == STK_OK ? 0u : log->failures + (err == STK_E_IO ? 1u : 0u);
    return counted(log, err);
}

/* Where every program fails, the medium is to blame, not its blocks. So a call gives up after FAILURES_MAX programs in a row
 * that failed, and each call after that when one more has. The next call goes on from there: blocks are bad, one after the
 * other, or the medium recovers. */
static int gives_up(const struct stk_log *log) {
    return log->failures >= FAILURES_MAX;
}

static int erase(struct stk_log *log, uint32_t block) {
    log->stats.erases++;
    return counted(log, log->config.flash->erase(log->config.flash_ctx, block));
}

/* What was programmed so far survives a power cut. */
static int medium_sync(struct stk_log *log) {
    const struct stk_flash_ops *f = log->config.flash;
    int err = f->sync ? f->sync(log->config.flash_ctx) : STK_OK;
    log->unsynced = err == STK_OK ? 0u : log->unsynced;
    return err;
}

/// Buffer ///

/* Records that wait lie at the start of the buffer, behind the header where they go into the first page of a block and the
 * header has no page of its own. So each page is programmed from the start of the buffer, which is as aligned as the
 * caller made it. A page of one cell leaves room for a second one, for headers and markers. */

static uint8_t *cell_at(const struct stk_log *log, uint32_t i) {
    return (uint8_t *)log->config.buffer + (size_t)i * STK_LOG_CELL_BYTES;
}

/* Records that the next page takes. */
static uint32_t room(const struct stk_log *log) {
    return log->page_cells - log->shifted;
}

/* Puts the records that wait at cell `to` of the buffer. */
static void shift(struct stk_log *log, uint32_t from, uint8_t to) {
    memmove(cell_at(log, to), cell_at(log, from), (size_t)log->pending * STK_LOG_CELL_BYTES);
    log->shifted = to;
}

/// Blocks ///

/* The lap of the next use of the block ahead. */
static uint32_t next_lap(const struct stk_log *log) {
    return log->lap + (log->ahead < log->block ? 1u : 0u);
}

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

/* Makes the block ahead ready. */
static int make_ready(struct stk_log *log) {
    int err = STK_OK;
    while (err == STK_OK && log->ready != READY) {
        if (log->ready == STALE) {
            err = erase(log, log->ahead);
        } else if (log->ready == ERASED && stk_log_header_alone(log)) {
            stk_log_put_header(log, cell_at(log, 1), log->ahead, next_lap(log));
            err = program(log, log->ahead, 0, cell_at(log, 1));
        } else if (log->ready == HEADED && log->geometry.lazy && log->prepared < 2u) {
            /* A boot before this one may have begun to use the block, and have left no trace of itself. A lazy medium could
             * bring back what that boot wrote, behind records of this boot that have the same numbers. Not so once the
             * erase is durable, and once a record of this boot is: then the next boot takes other numbers. */
            err = medium_sync(log);
            log->prepared = (uint8_t)(log->prepared + (err == STK_OK && log->last == log->block ? 1u : 0u));
        }
        log->ready = (uint8_t)(log->ready + (err == STK_OK ? 1u : 0u));
    }
    return err;
}

/* Makes the next block that can be used ready: erased, and with its header where that is a page of its own. Blocks that fail
 * are passed over, but no more than mount looks at, and never the block with the newest record. The medium is synced now and then,
 * so that mount knows in how many blocks a cut on a lazy medium may have kept any part. */
static int prepare(struct stk_log *log) {
    uint32_t window = stk_log_window(log), before = log->ahead;
    uint32_t passed = before - log->last + (before < log->last ? log->geometry.blocks : 0u);
    int err = log->unsynced >= stk_log_lag(log) ? medium_sync(log) : STK_OK;
    log->unsynced++;
    for (uint32_t tries = window; err == STK_OK && log->ready != READY; tries--) {
        if (log->ready == STALE) {
            if (passed++ == window) {
                start_over(log);
                passed = 1;
            }
            if (tries == 0u) {
                return STK_E_IO;
            }
            before = log->ahead;
            log->ahead = stk_log_following(log, before);
        }
        err = make_ready(log);
        if (err == STK_E_IO && log->ready != HEADED) {
            log->ready = STALE;
            err = gives_up(log) ? err : STK_OK;
        } else if (err != STK_OK && log->ready == STALE) {
            log->ahead = before; /* a call that was refused tells nothing about the block */
        }
    }
    return err;
}

/* The ready block becomes the one in use. */
static void enter(struct stk_log *log) {
    log->lap = next_lap(log);
    log->block = log->ahead;
    log->seed = stk_log_seed(log, log->lap);
    log->cell = stk_log_header_alone(log) ? 1u : 0u;
    log->unsure = 0;
    log->ready = STALE;
    if (!stk_log_header_alone(log) && !log->shifted) {
        shift(log, 0, 1);
    }
}

/* Programs a page of the block in use. Where that fails, the rest of the block is left. A page that is refused may be
 * programmed again. */
static int program_page(struct stk_log *log, const void *page) {
    int err = program(log, log->block, log->cell, page);
    if (err == STK_OK) {
        log->cell += log->page_cells;
    } else if (err == STK_E_IO) {
        log->cell = log->block_cells;
    }
    return err;
}

/* Nothing that went before a power cut tells whether this page was begun: the page gets the one pattern that may go over
 * anything. A page that cannot be read may hold a record that can be read later: then the rest of the block is left. The buffer is
 * empty when pages are marked, which is before the first record of a boot. */
static int mark(struct stk_log *log) {
    log->refused = STK_OK;
    if (stk_log_peek(log, log->block, log->cell)) {
        memset(cell_at(log, 0), ~log->geometry.erased, stk_log_page_bytes(log));
        log->stats.recovered++;
        return program_page(log, cell_at(log, 0));
    }
    log->cell = log->refused == STK_OK ? log->block_cells : log->cell;
    return log->refused;
}

/* Returns when the next page may be written. Pages behind the last record that mount found are marked up to where the log is
 * sure again; the rest of a block where that fails is left. */
static int settle(struct stk_log *log) {
    int err = STK_OK;
    while (err == STK_OK || err == STK_E_IO) {
        if (log->cell == log->block_cells) {
            err = log->ready == READY ? STK_OK : prepare(log);
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
        uint32_t records, end;
        err = settle(log);
        if (err != STK_OK) {
            return err;
        }
        records = log->pending < room(log) ? log->pending : room(log);
        end = log->shifted + records;
        if (log->shifted) {
            stk_log_put_header(log, cell_at(log, 0), log->block, log->lap);
        }
        for (uint32_t i = log->shifted; i < end; i++) {
            stk_log_seal(cell_at(log, i), log->seed);
        }
        memset(cell_at(log, end), log->geometry.erased, (size_t)(log->page_cells - end) * STK_LOG_CELL_BYTES);
        err = program_page(log, cell_at(log, 0));
        if (err == STK_OK) {
            log->last = log->block;
            log->pending -= records;
            shift(log, end, 0);
        }
    } while (err == STK_OK ? log->pending != 0u : err == STK_E_IO && !gives_up(log));
    return err;
}

/// Calls ///

/* Reads the header of each block, and erases each but block 0. A block that cannot be erased keeps what it held, so the
 * new log needs a greater format number than any header that is there. Counts the longest run of such blocks: one at the end of
 * the flash goes on at its start, block 0 among it. */
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
        log->config.flash = NULL;
    }
    return err;
}

int stk_log_append_cell(struct stk_log *log, uint32_t kind, const void *body) {
    int err = stk_log_settle(log);
    if (err != STK_OK) {
        return err;
    }
    /* The buffer has room: what waits there is less than a page, for a page that could not go out lost its last record. */
    stk_log_put_cell(cell_at(log, log->shifted + log->pending), log, kind, body);
    log->pending++;
    log->sequence++;
    if (log->pending >= room(log)) {
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
static int begin_call(struct stk_log *log) {
    log->failures = log->failures < FAILURES_MAX ? log->failures : FAILURES_MAX - 1u;
    return log->config.flash ? STK_OK : STK_E_SHUTDOWN;
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
    /* A device that restarts again and again must not wear its flash: a boot may end before it needs another block, and the next
     * one would erase that block again. So after a mount nothing is done until the boot has appended more than the block has room
     * for, and one record more: a boot of one record does nothing here. */
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
