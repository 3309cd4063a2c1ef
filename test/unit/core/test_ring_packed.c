#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/ring.h"

static _Alignas(64) uint8_t mem[STK_RING_BYTES(1)];
static struct stk_ring ring;
static const uint32_t args[12] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};

static int setup(void **state) {
    (void)state;
    return stk_ring_init(&ring, mem, sizeof mem, 1);
}

static void ops_come_before_arguments_that_start_on_a_word(void **state) {
    struct stk_packed_op ops[2] = {{9, 1, args}, {8, 2, args + 1}};
    struct stk_slot slot;
    (void)state;
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 3, ops, 2), STK_OK);
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    assert_int_equal(slot.opcode, STK_OP_PACKED_SLOT);
    assert_int_equal(slot.tenant, 3);
    assert_int_equal(slot.args[0], 0x00090302u); /* 2 ops, 3 words, op 9 at 0 */
    assert_int_equal(slot.args[1], 0x00000108u); /* op 8 at 1, two bytes of padding */
    assert_int_equal(slot.args[2], 10);
    assert_int_equal(slot.args[3], 20);
    assert_int_equal(slot.args[4], 30);
    assert_int_equal(slot.args[5], 0);
}

static void what_does_not_fit_twelve_words_is_refused(void **state) {
    struct stk_packed_op ops[STK_PACKED_OPS_MAX + 1] = {{1, 11, args}, {2, 1, args}};
    (void)state;
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 0, ops, 2), STK_E_ARGS);
    ops[0].nargs = 12;
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 0, ops, 1), STK_E_ARGS);
    ops[0].nargs = ops[1].nargs = 0;
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 0, ops, STK_PACKED_OPS_MAX + 1), STK_E_ARGS);
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 0, ops, UINT32_MAX), STK_E_ARGS);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_EMPTY);
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 0, ops, STK_PACKED_OPS_MAX), STK_OK);
}

static void the_payload_is_judged_before_the_slot(void **state) {
    struct stk_packed_op op = {1, 12, args};
    (void)state;
    assert_int_equal(stk_ring_publish_packed(&ring, 1, 0, &op, 1), STK_E_ARGS);
    op.nargs = 11;
    op.args = NULL;
    assert_int_equal(stk_ring_publish_packed(&ring, 1, 0, &op, 1), STK_E_ARG);
    op.args = args;
    assert_int_equal(stk_ring_publish_packed(&ring, 1, 0, &op, 1), STK_E_RANGE);
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 0, &op, 1), STK_OK);
    assert_int_equal(stk_ring_publish_packed(&ring, 0, 0, &op, 1), STK_E_STATUS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(ops_come_before_arguments_that_start_on_a_word),
        TEST(what_does_not_fit_twelve_words_is_refused),
        TEST(the_payload_is_judged_before_the_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
