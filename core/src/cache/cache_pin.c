/* stoker: pins, which hold artifacts in place, and the check whether a put fits between pinned artifacts. A program
 * that never pins links nothing of this file: the first pin of a shard stores a pointer to pins_allow(), and a put
 * calls the pointer only while the shard has pins. */
#include "cache_internal.h"

/// Puts beside pins ///

/* Returns the contiguous granules that would be free without entry e: its own, and the gaps on both sides. */
static uint32_t hole(const struct stk_cache_shard *s, uint32_t e) {
    uint32_t granules = stk_cache_size_of(s, e);
    return granules == 0 ? 0 : granules + s->gap[e].granules + s->gap[s->entry[e].below].granules;
}

/* Returns true if `granules` contiguous granules would be free after two changes: entry `old` and all unpinned entries
 * whose last use was at tick `until` or before are gone, and the gaps are closed. Only pinned artifacts divide the
 * space then. Makes one pass over the artifacts by address. */
static bool would_fit(const struct stk_cache_shard *s, uint32_t granules, uint32_t old, uint64_t until) {
    uint32_t room = 0, e = GROUND;
    do {
        if (s->entry[e].pins != 0) {
            room = 0;
        } else if (e == old || s->entry[e].tick <= until) {
            room += stk_cache_size_of(s, e);
        }
        room += s->gap[e].granules;
        e = s->entry[e].above;
    } while (room < granules && e != GROUND);
    return room >= granules;
}

/* Returns true if the budgets and the room between pinned artifacts allow an artifact of `bytes` bytes in place of
 * entry `old`. Walks over the entries that the put would evict, in the same order, without evicting any: a put that is
 * refused must change nothing. */
static int pins_allow(const struct stk_cache_config *config, struct stk_cache_shard *s, uint32_t old, uint32_t bytes) {
    uint32_t entries = s->entries, held = s->bytes, granules = stk_cache_granules(bytes);
    uint64_t until = 0;
    if (stk_cache_broken(config, s->pinned, s->pinned_bytes, bytes) != 0) {
        return false;
    }
    /* `fits` looks for room that needs no move of artifacts. would_fit costs a pass over the shard, so it comes
     * last. */
    bool fits = stk_cache_find_gap(s, granules) != UINT32_MAX;
    if (old != GROUND) {
        entries--;
        held -= s->entry[old].bytes;
        fits = fits || hole(s, old) >= granules;
    }
    for (uint32_t e = stk_cache_oldest(s); stk_cache_broken(config, entries, held, bytes) != 0; e = s->link[e].newer) {
        if (e != old && s->entry[e].pins == 0) {
            entries--;
            held -= s->entry[e].bytes;
            fits = fits || hole(s, e) >= granules;
            until = s->entry[e].tick;
        }
    }
    return fits || would_fit(s, granules, old, until);
}

/// Pins ///

/* Adds a pin to entry e. The pinned artifacts are counted as well, so that a put sees without a walk whether they leave
 * enough of the budgets. */
static void add(struct stk_cache_shard *s, uint32_t e) {
    s->pins_allow = pins_allow;
    if (s->entry[e].pins++ == 0) {
        s->pinned++;
        s->pinned_bytes += s->entry[e].bytes;
    }
}

/* Takes one pin off entry e. When this was the last pin and the entry lies in the settled stretch, shortens the stretch
 * to the entry before e. Ticks decide whether e lies there, since they grow with the age order. */
static void take_off(struct stk_cache_shard *s, uint32_t e) {
    uint32_t settled = s->settled;
    if (--s->entry[e].pins != 0) {
        return;
    }
    s->pinned--;
    s->pinned_bytes -= s->entry[e].bytes;
    if (settled != GROUND && s->entry[e].tick <= s->entry[settled].tick) {
        s->settled = s->link[e].older;
    }
}

int stk_cache_pin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES], struct stk_artifact *out) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    uint32_t e = stk_cache_find(s, key, stk_cache_hash(key));
    int hit = STK_E_OVERFLOW;
    if (e == GROUND || s->entry[e].pins != STK_CACHE_PINS_MAX) {
        hit = stk_cache_look_up(s, e, out);
    }
    if (hit == 1) {
        add(s, e);
    }
    stk_cache_leave(cache, n);
    return hit;
}

int stk_cache_unpin(struct stk_cache *cache, const uint8_t key[STK_CACHE_KEY_BYTES]) {
    uint32_t n = stk_cache_shard_of(cache, key);
    struct stk_cache_shard *s = stk_cache_enter(cache, n);
    uint32_t e = stk_cache_find(s, key, stk_cache_hash(key));
    int left = STK_E_STATUS;
    if (e != GROUND && s->entry[e].pins != 0) {
        take_off(s, e);
        left = (int)s->entry[e].pins;
    }
    stk_cache_leave(cache, n);
    return left;
}
