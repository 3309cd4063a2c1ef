/* Cores that others want too: a resident kernel on this CPU then leaves sooner, and stays longer again afterwards. How
 * often threads have lost a core is what the test says, in place of the system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "opencl_adds.h"

#include "../../../port/opencl/launch/launch.h"

#define MS UINT64_C(1000000)

static long lost;

#ifdef _GNU_SOURCE
int getrusage(__rusage_who_t who, struct rusage *usage) {
#else
int getrusage(int who, struct rusage *usage) {
#endif
    (void)who;
    *usage = (struct rusage){.ru_nivcsw = lost};
    return 0;
}

/// The rule ///

static void a_loss_now_and_then_is_no_sign(void **state) {
    struct stk_opencl_cores cores = {0};
    uint64_t now = 1000 * SECOND;
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(stk_opencl_cores_scarce(&cores, i, now + i * 10 * MS), 0);
    }
    /* nor are many over a long time in which nobody looked */
    assert_int_equal(stk_opencl_cores_scarce(&cores, 1000 + 100, now + 100 * SECOND), 0);
}

static void two_losses_within_a_few_slices_are(void **state) {
    struct stk_opencl_cores cores = {0};
    uint64_t now = 1000 * SECOND;
    (void)state;
    assert_int_equal(stk_opencl_cores_scarce(&cores, 7, now), 0);
    assert_int_equal(stk_opencl_cores_scarce(&cores, 8, now + 3 * MS), 0);
    assert_int_equal(stk_opencl_cores_scarce(&cores, 9, now + 6 * MS), 1);
}

static void many_losses_are_seen_after_a_pause_too(void **state) {
    struct stk_opencl_cores cores = {0};
    (void)state;
    assert_int_equal(stk_opencl_cores_scarce(&cores, 0, SECOND), 0);
    assert_int_equal(stk_opencl_cores_scarce(&cores, 1000, 2 * SECOND), 1);
}

static void cores_are_scarce_until_a_second_without_losses(void **state) {
    struct stk_opencl_cores cores = {0};
    uint64_t now = 1000 * SECOND, seen = 0;
    (void)state;
    (void)stk_opencl_cores_scarce(&cores, 0, now);
    for (int i = 0; i < 300; i++) { /* 3 s with losses */
        now += 10 * MS;
        seen += 2;
        assert_int_equal(stk_opencl_cores_scarce(&cores, seen, now), 1);
    }
    for (int i = 0; i < 99; i++) {
        now += 10 * MS;
        assert_int_equal(stk_opencl_cores_scarce(&cores, seen, now), 1);
    }
    assert_int_equal(stk_opencl_cores_scarce(&cores, seen, now + 10 * MS), 0);
    assert_int_equal(stk_opencl_cores_scarce(&cores, seen + 2, now + 12 * MS), 1);
}

/// Launches ///

/* Opens a resident kernel on this CPU; skips the test where there is none. */
static void open_here(uint64_t idle_ns) {
    const struct stk_opencl_config config = {.slots = 8, .lease_ns = 60 * SECOND, .idle_ns = idle_ns};
    lost = 0;
    open_way(&config, first_way(STK_RESIDENT));
    if (cl.device.type != STK_OPENCL_CPU) {
        close_way();
        print_message("skipped: the device is no CPU\n");
        skip();
    }
}

/* Publishes one slot, waits for its end and for the kernel to leave. Returns the idle turns of the launch. */
static uint32_t one_launch(void) {
    uint64_t launches = cl.stats.launches, start = rig_now();
    uint32_t turns;
    publish_add(0);
    drive(true);
    assert_true(cl.stats.launches == launches + 1u);
    turns = cl.stats.idle_turns;
    while (cl.stats.running || stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE) {
        drive(stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE);
        assert_true(rig_now() - start < HANG_NS);
    }
    return turns;
}

static void a_launch_leaves_sooner_while_cores_are_scarce(void **state) {
    uint32_t turns;
    (void)state;
    open_here(0);
    cl.config.idle_ns = 50 * MS; /* far from the shorter time, however slow a turn is here */
    turns = one_launch();
    assert_int_equal(one_launch(), turns);
    lost += 1000000;
    assert_true(one_launch() < turns / 4u);
    /* The last sign of scarce cores is moved into the future, since this test may lose its core for longer than a
     * second, and then two seconds into the past. */
    cl.own.launches.cores.scarce_ns = rig_now() + HANG_NS;
    assert_true(one_launch() < turns / 4u);
    cl.own.launches.cores.scarce_ns = rig_now() - 2 * SECOND;
    assert_int_equal(one_launch(), turns);
    close_way();
}

static void a_time_that_was_asked_for_stays(void **state) {
    uint32_t turns;
    (void)state;
    open_here(5 * MS);
    turns = one_launch();
    lost += 1000000;
    assert_int_equal(one_launch(), turns);
    close_way();
}

static void another_device_shares_no_core(void **state) {
    uint32_t turns;
    (void)state;
    open_here(0);
    turns = one_launch();
    cl.device.type = STK_OPENCL_GPU;
    lost += 1000000;
    assert_int_equal(one_launch(), turns);
    cl.device.type = STK_OPENCL_CPU;
    close_way();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_now_and_then_is_no_sign),
        cmocka_unit_test(two_losses_within_a_few_slices_are),
        cmocka_unit_test(many_losses_are_seen_after_a_pause_too),
        cmocka_unit_test(cores_are_scarce_until_a_second_without_losses),
        cmocka_unit_test(a_launch_leaves_sooner_while_cores_are_scarce),
        cmocka_unit_test(a_time_that_was_asked_for_stays),
        cmocka_unit_test(another_device_shares_no_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
