#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/atomic.h"
#include "stoker/control.h"

static void bytes_are_macro_query_and_use(void **state) {
    struct stk_control control;
    size_t bytes = 0;
    void *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_control_bytes(7, &bytes), STK_OK);
    assert_int_equal(bytes, STK_CONTROL_BYTES(7));
    assert_int_equal(stk_control_init(&control, mem, bytes - 1, 0, 2, 7), STK_E_SPACE);
    assert_true(zone_intact(0));
    assert_int_equal(stk_control_init(&control, mem, bytes, 0, 2, 7), STK_OK);
    assert_int_equal(zone_used(), bytes);
    assert_true(zone_intact(bytes));
    assert_int_equal(control.count, 167);
}

static void init_refuses_what_does_not_fit(void **state) {
    struct stk_control control;
    size_t bytes = 0;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_control_bytes(STK_CONTROL_OBSERVABLES_MAX + 1, &bytes), STK_E_OVERFLOW);
    assert_int_equal(stk_control_init(&control, mem, 640, 0, 0, STK_CONTROL_OBSERVABLES_INIT_MAX + 1), STK_E_OVERFLOW);
    assert_int_equal(stk_control_init(&control, mem + 1, 700, 0, 0, 0), STK_E_ALIGN);
    assert_int_equal(stk_control_init(&control, NULL, 640, 0, 0, 0), STK_E_ARG);
    assert_int_equal(stk_control_view(&control, mem, 641), STK_E_ALIGN);
    assert_int_equal(stk_control_view(&control, mem + 2, 640), STK_E_ALIGN);
    assert_int_equal(stk_control_view(&control, NULL, 4), STK_E_ARG);
    assert_true(zone_intact(0));
}

static void a_view_of_more_words_than_an_index_reaches_is_refused(void **state) {
    struct stk_control control = {NULL, 7};
    int err = stk_control_view(&control, zone_paint(), SIZE_MAX & ~(size_t)3);
    (void)state;
    if (SIZE_MAX / 4 > UINT32_MAX) {
        assert_int_equal(err, STK_E_OVERFLOW);
        assert_int_equal(control.count, 7);
    } else {
        assert_int_equal(err, STK_OK);
        assert_int_equal(control.count, SIZE_MAX / 4);
    }
}

static void a_view_of_nothing_holds_no_word(void **state) {
    struct stk_control control;
    struct stk_error_info info = {0, 0, 0};
    uint32_t value = 42;
    (void)state;
    assert_int_equal(stk_control_view(&control, NULL, 0), STK_OK);
    assert_int_equal(stk_control_word(&control, 0, &value, &info), STK_E_MISSING);
    assert_int_equal(info.value, 4);
    assert_int_equal(value, 42);
}

static void masks_stop_at_29_and_quotas_at_32(void **state) {
    struct stk_control control;
    uint32_t value = 0;
    (void)state;
    assert_int_equal(stk_control_init(&control, zone_paint(), 640, 5, 100, 0), STK_OK);
    assert_int_equal(stk_control_word(&control, STK_CTL_SHUTDOWN, &value, NULL), STK_OK);
    assert_int_equal(value, 1);
    assert_int_equal(stk_control_word(&control, 31, &value, NULL), STK_OK);
    assert_int_equal(value, UINT32_MAX);
    assert_int_equal(stk_control_word(&control, 63, &value, NULL), STK_OK);
    assert_int_equal(value, STK_TENANT_QUOTA_DEFAULT);
    assert_int_equal(stk_control_word(&control, 64, &value, NULL), STK_OK);
    assert_int_equal(value, 0);
}

static void a_read_behind_the_end_names_the_word(void **state) {
    struct stk_control control;
    struct stk_error_info info = {0, 0, 0};
    uint32_t value = 42;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_control_view(&control, mem, 512), STK_OK);
    assert_int_equal(stk_control_done_count(&control, &value, &info), STK_OK);
    assert_int_equal(value, 0xA5A5A5A5u);
    value = 42;
    assert_int_equal(stk_control_epoch(&control, &value, &info), STK_E_MISSING);
    assert_int_equal(info.err, STK_E_MISSING);
    assert_int_equal(info.index, STK_CTL_EPOCH);
    assert_int_equal(info.value, 516);
    assert_int_equal(stk_control_observable(&control, 3, &value, &info), STK_E_MISSING);
    assert_int_equal(info.index, 163);
    assert_int_equal(stk_control_observable(&control, STK_CONTROL_OBSERVABLES_MAX, &value, &info), STK_E_MISSING);
    assert_int_equal(stk_control_observable(&control, STK_CONTROL_OBSERVABLES_MAX + 1, &value, &info), STK_E_OVERFLOW);
    assert_int_equal(value, 42);
}

static void metrics_that_do_not_fit_are_not_cut_off(void **state) {
    struct stk_control control;
    struct stk_error_info info = {0, 0, 0};
    struct stk_metric metric[2] = {{1, 1}, {1, 1}};
    (void)state;
    assert_int_equal(stk_control_init(&control, zone_paint(), 640, 0, 0, 0), STK_OK);
    assert_int_equal(stk_control_metrics(&control, NULL, 0, &info), 0);
    stk_store(control.words + STK_CTL_METRICS + 2, 7);
    stk_store(control.words + STK_CTL_METRICS + 31, 9);
    assert_int_equal(stk_control_metrics(&control, metric, 1, &info), STK_E_SPACE);
    assert_int_equal(info.value, 2 * sizeof metric[0]);
    assert_int_equal(metric[0].opcode, 1);
    assert_int_equal(stk_control_metrics(&control, metric, 2, &info), 2);
    assert_int_equal(metric[0].opcode, 2);
    assert_int_equal(metric[0].count, 7);
    assert_int_equal(metric[1].opcode, 31);
    control.count = STK_CTL_METRICS + 31;
    assert_int_equal(stk_control_metrics(&control, metric, 2, &info), STK_E_MISSING);
    assert_int_equal(info.index, STK_CTL_METRICS + 31);
    control.count = STK_CTL_METRICS + 5;
    assert_int_equal(stk_control_metrics(&control, metric, 2, &info), STK_E_MISSING);
    assert_int_equal(info.index, STK_CTL_METRICS + 5);
}

static void priorities_are_written_whole_or_not_at_all(void **state) {
    struct stk_control control;
    struct stk_error_info info = {0, 0, 0};
    uint32_t value = 0;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_control_view(&control, mem, 536), STK_OK);
    assert_int_equal(stk_control_set_priorities(&control, 7, &info), STK_E_MISSING);
    assert_int_equal(info.index, 134);
    assert_true(zone_intact(0));
    assert_int_equal(stk_control_view(&control, mem, 540), STK_OK);
    assert_int_equal(stk_control_set_priorities(&control, 7, &info), STK_OK);
    assert_int_equal(stk_control_word(&control, 132, &value, NULL), STK_OK);
    assert_int_equal(value, 5);
    assert_int_equal(stk_control_word(&control, 134, &value, NULL), STK_OK);
    assert_int_equal(value, 7);
    assert_true(zone_intact(540));
}

static void custody_words_lie_behind_the_view(void **state) {
    struct stk_control control;
    struct stk_error_info info = {0, 0, 0};
    uint32_t value = 0;
    (void)state;
    assert_int_equal(stk_control_init(&control, zone_paint(), 640, 0, 0, 0), STK_OK);
    stk_store(control.words + STK_CTL_NO_SHARED_ATOMICS, STK_NO_SHARED_ATOMICS_BIT);
    assert_int_equal(stk_control_set_custody(&control, 159, &info), STK_E_RANGE);
    assert_int_equal(info.value, 159);
    assert_int_equal(stk_control_set_custody(&control, 0x80000000u, &info), STK_E_RANGE);
    assert_int_equal(stk_control_set_custody(&control, 0x7FFFFFFFu, NULL), STK_OK);
    assert_int_equal(stk_control_word(&control, STK_CTL_NO_SHARED_ATOMICS, &value, NULL), STK_OK);
    assert_int_equal(value, UINT32_MAX);
    assert_int_equal(stk_control_set_custody(&control, 0, NULL), STK_OK);
    assert_int_equal(stk_control_word(&control, STK_CTL_NO_SHARED_ATOMICS, &value, NULL), STK_OK);
    assert_int_equal(value, STK_NO_SHARED_ATOMICS_BIT);
    control.count = STK_CTL_NO_SHARED_ATOMICS;
    assert_int_equal(stk_control_set_custody(&control, 0, &info), STK_E_MISSING);
    assert_true(zone_intact(640));
}

static void the_shutdown_flag_is_zero_or_one(void **state) {
    struct stk_control control;
    uint32_t value = 0;
    (void)state;
    assert_int_equal(stk_control_init(&control, zone_paint(), 640, 0, 0, 0), STK_OK);
    assert_int_equal(stk_control_set_shutdown(&control, 8, NULL), STK_OK);
    assert_int_equal(stk_control_word(&control, 0, &value, NULL), STK_OK);
    assert_int_equal(value, 1);
    control.count = 0;
    assert_int_equal(stk_control_set_shutdown(&control, 0, NULL), STK_E_MISSING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_macro_query_and_use),
        cmocka_unit_test(init_refuses_what_does_not_fit),
        cmocka_unit_test(a_view_of_more_words_than_an_index_reaches_is_refused),
        cmocka_unit_test(a_view_of_nothing_holds_no_word),
        cmocka_unit_test(masks_stop_at_29_and_quotas_at_32),
        cmocka_unit_test(a_read_behind_the_end_names_the_word),
        cmocka_unit_test(metrics_that_do_not_fit_are_not_cut_off),
        cmocka_unit_test(priorities_are_written_whole_or_not_at_all),
        cmocka_unit_test(custody_words_lie_behind_the_view),
        cmocka_unit_test(the_shutdown_flag_is_zero_or_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
