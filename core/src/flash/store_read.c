/* Reads artifacts of the flash store: open, read and get. The hash is checked at the end of each reading, so bytes that
 * read returned before its 0 are not checked yet. Nothing here writes to the flash: a damaged artifact only leaves the
 * index. */
#include "base/memory.h"
#include "store_internal.h"

/* Makes the artifact of `key` the open one. Returns 1; 0 the index has no such artifact; or an error of the walk. */
static int find(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]) {
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
    return 1;
}

int stk_store_open(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes) {
    int err, found = find(store, key);
    if (found != 1) {
        return found;
    }
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
 * `older` is the result of stk_store_older. Returns STK_E_CORRUPT; or the error of the search for an older version, and
 * then the index does not change, because the medium may give the cells back a moment later. The caller makes the
 * search, so that the search has less stack above it. */
static int give_way(struct stk_store *store, int older) {
    if (older < 0) {
        return older;
    }
    store->stats.corrupt++;
    if (older == 1) {
        stk_store_set(store, &store->open);
    } else {
        stk_store_drop(store, stk_store_entry_of(store, store->open.key));
    }
    return STK_E_CORRUPT;
}

/* Ends the reading with `got`, the result of the last next_cell or of give_way, and counts the outcome. Returns 0 when
 * the artifact is whole, else the error for the user. */
static int end(struct stk_store *store, int got) {
    store->reading = 0;
    store->stats.hits += got == 1 ? 1u : 0u;
    store->stats.unread += got == STK_E_IO ? 1u : 0u;
    return got == 1 ? STK_OK : got;
}

/* Copies the next bytes of the open artifact, `room` at most, which is at least 1. Returns their number, or the error
 * of next_cell; the caller ends the reading then. */
static int copy(struct stk_store *store, uint8_t *data, uint32_t room) {
    uint32_t done = 0;
    room = room < INT32_MAX ? room : INT32_MAX; /* the number of bytes is returned as an int */
    while (done < room && (store->left | (store->filled - store->at)) != 0u) {
        uint32_t n = room - done;
        int got = store->at == store->filled ? next_cell(store) : STK_OK;
        if (got != STK_OK) {
            return got;
        }
        n = n < store->filled - store->at ? n : store->filled - store->at;
        memcpy(data + done, store->cell.body + store->at, n);
        store->at += n;
        done += n;
    }
    return (int)done;
}

int stk_store_read(struct stk_store *store, void *data, uint32_t room) {
    int got;
    if (!store->reading) {
        return STK_E_STATUS;
    }
    if (store->left == 0u && store->at == store->filled) {
        got = next_cell(store);
    } else {
        if (!data || room == 0u) {
            return STK_E_ARG;
        }
        got = copy(store, data, room);
        if (got >= 0) {
            return got;
        }
    }
    if (got == STK_E_CORRUPT) {
        got = give_way(store, stk_store_older(store));
    }
    return end(store, got);
}

int stk_store_get(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], void *data, size_t room,
                  uint32_t *bytes) {
    uint32_t at;
    int got;
    /* Tries again while a damaged artifact gave way to an older version. Each try has an older one, so the loop ends.
     * The steps of a reading are called from here and not through stk_store_open and stk_store_read, so that the
     * deepest of them has less stack above it. */
    do {
        got = find(store, key);
        if (got != 1) {
            return got;
        }
        got = store->open.bytes > room ? STK_E_SPACE : stk_log_start_at(&store->iter, store->open.sequence);
        if (got != STK_OK) {
            return got;
        }
        for (at = 0; at < store->open.bytes && got >= 0; at += (uint32_t)got) {
            got = copy(store, (uint8_t *)data + at, store->open.bytes - at);
        }
        if (got >= 0) {
            got = next_cell(store);
        }
        if (got == STK_E_CORRUPT) {
            got = give_way(store, stk_store_older(store));
        }
        got = end(store, got);
    } while (got == STK_E_CORRUPT && stk_store_entry_of(store, key) != STK_STORE_NONE);
    if (got < 0) {
        return got;
    }
    *bytes = store->open.bytes;
    return 1;
}
