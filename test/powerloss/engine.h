/* The parts that both power-cut suites use: the command line, the number of cuts for each shape, chains of cuts, and
 * the counters. A suite adds its own workload, and describes itself by a table. */
#ifndef POWERLOSS_ENGINE_H
#define POWERLOSS_ENGINE_H

#include "medium.h"

/* The cuts to make: all cuts within `quota`, or one cut, or one pair of cuts, or one chain. A number that was not given
 * is ANY. */
struct plan {
    uint64_t quota;     /* approximate number of cuts for one shape */
    unsigned plant;     /* the planted bug, of the suite's enum plant */
    bool only, trace;   /* only: make one cut or one chain; trace: print each flash operation */
    bool first_failure; /* stop at the first failure */
    /* the cut to make. part: number of the rhythm or of the call; cut: its step; mode: its cut mode */
    uint64_t part, cut, mode;
    uint64_t second, mode2, chain;
};

struct tally {
    uint64_t operations, first, second, chained, failures;
};

/* The first member of the struct run of each suite. */
struct run_base {
    const struct plan *plan;
    struct tally *tally;
    uint32_t index;  /* index of the shape */
    bool quiet;      /* true: failures are counted and not printed */
    uint8_t *memory; /* memory of the world's flash; the three copies of the world have as many bytes each behind it */
    size_t bytes;
};

struct run;

/* A suite. Each number that a function takes is the number of a shape. */
struct suite {
    const char *name, *part_option;
    /* number of cuts: by default, with --quick, with --self-test, and with --caught */
    uint64_t quota, quota_quick, quota_self, quota_caught;
    uint32_t shapes;
    const char *(*shape)(uint32_t i, uint32_t *weight); /* returns its name */
    bool (*has_chains)(uint32_t i);
    const char *const *plants; /* names of the planted bugs; the first name stands for no bug */
    uint32_t n_plants, self_shape;
    /* Makes a run of shape `i` ready, and returns the run. The run and its memory are there until the next call. */
    struct run *(*begin)(uint32_t i, const struct plan *plan, bool quiet, struct tally *tally);
    void (*run_all)(struct run *r);                  /* runs the plan */
    void (*run_chain)(struct run *r, uint64_t seed); /* cuts many times in a row */
};

/* The program. Returns its exit status: 1 when a failure was found, or with --caught when none was. */
int engine_main(const struct suite *suite, int argc, char **argv);

/// For the runs of a suite ///

/* Makes the base of a run over a medium. Its memory is kept until the next call. */
struct run_base engine_base(const struct stk_flash_geometry *geometry, uint32_t index, const struct plan *plan,
                            bool quiet, struct tally *tally);

/* If *wrong names a failure, counts and prints the failure and clears *wrong. Returns true when there is no failure. */
bool engine_judge(const struct run_base *base, const char **wrong, uint32_t where, uint32_t part, const char *what);

/* Returns true if the run must end: the plan says to end at the first failure, and a failure was found. */
static inline bool engine_is_over(const struct run_base *base) {
    return base->plan->first_failure && base->tally->failures != 0;
}

#endif
