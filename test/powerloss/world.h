/* A log on simulated flash, what must be in it, and copies of both. */
#ifndef POWERLOSS_WORLD_H
#define POWERLOSS_WORLD_H

#include "model.h"
#include "stoker/port/sim_flash.h"

#define WALK_BYTES 65536u
#define OPS_MAX    64u

struct shape {
    const char *name;
    struct stk_flash_geometry geometry;
    uint32_t laps_ppc; /* length of the workload: hundredths of the flash */
    uint32_t rhythms;  /* how many of the rhythms of work.h */
    uint32_t weight;   /* share of the cuts */
};

/* Mistakes that the test must notice, planted between the log and its flash or in what mount found. */
enum plant {
    PLANT_NONE = 0,
    PLANT_LATE_PROGRAM,  /* the last program before a cut is undone by it */
    PLANT_REUSED_CELL,   /* mount steps back to the last cell */
    PLANT_NO_MARK,       /* mount trusts the first blank cell */
    PLANT_SAME_NUMBER,   /* mount gives the last number again */
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

/* Stands between the log and the flash, and writes down what passes. */
struct tap {
    struct stk_sim_flash flash;
    enum plant plant;
    bool trace; /* prints every operation */
    struct model *model;
    bool polled;     /* the call is a poll */
    bool programmed; /* records, since the call began */
    uint32_t block;  /* and into which block first */
    uint32_t n_ops;
    struct op ops[OPS_MAX];
    uint32_t late_block, late_offset,
        late_bytes; /* PLANT_LATE_PROGRAM: the last program and what was there before it */
    uint8_t late[STK_FLASH_UNIT_MAX];
    uint32_t reads;
};

struct world {
    const struct shape *shape;
    struct tap tap;
    struct model model;
    struct stk_log log;
    uint8_t page[STK_LOG_BUFFER_BYTES(1, STK_FLASH_UNIT_MAX)];
    uint8_t walk[WALK_BYTES];
    const char *wrong; /* the first thing, NULL when there is none */
    uint32_t where;    /* sequence */
};

struct world_copy {
    struct stk_sim_flash flash;
    struct model_copy model;
    struct stk_log log;
    uint8_t page[STK_LOG_BUFFER_BYTES(1, STK_FLASH_UNIT_MAX)];
};

/* Flash for a shape in `memory`; an own piece for each world and copy. */
void world_init(struct world *w, const struct shape *shape, enum plant plant, bool steady, void *memory, size_t bytes);
void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes);
size_t world_flash_bytes(const struct shape *shape);

void world_save(const struct world *w, struct world_copy *copy);
void world_restore(struct world *w, const struct world_copy *copy);

void world_format(struct world *w, uint32_t id);
void world_mount_remains(struct world *w);

/* Power comes back, the log is mounted. */
void world_mount(struct world *w);
/* And everything in it is looked at. */
void world_mount_and_check(struct world *w);

/* Calls of the log; they return what it does. Appends give it the next `count` records. */
int world_append(struct world *w, uint32_t count);
int world_sync(struct world *w);
int world_poll(struct world *w);

void world_fail(struct world *w, const char *wrong, uint32_t where);

static inline uint32_t world_block_cells(const struct world *w) {
    return w->shape->geometry.block_bytes / STK_LOG_CELL_BYTES;
}

#endif
