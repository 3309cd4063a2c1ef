/* Calls that the port refuses: the error is the caller's at once, no block is lost by it, and the log goes on when the
 * port accepts calls again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 256, 5, 0xFF, STK_FLASH_MANY, 0},     {1, 256, 1024, 5, 0xFF, STK_FLASH_MANY, 0},
    {64, 64, 256, 6, 0x00, STK_FLASH_INVERT, 0}, {512, 512, 1024, 5, 0xFF, STK_FLASH_ONCE, 0},
    {1, 64, 256, 5, 0xFF, STK_FLASH_ANY, 1},     {24, 48, 480, 5, 0xFF, STK_FLASH_MANY, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)
#define KINDS    4u
#define STEPS    60u

static const int errors[] = {STK_E_ALIGN, STK_E_RANGE, STK_E_ACCESS, STK_E_NOSPC, STK_E_NODEV};
static uint32_t kept[STEPS], kept_count; /* numbers of the records that went in */

/* Makes one call of a log in use: mostly an append, sometimes a sync or a poll. */
static int step(uint32_t n) {
    int err = n % 5u == 3u ? stk_log_sync(&script.log) : n % 7u == 6u ? stk_log_poll(&script.log) : script_try();
    if (n % 5u != 3u && n % 7u != 6u && err == STK_OK) {
        kept[kept_count++] = script.number - 1u;
    }
    return err < 0 ? err : STK_OK;
}

/* Makes all steps, and each again that was refused. The error came at once, and of no other kind. Returns the
 * refusals. */
static uint32_t make_steps(int want, uint32_t most) {
    uint32_t refusals = 0;
    for (uint32_t n = 0; n < STEPS; n++) {
        int err;
        medium.after_refusal = NO_CALL / 2u;
        while ((err = step(n)) != STK_OK) {
            assert_int_equal(err, want);
            assert_int_equal(medium.after_refusal, 0);
            assert_true(++refusals <= most);
        }
    }
    return refusals;
}

/* A log in its second lap, mounted anew. */
static void begin(const struct stk_flash_geometry *g) {
    script_open(g);
    script_put_synced(g->blocks * script_block_records() + 2u);
    script_mount();
    kept_count = 0;
}

static void assert_all_kept(void) {
    uint32_t from = kept_count > 4u ? kept_count - 4u : 0u;
    assert_int_equal(script.log.stats.failed, 0);
    medium.refused_times = 0;
    script_sync();
    for (uint32_t rounds = 0; rounds < 2u; rounds++) {
        (void)script_walk();
        for (uint32_t i = from; i < kept_count; i++) {
            assert_true(script_saw(kept[i]));
        }
        script_mount();
    }
}

/* Erases of all blocks. */
static uint32_t erases(void) {
    uint32_t all = 0;
    for (uint32_t b = 0; b < medium.geometry.blocks; b++) {
        all += medium.erased[b];
    }
    return all;
}

/* The same records need as many programs and erases as where no call was refused. */
static void assert_refusals_cost_nothing(const struct stk_flash_geometry *g, enum call kind, uint32_t number,
                                         uint32_t times) {
    int err = errors[(number + times) % (sizeof errors / sizeof *errors)];
    uint32_t plain, refusals;
    begin(g);
    plain = erases();
    (void)make_steps(STK_OK, 0);
    plain = erases() - plain;
    begin(g);
    refusals = erases();
    medium_refuse(kind, number, times, err);
    (void)make_steps(err, times);
    refusals = erases() - refusals;
    assert_true(refusals <= plain + 1u); /* records that were refused took numbers, and may leave a page less full */
    assert_all_kept();
}

static void a_refused_call_is_an_error_of_the_call(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t kind = 0; kind < KINDS; kind++) {
            for (uint32_t number = 0; number < STEPS + 20u; number++) {
                assert_refusals_cost_nothing(g, (enum call)kind, number, 1);
            }
            for (uint32_t number = 0; number < STEPS; number += 7u) {
                assert_refusals_cost_nothing(g, (enum call)kind, number, 20);
            }
        }
    }
}

/* A port that takes no program, for an address that is not aligned, is not erased from end to end. */
static void a_port_that_refuses_programs_wears_no_block(void **state) {
    (void)state;
    EVERY(g) {
        begin(g);
        medium_refuse(PROG, 0, NO_CALL, STK_E_ALIGN);
        for (uint32_t b = 0; b < g->blocks; b++) {
            medium.erased[b] = 0;
        }
        for (uint32_t tries = 0; tries < 50u; tries++) {
            int err = script_try();
            assert_true(err == STK_OK || err == STK_E_ALIGN);
            err = stk_log_sync(&script.log);
            assert_true(err == STK_OK || err == STK_E_ALIGN);
        }
        assert_true(erases() <= 1u);
        assert_int_equal(script.log.stats.failed, 0);
    }
}

/* Refuses each call of the flash, one after the other. Format, mount and grow must return the error of the refused
 * call, and make no further call. */
static void a_refused_call_ends_format_mount_and_grow(void **state) {
    (void)state;
    EVERY(g) {
        struct stk_log_config config;
        for (uint32_t kind = 0; kind < KINDS; kind++) {
            uint32_t number = 0, calls;
            int err;
            do {
                begin(g);
                medium_refuse((enum call)kind, number, 1, STK_E_ALIGN);
                err = script_format_as(SCRIPT_ID + 2u);
                assert_true(err == STK_E_ALIGN || err == STK_OK);
                assert_true(err == STK_OK || medium.after_refusal == 0u);
                medium.refused_times = 0;
                assert_int_equal(stk_log_settle(&script.log), err == STK_OK ? STK_OK : STK_E_SHUTDOWN);
                number++;
            } while (err != STK_OK);
            assert_true(number > 1u);
            medium.refused_times = 0;
            script_mount();
            calls = script.log.stats.mount_reads;
            for (number = 0; number < calls; number++) {
                medium_refuse(READ, number, 1, STK_E_RANGE);
                assert_int_equal(script_try_mount(), STK_E_RANGE);
                assert_int_equal(medium.after_refusal, 0);
                assert_int_equal(stk_log_sync(&script.log), STK_E_SHUTDOWN);
                medium_refuse(READ, number, 1, STK_E_RANGE);
                config = script_config();
                assert_int_equal(stk_log_grow(&script.log, &config), STK_E_RANGE);
                assert_int_equal(medium.after_refusal, 0);
            }
            medium.refused_times = 0;
            script_mount();
        }
    }
}

/* A walk returns the error, and goes on from the same place once the port accepts reads again. */
static void a_refused_read_ends_no_walk(void **state) {
    (void)state;
    EVERY(g) {
        struct stk_log_record r;
        uint32_t all, number = 0, refused = 1;
        begin(g);
        all = script_walk();
        for (; refused != 0u; number++) {
            uint32_t seen = 0;
            int found;
            refused = 0;
            script_iterate();
            medium_refuse(READ, number, 1, STK_E_ALIGN);
            while ((found = stk_log_next(&script.iter, &r)) != 0) {
                if (found == 1) {
                    assert_int_equal(r.slot, script.numbers[seen++]);
                } else {
                    assert_true(found == STK_E_ALIGN && ++refused == 1u);
                }
            }
            assert_int_equal(seen, all);
            medium_refuse(READ, number, 1, STK_E_ALIGN);
            while ((found = stk_log_prev(&script.iter, &r)) != 0) {
                if (found == 1) {
                    assert_int_equal(r.slot, script.numbers[--seen]);
                } else {
                    assert_int_equal(found, STK_E_ALIGN);
                }
            }
            assert_int_equal(seen, 0);
            medium.refused_times = 0;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_call_is_an_error_of_the_call),
        cmocka_unit_test(a_port_that_refuses_programs_wears_no_block),
        cmocka_unit_test(a_refused_call_ends_format_mount_and_grow),
        cmocka_unit_test(a_refused_read_ends_no_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
