/* Walks that turn round, reads that are refused, pages that cannot be read for a while, and a header and a record that
 * come back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 512, 8, 0xFF, STK_FLASH_MANY, 0},   {1, 256, 1024, 12, 0xFF, STK_FLASH_MANY, 0},
    {8, 8, 512, 7, 0x00, STK_FLASH_INVERT, 0}, {64, 64, 256, 9, 0xFF, STK_FLASH_ONCE, 0},
    {48, 48, 480, 10, 0xFF, STK_FLASH_ANY, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)

/* The walk goes on with the record of this place of the last walk. */
static void assert_next(uint32_t place) {
    struct stk_log_record r;
    assert_int_equal(stk_log_next(&script.iter, &r), 1);
    assert_int_equal(r.slot, script.numbers[place]);
}

static void assert_prev(uint32_t place) {
    struct stk_log_record r;
    assert_int_equal(stk_log_prev(&script.iter, &r), 1);
    assert_int_equal(r.slot, script.numbers[place]);
}

static void a_walk_turns_round_at_each_record(void **state) {
    (void)state;
    EVERY(g) {
        script_open(g);
        script_fill(3, 2, 2);
        script_sync();
        (void)script_walk();
        for (uint32_t n = 1; n <= script.seen; n++) {
            assert_int_equal(stk_log_seek_last(script_iterate(), n), STK_OK);
            for (uint32_t i = script.seen - n; i < script.seen; i++) {
                assert_next(i);
            }
            assert_prev(script.seen - 1u);
            assert_next(script.seen - 1u);
        }
    }
}

/* A walk whose read is refused goes on where it was. */
static void a_refused_read_costs_a_walk_no_record(void **state) {
    (void)state;
    EVERY(g) {
        script_open(g);
        script_fill(3, 2, 2);
        script_sync();
        (void)script_walk();
        for (uint32_t n = 0; n < 2u * g->blocks; n++) {
            struct stk_log_record r;
            uint32_t seen = 0, refused = 0;
            int found;
            script_iterate();
            medium_refuse(READ, n, 1, STK_E_ALIGN);
            while ((found = stk_log_next(&script.iter, &r)) != 0) {
                assert_true(found == 1 || (found == STK_E_ALIGN && refused++ == 0u));
                assert_true(found != 1 || r.slot == script.numbers[seen++]);
            }
            assert_int_equal(seen, script.seen);
            while ((found = stk_log_prev(&script.iter, &r)) != 0) {
                assert_true(found == 1 || (found == STK_E_ALIGN && refused++ == 0u));
                assert_true(found != 1 || r.slot == script.numbers[--seen]);
            }
            assert_int_equal(seen, 0);
            medium.refused_times = 0;
        }
    }
}

/* A page that could not be marked stays blank, and a mount would stop there. */
static void a_page_that_cannot_be_marked_hides_no_record(void **state) {
    (void)state;
    EVERY(g) {
        script_open(g);
        for (uint32_t at = 0; at < script_block_records(); at++) {
            script_open(g);
            script_put_synced(at);
            script_mount();
            medium_spoil(0, 0, g->block_bytes, NO_CALL);
            script_put_synced(1);
            medium_spoil(0, 0, 0, 0);
            script_mount();
            script_assert_holds(0, script.number);
        }
    }
}

/* Mount knows no number of a block that it cannot read; this one holds more boots than records. */
static void records_behind_a_block_that_cannot_be_read_come_after_its_own(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t ready = 0; ready < 2u; ready++) {
            uint32_t bad = 1;
            script_open(g);
            script_fill(1, bad, 2);
            for (uint32_t boots = 0; boots < 2u && g->rewrite != STK_FLASH_ONCE; boots++) {
                script_mount();
                script_put_synced(1);
            }
            if (ready != 0u && script.log.block == bad) {
                script_put_synced(1);
                while (script.log.block == bad && stk_log_poll(&script.log) == 0) {
                    script_put_synced(1);
                }
            }
            script_sync();
            bad = script.log.last;
            medium_spoil(bad, 0, g->block_bytes, NO_CALL);
            script_mount();
            script_put_synced(script_block_records() + 1u);
            medium_spoil(0, 0, 0, 0);
            script_mount();
            script_assert_holds(0, script.number);
            script_put_synced(2);
            script_mount();
            script_assert_holds(0, script.number);
        }
    }
}

static void hide_block_1(uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes) {
    (void)offset;
    if (block == 1u) {
        memset(data, medium.geometry.erased, bytes);
    }
}

/* Block 1 was begun, and reads blank after a cut. The log goes on in block 0, cannot erase block 1, and the header
 * there is whole again: it was written before the last records of block 0. */
static void a_header_that_comes_back_hides_no_record_of_a_later_boot(void **state) {
    const struct stk_flash_geometry larger = {1, 256, 1536, 12, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    script_open(&larger);
    script_put_synced(3);
    medium.prog_fails[0] = NONE;
    script_put(4);
    medium.prog_fails[0] = NO_FAULT;
    medium.on_read = hide_block_1;
    script_mount();
    script_put_synced(8);
    medium.erase_fails[1] = NONE;
    script_put_synced(4);
    medium.on_read = NULL;
    script_assert_holds(7, script.number);
    script_mount();
    script_assert_holds(7, script.number);
}

/* Gives blank cells for the records of block 1. The header stays. */
static void hide_records_of_block_1(uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes) {
    for (uint32_t i = 0; block == 1u && i < bytes; i++) {
        data[i] = offset + i < STK_LOG_CELL_BYTES ? data[i] : medium.geometry.erased;
    }
}

/* A cut left the page of record 3, in the newest block, such that it reads blank at the first mount. The log goes on in
 * the block before. At the second mount the page is whole: the records that were written between have the greater
 * sequences, so the log goes on behind them. */
static void a_record_that_comes_back_hides_no_record_of_a_later_boot(void **state) {
    (void)state;
    script_open(shapes);
    script_put_synced(3);
    medium.prog_fails[0] = NONE;
    script_put(1);
    medium.prog_fails[0] = NO_FAULT;
    assert_int_equal(script.log.block, 1);
    medium.on_read = hide_records_of_block_1;
    script_mount();
    script_put_synced(1);
    assert_int_equal(script.log.block, 0);
    medium.on_read = NULL;
    script_mount();
    script_assert_holds(0, 3);
    assert_true(script_saw(4));
    script_put_synced(4);
    script_mount();
    script_assert_holds(0, 3);
    script_assert_holds(4, script.number);
}

/* The header of block 64 cannot be read. With this header mount would have looked further. */
static void no_record_goes_further_than_mount_looks(void **state) {
    const struct stk_flash_geometry large = {1, 1, 512, 200, 0xFF, STK_FLASH_MANY, 0};
    uint32_t kept = 0, last = 0;
    (void)state;
    script_open(&large);
    script_put_synced(script_block_records());
    memset(medium.erase_fails + 1, ALL, 95);
    medium.erase_fails[64] = NO_FAULT;
    medium.prog_fails[64] = NONE;
    for (uint32_t tries = 0; tries < 8u; tries++) {
        last = script.number;
        kept += script_try() == STK_OK && stk_log_sync(&script.log) == STK_OK ? 1u : 0u;
    }
    script_mount();
    script_assert_holds(0, script_block_records());
    assert_true(kept == 0u || script_saw(last));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_turns_round_at_each_record),
        cmocka_unit_test(a_refused_read_costs_a_walk_no_record),
        cmocka_unit_test(a_page_that_cannot_be_marked_hides_no_record),
        cmocka_unit_test(records_behind_a_block_that_cannot_be_read_come_after_its_own),
        cmocka_unit_test(a_header_that_comes_back_hides_no_record_of_a_later_boot),
        cmocka_unit_test(a_record_that_comes_back_hides_no_record_of_a_later_boot),
        cmocka_unit_test(no_record_goes_further_than_mount_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
