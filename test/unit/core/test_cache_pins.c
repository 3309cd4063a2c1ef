/* Pins, and where artifacts lie. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/cache.h"

#define ENTRIES 40u
#define BYTES   4096u

STK_ARENA_DEFINE(memory, STK_CACHE_BYTES(1, ENTRIES, BYTES));
static struct stk_cache cache;
static uint8_t data[BYTES];

static int make(uint32_t entries, uint32_t bytes) {
    struct stk_cache_config config = {.entries = entries, .bytes = bytes};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, sizeof memory);
    return stk_cache_init(&cache, &config, &arena);
}

static int setup(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7u + (i >> 8));
    }
    return make(4, 400);
}

static const uint8_t *key(uint32_t k) {
    static uint8_t bytes[STK_CACHE_KEY_BYTES];
    bytes[31] = (uint8_t)k;
    return bytes;
}

static int put(uint32_t k, size_t bytes) {
    return stk_cache_put(&cache, key(k), data + k, bytes);
}

static int get(uint32_t k) {
    struct stk_artifact artifact;
    int hit = stk_cache_get(&cache, key(k), &artifact);
    if (hit == 1) {
        assert_memory_equal(artifact.data, data + k, artifact.bytes);
    }
    return hit;
}

static struct stk_artifact pin(uint32_t k) {
    struct stk_artifact artifact = {NULL, 0};
    assert_int_equal(stk_cache_pin(&cache, key(k), &artifact), 1);
    return artifact;
}

static void expect_still(uint32_t k, const struct stk_artifact *pinned) {
    struct stk_artifact now = {NULL, 0};
    assert_int_equal(stk_cache_get(&cache, key(k), &now), 1);
    assert_ptr_equal(now.data, pinned->data);
    assert_memory_equal(now.data, data + k, pinned->bytes);
}

static void expect_refused(uint32_t k, size_t bytes) {
    struct stk_cache_report report;
    struct stk_cache_metrics before, after;
    stk_cache_metrics(&cache, &before);
    assert_int_equal(put(k, bytes), STK_E_PINNED);
    stk_cache_metrics(&cache, &after);
    before.rejected_puts++;
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(stk_cache_report(&cache, 0, &report), 1);
    assert_int_equal(report.reason, STK_CACHE_PINNED);
    assert_int_equal(report.entries, 0);
    assert_int_equal(report.bytes, 0);
    assert_int_equal(report.max_age, 0);
}

static void a_pinned_artifact_is_passed_over(void **state) {
    struct stk_artifact artifact;
    (void)state;
    for (uint32_t k = 0; k < 4; k++) {
        assert_int_equal(put(k, 100), 0);
    }
    artifact = pin(0);
    (void)pin(1);
    assert_int_equal(get(2), 1);
    assert_int_equal(get(3), 1);
    for (uint32_t k = 10; k < 30; k++) {
        assert_int_equal(put(k, 90), 1);
    }
    expect_still(0, &artifact);
    assert_int_equal(get(1), 1);
    assert_int_equal(get(2), 0);
    assert_int_equal(get(3), 0);
}

static void unpinned_artifacts_leave_in_the_order_of_their_last_use(void **state) {
    (void)state;
    for (uint32_t k = 0; k < 4; k++) {
        assert_int_equal(put(k, 10), 0);
    }
    (void)pin(0);
    (void)pin(1);
    (void)pin(2);
    assert_int_equal(get(3), 1);
    assert_int_equal(put(4, 10), 1); /* evicts 3, the oldest entry without a pin */
    assert_int_equal(get(3), 0);
    assert_int_equal(stk_cache_unpin(&cache, key(1)), 0);
    assert_int_equal(stk_cache_unpin(&cache, key(0)), 0);
    assert_int_equal(get(2), 1); /* entry 2 is pinned, and is the newest */
    assert_int_equal(put(5, 10), 1);
    assert_int_equal(get(0), 0);
    assert_int_equal(put(6, 10), 1);
    assert_int_equal(get(1), 0);
    assert_int_equal(put(7, 10), 1);
    assert_int_equal(get(4), 0);
    assert_int_equal(get(2), 1);
}

static void an_unpin_of_a_newer_artifact_changes_nothing_for_older_ones(void **state) {
    (void)state;
    for (uint32_t k = 0; k < 4; k++) {
        assert_int_equal(put(k, 10), 0);
    }
    (void)pin(0); /* the order is 1, 2, 3, 0 now */
    (void)pin(1); /* the order is 2, 3, 0, 1 now */
    assert_int_equal(stk_cache_unpin(&cache, key(1)), 0);
    assert_int_equal(put(4, 10), 1); /* evicts 2 */
    assert_int_equal(put(5, 10), 1); /* evicts 3 */
    assert_int_equal(put(6, 10), 1); /* evicts 1, and passes over 0, which is pinned */
    assert_int_equal(get(0), 1);     /* 0 becomes the newest, so it is no longer at the end that the cache remembers */
    assert_int_equal(put(7, 10), 1); /* evicts 4 */
    assert_int_equal(get(1), 0);
    assert_int_equal(get(4), 0);
    assert_int_equal(get(5), 1);
}

static void pins_count(void **state) {
    struct stk_artifact artifact = {NULL, 7};
    (void)state;
    assert_int_equal(stk_cache_pin(&cache, key(1), &artifact), 0);
    assert_int_equal(artifact.bytes, 7);
    assert_int_equal(stk_cache_unpin(&cache, key(1)), STK_E_STATUS);
    assert_int_equal(put(1, 10), 0);
    assert_int_equal(stk_cache_unpin(&cache, key(1)), STK_E_STATUS);
    for (uint32_t i = 0; i < STK_CACHE_PINS_MAX; i++) {
        artifact = pin(1);
    }
    assert_int_equal(stk_cache_pin(&cache, key(1), &artifact), STK_E_OVERFLOW);
    assert_int_equal(get(1), 1);
    assert_int_equal(stk_cache_remove(&cache, key(1)), STK_E_PINNED);
    expect_refused(1, 10);
    expect_refused(1, 4000); /* the old artifact stays, even for an oversize put */
    for (uint32_t i = STK_CACHE_PINS_MAX; i > 0; i--) {
        assert_int_equal(stk_cache_unpin(&cache, key(1)), i - 1);
    }
    assert_int_equal(put(1, 10), 0);
    assert_int_equal(stk_cache_remove(&cache, key(1)), 1);
}

static void pins_that_hold_a_budget_refuse_a_put(void **state) {
    (void)state;
    for (uint32_t k = 0; k < 4; k++) {
        assert_int_equal(put(k, 10), 0);
        (void)pin(k);
    }
    expect_refused(5, 0); /* no entry is left */
    assert_int_equal(stk_cache_unpin(&cache, key(2)), 0);
    expect_refused(5, 371); /* the bytes do not fit */
    assert_int_equal(put(5, 370), 1);
    assert_int_equal(get(2), 0);
}

/* The space of make(4, 400) is 400 + 50 + 64 bytes, rounded up: 36 units. */
static void pins_in_the_middle_refuse_what_is_too_long(void **state) {
    (void)state;
    assert_int_equal(put(0, 192), 0);
    assert_int_equal(put(1, 16), 0);
    struct stk_artifact artifact = pin(1);
    assert_int_equal(stk_cache_remove(&cache, key(0)), 1);
    assert_int_equal(put(2, 100), 0);
    expect_refused(3, 384); /* 12 granules are free below the pin, 23 above it */
    assert_int_equal(get(2), 1);
    assert_int_equal(put(3, 304), 1);
    expect_still(1, &artifact);
    assert_int_equal(put(4, 80), 0);
    expect_refused(3, 384); /* the place that artifact 3 has now does not help */
    assert_int_equal(get(3), 1);
    assert_int_equal(put(3, 368), 1); /* the place of artifact 3 and the gap above it have 23 granules */
    expect_still(1, &artifact);
    assert_int_equal(stk_cache_unpin(&cache, key(1)), 0);
    assert_int_equal(put(5, 400), 2);
    assert_int_equal(get(5), 1);
}

static void a_put_with_pins_evicts_for_a_hole_of_its_own(void **state) {
    (void)state;
    assert_int_equal(put(0, 16), 0);
    assert_int_equal(put(1, 180), 0);
    assert_int_equal(put(2, 16), 0);
    assert_int_equal(put(3, 180), 0);
    struct stk_artifact artifact = pin(2);
    assert_int_equal(get(0), 1);      /* the order is 1, 3, 2, 0 now */
    assert_int_equal(put(4, 190), 2); /* evicts 1 for its entry, and 3 for its bytes */
    expect_still(2, &artifact);
    assert_int_equal(put(2 + 3, 0), 0); /* no bytes need no place */
    assert_int_equal(get(4), 1);
}

/* Twenty gaps of 8 units between artifacts of one unit, the first of 9 units if `long_first`. */
static void comb(int long_first) {
    assert_int_equal(make(ENTRIES, BYTES), STK_OK);
    for (uint32_t k = 0; k < 20; k++) {
        assert_int_equal(put(k, k == 0 && long_first ? 144 : 128), 0);
        assert_int_equal(put(100 + k, 16), 0);
    }
    for (uint32_t k = 0; k < 20; k++) {
        assert_int_equal(stk_cache_remove(&cache, key(k)), 1);
    }
}

static void gaps_are_closed_only_where_it_pays(void **state) {
    struct stk_artifact before[20], now;
    (void)state;
    for (int long_first = 0; long_first < 2; long_first++) {
        comb(long_first);
        uint32_t left = BYTES + BYTES / 8 + ENTRIES * STK_CACHE_GRANULE - 20 * 144 - (long_first ? 16 : 0);
        assert_int_equal(put(50, left), 0); /* the artifact fits above the comb */
        for (uint32_t k = 0; k < 20; k++) {
            assert_int_equal(stk_cache_get(&cache, key(100 + k), &before[k]), 1);
        }
        assert_int_equal(put(51, 144), 0);
        uint32_t moved = 0;
        for (uint32_t k = 0; k < 20; k++) {
            assert_int_equal(stk_cache_get(&cache, key(100 + k), &now), 1);
            assert_memory_equal(now.data, data + 100 + k, 16);
            moved += now.data != before[k].data;
        }
        /* Two gaps are enough, with one artifact between them; none when there is a long one, however deep in its
         * list. */
        assert_int_equal(moved, long_first ? 0 : 1);
        assert_int_equal(get(50), 1);
        assert_int_equal(get(51), 1);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_pinned_artifact_is_passed_over),
        TEST(unpinned_artifacts_leave_in_the_order_of_their_last_use),
        TEST(an_unpin_of_a_newer_artifact_changes_nothing_for_older_ones),
        TEST(pins_count),
        TEST(pins_that_hold_a_budget_refuse_a_put),
        TEST(pins_in_the_middle_refuse_what_is_too_long),
        TEST(a_put_with_pins_evicts_for_a_hole_of_its_own),
        TEST(gaps_are_closed_only_where_it_pays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
