/* The flash store without damage: what it keeps, what it drops, what it refuses. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash_store.h"
#include "stoker/blake3.h"

static uint32_t largest(void) {
    return stk_store_largest(&world.flash.config.geometry);
}

static void artifacts_of_any_size_are_there_after_put_and_after_mount(void **state) {
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        world_open(&geometries[g]);
        const uint32_t sizes[] = {0, 1, 47, 48, 49, 97};
        for (uint32_t i = 0; i < 6; i++) {
            uint32_t bytes = sizes[i] < largest() / 8u ? sizes[i] : largest() / 8u, size = 77;
            assert_true(put(i, i, bytes) >= 0); /* some hold only two or three */
            assert_int_equal(stk_store_find(&world.store, key_of(i), &size), 1);
            assert_int_equal(size, bytes);
            assert_int_equal(got(i, i, bytes), 1);
            if (i == 3) {
                assert_int_equal(world_mount(), has(0) + has(1) + has(2) + has(3));
                assert_int_equal(got(i, i, bytes), 1);
            }
        }
        assert_int_equal(world_mount(), has(0) + has(1) + has(2) + has(3) + has(4) + has(5));
        assert_true(has(5) == 1 && rules_kept());
    }
}

static void the_largest_artifact_fits_at_any_place_of_the_lap(void **state) {
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        world_open(&geometries[g]);
        for (uint32_t i = 0; i < 12; i++) {
            assert_true(put(1, i, i * 29u < largest() ? i * 29u : 1) >= 0);
            if (i % 3u == 2u) {
                assert_true(world_mount() >= 1);
            }
            assert_true(put(0, i, largest()) >= 0);
            assert_int_equal(got(0, i, largest()), 1);
            assert_true(world_mount() >= 1);
            assert_int_equal(got(0, i, largest()), 1);
        }
        assert_int_equal(put(0, 0, largest() + 1u), STK_E_OVERFLOW);
        assert_int_equal(has(0), 1);
        assert_true(rules_kept());
    }
}

static void spans_are_joined_and_read_in_pieces(void **state) {
    static const uint8_t text[] = "an artifact in several parts, of which some end within a record and some beyond it";
    (void)state;
    world_open(&geometries[0]);
    for (uint32_t part = 1; part < sizeof text; part += 7) {
        const struct stk_span spans[] = {{text, 3}, {NULL, 0}, {text + 3, 50}, {text + 53, sizeof text - 53}};
        uint8_t back[sizeof text] = {0};
        uint32_t bytes = 0, at = 0;
        int n;
        assert_true(stk_store_put(&world.store, key_of(3), spans, 4) >= 0);
        assert_int_equal(stk_store_open(&world.store, key_of(3), &bytes), 1);
        assert_int_equal(bytes, sizeof text);
        assert_int_equal(stk_store_read(&world.store, back, 0), STK_E_ARG);
        assert_int_equal(stk_store_read(&world.store, NULL, 1), STK_E_ARG);
        while ((n = stk_store_read(&world.store, back + at, part)) > 0) {
            at += (uint32_t)n;
        }
        assert_int_equal(n, 0);
        assert_int_equal(at, bytes);
        assert_memory_equal(back, text, sizeof text);
        assert_int_equal(stk_store_read(&world.store, back, 1), STK_E_STATUS);
    }
}

static void writing_closes_what_is_open(void **state) {
    uint8_t back[8];
    uint32_t bytes;
    (void)state;
    world_open(&geometries[0]);
    assert_int_equal(put(1, 1, 8), 0);
    assert_int_equal(put(2, 2, 8), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(stk_store_open(&world.store, key_of(1), &bytes), 1);
        assert_int_equal(stk_store_read(&world.store, back, 4), 4);
        switch (i) {
        case 0:
            assert_int_equal(put(2, 3, 9), 0);
            break;
        case 1:
            assert_int_equal(stk_store_remove(&world.store, key_of(2)), 1);
            break;
        case 2:
            assert_int_equal(stk_store_poll(&world.store), 1);
            break;
        default:
            assert_int_equal(world_mount(), 1);
        }
        assert_int_equal(stk_store_read(&world.store, back, 4), STK_E_STATUS);
    }
}

static void a_put_replaces_and_a_remove_forgets_for_good(void **state) {
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        world_open(&geometries[g]);
        assert_int_equal(stk_store_remove(&world.store, key_of(1)), 0);
        assert_int_equal(world.store.log.stats.records, 0);
        assert_int_equal(put(1, 1, 40), 0);
        assert_int_equal(put(2, 2, 40), 0);
        assert_int_equal(put(1, 3, 50), 0);
        assert_int_equal(got(1, 3, 50), 1);
        assert_int_equal(stats().artifacts, 2);
        assert_true(stats().bytes == 90);
        assert_int_equal(world_mount(), 2);
        assert_int_equal(got(1, 3, 50), 1);
        assert_int_equal(stk_store_remove(&world.store, key_of(2)), 1);
        assert_int_equal(stk_store_remove(&world.store, key_of(2)), 0);
        assert_int_equal(got(2, 2, 40), 0);
        assert_int_equal(world_mount(), 1);
        assert_int_equal(got(2, 2, 40), 0);
        assert_int_equal(stats().not_found, 1);
    }
}

/* Puts artifacts until the log has had three laps. Each artifact is there or was reported as dropped. */
static void the_ring_drops_the_oldest_and_reports_each(void **state) {
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        uint32_t erases = 3u * geometries[g].blocks, i, there = 0, oldest = 0;
        world_open(&geometries[g]);
        erases += (uint32_t)world.flash.counts.erases;
        for (i = 0; world.flash.counts.erases < erases; i++) {
            uint32_t before = world.drops;
            int dropped = put(i % KEYS, i, 60);
            assert_int_equal(dropped, world.drops - before);
            there += 1u;
            oldest += world.drops - before;
            there -= world.drops - before;
            assert_int_equal(stats().artifacts, there);
            for (uint32_t k = oldest; k <= i; k++) {
                assert_int_equal(got(k % KEYS, k, 60), 1);
            }
            if (i % 5u == 4u) {
                before = world.drops;
                assert_true(stk_store_poll(&world.store) >= 0);
                oldest += world.drops - before;
                there -= world.drops - before;
            }
        }
        assert_int_equal(world_mount(), there);
        assert_true(rules_kept());
    }
}

static void each_block_is_erased_as_often_as_any(void **state) {
    (void)state;
    world_open(&geometries[1]);
    for (uint32_t i = 0; i < 300; i++) {
        assert_true(put(i % 2u != 0u ? 0 : i % KEYS, i, 30u + i % 50u) >= 0);
    }
    for (uint32_t b = 1; b < geometries[1].blocks; b++) {
        uint32_t first = stk_sim_flash_block(&world.flash, 0)->erases, n = stk_sim_flash_block(&world.flash, b)->erases;
        assert_true(n + 1u >= first && n <= first + 1u && n > 5u);
    }
}

static void a_full_index_lets_the_oldest_go(void **state) {
    const struct stk_flash_geometry g = {1, 1, 1024, 8, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    world_open(&g);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(put(i, i, 10), 0);
    }
    assert_int_equal(put(3, 33, 10), 0); /* it had an entry */
    assert_int_equal(put(9, 9, 10), 1);
    assert_int_equal(world.dropped[0], 1);
    assert_true(has(0) == 0 && has(1) == 1 && has(9) == 1);
    assert_int_equal(world_mount(), ENTRIES);
    assert_true(has(0) == 0 && has(1) == 1 && got(3, 33, 10) == 1 && got(9, 9, 10) == 1);
}

static void a_smaller_index_mounts_the_newest_and_says_how_many_it_takes(void **state) {
    const struct stk_flash_geometry g = {1, 1, 1024, 8, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    world_open(&g);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(put(i, i, 10), 0);
    }
    world_init(4);
    assert_int_equal(world_mount(), STK_E_FULL);
    assert_int_equal(world.info.err, STK_E_FULL);
    assert_int_equal(world.info.index, 2);
    assert_true(world.info.value == 6);
    assert_true(has(0) == 0 && has(1) == 0 && has(2) == 1 && got(5, 5, 10) == 1);
    assert_int_equal(put(7, 7, 10), 1);
    assert_int_equal(stk_store_mount(&world.store, NULL), STK_E_FULL);
    world_init(6);
    assert_int_equal(world_mount(), 6);
}

static void mount_passes_over_what_lies_within_a_large_artifact(void **state) {
    const struct stk_flash_geometry g = {64, 64, 512, 40, 0xFF, STK_FLASH_MANY, 0};
    uint64_t reads;
    (void)state;
    world_open(&g);
    assert_int_equal(put(1, 1, 5000), 0);
    assert_int_equal(put(2, 2, 100), 0);
    reads = world.flash.counts.reads;
    assert_int_equal(world_mount(), 2);
    reads = world.flash.counts.reads - reads;
    assert_true(reads - world.store.log.stats.mount_reads < 26); /* 41 without */
    assert_int_equal(got(1, 1, 5000), 1);
    assert_int_equal(got(2, 2, 100), 1);
    /* Mount reads each cell of an artifact that a power cut left unfinished, so it finds the artifacts behind that one.
     */
    world.flash.cut_at = world.flash.steps + 40u * 65u;
    assert_int_equal(put(3, 3, 3000), STK_E_IO);
    assert_int_equal(world_mount(), 2);
    assert_int_equal(put(4, 4, 1500), 0);
    assert_int_equal(put(5, 5, 10), 0);
    assert_int_equal(world_mount(), 4);
    assert_true(got(1, 1, 5000) == 1 && got(2, 2, 100) == 1 && got(4, 4, 1500) == 1 && got(5, 5, 10) == 1);
}

static uint32_t blocks_now;

static void growing_geometry(void *ctx, struct stk_flash_geometry *g) {
    stk_sim_flash_ops.geometry(ctx, g);
    g->blocks = blocks_now;
}

/* A store on a part of the flash keeps what it has when it may use all, and then drops later. */
static void a_store_grows_with_its_flash(void **state) {
    const struct stk_flash_geometry g = {1, 64, 512, 20, 0xFF, STK_FLASH_MANY, 0};
    struct stk_flash_ops ops = stk_sim_flash_ops;
    struct stk_store_config config;
    uint32_t there;
    (void)state;
    for (uint32_t n = 1; n < 40; n += 3) { /* the ring stands at another place each time */
        struct stk_arena arena;
        world_open(&g);
        blocks_now = 6;
        ops.geometry = growing_geometry;
        config = config_of(&g, ENTRIES);
        config.flash.ops = &ops;
        stk_arena_init(&arena, world.index, sizeof world.index);
        assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_OK);
        assert_int_equal(stk_store_format(&world.store, 3), STK_OK);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(put(i % KEYS, i, 60) >= 0);
        }
        there = stats().artifacts;
        blocks_now = 20;
        stk_arena_init(&arena, world.index, sizeof world.index);
        assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_OK);
        assert_int_equal(stk_store_mount(&world.store, &world.info), STK_E_FORMAT);
        int grown = stk_store_grow(&world.store, &world.info);
        assert_true(grown > 0 && grown <= (int)there && grown + 4 >= (int)there); /* two blocks may go */
        assert_int_equal(got((n - 1u) % KEYS, n - 1u, 60), 1);
        assert_true(put(30, 30, stk_store_largest(&g)) >= 0);
        assert_int_equal(stk_store_grow(&world.store, &world.info), stats().artifacts);
        assert_int_equal(world_mount(), stats().artifacts);
        assert_int_equal(got(30, 30, stk_store_largest(&g)), 1);
        assert_true(rules_kept());
    }
}

static void a_log_of_another_kind_is_no_store(void **state) {
    struct stk_log_config config = {{&stk_sim_flash_ops, &world.flash}, world.buffer, 0};
    struct stk_log_record record = {.kind = STK_LOG_PUBLISH};
    (void)state;
    world_open(&geometries[0]);
    config.buffer_bytes = stk_log_buffer_bytes(&geometries[0]);
    assert_int_equal(stk_log_format(&world.store.log, &config, 1, 0), STK_OK);
    assert_int_equal(world_mount(), 0);
    assert_int_equal(stk_log_append(&world.store.log, &record), STK_OK);
    assert_int_equal(world_mount(), STK_E_FORMAT);
    assert_int_equal(put(1, 1, 1), STK_E_SHUTDOWN);
    assert_int_equal(stk_store_format(&world.store, 2), STK_OK);
    assert_int_equal(put(1, 1, 1), 0);
}

static void nothing_works_before_mount(void **state) {
    uint32_t bytes = 5;
    uint8_t data[4];
    (void)state;
    world_open(&geometries[0]);
    world_init(ENTRIES);
    assert_int_equal(put(1, 1, 1), STK_E_SHUTDOWN);
    assert_int_equal(stk_store_remove(&world.store, key_of(1)), STK_E_SHUTDOWN);
    assert_int_equal(stk_store_find(&world.store, key_of(1), &bytes), STK_E_SHUTDOWN);
    assert_int_equal(stk_store_get(&world.store, key_of(1), data, 4, &bytes), STK_E_SHUTDOWN);
    assert_int_equal(stk_store_open(&world.store, key_of(1), &bytes), STK_E_SHUTDOWN);
    assert_int_equal(stk_store_poll(&world.store), STK_E_SHUTDOWN);
    assert_int_equal(bytes, 5);
    assert_int_equal(stats().not_found, 0);
    for (uint32_t b = 0; b < geometries[0].blocks; b++) {
        assert_int_equal(stk_sim_flash_ops.erase(&world.flash, b), STK_OK);
    }
    assert_int_equal(world_mount(), STK_E_FORMAT);
    world.flash.off = true;
    assert_int_equal(stk_store_format(&world.store, 1), STK_E_IO);
    assert_int_equal(put(1, 1, 1), STK_E_SHUTDOWN);
}

static void what_is_asked_wrongly_is_refused(void **state) {
    const struct stk_span none = {NULL, 1};
    const struct stk_span huge[] = {{world.data, 100}, {world.data, SIZE_MAX}};
    uint32_t bytes = 5;
    (void)state;
    world_open(&geometries[0]);
    assert_int_equal(put(1, 1, 40), 0);
    assert_int_equal(stk_store_put(&world.store, key_of(1), &none, 1), STK_E_ARG);
    assert_int_equal(stk_store_put(&world.store, key_of(1), huge, 2), STK_E_OVERFLOW);
    assert_int_equal(stk_store_get(&world.store, key_of(1), world.data, 39, &bytes), STK_E_SPACE);
    assert_int_equal(bytes, 5);
    assert_int_equal(got(1, 1, 40), 1);
    assert_int_equal(stats().hits, 1);
}

static void init_refuses_what_cannot_work(void **state) {
    const struct stk_flash_geometry small = {1, 1, 128, 3, 0xFF, STK_FLASH_MANY, 0};
    const struct stk_flash_geometry odd = {3, 1, 128, 3, 0xFF, STK_FLASH_MANY, 0};
    const struct stk_flash_geometry vast = {1, 1, 1u << 26, 64, 0xFF, STK_FLASH_ANY, 0};
    struct stk_store_config config, good;
    struct stk_flash_ops ops = stk_sim_flash_ops;
    struct stk_arena arena;
    size_t bytes;
    (void)state;
    world_open(&geometries[0]);
    good = config = config_of(&geometries[0], ENTRIES);
    stk_arena_init(&arena, world.index, sizeof world.index);
    assert_int_equal(stk_store_init(NULL, &config, &arena), STK_E_ARG);
    assert_int_equal(stk_store_init(&world.store, NULL, &arena), STK_E_ARG);
    assert_int_equal(stk_store_init(&world.store, &config, NULL), STK_E_ARG);
    config.buffer = NULL;
    assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_E_ARG);
    config = good;
    config.flash.ops = NULL;
    assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_E_ARG);
    ops.geometry = NULL;
    config.flash.ops = &ops;
    assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_E_ARG);
    config = good;
    config.entries = 0;
    assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_E_ARG);
    config = good;
    config.buffer_bytes = STK_STORE_BUFFER_BYTES(1, 1) - 1u;
    assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_E_SPACE);
    config.buffer_bytes = 0;
    assert_int_equal(stk_store_init(&world.store, &config, &arena), STK_E_SPACE);
    assert_int_equal(arena.used, 0);
    world.flash.config.geometry = small;
    assert_int_equal(stk_store_init(&world.store, &good, &arena), STK_E_OVERFLOW);
    assert_int_equal(stk_store_largest(&small), 0);
    assert_int_equal(stk_store_largest(&odd), 0);
    assert_true(stk_store_largest(&vast) == (STK_BLAKE3_INPUT_MAX < UINT32_MAX ? STK_BLAKE3_INPUT_MAX : UINT32_MAX));
    assert_int_equal(stk_store_bytes(STK_STORE_ENTRIES_MAX + 1u, &bytes), STK_E_OVERFLOW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(artifacts_of_any_size_are_there_after_put_and_after_mount),
        cmocka_unit_test(the_largest_artifact_fits_at_any_place_of_the_lap),
        cmocka_unit_test(spans_are_joined_and_read_in_pieces),
        cmocka_unit_test(writing_closes_what_is_open),
        cmocka_unit_test(a_put_replaces_and_a_remove_forgets_for_good),
        cmocka_unit_test(the_ring_drops_the_oldest_and_reports_each),
        cmocka_unit_test(each_block_is_erased_as_often_as_any),
        cmocka_unit_test(a_full_index_lets_the_oldest_go),
        cmocka_unit_test(a_smaller_index_mounts_the_newest_and_says_how_many_it_takes),
        cmocka_unit_test(mount_passes_over_what_lies_within_a_large_artifact),
        cmocka_unit_test(a_store_grows_with_its_flash),
        cmocka_unit_test(a_log_of_another_kind_is_no_store),
        cmocka_unit_test(nothing_works_before_mount),
        cmocka_unit_test(what_is_asked_wrongly_is_refused),
        cmocka_unit_test(init_refuses_what_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
