/* Enumerates power cuts. */
#ifndef POWERLOSS_CUTS_H
#define POWERLOSS_CUTS_H

#include "work.h"

#define ANY UINT64_MAX

/* What to run: everything within `quota`, or one cut, or one pair of cuts, or one chain. */
struct plan {
    uint64_t quota; /* cuts for this shape, about */
    enum plant plant;
    bool steady, only, trace;
    uint64_t rhythm, cut, mode, second, mode2, chain; /* ANY where not given */
};

struct tally {
    uint64_t calls, operations, first, second, chained, failures;
};

/* Runs the plan on a shape; failures are printed unless `quiet`. */
void cuts_run(const struct shape *shape, uint32_t index, const struct plan *plan, bool quiet, struct tally *tally);

#endif
