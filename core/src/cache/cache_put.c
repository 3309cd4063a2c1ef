/* stoker: putting artifacts into the cache. */
#include "cache_internal.h"

#include "base/memory.h"

static void report(struct stk_cache_shard *s, uint32_t reason, uint32_t entries, uint32_t bytes, uint64_t age) {
    s->reason = reason;
    s->out_entries = entries;
    s->out_bytes = bytes;
    s->out_age = age;
    s->evictions += entries;
    s->evicted_bytes += bytes;
}

uint32_t stk_cache_broken(const struct stk_cache_config *config, uint32_t entries, uint32_t held, uint32_t bytes) {
    return (entries >= config->entries ? STK_CACHE_ENTRY_BUDGET : 0u) |
           (held > config->bytes - bytes ? STK_CACHE_BYTE_BUDGET : 0u);
}

_Static_assert((STK_CACHE_ENTRY_BUDGET | STK_CACHE_BYTE_BUDGET) == STK_CACHE_BOTH_BUDGETS, "reasons are bits");

static int refuse_large(struct stk_cache_shard *s, uint32_t old) {
    s->rejected_puts++;
    if (old != GROUND) {
        s->clock++;
        report(s, STK_CACHE_REJECTED, 1, s->entry[old].bytes, s->clock - s->entry[old].tick);
        stk_cache_drop(s, old);
    }
    return STK_E_BUDGET;
}

static int refuse_pinned(struct stk_cache_shard *s) {
    s->rejected_puts++;
    report(s, STK_CACHE_PINNED, 0, 0, 0);
    return STK_E_PINNED;
}

/* Evicts until an artifact of `bytes` fits the budgets, oldest first. Returns how many left. */
static uint32_t evict(const struct stk_cache_config *config, struct stk_cache_shard *s, uint32_t bytes) {
    uint32_t entries = s->entries, held = s->bytes, reason = stk_cache_broken(config, entries, held, bytes);
    if (reason != 0) {
        uint64_t age = s->clock - s->entry[stk_cache_oldest(s)].tick;
        do {
            stk_cache_drop(s, stk_cache_oldest(s));
        } while (stk_cache_broken(config, s->entries, s->bytes, bytes) != 0);
        report(s, reason, entries - s->entries, held - s->bytes, age);
    }
    return entries - s->entries;
}

/* Takes an unused entry; there must be one. */
static uint32_t take(struct stk_cache_shard *s) {
    uint32_t e = s->free;
    if (e == GROUND) {
        return s->fresh++;
    }
    s->free = s->link[e].newer;
    return e;
}

/* Adds an artifact, which fits the budgets, to every part of the shard. */
static void add(struct stk_cache_shard *s, const uint8_t *key, uint32_t hash, const void *data, uint32_t bytes) {
    uint32_t e = take(s);
    struct stk_cache_entry *entry = &s->entry[e];
    memcpy(entry->key, key, sizeof entry->key);
    entry->hash = hash;
    entry->bytes = bytes;
    entry->pins = 0;
    s->entries++;
    s->bytes += bytes;
    stk_cache_index_add(s, e);
    stk_cache_lru_add(s, e);
    stk_cache_space_add(s, e);
    if (bytes != 0) {
        memcpy(s->space + (size_t)entry->at * STK_CACHE_GRANULE, data, bytes);
    }
}

/* As stk_cache_put, in the shard of the key. */
static int put(const struct stk_cache_config *config, struct stk_cache_shard *s, const uint8_t *key, const void *data,
               size_t bytes) {
    uint32_t hash = stk_cache_hash(key), old = stk_cache_find(s, key, hash);
    if (old != GROUND && s->entry[old].pins != 0) {
        return refuse_pinned(s);
    }
    if (s->buckets == 0 || bytes > config->bytes) {
        return refuse_large(s, old);
    }
    if (s->pinned != 0 && !s->pins_allow(config, s, old, (uint32_t)bytes)) {
        return refuse_pinned(s);
    }
    s->clock++;
    s->puts++;
    if (old != GROUND) {
        stk_cache_drop(s, old);
    }
    uint32_t evicted = evict(config, s, (uint32_t)bytes);
    add(s, key, hash, data, (uint32_t)bytes);
    return (int)evicted;
}

int stk_cache_put(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], const void *data, size_t bytes) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    int result = put(&cache->config, s, key, data, bytes);
    stk_cache_leave(cache, n);
    return result;
}
