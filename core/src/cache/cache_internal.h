/* stoker: the parts of a cache's shard. Private to the room.
 *
 * The index leads from a key to its entry, the list by age orders entries by their last use, and the space places
 * artifacts and gaps by address. Their tables go by the entry's number, from 1 on. Number 0 is the ground, which holds
 * no artifact and closes the lists. */
#ifndef STK_SRC_CACHE_INTERNAL_H
#define STK_SRC_CACHE_INTERNAL_H

#include <stdbool.h>

#include "stoker/cache.h"

#include "stoker/le.h"

#define GROUND 0u

/* Units of the space that `bytes` bytes take, rounded up. Cannot overflow, as (bytes + 15) / 16 could. */
static inline uint32_t stk_cache_granules(uint32_t bytes) {
    return bytes / STK_CACHE_GRANULE + (bytes % STK_CACHE_GRANULE != 0);
}

/// Shards ///

/* Shard n. */
static inline struct stk_cache_shard *stk_cache_shard_at(const struct stk_cache *cache, uint32_t n) {
    return (void *)(cache->memory + n * cache->stride);
}

/* Locks shard n and returns it. */
static inline struct stk_cache_shard *stk_cache_enter(const struct stk_cache *cache, uint32_t n) {
    if (cache->config.lock != NULL) {
        cache->config.lock->lock(cache->config.lock_ctx, n);
    }
    return stk_cache_shard_at(cache, n);
}

/* Unlocks shard n. */
static inline void stk_cache_leave(const struct stk_cache *cache, uint32_t n) {
    if (cache->config.lock != NULL) {
        cache->config.lock->unlock(cache->config.lock_ctx, n);
    }
}

/* Number of the shard that a key belongs to. */
static inline uint32_t stk_cache_shard_of(const struct stk_cache *cache, const uint8_t *key) {
    return key[0] * cache->config.shards / 256u;
}

/* Takes `e` out of every part of the shard. */
void stk_cache_drop(struct stk_cache_shard *s, uint32_t e);

/* Counts a lookup that found entry `e`, or the ground: a cache miss. On a hit makes `e` the newest and fills *out.
 * Returns 1 for a hit, 0 for a cache miss. */
int stk_cache_look_up(struct stk_cache_shard *s, uint32_t e, struct stk_artifact *out);

/// cache_index.c ///

/* Hash of a key. */
uint32_t stk_cache_hash(const uint8_t *key);

/* The key's entry; the ground when there is none, and in a disabled cache. */
uint32_t stk_cache_find(const struct stk_cache_shard *s, const uint8_t *key, uint32_t hash);

void stk_cache_index_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_index_remove(struct stk_cache_shard *s, uint32_t e);

/// cache_lru.c ///

void stk_cache_lru_add(struct stk_cache_shard *s, uint32_t e); /* as the newest */
void stk_cache_lru_remove(struct stk_cache_shard *s, uint32_t e);

/* The oldest entry without a pin, or the ground. */
uint32_t stk_cache_oldest(struct stk_cache_shard *s);

/// cache_put.c ///

/* The budgets that an artifact of `bytes` bytes breaks beside `entries` others of `held` bytes: bit 0 that of entries,
 * bit 1 that of bytes, so that the number is the reason of the report. `bytes` is within the byte budget. */
uint32_t stk_cache_broken(const struct stk_cache_config *config, uint32_t entries, uint32_t held, uint32_t bytes);

/// cache_space.c ///

/* Makes the space one gap of `granules` granules. */
void stk_cache_space_init(struct stk_cache_shard *s, uint32_t granules);

/* The owner of a gap of at least `granules` granules, or UINT32_MAX. May find none where a long list would have one. */
uint32_t stk_cache_find_gap(const struct stk_cache_shard *s, uint32_t granules);

/* Finds room for e's bytes and says where in entry e; closes gaps if it must. There must be room. */
void stk_cache_space_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_space_remove(struct stk_cache_shard *s, uint32_t e);

/* Units that entry e takes. */
static inline uint32_t stk_cache_size_of(const struct stk_cache_shard *s, uint32_t e) {
    return stk_cache_granules(s->entry[e].bytes);
}

#endif
