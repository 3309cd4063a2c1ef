/* A text of words, and sets of patterns out of the same words. */
#include "bench_text.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"

#define STEMS 25000u
#define FORMS 4u /* words of each stem */
/* room for the letters of a made-up word; the longest has three syllables of 7 letters and an ending of 4 */
#define WORD_MAX       32u
#define LETTERS_MIN    4u  /* of a pattern */
#define SHUFFLES_MAX   16u /* most shuffles of one word, before the next word is taken */
#define DICTIONARY_MAX ((size_t)64 << 20)
#define SEED           UINT64_C(20261129)

/// Words ///

/* Returns the next number of a sequence that is the same on every machine (xorshift64*, Marsaglia 2003, Vigna 2016). */
static uint32_t next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static uint32_t below(uint64_t *state, uint32_t n) {
    return (uint32_t)((uint64_t)next(state) * n >> 32);
}

/* Appends one of `count` parts to the word. */
static uint32_t add(char *word, uint32_t length, uint64_t *state, const char *const *parts, size_t count) {
    const char *part = parts[below(state, (uint32_t)count)];
    size_t n = strlen(part);
    memcpy(word + length, part, n);
    return length + (uint32_t)n;
}

#define ADD(parts) length = add(word, length, state, parts, sizeof(parts) / sizeof *(parts))

/* Makes a stem of sounds, and returns its letters. A sound stands in the lists as often as it should be heard. */
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
        return cli_bad("bench: no memory for a dictionary of %u words: free some memory", t->words);
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

int bench_text_load(struct bench_text *t, const char *path) {
    static const char white[] = " \t\r\n\v\f";
    const struct cli_file input = {"--words ", path, "name a readable file of words"};
    size_t length = 0;
    uint32_t used = 0;
    char *rest = NULL, *word;
    t->letters = cli_file_load(&input, DICTIONARY_MAX, &length);
    if (!t->letters) {
        return CLI_BAD;
    }
    t->at = malloc((length / 2u + 2u) * sizeof *t->at); /* a word has a letter and a space at least */
    if (!t->at) {
        return cli_bad("bench: no memory for the words of %s: free some memory", path);
    }
    t->at[0] = 0;
    /* Moves each word down to the end of the word before, so that no white space is left between words. */
    for (word = strtok_r(t->letters, white, &rest); word; word = strtok_r(NULL, white, &rest)) {
        size_t bytes = strlen(word);
        memmove(t->letters + used, word, bytes);
        used += (uint32_t)bytes;
        t->at[++t->words] = used;
    }
    return t->words ? 0 : cli_bad("--words %s: holds no words: name a file of words", path);
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

/// Sets of patterns ///

const struct bench_set bench_sets[BENCH_SETS] = {
    {"frequent76", 76, 0}, {"frequent926", 926, 0}, {"rare76", 76, 1}, {"rare2500", 2500, 1}};

static const char *word_at(const struct bench_text *t, uint32_t i, uint32_t *length) {
    *length = t->at[i + 1u] - t->at[i];
    return t->letters + t->at[i];
}

/* Returns 1 for a word of enough ASCII letters and nothing else. */
static int is_candidate(const struct bench_text *t, uint32_t i) {
    uint32_t length;
    const char *word = word_at(t, i, &length);
    for (uint32_t k = 0; k < length; k++) {
        if ((uint32_t)((word[k] | 0x20) - 'a') > 25u) {
            return 0;
        }
    }
    return length >= LETTERS_MIN;
}

/* Lists the words that may be patterns; free() the list. Returns NULL when there is no memory. */
static uint32_t *list_candidates(const struct bench_text *t, uint32_t *count) {
    uint32_t *list = malloc(t->words * sizeof *list);
    *count = 0;
    for (uint32_t i = 0; i < t->words && list; i++) {
        if (is_candidate(t, i)) {
            list[(*count)++] = i;
        }
    }
    return list;
}

/* Returns 1 if the word is among the patterns already: a set has each pattern once. */
static int is_known(const struct patterns *p, const char *word, uint32_t length) {
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->items[i].len == length && memcmp(p->items[i].bytes, word, length) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Shuffles the letters (Fisher and Yates) until no word contains them and no earlier pattern equals them. Returns 0
 * when the word has no such order, as far as the tries go. */
static int make_rare(const struct bench_text *t, const struct patterns *p, char *word, uint32_t length,
                     uint64_t *state) {
    for (uint32_t tries = 0; tries < SHUFFLES_MAX; tries++) {
        for (uint32_t i = length - 1u; i > 0u; i--) {
            uint32_t k = below(state, i + 1u);
            char letter = word[i];
            word[i] = word[k];
            word[k] = letter;
        }
        if (!memmem(t->letters, t->at[t->words], word, length) && !is_known(p, word, length)) {
            return 1;
        }
    }
    return 0;
}

/* Fills the set with shuffled words, which lie in a text of the set's own. A word that cannot be made rare gives its
 * place to the word behind it. */
static int fill_rare(const struct bench_text *t, struct patterns *p, const uint32_t *list, uint32_t candidates,
                     uint32_t count) {
    uint64_t state = SEED + 2u;
    char *room = malloc(t->at[t->words] + 1u); /* a candidate is taken once at most */
    p->texts = calloc(1, sizeof *p->texts);
    if (!room || !p->texts) {
        free(room);
        return cli_bad("bench: no memory for %u patterns: free some memory", count);
    }
    p->texts[p->text_count++] = room;
    for (uint32_t i = 0; i < candidates && p->count < count; i++) {
        uint32_t length;
        const char *word = word_at(t, list[i], &length);
        if (i < (uint32_t)((uint64_t)p->count * candidates / count)) {
            continue;
        }
        memcpy(room, word, length);
        if (make_rare(t, p, room, length, &state)) {
            p->items[p->count++] = (struct stk_pattern){(const uint8_t *)room, length};
            room += length;
        }
    }
    return 0;
}

int bench_text_set(const struct bench_text *t, const struct bench_set *set, struct patterns *p) {
    uint32_t candidates = 0, *list = list_candidates(t, &candidates);
    int bad = 0;
    memset(p, 0, sizeof *p);
    p->items = calloc(set->count, sizeof *p->items);
    if (!p->items || !list) {
        free(list);
        return cli_bad("bench: no memory for %u patterns: free some memory", set->count);
    }
    if (set->rare) {
        bad = fill_rare(t, p, list, candidates, set->count);
    }
    for (uint32_t i = 0; i < set->count && candidates >= set->count && !set->rare; i++) {
        uint32_t length;
        const char *word = word_at(t, list[(uint64_t)i * candidates / set->count], &length);
        p->items[p->count++] = (struct stk_pattern){(const uint8_t *)word, length};
    }
    free(list);
    if (bad == 0 && p->count < set->count) {
        bad = cli_bad("bench: the dictionary has too few words for %u patterns: name a larger one with --words",
                      set->count);
    }
    return bad ? bad : patterns_build(p);
}
