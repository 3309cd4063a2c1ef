/* Fused ops through the interpreter: order of the parts, what ends them, and where they may stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/kernel/device.h"
#include "op_cases.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

static struct op_image image;
static struct stk_interp port;
static char trace[16];

static void note(char what) {
    size_t n = strlen(trace);
    if (n + 1u < sizeof trace) {
        trace[n] = what;
    }
}

/* Returns one of its arguments as the status of the part. */
static uint32_t part_a(const struct stk_dev *d, const struct stk_call *c) {
    note('a');
    stk_st(d->control + OBS(0), stk_ld(d->control + OBS(0)) * 10u + 1u);
    stk_result(c, 0, stk_arg(c, 0));
    return stk_arg(c, 1) == STK_SLOT_FAULT ? stk_refuse(c, 71, 1) : stk_arg(c, 1);
}

/* Sees what the part before it stored. */
static uint32_t part_b(const struct stk_dev *d, const struct stk_call *c) {
    note('b');
    stk_st(d->control + OBS(0), stk_ld(d->control + OBS(0)) * 10u + 2u);
    stk_result(c, 1, stk_arg(c, 0) + 1u);
    return stk_arg(c, 2) == STK_SLOT_FAULT ? stk_refuse(c, 72, 2) : stk_arg(c, 2);
}

static uint32_t part_wide(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    note('w');
    stk_result_add64(c, 0, UINT64_C(0x100000005));
    return STK_SLOT_DONE;
}

static uint32_t part_wide_xor(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    note('x');
    stk_result_xor(c, 2, 0xFF00FF00u);
    stk_result_xor(c, 2, 0x0F0F0F0Fu);
    stk_result_xor(c, 4, 1); /* is no result */
    return STK_SLOT_DONE;
}

enum {
    OP_ALONE = 200,
    OP_AB = 201,
    OP_ABA = 202,
    OP_WIDE = 203,
    OP_NONE_AT_ALL = 204
};

static stk_handler *const ab[] = {part_a, part_b, part_a}, *const wide[] = {part_wide, part_wide_xor};
static const struct stk_user_op user_ops[] = {{OP_ALONE, STK_SCALAR, part_a}};
static const struct stk_fused_op fused_ops[] = {{OP_AB, STK_SCALAR, ab, 2},
                                                {OP_ABA, STK_SCALAR, ab, 3},
                                                {OP_WIDE, STK_WIDE, wide, 2},
                                                {OP_NONE_AT_ALL, STK_SCALAR, NULL, 0}};

/* Runs slot 0 until so many turns in a row ended nothing; its status. */
static uint32_t run_on(uint32_t idle_turns) {
    const struct stk_interp_config config = {.user_ops = user_ops,
                                             .user_op_count = 1,
                                             .fused_ops = fused_ops,
                                             .fused_op_count = sizeof fused_ops / sizeof *fused_ops,
                                             .idle_turns = idle_turns};
    const struct stk_device_memory memory = op_image_memory(&image);
    assert_int_equal(stk_interp_open(&port, &memory, &config), STK_OK);
    assert_true(stk_interp_ops.drive(&port, true) >= 0);
    return op_status(&image, 0);
}

static uint32_t run(uint32_t opcode, const uint32_t args[STK_SLOT_ARGS]) {
    memset(trace, 0, sizeof trace);
    op_image_reset(&image);
    stk_store(&image.control[OBS(0)], 0);
    op_publish(&image, 0, opcode, 0, args);
    return run_on(1);
}

static void parts_run_in_order_on_the_same_slot(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {7, STK_SLOT_DONE, STK_SLOT_DONE};
    (void)state;
    assert_int_equal(run(OP_ABA, args), STK_SLOT_DONE);
    assert_string_equal(trace, "aba");
    assert_int_equal(stk_load(&image.control[OBS(0)]), 121);
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG), 7);
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG + 1u), 8);
    assert_int_equal(stk_load(&image.control[STK_CTL_DONE_COUNT]), 1);
}

static void fault_of_a_part_ends_the_op_with_its_reason(void **state) {
    const uint32_t first[STK_SLOT_ARGS] = {7, STK_SLOT_FAULT, STK_SLOT_DONE},
                   second[STK_SLOT_ARGS] = {7, STK_SLOT_DONE, STK_SLOT_FAULT};
    (void)state;
    assert_int_equal(run(OP_ABA, first), STK_SLOT_FAULT);
    assert_string_equal(trace, "a");
    assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), 71);
    assert_int_equal(run(OP_ABA, second), STK_SLOT_FAULT);
    assert_string_equal(trace, "ab");
    assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), 72);
    assert_int_equal(op_arg(&image, 0, STK_FAULT_VALUE_ARG), 2);
    assert_int_equal(stk_load(&image.control[STK_CTL_FAULT_COUNT]), 1);
    assert_int_equal(stk_load(&image.control[STK_CTL_DONE_COUNT]), 0);
}

static void first_part_may_wait_and_the_op_starts_again(void **state) {
    static const uint32_t waits[] = {STK_SLOT_YIELD, STK_SLOT_REQUEUE};
    uint32_t i;
    (void)state;
    for (i = 0; i < 2; i++) {
        const uint32_t args[STK_SLOT_ARGS] = {7, waits[i], STK_SLOT_DONE};
        assert_int_equal(run(OP_AB, args), waits[i]);
        assert_string_equal(trace, "a");
        stk_store(&op_slot(&image, 0)[STK_SLOT_ARG0 + 1], STK_SLOT_DONE);
        assert_int_equal(run_on(2u * OPS_SLOTS), STK_SLOT_DONE);
        assert_string_equal(trace, "aab");
    }
}

static void later_part_that_waits_is_refused(void **state) {
    static const uint32_t waits[] = {STK_SLOT_YIELD, STK_SLOT_REQUEUE, STK_MOVED, STK_SLOT_WAIT_IO};
    uint32_t i;
    (void)state;
    for (i = 0; i < 4; i++) {
        const uint32_t args[STK_SLOT_ARGS] = {7, STK_SLOT_DONE, waits[i]};
        assert_int_equal(run(OP_ABA, args), STK_SLOT_FAULT);
        assert_string_equal(trace, "ab");
        assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), STK_REASON_FUSED);
        assert_int_equal(op_arg(&image, 0, STK_FAULT_VALUE_ARG), 1);
    }
}

static void wide_parts_share_results_that_start_at_0(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {[8] = 91, 92, 93, 94};
    (void)state;
    assert_int_equal(run(OP_WIDE, args), STK_SLOT_DONE);
    assert_string_equal(trace, "wx");
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG), 5);
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG + 1u), 1);
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG + 2u), 0xF00FF00Fu);
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG + 3u), 0);
}

static void scalar_op_may_be_packed_and_a_wide_one_may_not(void **state) {
    const uint32_t both[STK_SLOT_ARGS] = {OP_HEAD(2u, 3u, OP_AB, 0), OP_PAIR((uint32_t)OP_ALONE, 0u, 0, 0), 7,
                                          STK_SLOT_DONE, STK_SLOT_DONE},
                   with_wide[STK_SLOT_ARGS] = {OP_HEAD(2u, 3u, OP_AB, 0), OP_PAIR((uint32_t)OP_WIDE, 0u, 0, 0), 7,
                                               STK_SLOT_DONE, STK_SLOT_DONE};
    (void)state;
    assert_int_equal(run(STK_OP_PACKED_SLOT, both), STK_SLOT_DONE);
    assert_string_equal(trace, "aba");
    assert_int_equal(run(STK_OP_PACKED_SLOT, with_wide), STK_SLOT_FAULT);
    assert_string_equal(trace, "");
    assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), STK_REASON_PACKED);
}

static void op_of_no_parts_does_nothing(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {0};
    (void)state;
    assert_int_equal(run(OP_NONE_AT_ALL, args), STK_SLOT_DONE);
    assert_int_equal(run(OP_NONE_AT_ALL + 1, args), STK_SLOT_FAULT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_run_in_order_on_the_same_slot),
        cmocka_unit_test(fault_of_a_part_ends_the_op_with_its_reason),
        cmocka_unit_test(first_part_may_wait_and_the_op_starts_again),
        cmocka_unit_test(later_part_that_waits_is_refused),
        cmocka_unit_test(wide_parts_share_results_that_start_at_0),
        cmocka_unit_test(scalar_op_may_be_packed_and_a_wide_one_may_not),
        cmocka_unit_test(op_of_no_parts_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
