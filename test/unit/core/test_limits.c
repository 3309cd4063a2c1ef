/* Tests the table of limits: its values for a pace and for the host's limits, and the refused limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/limits.h"

static uint32_t table[STK_LIMIT_WORDS];

static const uint32_t *tenant(uint32_t t) {
    return table + STK_LIMIT_TENANTS + t * STK_LIMIT_ROW;
}

static void a_budget_is_a_part_of_a_lease(void **state) {
    const struct stk_pace pace = {.lease_ns = 100000000, .unit_fs = 1000000, .turn_ps = 10000, .slots = 256};
    (void)state;
    assert_int_equal(stk_limits_table(NULL, &pace, table), STK_OK);
    assert_int_equal(table[STK_LIMIT_WHOLE], 100000000);
    assert_int_equal(table[STK_LIMIT_BUDGET], 100000000 / 128);
    assert_int_equal(table[STK_LIMIT_TURN], 10);
    assert_int_equal(table[STK_LIMIT_OFF], 0);
    assert_int_equal(table[STK_LIMIT_TOUCH], 0);
    assert_int_equal(tenant(28)[STK_LIMIT_TIME_SHARE], 100000000 / 128);
    assert_int_equal(tenant(28)[STK_LIMIT_BYTES], 0);
    assert_int_equal(tenant(28)[STK_LIMIT_UNITS], 0);
}

static void a_look_at_a_large_ring_is_short_beside_a_budget(void **state) {
    const struct stk_pace pace = {.lease_ns = 100000000, .unit_fs = 1000000, .turn_ps = 10000, .slots = 16384};
    (void)state;
    assert_int_equal(stk_limits_table(NULL, &pace, table), STK_OK);
    assert_int_equal(table[STK_LIMIT_BUDGET], 16 * 16384 * 10);
}

static void paces_at_the_ends_of_their_ranges_give_a_table_that_works(void **state) {
    static const uint64_t ends[] = {0, 1, 1000, UINT32_MAX, UINT64_MAX};
    uint32_t i;
    (void)state;
    for (i = 0; i < 3125u; i++) {
        const struct stk_pace pace = {.lease_ns = ends[i % 5u],
                                      .unit_fs = ends[i / 5u % 5u],
                                      .turn_ps = ends[i / 25u % 5u],
                                      .lane_fs = ends[i / 125u % 5u],
                                      .slots = (uint32_t)ends[i / 625u % 5u]};
        assert_int_equal(stk_limits_table(NULL, &pace, table), STK_OK);
        assert_in_range(table[STK_LIMIT_BUDGET], STK_BUDGET_MIN, STK_BUDGET_UNPACED);
        assert_true(table[STK_LIMIT_WHOLE] >= STK_BUDGET_MIN);
        assert_true(table[STK_LIMIT_TURN] >= 1u);
        assert_in_range(table[STK_LIMIT_LANE], 1, 65536);
        assert_true(tenant(0)[STK_LIMIT_TIME_SHARE] == table[STK_LIMIT_BUDGET]);
    }
}

static void a_lease_of_unknown_length_bounds_nothing(void **state) {
    const struct stk_pace pace = {0};
    (void)state;
    assert_int_equal(stk_limits_table(NULL, &pace, table), STK_OK);
    assert_int_equal(table[STK_LIMIT_WHOLE], UINT32_MAX);
    assert_int_equal(table[STK_LIMIT_BUDGET], STK_BUDGET_UNPACED);
    assert_int_equal(table[STK_LIMIT_TURN], 64);
}

static void the_tighter_limit_holds_for_a_tenant(void **state) {
    const struct stk_pace pace = {0};
    const struct stk_limits limits = {
        .slot_bytes = 1000,
        .slot_cost = 4096,
        .ops_off = STK_OP_OFF(STK_OP_SHUTDOWN),
        .tenants = {
            [1] = {.slot_bytes = 999, .slot_cost = 1, .weight = 2}, [2] = {.slot_bytes = 1001, .slot_cost = 5000}}};
    (void)state;
    assert_int_equal(stk_limits_table(&limits, &pace, table), STK_OK);
    assert_int_equal(table[STK_LIMIT_OFF], 1u << 19);
    assert_int_equal(tenant(0)[STK_LIMIT_BYTES], 1000);
    assert_int_equal(tenant(0)[STK_LIMIT_UNITS], 4);
    assert_int_equal(tenant(1)[STK_LIMIT_BYTES], 999);
    assert_int_equal(tenant(1)[STK_LIMIT_UNITS], 1);
    assert_int_equal(tenant(1)[STK_LIMIT_TIME_SHARE], 2u * STK_BUDGET_UNPACED);
    assert_int_equal(tenant(2)[STK_LIMIT_BYTES], 1000);
    assert_int_equal(tenant(2)[STK_LIMIT_UNITS], 4);
}

static void limits_that_make_no_sense_leave_the_table_as_it_was(void **state) {
    const struct stk_pace pace = {0};
    struct stk_limits bad[4] = {{0}};
    uint32_t i, was[STK_LIMIT_WORDS];
    (void)state;
    bad[0].ops_off = 1;
    bad[1].tenants[28].weight = STK_WEIGHT_MAX + 1u;
    bad[2].slot_cost = (UINT64_C(1) << 41) + 1u;
    bad[3].tenants[0].slot_cost = UINT64_MAX;
    memset(table, 0xA5, sizeof table);
    memcpy(was, table, sizeof table);
    for (i = 0; i < 4u; i++) {
        assert_int_equal(stk_limits_table(&bad[i], &pace, table), STK_E_ARG);
        assert_memory_equal(table, was, sizeof table);
    }
}

static void each_built_in_op_has_a_bit_of_its_own(void **state) {
#define BIT(op, function, width, cost) STK_OP_OFF(op),
    static const uint32_t bits[] = {STK_OPS(BIT) STK_OP_OFF(STK_OP_PACKED_SLOT)};
    uint32_t all = 0, i;
    (void)state;
    for (i = 0; i < sizeof bits / sizeof *bits; i++) {
        assert_true(bits[i] != 0u && (bits[i] & (bits[i] - 1u)) == 0u && (bits[i] & all) == 0u);
        all |= bits[i];
    }
    assert_int_equal(all & ~STK_OPS_OFF_ALL, 0);
    assert_int_equal(STK_OP_OFF(STK_OP_NOP), 0);
    assert_int_equal(STK_OP_OFF(0x20001u), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_is_a_part_of_a_lease),
        cmocka_unit_test(a_look_at_a_large_ring_is_short_beside_a_budget),
        cmocka_unit_test(paces_at_the_ends_of_their_ranges_give_a_table_that_works),
        cmocka_unit_test(a_lease_of_unknown_length_bounds_nothing),
        cmocka_unit_test(the_tighter_limit_holds_for_a_tenant),
        cmocka_unit_test(limits_that_make_no_sense_leave_the_table_as_it_was),
        cmocka_unit_test(each_built_in_op_has_a_bit_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
