#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/watchdog.h"

/* Eight slots: two EMPTY, one DONE, three PUBLISHED, one FAULT, one REQUEUE. */
static struct stk_snapshot busy(uint32_t done) {
    struct stk_snapshot s;
    memset(&s, 0, sizeof s);
    s.occupancy.slots = 8;
    s.occupancy.count[STK_SLOT_EMPTY] = 2;
    s.occupancy.count[STK_SLOT_DONE] = 1;
    s.occupancy.count[STK_SLOT_PUBLISHED] = 3;
    s.occupancy.count[STK_SLOT_FAULT] = 1;
    s.occupancy.count[STK_SLOT_REQUEUE] = 1;
    s.control.done_count = done;
    return s;
}

static void counters_are_of_the_slots_that_were_read(void **state) {
    struct stk_snapshot s = busy(77);
    struct stk_runtime_counters c;
    (void)state;
    s.occupancy.slots = 10;
    s.occupancy.torn = 2;
    s.control.tenant_fairness[3] = UINT32_MAX;
    s.control.tenant_fairness[31] = 5;
    s.control.priority_fairness[0] = UINT32_MAX;
    s.control.priority_fairness[4] = 1;
    stk_runtime_counters(&s, &c);
    assert_int_equal(c.slots, 10);
    assert_int_equal(c.depth, 5);
    assert_int_equal(c.idle_slots, 2);
    assert_int_equal(c.idle_ppm, 250000);
    assert_int_equal(c.depth_bps, 6250);
    assert_int_equal(c.occupied_bps, 7500);
    assert_int_equal(c.done, 77);
    assert_int_equal(c.unharvested, 1);
    assert_int_equal(c.requeued, 1);
    assert_int_equal(c.faulted, 1);
    assert_true(c.tenant_total == (uint64_t)UINT32_MAX + 5);
    assert_int_equal(c.tenant_skew, UINT32_MAX - 5);
    assert_true(c.priority_total == (uint64_t)UINT32_MAX + 1);
}

static void an_empty_ring_has_no_rates(void **state) {
    struct stk_snapshot s;
    struct stk_runtime_counters c;
    (void)state;
    memset(&s, 0, sizeof s);
    stk_runtime_counters(&s, &c);
    assert_int_equal(c.idle_ppm + c.depth_bps + c.occupied_bps + c.tenant_skew, 0);
}

static void a_count_that_passed_two_to_the_32_is_progress(void **state) {
    struct stk_snapshot before = busy(UINT32_MAX - 1), after = busy(3);
    struct stk_watchdog dog;
    (void)state;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.done_delta, 5);
    assert_int_equal(dog.stalled, 0);
    assert_int_equal(dog.stalled_reference, 0);
    after.control.done_count = before.control.done_count + 0x7FFFFFFFu;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.done_delta, 0x7FFFFFFF);
}

static void a_count_that_went_back_is_refused(void **state) {
    struct stk_snapshot before = busy(100), after = busy(99);
    struct stk_watchdog dog = {.depth = 42};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_watchdog(&before, &after, &dog, &info), STK_E_ARG);
    assert_int_equal(info.index, STK_CTL_DONE_COUNT);
    assert_int_equal(info.value, UINT32_MAX);
    after.control.done_count = before.control.done_count + 0x80000000u;
    assert_int_equal(stk_watchdog(&before, &after, &dog, &info), STK_E_ARG);
    assert_int_equal(info.value, 0x80000000u);
    assert_int_equal(dog.depth, 42);
}

static void a_faulted_slot_does_not_hide_a_stall(void **state) {
    struct stk_snapshot before = busy(9), after = busy(9);
    struct stk_watchdog dog;
    (void)state;
    after.control.heartbeat = 12;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.stalled, 1);
    assert_int_equal(dog.stalled_reference, 0);
    assert_int_equal(dog.depth, 5);
    assert_int_equal(dog.faulted, 1);
    assert_int_equal(dog.requeued, 1);
    assert_int_equal(dog.idle_ppm, 250000);
    assert_int_equal(dog.heartbeat_delta, 12);
    after.occupancy.count[STK_SLOT_FAULT] = 0;
    after.occupancy.count[STK_SLOT_PUBLISHED] = 4;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.stalled, 1);
    assert_int_equal(dog.stalled_reference, 1);
}

static void what_waits_for_the_host_or_moves_is_no_stall(void **state) {
    struct stk_snapshot before = busy(9), after = busy(9);
    struct stk_watchdog dog;
    (void)state;
    after.control.faults = 1;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.fault_delta, 1);
    assert_int_equal(dog.stalled, 0);
    after = busy(9);
    after.occupancy.slots++;
    after.occupancy.torn = 1;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.stalled, 0);
    memset(&after.occupancy, 0, sizeof after.occupancy);
    after.occupancy.slots = 2;
    after.occupancy.count[STK_SLOT_FAULT] = 2;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.stalled, 0);
    after.occupancy.count[STK_SLOT_FAULT] = 0;
    after.occupancy.count[STK_SLOT_EMPTY] = 2;
    assert_int_equal(stk_watchdog(&before, &after, &dog, NULL), STK_OK);
    assert_int_equal(dog.stalled + dog.stalled_reference, 0);
}

static void requeued_slots_call_for_a_drain(void **state) {
    struct stk_snapshot s = busy(0);
    struct stk_priority_accounting a;
    (void)state;
    stk_priority_accounting(&s, &a);
    assert_int_equal(a.requeued, 1);
    assert_int_equal(stk_priority_drain(&a), STK_DRAIN_PENDING);
    s.occupancy.count[STK_SLOT_REQUEUE] = 0;
    stk_priority_accounting(&s, &a);
    assert_int_equal(stk_priority_drain(&a), STK_DRAIN_NONE);
    a.oldest = 3;
    assert_int_equal(stk_priority_drain(&a), STK_DRAIN_PENDING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_of_the_slots_that_were_read),
        cmocka_unit_test(an_empty_ring_has_no_rates),
        cmocka_unit_test(a_count_that_passed_two_to_the_32_is_progress),
        cmocka_unit_test(a_count_that_went_back_is_refused),
        cmocka_unit_test(a_faulted_slot_does_not_hide_a_stall),
        cmocka_unit_test(what_waits_for_the_host_or_moves_is_no_stall),
        cmocka_unit_test(requeued_slots_call_for_a_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
