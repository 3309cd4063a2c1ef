/* The flash store's writing side; store_mount.c finds artifacts again, store_read.c reads them. */
#include "stoker/store.h"

#include <string.h>

#include "store_parts.h"

/* After a call of the log: drops the artifacts that its erases have taken. */
static void age(struct stk_store *store) {
    struct stk_log_record r;
    if (store->erases == store->log.stats.erases) {
        return;
    }
    store->erases = store->log.stats.erases;
    store->reading = 0;
    if (stk_store_walk(store) == STK_OK && stk_log_next(&store->iter, &r) == 1) {
        store->oldest = r.sequence; /* a medium that is gone has none, and drops nothing */
    }
    while (store->count != 0u && (int32_t)(store->entry[0].sequence - store->oldest) < 0) {
        stk_store_drop(store, 0);
    }
}

/* The cell becomes a record. */
static int append(struct stk_store *store, enum store_kind kind, uint32_t status) {
    struct stk_log_record r;
    int err;
    memset(&r, 0, sizeof r);
    memset(store->cell + store->filled, 0, sizeof store->cell - store->filled);
    stk_store_pack(&r, store->cell);
    r.kind = (uint32_t)kind;
    r.status = status;
    store->filled = 0;
    err = stk_log_append(&store->log, &r);
    age(store);
    return err;
}

static int append_note(struct stk_store *store, enum store_note status, const uint8_t *name,
                       const struct stk_store_entry *entry) {
    struct store_note_body note;
    memcpy(note.name, name, sizeof note.name);
    note.bytes = entry->bytes;
    note.head = entry->sequence;
    stk_store_put_note(store->cell, &note);
    store->filled = sizeof store->cell;
    return append(store, STORE_NOTE, (uint32_t)status);
}

static int append_data(struct stk_store *store, const uint8_t *data, size_t bytes) {
    int err = stk_blake3_update(&store->hash, data, bytes);
    while (err == STK_OK && bytes != 0u) {
        uint32_t n = STK_STORE_CELL_BYTES - store->filled;
        n = bytes < n ? (uint32_t)bytes : n;
        memcpy(store->cell + store->filled, data, n);
        store->filled += n;
        data += n;
        bytes -= n;
        if (store->filled == STK_STORE_CELL_BYTES) {
            err = append(store, STORE_DATA, 0);
        }
    }
    return err;
}

static int sync(struct stk_store *store) {
    int err = stk_log_sync(&store->log);
    age(store);
    return err;
}

/// Calls ///

/* The bytes of the spans, if they may be put. */
static int check_put(const struct stk_store *store, const struct stk_span *spans, uint32_t count, uint32_t *bytes) {
    uint32_t largest = stk_store_largest(&store->log.geometry), all = 0;
    if (!stk_store_mounted(store)) {
        return STK_E_SHUTDOWN;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!spans[i].data && spans[i].bytes != 0u) {
            return STK_E_ARG;
        }
        if (spans[i].bytes > largest - all) {
            return STK_E_OVERFLOW;
        }
        all += (uint32_t)spans[i].bytes;
    }
    *bytes = all;
    return STK_OK;
}

/* Where the index is full, the oldest artifact is removed for a new one. */
static int make_room(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]) {
    struct stk_store_entry oldest;
    uint32_t i;
    int err;
    if (store->count < store->config.entries || stk_store_entry_of(store, key) != store->count) {
        return STK_OK;
    }
    oldest = store->entry[0];
    err = append_note(store, STORE_REMOVED, oldest.key, &oldest);
    i = stk_store_entry_of(store, oldest.key);
    if (err == STK_OK && i != store->count) {
        stk_store_drop(store, i);
    }
    return err;
}

static int write_artifact(struct stk_store *store, struct stk_store_entry *entry, const struct stk_span *spans,
                          uint32_t count) {
    uint8_t digest[STK_BLAKE3_OUT];
    int err;
    stk_blake3_init_keyed(&store->hash, entry->key);
    entry->sequence = store->log.sequence;
    err = append_note(store, STORE_HEAD, entry->key, entry);
    for (uint32_t i = 0; i < count && err == STK_OK; i++) {
        err = append_data(store, spans[i].data, spans[i].bytes);
    }
    if (err == STK_OK && store->filled != 0u) {
        err = append(store, STORE_DATA, 0);
    }
    if (err == STK_OK) {
        stk_blake3_digest(&store->hash, digest);
        err = append_note(store, STORE_TAIL, digest, entry);
    }
    return err == STK_OK ? sync(store) : err;
}

int stk_store_put(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], const struct stk_span *spans,
                  uint32_t count) {
    struct stk_store_entry entry;
    uint32_t dropped = store->stats.dropped, i;
    int err = check_put(store, spans, count, &entry.bytes);
    if (err != STK_OK) {
        return err;
    }
    store->reading = 0;
    store->filled = 0;
    memcpy(entry.key, key, sizeof entry.key);
    err = make_room(store, key);
    if (err == STK_OK) {
        err = write_artifact(store, &entry, spans, count);
    }
    if (err != STK_OK || (int32_t)(entry.sequence - store->oldest) < 0) {
        return err != STK_OK ? err : STK_E_IO; /* it has overwritten itself */
    }
    i = stk_store_entry_of(store, entry.key);
    if (i != store->count) {
        stk_store_leave(store, i);
    }
    stk_store_add(store, &entry);
    store->stats.puts++;
    return (int)(store->stats.dropped - dropped);
}

int stk_store_remove(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]) {
    uint32_t i = stk_store_entry_of(store, key);
    struct stk_store_entry entry;
    int err;
    if (!stk_store_mounted(store) || i == store->count) {
        return stk_store_mounted(store) ? 0 : STK_E_SHUTDOWN;
    }
    entry = store->entry[i];
    store->reading = 0;
    err = append_note(store, STORE_REMOVED, key, &entry);
    if (err == STK_OK) {
        err = sync(store);
    }
    i = stk_store_entry_of(store, entry.key);
    if (err == STK_OK && i != store->count) {
        stk_store_leave(store, i);
    }
    return err == STK_OK ? 1 : err;
}

int stk_store_poll(struct stk_store *store) {
    int err = stk_log_poll(&store->log);
    age(store);
    return err;
}
