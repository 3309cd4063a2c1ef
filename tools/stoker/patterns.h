/* The pattern set of a scan, and its automaton. */
#ifndef STOKER_CLI_PATTERNS_H
#define STOKER_CLI_PATTERNS_H

#include "cli.h"

struct patterns {
    struct stk_pattern *items;
    uint32_t count;
    char *text; /* what they point into */
    struct stk_automaton automaton;
    void *memory; /* the automaton's arena */
    size_t memory_bytes;
};

/* Reads one pattern a line: every byte between two line feeds, the last line feed optional. 0, or CLI_BAD. */
int patterns_load(struct patterns *p, const char *path);

/* Builds the automaton. 0, or CLI_BAD. */
int patterns_build(struct patterns *p);

void patterns_free(struct patterns *p);

#endif
