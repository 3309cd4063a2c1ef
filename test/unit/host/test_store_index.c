/* The index of the flash store: any keys, in any order, and no entry is lost or found twice. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stoker/port/sim_flash.h"
#include "stoker/store.h"

#define MANY 3000u

static const struct stk_flash_geometry geometry = {1, 64, 4096, 1000, 0xFF, STK_FLASH_MANY, 0};
static struct stk_sim_flash flash;
static struct stk_store store;
static _Alignas(64) uint8_t index_memory[STK_STORE_BYTES(MANY)];
static uint8_t buffer[16384];

static void open_store(uint32_t entries) {
    const struct stk_sim_flash_config config = {.geometry = geometry};
    const struct stk_store_config store_config = {
        .flash = {&stk_sim_flash_ops, &flash}, .buffer = buffer, .buffer_bytes = sizeof buffer, .entries = entries};
    static void *medium;
    struct stk_arena arena;
    size_t bytes;
    assert_int_equal(stk_sim_flash_bytes(&geometry, &bytes), STK_OK);
    free(medium);
    medium = aligned_alloc(STK_ALIGN, STK_ARENA_BYTES(bytes));
    stk_arena_init(&arena, medium, STK_ARENA_BYTES(bytes));
    assert_int_equal(stk_sim_flash_init(&flash, &config, &arena), STK_OK);
    stk_arena_init(&arena, index_memory, STK_STORE_BYTES(entries));
    assert_int_equal(stk_store_init(&store, &store_config, &arena), STK_OK);
    assert_int_equal(arena.used, STK_STORE_BYTES(entries));
    assert_int_equal(stk_store_format(&store, 1), STK_OK);
}

/* Families of keys: counted at the front, counted at the end, and each equal to the one before it up to one more bit,
 * so that each parts from the others at another depth. */
static const uint8_t *key_of(uint32_t family, uint32_t i) {
    static uint8_t key[STK_STORE_KEY_BYTES];
    memset(key, 0, sizeof key);
    if (family == 0) {
        memcpy(key, &i, sizeof i);
    } else if (family == 1) {
        memcpy(key + sizeof key - sizeof i, &i, sizeof i);
    } else {
        for (uint32_t bit = 0; bit < i; bit++) {
            key[bit / 8u] |= (uint8_t)(128u >> bit % 8u);
        }
    }
    return key;
}

static int put(const uint8_t *key, uint32_t what) {
    const struct stk_span span = {&what, sizeof what};
    return stk_store_put(&store, key, &span, 1);
}

static int got(const uint8_t *key, uint32_t what) {
    uint32_t back = 0, bytes = 0;
    int err = stk_store_get(&store, key, &back, sizeof back, &bytes);
    assert_true(err != 1 || (bytes == sizeof back && back == what));
    return err;
}

static uint32_t count_of(uint32_t family) {
    return family == 2 ? 8u * STK_STORE_KEY_BYTES + 1u : MANY;
}

static void keys_of_any_kind_are_found_and_no_other(void **state) {
    (void)state;
    for (uint32_t family = 0; family < 3; family++) {
        uint32_t n = count_of(family);
        open_store(n);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(stk_store_find(&store, key_of(family, i), NULL), 0);
            assert_int_equal(put(key_of(family, i), i), 0);
        }
        assert_int_equal(store.count, n);
        assert_int_equal(stk_store_mount(&store, NULL), n);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(got(key_of(family, i), i), 1);
        }
    }
}

/* Takes keys out in an order that jumps about and puts others in, so that entries and their nodes change places. */
static void entries_that_left_are_used_again(void **state) {
    static uint8_t is_in[MANY];
    (void)state;
    for (uint32_t family = 0; family < 3; family++) {
        uint32_t n = count_of(family), in = 0, at = 1;
        memset(is_in, 0, sizeof is_in);
        open_store(n);
        for (uint32_t i = 0; i < 4u * n; i++) {
            at = at * 1664525u + 1013904223u;
            uint32_t k = (at >> 8) % n;
            if (is_in[k]) {
                assert_int_equal(stk_store_remove(&store, key_of(family, k)), 1);
                assert_int_equal(stk_store_find(&store, key_of(family, k), NULL), 0);
            } else {
                assert_int_equal(put(key_of(family, k), k), 0);
            }
            is_in[k] ^= 1u;
            in += is_in[k] ? 1u : UINT32_MAX;
            assert_int_equal(store.count, in);
        }
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(stk_store_find(&store, key_of(family, i), NULL), is_in[i]);
        }
        assert_int_equal(stk_store_mount(&store, NULL), in);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(stk_store_find(&store, key_of(family, i), NULL), is_in[i]);
        }
    }
}

/* A full index lets the oldest go, one for each new key, in the order in which they were put last. */
static void a_full_index_lets_artifacts_go_by_age(void **state) {
    (void)state;
    open_store(50);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(put(key_of(0, i), i), 0);
    }
    for (uint32_t i = 0; i < 50; i += 2) { /* even ones become the newest */
        assert_int_equal(put(key_of(0, i), i), 0);
    }
    for (uint32_t i = 0; i < 50; i++) {
        uint32_t oldest = i < 25 ? 2u * i + 1u : 2u * (i - 25u);
        assert_int_equal(stk_store_find(&store, key_of(0, oldest), NULL), 1);
        assert_int_equal(put(key_of(1, 1000u + i), i), 1);
        assert_int_equal(stk_store_find(&store, key_of(0, oldest), NULL), 0);
        assert_int_equal(store.count, 50);
    }
    assert_int_equal(stk_store_mount(&store, NULL), 50);
}

/* Both parts of the buffer are as aligned as the buffer, so that a port which moves data by DMA can use them. */
static uint32_t misaligned;

static int aligned_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    misaligned += (uintptr_t)data % 512u != 0;
    return stk_sim_flash_ops.read(ctx, block, offset, data, bytes);
}

static int aligned_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    misaligned += (uintptr_t)data % 512u != 0;
    return stk_sim_flash_ops.prog(ctx, block, offset, data, bytes);
}

static void an_aligned_buffer_keeps_reads_and_programs_aligned(void **state) {
    const struct stk_flash_geometry g = {512, 512, 2048, 8, 0xFF, STK_FLASH_MANY, 0};
    static _Alignas(512) uint8_t least[STK_STORE_BUFFER_BYTES(512, 512)];
    static _Alignas(64) uint8_t medium[65536];
    const struct stk_sim_flash_config config = {.geometry = g};
    struct stk_flash_ops ops = stk_sim_flash_ops;
    struct stk_store_config store_config = {
        .flash = {&ops, &flash}, .buffer = least, .buffer_bytes = sizeof least, .entries = 9};
    struct stk_arena arena;
    (void)state;
    ops.read = aligned_read;
    ops.prog = aligned_prog;
    misaligned = 0;
    stk_arena_init(&arena, medium, sizeof medium);
    assert_int_equal(stk_sim_flash_init(&flash, &config, &arena), STK_OK);
    stk_arena_init(&arena, index_memory, sizeof index_memory);
    assert_int_equal(stk_store_init(&store, &store_config, &arena), STK_OK);
    assert_int_equal(stk_store_format(&store, 1), STK_OK);
    for (uint32_t i = 0; i < 50; i++) {
        assert_true(put(key_of(0, i % 5u), i) >= 0);
        assert_int_equal(got(key_of(0, i % 5u), i), 1);
    }
    assert_true(stk_store_mount(&store, NULL) > 0);
    assert_int_equal(misaligned, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_any_kind_are_found_and_no_other),
        cmocka_unit_test(entries_that_left_are_used_again),
        cmocka_unit_test(a_full_index_lets_artifacts_go_by_age),
        cmocka_unit_test(an_aligned_buffer_keeps_reads_and_programs_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
