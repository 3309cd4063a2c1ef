/* Media whose headers have the right checksum and belong to one log, although no log has written them: laps that go
 * around in a circle, and numbers beyond their bounds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash_log.h"
#include "stoker/crc32c.h"

#define BLOCKS_MAX 16u
#define READS_MAX  1000u /* a mount that reads as often as this does not end */

static uint32_t blocks, reads, seed = 9;
static uint32_t flaky; /* knob: each look at a block shows a header with a later lap than all looks before */

static void seal(uint8_t *cell) {
    uint32_t crc = stk_crc32c(0, cell, 60);
    for (unsigned i = 0; i < 4; i++) {
        cell[60 + i] = (uint8_t)(crc >> 8 * i);
    }
}

/* Writes the header of SPEC.md 6.1. */
static void put_header(uint8_t *cell, uint32_t block, uint32_t lap) {
    const uint32_t words[13] = {WORLD_ID, lap, 0, block, 128, blocks, 64, 0xFF, 1, 1};
    memcpy(cell, "STKLOG02", 8);
    for (unsigned i = 0; i < 13; i++) {
        const uint32_t w = words[i];
        const uint8_t bytes[4] = {(uint8_t)w, (uint8_t)(w >> 8), (uint8_t)(w >> 16), (uint8_t)(w >> 24)};
        memcpy(cell + 8 + 4 * i, bytes, 4);
    }
    seal(cell);
}

static int counted_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    assert_true(++reads < READS_MAX);
    assert_int_equal(stk_sim_flash_ops.read(ctx, block, offset, data, bytes), STK_OK);
    if (flaky != 0u && offset == 0u) {
        put_header(data, block, reads);
    }
    return STK_OK;
}

/* Lays out `count` blocks of flash, each with a header of its lap and nothing else. */
static void lay_out(uint32_t count, const uint32_t *laps) {
    const struct stk_flash_geometry g = {64, 64, 128, count, 0xFF, STK_FLASH_MANY, 0};
    blocks = count;
    reads = 0;
    world_flash(&g);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t cell[STK_LOG_CELL_BYTES];
        put_header(cell, i, laps[i]);
        assert_int_equal(stk_sim_flash_ops.prog(&world.flash, i, 0, cell, sizeof cell), STK_OK);
    }
}

/* Mounts, and appends a record that is read back. Returns the reads of the mount. */
static uint32_t mount(void) {
    struct stk_flash_ops ops = stk_sim_flash_ops;
    struct stk_log_config config = world_config();
    uint32_t took;
    ops.read = counted_read;
    config.flash.ops = &ops;
    config.buffer_bytes = sizeof world.page;
    assert_int_equal(stk_log_mount(&world.log, &config), STK_OK);
    took = reads;
    if (flaky == 0u) {
        reads = 0;
        world_append(1);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_true(world_walk() >= 1u);
    }
    return took;
}

/* Returns the most reads that a mount may take: two for each block in the search for the newest one, two for each that
 * has no record in the search for the last record, and a few for the end of the log. */
static uint32_t most_reads(uint32_t count) {
    return 4u * count + 8u;
}

static void laps_in_a_circle_are_mounted(void **state) {
    static const uint32_t three[] = {1, 0x60000000, 0xC0000000}, back[] = {0xC0000000, 0x60000000, 1};
    static const uint32_t four[] = {1, 0x40000001, 0x80000001, 0xC0000001}, wrapped[] = {UINT32_MAX, 0, UINT32_MAX};
    (void)state;
    lay_out(3, three);
    assert_true(mount() <= most_reads(3));
    assert_int_equal(world.log.lap, 0x60000000);
    lay_out(3, back);
    assert_true(mount() <= most_reads(3));
    lay_out(4, four);
    assert_true(mount() <= most_reads(4));
    lay_out(3, wrapped);
    assert_true(mount() <= most_reads(3));
    assert_int_equal(world.log.lap, 0);
}

static void laps_of_any_numbers_are_mounted(void **state) {
    uint32_t laps[BLOCKS_MAX];
    (void)state;
    for (uint32_t round = 0; round < 3000; round++) {
        uint32_t count = 3u + round % (BLOCKS_MAX - 2u), near = round % 3u;
        for (uint32_t i = 0; i < count; i++) {
            seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
            laps[i] = near == 0u ? seed : near == 1u ? seed % 4u : seed >> 1;
        }
        lay_out(count, laps);
        assert_true(mount() <= most_reads(count));
    }
}

static void a_medium_that_shows_later_laps_for_ever_is_mounted(void **state) {
    static const uint32_t laps[BLOCKS_MAX] = {0};
    (void)state;
    flaky = 1;
    for (uint32_t count = 3; count <= BLOCKS_MAX; count++) {
        lay_out(count, laps);
        (void)mount(); /* in fewer than READS_MAX */
    }
    flaky = 0;
}

/* Only a damaged flash has the greatest format number. Mount finds a new log on that flash too. */
static void a_format_behind_the_greatest_number_is_found(void **state) {
    static const uint32_t laps[3] = {1, 1, 1};
    struct stk_log_config config;
    uint8_t cell[STK_LOG_CELL_BYTES];
    (void)state;
    lay_out(3, laps);
    put_header(cell, 1, 1);
    memset(cell + 40, 0xFF, 4);
    seal(cell);
    assert_int_equal(stk_sim_flash_ops.erase(&world.flash, 1), STK_OK);
    assert_int_equal(stk_sim_flash_ops.prog(&world.flash, 1, 0, cell, sizeof cell), STK_OK);
    config = world_config();
    assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_OK);
    assert_int_equal(world.log.format, 1);
    world_append(1);
    world_remount();
    assert_int_equal(world_walk(), 1);
}

/* Puts `word` at `offset` of the header of block 1, which is the only header that could be the newest one. */
static void lay_out_word(uint32_t offset, uint32_t word) {
    static const uint32_t laps[3] = {1, 1, 0};
    const uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
    uint8_t cell[STK_LOG_CELL_BYTES];
    lay_out(3, laps);
    put_header(cell, 1, 1);
    memcpy(cell + offset, bytes, sizeof bytes);
    seal(cell);
    assert_int_equal(stk_sim_flash_ops.erase(&world.flash, 1), STK_OK);
    assert_int_equal(stk_sim_flash_ops.prog(&world.flash, 1, 0, cell, sizeof cell), STK_OK);
}

/* The next boot is counted on from the boot in the newest header. A boot that wrapped around to 0 would make each new
 * record no cell. More consecutive blocks than the log has would wrap the search behind the newest block around. */
static void a_header_with_a_number_beyond_its_bound_is_no_header(void **state) {
    static const uint32_t boots[] = {0, 0x7FFFFFFF, 0x80000000, UINT32_MAX}, reaches[] = {3, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof boots / sizeof *boots; i++) {
        lay_out_word(44, boots[i]);
        (void)mount();
        assert_int_equal(world.log.boot, 2); /* block 0 has records of boot 1 */
    }
    for (size_t i = 0; i < sizeof reaches / sizeof *reaches; i++) {
        lay_out_word(48, reaches[i]);
        (void)mount();
        assert_true(world.log.reach < 3u);
    }
    lay_out_word(44, 0x7FFFFFFE);
    (void)mount();
    assert_int_equal(world.log.boot, 0x7FFFFFFE); /* boots stop at the greatest number */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laps_in_a_circle_are_mounted),
        cmocka_unit_test(laps_of_any_numbers_are_mounted),
        cmocka_unit_test(a_medium_that_shows_later_laps_for_ever_is_mounted),
        cmocka_unit_test(a_format_behind_the_greatest_number_is_found),
        cmocka_unit_test(a_header_with_a_number_beyond_its_bound_is_no_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
