/* The index of the flash store in RAM: its memory, its entries by age and its counters. store_tree.c has the same
 * entries by key. The index only mirrors the flash; nothing here writes to the flash. */
#include "base/memory.h"
#include "store_internal.h"

/// Memory ///

_Static_assert(STK_STORE_ENTRIES_MAX < SIZE_MAX / sizeof(struct stk_store_entry) - 1u, "any machine can address them");

int stk_store_bytes(uint32_t entries, size_t *out) {
    if (entries == 0u || entries > STK_STORE_ENTRIES_MAX) {
        return entries == 0u ? STK_E_ARG : STK_E_OVERFLOW;
    }
    *out = STK_STORE_BYTES(entries);
    return STK_OK;
}

/* Cells of the log that cannot hold data of the largest artifact: the head, the tail, and two that markers may take in
 * the block that mount found. */
#define SPARE 4u

uint32_t stk_store_largest_of(const struct stk_log *log) {
    uint32_t cells = stk_log_kept(log);
    uint32_t most = STK_BLAKE3_INPUT_MAX < UINT32_MAX ? (uint32_t)STK_BLAKE3_INPUT_MAX : UINT32_MAX;
    if (cells <= SPARE) {
        return 0;
    }
    cells -= SPARE;
    return cells <= most / STK_STORE_CELL_BYTES ? cells * STK_STORE_CELL_BYTES : most;
}

uint32_t stk_store_largest(const struct stk_flash_geometry *geometry) {
    struct stk_log log = {.geometry = *geometry};
    return stk_log_measure(&log) == STK_OK ? stk_store_largest_of(&log) : 0u;
}

/// Age ///

/* Index of `next` of an entry: the link to the next newer entry and to the next older one. */
enum side {
    NEWER,
    OLDER
};

/* Links entry i into the circle of entries by age. Entry 0 closes the circle: it stands between the newest entry and
 * the oldest. The search begins at the newest, since an artifact that was just put or that mount found is the newest.
 * Only an older version that takes the place of a damaged artifact goes further back. */
static void link_by_age(struct stk_store *store, uint32_t i) {
    struct stk_store_entry *all = store->entry, *e = &all[i];
    uint32_t older = all[0].next[OLDER];
    while (older != STK_STORE_NONE && (int32_t)(all[older].artifact.sequence - e->artifact.sequence) > 0) {
        older = all[older].next[OLDER];
    }
    e->next[OLDER] = older;
    e->next[NEWER] = all[older].next[NEWER];
    all[older].next[NEWER] = i;
    all[e->next[NEWER]].next[OLDER] = i;
}

/* Takes entry i out of the circle by age, and its bytes out of the statistics. The tree by key still has the entry. */
static void unlink(struct stk_store *store, uint32_t i) {
    const struct stk_store_entry *e = &store->entry[i];
    store->entry[e->next[OLDER]].next[NEWER] = e->next[NEWER];
    store->entry[e->next[NEWER]].next[OLDER] = e->next[OLDER];
    store->stats.bytes -= e->artifact.bytes;
}

/// Entries ///

void stk_store_clear(struct stk_store *store) {
    memset(&store->stats, 0, sizeof store->stats);
    store->count = 0;
    store->used = 0;
    store->free = STK_STORE_NONE;
    store->entry[0].next[NEWER] = STK_STORE_NONE;
    store->entry[0].next[OLDER] = STK_STORE_NONE;
}

/* Returns a free entry. Prefers entries that were given back; entries above store->used were never used and are not in
 * the list of free ones, so that a clear needs no loop. */
static uint32_t take_entry(struct stk_store *store) {
    uint32_t i = store->free;
    if (i == STK_STORE_NONE) {
        return ++store->used;
    }
    store->free = store->entry[i].next[0];
    return i;
}

void stk_store_set(struct stk_store *store, const struct stk_store_artifact *artifact) {
    uint32_t found = stk_store_entry_of(store, artifact->key), i = found;
    if (found == STK_STORE_NONE) {
        i = take_entry(store);
    } else {
        unlink(store, i);
    }
    store->entry[i].artifact = *artifact;
    store->stats.bytes += artifact->bytes;
    link_by_age(store, i);
    if (found == STK_STORE_NONE) {
        stk_store_tree_add(store, i);
        store->count++;
    }
}

void stk_store_leave(struct stk_store *store, uint32_t i) {
    if (i == STK_STORE_NONE) {
        return;
    }
    unlink(store, i);
    stk_store_tree_remove(store, i);
    store->entry[i].next[0] = store->free;
    store->free = i;
    store->count--;
}

void stk_store_drop(struct stk_store *store, uint32_t i) {
    if (i == STK_STORE_NONE) {
        return;
    }
    stk_store_leave(store, i);
    store->stats.dropped++;
    if (store->config.dropped) { /* the entry is free now, but still holds the key and the size for this report */
        store->config.dropped(store->config.dropped_ctx, store->entry[i].artifact.key, store->entry[i].artifact.bytes);
    }
}

/// Calls ///

int stk_store_find(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes) {
    uint32_t i;
    if (!stk_store_mounted(store)) {
        return STK_E_SHUTDOWN;
    }
    i = stk_store_entry_of(store, key);
    if (i != STK_STORE_NONE && bytes) {
        *bytes = store->entry[i].artifact.bytes;
    }
    return i != STK_STORE_NONE;
}

void stk_store_stats(const struct stk_store *store, struct stk_store_stats *stats) {
    *stats = store->stats;
    stats->artifacts = store->count;
}
