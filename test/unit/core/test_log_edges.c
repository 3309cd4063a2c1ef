/* Refusals of the log, and media that fail in ways that simulated flash does not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash_log.h"

/// A medium that fails on demand ///

#define NEVER UINT32_MAX

/* Stands between the log and the simulated flash. */
static struct {
    struct stk_flash_geometry geometry; /* geometry that the port reports */
    int no_prog, no_erase, no_sync;     /* knobs: every call fails */
    uint32_t bad_block, bad_offset;     /* knob: reads of this byte fail */
    uint32_t good_from, good_to;        /* knobs: blocks outside fail to erase */
    uint32_t stuck;                     /* knob: this block fails to erase */
} medium;

static void medium_geometry(void *ctx, struct stk_flash_geometry *g) {
    (void)ctx;
    *g = medium.geometry;
}

static int medium_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    if (block == medium.bad_block && offset <= medium.bad_offset && medium.bad_offset < offset + bytes) {
        return STK_E_IO;
    }
    return stk_sim_flash_ops.read(ctx, block, offset, data, bytes);
}

static int medium_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    return medium.no_prog ? STK_E_IO : stk_sim_flash_ops.prog(ctx, block, offset, data, bytes);
}

static int medium_erase(void *ctx, uint32_t block) {
    int fails = medium.no_erase || block < medium.good_from || block > medium.good_to || block == medium.stuck;
    return fails ? STK_E_IO : stk_sim_flash_ops.erase(ctx, block);
}

static int medium_sync(void *ctx) {
    return medium.no_sync ? STK_E_IO : stk_sim_flash_ops.sync(ctx);
}

static const struct stk_flash_ops medium_ops = {"medium",    medium_geometry, medium_read,
                                                medium_prog, medium_erase,    medium_sync};

static struct stk_log_config medium_config(void) {
    struct stk_log_config config = world_config();
    config.flash.ops = &medium_ops;
    config.buffer_bytes = sizeof world.page;
    return config;
}

static void medium_flash(const struct stk_flash_geometry *g) {
    memset(&medium, 0, sizeof medium);
    medium.geometry = *g;
    medium.bad_block = NEVER;
    medium.good_to = NEVER;
    medium.stuck = NEVER;
    world_flash(g);
}

static void medium_open(const struct stk_flash_geometry *g) {
    struct stk_log_config config;
    medium_flash(g);
    config = medium_config();
    assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_OK);
}

static void medium_remount(void) {
    const struct stk_log_config config = medium_config();
    assert_int_equal(stk_log_mount(&world.log, &config), STK_OK);
}

#define NOR                                                                                                            \
    { 1, 1, 256, 6, 0xFF, STK_FLASH_MANY, 0 }
#define NAND                                                                                                           \
    { 256, 256, 1024, 6, 0xFF, STK_FLASH_ONCE, 0 }
static const struct stk_flash_geometry nor = NOR, nand = NAND;

/// Refusals ///

static void refused(int want, const struct stk_log_config *config) {
    assert_int_equal(stk_log_format(&world.log, config, WORLD_ID, 0), want);
    assert_int_equal(stk_log_append(&world.log, &(struct stk_log_record){0}), STK_E_SHUTDOWN);
    assert_int_equal(stk_log_mount(&world.log, config), want);
    assert_int_equal(stk_log_sync(&world.log), STK_E_SHUTDOWN);
    assert_true(world.flash.counts.reads + world.flash.counts.programs + world.flash.counts.erases == 0);
}

static void a_member_that_is_missing_is_refused(void **state) {
    struct stk_flash_ops ops = medium_ops;
    struct stk_log_config config;
    (void)state;
    medium_flash(&nor);
    config = medium_config();
    config.flash.ops = NULL;
    refused(STK_E_ARG, &config);
    config = medium_config();
    config.buffer = NULL;
    refused(STK_E_ARG, &config);
    config = medium_config();
    config.flash.ops = &ops;
    ops.geometry = NULL;
    refused(STK_E_ARG, &config);
    ops = medium_ops;
    ops.read = NULL;
    refused(STK_E_ARG, &config);
    ops = medium_ops;
    ops.prog = NULL;
    refused(STK_E_ARG, &config);
    ops = medium_ops;
    ops.erase = NULL;
    refused(STK_E_ARG, &config);
}

static void a_medium_needs_no_sync(void **state) {
    struct stk_flash_ops ops = medium_ops;
    struct stk_log_config config;
    (void)state;
    medium_flash(&nor);
    config = medium_config();
    config.flash.ops = &ops;
    ops.sync = NULL;
    assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_OK);
    world_append(1);
    assert_int_equal(stk_log_sync(&world.log), STK_OK);
    assert_int_equal(world_walk(), 1);
}

static void a_geometry_that_breaks_a_rule_is_refused(void **state) {
    static const struct {
        struct stk_flash_geometry geometry;
        int err;
    } cases[] = {
        {{0, 1, 256, 4, 0xFF, 0, 0}, STK_E_ARG},        {{3, 1, 256, 4, 0xFF, 0, 0}, STK_E_ARG},
        {{32768, 1, 32768, 4, 0xFF, 0, 0}, STK_E_ARG},  {{1, 0, 256, 4, 0xFF, 0, 0}, STK_E_ARG},
        {{1, 48, 256, 4, 0xFF, 0, 0}, STK_E_ARG},       {{1, 32768, 32768, 4, 0xFF, 0, 0}, STK_E_ARG},
        {{512, 1, 768, 4, 0xFF, 0, 0}, STK_E_ARG},      {{1, 512, 768, 4, 0xFF, 0, 0}, STK_E_ARG},
        {{48, 1, 768, 4, 0xFF, 0, 0}, STK_E_ARG},       {{1, 1, 256, 4, 0x7F, 0, 0}, STK_E_ARG},
        {{1, 1, 256, 4, 0x01, 0, 0}, STK_E_ARG},        {{1, 1, 256, 4, 0xFF, 4, 0}, STK_E_ARG},
        {{1, 1, 256, 2, 0xFF, 0, 0}, STK_E_OVERFLOW},   {{1, 1, 256, 0, 0xFF, 0, 0}, STK_E_OVERFLOW},
        {{1, 128, 256, 3, 0xFF, 0, 0}, STK_E_OVERFLOW}, {{1, 1, 64, 4, 0xFF, 0, 0}, STK_E_OVERFLOW},
        {{1, 1, 0, 4, 0xFF, 0, 0}, STK_E_OVERFLOW},     {{1, 1, 128, 1u << 28, 0xFF, 0, 0}, STK_E_OVERFLOW},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stk_log_config config;
        medium_flash(&nor);
        medium.geometry = cases[i].geometry;
        config = medium_config();
        refused(cases[i].err, &config);
        assert_int_equal(stk_log_capacity(&cases[i].geometry), 0);
    }
}

static void what_is_not_mounted_says_so(void **state) {
    struct stk_log_record r = record_of(0);
    struct stk_log_block info;
    struct stk_log_config config;
    (void)state;
    medium_flash(&nor);
    config = medium_config();
    assert_int_equal(stk_log_mount(&world.log, &config), STK_E_FORMAT);
    assert_int_equal(stk_log_append(&world.log, &r), STK_E_SHUTDOWN);
    assert_int_equal(stk_log_append_batch(&world.log, &r, 1), STK_E_SHUTDOWN);
    assert_int_equal(stk_log_sync(&world.log), STK_E_SHUTDOWN);
    assert_int_equal(stk_log_poll(&world.log), STK_E_SHUTDOWN);
    assert_int_equal(stk_log_iterate(&world.log, &world.iter, world.walk, sizeof world.walk), STK_E_SHUTDOWN);
    assert_int_equal(stk_log_block(&world.log, 0, world.walk, sizeof world.walk, &info), STK_E_SHUTDOWN);
    assert_true(world.flash.counts.programs + world.flash.counts.erases == 0);
}

static void a_log_of_another_geometry_is_not_mounted(void **state) {
    struct stk_log_config config;
    (void)state;
    medium_open(&nor);
    world_append(1);
    config = medium_config();
    medium.geometry.prog_unit = 2;
    assert_int_equal(stk_log_mount(&world.log, &config), STK_E_FORMAT);
    medium.geometry = nor;
    medium.geometry.blocks = 5;
    assert_int_equal(stk_log_mount(&world.log, &config), STK_E_FORMAT);
    medium.geometry = nor;
    medium_remount();
    assert_int_equal(world_walk(), 1);
}

static void a_walk_needs_a_buffer(void **state) {
    (void)state;
    medium_open(&nand);
    assert_int_equal(stk_log_iterate(&world.log, &world.iter, NULL, 4096), STK_E_ARG);
    assert_int_equal(stk_log_iterate(&world.log, &world.iter, world.walk, 319), STK_E_SPACE);
    assert_int_equal(stk_log_iterate(&world.log, &world.iter, world.walk, 320), STK_OK);
}

static void another_format_is_not_sought_in(void **state) {
    (void)state;
    medium_open(&nor);
    world_iterate();
    world.iter.of_flash = 0;
    assert_int_equal(stk_log_seek_sequence(&world.iter, 1), STK_E_UNSUPPORTED);
    assert_int_equal(stk_log_seek_time(&world.iter, 1), STK_E_UNSUPPORTED);
}

/// Media that fail ///

static void a_format_that_fails_leaves_no_log(void **state) {
    static const struct stk_flash_geometry *const shapes[] = {&nor, &nand};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct stk_log_config config;
        medium_flash(shapes[i]);
        config = medium_config();
        medium.no_erase = 1;
        assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_E_IO);
        assert_int_equal(stk_log_poll(&world.log), STK_E_SHUTDOWN);
        medium.no_erase = 0;
        medium.no_prog = 1;
        assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_E_IO);
        medium.no_prog = 0;
        medium.no_sync = 1;
        assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_E_IO);
        assert_int_equal(stk_log_sync(&world.log), STK_E_SHUTDOWN);
    }
}

static void a_sync_that_fails_says_so(void **state) {
    (void)state;
    medium_open(&nand);
    world_append(1);
    medium.no_sync = 1;
    assert_int_equal(stk_log_sync(&world.log), STK_E_IO);
    medium.no_sync = 0;
    assert_int_equal(stk_log_sync(&world.log), STK_OK);
    assert_int_equal(world_walk(), 1);
}

/* Tests that appends are refused while nothing can be written. The records that waited are written when a block can be
 * used again. */
static void what_waits_goes_out_when_a_block_is_found(void **state) {
    static const struct stk_flash_geometry *const shapes[] = {&nor, &nand};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct stk_log_record r = record_of(0);
        uint32_t waiting = 0, kept;
        medium_open(shapes[i]);
        world_append(5);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        medium.no_erase = 1;
        medium.no_prog = 1;
        for (uint32_t tries = 0; tries < 12; tries++) {
            r = record_of(world.log.sequence);
            waiting += stk_log_append(&world.log, &r) == STK_OK;
        }
        assert_int_equal(stk_log_poll(&world.log), STK_E_IO);
        assert_int_equal(stk_log_sync(&world.log), waiting != 0u ? STK_E_IO : STK_OK);
        assert_true(world.log.stats.failed >= 1u);
        medium.no_erase = 0;
        medium.no_prog = 0;
        kept = world_walk() + waiting;
        world_append(4);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_int_equal(world_walk(), kept + 4u);
        medium_remount();
        assert_int_equal(world_walk(), kept + 4u);
    }
}

static void a_run_of_three_bad_blocks_is_passed_over(void **state) {
    const struct stk_flash_geometry shape = {1, 64, 256, 6, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    medium_open(&shape);
    medium.good_from = 2;
    medium.good_to = 4;
    world_append(3u * lap_of(&shape));
    assert_true(world_walk() >= 3u);
    assert_int_equal(world.last, 3u * lap_of(&shape) - 1u);
}

/* The medium fails, not a block. So the log must not erase the blocks with records one after the other to try them
 * all. */
static void a_medium_that_takes_no_program_costs_four_blocks_and_one_for_each_call(void **state) {
    const struct stk_flash_geometry shape = {1, 64, 256, 12, 0xFF, STK_FLASH_MANY, 0};
    struct stk_log_record record = {.slot = 1};
    uint32_t found;
    (void)state;
    medium_open(&shape);
    world_append(2u * lap_of(&shape));
    found = world_walk();
    medium.no_prog = 1;
    for (uint32_t calls = 1; calls < 4u; calls++) {
        assert_int_equal(stk_log_append(&world.log, &record), STK_E_IO);
        assert_true(world_walk() >= found - (3u + calls) * 3u);
    }
    medium.no_prog = 0;
    world_append(1);
}

/* The log goes on while any two neighbouring blocks are good. A bad block keeps its header and its records of the lap
 * before, or takes no program. */
static void a_log_goes_on_while_two_blocks_are_good(void **state) {
    static const struct stk_flash_geometry shapes[] = {
        {1, 64, 256, 12, 0xFF, STK_FLASH_MANY, 0}, {1, 256, 1024, 12, 0xFF, STK_FLASH_MANY, 0}, NAND};
    (void)state;
    for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct stk_flash_geometry *g = &shapes[i];
        for (uint32_t good = 1; good < g->blocks; good++) {
            medium_open(g);
            world_append(lap_of(g) + 2u);
            assert_int_equal(stk_log_sync(&world.log), STK_OK);
            medium.good_from = good - 1u;
            medium.good_to = good + 1u;
            for (uint32_t n = 0; n < lap_of(g); n++) {
                uint32_t last = world.log.sequence;
                world_append(1);
                assert_int_equal(stk_log_sync(&world.log), STK_OK);
                medium_remount();
                assert_true(world_walk() >= 1u);
                assert_int_equal(world.last, last);
            }
            assert_true(rules_kept());
        }
    }
}

/* A block that cannot be erased keeps the header and the records of an earlier lap. */
static void a_block_that_cannot_be_erased_hides_nothing(void **state) {
    static const struct stk_flash_geometry shapes[] = {
        NOR, NAND, {1, 64, 256, 6, 0xFF, STK_FLASH_ONCE, 0}, {1, 64, 128, 7, 0xFF, STK_FLASH_ANY, 0}};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        for (uint32_t stuck = 0; stuck < shapes[i].blocks; stuck++) {
            medium_open(&shapes[i]);
            world_append(2u * lap_of(&shapes[i]));
            medium.stuck = stuck;
            for (uint32_t n = 0; n < lap_of(&shapes[i]); n++) {
                uint32_t last = world.log.sequence;
                world_append(1);
                assert_int_equal(stk_log_sync(&world.log), STK_OK);
                medium_remount();
                assert_true(world_walk() >= 1u);
                assert_int_equal(world.last, last);
                assert_int_equal(world.iter.corrupt, 0);
            }
        }
    }
}

/// Reads that fail ///

static void a_header_that_cannot_be_read_hides_no_record(void **state) {
    static const struct stk_flash_geometry *const shapes[] = {&nor, &nand};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint32_t all;
        medium_open(shapes[i]);
        world_append(lap_of(shapes[i]) / 2u);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        all = world_walk();
        for (uint32_t block = 0; block < world.log.block; block++) {
            uint32_t lost = shapes[i]->read_unit / STK_LOG_CELL_BYTES;
            medium.bad_block = block;
            medium_remount();
            assert_true(world_walk() + lost >= all);
            medium_remount();
        }
    }
}

/* The header of the block in use is lost, after stk_log_poll has made the next block ready. */
static void a_lost_header_before_an_empty_block_hides_no_record(void **state) {
    (void)state;
    medium_open(&nor);
    world_append(5);
    assert_int_equal(stk_log_poll(&world.log), 1);
    medium.bad_block = world.log.block;
    medium_remount();
    assert_int_equal(world_walk(), 5);
    assert_true((int32_t)(world.log.sequence - 5u) >= 0);
    world_append(1);
    assert_int_equal(world_walk(), 6);
    assert_int_equal(world.iter.corrupt, 0);
}

static void a_record_that_cannot_be_read_is_counted(void **state) {
    (void)state;
    medium_open(&nor);
    world_append(4);
    medium.bad_block = 0;
    medium.bad_offset = 130;
    assert_int_equal(world_walk(), 3);
    assert_int_equal(world.iter.corrupt, 1);
    assert_int_equal(world.iter.torn, 0);
}

/* The end of the log where cells of the newest block cannot be read: numbers are not given again. */
static void an_end_that_cannot_be_read_costs_no_number(void **state) {
    static const struct stk_flash_geometry *const shapes[] = {&nor, &nand};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const uint32_t lap = lap_of(shapes[i]);
        for (uint32_t n = 0; n < 2u * lap; n++) {
            uint32_t block, sequence;
            medium_open(shapes[i]);
            world_append(n);
            assert_int_equal(stk_log_sync(&world.log), STK_OK);
            block = world.log.block;
            sequence = world.log.sequence;
            for (uint32_t offset = 0; offset < shapes[i]->block_bytes; offset += STK_LOG_CELL_BYTES) {
                medium.bad_block = block;
                medium.bad_offset = offset;
                if (block == 0 || offset < shapes[i]->prog_unit) {
                    continue; /* the only header there may be, or one that goes with the first records */
                }
                medium_remount();
                assert_true((int32_t)(world.log.sequence - sequence) >= 0);
            }
        }
    }
}

/* Blocks with the cells of an earlier log do not belong to the new log. */
static void another_logs_blocks_are_not_read(void **state) {
    struct stk_log_config config;
    (void)state;
    medium_open(&nor);
    world_append(2u * lap_of(&nor));
    config = medium_config();
    medium.good_to = 0;
    assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID + 1u, 0), STK_OK);
    assert_int_equal(world_walk(), 0);
    world_append(2);
    assert_int_equal(world_walk(), 2);
    medium.good_to = NEVER;
    world_append(2u * lap_of(&nor));
    assert_int_equal(world.iter.corrupt, 0);
    assert_true(world_walk() >= stk_log_capacity(&nor));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_that_is_missing_is_refused),
        cmocka_unit_test(a_medium_needs_no_sync),
        cmocka_unit_test(a_geometry_that_breaks_a_rule_is_refused),
        cmocka_unit_test(what_is_not_mounted_says_so),
        cmocka_unit_test(a_log_of_another_geometry_is_not_mounted),
        cmocka_unit_test(a_walk_needs_a_buffer),
        cmocka_unit_test(another_format_is_not_sought_in),
        cmocka_unit_test(a_format_that_fails_leaves_no_log),
        cmocka_unit_test(a_sync_that_fails_says_so),
        cmocka_unit_test(what_waits_goes_out_when_a_block_is_found),
        cmocka_unit_test(a_run_of_three_bad_blocks_is_passed_over),
        cmocka_unit_test(a_medium_that_takes_no_program_costs_four_blocks_and_one_for_each_call),
        cmocka_unit_test(a_log_goes_on_while_two_blocks_are_good),
        cmocka_unit_test(a_block_that_cannot_be_erased_hides_nothing),
        cmocka_unit_test(a_header_that_cannot_be_read_hides_no_record),
        cmocka_unit_test(a_lost_header_before_an_empty_block_hides_no_record),
        cmocka_unit_test(a_record_that_cannot_be_read_is_counted),
        cmocka_unit_test(an_end_that_cannot_be_read_costs_no_number),
        cmocka_unit_test(another_logs_blocks_are_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
