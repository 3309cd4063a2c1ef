/* stoker: the cache's entries by age. One ring of links through the ground, oldest after it and newest before it.
 *
 * Pinned entries stay in it. `settled` ends the stretch of oldest entries that are all pinned, so that evictions do not
 * walk over them again: with long-lived pins each eviction is still O(1). */
#include "cache_internal.h"

void stk_cache_lru_init(struct stk_cache_shard *s) {
    s->link[GROUND] = (struct stk_cache_link){GROUND, GROUND};
    s->settled = GROUND;
    s->free = GROUND;
}

uint32_t stk_cache_entry_take(struct stk_cache_shard *s) {
    uint32_t e = s->free;
    if (e == GROUND) {
        return s->fresh++;
    }
    s->free = s->link[e].newer;
    return e;
}

void stk_cache_entry_give(struct stk_cache_shard *s, uint32_t e) {
    s->link[e].newer = s->free;
    s->free = e;
}

void stk_cache_lru_add(struct stk_cache_shard *s, uint32_t e) {
    uint32_t newest = s->link[GROUND].older;
    s->link[e] = (struct stk_cache_link){newest, GROUND};
    s->link[newest].newer = e;
    s->link[GROUND].older = e;
    s->entry[e].tick = s->clock;
}

void stk_cache_lru_remove(struct stk_cache_shard *s, uint32_t e) {
    struct stk_cache_link at = s->link[e];
    if (s->settled == e) {
        s->settled = at.older;
    }
    s->link[at.older].newer = at.newer;
    s->link[at.newer].older = at.older;
}

void stk_cache_touch(struct stk_cache_shard *s, uint32_t e) {
    s->clock++;
    stk_cache_lru_remove(s, e);
    stk_cache_lru_add(s, e);
}

void stk_cache_pin_add(struct stk_cache_shard *s, uint32_t e) {
    if (s->entry[e].pins++ == 0) {
        s->pinned++;
        s->pinned_bytes += s->entry[e].bytes;
    }
}

void stk_cache_pin_drop(struct stk_cache_shard *s, uint32_t e) {
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

uint32_t stk_cache_oldest(struct stk_cache_shard *s) {
    uint32_t e = s->link[s->settled].newer;
    while (e != GROUND && s->entry[e].pins != 0) {
        s->settled = e;
        e = s->link[e].newer;
    }
    return e;
}
