/* The flash store over flipped bits, spoilt units, bad blocks and cuts: nothing but what was put is ever returned. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash_store.h"

#define SMALL (&geometries[0])

/* Flips each bit of the flash, one after the other: every artifact is returned as it was put, or not at all. */
static void a_flipped_bit_costs_at_most_what_it_is_in(void **state) {
    uint32_t lost = 0, mounts = 0;
    (void)state;
    world_open(SMALL);
    for (uint32_t k = 0; k < 4; k++) {
        assert_int_equal(put(k, k, 100), 0);
    }
    for (uint32_t block = 0; block < 2; block++) {
        for (uint32_t bit = block * 5u; bit < SMALL->block_bytes * 8u; bit += 11) {
            uint32_t there = 0;
            stk_sim_flash_flip(&world.flash, block, bit);
            if (world_mount() >= 0) {
                mounts++;
                for (uint32_t k = 0; k < 4; k++) {
                    there += got(k, k, 100) == 1;
                }
                assert_true(there >= 2); /* a damaged header may hide the artifacts behind the header */
                lost += 4u - there;
            }
            stk_sim_flash_flip(&world.flash, block, bit);
        }
    }
    assert_true(lost > 100 && mounts > 500);
    assert_int_equal(world_mount(), 4);
}

/* Damages a store that stays mounted: the damage is counted and reported, and the next put works. */
static void damage_under_a_mounted_store_is_said_and_counted(void **state) {
    (void)state;
    for (uint32_t cell = 2; cell < 5; cell++) { /* two cells with data of the artifact, and its tail */
        world_open(SMALL);
        assert_int_equal(put(1, 1, 90), 0);
        assert_int_equal(put(2, 2, 10), 0);
        stk_sim_flash_flip(&world.flash, 0, (cell * 64u + 20u) * 8u);
        assert_int_equal(has(1), 1);
        assert_int_equal(got(1, 1, 90), STK_E_CORRUPT);
        assert_int_equal(has(1), 0);
        assert_int_equal(got(1, 1, 90), 0);
        assert_true(stats().corrupt == 1 && stats().dropped == 1 && stats().not_found == 1 && world.dropped[1] == 1);
        assert_int_equal(got(2, 2, 10), 1);
        assert_int_equal(put(1, 3, 90), 0);
        assert_int_equal(got(1, 3, 90), 1);
        assert_int_equal(stats().hits, 2);
    }
}

static void pieces_end_in_an_error_when_the_artifact_is_damaged(void **state) {
    uint8_t back[50];
    uint32_t bytes;
    (void)state;
    for (uint32_t cell = 2; cell < 5; cell++) {
        int n;
        world_open(SMALL);
        assert_int_equal(put(1, 1, 90), 0);
        stk_sim_flash_flip(&world.flash, 0, (cell * 64u + 20u) * 8u);
        assert_int_equal(stk_store_open(&world.store, key_of(1), &bytes), 1);
        while ((n = stk_store_read(&world.store, back, sizeof back)) > 0) {
        }
        assert_int_equal(n, STK_E_CORRUPT);
        assert_int_equal(stk_store_read(&world.store, back, sizeof back), STK_E_STATUS);
        assert_int_equal(stats().corrupt, 1);
    }
}

/* Each record is valid by itself, but the records belong to two artifacts. Only the hash of the artifact shows this. */
static void records_of_another_artifact_do_not_pass(void **state) {
    (void)state;
    world_open(SMALL);
    assert_int_equal(put(1, 1, 40), 0);
    assert_int_equal(put(2, 2, 40), 0);
    assert_int_equal(put(3, 3, 60), 0);
    entry_of(2)->sequence = entry_of(1)->sequence; /* both artifacts now have the same sequence */
    assert_int_equal(got(2, 2, 40), STK_E_CORRUPT);
    entry_of(1)->bytes = 41;
    assert_int_equal(got(1, 1, 41), STK_E_CORRUPT);
    entry_of(3)->bytes = 48;
    assert_int_equal(got(3, 3, 48), STK_E_CORRUPT);
    assert_int_equal(stats().corrupt, 3);
    assert_int_equal(world_mount(), 3);
    entry_of(3)->bytes = 40; /* data where the tail should be */
    assert_int_equal(got(3, 3, 40), STK_E_CORRUPT);
}

/* A block that fails to program or to erase costs the artifacts in this block, and no others. */
static void bad_blocks_are_passed_over(void **state) {
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        uint32_t lost = 0;
        world_open(&geometries[g]);
        if (geometries[g].blocks < 6) {
            continue;
        }
        stk_sim_flash_block(&world.flash, 2)->bad_prog = true;
        stk_sim_flash_block(&world.flash, 4)->bad_erase = true;
        for (uint32_t i = 0; i < 40; i++) {
            int err = put(i % 4u, i, 50);
            assert_true(err >= 0 || err == STK_E_IO);
            lost += err < 0 || got(i % 4u, i, 50) != 1;
            if (i % 7u == 6u) {
                uint32_t there = stats().artifacts;
                assert_true(world_mount() >= 0);
                assert_true(stats().artifacts + 1u >= there);
            }
        }
        assert_true(lost <= 1);
        assert_true(rules_kept());
    }
}

/* Makes blocks bad until the log is so short that the end of a large artifact overwrites its beginning. */
static void an_artifact_that_overwrites_itself_is_refused(void **state) {
    const struct stk_flash_geometry g = {1, 64, 256, 7, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    world_open(&g);
    assert_int_equal(put(1, 1, 30), 0);
    for (uint32_t b = 2; b < 7; b++) {
        stk_sim_flash_block(&world.flash, b)->bad_erase = b != 5u; /* the log ends at more than three in a row */
    }
    assert_int_equal(put(2, 2, stk_store_largest(&g)), STK_E_IO);
    assert_int_equal(has(2), 0);
    assert_int_equal(has(1), 0);
    assert_int_equal(world.dropped[1], 1);
    assert_int_equal(put(3, 3, 10), 0);
    assert_int_equal(got(3, 3, 10), 1);
}

static void a_medium_that_is_gone_fails_every_write_and_keeps_the_index(void **state) {
    const struct stk_flash_geometry g = {1, 1, 1024, 8, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    world_open(&g);
    for (uint32_t k = 0; k < ENTRIES; k++) {
        assert_int_equal(put(k, k, 20), 0);
    }
    world.flash.off = true;
    assert_int_equal(put(1, 9, 20), STK_E_IO);
    assert_int_equal(put(9, 9, 20), STK_E_IO);
    assert_int_equal(stk_store_remove(&world.store, key_of(0)), STK_E_IO);
    assert_int_equal(stats().artifacts, ENTRIES);
    assert_int_equal(world_mount(), ENTRIES);
    for (uint32_t k = 0; k < ENTRIES; k++) {
        assert_int_equal(got(k, k, 20), 1);
    }
}

/* Cuts each put at each byte of each program operation. Then the key has its old or its new artifact, and the other
 * keys have theirs. */
static void a_cut_put_is_there_whole_or_not_at_all(void **state) {
    (void)state;
    for (uint64_t step = 0; step < 65u * 5u; step += 3) {
        world_open(SMALL);
        assert_true(put(1, 1, 60) == 0 && put(2, 2, 60) == 0);
        world.flash.cut_at = world.flash.steps + step;
        world.flash.prog_cut = STK_SIM_PROG_TORN;
        if (put(1, 3, 100) < 0) {
            assert_int_equal(world_mount(), 2);
            int whole = step >= 65u * 5u - 1u;
            assert_int_equal(got(1, whole ? 3 : 1, whole ? 100 : 60), 1);
        }
        assert_int_equal(got(2, 2, 60), 1);
        assert_int_equal(put(1, 4, 70), 0);
        assert_int_equal(world_mount(), 2);
        assert_int_equal(got(1, 4, 70), 1);
        assert_true(rules_kept());
    }
}

/* Each head names a size whose tail would lie in the log, but there is no tail. A look at a tail takes some ten reads.
 */
static void heads_without_a_tail_side_by_side_cost_no_search_each(void **state) {
    const struct stk_flash_geometry g = {64, 64, 512, 60, 0xFF, STK_FLASH_MANY, 0};
    uint8_t head[STK_LOG_BODY_BYTES] = {
        [32] = (20u * STK_STORE_CELL_BYTES) & 255u, [33] = (20u * STK_STORE_CELL_BYTES) >> 8};
    uint64_t reads;
    (void)state;
    world_open(&g);
    for (uint32_t i = 0; i < 350; i++) {
        assert_int_equal(stk_log_append_cell(&world.store.log, 9, head), STK_OK);
    }
    assert_int_equal(put(1, 1, 100), 0);
    reads = world.flash.counts.reads;
    assert_int_equal(world_mount(), 1);
    reads = world.flash.counts.reads - reads;
    assert_true(reads < 350 + 100); /* it would be 4,600 reads with a search for each head */
    assert_int_equal(got(1, 1, 100), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_bit_costs_at_most_what_it_is_in),
        cmocka_unit_test(damage_under_a_mounted_store_is_said_and_counted),
        cmocka_unit_test(pieces_end_in_an_error_when_the_artifact_is_damaged),
        cmocka_unit_test(records_of_another_artifact_do_not_pass),
        cmocka_unit_test(bad_blocks_are_passed_over),
        cmocka_unit_test(an_artifact_that_overwrites_itself_is_refused),
        cmocka_unit_test(a_medium_that_is_gone_fails_every_write_and_keeps_the_index),
        cmocka_unit_test(a_cut_put_is_there_whole_or_not_at_all),
        cmocka_unit_test(heads_without_a_tail_side_by_side_cost_no_search_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
