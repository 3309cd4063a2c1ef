/* Reading artifacts of the flash store. */
#include <string.h>

#include "store_parts.h"

int stk_store_open(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes) {
    uint32_t size = 0;
    int found = stk_store_find(store, key, &size), err;
    store->reading = 0;
    if (found != 1) {
        store->stats.misses += found == 0 ? 1u : 0u;
        return found;
    }
    store->open = store->entry[stk_store_entry_of(store, key)];
    store->next = store->open.sequence + 1u;
    store->left = size;
    store->filled = 0;
    store->at = 0;
    stk_blake3_init_keyed(&store->hash, store->open.key);
    err = stk_store_walk(store);
    if (err == STK_OK) {
        err = stk_log_seek_sequence(&store->iter, store->next);
    }
    if (err == STK_OK) {
        store->reading = 1;
        *bytes = size;
    }
    return err == STK_OK ? 1 : err;
}

/* The next record of the artifact into the cell. */
static int next_cell(struct stk_store *store, struct stk_log_record *r) {
    int whole = stk_log_next(&store->iter, r) == 1 && r->sequence == store->next;
    store->next++;
    stk_store_unpack(r, store->cell);
    store->filled = STK_STORE_CELL_BYTES;
    store->at = 0;
    return whole;
}

static int damaged(struct stk_store *store) {
    store->reading = 0;
    store->stats.corrupt++;
    stk_store_drop(store, stk_store_entry_of(store, store->open.key));
    return STK_E_CORRUPT;
}

static int take(struct stk_store *store, uint8_t *data, uint32_t bytes) {
    uint32_t done = 0;
    while (done < bytes) {
        struct stk_log_record r = {.kind = STORE_NOTE};
        uint32_t n = bytes - done;
        if (store->at == store->filled && (!next_cell(store, &r) || r.kind != STORE_DATA)) {
            return damaged(store);
        }
        n = n < store->filled - store->at ? n : store->filled - store->at;
        memcpy(data + done, store->cell + store->at, n);
        store->at += n;
        done += n;
    }
    store->left -= bytes;
    return stk_blake3_update(&store->hash, data, bytes) == STK_OK ? STK_OK : damaged(store);
}

/* The tail must say what was read. */
static int finish(struct stk_store *store) {
    uint8_t digest[STK_BLAKE3_OUT];
    struct store_note_body note;
    struct stk_log_record r = {.kind = STORE_DATA};
    int whole = next_cell(store, &r) && stk_store_is_note(&r, STORE_TAIL);
    stk_store_get_note(store->cell, &note);
    stk_blake3_digest(&store->hash, digest);
    if (!whole || note.head != store->open.sequence || note.bytes != store->open.bytes ||
        memcmp(note.name, digest, sizeof digest) != 0) {
        return damaged(store);
    }
    store->reading = 0;
    store->stats.hits++;
    return STK_OK;
}

int stk_store_read(struct stk_store *store, void *data, uint32_t room) {
    uint32_t n = room < store->left ? room : store->left;
    int err;
    if (!store->reading) {
        return STK_E_STATUS;
    }
    if (store->left == 0u) {
        return finish(store);
    }
    if (!data || room == 0u) {
        return STK_E_ARG;
    }
    n = n < INT32_MAX ? n : INT32_MAX;
    err = take(store, data, n);
    return err == STK_OK ? (int)n : err;
}

int stk_store_get(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], void *data, size_t room,
                  uint32_t *bytes) {
    uint32_t size = 0;
    int found = stk_store_find(store, key, &size);
    if (found == 1 && size > room) {
        return STK_E_SPACE;
    }
    found = stk_store_open(store, key, &size);
    if (found != 1) {
        return found;
    }
    if (take(store, data, size) != STK_OK || finish(store) != STK_OK) {
        return 0;
    }
    *bytes = size;
    return 1;
}
