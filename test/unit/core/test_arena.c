#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/arena.h"

static void pieces_are_aligned_and_apart(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, zone_paint(), 256);
    uint8_t *a = stk_arena_take(&arena, 1);
    uint8_t *b = stk_arena_take(&arena, 65);
    assert_non_null(a);
    assert_int_equal((uintptr_t)a % STK_ALIGN, 0);
    assert_true(b == a + 64);
    assert_int_equal(arena.used, 192);
    assert_int_equal(stk_arena_left(&arena), 64);
}

static void an_unaligned_base_costs_padding_once(void **state) {
    struct stk_arena arena;
    uint8_t *mem = zone_paint();
    (void)state;
    stk_arena_init(&arena, mem + 1, STK_ARENA_BYTES(128));
    uint8_t *a = stk_arena_take(&arena, 128);
    assert_true(a == mem + 64);
    assert_int_equal(arena.used, 63 + 128);
    stk_arena_init(&arena, mem + 1, 63 + 64 - 1);
    assert_null(stk_arena_take(&arena, 1));
    assert_int_equal(arena.need, 63 + 64);
}

static void a_refused_piece_changes_nothing_but_need(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, zone_paint(), 128);
    assert_non_null(stk_arena_take(&arena, 64));
    assert_null(stk_arena_take(&arena, 65));
    assert_int_equal(arena.used, 64);
    assert_int_equal(arena.need, 64 + 128);
    assert_null(stk_arena_take(&arena, SIZE_MAX));
    assert_int_equal(arena.need, SIZE_MAX);
    assert_null(stk_arena_take(&arena, SIZE_MAX - 70));
    assert_int_equal(arena.need, SIZE_MAX);
    assert_non_null(stk_arena_take(&arena, 64));
}

static void what_need_says_would_do(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, zone_paint(), 100);
    assert_null(stk_arena_take(&arena, 300));
    size_t need = arena.need;
    stk_arena_init(&arena, zone_paint(), need - 1);
    assert_null(stk_arena_take(&arena, 300));
    stk_arena_init(&arena, zone_paint(), need);
    assert_non_null(stk_arena_take(&arena, 300));
}

static void release_returns_to_the_mark(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, zone_paint(), 256);
    assert_non_null(stk_arena_take(&arena, 64));
    size_t mark = stk_arena_mark(&arena);
    void *scratch = stk_arena_take(&arena, 100);
    stk_arena_release(&arena, mark);
    assert_int_equal(arena.used, 64);
    assert_ptr_equal(stk_arena_take(&arena, 10), scratch);
    stk_arena_release(&arena, 1000); /* a mark above the used bytes changes nothing */
    assert_int_equal(arena.used, 128);
}

static void a_piece_of_no_bytes_is_valid_and_free(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, NULL, 0);
    assert_non_null(stk_arena_take(&arena, 0));
    assert_null(stk_arena_take(&arena, 1));
    assert_int_equal(stk_arena_left(&arena), 0);
    stk_arena_init(&arena, zone_paint(), 64);
    assert_non_null(stk_arena_take(&arena, 64));
    assert_non_null(stk_arena_take(&arena, 0));
    assert_int_equal(arena.used, 64);
    assert_int_equal(arena.need, 0);
}

static void an_arena_smaller_than_its_padding_has_nothing_left(void **state) {
    struct stk_arena arena;
    uint8_t *mem = zone_paint();
    (void)state;
    stk_arena_init(&arena, mem + 1, 10);
    assert_int_equal(stk_arena_left(&arena), 0);
    assert_null(stk_arena_take(&arena, 1));
    assert_non_null(stk_arena_take(&arena, 0));
    assert_ptr_not_equal(stk_arena_take(&arena, 0), mem + 64); /* the next aligned place is not the arena's */
    assert_int_equal(arena.used, 0);
    assert_true(zone_intact(0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(an_unaligned_base_costs_padding_once),
        cmocka_unit_test(a_refused_piece_changes_nothing_but_need),
        cmocka_unit_test(what_need_says_would_do),
        cmocka_unit_test(release_returns_to_the_mark),
        cmocka_unit_test(a_piece_of_no_bytes_is_valid_and_free),
        cmocka_unit_test(an_arena_smaller_than_its_padding_has_nothing_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
