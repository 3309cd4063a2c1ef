/* Telemetry from bytes: memory, errors, rows, windows and filters. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "telemetry_rig.h"

static void bytes_are_macro_query_and_use(void **state) {
    static const uint32_t list[] = {7, 8, 9};
    const struct stk_opcodes opcodes = {list, 3};
    struct stk_telemetry t;
    struct stk_error_info info = {0, 0, 0};
    size_t bytes = 0;
    void *mem = zone_paint();
    (void)state;
    rig_reset();
    for (uint32_t i = 0; i < 16; i++) {
        rig_slot(i, i % 9, 7 + i % 3, i * 0x10000000u, i % 3);
    }
    assert_int_equal(stk_telemetry_bytes(16, 3, &bytes), STK_OK);
    assert_int_equal(bytes, STK_TELEMETRY_BYTES(16, 3));
    assert_int_equal(rig_init(&t, mem, bytes - 1, 16, 3, &info), STK_E_SPACE);
    assert_int_equal(info.value, bytes);
    assert_int_equal(rig_init(&t, mem, bytes, 16, 3, NULL), STK_OK);
    assert_true(zone_intact(0));
    assert_int_equal(stk_telemetry_decode(&t, rig_ring, 1024, rig_control, 640, &opcodes, NULL), STK_OK);
    assert_int_equal(t.window_count, 16);
    assert_int_equal(STK_ALIGNED(zone_used()), bytes);
    assert_true(zone_intact(bytes));
}

static void without_opcodes_it_is_33_bytes_a_slot(void **state) {
    struct stk_telemetry t;
    size_t bytes = 0;
    void *mem = zone_paint();
    (void)state;
    rig_reset();
    assert_int_equal(stk_telemetry_bytes(16, 0, &bytes), STK_OK);
    assert_int_equal(bytes, STK_ALIGNED(16 * 33));
    assert_int_equal(rig_init(&t, mem, bytes, 16, 0, NULL), STK_OK);
    assert_int_equal(stk_telemetry_decode(&t, rig_ring, 1024, rig_control, 640, NULL, NULL), STK_OK);
    assert_true(zone_intact(bytes));
    assert_int_equal(t.snapshot.occupancy.count[STK_SLOT_EMPTY], 16);
    assert_int_equal(t.window_count, 0);
}

static void init_refuses_what_does_not_fit(void **state) {
    struct stk_telemetry t;
    size_t bytes = 42;
    uint8_t *mem = zone_paint();
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_telemetry_bytes(STK_TELEMETRY_SLOTS_MAX + 1, 0, &bytes), STK_E_OVERFLOW);
    assert_int_equal(stk_telemetry_bytes(0, STK_TELEMETRY_OPCODES_MAX + 1, &bytes), STK_E_OVERFLOW);
    assert_int_equal(bytes, 42);
    assert_int_equal(rig_init(&t, mem, 8192, STK_TELEMETRY_SLOTS_MAX + 1, 0, &info), STK_E_OVERFLOW);
    assert_int_equal(info.value, STK_TELEMETRY_SLOTS_MAX + 1);
    assert_int_equal(rig_init(&t, mem, 8192, 1, STK_TELEMETRY_OPCODES_MAX + 1, &info), STK_E_OVERFLOW);
    assert_int_equal(info.value, STK_TELEMETRY_OPCODES_MAX + 1);
    assert_int_equal(rig_init(&t, NULL, 0, 1, 1, &info), STK_E_SPACE);
    assert_int_equal(info.value, STK_TELEMETRY_BYTES(1, 1));
    assert_int_equal(stk_telemetry_init(&t, &(struct stk_telemetry_config){.slots = 1}, NULL, &info), STK_E_ARG);
    assert_int_equal(stk_telemetry_init(&t, NULL, NULL, &info), STK_E_ARG);
    assert_true(zone_intact(0));
}

/* A decode whose every refusal must leave it alone. */
static void decode_one_published(void) {
    rig_reset();
    rig_slot(0, STK_SLOT_PUBLISHED, 9, 5, 0);
    assert_int_equal(rig_decode(1, NULL), STK_OK);
}

static void assert_one_published(void) {
    assert_int_equal(rig.snapshot.occupancy.slots, 1);
    assert_int_equal(rig.snapshot.occupancy.count[STK_SLOT_PUBLISHED], 1);
    assert_int_equal(rig.rows[0].opcode, 9);
}

static void errors_come_in_their_order(void **state) {
    const struct stk_opcodes nothing = {NULL, 1};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    decode_one_published();
    assert_int_equal(stk_telemetry_decode(&rig, NULL, 64, rig_control, 1, NULL, &info), STK_E_ARG);
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 1, NULL, 1, NULL, &info), STK_E_ARG);
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 1, rig_control, 1, &nothing, &info), STK_E_ARG);
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 1, rig_control, 641, NULL, &info), STK_E_ALIGN);
    assert_int_equal(info.value, 641);
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 1, rig_control, 636, NULL, &info), STK_E_MISSING);
    assert_int_equal(info.index, 159);
    assert_int_equal(info.value, 640);
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 64, NULL, 0, NULL, &info), STK_E_MISSING);
    assert_int_equal(info.index, 0);
    assert_int_equal(info.value, 640);
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 65, rig_control, 640, NULL, &info), STK_E_ALIGN);
    assert_int_equal(info.value, 65);
    assert_one_published();
}

static void too_little_room_names_what_would_do(void **state) {
    static const uint32_t list[STK_TELEMETRY_OPCODES_MAX + 1u];
    struct stk_opcodes opcodes = {list, STK_TELEMETRY_OPCODES_MAX + 1};
    struct stk_error_info info = {0, 0, 0};
    size_t many = ((size_t)STK_TELEMETRY_SLOTS_MAX + 1) * STK_SLOT_BYTES;
    (void)state;
    decode_one_published();
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, many, rig_control, 640, NULL, &info), STK_E_OVERFLOW);
    assert_int_equal(info.value, STK_TELEMETRY_SLOTS_MAX + 1);
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 64, rig_control, 640, &opcodes, &info), STK_E_OVERFLOW);
    assert_int_equal(info.value, STK_TELEMETRY_OPCODES_MAX + 1);
    assert_int_equal(
        stk_telemetry_decode(&rig, rig_ring, (RIG_SLOTS + 1) * STK_SLOT_BYTES, rig_control, 640, NULL, &info),
        STK_E_SPACE);
    assert_int_equal(info.value, STK_TELEMETRY_BYTES(RIG_SLOTS + 1, RIG_OPCODES));
    opcodes.count = RIG_OPCODES + 1;
    assert_int_equal(stk_telemetry_decode(&rig, rig_ring, 64, rig_control, 640, &opcodes, &info), STK_E_SPACE);
    assert_int_equal(info.value, STK_TELEMETRY_BYTES(RIG_SLOTS, RIG_OPCODES + 1));
    assert_one_published();
}

static void too_little_room_without_opcodes_names_what_would_do(void **state) {
    STK_TELEMETRY_DEFINE(memory, 1, 0);
    struct stk_telemetry small;
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    rig_reset();
    assert_int_equal(rig_init(&small, memory, sizeof memory, 1, 0, NULL), STK_OK);
    assert_int_equal(stk_telemetry_decode(&small, rig_ring, 128, rig_control, 640, NULL, &info), STK_E_SPACE);
    assert_int_equal(info.value, STK_TELEMETRY_BYTES(2, 0));
}

static void an_empty_ring_has_nothing(void **state) {
    static const uint32_t list[] = {1, 2};
    const struct stk_opcodes opcodes = {list, 2}, none = {NULL, 0};
    (void)state;
    rig_reset();
    assert_int_equal(stk_telemetry_decode(&rig, NULL, 0, rig_control, 640, &opcodes, NULL), STK_OK);
    assert_int_equal(rig.snapshot.occupancy.slots, 0);
    assert_int_equal(rig.window_count, 0);
    assert_int_equal(stk_telemetry_decode(&rig, NULL, 0, rig_control, 640, &none, NULL), STK_OK);
    assert_int_equal(stk_occupancy_depth(&rig.snapshot.occupancy), 0);
}

static void a_row_is_the_head_of_its_slot(void **state) {
    (void)state;
    rig_reset();
    rig_slot(2, 77, 11, 5, 1);
    assert_int_equal(rig_decode(3, NULL), STK_OK);
    const struct stk_row *row = &rig.rows[2];
    assert_int_equal(row->status, 77);
    assert_int_equal(row->opcode, 11);
    assert_int_equal(row->tenant, 102);
    assert_int_equal(row->wire_priority, STK_WIRE_PRIORITY_NORMAL);
    assert_int_equal(row->args[0], 5);
    assert_int_equal(row->args[1], 1);
    assert_int_equal(row->args[2], 1002);
    assert_int_equal(row->args[3], 2002);
    assert_int_equal(rig.lost[2], STK_ROW_WHOLE);
    assert_int_equal(rig.snapshot.occupancy.count[STK_UNKNOWN], 1);
    assert_int_equal(stk_occupancy_depth(&rig.snapshot.occupancy), 1);
}

/* Tenant of the first slot; EMPTY and unknown slots make windows; argument 1 above 1 is neither class. */
static void windows_group_ticket_and_opcode(void **state) {
    static const uint32_t list[] = {40, 30, 40};
    const struct stk_opcodes opcodes = {list, 3};
    (void)state;
    rig_reset();
    rig_slot(0, STK_SLOT_EMPTY, 40, 9, 0);
    rig_slot(1, STK_SLOT_CLAIMED, 30, 9, 2);
    rig_slot(2, 99, 40, 8, 1);
    rig_slot(3, STK_SLOT_DONE, 40, 9, 1);
    rig_slot(4, STK_SLOT_PUBLISHED, 31, 9, 0);
    assert_int_equal(rig_decode(5, &opcodes), STK_OK);
    assert_int_equal(rig.window_count, 3);
    const struct stk_ticketed_window *w = rig.windows;
    assert_int_equal(w[0].ticket, 8);
    assert_int_equal(w[0].opcode, 40);
    assert_int_equal(w[0].tenant, 102);
    assert_int_equal(w[0].count[STK_UNKNOWN], 1);
    assert_int_equal(w[1].opcode, 30);
    assert_int_equal(w[1].other, 1);
    assert_int_equal(w[1].required + w[1].lookahead, 0);
    assert_true(stk_ticketed_window_active(&w[1]));
    assert_int_equal(w[2].opcode, 40);
    assert_int_equal(w[2].tenant, 100);
    assert_int_equal(w[2].required, 1);
    assert_int_equal(w[2].lookahead, 1);
    assert_int_equal(w[2].count[STK_SLOT_EMPTY], 1);
    assert_int_equal(w[2].count[STK_SLOT_DONE], 1);
    assert_false(stk_ticketed_window_active(&w[2]));
}

static void filters_write_all_or_nothing(void **state) {
    static const uint32_t list[] = {40};
    const struct stk_opcodes opcodes = {list, 1};
    struct stk_error_info info = {0, 0, 0};
    uint32_t out[3] = {77, 77, 77};
    (void)state;
    rig_reset();
    rig_slot(0, STK_SLOT_PUBLISHED, 40, 1, 0);
    rig_slot(1, STK_SLOT_FAULT, 40, 2, 0);
    rig_slot(2, STK_SLOT_YIELD, 40, 3, 0);
    rig_slot(3, STK_SLOT_WAIT_IO, 41, 3, 0);
    rig_slot(4, 9, 40, 1, 0);
    assert_int_equal(rig_decode(5, &opcodes), STK_OK);
    assert_int_equal(stk_telemetry_active_slots(&rig, 40, out, 1, &info), STK_E_SPACE);
    assert_int_equal(info.value, 8);
    assert_int_equal(stk_telemetry_active_windows(&rig, out, 1, &info), STK_E_SPACE);
    assert_int_equal(out[0], 77);
    assert_int_equal(stk_telemetry_active_slots(&rig, 40, out, 2, &info), 2);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[1], 2);
    assert_int_equal(stk_telemetry_active_windows(&rig, out, 3, &info), 2);
    assert_int_equal(out[1], 2);
    assert_int_equal(out[2], 77);
    assert_int_equal(stk_telemetry_active_slots(&rig, 42, NULL, 0, &info), 0);
}

static void control_words_are_all_there(void **state) {
    const struct stk_control_state *c = &rig.snapshot.control;
    (void)state;
    rig_reset();
    for (uint32_t i = 0; i < STK_CTL_WORDS_MIN; i++) {
        stk_store(rig_control + i, 1000u + i * i);
    }
    assert_int_equal(rig_decode(0, NULL), STK_OK);
    assert_int_equal(c->shutdown, 1000);
    assert_int_equal(c->done_count, 1001);
    assert_int_equal(c->epoch, 1000 + 128 * 128);
    assert_int_equal(c->metrics[31], 1000 + 127 * 127);
    assert_int_equal(c->tenant_fairness[0], 1000 + 64 * 64);
    assert_int_equal(c->priority_fairness[4], 1000 + 140 * 140);
    assert_int_equal(c->starvation, 1000 + 135 * 135);
    assert_int_equal(c->tickets, 1000 + 141 * 141);
    assert_int_equal(c->harvested, 1000 + 142 * 142);
    assert_int_equal(c->workers, 144u * 144u - 147u * 147u - 148u * 148u - 1000u);
    assert_int_equal(c->heartbeat, 1000 + 145 * 145);
    assert_int_equal(c->faults, 1000 + 146 * 146);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_macro_query_and_use),
        cmocka_unit_test(without_opcodes_it_is_33_bytes_a_slot),
        cmocka_unit_test(init_refuses_what_does_not_fit),
        cmocka_unit_test(errors_come_in_their_order),
        cmocka_unit_test(too_little_room_names_what_would_do),
        cmocka_unit_test(too_little_room_without_opcodes_names_what_would_do),
        cmocka_unit_test(an_empty_ring_has_nothing),
        cmocka_unit_test(a_row_is_the_head_of_its_slot),
        cmocka_unit_test(windows_group_ticket_and_opcode),
        cmocka_unit_test(filters_write_all_or_nothing),
        cmocka_unit_test(control_words_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
