/* Compares the store with a simple model over random calls, with mounts in between. The store must have the artifacts
 * of the model, except those that it reported as dropped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash_store.h"

#define STEPS  250u
#define NAMES  12u /* keys in use: more than the index holds */
#define ABSENT UINT32_MAX

static struct { uint32_t tag[NAMES], bytes[NAMES]; /* ABSENT */ } model;

static uint32_t random_state;

static uint32_t below(uint32_t n) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

/* Removes from the model the artifacts that the store reported as dropped since the last call. */
static void follow_drops(uint32_t but) {
    for (uint32_t k = 0; k < NAMES; k++) {
        if (world.dropped[k] != 0 && k != but) {
            model.bytes[k] = ABSENT;
        }
    }
    memset(world.dropped, 0, sizeof world.dropped);
}

static void check_one(uint32_t k) {
    uint32_t bytes = 0;
    int there = model.bytes[k] != ABSENT;
    assert_int_equal(stk_store_find(&world.store, key_of(k), &bytes), there);
    assert_int_equal(got(k, model.tag[k], there ? model.bytes[k] : 0), there);
    assert_int_equal(bytes, there ? model.bytes[k] : 0);
}

static void check_all(void) {
    uint32_t artifacts = 0;
    uint64_t bytes = 0;
    for (uint32_t k = 0; k < NAMES; k++) {
        check_one(k);
        artifacts += model.bytes[k] != ABSENT;
        bytes += model.bytes[k] != ABSENT ? model.bytes[k] : 0;
    }
    assert_int_equal(stats().artifacts, artifacts);
    assert_true(stats().bytes == bytes && stats().corrupt == 0);
}

static void step(uint32_t tag) {
    uint32_t k = below(NAMES), what = below(16), most = stk_store_largest(&world.flash.config.geometry);
    if (what < 9) {
        uint32_t bytes = below(8) == 0 ? below(most + 1u) : below(most / 8u + 1u);
        assert_true(put(k, tag, bytes) >= 0);
        follow_drops(k);
        model.tag[k] = tag;
        model.bytes[k] = bytes;
    } else if (what < 11) {
        int there = model.bytes[k] != ABSENT;
        assert_int_equal(stk_store_remove(&world.store, key_of(k)), there);
        follow_drops(k);
        model.bytes[k] = ABSENT;
    } else if (what < 13) {
        assert_true(stk_store_poll(&world.store) >= 0);
        follow_drops(NAMES);
    } else if (what < 14) {
        assert_int_equal(world_mount(), stats().artifacts);
        check_all();
    } else {
        check_one(k);
    }
}

/* Numbers that wrap on the way are as good as any. */
static void number_from(uint32_t sequence) {
    const struct stk_log_config config = {
        {&stk_sim_flash_ops, &world.flash}, world.buffer, stk_log_buffer_bytes(&world.flash.config.geometry)};
    assert_int_equal(stk_log_format(&world.store.log, &config, STORE_ID, sequence), STK_OK);
    assert_int_equal(world_mount(), 0);
}

static void the_store_has_what_a_naive_model_has(void **state) {
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        world_open(&geometries[g]);
        memset(&model, 0xFF, sizeof model);
        random_state = (uint32_t)g + 1u;
        number_from((uint32_t)-200);
        for (uint32_t i = 0; i < STEPS; i++) {
            step(i);
        }
        check_all();
        assert_true(rules_kept());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_store_has_what_a_naive_model_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
