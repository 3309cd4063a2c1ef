/* Making a flash store, and finding its artifacts again. */
#include <string.h>

#include "fault.h"
#include "store_parts.h"

/// Set-up ///

int stk_store_init(struct stk_store *store, const struct stk_store_config *config, struct stk_arena *arena) {
    struct stk_flash_geometry g;
    size_t bytes;
    void *memory;
    int err;
    if (!store || !config || !arena || !config->buffer || !config->flash || !config->flash->geometry) {
        return STK_E_ARG;
    }
    err = stk_store_bytes(config->entries, &bytes);
    if (err != STK_OK) {
        return err;
    }
    config->flash->geometry(config->flash_ctx, &g);
    if (stk_store_largest(&g) == 0u) {
        return STK_E_OVERFLOW;
    }
    memory = config->buffer_bytes < 2u * stk_log_buffer_bytes(&g) ? NULL : stk_arena_take(arena, bytes);
    if (!memory) {
        return STK_E_SPACE;
    }
    memset(store, 0, sizeof *store);
    store->config = *config;
    store->entry = memory;
    store->log.geometry = g;
    return STK_OK;
}

/* What a log needs of the buffer; the rest is for reading. */
static struct stk_log_config log_config(const struct stk_store *store) {
    const struct stk_store_config *c = &store->config;
    const struct stk_log_config config = {c->flash, c->flash_ctx, c->buffer,
                                          stk_log_buffer_bytes(&store->log.geometry)};
    return config;
}

static void clear(struct stk_store *store) {
    memset(&store->stats, 0, sizeof store->stats);
    store->count = 0;
    store->erases = store->log.stats.erases;
    store->oldest = store->log.sequence;
    store->reading = 0;
}

int stk_store_format(struct stk_store *store, uint32_t id) {
    const struct stk_log_config config = log_config(store);
    int err = stk_log_format(&store->log, &config, id, 0);
    clear(store);
    return err;
}

/// The scan ///

struct scan {
    struct stk_store_entry entry; /* of the artifact that the last head began */
    uint32_t expected;            /* sequence of the next record */
    uint32_t whole;               /* no record of it was missing so far */
    uint32_t read_to;             /* below this sequence no tail is sought, since the last search found none */
    uint32_t left_out;
};

int stk_store_walk(struct stk_store *store) {
    uint32_t used = stk_log_buffer_bytes(&store->log.geometry);
    return stk_log_iterate(&store->log, &store->iter, (uint8_t *)store->config.buffer + used,
                           store->config.buffer_bytes - used);
}

static uint32_t tail_of(const struct stk_store_entry *entry) {
    return entry->sequence + 1u + stk_store_cells(entry->bytes);
}

/* Is the record the tail of the artifact? */
static int ends(const struct scan *scan, const struct stk_log_record *r) {
    uint8_t cell[STK_STORE_CELL_BYTES];
    struct store_note_body note;
    stk_store_unpack(r, cell);
    stk_store_get_note(cell, &note);
    return stk_store_is_note(r, STORE_TAIL) && r->sequence == tail_of(&scan->entry) &&
           note.head == scan->entry.sequence && note.bytes == scan->entry.bytes;
}

static void found(struct stk_store *store, struct scan *scan) {
    uint32_t i = stk_store_entry_of(store, scan->entry.key);
    if (i != store->count) {
        stk_store_leave(store, i);
    } else if (store->count == store->config.entries) {
        stk_store_leave(store, 0);
        scan->left_out++;
    }
    stk_store_add(store, &scan->entry);
}

/* A head: goes straight to the tail where that is far and records reach the flash in order. */
static void begin(struct stk_store *store, struct scan *scan, const struct store_note_body *note, uint32_t sequence) {
    struct stk_log_record r;
    uint32_t tail;
    int err;
    memcpy(scan->entry.key, note->name, sizeof scan->entry.key);
    scan->entry.sequence = sequence;
    scan->entry.bytes = note->bytes;
    scan->whole = 1;
    tail = tail_of(&scan->entry);
    if (store->log.geometry.lazy || stk_store_cells(note->bytes) < 2u * store->log.block_cells ||
        (int32_t)(store->log.sequence - tail) <= 0 || (int32_t)(sequence - scan->read_to) < 0) {
        return;
    }
    /* A seek fails only when something was erased since the walk began. */
    scan->whole = 0;
    err = stk_log_seek_sequence(&store->iter, tail);
    if (err == STK_OK && stk_log_next(&store->iter, &r) == 1 && ends(scan, &r)) {
        found(store, scan);
        scan->expected = tail + 1u;
    } else {
        /* Many heads without a tail may follow each other. A seek to a tail and back may read more than a block each
         * time. So the walk reads on in order up to the place where this tail should have been. */
        scan->read_to = tail;
        err = stk_log_seek_sequence(&store->iter, sequence + 1u);
    }
    (void)err;
}

static void forget(struct stk_store *store, const uint8_t *key) {
    uint32_t i = stk_store_entry_of(store, key);
    if (i != store->count) {
        stk_store_leave(store, i);
    }
}

/* Looks at the next record; a torn artifact ends where a number is missing, or at the next note. */
static void look(struct stk_store *store, struct scan *scan, const struct stk_log_record *r) {
    uint8_t cell[STK_STORE_CELL_BYTES];
    struct store_note_body note;
    scan->whole = scan->whole && r->sequence == scan->expected;
    scan->expected = r->sequence + 1u;
    if (r->kind != STORE_NOTE) {
        return;
    }
    if (scan->whole && ends(scan, r)) {
        found(store, scan);
    }
    scan->whole = 0;
    stk_store_unpack(r, cell);
    stk_store_get_note(cell, &note);
    if (r->status == STORE_HEAD) {
        begin(store, scan, &note, r->sequence);
    } else if (r->status == STORE_REMOVED) {
        forget(store, note.name);
    }
}

/* Fills the index. Returns how many artifacts were left out, or STK_E_FORMAT. */
static int scan_all(struct stk_store *store) {
    struct stk_log_record r;
    struct scan scan;
    int err = stk_store_walk(store), any = 0;
    memset(&scan, 0, sizeof scan);
    scan.read_to = store->log.sequence - (uint32_t)INT32_MAX;
    while (err == STK_OK && stk_log_next(&store->iter, &r) == 1) {
        store->oldest = any ? store->oldest : r.sequence;
        any = 1;
        err = r.kind < STORE_NOTE ? STK_E_FORMAT : STK_OK;
        look(store, &scan, &r);
    }
    return err == STK_OK ? (int)scan.left_out : err;
}

int stk_store_mount(struct stk_store *store, struct stk_fault *fault) {
    const struct stk_log_config config = log_config(store);
    int err = stk_log_mount(&store->log, &config), left_out;
    clear(store);
    if (err != STK_OK) {
        return err;
    }
    left_out = scan_all(store);
    if (left_out < 0) {
        store->log.config.flash = NULL;
        store->count = 0;
        return left_out;
    }
    return left_out == 0 ? (int)store->count
                         : stk_fail(fault, STK_E_FULL, (uint32_t)left_out, (uint64_t)store->count + (uint32_t)left_out);
}
