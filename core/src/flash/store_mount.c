/* Sets a flash store up and finds its artifacts at a start. A mount reads the heads, the tails and most of the data
 * cells, but hashes nothing: store_read.c checks the hash when an artifact is read. A mount writes nothing. */
#include "base/error_info.h"
#include "base/memory.h"
#include "store_internal.h"

/// Set-up ///

uint32_t stk_store_buffer_bytes(const struct stk_flash_geometry *geometry) {
    return STK_STORE_BUFFER_BYTES(geometry->read_unit, geometry->prog_unit);
}

/* Returns how many bytes of the buffer are for reading. The log's part lies behind them, at a multiple of the largest
 * unit, so that both parts are as aligned as the caller's buffer. */
static uint32_t reading_bytes(const struct stk_flash_geometry *g, uint32_t bytes) {
    uint32_t need = stk_log_buffer_bytes(g), unit = need - STK_LOG_CELL_BYTES;
    return (bytes - need) / unit * unit;
}

int stk_store_init(struct stk_store *store, const struct stk_store_config *config, struct stk_arena *arena) {
    struct stk_flash_geometry g;
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
    config->flash.ops->geometry(config->flash.ctx, &g);
    if (stk_store_largest(&g) == 0u) {
        return STK_E_OVERFLOW;
    }
    memory = config->buffer_bytes < stk_store_buffer_bytes(&g) ? NULL : stk_arena_take(arena, bytes);
    if (!memory) {
        return STK_E_SPACE;
    }
    memset(store, 0, sizeof *store);
    store->config = *config;
    store->entry = memory;
    store->log.geometry = g;
    store->read_bytes = reading_bytes(&g, config->buffer_bytes);
    return STK_OK;
}

struct stk_log_config stk_store_log_config(const struct stk_store *store) {
    const struct stk_store_config *c = &store->config;
    const struct stk_log_config config = {c->flash, (uint8_t *)c->buffer + store->read_bytes,
                                          c->buffer_bytes - store->read_bytes};
    return config;
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
    const struct stk_log_config config = stk_store_log_config(store);
    int err = stk_log_format(&store->log, &config, id, 0);
    clear(store);
    return err;
}

int stk_store_walk(struct stk_store *store) {
    return stk_log_walk(&store->log, &store->iter, store->config.buffer, store->read_bytes);
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
    err = stk_log_seek_sequence(&store->iter, store->next);
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
    if (store->log.geometry.lazy || stk_store_cells(store->open.bytes) < 2u * store->log.block_cells ||
        (int32_t)(store->log.sequence - tail) <= 0 || (int32_t)(head - scan->read_to) < 0) {
        return STK_OK;
    }
    if (has_tail(store)) {
        found(store, scan);
        return STK_OK;
    }
    scan->read_to = tail;
    store->next = head + 1u;
    return stk_log_seek_sequence(&store->iter, store->next);
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
    int err = stk_store_walk(store), any = 0;
    while (err == STK_OK && (err = stk_log_next_cell(&store->iter, &store->cell)) == 1) {
        store->begins = any ? store->begins : store->cell.sequence;
        any = 1;
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
                         : stk_fail(info, STK_E_FULL, (uint32_t)left_out, (uint64_t)store->count + (uint32_t)left_out);
}

int stk_store_mount(struct stk_store *store, struct stk_error_info *info) {
    const struct stk_log_config config = stk_store_log_config(store);
    return stk_store_begin(store, stk_log_mount(&store->log, &config), info);
}
