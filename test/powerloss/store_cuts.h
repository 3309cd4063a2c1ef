/* Where power cuts of a store are made: at every operation of a workload, once and twice, and many in a row at
 * random. */
#ifndef POWERLOSS_STORE_CUTS_H
#define POWERLOSS_STORE_CUTS_H

#include "engine.h"
#include "store_world.h"

/* The media that stores are tried on. */
extern const struct store_shape shapes[];

/* One execution of the test over one shape. */
struct run {
    struct run_base base;
    struct world world;
    /* states before the call, after the call without a cut, and after the first cut */
    struct world_copy before, after, cut;
    uint32_t call;
    uint64_t dice, candidates;
    /* of `thin` cuts one is tried, and of `pair` tried cuts one has a second cut; 0: cuts are only counted */
    uint64_t thin, pair;
};

/* The calls of the suite's table (engine.h). A chain is one store that loses power many times, and has blocks that go
 * bad and reads that fail, as `seed` says. */
struct run *run_begin(uint32_t index, const struct plan *plan, bool quiet, struct tally *tally);
void run_all(struct run *r);
void run_chain(struct run *r, uint64_t seed);

/// What the parts share ///

/* Counts a failure, and prints it. Returns true when there is none. */
bool run_judge(struct run *r, const char *what);

/* Cuts the power at step `at`. */
void run_set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed);

/* Cuts at every operation of a workload, and cuts after those. */
void cuts_of_workload(struct run *r);

#endif
