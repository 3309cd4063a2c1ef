#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/parity/schedule.h"

static void every_slot_is_looked_at_by_some_lane(void **state) {
    (void)state;
    for (uint32_t slots = 1; slots < 70; slots++) {
        for (uint32_t width = 0; width < 70; width++) {
            struct stk_probe p = stk_probe_plan(slots, width);
            assert_true(p.active_lanes >= 1 && p.active_lanes <= slots);
            assert_true(p.active_lanes == slots || p.active_lanes == (width == 0 ? 1 : width));
            assert_int_equal(p.probe_budget, p.active_lanes * p.probe_count);
            assert_true(p.probe_budget >= slots && p.probe_budget - slots < p.active_lanes);
        }
    }
}

static void no_slots_need_no_look(void **state) {
    struct stk_probe p = stk_probe_plan(0, 32);
    (void)state;
    assert_true(p.active_lanes == 0 && p.probe_count == 0 && p.probe_budget == 0);
}

static void a_budget_that_does_not_fit_is_the_largest_word(void **state) {
    struct stk_probe p = stk_probe_plan(UINT32_MAX, 2);
    (void)state;
    assert_int_equal(p.probe_count, 0x80000000u);
    assert_int_equal(p.probe_budget, UINT32_MAX);
    p = stk_probe_plan(UINT32_MAX, UINT32_MAX);
    assert_true(p.probe_count == 1 && p.probe_budget == UINT32_MAX);
}

static struct stk_launch launch(uint32_t slots, uint32_t ready, uint32_t parked, uint32_t width, uint32_t most) {
    struct stk_launch_load load = {slots, ready, parked, width, most};
    return stk_launch_plan(&load);
}

static void an_idle_device_is_left_alone(void **state) {
    struct stk_launch l = launch(64, 0, 0, 8, 4);
    (void)state;
    assert_true(l.workers == 0 && l.turns == 0);
    l = launch(64, 0, 3, 8, 4); /* what is parked comes back */
    assert_true(l.workers == 1 && l.turns == 8);
}

static void workers_take_what_is_ready_in_one_turn(void **state) {
    struct stk_launch l = launch(64, 17, 0, 8, 4);
    (void)state;
    assert_true(l.workers == 3 && l.turns == 3 + 1);
    l = launch(1024, 1000, 0, 8, 4);
    assert_true(l.workers == 4 && l.turns == 32 + 32);
    l = launch(4, 4, 0, 0, 0);
    assert_true(l.workers == 1 && l.turns == 8);
    l = launch(UINT32_MAX, UINT32_MAX, 0, 1, 1);
    assert_int_equal(l.turns, UINT32_MAX);
    l = launch(UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX);
    assert_true(l.workers == 1 && l.turns == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_is_looked_at_by_some_lane),
        cmocka_unit_test(no_slots_need_no_look),
        cmocka_unit_test(a_budget_that_does_not_fit_is_the_largest_word),
        cmocka_unit_test(an_idle_device_is_left_alone),
        cmocka_unit_test(workers_take_what_is_ready_in_one_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
