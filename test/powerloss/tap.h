/* What stands between a log and its flash: it writes down what passes, and plants mistakes. */
#ifndef POWERLOSS_TAP_H
#define POWERLOSS_TAP_H

#include "model.h"
#include "stoker/port/sim_flash.h"

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

/* An operation on the flash, as the cuts are placed. */
struct op {
    uint64_t first; /* step */
    uint32_t steps;
    bool erase;
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
    /* PLANT_LATE_PROGRAM: the last program and what was there before it */
    uint32_t late_block, late_offset, late_bytes;
    uint8_t late[STK_FLASH_UNIT_MAX];
    uint32_t reads;
};

/* With and without a sync; ctx is a struct tap. */
extern const struct stk_flash_ops tap_ops, tap_ops_lazy;

/* Bytes of a page of the log, and the cells that it holds. */
static inline uint32_t tap_page_bytes(const struct stk_flash_geometry *g) {
    return (STK_LOG_CELL_BYTES - 1u) / g->prog_unit * g->prog_unit + g->prog_unit;
}

/* Does the medium return other bytes at each read? */
bool tap_flickers(const struct tap *t);

/* Takes back what PLANT_LATE_PROGRAM says; called at each power-on. */
void tap_undo_late(struct tap *t);

#endif
