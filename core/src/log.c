/* The flash log's writing side; log_mount.c finds its end, log_iter.c reads it. */
#include "stoker/log.h"

#include <string.h>

#include "log_parts.h"

#define BLOCKS_MIN 3u /* one in use, one erased ahead, one that is kept */

/// Configuration ///

uint32_t stk_log_buffer_bytes(const struct stk_flash_geometry *geometry) {
    return STK_LOG_BUFFER_BYTES(geometry->read_unit, geometry->prog_unit);
}

static int unit_ok(uint32_t unit, uint32_t block_bytes) {
    return unit != 0u && unit <= STK_FLASH_UNIT_MAX && (unit & (unit - 1u)) == 0u && block_bytes % unit == 0u;
}

static int check_geometry(const struct stk_flash_geometry *g) {
    uint32_t cells = stk_log_block_cells(g);
    if (!unit_ok(g->read_unit, g->block_bytes) || !unit_ok(g->prog_unit, g->block_bytes) ||
        g->block_bytes % STK_LOG_CELL_BYTES != 0u || (g->erased != 0xFFu && g->erased != 0u) ||
        g->rewrite > STK_FLASH_ANY) {
        return STK_E_ARG;
    }
    return g->blocks < BLOCKS_MIN || cells < 2u || (uint64_t)g->blocks * cells > INT32_MAX ? STK_E_OVERFLOW : STK_OK;
}

int stk_log_check(const struct stk_log_config *config, struct stk_flash_geometry *geometry) {
    const struct stk_flash_ops *f = config->flash;
    int err;
    if (!f || !f->geometry || !f->read || !f->prog || !f->erase || !config->buffer) {
        return STK_E_ARG;
    }
    f->geometry(config->flash_ctx, geometry);
    err = check_geometry(geometry);
    return err == STK_OK && config->buffer_bytes < stk_log_buffer_bytes(geometry) ? STK_E_SPACE : err;
}

uint64_t stk_log_capacity(const struct stk_flash_geometry *geometry) {
    if (check_geometry(geometry) != STK_OK) {
        return 0;
    }
    return (uint64_t)(geometry->blocks - 2u) * (stk_log_block_cells(geometry) - 1u);
}

/// Flash ///

static uint8_t *cell_at(const struct stk_log *log, uint32_t i) {
    return (uint8_t *)log->config.buffer + (size_t)i * STK_LOG_CELL_BYTES;
}

static int program(struct stk_log *log, uint32_t block, uint32_t cell, const void *data, uint32_t bytes) {
    log->stats.programs++;
    log->stats.bytes += bytes;
    return log->config.flash->prog(log->config.flash_ctx, block, cell * STK_LOG_CELL_BYTES, data, bytes);
}

/* Programs the page in the buffer, the rest of it blank. */
static int program_page(struct stk_log *log) {
    uint32_t cells = stk_log_page_cells(&log->geometry), start = log->cell - log->pending;
    int err;
    memset(cell_at(log, log->pending), log->geometry.erased, (size_t)(cells - log->pending) * STK_LOG_CELL_BYTES);
    err = program(log, log->block, start, log->config.buffer, cells * STK_LOG_CELL_BYTES);
    if (err == STK_OK) {
        log->cell = start + cells;
        log->pending = 0;
    }
    return err;
}

/// Blocks ///

static void put_header(const struct stk_log *log, uint8_t *cell, uint32_t block, uint32_t lap) {
    const struct stk_log_header header = {log->id, lap, log->sequence};
    stk_log_put_header(cell, &log->geometry, block, &header);
}

/* The lap of the next use of `block`. */
static uint32_t next_lap(const struct stk_log *log, uint32_t block) {
    return log->lap + (block < log->block ? 1u : 0u);
}

static int erase(struct stk_log *log, uint32_t block) {
    log->stats.erases++;
    return log->config.flash->erase(log->config.flash_ctx, block);
}

/* Erases `block` for its next use, and gives it its header where that is a page of its own. */
static int renew(struct stk_log *log, uint32_t block) {
    uint8_t header[STK_LOG_CELL_BYTES];
    int err = erase(log, block);
    if (err == STK_OK && stk_log_header_alone(&log->geometry)) {
        put_header(log, header, block, next_lap(log, block));
        err = program(log, block, 0, header, sizeof header);
    }
    return err;
}

/* Makes the next block that can be used ready. */
static int prepare(struct stk_log *log) {
    uint32_t block = log->block;
    for (uint32_t i = 1; i < log->geometry.blocks; i++) {
        block = block + 1u == log->geometry.blocks ? 0u : block + 1u;
        if (renew(log, block) == STK_OK) {
            log->ahead = block;
            log->ready = 1;
            log->found = 0;
            return STK_OK;
        }
        log->stats.failed++;
    }
    return STK_E_IO;
}

/* The ready block becomes the one in use, its header done or first in the buffer. */
static void enter(struct stk_log *log) {
    log->lap = next_lap(log, log->ahead);
    log->block = log->ahead;
    log->cell = 1;
    log->unsure = log->found;
    log->ready = 0;
    log->found = 0;
    if (!stk_log_header_alone(&log->geometry)) {
        put_header(log, log->config.buffer, log->block, log->lap);
        log->pending = 1;
    }
}

/* Nothing that went before a power cut tells whether this page was begun: it gets the one pattern that may go over anything.
 * Where even that fails, the block is left. */
static void mark(struct stk_log *log) {
    uint32_t bytes = stk_log_page_bytes(&log->geometry);
    memset(log->config.buffer, (uint8_t)~log->geometry.erased, bytes);
    if (program(log, log->block, log->cell, log->config.buffer, bytes) == STK_OK) {
        log->cell += stk_log_page_cells(&log->geometry);
        log->stats.recovered++;
    } else {
        log->cell = stk_log_block_cells(&log->geometry);
        log->stats.failed++;
    }
    log->unsure = 0;
}

/* Returns when the next cell may be written. At most two marks, one for the block that mount found in use and one for that
 * which it found ahead, and one more block. */
static int settle(struct stk_log *log) {
    while (log->unsure || log->cell == stk_log_block_cells(&log->geometry)) {
        if (log->cell != stk_log_block_cells(&log->geometry)) {
            mark(log);
            continue;
        }
        if (!log->ready && prepare(log) != STK_OK) {
            return STK_E_IO;
        }
        enter(log);
    }
    return STK_OK;
}

/// Buffer ///

/* Cells at the start of the buffer that are a header. */
static uint32_t header_cells(const struct stk_log *log) {
    return !stk_log_header_alone(&log->geometry) && !log->adrift && log->cell == log->pending ? 1u : 0u;
}

/* A record that found no place in its page goes to the start of the next, which it shares with a header where a block begins. */
static void place(struct stk_log *log, const uint8_t *record) {
    log->adrift = settle(log) != STK_OK;
    memcpy(cell_at(log, log->pending), record, STK_LOG_CELL_BYTES);
    log->pending++;
    log->cell += log->adrift ? 0u : 1u;
}

/* Programs the records in the buffer, which left room for a header that shares their page, into the next block that takes
 * them. */
static int rehouse(struct stk_log *log, uint32_t records) {
    for (uint32_t i = 0; i < log->geometry.blocks; i++) {
        /* A block that mount found is unsure: it is empty, so it can be erased again. */
        if ((!log->ready || log->found) && prepare(log) != STK_OK) {
            break;
        }
        enter(log);
        log->cell = records + 1u;
        log->pending += records;
        if (program_page(log) == STK_OK) {
            return STK_OK;
        }
        log->stats.failed++;
        log->pending = 0;
    }
    return STK_E_IO;
}

/* The page in the buffer could not be programmed where it should go, or has no block. On error the buffer holds the records and
 * nothing else. */
static int carry_over(struct stk_log *log) {
    uint32_t first = header_cells(log), at = stk_log_header_alone(&log->geometry) ? 0u : 1u;
    uint32_t records = log->pending - first,
             kept = records + at > stk_log_page_cells(&log->geometry) ? records - 1u : records;
    uint8_t last[STK_LOG_CELL_BYTES];
    int err;
    if (kept != records) {
        memcpy(last, cell_at(log, first + kept), sizeof last);
    }
    memmove(cell_at(log, at), cell_at(log, first), (size_t)kept * STK_LOG_CELL_BYTES);
    log->pending = 0;
    log->adrift = 0;
    err = rehouse(log, kept);
    if (err == STK_OK && kept != records) {
        place(log, last);
    } else if (err != STK_OK) {
        memmove(log->config.buffer, cell_at(log, at), (size_t)kept * STK_LOG_CELL_BYTES);
        if (kept != records) {
            memcpy(cell_at(log, kept), last, sizeof last);
        }
        log->pending = records;
        log->cell = stk_log_block_cells(&log->geometry);
        log->adrift = records != 0u;
    }
    return err;
}

/* Brings the page in the buffer onto the flash. */
static int flush(struct stk_log *log) {
    if (!log->adrift) {
        if (program_page(log) == STK_OK) {
            return STK_OK;
        }
        log->stats.failed++;
    }
    return carry_over(log);
}

/// Calls ///

int stk_log_format(struct stk_log *log, const struct stk_log_config *config, uint32_t id, uint32_t sequence) {
    struct stk_log l = {.id = id, .sequence = sequence};
    int err = stk_log_check(config, &l.geometry);
    if (err != STK_OK) {
        return err;
    }
    l.config = *config;
    /* As if the last block were full: block 0 is then renewed as any next block is, and last, since mount looks there first. */
    l.block = l.geometry.blocks - 1u;
    l.cell = stk_log_block_cells(&l.geometry);
    for (uint32_t i = 1; i < l.geometry.blocks; i++) {
        l.stats.failed += erase(&l, i) != STK_OK ? 1u : 0u;
    }
    err = settle(&l);
    if (err == STK_OK && l.pending != 0u) {
        err = flush(&l); /* the header alone: mount finds the log before its first record */
    }
    if (err == STK_OK && config->flash->sync) {
        err = config->flash->sync(config->flash_ctx);
    }
    if (err != STK_OK) {
        l.config.flash = NULL;
    }
    *log = l;
    return err;
}

/* One record into the buffer, and the page onto the flash when it is full. */
static int append(struct stk_log *log, const struct stk_log_record *record) {
    struct stk_log_record r = *record;
    int err = log->adrift ? carry_over(log) : STK_OK;
    err = err == STK_OK ? settle(log) : err;
    if (err != STK_OK) {
        return err;
    }
    r.sequence = log->sequence++;
    r.resumed = log->resumed;
    stk_log_put_record(cell_at(log, log->pending), log->id, &r);
    log->pending++;
    log->cell++;
    if (log->pending == stk_log_page_cells(&log->geometry) && flush(log) != STK_OK) {
        /* Its number is not given again: a part of it may have reached the flash. */
        log->pending--;
        log->adrift = log->pending != 0u;
        return STK_E_IO;
    }
    log->resumed = 0;
    log->stats.records++;
    return STK_OK;
}

int stk_log_append(struct stk_log *log, const struct stk_log_record *record) {
    if (!log->config.flash) {
        return STK_E_SHUTDOWN;
    }
    return stk_log_record_fits(record) ? append(log, record) : STK_E_RANGE;
}

int stk_log_append_batch(struct stk_log *log, const struct stk_log_record *records, uint32_t count) {
    int err = log->config.flash ? STK_OK : STK_E_SHUTDOWN;
    uint32_t i;
    for (i = 0; i < count && err == STK_OK; i++) {
        err = stk_log_record_fits(&records[i]) ? STK_OK : STK_E_RANGE;
    }
    for (i = 0; i < count && err == STK_OK; i++) {
        err = append(log, &records[i]);
    }
    return err == STK_OK ? (int)count : err;
}

int stk_log_sync(struct stk_log *log) {
    int err = log->config.flash ? STK_OK : STK_E_SHUTDOWN;
    while (err == STK_OK && log->pending > header_cells(log)) {
        err = flush(log);
    }
    if (err == STK_OK && log->config.flash->sync) {
        err = log->config.flash->sync(log->config.flash_ctx);
    }
    return err;
}

int stk_log_poll(struct stk_log *log) {
    uint32_t programs = log->stats.programs, erases = log->stats.erases;
    int err = log->config.flash ? STK_OK : STK_E_SHUTDOWN;
    if (err == STK_OK && log->adrift) {
        err = carry_over(log);
    }
    err = err == STK_OK ? settle(log) : err;
    if (err == STK_OK && !log->ready) {
        err = prepare(log);
    }
    return err == STK_OK ? log->stats.programs != programs || log->stats.erases != erases : err;
}

void stk_log_stats(const struct stk_log *log, struct stk_log_stats *stats) {
    *stats = log->stats;
}
