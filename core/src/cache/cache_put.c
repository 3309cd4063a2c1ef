/* stoker: stores artifacts in the cache and evicts others for them. A put first decides whether it is refused, and only
 * then changes the shard. */
#include "cache_internal.h"

#include "base/memory.h"

/* Sets the last report of the shard, and counts the artifacts that left as evictions. `age` is in ticks. */
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

/* Refuses an artifact that is larger than the byte budget, or any artifact when the cache is disabled. Drops the
 * artifact that the key had: the put shows that this artifact is out of date. */
static int refuse_large(struct stk_cache_shard *s, uint32_t old) {
    s->rejected_puts++;
    if (old != GROUND) {
        s->clock++;
        report(s, STK_CACHE_REJECTED, 1, s->entry[old].bytes, s->clock - s->entry[old].tick);
        stk_cache_drop(s, old);
    }
    return STK_E_BUDGET;
}

/* Refuses an artifact because of pins. Changes nothing but the counter and the report: no clock tick, no eviction. */
static int refuse_pinned(struct stk_cache_shard *s) {
    s->rejected_puts++;
    report(s, STK_CACHE_PINNED, 0, 0, 0);
    return STK_E_PINNED;
}

/* Evicts the oldest artifacts without pins until an artifact of `bytes` bytes fits the budgets. Returns how many left.
 * The reason and the age in the report are those of the first one, which is the oldest. */
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

/* Returns an unused entry: one that was freed, else one that was never used. There must be one; the budget of entries
 * makes sure of this. */
static uint32_t take(struct stk_cache_shard *s) {
    uint32_t e = s->free;
    if (e == GROUND) {
        return s->fresh++;
    }
    s->free = s->link[e].newer;
    return e;
}

/* Adds an artifact, which must fit the budgets, to every part of the shard. Copies the bytes last, once the space has
 * closed gaps and the place is final. */
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

/* Implements stk_cache_put in the shard of the key. The order of the three refusals is part of the public contract. */
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
