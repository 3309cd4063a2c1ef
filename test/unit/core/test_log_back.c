/* Tests walks backwards. They must give the same records as a walk forwards, for every geometry, place and damage. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 256, 4, 0xFF, STK_FLASH_MANY, 0},          {1, 24, 720, 5, 0xFF, STK_FLASH_MANY, 0},
    {8, 48, 480, 6, 0x00, STK_FLASH_INVERT, 0},       {1, 256, 1024, 6, 0xFF, STK_FLASH_MANY, 0},
    {528, 528, 2112, 5, 0xFF, STK_FLASH_ONCE, 0},     {2112, 2112, 8448, 4, 0xFF, STK_FLASH_ONCE, 0},
    {512, 16384, 32768, 4, 0x00, STK_FLASH_ANY, 1},   {16384, 16384, 16384, 5, 0xFF, STK_FLASH_MANY, 0},
    {256, 64, 1024, 5, 0xFF, STK_FLASH_MANY, 0},      {4096, 1, 4096, 4, 0xFF, STK_FLASH_MANY, 0},
    {16384, 4096, 16384, 4, 0xFF, STK_FLASH_ONCE, 0}, {144, 24, 1440, 5, 0xFF, STK_FLASH_ANY, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)

/* The next record is the one that the last full walk saw at `place`. */
static void assert_next(uint32_t place) {
    struct stk_log_record r;
    assert_int_equal(stk_log_next(&script.iter, &r), 1);
    assert_int_equal(r.slot, script.numbers[place]);
    assert_int_equal(r.sequence, script.sequences[place]);
}

static void assert_prev(uint32_t place) {
    struct stk_log_record r;
    assert_int_equal(stk_log_prev(&script.iter, &r), 1);
    script_assert_whole(&r);
    assert_int_equal(r.slot, script.numbers[place]);
    assert_int_equal(r.sequence, script.sequences[place]);
}

static void assert_begin(void) {
    struct stk_log_record r;
    assert_int_equal(stk_log_prev(&script.iter, &r), 0);
    assert_int_equal(stk_log_prev(&script.iter, &r), 0);
}

static void assert_end(void) {
    struct stk_log_record r;
    assert_int_equal(stk_log_next(&script.iter, &r), 0);
    assert_int_equal(stk_log_next(&script.iter, &r), 0);
}

/* Walks from the end to the beginning, to the end again, and to and fro on the way, with a walk buffer of `bytes`
 * bytes. */
static void assert_both_ways(uint32_t bytes) {
    uint32_t seen = script_walk(), count = NO_CALL;
    assert_int_equal(stk_log_iterate(&script.log, &script.iter, script.walk, bytes), STK_OK);
    assert_begin();
    assert_int_equal(stk_log_seek_end(&script.iter), STK_OK);
    assert_end();
    for (uint32_t i = seen; i-- != 0u;) {
        assert_prev(i);
        if (i % 3u == 0u) {
            assert_next(i);
            assert_prev(i);
        }
    }
    assert_begin();
    for (uint32_t i = 0; i < seen; i++) {
        assert_next(i);
        if (i % 5u == 4u) {
            assert_prev(i);
            assert_prev(i - 1u);
            assert_prev(i - 2u);
            assert_next(i - 2u);
            assert_next(i - 1u);
            assert_next(i);
        }
    }
    assert_end();
    assert_true(seen == 0u || (assert_prev(seen - 1u), 1));
    assert_int_equal(stk_log_count(&script.iter, &count), STK_OK);
    assert_int_equal(count, seen);
    assert_end();
}

static void assert_every_buffer(void) {
    uint32_t least = stk_log_buffer_bytes(&medium.geometry);
    assert_both_ways(least);
    assert_both_ways(2u * least - STK_LOG_CELL_BYTES);
    assert_both_ways(sizeof script.walk);
}

static void records_backwards_are_those_forwards(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t part;
        script_open(g);
        assert_every_buffer();
        part = script_block_records() / 2u + 1u;
        for (uint32_t round = 0; round < 3u * g->blocks; round++) {
            script_put(part);
            if (round % 2u == 0u) {
                script_sync();
                assert_every_buffer();
            }
            if (round % 3u == 2u) {
                script_sync();
                script_mount();
                assert_every_buffer();
            }
        }
    }
}

/* Flips bits of cells all over a full log, headers among them. */
static void records_backwards_are_those_forwards_after_damage(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t records, seed = 7;
        script_open(g);
        records = script_block_records();
        for (uint32_t round = 0; round < 12u; round++) {
            script_put_synced(records * g->blocks + 3u);
            for (uint32_t hits = 0; hits <= round; hits++) {
                seed = seed * 1103515245u + 12345u;
                *medium_at(seed / 65536u % g->blocks, seed / 7u % g->block_bytes) ^= (uint8_t)(1u << hits % 8u);
            }
            assert_every_buffer();
        }
    }
}

/* Makes each granule unreadable, one after the other, alone or with the one behind it. Backwards only `unreadable`
 * counts, each cell once. */
static void pieces_that_cannot_be_read_are_passed_over_both_ways(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t granule, all;
        script_open(g);
        script_put_synced((g->blocks + 1u) * script_block_records() + 2u);
        all = script_walk();
        granule = script.log.read_granule;
        for (uint32_t block = 0; block < g->blocks; block++) {
            for (uint32_t at = 0; at + granule <= g->block_bytes;
                 at += granule * (1u + g->block_bytes / granule / 6u)) {
                uint32_t seen, unreadable;
                medium_spoil(block, at, at + granule * (1u + at / granule % 2u), NO_CALL);
                assert_every_buffer();
                seen = script_walk();
                unreadable = script.iter.unreadable;
                assert_true(seen + unreadable >= all && seen <= all);
                assert_int_equal(stk_log_seek_end(&script.iter), STK_OK);
                for (uint32_t i = seen; i-- != 0u;) {
                    assert_prev(i);
                }
                assert_begin();
                assert_int_equal(script.iter.unreadable, unreadable);
            }
        }
    }
}

static void the_newest_records_are_found_from_the_end(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t seen;
        script_open(g);
        script_put_synced(g->blocks * script_block_records() + 2u);
        seen = script_walk();
        for (uint32_t n = 0; n <= seen + 2u; n += 1u + n / 9u) {
            assert_int_equal(stk_log_seek_last(&script.iter, n), STK_OK);
            for (uint32_t i = n < seen ? seen - n : 0u; i < seen; i++) {
                assert_next(i);
            }
            assert_end();
            assert_true(script.iter.corrupt == 0u && script.iter.unreadable == 0u);
            assert_int_equal(script.iter.records, n < seen ? n : seen);
        }
    }
}

/* Walks over cells, forwards and backwards, as other tests walk over records. */
static void cells_are_walked_both_ways(void **state) {
    static uint8_t bodies[40][STK_LOG_BODY_BYTES];
    (void)state;
    EVERY(g) {
        struct stk_log_cell cell;
        script_open(g);
        for (uint32_t i = 0; i < 40u; i++) {
            memset(bodies[i], (int)(i * 37u), sizeof bodies[i]);
            assert_int_equal(stk_log_append_cell(&script.log, i * 0x01010101u, bodies[i]), STK_OK);
        }
        script_sync();
        assert_int_equal(stk_log_walk(&script.log, &script.iter, script.walk, sizeof script.walk), STK_OK);
        while (stk_log_next_cell(&script.iter, &cell) == 1) {
            assert_true(cell.kind == cell.sequence * 0x01010101u && cell.boot == 1u && cell.resumed == 0u);
            assert_memory_equal(cell.body, bodies[cell.sequence], sizeof cell.body);
        }
        assert_int_equal(cell.sequence, 39);
        for (uint32_t i = 40, found = script.iter.records; found-- != 0u;) {
            assert_int_equal(stk_log_prev_cell(&script.iter, &cell), 1);
            assert_true(cell.sequence == --i && cell.kind == i * 0x01010101u);
        }
        assert_int_equal(stk_log_prev_cell(&script.iter, &cell), 0);
    }
}

static void a_walk_back_ends_when_the_log_erases_and_is_of_flash_alone(void **state) {
    struct stk_log_record r;
    uint32_t count;
    (void)state;
    script_open(&shapes[0]);
    script_put_synced(7);
    script_iterate();
    script_put_synced(3);
    assert_int_equal(stk_log_prev(&script.iter, &r), STK_E_STALE);
    assert_int_equal(stk_log_seek_end(&script.iter), STK_E_STALE);
    assert_int_equal(stk_log_seek_last(&script.iter, 2), STK_E_STALE);
    assert_int_equal(stk_log_count(&script.iter, &count), STK_E_STALE);
    script.iter.of_flash = 0;
    assert_int_equal(stk_log_prev(&script.iter, &r), STK_E_UNSUPPORTED);
    assert_int_equal(stk_log_seek_end(&script.iter), STK_E_UNSUPPORTED);
    assert_int_equal(stk_log_seek_last(&script.iter, 2), STK_E_UNSUPPORTED);
    assert_int_equal(stk_log_count(&script.iter, &count), STK_E_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_backwards_are_those_forwards),
        cmocka_unit_test(records_backwards_are_those_forwards_after_damage),
        cmocka_unit_test(pieces_that_cannot_be_read_are_passed_over_both_ways),
        cmocka_unit_test(the_newest_records_are_found_from_the_end),
        cmocka_unit_test(cells_are_walked_both_ways),
        cmocka_unit_test(a_walk_back_ends_when_the_log_erases_and_is_of_flash_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
