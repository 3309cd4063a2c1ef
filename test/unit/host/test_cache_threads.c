/* Eight threads on one cache with the locks of the posix port. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "stoker/cache.h"
#include "stoker/port/posix_lock.h"

#define THREADS 8u
#define EACH    20000u
#define KEYS    64u
#define SHARDS  4u
#define ENTRIES 12u
#define BYTES   2048u
#define LARGEST 400u

STK_ARENA_DEFINE(memory, STK_CACHE_BYTES(SHARDS, ENTRIES, BYTES) + STK_POSIX_LOCKS_BYTES(SHARDS));
static struct stk_cache cache;
static struct stk_posix_locks locks;

static uint32_t next(uint32_t *random) {
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static void key_of(uint32_t k, uint8_t *key) {
    memset(key, (int)(k * 37u), STK_CACHE_KEY_BYTES);
    key[0] = (uint8_t)(k * 4u);
    key[31] = (uint8_t)k;
}

/* An artifact says whose it is in every byte, and its length is the key's too. */
static uint32_t length_of(uint32_t k) {
    return k * k % LARGEST;
}

static int whole(uint32_t k, const struct stk_artifact *artifact) {
    const uint8_t *p = artifact->data;
    if (artifact->bytes != length_of(k)) {
        return 0;
    }
    for (size_t i = 0; i < artifact->bytes; i++) {
        if (p[i] != (uint8_t)k) {
            return 0;
        }
    }
    return 1;
}

struct tally {
    uint32_t seed;
    uint64_t lookups, hits, stored, refused;
    const char *wrong;
};

static void look(struct tally *t, uint32_t k, const uint8_t *key) {
    struct stk_artifact artifact;
    int hit = stk_cache_pin(&cache, key, &artifact);
    t->lookups++;
    t->hits += hit == 1;
    if (hit == 1 && !whole(k, &artifact)) {
        t->wrong = "a pinned artifact is not what was put";
    }
    if (hit < 0 || (hit == 1 && stk_cache_unpin(&cache, key) < 0)) {
        t->wrong = "a pin or its unpin was refused";
    }
}

static void store(struct tally *t, uint32_t k, const uint8_t *key) {
    uint8_t data[LARGEST];
    memset(data, (int)k, sizeof data);
    int result = stk_cache_put(&cache, key, data, length_of(k));
    t->stored += result >= 0;
    t->refused += result == STK_E_PINNED;
    if (result < 0 && result != STK_E_PINNED) {
        t->wrong = "a put was refused though nothing was pinned";
    }
}

static void *run(void *arg) {
    struct tally *t = arg;
    for (uint32_t i = 0; i < EACH; i++) {
        uint8_t key[STK_CACHE_KEY_BYTES];
        uint32_t k = next(&t->seed) % KEYS, what = next(&t->seed) % 100u;
        struct stk_cache_report report;
        struct stk_cache_metrics metrics;
        key_of(k, key);
        if (what < 50) {
            look(t, k, key);
        } else if (what < 97) {
            store(t, k, key);
        } else if (what < 98) {
            stk_cache_metrics(&cache, &metrics);
            t->wrong = stk_cache_report(&cache, k % SHARDS, &report) < 0 ? "a report failed" : t->wrong;
        } else {
            int removed = stk_cache_remove(&cache, key);
            t->wrong = removed < 0 && removed != STK_E_PINNED ? "a remove failed" : t->wrong;
        }
    }
    return NULL;
}

static void threads_share_a_cache(void **state) {
    struct stk_arena arena;
    struct tally tally[THREADS], sum = {0};
    pthread_t thread[THREADS];
    struct stk_cache_metrics m;
    (void)state;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_posix_locks_open(&locks, SHARDS, &arena), STK_OK);
    struct stk_cache_config config = {SHARDS, ENTRIES, BYTES, &stk_posix_lock_ops, &locks};
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_OK);
    for (uint32_t i = 0; i < THREADS; i++) {
        tally[i] = (struct tally){.seed = i};
        assert_int_equal(pthread_create(&thread[i], NULL, run, &tally[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        if (tally[i].wrong != NULL) {
            fail_msg("%s", tally[i].wrong);
        }
        sum.lookups += tally[i].lookups;
        sum.hits += tally[i].hits;
        sum.stored += tally[i].stored;
        sum.refused += tally[i].refused;
    }
    stk_cache_metrics(&cache, &m);
    assert_int_equal(m.lookups, sum.lookups);
    assert_int_equal(m.hits, sum.hits);
    assert_int_equal(m.puts, sum.stored);
    assert_int_equal(m.rejected_puts, sum.refused);
    assert_true(m.hits > 0 && m.cache_misses > 0 && m.evictions > 0);
    assert_true(m.entries <= SHARDS * ENTRIES && m.bytes <= SHARDS * BYTES);
    stk_posix_locks_close(&locks);
    assert_int_equal(locks.count, 0);
}

static void locks_want_an_object_and_an_arena(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_posix_locks_open(NULL, 3, &arena), STK_E_ARG);
    assert_int_equal(stk_posix_locks_open(&locks, 0, &arena), STK_E_ARG);
    assert_int_equal(stk_posix_locks_open(&locks, 3, NULL), STK_E_ARG);
    assert_int_equal(stk_posix_locks_open(&locks, STK_POSIX_LOCKS_MAX + 1, &arena), STK_E_OVERFLOW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_cache),
        cmocka_unit_test(locks_want_an_object_and_an_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
