/* Tests the deadlines of the stream with a clock that jumps, as after a stop of the process. The stream takes the
 * results of the work that the device did during the stop, and gives the device time for the rest of the work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/device_stop.h"
#include "stream_world.h"

#define HOUR    (UINT64_C(3600000) * MS)
#define TIMEOUT (100 * MS)

static void stuck_world(uint64_t timeout_ns) {
    world_parts(NULL, NULL);
    w.config.slot_timeout_ns = timeout_ns;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    w.device.stuck = true;
}

static void slot_that_was_published_before_a_pause_may_end_after_it(void **state) {
    (void)state;
    stuck_world(TIMEOUT);
    queue_some(3, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    for (int i = 0; i < 5; i++) {
        w.clock.now += HOUR;
        assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    }
    w.device.stuck = false;
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 3);
}

static void stop_in_the_sleep(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx, (void)word, (void)seen, (void)timeout_ns;
    w.clock.now += HOUR;
    w.clock.hook = NULL;
}

/* The process comes back out of a sleep. Then the deadline of the call is not over, and the deadline of a slot is not
 * over either. */
static void pause_inside_a_call_ends_neither_the_call_nor_its_slots(void **state) {
    (void)state;
    stuck_world(TIMEOUT);
    queue_some(2, 100);
    w.clock.hook = stop_in_the_sleep;
    assert_int_equal(stk_stream_poll(&w.stream, 50 * MS), 0);
    assert_in_range(w.clock.now - HOUR, 40 * MS, 60 * MS);
    w.clock.hook = stop_in_the_sleep;
    assert_int_equal(stk_stream_drain(&w.stream, 8 * MS), STK_E_TIMEOUT);
    assert_int_equal(w.stream.info.err, STK_OK); /* the deadline of the drain is over, not that of a slot */
    w.clock.hook = stop_in_the_sleep;
    assert_int_equal(stk_stream_wait_word(&w.stream, w.control + STK_CTL_OBSERVABLE, 1, 8 * MS), STK_E_TIMEOUT);
    assert_int_equal(w.stream.info.err, STK_OK);
    w.device.stuck = false;
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 2);
}

static void end_that_came_in_the_pause_is_seen(void **state) {
    (void)state;
    stuck_world(TIMEOUT);
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 95 * MS), 0);
    w.clock.now += HOUR;
    w.device.stuck = false; /* the device was not stopped */
    assert_int_equal(stk_stream_poll(&w.stream, 0), 1);
}

static void slot_that_never_ends_times_out_for_a_caller_that_polls_once_an_hour(void **state) {
    int err = 0;
    uint32_t polls;
    (void)state;
    stuck_world(TIMEOUT);
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    for (polls = 0; polls < 20u && err == 0; polls++) {
        w.clock.now += HOUR;
        err = stk_stream_poll(&w.stream, 0);
    }
    assert_int_equal(err, STK_E_TIMEOUT);
    assert_in_range(polls, 2, 9);
    assert_int_equal(w.stream.info.index, FIRST_SLOT);
}

static void time_before_a_slot_is_published_is_not_the_slots(void **state) {
    (void)state;
    stuck_world(8 * MS);
    w.device.stuck = false;
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 1);
    w.clock.now += HOUR;
    w.device.stuck = true;
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 7 * MS), 0);
    assert_int_equal(stk_stream_poll(&w.stream, 2 * MS), STK_E_TIMEOUT);
}

static void clock_that_goes_back_times_nothing_out(void **state) {
    (void)state;
    stuck_world(TIMEOUT);
    w.clock.now = HOUR;
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    w.clock.now = 0;
    assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    w.device.stuck = false;
    w.clock.now = 0;
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 2);
    assert_true(result(0)->latency_ns == 0u);
}

static void greatest_timeouts_never_end(void **state) {
    (void)state;
    stuck_world(UINT64_MAX);
    queue_some(2, 100);
    for (int i = 0; i < 20; i++) {
        w.clock.now += HOUR;
        assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    }
    w.device.stuck = false;
    assert_int_equal(stk_stream_poll(&w.stream, UINT64_MAX), 2);
    queue_some(2, 100);
    assert_int_equal(stk_stream_drain(&w.stream, UINT64_MAX), STK_OK);
    assert_int_equal(stk_stream_wait_word(&w.stream, w.control + STK_CTL_OBSERVABLE, 0, UINT64_MAX), STK_OK);
    queue_some(2, 100);
    assert_int_equal(stk_stream_close(&w.stream, UINT64_MAX), STK_OK);
    assert_int_equal(w.count, 6);
}

static int stops;

/* Stands for a port that was stopped with the process: its first stop comes back late and without success. */
static int late_stop(void *ctx, uint64_t timeout_ns) {
    w.clock.now += stops++ == 0 ? HOUR : timeout_ns / 2u;
    return stops < 4 ? STK_E_TIMEOUT : stk_sim_dispatch_ops.stop(ctx, timeout_ns);
}

static void stop_asks_the_port_again_after_a_pause(void **state) {
    struct stk_dispatch_ops slow = stk_sim_dispatch_ops;
    (void)state;
    world_parts(NULL, NULL);
    slow.stop = late_stop;
    w.config.dispatch.ops = &slow;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    queue_some(2, 100);
    stops = 0;
    assert_int_equal(stk_device_stop(w.control, &w.config.dispatch, &w.config.platform, 8000 * MS), STK_OK);
    assert_int_equal(stops, 4);
    assert_int_equal(stk_load(&w.control[STK_CTL_SHUTDOWN]), 1);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slot_that_was_published_before_a_pause_may_end_after_it),
        cmocka_unit_test(pause_inside_a_call_ends_neither_the_call_nor_its_slots),
        cmocka_unit_test(end_that_came_in_the_pause_is_seen),
        cmocka_unit_test(slot_that_never_ends_times_out_for_a_caller_that_polls_once_an_hour),
        cmocka_unit_test(time_before_a_slot_is_published_is_not_the_slots),
        cmocka_unit_test(clock_that_goes_back_times_nothing_out),
        cmocka_unit_test(greatest_timeouts_never_end),
        cmocka_unit_test(stop_asks_the_port_again_after_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
