#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "flash_store.h"
#include "stoker/artifact.h"

static struct stk_blake3 hasher;

#define TEXT(s)                                                                                                        \
    { s, sizeof(s) - 1u }

static const struct stk_span sources[] = {TEXT("kernel void k() {}"), TEXT("void f();"), {NULL, 0}};
static const struct stk_artifact_recipe recipe = {7, 3, sources, TEXT("-O2"), TEXT("some device"), TEXT("1.2.3")};

/// Keys ///

/* Compares a key with the hash of the bytes that SPEC.md, 9.4 gives, written out here. */
static void a_key_is_what_the_format_says(void **state) {
    static const char context[] = "stoker 0.1 artifact key, version 1";
    static const uint8_t bytes[] = "\7\0\0\0\3\0\0\0"
                                   "\22\0\0\0\0\0\0\0kernel void k() {}"
                                   "\11\0\0\0\0\0\0\0void f();"
                                   "\0\0\0\0\0\0\0\0"
                                   "\3\0\0\0\0\0\0\0-O2"
                                   "\13\0\0\0\0\0\0\0some device"
                                   "\5\0\0\0\0\0\0\0001.2.3";
    struct stk_blake3 hash;
    uint8_t want[32], key[32];
    (void)state;
    assert_int_equal(stk_blake3_init_derive(&hash, context, sizeof context - 1u), STK_OK);
    assert_int_equal(stk_blake3_update(&hash, bytes, sizeof bytes - 1u), STK_OK);
    stk_blake3_digest(&hash, want);
    assert_int_equal(stk_artifact_key(&hasher, &recipe, key), STK_OK);
    assert_memory_equal(key, want, sizeof key);
}

/* Each differs from the first in one member, or in where one member ends and the next begins. */
static void recipes_that_differ_have_keys_that_differ(void **state) {
    static const struct stk_span joined[] = {TEXT("kernel void k() {}void f();"), {NULL, 0}, {NULL, 0}};
    static const struct stk_span turned[] = {TEXT("void f();"), TEXT("kernel void k() {}"), {NULL, 0}};
    struct stk_artifact_recipe r[] = {recipe, recipe, recipe, recipe, recipe, recipe, recipe, recipe, recipe};
    uint8_t key[9][32];
    (void)state;
    r[1].abi = 8;
    r[2].source_count = 2;
    r[3].sources = joined;
    r[4].sources = turned;
    r[5].options = (struct stk_span)TEXT("-O3");
    r[6].device = (struct stk_span)TEXT("some device1");
    r[6].driver = (struct stk_span)TEXT(".2.3");
    r[7].driver = (struct stk_span)TEXT("1.2.4");
    r[8].device = (struct stk_span)TEXT("some devic");
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(stk_artifact_key(&hasher, &r[i], key[i]), STK_OK);
        for (uint32_t j = 0; j < i; j++) {
            assert_memory_not_equal(key[i], key[j], 32);
        }
    }
}

static void a_span_without_data_has_no_key(void **state) {
    static const struct stk_span none[] = {{NULL, 1}};
    struct stk_artifact_recipe r = recipe;
    uint8_t key[32] = {9};
    (void)state;
    r.source_count = 1;
    r.sources = none;
    assert_int_equal(stk_artifact_key(&hasher, &r, key), STK_E_ARG);
    r = recipe;
    r.driver.data = NULL;
    assert_int_equal(stk_artifact_key(&hasher, &r, key), STK_E_ARG);
    assert_int_equal(key[0], 9);
    r.source_count = 0;
    r.sources = NULL;
    r.driver.bytes = 0;
    assert_int_equal(stk_artifact_key(&hasher, &r, key), STK_OK);
}

/// RAM over flash ///

STK_ARENA_DEFINE(cache_memory, STK_CACHE_BYTES(1, 2, 300));
static struct stk_cache cache;

static void open_both(void) {
    const struct stk_cache_config config = {.shards = 1, .entries = 2, .bytes = 300};
    struct stk_arena arena;
    stk_arena_init(&arena, cache_memory, sizeof cache_memory);
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_OK);
    world_open(&geometries[0]);
}

static void what_left_the_cache_comes_back_from_the_store(void **state) {
    uint8_t scratch[400];
    struct stk_artifact out = {NULL, 0};
    (void)state;
    open_both();
    for (uint32_t k = 0; k < 3; k++) {
        content(world.data, k, 100);
        assert_int_equal(stk_artifact_put(&cache, &world.store, key_of(k), world.data, 100), 0);
    }
    assert_int_equal(stk_artifact_get(&cache, &world.store, key_of(2), NULL, 0, &out), 1);
    assert_int_equal(out.bytes, 100);
    assert_int_equal(stk_artifact_get(&cache, &world.store, key_of(0), scratch, 99, &out), STK_E_SPACE);
    assert_int_equal(stk_artifact_get(&cache, &world.store, key_of(0), scratch, sizeof scratch, &out), 2);
    content(world.data, 0, 100);
    assert_ptr_equal(out.data, scratch);
    assert_int_equal(out.bytes, 100);
    assert_memory_equal(scratch, world.data, 100);
    assert_int_equal(stk_artifact_get(&cache, &world.store, key_of(0), scratch, sizeof scratch, &out), 1);
    assert_memory_equal(out.data, world.data, 100);
    assert_int_equal(stk_artifact_get(&cache, &world.store, key_of(9), scratch, sizeof scratch, &out), 0);
}

static void each_keeps_what_the_other_refuses(void **state) {
    uint8_t scratch[400];
    struct stk_artifact out = {NULL, 0};
    (void)state;
    open_both();
    content(world.data, 5, 350);
    assert_int_equal(stk_artifact_put(&cache, &world.store, key_of(5), world.data, 350), 0);
    assert_int_equal(stk_artifact_get(&cache, &world.store, key_of(5), scratch, sizeof scratch, &out), 2);
    assert_memory_equal(scratch, world.data, 350);
    world.flash.off = true;
    assert_int_equal(stk_artifact_put(&cache, &world.store, key_of(6), world.data, 30), STK_E_IO);
    assert_int_equal(stk_artifact_get(&cache, &world.store, key_of(6), scratch, sizeof scratch, &out), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_what_the_format_says),
        cmocka_unit_test(recipes_that_differ_have_keys_that_differ),
        cmocka_unit_test(a_span_without_data_has_no_key),
        cmocka_unit_test(what_left_the_cache_comes_back_from_the_store),
        cmocka_unit_test(each_keeps_what_the_other_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
