/* stoker: the cache's index. Open addressing with linear probing over four buckets for each entry. A removal moves
 * later buckets of the run back, so that no tombstone is left. */
#include "cache_internal.h"

#include "base/memory.h"

#define ENTRY_BITS 24u

_Static_assert(STK_CACHE_ENTRIES_MAX < 1u << ENTRY_BITS, "an entry's number fits its bits of a bucket");

/* The key is a digest already. So its words are added up, and one multiplication brings every bit of the sum to the
 * top: keys that differ in one byte alone are as good (Knuth, TAOCP 3, 6.4, multiplicative hashing). */
uint32_t stk_cache_hash(const uint8_t *key) {
    uint64_t sum = stk_get64(key) + stk_get64(key + 8) + stk_get64(key + 16) + stk_get64(key + 24);
    return (uint32_t)((sum * 0x9E3779B97F4A7C15u) >> 32);
}

/* The bucket after this one, around the end. */
static uint32_t after(const struct stk_cache_shard *s, uint32_t bucket) {
    return bucket + 1u == s->buckets ? 0 : bucket + 1u;
}

/* The bucket where the search for a hash begins. The high part of hash * buckets is as even as a remainder, without a
 * division. */
static uint32_t home(const struct stk_cache_shard *s, uint32_t hash) {
    return (uint32_t)(((uint64_t)hash * s->buckets) >> 32);
}

/* Buckets from `from` on to `to`, around the end. */
static uint32_t distance(const struct stk_cache_shard *s, uint32_t from, uint32_t to) {
    return to >= from ? to - from : to + s->buckets - from;
}

/* The content of a bucket: the low byte of the hash spares most looks at a wrong entry. */
static uint32_t pack(uint32_t hash, uint32_t e) {
    return hash << ENTRY_BITS | e;
}

/* The entry of a bucket. */
static uint32_t entry_of(uint32_t bucket) {
    return bucket & ((1u << ENTRY_BITS) - 1u);
}

uint32_t stk_cache_find(const struct stk_cache_shard *s, const uint8_t *key, uint32_t hash) {
    if (s->buckets == 0) {
        return GROUND;
    }
    uint32_t i = home(s, hash), bucket;
    for (; (bucket = s->bucket[i]) != 0; i = after(s, i)) {
        uint32_t e = entry_of(bucket);
        if (bucket == pack(hash, e) && memcmp(s->entry[e].key, key, STK_CACHE_KEY_BYTES) == 0) {
            return e;
        }
    }
    return GROUND;
}

/* The first bucket of the run of `hash` that holds `content`. The caller knows that there is one. */
static uint32_t bucket_with(const struct stk_cache_shard *s, uint32_t hash, uint32_t content) {
    uint32_t i = home(s, hash);
    while (s->bucket[i] != content) {
        i = after(s, i);
    }
    return i;
}

void stk_cache_index_add(struct stk_cache_shard *s, uint32_t e) {
    uint32_t hash = s->entry[e].hash;
    s->bucket[bucket_with(s, hash, 0)] = pack(hash, e);
}

void stk_cache_index_remove(struct stk_cache_shard *s, uint32_t e) {
    uint32_t hash = s->entry[e].hash, hole = bucket_with(s, hash, pack(hash, e));
    for (uint32_t i = after(s, hole); s->bucket[i] != 0; i = after(s, i)) {
        uint32_t from = home(s, s->entry[entry_of(s->bucket[i])].hash);
        if (distance(s, from, i) >= distance(s, hole, i)) { /* the hole is not before its home */
            s->bucket[hole] = s->bucket[i];
            hole = i;
        }
    }
    s->bucket[hole] = 0;
}
