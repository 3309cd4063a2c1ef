/* A log that moves to a larger partition: its records stay, the new blocks are used, and a cut leaves one of both. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 256, 4, 0xFF, STK_FLASH_MANY, 0},   {1, 256, 1024, 5, 0xFF, STK_FLASH_MANY, 0},
    {8, 8, 256, 3, 0x00, STK_FLASH_INVERT, 0}, {512, 512, 1024, 4, 0xFF, STK_FLASH_ONCE, 0},
    {1, 64, 256, 5, 0xFF, STK_FLASH_ANY, 1},   {24, 48, 480, 4, 0xFF, STK_FLASH_MANY, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)

static int grow(void) {
    const struct stk_log_config config = script_config();
    medium.off = 0;
    memset(script.buffer, 0x5A, config.buffer_bytes);
    return stk_log_grow(&script.log, &config);
}

/* Makes a log with so many synced records on a flash of the blocks of g. Returns the oldest record that is there. */
static uint32_t fill(const struct stk_flash_geometry *g, uint32_t records) {
    script_open(g);
    script_put_synced(records);
    return script_walk() != 0u ? script.numbers[0] : 0u;
}

/* The blocks behind the old ones were never erased for the log. */
static void add_blocks(uint32_t blocks) {
    const struct stk_flash_geometry *g = &medium.geometry;
    memset(medium_at(g->blocks, 0), 0xA5, (size_t)(blocks - g->blocks) * g->block_bytes);
    medium.geometry.blocks = blocks;
}

static uint32_t most_records(const struct stk_flash_geometry *g) {
    return 2u * g->blocks * (g->block_bytes / STK_LOG_CELL_BYTES);
}

/* Growing leaves the block in use; the one behind it is the oldest, and is erased. A mount may pass over that one,
 * since it has no record, and the next one is erased. */
static void assert_records_stay(uint32_t oldest) {
    uint32_t lost = script.log.lap > 1u ? 2u * script_block_records() : 0u;
    script_assert_holds(oldest + lost < script.number ? oldest + lost : script.number, script.number);
}

/* The log takes as many records as the larger flash keeps, and each block of it. */
static void assert_uses_all(void) {
    const struct stk_flash_geometry *g = &medium.geometry;
    memset(medium.erased, 0, sizeof medium.erased);
    script_put_synced(3u * most_records(g) / 2u);
    assert_true(script_walk() >= stk_log_capacity(g));
    for (uint32_t b = 0; b < g->blocks; b++) {
        assert_true(medium.erased[b] >= 1u);
    }
    script_mount();
    assert_true(script_walk() >= stk_log_capacity(g));
    script_assert_holds(script.number - 1u, script.number);
}

static void records_stay_and_new_blocks_are_used(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t more = 1; more <= 9u; more += 4u) {
            for (uint32_t records = 0; records <= most_records(g); records += more > 1u ? 5u : 1u) {
                uint32_t oldest = fill(g, records);
                add_blocks(g->blocks + more);
                assert_int_equal(script_try_mount(), STK_E_FORMAT);
                assert_int_equal(grow(), STK_OK);
                assert_records_stay(oldest);
                script_mount();
                assert_records_stay(oldest);
                script_put_synced(1);
                assert_records_stay(oldest);
                assert_int_equal(grow(), STK_OK); /* once more: a mount */
                assert_records_stay(oldest);
                if (records % 10u == 0u) {
                    assert_uses_all();
                }
            }
        }
    }
}

/* A log that grew is not taken for one of the smaller flash, nor made smaller. */
static void shrinking_is_refused(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t records = 0; records <= most_records(g); records += 3u) {
            uint32_t programs, erases, newest;
            (void)fill(g, records);
            add_blocks(g->blocks + 3u);
            assert_int_equal(grow(), STK_OK);
            newest = script.log.block; /* its header has the number of blocks */
            programs = medium.calls[PROG];
            erases = medium.calls[ERASE];
            for (uint32_t fewer = 1; fewer <= 3u; fewer++) {
                medium.geometry.blocks = g->blocks + 3u - fewer;
                if (newest < medium.geometry.blocks) {
                    assert_int_equal(grow(), STK_E_FORMAT);
                    assert_int_equal(stk_log_sync(&script.log), STK_E_SHUTDOWN);
                    assert_int_equal(script_try_mount(), STK_E_FORMAT);
                }
            }
            assert_true(programs == medium.calls[PROG] && erases == medium.calls[ERASE]);
            medium.geometry.blocks = g->blocks + 3u;
            script_mount();
            script_put_synced(1);
        }
    }
}

/* The power goes in each program and erase of the grow, which leaves any part of it done. Then the log is the old one,
 * for the smaller flash, or has grown; and growing again ends well. */
static void a_cut_leaves_the_old_log_or_the_grown_one(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t records = 0; records <= most_records(g); records += 3u) {
            for (uint32_t n = 0; n < 16u; n++) {
                uint32_t oldest = fill(g, records);
                int err;
                add_blocks(g->blocks + 2u);
                medium.cut_at = n / 4u;
                medium.cut_leaves = (enum done)(NONE + n % 4u);
                err = grow();
                assert_true(err == STK_OK || err == STK_E_NODEV);
                medium.cut_at = NO_CALL;
                if (err != STK_OK) {
                    err = script_try_mount();
                    if (err == STK_E_FORMAT) {
                        medium.geometry.blocks = g->blocks;
                        assert_int_equal(script_try_mount(), STK_OK);
                        assert_records_stay(oldest);
                        medium.geometry.blocks = g->blocks + 2u;
                    } else {
                        assert_int_equal(err, STK_OK);
                        assert_records_stay(oldest);
                    }
                }
                assert_int_equal(grow(), STK_OK);
                assert_records_stay(oldest);
                script_put_synced(script_block_records());
                script_mount();
                script_assert_holds(script.number - script_block_records(), script.number);
            }
        }
    }
}

static void a_grow_that_fails_leaves_no_log_mounted(void **state) {
    (void)state;
    EVERY(g) {
        (void)fill(g, 5);
        add_blocks(g->blocks + 2u);
        memset(medium.erase_fails, NONE, sizeof medium.erase_fails);
        assert_int_equal(grow(), STK_E_IO);
        assert_int_equal(stk_log_poll(&script.log), STK_E_SHUTDOWN);
        memset(medium.erase_fails, NO_FAULT, sizeof medium.erase_fails);
        assert_int_equal(grow(), STK_OK);
        script_assert_holds(0, 5);
        medium_new(g);
        assert_int_equal(grow(), STK_E_FORMAT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_stay_and_new_blocks_are_used),
        cmocka_unit_test(shrinking_is_refused),
        cmocka_unit_test(a_cut_leaves_the_old_log_or_the_grown_one),
        cmocka_unit_test(a_grow_that_fails_leaves_no_log_mounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
