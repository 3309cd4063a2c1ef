/* Tests which residency mode and memory open finds and takes, and leases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_adds.h"
#include "opencl_faults.h"

/// What open finds ///

static void the_best_mode_is_taken_and_described(void **state) {
    const struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE")};
    struct stk_dispatch_info info;
    size_t i = 0;
    (void)state;
    while (i < WAYS && !rig_can(&ways[i])) {
        i++;
    }
    if (i == WAYS) {
        skip_without("a way of this mode");
    }
    assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
    stk_opencl_ops.info(&cl, &info);
    assert_int_equal(info.residency, ways[i].residency);
    assert_int_equal(cl.outcome.memory, ways[i].memory);
    assert_string_equal(info.memory, stk_opencl_memory_name(ways[i].memory));
    assert_non_null(strstr(info.reason, "handshake: "));
    assert_true(info.probe_rounds >= 16u && info.probe_items >= 64u && info.probe_p50_ns > 0u);
    assert_int_equal(info.fallbacks, 0);
    assert_int_equal(info.launches, 0);
    close_way();
}

static void mode_and_memory_that_are_asked_for_are_taken(void **state) {
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        const struct stk_opencl_config config = {.slots = 32};
        struct stk_dispatch_info info;
        if (rig_goes(i) && rig_open(&cl, &config, &ways[i])) {
            stk_opencl_ops.info(&cl, &info);
            assert_int_equal(info.residency, ways[i].residency);
            assert_string_equal(info.memory, stk_opencl_memory_name(ways[i].memory));
            ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
            (void)run_adds(500);
            stk_opencl_ops.info(&cl, &info);
            assert_true((info.copied_bytes != 0u) == (ways[i].residency == STK_BATCH));
            close_way();
        }
    }
}

static void workers_are_told_of_from_their_launch_until_they_have_left(void **state) {
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        const struct stk_opencl_config config = {.slots = 32};
        if (rig_goes(i) && rig_open(&cl, &config, &ways[i])) {
            ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
            assert_false(stk_opencl_ops.has_workers(&cl));
            publish_add(0);
            drive(true); /* launches, and does not look for the end of the launch */
            assert_true(stk_opencl_ops.has_workers(&cl) == (ways[i].residency != STK_BATCH));
            stk_store_release(cl.memory.control + STK_CTL_SHUTDOWN, 1);
            assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
            assert_false(stk_opencl_ops.has_workers(&cl));
            close_way();
        }
    }
}

static void outcome_of_another_driver_is_not_believed(void **state) {
    const struct way *way = first_way(STK_BATCH);
    struct stk_opencl_outcome known = *rig_can(way);
    struct stk_opencl_config config = {
        .device = getenv("STK_TEST_DEVICE"), .residency = STK_BATCH, .slots = 16, .known = &known};
    (void)state;
    assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
    assert_non_null(strstr(cl.reason, "as an earlier handshake found"));
    assert_int_equal(cl.outcome.items, known.items);
    close_way();
    known.driver[0] ^= 1;
    assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
    assert_non_null(strstr(cl.reason, "handshake: "));
    close_way();
}

/* Opens with kinds that are not live, or not coherent at the borders of launches either. The handshake must end in
 * bounded time, also if the kernel sees no store of the host. */
static int open_unshared(uint32_t not_live, uint32_t not_coherent, enum stk_opencl_memory memory) {
    const struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"), .slots = 64, .memory = memory};
    const struct faults_unshared how = {.not_live = not_live, .not_coherent = not_coherent};
    uint64_t start = rig_now();
    int err;
    faults_unshare(&how);
    err = stk_opencl_open(&cl, &config);
    faults_unshare(NULL);
    assert_true(rig_now() - start < HANG_NS);
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
    return err;
}

/* For another one that is; where there is none, the next two tests show what is done without. (Kinds that stall would
 * only be waited for once more, for seconds each.) */
static void kind_that_is_not_live_is_passed_over(void **state) {
    const struct way *first = first_way(STK_RESIDENT), *next = first + 1;
    (void)state;
    while (next->residency == STK_RESIDENT && !rig_can(next)) {
        next++;
    }
    if (next->residency != STK_RESIDENT) {
        print_message("skipped: %s is all that this device can do\n", first->name);
        skip();
    }
    assert_int_equal(open_unshared(1u << first->memory, 0, STK_OPENCL_ANY), STK_OK);
    assert_int_equal(cl.outcome.memory, next->memory);
    assert_int_equal(cl.mode, STK_RESIDENT);
    assert_non_null(strstr(cl.reason, "handshake: "));
    assert_non_null(strstr(cl.reason, "the host did not see the running kernel's stores"));
    (void)run_adds(1000);
    close_way();
}

static void kind_that_is_coherent_at_borders_only_is_for_quantum(void **state) {
    enum stk_opencl_memory first = first_way(STK_QUANTUM)->memory;
    (void)state;
    assert_int_equal(open_unshared(1u << first, 0, first), STK_OK);
    assert_int_equal(cl.mode, STK_QUANTUM);
    (void)run_adds(1000);
    assert_int_equal(cl.mode, STK_QUANTUM);
    close_way();
}

static void kind_that_is_not_shared_at_all_is_refused_with_the_reasons(void **state) {
    enum stk_opencl_memory first = first_way(STK_QUANTUM)->memory;
    (void)state;
    assert_int_equal(open_unshared(1u << first, 1u << first, first), STK_E_UNSUPPORTED);
    assert_non_null(strstr(cl.reason, "the host did not see the running kernel's stores"));
    assert_non_null(strstr(cl.reason, "a launch ended and the host did not see its last stores"));
    assert_null(cl.own.program.context);
}

/// Leases ///

static void next_lease_is_enqueued_before_the_running_one_ends(void **state) {
    const struct stk_opencl_config config = {.lease_ns = 2000000, .idle_ns = SECOND};
    const struct way *way = first_way(STK_RESIDENT);
    uint64_t start = rig_now();
    uint32_t queued = 0;
    (void)state;
    open_way(&config, way);
    /* A host that has no core while a lease ends enqueues nothing behind it, so the work is repeated. */
    while (queued == 0u || cl.stats.lease_ends == 0u) {
        queued += run_adds(300000);
        assert_true(rig_now() - start < HANG_NS);
    }
    close_way();
}

static void kernel_that_does_not_leave_ends_in_a_clear_error(void **state) {
    static const enum stk_residency modes[] = {STK_RESIDENT, STK_QUANTUM, STK_BATCH};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct stk_opencl_config config = {
            .slots = 16, .lease_ns = 1000000, .deadline_ns = 20000000, .pieces = &slow_piece, .piece_count = 1};
        const struct way *way = first_way(modes[i]);
        uint32_t steps = slow_steps(way, 300);
        const struct stk_work slow = {0x20001u, 0, STK_PRIORITY_NORMAL, 1, &steps};
        uint64_t start = rig_now();
        int err = STK_OK;
        open_way(&config, way);
        assert_int_equal(stk_ring_publish(&ring, 0, &slow), STK_OK);
        while (err >= 0 && rig_now() - start < HANG_NS) {
            err = stk_opencl_ops.drive(&cl, true);
            /* Steps that were measured on a busy machine may end before the deadline on an idle one. */
            if (err >= 0 && stk_ring_status(&ring, 0) == (int)STK_SLOT_DONE) {
                steps = steps <= UINT32_MAX / 2u ? steps * 2u : UINT32_MAX;
                assert_int_equal(stk_ring_publish(&ring, 0, &slow), STK_OK);
            }
        }
        assert_int_equal(err, STK_E_DEVICE);
        assert_non_null(strstr(cl.reason, "timeout"));
        assert_int_equal(stk_opencl_ops.drive(&cl, true), STK_E_DEVICE);
        /* The kernel still has the memory, so nothing is released before it leaves. */
        while ((err = stk_opencl_close(&cl, 1000000)) == STK_E_TIMEOUT && rig_now() - start < HANG_NS) {
            assert_non_null(cl.own.program.context);
            assert_non_null(cl.memory.ring);
        }
        assert_int_equal(err, STK_OK);
        assert_null(cl.own.program.context);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_mode_is_taken_and_described),
        cmocka_unit_test(mode_and_memory_that_are_asked_for_are_taken),
        cmocka_unit_test(workers_are_told_of_from_their_launch_until_they_have_left),
        cmocka_unit_test(outcome_of_another_driver_is_not_believed),
        cmocka_unit_test(kind_that_is_not_live_is_passed_over),
        cmocka_unit_test(kind_that_is_coherent_at_borders_only_is_for_quantum),
        cmocka_unit_test(kind_that_is_not_shared_at_all_is_refused_with_the_reasons),
        cmocka_unit_test(next_lease_is_enqueued_before_the_running_one_ends),
        cmocka_unit_test(kernel_that_does_not_leave_ends_in_a_clear_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
