/* The writing side of the flash store: put, remove and poll. store_mount.c finds the artifacts at a start, and
 * store_read.c reads them.
 *
 * A put appends a head, the data and a tail, and then syncs. A cut before the tail is on the flash leaves cells that no
 * mount counts as an artifact, and the key keeps the artifact that it had. So no step of a put has to be undone. */
#include "stoker/store.h"

#include "base/memory.h"
#include "store_internal.h"

/* Drops the artifacts whose blocks the log has erased. Every function here that writes to the log calls this right
 * after, because the index must not name cells that are gone. The function also ends an open reading, whose walk is
 * stale after an erase. */
static void age(struct stk_store *store) {
    if (store->erases == store->log.stats.erases) {
        return;
    }
    store->erases = store->log.stats.erases;
    store->reading = 0;
    /* Finds the oldest cell. Cells that cannot be read now may still be there, so a walk that begins with such cells
     * does not show where the log begins. */
    if (stk_store_walk(store) == STK_OK && stk_log_next_cell(&store->iter, &store->cell) == 1 &&
        store->iter.unreadable == 0u) {
        store->begins = store->cell.sequence;
    }
    while (stk_store_oldest(store) != STK_STORE_NONE &&
           (int32_t)(store->entry[stk_store_oldest(store)].artifact.sequence - store->begins) < 0) {
        stk_store_drop(store, stk_store_oldest(store));
    }
}

/* Appends store->cell.body as one cell. */
static int append(struct stk_store *store, enum stk_store_kind kind) {
    int err = stk_log_append_cell(&store->log, (uint32_t)kind, store->cell.body);
    store->filled = 0;
    age(store);
    return err;
}

/* Appends a head, a tail or a removal. `name` is the key, or the digest in a tail. */
static int append_note(struct stk_store *store, enum stk_store_kind kind, const uint8_t *name,
                       const struct stk_store_artifact *artifact) {
    stk_store_put_note(store->cell.body, name, artifact);
    return append(store, kind);
}

/* Hashes the bytes of one span and appends each full cell. The rest stays in store->cell.body, so that the next span
 * goes on in the same cell. */
static int append_data(struct stk_store *store, const uint8_t *data, size_t bytes) {
    int err = stk_blake3_update(&store->hash, data, bytes);
    while (err == STK_OK && bytes != 0u) {
        uint32_t n = STK_STORE_CELL_BYTES - store->filled;
        n = bytes < n ? (uint32_t)bytes : n;
        memcpy(store->cell.body + store->filled, data, n);
        store->filled += n;
        data += n;
        bytes -= n;
        if (store->filled == STK_STORE_CELL_BYTES) {
            err = append(store, STORE_DATA);
        }
    }
    return err;
}

/* Syncs the log. Put and remove return only after this, so that their effect survives a power cut. */
static int sync(struct stk_store *store) {
    int err = stk_log_sync(&store->log);
    age(store);
    return err;
}

/// Calls ///

/* Checks the spans of a put and sets *bytes to their sum. Compares each span with the room that is left, so that the
 * sum cannot wrap around. The first append of the put checks that the store is mounted. */
static int check_put(const struct stk_store *store, const struct stk_span *spans, uint32_t count, uint32_t *bytes) {
    uint32_t all = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!spans[i].data && spans[i].bytes != 0u) {
            return STK_E_ARG;
        }
        if (spans[i].bytes > store->largest - all) {
            return STK_E_OVERFLOW;
        }
        all += (uint32_t)spans[i].bytes;
    }
    *bytes = all;
    return STK_OK;
}

/* Makes an entry of the index free when a new key needs one. Removes the oldest artifact by a record on the flash: an
 * entry that was only forgotten would come back at the next mount. */
static int make_room(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]) {
    const struct stk_store_artifact *oldest = &store->entry[stk_store_oldest(store)].artifact;
    int err;
    if (store->count < store->config.entries || stk_store_entry_of(store, key) != STK_STORE_NONE) {
        return STK_OK;
    }
    err = append_note(store, STORE_REMOVED, oldest->key, oldest);
    if (err == STK_OK) {
        /* The append may have dropped the artifact. The entry keeps the key then, since nothing takes the entry. */
        stk_store_drop(store, stk_store_entry_of(store, oldest->key));
    }
    return err;
}

/* Appends head, data and tail of the open artifact, and syncs. Sets the sequence of the artifact to that of the head.
 * The tail comes last and has the digest of the data, so the artifact exists from the moment when the tail is whole on
 * the flash. */
static int write_artifact(struct stk_store *store, const struct stk_span *spans, uint32_t count) {
    struct stk_store_artifact *artifact = &store->open;
    uint8_t digest[STK_BLAKE3_OUT];
    int err;
    stk_blake3_init_keyed(&store->hash, artifact->key);
    artifact->sequence = store->log.sequence;
    err = append_note(store, STORE_HEAD, artifact->key, artifact);
    for (uint32_t i = 0; i < count && err == STK_OK; i++) {
        err = append_data(store, spans[i].data, spans[i].bytes);
    }
    if (err == STK_OK && store->filled != 0u) {
        memset(store->cell.body + store->filled, 0, sizeof store->cell.body - store->filled);
        err = append(store, STORE_DATA);
    }
    if (err == STK_OK) {
        stk_blake3_digest(&store->hash, digest);
        err = append_note(store, STORE_TAIL, digest, artifact);
    }
    return err == STK_OK ? sync(store) : err;
}

int stk_store_put(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], const struct stk_span *spans,
                  uint32_t count) {
    uint32_t dropped = store->stats.dropped, bytes;
    int err = check_put(store, spans, count, &bytes);
    if (err != STK_OK) {
        return err;
    }
    store->reading = 0;
    err = make_room(store, key);
    if (err == STK_OK) {
        memcpy(store->open.key, key, sizeof store->open.key);
        store->open.bytes = bytes;
        err = write_artifact(store, spans, count);
        /* The tail may be on the flash although the put failed, and a later mount may find it. A remove must then
         * append its record even if the index has no artifact of the key. */
        store->unsettled |= err != STK_OK;
    }
    if (err != STK_OK || (int32_t)(store->open.sequence - store->begins) < 0) {
        return err != STK_OK ? err : STK_E_IO; /* an erase during this put took the head of this artifact */
    }
    stk_store_set(store, &store->open);
    store->stats.puts++;
    return (int)(store->stats.dropped - dropped);
}

int stk_store_remove(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]) {
    struct stk_store_artifact artifact = {.bytes = 0};
    uint32_t i;
    int err;
    if (!stk_store_mounted(store)) {
        return STK_E_SHUTDOWN;
    }
    i = stk_store_entry_of(store, key);
    if (i != STK_STORE_NONE) {
        artifact = store->entry[i].artifact;
    } else if (!store->unsettled) {
        return 0;
    }
    store->reading = 0;
    err = append_note(store, STORE_REMOVED, key, &artifact);
    if (err == STK_OK) {
        err = sync(store);
    }
    if (err == STK_OK) {
        stk_store_leave(store, stk_store_entry_of(store, key)); /* the append may have dropped it */
    }
    return err == STK_OK ? i != STK_STORE_NONE : err;
}

int stk_store_poll(struct stk_store *store) {
    int err = stk_log_poll(&store->log);
    age(store);
    return err;
}
