/* stoker: the cache's memory and its lookups. */
#include "cache_internal.h"

#include "base/memory.h"

/// Memory ///

/* In 64 bits, so that nothing wraps. */
static uint64_t aligned(uint64_t bytes) {
    return (bytes + STK_ALIGN - 1u) & ~(uint64_t)(STK_ALIGN - 1u);
}

static uint64_t space_bytes(uint32_t entries, uint32_t bytes) {
    return aligned((uint64_t)bytes + bytes / 8u + (uint64_t)entries * STK_CACHE_UNIT);
}

static uint32_t shards_of(uint32_t wanted) {
    return wanted == 0 ? STK_CACHE_SHARDS_DEFAULT : wanted;
}

int stk_cache_bytes(uint32_t shards, uint32_t entries, uint32_t bytes, size_t *out) {
    if (shards > STK_CACHE_SHARDS_MAX) {
        return STK_E_ARG;
    }
    uint64_t all = aligned(sizeof(struct stk_cache_shard));
    if (entries != 0 && bytes != 0) {
        all += STK_CACHE_TABLES_(entries) + space_bytes(entries, bytes);
    }
    all *= shards_of(shards);
    if (entries > STK_CACHE_ENTRIES_MAX || all > SIZE_MAX) {
        return STK_E_OVERFLOW;
    }
    *out = (size_t)all;
    return STK_OK;
}

static int config_check(const struct stk_cache_config *config, size_t *bytes) {
    if (config->lock != NULL && (config->lock->lock == NULL || config->lock->unlock == NULL)) {
        return STK_E_ARG;
    }
    return stk_cache_bytes(config->shards, config->entries, config->bytes, bytes);
}

/* Lays out shard n. The tables of all shards come first and their spaces after them, so that lookups stay in few
 * pages. */
static void shard_init(const struct stk_cache *cache, uint32_t n) {
    const struct stk_cache_config *config = &cache->config;
    struct stk_cache_shard *s = stk_cache_shard_at(cache, n);
    size_t entries = config->entries, space = (size_t)space_bytes(config->entries, config->bytes);
    uint8_t *at = (uint8_t *)s + STK_ALIGNED(sizeof *s);
    memset(s, 0, sizeof *s);
    if (!stk_cache_enabled(config)) {
        return;
    }
    s->fresh = GROUND + 1u;
    s->slots = config->entries * STK_CACHE_SLOTS_;
    s->entry = (void *)at;
    at += STK_ALIGNED((entries + 1) * sizeof *s->entry);
    s->slot = (void *)at;
    at += STK_ALIGNED(entries * STK_CACHE_SLOTS_ * sizeof *s->slot);
    s->link = (void *)at;
    at += STK_ALIGNED((entries + 1) * sizeof *s->link);
    s->gap = (void *)at;
    s->space = cache->memory + config->shards * cache->stride + n * space;
    stk_cache_index_init(s);
    stk_cache_lru_init(s);
    stk_cache_space_init(s, (uint32_t)(space / STK_CACHE_UNIT));
}

int stk_cache_init(struct stk_cache *cache, const struct stk_cache_config *config, struct stk_arena *arena) {
    if (cache == NULL || config == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    struct stk_cache_config wanted = *config;
    size_t bytes;
    wanted.shards = shards_of(wanted.shards);
    int err = config_check(&wanted, &bytes);
    if (err != STK_OK) {
        return err;
    }
    uint8_t *memory = stk_arena_take(arena, bytes);
    if (memory == NULL) {
        return STK_E_SPACE;
    }
    cache->memory = memory;
    cache->config = wanted;
    cache->stride =
        bytes / wanted.shards - (stk_cache_enabled(&wanted) ? (size_t)space_bytes(wanted.entries, wanted.bytes) : 0);
    for (uint32_t n = 0; n < wanted.shards; n++) {
        shard_init(cache, n);
    }
    return STK_OK;
}

/// Lookups ///

void stk_cache_drop(struct stk_cache_shard *s, uint32_t e) {
    s->entries--;
    s->bytes -= s->entry[e].bytes;
    stk_cache_index_remove(s, e);
    stk_cache_lru_remove(s, e);
    stk_cache_space_remove(s, e);
    stk_cache_entry_give(s, e);
}

/* The key's entry, or the ground; a disabled cache has no slots. */
static uint32_t find(const struct stk_cache_shard *s, const uint8_t *key) {
    struct stk_cache_digest digest = stk_cache_digest(key);
    return s->slots == 0 ? GROUND : stk_cache_find(s, &digest);
}

static int look_up(struct stk_cache *cache, const uint8_t *key, struct stk_artifact *out, uint32_t pins) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    uint32_t e = find(s, key);
    int hit = e != GROUND;
    if (!hit) {
        s->clock++;
        s->misses++;
    } else if (s->entry[e].pins + pins > STK_CACHE_PINS_MAX) {
        hit = STK_E_OVERFLOW;
    } else {
        s->hits++;
        stk_cache_touch(s, e);
        if (pins != 0) {
            stk_cache_pin_add(s, e);
        }
        *out = (struct stk_artifact){s->space + (size_t)s->entry[e].at * STK_CACHE_UNIT, s->entry[e].bytes};
    }
    stk_cache_leave(cache, n);
    return hit;
}

int stk_cache_get(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], struct stk_artifact *out) {
    return look_up(cache, key, out, 0);
}

int stk_cache_pin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], struct stk_artifact *out) {
    return look_up(cache, key, out, 1);
}

int stk_cache_unpin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    uint32_t e = find(s, key);
    int left = STK_E_STATUS;
    if (e != GROUND && s->entry[e].pins != 0) {
        stk_cache_pin_drop(s, e);
        left = (int)s->entry[e].pins;
    }
    stk_cache_leave(cache, n);
    return left;
}

int stk_cache_remove(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    uint32_t e = find(s, key);
    int removed = e != GROUND;
    if (removed && s->entry[e].pins != 0) {
        removed = STK_E_PINNED;
    } else if (removed) {
        stk_cache_drop(s, e);
    }
    stk_cache_leave(cache, n);
    return removed;
}
