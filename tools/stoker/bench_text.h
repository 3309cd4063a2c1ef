/* The text and the sets of patterns of stoker bench scan and payload: the one place of the rules that make them. */
#ifndef STOKER_CLI_BENCH_TEXT_H
#define STOKER_CLI_BENCH_TEXT_H

#include "patterns.h"

/// Words ///

struct bench_text {
    char *letters; /* letters of all words, one word behind the other */
    uint32_t *at;  /* first letter of each word, and the end of the last one */
    uint32_t words;
};

/* Makes up a dictionary of 100,000 words, the same on every machine: stems of one to three syllables, each with some
 * endings. Returns 0, or CLI_BAD after printing why. */
int bench_text_open(struct bench_text *text);

/* Takes the words of a file instead; white space divides them. Returns 0, or CLI_BAD after printing why. */
int bench_text_load(struct bench_text *text, const char *path);

/* Closes what either of the two has opened, also when it failed. */
void bench_text_close(struct bench_text *text);

/* Fills `out` with lines of 6 to 14 words that are drawn from the dictionary, the same words every time. */
void bench_text_fill(const struct bench_text *text, uint8_t *out, size_t bytes);

/// Sets of patterns ///

struct bench_set {
    const char *name;
    uint32_t count; /* number of patterns */
    int rare;       /* 0: words of the dictionary, so that the text is full of them; 1: none stands in the text */
};

#define BENCH_SETS 4u
extern const struct bench_set bench_sets[BENCH_SETS];

/* Makes the patterns of a set and builds their automaton. The words have four ASCII letters or more and are spread
 * over the dictionary. A rare pattern is a word whose letters were shuffled until no word of the dictionary contained
 * them; the words of the text stand apart, so no text of this dictionary contains the pattern. Frequent patterns point
 * into `text`. Returns 0, or CLI_BAD after printing why; patterns_free in both cases. */
int bench_text_set(const struct bench_text *text, const struct bench_set *set, struct patterns *patterns);

/// Counting ///

/* Counts of the patterns in a text, made without an automaton. */
struct bench_count {
    uint64_t ends;         /* bytes at which a pattern ends */
    uint64_t matches;      /* occurrences of all patterns */
    uint64_t *occurrences; /* occurrences of each pattern; the caller frees the array */
};

/* Compares the patterns with the text at every byte. Returns 0, or CLI_BAD after printing why. */
int bench_count(struct bench_count *count, const struct patterns *patterns, const uint8_t *text, size_t bytes);

#endif
