/* The first matches of a scan, in the order of the files and of their first byte. */
#ifndef STOKER_CLI_MATCHES_H
#define STOKER_CLI_MATCHES_H

#include "patterns.h"

struct match {
    uint64_t start; /* byte of the file at which the match begins */
    uint32_t file, pattern;
    uint32_t length;
};

struct matches {
    struct match *items;
    size_t count, room;
    size_t wanted;     /* 0: none are */
    int closed;        /* the first `wanted` are known */
    size_t file_start; /* items of the file being scanned start here */
};

/* Makes an empty list for the first `wanted` matches. Returns 0, or CLI_BAD after printing why. */
int matches_init(struct matches *m, uint64_t wanted);
void matches_free(struct matches *m);

/* Returns 1 while a further match may belong to the list. */
int matches_open(const struct matches *m);

/* Adds every pattern that ends in accepting state `state` at byte `end` of file `file`. Returns 0, or CLI_BAD where
 * there is no memory. */
int matches_add(struct matches *m, const struct patterns *p, uint32_t file, uint64_t end, uint32_t state);

/* Notes that the file was searched up to byte `seen`. Keeps the first matches, and closes the list once all wanted
 * matches are known. */
void matches_settle(struct matches *m, uint64_t seen, uint32_t max_len);

/* Begins the list of a part of a file anew: empty, for the first `wanted` matches. */
void matches_restart(struct matches *m, size_t wanted);

/* Returns how many matches of the present file may still be listed. */
size_t matches_room(const struct matches *m);

/* Returns 1 if the wanted number of matches is known, and all of them lie before any match that ends behind byte
 * `from`. Then the rest of the file need not be listed. */
int matches_full_before(const struct matches *m, uint64_t from, uint32_t max_len);

/* Adds the matches of a part of the file; the parts may come in any order. Returns 0, or CLI_BAD where there is no
 * memory. */
int matches_merge(struct matches *m, const struct matches *part);

/* Ends the file. Its matches stay if `keep` is set, else they are dropped. */
void matches_end_file(struct matches *m, int keep);

#endif
