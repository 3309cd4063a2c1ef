#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/schedule.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_is_looked_at_by_some_lane),
        cmocka_unit_test(no_slots_need_no_look),
        cmocka_unit_test(a_budget_that_does_not_fit_is_the_largest_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
