/* The deadlines of the OpenCL port: the greatest numbers, a process that is stopped, and a queue that takes long to
 * empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_adds.h"
#include "stopper.h"

#define MS UINT64_C(1000000)

static const enum stk_residency modes[] = {STK_RESIDENT, STK_QUANTUM, STK_BATCH};

/* Returns 1 when this execution of the test includes the mode. */
static int is_wanted(enum stk_residency mode) {
    return !wanted_residency() || wanted_residency() == mode;
}

/// The greatest numbers ///

/* Kernels stay, so drives look at the clock many times while a kernel runs. */
static void greatest_times_of_the_configuration_never_end(void **state) {
    static const struct stk_opencl_config configs[] = {
        {.deadline_ns = UINT64_MAX, .idle_ns = 50 * MS, .lease_ns = 20 * MS},
        {.deadline_ns = UINT64_MAX / 2u + 1u, .lease_ns = UINT64_MAX / 2u + 1u, .quantum_ns = UINT64_MAX / 2u + 1u},
        {.deadline_ns = UINT64_MAX, .watch_ns = UINT64_MAX, .lease_ns = UINT64_MAX, .quantum_ns = UINT64_MAX},
        {.lanes = 4, .lease_ns = UINT64_MAX, .quantum_ns = UINT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof configs / sizeof *configs * 3u; i++) {
        const struct stk_opencl_config *c = &configs[i / 3u];
        enum stk_residency mode = modes[i % 3u];
        uint64_t launches;
        if (!is_wanted(mode)) {
            continue;
        }
        open_way(c, first_way(mode));
        assert_true(cl.stats.turns >= 1000u);
        launches = cl.stats.launches;
        (void)run_adds(c->lanes != 0u ? 10000 : 1000); /* more than many short launches could do */
        assert_int_equal(cl.mode, mode);
        assert_int_equal(cl.losses.recoveries, 0);
        assert_int_equal(cl.stats.fallbacks, 0);
        if (mode == STK_RESIDENT && c->lease_ns == UINT64_MAX) {
            assert_true(cl.stats.turns == UINT32_MAX); /* four times the lease */
            assert_true(cl.stats.launches - launches < 100u);
        }
        close_way();
    }
}

static void greatest_timeout_of_close_waits_for_the_queue(void **state) {
    const size_t bytes = (size_t)128 << 20;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct stk_opencl_config config = {.slots = 8};
        cl_mem big;
        cl_int error;
        uint32_t zero = 0;
        if (!is_wanted(modes[i])) {
            continue;
        }
        open_way(&config, first_way(modes[i]));
        big = clCreateBuffer(cl.own.program.context, CL_MEM_READ_WRITE, bytes, NULL, &error);
        assert_int_equal(error, CL_SUCCESS);
        for (uint32_t k = 0; k < 4; k++) {
            assert_int_equal(
                clEnqueueFillBuffer(cl.own.program.queue, big, &zero, sizeof zero, 0, bytes, 0, NULL, NULL),
                CL_SUCCESS);
        }
        (void)!stk_opencl_close(&cl, 0); /* one look, which is enough for a fast device */
        assert_int_equal(stk_opencl_close(&cl, UINT64_MAX), STK_OK);
        clReleaseMemObject(big);
    }
}

/// A process that is stopped ///

static struct stopper stopper;

static int start_stopper(void **state) {
    (void)state;
    stopper_start(&stopper, -1);
    return 0;
}

static int end_stopper(void **state) {
    (void)state;
    stopper_end(&stopper);
    return 0;
}

/* Drives all the while, until the process has been stopped in a launch and goes on. */
static void be_stopped(uint32_t ms) {
    uint64_t before = rig_now(), now;
    while (cl.stats.running == 0u) {
        drive(true);
    }
    now = rig_now();
    stopper_stop(&stopper, 0, ms);
    for (uint64_t last = now; now - last < ms * MS * 3u / 4u; now = rig_now()) {
        last = now;
        drive(true);
        assert_true(now - before < 60 * SECOND);
    }
}

/* A slow slot is with the device, and deadline and watch are shorter than the pause. Deadline and watch do not end,
 * since the workers were stopped too. */
static void pause_costs_neither_the_device_nor_its_mode(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct way *way = is_wanted(modes[i]) ? first_way(modes[i]) : NULL;
        const uint32_t args[] = {way ? slow_steps(way, 60) : 0u};
        const struct stk_work slow = {0x20001u, 0, STK_PRIORITY_NORMAL, 1, args};
        const struct stk_opencl_config config = {.slots = 8,
                                                 .pieces = &slow_piece,
                                                 .piece_count = 1,
                                                 .lease_ns = 10 * MS,
                                                 .watch_ns = 2 * SECOND,
                                                 .deadline_ns = 2 * SECOND};
        if (!way) {
            continue;
        }
        open_way(&config, way);
        for (uint32_t slot = 0; slot < 3; slot++) {
            assert_int_equal(stk_ring_publish(&ring, slot, &slow), STK_OK);
        }
        be_stopped(2400);
        for (uint32_t slot = 0; slot < 3; slot++) {
            for (uint64_t start = rig_now(); stk_ring_status(&ring, slot) != (int)STK_SLOT_DONE;) {
                drive(true);
                assert_true(rig_now() - start < HANG_NS);
            }
        }
        if (cl.mode != modes[i] || cl.stats.fallbacks || cl.losses.recoveries) {
            fail_msg("%s: mode %d: %s", way->name, (int)cl.mode, cl.reason);
        }
        assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
        close_way();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pause_costs_neither_the_device_nor_its_mode, start_stopper, end_stopper),
        cmocka_unit_test(greatest_times_of_the_configuration_never_end),
        cmocka_unit_test(greatest_timeout_of_close_waits_for_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
