/* The pattern set of a scan, and its automaton. */
#ifndef STOKER_CLI_PATTERNS_H
#define STOKER_CLI_PATTERNS_H

#include "cli.h"

struct patterns {
    struct stk_pattern *items;
    uint32_t count;
    char **texts; /* texts of the files; the patterns point into them */
    uint32_t text_count;
    char **notes; /* notes about bytes that are part of a pattern, perhaps by mistake */
    uint32_t note_count;
    struct stk_automaton automaton;
    void *memory; /* the automaton's arena */
    size_t memory_bytes;
};

/* Reads the patterns of all files, in the order of the files: one pattern a line, with every byte between two line
 * feeds. The last line feed is optional, and one empty line at the end of a file is no pattern. Any other empty line is
 * refused. Returns 0, or CLI_BAD. */
int patterns_load(struct patterns *p, char *const *paths, uint32_t count);

/* Builds the automaton. 0, or CLI_BAD. */
int patterns_build(struct patterns *p);

void patterns_free(struct patterns *p);

#endif
