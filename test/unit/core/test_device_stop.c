/* Stopping a device: what runs ends, what waits stays, and the port is asked as long as there is time. (That it is
 * asked again after a pause is in test_stream_pause.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/control.h"
#include "stoker/device_stop.h"
#include "stream_world.h"

static int stop(uint64_t timeout_ns) {
    return stk_device_stop(w.control, &w.config.dispatch, &w.config.platform, timeout_ns);
}

static void claimed_slots_end_and_the_others_wait(void **state) {
    const struct stk_sim_dispatch_config device = {.delay = 20, .per_drive = 2};
    struct stk_control control = {NULL, STK_CTL_WORDS_MIN + 4u};
    (void)state;
    world(NULL, &device);
    control.words = w.control;
    queue_some(4, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(stop(0), STK_OK);
    assert_int_equal(stk_load(&w.control[STK_CTL_SHUTDOWN]), 1);
    assert_int_equal(stk_ring_status(&w.stream.ring, FIRST_SLOT + 1u), STK_SLOT_DONE);
    assert_int_equal(stk_ring_status(&w.stream.ring, FIRST_SLOT + 2u), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 2);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    assert_int_equal(stk_control_set_shutdown(&control, 0, NULL), STK_OK);
    assert_int_equal(stk_stream_drain(&w.stream, 100 * MS), STK_OK); /* the device goes on */
    assert_int_equal(w.count, 4);
}

static void workers_that_do_not_leave_are_waited_for(void **state) {
    (void)state;
    world(NULL, NULL);
    w.device.stop_hangs = true;
    assert_int_equal(stop(MS), STK_E_TIMEOUT);
    assert_in_range(w.clock.now, MS, 2 * MS);
    w.device.stop_hangs = false;
    assert_int_equal(stop(MS), STK_OK);
    w.device.lost = true;
    assert_int_equal(stop(MS), STK_E_DEVICE);
}

static void stop_wants_everything_that_it_calls(void **state) {
    static const struct stk_dispatch_ops no_stop;
    static const struct stk_platform_ops no_clock;
    (void)state;
    world(NULL, NULL);
    assert_int_equal(stk_device_stop(NULL, &w.config.dispatch, &w.config.platform, MS), STK_E_ARG);
    w.config.dispatch.ops = &no_stop;
    assert_int_equal(stop(MS), STK_E_ARG);
    w.config.dispatch.ops = NULL;
    assert_int_equal(stop(MS), STK_E_ARG);
    w.config.dispatch.ops = &stk_sim_dispatch_ops;
    w.config.platform.ops = &no_clock;
    assert_int_equal(stop(MS), STK_E_ARG);
    w.config.platform.ops = NULL;
    assert_int_equal(stop(MS), STK_E_ARG);
    assert_int_equal(stk_load(&w.control[STK_CTL_SHUTDOWN]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claimed_slots_end_and_the_others_wait),
        cmocka_unit_test(workers_that_do_not_leave_are_waited_for),
        cmocka_unit_test(stop_wants_everything_that_it_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
