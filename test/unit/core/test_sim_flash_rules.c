#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim_flash_rig.h"

/// Rules ///

static void what_is_programmed_is_read(void **state) {
    (void)state;
    for (uint32_t erased = 0; erased <= 0xFF; erased += 0xFF) {
        struct stk_sim_flash f = flash_over(memory_a, shape(4, STK_FLASH_ONCE, (uint8_t)erased));
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)erased), BLOCK);
        expect_rule(&f, prog(&f, 64, 128), STK_SIM_FLASH_KEPT);
        assert_memory_equal(read_all(&f, 1) + 64, data, 128);
        assert_int_equal(count_of(seen, 64, (uint8_t)erased), 64);
        assert_int_equal(count_of(seen + 192, 64, (uint8_t)erased), 64);
        assert_memory_equal(stk_sim_flash_data(&f, 1), seen, BLOCK);
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)erased), BLOCK);
        expect_rule(&f, prog(&f, 0, 128), STK_SIM_FLASH_KEPT);
    }
}

static void places_are_checked(void **state) {
    static const uint32_t bad[][3] = {{3, 0, 64},          {1, 2, 64},         {1, 0, 62},   {1, 0, 0},
                                      {1, 256, 4},         {1, 4, 256},        {1, 300, 64}, {1, 64, 0xFFFFFFC4u},
                                      {UINT32_MAX, 0, 64}, {1, 0xFFFFFFFCu, 8}};
    struct stk_sim_flash_config config = shape(4, STK_FLASH_ONCE, 0xFF);
    (void)state;
    config.geometry.read_unit = 4;
    struct stk_sim_flash f = flash_over(memory_a, config);
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const uint32_t *b = bad[i];
        expect_rule(&f, ops->prog(&f, b[0], b[1], data, b[2]), STK_SIM_FLASH_PLACE);
        /* nothing may be read, but who programs nothing has made a mistake */
        expect_rule(&f, ops->read(&f, b[0], b[1], seen, b[2]), b[2] == 0 ? STK_SIM_FLASH_KEPT : STK_SIM_FLASH_PLACE);
    }
    expect_rule(&f, ops->erase(&f, BLOCKS), STK_SIM_FLASH_PLACE);
    assert_true(f.counts.reads == 0 && f.counts.programs == 0 && f.counts.erases == 0 && f.steps == 0);
}

static void a_unit_is_programmed_once(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
    expect_rule(&f, prog(&f, 56, 16), STK_SIM_FLASH_TWICE);
    memset(data, 0, 64);
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
    memset(data, 0xFF, 64);
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    expect_rule(&f, prog(&f, 56, 16), STK_SIM_FLASH_KEPT);
}

static void only_the_first_violation_is_kept(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 64, 64), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_OK);
    assert_int_equal(prog(&f, 96, 16), STK_E_RANGE);
    assert_int_equal(prog(&f, 0, 3), STK_E_RANGE);
    assert_true(f.violation.rule == STK_SIM_FLASH_TWICE && f.violation.block == 1 && f.violation.offset == 96);
    assert_true(f.violation.bytes == 16 && f.violation.operation == 2);
}

static void units_may_only_be_inverted(void **state) {
    (void)state;
    for (uint32_t erased = 0; erased <= 0xFF; erased += 0xFF) {
        struct stk_sim_flash f = flash_over(memory_a, shape(8, STK_FLASH_INVERT, (uint8_t)erased));
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
        memset(data, (int)(0xFF - erased), 64);
        data[40] ^= 1;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_TWICE);
        data[40] ^= 1;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)(0xFF - erased)), 64);
    }
}

static void bits_only_leave_the_erased_value(void **state) {
    (void)state;
    for (uint32_t erased = 0; erased <= 0xFF; erased += 0xFF) {
        struct stk_sim_flash f = flash_over(memory_a, shape(1, STK_FLASH_MANY, (uint8_t)erased));
        memset(data, 0x3C, 64);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        data[63] = erased == 0xFF ? 0x18 : 0x7E;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
        assert_memory_equal(read_all(&f, 1), data, 64);
        data[63] = 0x3C;
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_BITS);
        f.config.strict_once = true;
        expect_rule(&f, prog(&f, 0, 63), STK_SIM_FLASH_TWICE);
        memset(data, (int)(0xFF - erased), 64);
        expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
    }
}

static void units_are_programmed_in_order(void **state) {
    static const uint8_t rewrites[] = {STK_FLASH_ONCE, STK_FLASH_INVERT, STK_FLASH_MANY};
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct stk_sim_flash f = flash_of(16, rewrites[i]);
        expect_rule(&f, prog(&f, 64, 32), STK_SIM_FLASH_KEPT);
        expect_rule(&f, prog(&f, 0, 32), STK_SIM_FLASH_ORDER);
        expect_rule(&f, prog(&f, 48, 16), STK_SIM_FLASH_ORDER);
        expect_rule(&f, prog(&f, 128, 32), STK_SIM_FLASH_KEPT);
        expect_rule(&f, ops->prog(&f, 0, 0, data, 16), STK_SIM_FLASH_KEPT);
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        expect_rule(&f, prog(&f, 0, 32), STK_SIM_FLASH_KEPT);
    }
}

static void some_media_take_anything(void **state) {
    struct stk_sim_flash f = flash_of(1, STK_FLASH_ANY);
    (void)state;
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_KEPT);
    expect_rule(&f, prog(&f, 0, 128), STK_SIM_FLASH_KEPT);
    assert_memory_equal(read_all(&f, 1), data, 128);
    cut_erase(&f, STK_SIM_ERASE_GARBAGE, 4);
    expect_rule(&f, prog(&f, 0, 256), STK_SIM_FLASH_KEPT);
    assert_memory_equal(read_all(&f, 1), data, 256);
}

static void rules_have_names(void **state) {
    (void)state;
    for (int i = 0; i < STK_SIM_FLASH_RULES; i++) {
        assert_true(strlen(stk_sim_flash_rule_name((enum stk_sim_flash_rule)i)) > 8);
    }
    assert_string_equal(stk_sim_flash_rule_name(STK_SIM_FLASH_RULES), "unknown");
}

/* A unit need not be a power of two. */
static void units_are_of_any_size(void **state) {
    struct stk_sim_flash_config config = {.geometry = geometry(12, 24, 240, BLOCKS, 0xFF, STK_FLASH_ONCE)};
    (void)state;
    struct stk_sim_flash f = flash_over(memory_a, config);
    expect_rule(&f, prog(&f, 24, 72), STK_SIM_FLASH_KEPT);
    expect_rule(&f, prog(&f, 100, 24), STK_SIM_FLASH_PLACE);
    expect_rule(&f, prog(&f, 120, 64), STK_SIM_FLASH_PLACE);
    expect_rule(&f, prog(&f, 72, 48), STK_SIM_FLASH_TWICE);
    expect_rule(&f, prog(&f, 216, 24), STK_SIM_FLASH_KEPT);
    expect_rule(&f, ops->read(&f, 1, 24, seen, 32), STK_SIM_FLASH_PLACE);
    expect_rule(&f, ops->read(&f, 1, 12, seen, 84), STK_SIM_FLASH_KEPT);
    assert_memory_equal(seen + 12, data, 72);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_programmed_is_read),    cmocka_unit_test(places_are_checked),
        cmocka_unit_test(a_unit_is_programmed_once),     cmocka_unit_test(only_the_first_violation_is_kept),
        cmocka_unit_test(units_may_only_be_inverted),    cmocka_unit_test(bits_only_leave_the_erased_value),
        cmocka_unit_test(units_are_programmed_in_order), cmocka_unit_test(some_media_take_anything),
        cmocka_unit_test(units_are_of_any_size),         cmocka_unit_test(rules_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
