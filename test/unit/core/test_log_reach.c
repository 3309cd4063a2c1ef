/* Tests runs of bad blocks that are longer than STK_LOG_REACH: format finds them, and the log never uses them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 256, 400, 0xFF, STK_FLASH_MANY, 0},
    {128, 128, 384, 220, 0x00, STK_FLASH_ONCE, 0},
    {1, 64, 192, 150, 0xFF, STK_FLASH_INVERT, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)

/* `run` blocks from `first` on can be neither erased nor programmed, around the end of the flash where need be. */
static void lay_bad(uint32_t first, uint32_t run, enum done left) {
    for (uint32_t i = 0; i < run; i++) {
        uint32_t b = (first + i) % medium.geometry.blocks;
        medium.erase_fails[b] = medium.prog_fails[b] = (uint8_t)left;
    }
}

static uint32_t bad_blocks(void) {
    uint32_t bad = 0;
    for (uint32_t b = 0; b < medium.geometry.blocks; b++) {
        bad += medium.erase_fails[b] != NO_FAULT ? 1u : 0u;
    }
    return bad;
}

static uint32_t log2_of(uint32_t n) {
    uint32_t log2 = 0;
    for (; n > 1u; n = (n + 1u) / 2u) {
        log2++;
    }
    return log2;
}

/* Mounts; with the reads that log.h allows. The blocks before the newest one are searched for a record too, and where
 * nearly all are bad that is a third look at each. */
static void mount_in_bounds(void) {
    uint32_t blocks = medium.geometry.blocks, reads, range;
    script_mount();
    reads = script.log.stats.mount_reads;
    range = STK_LOG_REACH + 1u + script.log.reach;
    assert_true(reads <= (bad_blocks() > blocks / 3u ? 3u : 2u) * blocks + 2u * script_block_cells() + 8u);
    assert_true(bad_blocks() != 0u || reads <= log2_of(blocks) + range + 2u * log2_of(script_block_cells()) + 12u);
}

/* Two laps and more with a restart now and then: the newest record is always there, and in the end all that the good
 * blocks keep. */
static void assert_goes_round(uint32_t bad) {
    uint32_t good = medium.geometry.blocks - bad, per_block = script_block_records();
    for (uint32_t n = 0; n < 2u * good * per_block + 7u;) {
        script_put_synced(per_block / 2u + 1u);
        n += per_block / 2u + 1u;
        if (n % 23u == 0u || n > 2u * good * per_block) {
            mount_in_bounds();
            script_assert_holds(script.number - 1u, script.number);
        }
    }
    assert_true(good <= 3u || script_walk() >= (good - 3u) * (per_block / 2u));
}

static void a_format_finds_runs_longer_than_the_reach(void **state) {
    (void)state;
    EVERY(g) {
        const uint32_t runs[] = {
            1, STK_LOG_REACH - 1u, STK_LOG_REACH, STK_LOG_REACH + 1u, STK_LOG_REACH + 40u, g->blocks - 2u};
        for (uint32_t i = 0; i < sizeof runs / sizeof *runs; i++) {
            for (uint32_t place = 0; place < 3u; place++) {
                uint32_t first = place == 0u ? 0u : place == 1u ? g->blocks / 3u : g->blocks - 5u;
                medium_new(g);
                script.number = 0;
                lay_bad(first, runs[i], NONE);
                assert_int_equal(script_format_as(SCRIPT_ID), STK_OK);
                mount_in_bounds();
                assert_true(script.log.reach >= runs[i]);
                assert_goes_round(runs[i]);
            }
        }
    }
}

/* Two groups of consecutive bad blocks, and single bad blocks all over the flash. The blocks keep the headers of an
 * older log. */
static void several_runs_that_keep_an_older_log_are_passed_over(void **state) {
    (void)state;
    EVERY(g) {
        for (enum done left = NONE; left <= BACK; left++) {
            uint32_t bad;
            script_open(g);
            script_put_synced(g->blocks * script_block_records());
            lay_bad(g->blocks / 4u, STK_LOG_REACH + 3u, left);
            lay_bad(g->blocks - 7u, 6u, left);
            for (uint32_t b = 3; b < g->blocks; b += 17u) {
                lay_bad(b, 1, left);
            }
            bad = bad_blocks();
            assert_int_equal(script_format_as(SCRIPT_ID + 1u), STK_OK);
            script.number = 50000;
            mount_in_bounds();
            assert_int_equal(script_walk(), 0);
            assert_goes_round(bad);
        }
    }
}

/* Blocks that go bad in use, up to the reach, are passed over without a format. Calls may fail on the way: what they
 * say is true, and the log goes on. */
static void runs_that_grow_in_use_are_passed_over(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t run = 4; run <= STK_LOG_REACH; run += 20u) {
            for (uint32_t programs = 0; programs < 2u; programs++) {
                uint32_t tries = 0;
                script_open(g);
                script_put_synced(10u * script_block_records());
                for (uint32_t i = 1; i <= run; i++) {
                    uint8_t *fails = programs ? medium.prog_fails : medium.erase_fails;
                    fails[(script.log.block + i) % g->blocks] = ALL;
                }
                for (uint32_t n = 0; n < 3u * script_block_records();) {
                    int err = script_try();
                    err = err == STK_OK ? stk_log_sync(&script.log) : err;
                    n += err == STK_OK ? 1u : 0u;
                    assert_true(err == STK_OK || (err == STK_E_IO && ++tries <= 2u * run));
                }
                script_assert_holds(script.number - 2u, script.number);
                mount_in_bounds();
                script_assert_holds(script.number - 2u, script.number);
                assert_true(script.log.reach >= run);
            }
        }
    }
}

static void a_run_beyond_what_a_mount_looks_at_is_an_error_and_loses_nothing(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t kept = 5, run = STK_LOG_REACH + 1u;
        int err = STK_OK;
        script_open(g);
        script_put_synced(5);
        for (uint32_t i = 1; i <= run; i++) {
            medium.erase_fails[(script.log.block + i) % g->blocks] = NONE;
        }
        for (uint32_t n = 0; n < 3u * script_block_records() && err == STK_OK; n++) {
            kept = script.number;
            err = script_try();
            err = err == STK_OK ? stk_log_sync(&script.log) : err;
        }
        assert_int_equal(err, STK_E_IO);
        mount_in_bounds();
        script_assert_holds(0, kept);
        lay_bad(0, g->blocks, NO_FAULT);
        script_put_synced(3);
        script_assert_holds(script.number - 3u, script.number);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_format_finds_runs_longer_than_the_reach),
        cmocka_unit_test(several_runs_that_keep_an_older_log_are_passed_over),
        cmocka_unit_test(runs_that_grow_in_use_are_passed_over),
        cmocka_unit_test(a_run_beyond_what_a_mount_looks_at_is_an_error_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
