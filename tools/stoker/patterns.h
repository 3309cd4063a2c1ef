/* The pattern set of a scan, and its automaton. */
#ifndef STOKER_CLI_PATTERNS_H
#define STOKER_CLI_PATTERNS_H

#include "cli.h"

struct patterns {
    struct stk_pattern *items;
    uint32_t count;
    char **texts; /* of the files, which the patterns point into */
    uint32_t text_count;
    char **notes; /* about bytes that are part of a pattern and may not be meant to be */
    uint32_t note_count;
    struct stk_automaton automaton;
    void *memory; /* the automaton's arena */
    size_t memory_bytes;
};

/* Reads the patterns of all files, in their order: one a line, every byte between two line feeds. The last line feed
 * is optional, and one empty line at the end of a file is no pattern; any other empty line is refused. 0, or CLI_BAD.
 * */
int patterns_load(struct patterns *p, char *const *paths, uint32_t count);

/* Builds the automaton. 0, or CLI_BAD. */
int patterns_build(struct patterns *p);

void patterns_free(struct patterns *p);

#endif
