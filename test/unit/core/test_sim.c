/* Tests the simulated ports, on which other tests rely. So each setting is tested by itself. test/contract has the
 * contracts of all ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/port/sim.h"
#include "stoker/slot.h"

#define DEPTH   8u
#define SOURCES 3u
#define SLOTS   8u

static _Alignas(STK_ALIGN) uint8_t ingest_mem[STK_SIM_INGEST_BYTES(DEPTH, SOURCES)];
static _Alignas(STK_ALIGN) uint8_t dispatch_mem[STK_SIM_DISPATCH_BYTES(SLOTS)];
static _Alignas(64) uint32_t ring[SLOTS * STK_SLOT_WORDS];
static _Alignas(64) uint32_t control[STK_CTL_WORDS_MIN];
static uint8_t data[256], dst[256];
static struct stk_sim_platform clock_;
static struct stk_sim_ingest ingest;
static struct stk_sim_dispatch dispatch;

/// Platform ///

static void the_clock_steps_with_each_look(void **state) {
    (void)state;
    stk_sim_platform_init(&clock_, 100, 7);
    assert_true(stk_sim_platform_ops.now_ns(&clock_) == 100);
    assert_true(stk_sim_platform_ops.now_ns(&clock_) == 107);
    assert_true(clock_.reads == 2);
    stk_sim_platform_init(&clock_, UINT64_MAX, 0);
    assert_true(stk_sim_platform_ops.now_ns(&clock_) == UINT64_MAX);
    assert_true(stk_sim_platform_ops.now_ns(&clock_) == UINT64_MAX);
}

static void a_wait_takes_its_timeout_unless_the_word_changed(void **state) {
    uint32_t word = stk_le32(5);
    (void)state;
    stk_sim_platform_init(&clock_, 0, 0);
    assert_int_equal(stk_sim_platform_ops.wait(&clock_, &word, stk_le32(5), 1000), STK_E_TIMEOUT);
    assert_true(clock_.now == 1000);
    assert_int_equal(stk_sim_platform_ops.wait(&clock_, &word, stk_le32(4), 1000), STK_OK);
    assert_true(clock_.now == 1000 && clock_.waits == 2 && clock_.timeouts == 1);
    stk_sim_platform_ops.wake(&clock_, &word);
    assert_true(clock_.wakes == 1);
}

static uint32_t hooked_word;

static void change_on_third_call(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    uint32_t *calls = ctx;
    assert_ptr_equal(word, &hooked_word);
    assert_int_equal(seen, 0);
    assert_true(timeout_ns == 10);
    if (++*calls == 3) {
        stk_store_release(&hooked_word, 1);
    }
}

static void the_hook_stands_for_the_world_during_a_wait(void **state) {
    uint32_t calls = 0;
    (void)state;
    hooked_word = 0;
    stk_sim_platform_init(&clock_, 0, 0);
    clock_.hook = change_on_third_call;
    clock_.hook_ctx = &calls;
    assert_int_equal(stk_sim_platform_ops.wait(&clock_, &hooked_word, 0, 10), STK_E_TIMEOUT);
    assert_int_equal(stk_sim_platform_ops.wait(&clock_, &hooked_word, 0, 10), STK_E_TIMEOUT);
    assert_int_equal(stk_sim_platform_ops.wait(&clock_, &hooked_word, 0, 10), STK_OK);
    assert_true(clock_.now == 20);
}

/// Ingest ///

/* An ingest port with one source of 256 known bytes. */
static void open_ingest(struct stk_sim_ingest_config config, bool sequential) {
    struct stk_arena arena;
    config.depth = DEPTH;
    config.sources = SOURCES;
    for (uint32_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7u + 1u);
    }
    memset(dst, 0, sizeof dst);
    stk_arena_init(&arena, ingest_mem, sizeof ingest_mem);
    assert_int_equal(stk_sim_ingest_init(&ingest, &config, &arena), STK_OK);
    assert_int_equal(arena.used, sizeof ingest_mem);
    assert_int_equal(stk_sim_ingest_add(&ingest, data, sizeof data, sequential), 0);
}

static int submit_at(uint64_t offset, uint32_t bytes, uint32_t tag) {
    struct stk_ingest_read read = {0, offset, bytes, dst + tag * 32, tag, 0};
    return stk_sim_ingest_ops.submit(&ingest, &read, 1);
}

static int reap(struct stk_ingest_done *done, uint32_t max) {
    return stk_sim_ingest_ops.reap(&ingest, done, max, 0);
}

static void assert_adds_up(void) {
    struct stk_ingest_stats s;
    stk_sim_ingest_ops.stats(&ingest, &s);
    assert_true(s.submitted == s.completed + s.failed + ingest.in_flight);
    assert_true(s.bounce_bytes == 0);
}

static void reads_end_in_order_without_a_seed(void **state) {
    struct stk_ingest_done done[DEPTH];
    (void)state;
    open_ingest((struct stk_sim_ingest_config){0}, false);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(submit_at(i * 10, 32, i), 1);
    }
    assert_int_equal(reap(done, 4), 4);
    assert_int_equal(reap(done + 4, DEPTH), 2);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(done[i].tag, i);
        assert_int_equal(done[i].result, 32);
        assert_memory_equal(dst + i * 32, data + i * 10, 32);
    }
    assert_int_equal(reap(done, DEPTH), 0);
    assert_adds_up();
    assert_true(ingest.stats.bytes == 6 * 32 && ingest.stats.os_reads == 6);
}

/* Tags in the order in which 8 reads end, as one number. */
static uint32_t order_for(uint64_t seed) {
    struct stk_ingest_done done[DEPTH];
    uint32_t order = 0, seen = 0;
    open_ingest((struct stk_sim_ingest_config){.seed = seed}, false);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(submit_at(0, 8, i), 1);
    }
    assert_int_equal(reap(done, DEPTH), DEPTH);
    for (uint32_t i = 0; i < DEPTH; i++) {
        order = order * 8 + done[i].tag;
        seen |= 1u << done[i].tag;
    }
    assert_int_equal(seen, 0xFF);
    return order;
}

static void a_seed_shuffles_and_repeats_itself(void **state) {
    uint32_t differ = 0, in_order = order_for(0);
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint32_t order = order_for(seed);
        assert_int_equal(order, order_for(seed));
        differ += order != in_order;
    }
    assert_true(differ >= 19);
}

static void a_sequential_source_stays_in_order_under_any_seed(void **state) {
    struct stk_ingest_done done[DEPTH];
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        open_ingest((struct stk_sim_ingest_config){.seed = seed}, true);
        for (uint32_t i = 0; i < 6; i++) {
            assert_int_equal(submit_at(99, 32, i), 1);
        }
        assert_int_equal(reap(done, DEPTH), 6);
        for (uint32_t i = 0; i < 6; i++) {
            assert_int_equal(done[i].tag, i);
        }
        assert_memory_equal(dst, data, 6 * 32);
    }
}

static void a_shrunk_source_ends_earlier(void **state) {
    struct stk_ingest_done done;
    (void)state;
    open_ingest((struct stk_sim_ingest_config){0}, false);
    assert_int_equal(submit_at(0, 32, 0), 1);
    assert_int_equal(stk_sim_ingest_shrink(&ingest, 0, 20), STK_OK);
    assert_int_equal(stk_sim_ingest_shrink(&ingest, 0, 21), STK_E_ARG);
    assert_int_equal(stk_sim_ingest_shrink(&ingest, 1, 0), STK_E_RANGE);
    assert_int_equal(reap(&done, 1), 1);
    assert_int_equal(done.result, 20);
}

static void the_nth_read_fails_as_scripted(void **state) {
    static const struct stk_sim_injected_error injected[] = {
        {.nth = 1, .event = STK_SIM_FAIL, .err = STK_E_NOMEM, .os_error = 12},
        {.nth = 2, .event = STK_SIM_FAIL, .os_error = 5},
        {.nth = 3, .event = STK_SIM_SHORT, .value = 9},
    };
    struct stk_ingest_done done[4];
    (void)state;
    open_ingest((struct stk_sim_ingest_config){.injected = injected, .n_injected = 3}, false);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit_at(0, 32, i), 1);
    }
    assert_int_equal(reap(done, 4), 4);
    assert_int_equal(done[0].result, 32);
    assert_int_equal(done[1].result, STK_E_NOMEM);
    assert_int_equal(done[1].os_error, 12);
    assert_int_equal(done[2].result, STK_E_IO);
    assert_int_equal(done[2].os_error, 5);
    assert_int_equal(done[3].result, 9);
    assert_adds_up();
    assert_true(ingest.stats.failed == 2 && ingest.stats.bytes == 32 + 9);
}

static void delays_count_reaps_and_move_the_clock(void **state) {
    static const struct stk_sim_injected_error late = {.nth = 1, .event = STK_SIM_DELAY, .value = 2};
    struct stk_ingest_done done[2];
    (void)state;
    stk_sim_platform_init(&clock_, 0, 0);
    open_ingest((struct stk_sim_ingest_config){.delay = 1, .injected = &late, .n_injected = 1, .clock = &clock_},
                false);
    assert_int_equal(submit_at(0, 8, 0), 1);
    assert_int_equal(submit_at(0, 8, 1), 1);
    assert_int_equal(stk_sim_ingest_ops.reap(&ingest, done, 2, 50), 0);
    assert_true(clock_.now == 50);
    assert_int_equal(stk_sim_ingest_ops.reap(&ingest, done, 2, 50), 1);
    assert_int_equal(done[0].tag, 0);
    assert_true(clock_.now == 50);
    assert_int_equal(stk_sim_ingest_ops.reap(&ingest, done, 2, 50), 0);
    assert_int_equal(stk_sim_ingest_ops.reap(&ingest, done, 2, 50), 1);
    assert_int_equal(done[0].tag, 1);
    assert_int_equal(stk_sim_ingest_ops.reap(&ingest, done, 2, 50), 0);
    assert_true(clock_.now == 100); /* nothing in flight: nothing to wait for */
}

static void a_hung_read_ends_by_cancel_alone(void **state) {
    static const struct stk_sim_injected_error hang = {.nth = 0, .event = STK_SIM_HANG};
    struct stk_ingest_done done[2];
    (void)state;
    open_ingest((struct stk_sim_ingest_config){.injected = &hang, .n_injected = 1}, false);
    assert_int_equal(submit_at(0, 8, 0), 1);
    assert_int_equal(submit_at(0, 8, 1), 1);
    assert_int_equal(reap(done, 2), 1);
    assert_int_equal(done[0].tag, 1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(reap(done, 2), 0);
    }
    ingest.deaf = true;
    assert_int_equal(stk_sim_ingest_ops.cancel(&ingest, 0, UINT32_MAX), STK_OK);
    assert_int_equal(reap(done, 2), 0);
    ingest.deaf = false;
    ingest.cancel_err = STK_E_IO;
    assert_int_equal(stk_sim_ingest_ops.cancel(&ingest, 0, UINT32_MAX), STK_E_IO);
    assert_int_equal(reap(done, 2), 0);
    ingest.cancel_err = 0;
    assert_int_equal(stk_sim_ingest_ops.cancel(&ingest, 1, UINT32_MAX), STK_OK); /* not the tag of this read */
    assert_int_equal(reap(done, 2), 0);
    assert_int_equal(stk_sim_ingest_ops.cancel(&ingest, 0, 0), STK_OK);
    assert_int_equal(reap(done, 2), 1);
    assert_int_equal(done[0].result, STK_E_CANCELED);
    assert_int_equal(ingest.cancels, 4);
    assert_adds_up();
}

static void submit_refuses_on_demand_and_when_full(void **state) {
    struct stk_ingest_read batch[DEPTH + 1];
    (void)state;
    open_ingest((struct stk_sim_ingest_config){0}, false);
    for (uint32_t i = 0; i <= DEPTH; i++) {
        batch[i] = (struct stk_ingest_read){0, i, 1, dst + i, i, 0};
    }
    ingest.refuse = 1;
    assert_int_equal(stk_sim_ingest_ops.submit(&ingest, batch, 2), 0);
    ingest.submit_err = STK_E_IO;
    assert_int_equal(stk_sim_ingest_ops.submit(&ingest, batch, 2), STK_E_IO);
    ingest.submit_err = 0;
    ingest.take_max = 3;
    assert_int_equal(stk_sim_ingest_ops.submit(&ingest, batch, DEPTH + 1), 3);
    ingest.take_max = 0;
    assert_int_equal(stk_sim_ingest_ops.submit(&ingest, batch + 3, DEPTH - 2), (int)DEPTH - 3);
    assert_int_equal(stk_sim_ingest_ops.submit(&ingest, batch, 1), 0);
    assert_int_equal(ingest.in_flight, DEPTH);
    ingest.reap_err = STK_E_DEVICE;
    struct stk_ingest_done done;
    assert_int_equal(reap(&done, 1), STK_E_DEVICE);
    ingest.reap_err = 0;
    assert_int_equal(reap(&done, 1), 1);
    assert_adds_up();
}

/// Dispatch ///

static void open_dispatch(struct stk_sim_dispatch_config config) {
    struct stk_arena arena;
    memset(ring, 0, sizeof ring);
    memset(control, 0, sizeof control);
    config.memory = (struct stk_device_memory){
        .ring = ring, .slots = SLOTS, .control = control, .control_words = STK_CTL_WORDS_MIN};
    stk_arena_init(&arena, dispatch_mem, sizeof dispatch_mem);
    assert_int_equal(stk_sim_dispatch_init(&dispatch, &config, &arena), STK_OK);
    assert_int_equal(arena.used, sizeof dispatch_mem);
}

static void set_status(uint32_t slot, uint32_t status) {
    stk_store_release(STK_SLOT_AT(ring, slot), status);
}

static uint32_t status_of(uint32_t slot) {
    return stk_load_acquire(STK_SLOT_AT(ring, slot));
}

static int drive(bool pending) {
    return stk_sim_dispatch_ops.drive(&dispatch, pending);
}

static int leave_as_arg0(void *ctx, uint32_t slot_index, uint32_t *words) {
    uint32_t *calls = ctx;
    ++*calls;
    assert_int_equal(stk_load(words), STK_SLOT_CLAIMED);
    assert_ptr_equal(words, STK_SLOT_AT(ring, slot_index));
    stk_store(words + STK_SLOT_ARG0 + STK_RESULT_ARG, slot_index + 100);
    return (int)(int32_t)stk_load(words + STK_SLOT_ARG0);
}

static void a_drive_runs_the_handler_and_leaves_what_it_says(void **state) {
    uint32_t calls = 0;
    (void)state;
    open_dispatch((struct stk_sim_dispatch_config){.handler = leave_as_arg0, .handler_ctx = &calls});
    set_status(0, STK_SLOT_PUBLISHED);
    set_status(2, STK_SLOT_REQUEUE);
    stk_store(STK_SLOT_AT(ring, 2) + STK_SLOT_ARG0, (uint32_t)STK_E_SLOT_FAULT);
    set_status(3, STK_SLOT_YIELD);
    stk_store(STK_SLOT_AT(ring, 3) + STK_SLOT_ARG0, STK_SLOT_WAIT_IO);
    set_status(4, STK_SLOT_WAIT_IO);
    assert_int_equal(drive(false), 0); /* nobody said that work waits */
    assert_int_equal(drive(true), 1);
    assert_int_equal(calls, 3);
    assert_int_equal(status_of(0), STK_SLOT_DONE);
    assert_int_equal(status_of(1), STK_SLOT_EMPTY);
    assert_int_equal(status_of(2), STK_SLOT_FAULT);
    assert_int_equal(status_of(3), STK_SLOT_WAIT_IO);
    assert_int_equal(status_of(4), STK_SLOT_WAIT_IO);
    assert_int_equal(stk_load(ring + STK_SLOT_ARG0 + STK_RESULT_ARG), 100);
    assert_int_equal(stk_load(control + STK_CTL_DONE_COUNT), 1);
    assert_int_equal(stk_load(control + STK_CTL_FAULT_COUNT), 1);
    assert_true(dispatch.done == 1 && dispatch.faulted == 1);
    assert_int_equal(drive(true), 0);
}

static void slots_end_after_the_delay(void **state) {
    (void)state;
    open_dispatch((struct stk_sim_dispatch_config){.delay = 2});
    dispatch.drives = UINT32_MAX - 1; /* the next drives make the counter wrap */
    set_status(1, STK_SLOT_PUBLISHED);
    assert_int_equal(drive(true), 1);
    assert_int_equal(status_of(1), STK_SLOT_CLAIMED);
    assert_int_equal(drive(true), 0);
    assert_int_equal(status_of(1), STK_SLOT_CLAIMED);
    assert_int_equal(drive(true), 1);
    assert_int_equal(status_of(1), STK_SLOT_DONE);
}

static void a_drive_takes_at_most_per_drive_slots(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        open_dispatch((struct stk_sim_dispatch_config){.per_drive = 3, .seed = seed});
        for (uint32_t i = 0; i < SLOTS; i++) {
            set_status(i, STK_SLOT_PUBLISHED);
        }
        assert_int_equal(drive(true), 1);
        assert_true(dispatch.done == 3);
        assert_int_equal(drive(true), 1);
        assert_int_equal(drive(true), 1);
        assert_true(dispatch.done == SLOTS);
    }
}

static void a_lost_device_says_so_and_can_be_revived(void **state) {
    (void)state;
    open_dispatch((struct stk_sim_dispatch_config){.delay = 1});
    set_status(0, STK_SLOT_PUBLISHED);
    set_status(1, STK_SLOT_PUBLISHED);
    dispatch.lose_after = 1;
    assert_int_equal(drive(true), 1);
    assert_int_equal(drive(true), STK_E_DEVICE);
    assert_int_equal(drive(true), STK_E_DEVICE);
    assert_int_equal(stk_sim_dispatch_ops.stop(&dispatch, 1), STK_E_DEVICE);
    assert_int_equal(status_of(0), STK_SLOT_DONE);
    assert_int_equal(status_of(1), STK_SLOT_CLAIMED);
    stk_sim_dispatch_revive(&dispatch);
    assert_int_equal(drive(true), 1);
    assert_int_equal(status_of(1), STK_SLOT_CLAIMED); /* the host has to put the slot back */
    set_status(1, STK_SLOT_REQUEUE);
    assert_int_equal(drive(true), 1);
    assert_int_equal(drive(true), 1);
    assert_int_equal(status_of(1), STK_SLOT_DONE);
    struct stk_dispatch_info info;
    stk_sim_dispatch_ops.info(&dispatch, &info);
    assert_true(info.launches == 2 && info.idle_ends == 1); /* the second one is under way */
    assert_int_equal(info.residency, STK_RESIDENT);
}

static void a_stuck_device_claims_and_never_ends(void **state) {
    (void)state;
    stk_sim_platform_init(&clock_, 0, 0);
    open_dispatch((struct stk_sim_dispatch_config){.clock = &clock_});
    dispatch.stuck = true;
    set_status(0, STK_SLOT_PUBLISHED);
    assert_int_equal(drive(true), 1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(drive(true), 0);
    }
    assert_int_equal(status_of(0), STK_SLOT_CLAIMED);
    assert_int_equal(stk_sim_dispatch_ops.stop(&dispatch, 77), STK_E_TIMEOUT);
    assert_true(clock_.now == 77);
    dispatch.stuck = false;
    dispatch.stop_hangs = true;
    assert_int_equal(stk_sim_dispatch_ops.stop(&dispatch, 3), STK_E_TIMEOUT);
    assert_true(clock_.now == 80);
    dispatch.stop_hangs = false;
    assert_int_equal(stk_sim_dispatch_ops.stop(&dispatch, 3), STK_OK);
    assert_int_equal(status_of(0), STK_SLOT_DONE); /* a worker ends what it holds */
}

static void an_idle_device_and_a_told_one_claim_nothing(void **state) {
    (void)state;
    open_dispatch((struct stk_sim_dispatch_config){0});
    set_status(0, STK_SLOT_PUBLISHED);
    dispatch.idle = true;
    assert_int_equal(drive(true), 1); /* launched */
    assert_int_equal(drive(true), 0);
    assert_int_equal(status_of(0), STK_SLOT_PUBLISHED);
    dispatch.idle = false;
    stk_store_release(control + STK_CTL_SHUTDOWN, 1);
    assert_int_equal(drive(true), 0);
    assert_int_equal(stk_sim_dispatch_ops.stop(&dispatch, 1), STK_OK);
    assert_int_equal(status_of(0), STK_SLOT_PUBLISHED);
}

static void a_device_has_workers_from_its_launch_until_they_have_left(void **state) {
    (void)state;
    open_dispatch((struct stk_sim_dispatch_config){0});
    assert_false(stk_sim_dispatch_ops.has_workers(&dispatch));
    assert_int_equal(drive(false), 0);
    assert_false(stk_sim_dispatch_ops.has_workers(&dispatch));
    assert_int_equal(drive(true), 1);
    assert_true(stk_sim_dispatch_ops.has_workers(&dispatch));
    assert_int_equal(stk_sim_dispatch_ops.stop(&dispatch, 1), STK_OK);
    assert_false(stk_sim_dispatch_ops.has_workers(&dispatch));
    assert_int_equal(drive(true), 1);
    dispatch.lost = true;
    assert_false(stk_sim_dispatch_ops.has_workers(&dispatch));
    open_dispatch((struct stk_sim_dispatch_config){.residency = STK_BATCH});
    assert_int_equal(drive(true), 1);
    assert_false(stk_sim_dispatch_ops.has_workers(&dispatch)); /* they have copies */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_steps_with_each_look),
        cmocka_unit_test(a_wait_takes_its_timeout_unless_the_word_changed),
        cmocka_unit_test(the_hook_stands_for_the_world_during_a_wait),
        cmocka_unit_test(reads_end_in_order_without_a_seed),
        cmocka_unit_test(a_seed_shuffles_and_repeats_itself),
        cmocka_unit_test(a_sequential_source_stays_in_order_under_any_seed),
        cmocka_unit_test(a_shrunk_source_ends_earlier),
        cmocka_unit_test(the_nth_read_fails_as_scripted),
        cmocka_unit_test(delays_count_reaps_and_move_the_clock),
        cmocka_unit_test(a_hung_read_ends_by_cancel_alone),
        cmocka_unit_test(submit_refuses_on_demand_and_when_full),
        cmocka_unit_test(a_drive_runs_the_handler_and_leaves_what_it_says),
        cmocka_unit_test(slots_end_after_the_delay),
        cmocka_unit_test(a_drive_takes_at_most_per_drive_slots),
        cmocka_unit_test(a_lost_device_says_so_and_can_be_revived),
        cmocka_unit_test(a_stuck_device_claims_and_never_ends),
        cmocka_unit_test(an_idle_device_and_a_told_one_claim_nothing),
        cmocka_unit_test(a_device_has_workers_from_its_launch_until_they_have_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
