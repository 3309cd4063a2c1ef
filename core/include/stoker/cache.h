/* stoker: the RAM cache of artifacts.
 *
 * Built kernels and tables by the digest of what they were made from. Memory is fixed at init: an
 * entry budget and a byte budget for each shard; the least recently used artifact leaves first. An
 * artifact is contiguous in the cache's memory and is read where it lies; a pin keeps it there.
 */
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

/* What follows up to STK_CACHE_BYTES is visible for sizeof only. */

/* One artifact in a shard's table. Entry 0 is the ground, which holds no artifact. */
struct stk_cache_entry {
    uint8_t key[STK_CACHE_KEY_BYTES];
    uint64_t tick;  /* the shard's clock at the last put or hit */
    uint32_t hash;  /* of the key; the index needs it when it removes an entry */
    uint32_t pins;  /* 0 .. STK_CACHE_PINS_MAX */
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

#define STK_CACHE_CLASSES 128u

/* The state of one shard, which the lock of its number guards. */
struct stk_cache_shard {
    /* These members are all that a hit reads and writes. They fill one cache line. */
    struct stk_cache_entry *entry;
    struct stk_cache_link *link;
    uint32_t *bucket; /* bucket of the index: bits 0..23 the entry, bits 24..31 of its hash; 0 for an empty one */
    uint8_t *space;   /* the bytes of the artifacts */
    uint64_t clock;   /* ticks so far: one for each get, pin and put that stored or removed */
    uint64_t hits;
    uint32_t buckets; /* buckets of the index; 0 when the cache is disabled */
    uint32_t settled; /* this entry and all older ones are pinned */

    struct stk_cache_gap *gap;
    uint32_t entries; /* artifacts in the shard */
    uint32_t bytes;   /* bytes of these artifacts */
    /* Tells a put beside pins whether its artifact may come in. The first pin sets the pointer, so that a program
     * without pins does not link what they need. */
    int (*pins_allow)(const struct stk_cache_config *config, struct stk_cache_shard *shard, uint32_t old,
                      uint32_t bytes);
    uint32_t pinned;       /* artifacts with pins */
    uint32_t pinned_bytes; /* bytes of these artifacts */
    uint32_t fresh;        /* entries from this one on were never used */
    uint32_t free;         /* first entry to use again; link[].newer leads to the next one, 0 ends the list */
    uint64_t cache_misses, puts, rejected_puts, evictions, evicted_bytes; /* as in struct stk_cache_metrics */
    uint64_t out_age;     /* the next four are the last report: the age of the oldest artifact that left, ticks */
    uint32_t out_entries; /* artifacts that left */
    uint32_t out_bytes;   /* bytes of these artifacts */
    uint32_t reason;      /* enum stk_cache_reason */
    uint32_t some[STK_CACHE_CLASSES / 32]; /* a bit for each class, set when the class has a gap */
    uint32_t first[STK_CACHE_CLASSES];     /* owner of the first gap of each class; UINT32_MAX for none */
};

#define STK_CACHE_BUCKETS_ 4u /* of the index for each entry */

/* One more than the budget of some tables: number 0 is no artifact. */
#define STK_CACHE_TABLES_(entries)                                                                                     \
    (STK_ALIGNED(((size_t)(entries) + 1u) * sizeof(struct stk_cache_entry)) +                                          \
     STK_ALIGNED((size_t)(entries)*STK_CACHE_BUCKETS_ * sizeof(uint32_t)) +                                            \
     STK_ALIGNED(((size_t)(entries) + 1u) * sizeof(struct stk_cache_link)) +                                           \
     STK_ALIGNED(((size_t)(entries) + 1u) * sizeof(struct stk_cache_gap)))

/* An eighth more than the byte budget, so that gaps seldom have to be closed, and what rounding to granules costs. */
#define STK_CACHE_SPACE_(entries, bytes)                                                                               \
    STK_ALIGNED((size_t)(bytes) + (size_t)(bytes) / 8u + (size_t)(entries)*STK_CACHE_GRANULE)

/* Arena bytes that a cache takes, budgets per shard, 0 shards for the default. About 116 bytes an entry, 9/8 of the
 * byte budget and 800 a shard. */
#define STK_CACHE_BYTES(shards, entries, bytes)                                                                        \
    ((size_t)((shards) == 0 ? STK_CACHE_SHARDS_DEFAULT : (shards)) *                                                   \
     (STK_ALIGNED(sizeof(struct stk_cache_shard)) +                                                                    \
      ((entries) == 0 || (bytes) == 0 ? 0 : STK_CACHE_TABLES_(entries) + STK_CACHE_SPACE_(entries, bytes))))
#define STK_CACHE_DEFINE(name, shards, entries, bytes) STK_STORAGE_DEFINE(name, STK_CACHE_BYTES(shards, entries, bytes))

/* The same at run time. STK_E_ARG more than 256 shards; STK_E_OVERFLOW more entries than
 * STK_CACHE_ENTRIES_MAX, or a size that size_t does not hold. */
STK_MUST_CHECK int stk_cache_bytes(uint32_t shards, uint32_t entries, uint32_t bytes, size_t *out);

/* Visible for sizeof only; may be copied, all state is in `memory`. */
struct stk_cache {
    uint8_t *memory;
    struct stk_cache_config config;
    size_t stride; /* bytes of a shard's tables; the spaces of all shards come after them */
};

/* Makes an empty cache in memory from `arena`, which must outlive it. STK_E_ARG cache, config or arena is NULL, or a
 * lock without both calls; STK_E_ARG and STK_E_OVERFLOW as stk_cache_bytes; STK_E_SPACE the arena has less
 * (arena.need has the number). Writes the tables, O(entries), and not the space of the artifacts. */
STK_MUST_CHECK int stk_cache_init(struct stk_cache *cache, const struct stk_cache_config *config,
                                  struct stk_arena *arena);

/// Looking up ///

/* Any number of threads when there are locks, else one. From an interrupt only where the locks mask it. */

/* An artifact where it lies. */
struct stk_artifact {
    const void *data; /* aligned to STK_CACHE_GRANULE; not NULL, even for 0 bytes */
    size_t bytes;
};

/* Looks `key` up and makes it the most recently used. Returns 1 for a hit and fills *out, 0 for a cache miss. The bytes
 * stay where they are until the next put to or remove from the same shard: threads that share a cache use
 * stk_cache_pin. O(1): a full shard's probe takes 1.2 buckets on average for a hit and 1.4 for a cache miss (Knuth,
 * TAOCP 3, 6.4, linear probing in a table a quarter full), and never more than the shard has entries. */
STK_MUST_CHECK int stk_cache_get(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES],
                                 struct stk_artifact *out);

/* The same, and on a hit the artifact is neither moved nor evicted until as many unpins. STK_E_OVERFLOW it has
 * STK_CACHE_PINS_MAX pins already: nothing changes. */
STK_MUST_CHECK int stk_cache_pin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES],
                                 struct stk_artifact *out);

/* Takes one pin off; the artifact's age is still that of its last use. Returns the pins left; STK_E_STATUS when it has
 * none or is not there. */
STK_MUST_CHECK int stk_cache_unpin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]);

/// Storing ///

/* Copies `bytes` bytes at `data` in as `key`'s artifact, in place of the one it had; evicts as many as the budgets ask
 * for, oldest first, pinned ones passed over. data must not lie in the cache, unless that artifact is pinned; it may be
 * NULL for 0 bytes. Returns how many were evicted. Refused, in this order:
 *   STK_E_PINNED  the key's artifact is pinned.
 *   STK_E_BUDGET  more than the byte budget, or the cache is disabled. The artifact that the key had leaves, since
 *                 it is known to be out of date.
 *   STK_E_PINNED  pinned artifacts hold too much of a budget, or lie so that no contiguous memory is long enough.
 *                 Without pins in the shard this cannot happen.
 * rejected_puts counts each; STK_E_PINNED changes nothing else but the shard's report.
 * Each eviction is O(1). Where no gap is long enough, neighbours without pins are pushed together: the stretch with the
 * fewest bytes to move, found in one pass. So a put takes O(evicted + bytes), and at worst, with the gaps too short or
 * pins in the way, a pass over the shard's entries and a move of at most its byte budget more. */
STK_MUST_CHECK int stk_cache_put(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], const void *data,
                                 size_t bytes);

/* Forgets `key`'s artifact; no eviction, no tick. Returns 1, or 0 when there was none; STK_E_PINNED. */
STK_MUST_CHECK int stk_cache_remove(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]);

/// Reports and metrics ///

enum stk_cache_reason {
    STK_CACHE_NONE,         /* nothing to report yet */
    STK_CACHE_ENTRY_BUDGET, /* the first eviction of the put was for an entry */
    STK_CACHE_BYTE_BUDGET,  /* ... for bytes */
    STK_CACHE_BOTH_BUDGETS, /* ... for both */
    STK_CACHE_REJECTED,     /* a put above the budget was refused and the key's old artifact left */
    STK_CACHE_PINNED        /* a put was refused because of pins; no artifact left */
};

/* What left a shard, in its last put that had something to report. */
struct stk_cache_report {
    enum stk_cache_reason reason;
    uint32_t entries, bytes;
    uint64_t max_age; /* ticks since the last use of the oldest of them */
};

/* The last report of shard `shard`. Returns 1, or 0 when it has none yet; STK_E_RANGE. Changes nothing. */
STK_MUST_CHECK int stk_cache_report(const struct stk_cache *cache, uint32_t shard, struct stk_cache_report *out);

struct stk_cache_metrics {
    uint64_t lookups, hits, cache_misses; /* gets and pins */
    uint64_t puts, rejected_puts;         /* stored, refused */
    uint64_t evictions, evicted_bytes;
    uint64_t entries, bytes; /* now in the cache */
    uint32_t hit_rate_ppm;   /* UINT32_MAX when stk_cache_hit_rate_ppm refuses */
};

/* Sums over all shards, each as it was at one moment. Changes nothing. */
void stk_cache_metrics(const struct stk_cache *cache, struct stk_cache_metrics *out);

/* hits per million lookups, rounded down, 0 for no lookups. STK_E_OVERFLOW hits * 1,000,000 leaves 64 bits or the rate
 * 32. */
STK_MUST_CHECK int stk_cache_hit_rate_ppm(uint64_t lookups, uint64_t hits, uint32_t *ppm);

#ifdef __cplusplus
}
#endif
#endif
