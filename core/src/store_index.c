/* The flash store's index, its memory and its counters. */
#include <string.h>

#include "store_parts.h"
#include "words_of.h"

/// Memory ///

int stk_store_bytes(uint32_t entries, size_t *out) {
    uint64_t bytes = (uint64_t)entries * sizeof(struct stk_store_entry);
    if (entries == 0u) {
        return STK_E_ARG;
    }
    return entries > STK_STORE_ENTRIES_MAX ? STK_E_OVERFLOW
                                           : stk_size_of((bytes + STK_ALIGN - 1u) & ~(uint64_t)(STK_ALIGN - 1u), out);
}

/* Records that an artifact does without: its head and tail, and two that marks may take in a block that mount found. */
#define SPARE 4u

uint32_t stk_store_largest(const struct stk_flash_geometry *geometry) {
    uint64_t cells = stk_log_capacity(geometry);
    uint64_t bytes = cells > SPARE ? (cells - SPARE) * STK_STORE_CELL_BYTES : 0u;
    bytes = bytes < STK_BLAKE3_INPUT_MAX ? bytes : STK_BLAKE3_INPUT_MAX;
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/// Entries ///

uint32_t stk_store_entry_of(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]) {
    uint32_t i;
    for (i = 0; i < store->count && memcmp(store->entry[i].key, key, STK_STORE_KEY_BYTES) != 0; i++) {
    }
    return i;
}

void stk_store_add(struct stk_store *store, const struct stk_store_entry *entry) {
    store->entry[store->count++] = *entry;
}

void stk_store_leave(struct stk_store *store, uint32_t i) {
    store->count--;
    memmove(store->entry + i, store->entry + i + 1u, (size_t)(store->count - i) * sizeof *store->entry);
}

void stk_store_drop(struct stk_store *store, uint32_t i) {
    const struct stk_store_entry entry = store->entry[i];
    stk_store_leave(store, i);
    store->stats.dropped++;
    if (store->config.dropped) {
        store->config.dropped(store->config.dropped_ctx, entry.key, entry.bytes);
    }
}

int stk_store_find(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes) {
    uint32_t i = stk_store_entry_of(store, key);
    if (!stk_store_mounted(store)) {
        return STK_E_SHUTDOWN;
    }
    if (i != store->count && bytes) {
        *bytes = store->entry[i].bytes;
    }
    return i != store->count;
}

void stk_store_stats(const struct stk_store *store, struct stk_store_stats *stats) {
    *stats = store->stats;
    stats->artifacts = store->count;
    for (uint32_t i = 0; i < store->count; i++) {
        stats->bytes += store->entry[i].bytes;
    }
}
