/* Tests the result of get when a version is damaged, when there is an older version, and when the medium cannot give
 * the bytes back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash_store.h"

#define ROOMY (&geometries[1]) /* programs of one record; an artifact lies in the order of its records */

static const struct stk_flash_geometry wide = {64, 64, 1024, 8, 0xFF, STK_FLASH_MANY, 0};

/* Turns a bit of the cell that holds record `sequence`, in a store that was formatted and never erased since. */
static void damage(uint32_t sequence) {
    uint32_t cells = world.flash.config.geometry.block_bytes / STK_LOG_CELL_BYTES - 1u;
    stk_sim_flash_flip(&world.flash, sequence / cells, ((1u + sequence % cells) * STK_LOG_CELL_BYTES + 20u) * 8u);
}

static void spoil(uint32_t sequence) {
    uint32_t cells = world.flash.config.geometry.block_bytes / STK_LOG_CELL_BYTES - 1u;
    stk_sim_flash_spoil(&world.flash, sequence / cells, (1u + sequence % cells) * STK_LOG_CELL_BYTES);
}

/// Older versions ///

static void a_damaged_artifact_gives_way_to_the_version_before_it(void **state) {
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 90), 0); /* records 0 to 3 */
    assert_int_equal(put(2, 2, 40), 0); /* records 4 to 6 */
    assert_int_equal(put(1, 3, 60), 0); /* records 7 to 10 */
    assert_int_equal(put(3, 3, 40), 0);
    damage(8);
    assert_int_equal(got(1, 1, 90), 1);
    assert_true(stats().corrupt == 1 && stats().hits == 1 && stats().dropped == 0 && stats().bytes == 170);
    assert_int_equal(got(1, 1, 90), 1);
    assert_true(stats().corrupt == 1 && stats().hits == 2);
    assert_true(world.store.entry[world.store.entry[0].next[0]].artifact.sequence ==
                0); /* its age is that of what it has */
    assert_int_equal(world_mount(), 3);
    assert_int_equal(got(1, 1, 90), 1);
    damage(1);
    assert_int_equal(got(1, 1, 90), STK_E_CORRUPT);
    assert_true(world.dropped[1] == 1 && has(1) == 0 && has(2) == 1);
}

static void several_damaged_versions_are_passed_over_at_once(void **state) {
    (void)state;
    world_open(&wide);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(put(1, i, 40), 0); /* records 3 i to 3 i + 2 */
    }
    damage(4);
    damage(8); /* damages the tail */
    damage(10);
    assert_int_equal(got(1, 0, 40), 1);
    assert_int_equal(stats().corrupt, 1);
}

static void a_removal_voids_what_came_before_it(void **state) {
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 40), 0); /* records 0 to 2 */
    assert_int_equal(stk_store_remove(&world.store, key_of(1)), 1);
    assert_int_equal(put(1, 2, 40), 0); /* records 4 to 6 */
    damage(5);
    assert_int_equal(got(1, 2, 40), STK_E_CORRUPT);
    assert_int_equal(got(1, 2, 40), 0);
    world_open(&wide);
    assert_int_equal(put(1, 1, 40), 0);
    assert_int_equal(put(2, 1, 40), 0);
    assert_int_equal(stk_store_remove(&world.store, key_of(2)), 1); /* removes an artifact of another key */
    assert_int_equal(put(1, 2, 40), 0);
    damage(8);
    assert_int_equal(got(1, 1, 40), 1);
}

/* Changes the entry, so that only the hash shows that the version was not put as it reads now. */
static void an_older_version_is_checked_by_its_hash(void **state) {
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 40), 0);
    assert_int_equal(put(1, 2, 40), 0);
    entry_of(1)->sequence = 40;
    entry_of(1)->bytes = 41;
    assert_int_equal(got(1, 2, 40), 1);
    entry_of(1)->sequence = 3;
    entry_of(1)->bytes = 41;
    assert_int_equal(got(1, 1, 40), 1);
}

static void the_older_version_may_be_larger_than_the_room(void **state) {
    uint32_t bytes = 0;
    uint8_t data[60];
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 90), 0);
    assert_int_equal(put(1, 2, 60), 0);
    damage(5);
    assert_int_equal(stk_store_get(&world.store, key_of(1), data, sizeof data, &bytes), STK_E_SPACE);
    assert_int_equal(stk_store_find(&world.store, key_of(1), &bytes), 1);
    assert_int_equal(bytes, 90);
    assert_int_equal(got(1, 1, 90), 1);
}

static void reading_in_pieces_finds_the_older_version_when_opened_again(void **state) {
    uint32_t bytes = 0;
    uint8_t data[90];
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 90), 0);
    assert_int_equal(put(1, 2, 60), 0);
    damage(6);
    assert_int_equal(stk_store_open(&world.store, key_of(1), &bytes), 1);
    assert_int_equal(bytes, 60);
    assert_int_equal(stk_store_read(&world.store, data, sizeof data), STK_E_CORRUPT);
    assert_int_equal(stk_store_read(&world.store, data, sizeof data), STK_E_STATUS);
    assert_int_equal(stk_store_open(&world.store, key_of(1), &bytes), 1);
    assert_int_equal(bytes, 90);
    assert_int_equal(stk_store_read(&world.store, data, sizeof data), 90);
    assert_int_equal(stk_store_read(&world.store, data, sizeof data), 0);
}

/* If a cut ends the program of a page of several cells, the last cell may be whole although an earlier one is torn. */
static void a_tail_whole_behind_torn_data_is_no_artifact(void **state) {
    const struct stk_flash_geometry g = {1, 256, 1024, 16, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    world_open(&g);
    /* sizes of one page and of more than two blocks */
    static const uint32_t sizes[] = {40, 38u * STK_STORE_CELL_BYTES};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        world_open(&g);
        assert_int_equal(put(1, 1, 100), 0);
        assert_int_equal(put(1, 2, sizes[i]), 0);
        assert_int_equal(world_mount(), 1);
        assert_int_equal(got(1, 2, sizes[i]), 1);
        uint32_t page = (world.store.log.page - 1u) * world.store.log.page_cells;
        stk_sim_flash_flip(&world.flash, world.store.log.block, ((page + 1u) * STK_LOG_CELL_BYTES + 20u) * 8u);
        assert_int_equal(world_mount(), 1);
        uint32_t bytes = 0;
        assert_int_equal(stk_store_find(&world.store, key_of(1), &bytes), 1);
        assert_int_equal(bytes, 100);
        assert_int_equal(got(1, 1, 100), 1);
    }
}

/// What cannot be read ///

static void what_cannot_be_read_now_is_neither_damaged_nor_gone(void **state) {
    (void)state;
    for (uint32_t record = 5; record < 8; record++) { /* records 5 and 6 are data, record 7 is the tail */
        world_open(&wide);
        assert_int_equal(put(1, 1, 90), 0); /* records 0 to 3 */
        assert_int_equal(put(1, 2, 90), 0); /* records 4 to 7 */
        assert_int_equal(put(2, 3, 40), 0);
        struct stk_sim_flash_block *block = stk_sim_flash_block(&world.flash, record / 15u);
        spoil(record);
        assert_int_equal(got(1, 2, 90), STK_E_IO);
        assert_int_equal(got(1, 2, 90), STK_E_IO);
        assert_true(stats().unread == 2 && stats().corrupt == 0 && stats().dropped == 0 && has(1) == 1);
        /* a later record lies behind the unreadable record, so the unreadable record was written */
        assert_int_equal(world_mount(), 2);
        assert_int_equal(got(1, 2, 90), STK_E_IO);
        assert_int_equal(got(2, 3, 40), 1);
        assert_true(block->unreadable);
    }
}

/* Head, data and tail share a page, so that nothing of the artifact can be read. */
static void a_page_that_cannot_be_read_hides_no_artifact(void **state) {
    const struct stk_flash_geometry g = {1, 512, 1024, 8, 0xFF, STK_FLASH_MANY, 0};
    /* block and offset where the artifacts of keys 2 and 5 begin; format has written one page, before all artifacts */
    static const uint32_t places[][2] = {{1, 512}, {3, 0}};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t hidden = i == 0 ? 2 : 5; /* key 2 lies in the middle of the log, key 5 at its end */
        world_open(&g);
        for (uint32_t k = 0; k < 6; k++) {
            assert_int_equal(put(k, k, 100), 0); /* each artifact takes one page */
        }
        stk_sim_flash_spoil(&world.flash, places[i][0], places[i][1]);
        assert_int_equal(got(hidden, hidden, 100), STK_E_IO);
        assert_true(has(hidden) == 1 && stats().corrupt == 0 && stats().unread == 1);
        assert_int_equal(got(3, 3, 100), 1);
    }
}

static void an_older_version_that_cannot_be_read_is_not_given_up(void **state) {
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 90), 0); /* records 0 to 3 */
    assert_int_equal(put(1, 2, 90), 0); /* records 4 to 7 */
    damage(5);
    spoil(2);
    assert_int_equal(got(1, 2, 90), STK_E_IO);
    assert_true(has(1) == 1 && stats().corrupt == 0 && stats().unread == 1);
}

static void a_removal_that_cannot_be_read_hides_the_versions_before_it(void **state) {
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 90), 0);                             /* records 0 to 3 */
    assert_int_equal(stk_store_remove(&world.store, key_of(1)), 1); /* record 4 */
    assert_int_equal(put(1, 2, 90), 0);                             /* records 5 to 8 */
    damage(6);
    spoil(4);
    assert_int_equal(got(1, 2, 90), STK_E_IO);
}

/* A record that no power cut can have left torn, in front of which an unreadable one does not matter. */
static void what_cannot_be_read_before_an_older_version_does_not_matter(void **state) {
    (void)state;
    world_open(&wide);
    assert_int_equal(put(2, 1, 90), 0); /* records 0 to 3 */
    assert_int_equal(put(1, 1, 90), 0); /* records 4 to 7 */
    assert_int_equal(put(1, 2, 90), 0); /* records 8 to 11 */
    spoil(2);
    damage(9);
    assert_int_equal(got(1, 1, 90), 1);
}

/* A cut left a page that cannot be read, and damage took the first record after it, which said that a mount came
 * between. */
static void what_a_cut_left_unreadable_hides_no_older_version(void **state) {
    (void)state;
    world_open(&wide);
    assert_int_equal(put(1, 1, 90), 0); /* records 0 to 3 */
    assert_int_equal(put(1, 2, 90), 0); /* records 4 to 7 */
    spoil(7);
    assert_int_equal(world_mount(), 1);
    assert_int_equal(got(1, 1, 90), 1);
    assert_int_equal(put(2, 3, 40), 0);
    stk_sim_flash_flip(&world.flash, world.store.log.block,
                       ((world.store.log.page * world.store.log.page_cells - 3u) * STK_LOG_CELL_BYTES + 20u) * 8u);
    assert_int_equal(world_mount(), 1);
    assert_int_equal(got(1, 1, 90), 1);
    assert_int_equal(stats().unread, 0);
}

/* Where a cut may take any page that was not synced, the page may be in the middle of the artifact that it ended. */
static void what_cannot_be_read_on_a_lazy_medium_was_perhaps_never_put(void **state) {
    struct stk_flash_geometry lazy = wide;
    (void)state;
    lazy.lazy = 1;
    world_open(&lazy);
    assert_int_equal(put(1, 1, 90), 0); /* records 0 to 3 */
    assert_int_equal(put(1, 2, 90), 0); /* records 4 to 7 */
    spoil(5);
    assert_int_equal(got(1, 2, 90), STK_E_IO);
    assert_int_equal(world_mount(), 1);
    assert_int_equal(got(1, 1, 90), 1);
}

static int read_error;

static int refusing_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    return read_error != STK_OK ? read_error : stk_sim_flash_ops.read(ctx, block, offset, data, bytes);
}

/* A port that refuses a call says nothing about the medium. */
static void a_read_that_is_refused_is_an_error_of_the_call(void **state) {
    struct stk_flash_ops ops = stk_sim_flash_ops;
    uint32_t bytes = 7;
    (void)state;
    world_open(&wide);
    for (uint32_t i = 0; i < 30; i++) { /* 30 artifacts fill more than a block, so a seek reads */
        assert_int_equal(put(i % 3u, i, 40), 0);
    }
    ops.read = refusing_read;
    world.store.log.config.flash.ops = world.store.log_config.flash.ops = &ops;
    read_error = STK_E_ALIGN;
    assert_int_equal(got(0, 27, 40), STK_E_ALIGN);
    assert_int_equal(stk_store_open(&world.store, key_of(1), &bytes), STK_E_ALIGN);
    assert_true(bytes == 7 && has(0) == 1 && stats().corrupt == 0 && stats().unread == 0);
    assert_int_equal(world_mount(), STK_E_ALIGN);
    assert_int_equal(has(0), STK_E_SHUTDOWN);
    read_error = STK_OK;
    assert_int_equal(world_mount(), 3);
    assert_int_equal(stk_store_open(&world.store, key_of(1), &bytes), 1);
    read_error = STK_E_ALIGN;
    uint8_t data[40];
    int n = 1;
    while (n > 0) {
        n = stk_store_read(&world.store, data, 7);
    }
    assert_true(n == 0 || n == STK_E_ALIGN); /* the buffer may have held the whole artifact */
    damage(27u * 3u + 1u);                   /* of key 0 */
    read_error = STK_OK;
    assert_int_equal(got(0, 24, 40), 1);
    assert_int_equal(got(1, 28, 40), 1);
}

/// Calls that failed ///

static int sync_error;

static int failing_sync(void *ctx) {
    (void)ctx;
    return sync_error;
}

/* A put whose sync fails keeps what the key had, and may take effect at the next mount; a remove settles it for
 * good. */
static void a_put_that_failed_is_settled_by_the_next_remove(void **state) {
    struct stk_flash_ops ops = stk_sim_flash_ops;
    (void)state;
    world_open(&wide);
    ops.sync = failing_sync;
    world.store.log.config.flash.ops = &ops;
    assert_int_equal(put(1, 1, 40), 0);
    sync_error = STK_E_IO;
    assert_int_equal(put(1, 2, 40), STK_E_IO);
    assert_int_equal(got(1, 1, 40), 1);
    assert_int_equal(put(2, 2, 40), STK_E_IO);
    assert_int_equal(has(2), 0);
    assert_int_equal(stk_store_remove(&world.store, key_of(2)), STK_E_IO);
    sync_error = STK_OK;
    assert_int_equal(stk_store_remove(&world.store, key_of(2)), 0);
    assert_int_equal(world_mount(), 1);
    assert_int_equal(got(1, 2, 40), 1);
    assert_int_equal(has(2), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_artifact_gives_way_to_the_version_before_it),
        cmocka_unit_test(several_damaged_versions_are_passed_over_at_once),
        cmocka_unit_test(a_removal_voids_what_came_before_it),
        cmocka_unit_test(an_older_version_is_checked_by_its_hash),
        cmocka_unit_test(the_older_version_may_be_larger_than_the_room),
        cmocka_unit_test(reading_in_pieces_finds_the_older_version_when_opened_again),
        cmocka_unit_test(a_tail_whole_behind_torn_data_is_no_artifact),
        cmocka_unit_test(what_cannot_be_read_now_is_neither_damaged_nor_gone),
        cmocka_unit_test(a_page_that_cannot_be_read_hides_no_artifact),
        cmocka_unit_test(an_older_version_that_cannot_be_read_is_not_given_up),
        cmocka_unit_test(a_removal_that_cannot_be_read_hides_the_versions_before_it),
        cmocka_unit_test(what_cannot_be_read_before_an_older_version_does_not_matter),
        cmocka_unit_test(what_a_cut_left_unreadable_hides_no_older_version),
        cmocka_unit_test(what_cannot_be_read_on_a_lazy_medium_was_perhaps_never_put),
        cmocka_unit_test(a_read_that_is_refused_is_an_error_of_the_call),
        cmocka_unit_test(a_put_that_failed_is_settled_by_the_next_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
