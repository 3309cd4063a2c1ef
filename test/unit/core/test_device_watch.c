/* How it is noticed that host and device no longer see each other's stores. The test moves the words by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/device_watch.h"

#define SLOTS   4u
#define WORKERS 2u
#define WATCH   UINT64_C(1600) /* nanoseconds */
#define HALF    (WATCH / 2u)
#define ROUND   (WORKERS * 2u) /* heartbeats that two workers make while they go round so small a ring */
#define BYTES   STK_DEVICE_MEMORY_BYTES(SLOTS, 0u, 0u, 0u, 0u, 0u)

static const struct stk_device_layout layout = {.slots = SLOTS, .tenants = 1};
STK_STORAGE_DEFINE(bytes, BYTES);
static struct stk_device_memory memory;
static struct stk_device_watch watch;
static struct stk_device_watched watched;
static uint8_t tries[SLOTS];
static uint64_t now;

static int set_up(void **state) {
    struct stk_arena arena;
    (void)state;
    memset(tries, 0, sizeof tries);
    memset(&watch, 0, sizeof watch);
    stk_arena_init(&arena, bytes, sizeof bytes);
    assert_int_equal(stk_device_memory_init(&memory, &layout, &arena), STK_OK);
    watched = (struct stk_device_watched){.memory = &memory, .tries = tries, .workers = WORKERS, .watch_ns = WATCH};
    now = 5000;
    stk_device_watch_start(&watch, &watched, now);
    return 0;
}

static void status_is(uint32_t slot, uint32_t status) {
    stk_store_release(memory.ring + (size_t)slot * STK_SLOT_WORDS, status);
}

static void grow(uint32_t word, uint32_t by) {
    (void)stk_fetch_add(memory.control + word, by);
}

static void take(uint32_t slot) {
    (void)stk_fetch_add(stk_device_custody(&memory) + slot, 1u);
}

/* Looks often enough that all of the time counts. */
static enum stk_device_sight pass(uint64_t ns) {
    enum stk_device_sight sight = STK_SIGHT_GOOD;
    for (uint64_t end = now + ns; now < end && sight == STK_SIGHT_GOOD;) {
        now += HALF / 16u;
        sight = stk_device_watch_running(&watch, &watched, now);
    }
    return sight;
}

/// While a launch runs ///

static void a_device_without_work_is_good(void **state) {
    (void)state;
    assert_int_equal(pass(10u * WATCH), STK_SIGHT_GOOD);
}

static void a_published_slot_that_workers_pass_over_shows_a_blind_device(void **state) {
    (void)state;
    status_is(2, STK_SLOT_PUBLISHED);
    assert_int_equal(pass(HALF), STK_SIGHT_GOOD); /* now the slot is under watch */
    grow(STK_CTL_HEARTBEAT, ROUND);
    assert_int_equal(pass(HALF - HALF / 16u), STK_SIGHT_GOOD);
    assert_int_equal(pass(HALF), STK_SIGHT_NOT_TAKEN);
}

static void few_heartbeats_show_nothing(void **state) {
    (void)state;
    status_is(2, STK_SLOT_PUBLISHED);
    assert_int_equal(pass(HALF), STK_SIGHT_GOOD);
    grow(STK_CTL_HEARTBEAT, ROUND - 1u);
    assert_int_equal(pass(10u * WATCH), STK_SIGHT_GOOD);
    grow(STK_CTL_HEARTBEAT, 1u);
    assert_int_equal(pass(HALF), STK_SIGHT_NOT_TAKEN);
}

static void a_heartbeat_that_stands_still_shows_a_blind_host(void **state) {
    (void)state;
    status_is(0, STK_SLOT_PUBLISHED);
    assert_int_equal(pass(WATCH), STK_SIGHT_NO_HEARTBEAT);
    assert_int_equal(pass(HALF), STK_SIGHT_NO_HEARTBEAT); /* where the port knows that the launch only waits */
}

static void a_long_handler_is_no_blindness(void **state) {
    (void)state;
    status_is(0, STK_SLOT_PUBLISHED);
    status_is(1, STK_SLOT_CLAIMED);
    take(1);
    assert_int_equal(pass(10u * WATCH), STK_SIGHT_GOOD);
}

static void a_status_that_a_tenant_forged_hides_nothing(void **state) {
    (void)state;
    status_is(0, STK_SLOT_PUBLISHED);
    status_is(1, STK_SLOT_CLAIMED); /* in nobody's custody */
    assert_int_equal(pass(WATCH), STK_SIGHT_NO_HEARTBEAT);
}

static void progress_begins_the_watch_anew(void **state) {
    static const uint32_t counters[] = {STK_CTL_DONE_COUNT, STK_CTL_FAULT_COUNT};
    (void)state;
    status_is(0, STK_SLOT_PUBLISHED);
    for (uint32_t i = 0; i < 20u; i++) {
        assert_int_equal(pass(WATCH - WATCH / 8u), STK_SIGHT_GOOD);
        grow(counters[i % 2u], 1);
        assert_int_equal(pass(HALF / 16u), STK_SIGHT_GOOD);
    }
    assert_int_equal(pass(2u * WATCH), STK_SIGHT_NO_HEARTBEAT);
}

static void a_slot_that_was_taken_since_is_no_longer_watched(void **state) {
    (void)state;
    status_is(0, STK_SLOT_PUBLISHED);
    assert_int_equal(pass(HALF), STK_SIGHT_GOOD);
    take(0);
    take(0); /* the worker let the slot go, and the tenant stored PUBLISHED again */
    assert_int_equal(pass(WATCH - HALF / 8u), STK_SIGHT_GOOD);
    assert_int_equal(pass(WATCH), STK_SIGHT_NO_HEARTBEAT);
}

static void only_slots_that_the_port_put_back_count_as_waiting(void **state) {
    (void)state;
    status_is(0, STK_SLOT_REQUEUE);
    assert_int_equal(pass(5u * WATCH), STK_SIGHT_GOOD); /* a handler put it back, and may leave it so */
    tries[0] = 1;
    assert_int_equal(pass(2u * WATCH), STK_SIGHT_NO_HEARTBEAT);
}

static void slots_in_custody_are_not_picked(void **state) {
    (void)state;
    status_is(0, STK_SLOT_PUBLISHED);
    take(0);
    grow(STK_CTL_HEARTBEAT, 100);
    assert_int_equal(pass(5u * WATCH), STK_SIGHT_GOOD);
}

static void a_watch_that_never_ends_finds_nothing(void **state) {
    (void)state;
    watched.watch_ns = UINT64_MAX;
    stk_device_watch_start(&watch, &watched, now);
    status_is(0, STK_SLOT_PUBLISHED);
    assert_int_equal(pass(100u * WATCH), STK_SIGHT_GOOD);
}

/// After launches ///

static enum stk_device_sight launch_ends(uint32_t times) {
    enum stk_device_sight sight = STK_SIGHT_GOOD;
    while (times-- != 0u && sight == STK_SIGHT_GOOD) {
        sight = stk_device_watch_launch_end(&watch, &watched);
    }
    return sight;
}

static void launches_that_touch_nothing_show_it(void **state) {
    (void)state;
    assert_int_equal(launch_ends(100), STK_SIGHT_GOOD); /* there is nothing to touch */
    status_is(1, STK_SLOT_PUBLISHED);
    assert_int_equal(launch_ends(1), STK_SIGHT_GOOD); /* this look picks the slot to watch */
    assert_int_equal(launch_ends(STK_WATCH_LAUNCHES - 1u), STK_SIGHT_GOOD);
    assert_int_equal(launch_ends(1), STK_SIGHT_UNTOUCHED);
}

static void a_launch_that_did_something_begins_the_count_anew(void **state) {
    (void)state;
    status_is(1, STK_SLOT_PUBLISHED);
    for (uint32_t i = 0; i < 20u; i++) {
        assert_int_equal(launch_ends(STK_WATCH_LAUNCHES - 1u), STK_SIGHT_GOOD);
        if (i % 2u == 0u) {
            grow(STK_CTL_DONE_COUNT, 1);
        } else {
            take(1);
            take(1);
        }
    }
    assert_int_equal(launch_ends(STK_WATCH_LAUNCHES), STK_SIGHT_GOOD);
    assert_int_equal(launch_ends(1), STK_SIGHT_UNTOUCHED);
}

static void each_sight_has_a_text_of_its_own(void **state) {
    (void)state;
    for (int a = STK_SIGHT_GOOD; a <= STK_SIGHT_UNTOUCHED; a++) {
        for (int b = STK_SIGHT_GOOD; b < a; b++) {
            assert_string_not_equal(stk_device_sight_text((enum stk_device_sight)a),
                                    stk_device_sight_text((enum stk_device_sight)b));
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_device_without_work_is_good),
        TEST(a_published_slot_that_workers_pass_over_shows_a_blind_device),
        TEST(few_heartbeats_show_nothing),
        TEST(a_heartbeat_that_stands_still_shows_a_blind_host),
        TEST(a_long_handler_is_no_blindness),
        TEST(a_status_that_a_tenant_forged_hides_nothing),
        TEST(progress_begins_the_watch_anew),
        TEST(a_slot_that_was_taken_since_is_no_longer_watched),
        TEST(only_slots_that_the_port_put_back_count_as_waiting),
        TEST(slots_in_custody_are_not_picked),
        TEST(a_watch_that_never_ends_finds_nothing),
        TEST(launches_that_touch_nothing_show_it),
        TEST(a_launch_that_did_something_begins_the_count_anew),
        TEST(each_sight_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
