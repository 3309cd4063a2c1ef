/* The flash log's writing side; log_mount.c finds its end, log_iter.c reads it. */
#include "stoker/log.h"

#include <string.h>

#include "log_parts.h"

#define BLOCKS_MIN 3u /* one in use, one erased ahead, one that is kept; one more where a header is not written ahead */

/// Configuration ///

uint32_t stk_log_buffer_bytes(const struct stk_flash_geometry *geometry) {
    return STK_LOG_BUFFER_BYTES(geometry->read_unit, geometry->prog_unit);
}

static int unit_ok(uint32_t unit) {
    return unit - 1u < STK_FLASH_UNIT_MAX && (unit & (unit - 1u)) == 0u;
}

int stk_log_check_geometry(const struct stk_flash_geometry *g) {
    uint32_t largest = stk_log_buffer_bytes(g) - STK_LOG_CELL_BYTES, cells = g->block_bytes / STK_LOG_CELL_BYTES;
    if (!unit_ok(g->read_unit) || !unit_ok(g->prog_unit) || (g->block_bytes & (largest - 1u)) != 0u ||
        (uint8_t)(g->erased + 1u) > 1u || g->rewrite > STK_FLASH_ANY) {
        return STK_E_ARG;
    }
    return g->blocks < (g->prog_unit > STK_LOG_CELL_BYTES ? BLOCKS_MIN + 1u : BLOCKS_MIN) || cells < 2u ||
                   cells > INT32_MAX / g->blocks
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
    log->stats.page_bytes = STK_LOG_UNIT_(STK_LOG_CELL_BYTES, g->prog_unit);
    log->page_cells = log->stats.page_bytes / STK_LOG_CELL_BYTES;
    log->block_cells = g->block_bytes / STK_LOG_CELL_BYTES;
    return STK_OK;
}

/// Buffer ///

/* The first cell of the buffer is for a header, the records behind it make a page; or, in the first page of a block
 * where the header has none of its own, both together do. */

static uint8_t *cell_at(const struct stk_log *log, uint32_t i) {
    return (uint8_t *)log->config.buffer + (size_t)i * STK_LOG_CELL_BYTES;
}

/* Has the page to program next the header in it? */
static uint32_t with_header(const struct stk_log *log) {
    return log->cell == 0u;
}

/* Records that it takes. */
static uint32_t room(const struct stk_log *log) {
    return log->page_cells - with_header(log);
}

/// Blocks ///

static int counted(struct stk_log *log, int err) {
    log->stats.failed += (uint32_t)err >> 31; /* errors are below 0 */
    return err;
}

static int program(struct stk_log *log, uint32_t block, uint32_t cell, const void *page) {
    log->stats.programs++;
    return counted(log, log->config.flash->prog(log->config.flash_ctx, block, cell * STK_LOG_CELL_BYTES, page,
                                                stk_log_page_bytes(log)));
}

static int erase(struct stk_log *log, uint32_t block) {
    log->stats.erases++;
    return counted(log, log->config.flash->erase(log->config.flash_ctx, block));
}

/* The lap of the next use of the block ahead. */
static uint32_t next_lap(const struct stk_log *log) {
    return log->lap + (log->ahead < log->block ? 1u : 0u);
}

/* What was programmed so far survives a power cut. */
static int medium_sync(const struct stk_log *log) {
    const struct stk_flash_ops *f = log->config.flash;
    return f->sync ? f->sync(log->config.flash_ctx) : STK_OK;
}

/* Makes the next block that can be used ready: erased, and with its header where that is a page of its own. */
static int prepare(struct stk_log *log) {
    log->ahead = log->block;
    for (uint32_t i = 1; i < log->geometry.blocks && i <= 1u + STK_LOG_RUN; i++) {
        int err;
        log->ahead = log->ahead + 1u == log->geometry.blocks ? 0u : log->ahead + 1u;
        err = erase(log, log->ahead);
        if (err == STK_OK && stk_log_header_alone(log)) {
            stk_log_put_header(log, log->ahead, next_lap(log));
            err = program(log, log->ahead, 0, log->config.buffer);
        }
        if (err == STK_OK) {
            log->ready = 1;
            return STK_OK;
        }
    }
    return STK_E_IO;
}

/* The ready block becomes the one in use. */
static void enter(struct stk_log *log) {
    log->lap = next_lap(log);
    log->block = log->ahead;
    log->cell = stk_log_header_alone(log) ? 1u : 0u;
    log->unsure = log->found | log->cell;
    log->ready = 0;
    log->found = 0;
}

/* Programs a page of the block in use. Where that fails, the rest of the block is left. */
static int program_page(struct stk_log *log, const void *page) {
    int err = program(log, log->block, log->cell, page);
    log->cell = err == STK_OK ? log->cell + log->page_cells : log->block_cells;
    return err;
}

/* Nothing that went before a power cut tells whether this page was begun: it gets the one pattern that may go over
 * anything. It uses the buffer, which is empty after a mount; later, only the cell that is free for a header. */
static void mark(struct stk_log *log) {
    memset(log->config.buffer, ~log->geometry.erased, stk_log_page_bytes(log));
    log->stats.recovered++;
    (void)program_page(log, log->config.buffer);
}

/* Returns when the next page may be written. Pages behind the last record are marked up to where the log is sure
 * again, then those of the block that mount found ahead; the rest of a block where that fails is left. */
static int settle(struct stk_log *log) {
    for (;;) {
        if (log->cell == log->block_cells) {
            int err = log->ready ? STK_OK : prepare(log);
            if (err != STK_OK) {
                return err;
            }
            enter(log);
        } else if (log->cell < log->unsure) {
            mark(log);
        } else {
            return STK_OK;
        }
    }
}

/* Programs what is in the buffer, the rest of a page blank. Where a block fails, what is left goes to the next. */
static int flush(struct stk_log *log) {
    uint32_t failures = 0;
    int err;
    do {
        uint32_t records = log->pending, space;
        err = settle(log);
        if (err != STK_OK) {
            return err;
        }
        space = room(log);
        records = records < space ? records : space;
        memset(cell_at(log, 1u + records), log->geometry.erased, (size_t)(space - records) * STK_LOG_CELL_BYTES);
        if (with_header(log)) {
            stk_log_put_header(log, log->block, log->lap);
        }
        err = program_page(log, cell_at(log, 1u - with_header(log)));
        if (err == STK_OK) {
            log->pending -= records;
            memmove(cell_at(log, 1), cell_at(log, 1u + records), (size_t)log->pending * STK_LOG_CELL_BYTES);
        }
    } while (err == STK_OK ? log->pending != 0u : ++failures <= STK_LOG_RUN);
    return err;
}

/// Calls ///

int stk_log_format(struct stk_log *log, const struct stk_log_config *config, uint32_t id, uint32_t sequence) {
    int err = stk_log_open(log, config);
    if (err != STK_OK) {
        return err;
    }
    log->id = id;
    log->sequence = sequence;
    /* As if the last block were full: block 0 is then made ready as any next block is, and last, since mount looks
     * there first. */
    log->block = log->geometry.blocks - 1u;
    log->cell = log->block_cells;
    for (uint32_t i = 1; i < log->geometry.blocks; i++) {
        (void)erase(log, i); /* one that fails is passed over when its turn comes */
    }
    err = settle(log);
    if (err == STK_OK && log->cell == 0u) {
        err = flush(log); /* the header alone: mount finds the log before its first record */
    }
    if (err == STK_OK) {
        err = stk_log_sync(log);
    }
    if (err != STK_OK) {
        log->config.flash = NULL;
    }
    return err;
}

/* One record into the buffer, and the page onto the flash when it is full. The buffer has room for it: what waits there is less than a
 * page, for a page that could not go out lost its last record. */
static int append(struct stk_log *log, const struct stk_log_record *record) {
    int err = settle(log);
    if (err != STK_OK) {
        return err;
    }
    log->pending++;
    stk_log_put_record(cell_at(log, log->pending), log, record);
    log->sequence++;
    if (log->pending >= room(log) && flush(log) != STK_OK) {
        /* Its number is not given again: a part of it may have reached the flash. */
        log->pending--;
        return STK_E_IO;
    }
    log->resumed = 0;
    log->stats.records++;
    return STK_OK;
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
    if (err == STK_OK && log->pending != 0u) {
        err = flush(log);
    }
    return err == STK_OK ? medium_sync(log) : err;
}

int stk_log_poll(struct stk_log *log) {
    uint32_t before = log->stats.programs + log->stats.erases;
    int err = log->config.flash ? settle(log) : STK_E_SHUTDOWN;
    /* While the block in use has no record that surely stays, the newest ones may be in the block before it, and where
     * others are bad that may be the next one to erase. */
    if (err == STK_OK && !log->ready && log->cell > log->unsure) {
        err = medium_sync(log);
        err = err == STK_OK ? prepare(log) : err;
    }
    return err == STK_OK ? before != log->stats.programs + log->stats.erases : err;
}
