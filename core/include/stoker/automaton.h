/* stoker: the automaton that counts every occurrence of a set of byte strings.
 *
 * Aho, Corasick, "Efficient string matching" (1975), compiled to a dense table over byte classes (scan_words.h gives
 * the image's layout). The host builds it in the caller's memory; the image goes to the device, which counts visits of
 * accepting states; the host turns visits into occurrences per pattern. Overlapping occurrences all count.
 *
 * The image of patterns of four bytes and more has a filter too (scan_words.h), which makes a scan by a CPU faster.
 * There is none where the filter would let too much of a text pass, as that of five hundred patterns does, or where the
 * arena has no room for it. STK_FILTER_BYTES more than stk_automaton_bytes() says are always enough.
 */
#ifndef STOKER_AUTOMATON_H
#define STOKER_AUTOMATON_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/scan_words.h"

#ifdef __cplusplus
extern "C" {
#endif

struct stk_pattern {
    const uint8_t *bytes; /* memory of the caller, used only during the call */
    uint32_t len;         /* bytes, at least 1 */
};

struct stk_automaton {
    uint32_t *image;       /* the image, in little-endian words; goes to the device as it is */
    size_t image_bytes;    /* bytes of the image */
    uint32_t states;       /* number of states */
    uint32_t classes;      /* number of byte classes, 1 .. 256 */
    uint32_t first_accept; /* first accepting state: a pattern ends in this state and in all later ones */
    uint32_t max_len;      /* bytes of the longest pattern */
    uint32_t patterns;     /* number of patterns */
    /* per accepting state: the state of its longest proper suffix that is a pattern; 0: no suffix is one */
    uint32_t *link;
    uint32_t *ends;          /* per pattern: the state in which the pattern ends; equal patterns have the same state */
    uint32_t *first_pattern; /* per accepting state: 1 + a pattern that ends there, 0 when only suffixes do */
    uint32_t *next_pattern;  /* for each pattern: 1 + the index of the next equal pattern; 0: there is no other */
    struct stk_error_info
        info; /* index: the pattern at fault; value: bytes of arena that would do, what is used already counted */
};

/* Returns an upper bound of the arena bytes that stk_automaton_build needs, without a filter, for `count` patterns of
 * `total` bytes in all that use `distinct` different byte values. Returns 0 when the set is too large for the format
 * (2^31 table bytes). */
size_t stk_automaton_bytes(uint32_t count, uint64_t total, uint32_t distinct);

/* The upper bound of stk_automaton_bytes at compile time, for patterns with any byte values: 256 different ones. A row
 * has 1,024 bytes. The image has a power of two of rows. `total` is 2^21 at most; a larger set has no automaton. */
#define STK_AUTOMATON_BYTES(count, total)                                                                              \
    (STK_ALIGNED(STK_IMAGE_TABLE_BYTE + (STK_AUTOMATON_ONES_((size_t)(total)) + 1u) * 1024u) +                         \
     STK_ALIGNED(((size_t)(total) + 1u) * 1024u) + 6u * STK_ALIGNED(((size_t)(total) + 1u) * 4u) +                     \
     2u * STK_ALIGNED((size_t)(count)*4u))
#define STK_AUTOMATON_DEFINE(name, count, total) STK_STORAGE_DEFINE(name, STK_AUTOMATON_BYTES(count, total))

/* n with every bit below its highest one set. */
#define STK_AUTOMATON_ONES_(n)  STK_AUTOMATON_ONES2_((n) | (n) >> 1 | (n) >> 2)
#define STK_AUTOMATON_ONES2_(n) STK_AUTOMATON_ONES3_((n) | (n) >> 3 | (n) >> 6)
#define STK_AUTOMATON_ONES3_(n) ((n) | (n) >> 9 | (n) >> 18)

/* Builds the automaton of `count` patterns in `arena`. Memory that only the build needs is given back. `image`, `link`
 * and the other arrays stay in the arena and live as long as the arena does. The patterns' bytes are not kept.
 * STK_E_PATTERN there is no pattern, or an empty one (info.index says which); STK_E_OVERFLOW the table passes 2^31
 * bytes; STK_E_SPACE the arena is too small (info.value: bytes of arena that would do). The arena is unchanged on
 * error.
 * Time: O(total * classes). */
STK_MUST_CHECK int stk_automaton_build(struct stk_automaton *a, const struct stk_pattern *patterns, uint32_t count,
                                       struct stk_arena *arena);

/* Computes the occurrences of each pattern from the visits of each accepting state. visits[i] counts the visits of
 * state first_accept + i since zero; occurrences[p] counts those of pattern p since zero. `scratch` holds as many
 * 64-bit words as `visits` and does not overlap it; `occurrences` holds a->patterns words. The sum of all occurrences
 * is the number of matches. */
void stk_automaton_occurrences(const struct stk_automaton *a, const uint64_t *visits, uint64_t *scratch,
                               uint64_t *occurrences);

/* Walks the patterns that end in accepting state `accepting` (counted from the first accepting one), longest first.
 * Start with *cursor = 0. Returns 1 and the index of the next pattern; returns 0 when no pattern is left. Time of each
 * call: O(1). */
struct stk_match_cursor {
    uint32_t state;   /* 1 + the state whose patterns come next; 0 before the first call */
    uint32_t pattern; /* 1 + the pattern that comes next in that state; 0 for none */
};
int stk_automaton_next(const struct stk_automaton *a, uint32_t accepting, struct stk_match_cursor *cursor,
                       uint32_t *pattern);

/* Returns the number of accepting states. A device needs a counter of one word for each accepting state and worker. */
static inline uint32_t stk_automaton_accepting(const struct stk_automaton *a) {
    return a->states - a->first_accept;
}

#ifdef __cplusplus
}
#endif
#endif
