/* Explores every execution of a litmus program: unchanged, or with one memory order removed. */
#ifndef WEAK_EXPLORE_H
#define WEAK_EXPLORE_H

#include "weak.h"

/* A place in the source that asked for an order in some execution. */
struct weak_asked {
    struct weak_site site;
    unsigned parts;   /* bit p: the place asked for part p of the order */
    unsigned program; /* bits that the caller sets */
};

/* A mutation removes one part of the memory order at one place of the source: `part`, for example acquire, at
 * `site`. */
struct weak_mutation {
    const struct weak_site *site;
    enum weak_part part;
};

struct weak_result {
    uint64_t executions; /* number of complete executions */
    uint64_t states;
    bool outcome, raced;
    unsigned goals;
};

/* Explores the executions of a program. `mutation` NULL: explores all executions, and calls `asked` for each order of
 * each access, so the same order many times. With a mutation: ends at the first outcome or data race. */
struct weak_result weak_explore(const struct weak_program *program, const struct weak_mutation *mutation,
                                void (*asked)(const struct weak_site *site, enum weak_part part));

bool weak_same_site(const struct weak_site *a, const struct weak_site *b);

#endif
