/* Where power cuts are made: at every operation of a rhythm, and many in a row at random. */
#ifndef POWERLOSS_CUTS_H
#define POWERLOSS_CUTS_H

#include "work.h"

/* What to run: everything within `quota`, or one cut, or one pair of cuts, or one chain. */
struct plan {
    uint64_t quota; /* cuts for this shape, about */
    enum plant plant;
    bool only, trace;
    bool first_failure;                               /* stop there */
    uint64_t rhythm, cut, mode, second, mode2, chain; /* ANY where not given */
};

struct tally {
    uint64_t calls, operations, first, second, chained, failures;
};

/* One run over one shape. */
struct run {
    struct world world;
    struct world_copy before, after, cut; /* a call; the call, uncut; the first cut */
    const struct plan *plan;
    struct tally *tally;
    uint32_t index; /* of the shape */
    bool quiet;
    uint8_t *memory; /* of the world's flash */
    size_t bytes;
    uint32_t rhythm;
    uint64_t candidates; /* first cuts that the rhythm has, in all modes */
    uint64_t thin;       /* one in so many of them is tried, where it is not a clean one */
    uint64_t thin_clean; /* and where it is */
    uint64_t pair;       /* one in so many that is tried gets second cuts */
    uint64_t format_quota;
};

/* Makes a run ready; what it takes is kept until the next. */
struct run *run_begin(const struct shape *shape, uint32_t index, const struct plan *plan, bool quiet,
                      struct tally *tally);

/* Runs the plan on a shape; failures are printed unless `quiet`. */
void run_shape(const struct shape *shape, uint32_t index, const struct plan *plan, bool quiet, struct tally *tally);

/// What the parts of a run share ///

/* Counts a failure, and prints it. Returns true when there is none. */
bool run_judge(struct run *r, const char *what);

/* Should the run end here? */
bool run_is_over(const struct run *r);

/* Cuts the power at step `at`. */
void run_set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed);

/* A log that was just made. */
void run_fresh_world(struct run *r);

/* Cuts at every operation of the run's rhythm, and cuts after those. */
void cuts_of_rhythm(struct run *r, uint64_t quota);

/* Formats the log that the run has, where blocks are bad and where the power is cut. */
void cuts_of_format(struct run *r);

/* One log that loses power many times, and has blocks that go bad and reads that fail as `seed` says. */
void run_chain(struct run *r, uint64_t seed);

#endif
