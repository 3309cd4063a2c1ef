/* The first matches of a scan, in the order of the files and of their first byte. */
#ifndef STOKER_CLI_MATCHES_H
#define STOKER_CLI_MATCHES_H

#include "patterns.h"

struct match {
    uint64_t start; /* byte of the file */
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

/* 0, or CLI_BAD. */
int matches_init(struct matches *m, uint64_t wanted);
void matches_free(struct matches *m);

/* May there be a match still to list? */
int matches_open(const struct matches *m);

/* Adds every pattern that ends in accepting state `state` at byte `end` of file `file`. 0, or CLI_BAD without
 * memory. */
int matches_add(struct matches *m, const struct patterns *p, uint32_t file, uint64_t end, uint32_t state);

/* All of the file before byte `seen` has been looked at: keeps the first ones, and closes the list when they are
 * known. */
void matches_settle(struct matches *m, uint64_t seen, uint32_t max_len);

/* A list of its own for a part of a file: begins it again, empty, for the first `wanted`. */
void matches_restart(struct matches *m, size_t wanted);

/* How many matches of the file being scanned may be listed. */
size_t matches_room(const struct matches *m);

/* Are as many as wanted known that all lie before any match which ends behind byte `from`? */
int matches_full_before(const struct matches *m, uint64_t from, uint32_t max_len);

/* Adds what a part of the file has, in any order of the parts. 0, or CLI_BAD without memory. */
int matches_merge(struct matches *m, const struct matches *part);

/* The file is finished, or failed: its matches stand, or are dropped. */
void matches_end_file(struct matches *m, int keep);

#endif
