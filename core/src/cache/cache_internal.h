/* stoker: the helpers that the files of the cache share. The public calls are in stoker/cache.h.
 *
 * A shard has three parts. The index leads from a key to the entry of the key. The list by age orders the entries by
 * their last use. The space places artifacts and gaps by address. The number of an entry is its place in the tables of
 * all three parts, and begins with 1. Number 0 is the ground, which holds no artifact and closes the lists. The caller
 * of each function here holds the lock of the shard. */
#ifndef STK_SRC_CACHE_INTERNAL_H
#define STK_SRC_CACHE_INTERNAL_H

#include <stdbool.h>

#include "stoker/cache.h"

#include "stoker/le.h"

#define GROUND 0u

/* Returns the granules of the space that `bytes` bytes take, rounded up. Cannot overflow, as (bytes + 15) / 16
 * could. */
static inline uint32_t stk_cache_granules(uint32_t bytes) {
    return bytes / STK_CACHE_GRANULE + (bytes % STK_CACHE_GRANULE != 0);
}

/// Shards ///

/* Returns shard n. The caller has checked that n is below the number of shards. */
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

/* Returns the number of the shard that a key belongs to. Keys are digests, so the first byte spreads them evenly. */
static inline uint32_t stk_cache_shard_of(const struct stk_cache *cache, const uint8_t *key) {
    return key[0] * cache->config.shards / 256u;
}

/* Takes entry e out of every part of the shard and makes the entry free. Counts no eviction: the caller does. */
void stk_cache_drop(struct stk_cache_shard *s, uint32_t e);

/* Counts a lookup that found entry `e`, or the ground: a cache miss. On a hit makes `e` the newest and fills *out.
 * Returns 1 for a hit, 0 for a cache miss. */
int stk_cache_look_up(struct stk_cache_shard *s, uint32_t e, struct stk_artifact *out);

/// cache_index.c ///

/* Returns the hash of a key, 32 bits, for the index alone. */
uint32_t stk_cache_hash(const uint8_t *key);

/* Returns the entry of a key, or the ground when the key has none or the cache is disabled. */
uint32_t stk_cache_find(const struct stk_cache_shard *s, const uint8_t *key, uint32_t hash);

/* Adds entry e, whose `key` and `hash` are set, or removes entry e. The key must not be in the index before an add. */
void stk_cache_index_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_index_remove(struct stk_cache_shard *s, uint32_t e);

/// cache_lru.c ///

/* Adds entry e as the newest and sets its tick, or takes entry e out of the list. */
void stk_cache_lru_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_lru_remove(struct stk_cache_shard *s, uint32_t e);

/* Returns the oldest entry without a pin, or the ground when every entry is pinned. */
uint32_t stk_cache_oldest(struct stk_cache_shard *s);

/// cache_put.c ///

/* Returns the budgets that the cache would exceed with one more artifact of `bytes` bytes. The cache holds `entries`
 * other artifacts, which have `held` bytes together. Bit 0: too many entries; bit 1: too many bytes. So the number is
 * an enum stk_cache_reason. `bytes` must not be greater than the byte budget. */
uint32_t stk_cache_broken(const struct stk_cache_config *config, uint32_t entries, uint32_t held, uint32_t bytes);

/// cache_space.c ///

/* Makes the space one gap of `granules` granules. */
void stk_cache_space_init(struct stk_cache_shard *s, uint32_t granules);

/* Returns the owner of a gap of at least `granules` granules, or UINT32_MAX. Looks at a bounded number of gaps, so it
 * may find none although the list of one class has a gap that is long enough. */
uint32_t stk_cache_find_gap(const struct stk_cache_shard *s, uint32_t granules);

/* Finds room for the bytes of entry e, sets entry[e].at, and moves other artifacts when no gap is long enough. Cannot
 * fail: the caller has made sure that budgets and pins leave enough room. stk_cache_space_remove gives the room
 * back. */
void stk_cache_space_add(struct stk_cache_shard *s, uint32_t e);
void stk_cache_space_remove(struct stk_cache_shard *s, uint32_t e);

/* Returns the granules that entry e takes. */
static inline uint32_t stk_cache_size_of(const struct stk_cache_shard *s, uint32_t e) {
    return stk_cache_granules(s->entry[e].bytes);
}

#endif
