/* The CFI NOR port over chips that the test models, beside the contract of every flash (test/contract): both command
 * sets, one chip and two, with and without write buffers; chips that fail, stay busy, are locked, or are none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "nor_board.h"

static const struct stk_flash_ops *const ops = &stk_nor_flash_ops;

static struct stk_nor opened(const struct stk_nor_config *config) {
    struct stk_nor nor;
    assert_int_equal(stk_nor_open(&nor, config), STK_OK);
    for (uint32_t i = 0; i < config->width / 2; i++) {
        assert_int_equal(chips[i].mode, CHIP_ARRAY);
        assert_int_equal(chips[i].step, STEP_NONE);
    }
    return nor;
}

static void fill(uint8_t *out, uint32_t bytes, uint32_t seed) {
    for (uint32_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)((i + seed) * 2654435761u >> 13);
    }
}

/// Opening ///

static void the_table_gives_geometry_and_limits(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_nor_config config = plug(&boards[i]);
        struct stk_flash_geometry g;
        struct stk_nor nor = opened(&config);
        uint32_t interleave = config.width / 2;
        ops->geometry(&nor, &g);
        assert_int_equal(g.read_unit, 1);
        assert_int_equal(g.prog_unit, config.width);
        assert_int_equal(g.block_bytes, 2048 * interleave);
        assert_int_equal(g.blocks, BIG_BLOCKS);
        assert_int_equal(g.erased, 0xFF);
        assert_int_equal(g.rewrite, STK_FLASH_MANY);
        assert_int_equal(nor.word_polls, 8 << 4);
        assert_int_equal(nor.buffer_polls, 16 << 4);
        assert_int_equal(nor.erase_polls, 4000 << 4);
        assert_int_equal(nor.buffer_bytes, 32);
        assert_null(ops->sync);
    }
}

static void a_mapped_region_lies_in_one_erase_region(void **state) {
    static const struct {
        uint32_t offset, bytes; /* range in one chip */
        int blocks;             /* or the error */
        uint32_t block_bytes;
    } row[] = {
        {2048, 0, 3, 2048},        {2048, 4096, 2, 2048}, {2048, 8192, STK_E_RANGE, 0}, {2048, 1000, STK_E_RANGE, 0},
        {1024, 0, STK_E_RANGE, 0}, {8192, 0, 8, 1024},    {15360, 1024, 1, 1024},       {16384, 0, STK_E_RANGE, 0},
    };
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t interleave = boards[i].width / 2;
        for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
            struct stk_nor_config config = plug(&boards[i]);
            struct stk_nor nor;
            config.offset = row[k].offset * interleave;
            config.bytes = row[k].bytes * interleave;
            int err = stk_nor_open(&nor, &config);
            assert_int_equal(err < 0 ? err : (int)nor.geometry.blocks, row[k].blocks);
            if (err == STK_OK) {
                assert_int_equal(nor.geometry.block_bytes, row[k].block_bytes * interleave);
            }
        }
    }
}

static void chips_with_boot_blocks_at_the_top_list_them_from_there(void **state) {
    struct stk_nor_config config = plug(&boards[2]);
    uint8_t regions[8];
    (void)state;
    memcpy(regions, chips[0].cfi + 0x2D, 8);
    memcpy(chips[0].cfi + 0x2D, regions + 4, 4);
    memcpy(chips[0].cfi + 0x31, regions, 4);
    chips[0].cfi[0x40 + 0x0F] = 3;
    struct stk_nor nor = opened(&config);
    assert_int_equal(nor.geometry.block_bytes, 2048);
    assert_int_equal(nor.geometry.blocks, 4);
}

static void what_the_table_may_hold_is_taken(void **state) {
    struct stk_nor_config config = plug(&boards[0]);
    (void)state;
    chips[0].cfi[0x1F] = 0;  /* no time for a word */
    chips[0].cfi[0x21] = 30; /* an erase of weeks */
    chips[0].cfi[0x25] = 30;
    chips[0].cfi[0x2A] = 20; /* a buffer of a mebibyte */
    chips[0].cfi[0x2F] = 0;  /* blocks of 128 bytes */
    config.polls_per_us = 0;
    struct stk_nor nor = opened(&config);
    assert_int_equal(nor.word_polls, 100u << 14);
    assert_int_equal(nor.erase_polls, UINT32_MAX);
    assert_int_equal(nor.buffer_bytes, 128);
    config.polls_per_us = 1099511628u; /* this number times an erase of weeks is 28 * 2^27 beyond 2^64 */
    nor = opened(&config);
    assert_int_equal(nor.erase_polls, UINT32_MAX);
    config.polls_per_us = 0;
    assert_int_equal(nor.geometry.block_bytes, 128);
    chips[0].cfi[0x2A] = 12;
    nor = opened(&config);
    assert_int_equal(nor.buffer_bytes, 128);
    chips[0].cfi[0x2A] = 0;
    nor = opened(&config);
    assert_int_equal(nor.buffer_bytes, 0);
}

static void what_is_no_flash_is_refused(void **state) {
    struct stk_nor nor;
    (void)state;
    struct stk_nor_config config = plug(&boards[1]);
    chips[0].cfi[0x11] = chips[1].cfi[0x11] = 'r';
    assert_int_equal(stk_nor_open(&nor, &config), STK_E_NODEV);
    assert_int_equal(chips[0].mode, CHIP_ARRAY);
    config = plug(&boards[1]);
    chips[1].cfi[0x10] = 0; /* the second is not there */
    assert_int_equal(stk_nor_open(&nor, &config), STK_E_NODEV);
    config = plug(&boards[1]);
    chips[1].cfi[0x12] = 0;
    assert_int_equal(stk_nor_open(&nor, &config), STK_E_UNSUPPORTED);
    config = plug(&boards[1]);
    chips[1].cfi[0x2F]++; /* another model */
    assert_int_equal(stk_nor_open(&nor, &config), STK_E_UNSUPPORTED);
    config = plug(&boards[0]);
    chips[0].cfi[0x13] = 3;
    assert_int_equal(stk_nor_open(&nor, &config), STK_E_UNSUPPORTED);
    config = plug(&boards[0]);
    chips[0].cfi[0x14] = 1;
    assert_int_equal(stk_nor_open(&nor, &config), STK_E_UNSUPPORTED);
}

static void configurations_that_break_a_rule_are_refused(void **state) {
    static const struct {
        uint32_t width, unit;
        int err;
    } row[] = {{0, 0, STK_E_ARG},   {1, 0, STK_E_ARG},      {8, 0, STK_E_ARG},     {4, 2, STK_E_ARG},
               {2, 7, STK_E_ARG},   {4, 6, STK_E_ARG},      {2, 16386, STK_E_ARG}, {2, 16384, STK_E_RANGE},
               {2, 6, STK_E_RANGE}, {2, 4096, STK_E_RANGE}, {2, 1024, STK_OK}};
    struct stk_nor nor;
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct stk_nor_config config = plug(&boards[0]);
        config.width = row[i].width;
        config.prog_unit = row[i].unit;
        config.once = true;
        assert_int_equal(stk_nor_open(&nor, &config), row[i].err);
    }
    assert_int_equal(nor.geometry.prog_unit, 1024);
    assert_int_equal(nor.geometry.rewrite, STK_FLASH_ONCE);
    struct stk_nor_config config = {.width = 2};
    assert_int_equal(stk_nor_open(&nor, &config), STK_E_ARG);
    assert_int_equal(stk_nor_open(&nor, NULL), STK_E_ARG);
    assert_int_equal(stk_nor_open(NULL, &config), STK_E_ARG);
}

/* RAM gives the query command back that was written to it, and not the answer of a flash chip. */
static void memory_is_no_flash(void **state) {
    static _Alignas(4) uint8_t memory[4096];
    struct stk_nor nor;
    (void)state;
    for (uint32_t width = 2; width <= 4; width += 2) {
        struct stk_nor_config config = {.base = memory, .width = width};
        assert_int_equal(stk_nor_open(&nor, &config), STK_E_NODEV);
        /* The byte of the bus word that is its low one on this machine. */
        const uint16_t one = 1;
        uint32_t low = *(const uint8_t *)&one == 1 ? 0 : width - 1;
        assert_int_equal(memory[0x55 * width + low], 0x98);
    }
}

/// Transfers ///

static void bytes_come_back_as_they_went_in(void **state) {
    uint8_t in[256], out[256];
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        struct stk_nor_config config = plug(&boards[i % 4]);
        config.word_only = i >= 4;
        config.offset = 2048 * config.width / 2;
        struct stk_nor nor = opened(&config);
        fill(in, sizeof in, i);
        assert_int_equal(ops->prog(&nor, 1, 20, in, 200), STK_OK);
        for (uint32_t skip = 0; skip < 5; skip++) { /* at every alignment */
            assert_int_equal(ops->read(&nor, 1, 20 + skip, out, 200 - 2 * skip), STK_OK);
            assert_memory_equal(out, in + skip, 200 - 2 * skip);
        }
        assert_int_equal(ops->read(&nor, 1, 16, out, 4), STK_OK);
        assert_int_equal(out[0] & out[3], 0xFF);
        if (config.word_only) {
            assert_int_equal(chips[0].buffered, 0);
            assert_int_equal(chips[0].programs, 200 / config.width);
        } else {
            assert_int_equal(chips[0].buffered, 7); /* 12 bytes up to a border of 32, five whole ones, 28 */
        }
        if (config.width == 2) { /* a bus word holds its bytes in the order of this machine */
            uint16_t word;
            memcpy(&word, in, sizeof word);
            assert_int_equal(chips[0].mem[2048 + 10], word);
        }
    }
}

static void ones_are_not_programmed(void **state) {
    struct stk_nor_config config = plug(&boards[1]);
    uint8_t ones[64];
    (void)state;
    memset(ones, 0xFF, sizeof ones);
    struct stk_nor nor = opened(&config);
    assert_int_equal(ops->prog(&nor, 0, 0, ones, 64), STK_OK);
    assert_int_equal(chips[0].programs + chips[0].buffered, 0);
}

/// Chips that fail ///

/* Leaves one error on one chip of each board: of its word program, its buffered one, its erase. */
static void errors_of_a_chip_are_told_and_cleared(void **state) {
    uint8_t data[16] = {0};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t what = 0; what < 3; what++) {
            struct stk_nor_config config = plug(&boards[i]);
            struct chip *c = &chips[config.width / 2 - 1];
            struct stk_nor nor = opened(&config);
            c->fail_erase = what == 2;
            c->fail_program = what < 2;
            int err = what == 2 ? ops->erase(&nor, 2) : ops->prog(&nor, 2, 0, data, what == 0 ? config.width : 16);
            assert_int_equal(err, STK_E_IO);
            assert_int_equal(nor.info.err, STK_E_IO);
            assert_int_equal(nor.info.index, 2);
            assert_int_not_equal(nor.info.value, 0);
            c->fail_erase = c->fail_program = false;
            assert_int_equal(ops->erase(&nor, 2), STK_OK);
            assert_int_equal(ops->prog(&nor, 2, 0, data, 16), STK_OK);
            assert_int_equal(ops->read(&nor, 2, 0, data, 16), STK_OK);
            assert_int_equal(data[15], 0);
        }
    }
}

static void a_chip_that_stays_busy_is_given_up(void **state) {
    uint8_t data[16] = {0};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t what = 0; what < 3; what++) {
            struct stk_nor_config config = plug(&boards[i]);
            struct stk_nor nor = opened(&config);
            chips[0].polls = UINT32_MAX;
            int err = what == 2 ? ops->erase(&nor, 1) : ops->prog(&nor, 1, 0, data, what == 0 ? config.width : 16);
            assert_int_equal(err, STK_E_IO);
            assert_int_equal(nor.info.err, STK_E_TIMEOUT);
            assert_int_equal(nor.info.index, 1);
        }
    }
}

/* As long as a chip works on an operation that the port gave up, the chip ignores commands, and reads give its status.
 * No such operation may look finished. */
static void a_late_chip_is_waited_for_before_the_next_call(void **state) {
    uint8_t data[4] = {0}, out[4];
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_nor_config config = plug(&boards[i]);
        struct stk_nor nor = opened(&config);
        assert_int_equal(ops->prog(&nor, 2, 0, data, 4), STK_OK);
        chips[0].polls = UINT32_MAX;
        assert_int_equal(ops->erase(&nor, 1), STK_E_IO);
        assert_int_equal(ops->erase(&nor, 2), STK_E_TIMEOUT); /* this block is not bad */
        assert_int_equal(ops->prog(&nor, 2, 4, data, 4), STK_E_TIMEOUT);
        assert_int_equal(ops->read(&nor, 2, 0, out, 4), STK_E_IO);
        chips[0].busy = 100; /* the end is near */
        chips[0].polls = 3;
        assert_int_equal(ops->read(&nor, 2, 0, out, 4), STK_OK);
        assert_memory_equal(out, data, 4);
        assert_int_equal(ops->erase(&nor, 2), STK_OK);
        assert_int_equal(ops->read(&nor, 2, 0, out, 4), STK_OK);
        assert_int_equal(out[0] & out[3], 0xFF);
    }
}

static void the_last_poll_still_counts(void **state) {
    uint8_t data[4] = {0};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_nor_config config = plug(&boards[i]);
        struct stk_nor nor = opened(&config);
        chips[0].polls = nor.word_polls;
        assert_int_equal(ops->prog(&nor, 0, 0, data, config.width), STK_OK);
    }
}

static void a_buffer_that_is_taken_is_waited_for(void **state) {
    struct stk_nor_config config = plug(&boards[0]);
    uint8_t data[16] = {0};
    (void)state;
    struct stk_nor nor = opened(&config);
    chips[0].no_buffer = 5;
    assert_int_equal(ops->prog(&nor, 0, 0, data, 16), STK_OK);
    chips[0].no_buffer = UINT32_MAX;
    assert_int_equal(ops->prog(&nor, 0, 0, data, 16), STK_E_TIMEOUT); /* nothing was programmed */
    assert_int_equal(nor.info.err, STK_E_TIMEOUT);
    assert_int_equal(chips[0].mode, CHIP_ARRAY);
}

/* Where a unit is programmed once, what was begun cannot be begun again: the block is bad. */
static void a_refusal_after_a_part_of_a_program_is_a_bad_block_of_flash_that_is_programmed_once(void **state) {
    uint8_t data[128] = {0};
    (void)state;
    for (int once = 0; once < 2; once++) {
        struct stk_nor_config config = plug(&boards[0]);
        config.once = once != 0;
        config.prog_unit = 128;
        struct stk_nor nor = opened(&config);
        chips[0].buffers_left = 2;
        assert_int_equal(ops->prog(&nor, 0, 0, data, 128), once ? STK_E_IO : STK_E_TIMEOUT);
        assert_int_equal(chips[0].buffered, 2);
    }
}

static void locked_blocks_are_refused_where_the_chip_cannot_unlock_them(void **state) {
    uint8_t data[4] = {0};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct stk_nor_config config = plug(&boards[i]);
        int why = boards[i].amd ? STK_E_IO : STK_E_ACCESS; /* a refusal; the AMD set has no status that tells */
        struct stk_nor nor = opened(&config);
        assert_int_equal(ops->prog(&nor, 1, 8, data, 4), STK_OK);
        chips[0].locked = chips[1].locked = 1u << 1;
        assert_int_equal(ops->erase(&nor, 1), why);
        if (!boards[i].amd) {
            assert_int_equal(nor.info.err, why);
        }
        assert_int_equal(ops->prog(&nor, 1, 0, data, 4), why);
        assert_int_equal(nor.info.err, why);
        assert_int_equal(ops->prog(&nor, 0, 0, data, 4), STK_OK);
    }
}

static void blocks_that_lock_one_by_one_are_unlocked_before_they_are_written(void **state) {
    struct stk_nor_config config = plug(&boards[1]);
    uint8_t data[4] = {0};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        chips[i].locked = ~0u;
        chips[i].cfi[0x40 + 5] = 0x20;
    }
    struct stk_nor nor = opened(&config);
    assert_int_equal(ops->erase(&nor, 2), STK_OK);
    assert_int_equal(ops->prog(&nor, 2, 0, data, 4), STK_OK);
    assert_int_equal(chips[1].unlocks, 1);
    assert_int_equal(ops->prog(&nor, 3, 0, data, 4), STK_OK);
    assert_int_equal(chips[1].unlocks, 2);
    assert_int_equal(chips[1].locked, ~0xCu);
    chips[0].polls = UINT32_MAX;
    assert_int_equal(ops->erase(&nor, 1), STK_E_TIMEOUT); /* it is the lock that does not answer */
    assert_int_equal(chips[0].erases, 1);
    assert_int_equal(nor.info.err, STK_E_TIMEOUT);
}

static void a_missing_voltage_is_a_refusal(void **state) {
    struct stk_nor_config config = plug(&boards[0]);
    uint8_t data[4] = {0};
    (void)state;
    struct stk_nor nor = opened(&config);
    chips[0].no_voltage = true;
    assert_int_equal(ops->prog(&nor, 0, 0, data, 4), STK_E_ACCESS);
    assert_int_equal(ops->erase(&nor, 0), STK_E_ACCESS);
    assert_int_equal(nor.info.err, STK_E_ACCESS);
    chips[0].no_voltage = false;
    assert_int_equal(ops->prog(&nor, 0, 0, data, 4), STK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_gives_geometry_and_limits),
        cmocka_unit_test(a_mapped_region_lies_in_one_erase_region),
        cmocka_unit_test(chips_with_boot_blocks_at_the_top_list_them_from_there),
        cmocka_unit_test(what_the_table_may_hold_is_taken),
        cmocka_unit_test(what_is_no_flash_is_refused),
        cmocka_unit_test(configurations_that_break_a_rule_are_refused),
        cmocka_unit_test(memory_is_no_flash),
        cmocka_unit_test(bytes_come_back_as_they_went_in),
        cmocka_unit_test(ones_are_not_programmed),
        cmocka_unit_test(errors_of_a_chip_are_told_and_cleared),
        cmocka_unit_test(a_chip_that_stays_busy_is_given_up),
        cmocka_unit_test(a_late_chip_is_waited_for_before_the_next_call),
        cmocka_unit_test(the_last_poll_still_counts),
        cmocka_unit_test(a_refusal_after_a_part_of_a_program_is_a_bad_block_of_flash_that_is_programmed_once),
        cmocka_unit_test(a_missing_voltage_is_a_refusal),
        cmocka_unit_test(a_buffer_that_is_taken_is_waited_for),
        cmocka_unit_test(locked_blocks_are_refused_where_the_chip_cannot_unlock_them),
        cmocka_unit_test(blocks_that_lock_one_by_one_are_unlocked_before_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
