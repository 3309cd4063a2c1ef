#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/atomic.h"
#include "stoker/debug_log.h"

static void bytes_are_macro_query_and_use(void **state) {
    struct stk_debug_log log;
    size_t bytes = 0;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_debug_log_bytes(3, &bytes), STK_OK);
    assert_int_equal(bytes, STK_DEBUG_LOG_BYTES(3));
    assert_int_equal(stk_debug_log_init(&log, mem, bytes - 1, 3), STK_E_SPACE);
    assert_int_equal(stk_debug_log_init(&log, mem + 1, 200, 3), STK_E_ALIGN);
    assert_int_equal(stk_debug_log_init(&log, NULL, 200, 3), STK_E_ARG);
    assert_true(zone_intact(0));
    assert_int_equal(stk_debug_log_init(&log, mem, bytes, 3), STK_OK);
    assert_int_equal(zone_used(), bytes);
    assert_int_equal(log.count, 13);
    assert_int_equal(stk_debug_log_bytes(STK_DEBUG_LOG_RECORDS_MAX + 1, &bytes), STK_E_OVERFLOW);
    assert_int_equal(stk_debug_log_init(&log, mem, 8000, STK_DEBUG_LOG_RECORDS_INIT_MAX + 1), STK_E_OVERFLOW);
}

static struct stk_debug_log log_of(uint32_t cursor) {
    struct stk_debug_log log;
    assert_int_equal(stk_debug_log_init(&log, zone_paint(), 200, 2), STK_OK);
    for (uint32_t i = 1; i < log.count; i++) {
        stk_store(log.words + i, 10 + i);
    }
    stk_store(log.words, cursor);
    return log;
}

static void records_come_out_in_order(void **state) {
    struct stk_debug_log log = log_of(8);
    struct stk_debug_record r[2];
    (void)state;
    assert_int_equal(stk_debug_log_read(&log, r, 2, NULL), 2);
    assert_int_equal(r[0].format, 11);
    assert_int_equal(r[0].args[2], 14);
    assert_int_equal(r[1].format, 15);
    assert_int_equal(r[1].args[0], 16);
    assert_int_equal(stk_debug_log_record(&log, 1, &r[0]), STK_OK);
    assert_int_equal(r[0].format, 15);
    assert_int_equal(stk_debug_log_record(&log, 2, &r[0]), STK_E_RANGE);
}

static void a_cursor_that_lies_is_reported_with_its_value(void **state) {
    struct stk_debug_log log = log_of(12);
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_debug_log_count(&log, &info), STK_E_MISSING);
    assert_int_equal(info.index, 13);
    assert_int_equal(info.value, 12);
    stk_store(log.words, 3);
    assert_int_equal(stk_debug_log_count(&log, &info), STK_E_MISSING);
    assert_int_equal(info.index, 4);
    stk_store(log.words, UINT32_MAX);
    assert_int_equal(stk_debug_log_count(&log, &info), STK_E_MISSING);
    assert_int_equal(info.index, UINT32_MAX);
    assert_int_equal(info.value, UINT32_MAX);
    log.count = 8; /* seven words of records: the second one is cut off */
    stk_store(log.words, 8);
    assert_int_equal(stk_debug_log_count(&log, &info), STK_E_MISSING);
    log.count = 0;
    assert_int_equal(stk_debug_log_count(&log, &info), STK_E_MISSING);
}

static void reading_with_a_cursor_that_lies_leaves_the_output_alone(void **state) {
    struct stk_debug_log log = log_of(12);
    struct stk_error_info info = {0, 0, 0};
    struct stk_debug_record r[3] = {{99, {0, 0, 0}}, {0, {0, 0, 0}}, {0, {0, 0, 0}}};
    (void)state;
    assert_int_equal(stk_debug_log_read(&log, r, 3, &info), STK_E_MISSING);
    assert_int_equal(info.value, 12);
    assert_int_equal(r[0].format, 99);
    log.count = 0;
    assert_int_equal(stk_debug_log_record(&log, 0, r), STK_E_RANGE);
    assert_int_equal(r[0].format, 99);
}

static void too_little_room_leaves_the_output_alone(void **state) {
    struct stk_debug_log log = log_of(8);
    struct stk_error_info info = {0, 0, 0};
    struct stk_debug_record r = {99, {0, 0, 0}};
    (void)state;
    assert_int_equal(stk_debug_log_read(&log, &r, 1, &info), STK_E_SPACE);
    assert_int_equal(info.value, 2 * sizeof r);
    assert_int_equal(r.format, 99);
}

static void reset_empties_the_log(void **state) {
    struct stk_debug_log log = log_of(8);
    (void)state;
    assert_int_equal(stk_debug_log_reset(&log), STK_OK);
    assert_int_equal(stk_debug_log_count(&log, NULL), 0);
    log.count = 0;
    assert_int_equal(stk_debug_log_reset(&log), STK_E_MISSING);
}

static void a_view_takes_whole_words_only(void **state) {
    struct stk_debug_log log;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_debug_log_view(&log, mem, 6), STK_E_ALIGN);
    assert_int_equal(stk_debug_log_view(&log, mem + 1, 8), STK_E_ALIGN);
    assert_int_equal(stk_debug_log_view(&log, NULL, 8), STK_E_ARG);
    assert_int_equal(stk_debug_log_view(&log, mem, 20), STK_OK);
    assert_int_equal(log.count, 5);
    assert_true(zone_intact(0));
}

static void a_view_of_more_words_than_an_index_reaches_is_refused(void **state) {
    struct stk_debug_log log = {NULL, 7};
    int err = stk_debug_log_view(&log, zone_paint(), SIZE_MAX & ~(size_t)3);
    (void)state;
    if (SIZE_MAX / 4 > UINT32_MAX) {
        assert_int_equal(err, STK_E_OVERFLOW);
        assert_int_equal(log.count, 7);
    } else {
        assert_int_equal(err, STK_OK);
        assert_int_equal(log.count, SIZE_MAX / 4);
    }
    assert_int_equal(stk_debug_log_view(&log, NULL, 0), STK_OK);
    assert_int_equal(stk_debug_log_count(&log, NULL), STK_E_MISSING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_macro_query_and_use),
        cmocka_unit_test(records_come_out_in_order),
        cmocka_unit_test(a_cursor_that_lies_is_reported_with_its_value),
        cmocka_unit_test(reading_with_a_cursor_that_lies_leaves_the_output_alone),
        cmocka_unit_test(too_little_room_leaves_the_output_alone),
        cmocka_unit_test(reset_empties_the_log),
        cmocka_unit_test(a_view_takes_whole_words_only),
        cmocka_unit_test(a_view_of_more_words_than_an_index_reaches_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
