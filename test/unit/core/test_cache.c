#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/cache.h"

#define SHARDS  2u
#define ENTRIES 3u
#define BYTES   100u

STK_ARENA_DEFINE(memory, STK_CACHE_BYTES(SHARDS, ENTRIES, BYTES));
static struct stk_cache cache;
static uint8_t data[512];

static int make(uint32_t shards, uint32_t entries, uint32_t bytes) {
    struct stk_cache_config config = {.shards = shards, .entries = entries, .bytes = bytes};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, sizeof memory);
    return stk_cache_init(&cache, &config, &arena);
}

static int setup(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7u);
    }
    return make(1, ENTRIES, BYTES);
}

static const uint8_t *key(uint8_t k) {
    static uint8_t bytes[STK_CACHE_KEY_BYTES];
    memset(bytes, k, sizeof bytes);
    return bytes;
}

static int put(uint8_t k, size_t bytes) {
    return stk_cache_put(&cache, key(k), data + k, bytes);
}

/* Gets an artifact. Checks that a hit gives the bytes that were put. */
static int get(uint8_t k) {
    struct stk_artifact artifact = {NULL, 0};
    int hit = stk_cache_get(&cache, key(k), &artifact);
    if (hit == 1) {
        assert_non_null(artifact.data);
        assert_int_equal((uintptr_t)artifact.data % STK_CACHE_GRANULE, 0);
        assert_memory_equal(artifact.data, data + k, artifact.bytes);
    }
    return hit;
}

static void expect_report(enum stk_cache_reason reason, uint32_t entries, uint32_t bytes, uint64_t age) {
    struct stk_cache_report report;
    assert_int_equal(stk_cache_report(&cache, 0, &report), 1);
    assert_int_equal(report.reason, reason);
    assert_int_equal(report.entries, entries);
    assert_int_equal(report.bytes, bytes);
    assert_int_equal(report.max_age, age);
}

static void the_least_recently_used_leaves(void **state) {
    struct stk_cache_report report;
    (void)state;
    assert_int_equal(put(1, 10), 0);
    assert_int_equal(put(2, 10), 0);
    assert_int_equal(put(3, 10), 0);
    assert_int_equal(get(1), 1);
    assert_int_equal(stk_cache_report(&cache, 0, &report), 0);
    assert_int_equal(put(4, 10), 1);
    expect_report(STK_CACHE_ENTRY_BUDGET, 1, 10, 3);
    assert_int_equal(get(2), 0);
    assert_int_equal(get(1), 1);
    assert_int_equal(get(3), 1);
    assert_int_equal(get(4), 1);
}

static void bytes_evict_as_many_as_they_need(void **state) {
    (void)state;
    assert_int_equal(put(1, 40), 0);
    assert_int_equal(put(2, 40), 0);
    assert_int_equal(put(3, 90), 2);
    expect_report(STK_CACHE_BYTE_BUDGET, 2, 80, 2);
    assert_int_equal(put(4, 1), 0);
    assert_int_equal(put(5, 1), 0);
    assert_int_equal(put(6, 100), 3);
    expect_report(STK_CACHE_BOTH_BUDGETS, 3, 92, 3);
    assert_int_equal(get(6), 1);
}

static void a_put_takes_the_place_of_the_old_artifact(void **state) {
    struct stk_cache_metrics m;
    (void)state;
    assert_int_equal(put(1, 90), 0);
    assert_int_equal(put(2, 10), 0);
    assert_int_equal(put(1, 50), 0);
    assert_int_equal(put(3, 40), 0);
    stk_cache_metrics(&cache, &m);
    assert_int_equal(m.entries, 3);
    assert_int_equal(m.bytes, 100);
    assert_int_equal(m.evictions, 0);
    assert_int_equal(get(1), 1);
}

static void an_oversize_put_is_refused_and_drops_the_old_artifact(void **state) {
    struct stk_cache_metrics m;
    struct stk_cache_report report;
    (void)state;
    assert_int_equal(put(1, BYTES + 1), STK_E_BUDGET);
    assert_int_equal(stk_cache_report(&cache, 0, &report), 0);
    assert_int_equal(put(1, BYTES), 0);
    assert_int_equal(put(1, BYTES + 1), STK_E_BUDGET);
    expect_report(STK_CACHE_REJECTED, 1, BYTES, 1);
    assert_int_equal(get(1), 0);
    stk_cache_metrics(&cache, &m);
    assert_int_equal(m.puts, 1);
    assert_int_equal(m.rejected_puts, 2);
    assert_int_equal(m.evictions, 1);
    assert_int_equal(m.evicted_bytes, BYTES);
    assert_int_equal(m.entries, 0);
    assert_int_equal(m.lookups, 1);
    assert_int_equal(m.cache_misses, 1);
    assert_int_equal(m.hit_rate_ppm, 0);
}

static void artifacts_of_no_bytes_are_artifacts(void **state) {
    (void)state;
    assert_int_equal(put(1, 0), 0);
    assert_int_equal(stk_cache_put(&cache, key(2), NULL, 0), 0);
    assert_int_equal(get(1), 1);
    assert_int_equal(get(2), 1);
    assert_int_equal(put(3, 100), 0);
    assert_int_equal(put(4, 1), 3); /* evicts three: the oldest two hold 0 bytes, so they free none */
    expect_report(STK_CACHE_BOTH_BUDGETS, 3, 100, 3);
}

static void a_zero_budget_disables(void **state) {
    (void)state;
    for (uint32_t entries = 0; entries < 2; entries++) {
        assert_int_equal(make(SHARDS, entries, 1 - entries), STK_OK);
        assert_int_equal(put(1, 0), STK_E_BUDGET);
        assert_int_equal(put(1, 1), STK_E_BUDGET);
        assert_int_equal(get(1), 0);
        assert_int_equal(stk_cache_remove(&cache, key(1)), 0);
        assert_int_equal(stk_cache_unpin(&cache, key(1)), STK_E_STATUS);
    }
}

static void remove_forgets_without_a_report(void **state) {
    struct stk_cache_report report;
    struct stk_cache_metrics m;
    (void)state;
    assert_int_equal(put(1, 10), 0);
    assert_int_equal(stk_cache_remove(&cache, key(1)), 1);
    assert_int_equal(stk_cache_remove(&cache, key(1)), 0);
    assert_int_equal(get(1), 0);
    assert_int_equal(stk_cache_report(&cache, 0, &report), 0);
    stk_cache_metrics(&cache, &m);
    assert_int_equal(m.evictions, 0);
    assert_int_equal(m.entries, 0);
    assert_int_equal(m.bytes, 0);
}

static void shards_are_equal_ranges_of_the_first_byte(void **state) {
    struct stk_cache_report report;
    (void)state;
    assert_int_equal(make(SHARDS, ENTRIES, BYTES), STK_OK);
    struct stk_cache copy = cache; /* a copy is the same cache */
    assert_int_equal(put(127, BYTES), 0);
    assert_int_equal(put(128, BYTES), 0);
    assert_int_equal(stk_cache_put(&copy, key(255), data, 1), 1);
    assert_int_equal(stk_cache_report(&copy, 0, &report), 0);
    assert_int_equal(stk_cache_report(&copy, 1, &report), 1);
    assert_int_equal(stk_cache_report(&copy, 2, &report), STK_E_RANGE);
    assert_int_equal(get(127), 1);
    assert_int_equal(get(128), 0);
    /* Each shard has a clock of its own: this eviction's age is one put and one get, and none of shard 1. */
    assert_int_equal(put(0, 1), 1);
    expect_report(STK_CACHE_BYTE_BUDGET, 1, BYTES, 1);
}

static uint32_t locked, calls;

static void count_lock(void *ctx, uint32_t shard) {
    assert_ptr_equal(ctx, &locked);
    assert_int_equal(locked, 0);
    locked = shard + 1;
    calls++;
}

static void count_unlock(void *ctx, uint32_t shard) {
    assert_ptr_equal(ctx, &locked);
    assert_int_equal(locked, shard + 1);
    locked = 0;
}

static void each_call_holds_its_shards_lock(void **state) {
    static const struct stk_lock_ops ops = {"count", count_lock, count_unlock};
    static const struct stk_lock_ops half[] = {{"half", count_lock, NULL}, {"half", NULL, count_unlock}};
    struct stk_cache_config config = {SHARDS, ENTRIES, BYTES, &ops, &locked};
    struct stk_cache_report report;
    struct stk_cache_metrics m;
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_OK);
    calls = 0;
    assert_int_equal(put(1, 1), 0);
    assert_int_equal(put(255, BYTES + 1), STK_E_BUDGET);
    assert_int_equal(get(1), 1);
    assert_int_equal(stk_cache_unpin(&cache, key(1)), STK_E_STATUS);
    assert_int_equal(stk_cache_remove(&cache, key(1)), 1);
    assert_int_equal(stk_cache_report(&cache, 1, &report), 0);
    stk_cache_metrics(&cache, &m);
    assert_int_equal(calls, 6 + SHARDS);
    assert_int_equal(locked, 0);
    for (int i = 0; i < 2; i++) {
        config.lock = &half[i];
        assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_E_ARG);
    }
}

static void the_hit_rate_is_refused_where_it_does_not_fit(void **state) {
    struct stk_cache_shard *shard = (void *)cache.memory;
    struct stk_cache_metrics m;
    uint32_t ppm = 7;
    (void)state;
    assert_int_equal(stk_cache_hit_rate_ppm(0, UINT64_MAX, &ppm), STK_OK);
    assert_int_equal(ppm, 0);
    assert_int_equal(stk_cache_hit_rate_ppm(3, 2, &ppm), STK_OK);
    assert_int_equal(ppm, 666666);
    assert_int_equal(stk_cache_hit_rate_ppm(1, 4294, &ppm), STK_OK);
    assert_int_equal(stk_cache_hit_rate_ppm(1, 4295, &ppm), STK_E_OVERFLOW);
    assert_int_equal(stk_cache_hit_rate_ppm(UINT64_MAX, UINT64_MAX / 1000000 + 1, &ppm), STK_E_OVERFLOW);
    assert_int_equal(ppm, 4294000000u);
    shard->hits = UINT64_MAX / 2; /* as after centuries */
    stk_cache_metrics(&cache, &m);
    assert_int_equal(m.hits, UINT64_MAX / 2);
    assert_int_equal(m.hit_rate_ppm, UINT32_MAX);
}

static void init_checks_its_arguments(void **state) {
    struct stk_cache_config config = {.entries = ENTRIES, .bytes = BYTES};
    struct stk_arena arena;
    size_t bytes = 5;
    (void)state;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_cache_init(NULL, &config, &arena), STK_E_ARG);
    assert_int_equal(stk_cache_init(&cache, NULL, &arena), STK_E_ARG);
    assert_int_equal(stk_cache_init(&cache, &config, NULL), STK_E_ARG);
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_OK); /* one shard by default */
    assert_int_equal(arena.used, STK_CACHE_BYTES(1, ENTRIES, BYTES));
    config.shards = STK_CACHE_SHARDS_MAX + 1;
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_E_ARG);
    assert_int_equal(stk_cache_bytes(1, STK_CACHE_ENTRIES_MAX + 1, BYTES, &bytes), STK_E_OVERFLOW);
    assert_int_equal(bytes, 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_least_recently_used_leaves),
        TEST(bytes_evict_as_many_as_they_need),
        TEST(a_put_takes_the_place_of_the_old_artifact),
        TEST(an_oversize_put_is_refused_and_drops_the_old_artifact),
        TEST(artifacts_of_no_bytes_are_artifacts),
        TEST(a_zero_budget_disables),
        TEST(remove_forgets_without_a_report),
        TEST(shards_are_equal_ranges_of_the_first_byte),
        TEST(each_call_holds_its_shards_lock),
        TEST(the_hit_rate_is_refused_where_it_does_not_fit),
        TEST(init_checks_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
