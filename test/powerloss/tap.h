/* A flash port between a log and its flash. It records each operation and can plant mistakes. */
#ifndef POWERLOSS_TAP_H
#define POWERLOSS_TAP_H

#include "medium.h"
#include "model.h"

#define OPS_MAX   256u
#define READ_COST 16u

/* Mistakes that the test must notice. */
enum plant {
    PLANT_NONE = 0,
    PLANT_LATE_PROGRAM,  /* a cut undoes the last program before it */
    PLANT_WIDE_ERASE,    /* an erase also erases the next block */
    PLANT_FLIPPED_READ,  /* some reads give a wrong bit */
    PLANT_STALE_HEADERS, /* erases do nothing */
    PLANTS
};

struct tap {
    struct stk_sim_flash flash;
    enum plant plant;
    bool trace; /* prints every operation */
    struct model *model;
    uint32_t failed; /* programs that failed since the call began */
    /* units of reading that are left to the call: a read takes READ_COST units, a read that fails takes 1. A call that
     * needs more has a bug */
    uint64_t reads_left;
    bool endless; /* the call needed more than reads_left */
    bool blurred; /* a read was refused, because reads_left was used up */
    uint32_t n_ops;
    struct op ops[OPS_MAX];
    struct late late;
    uint32_t reads;
};

/* Flash ports with and without a sync; ctx is a struct tap. */
extern const struct stk_flash_ops tap_ops, tap_ops_lazy;

#endif
