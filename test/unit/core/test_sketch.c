#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/parity/sketch.h"

/// Helpers ///

static uint32_t random_state = 7;

static uint32_t random_below(uint32_t n) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

/* A sketch of 8 by 8 counters at most, over memory of its own. */
STK_SKETCH_DEFINE(memory_a, 8, 8);
STK_SKETCH_DEFINE(memory_b, 8, 8);

static struct stk_sketch sketch_over(void *mem, uint32_t depth, uint32_t width) {
    struct stk_sketch s;
    memset(mem, ZONE_PAINT, sizeof memory_a);
    assert_int_equal(stk_sketch_init(&s, mem, sizeof memory_a, depth, width), STK_OK);
    return s;
}

static void assert_counters(const struct stk_sketch *s, const uint64_t *want) {
    assert_memory_equal(s->counters, want, STK_SKETCH_BYTES(s->depth, s->width));
}

/// Shape ///

static void bytes_are_macro_query_and_use(void **state) {
    struct stk_sketch s;
    size_t bytes = 0;
    void *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_sketch_bytes(3, 5, &bytes), STK_OK);
    assert_int_equal(bytes, STK_SKETCH_BYTES(3, 5));
    assert_int_equal(stk_sketch_init(&s, mem, bytes - 1, 3, 5), STK_E_SPACE);
    assert_true(zone_intact(0));
    assert_int_equal(stk_sketch_init(&s, mem, bytes, 3, 5), STK_OK);
    assert_int_equal(zone_used(), bytes);
    assert_true(zone_intact(bytes));
    stk_sketch_add_saturating(&s, 1, UINT64_MAX);
    stk_sketch_clear(&s);
    assert_true(zone_intact(bytes));
}

static void shapes_that_cannot_be_are_refused(void **state) {
    struct stk_sketch s = {NULL, 1, 2, 3};
    size_t bytes = 7;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_sketch_bytes(0, 0, &bytes), STK_E_ARG);
    assert_int_equal(stk_sketch_bytes(0, 5, &bytes), STK_E_ARG);
    assert_int_equal(stk_sketch_bytes(5, 0, &bytes), STK_E_ARG);
    assert_int_equal(stk_sketch_bytes(UINT64_MAX, 2, &bytes), STK_E_OVERFLOW);
    assert_int_equal(stk_sketch_bytes(2, UINT64_MAX, &bytes), STK_E_OVERFLOW);
    assert_int_equal(stk_sketch_bytes(UINT32_MAX, UINT32_MAX, &bytes), STK_E_OVERFLOW);
    assert_int_equal(bytes, 7);
    assert_int_equal(stk_sketch_init(&s, mem, 64, 0, 1), STK_E_ARG);
    assert_int_equal(stk_sketch_init(&s, mem + 4, 64, 1, 1), STK_E_ALIGN);
    assert_int_equal(stk_sketch_init(&s, NULL, 64, 1, 1), STK_E_ARG);
    assert_true(s.counters == NULL && s.bytes == 1 && s.depth == 2 && s.width == 3);
    assert_true(zone_intact(0));
}

static void a_new_shape_empties_the_sketch_within_its_memory(void **state) {
    static const uint64_t none[64] = {0};
    struct stk_sketch s = sketch_over(memory_a, 2, 8), before;
    (void)state;
    stk_sketch_add_saturating(&s, 5, 3);
    before = s;
    assert_int_equal(stk_sketch_reset_shape(&s, 0, 8), STK_E_ARG);
    assert_int_equal(stk_sketch_reset_shape(&s, 8, 9), STK_E_SPACE);
    assert_int_equal(stk_sketch_reset_shape(&s, UINT64_MAX, 2), STK_E_OVERFLOW);
    assert_true(s.depth == before.depth && s.width == before.width && s.bytes == before.bytes);
    assert_int_equal(stk_sketch_estimate(&s, 5), 3);
    assert_int_equal(stk_sketch_reset_shape(&s, 8, 8), STK_OK);
    assert_counters(&s, none);
    stk_sketch_add_saturating(&s, 5, 3);
    assert_int_equal(stk_sketch_reset_shape(&s, 2, 2), STK_OK);
    assert_counters(&s, none);
    assert_int_equal(s.bytes, sizeof memory_a);
}

/// Buckets ///

/* The counters that the reference implementation uses, from its vectors (sketch_buckets.table). */
static const struct {
    uint32_t depth, width, key, buckets[8];
} known[] = {
    {1, 1, 255u, {0}},
    {1, 2, 0u, {1}},
    {1, 2, 1u, {1}},
    {1, 2, 3u, {1}},
    {1, 2, 255u, {0}},
    {1, 2, 256u, {1}},
    {1, 2, 1073741824u, {1}},
    {1, 2, 2147483649u, {0}},
    {1, 2, 4294967295u, {0}},
    {2, 7, 1u, {2, 1}},
    {2, 7, 3u, {2, 0}},
    {2, 7, 7u, {2, 2}},
    {2, 7, 256u, {4, 5}},
    {2, 7, 1073741824u, {1, 2}},
    {2, 7, 2147483647u, {1, 5}},
    {2, 7, 4294967295u, {3, 0}},
    {3, 16, 1u, {1, 9, 14}},
    {3, 16, 2u, {14, 2, 13}},
    {3, 16, 7u, {7, 1, 1}},
    {3, 16, 256u, {15, 0, 13}},
    {3, 16, 65535u, {6, 15, 8}},
    {3, 16, 2147483647u, {7, 4, 5}},
    {3, 16, 4294967295u, {0, 15, 6}},
    {4, 64, 0u, {47, 52, 15, 44}},
    {4, 64, 2u, {14, 2, 13, 55}},
    {4, 64, 7u, {23, 1, 1, 2}},
    {4, 64, 255u, {52, 8, 12, 58}},
    {4, 64, 65535u, {54, 47, 40, 59}},
    {4, 64, 2147483647u, {39, 36, 37, 42}},
    {4, 64, 2147483649u, {32, 7, 5, 62}},
    {5, 1000, 0u, {535, 700, 679, 444, 747}},
    {5, 1000, 2u, {110, 226, 813, 15, 649}},
    {5, 1000, 3u, {53, 519, 1, 994, 366}},
    {5, 1000, 255u, {972, 400, 932, 538, 818}},
    {5, 1000, 65535u, {518, 111, 960, 27, 100}},
    {5, 1000, 1073741824u, {223, 109, 572, 333, 715}},
    {5, 1000, 2147483649u, {88, 551, 725, 590, 240}},
    {8, 257, 0u, {85, 125, 12, 201, 125, 55, 78, 198}},
    {8, 257, 1u, {22, 136, 40, 152, 2, 104, 2, 145}},
    {8, 257, 3u, {66, 230, 116, 37, 59, 129, 150, 245}},
    {8, 257, 255u, {209, 24, 106, 95, 110, 32, 124, 137}},
    {8, 257, 256u, {233, 35, 78, 185, 49, 251, 136, 236}},
    {8, 257, 1073741824u, {46, 111, 77, 194, 31, 98, 231, 29}},
    {8, 257, 2147483649u, {220, 79, 17, 199, 91, 138, 173, 214}},
    {8, 257, 4294967295u, {37, 27, 155, 181, 124, 24, 203, 245}},
};

static void buckets_are_those_of_the_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (uint32_t row = 0; row < known[i].depth; row++) {
            assert_int_equal(stk_sketch_bucket(known[i].key, row, known[i].width), known[i].buckets[row]);
        }
    }
}

static void adding_touches_one_counter_a_row(void **state) {
    static const uint64_t want[] = {0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3};
    struct stk_sketch s = sketch_over(memory_a, 3, 8);
    (void)state;
    assert_int_equal(stk_sketch_add(&s, 5, 3), STK_OK);
    assert_counters(&s, want);
    assert_int_equal(stk_sketch_add(&s, 6, 0), STK_OK);
    assert_counters(&s, want);
}

/// Counting ///

#define KEYS 40u

struct naive {
    uint64_t key[KEYS], amount[KEYS];
};

/* The least, over the rows, of all that was added for keys on the counter of `key`. */
static uint64_t naive_estimate(const struct naive *n, const struct stk_sketch *s, uint64_t key) {
    uint64_t least = UINT64_MAX;
    for (uint32_t row = 0; row < s->depth; row++) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < KEYS; i++) {
            if (stk_sketch_bucket(n->key[i], row, s->width) == stk_sketch_bucket(key, row, s->width)) {
                sum += n->amount[i];
            }
        }
        least = sum < least ? sum : least;
    }
    return least;
}

static void assert_like_naive(const struct naive *n, const struct stk_sketch *s) {
    for (uint32_t i = 0; i < KEYS; i++) {
        uint64_t got = stk_sketch_estimate(s, n->key[i]);
        assert_true(got >= n->amount[i]);
        assert_true(got == naive_estimate(n, s, n->key[i]));
    }
}

static void naive_keys(struct naive *n) {
    for (uint32_t i = 0; i < KEYS; i++) {
        n->key[i] = i < 20 ? i : (uint64_t)random_below(UINT32_MAX) << 32 | random_below(UINT32_MAX);
        n->amount[i] = 0;
    }
}

static void estimates_are_those_of_a_naive_count(void **state) {
    (void)state;
    for (uint32_t turn = 0; turn < 50; turn++) {
        struct stk_sketch s = sketch_over(memory_a, 1 + random_below(8), 1 + random_below(8));
        struct naive n;
        naive_keys(&n);
        for (uint32_t adds = random_below(100); adds > 0; adds--) {
            uint32_t i = random_below(KEYS), amount = random_below(1000);
            n.amount[i] += amount;
            if (amount % 2 == 0) {
                stk_sketch_add_saturating(&s, n.key[i], amount);
            } else {
                assert_int_equal(stk_sketch_add(&s, n.key[i], amount), STK_OK);
            }
        }
        assert_like_naive(&n, &s);
    }
}

static void a_merge_counts_like_one_sketch(void **state) {
    (void)state;
    for (uint32_t turn = 0; turn < 50; turn++) {
        uint32_t depth = 1 + random_below(8), width = 1 + random_below(8);
        struct stk_sketch a = sketch_over(memory_a, depth, width), b = sketch_over(memory_b, depth, width);
        struct naive n;
        naive_keys(&n);
        for (uint32_t i = 0; i < KEYS; i++) {
            n.amount[i] = random_below(1000);
            assert_int_equal(stk_sketch_add(i % 2 == 0 ? &a : &b, n.key[i], n.amount[i]), STK_OK);
        }
        assert_int_equal(stk_sketch_merge(&a, &b), STK_OK);
        assert_like_naive(&n, &a);
        for (uint32_t i = 0; i < KEYS; i++) {
            n.amount[i] *= 2;
        }
        assert_int_equal(stk_sketch_merge(&a, &a), STK_OK);
        assert_like_naive(&n, &a);
    }
}

/* Returns bit r set for each row r in which the two keys share a counter. */
static uint32_t rows_shared(const struct stk_sketch *s, uint64_t a, uint64_t b) {
    uint32_t rows = 0;
    for (uint32_t row = 0; row < s->depth; row++) {
        rows |= (uint32_t)(stk_sketch_bucket(a, row, s->width) == stk_sketch_bucket(b, row, s->width)) << row;
    }
    return rows;
}

static void an_add_that_would_overflow_changes_nothing(void **state) {
    struct stk_sketch s = sketch_over(memory_a, 8, 8);
    uint64_t before[64];
    (void)state;
    assert_int_equal(stk_sketch_add(&s, 5, UINT64_MAX - 9), STK_OK);
    memcpy(before, s.counters, sizeof before);
    /* Looks for a key that shares a counter with key 5 in the last row alone. So an add to that key overflows in the
     * last row, after the other rows had room. */
    uint64_t key = 7;
    while (rows_shared(&s, key, 5) != 1u << 7) {
        key++;
    }
    assert_int_equal(stk_sketch_add(&s, key, 10), STK_E_OVERFLOW);
    assert_int_equal(stk_sketch_add(&s, 5, 10), STK_E_OVERFLOW);
    assert_counters(&s, before);
    assert_int_equal(stk_sketch_add(&s, 5, 9), STK_OK);
    assert_true(stk_sketch_estimate(&s, 5) == UINT64_MAX);
}

static void a_saturating_add_stops_at_the_top(void **state) {
    struct stk_sketch s = sketch_over(memory_a, 2, 8);
    (void)state;
    stk_sketch_add_saturating(&s, 5, UINT64_MAX - 1);
    stk_sketch_add_saturating(&s, 5, 1);
    assert_true(stk_sketch_estimate(&s, 5) == UINT64_MAX);
    stk_sketch_add_saturating(&s, 5, 1);
    assert_true(stk_sketch_estimate(&s, 5) == UINT64_MAX);
}

static void a_merge_that_cannot_be_changes_nothing(void **state) {
    struct stk_sketch a = sketch_over(memory_a, 2, 8), b = sketch_over(memory_b, 2, 7);
    uint64_t before[16];
    (void)state;
    stk_sketch_add_saturating(&a, 5, UINT64_MAX - 1);
    stk_sketch_add_saturating(&a, 1, 1);
    memcpy(before, a.counters, sizeof before);
    assert_int_equal(stk_sketch_merge(&a, &b), STK_E_ARG);
    b = sketch_over(memory_b, 3, 8);
    assert_int_equal(stk_sketch_merge(&a, &b), STK_E_ARG);
    b = sketch_over(memory_b, 2, 8);
    for (uint32_t key = 0; key < 40; key++) {
        stk_sketch_add_saturating(&b, key, 1);
    }
    assert_int_equal(stk_sketch_merge(&a, &b), STK_E_OVERFLOW);
    assert_counters(&a, before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_macro_query_and_use),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(a_new_shape_empties_the_sketch_within_its_memory),
        cmocka_unit_test(buckets_are_those_of_the_reference),
        cmocka_unit_test(adding_touches_one_counter_a_row),
        cmocka_unit_test(estimates_are_those_of_a_naive_count),
        cmocka_unit_test(a_merge_counts_like_one_sketch),
        cmocka_unit_test(an_add_that_would_overflow_changes_nothing),
        cmocka_unit_test(a_saturating_add_stops_at_the_top),
        cmocka_unit_test(a_merge_that_cannot_be_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
