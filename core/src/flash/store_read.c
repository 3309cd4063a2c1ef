/* Reads artifacts of the flash store: open, read and get. The hash is checked at the end of each reading, so bytes that
 * read returned before its 0 are not checked yet. Nothing here writes to the flash: a damaged artifact only leaves the
 * index. */
#include "base/memory.h"
#include "store_internal.h"

int stk_store_open(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes) {
    uint32_t i;
    int err = stk_store_walk(store); /* checks that the store is mounted, too */
    store->reading = 0;
    if (err != STK_OK) {
        return err;
    }
    i = stk_store_entry_of(store, key);
    if (i == STK_STORE_NONE) {
        store->stats.not_found++;
        return 0;
    }
    store->open = store->entry[i].artifact;
    stk_store_follow(store);
    err = stk_log_start_at(&store->iter, store->open.sequence);
    if (err != STK_OK) {
        return err;
    }
    store->reading = 1;
    *bytes = store->open.bytes;
    return 1;
}

/* Reads the next cell of the open artifact. Returns as stk_store_step, or STK_E_IO when the cell may be among those
 * that the medium cannot give back. Skips the head, and works without a head too: the index knows the key and the size,
 * so a damaged head costs nothing. */
static int next_cell(struct stk_store *store) {
    int got = stk_log_next_cell(&store->iter, &store->cell);
    if (got == 1 && store->cell.sequence == store->open.sequence) {
        store->iter.unreadable = 0;
        got = stk_log_next_cell(&store->iter, &store->cell);
    }
    if (got >= 0) {
        got = got == 0 ? STK_E_CORRUPT : stk_store_step(store);
        if (got != STK_E_CORRUPT) {
            store->iter.unreadable = 0;
        } else if (store->iter.unreadable != 0u) {
            got = STK_E_IO;
        }
    }
    return got;
}

/* Replaces the damaged open artifact in the index by an older version, or drops it when no older version is there.
 * Returns STK_E_CORRUPT; or the error of the search for an older version, and then the index does not change, because
 * the medium may give the cells back a moment later. */
static int give_way(struct stk_store *store) {
    int found = stk_store_older(store);
    if (found < 0) {
        return found;
    }
    store->stats.corrupt++;
    if (found == 1) {
        stk_store_set(store, &store->open);
    } else {
        stk_store_drop(store, stk_store_entry_of(store, store->open.key));
    }
    return STK_E_CORRUPT;
}

/* Ends the reading with `got`, the result of the last next_cell, and counts the outcome. Returns 0 when the artifact is
 * whole, else the error for the user. */
static int end(struct stk_store *store, int got) {
    store->reading = 0;
    if (got == STK_E_CORRUPT) {
        got = give_way(store);
    }
    store->stats.hits += got == 1 ? 1u : 0u;
    store->stats.unread += got == STK_E_IO ? 1u : 0u;
    return got == 1 ? STK_OK : got;
}

int stk_store_read(struct stk_store *store, void *data, uint32_t room) {
    uint32_t done = 0;
    if (!store->reading) {
        return STK_E_STATUS;
    }
    if (store->left == 0u && store->at == store->filled) {
        return end(store, next_cell(store));
    }
    if (!data || room == 0u) {
        return STK_E_ARG;
    }
    room = room < INT32_MAX ? room : INT32_MAX; /* the number of bytes is returned as an int */
    while (done < room && (store->left | (store->filled - store->at)) != 0u) {
        uint32_t n = room - done;
        int got = store->at == store->filled ? next_cell(store) : STK_OK;
        if (got != STK_OK) {
            return end(store, got);
        }
        n = n < store->filled - store->at ? n : store->filled - store->at;
        memcpy((uint8_t *)data + done, store->cell.body + store->at, n);
        store->at += n;
        done += n;
    }
    return (int)done;
}

int stk_store_get(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], void *data, size_t room,
                  uint32_t *bytes) {
    uint32_t size, at;
    int got;
    /* Tries again while a damaged artifact gave way to an older version. Each try has an older one, so the loop
     * ends. */
    do {
        got = stk_store_open(store, key, &size);
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): a find that returns 1 has set it */
        if (got == 1 && size > room) {
            store->reading = 0;
            got = STK_E_SPACE;
        }
        if (got != 1) {
            return got;
        }
        for (at = 0; got > 0; at += (uint32_t)got) {
            got = stk_store_read(store, (uint8_t *)data + at, size - at);
        }
    } while (got == STK_E_CORRUPT && stk_store_entry_of(store, key) != STK_STORE_NONE);
    if (got < 0) {
        return got;
    }
    *bytes = size;
    return 1;
}
