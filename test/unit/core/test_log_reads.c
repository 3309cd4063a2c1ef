/* Reads that fail: a page that cannot be read is not a record and is not blank, and does not prove that there is no
 * log. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 512, 7, 0xFF, STK_FLASH_MANY, 0},     {1, 256, 1024, 7, 0xFF, STK_FLASH_MANY, 0},
    {64, 64, 256, 8, 0x00, STK_FLASH_INVERT, 0}, {512, 512, 1024, 8, 0xFF, STK_FLASH_ONCE, 0},
    {1, 64, 512, 8, 0xFF, STK_FLASH_ANY, 1},     {24, 48, 480, 8, 0xFF, STK_FLASH_MANY, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)

/* The oldest record that is surely kept when the boots that follow take six blocks. A boot may pass over the block that
 * the boot before it had made ready. */
static uint32_t oldest_kept(void) {
    uint32_t blocks = medium.geometry.blocks, kept = blocks > 6u ? (blocks - 6u) * script_block_records() : 1u;
    uint32_t oldest = script.number > kept ? script.number - kept : 0u,
             first = script_walk() != 0u ? script.numbers[0] : 0u;
    return oldest > first ? oldest : first;
}

/* A log in its first or second lap, with some records in the block in use. */
static void begin(const struct stk_flash_geometry *g, uint32_t lap, uint32_t records) {
    script_open(g);
    if (lap == 2u) {
        script_fill(2, 0, script_block_cells());
    }
    script_put_synced(records);
    (void)script_walk();
}

static void a_read_that_fails_once_changes_nothing(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t records = 1; records < 12u; records += 3u) {
            uint32_t reads, all;
            struct stk_log want;
            begin(g, 2, records);
            all = script.seen;
            script_mount();
            reads = script.log.stats.mount_reads;
            want = script.log;
            for (uint32_t n = 0; n < reads; n++) {
                const struct stk_log *got = &script.log;
                medium_refuse(READ, n, 1, n % 2u == 0u ? STK_E_IO : STK_E_SHORT);
                script_mount();
                assert_true(got->block == want.block && got->lap == want.lap && got->page == want.page);
                assert_true(got->unsure == want.unsure && got->ahead == want.ahead && got->last == want.last);
                assert_true(got->sequence == want.sequence && got->boot == want.boot && got->reach == want.reach);
                assert_int_equal(script.log.stats.mount_reads, reads + 1u);
                assert_int_equal(script_walk(), all);
            }
        }
    }
}

/* Some bytes cannot be read while the log is mounted and goes on, and can be read later. Every synced record must be
 * there then. */
static void assert_comes_back(const struct stk_flash_geometry *g, uint32_t lap, uint32_t records, uint32_t block,
                              uint32_t from, uint32_t to) {
    uint32_t first, end;
    begin(g, lap, records);
    first = oldest_kept();
    end = script.number;
    medium_spoil(block, from, to, NO_CALL);
    if (script_try_mount() == STK_E_IO) {
        medium.bad_times = 0;
        script_mount();
        script_assert_holds(first, end);
        return;
    }
    assert_true(stk_log_poll(&script.log) >= 0);
    assert_int_equal(stk_log_settle(&script.log), STK_OK);
    medium.bad_times = 0;
    script_mount();
    script_assert_holds(first, end);
    medium.bad_times = NO_CALL;
    script_mount();
    script_put_synced(2);
    medium.bad_times = 0;
    script_mount();
    script_assert_holds(first, script.number);
    script_put_synced(1);
    script_mount();
    script_assert_holds(first, script.number);
}

static void pages_that_cannot_be_read_for_a_while_lose_nothing(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t granule, per_block;
        script_open(g);
        granule = script.log.read_granule;
        per_block = script_block_records();
        for (uint32_t lap = 1; lap <= 2u; lap++) {
            for (uint32_t records = 0; records <= 2u * per_block; records += 1u + per_block / 4u) {
                for (uint32_t block = 0; block < g->blocks; block++) {
                    for (uint32_t at = 0; at < g->block_bytes; at += granule) {
                        assert_comes_back(g, lap, records, block, at, at + granule);
                    }
                    assert_comes_back(g, lap, records, block, 0, 2u * granule);
                    assert_comes_back(g, lap, records, block, 0, g->block_bytes);
                }
            }
        }
    }
}

static void a_medium_that_cannot_be_read_holds_a_log_perhaps(void **state) {
    static const int errors[] = {STK_E_IO, STK_E_SHORT};
    (void)state;
    EVERY(g) {
        for (uint32_t i = 0; i < 2u; i++) {
            struct stk_log_config config;
            begin(g, 2, 3);
            medium.bad_err = errors[i];
            medium_spoil(NO_CALL, 0, NO_CALL, NO_CALL);
            config = script_config();
            assert_int_equal(script_try_mount(), STK_E_IO);
            assert_int_equal(stk_log_grow(&script.log, &config), STK_E_IO);
            assert_int_equal(stk_log_sync(&script.log), STK_E_SHUTDOWN);
            medium_spoil(NO_CALL, 0, STK_LOG_CELL_BYTES, NO_CALL); /* reads of the headers fail, and of no other cell */
            assert_int_equal(script_try_mount(), STK_E_IO);
            medium.bad_times = 0;
            script_mount();
            script_assert_holds(script.number - 3u, script.number);
            assert_int_equal(script_format_as(9), STK_OK);
            medium_spoil(NO_CALL, 0, NO_CALL, NO_CALL);
            assert_int_equal(script_format_as(10), STK_OK); /* format can erase a block that cannot be read */
            medium.bad_times = 0;
            script_mount();
            assert_int_equal(script.log.id, 10);
        }
    }
}

/* A blank flash, all of which can be read, has no log; one block of it that cannot be read might have one. */
static void a_blank_flash_has_no_log_where_all_of_it_is_read(void **state) {
    (void)state;
    EVERY(g) {
        medium_new(g);
        assert_int_equal(script_try_mount(), STK_E_FORMAT);
        for (uint32_t block = 0; block < g->blocks; block++) {
            medium_spoil(block, 0, NO_CALL, NO_CALL);
            assert_int_equal(script_try_mount(), STK_E_IO);
            medium.bad_times = 2; /* one look at it and one more try */
            assert_int_equal(script_try_mount(), STK_E_IO);
            medium.bad_times = 1;
            assert_int_equal(script_try_mount(), STK_E_FORMAT);
        }
        medium_spoil(0, 0, NO_CALL, NO_CALL);
        medium.bad_err = STK_E_NODEV;
        assert_int_equal(script_try_mount(), STK_E_NODEV);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_that_fails_once_changes_nothing),
        cmocka_unit_test(pages_that_cannot_be_read_for_a_while_lose_nothing),
        cmocka_unit_test(a_medium_that_cannot_be_read_holds_a_log_perhaps),
        cmocka_unit_test(a_blank_flash_has_no_log_where_all_of_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
