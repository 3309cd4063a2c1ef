/* The order in which a stream publishes: that of the reads, or that in which the reads come back. Results are handed
 * out in the order of the reads either way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream_world.h"

static const struct stk_sim_injected_error first_is_late[] = {{0, STK_SIM_DELAY, 30, 0, 0}};

static void order_world(const struct stk_sim_injected_error *injected, uint32_t n,
                        const struct stk_sim_dispatch_config *device, uint32_t any_order, uint32_t epoch_chunks) {
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .injected = injected, .n_injected = n};
    world_parts(&ingest, device);
    w.config.any_order = any_order;
    w.config.epoch_chunks = epoch_chunks;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
}

/* A few turns, in which nothing is handed out. */
static void turns(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    }
}

/* Turns until `n` chunks were handed out. (The simulated port counts reaps, and a reap that waits moves the clock.) */
static void finish(uint32_t n) {
    for (uint32_t i = 0; i < 200u && w.count < n; i++) {
        assert_true(stk_stream_poll(&w.stream, 0) >= 0);
    }
    assert_int_equal(w.count, n);
}

static uint32_t status_of(uint32_t chunk) {
    return stk_load_acquire(STK_SLOT_AT(w.ring, FIRST_SLOT + chunk % DEPTH));
}

static void expect_in_order(uint32_t n, int err) {
    assert_int_equal(w.count, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(result(i)->offset, i * 200u);
        assert_true(err == STK_OK ? result(i)->err == STK_OK : result(i)->err < 0);
    }
}

static void a_read_that_is_late_holds_back_those_behind_it(void **state) {
    (void)state;
    order_world(first_is_late, 1, NULL, 0, 0);
    queue_some(DEPTH, 200);
    turns(10);
    assert_int_equal(w.stream.stats.slots, 0);
    finish(DEPTH);
    expect_in_order(DEPTH, STK_OK);
}

static void without_an_order_a_late_read_holds_back_its_own_slot_alone(void **state) {
    (void)state;
    order_world(first_is_late, 1, NULL, 1, 0);
    queue_some(DEPTH, 200);
    turns(10);
    assert_int_equal(w.stream.stats.slots, DEPTH - 1u);
    for (uint32_t i = 1; i < DEPTH; i++) {
        assert_int_equal(status_of(i), STK_SLOT_DONE); /* the device worked meanwhile */
    }
    assert_int_equal(status_of(0), STK_SLOT_EMPTY);
    assert_int_equal(w.stream.ahead, DEPTH - 1u);
    finish(DEPTH);
    expect_in_order(DEPTH, STK_OK);
    assert_int_equal(w.stream.ahead, 0);
    assert_int_equal(w.stream.stats.bytes, DEPTH * 200u);
    assert_neighbours_untouched();
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
}

/* Reads come back in an order that is drawn, and each buffer is used many times. */
static void many_chunks_in_any_order_come_out_in_order(void **state) {
    struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .delay = 1};
    (void)state;
    for (uint64_t seed = 1; seed <= 20u; seed++) {
        uint32_t queued = 0;
        ingest.seed = seed;
        world_parts(&ingest, NULL);
        w.config.any_order = 1;
        assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
        while (w.count < 24u) {
            while (queued < 24u && stk_stream_in_flight(&w.stream) < DEPTH) {
                queue(read_at(queued * 200u, 200, queued == 0u ? 0 : LEAD_MAX));
                queued++;
            }
            assert_true(stk_stream_poll(&w.stream, MS) >= 0);
        }
        expect_in_order(24, STK_OK);
        assert_int_equal(w.stream.ahead, 0);
        assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    }
}

/* A pipe's chunks get the end of the chunk before them, so they keep the order. */
static void a_pipe_keeps_its_order(void **state) {
    (void)state;
    order_world(first_is_late, 1, NULL, 1, 0);
    queue(read_at(0, 200, 0));
    queue(pipe_read(0, 200, 0));
    queue(read_at(400, 200, 0));
    turns(10);
    assert_int_equal(w.stream.stats.slots, 1);
    assert_int_equal(status_of(1), STK_SLOT_EMPTY);
    assert_int_equal(status_of(2), STK_SLOT_DONE);
    finish(3);
}

static void a_read_that_fails_or_ends_takes_its_turn(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_DELAY, 30, 0, 0},
                                                             {2, STK_SIM_FAIL, 0, STK_E_IO, 5}};
    (void)state;
    order_world(injected, 2, NULL, 1, 0);
    queue(read_at(0, 200, 0));
    queue(read_at(200, 200, 0));
    queue(read_at(400, 200, 0));
    queue(read_at(SOURCE, 200, 0)); /* this read begins at the end of the source and finds no data */
    queue(read_at(800, 200, 0));
    turns(10);
    assert_int_equal(w.stream.stats.slots, 2);
    finish(5);
    assert_int_equal(result(1)->err, STK_OK);
    assert_int_equal(result(2)->err, STK_E_IO);
    assert_true(result(3)->err == STK_OK && result(3)->bytes == 0);
    assert_int_equal(result(4)->offset, 800);
}

/* Chunks behind the fence of an epoch are published only after the fence has ended. */
static void no_chunk_passes_a_fence(void **state) {
    (void)state;
    order_world(first_is_late, 1, NULL, 1, 4);
    w.config.dispatch = (struct stk_dispatch_port){&stk_interp_ops, &w.interp};
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, NULL), STK_OK);
    w.stream.config.dispatch = w.config.dispatch;
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct stk_stream_read read = read_at(i * 200u, 200, 0);
        read.opcode = STK_OP_SUM64;
        queue(read);
    }
    turns(10);
    assert_int_equal(w.stream.stats.slots, 3);
    finish(DEPTH);
    expect_in_order(DEPTH, STK_OK);
    assert_int_equal(stk_stream_drain(&w.stream, 100 * MS), STK_OK); /* the second fence */
    assert_int_equal(stk_load(w.control + STK_CTL_EPOCH), 2);
}

static void a_close_ends_what_ran_ahead(void **state) {
    static const struct stk_sim_injected_error hung[] = {{0, STK_SIM_HANG, 0, 0, 0}};
    (void)state;
    order_world(hung, 1, NULL, 1, 0);
    w.device.idle = true; /* the device takes no slot */
    queue_some(DEPTH, 200);
    turns(10);
    assert_int_equal(w.stream.ahead, DEPTH - 1u);
    assert_int_equal(status_of(3), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_stream_close(&w.stream, 100 * MS), STK_OK);
    expect_in_order(DEPTH, STK_E_CANCELED);
    assert_int_equal(w.stream.ahead, 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(status_of(i), STK_SLOT_EMPTY);
    }
}

static void a_lost_device_ends_what_ran_ahead(void **state) {
    static const struct stk_sim_injected_error hung[] = {{0, STK_SIM_HANG, 0, 0, 0}};
    (void)state;
    order_world(hung, 1, NULL, 1, 0);
    w.device.lost = true;
    queue_some(DEPTH, 200);
    for (uint32_t i = 0; i < 10u; i++) {
        assert_true(stk_stream_poll(&w.stream, 0) == STK_E_DEVICE);
    }
    assert_int_equal(w.stream.ahead, DEPTH - 1u);
    assert_int_equal(stk_stream_close(&w.stream, 100 * MS), STK_E_DEVICE);
    expect_in_order(DEPTH, STK_E_DEVICE);
    assert_int_equal(w.stream.ahead, 0);
}

static void a_slot_that_is_in_use_is_left_alone(void **state) {
    int err = 0;
    (void)state;
    order_world(first_is_late, 1, NULL, 1, 0);
    w.device.idle = true;
    stk_store(STK_SLOT_AT(w.ring, FIRST_SLOT + 2u), STK_SLOT_PUBLISHED); /* another party has published this slot */
    queue_some(4, 200);
    for (uint32_t i = 0; i < 5u && err >= 0; i++) {
        err = stk_stream_poll(&w.stream, 0);
    }
    assert_int_equal(err, STK_E_STATUS);
    assert_int_equal(w.stream.ahead, 1);
    stk_store(STK_SLOT_AT(w.ring, FIRST_SLOT + 2u), STK_SLOT_EMPTY);
    w.device.idle = false;
    finish(4);
    expect_in_order(4, STK_OK);
}

static void any_order_is_yes_or_no(void **state) {
    (void)state;
    world_parts(NULL, NULL);
    w.config.any_order = 2;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_E_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_that_is_late_holds_back_those_behind_it),
        cmocka_unit_test(without_an_order_a_late_read_holds_back_its_own_slot_alone),
        cmocka_unit_test(many_chunks_in_any_order_come_out_in_order),
        cmocka_unit_test(a_pipe_keeps_its_order),
        cmocka_unit_test(a_read_that_fails_or_ends_takes_its_turn),
        cmocka_unit_test(no_chunk_passes_a_fence),
        cmocka_unit_test(a_close_ends_what_ran_ahead),
        cmocka_unit_test(a_lost_device_ends_what_ran_ahead),
        cmocka_unit_test(a_slot_that_is_in_use_is_left_alone),
        cmocka_unit_test(any_order_is_yes_or_no),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
