#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim_flash_rig.h"

/// Faults ///

static void blocks_go_bad(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    f.prog_bad = 1;
    f.erase_bad = 2;
    assert_int_equal(prog(&f, 0, 64), STK_OK);
    assert_int_equal(prog(&f, 64, 64), STK_E_IO);
    assert_memory_equal(stk_sim_flash_data(&f, 1), data, 64);
    expect_rule(&f, prog(&f, 64, 64), STK_SIM_FLASH_TWICE);
    assert_int_equal(prog(&f, 128, 64), STK_E_IO);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_int_equal(prog(&f, 0, 64), STK_E_IO);
    assert_int_equal(ops->prog(&f, 0, 0, data, 64), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_OK);
    assert_int_equal(ops->erase(&f, 0), STK_E_IO);
    assert_int_equal(ops->erase(&f, 0), STK_E_IO);
    assert_int_equal(ops->erase(&f, 2), STK_OK);
    stk_sim_flash_block(&f, 2)->bad_erase = true;
    assert_int_equal(ops->erase(&f, 2), STK_E_IO);
    expect_rule(&f, ops->prog(&f, 2, 0, data, 64), STK_SIM_FLASH_BROKEN);
}

static void damage_is_done_on_demand(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
    stk_sim_flash_flip(&f, 1, 8 * 33 + 5);
    data[33] ^= 1u << 5;
    assert_memory_equal(read_all(&f, 1), data, BLOCK);
    stk_sim_flash_spoil(&f, 1, 40);
    assert_int_equal(ops->read(&f, 1, 47, seen, 1), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 48, seen, 100), STK_OK);
    assert_int_equal(ops->read(&f, 1, 0, seen, 40), STK_OK);
    assert_int_equal(ops->erase(&f, 1), STK_OK);
    assert_int_equal(ops->read(&f, 1, 47, seen, 1), STK_OK);
}

/* Fails a program of 64 bytes over blank ones. Returns how many of them are done. */
static uint32_t done_by(struct stk_sim_flash *f, enum stk_sim_prog_fail how) {
    assert_int_equal(ops->erase(f, 1), STK_OK);
    memset(data, 0xA0, BLOCK);
    f->prog_fail = how;
    assert_int_equal(prog(f, 64, 64), STK_E_IO);
    assert_int_equal(count_of(read_all(f, 1), BLOCK, 0xFF) + count_of(seen, BLOCK, 0xA0), BLOCK);
    expect_rule(f, prog(f, 64, 8), STK_SIM_FLASH_TWICE);
    return count_of(seen + 64, 64, 0xA0);
}

static void a_failed_program_tells_nothing(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    uint32_t all = 0, none = 0;
    (void)state;
    stk_sim_flash_block(&f, 1)->bad_prog = true;
    assert_in_range(done_by(&f, STK_SIM_PROG_FAIL_SOME), 1, 63);
    assert_int_equal(done_by(&f, STK_SIM_PROG_FAIL_ALL), 64);
    assert_int_equal(done_by(&f, STK_SIM_PROG_FAIL_NONE), 0);
    for (uint32_t i = 0; i < 30; i++) {
        uint32_t done = done_by(&f, STK_SIM_PROG_FAIL_MIXED);
        all += done == 64;
        none += done == 0;
    }
    assert_true(all > 3 && none > 3 && all + none < 27);
}

/* Fails an erase of a block of 0xA0, and reads what it leaves. */
static void left_by(struct stk_sim_flash *f, enum stk_sim_erase_fail how) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, 1);
    b->bad_erase = false;
    assert_int_equal(ops->erase(f, 1), STK_OK);
    memset(data, 0xA0, BLOCK);
    assert_int_equal(prog(f, 0, BLOCK), STK_OK);
    b->bad_erase = true;
    f->erase_fail = how;
    assert_int_equal(ops->erase(f, 1), STK_E_IO);
    expect_rule(f, prog(f, 0, BLOCK), STK_SIM_FLASH_BROKEN);
    read_all(f, 1);
}

static uint32_t left_in(uint32_t from, uint32_t to) {
    return count_of(seen + from, to - from, 0xA0);
}

static void a_failed_erase_tells_nothing(void **state) {
    static const uint32_t units[] = {8, 128};
    (void)state;
    for (uint32_t n = 0; n < 40; n++) {
        uint32_t page = n % 2 != 0 ? 128 : 64;
        struct stk_sim_flash f = flash_of(units[n % 2], STK_FLASH_ONCE);
        f.rng += n;
        left_by(&f, STK_SIM_ERASE_FAIL_ANYTHING);
        assert_in_range(left_in(0, BLOCK), 1, BLOCK - 1);
        left_by(&f, STK_SIM_ERASE_FAIL_UNCHANGED);
        assert_int_equal(left_in(0, BLOCK), BLOCK);
        left_by(&f, STK_SIM_ERASE_FAIL_HEADER);
        assert_in_range(left_in(0, 64), 0, 8);
        assert_true(left_in(64, page) < 8 || left_in(64, page) == page - 64);
        assert_int_equal(left_in(page, BLOCK), BLOCK - page);
        left_by(&f, STK_SIM_ERASE_FAIL_RECORDS);
        assert_int_equal(left_in(0, page), page);
        assert_in_range(left_in(page, BLOCK), 0, 16);
        left_by(&f, STK_SIM_ERASE_FAIL_DONE);
        assert_int_equal(count_of(seen, BLOCK, 0xFF), BLOCK);
        left_by(&f, STK_SIM_ERASE_FAIL_MIXED);
    }
}

static void reads_fail_for_a_while(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    assert_int_equal(prog(&f, 0, BLOCK), STK_OK);
    f.read_error = (struct stk_sim_flash_read_error){.block = 1, .offset = 64, .bytes = 64, .times = 2};
    assert_int_equal(ops->read(&f, 1, 0, seen, 64), STK_OK);
    assert_int_equal(ops->read(&f, 1, 128, seen, 64), STK_OK);
    assert_int_equal(ops->read(&f, 2, 64, seen, 64), STK_OK);
    assert_int_equal(ops->read(&f, 1, 127, seen, 1), STK_E_IO);
    assert_int_equal(ops->read(&f, 1, 0, seen, BLOCK), STK_E_IO);
    assert_memory_equal(read_all(&f, 1), data, BLOCK);
    f.read_error = (struct stk_sim_flash_read_error){.block = 1, .from = f.counts.reads + 2, .times = 1};
    read_all(&f, 1);
    read_all(&f, 1);
    read_all(&f, 0);
    assert_int_equal(ops->read(&f, 1, 200, seen, 1), STK_E_IO);
    read_all(&f, 1);
}

static void a_medium_is_not_read_at_all(void **state) {
    struct stk_sim_flash f = flash_of(8, STK_FLASH_ONCE);
    (void)state;
    f.read_error.block = STK_SIM_FLASH_EVERY_BLOCK;
    f.read_error.times = STK_SIM_FLASH_NEVER;
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(ops->read(&f, i % 3, 0, seen, 64), STK_E_IO);
    }
    expect_rule(&f, prog(&f, 0, 64), STK_SIM_FLASH_KEPT);
    f.read_error.times = 0;
    assert_memory_equal(read_all(&f, 1), data, 64);
}

static void buffers_are_aligned(void **state) {
    struct stk_sim_flash_config config = shape(8, STK_FLASH_ONCE, 0xFF);
    (void)state;
    config.align = 32;
    struct stk_sim_flash f = flash_over(memory_a, config);
    assert_int_equal(ops->prog(&f, 1, 0, data + 16, 64), STK_E_ALIGN);
    assert_int_equal(ops->read(&f, 1, 0, seen + 1, 64), STK_E_ALIGN);
    assert_true(f.counts.misaligned == 2 && f.counts.programs == 0 && f.counts.reads == 0 && f.steps == 0);
    expect_rule(&f, ops->prog(&f, 1, 0, data + 32, 64), STK_SIM_FLASH_KEPT);
    assert_memory_equal(read_all(&f, 1), data + 32, 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_go_bad),
        cmocka_unit_test(damage_is_done_on_demand),
        cmocka_unit_test(a_failed_program_tells_nothing),
        cmocka_unit_test(a_failed_erase_tells_nothing),
        cmocka_unit_test(reads_fail_for_a_while),
        cmocka_unit_test(a_medium_is_not_read_at_all),
        cmocka_unit_test(buffers_are_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
