/* stoker: the cache's index. Open addressing with linear probing over four slots for each entry; a removal moves
 * later slots of the run back, so that nothing is left behind it. */
#include "cache_internal.h"

#include "base/memory.h"

#define ENTRY_BITS 24u

_Static_assert(STK_CACHE_ENTRIES_MAX < 1u << ENTRY_BITS, "an entry's number fits its bits of a slot");

static uint32_t after(const struct stk_cache_shard *s, uint32_t slot) {
    return slot + 1u == s->slots ? 0 : slot + 1u;
}

/* The high part of hash * slots: as even as a remainder, without a division. */
static uint32_t home(const struct stk_cache_shard *s, uint32_t hash) {
    return (uint32_t)(((uint64_t)hash * s->slots) >> 32);
}

/* Slots from `from` on to `to`, around the end. */
static uint32_t distance(const struct stk_cache_shard *s, uint32_t from, uint32_t to) {
    return to >= from ? to - from : to + s->slots - from;
}

void stk_cache_index_init(struct stk_cache_shard *s) {
    memset(s->slot, 0, (size_t)s->slots * sizeof *s->slot);
}

static bool same(const uint64_t *a, const uint64_t *b) {
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

static uint32_t pack(uint32_t hash, uint32_t e) {
    return hash << ENTRY_BITS | e;
}

static uint32_t entry_of(uint32_t slot) {
    return slot & ((1u << ENTRY_BITS) - 1u);
}

uint32_t stk_cache_find(const struct stk_cache_shard *s, const struct stk_cache_digest *digest) {
    uint32_t i = home(s, digest->hash), slot;
    for (; (slot = s->slot[i]) != 0; i = after(s, i)) {
        uint32_t e = entry_of(slot);
        if (slot == pack(digest->hash, e) && same(s->entry[e].key, digest->word)) {
            return e;
        }
    }
    return GROUND;
}

void stk_cache_index_add(struct stk_cache_shard *s, uint32_t e) {
    uint32_t hash = s->entry[e].hash, i = home(s, hash);
    while (s->slot[i] != 0) {
        i = after(s, i);
    }
    s->slot[i] = pack(hash, e);
}

void stk_cache_index_remove(struct stk_cache_shard *s, uint32_t e) {
    uint32_t hash = s->entry[e].hash, hole = home(s, hash);
    while (s->slot[hole] != pack(hash, e)) {
        hole = after(s, hole);
    }
    for (uint32_t i = after(s, hole); s->slot[i] != 0; i = after(s, i)) {
        uint32_t from = home(s, s->entry[entry_of(s->slot[i])].hash);
        if (distance(s, from, i) >= distance(s, hole, i)) { /* the hole is not before its home */
            s->slot[hole] = s->slot[i];
            hole = i;
        }
    }
    s->slot[hole] = 0;
}
