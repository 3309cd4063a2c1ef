#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/port/sim_flash.h"

/// Helpers ///

#define BLOCK  256u
#define BLOCKS 3u
#define BYTES  64u /* of most programs here */

static const struct stk_flash_ops *const ops = &stk_sim_flash_ops;
static uint8_t data[BLOCK], seen[BLOCK];

static struct stk_flash_geometry geometry(uint32_t read_unit, uint32_t prog_unit, uint32_t block, uint32_t blocks,
                                          uint8_t erased, uint8_t rewrite) {
    return (struct stk_flash_geometry){.read_unit = read_unit,
                                       .prog_unit = prog_unit,
                                       .block_bytes = block,
                                       .blocks = blocks,
                                       .erased = erased,
                                       .rewrite = rewrite};
}

static struct stk_sim_flash_config shape(uint32_t prog_unit, uint8_t rewrite, uint8_t erased) {
    return (struct stk_sim_flash_config){.geometry = geometry(1, prog_unit, BLOCK, BLOCKS, erased, rewrite),
                                         .seed = 77};
}

static struct stk_sim_flash flash_over(uint8_t *memory, struct stk_sim_flash_config config) {
    struct stk_sim_flash flash;
    struct stk_arena arena;
    stk_arena_init(&arena, memory, STK_SIM_FLASH_BYTES(BLOCKS, BLOCK, 1));
    assert_int_equal(stk_sim_flash_init(&flash, &config, &arena), STK_OK);
    for (uint32_t i = 0; i < BLOCK; i++) {
        data[i] = (uint8_t)(i * 7 + 1);
    }
    return flash;
}

STK_SIM_FLASH_DEFINE(memory_a, BLOCKS, BLOCK, 1);
STK_SIM_FLASH_DEFINE(memory_b, BLOCKS, BLOCK, 1);

static struct stk_sim_flash flash_of(uint32_t prog_unit, uint8_t rewrite) {
    return flash_over(memory_a, shape(prog_unit, rewrite, 0xFF));
}

static int prog(struct stk_sim_flash *f, uint32_t offset, uint32_t bytes) {
    return ops->prog(f, 1, offset, data, bytes);
}

static const uint8_t *read_all(struct stk_sim_flash *f, uint32_t block) {
    assert_int_equal(ops->read(f, block, 0, seen, BLOCK), STK_OK);
    return seen;
}

static uint32_t count_of(const uint8_t *bytes, uint32_t n, uint8_t value) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        count += bytes[i] == value;
    }
    return count;
}

static void expect_rule(struct stk_sim_flash *f, int result, enum stk_sim_flash_rule rule) {
    static struct stk_sim_flash_violation none;
    assert_int_equal(f->violation.rule, rule);
    assert_int_equal(result, rule == STK_SIM_FLASH_KEPT ? STK_OK : STK_E_RANGE);
    f->violation = none;
}

/* Cuts the next program at its step k; power is back afterwards. */
static void cut_prog(struct stk_sim_flash *f, enum stk_sim_prog_cut how, uint32_t k, uint32_t offset) {
    f->prog_cut = how;
    f->cut_at = f->steps + k;
    assert_int_equal(prog(f, offset, BYTES), STK_E_IO);
    assert_true(f->off);
    stk_sim_flash_power_on(f);
}

static void cut_erase(struct stk_sim_flash *f, enum stk_sim_erase_cut how, uint32_t k) {
    f->erase_cut = how;
    f->cut_at = f->steps + k;
    assert_int_equal(ops->erase(f, 1), STK_E_IO);
    stk_sim_flash_power_on(f);
}

/// Shape ///

static void bytes_are_macro_query_and_use(void **state) {
    static const uint32_t units[] = {1, 4, 64, 256};
    struct stk_sim_flash f;
    struct stk_arena arena;
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_sim_flash_config config = shape(units[i], STK_FLASH_ONCE, 0xFF);
        size_t bytes = 0;
        assert_int_equal(stk_sim_flash_bytes(&config.geometry, &bytes), STK_OK);
        assert_int_equal(bytes, STK_SIM_FLASH_BYTES(BLOCKS, BLOCK, units[i]));
        void *mem = zone_paint();
        stk_arena_init(&arena, mem, bytes - 1);
        assert_int_equal(stk_sim_flash_init(&f, &config, &arena), STK_E_SPACE);
        assert_true(zone_intact(0) && arena.need == bytes && arena.used == 0);
        stk_arena_init(&arena, mem, bytes);
        assert_int_equal(stk_sim_flash_init(&f, &config, &arena), STK_OK);
        assert_true(arena.used == bytes && zone_used() == bytes);
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
    expect_impossible(8192, 1, 8192, 2, 0xFF, 0, STK_E_ARG);
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
}

static void tells_its_geometry(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_INVERT);
    struct stk_flash_geometry g;
    (void)state;
    ops->geometry(&f, &g);
    assert_true(g.read_unit == 1 && g.prog_unit == 8 && g.block_bytes == BLOCK && g.blocks == BLOCKS);
    assert_true(g.erased == 0xFF && g.rewrite == STK_FLASH_INVERT);
}

/// Rules ///

static void what_is_programmed_is_read(void **state) {
    (void)state;
    for (uint32_t erased = 0; erased <= 0xFF; erased += 0xFF) {
        struct stk_sim_flash f = flash_over(memory_a, shape(4, STK_FLASH_ONCE, (uint8_t)erased));
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)erased), BLOCK);
        expect_rule(&f, prog(&f, 64, 128), STK_SIM_FLASH_KEPT);
        assert_memory_equal(read_all(&f, 1) + 64, data, 128);
        assert_int_equal(count_of(seen, 64, (uint8_t)erased), 64);
        assert_int_equal(count_of(seen + 192, 64, (uint8_t)erased), 64);
        assert_memory_equal(stk_sim_flash_data(&f, 1), seen, BLOCK);
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)erased), BLOCK);
        expect_rule(&f, prog(&f, 0, 128), STK_SIM_FLASH_KEPT);
    }
}

static void places_are_checked(void **state) {
    static const uint32_t bad[][3] = {{3, 0, 64},          {1, 2, 64},         {1, 0, 62},   {1, 0, 0},
                                      {1, 256, 4},         {1, 4, 256},        {1, 300, 64}, {1, 64, 0xFFFFFFC4u},
                                      {UINT32_MAX, 0, 64}, {1, 0xFFFFFFFCu, 8}};
    struct stk_sim_flash_config config = shape(4, STK_FLASH_ONCE, 0xFF);
    (void)state;
    config.geometry.read_unit = 4;
    struct stk_sim_flash f = flash_over(memory_a, config);
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const uint32_t *b = bad[i];
        expect_rule(&f, ops->prog(&f, b[0], b[1], data, b[2]), STK_SIM_FLASH_PLACE);
        expect_rule(&f, ops->read(&f, b[0], b[1], seen, b[2]), STK_SIM_FLASH_PLACE);
    }
    expect_rule(&f, ops->erase(&f, BLOCKS), STK_SIM_FLASH_PLACE);
    assert_true(f.counts.reads == 0 && f.counts.programs == 0 && f.counts.erases == 0 && f.steps == 0);
}

static void a_unit_is_programmed_once(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
    expect_rule(&f, prog(&f, 56, 16), STK_SIM_FLASH_TWICE);
    memset(data, 0, 64);
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
    memset(data, 0xFF, 64);
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    expect_rule(&f, prog(&f, 56, 16), STK_SIM_FLASH_KEPT);
}

static void only_the_first_violation_is_kept(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 64, 64), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_OK);
    assert_int_equal(prog(&f, 96, 16), STK_E_RANGE);
    assert_int_equal(prog(&f, 0, 3), STK_E_RANGE);
    assert_true(f.violation.rule == STK_SIM_FLASH_TWICE && f.violation.block == 1 && f.violation.offset == 96);
    assert_true(f.violation.bytes == 16 && f.violation.operation == 2);
}

static void units_may_only_be_inverted(void **state) {
    (void)state;
    for (uint32_t erased = 0; erased <= 0xFF; erased += 0xFF) {
        struct stk_sim_flash f = flash_over(memory_a, shape(8, STK_FLASH_INVERT, (uint8_t)erased));
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
        memset(data, (int)(0xFF - erased), 64);
        data[40] ^= 1;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
        data[40] ^= 1;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)(0xFF - erased)), 64);
    }
}

static void bits_only_leave_the_erased_value(void **state) {
    (void)state;
    for (uint32_t erased = 0; erased <= 0xFF; erased += 0xFF) {
        struct stk_sim_flash f = flash_over(memory_a, shape(1, STK_FLASH_MANY, (uint8_t)erased));
        memset(data, 0x3C, 64);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        data[63] = erased == 0xFF ? 0x18 : 0x7E;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        assert_memory_equal(read_all(&f, 1), data, 64);
        data[63] = 0x3C;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_BITS);
        f.config.strict_once = true;
        expect_rule(&f, prog(&f, 0, 63), STK_SIM_FLASH_TWICE);
        memset(data, (int)(0xFF - erased), 64);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
    }
}

static void units_are_programmed_in_order(void **state) {
    static const uint8_t rewrites[] = {STK_FLASH_ONCE, STK_FLASH_INVERT, STK_FLASH_MANY};
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct stk_sim_flash f = flash_of(16, rewrites[i]);
        expect_rule(&f, prog(&f, 64, 32), STK_SIM_FLASH_KEPT);
        expect_rule(&f, prog(&f, 0, 32), STK_SIM_FLASH_ORDER);
        expect_rule(&f, prog(&f, 48, 16), STK_SIM_FLASH_ORDER);
        expect_rule(&f, prog(&f, 128, 32), STK_SIM_FLASH_KEPT);
        expect_rule(&f, ops->prog(&f, 0, 0, data, 16), STK_SIM_FLASH_KEPT);
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        expect_rule(&f, prog(&f, 0, 32), STK_SIM_FLASH_KEPT);
    }
}

static void some_media_take_anything(void **state) {
    struct stk_sim_flash f = flash_of(1, STK_FLASH_ANY);
    (void)state;
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_KEPT);
    expect_rule(&f, prog(&f, 0, 128), STK_SIM_FLASH_KEPT);
    assert_memory_equal(read_all(&f, 1), data, 128);
    cut_erase(&f, STK_SIM_ERASE_GARBAGE, 4);
    expect_rule(&f, prog(&f, 0, 256), STK_SIM_FLASH_KEPT);
    assert_memory_equal(read_all(&f, 1), data, 256);
}

static void rules_have_names(void **state) {
    (void)state;
    for (int i = 0; i < STK_SIM_FLASH_RULES; i++) {
        assert_true(strlen(stk_sim_flash_rule_name((enum stk_sim_flash_rule)i)) > 8);
    }
    assert_string_equal(stk_sim_flash_rule_name(STK_SIM_FLASH_RULES), "unknown");
}

/// Power cuts ///

/* Every program cut at every step: what was there before stays, what is there is of the old or the new bytes. */
static void a_cut_program_changes_nothing_else(void **state) {
    static const uint32_t units[] = {1, 8, 64};
    (void)state;
    for (uint32_t i = 0; i < 3 * STK_SIM_PROG_CUTS * (BYTES + 1); i++) {
        uint32_t unit = units[i % 3], how = i / 3 % STK_SIM_PROG_CUTS, k = i / 3 / STK_SIM_PROG_CUTS;
        struct stk_sim_flash f = flash_of(unit, STK_FLASH_ONCE);
        assert_int_equal(prog(&f, 0, 64), STK_OK);
        cut_prog(&f, (enum stk_sim_prog_cut)how, k, 64);
        const uint8_t *bytes = stk_sim_flash_data(&f, 1);
        assert_memory_equal(bytes, data, 64);
        assert_int_equal(count_of(bytes + 128, 128, 0xFF), 128);
        for (uint32_t n = 0; n < 64; n++) {
            assert_int_equal(bytes[64 + n] & data[n], data[n]);
        }
        bool clean = how == STK_SIM_PROG_CLEAN || how == STK_SIM_PROG_TORN;
        assert_memory_equal(bytes + 64, data, clean ? k : 0);
        assert_true(!clean || k / unit * unit + unit >= BYTES ||
                    count_of(bytes + 64 + k / unit * unit + unit, BYTES - unit - k / unit * unit, 0xFF) ==
                        BYTES - unit - k / unit * unit);
        expect_rule(&f, prog(&f, 128, 64), STK_SIM_FLASH_KEPT);
    }
}

static void a_program_that_was_not_begun_can_be_begun(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    cut_prog(&f, STK_SIM_PROG_CLEAN, 0, 0);
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
}

static void a_unit_that_was_begun_is_used(void **state) {
    static const uint32_t steps[STK_SIM_PROG_CUTS] = {17, 16, 1, 16, 16, 16};
    (void)state;
    for (int how = 0; how < STK_SIM_PROG_CUTS; how++) {
        struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
        cut_prog(&f, (enum stk_sim_prog_cut)how, steps[how], 0);
        expect_rule(&f, prog(&f, 16, 8), STK_SIM_FLASH_TWICE);
        int free = how == STK_SIM_PROG_REORDERED || how == STK_SIM_PROG_UNSTABLE;
        expect_rule(&f, prog(&f, 24, 8), free ? STK_SIM_FLASH_TWICE : STK_SIM_FLASH_KEPT);
    }
}

static void no_trace_is_left(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    cut_prog(&f, STK_SIM_PROG_NO_TRACE, 23, 0);
    assert_memory_equal(stk_sim_flash_data(&f, 1), data, 16);
    assert_int_equal(count_of(stk_sim_flash_data(&f, 1) + 16, 240, 0xFF), 240);
    expect_rule(&f, prog(&f, 16, 8), STK_SIM_FLASH_TWICE);
}

static void bytes_may_be_done_in_any_order(void **state) {
    struct stk_sim_flash f = flash_of(1, STK_FLASH_MANY);
    (void)state;
    memset(data, 0, 64);
    cut_prog(&f, STK_SIM_PROG_REORDERED, 32, 0);
    uint32_t front = count_of(stk_sim_flash_data(&f, 1), 32, 0);
    uint32_t back = count_of(stk_sim_flash_data(&f, 1) + 32, 32, 0);
    assert_true(front < 32 && back > 0);
    assert_in_range(front + back, 16, 48);
}

static void unstable_bits_differ_until_inverted(void **state) {
    struct stk_sim_flash f = flash_of(64, STK_FLASH_INVERT);
    uint8_t before[64];
    uint32_t changes = 0;
    (void)state;
    for (uint32_t k = 0; k <= BYTES; k += BYTES) {
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        cut_prog(&f, STK_SIM_PROG_UNSTABLE, k, 64);
        for (uint32_t i = 0; i < 32; i++) {
            memcpy(before, stk_sim_flash_data(&f, 1) + 64, 64);
            stk_sim_flash_power_on(&f);
            changes += memcmp(before, stk_sim_flash_data(&f, 1) + 64, 64) != 0;
        }
    }
    assert_true(changes > 24);
    memset(data, 0, 64);
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_KEPT);
    stk_sim_flash_power_on(&f);
    assert_int_equal(count_of(read_all(&f, 1) + 64, 64, 0), 64);
}

static void a_third_unstable_place_settles_the_first(void **state) {
    struct stk_sim_flash f = flash_of(1, STK_FLASH_MANY);
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        cut_prog(&f, STK_SIM_PROG_UNSTABLE, 0, 64 * i);
    }
    assert_true(f.weak[0].offset == 128 && f.weak[1].offset == 64);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_true(f.weak[0].bytes == 0 && f.weak[1].bytes == 0);
    stk_sim_flash_power_on(&f);
    assert_int_equal(count_of(read_all(&f, 1), BLOCK, 0xFF), BLOCK);
}

static void unreadable_units_fail(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_INVERT);
    (void)state;
    cut_prog(&f, STK_SIM_PROG_UNREADABLE, 20, 64);
    assert_int_equal(ops->read(&f, 1, 0, seen, BLOCK), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 87, seen, 1), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 79, seen, 2), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 0, seen, 80), STK_OK);
    assert_memory_equal(seen + 64, data, 16);
    assert_int_equal(ops->read(&f, 1, 88, seen, 100), STK_OK);
    memset(data, 0, 8);
    expect_rule(&f, prog(&f, 80, 8), STK_SIM_FLASH_KEPT);
    assert_int_equal(count_of(read_all(&f, 1), BLOCK, 0), 8);
}

static void nothing_happens_without_power(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    struct stk_sim_flash_counts counts;
    (void)state;
    assert_int_equal(ops->sync(&f), STK_OK);
    f.cut_at = 20;
    assert_int_equal(prog(&f, 0, 64), STK_E_IO);
    counts = f.counts;
    memcpy(seen, stk_sim_flash_data(&f, 1), BLOCK);
    assert_int_equal(prog(&f, 64, 64), STK_E_IO);
    assert_int_equal(ops->erase(&f, 1), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 0, data, 64), STK_E_IO);
    assert_int_equal(ops->sync(&f), STK_E_IO);
    assert_memory_equal(seen, stk_sim_flash_data(&f, 1), BLOCK);
    assert_memory_equal(&counts, &f.counts, sizeof counts);
    stk_sim_flash_power_on(&f);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
}

/* A cut is placed at a step over all operations. */
static void steps_are_counted_over_everything(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    f.cut_at = 17 + STK_SIM_FLASH_ERASE_STEPS + 5;
    assert_int_equal(prog(&f, 0, 16), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_OK);
    assert_int_equal(ops->read(&f, 0, 0, seen, 8), STK_OK);
    assert_int_equal(prog(&f, 16, 16), STK_E_IO);
    assert_memory_equal(stk_sim_flash_data(&f, 1) + 16, data, 5);
    assert_int_equal(count_of(stk_sim_flash_data(&f, 1) + 21, 3, 0xFF), 3);
}

static void expect_erased_part(uint32_t from, uint32_t to) {
    assert_int_equal(count_of(seen + from, to - from, 0xFF), to - from);
    assert_int_equal(count_of(seen, BLOCK, 0xA0), BLOCK - (to - from));
}

static void a_cut_erase_must_be_done_again(void **state) {
    (void)state;
    for (uint32_t i = 0; i < STK_SIM_ERASE_CUTS * STK_SIM_FLASH_ERASE_STEPS; i++) {
        uint32_t how = i % STK_SIM_ERASE_CUTS, k = i / STK_SIM_ERASE_CUTS, part = BLOCK * k / 9;
        struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
        memset(data, 0xA0, BLOCK);
        assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
        cut_erase(&f, (enum stk_sim_erase_cut)how, k);
        memcpy(seen, stk_sim_flash_data(&f, 1), BLOCK);
        if (k == 0 || (how == STK_SIM_ERASE_NOTHING && k < 9)) {
            expect_erased_part(0, 0);
        } else if (k == 9 || how == STK_SIM_ERASE_LOOKS_DONE) {
            expect_erased_part(0, BLOCK);
        } else if (how == STK_SIM_ERASE_PREFIX) {
            expect_erased_part(0, part);
        } else if (how == STK_SIM_ERASE_SUFFIX) {
            expect_erased_part(BLOCK - part, BLOCK);
        } else {
            assert_in_range(count_of(seen, BLOCK, 0xA0), 1, BLOCK - 1);
        }
        assert_int_equal(stk_sim_flash_block(&f, 1)->erases, k != 0);
        expect_rule(&f, prog(&f, 0, 8),
                    k == 9   ? STK_SIM_FLASH_KEPT
                    : k == 0 ? STK_SIM_FLASH_TWICE
                             : STK_SIM_FLASH_BROKEN);
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        stk_sim_flash_power_on(&f);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, 0xFF), BLOCK);
        expect_rule(&f, prog(&f, 0, 8), STK_SIM_FLASH_KEPT);
    }
}

static void a_shaky_block_reads_differently(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
    cut_erase(&f, STK_SIM_ERASE_UNSTABLE, 4);
    memcpy(data, stk_sim_flash_data(&f, 1), BLOCK);
    stk_sim_flash_power_on(&f);
    assert_memory_not_equal(data, stk_sim_flash_data(&f, 1), BLOCK);
    cut_erase(&f, STK_SIM_ERASE_UNREADABLE, 4);
    assert_int_equal(ops->read(&f, 1, 0, seen, BLOCK), STK_E_IO);
    assert_int_equal(ops->read(&f, 0, 0, seen, BLOCK), STK_OK);
}

/// Faults ///

static void blocks_go_bad(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    f.prog_bad = 1;
    f.erase_bad = 2;
    assert_int_equal(prog(&f, 0, 64), STK_OK);
    assert_int_equal(prog(&f, 64, 64), STK_E_IO);
    assert_memory_equal(stk_sim_flash_data(&f, 1), data, 64);
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_TWICE);
    assert_int_equal(prog(&f, 128, 64), STK_E_IO);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_int_equal(prog(&f, 0, 64), STK_E_IO);
    assert_int_equal(ops->prog(&f, 0, 0, data, 64), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_E_IO);
    assert_int_equal(ops->erase(&f, 0), STK_E_IO);
    assert_int_equal(ops->erase(&f, 2), STK_OK);
    stk_sim_flash_block(&f, 2)->bad_erase = true;
    assert_int_equal(ops->erase(&f, 2), STK_E_IO);
    expect_rule(&f, ops->prog(&f, 2, 0, data, 64), STK_SIM_FLASH_BROKEN);
}

static void damage_is_done_on_demand(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
    stk_sim_flash_flip(&f, 1, 8 * 33 + 5);
    data[33] ^= 1u << 5;
    assert_memory_equal(read_all(&f, 1), data, BLOCK);
    stk_sim_flash_spoil(&f, 1, 40);
    assert_int_equal(ops->read(&f, 1, 47, seen, 1), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 48, seen, 100), STK_OK);
    assert_int_equal(ops->read(&f, 1, 0, seen, 40), STK_OK);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_int_equal(ops->read(&f, 1, 47, seen, 1), STK_OK);
}

/// Counts and copies ///

static void everything_is_counted(void **state) {
    struct stk_sim_flash_config config = shape(8, STK_FLASH_ONCE, 0xFF);
    (void)state;
    config.cost = (struct stk_sim_flash_cost){100, 2500, 1000, 50000};
    struct stk_sim_flash f = flash_over(memory_a, config);
    assert_int_equal(prog(&f, 0, 64), STK_OK);
    assert_int_equal(ops->read(&f, 1, 0, seen, 10), STK_OK);
    assert_int_equal(stk_sim_flash_window(&f), 8000 + 125);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_int_equal(ops->sync(&f), STK_OK);
    assert_int_equal(stk_sim_flash_window(&f), 50000);
    assert_int_equal(stk_sim_flash_window(&f), 0);
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

/* What follows a copy that was taken back is the same, byte for byte. */
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
        cmocka_unit_test(what_is_programmed_is_read),
        cmocka_unit_test(places_are_checked),
        cmocka_unit_test(a_unit_is_programmed_once),
        cmocka_unit_test(only_the_first_violation_is_kept),
        cmocka_unit_test(units_may_only_be_inverted),
        cmocka_unit_test(bits_only_leave_the_erased_value),
        cmocka_unit_test(units_are_programmed_in_order),
        cmocka_unit_test(some_media_take_anything),
        cmocka_unit_test(rules_have_names),
        cmocka_unit_test(a_cut_program_changes_nothing_else),
        cmocka_unit_test(a_program_that_was_not_begun_can_be_begun),
        cmocka_unit_test(a_unit_that_was_begun_is_used),
        cmocka_unit_test(no_trace_is_left),
        cmocka_unit_test(bytes_may_be_done_in_any_order),
        cmocka_unit_test(unstable_bits_differ_until_inverted),
        cmocka_unit_test(a_third_unstable_place_settles_the_first),
        cmocka_unit_test(unreadable_units_fail),
        cmocka_unit_test(nothing_happens_without_power),
        cmocka_unit_test(steps_are_counted_over_everything),
        cmocka_unit_test(a_cut_erase_must_be_done_again),
        cmocka_unit_test(a_shaky_block_reads_differently),
        cmocka_unit_test(blocks_go_bad),
        cmocka_unit_test(damage_is_done_on_demand),
        cmocka_unit_test(everything_is_counted),
        cmocka_unit_test(a_copy_replays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
