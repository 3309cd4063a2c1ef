/* stoker: the entries of a shard by age. One circle of links goes through the ground: the oldest entry comes after the
 * ground, and the newest before it. A lookup makes an entry the newest; an unpin does not.
 *
 * Pinned entries stay in the circle. Shard member `settled` is the last of the oldest entries that are all pinned, so
 * that an eviction does not walk over these again. With pins that last long each eviction is still O(1). */
#include "cache_internal.h"

void stk_cache_lru_add(struct stk_cache_shard *s, uint32_t e) {
    uint32_t newest = s->link[GROUND].older;
    s->link[e] = (struct stk_cache_link){newest, GROUND};
    s->link[newest].newer = e;
    s->link[GROUND].older = e;
    s->entry[e].tick = s->clock;
}

void stk_cache_lru_remove(struct stk_cache_shard *s, uint32_t e) {
    struct stk_cache_link at = s->link[e];
    /* The pinned stretch then ends at the entry before e, which may be the ground: the stretch is empty. */
    if (s->settled == e) {
        s->settled = at.older;
    }
    s->link[at.older].newer = at.newer;
    s->link[at.newer].older = at.older;
}

uint32_t stk_cache_oldest(struct stk_cache_shard *s) {
    uint32_t e = s->link[s->settled].newer;
    while (e != GROUND && s->entry[e].pins != 0) {
        s->settled = e;
        e = s->link[e].newer;
    }
    return e;
}
