/* Where power cuts of a store are made: at every operation of a workload, once and twice, and many in a row at random. */
#ifndef POWERLOSS_STORE_CUTS_H
#define POWERLOSS_STORE_CUTS_H

#include "store_world.h"

/* What to run: everything within `quota`, or one cut, or one pair of cuts, or one chain. */
struct plan {
    uint64_t quota; /* cuts for this shape, about */
    enum plant plant;
    bool trace, first_failure;                      /* stop there */
    uint64_t call, cut, mode, second, mode2, chain; /* ANY where not given */
};

struct tally {
    uint64_t operations, first, second, chained, failures;
};

/* One run over one shape. */
struct run {
    struct world world;
    struct world_copy before, after, cut; /* a call; the call, uncut; the first cut */
    const struct plan *plan;
    struct tally *tally;
    uint32_t index, call;
    uint64_t dice, candidates;
    uint64_t thin, pair; /* one cut in so many is tried, one in so many of those twice; 0: they are counted only */
    bool quiet;
    uint8_t *memory; /* of the world's flash */
    size_t bytes;
};

/* Makes a run ready; what it takes is kept until the next. */
struct run *run_begin(const struct store_shape *shape, uint32_t index, const struct plan *plan, bool quiet,
                      struct tally *tally);

/* Runs the plan on a shape; failures are printed unless `quiet`. */
void run_shape(const struct store_shape *shape, uint32_t index, const struct plan *plan, bool quiet,
               struct tally *tally);

/* One store that loses power many times, and has blocks that go bad and reads that fail, as `seed` says. */
void run_chain(struct run *r, uint64_t seed);

/// What the parts share ///

/* Counts a failure, and prints it. Returns true when there is none. */
bool run_judge(struct run *r, const char *what);

/* Should the run end here? */
bool run_is_over(const struct run *r);

/* Cuts the power at step `at`. */
void run_set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed);

/* Cuts at every operation of a workload, and cuts after those. */
void cuts_of_workload(struct run *r);

#endif
