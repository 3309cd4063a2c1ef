/* Sets a flash store up and finds its artifacts at a start. A mount reads the heads, the tails and most of the data
 * cells, but hashes nothing: store_read.c checks the hash when an artifact is read. A mount writes nothing. */
#include "base/error_info.h"
#include "base/memory.h"
#include "store_internal.h"

/// Set-up ///

/* Bytes of the smallest buffer of a store whose log needs a buffer of `log_bytes`: STK_STORE_BUFFER_BYTES says why. */
#define STORE_BUFFER_BYTES(log_bytes) (3u * (log_bytes)-2u * STK_LOG_CELL_BYTES)

uint32_t stk_store_buffer_bytes(const struct stk_flash_geometry *geometry) {
    return STORE_BUFFER_BYTES(stk_log_buffer_bytes(geometry));
}

int stk_store_init(struct stk_store *store, const struct stk_store_config *config, struct stk_arena *arena) {
    struct stk_log measured; /* for its sizes; no log is opened here */
    uint32_t largest, log_bytes, unit;
    size_t bytes;
    void *memory;
    int err;
    if (!store || !config || !arena || !config->buffer || !config->flash.ops || !config->flash.ops->geometry) {
        return STK_E_ARG;
    }
    err = stk_store_bytes(config->entries, &bytes);
    if (err != STK_OK) {
        return err;
    }
    config->flash.ops->geometry(config->flash.ctx, &measured.geometry);
    largest = stk_log_measure(&measured) == STK_OK ? stk_store_largest_of(&measured) : 0u;
    if (largest == 0u) {
        return STK_E_OVERFLOW;
    }
    log_bytes = stk_log_need(&measured);
    memory = config->buffer_bytes < STORE_BUFFER_BYTES(log_bytes) ? NULL : stk_arena_take(arena, bytes);
    if (!memory) {
        return STK_E_SPACE;
    }
    memset(store, 0, sizeof *store);
    store->entry = memory;
    store->largest = largest;
    store->config = *config;
    /* The log's part lies behind the part for reading, at a multiple of the largest unit, so that both parts are as
     * aligned as the caller's buffer. */
    unit = log_bytes - STK_LOG_CELL_BYTES;
    store->read_bytes = (config->buffer_bytes - log_bytes) / unit * unit;
    store->log_config.flash = config->flash;
    store->log_config.buffer = (uint8_t *)config->buffer + store->read_bytes;
    store->log_config.buffer_bytes = config->buffer_bytes - store->read_bytes;
    return STK_OK;
}

/* Brings the store into the state of an empty log, before a scan fills the index. */
static void clear(struct stk_store *store) {
    stk_store_clear(store);
    store->erases = store->log.stats.erases;
    store->begins = store->log.sequence;
    store->reading = 0;
    store->unsettled = 0;
}

int stk_store_format(struct stk_store *store, uint32_t id) {
    int err = stk_log_format(&store->log, &store->log_config, id, 0);
    clear(store);
    return err;
}

int stk_store_walk(struct stk_store *store) {
    return stk_log_walk(&store->log, &store->iter, store->config.buffer, store->read_bytes);
}

int stk_store_in_doubt(struct stk_store *store) {
    int in_doubt = store->iter.corrupt != 0u && store->iter.unreadable != 0u && store->cell.boot == store->boot;
    store->iter.corrupt = 0;
    store->iter.unreadable = 0;
    store->boot = store->cell.boot;
    return in_doubt;
}

/// The scan ///

/* The state of a scan over the log. The open artifact is the one that the last head began, and its next cell should
 * have the sequence store->next. */
struct scan {
    int whole;         /* 1 while no cell of the open artifact is known to be missing */
    uint32_t read_to;  /* heads before this sequence are read in order, because the last jump to a tail found none */
    uint32_t left_out; /* artifacts that the index had no entry for */
};

/* Puts the open artifact, whose tail is there, into the index. When the index is full, leaves the oldest artifact out,
 * so that the index keeps the newest ones. */
static void found(struct stk_store *store, struct scan *scan) {
    if (store->count == store->config.entries && stk_store_entry_of(store, store->open.key) == STK_STORE_NONE) {
        stk_store_leave(store, stk_store_oldest(store));
        scan->left_out++;
    }
    stk_store_set(store, &store->open);
    scan->whole = 0;
}

/* Jumps to the tail of the open artifact. Returns 1 if the tail is there, and all cells that may lie in the same page
 * before it. A power cut may leave any part of the page with the tail, so the tail may be whole behind data that is
 * not. Earlier pages were whole before the program of this page began, so they need not be read. */
static int has_tail(struct stk_store *store) {
    uint32_t tail = stk_store_tail(&store->open);
    int err;
    store->next = tail - (store->log.page_cells - 1u);
    err = stk_log_start_at(&store->iter, store->next);
    while (err == STK_OK && stk_log_next_cell(&store->iter, &store->cell) == 1 && store->cell.sequence == store->next) {
        if (store->next++ == tail) {
            return stk_store_is_tail(&store->cell, &store->open);
        }
    }
    return 0;
}

/* Begins an artifact at its head. Jumps straight to the tail when the tail is at least two blocks away, and only where
 * cells reach the flash in order, which a lazy medium does not promise. Many heads without a tail may follow each
 * other, and a jump to a tail and back may read more than a block each time. So after a jump that found no tail, the
 * scan reads in order up to the place where that tail should have been. */
static int begin(struct stk_store *store, struct scan *scan) {
    uint32_t head = store->open.sequence, tail = stk_store_tail(&store->open);
    if (store->log.geometry.lazy || tail - head <= 2u * stk_log_block_cells(&store->log) ||
        (int32_t)(store->log.sequence - tail) <= 0 || (int32_t)(head - scan->read_to) < 0) {
        return STK_OK;
    }
    if (has_tail(store)) {
        found(store, scan);
        return STK_OK;
    }
    scan->read_to = tail;
    store->next = head + 1u;
    return stk_log_start_at(&store->iter, store->next);
}

/* Looks at the next cell of the scan. If a put was cut, the cells of its artifact end at a missing sequence, or at the
 * next head, tail or removal. If cells are missing because the medium could not read them, the scan takes the artifact
 * for whole, and a later get checks its hash. On lazy media the scan does not: there a power cut may leave an
 * unreadable page in an artifact whose put was cut. */
static int look(struct stk_store *store, struct scan *scan) {
    const struct stk_log_cell *cell = &store->cell;
    int in_doubt = stk_store_in_doubt(store);
    if (cell->sequence != store->next) {
        scan->whole = scan->whole && in_doubt && !store->log.geometry.lazy;
        /* The tail itself is among the missing cells, so the artifact counts here; no other cell will end it. */
        if (scan->whole && (int32_t)(cell->sequence - stk_store_tail(&store->open)) > 0) {
            found(store, scan);
        }
    }
    store->next = cell->sequence + 1u;
    if (cell->kind == STORE_DATA) {
        return STK_OK;
    }
    if (scan->whole && stk_store_is_tail(cell, &store->open)) {
        found(store, scan);
    }
    stk_store_get_head(cell, &store->open); /* works for a removal too, which has its key at the same place as a head */
    scan->whole = cell->kind == STORE_HEAD;
    if (cell->kind == STORE_REMOVED) {
        stk_store_leave(store, stk_store_entry_of(store, store->open.key));
    }
    return scan->whole ? begin(store, scan) : STK_OK;
}

/* Walks over the log and fills the index. Returns how many artifacts were left out, or an error. STK_E_FORMAT the log
 * holds replay records and no artifacts. */
static int scan_all(struct stk_store *store) {
    struct scan scan = {0, store->log.sequence - (uint32_t)INT32_MAX, 0};
    int err = stk_store_walk(store);
    while (err == STK_OK && (err = stk_log_next_cell(&store->iter, &store->cell)) == 1) {
        /* Before the first cell `begins` is the end of the log, and later cells come after the first. */
        if ((int32_t)(store->cell.sequence - store->begins) < 0) {
            store->begins = store->cell.sequence;
        }
        err = (store->cell.kind & STORE_KIND) == 0u ? STK_E_FORMAT : look(store, &scan);
    }
    return err == STK_OK ? (int)scan.left_out : err;
}

int stk_store_begin(struct stk_store *store, int mounted, struct stk_error_info *info) {
    int left_out;
    clear(store);
    if (mounted != STK_OK) {
        return mounted;
    }
    /* A cut may have left a put whose cells read as blank today and as whole at the next mount. Only a record of a
     * remove makes such a put void, so a remove appends one even if the index has no artifact of the key. */
    store->unsettled = 1;
    left_out = scan_all(store);
    if (left_out < 0) {
        store->log.config.flash.ops = NULL;
        stk_store_clear(store);
        return left_out;
    }
    return left_out == 0 ? (int)store->count
                         : stk_fail(info, STK_E_FULL, (uint32_t)left_out, store->count + (uint32_t)left_out);
}

int stk_store_mount(struct stk_store *store, struct stk_error_info *info) {
    return stk_store_begin(store, stk_log_mount(&store->log, &store->log_config), info);
}
