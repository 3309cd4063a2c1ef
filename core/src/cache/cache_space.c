/* stoker: the space of a shard, which holds the bytes of the artifacts.
 *
 * Artifacts lie in granules and are linked by address, from the ground on, which stands at granule 0 and takes none. A
 * gap belongs to the artifact below it. So a gap needs no record of its own: there is at most one for each entry and
 * one for the ground. Gaps of similar size are in one list, with four classes to a power of two (two-level segregated
 * fit, Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems", 2004). When no gap is long enough,
 * the artifacts between some gaps are moved down. An artifact of 0 bytes takes no granule and is not linked. */
#include "cache_internal.h"

#include "base/memory.h"

/* Number of gaps of the fitting class that are looked at one by one. Some of them may be too short, since a class
 * covers a range of sizes; a gap of a larger class is always long enough. The bound keeps the search O(1). */
#define LOOKS 8u

/* Returns the number of the highest bit that is set in n, 0 .. 31; n must not be 0. */
static uint32_t top_bit(uint32_t n) {
#if defined(__GNUC__)
    return 31u - (uint32_t)__builtin_clz(n);
#else
    uint32_t bit = 0;
    for (uint32_t step = 16; step != 0; step /= 2) {
        uint32_t high = (n >> step) != 0 ? step : 0;
        n >>= high;
        bit += high;
    }
    return bit;
#endif
}

/* Returns the class of a gap of `granules` granules: up to 3 the number itself, then four classes for each power of
 * two. */
static uint32_t class_of(uint32_t granules) {
    if (granules < 4) {
        return granules;
    }
    uint32_t top = top_bit(granules);
    return (top - 1u) * 4u + ((granules >> (top - 2u)) & 3u);
}

/* Sets the gap above entry e to `granules` granules, and puts the gap at the head of the list of its class. A gap of 0
 * granules is in no list. first[c] is only valid while the bit of class c is set in some[]. */
static void list_gap(struct stk_cache_shard *s, uint32_t e, uint32_t granules) {
    struct stk_cache_gap *g = &s->gap[e];
    g->granules = granules;
    if (granules == 0) {
        return;
    }
    uint32_t c = class_of(granules), bit = 1u << (c % 32u);
    bool some = (s->some[c / 32u] & bit) != 0;
    g->prev = UINT32_MAX;
    g->next = some ? s->first[c] : UINT32_MAX;
    if (some) {
        s->gap[g->next].prev = e;
    }
    s->first[c] = e;
    s->some[c / 32u] |= bit;
}

/* Takes the gap above entry e off its list, and returns its granules; the gap then has 0. */
static uint32_t unlist_gap(struct stk_cache_shard *s, uint32_t e) {
    struct stk_cache_gap *g = &s->gap[e];
    uint32_t granules = g->granules, c = class_of(granules);
    g->granules = 0;
    if (granules == 0) {
        return 0;
    }
    if (g->next != UINT32_MAX) {
        s->gap[g->next].prev = g->prev;
    }
    if (g->prev != UINT32_MAX) {
        s->gap[g->prev].next = g->next;
    } else if (g->next != UINT32_MAX) {
        s->first[c] = g->next;
    } else {
        s->some[c / 32u] &= ~(1u << (c % 32u));
    }
    return granules;
}

void stk_cache_space_init(struct stk_cache_shard *s, uint32_t granules) {
    /* The pin keeps find_stretch and would_fit from moving the ground. */
    s->entry[GROUND] = (struct stk_cache_entry){.pins = 1, .below = GROUND, .above = GROUND};
    list_gap(s, GROUND, granules);
}

uint32_t stk_cache_find_gap(const struct stk_cache_shard *s, uint32_t granules) {
    uint32_t c = class_of(granules), looks = LOOKS;
    /* `bits` has the classes from c on that have a gap, 32 classes at a time. */
    uint32_t word = c / 32u, bits = s->some[word] >> (c % 32u) << (c % 32u);
    if ((bits & 1u << (c % 32u)) != 0) {
        for (uint32_t e = s->first[c]; e != UINT32_MAX && looks != 0; e = s->gap[e].next, looks--) {
            if (s->gap[e].granules >= granules) {
                return e;
            }
        }
        bits &= ~(1u << (c % 32u));
    }
    while (bits == 0 && ++word < STK_CACHE_CLASSES / 32u) {
        bits = s->some[word];
    }
    /* bits & -bits is the lowest bit that is set: the smallest class, so that long gaps are kept for long artifacts. */
    return bits == 0 ? UINT32_MAX : s->first[word * 32u + top_bit(bits & (0u - bits))];
}

/* Neighbours whose gaps together are long enough for an artifact. */
struct stretch {
    /* Entry `first` stays, and the gap above it is the first of the stretch. The entries above `first` up to and with
     * `last` move down, and the joined gap is above `last`. */
    uint32_t first, last;
    uint32_t moved; /* granules of the artifacts that move */
};

/* Finds the stretch with at least `granules` free granules that moves the fewest. Makes one pass by address: the
 * stretch grows at its end, and loses neighbours at its start while its gaps are still long enough. A pinned artifact
 * cannot move, so a new stretch begins there. Only one stretch and not the whole space, so that no single put takes
 * long. */
static struct stretch find_stretch(const struct stk_cache_shard *s, uint32_t granules) {
    struct stretch at = {GROUND, GROUND, 0}, best = at;
    uint32_t room = s->gap[GROUND].granules;
    best.moved = room >= granules ? 0 : UINT32_MAX;
    for (uint32_t e = s->entry[GROUND].above; e != GROUND; e = s->entry[e].above) {
        at.last = e;
        at.moved += stk_cache_size_of(s, e);
        room += s->gap[e].granules;
        if (s->entry[e].pins != 0) {
            at = (struct stretch){e, e, 0};
            room = s->gap[e].granules;
        }
        while (at.first != e && room - s->gap[at.first].granules >= granules) {
            room -= s->gap[at.first].granules;
            at.first = s->entry[at.first].above;
            at.moved -= stk_cache_size_of(s, at.first);
        }
        if (room >= granules && at.moved < best.moved) {
            best = at;
        }
    }
    return best;
}

/* Moves the artifacts of a stretch down, so that all its gaps become one gap above the last artifact. Returns that
 * artifact. The old and the new place of an artifact may overlap, hence memmove. */
static uint32_t close_gaps(struct stk_cache_shard *s, const struct stretch *stretch) {
    uint32_t e = stretch->first, granules = unlist_gap(s, e);
    uint32_t top = s->entry[e].at + stk_cache_size_of(s, e);
    while (e != stretch->last) {
        e = s->entry[e].above;
        granules += unlist_gap(s, e);
        memmove(s->space + (size_t)top * STK_CACHE_GRANULE, s->space + (size_t)s->entry[e].at * STK_CACHE_GRANULE,
                s->entry[e].bytes);
        s->entry[e].at = top;
        top += stk_cache_size_of(s, e);
    }
    list_gap(s, e, granules);
    return e;
}

void stk_cache_space_add(struct stk_cache_shard *s, uint32_t e) {
    uint32_t granules = stk_cache_size_of(s, e);
    s->entry[e].at = 0;
    if (granules == 0) {
        return;
    }
    uint32_t owner = stk_cache_find_gap(s, granules);
    if (owner == UINT32_MAX) {
        struct stretch stretch = find_stretch(s, granules);
        owner = close_gaps(s, &stretch);
    }
    /* Takes the low end of the gap; the rest becomes the gap above the new artifact. */
    uint32_t rest = unlist_gap(s, owner) - granules, above = s->entry[owner].above;
    s->entry[e].at = s->entry[owner].at + stk_cache_size_of(s, owner);
    s->entry[e].below = owner;
    s->entry[e].above = above;
    s->entry[owner].above = e;
    s->entry[above].below = e;
    list_gap(s, e, rest);
}

void stk_cache_space_remove(struct stk_cache_shard *s, uint32_t e) {
    uint32_t granules = stk_cache_size_of(s, e);
    if (granules == 0) {
        return;
    }
    uint32_t below = s->entry[e].below, above = s->entry[e].above;
    s->entry[below].above = above;
    s->entry[above].below = below;
    /* The room of e and the gaps on both sides become one gap above the artifact below. */
    granules += unlist_gap(s, e);
    granules += unlist_gap(s, below);
    list_gap(s, below, granules);
}
