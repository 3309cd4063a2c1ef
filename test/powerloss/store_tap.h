/* A flash port between a store and its flash. It tells the model each operation and can plant mistakes. */
#ifndef POWERLOSS_STORE_TAP_H
#define POWERLOSS_STORE_TAP_H

#include "medium.h"
#include "store_model.h"

#define OPS_MAX 512u

/* Mistakes that the test must notice. */
enum plant {
    PLANT_NONE = 0,
    PLANT_LATE_PROGRAM, /* a cut undoes the last program before it */
    PLANT_NO_TAIL,      /* a call returns before its last program */
    PLANT_WIDE_ERASE,   /* an erase also erases the next block */
    PLANT_FLIPPED_READ, /* some reads give a wrong bit */
    PLANT_NO_ERASE,     /* erases do nothing */
    PLANTS
};

struct tap {
    struct stk_sim_flash flash;
    enum plant plant;
    bool trace; /* prints every operation */
    struct model *model;
    const struct stk_log *log; /* the log of the store */
    uint32_t wrote;            /* blocks that records went to since the call began, or since the last drop */
    uint32_t wrote_first;      /* the first of these blocks since the call began */
    bool failed;               /* a program failed since the call began */
    uint64_t reads_left;       /* reads that are left to the call; a call that needs more has a bug */
    bool endless;              /* a read was refused, because reads_left was 0 */
    uint32_t n_ops;
    struct op ops[OPS_MAX];
    struct late late;
    uint32_t reads;
};

/* Flash ports with and without a sync; ctx is a struct tap. */
extern const struct stk_flash_ops tap_ops, tap_ops_lazy;

/* Return true if some unit cannot be read; the second one also if some block is bad. */
bool tap_is_unreadable(const struct tap *t);
bool tap_is_troubled(const struct tap *t);

#endif
