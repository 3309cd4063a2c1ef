/* The text and the patterns of stoker bench payload, made without a file: the same on every machine. */
#ifndef STOKER_CLI_BENCH_TEXT_H
#define STOKER_CLI_BENCH_TEXT_H

#include "patterns.h"

struct bench_text {
    char *letters; /* of all words, one behind the other */
    uint32_t *at;  /* first letter of each word, and the end of the last one */
    uint32_t words;
};

/* Makes a dictionary of 100,000 words: stems of one to three syllables, each with some endings. 0, or CLI_BAD with the
 * line written. */
int bench_text_open(struct bench_text *text);
void bench_text_close(struct bench_text *text);

/* Fills `out` with lines of 6 to 14 words, as test/bench/make_text.py does out of a dictionary on disk. */
void bench_text_fill(const struct bench_text *text, uint8_t *out, size_t bytes);

/* Takes `count` words of four letters or more, spread over the dictionary, as patterns, and builds their automaton. The
 * patterns point into `text`. 0, or CLI_BAD with the line written; patterns_free in both cases. */
int bench_text_patterns(const struct bench_text *text, uint32_t count, struct patterns *patterns);

/// Counting ///

/* What stands in a text, counted without an automaton. */
struct bench_count {
    uint64_t ends;         /* bytes at which a pattern ends */
    uint64_t matches;      /* occurrences of all patterns */
    uint64_t *occurrences; /* of each pattern; free() it */
};

/* Compares the patterns with the text at every byte. 0, or CLI_BAD with the line written. */
int bench_count(struct bench_count *count, const struct patterns *patterns, const uint8_t *text, size_t bytes);

#endif
