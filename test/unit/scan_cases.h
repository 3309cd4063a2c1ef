/* Random pattern sets and texts, and the naive counter that the automaton and the scan handlers are held against. */
#ifndef SCAN_CASES_H
#define SCAN_CASES_H

#include <stdint.h>
#include <string.h>

#include "stoker/automaton.h"

#define SCAN_PATTERNS_MAX 32u
#define SCAN_BYTES_MAX    1024u

struct scan_set {
    struct stk_pattern pattern[SCAN_PATTERNS_MAX];
    uint8_t bytes[SCAN_BYTES_MAX];
    uint32_t count, used;     /* patterns, bytes of all of them */
    uint32_t letters, letter; /* byte values that occur: letter, letter + 1 ... modulo 256 */
};

static inline uint32_t scan_random(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static inline uint32_t scan_below(uint32_t *seed, uint32_t n) {
    return (scan_random(seed) >> 8) % n;
}

static inline uint8_t scan_letter(const struct scan_set *s, uint32_t *seed) {
    return (uint8_t)(s->letter + scan_below(seed, s->letters));
}

/* Adds `len` bytes at `from`, or random ones when it is NULL. */
static inline void scan_set_add(struct scan_set *s, const uint8_t *from, uint32_t len, uint32_t *seed) {
    uint8_t *to = s->bytes + s->used;
    uint32_t i;
    for (i = 0; i < len; i++) {
        to[i] = from ? from[i] : scan_letter(s, seed);
    }
    s->pattern[s->count].bytes = to;
    s->pattern[s->count].len = len;
    s->count++;
    s->used += len;
}

/* A set of up to `budget` bytes: random patterns, prefixes, suffixes, middles and copies of earlier ones, overlaps of
 * two, runs of one byte, none shorter than `shortest`. */
static inline void scan_set_random_from(struct scan_set *s, uint32_t budget, uint32_t shortest, uint32_t *seed) {
    static const uint32_t alphabets[] = {1, 2, 2, 3, 4, 26, 256};
    uint32_t want = 1u + scan_below(seed, SCAN_PATTERNS_MAX);
    memset(s, 0, sizeof *s);
    s->letters = alphabets[scan_below(seed, 7)];
    s->letter = scan_random(seed) >> 24;
    while (s->count < want) {
        const struct stk_pattern *old = &s->pattern[s->count ? scan_below(seed, s->count) : 0u];
        uint32_t len = shortest + scan_below(seed, scan_below(seed, 8) == 0u ? 40u : 7u), kind = scan_below(seed, 7);
        uint32_t start = 0;
        if (s->count != 0u && kind < 3u) {
            start = kind == 0u ? 0u : scan_below(seed, old->len - shortest + 1u);
            len = kind == 1u ? old->len - start : shortest + scan_below(seed, old->len - start - shortest + 1u);
        }
        if (s->used + 2u * len > budget) {
            break;
        }
        if (s->count != 0u && kind < 3u) {
            scan_set_add(s, old->bytes + start, len, seed);
        } else {
            scan_set_add(s, NULL, len, seed);
            if (kind == 3u) {
                memset(s->bytes + s->used - len, s->bytes[s->used - 1u], len);
            }
        }
    }
    if (s->count == 0u) {
        scan_set_add(s, NULL, shortest, seed);
    }
}

/* Makes a random set as scan_set_random_from does, with patterns of one byte too. */
static inline void scan_set_random(struct scan_set *s, uint32_t budget, uint32_t *seed) {
    scan_set_random_from(s, budget, 1, seed);
}

/* Fills the text with random letters, and with patterns between them: some are whole, and of some there is only the
 * beginning. */
static inline void scan_text_random(const struct scan_set *s, uint8_t *text, uint32_t n, uint32_t *seed) {
    uint32_t i = 0;
    while (i < n) {
        const struct stk_pattern *p = &s->pattern[scan_below(seed, s->count)];
        uint32_t run = scan_below(seed, 8), k;
        if (scan_below(seed, 2) == 0u) {
            for (k = 0; k < run && i < n; k++) {
                text[i++] = scan_below(seed, 16) == 0u ? (uint8_t)scan_random(seed) : scan_letter(s, seed);
            }
        } else {
            uint32_t len = scan_below(seed, 4) == 0u ? scan_below(seed, p->len) : p->len;
            for (k = 0; k < len && i < n; k++) {
                text[i++] = p->bytes[k];
            }
        }
    }
}

/* Occurrences of `p` in text[0..n) that end after byte `lead`, one position after the other. */
static inline uint64_t scan_naive(const uint8_t *text, uint32_t n, uint32_t lead, const struct stk_pattern *p) {
    uint64_t count = 0;
    uint32_t i;
    for (i = 0; i + p->len <= n; i++) {
        count += i + p->len > lead && memcmp(text + i, p->bytes, p->len) == 0 ? 1u : 0u;
    }
    return count;
}

/* Positions after which at least one pattern ended, beyond byte `lead`. */
static inline uint64_t scan_naive_ends(const uint8_t *text, uint32_t n, uint32_t lead, const struct scan_set *s) {
    uint64_t count = 0;
    uint32_t end, k;
    for (end = lead + 1u; end <= n; end++) {
        for (k = 0; k < s->count; k++) {
            uint32_t len = s->pattern[k].len;
            if (len <= end && memcmp(text + end - len, s->pattern[k].bytes, len) == 0) {
                count++;
                break;
            }
        }
    }
    return count;
}

#endif
