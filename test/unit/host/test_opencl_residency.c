/* What open finds and takes, leases, and memory that stops being shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "../../../port/opencl/internal.h"
#include "opencl_rig.h"
#include "stoker/atomic.h"
#include "stoker/ring.h"

#define ALL_PARTS 0x1Fu
#define RING_PART 1u

static struct stk_opencl cl;
static struct stk_ring ring;

/* The first way of a mode that works here; skips the test without one. */
static const struct way *first_way(enum stk_residency mode) {
    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].residency == mode && rig_can(&ways[i])) {
            return &ways[i];
        }
    }
    print_message("skipped: this device cannot do it\n");
    skip();
    return NULL;
}

static void open_way(const struct stk_opencl_config *config, const struct way *way) {
    assert_true(rig_open(&cl, config, way));
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
}

static void close_way(void) {
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    assert_null(cl.cl_context);
}

static void drive(bool pending) {
    int did = stk_opencl_ops.drive(&cl, pending);
    if (did < 0) {
        fail_msg("drive: %s: %s", stk_err_name(did), cl.reason);
    }
}

static void publish_add(uint32_t slot) {
    const uint32_t args[] = {1, STK_CTL_OBSERVABLE};
    const struct stk_work add = {STK_OP_ATOMIC_ADD, 0, STK_NORMAL, 2, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &add), STK_OK);
}

/* Adds 1 to observable 0 `total` times with the whole ring in flight, driving now and then as a busy host does. Returns how
 * often a launch was enqueued behind another. */
static uint32_t run_adds(uint32_t total) {
    uint32_t before = stk_load(cl.memory.control + STK_CTL_OBSERVABLE), published = 0, harvested = 0, queued = 0;
    uint64_t start = rig_now();
    while (harvested < total) {
        uint32_t at = harvested % ring.slots, was = cl.running;
        while (published < total && published - harvested < ring.slots) {
            publish_add(published++ % ring.slots);
        }
        if (stk_ring_status(&ring, at) == (int)STK_DONE && ++harvested % 64u != 0u) {
            continue;
        }
        drive(true);
        queued += was == 1u && cl.running == 2u;
        if (rig_now() - start > 60 * SECOND) {
            fail_msg("slot %u of %u is in status %d: %s", (unsigned)harvested, (unsigned)total,
                     stk_ring_status(&ring, at), cl.reason);
        }
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE) - before, total);
    return queued;
}

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
        skip();
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
        if (rig_open(&cl, &config, &ways[i])) {
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

/* Opens with kinds that are not shared (opencl/internal.h). The handshake ends in bounded time, whatever the kernel does not see. */
static int open_dead(uint32_t kinds, enum stk_opencl_memory memory) {
    const struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"), .slots = 64, .memory = memory};
    uint64_t start = rig_now();
    int err = stk_opencl_open_dead(&cl, &config, kinds);
    assert_true(rig_now() - start < 60 * SECOND);
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
    return err;
}

static void kind_that_is_not_live_is_passed_over(void **state) {
    enum stk_opencl_memory first = first_way(STK_RESIDENT)->memory;
    (void)state;
    assert_int_equal(open_dead(1u << first, STK_OPENCL_ANY), STK_OK);
    assert_int_not_equal(cl.outcome.memory, first);
    assert_non_null(strstr(cl.reason, "handshake: "));
    assert_non_null(strstr(cl.reason, "the host did not see the running kernel's stores"));
    (void)run_adds(1000);
    close_way();
}

static void kind_that_is_coherent_at_borders_only_is_for_quantum(void **state) {
    enum stk_opencl_memory first = first_way(STK_QUANTUM)->memory;
    (void)state;
    assert_int_equal(open_dead(1u << first, first), STK_OK);
    assert_int_equal(cl.mode, STK_QUANTUM);
    (void)run_adds(1000);
    assert_int_equal(cl.mode, STK_QUANTUM);
    close_way();
}

static void kind_that_is_not_shared_at_all_is_refused_with_the_reasons(void **state) {
    enum stk_opencl_memory first = first_way(STK_QUANTUM)->memory;
    (void)state;
    assert_int_equal(open_dead(0x101u << first, first), STK_E_UNSUPPORTED);
    assert_non_null(strstr(cl.reason, "the host did not see the running kernel's stores"));
    assert_non_null(strstr(cl.reason, "a launch ended and the host did not see its last stores"));
    assert_null(cl.cl_context);
}

/// Leases ///

static void a_million_slots_need_at_most_four_launches(void **state) {
    const struct stk_opencl_config config = {.lease_ns = 60 * SECOND, .idle_ns = 10 * SECOND};
    const struct way *way = first_way(STK_RESIDENT);
    (void)state;
    open_way(&config, way);
    (void)run_adds(1000000);
    assert_true(cl.launches <= 4u);
    close_way();
}

static void next_lease_is_enqueued_before_the_running_one_ends(void **state) {
    const struct stk_opencl_config config = {.lease_ns = 2000000, .idle_ns = SECOND};
    const struct way *way = first_way(STK_RESIDENT);
    uint32_t queued;
    (void)state;
    open_way(&config, way);
    queued = run_adds(300000);
    assert_true(queued >= 1u);
    assert_true(cl.lease_ends >= 1u);
    close_way();
}

static uint64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void idle_device_costs_no_core(void **state) {
    static const enum stk_residency modes[] = {STK_RESIDENT, STK_QUANTUM, STK_BATCH};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct stk_opencl_config config = {.slots = 16};
        const struct timespec pause = {.tv_nsec = 20000000};
        uint64_t cpu, start;
        open_way(&config, first_way(modes[i]));
        (void)run_adds(100);
        publish_add(0);
        for (start = rig_now(); stk_ring_status(&ring, 0) != (int)STK_DONE || cl.running;) {
            drive(stk_ring_status(&ring, 0) != (int)STK_DONE);
            assert_true(rig_now() - start < 20 * SECOND);
        }
        cpu = cpu_ns();
        for (start = rig_now(); rig_now() - start < SECOND;) {
            drive(false);
            nanosleep(&pause, NULL);
        }
        cpu = cpu_ns() - cpu;
        if (cpu >= (rig_now() - start) / 100u) {
            fail_msg("mode %d: %u us of a second", (int)modes[i], (unsigned)(cpu / 1000u));
        }
        close_way();
    }
}

static const char slow_text[] =
    "STK_FN stk_u32 user_slow(const struct stk_dev *d, const struct stk_call *c) {\n"
    "    stk_u32 i, n = stk_arg(c, 0), x = n;\n"
    "    for (i = 0; i < n; i++) { x = x * 1664525u + stk_ld(d->control + STK_CTL_OBSERVABLE); }\n"
    "    stk_result(c, 0, x);\n"
    "    return STK_DONE;\n"
    "}\n#define STK_USER_OPS(X) X(0x20001u, user_slow, STK_SCALAR)\n";

static void kernel_that_does_not_leave_ends_in_a_clear_error(void **state) {
    static const enum stk_residency modes[] = {STK_RESIDENT, STK_QUANTUM, STK_BATCH};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct stk_opencl_config config = {
            .slots = 16, .lease_ns = 1000000, .deadline_ns = 20000000, .user_source = slow_text};
        const uint32_t args[] = {200000000u};
        const struct stk_work slow = {0x20001u, 0, STK_NORMAL, 1, args};
        uint64_t start = rig_now();
        int err = STK_OK;
        open_way(&config, first_way(modes[i]));
        assert_int_equal(stk_ring_publish(&ring, 0, &slow), STK_OK);
        while (err >= 0 && rig_now() - start < 60 * SECOND) {
            err = stk_opencl_ops.drive(&cl, true);
        }
        assert_int_equal(err, STK_E_DEVICE);
        assert_non_null(strstr(cl.reason, "timeout"));
        assert_int_equal(stk_opencl_ops.drive(&cl, true), STK_E_DEVICE);
        /* The kernel still has the memory, so nothing is released before it leaves. */
        assert_int_equal(stk_opencl_close(&cl, 60 * SECOND), STK_OK);
    }
}

/// Memory that stops being shared ///

static void dead_memory_loses_no_slot(void **state) {
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        const struct stk_opencl_config config = {.lease_ns = 1000000};
        if (ways[i].residency == STK_BATCH || !rig_can(&ways[i])) {
            continue;
        }
        open_way(&config, &ways[i]);
        (void)run_adds(1000);
        stk_opencl_inject(&cl, 1, ALL_PARTS, 3);
        (void)run_adds(20000);
        if (cl.mode != STK_BATCH) {
            fail_msg("%s: mode %d: %s", ways[i].name, (int)cl.mode, cl.reason);
        }
        assert_int_equal(cl.fallbacks, ways[i].residency == STK_RESIDENT ? 2 : 1);
        assert_int_equal(cl.put_back, 3);
        assert_non_null(strstr(cl.reason, "goes on as BATCH"));
        assert_non_null(strstr(cl.reason, "the host did not see its last stores"));
        close_way();
    }
}

/* Kernels that stay: long leases, so that the watch has to see it. */
static void see_dead_memory(uint32_t parts, const char *reason) {
    const struct stk_opencl_config config = {
        .slots = 8, .lease_ns = 400000000, .idle_ns = 20 * SECOND, .watch_ns = 100000000};
    const struct way *way = first_way(STK_RESIDENT);
    uint64_t start = rig_now();
    open_way(&config, way);
    (void)run_adds(50);
    stk_opencl_inject(&cl, 50, parts, 0);
    publish_add(0);
    while (stk_ring_status(&ring, 0) != (int)STK_DONE) {
        drive(true);
        assert_true(rig_now() - start < 60 * SECOND);
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), 51);
    if (!strstr(cl.reason, reason)) {
        fail_msg("%s", cl.reason);
    }
    close_way();
}

static void heart_that_stops_for_the_host_ends_the_mode(void **state) {
    (void)state;
    see_dead_memory(ALL_PARTS, "no longer saw the kernel's heartbeat");
}

static void kernel_that_turns_but_sees_nothing_ends_the_mode(void **state) {
    (void)state;
    see_dead_memory(RING_PART, "no longer saw what the host published");
}

static void launches_that_see_nothing_end_the_mode(void **state) {
    const struct stk_opencl_config config = {.slots = 8};
    (void)state;
    open_way(&config, first_way(STK_QUANTUM));
    (void)run_adds(50);
    stk_opencl_inject(&cl, 50, RING_PART, 2);
    (void)run_adds(50);
    assert_int_equal(cl.mode, STK_BATCH);
    assert_non_null(strstr(cl.reason, "8 launches did not touch a published slot"));
    close_way();
}

static void slot_of_lost_kernels_is_put_back_three_times_and_then_faults(void **state) {
    const struct stk_opencl_config config = {.slots = 4};
    struct stk_slot slot;
    (void)state;
    open_way(&config, first_way(STK_BATCH));
    publish_add(2);
    for (uint32_t i = 0; i < STK_OPENCL_TRIES; i++) {
        stk_store(ring.words + 2u * STK_SLOT_WORDS, STK_CLAIMED);
        stk_opencl_put_back(&cl);
        assert_int_equal(stk_ring_status(&ring, 2), (int)STK_REQUEUE);
    }
    stk_store(ring.words + 2u * STK_SLOT_WORDS, STK_CLAIMED);
    stk_opencl_put_back(&cl);
    assert_int_equal(stk_ring_read(&ring, 2, &slot), STK_OK);
    assert_int_equal(slot.status, STK_FAULT);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], STK_REASON_LOST);
    assert_int_equal(slot.args[STK_FAULT_VALUE_ARG], STK_OPENCL_TRIES);
    assert_int_equal(stk_ring_status(&ring, 1), (int)STK_EMPTY);
    close_way();
}

/// Copies ///

/* While the device has its copy, the host writes other lines and other words, publishes and takes slots back. */
static void what_the_host_does_meanwhile_is_kept(void **state) {
    const struct stk_opencl_config config = {.slots = 16, .payload_bytes = 8192, .user_source = slow_text};
    const uint32_t args[] = {20000000u}, store[] = {77, STK_CTL_OBSERVABLE + 3};
    const struct stk_work slow = {0x20001u, 0, STK_NORMAL, 1, args};
    const struct stk_work set = {STK_OP_STORE_U32, 0, STK_NORMAL, 2, store};
    uint64_t start = rig_now();
    (void)state;
    open_way(&config, first_way(STK_BATCH));
    assert_int_equal(stk_ring_publish(&ring, 0, &slow), STK_OK);
    assert_int_equal(stk_ring_publish(&ring, 1, &set), STK_OK);
    drive(true);
    assert_int_equal(cl.running, 1);
    assert_int_equal(stk_ring_status(&ring, 0), (int)STK_CLAIMED);
    assert_true(stk_ring_transition(&ring, 1, STK_TO_CANCEL) < 0);
    publish_add(2);
    publish_add(3);
    assert_true(stk_ring_transition(&ring, 3, STK_TO_CANCEL) >= 0);
    memset(cl.memory.payload, 0x5A, 8192);
    stk_store(cl.memory.control + STK_CTL_OBSERVABLE + 9, 1234);
    while (stk_ring_status(&ring, 2) != (int)STK_DONE) {
        drive(true);
        assert_true(rig_now() - start < 60 * SECOND);
    }
    assert_int_equal(stk_ring_status(&ring, 0), (int)STK_DONE);
    assert_int_equal(stk_ring_status(&ring, 1), (int)STK_DONE);
    assert_int_equal(stk_ring_status(&ring, 3), (int)STK_EMPTY);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), 1);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE + 3), 77);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE + 9), 1234);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_DONE_COUNT), 3);
    for (uint32_t i = 0; i < 8192; i++) {
        assert_int_equal(cl.memory.payload[i], 0x5A);
    }
    close_way();
}

/* What the device asks for or prints while the host takes the same place: it gets another. */
static void io_slot_and_record_that_the_host_took_meanwhile_stay_the_hosts(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .io_slots = 4};
    const uint32_t args[] = {11, 22, 33};
    const struct stk_work print = {STK_OP_PRINTF, 0, STK_NORMAL, 3, args};
    uint32_t *io, *log, *miss;
    uint64_t start = rig_now();
    (void)state;
    open_way(&config, first_way(STK_BATCH));
    io = cl.memory.io;
    log = cl.memory.debug;
    miss = ring.words + 5u * STK_SLOT_WORDS;
    stk_store(miss + STK_SLOT_OPCODE, STK_OP_LOAD_MISS);
    stk_store(miss + STK_SLOT_ARG0, 99u); /* the resource */
    stk_store_release(miss, STK_PUBLISHED);
    assert_int_equal(stk_ring_publish(&ring, 2, &print), STK_OK);
    drive(true);
    assert_int_equal(cl.running, 1);
    stk_store(io + STK_IO_STATUS, STK_WAIT_IO);
    stk_store(io + STK_IO_SRC, 7u);
    stk_store(log + STK_LOG_CURSOR, STK_LOG_RECORD_WORDS);
    stk_store(log + STK_LOG_RECORDS, 44u);
    while (stk_load_acquire(miss) != STK_WAIT_IO) {
        drive(true);
        assert_true(rig_now() - start < 60 * SECOND);
    }
    assert_int_equal(stk_load(io + STK_IO_STATUS), STK_WAIT_IO);
    assert_int_equal(stk_load(io + STK_IO_SRC), 7);
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_STATUS), STK_PUBLISHED);
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_SRC), 99);
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_TAG), 5);
    assert_int_equal(stk_load(miss + STK_SLOT_ARG0 + 2u), 2); /* its ticket: I/O slot 1 */
    assert_int_equal(stk_load(log + STK_LOG_CURSOR), 2u * STK_LOG_RECORD_WORDS);
    assert_int_equal(stk_load(log + STK_LOG_RECORDS), 44);
    assert_int_equal(stk_load(log + STK_LOG_RECORDS + STK_LOG_RECORD_WORDS), 11);
    assert_int_equal(stk_ring_status(&ring, 2), (int)STK_DONE);
    /* Served, it ends. */
    stk_store_release(io + STK_IO_WORDS + STK_IO_STATUS, STK_IO_OK);
    stk_store_release(miss, STK_REQUEUE);
    while (stk_load_acquire(miss) != STK_DONE) {
        drive(true);
        assert_true(rig_now() - start < 60 * SECOND);
    }
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_STATUS), STK_EMPTY);
    close_way();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_mode_is_taken_and_described),
        cmocka_unit_test(mode_and_memory_that_are_asked_for_are_taken),
        cmocka_unit_test(outcome_of_another_driver_is_not_believed),
        cmocka_unit_test(kind_that_is_not_live_is_passed_over),
        cmocka_unit_test(kind_that_is_coherent_at_borders_only_is_for_quantum),
        cmocka_unit_test(kind_that_is_not_shared_at_all_is_refused_with_the_reasons),
        cmocka_unit_test(a_million_slots_need_at_most_four_launches),
        cmocka_unit_test(next_lease_is_enqueued_before_the_running_one_ends),
        cmocka_unit_test(idle_device_costs_no_core),
        cmocka_unit_test(kernel_that_does_not_leave_ends_in_a_clear_error),
        cmocka_unit_test(dead_memory_loses_no_slot),
        cmocka_unit_test(heart_that_stops_for_the_host_ends_the_mode),
        cmocka_unit_test(kernel_that_turns_but_sees_nothing_ends_the_mode),
        cmocka_unit_test(launches_that_see_nothing_end_the_mode),
        cmocka_unit_test(slot_of_lost_kernels_is_put_back_three_times_and_then_faults),
        cmocka_unit_test(what_the_host_does_meanwhile_is_kept),
        cmocka_unit_test(io_slot_and_record_that_the_host_took_meanwhile_stay_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
