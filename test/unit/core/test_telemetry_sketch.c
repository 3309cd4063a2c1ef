#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/parity/telemetry_sketch.h"
#include "telemetry_rig.h"

static void bytes_are_macro_query_and_use(void **state) {
    struct stk_telemetry_sketch s;
    struct stk_error_info info = {0, 0, 0};
    size_t bytes = 0;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_telemetry_sketch_bytes(2, 7, &bytes), STK_OK);
    assert_int_equal(bytes, STK_TELEMETRY_SKETCH_BYTES(2, 7));
    assert_int_equal(stk_telemetry_sketch_init(&s, mem, bytes - 1, 2, 7, &info), STK_E_SPACE);
    assert_int_equal(info.value, bytes);
    assert_int_equal(stk_telemetry_sketch_init(&s, mem + 4, bytes, 2, 7, &info), STK_E_ALIGN);
    assert_int_equal(stk_telemetry_sketch_init(&s, NULL, bytes, 2, 7, &info), STK_E_ARG);
    assert_int_equal(stk_telemetry_sketch_init(&s, mem, bytes, 0, 7, &info), STK_E_ARG);
    assert_true(zone_intact(0));
    assert_int_equal(stk_telemetry_sketch_init(&s, mem, bytes, 2, 7, NULL), STK_OK);
    assert_int_equal(zone_used(), bytes);
    assert_true(zone_intact(bytes));
}

static void shapes_that_cannot_be_are_refused(void **state) {
    size_t bytes = 42;
    (void)state;
    assert_int_equal(stk_telemetry_sketch_bytes(1, 0, &bytes), STK_E_ARG);
    assert_int_equal(stk_telemetry_sketch_bytes(UINT64_MAX, 2, &bytes), STK_E_OVERFLOW);
    /* 2^64 bytes less a few: one sketch could be addressed, five could not. */
    assert_int_equal(stk_telemetry_sketch_bytes(UINT32_MAX, UINT32_MAX >> 3, &bytes), STK_E_OVERFLOW);
    assert_int_equal(bytes, 42);
}

static void each_table_counts_its_own(void **state) {
    STK_TELEMETRY_SKETCH_DEFINE(mem, 4, 64);
    struct stk_telemetry_sketch s;
    (void)state;
    rig_reset();
    rig_slot(0, STK_SLOT_PUBLISHED, 40, 1, 0);
    rig_slot(1, STK_SLOT_DONE, 40, 1, 0);
    rig_slot(2, STK_SLOT_EMPTY, 41, 1, 0);
    rig_slot(3, 99, 41, 1, 0);
    stk_store(rig_control + STK_CTL_METRICS + 5, 1234);
    assert_int_equal(stk_telemetry_sketch_init(&s, mem, sizeof mem, 4, 64, NULL), STK_OK);
    assert_int_equal(rig_decode(4, NULL), STK_OK);
    stk_telemetry_sketch(&s, &rig);
    stk_telemetry_sketch(&s, &rig);
    assert_int_equal(s.slots, 4);
    assert_int_equal(s.active, 1);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_OPCODE], 40), 2);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_OPCODE], 41), 2);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_ACTIVE_OPCODE], 40), 1);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_TENANT], 103), 1);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_STATUS], 99), 1);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_METRICS], 5), 1234);
}

static void what_was_lost_is_not_counted(void **state) {
    STK_TELEMETRY_SKETCH_DEFINE(mem, 4, 64);
    struct stk_telemetry_sketch s;
    (void)state;
    rig_reset();
    rig_slot(0, STK_SLOT_DONE, 40, 1, 0);
    rig_slot(1, STK_SLOT_PUBLISHED, 40, 1, 0);
    assert_int_equal(stk_telemetry_sketch_init(&s, mem, sizeof mem, 4, 64, NULL), STK_OK);
    assert_int_equal(rig_read(2, STK_FEED_ANY, NULL), STK_OK);
    stk_telemetry_sketch(&s, &rig);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_OPCODE], 40), 1);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_STATUS], STK_SLOT_DONE), 1);
    rig.lost[1] = STK_ROW_TORN;
    stk_telemetry_sketch(&s, &rig);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_OPCODE], 40), 0);
    assert_int_equal(stk_sketch_estimate(&s.table[STK_TABLE_STATUS], STK_SLOT_PUBLISHED), 0);
    assert_int_equal(s.active, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_macro_query_and_use),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(each_table_counts_its_own),
        cmocka_unit_test(what_was_lost_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
