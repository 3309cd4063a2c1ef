/* Counts patterns in a text by comparing bytes, to check the counts of a device. The handlers share no code and no
 * table with it. */
#include <stdlib.h>
#include <string.h>

#include "bench_text.h"

#define CLASSES   4u /* classes of patterns by length: one, two and three bytes; four bytes and more */
#define HASH_BITS 14u
#define NONE      UINT32_MAX

/* Lists of patterns whose first bytes have the same hash. Each class of patterns hashes its own number of first
 * bytes. */
struct lists {
    uint32_t first[CLASSES][1u << HASH_BITS];
    int used[CLASSES];
    uint32_t *next; /* for each pattern: the next pattern of its list */
    uint8_t *ends;  /* for each of the next bytes, in a circular buffer: 1: a pattern ends there */
    uint32_t mask;  /* mask of the circular buffer, which is longer than any pattern */
};

/* Returns the list of a pattern that begins with these `n` bytes. */
static uint32_t hash_of(const uint8_t *bytes, uint32_t n) {
    uint32_t word = bytes[0];
    for (uint32_t i = 1; i < n; i++) {
        word |= (uint32_t)bytes[i] << (8u * i);
    }
    return word * 2654435761u >> (32u - HASH_BITS);
}

/* Sorts the patterns into their lists, and makes the ring of ends. */
static int open_lists(struct lists *l, const struct patterns *p) {
    uint32_t longest = 1;
    memset(l, 0, sizeof *l);
    memset(l->first, 0xFF, sizeof l->first); /* every list begins empty (NONE) */
    for (uint32_t i = 0; i < p->count; i++) {
        longest = p->items[i].len > longest ? p->items[i].len : longest;
    }
    while (l->mask <= longest) {
        l->mask = l->mask << 1 | 1u;
    }
    l->next = malloc(p->count * sizeof *l->next);
    l->ends = calloc((size_t)l->mask + 1u, 1);
    if (!l->next || !l->ends) {
        return cli_bad("bench: no memory to count %u patterns: free some memory", p->count);
    }
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t n = p->items[i].len < CLASSES ? p->items[i].len : CLASSES;
        uint32_t *first = &l->first[n - 1u][hash_of(p->items[i].bytes, n)];
        l->used[n - 1u] = 1;
        l->next[i] = *first;
        *first = i;
    }
    return 0;
}

/* Counts the patterns of a list that begin at `at`. */
static void look(struct bench_count *c, struct lists *l, const struct patterns *p, uint32_t first, const uint8_t *text,
                 size_t at, size_t bytes) {
    for (uint32_t i = first; i != NONE; i = l->next[i]) {
        const struct stk_pattern *item = &p->items[i];
        if (item->len <= bytes - at && memcmp(text + at, item->bytes, item->len) == 0) {
            c->occurrences[i]++;
            c->matches++;
            l->ends[(at + item->len - 1u) & l->mask] = 1;
        }
    }
}

int bench_count(struct bench_count *c, const struct patterns *p, const uint8_t *text, size_t bytes) {
    static struct lists l;
    int bad = open_lists(&l, p);
    *c = (struct bench_count){.occurrences = calloc(p->count, sizeof *c->occurrences)};
    if (bad == 0 && !c->occurrences) {
        bad = cli_bad("bench: no memory to count %u patterns: free some memory", p->count);
    }
    for (size_t at = 0; at < bytes && bad == 0; at++) {
        for (uint32_t n = 1; n <= CLASSES && n <= bytes - at; n++) {
            if (l.used[n - 1u]) {
                look(c, &l, p, l.first[n - 1u][hash_of(text + at, n)], text, at, bytes);
            }
        }
        c->ends += l.ends[at & l.mask]; /* no pattern that begins later ends here */
        l.ends[at & l.mask] = 0;
    }
    free(l.next);
    free(l.ends);
    return bad;
}
