#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/parity/copy_report.h"
#include "telemetry_rig.h"

static uint32_t bps(uint64_t copied, uint64_t avoided) {
    const struct stk_copy_report e = {.host_copy_bytes = copied, .host_copy_avoided_bytes = avoided};
    return stk_copy_report_avoided_bps(&e);
}

static void the_share_is_exact_for_64_bits(void **state) {
    (void)state;
    assert_int_equal(bps(0, 0), 0);
    assert_int_equal(bps(5, 0), 0);
    assert_int_equal(bps(0, 1), 10000);
    assert_int_equal(bps(1, UINT64_MAX), 9999);
    assert_int_equal(bps(UINT64_MAX, UINT64_MAX), 5000);
    assert_int_equal(bps(UINT64_MAX, 1), 0);
    assert_int_equal(bps(9999, 1), 1);
    assert_int_equal(bps(10000, 1), 0);
    assert_int_equal(bps(UINT64_MAX - 1, UINT64_MAX), 5000);
    assert_int_equal(bps(UINT64_MAX, UINT64_MAX - 1), 4999);
}

static void small_counts_agree_with_the_formula(void **state) {
    (void)state;
    for (uint32_t copied = 0; copied < 120; copied++) {
        for (uint32_t avoided = copied == 0; avoided < 120; avoided++) {
            assert_int_equal(bps(copied, avoided), avoided * 10000u / (copied + avoided));
        }
    }
}

static void what_is_missing_is_named(void **state) {
    struct stk_copy_report e = {.version = STK_COPY_REPORT_VERSION,
                                .families = STK_COPY_REPORT_RING | STK_COPY_REPORT_COPY};
    (void)state;
    assert_int_equal(stk_copy_report_missing(&e), STK_COPY_REPORT_CONTROL | STK_COPY_REPORT_RESIDENCY);
    assert_false(stk_copy_report_complete(&e));
    e.families = STK_COPY_REPORT_ALL;
    assert_true(stk_copy_report_complete(&e));
    e.version = 2;
    assert_false(stk_copy_report_complete(&e));
    assert_string_equal(stk_copy_report_family(STK_COPY_REPORT_RING), "ring");
    assert_string_equal(stk_copy_report_family(STK_COPY_REPORT_CONTROL), "control");
    assert_string_equal(stk_copy_report_family(STK_COPY_REPORT_COPY), "copy");
    assert_string_equal(stk_copy_report_family(STK_COPY_REPORT_RESIDENCY), "residency");
    assert_string_equal(stk_copy_report_family(STK_COPY_REPORT_ALL), "unknown");
}

static void a_decode_shows_its_room(void **state) {
    static const uint32_t list[] = {9};
    const struct stk_opcodes opcodes = {list, 1};
    struct stk_capacity_evidence e;
    (void)state;
    rig_reset();
    rig_slot(0, STK_SLOT_PUBLISHED, 9, 1, 0);
    rig_slot(1, STK_SLOT_PUBLISHED, 9, 2, 0);
    assert_int_equal(rig_decode(3, &opcodes), STK_OK);
    stk_telemetry_capacity(&rig, &e);
    assert_int_equal(e.slots, 3);
    assert_int_equal(e.slots_room, RIG_SLOTS);
    assert_int_equal(e.windows, 2);
    assert_int_equal(e.windows_room, RIG_SLOTS);
    assert_int_equal(e.opcodes_room, RIG_OPCODES);
    assert_true(stk_capacity_complete(&e));
    e.windows_room = 1;
    assert_false(stk_capacity_complete(&e));
    e.windows_room = 2;
    e.keys_room = 1;
    assert_false(stk_capacity_complete(&e));
    e.keys_room = 2;
    e.slots_room = 2;
    assert_false(stk_capacity_complete(&e));
    e.slots_room = 3;
    assert_true(stk_capacity_complete(&e));
    e.version = 0;
    assert_false(stk_capacity_complete(&e));
    assert_int_equal(rig_init(&rig, rig_memory, sizeof rig_memory, 4, 0, NULL), STK_OK);
    stk_telemetry_capacity(&rig, &e);
    assert_int_equal(e.windows_room, 0);
    assert_true(stk_capacity_complete(&e));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_is_exact_for_64_bits),
        cmocka_unit_test(small_counts_agree_with_the_formula),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_decode_shows_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
