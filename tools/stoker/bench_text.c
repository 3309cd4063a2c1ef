/* A text of made-up words, and patterns out of it. */
#include "bench_text.h"

#include <stdlib.h>
#include <string.h>

#define STEMS       25000u
#define FORMS       4u  /* words of each stem */
#define WORD_MAX    32u /* letters of a word: three syllables of 7 and an ending of 4 at most */
#define LETTERS_MIN 4u  /* of a pattern */
#define SEED        UINT64_C(20261129)

/* The next number of a sequence that is the same everywhere (xorshift64*, Marsaglia 2003, Vigna 2016). */
static uint32_t next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static uint32_t below(uint64_t *state, uint32_t n) {
    return (uint32_t)((uint64_t)next(state) * n >> 32);
}

/* One of `count` parts, appended to the word. */
static uint32_t add(char *word, uint32_t length, uint64_t *state, const char *const *parts, size_t count) {
    const char *part = parts[below(state, (uint32_t)count)];
    size_t n = strlen(part);
    memcpy(word + length, part, n);
    return length + (uint32_t)n;
}

#define ADD(parts) length = add(word, length, state, parts, sizeof(parts) / sizeof *(parts))

/* Sounds stand in the lists as often as they are to be heard. Returns the letters of the stem. */
static uint32_t make_stem(char *word, uint64_t *state) {
    static const char *const starts[] = {"b",  "br", "c", "ch", "cl", "cr", "d", "d",  "dr", "f",  "fl", "g",  "gr",
                                         "h",  "h",  "j", "k",  "l",  "l",  "m", "m",  "n",  "n",  "p",  "p",  "pl",
                                         "pr", "qu", "r", "r",  "r",  "s",  "s", "sc", "sh", "sl", "sp", "st", "str",
                                         "t",  "t",  "t", "th", "tr", "v",  "w", "wh", "y",  "z"};
    static const char *const vowels[] = {"a", "a", "a", "e", "e",  "e",  "e",  "i",  "i",  "i",  "o",
                                         "o", "o", "u", "u", "ai", "ea", "ee", "ie", "oa", "oo", "ou"};
    static const char *const ends[] = {"",   "",   "",   "",   "b", "ck", "d",  "g",  "l",  "ll",
                                       "m",  "n",  "n",  "n",  "r", "r",  "rd", "rt", "s",  "ss",
                                       "st", "nd", "ng", "nt", "p", "t",  "t",  "x",  "ct", "mp"};
    static const uint8_t lengths[] = {1, 2, 2, 2, 2, 3};
    uint32_t syllables = lengths[below(state, sizeof lengths)], length = 0;
    for (uint32_t i = 0; i < syllables; i++) {
        ADD(starts);
        ADD(vowels);
        ADD(ends);
    }
    if (below(state, 8u) == 0u) { /* a name */
        word[0] = (char)(word[0] - 'a' + 'A');
    }
    return length;
}

int bench_text_open(struct bench_text *t) {
    static const char *const endings[] = {"'s", "'s", "s", "s", "ed", "ing", "er", "ly", "ness", "able"};
    uint64_t seed = SEED, *state = &seed;
    uint32_t used = 0;
    t->words = STEMS * FORMS;
    t->letters = malloc((size_t)t->words * WORD_MAX);
    t->at = malloc(((size_t)t->words + 1u) * sizeof *t->at);
    if (!t->letters || !t->at) {
        return cli_bad("bench payload: no memory for a dictionary of %u words", t->words);
    }
    for (uint32_t i = 0; i < t->words; i++) {
        char *word = t->letters + used;
        uint32_t length;
        t->at[i] = used;
        if (i % FORMS == 0u) {
            length = make_stem(word, state);
        } else {
            const uint32_t stem = t->at[i - i % FORMS];
            length = t->at[i - i % FORMS + 1u] - stem;
            memcpy(word, t->letters + stem, length);
            ADD(endings);
        }
        used += length;
        t->at[i + 1u] = used;
    }
    return 0;
}

void bench_text_close(struct bench_text *t) {
    free(t->letters);
    free(t->at);
    *t = (struct bench_text){NULL, NULL, 0};
}

void bench_text_fill(const struct bench_text *t, uint8_t *out, size_t bytes) {
    uint64_t state = SEED + 1u;
    uint32_t left = 0; /* words of the line */
    size_t at = 0;
    while (at < bytes) {
        uint32_t i = below(&state, t->words);
        size_t length = t->at[i + 1u] - t->at[i];
        left = left ? left : 6u + below(&state, 9u);
        length = length < bytes - at ? length : bytes - at;
        memcpy(out + at, t->letters + t->at[i], length);
        at += length;
        left--;
        if (at < bytes) {
            out[at++] = left ? ' ' : '\n';
        }
    }
}

static int is_pattern(const struct bench_text *t, uint32_t i) {
    size_t length = t->at[i + 1u] - t->at[i];
    return length >= LETTERS_MIN && !memchr(t->letters + t->at[i], '\'', length);
}

int bench_text_patterns(const struct bench_text *t, uint32_t count, struct patterns *p) {
    uint32_t candidates = 0, seen = 0;
    memset(p, 0, sizeof *p);
    p->items = calloc(count, sizeof *p->items);
    if (!p->items) {
        return cli_bad("bench payload: no memory for %u patterns", count);
    }
    for (uint32_t i = 0; i < t->words; i++) {
        candidates += is_pattern(t, i) ? 1u : 0u;
    }
    for (uint32_t i = 0; i < t->words && p->count < count; i++) {
        if (!is_pattern(t, i)) {
            continue;
        }
        if (seen++ == (uint32_t)((uint64_t)p->count * candidates / count)) {
            p->items[p->count++] =
                (struct stk_pattern){(const uint8_t *)t->letters + t->at[i], t->at[i + 1u] - t->at[i]};
        }
    }
    return patterns_build(p);
}
