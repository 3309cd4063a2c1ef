/* stoker: the index of a shard, from a key to its entry. The index uses open addressing with linear probing over four
 * buckets for each entry. A removal moves later buckets of the cluster back, so that no tombstone is left and the index
 * never has to be rebuilt. The index knows nothing of age and addresses. */
#include "cache_internal.h"

#include "base/memory.h"

#define ENTRY_BITS 24u

_Static_assert(STK_CACHE_ENTRIES_MAX < 1u << ENTRY_BITS, "an entry's number fits its bits of a bucket");

/* The key is a digest already, so adding up its words is enough. One multiplication then brings every bit of the sum to
 * the top, so that even keys that differ in one byte spread well (Knuth, TAOCP 3, 6.4, multiplicative hashing). The
 * factor is 2^64 divided by the golden ratio. */
uint32_t stk_cache_hash(const uint8_t *key) {
    uint64_t sum = stk_get64(key) + stk_get64(key + 8) + stk_get64(key + 16) + stk_get64(key + 24);
    return (uint32_t)((sum * 0x9E3779B97F4A7C15u) >> 32);
}

/* Returns the bucket after `bucket`; bucket 0 comes after the last one. */
static uint32_t after(const struct stk_cache_shard *s, uint32_t bucket) {
    return bucket + 1u == s->buckets ? 0 : bucket + 1u;
}

/* Returns the bucket where the search for a hash begins. The high part of hash * buckets spreads as evenly as a
 * remainder and needs no division. */
static uint32_t home(const struct stk_cache_shard *s, uint32_t hash) {
    return (uint32_t)(((uint64_t)hash * s->buckets) >> 32);
}

/* Returns how many steps of after() lead from bucket `from` to bucket `to`. */
static uint32_t distance(const struct stk_cache_shard *s, uint32_t from, uint32_t to) {
    return to >= from ? to - from : to + s->buckets - from;
}

/* Returns the content of a bucket for entry e. The low byte of the hash in it saves most comparisons with a wrong key,
 * and home() uses the high bits, so the byte tells apart keys that share a home. Never 0, since e is not 0. */
static uint32_t pack(uint32_t hash, uint32_t e) {
    return hash << ENTRY_BITS | e;
}

/* Returns the entry of a bucket that is not empty. */
static uint32_t entry_of(uint32_t bucket) {
    return bucket & ((1u << ENTRY_BITS) - 1u);
}

uint32_t stk_cache_find(const struct stk_cache_shard *s, const uint8_t *key, uint32_t hash) {
    if (s->buckets == 0) {
        return GROUND;
    }
    /* Ends at an empty bucket. At most a quarter of the buckets are taken, so there always is one. */
    uint32_t i = home(s, hash), bucket;
    for (; (bucket = s->bucket[i]) != 0; i = after(s, i)) {
        uint32_t e = entry_of(bucket);
        if (bucket == pack(hash, e) && memcmp(s->entry[e].key, key, STK_CACHE_KEY_BYTES) == 0) {
            return e;
        }
    }
    return GROUND;
}

/* Returns the first bucket from the home of `hash` on that holds `content`. The caller makes sure that there is one;
 * the loop would not end without. */
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
    /* Closes the hole: moves each later bucket of the cluster into the hole, unless a search for its key would not pass
     * the hole. */
    for (uint32_t i = after(s, hole); s->bucket[i] != 0; i = after(s, i)) {
        uint32_t from = home(s, s->entry[entry_of(s->bucket[i])].hash);
        if (distance(s, from, i) >= distance(s, hole, i)) { /* the hole lies between the home and the bucket */
            s->bucket[hole] = s->bucket[i];
            hole = i;
        }
    }
    s->bucket[hole] = 0;
}
