#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim_flash_rig.h"

/// Power cuts ///

/* Every program cut at every step: what was there before stays, what is there is of the old or the new bytes. */
static void a_cut_program_changes_nothing_else(void **state) {
    static const uint32_t units[] = {1, 8, 64};
    (void)state;
    for (uint32_t i = 0; i < 3 * STK_SIM_PROG_CUTS * (BYTES + 1); i++) {
        uint32_t unit = units[i % 3], how = i / 3 % STK_SIM_PROG_CUTS, k = i / 3 / STK_SIM_PROG_CUTS;
        struct stk_sim_flash f = flash_of(unit, STK_FLASH_ONCE);
        assert_int_equal(prog(&f, 0, 64), STK_OK);
        cut_prog(&f, (enum stk_sim_prog_cut)how, k, 64);
        const uint8_t *bytes = stk_sim_flash_data(&f, 1);
        assert_memory_equal(bytes, data, 64);
        assert_int_equal(count_of(bytes + 128, 128, 0xFF), 128);
        for (uint32_t n = 0; n < 64; n++) {
            assert_int_equal(bytes[64 + n] & data[n], data[n]);
        }
        bool clean = how == STK_SIM_PROG_CLEAN || how == STK_SIM_PROG_TORN;
        assert_memory_equal(bytes + 64, data, clean ? k : 0);
        assert_true(!clean || k / unit * unit + unit >= BYTES ||
                    count_of(bytes + 64 + k / unit * unit + unit, BYTES - unit - k / unit * unit, 0xFF) ==
                        BYTES - unit - k / unit * unit);
        expect_rule(&f, prog(&f, 128, 64), STK_SIM_FLASH_KEPT);
    }
}

static void a_program_that_was_not_begun_can_be_begun(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    cut_prog(&f, STK_SIM_PROG_CLEAN, 0, 0);
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
}

static void a_unit_that_was_begun_is_used(void **state) {
    static const uint32_t steps[STK_SIM_PROG_CUTS] = {17, 16, 1, 16, 16, 16, 16};
    (void)state;
    for (int how = 0; how < STK_SIM_PROG_CUTS; how++) {
        struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
        cut_prog(&f, (enum stk_sim_prog_cut)how, steps[how], 0);
        expect_rule(&f, prog(&f, 16, 8), STK_SIM_FLASH_TWICE);
        int free = how == STK_SIM_PROG_REORDERED || how == STK_SIM_PROG_UNSTABLE || how == STK_SIM_PROG_FLICKERING;
        expect_rule(&f, prog(&f, 24, 8), free ? STK_SIM_FLASH_TWICE : STK_SIM_FLASH_KEPT);
    }
}

static void no_trace_is_left(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    cut_prog(&f, STK_SIM_PROG_NO_TRACE, 23, 0);
    assert_memory_equal(stk_sim_flash_data(&f, 1), data, 16);
    assert_int_equal(count_of(stk_sim_flash_data(&f, 1) + 16, 240, 0xFF), 240);
    expect_rule(&f, prog(&f, 16, 8), STK_SIM_FLASH_TWICE);
}

static void bytes_may_be_done_in_any_order(void **state) {
    struct stk_sim_flash f = flash_of(1, STK_FLASH_MANY);
    (void)state;
    memset(data, 0, 64);
    cut_prog(&f, STK_SIM_PROG_REORDERED, 32, 0);
    uint32_t front = count_of(stk_sim_flash_data(&f, 1), 32, 0);
    uint32_t back = count_of(stk_sim_flash_data(&f, 1) + 32, 32, 0);
    assert_true(front < 32 && back > 0);
    assert_in_range(front + back, 16, 48);
}

static void unstable_bits_differ_until_inverted(void **state) {
    struct stk_sim_flash f = flash_of(64, STK_FLASH_INVERT);
    uint8_t before[64];
    uint32_t changes = 0;
    (void)state;
    for (uint32_t k = 0; k <= BYTES; k += BYTES) {
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        cut_prog(&f, STK_SIM_PROG_UNSTABLE, k, 64);
        for (uint32_t i = 0; i < 32; i++) {
            memcpy(before, stk_sim_flash_data(&f, 1) + 64, 64);
            stk_sim_flash_power_on(&f);
            changes += memcmp(before, stk_sim_flash_data(&f, 1) + 64, 64) != 0;
        }
    }
    assert_true(changes > 24);
    memset(data, 0, 64);
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_KEPT);
    stk_sim_flash_power_on(&f);
    assert_int_equal(count_of(read_all(&f, 1) + 64, 64, 0), 64);
}

static void a_third_unstable_place_settles_the_first(void **state) {
    struct stk_sim_flash f = flash_of(1, STK_FLASH_MANY);
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        cut_prog(&f, STK_SIM_PROG_UNSTABLE, 0, 64 * i);
    }
    assert_true(f.weak[0].offset == 128 && f.weak[1].offset == 64);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_true(f.weak[0].bytes == 0 && f.weak[1].bytes == 0);
    stk_sim_flash_power_on(&f);
    assert_int_equal(count_of(read_all(&f, 1), BLOCK, 0xFF), BLOCK);
}

static void unreadable_units_fail(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_INVERT);
    (void)state;
    cut_prog(&f, STK_SIM_PROG_UNREADABLE, 20, 64);
    assert_int_equal(ops->read(&f, 1, 0, seen, BLOCK), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 87, seen, 1), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 79, seen, 2), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 0, seen, 80), STK_OK);
    assert_memory_equal(seen + 64, data, 16);
    assert_int_equal(ops->read(&f, 1, 88, seen, 100), STK_OK);
    memset(data, 0, 8);
    expect_rule(&f, prog(&f, 80, 8), STK_SIM_FLASH_KEPT);
    assert_int_equal(count_of(read_all(&f, 1), BLOCK, 0), 8);
}

static void nothing_happens_without_power(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    struct stk_sim_flash_counts counts;
    (void)state;
    assert_int_equal(ops->sync(&f), STK_OK);
    f.cut_at = 20;
    assert_int_equal(prog(&f, 0, 64), STK_E_IO);
    counts = f.counts;
    memcpy(seen, stk_sim_flash_data(&f, 1), BLOCK);
    assert_int_equal(prog(&f, 64, 64), STK_E_IO);
    assert_int_equal(ops->erase(&f, 1), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 0, data, 64), STK_E_IO);
    assert_int_equal(ops->sync(&f), STK_E_IO);
    assert_memory_equal(seen, stk_sim_flash_data(&f, 1), BLOCK);
    assert_memory_equal(&counts, &f.counts, sizeof counts);
    stk_sim_flash_power_on(&f);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
}

/* A cut is placed at a step over all operations. */
static void steps_are_counted_over_everything(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    f.cut_at = 17 + STK_SIM_FLASH_ERASE_STEPS + 5;
    assert_int_equal(prog(&f, 0, 16), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_OK);
    assert_int_equal(ops->read(&f, 0, 0, seen, 8), STK_OK);
    assert_int_equal(prog(&f, 16, 16), STK_E_IO);
    assert_memory_equal(stk_sim_flash_data(&f, 1) + 16, data, 5);
    assert_int_equal(count_of(stk_sim_flash_data(&f, 1) + 21, 3, 0xFF), 3);
}

static void expect_erased_part(uint32_t from, uint32_t to) {
    assert_int_equal(count_of(seen + from, to - from, 0xFF), to - from);
    assert_int_equal(count_of(seen, BLOCK, 0xA0), BLOCK - (to - from));
}

static void a_cut_erase_must_be_done_again(void **state) {
    (void)state;
    for (uint32_t i = 0; i < STK_SIM_ERASE_CUTS * STK_SIM_FLASH_ERASE_STEPS; i++) {
        uint32_t how = i % STK_SIM_ERASE_CUTS, k = i / STK_SIM_ERASE_CUTS;
        struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
        memset(data, 0xA0, BLOCK);
        assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
        cut_erase(&f, (enum stk_sim_erase_cut)how, k);
        memcpy(seen, stk_sim_flash_data(&f, 1), BLOCK);
        if (k == 0 || ((how == STK_SIM_ERASE_NOTHING || how == STK_SIM_ERASE_FLICKERING) && k < 9)) {
            expect_erased_part(0, 0);
        } else if (k == 9 || how == STK_SIM_ERASE_LOOKS_DONE) {
            expect_erased_part(0, BLOCK);
        } else if (how == STK_SIM_ERASE_PREFIX) {
            expect_erased_part(0, BLOCK * k / 9);
        } else if (how == STK_SIM_ERASE_SUFFIX) {
            expect_erased_part(BLOCK - (BLOCK - 64) * k / 8, BLOCK);
        } else {
            assert_in_range(count_of(seen, BLOCK, 0xA0), 1, BLOCK - 1);
        }
        assert_int_equal(stk_sim_flash_block(&f, 1)->erases, k != 0);
        expect_rule(&f, prog(&f, 0, 8),
                    k == 9   ? STK_SIM_FLASH_KEPT
                    : k == 0 ? STK_SIM_FLASH_TWICE
                             : STK_SIM_FLASH_BROKEN);
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        stk_sim_flash_power_on(&f);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, 0xFF), BLOCK);
        expect_rule(&f, prog(&f, 0, 8), STK_SIM_FLASH_KEPT);
    }
}

static void a_shaky_block_reads_differently(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
    cut_erase(&f, STK_SIM_ERASE_UNSTABLE, 4);
    memcpy(data, stk_sim_flash_data(&f, 1), BLOCK);
    stk_sim_flash_power_on(&f);
    assert_memory_not_equal(data, stk_sim_flash_data(&f, 1), BLOCK);
    cut_erase(&f, STK_SIM_ERASE_UNREADABLE, 4);
    assert_int_equal(ops->read(&f, 1, 0, seen, BLOCK), STK_E_IO);
    assert_int_equal(ops->read(&f, 0, 0, seen, BLOCK), STK_OK);
}

/* Reads a place again and again. Returns how often it was not as the time before. */
static uint32_t changes_at(struct stk_sim_flash *f, uint32_t offset, uint32_t bytes) {
    uint8_t before[BLOCK];
    uint32_t changes = 0;
    memcpy(before, read_all(f, 1), BLOCK);
    for (uint32_t i = 0; i < 32; i++) {
        read_all(f, 1);
        changes += memcmp(before + offset, seen + offset, bytes) != 0;
        memcpy(before, seen, BLOCK);
    }
    return changes;
}

static void flickering_bits_differ_at_each_read(void **state) {
    struct stk_sim_flash f = flash_of(64, STK_FLASH_INVERT);
    (void)state;
    for (uint32_t k = 0; k <= BYTES; k += BYTES) {
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        assert_int_equal(prog(&f, 0, 64), STK_OK);
        cut_prog(&f, STK_SIM_PROG_FLICKERING, k, 64);
        assert_true(changes_at(&f, 64, 64) > 16);
        assert_true(changes_at(&f, 0, 64) == 0 && changes_at(&f, 128, 128) == 0);
        assert_memory_equal(seen, data, 64);
    }
    memset(data, 0, 64);
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_KEPT);
    assert_int_equal(changes_at(&f, 0, BLOCK), 0);
    assert_int_equal(count_of(seen + 64, 64, 0), 64);
}

/* Each 64 bytes may be whole or missing, independently of the other bytes. */
static void a_marginal_block_differs_at_each_read(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    uint32_t whole[2] = {0, 0}, gone[2] = {0, 0}, both = 0;
    (void)state;
    memset(data, 0xA0, BLOCK);
    assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
    cut_erase(&f, STK_SIM_ERASE_FLICKERING, 4);
    assert_true(changes_at(&f, 0, BLOCK) > 16);
    for (uint32_t i = 0; i < 100; i++) {
        read_all(&f, 1);
        for (uint32_t n = 0; n < 2; n++) {
            whole[n] += count_of(seen + 64 * n, 64, 0xA0) == 64;
            gone[n] += count_of(seen + 64 * n, 64, 0xFF) == 64;
        }
        both += count_of(seen, 64, 0xA0) == 64 && count_of(seen + 64, 192, 0xFF) == 192;
    }
    assert_true(whole[0] > 10 && whole[1] > 10 && gone[0] > 10 && gone[1] > 10 && both > 10);
    expect_rule(&f, prog(&f, 0, 8), STK_SIM_FLASH_BROKEN);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_int_equal(changes_at(&f, 0, BLOCK), 0);
    assert_int_equal(count_of(seen, BLOCK, 0xFF), BLOCK);
}

static void power_is_lost_between_operations(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 0, 64), STK_OK);
    stk_sim_flash_power_off(&f);
    assert_int_equal(prog(&f, 64, 64), STK_E_IO);
    stk_sim_flash_power_on(&f);
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_KEPT);
    assert_memory_equal(read_all(&f, 1), data, 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_program_changes_nothing_else),
        cmocka_unit_test(a_program_that_was_not_begun_can_be_begun),
        cmocka_unit_test(a_unit_that_was_begun_is_used),
        cmocka_unit_test(no_trace_is_left),
        cmocka_unit_test(bytes_may_be_done_in_any_order),
        cmocka_unit_test(unstable_bits_differ_until_inverted),
        cmocka_unit_test(a_third_unstable_place_settles_the_first),
        cmocka_unit_test(unreadable_units_fail),
        cmocka_unit_test(nothing_happens_without_power),
        cmocka_unit_test(steps_are_counted_over_everything),
        cmocka_unit_test(a_cut_erase_must_be_done_again),
        cmocka_unit_test(a_shaky_block_reads_differently),
        cmocka_unit_test(flickering_bits_differ_at_each_read),
        cmocka_unit_test(a_marginal_block_differs_at_each_read),
        cmocka_unit_test(power_is_lost_between_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
