#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim_flash_rig.h"

/// Helpers ///

#define SECTOR 64u
#define ROUNDS 4000u

static _Alignas(64) uint8_t memory_b[sizeof memory_a]; /* memory of the second flash, the copy */

static struct stk_sim_flash lazy_flash(uint8_t *memory, uint8_t rewrite) {
    struct stk_sim_flash_config config = shape(8, rewrite, 0xFF);
    config.geometry.lazy = 1;
    config.sector = SECTOR;
    return flash_over(memory, config);
}

static void fill(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes, uint8_t value) {
    memset(data, value, bytes);
    assert_int_equal(ops->prog(f, block, offset, data, bytes), STK_OK);
}

static void lose_power(struct stk_sim_flash *f) {
    stk_sim_flash_power_off(f);
    stk_sim_flash_power_on(f);
}

/* Returns true if each byte of a sector of `seen` has this value. */
static bool is_all(uint32_t sector, uint8_t value) {
    return count_of(seen + sector * SECTOR, SECTOR, value) == SECTOR;
}

/// What a cut leaves ///

static void a_sync_makes_all_durable(void **state) {
    struct stk_sim_flash f = lazy_flash(memory_a, STK_FLASH_ANY);
    (void)state;
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        fill(&f, 1, 0, BLOCK, (uint8_t)i);
        assert_int_equal(ops->sync(&f), STK_OK);
        lose_power(&f);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)i), BLOCK);
    }
}

static void a_restart_without_a_cut_forgets_nothing(void **state) {
    struct stk_sim_flash f = lazy_flash(memory_a, STK_FLASH_ANY);
    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        fill(&f, 1, 0, BLOCK, (uint8_t)i);
        stk_sim_flash_power_on(&f);
        assert_int_equal(count_of(read_all(&f, 1), BLOCK, (uint8_t)i), BLOCK);
    }
}

/* Sectors are of each age, and each pair of ages is there. */
static void sectors_are_of_any_age(void **state) {
    struct stk_sim_flash f = lazy_flash(memory_a, STK_FLASH_ANY);
    uint32_t ages[4][4] = {{0}};
    (void)state;
    for (uint32_t n = 0; n < ROUNDS; n++) {
        uint32_t of[2] = {9, 9};
        fill(&f, 1, 0, BLOCK, 0);
        assert_int_equal(ops->sync(&f), STK_OK);
        fill(&f, 1, 0, BLOCK, 1);
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        fill(&f, 1, 0, BLOCK, 3);
        lose_power(&f);
        read_all(&f, 1);
        for (uint32_t i = 0; i < 2; i++) {
            of[i] = is_all(2 * i, 0) ? 0 : is_all(2 * i, 1) ? 1 : is_all(2 * i, 0xFF) ? 2 : is_all(2 * i, 3) ? 3 : 9;
            assert_in_range(of[i], 0, 3);
        }
        ages[of[0]][of[1]]++;
    }
    for (uint32_t i = 0; i < 16; i++) {
        assert_true(ages[i / 4][i % 4] > 0);
    }
}

/* The bytes of the last sync may come back, however much was written since. Bytes from before that sync never come
 * back. */
static void a_full_journal_keeps_the_first_age(void **state) {
    struct stk_sim_flash f = lazy_flash(memory_a, STK_FLASH_ANY);
    uint32_t first = 0, last = 0;
    (void)state;
    for (uint32_t n = 0; n < 100; n++) {
        fill(&f, 1, 0, BLOCK, 0xEE);
        fill(&f, 1, 0, BLOCK, 0);
        assert_int_equal(ops->sync(&f), STK_OK);
        for (uint32_t i = 1; i < 100; i++) {
            fill(&f, i % 2, 0, BLOCK, (uint8_t)i);
        }
        lose_power(&f);
        read_all(&f, 1);
        for (uint32_t i = 0; i < BLOCK / SECTOR; i++) {
            assert_true(is_all(i, seen[i * SECTOR]) && seen[i * SECTOR] < 100);
            first += is_all(i, 0);
            last += is_all(i, 99);
        }
    }
    assert_true(first > 40 && last > 40);
}

static void what_was_taken_back_must_be_erased(void **state) {
    uint32_t back = 0;
    struct stk_sim_flash f = lazy_flash(memory_a, STK_FLASH_ONCE);
    (void)state;
    for (uint32_t n = 0; n < 40; n++) {
        assert_int_equal(ops->erase(&f, 1), STK_OK);
        assert_int_equal(ops->sync(&f), STK_OK);
        fill(&f, 1, 0, SECTOR, 0);
        lose_power(&f);
        read_all(&f, 1);
        back += is_all(0, 0xFF);
        expect_rule(&f, prog(&f, SECTOR, SECTOR), is_all(0, 0) ? STK_SIM_FLASH_KEPT : STK_SIM_FLASH_BROKEN);
    }
    assert_in_range(back, 5, 35);
}

/* The operation that the cut ends may be undone as well. */
static void a_cut_operation_is_forgotten_too(void **state) {
    struct stk_sim_flash f = lazy_flash(memory_a, STK_FLASH_ANY);
    uint32_t old = 0, torn = 0, undone = 0;
    (void)state;
    for (uint32_t n = 0; n < 100; n++) {
        fill(&f, 1, 0, BLOCK, 0x11);
        assert_int_equal(ops->sync(&f), STK_OK);
        memset(data, 0x22, BLOCK);
        cut_prog(&f, STK_SIM_PROG_CLEAN, 20, SECTOR);
        old += is_all((read_all(&f, 1), 1), 0x11);
        torn += count_of(seen + SECTOR, SECTOR, 0x22) == 20;
        assert_int_equal(old + torn, n + 1);
        assert_int_equal(count_of(seen, SECTOR, 0x11), SECTOR);
        cut_erase(&f, STK_SIM_ERASE_LOOKS_DONE, 5);
        undone += read_all(&f, 1)[0] == 0x11;
    }
    assert_true(old > 20 && torn > 20 && undone > 20);
}

/* The last sector of a block may be shorter than the others, and one may be as large as a block. */
static void sectors_need_not_divide_a_block(void **state) {
    static const uint32_t sectors[] = {0, 100, 255, 256, 1000};
    (void)state;
    for (uint32_t n = 0; n < 5 * 40; n++) {
        struct stk_sim_flash_config config = shape(1, STK_FLASH_ANY, 0xFF);
        uint32_t sector = sectors[n % 5] - 1u < BLOCK ? sectors[n % 5] : BLOCK;
        config.geometry.lazy = 1;
        config.sector = sectors[n % 5];
        config.seed = n;
        struct stk_sim_flash f = flash_over(memory_a, config);
        fill(&f, 2, 0, BLOCK, 7);
        fill(&f, 1, 0, BLOCK, 8);
        lose_power(&f);
        for (uint32_t at = 0; at < 2 * BLOCK; at++) {
            uint8_t value = read_all(&f, 1 + at / BLOCK)[at % BLOCK];
            assert_int_equal(value, seen[at % BLOCK / sector * sector]);
            assert_true(value == 0xFF || value == (at < BLOCK ? 8 : 7));
        }
    }
}

/// Copies ///

/* After a copy was restored, the same calls leave the same bytes. */
static void a_lazy_copy_replays(void **state) {
    struct stk_sim_flash f = lazy_flash(memory_a, STK_FLASH_ANY);
    struct stk_sim_flash copy = lazy_flash(memory_b, STK_FLASH_ANY);
    uint8_t first[BLOCKS][BLOCK];
    (void)state;
    for (uint32_t n = 0; n < 40; n++) {
        fill(&f, 1, n % 4 * SECTOR, SECTOR, (uint8_t)n);
        stk_sim_flash_copy(&copy, &f);
        for (uint32_t i = 0; i < 3; i++) {
            fill(&f, 1, 0, SECTOR, 0x77);
            assert_int_equal(ops->erase(&f, 0), STK_OK);
            lose_power(&f);
            for (uint32_t b = 0; b < BLOCKS; b++) {
                if (i == 0) {
                    memcpy(first[b], stk_sim_flash_data(&f, b), BLOCK);
                }
                assert_memory_equal(stk_sim_flash_data(&f, b), first[b], BLOCK);
            }
            stk_sim_flash_copy(&f, &copy);
        }
        if (n % 7 == 6) {
            assert_int_equal(ops->sync(&f), STK_OK);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sync_makes_all_durable),
        cmocka_unit_test(a_restart_without_a_cut_forgets_nothing),
        cmocka_unit_test(sectors_are_of_any_age),
        cmocka_unit_test(a_full_journal_keeps_the_first_age),
        cmocka_unit_test(what_was_taken_back_must_be_erased),
        cmocka_unit_test(a_cut_operation_is_forgotten_too),
        cmocka_unit_test(sectors_need_not_divide_a_block),
        cmocka_unit_test(a_lazy_copy_replays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
