/* Records of the RAM cache: keys, puts, gets, reports of what left the cache, and the hit rate. */
#include "cases.h"
#include "place.h"

#include "stoker/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cache_world {
    struct stk_cache cache;
    void *memory;
    size_t bytes;
    uint8_t (*key)[STK_CACHE_KEY_BYTES];
    uint32_t keys;
};

void cache_world_free(struct world *w) {
    if (w->cache != NULL) {
        place_release(w->cache->memory, w->cache->bytes);
        free(w->cache->key);
        free(w->cache);
        w->cache = NULL;
    }
}

static uint32_t smaller(uint64_t a, uint32_t b) {
    return a < b ? (uint32_t)a : b;
}

/* For a record "case": makes a cache. An entry budget above the number of keys is no limit, nor is a byte budget above
 * 32 bits. The reference's default budgets are 4 GiB in all, of which a trace touches little: address space without
 * memory. */
static void do_case(struct vec *v, struct world *w) {
    uint32_t keys = vec_u32(v, "keys");
    uint64_t entries = vec_u64(v, "max_entries_per_shard");
    struct stk_cache_config config = {.shards = vec_u32(v, "shards"),
                                      .entries = smaller(entries, keys == UINT32_MAX ? keys : keys + 1),
                                      .bytes = smaller(vec_u64(v, "max_bytes_per_shard"), UINT32_MAX)};
    struct stk_arena arena;
    size_t bytes = 0;
    cache_world_free(w);
    if (config.shards == 0) {
        vec_differ(v, "shards", "0", "1 at least"); /* a configuration of 0 shards means the default number */
    }
    if (!vec_affords(v, "keys", (uint64_t)keys * STK_CACHE_KEY_BYTES) || v->bad > 0) {
        return;
    }
    int err = stk_cache_bytes(config.shards, config.entries, config.bytes, &bytes);
    if (err != STK_OK) {
        vec_differ(v, "shards", "a cache of these budgets", stk_err_name(err));
        return;
    }
    bytes = STK_ARENA_BYTES(bytes);
    void *memory = place_reserve(bytes);
    if (memory == NULL) {
        char asked[40];
        snprintf(asked, sizeof asked, "no %zu bytes", bytes);
        vec_differ(v, "max_bytes_per_shard", "memory for it", asked);
        return;
    }
    w->cache = vec_alloc(sizeof *w->cache);
    *w->cache = (struct cache_world){.memory = memory, .bytes = bytes, .keys = keys};
    w->cache->key = vec_alloc(keys * sizeof *w->cache->key);
    stk_arena_init(&arena, memory, bytes);
    err = stk_cache_init(&w->cache->cache, &config, &arena);
    if (err != STK_OK) {
        vec_differ(v, "shards", "a cache of these budgets", stk_err_name(err));
        cache_world_free(w);
    }
}

/* Returns true if the case has a cache. If the cache could not be made, every record that needs it fails. */
static bool has_cache(struct vec *v, const struct world *w) {
    if (w->cache == NULL) {
        vec_differ(v, "case", "a cache", "none, since it could not be made");
    }
    return w->cache != NULL;
}

/* Returns the key that "k=" names. Returns NULL, with the record failed, where there is no such key. */
static uint8_t *key_of(struct vec *v, struct world *w) {
    uint32_t k = vec_u32(v, "k");
    if (k >= w->cache->keys) {
        vec_differ(v, "k", "a key of the case", "one behind them");
        return NULL;
    }
    return w->cache->key[k];
}

/* For a record "key": names a key for later records. */
static void do_key(struct vec *v, struct world *w) {
    uint8_t *hex, *key = has_cache(v, w) ? key_of(v, w) : NULL;
    if (key == NULL) {
        return;
    }
    if (vec_bytes(v, "hex", &hex) == STK_CACHE_KEY_BYTES) {
        memcpy(key, hex, STK_CACHE_KEY_BYTES);
    } else {
        vec_differ(v, "hex", "32 bytes", "another length");
    }
    free(hex);
}

/* Compares the count of artifacts and of their bytes, where the record has them. */
static void expect_held(struct vec *v, const struct stk_cache_metrics *m) {
    if (vec_has(v, "entries")) {
        vec_expect_u64(v, "entries", m->entries);
        vec_expect_u64(v, "bytes", m->bytes);
    }
}

/* For a record "put": stores an artifact whose bytes follow from its tag and length. Compares what left the cache. */
static void do_put(struct vec *v, struct world *w) {
    struct stk_cache_metrics before, after;
    const uint8_t *key = has_cache(v, w) ? key_of(v, w) : NULL;
    uint32_t len = (uint32_t)vec_size(v, "len"), tag = vec_u32(v, "tag");
    if (key == NULL || v->bad > 0) {
        return;
    }
    uint8_t *data = vec_alloc(len);
    for (uint32_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(tag + 31u * i + (i >> 8));
    }
    stk_cache_metrics(&w->cache->cache, &before);
    int result = stk_cache_put(&w->cache->cache, key, data, len);
    stk_cache_metrics(&w->cache->cache, &after);
    free(data);
    vec_expect_text(v, "result", result >= 0 ? "stored" : result == STK_E_BUDGET ? "rejected" : stk_err_name(result));
    vec_expect_u64(v, "evicted", after.evictions - before.evictions);
    vec_expect_u64(v, "evicted_bytes", after.evicted_bytes - before.evicted_bytes);
    expect_held(v, &after);
}

/* For a record "get": a hit must give the artifact's own bytes. */
static void do_get(struct vec *v, struct world *w) {
    struct stk_cache_metrics m;
    struct stk_artifact artifact;
    const uint8_t *key = has_cache(v, w) ? key_of(v, w) : NULL;
    if (key == NULL) {
        return;
    }
    int hit = stk_cache_get(&w->cache->cache, key, &artifact);
    stk_cache_metrics(&w->cache->cache, &m);
    vec_expect_text(v, "result", hit == 1 ? "hit" : hit == 0 ? "miss" : stk_err_name(hit));
    if (hit == 1) {
        vec_expect_image(v, artifact.data, artifact.bytes);
    }
    expect_held(v, &m);
}

/* For a record "metrics": compares all counters. */
static void do_metrics(struct vec *v, struct world *w) {
    struct stk_cache_metrics m;
    if (!has_cache(v, w)) {
        return;
    }
    stk_cache_metrics(&w->cache->cache, &m);
    (void)vec_get(v, "phase");
    vec_expect_u64(v, "lookups", m.lookups);
    vec_expect_u64(v, "hits", m.hits);
    vec_expect_u64(v, "misses", m.cache_misses);
    vec_expect_u64(v, "puts", m.puts);
    vec_expect_u64(v, "rejected_puts", m.rejected_puts);
    vec_expect_u64(v, "evictions", m.evictions);
    vec_expect_u64(v, "evicted_bytes", m.evicted_bytes);
    vec_expect_u64(v, "cached_bytes", m.bytes);
    vec_expect_u64(v, "entries", m.entries);
    vec_expect_u64(v, "hit_rate_ppm", m.hit_rate_ppm);
    vec_expect_u64(v, "is_empty", m.entries == 0);
    /* A cache in memory has nothing to flush, and no counters for that. */
    vec_skip(v, "flushes");
    vec_skip(v, "flush_errors");
}

/* Takes the report that is number `i` in the order of shards. Returns how many there are. */
static uint64_t find_report(const struct stk_cache *cache, uint64_t i, struct stk_cache_report *out) {
    uint64_t count = 0;
    for (uint32_t shard = 0; shard < cache->config.shards; shard++) {
        struct stk_cache_report report;
        if (stk_cache_report(cache, shard, &report) == 1 && count++ == i) {
            *out = report;
        }
    }
    return count;
}

/* For a record "reports": compares the number of reports over all shards. */
static void do_reports(struct vec *v, struct world *w) {
    struct stk_cache_report report;
    if (!has_cache(v, w)) {
        return;
    }
    (void)vec_get(v, "phase");
    vec_expect_u64(v, "count", find_report(&w->cache->cache, UINT64_MAX, &report));
}

/* For a record "report": compares what left a shard, and why. */
static void do_report(struct vec *v, struct world *w) {
    static const char *const reasons[] = {"none",        "EntryLimit", "ByteLimit", "EntryAndByteLimit",
                                          "RejectedPut", "pinned"};
    struct stk_cache_report report = {STK_CACHE_NONE, 0, 0, 0};
    if (!has_cache(v, w)) {
        return;
    }
    (void)vec_get(v, "phase");
    find_report(&w->cache->cache, vec_u64(v, "i"), &report);
    vec_expect_u64(v, "entries", report.entries);
    vec_expect_u64(v, "bytes", report.bytes);
    vec_expect_u64(v, "max_age_ticks", report.max_age);
    vec_expect_text(v, "reason", reasons[report.reason]);
}

/* For a record "hit_rate": compares the rate of two numbers, or the refusal of sums that do not fit. */
static void do_hit_rate(struct vec *v, struct world *w) {
    uint32_t ppm = 0;
    (void)w;
    (void)vec_get(v, "i");
    int err = stk_cache_hit_rate_ppm(vec_u64(v, "lookups"), vec_u64(v, "hits"), &ppm);
    vec_expect_text(v, "result", err < 0 ? "err" : "ok");
    if (err < 0) {
        vec_expect_text(v, "field", cause_class(VEC_CACHE, err));
        cause_expect(v, VEC_CACHE, err);
    } else {
        vec_expect_u64(v, "value", ppm);
    }
}

const struct handler cache_handlers[] = {
    {"case", do_case},       {"key", do_key},         {"put", do_put},       {"get", do_get},
    {"metrics", do_metrics}, {"reports", do_reports}, {"report", do_report}, {NULL, NULL},
};

const struct handler hit_rate_handlers[] = {
    {"hit_rate", do_hit_rate},
    {NULL, NULL},
};
