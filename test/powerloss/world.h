/* A log on simulated flash with the model of its records, and copies of both. */
#ifndef POWERLOSS_WORLD_H
#define POWERLOSS_WORLD_H

#include "model.h"
#include "tap.h"

#define WALK_BYTES 65536u

struct shape {
    const char *name;
    struct stk_flash_geometry geometry;
    uint32_t laps_ppc; /* length of the workload: hundredths of the flash */
    uint32_t rhythms;  /* how many of the rhythms of work.h */
    uint32_t weight;   /* weight of this shape when the cuts are divided among the shapes */
    uint32_t bad;      /* blocks that may be bad at one time */
    uint32_t sector;   /* bytes of a sector of a lazy medium; 0: the simulator's default */
    uint32_t align;    /* addresses of buffers are multiples of this; 0: any address */
};

struct world {
    const struct shape *shape;
    struct tap tap;
    struct model model;
    struct stk_log log;
    _Alignas(4096) uint8_t page[STK_LOG_BUFFER_BYTES(1, STK_FLASH_UNIT_MAX)];
    _Alignas(4096) uint8_t walk[WALK_BYTES];
    bool had_bad;      /* blocks were bad since format */
    bool had_blur;     /* a mount since format could not read all */
    uint32_t given_up; /* calls in a row that failed because programs failed */
    const char *wrong; /* text about the first mistake; NULL when there is none */
    uint32_t where;    /* sequence of the record at fault */
};

struct world_copy {
    struct stk_sim_flash flash;
    bool blurred, had_bad, had_blur;
    struct model_copy model;
    struct stk_log log;
    uint8_t page[STK_LOG_BUFFER_BYTES(1, STK_FLASH_UNIT_MAX)];
};

/* Makes the flash of a shape in `memory`. No two worlds or copies may use the same memory. */
void world_init(struct world *w, const struct shape *shape, enum plant plant, void *memory, size_t bytes);
void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes);

void world_save(const struct world *w, struct world_copy *copy);
void world_restore(struct world *w, const struct world_copy *copy);

void world_format(struct world *w, uint32_t id);
void world_mount_remains(struct world *w);

/// Mounts, in check.c ///

/* Switches the power on and mounts the log. */
void world_mount(struct world *w);

/* Mounts as world_mount while some reads fail. If the mount fails, mounts again when reads work. */
void world_mount_shaken(struct world *w, uint64_t luck);

/* Changes the next cut to one whose traces stay as they are, once a mount may not have read all. */
void world_steady_cut(struct world *w);

/* Mounts as world_mount, at first with no read that works. */
void world_mount_blind(struct world *w);

/* Checks every record of the log. */
void world_check(struct world *w);

/* Checks the log as world_check while some reads fail, and once more when reads work. */
void world_check_shaken(struct world *w, uint64_t luck);

static inline void world_mount_and_check(struct world *w) {
    world_mount(w);
    world_check(w);
}

/// Calls of the log; they return an error when the power was lost ///

/* Appends the next `count` records. */
int world_append(struct world *w, uint32_t count);
int world_sync(struct world *w);
int world_poll(struct world *w);

/* Makes a few blocks in a row bad, each in a way of its own, as far as the shape allows. world_heal makes all blocks
 * good again. */
void world_go_bad(struct world *w, uint64_t luck);
void world_heal(struct world *w);

void world_fail(struct world *w, const char *wrong, uint32_t where);

static inline uint32_t world_block_cells(const struct world *w) {
    return w->shape->geometry.block_bytes / medium_page_bytes(&w->shape->geometry) *
           (medium_page_bytes(&w->shape->geometry) / STK_LOG_CELL_BYTES);
}

#endif
