/* Tests the promises of core/POWER-CUTS.md for a store, row by row, on each kind of medium. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>

#include "power_cuts.h"
#include "stoker/store.h"

#define ENTRIES 8u
#define OLD     100u /* bytes of an artifact; 150 of the one in its place */
#define NEW     150u

static struct {
    struct stk_store store;
    _Alignas(64) uint8_t index[STK_STORE_BYTES(ENTRIES)];
    _Alignas(64) uint8_t buffer[STK_STORE_BUFFER_BYTES(PAGE_MAX, PAGE_MAX) + 512u];
    bool returned; /* the call that was cut came to its end */
    uint32_t dropped;
} w;

/// A store ///

static const uint8_t *key_of(uint32_t k) {
    static uint8_t key[STK_STORE_KEY_BYTES];
    memset(key, 0x5A, sizeof key);
    key[0] = (uint8_t)k;
    return key;
}

static void content(uint8_t *data, uint32_t k, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(k * 31u + bytes + i * 7u);
    }
}

static void on_dropped(void *ctx, const uint8_t *key, uint32_t bytes) {
    (void)ctx, (void)key, (void)bytes;
    w.dropped++;
}

static void put(uint32_t k, uint32_t bytes) {
    uint8_t data[NEW];
    const struct stk_span span = {data, bytes};
    int err;
    content(data, k, bytes);
    err = stk_store_put(&w.store, key_of(k), &span, 1);
    w.returned = err >= 0 && !power.flash.off;
    assert_true(err >= 0 || power.flash.off);
}

/* Returns the bytes of k's artifact, which is whole; 0: it has none. */
static uint32_t got(uint32_t k) {
    uint8_t data[NEW], want[NEW];
    uint32_t bytes = 0;
    int err = stk_store_get(&w.store, key_of(k), data, sizeof data, &bytes);
    if (err != 1) {
        return 0;
    }
    assert_true(bytes == OLD || bytes == NEW);
    content(want, k, bytes);
    assert_memory_equal(data, want, bytes);
    return bytes;
}

/* Returns false where a page holds many records: there such a store has room for fewer artifacts than the tests put. */
static void begin(const struct medium *m) {
    const struct stk_store_config config = {.flash = {&stk_sim_flash_ops, &power.flash},
                                            .buffer = w.buffer,
                                            .buffer_bytes = sizeof w.buffer,
                                            .entries = ENTRIES,
                                            .dropped = on_dropped};
    struct stk_arena arena;
    power_begin(m, BLOCKS_MAX);
    stk_arena_init(&arena, w.index, sizeof w.index);
    assert_int_equal(stk_store_init(&w.store, &config, &arena), STK_OK);
    assert_int_equal(stk_store_format(&w.store, 3), STK_OK);
    put(1, OLD);
    put(2, OLD);
    w.dropped = 0;
    w.returned = false;
}

static void mount(void) {
    assert_true(stk_store_mount(&w.store, NULL) >= 0);
}

/// Rows ///

static void put_another_and_poll(void) {
    put(3, NEW);
    if (w.returned) {
        w.returned = stk_store_poll(&w.store) >= 0 && !power.flash.off;
    }
    if (w.returned) {
        put(4, OLD);
    }
}

static void both_are_there(bool cut) {
    mount();
    assert_int_equal(got(1), OLD);
    assert_int_equal(got(2), OLD);
    assert_true(cut || (got(3) == NEW && got(4) == OLD));
}

static void an_artifact_survives_every_later_cut_once_put_has_returned(void **state) {
    (void)state;
    cut_everywhere(begin, put_another_and_poll, both_are_there);
}

static void replace(void) {
    put(1, NEW);
}

/* Key 1 has a whole artifact: the old or the new artifact, and the new one if the put returned before the cut. Key 2
 * keeps the old artifact. */
static void old_or_new(bool cut) {
    mount();
    assert_true(got(1) == NEW || (!w.returned && got(1) == OLD));
    assert_int_equal(got(2), OLD);
    put(1, OLD); /* the store takes the next artifact */
    mount();
    assert_int_equal(got(1), OLD);
    (void)cut;
}

static void a_cut_put_leaves_the_new_artifact_or_the_old_one(void **state) {
    (void)state;
    cut_everywhere(begin, replace, old_or_new);
}

static void remove_it(void) {
    int err = stk_store_remove(&w.store, key_of(1));
    w.returned = err >= 0 && !power.flash.off;
}

static void there_or_not(bool cut) {
    mount();
    assert_true(got(1) == 0 || (!w.returned && got(1) == OLD));
    assert_int_equal(got(2), OLD);
    (void)cut;
}

static void a_cut_remove_leaves_the_artifact_or_none(void **state) {
    (void)state;
    cut_everywhere(begin, remove_it, there_or_not);
}

static void begin_removed(const struct medium *m) {
    begin(m);
    remove_it();
    assert_true(w.returned);
}

static void it_stays_away(bool cut) {
    mount();
    assert_int_equal(got(1), 0);
    assert_int_equal(got(2), OLD);
    (void)cut;
}

static void a_removed_artifact_stays_away_once_remove_has_returned(void **state) {
    (void)state;
    cut_everywhere(begin_removed, put_another_and_poll, it_stays_away);
}

/* Makes a store whose log has had a lap, so the store has dropped artifacts. */
static void begin_full(const struct medium *m) {
    begin(m);
    for (uint32_t i = 0; i < 40u; i++) {
        put(3u + i % 4u, OLD);
    }
    put(1, OLD);
    put(2, OLD);
}

static void a_cut_erase_costs_a_store_the_oldest_artifacts_only(void **state) {
    (void)state;
    cut_everywhere(begin_full, put_another_and_poll, both_are_there);
}

static void a_mount_and_a_get_write_nothing(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        struct stk_sim_flash_counts counts;
        begin(&media[i]);
        counts = power.flash.counts;
        both_are_there(true);
        assert_true(stk_store_poll(&w.store) >= 0); /* nothing was put since the mount */
        assert_int_equal(power.flash.counts.programs, counts.programs);
        assert_int_equal(power.flash.counts.erases, counts.erases);
    }
}

static void cuts_in_a_row_cost_no_artifact_that_was_put(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        for (uint32_t seed = 1; seed < 60u; seed++) {
            begin(&media[i]);
            power.rng = seed;
            for (uint32_t cuts = 0; cuts < 4u; cuts++) {
                power_cut_at(luck(64), luck(400));
                put(3, luck(2) ? OLD : NEW);
                (void)power_return();
                mount();
            }
            assert_int_equal(got(1), OLD);
            assert_int_equal(got(2), OLD);
            (void)got(3);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_artifact_survives_every_later_cut_once_put_has_returned),
        cmocka_unit_test(a_cut_put_leaves_the_new_artifact_or_the_old_one),
        cmocka_unit_test(a_cut_remove_leaves_the_artifact_or_none),
        cmocka_unit_test(a_removed_artifact_stays_away_once_remove_has_returned),
        cmocka_unit_test(a_cut_erase_costs_a_store_the_oldest_artifacts_only),
        cmocka_unit_test(a_mount_and_a_get_write_nothing),
        cmocka_unit_test(cuts_in_a_row_cost_no_artifact_that_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
