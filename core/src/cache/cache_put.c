/* stoker: putting artifacts into the cache. */
#include "cache_internal.h"

#include "base/memory.h"

static void report(struct stk_cache_shard *s, uint32_t reason, uint32_t entries, uint32_t bytes, uint64_t age) {
    s->reason = reason;
    s->out_entries = entries;
    s->out_bytes = bytes;
    s->out_age = age;
    s->evictions += entries;
    s->evicted_bytes += bytes;
}

/* Which budget an artifact of `bytes` breaks beside `entries` others with `held` bytes: bit 0 entries, bit 1 bytes, so
 * that the number is the reason. */
static uint32_t broken(const struct stk_cache_config *config, uint32_t entries, uint32_t held, uint32_t bytes) {
    return (entries >= config->entries ? STK_CACHE_ENTRY_BUDGET : 0u) |
           (held > config->bytes - bytes ? STK_CACHE_BYTE_BUDGET : 0u);
}

_Static_assert((STK_CACHE_ENTRY_BUDGET | STK_CACHE_BYTE_BUDGET) == STK_CACHE_BOTH_BUDGETS, "reasons are bits");

static int refuse_large(struct stk_cache_shard *s, uint32_t old) {
    s->rejected_puts++;
    if (old != GROUND) {
        s->clock++;
        report(s, STK_CACHE_REJECTED, 1, s->entry[old].bytes, s->clock - s->entry[old].tick);
        stk_cache_drop(s, old);
    }
    return STK_E_BUDGET;
}

static int refuse_pinned(struct stk_cache_shard *s) {
    s->rejected_puts++;
    report(s, STK_CACHE_PINNED, 0, 0, 0);
    return STK_E_PINNED;
}

/* With pins in the shard: do the budgets and the gaps between pins allow `bytes` in place of `old`? Finds what would be
 * evicted without evicting it. */
static bool pins_allow(const struct stk_cache_config *config, struct stk_cache_shard *s, uint32_t old, uint32_t bytes) {
    uint32_t entries = s->entries, held = s->bytes, units = stk_cache_units(bytes);
    uint64_t until = 0;
    if (broken(config, s->pinned, s->pinned_bytes, bytes) != 0) {
        return false;
    }
    bool fits = stk_cache_space_has(s, units);
    if (old != GROUND) {
        entries--;
        held -= s->entry[old].bytes;
        fits = fits || stk_cache_space_hole(s, old) >= units;
    }
    for (uint32_t e = stk_cache_oldest(s); broken(config, entries, held, bytes) != 0; e = s->link[e].newer) {
        if (e != old && s->entry[e].pins == 0) {
            entries--;
            held -= s->entry[e].bytes;
            fits = fits || stk_cache_space_hole(s, e) >= units;
            until = s->entry[e].tick;
        }
    }
    return fits || stk_cache_space_would_fit(s, units, old, until);
}

/* Makes room in the budgets. Returns how many left. */
static uint32_t evict(const struct stk_cache_config *config, struct stk_cache_shard *s, uint32_t bytes) {
    uint32_t reason = broken(config, s->entries, s->bytes, bytes);
    if (reason == 0) {
        return 0;
    }
    uint32_t entries = s->entries, held = s->bytes;
    uint64_t age = s->clock - s->entry[stk_cache_oldest(s)].tick;
    do {
        stk_cache_drop(s, stk_cache_oldest(s));
    } while (broken(config, s->entries, s->bytes, bytes) != 0);
    entries -= s->entries;
    report(s, reason, entries, held - s->bytes, age);
    return entries;
}

static void add(struct stk_cache_shard *s, const struct stk_cache_digest *digest, const void *data, uint32_t bytes) {
    uint32_t e = stk_cache_entry_take(s);
    struct stk_cache_entry *entry = &s->entry[e];
    for (uint32_t i = 0; i < 4; i++) {
        entry->key[i] = digest->word[i];
    }
    entry->hash = digest->hash;
    entry->bytes = bytes;
    entry->pins = 0;
    s->entries++;
    s->bytes += bytes;
    stk_cache_index_add(s, e);
    stk_cache_lru_add(s, e);
    stk_cache_space_add(s, e);
    if (bytes != 0) {
        memcpy(s->space + (size_t)entry->at * STK_CACHE_UNIT, data, bytes);
    }
}

static int put(const struct stk_cache_config *config, struct stk_cache_shard *s, const struct stk_cache_digest *digest,
               const void *data, size_t bytes) {
    bool enabled = s->slots != 0;
    uint32_t old = enabled ? stk_cache_find(s, digest) : GROUND;
    if (old != GROUND && s->entry[old].pins != 0) {
        return refuse_pinned(s);
    }
    if (!enabled || bytes > config->bytes) {
        return refuse_large(s, old);
    }
    if (s->pinned != 0 && !pins_allow(config, s, old, (uint32_t)bytes)) {
        return refuse_pinned(s);
    }
    s->clock++;
    s->puts++;
    if (old != GROUND) {
        stk_cache_drop(s, old);
    }
    uint32_t evicted = evict(config, s, (uint32_t)bytes);
    add(s, digest, data, (uint32_t)bytes);
    return (int)evicted;
}

int stk_cache_put(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], const void *data, size_t bytes) {
    struct stk_cache_digest digest = stk_cache_digest(key);
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    int result = put(&cache->config, s, &digest, data, bytes);
    stk_cache_leave(cache, n);
    return result;
}
