/* A store on simulated flash of any geometry, for the tests of the store. Included once in a test, after cmocka. */
#ifndef FLASH_STORE_H
#define FLASH_STORE_H

#include <string.h>

#include "stoker/port/sim_flash.h"
#include "stoker/store.h"

/* Every rule, erased value and kind of unit; large units in blocks of few pages. */
static const struct stk_flash_geometry geometries[] = {
    {1, 1, 512, 6, 0xFF, STK_FLASH_MANY, 0},        {1, 8, 512, 8, 0xFF, STK_FLASH_INVERT, 0},
    {1, 16, 512, 5, 0x00, STK_FLASH_ONCE, 0},       {4, 32, 1024, 4, 0xFF, STK_FLASH_ANY, 1},
    {1, 64, 256, 7, 0xFF, STK_FLASH_MANY, 0},       {64, 64, 192, 9, 0x00, STK_FLASH_INVERT, 0},
    {4, 64, 1024, 6, 0xFF, STK_FLASH_MANY, 1},      {256, 64, 1024, 8, 0xFF, STK_FLASH_MANY, 0},
    {1, 128, 1024, 6, 0xFF, STK_FLASH_INVERT, 0},   {1, 256, 1024, 8, 0x00, STK_FLASH_MANY, 0},
    {16, 512, 2048, 5, 0xFF, STK_FLASH_ONCE, 0},    {1, 1024, 1024, 8, 0xFF, STK_FLASH_MANY, 0},
    {2048, 2048, 4096, 5, 0xFF, STK_FLASH_ONCE, 1}, {4096, 4096, 4096, 5, 0x00, STK_FLASH_ANY, 0},
    {1, 1, 128, 20, 0xFF, STK_FLASH_MANY, 0},
};
#define GEOMETRIES (sizeof geometries / sizeof *geometries)

#define ENTRIES    8u /* entries of the index, unless a test needs more */
#define KEYS       32u
#define BYTES_MAX  16384u
#define STORE_ID   0x57u
#define READ_BYTES 512u /* bytes of the buffer beyond the least size */

static struct flash_store {
    struct stk_sim_flash flash;
    struct stk_store store;
    struct stk_error_info info;
    _Alignas(64) uint8_t memory[131072];
    _Alignas(64) uint8_t index[STK_STORE_BYTES(ENTRIES)];
    uint8_t buffer[STK_STORE_BUFFER_BYTES(STK_FLASH_UNIT_MAX, STK_FLASH_UNIT_MAX) + READ_BYTES];
    uint8_t data[BYTES_MAX];
    uint32_t dropped[KEYS]; /* how often each key was reported */
    uint32_t drops;
} world;

/* Returns key number k. The keys differ only in their last bytes. */
static inline const uint8_t *key_of(uint32_t k) {
    static uint8_t key[STK_STORE_KEY_BYTES];
    memset(key, 0xA5, sizeof key);
    key[31] = (uint8_t)k;
    return key;
}

static inline void on_dropped(void *ctx, const uint8_t *key, uint32_t bytes) {
    struct flash_store *w = ctx;
    assert_true(key[0] == 0xA5 && key[30] == 0xA5 && bytes <= BYTES_MAX && key[31] < KEYS);
    w->dropped[key[31]]++;
    w->drops++;
}

static inline struct stk_store_config config_of(const struct stk_flash_geometry *g, uint32_t entries) {
    const struct stk_store_config config = {{&stk_sim_flash_ops, &world.flash},
                                            world.buffer,
                                            stk_store_buffer_bytes(g) + READ_BYTES,
                                            entries,
                                            on_dropped,
                                            &world};
    return config;
}

/* Makes a store with an index of `entries` in a cleared struct, in as much memory as the macro says. */
static inline void world_init(uint32_t entries) {
    const struct stk_store_config config = config_of(&world.flash.config.geometry, entries);
    struct stk_arena arena;
    stk_arena_init(&arena, world.index, STK_STORE_BYTES(entries));
    assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_OK);
}

/* Makes an empty store with an index of ENTRIES. */
static inline void world_open(const struct stk_flash_geometry *g) {
    const struct stk_sim_flash_config config = {.geometry = *g, .seed = 7};
    struct stk_arena arena;
    memset(&world, 0, sizeof world);
    stk_arena_init(&arena, world.memory, sizeof world.memory);
    assert_int_equal(stk_sim_flash_init(&world.flash, &config, &arena), STK_OK);
    world_init(ENTRIES);
    assert_int_equal(stk_store_format(&world.store, STORE_ID), STK_OK);
}

/* Switches the power off and on, and mounts the store. Returns the result of mount. */
static inline int world_mount(void) {
    stk_sim_flash_power_on(&world.flash);
    memset(world.buffer, 0x5A, sizeof world.buffer);
    return stk_store_mount(&world.store, &world.info);
}

static inline void content(uint8_t *data, uint32_t tag, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(tag * 7u + i * 13u + (i >> 8));
    }
}

static inline int put(uint32_t k, uint32_t tag, uint32_t bytes) {
    const struct stk_span span = {world.data, bytes};
    content(world.data, tag, bytes);
    return stk_store_put(&world.store, key_of(k), &span, 1);
}

/* Gets key k. Returns what the call does; 1 means that it is content `tag`, too. */
static inline int got(uint32_t k, uint32_t tag, uint32_t bytes) {
    static uint8_t back[BYTES_MAX], want[BYTES_MAX];
    uint32_t size = 0;
    int err = stk_store_get(&world.store, key_of(k), back, sizeof back, &size);
    if (err == 1) {
        content(want, tag, bytes);
        assert_int_equal(size, bytes);
        assert_memory_equal(back, want, bytes);
    }
    return err;
}

static inline int has(uint32_t k) {
    return stk_store_find(&world.store, key_of(k), NULL);
}

/* Returns the entry of the index for key k, which must be in the index. Tests damage the artifact through it. */
static inline struct stk_store_artifact *entry_of(uint32_t k) {
    struct stk_store_entry *e = world.store.entry + 1;
    while (memcmp(e->artifact.key, key_of(k), STK_STORE_KEY_BYTES) != 0) {
        e++;
    }
    return &e->artifact;
}

static inline struct stk_store_stats stats(void) {
    struct stk_store_stats s;
    stk_store_stats(&world.store, &s);
    return s;
}

static inline int rules_kept(void) {
    return world.flash.violation.rule == STK_SIM_FLASH_KEPT;
}

#endif
