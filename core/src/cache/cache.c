/* stoker: lays out the memory of the cache, and looks artifacts up without pins. cache_put.c stores artifacts,
 * cache_pin.c holds them in place, and cache_report.c copies counters and reports out. */
#include "cache_internal.h"

#include "base/memory.h"

/// Memory ///

int stk_cache_bytes(uint32_t shards, uint32_t entries, uint32_t bytes, size_t *out) {
    if (shards > STK_CACHE_SHARDS_MAX) {
        return STK_E_ARG;
    }
    if (entries > STK_CACHE_ENTRIES_MAX) {
        return STK_E_OVERFLOW;
    }
    /* Computes in 64 bits, where no sum or product of these numbers can wrap, and compares with size_t at the end. The
     * macros of the header compute in size_t, which has 32 bits on a microcontroller. */
    uint64_t all = STK_ALIGNED(sizeof(struct stk_cache_shard));
    if (entries != 0 && bytes != 0) {
        uint64_t space = (uint64_t)bytes + bytes / 8u + entries * STK_CACHE_GRANULE + (STK_ALIGN - 1u);
        all += STK_CACHE_TABLES_(entries) + (space & ~(uint64_t)(STK_ALIGN - 1u));
    }
    all *= shards == 0 ? STK_CACHE_SHARDS_DEFAULT : shards;
    if (all > SIZE_MAX) {
        return STK_E_OVERFLOW;
    }
    *out = (size_t)all;
    return STK_OK;
}

/* Lays out shard n of a cache that is enabled. The tables of all shards come first, and behind them the spaces of all
 * shards with `space` bytes each, so that lookups touch few pages of memory. Clears only the index: an entry is written
 * before anything reads it. The order and the sizes must match STK_CACHE_TABLES_. */
static void lay_out(const struct stk_cache *cache, uint32_t n, size_t space) {
    struct stk_cache_shard *s = stk_cache_shard_at(cache, n);
    size_t entries = cache->config.entries;
    uint8_t *at = (uint8_t *)s + STK_ALIGNED(sizeof *s);
    s->fresh = GROUND + 1u;
    s->buckets = cache->config.entries * STK_CACHE_BUCKETS_;
    s->entry = (void *)at;
    at += STK_ALIGNED((entries + 1) * sizeof *s->entry);
    s->bucket = (void *)at;
    memset(at, 0, entries * STK_CACHE_BUCKETS_ * sizeof *s->bucket);
    at += STK_ALIGNED(entries * STK_CACHE_BUCKETS_ * sizeof *s->bucket);
    s->link = (void *)at;
    s->link[GROUND] = (struct stk_cache_link){GROUND, GROUND};
    at += STK_ALIGNED((entries + 1) * sizeof *s->link);
    s->gap = (void *)at;
    s->space = cache->memory + cache->config.shards * cache->stride + n * space;
    stk_cache_space_init(s, (uint32_t)(space / STK_CACHE_GRANULE));
}

int stk_cache_init(struct stk_cache *cache, const struct stk_cache_config *config, struct stk_arena *arena) {
    if (cache == NULL || config == NULL || arena == NULL ||
        (config->lock != NULL && (config->lock->lock == NULL || config->lock->unlock == NULL))) {
        return STK_E_ARG;
    }
    size_t bytes, space;
    uint32_t entries = config->entries, shards = config->shards == 0 ? STK_CACHE_SHARDS_DEFAULT : config->shards;
    int err = stk_cache_bytes(shards, entries, config->bytes, &bytes);
    if (err != STK_OK) {
        return err;
    }
    uint8_t *memory = stk_arena_take(arena, bytes);
    if (memory == NULL) {
        return STK_E_SPACE;
    }
    /* Copies every setting first: stk_cache_shard_at reads memory and stride, and lay_out reads config. */
    space = entries == 0 || config->bytes == 0 ? 0 : STK_CACHE_SPACE_(entries, config->bytes);
    cache->memory = memory;
    cache->config = *config;
    cache->config.shards = shards;
    cache->stride = bytes / shards - space;
    for (uint32_t n = 0; n < shards; n++) {
        memset(stk_cache_shard_at(cache, n), 0, sizeof(struct stk_cache_shard));
        if (space != 0) {
            lay_out(cache, n, space);
        }
    }
    return STK_OK;
}

/// Lookups ///

/* Puts entry e, which is in no part of the shard any more, onto the list of free entries. */
static void give(struct stk_cache_shard *s, uint32_t e) {
    s->link[e].newer = s->free;
    s->free = e;
}

void stk_cache_drop(struct stk_cache_shard *s, uint32_t e) {
    s->entries--;
    s->bytes -= s->entry[e].bytes;
    stk_cache_index_remove(s, e);
    stk_cache_lru_remove(s, e);
    stk_cache_space_remove(s, e);
    give(s, e);
}

int stk_cache_look_up(struct stk_cache_shard *s, uint32_t e, struct stk_artifact *out) {
    s->clock++;
    if (e == GROUND) {
        s->cache_misses++;
        return 0;
    }
    s->hits++;
    /* Takes the entry out and adds it again as the newest, with the tick of this lookup. */
    stk_cache_lru_remove(s, e);
    stk_cache_lru_add(s, e);
    *out = (struct stk_artifact){s->space + (size_t)s->entry[e].at * STK_CACHE_GRANULE, s->entry[e].bytes};
    return 1;
}

int stk_cache_get(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], struct stk_artifact *out) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    int hit = stk_cache_look_up(s, stk_cache_find(s, key, stk_cache_hash(key)), out);
    stk_cache_leave(cache, n);
    return hit;
}

int stk_cache_remove(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    uint32_t e = stk_cache_find(s, key, stk_cache_hash(key));
    int removed = e != GROUND;
    if (removed && s->entry[e].pins != 0) {
        removed = STK_E_PINNED;
    } else if (removed) {
        stk_cache_drop(s, e);
    }
    stk_cache_leave(cache, n);
    return removed;
}
