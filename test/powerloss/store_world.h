/* A store on simulated flash, what may be in it, and copies of both. */
#ifndef POWERLOSS_STORE_WORLD_H
#define POWERLOSS_STORE_WORLD_H

#include "store_tap.h"
#include "stoker/store.h"

#define ENTRIES      5u /* fewer than keys, so that the index is full at times */
#define READ_BYTES   1024u
#define BUFFER_BYTES (STK_STORE_BUFFER_BYTES(STK_FLASH_UNIT_MAX, STK_FLASH_UNIT_MAX) + READ_BYTES)

struct store_shape {
    const char *name;
    struct stk_flash_geometry geometry;
    uint32_t laps;   /* length of the workload */
    uint32_t weight; /* weight of this shape when the cuts are divided among the shapes */
    uint32_t bad;    /* most blocks that are bad at one time */
    uint32_t sector; /* bytes of a sector of a lazy medium */
    uint32_t align;  /* addresses of buffers are multiples of this; 0: any address */
};

/* All that a copy has to keep but the flash. The buffer comes last: a copy takes as much of it as is used. */
struct state {
    struct model model;
    bool partial; /* the latest mount met reads that failed: it may have missed artifacts */
    struct stk_store store;
    _Alignas(64) uint8_t index[STK_ARENA_BYTES(STK_STORE_BYTES(ENTRIES))];
    _Alignas(4096) uint8_t buffer[BUFFER_BYTES];
};

struct world {
    const struct store_shape *shape;
    struct tap tap;
    struct state s;
    uint32_t records;  /* stats.records of the log when a put began */
    bool full;         /* the put has to let an artifact go */
    uint32_t left_out; /* artifacts that the latest mount said it had no room for */
    const char *wrong; /* the first thing, NULL when there is none */
    uint32_t where;    /* the key, as a rule */
};

struct world_copy {
    struct stk_sim_flash flash;
    struct state s;
};

/* Makes the flash of a shape in `memory`, with an empty store. Each world and each copy needs memory of its own. */
void world_init(struct world *w, const struct store_shape *shape, enum plant plant, void *memory, size_t bytes);
void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes);
void world_save(const struct world *w, struct world_copy *copy);
void world_restore(struct world *w, const struct world_copy *copy);

/* Switches the power on and mounts the store. If `luck` is not 0, some reads fail at first; if that mount fails, mounts
 * again when reads work. */
void world_mount(struct world *w, uint64_t luck);

/* Checks every artifact of the store. */
void world_check(struct world *w);

/* Checks the store as world_check while some reads fail, and once more when reads work. */
void world_check_shaken(struct world *w, uint64_t luck);

static inline void world_mount_and_check(struct world *w) {
    world_mount(w, 0);
    world_check(w);
}

/* Makes the call that `dice` chooses: put, remove, poll, or a mount without a cut. Returns false when the power was
 * cut. */
bool world_call(struct world *w, uint64_t dice);

/* Makes a few blocks in a row bad, each in a way of its own, as far as the shape allows; or makes bad blocks good
 * again. */
void world_go_bad(struct world *w, uint64_t luck);
void world_heal(struct world *w);

/// For the parts of a world ///

void world_fail(struct world *w, const char *wrong, uint32_t where);
const uint8_t *world_key(uint32_t k);
void world_shake(struct world *w, uint64_t luck);

#endif
