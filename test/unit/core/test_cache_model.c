/* The cache beside a model that looks through everything it has each time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/cache.h"

#define KEYS    48u
#define LARGEST 700u
#define STEPS   6000u

STK_ARENA_DEFINE(memory, STK_CACHE_BYTES(3, 40, 2000));
static struct stk_cache cache;

/* One shard holds all keys: what several shards do beside each other is the other tests' business. */
static struct {
    uint32_t entries, bytes; /* budgets */
    uint64_t clock;
    struct {
        uint64_t tick; /* 0: not there */
        uint32_t bytes, tag, pins;
        const void *pinned_at;
    } key[KEYS];
    struct stk_cache_metrics m;
    struct stk_cache_report report;
} model;

static uint32_t random_state;

static uint32_t below(uint32_t n) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

/* Returns key number `k`. Many keys have the same sum of words, so that they meet in one place of the index. */
static const uint8_t *key(uint32_t k) {
    static uint8_t bytes[STK_CACHE_KEY_BYTES];
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 200;
    bytes[8] = (uint8_t)k;
    bytes[16] = (uint8_t)(0u - (k & 0xF8u));
    bytes[17] = (k & 0xF8u) != 0 ? 0xFF : 0;
    return bytes;
}

static const uint8_t *content(uint32_t tag, uint32_t bytes) {
    static uint8_t data[LARGEST];
    for (uint32_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(tag + i * 13u);
    }
    return data;
}

static void start(uint32_t shards, uint32_t entries, uint32_t bytes) {
    struct stk_cache_config config = {.shards = shards, .entries = entries, .bytes = bytes};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_OK);
    memset(&model, 0, sizeof model);
    model.entries = entries;
    model.bytes = bytes;
}

static void model_drop(uint32_t k) {
    model.key[k].tick = 0;
    model.m.entries--;
    model.m.bytes -= model.key[k].bytes;
}

static void model_evict(uint32_t k, enum stk_cache_reason reason) {
    struct stk_cache_report *r = &model.report;
    uint64_t age = model.clock - model.key[k].tick;
    r->reason = r->entries == 0 ? reason : r->reason;
    r->max_age = age > r->max_age ? age : r->max_age;
    r->entries++;
    r->bytes += model.key[k].bytes;
    model.m.evictions++;
    model.m.evicted_bytes += model.key[k].bytes;
    model_drop(k);
}

static uint32_t model_oldest(void) {
    uint32_t oldest = KEYS;
    for (uint32_t k = 0; k < KEYS; k++) {
        if (model.key[k].tick != 0 && model.key[k].pins == 0 &&
            (oldest == KEYS || model.key[k].tick < model.key[oldest].tick)) {
            oldest = k;
        }
    }
    return oldest;
}

static uint32_t model_over(uint32_t bytes) {
    return (model.m.entries + 1 > model.entries ? 1u : 0u) | (model.m.bytes + bytes > model.bytes ? 2u : 0u);
}

static void model_store(uint32_t k, uint32_t bytes, uint32_t tag) {
    model.clock++;
    model.m.puts++;
    if (model.key[k].tick != 0) {
        model_drop(k);
    }
    struct stk_cache_report last = model.report;
    model.report = (struct stk_cache_report){STK_CACHE_NONE, 0, 0, 0};
    while (model_over(bytes) != 0) {
        model_evict(model_oldest(), (enum stk_cache_reason)model_over(bytes));
    }
    if (model.report.entries == 0) {
        model.report = last;
    }
    model.key[k].tick = model.clock;
    model.key[k].bytes = bytes;
    model.key[k].tag = tag;
    model.m.entries++;
    model.m.bytes += bytes;
}

/* Returns whether `bytes` more stay within the budgets, beside the pinned artifacts. */
static int model_pins_allow(uint32_t bytes) {
    uint32_t entries = 0, held = 0;
    for (uint32_t k = 0; k < KEYS; k++) {
        if (model.key[k].tick != 0 && model.key[k].pins != 0) {
            entries++;
            held += model.key[k].bytes;
        }
    }
    return entries < model.entries && held + bytes <= model.bytes;
}

static int model_has_pins(void) {
    for (uint32_t k = 0; k < KEYS; k++) {
        if (model.key[k].tick != 0 && model.key[k].pins != 0) {
            return 1;
        }
    }
    return 0;
}

static void check_put(uint32_t k, uint32_t bytes, uint32_t tag) {
    uint64_t evicted = model.m.evictions;
    int result = stk_cache_put(&cache, key(k), content(tag, bytes), bytes);
    int old = model.key[k].tick != 0, old_pinned = old && model.key[k].pins != 0;
    if (old_pinned || (bytes <= model.bytes && !model_pins_allow(bytes))) {
        assert_int_equal(result, STK_E_PINNED);
    } else if (bytes > model.bytes) {
        assert_int_equal(result, STK_E_BUDGET);
        model.m.rejected_puts++;
        if (old) {
            model.clock++;
            model.report = (struct stk_cache_report){STK_CACHE_NONE, 0, 0, 0};
            model_evict(k, STK_CACHE_REJECTED);
        }
        return;
    }
    if (result == STK_E_PINNED) { /* else only for where pins lie, which the model does not know */
        assert_true(model_has_pins());
        model.m.rejected_puts++;
        model.report = (struct stk_cache_report){STK_CACHE_PINNED, 0, 0, 0};
        return;
    }
    model_store(k, bytes, tag);
    assert_int_equal(result, model.m.evictions - evicted);
}

static void check_get(uint32_t k, int pins) {
    struct stk_artifact artifact = {NULL, 0};
    int hit = pins ? stk_cache_pin(&cache, key(k), &artifact) : stk_cache_get(&cache, key(k), &artifact);
    model.clock++;
    assert_int_equal(hit, model.key[k].tick != 0);
    if (!hit) {
        model.m.cache_misses++;
        return;
    }
    model.m.hits++;
    model.key[k].tick = model.clock;
    assert_int_equal(artifact.bytes, model.key[k].bytes);
    assert_memory_equal(artifact.data, content(model.key[k].tag, model.key[k].bytes), artifact.bytes);
    if (model.key[k].pins != 0) {
        assert_ptr_equal(artifact.data, model.key[k].pinned_at);
    }
    if (pins) {
        model.key[k].pins++;
        model.key[k].pinned_at = artifact.data;
    }
}

static void check_unpin(uint32_t k) {
    int some = model.key[k].tick != 0 && model.key[k].pins != 0;
    int left = stk_cache_unpin(&cache, key(k));
    if (some) {
        model.key[k].pins--;
    }
    assert_int_equal(left, some ? (int)model.key[k].pins : STK_E_STATUS);
}

static void check_remove(uint32_t k) {
    int removed = stk_cache_remove(&cache, key(k));
    int there = model.key[k].tick != 0;
    assert_int_equal(removed, there && model.key[k].pins != 0 ? STK_E_PINNED : there);
    if (removed == 1) {
        model_drop(k);
    }
}

static void check_sums(void) {
    struct stk_cache_metrics m;
    struct stk_cache_report report;
    stk_cache_metrics(&cache, &m);
    assert_int_equal(m.lookups, m.hits + m.cache_misses);
    assert_int_equal(m.hits, model.m.hits);
    assert_int_equal(m.cache_misses, model.m.cache_misses);
    assert_int_equal(m.puts, model.m.puts);
    assert_int_equal(m.rejected_puts, model.m.rejected_puts);
    assert_int_equal(m.evictions, model.m.evictions);
    assert_int_equal(m.evicted_bytes, model.m.evicted_bytes);
    assert_int_equal(m.entries, model.m.entries);
    assert_int_equal(m.bytes, model.m.bytes);
    int some = stk_cache_report(&cache, 200u * cache.config.shards / 256u, &report);
    assert_int_equal(some, model.report.reason != STK_CACHE_NONE);
    if (some) {
        assert_int_equal(report.reason, model.report.reason);
        assert_int_equal(report.entries, model.report.entries);
        assert_int_equal(report.bytes, model.report.bytes);
        assert_int_equal(report.max_age, model.report.max_age);
    }
}

/* `pinning`: of a hundred steps, how many pin. Sizes are small, or any, or multiples of a size, alternately. */
static void run(uint32_t seed, uint32_t pinning, uint32_t largest) {
    random_state = seed;
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t k = below(KEYS), what = below(100);
        if (what < pinning) {
            check_get(k, 1);
        } else if (what < 2 * pinning) {
            check_unpin(k);
        } else if (what < 2 * pinning + 3) {
            check_remove(k);
        } else if (what < 2 * pinning + 35) {
            check_get(k, 0);
        } else {
            uint32_t style = (i / 500) % 3, bytes = below(largest);
            check_put(k, style == 0 ? bytes / 8 : style == 1 ? bytes : bytes / 64 * 64, i);
        }
        check_sums();
    }
}

static void without_pins_no_put_that_the_budgets_allow_is_refused(void **state) {
    (void)state;
    start(1, 40, 2000);
    run(1, 0, LARGEST);
    start(3, 5, 700);
    run(2, 0, LARGEST);
    start(1, 40, 600);
    run(3, 0, LARGEST); /* some artifacts are above the budget */
    start(1, 1, 1);
    run(4, 0, 3);
}

static void with_pins_the_order_is_still_that_of_the_last_use(void **state) {
    (void)state;
    start(1, 40, 2000);
    run(5, 2, LARGEST);
    start(3, 8, 1500);
    run(6, 10, LARGEST);
    start(1, 20, 2000);
    run(7, 5, 150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_pins_no_put_that_the_budgets_allow_is_refused),
        cmocka_unit_test(with_pins_the_order_is_still_that_of_the_last_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
