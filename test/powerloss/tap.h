/* What stands between a log and its flash: it writes down what passes, and plants mistakes. */
#ifndef POWERLOSS_TAP_H
#define POWERLOSS_TAP_H

#include "medium.h"
#include "model.h"

#define OPS_MAX   256u
#define READ_COST 16u

/* Mistakes that the test must notice. */
enum plant {
    PLANT_NONE = 0,
    PLANT_LATE_PROGRAM,  /* the last program before a cut is undone by it */
    PLANT_WIDE_ERASE,    /* an erase takes the next block along */
    PLANT_FLIPPED_READ,  /* now and then a bit is read wrong */
    PLANT_STALE_HEADERS, /* erases do nothing */
    PLANTS
};

struct tap {
    struct stk_sim_flash flash;
    enum plant plant;
    bool trace; /* prints every operation */
    struct model *model;
    uint32_t failed;     /* programs, since the call began */
    uint64_t reads_left; /* that the call may make, each READ_COST, or 1 where it fails; more is a mistake of the log */
    bool endless;        /* it made more */
    bool blurred;        /* mount could not read all: what it did not see may be missing until the next one */
    uint32_t n_ops;
    struct op ops[OPS_MAX];
    struct late late;
    uint32_t reads;
};

/* With and without a sync; ctx is a struct tap. */
extern const struct stk_flash_ops tap_ops, tap_ops_lazy;

#endif
