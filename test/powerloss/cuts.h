/* Where power cuts are made. A rhythm is a sequence of calls that is the same in each execution (work.h): the test cuts
 * the power at every operation of a rhythm. A chain is one log that loses power many times, at random operations. */
#ifndef POWERLOSS_CUTS_H
#define POWERLOSS_CUTS_H

#include "engine.h"
#include "work.h"

#define CHAIN_BLOCKS 4u /* least blocks of a log with chains of cuts */

/* One execution of the test over one shape. */
struct run {
    struct run_base base;
    struct world world;
    /* states before the call, after the call without a cut, and after the first cut */
    struct world_copy before, after, cut;
    uint32_t rhythm;
    uint64_t candidates; /* first cuts that the rhythm has, in all modes */
    uint64_t thin;       /* of this many first cuts that are not clean, one is tried */
    uint64_t thin_clean; /* of this many clean first cuts, one is tried */
    uint64_t pair;       /* of this many cuts that are tried, one gets second cuts */
    uint64_t format_quota;
};

/* The calls of the suite's table (engine.h). A chain is one log that loses power many times, and has blocks that go bad
 * and reads that fail as `seed` says. */
struct run *run_begin(uint32_t index, const struct plan *plan, bool quiet, struct tally *tally);
void run_all(struct run *r);
void run_chain(struct run *r, uint64_t seed);

/// What the parts of a run share ///

/* Counts a failure, and prints it. Returns true when there is none. */
bool run_judge(struct run *r, const char *what);

/* Cuts the power at step `at`. */
void run_set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed);

/* Makes a world with a new log. */
void run_fresh_world(struct run *r);

/* Cuts at every operation of the run's rhythm, and cuts after those. */
void cuts_of_rhythm(struct run *r, uint64_t quota);

/* Formats the log that the run has, where blocks are bad and where the power is cut. */
void cuts_of_format(struct run *r);

#endif
