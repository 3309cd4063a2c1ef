/* stoker: the RAM cache of artifacts.
 *
 * Keeps built kernels and tables under the digest of everything from which they were made. The memory is fixed at init:
 * each shard has a budget of entries and a budget of bytes. The least recently used artifact leaves first. An artifact
 * is contiguous in the memory of the cache, and a caller reads it there without a copy; a pin keeps the artifact in its
 * place. The cache is lost at power-off: store.h keeps artifacts on flash. */
#ifndef STOKER_CACHE_H
#define STOKER_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/port/lock.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Limits ///

#define STK_CACHE_KEY_BYTES      32u
#define STK_CACHE_SHARDS_DEFAULT 1u
#define STK_CACHE_SHARDS_MAX     256u
#define STK_CACHE_ENTRIES_MAX    16777215u /* per shard */
#define STK_CACHE_PINS_MAX       65535u    /* pins at one time on one artifact */
#define STK_CACHE_GRANULE        16u       /* artifacts start at multiples of this */

/// Configuration ///

struct stk_cache_config {
    uint32_t shards;  /* 1..256; default 1. A key belongs to shard (first byte * shards) / 256. */
    uint32_t entries; /* entry budget of each shard, at most STK_CACHE_ENTRIES_MAX; 0 disables the cache */
    uint32_t bytes;   /* byte budget of each shard, counted in artifact bytes; 0 disables the cache */
    const struct stk_lock_ops *lock; /* lock n guards shard n; default none, for one thread */
    void *lock_ctx;                  /* handed to each lock call */
};

/* The structs from here to STK_CACHE_BYTES are visible for sizeof only. */

/* One artifact in a shard's table. Entry 0 is the ground, which holds no artifact. */
struct stk_cache_entry {
    uint8_t key[STK_CACHE_KEY_BYTES];
    uint64_t tick;  /* clock of the shard at the last put or hit of this entry */
    uint32_t hash;  /* hash of the key; the index needs the hash when it removes an entry */
    uint32_t pins;  /* pins on this entry, 0 .. STK_CACHE_PINS_MAX */
    uint32_t bytes; /* length of the artifact */
    uint32_t at;    /* first granule in the shard's space */
    uint32_t below; /* entry at the next lower address; the ground below the lowest one */
    uint32_t above; /* entry at the next higher address; the ground above the highest one */
};

/* Neighbours of an entry by age. */
struct stk_cache_link {
    uint32_t older; /* entry that was used before this one */
    uint32_t newer; /* entry that was used after this one */
};

/* The free granules between an artifact and the next one above it. The entry below owns the gap. */
struct stk_cache_gap {
    uint32_t granules; /* 0: there is no gap */
    uint32_t prev;     /* owner of the gap before this one in the list of its class; UINT32_MAX at its head */
    uint32_t next;     /* owner of the gap behind this one in the list of its class; UINT32_MAX at its end */
};

#define STK_CACHE_CLASSES 128u /* classes of gaps by size: four to a power of two, for all gaps of 32 bits */

/* The state of one shard, which the lock of its number guards. */
struct stk_cache_shard {
    /* These members are all that a hit reads and writes. They fill one cache line. */
    struct stk_cache_entry *entry;
    struct stk_cache_link *link;
    uint32_t *bucket; /* bucket of the index: bits 0..23 the entry, bits 24..31 of its hash; 0 for an empty one */
    uint8_t *space;   /* the bytes of the artifacts */
    uint64_t clock;   /* ticks so far: one for each get, pin and put that stored or removed */
    uint64_t hits;    /* gets and pins that found their artifact */
    uint32_t buckets; /* buckets of the index; 0 when the cache is disabled */
    uint32_t settled; /* this entry and all older ones are pinned */

    struct stk_cache_gap *gap;
    uint32_t entries; /* artifacts in the shard */
    uint32_t bytes;   /* bytes of these artifacts */
    /* Decides for a put, while the shard has pins, whether its artifact may come in. The first pin sets the pointer, so
     * that a program without pins does not link the code for them. */
    int (*pins_allow)(const struct stk_cache_config *config, struct stk_cache_shard *shard, uint32_t old,
                      uint32_t bytes);
    uint32_t pinned;       /* artifacts with pins */
    uint32_t pinned_bytes; /* bytes of these artifacts */
    uint32_t fresh;        /* entries from this one on were never used */
    uint32_t free;         /* first entry to use again; link[].newer leads to the next one, 0 ends the list */
    /* counters of the shard, as in struct stk_cache_metrics */
    uint64_t cache_misses, puts, rejected_puts, evictions, evicted_bytes;
    uint64_t out_age;     /* the next four are the last report: the age of the oldest artifact that left, ticks */
    uint32_t out_entries; /* artifacts that left */
    uint32_t out_bytes;   /* bytes of these artifacts */
    uint32_t reason;      /* enum stk_cache_reason */
    uint32_t some[STK_CACHE_CLASSES / 32]; /* a bit for each class, set when the class has a gap */
    uint32_t first[STK_CACHE_CLASSES];     /* owner of the first gap of each class; UINT32_MAX for none */
};

#define STK_CACHE_BUCKETS_ 4u /* buckets of the index for each entry */

/* Bytes of the tables of a shard. Some tables have one element more than the budget of entries, for the ground. */
#define STK_CACHE_TABLES_(entries)                                                                                     \
    (STK_ALIGNED(((size_t)(entries) + 1u) * sizeof(struct stk_cache_entry)) +                                          \
     STK_ALIGNED((size_t)(entries)*STK_CACHE_BUCKETS_ * sizeof(uint32_t)) +                                            \
     STK_ALIGNED(((size_t)(entries) + 1u) * sizeof(struct stk_cache_link)) +                                           \
     STK_ALIGNED(((size_t)(entries) + 1u) * sizeof(struct stk_cache_gap)))

/* Bytes of the space of a shard: an eighth more than the byte budget, so that gaps seldom have to be closed, and one
 * granule for each entry, which pays for rounding. */
#define STK_CACHE_SPACE_(entries, bytes)                                                                               \
    STK_ALIGNED((size_t)(bytes) + (size_t)(bytes) / 8u + (size_t)(entries)*STK_CACHE_GRANULE)

/* Bytes that a cache takes from its arena. `entries` and `bytes` are the budgets of one shard; 0 shards stands for the
 * default. About 116 bytes for each entry, 9/8 of the byte budget, and 800 bytes for each shard. */
#define STK_CACHE_BYTES(shards, entries, bytes)                                                                        \
    ((size_t)((shards) == 0 ? STK_CACHE_SHARDS_DEFAULT : (shards)) *                                                   \
     (STK_ALIGNED(sizeof(struct stk_cache_shard)) +                                                                    \
      ((entries) == 0 || (bytes) == 0 ? 0 : STK_CACHE_TABLES_(entries) + STK_CACHE_SPACE_(entries, bytes))))
#define STK_CACHE_DEFINE(name, shards, entries, bytes) STK_STORAGE_DEFINE(name, STK_CACHE_BYTES(shards, entries, bytes))

/* Sets *out to STK_CACHE_BYTES(shards, entries, bytes), for numbers that are known only at run time. STK_E_ARG `shards`
 * is above 256; STK_E_OVERFLOW `entries` is above STK_CACHE_ENTRIES_MAX, or the result does not fit size_t. */
STK_MUST_CHECK int stk_cache_bytes(uint32_t shards, uint32_t entries, uint32_t bytes, size_t *out);

/* Visible for sizeof only. May be copied: all state is in `memory`. */
struct stk_cache {
    uint8_t *memory;
    struct stk_cache_config config;
    size_t stride; /* bytes of a shard's tables; the spaces of all shards come after them */
};

/* Makes an empty cache in memory from `arena`, which must outlive the cache. Writes the tables, O(entries), and not the
 * space of the artifacts. STK_E_ARG cache, config or arena is NULL, or the lock lacks one of its two calls; STK_E_ARG
 * and STK_E_OVERFLOW also as stk_cache_bytes; STK_E_SPACE the arena has too few bytes (arena.need has the number). */
STK_MUST_CHECK int stk_cache_init(struct stk_cache *cache, const struct stk_cache_config *config,
                                  struct stk_arena *arena);

/// Looking up ///

/* Any number of threads may make the calls below when config.lock is set, else one thread. An interrupt handler may
 * make them only if the lock masks this interrupt. */

/* An artifact where it lies. */
struct stk_artifact {
    const void *data; /* aligned to STK_CACHE_GRANULE; not NULL, even for 0 bytes */
    size_t bytes;
};

/* Looks `key` up and makes its artifact the most recently used. Returns 1 for a hit and fills *out, 0 for a cache miss.
 * The bytes stay where they are until the next put to the same shard or remove from it, so threads that share a cache
 * use stk_cache_pin instead. O(1): in a full shard a search looks at 1.2 buckets on average for a hit and at 1.4 for a
 * cache miss (Knuth, TAOCP 3, 6.4, linear probing in a table a quarter full), and never at more than the shard has
 * entries. */
STK_MUST_CHECK int stk_cache_get(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES],
                                 struct stk_artifact *out);

/* Looks `key` up as stk_cache_get does, and on a hit adds a pin: the artifact is neither moved nor evicted until each
 * pin was taken off by stk_cache_unpin. STK_E_OVERFLOW the artifact has STK_CACHE_PINS_MAX pins already, and nothing
 * changed. */
STK_MUST_CHECK int stk_cache_pin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES],
                                 struct stk_artifact *out);

/* Takes one pin off the artifact of `key`. This does not count as a use of the artifact. Returns the number of pins
 * that are left; STK_E_STATUS the artifact has no pin or is not in the cache. */
STK_MUST_CHECK int stk_cache_unpin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]);

/// Storing ///

/* Copies `bytes` bytes at `data` into the cache as the artifact of `key`, in place of the artifact that the key had.
 * Evicts artifacts until the budgets hold: the oldest first, and none that is pinned. Returns the number of evicted
 * artifacts. `data` may be NULL for 0 bytes. It must not lie in the cache, unless it lies in a pinned artifact.
 * Refused, in this order:
 *   STK_E_PINNED  the artifact of `key` is pinned.
 *   STK_E_BUDGET  more than the byte budget, or the cache is disabled. The artifact that the key had leaves, since the
 *                 put shows that it is out of date.
 *   STK_E_PINNED  pinned artifacts take too much of a budget, or leave no contiguous memory that is long enough.
 *                 Without pins in the shard this cannot happen.
 * rejected_puts counts each refusal. STK_E_PINNED changes nothing else but the report of the shard.
 * Time: each eviction is O(1), so a put takes O(evicted + bytes). If no gap is long enough, the put moves neighbouring
 * artifacts without pins together, where the fewest bytes have to move. This adds at most one pass over the entries of
 * the shard and a move of as many bytes as its byte budget. A put between pins may take such a pass too. */
STK_MUST_CHECK int stk_cache_put(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], const void *data,
                                 size_t bytes);

/* Removes the artifact of `key`. Counts no eviction and no tick. Returns 1, or 0 when there was none; STK_E_PINNED the
 * artifact has pins and stays. */
STK_MUST_CHECK int stk_cache_remove(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]);

/// Reports and metrics ///

enum stk_cache_reason {
    STK_CACHE_NONE,         /* nothing to report yet */
    STK_CACHE_ENTRY_BUDGET, /* artifacts were evicted; before the first one left, only the entry budget was broken */
    STK_CACHE_BYTE_BUDGET,  /* artifacts were evicted; before the first one left, only the byte budget was broken */
    STK_CACHE_BOTH_BUDGETS, /* artifacts were evicted; before the first one left, both budgets were broken */
    STK_CACHE_REJECTED,     /* a put above the byte budget was refused, and the old artifact of its key left */
    STK_CACHE_PINNED        /* a put was refused because of pins; no artifact left */
};

/* The artifacts that left a shard in the last put with something to report. */
struct stk_cache_report {
    enum stk_cache_reason reason;
    uint32_t entries, bytes; /* number of artifacts that left, and the sum of their bytes */
    uint64_t max_age;        /* ticks of the shard since the last use of the oldest of these artifacts */
};

/* Copies the last report of shard `shard` to *out. Returns 1, or 0 when the shard has no report yet; STK_E_RANGE there
 * is no such shard. Changes nothing. */
STK_MUST_CHECK int stk_cache_report(const struct stk_cache *cache, uint32_t shard, struct stk_cache_report *out);

struct stk_cache_metrics {
    /* lookups: gets and pins; hits: lookups that found an artifact; cache_misses: lookups that found none */
    uint64_t lookups, hits, cache_misses;
    /* puts: puts that stored an artifact; rejected_puts: puts that were refused */
    uint64_t puts, rejected_puts;
    /* evictions: artifacts that left because of a put; evicted_bytes: the sum of their bytes */
    uint64_t evictions, evicted_bytes;
    uint64_t entries, bytes; /* artifacts in the cache now, and the sum of their bytes */
    uint32_t hit_rate_ppm;   /* hits in a million lookups; UINT32_MAX: stk_cache_hit_rate_ppm failed */
};

/* Copies the sums over all shards to *out. The counters of each shard are of one moment, but of another moment than
 * those of the next shard. Changes nothing. */
void stk_cache_metrics(const struct stk_cache *cache, struct stk_cache_metrics *out);

/* Sets *ppm to the hits in a million lookups, rounded down; 0 when there were no lookups. STK_E_OVERFLOW hits *
 * 1,000,000 does not fit 64 bits, or the rate does not fit 32 bits. */
STK_MUST_CHECK int stk_cache_hit_rate_ppm(uint64_t lookups, uint64_t hits, uint32_t *ppm);

#ifdef __cplusplus
}
#endif
#endif
