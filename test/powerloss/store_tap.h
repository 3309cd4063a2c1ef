/* What stands between a store and its flash: it tells the model what passes, and plants mistakes. */
#ifndef POWERLOSS_STORE_TAP_H
#define POWERLOSS_STORE_TAP_H

#include "medium.h"
#include "store_model.h"

#define OPS_MAX 512u

/* Mistakes that the test must notice. */
enum plant {
    PLANT_NONE = 0,
    PLANT_LATE_PROGRAM, /* the last program before a cut is undone by it */
    PLANT_NO_TAIL,      /* a call returns before its last program */
    PLANT_WIDE_ERASE,   /* an erase takes the next block along */
    PLANT_FLIPPED_READ, /* now and then a bit is read wrong */
    PLANT_NO_ERASE,     /* erases do nothing */
    PLANTS
};

struct tap {
    struct stk_sim_flash flash;
    enum plant plant;
    bool trace; /* prints every operation */
    struct model *model;
    const struct stk_log *log; /* of the store */
    uint32_t wrote;            /* blocks that records went to since the call began, or since the last drop */
    uint32_t wrote_first;      /* the first of them since the call began */
    bool failed;               /* a program failed since the call began */
    uint64_t reads_left;       /* that the call may make; too many is a mistake of the store */
    bool endless;              /* it made more */
    uint32_t n_ops;
    struct op ops[OPS_MAX];
    struct late late;
    uint32_t reads;
};

/* With and without a sync; ctx is a struct tap. */
extern const struct stk_flash_ops tap_ops, tap_ops_lazy;

/* Is there a unit that cannot be read; or that, or a block that is bad? */
bool tap_is_unreadable(const struct tap *t);
bool tap_is_troubled(const struct tap *t);

#endif
