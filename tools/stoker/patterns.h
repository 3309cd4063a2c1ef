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

struct pattern_source {
    const char *text; /* name of a pattern file; else the patterns themselves */
    int is_file;
};

/* Reads the patterns of all sources, in the order of the sources: one pattern a line, with every byte between two line
 * feeds. The last line feed is optional, and one empty line at the end of a file is not a pattern. Any other empty line
 * is refused. In a file whose every line ends in CR LF, the CR belongs to the line end, and a note says so. Returns 0,
 * or CLI_BAD. */
int patterns_load(struct patterns *p, const struct pattern_source *sources, uint32_t count);

/* Builds the automaton. Returns 0, or CLI_BAD. */
int patterns_build(struct patterns *p);

void patterns_free(struct patterns *p);

#endif
