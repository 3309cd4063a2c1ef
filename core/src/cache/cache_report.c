/* stoker: copies the reports and counters of the cache out. Changes nothing, so that a program can look at any time. */
#include "cache_internal.h"

int stk_cache_report(const struct stk_cache *cache, uint32_t shard, struct stk_cache_report *out) {
    if (shard >= cache->config.shards) {
        return STK_E_RANGE;
    }
    const struct stk_cache_shard *s = stk_cache_enter(cache, shard);
    int some = s->reason != STK_CACHE_NONE;
    if (some) {
        *out = (struct stk_cache_report){(enum stk_cache_reason)s->reason, s->out_entries, s->out_bytes, s->out_age};
    }
    stk_cache_leave(cache, shard);
    return some;
}

int stk_cache_hit_rate_ppm(uint64_t lookups, uint64_t hits, uint32_t *ppm) {
    const uint64_t million = 1000000;
    /* Checks before the product, which would wrap around. The caller may pass any numbers, even more hits than lookups,
     * so the rate may also be above 32 bits. */
    if (lookups != 0 && hits > UINT64_MAX / million) {
        return STK_E_OVERFLOW;
    }
    uint64_t rate = lookups == 0 ? 0 : hits * million / lookups;
    if (rate > UINT32_MAX) {
        return STK_E_OVERFLOW;
    }
    *ppm = (uint32_t)rate;
    return STK_OK;
}

/* Adds the counters of one shard, whose lock the caller holds, to the sums. */
static void add_shard(struct stk_cache_metrics *m, const struct stk_cache_shard *s) {
    m->hits += s->hits;
    m->cache_misses += s->cache_misses;
    m->puts += s->puts;
    m->rejected_puts += s->rejected_puts;
    m->evictions += s->evictions;
    m->evicted_bytes += s->evicted_bytes;
    m->entries += s->entries;
    m->bytes += s->bytes;
}

void stk_cache_metrics(const struct stk_cache *cache, struct stk_cache_metrics *out) {
    struct stk_cache_metrics m = {0};
    /* Holds one lock at a time, so the sums are of moments that differ from shard to shard. */
    for (uint32_t n = 0; n < cache->config.shards; n++) {
        add_shard(&m, stk_cache_enter(cache, n));
        stk_cache_leave(cache, n);
    }
    m.lookups = m.hits + m.cache_misses;
    if (stk_cache_hit_rate_ppm(m.lookups, m.hits, &m.hit_rate_ppm) != STK_OK) {
        m.hit_rate_ppm = UINT32_MAX;
    }
    *out = m;
}
