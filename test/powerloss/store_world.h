/* A store on simulated flash, what may be in it, and copies of both. */
#ifndef POWERLOSS_STORE_WORLD_H
#define POWERLOSS_STORE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/port/sim_flash.h"
#include "stoker/store.h"

#define KEYS      6u
#define ENTRIES   5u /* so that the index is full at times */
#define HISTORY   32u
#define OPS_MAX   256u
#define BYTES_MAX 4096u

/* Mistakes that the test must notice. */
enum plant {
    PLANT_NONE = 0,
    PLANT_LATE_PROGRAM,  /* the last program before a cut is undone by it */
    PLANT_NO_TAIL,       /* a call returns before its last program */
    PLANT_WIDE_ERASE,    /* an erase takes the next block along */
    PLANT_FLIPPED_READ,  /* now and then a bit is read wrong */
    PLANT_NO_ERASE,      /* erases do nothing */
    PLANT_SWAPPED_INDEX, /* mount takes one artifact for another */
    PLANT_FEW_KEPT,      /* and passes over the newest */
    PLANTS
};

/* Something that was done to a key. */
struct deed {
    uint32_t tag, bytes; /* of the artifact put */
    bool put;            /* else removed */
    bool firm;           /* the call returned */
    bool erasing;        /* an erase of a block that it is in was begun */
    uint32_t blocks;     /* a bit for each that it is in */
};

/* The deeds that may still be on the flash, oldest first. */
struct history {
    uint32_t n;
    struct deed deed[HISTORY];
};

/* An operation on the flash, as the cuts are placed. */
struct op {
    uint64_t first; /* step */
    uint32_t steps;
    bool erase;
};

/* All that a copy has to keep but the flash. */
struct state {
    struct history key[KEYS];
    uint32_t tags; /* given so far */
    struct stk_store store;
    uint8_t index[STK_ARENA_BYTES(STK_STORE_BYTES(ENTRIES))];
    uint8_t buffer[STK_STORE_BUFFER_BYTES(1, STK_FLASH_UNIT_MAX) + 2048u];
};

struct world {
    struct stk_sim_flash flash;
    struct state s;
    enum plant plant;
    uint32_t wrote;       /* blocks that records went to since the call began, or since the last drop */
    uint32_t wrote_first; /* the first of them since it began */
    uint32_t records;     /* of the log when a put began */
    bool full;            /* it has to let an artifact go */
    uint32_t left_out;    /* artifacts that the latest mount said it had no room for */
    uint32_t reads;
    uint32_t n_ops;
    struct op ops[OPS_MAX];
    uint32_t late_block, late_offset, late_bytes;
    uint8_t late[STK_FLASH_UNIT_MAX];
    const char *wrong; /* the first thing */
    uint32_t where;
};

struct world_copy {
    struct stk_sim_flash flash;
    struct state s;
};

size_t world_flash_bytes(const struct stk_flash_geometry *g);
void world_init(struct world *w, const struct stk_flash_geometry *g, enum plant plant, void *memory, size_t bytes);
void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes);
void world_save(const struct world *w, struct world_copy *copy);
void world_restore(struct world *w, const struct world_copy *copy);

/* Power comes back, the store is mounted and all of it is read. */
void world_mount_and_check(struct world *w);

/* One call that follows from `dice`: put, remove, poll, or a mount without a cut. Returns false when the power went. */
bool world_call(struct world *w, uint64_t dice);

static inline uint64_t world_hash(uint64_t a, uint64_t b) {
    uint64_t x = (a + 1) * 0x9E3779B97F4A7C15u + b * 0xD1B54A32D192ED03u;
    x = (x ^ x >> 31) * 0xBF58476D1CE4E5B9u;
    return x ^ x >> 29;
}

#endif
