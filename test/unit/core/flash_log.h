/* A log on simulated flash of any geometry, for the tests of the log. Included once in a test, after cmocka. */
#ifndef FLASH_LOG_H
#define FLASH_LOG_H

#include <string.h>

#include "stoker/log.h"
#include "stoker/port/sim_flash.h"

#define WORLD_ID 0x1234567u

/* Larger units come in blocks of few pages; every rule, erased value and kind of unit is there. */
static const struct stk_flash_geometry geometries[] = {
    {1, 1, 256, 4, 0xFF, STK_FLASH_MANY, 0},        {1, 8, 256, 3, 0xFF, STK_FLASH_INVERT, 0},
    {1, 16, 512, 5, 0x00, STK_FLASH_ONCE, 0},       {4, 32, 512, 4, 0xFF, STK_FLASH_ANY, 0},
    {1, 64, 128, 3, 0xFF, STK_FLASH_MANY, 0},       {64, 64, 192, 7, 0x00, STK_FLASH_INVERT, 0},
    {4, 64, 1024, 6, 0xFF, STK_FLASH_MANY, 1},      {256, 64, 1024, 8, 0xFF, STK_FLASH_MANY, 0},
    {1, 128, 1024, 4, 0xFF, STK_FLASH_INVERT, 0},   {1, 256, 1024, 6, 0x00, STK_FLASH_MANY, 0},
    {16, 512, 2048, 4, 0xFF, STK_FLASH_ONCE, 0},    {1, 1024, 1024, 5, 0xFF, STK_FLASH_MANY, 0},
    {2048, 2048, 4096, 4, 0xFF, STK_FLASH_ONCE, 1}, {1, 4096, 8192, 4, 0x00, STK_FLASH_ANY, 1},
    {4096, 4096, 4096, 4, 0x00, STK_FLASH_ANY, 0},  {1, 1, 128, 4, 0xFF, STK_FLASH_ONCE, 1},
    {4096, 1, 4096, 3, 0xFF, STK_FLASH_MANY, 0},
};
#define GEOMETRIES (sizeof geometries / sizeof *geometries)

#define WORLD_FLASH_BYTES 196608u

static struct flash_log {
    struct stk_sim_flash flash;
    struct stk_log log;
    struct stk_log_iter iter;
    _Alignas(64) uint8_t memory[WORLD_FLASH_BYTES];
    uint8_t page[STK_LOG_BUFFER_BYTES(STK_FLASH_UNIT_MAX, STK_FLASH_UNIT_MAX)];
    uint8_t walk[2u * STK_LOG_BUFFER_BYTES(STK_FLASH_UNIT_MAX, STK_FLASH_UNIT_MAX)];
    uint32_t seen, first, last, resumed; /* counts and sequences that the last walk found */
} world;

static inline struct stk_log_config world_config(void) {
    return (struct stk_log_config){
        {&stk_sim_flash_ops, &world.flash}, world.page, stk_log_buffer_bytes(&world.flash.config.geometry)};
}

/* Makes a flash without a log. */
static inline void world_flash(const struct stk_flash_geometry *g) {
    const struct stk_sim_flash_config config = {.geometry = *g, .seed = 5};
    struct stk_arena arena;
    memset(&world, 0, sizeof world);
    stk_arena_init(&arena, world.memory, sizeof world.memory);
    assert_int_equal(stk_sim_flash_init(&world.flash, &config, &arena), STK_OK);
}

/* Makes an empty log whose first record gets number `sequence`. */
static inline void world_open(const struct stk_flash_geometry *g, uint32_t sequence) {
    struct stk_log_config config;
    world_flash(g);
    config = world_config();
    assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, sequence), STK_OK);
}

/* Switches the power off and on, and mounts the log. */
static inline void world_remount(void) {
    const struct stk_log_config config = world_config();
    stk_sim_flash_power_on(&world.flash);
    memset(world.page, 0x5A, sizeof world.page);
    assert_int_equal(stk_log_mount(&world.log, &config), STK_OK);
}

/* Returns a record whose fields all follow from `n`. */
static inline struct stk_log_record record_of(uint32_t n) {
    struct stk_log_record r = {.timestamp_ns = UINT64_C(1000000007) * n,
                               .slot = n % 64u,
                               .tenant = n * 3u,
                               .opcode = 0x40000000u + n,
                               .args = {n, ~n, n << 7, 1},
                               .epoch = n / 10u,
                               .sequence = n,
                               .kind = n % 6u,
                               .status = n % 256u,
                               .failure = n % 5u,
                               .error = (int32_t)(n % 65536u) - 32768,
                               .digest = UINT64_C(0x9E3779B97F4A7C15) * n};
    return r;
}

/* Returns true if the record is record_of(its sequence). */
static inline void assert_whole(const struct stk_log_record *r) {
    struct stk_log_record want = record_of(r->sequence);
    assert_true(r->timestamp_ns == want.timestamp_ns && r->digest == want.digest);
    assert_true(r->slot == want.slot && r->tenant == want.tenant && r->opcode == want.opcode);
    assert_memory_equal(r->args, want.args, sizeof want.args);
    assert_true(r->epoch == want.epoch && r->kind == want.kind && r->status == want.status);
    assert_true(r->failure == want.failure && r->error == want.error && r->resumed <= 1u);
}

static inline void world_append(uint32_t count) {
    while (count-- != 0u) {
        struct stk_log_record r = record_of(world.log.sequence);
        assert_int_equal(stk_log_append(&world.log, &r), STK_OK);
    }
}

static inline struct stk_log_iter *world_iterate(void) {
    assert_int_equal(stk_log_iterate(&world.log, &world.iter, world.walk, sizeof world.walk), STK_OK);
    return &world.iter;
}

/* Walks all, each record whole and after the one before. Returns how many. */
static inline uint32_t world_walk(void) {
    struct stk_log_record r;
    world.seen = 0;
    world.resumed = 0;
    world_iterate();
    while (stk_log_next(&world.iter, &r) == 1) {
        assert_whole(&r);
        assert_true(world.seen == 0 || (int32_t)(r.sequence - world.last) > 0);
        world.first = world.seen == 0 ? r.sequence : world.first;
        world.last = r.sequence;
        world.resumed += r.resumed;
        world.seen++;
    }
    assert_int_equal(world.iter.records, world.seen);
    return world.seen;
}

/* Returns the most records that a lap of the flash holds. */
static inline uint32_t lap_of(const struct stk_flash_geometry *g) {
    return g->blocks * (g->block_bytes / STK_LOG_CELL_BYTES - 1u);
}

/* Returns the number of cells that one program writes. */
static inline uint32_t page_of(const struct stk_flash_geometry *g) {
    return g->prog_unit > STK_LOG_CELL_BYTES ? g->prog_unit / STK_LOG_CELL_BYTES : 1u;
}

static inline int rules_kept(void) {
    return world.flash.violation.rule == STK_SIM_FLASH_KEPT;
}

#endif
