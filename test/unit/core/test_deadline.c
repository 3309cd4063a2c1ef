/* Tests that a deadline counts the time in which its owner could have seen progress, and no other time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/deadline.h"
#include "stoker/port/sim.h"
#include "stoker/wait.h"

#define MS   UINT64_C(1000000)
#define HOUR (UINT64_C(3600000) * MS)

static struct stk_deadline start(uint64_t timeout_ns, uint64_t now_ns) {
    struct stk_deadline d;
    stk_deadline_start(&d, timeout_ns, now_ns);
    return d;
}

static void time_between_looks_is_counted_to_the_nanosecond(void **state) {
    struct stk_deadline d = start(80 * MS, 5);
    uint64_t now = 5;
    (void)state;
    for (uint64_t passed = 10 * MS; passed < 80 * MS; passed += 10 * MS) {
        now += 10 * MS;
        assert_true(stk_deadline_look(&d, now) == 80 * MS - passed);
    }
    assert_true(stk_deadline_look(&d, now + 10 * MS - 1u) == 1u);
    assert_true(stk_deadline_look(&d, now + 10 * MS) == 0u);
    assert_true(stk_deadline_look(&d, now + 11 * MS) == 0u); /* the deadline stays over */
}

static void pause_of_any_length_counts_an_eighth(void **state) {
    static const uint64_t pauses[] = {81 * MS, HOUR, UINT64_MAX / 2u, UINT64_MAX - 1u};
    (void)state;
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        struct stk_deadline d = start(80 * MS, 1);
        assert_true(stk_deadline_look(&d, 1 + pauses[i]) == 70 * MS);
        assert_true(stk_deadline_look(&d, 1 + pauses[i]) == 70 * MS);
    }
}

static void owner_that_looks_once_a_minute_gets_the_end_with_its_ninth_look(void **state) {
    static const uint64_t timeouts[] = {10000 * MS, 10000 * MS + 7u, 800001u};
    (void)state;
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        struct stk_deadline d = start(timeouts[i], 0);
        uint64_t now = 0;
        uint32_t looks = 0;
        do {
            now += 60000 * MS;
            looks++;
        } while (stk_deadline_look(&d, now) != 0u);
        assert_in_range(looks, 8, 9);
    }
}

static void clock_that_goes_back_counts_nothing(void **state) {
    struct stk_deadline d = start(80 * MS, HOUR);
    (void)state;
    assert_true(stk_deadline_look(&d, HOUR - 1u) == 80 * MS);
    assert_true(stk_deadline_look(&d, 0) == 80 * MS);
    /* the clock has gone back to 0; the count goes on from the new time */
    assert_true(stk_deadline_look(&d, 5 * MS) == 75 * MS);
    assert_true(stk_time_since(7, 6) == 0u && stk_time_since(6, 7) == 1u);
}

static void greatest_timeout_never_ends_and_none_is_over_at_once(void **state) {
    struct stk_deadline d = start(UINT64_MAX, HOUR);
    (void)state;
    for (uint64_t i = 0; i < 100u; i++) {
        assert_true(stk_deadline_look(&d, i % 2u != 0u ? UINT64_MAX : 0u) == UINT64_MAX);
    }
    assert_true(stk_deadline_left(&d, 0) == UINT64_MAX);
    d = start(UINT64_MAX - 1u, UINT64_MAX); /* the longest timeout that ends */
    assert_true(stk_deadline_look(&d, UINT64_MAX) == UINT64_MAX - 1u);
    d = start(0, 3);
    assert_true(stk_deadline_look(&d, 3) == 0u);
    assert_true(stk_deadline_wait(&d, HOUR) == 0u);
    assert_true(stk_time_sum(UINT64_MAX, UINT64_MAX) == UINT64_MAX && stk_time_sum(UINT64_MAX - 1u, 1) == UINT64_MAX);
    assert_true(stk_time_sum(3, 4) == 7u);
}

static void wait_that_was_given_out_counts_in_full(void **state) {
    struct stk_deadline d = start(8000 * MS, 0);
    (void)state;
    assert_true(stk_deadline_wait(&d, 5) == 5u);
    /* a part of the time left, so that a pause inside the sleep costs no more */
    assert_true(stk_deadline_wait(&d, UINT64_MAX) == 1000 * MS);
    assert_true(stk_deadline_look(&d, 1500 * MS) == 6500 * MS); /* the owner woke up late */
    assert_true(stk_deadline_wait(&d, UINT64_MAX) == 1000 * MS);
    assert_true(stk_deadline_look(&d, HOUR) == 4500 * MS); /* the process was stopped in the sleep */
    assert_true(stk_deadline_look(&d, 2 * HOUR) == 3500 * MS);
    d = start(3 * MS, 0); /* a short timeout is one sleep */
    assert_true(stk_deadline_wait(&d, UINT64_MAX) == 3 * MS);
    assert_true(stk_deadline_look(&d, 3 * MS) == 0u);
}

static void each_of_many_has_the_whole_timeout_from_its_own_beginning(void **state) {
    struct stk_deadline d = start(8 * MS, 0);
    uint64_t first, second;
    (void)state;
    (void)stk_deadline_look(&d, HOUR); /* this look comes before `first` and `second` begin */
    first = stk_deadline_counted(&d);
    assert_true(stk_deadline_left(&d, first) == 8 * MS);
    (void)stk_deadline_look(&d, HOUR + MS);
    second = stk_deadline_counted(&d);
    for (uint64_t i = 2; i <= 8u; i++) {
        (void)stk_deadline_look(&d, HOUR + i * MS);
    }
    assert_true(stk_deadline_left(&d, first) == 0u);
    assert_true(stk_deadline_left(&d, second) == MS);
}

/// The wait for a word ///

static uint32_t word;

static void stop_the_process(void *ctx, const uint32_t *at, uint32_t seen, uint64_t timeout_ns) {
    struct stk_sim_platform *clock = ctx;
    (void)at, (void)seen, (void)timeout_ns;
    clock->now += HOUR;
    if (clock->waits == 20u) {
        clock->hook = NULL;
    }
    if (clock->waits == 5u) {
        word = stk_le32(7);
    }
}

static void wait_for_a_word_outlives_pauses(void **state) {
    struct stk_sim_platform clock;
    const struct stk_platform_port platform = {&stk_sim_platform_ops, &clock};
    (void)state;
    stk_sim_platform_init(&clock, 1000, 0);
    clock.hook = stop_the_process;
    clock.hook_ctx = &clock;
    word = 0;
    assert_int_equal(stk_wait_word(&platform, &word, 7, 1000 * MS), STK_OK);
    word = 0;
    clock.waits = 5;
    assert_int_equal(stk_wait_word(&platform, &word, 7, 1000 * MS), STK_E_TIMEOUT);
    assert_in_range(clock.waits, 5 + 8, 5 + 9); /* an owner that is always late */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_between_looks_is_counted_to_the_nanosecond),
        cmocka_unit_test(pause_of_any_length_counts_an_eighth),
        cmocka_unit_test(owner_that_looks_once_a_minute_gets_the_end_with_its_ninth_look),
        cmocka_unit_test(clock_that_goes_back_counts_nothing),
        cmocka_unit_test(greatest_timeout_never_ends_and_none_is_over_at_once),
        cmocka_unit_test(wait_that_was_given_out_counts_in_full),
        cmocka_unit_test(each_of_many_has_the_whole_timeout_from_its_own_beginning),
        cmocka_unit_test(wait_for_a_word_outlives_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
