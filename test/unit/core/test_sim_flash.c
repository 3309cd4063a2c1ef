#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define ZONE_MAX 16384u
#include "red_zone.h"
#include "sim_flash_rig.h"

static _Alignas(64) uint8_t memory_b[sizeof memory_a]; /* memory of a copy */

/// Shape ///

static void bytes_are_macro_query_and_use(void **state) {
    static const uint32_t units[] = {1, 4, 64, 256};
    struct stk_sim_flash f;
    struct stk_arena arena;
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        struct stk_sim_flash_config config = shape(units[i / 2], STK_FLASH_ONCE, 0xFF);
        size_t bytes = 0;
        config.geometry.lazy = i % 2;
        assert_int_equal(stk_sim_flash_bytes(&config.geometry, &bytes), STK_OK);
        assert_int_equal(bytes, i % 2 != 0 ? STK_SIM_FLASH_LAZY_BYTES(BLOCKS, BLOCK, units[i / 2])
                                           : STK_SIM_FLASH_BYTES(BLOCKS, BLOCK, units[i / 2]));
        void *mem = zone_paint();
        stk_arena_init(&arena, mem, bytes - 1);
        assert_int_equal(stk_sim_flash_init(&f, &config, &arena), STK_E_SPACE);
        assert_true(zone_intact(0) && arena.need == bytes && arena.used == 0);
        stk_arena_init(&arena, mem, bytes);
        assert_int_equal(stk_sim_flash_init(&f, &config, &arena), STK_OK);
        assert_true(arena.used == bytes && zone_used() == bytes);
        f.prog_cut = STK_SIM_PROG_UNSTABLE;
        for (uint32_t b = 0; b < BLOCKS; b++) {
            assert_int_equal(ops->prog(&f, b, 0, data, BLOCK), STK_OK);
            f.cut_at = f.steps + 3;
            assert_int_equal(ops->erase(&f, b), STK_E_IO);
            stk_sim_flash_power_on(&f);
        }
        assert_true(zone_intact(bytes));
    }
}

static void expect_impossible(uint32_t read_unit, uint32_t prog_unit, uint32_t block, uint32_t blocks, uint8_t erased,
                              uint8_t rewrite, int err) {
    struct stk_sim_flash_config config = {.geometry = geometry(read_unit, prog_unit, block, blocks, erased, rewrite)};
    struct stk_sim_flash f = {.stride = 5};
    struct stk_arena arena;
    size_t bytes = 7;
    stk_arena_init(&arena, memory_a, sizeof memory_a);
    assert_int_equal(stk_sim_flash_bytes(&config.geometry, &bytes), err);
    assert_int_equal(stk_sim_flash_init(&f, &config, &arena), err);
    assert_true(bytes == 7 && f.stride == 5 && arena.used == 0);
}

static void shapes_that_cannot_be_are_refused(void **state) {
    struct stk_sim_flash_config config = shape(1, STK_FLASH_ONCE, 0xFF);
    struct stk_sim_flash f;
    struct stk_arena arena;
    (void)state;
    expect_impossible(0, 1, 256, 2, 0xFF, 0, STK_E_ARG);
    expect_impossible(1, 3, 256, 2, 0xFF, 0, STK_E_ARG);
    expect_impossible(16385, 1, 16385, 2, 0xFF, 0, STK_E_ARG);
    expect_impossible(1, 64, 96, 2, 0xFF, 0, STK_E_ARG);
    expect_impossible(64, 1, 96, 2, 0xFF, 0, STK_E_ARG);
    expect_impossible(1, 1, 0, 2, 0xFF, 0, STK_E_ARG);
    expect_impossible(1, 1, 256, 0, 0xFF, 0, STK_E_ARG);
    expect_impossible(1, 1, 256, 2, 0x7F, 0, STK_E_ARG);
    expect_impossible(1, 1, 256, 2, 0xFF, 4, STK_E_ARG);
    expect_impossible(1, 1, UINT32_MAX, 2, 0xFF, 0, STK_E_OVERFLOW);
    stk_arena_init(&arena, memory_a, sizeof memory_a);
    assert_int_equal(stk_sim_flash_init(NULL, &config, &arena), STK_E_ARG);
    assert_int_equal(stk_sim_flash_init(&f, NULL, &arena), STK_E_ARG);
    assert_int_equal(stk_sim_flash_init(&f, &config, NULL), STK_E_ARG);
    config.sector = 63;
    assert_int_equal(stk_sim_flash_init(&f, &config, &arena), STK_E_ARG);
}

static void tells_its_geometry(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_INVERT);
    struct stk_flash_geometry g;
    (void)state;
    ops->geometry(&f, &g);
    assert_true(g.read_unit == 1 && g.prog_unit == 8 && g.block_bytes == BLOCK && g.blocks == BLOCKS);
    assert_true(g.erased == 0xFF && g.rewrite == STK_FLASH_INVERT);
}

/// Counts and copies ///

static void everything_is_counted(void **state) {
    struct stk_sim_flash_config config = shape(8, STK_FLASH_ONCE, 0xFF);
    (void)state;
    config.cost = (struct stk_sim_flash_cost){100, 2500, 1000, 50000};
    struct stk_sim_flash f = flash_over(memory_a, config);
    assert_int_equal(prog(&f, 0, 64), STK_OK);
    assert_int_equal(ops->read(&f, 1, 0, seen, 10), STK_OK);
    assert_int_equal(stk_sim_flash_interval(&f), 8000 + 125);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_int_equal(ops->sync(&f), STK_OK);
    assert_int_equal(stk_sim_flash_interval(&f), 50000);
    assert_int_equal(stk_sim_flash_interval(&f), 0);
    assert_true(f.counts.reads == 1 && f.counts.programs == 1 && f.counts.erases == 1 && f.counts.syncs == 1);
    assert_true(f.counts.read_bytes == 10 && f.counts.prog_bytes == 64);
    assert_true(f.counts.ns == 58125 && f.counts.worst_ns == 50000);
    assert_true(stk_sim_flash_block(&f, 1)->erases == 1 && stk_sim_flash_block(&f, 0)->erases == 0);
}

static void expect_same(const struct stk_sim_flash *a, const struct stk_sim_flash *b) {
    for (uint32_t i = 0; i < BLOCKS; i++) {
        assert_memory_equal(stk_sim_flash_block(a, i), stk_sim_flash_block(b, i), a->stride);
    }
    assert_true(a->steps == b->steps && a->rng == b->rng && a->off == b->off);
}

/* After a copy was restored, the same calls leave the same bytes. */
static void a_copy_replays(void **state) {
    struct stk_sim_flash f = flash_of(1, STK_FLASH_ONCE);
    struct stk_sim_flash copy = flash_over(memory_b, shape(1, STK_FLASH_ONCE, 0xFF));
    uint8_t first[BLOCK];
    (void)state;
    assert_int_equal(prog(&f, 0, 64), STK_OK);
    cut_prog(&f, STK_SIM_PROG_UNSTABLE, 9, 64);
    stk_sim_flash_copy(&copy, &f);
    expect_same(&copy, &f);
    for (uint32_t i = 0; i < 3; i++) {
        stk_sim_flash_power_on(&f);
        cut_prog(&f, STK_SIM_PROG_TORN, 32, 128);
        assert_memory_equal(i == 0 ? stk_sim_flash_data(&f, 1) : first, stk_sim_flash_data(&f, 1), BLOCK);
        memcpy(first, stk_sim_flash_data(&f, 1), BLOCK);
        assert_int_equal(ops->erase(&f, i), STK_OK);
        stk_sim_flash_copy(&f, &copy);
        expect_same(&copy, &f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_macro_query_and_use),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(tells_its_geometry),
        cmocka_unit_test(everything_is_counted),
        cmocka_unit_test(a_copy_replays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
