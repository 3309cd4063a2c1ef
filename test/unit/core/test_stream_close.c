/* Tests close of a stream in each state of its chunks. Every chunk goes to the callback once, in order. The stream
 * starts nothing more, and the device goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/device_stop.h"
#include "stream_world.h"

static int status_of(uint32_t chunk) {
    return stk_ring_status(&w.stream.ring, FIRST_SLOT + chunk);
}

/* The stream is closed: `n` chunks came back in order, no call does anything, and the ingest port knows nobody. */
static void assert_closed(uint32_t n) {
    struct stk_stream_read r = read_at(0, 1, 0);
    uint32_t i;
    assert_int_equal(w.count, n);
    for (i = 0; i < n; i++) {
        assert_int_equal(result(i)->tag, i * 100u);
    }
    assert_int_equal(stk_stream_in_flight(&w.stream), 0);
    assert_null(w.port.readers);
    assert_int_equal(w.ingest.in_flight, 0);
    assert_int_equal(stk_stream_read(&w.stream, &r), STK_E_SHUTDOWN);
    assert_int_equal(stk_stream_poll(&w.stream, MS), STK_E_SHUTDOWN);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_E_SHUTDOWN);
    assert_int_equal(stk_stream_wait_word(&w.stream, w.control, 1, MS), STK_E_SHUTDOWN);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_SHUTDOWN);
    assert_int_equal(w.count, n);
}

static void stream_with_nothing_in_flight_ends_at_once(void **state) {
    (void)state;
    world(NULL, NULL);
    queue_some(3, 100);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(stk_stream_close(&w.stream, 0), STK_OK);
    assert_closed(3);
    assert_int_equal(stk_load(&w.control[STK_CTL_SHUTDOWN]), 0);
}

static void reads_that_were_never_submitted_are_canceled(void **state) {
    uint32_t i;
    (void)state;
    world(NULL, NULL);
    queue_some(DEPTH, 100);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    for (i = 0; i < DEPTH; i++) {
        assert_int_equal(result(i)->err, STK_E_CANCELED);
    }
    assert_int_equal(w.ingest.stats.submitted, 0);
    assert_closed(DEPTH);
}

static void reads_in_flight_are_canceled_and_waited_for(void **state) {
    static const struct stk_sim_injected_error hang[] = {{1, STK_SIM_HANG, 0, 0, 0}, {2, STK_SIM_HANG, 0, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = 3, .sources = 4, .injected = hang, .n_injected = 2};
    (void)state;
    world(&ingest, NULL);
    queue_some(5, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 1);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(result(0)->err, STK_OK);
    assert_int_equal(result(1)->err, STK_E_CANCELED);
    assert_int_equal(result(4)->err, STK_E_CANCELED);
    assert_int_equal(w.ingest.in_flight, 0);
    assert_closed(5);
}

/* A read that the OS no longer lets go of may end with its data; that data is not worked on. */
static void data_that_arrives_after_closing_began_is_not_published(void **state) {
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .delay = 3};
    (void)state;
    world(&ingest, NULL);
    queue_some(4, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    w.ingest.deaf = true;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(result(0)->err, STK_E_CANCELED);
    assert_int_equal(result(3)->err, STK_E_CANCELED);
    assert_int_equal(w.stream.stats.slots, 0);
    assert_int_equal(w.device.done, 0);
    assert_closed(4);
}

static void read_that_never_ends_keeps_the_stream_open(void **state) {
    static const struct stk_sim_injected_error hang[] = {{0, STK_SIM_HANG, 0, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .injected = hang, .n_injected = 1};
    struct stk_stream_read late;
    (void)state;
    world(&ingest, NULL);
    late = read_at(0, 100, 0);
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    w.ingest.deaf = true;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_TIMEOUT);
    assert_in_range(w.clock.now, MS, 2 * MS);
    assert_int_equal(w.count, 0);
    assert_int_equal(stk_stream_in_flight(&w.stream), 2); /* the OS still owns a buffer */
    assert_int_equal(stk_stream_read(&w.stream, &late), STK_E_SHUTDOWN);
    w.ingest.deaf = false;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_closed(2);
}

static void slots_that_nobody_claimed_are_taken_back(void **state) {
    (void)state;
    world(NULL, NULL);
    w.device.idle = true;
    queue_some(4, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(status_of(3), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(result(0)->err, STK_E_CANCELED);
    assert_int_equal(result(3)->err, STK_E_CANCELED);
    assert_int_equal(status_of(0), STK_SLOT_EMPTY);
    assert_int_equal(status_of(3), STK_SLOT_EMPTY);
    assert_closed(4);
}

static bool workers;

static bool tell_workers(void *ctx) {
    (void)ctx;
    return workers;
}

/* On memory where a claim and a cancel do not exclude each other, a cancel beside a running worker would hand out a
 * chunk that is worked on. So the slots finish there, unless the workers have left or work on copies. */
static void slots_are_cancelled_only_where_no_worker_can_claim_them(void **state) {
    struct stk_dispatch_ops telling = stk_sim_dispatch_ops;
    (void)state;
    telling.has_workers = tell_workers;
    for (uint32_t i = 0; i < 3; i++) {
        world(NULL, NULL);
        workers = i != 2u; /* a BATCH has copies */
        stk_store(&w.control[STK_CTL_NO_SHARED_ATOMICS], STK_NO_SHARED_ATOMICS_BIT);
        w.device.idle = true;
        w.stream.config.dispatch.ops = &telling;
        queue_some(4, 100);
        assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
        if (i == 0u) {
            assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_TIMEOUT);
            assert_int_equal(status_of(0), STK_SLOT_PUBLISHED);
            w.device.idle = false;
        } else if (i == 1u) {
            assert_int_equal(stk_device_stop(w.control, &w.config.dispatch, &w.config.platform, MS), STK_OK);
            workers = false;
        }
        assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
        assert_int_equal(result(3)->err, i == 0u ? STK_OK : STK_E_CANCELED);
        assert_int_equal(status_of(0), i == 0u ? STK_SLOT_DONE : STK_SLOT_EMPTY);
        assert_closed(4);
    }
}

static void chunk_that_found_its_slot_in_use_is_canceled(void **state) {
    (void)state;
    world(NULL, NULL);
    stk_store(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS], STK_SLOT_CLAIMED); /* somebody else's */
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), STK_E_STATUS);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(result(0)->err, STK_E_CANCELED);
    assert_int_equal(result(1)->err, STK_E_CANCELED);
    assert_int_equal(status_of(0), STK_SLOT_CLAIMED);
    assert_int_equal(w.stream.stats.slots, 0);
    assert_closed(2);
}

static void close_without_time_still_cancels_what_nobody_works_on(void **state) {
    (void)state;
    world(NULL, NULL);
    w.device.idle = true;
    queue_some(3, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(stk_stream_close(&w.stream, 0), STK_OK);
    assert_int_equal(result(2)->err, STK_E_CANCELED);
    assert_closed(3);
}

static void slots_that_are_claimed_finish(void **state) {
    const struct stk_sim_dispatch_config device = {.delay = 20, .per_drive = 2};
    (void)state;
    world(NULL, &device);
    queue_some(4, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(status_of(1), STK_SLOT_CLAIMED);
    assert_int_equal(status_of(2), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_stream_close(&w.stream, 100 * MS), STK_OK);
    assert_int_equal(result(0)->err, STK_OK);
    assert_int_equal(result(1)->err, STK_OK);
    assert_int_equal(result(2)->err, STK_E_CANCELED);
    assert_int_equal(result(3)->err, STK_E_CANCELED);
    assert_closed(4);
    assert_int_equal(stk_load(&w.control[STK_CTL_SHUTDOWN]), 0);
}

static void slots_that_wait_or_yield_are_taken_back(void **state) {
    static const uint32_t waiting[] = {STK_SLOT_YIELD, STK_SLOT_REQUEUE, STK_SLOT_WAIT_IO};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        world(NULL, NULL);
        w.device.idle = true;
        queue_some(1, 100);
        assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
        stk_store(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS], waiting[i]);
        assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
        assert_int_equal(result(0)->err, STK_E_CANCELED);
        assert_closed(1);
    }
}

static void worker_that_does_not_finish_keeps_the_stream_open(void **state) {
    (void)state;
    world(NULL, NULL);
    w.device.stuck = true;
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_TIMEOUT);
    assert_in_range(w.clock.now, MS, 2 * MS);
    assert_int_equal(stk_stream_in_flight(&w.stream), 2);
    w.device.stuck = false;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(result(1)->err, STK_OK);
    assert_closed(2);
}

static void port_that_cannot_cancel_says_so(void **state) {
    (void)state;
    world(NULL, NULL);
    queue_some(2, 100);
    w.ingest.cancel_err = STK_E_IO;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_IO);
    w.ingest.cancel_err = 0;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_closed(2);
}

static int reap_fails(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    (void)ctx;
    (void)done;
    (void)max;
    (void)timeout_ns;
    return STK_E_DEVICE;
}

static void port_that_fails_says_so_and_close_may_be_called_again(void **state) {
    const struct stk_sim_ingest_config ingest = {.delay = 3};
    struct stk_ingest_ops broken = stk_sim_ingest_ops;
    (void)state;
    world(&ingest, NULL);
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0); /* the reads are in flight */
    broken.reap = reap_fails;
    w.port.ops = &broken;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_DEVICE);
    w.port.ops = &stk_sim_ingest_ops;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_closed(2);
}

static int fail_always(const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)next;
    return -1000 - (int)(r->tag / 100u);
}

static void error_of_the_callback_keeps_no_chunk_from_it(void **state) {
    (void)state;
    world(NULL, NULL);
    w.answer = fail_always;
    queue_some(5, 100);
    assert_int_equal(stk_stream_close(&w.stream, MS), -1000); /* the first */
    assert_closed(5);
}

static int again(const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)r;
    (void)next;
    return STK_STREAM_REPUBLISH;
}

static void chunk_that_is_wanted_again_is_over_too(void **state) {
    const struct stk_sim_dispatch_config device = {.delay = 3};
    (void)state;
    world(NULL, &device);
    w.answer = again;
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(result(0)->err, STK_OK);
    assert_int_equal(w.stream.stats.slots, 2);
    assert_closed(2);
}

static void stream_on_the_interpreter_ends_as_on_a_device(void **state) {
    (void)state;
    world_parts(NULL, NULL);
    w.config.dispatch.ops = &stk_interp_ops;
    w.config.dispatch.ctx = &w.interp;
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, NULL), STK_OK);
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    queue_some(4, 100);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(stk_interp_ops.drive(&w.interp, true), 0);
    assert_closed(4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_with_nothing_in_flight_ends_at_once),
        cmocka_unit_test(reads_that_were_never_submitted_are_canceled),
        cmocka_unit_test(reads_in_flight_are_canceled_and_waited_for),
        cmocka_unit_test(data_that_arrives_after_closing_began_is_not_published),
        cmocka_unit_test(read_that_never_ends_keeps_the_stream_open),
        cmocka_unit_test(slots_that_nobody_claimed_are_taken_back),
        cmocka_unit_test(slots_are_cancelled_only_where_no_worker_can_claim_them),
        cmocka_unit_test(chunk_that_found_its_slot_in_use_is_canceled),
        cmocka_unit_test(close_without_time_still_cancels_what_nobody_works_on),
        cmocka_unit_test(slots_that_are_claimed_finish),
        cmocka_unit_test(slots_that_wait_or_yield_are_taken_back),
        cmocka_unit_test(worker_that_does_not_finish_keeps_the_stream_open),
        cmocka_unit_test(port_that_cannot_cancel_says_so),
        cmocka_unit_test(port_that_fails_says_so_and_close_may_be_called_again),
        cmocka_unit_test(error_of_the_callback_keeps_no_chunk_from_it),
        cmocka_unit_test(chunk_that_is_wanted_again_is_over_too),
        cmocka_unit_test(stream_on_the_interpreter_ends_as_on_a_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
