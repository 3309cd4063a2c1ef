/* stoker: the parts of a cache's shard. Private to the core.
 *
 * index: key to entry. lru: entries by age. space: artifacts and gaps by address. Their tables go
 * by the entry's number, from 1 on; number 0 is the ground, which holds no artifact and closes the
 * lists.
 */
#ifndef STK_SRC_CACHE_INTERNAL_H
#define STK_SRC_CACHE_INTERNAL_H

#include <stdbool.h>

#include "stoker/cache.h"

#include "stoker/le.h"

#define GROUND 0u

/* A key in the form it is kept in. */
struct stk_cache_digest {
    uint64_t word[4];
    uint32_t hash;
};

/* The key is a digest already: its words are added up, and one multiplication brings every bit of the sum to the top,
 * so that keys which differ in one byte alone are as good (Knuth, TAOCP 3, 6.4, multiplicative hashing). */
static inline struct stk_cache_digest stk_cache_digest(const uint8_t *key) {
    struct stk_cache_digest d = {{stk_get64(key), stk_get64(key + 8), stk_get64(key + 16), stk_get64(key + 24)}, 0};
    d.hash = (uint32_t)(((d.word[0] + d.word[1] + d.word[2] + d.word[3]) * 0x9E3779B97F4A7C15u) >> 32);
    return d;
}

static inline uint32_t stk_cache_units(uint32_t bytes) {
    return bytes / STK_CACHE_UNIT + (bytes % STK_CACHE_UNIT != 0);
}

static inline bool stk_cache_enabled(const struct stk_cache_config *config) {
    return config->entries != 0 && config->bytes != 0;
}

/// Shards ///

static inline uint32_t stk_cache_shard_of(const struct stk_cache *cache, const uint8_t *key) {
    return key[0] * cache->config.shards / 256u;
}

static inline struct stk_cache_shard *stk_cache_shard_at(const struct stk_cache *cache, uint32_t n) {
    return (void *)(cache->memory + n * cache->stride);
}

static inline struct stk_cache_shard *stk_cache_enter(const struct stk_cache *cache, uint32_t n) {
    if (cache->config.lock != NULL) {
        cache->config.lock->lock(cache->config.lock_ctx, n);
    }
    return stk_cache_shard_at(cache, n);
}

static inline void stk_cache_leave(const struct stk_cache *cache, uint32_t n) {
    if (cache->config.lock != NULL) {
        cache->config.lock->unlock(cache->config.lock_ctx, n);
    }
}

/* Takes `e` out of every part; the caller counts it. */
void stk_cache_drop(struct stk_cache_shard *s, uint32_t e);

/// cache_index.c ///

void stk_cache_index_init(struct stk_cache_shard *s);

/* The key's entry, or the ground. */
uint32_t stk_cache_find(const struct stk_cache_shard *s, const struct stk_cache_digest *digest);
void stk_cache_index_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_index_remove(struct stk_cache_shard *s, uint32_t e);

/// cache_lru.c ///

void stk_cache_lru_init(struct stk_cache_shard *s);

/* An unused entry; there must be one. */
uint32_t stk_cache_entry_take(struct stk_cache_shard *s);
void stk_cache_entry_give(struct stk_cache_shard *s, uint32_t e);

void stk_cache_lru_add(struct stk_cache_shard *s, uint32_t e); /* as the newest */
void stk_cache_lru_remove(struct stk_cache_shard *s, uint32_t e);
void stk_cache_touch(struct stk_cache_shard *s, uint32_t e); /* a tick, and the newest */
void stk_cache_pin_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_pin_drop(struct stk_cache_shard *s, uint32_t e);

/* The oldest entry without a pin, or the ground. */
uint32_t stk_cache_oldest(struct stk_cache_shard *s);

/// cache_space.c ///

void stk_cache_space_init(struct stk_cache_shard *s, uint32_t units);

/* Finds room for e's bytes and says where in entry e; closes gaps if it must. There must be room. */
void stk_cache_space_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_space_remove(struct stk_cache_shard *s, uint32_t e);

/* Is there a gap of `units` units as things are? May say no where a long list would have one. */
bool stk_cache_space_has(const struct stk_cache_shard *s, uint32_t units);

/* The units in one piece that e would leave. */
uint32_t stk_cache_space_hole(const struct stk_cache_shard *s, uint32_t e);

/* Would there be `units` units in one piece once entry `old` and those without pins whose last use was at tick `until`
 * or before have left, and the gaps are closed? One pass. */
bool stk_cache_space_would_fit(const struct stk_cache_shard *s, uint32_t units, uint32_t old, uint64_t until);

#endif
