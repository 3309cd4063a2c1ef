/* Blocks that fail: a program or an erase that fails may have done anything to its block, and the log loses nothing by
 * it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 512, 8, 0xFF, STK_FLASH_MANY, 0},     {1, 256, 1024, 9, 0xFF, STK_FLASH_MANY, 0},
    {8, 8, 512, 7, 0x00, STK_FLASH_INVERT, 0},   {64, 64, 256, 8, 0xFF, STK_FLASH_ONCE, 0},
    {512, 512, 2048, 6, 0x00, STK_FLASH_ANY, 1}, {48, 48, 480, 7, 0xFF, STK_FLASH_MANY, 0},
};
#define SHAPES    (sizeof shapes / sizeof *shapes)
#define EVERY(g)  for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)
#define PARTLY(d) for (enum done d = NONE; d <= BACK; d++)

/* Appends, syncs, and finds all of the records from `first` on again after a restart, and after another one with
 * records. */
static void assert_goes_on(uint32_t first) {
    script_put_synced(script_block_records() + 1u);
    script_assert_holds(first, script.number);
    script_mount();
    script_assert_holds(first, script.number);
    script_put_synced(2);
    script_assert_holds(first, script.number);
    script_mount();
    script_assert_holds(first, script.number);
}

/* Lets a program fail in each block, one block after the other, while the block is in use or is the next one. Tests
 * this in the first lap and in a later one. */
static void a_program_that_fails_after_it_did_something_hides_no_record(void **state) {
    (void)state;
    EVERY(g) {
        PARTLY(left) {
            for (uint32_t n = 0; n < 2u * g->blocks; n++) {
                uint32_t first, bad = (n + 1u) % g->blocks;
                script_open(g);
                script_fill(1u + n / g->blocks, n % g->blocks, 2);
                first = script.number - 1u;
                script_sync();
                medium.prog_fails[bad] = (uint8_t)left;
                assert_true(stk_log_poll(&script.log) >= 0);
                assert_goes_on(first);
                assert_true(script.log.stats.failed == 0u && medium.calls[PROG] > n);
            }
        }
    }
}

/* The page that fails has records: these go to the next block, and a copy that is whole is no second record. */
static void a_page_of_records_that_fails_is_read_once(void **state) {
    (void)state;
    EVERY(g) {
        PARTLY(left) {
            script_open(g);
            for (uint32_t at = 0; at < script_block_records(); at++) {
                script_open(g);
                script_put_synced(at);
                medium.prog_fails[script.log.block] = (uint8_t)left;
                script_put_synced(3);
                script_assert_holds(0, script.number);
                assert_int_equal(script.seen, script.number);
                assert_goes_on(0);
                assert_int_equal(script.seen, script.number);
            }
        }
    }
}

/* Every record that the walk gives is found by its number, by its time and from behind. */
static void assert_all_found(void) {
    struct stk_log_record r;
    uint32_t seen = script_walk();
    for (uint32_t i = 0; i < seen; i++) {
        assert_int_equal(stk_log_seek_sequence(&script.iter, script.sequences[i]), STK_OK);
        assert_int_equal(stk_log_next(&script.iter, &r), 1);
        assert_int_equal(r.slot, script.numbers[i]);
        assert_int_equal(stk_log_seek_time(&script.iter, 1000u + script.numbers[i]), STK_OK);
        assert_int_equal(stk_log_next(&script.iter, &r), 1);
        assert_int_equal(r.slot, script.numbers[i]);
    }
    assert_int_equal(stk_log_seek_end(&script.iter), STK_OK);
    for (uint32_t i = seen; i-- != 0u;) {
        assert_int_equal(stk_log_prev(&script.iter, &r), 1);
        assert_int_equal(r.slot, script.numbers[i]);
    }
    assert_int_equal(stk_log_prev(&script.iter, &r), 0);
}

/* The block keeps its header of the lap before, its records, both or neither; so does the block behind, where `bad` is
 * 2. */
static void a_seek_trusts_no_block_that_failed_to_erase(void **state) {
    (void)state;
    EVERY(g) {
        PARTLY(left) {
            for (uint32_t n = 0; n < 2u * g->blocks; n++) {
                uint32_t block = n % g->blocks, bad = 1u + n / g->blocks;
                script_open(g);
                script_fill(2, block, 2);
                for (uint32_t i = 1; i <= bad; i++) {
                    medium.erase_fails[(block + i) % g->blocks] = (uint8_t)left;
                }
                script_put_synced(2u * script_block_records());
                assert_all_found();
                script_mount();
                assert_all_found();
                script_put_synced(script_block_records());
                assert_all_found();
            }
        }
    }
}

/* Block 0, the last one, or all but two cannot be erased when a flash with a full log is formatted. */
static void a_format_over_blocks_that_cannot_be_erased_ends_the_old_log(void **state) {
    (void)state;
    EVERY(g) {
        PARTLY(left) {
            for (uint32_t n = 0; n < g->blocks + 2u; n++) {
                uint32_t from = n < g->blocks ? n : n == g->blocks ? 0u : 2u;
                uint32_t to = n < g->blocks ? n + 1u : n == g->blocks ? g->blocks - 2u : g->blocks;
                script_open(g);
                script_put_synced(3u * script_block_records() * (n % 2u == 0u ? 1u : g->blocks));
                memset(medium.erase_fails + from, (int)left, to - from);
                assert_int_equal(script_format_as(SCRIPT_ID + 1u), STK_OK);
                script.number = 100000;
                script_mount();
                assert_int_equal(script.log.id, SCRIPT_ID + 1u);
                assert_int_equal(script_walk(), 0);
                script_put_synced(3);
                script_assert_holds(100000, 100003);
                assert_int_equal(script.seen, 3);
                script_mount();
                script_assert_holds(100000, 100003);
                assert_int_equal(script.seen, 3);
                memset(medium.erase_fails, NO_FAULT, sizeof medium.erase_fails);
                script_put_synced(2u * g->blocks * script_block_records());
                assert_true(script_walk() >= stk_log_capacity(g) / 2u);
            }
        }
    }
}

/* Some of these consecutive blocks fail to erase, and the others fail to program. The first `erases` of them fail to
 * erase. */
static void lay_run(const struct stk_flash_geometry *g, uint32_t block, uint32_t run, uint32_t erases, enum done left) {
    for (uint32_t i = 0; i < run; i++) {
        uint8_t *fails = i < erases ? medium.erase_fails : medium.prog_fails;
        fails[(block + 1u + i) % g->blocks] = (uint8_t)left;
    }
}

/* Appends a record and syncs. Calls may say STK_E_IO where four programs in a row failed; each call after that tries
 * one block more. */
static void put_in_the_end(uint32_t blocks) {
    uint32_t tries = 0;
    while (script_try() != STK_OK || stk_log_sync(&script.log) != STK_OK) {
        assert_true(++tries <= 2u * blocks);
    }
}

static void runs_of_blocks_that_fail_in_several_ways_hide_no_record(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t block = 0; block < g->blocks; block++) {
            for (uint32_t run = 1; run <= g->blocks - 2u; run++) {
                for (uint32_t erases = block % 2u; erases <= run; erases += 1u + run / 4u) {
                    uint32_t last;
                    script_open(g);
                    script_fill(2, block, script_block_cells());
                    script_sync();
                    last = script.number - 1u;
                    lay_run(g, block, run, erases, (enum done)(1u + (run + erases + block) % 4u));
                    put_in_the_end(g->blocks);
                    script_put_synced(2);
                    script_assert_holds(script.number - 3u, script.number);
                    assert_true(script_saw(last));
                    script_mount();
                    script_assert_holds(script.number - 3u, script.number);
                    assert_true(script_saw(last));
                }
            }
        }
    }
}

/* A flash of 64 blocks of which all but two next to each other, or far from each other, cannot be used. */
static void a_log_lives_while_two_blocks_are_good(void **state) {
    static const struct stk_flash_geometry g = {1, 1, 256, 64, 0xFF, STK_FLASH_MANY, 0};
    static const uint32_t pairs[][2] = {{0, 1}, {0, 63}, {62, 63}, {10, 42}, {31, 32}, {5, 60}};
    (void)state;
    for (uint32_t i = 0; i < 4u * sizeof pairs / sizeof *pairs; i++) {
        const uint32_t *good = pairs[i / 4u];
        int in_use = (i & 1u) != 0u, erases = (i & 2u) != 0u;
        medium_new(&g);
        script.number = 0;
        if (in_use) {
            script_open(&g);
            script_put_synced(500);
        }
        memset(erases ? medium.erase_fails : medium.prog_fails, NONE, MEDIUM_BLOCKS);
        for (uint32_t k = 0; k < 2u; k++) {
            medium.erase_fails[good[k]] = medium.prog_fails[good[k]] = NO_FAULT;
        }
        if (!in_use) {
            assert_int_equal(script_format_as(SCRIPT_ID), STK_OK);
        }
        for (uint32_t n = 0; n < 40u; n++) {
            put_in_the_end(3u * g.blocks);
            script_assert_holds(script.number - 1u, script.number);
            if (n % 5u == 0u) {
                script_mount();
                script_assert_holds(script.number - 1u, script.number);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_fails_after_it_did_something_hides_no_record),
        cmocka_unit_test(a_page_of_records_that_fails_is_read_once),
        cmocka_unit_test(a_seek_trusts_no_block_that_failed_to_erase),
        cmocka_unit_test(a_format_over_blocks_that_cannot_be_erased_ends_the_old_log),
        cmocka_unit_test(runs_of_blocks_that_fail_in_several_ways_hide_no_record),
        cmocka_unit_test(a_log_lives_while_two_blocks_are_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
