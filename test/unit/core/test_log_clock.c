/* Finding records by boot and by time, where the clock restarts at each boot, goes on, or goes back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 512, 8, 0xFF, STK_FLASH_MANY, 0},
    {1, 256, 1024, 9, 0xFF, STK_FLASH_MANY, 0},
    {64, 64, 256, 30, 0x00, STK_FLASH_INVERT, 0},
    {528, 528, 2112, 12, 0xFF, STK_FLASH_ONCE, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)
#define BOOTS    7u

enum clock {
    RESTARTS, /* each boot begins at 100 */
    GOES_ON,
    STEPS_BACK, /* begins 300 before the end of the boot before */
    TURNS,      /* goes back in the middle of each boot */
    STANDS,
    CLOCKS
};

static uint64_t times[SCRIPT_RECORDS];

static uint64_t first_time(enum clock clock, uint32_t boot) {
    return clock == RESTARTS || clock == TURNS ? 100u
           : clock == GOES_ON                  ? 1000u * boot
           : clock == STEPS_BACK               ? 2000u * BOOTS - 300u * boot
                                               : 5u;
}

/* Appends the records of a boot. The time goes on by 10 with each one. */
static void run_boot(enum clock clock, uint32_t boot, uint32_t records) {
    for (uint32_t i = 0; i < records; i++) {
        struct stk_log_record r = script_record(script.number);
        uint32_t step = clock == STANDS ? 0u : clock == TURNS ? (i + records / 2u) % records : i;
        r.timestamp_ns = first_time(clock, boot) + 10u * step;
        times[script.number++] = r.timestamp_ns;
        assert_int_equal(stk_log_append(&script.log, &r), STK_OK);
    }
    script_sync();
}

/* Fills script.numbers and script.boots; times are compared by number. */
static void see_all(void) {
    struct stk_log_record r;
    script.seen = 0;
    script_iterate();
    while (stk_log_next(&script.iter, &r) == 1) {
        script.numbers[script.seen] = r.slot;
        script.boots[script.seen++] = r.boot;
        assert_true(r.timestamp_ns == times[r.slot]);
    }
}

static void run_boots(const struct stk_flash_geometry *g, enum clock clock, uint32_t records) {
    script_open(g);
    for (uint32_t boot = 1; boot <= BOOTS; boot++) {
        run_boot(clock, boot, boot % 3u == 0u ? 0u : records + boot); /* some boots have no record */
        script_mount();
    }
    see_all();
}

/* The next record is that at `place`; behind the last one the end. */
static void assert_at(uint32_t place) {
    struct stk_log_record r;
    if (place == script.seen) {
        assert_int_equal(stk_log_next(&script.iter, &r), 0);
        return;
    }
    assert_int_equal(stk_log_next(&script.iter, &r), 1);
    assert_int_equal(r.slot, script.numbers[place]);
}

/* Returns the first place whose record is of `boot` or a later boot, and in `boot` not before `time`. */
static uint32_t place_of(uint32_t boot, uint64_t time) {
    uint32_t i = 0;
    while (i < script.seen &&
           (script.boots[i] < boot || (script.boots[i] == boot && times[script.numbers[i]] < time))) {
        i++;
    }
    return i;
}

static void boots_are_counted_and_found(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t records = 1; records < 90u; records += 1u + records) {
            run_boots(g, RESTARTS, records);
            for (uint32_t boot = 0; boot <= BOOTS + 2u; boot++) {
                assert_int_equal(stk_log_seek_boot(&script.iter, boot), STK_OK);
                assert_at(place_of(boot, 0));
            }
            /* A boot without a record leaves no trace, so the next one has its number. */
            assert_int_equal(script.log.boot, BOOTS - BOOTS / 3u + 1u);
            assert_int_equal(script.boots[script.seen - 1u], BOOTS - BOOTS / 3u);
        }
    }
}

static void a_time_is_found_in_its_boot(void **state) {
    (void)state;
    EVERY(g) {
        for (enum clock clock = RESTARTS; clock < CLOCKS; clock++) {
            run_boots(g, clock, 25);
            for (uint32_t boot = 0; boot <= BOOTS + 1u && clock != TURNS; boot++) {
                for (uint64_t time = 0; time < 400u; time += 33u) {
                    uint64_t at = first_time(clock, boot) + time;
                    assert_int_equal(stk_log_seek_boot_time(&script.iter, boot, at), STK_OK);
                    assert_at(place_of(boot, at));
                }
            }
        }
    }
}

/* Asserts that a search by time finds the first record at or after the time. Where the clock turned within a boot, the
 * search may find any such record. */
static void assert_time_found(enum clock clock, uint64_t time) {
    struct stk_log_record r;
    uint32_t first = 0;
    int found;
    while (first < script.seen && times[script.numbers[first]] < time) {
        first++;
    }
    assert_int_equal(stk_log_seek_time(&script.iter, time), STK_OK);
    found = stk_log_next(&script.iter, &r);
    assert_int_equal(found, first < script.seen);
    if (found == 1) {
        assert_true(r.timestamp_ns >= time);
        assert_true(clock == TURNS || r.slot == script.numbers[first]);
    }
}

static void a_record_at_or_after_a_time_is_found_whatever_the_clock_did(void **state) {
    (void)state;
    EVERY(g) {
        for (enum clock clock = RESTARTS; clock < CLOCKS; clock++) {
            for (uint32_t records = 1; records < 40u; records += 12u) {
                run_boots(g, clock, records);
                for (uint64_t time = 0; time < 16000u; time += time < 600u ? 15u : 490u) {
                    assert_time_found(clock, time);
                }
                assert_time_found(clock, UINT64_MAX);
                for (uint32_t i = 0; i < script.seen; i += 3u) {
                    assert_time_found(clock, times[script.numbers[i]]);
                    assert_time_found(clock, times[script.numbers[i]] + 1u);
                }
            }
        }
    }
}

/* One long boot whose clock went back once, early or late, by little or by much. */
static void a_clock_that_went_back_hides_no_record(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t turn = 1; turn < 40u; turn += 6u) {
            script_open(g);
            for (uint32_t i = 0; i < 40u; i++) {
                struct stk_log_record r = script_record(script.number);
                r.timestamp_ns = times[script.number++] = i < turn ? 1000u + i : i;
                assert_int_equal(stk_log_append(&script.log, &r), STK_OK);
            }
            script_sync();
            see_all();
            for (uint64_t time = 0; time < 1045u; time++) {
                assert_time_found(TURNS, time);
            }
        }
    }
}

static void a_seek_by_time_in_no_log_or_in_a_damaged_one_ends(void **state) {
    struct stk_log_record r;
    (void)state;
    EVERY(g) {
        script_open(g);
        script_iterate();
        assert_int_equal(stk_log_seek_time(&script.iter, 5), STK_OK);
        assert_int_equal(stk_log_seek_boot(&script.iter, 1), STK_OK);
        assert_int_equal(stk_log_seek_boot_time(&script.iter, 1, 1), STK_OK);
        assert_int_equal(stk_log_next(&script.iter, &r), 0);
        run_boots(g, RESTARTS, 20);
        for (uint32_t i = 0; i < g->blocks; i++) {
            medium_at(i, 0)[20] ^= 1u; /* no block has a header */
        }
        see_all();
        for (uint64_t time = 0; time < 400u; time += 7u) {
            assert_time_found(RESTARTS, time);
        }
        script.iter.of_flash = 0;
        assert_int_equal(stk_log_seek_boot(&script.iter, 1), STK_E_UNSUPPORTED);
        assert_int_equal(stk_log_seek_boot_time(&script.iter, 1, 1), STK_E_UNSUPPORTED);
        assert_int_equal(stk_log_seek_time(&script.iter, 1), STK_E_UNSUPPORTED);
    }
}

static void a_seek_hands_on_a_read_that_was_refused(void **state) {
    (void)state;
    EVERY(g) {
        int err = STK_E_ALIGN;
        run_boots(g, TURNS, 20);
        for (uint32_t number = 0; err == STK_E_ALIGN; number++) {
            script_iterate();
            medium_refuse(READ, number, 1, STK_E_ALIGN);
            err = stk_log_seek_time(&script.iter, 200);
            assert_true(err == STK_E_ALIGN ? medium.after_refusal == 0u : err == STK_OK);
        }
        medium.refused_times = 0;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boots_are_counted_and_found),
        cmocka_unit_test(a_time_is_found_in_its_boot),
        cmocka_unit_test(a_record_at_or_after_a_time_is_found_whatever_the_clock_did),
        cmocka_unit_test(a_clock_that_went_back_hides_no_record),
        cmocka_unit_test(a_seek_by_time_in_no_log_or_in_a_damaged_one_ends),
        cmocka_unit_test(a_seek_hands_on_a_read_that_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
