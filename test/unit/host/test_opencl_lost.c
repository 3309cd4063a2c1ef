/* Tests memory that stops being shared, and copies that come back after the host has changed its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_adds.h"
#include "opencl_faults.h"

/// Memory that stops being shared ///

#define ALL_PARTS 0x1Fu
#define RING_PART 1u

/* The next launch after `after` slots, and those behind it, do not share these parts; `claims` slots are lost with
 * it. */
static void lose_parts(uint32_t after, uint32_t parts, uint32_t claims) {
    const struct faults_unshared how = {.after = after, .parts = parts, .claims = claims};
    faults_unshare(&how);
}

static void close_lost(void) {
    close_way();
    faults_unshare(NULL);
}

static void dead_memory_loses_no_slot(void **state) {
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        const struct stk_opencl_config config = {.lease_ns = 1000000};
        if (ways[i].residency == STK_BATCH || !rig_can(&ways[i])) {
            continue;
        }
        open_way(&config, &ways[i]);
        (void)run_adds(1000);
        lose_parts(1, ALL_PARTS, 3);
        (void)run_adds(20000);
        if (cl.mode != STK_BATCH) {
            fail_msg("%s: mode %d: %s", ways[i].name, (int)cl.mode, cl.reason);
        }
        assert_int_equal(cl.stats.fallbacks, ways[i].residency == STK_RESIDENT ? 2 : 1);
        assert_int_equal(cl.losses.put_back, 3);
        assert_non_null(strstr(cl.reason, "goes on as BATCH"));
        assert_non_null(strstr(cl.reason, "the host did not see its last stores"));
        close_lost();
    }
}

/* The leases are long, so kernels stay, and the watch has to notice that memory is not shared. Returns true if the port
 * says `reason` for the end of the mode. */
static bool see_dead_memory_within(uint32_t parts, const char *reason, uint64_t watch_ns) {
    const struct stk_opencl_config config = {
        .slots = 8, .lease_ns = 4u * watch_ns, .idle_ns = 20 * SECOND, .watch_ns = watch_ns};
    const struct way *way = first_way(STK_RESIDENT);
    uint64_t start = rig_now();
    bool said;
    open_way(&config, way);
    (void)run_adds(50);
    lose_parts(50, parts, 0);
    publish_add(0);
    while (stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), 51);
    /* Turns may be faster in memory that the host does not see, and then the kernel is gone before the watch has seen
     * enough. */
    said = strstr(cl.reason, reason) || (!rig_is_pocl(&cl) && strstr(cl.reason, "did not see its last stores"));
    if (!said) {
        print_message("within %u ms: %s\n", (unsigned)(watch_ns / 1000000u), cl.reason);
    }
    close_lost();
    return said;
}

/* A kernel that has no core for the time of the watch shows another reason. So a busy machine gets more time. */
static void see_dead_memory(uint32_t parts, const char *reason) {
    uint64_t watch_ns = SECOND / 10u;
    while (!see_dead_memory_within(parts, reason, watch_ns)) {
        assert_true(watch_ns < 3 * SECOND);
        watch_ns *= 2u;
    }
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
    lose_parts(50, RING_PART, 2);
    (void)run_adds(50);
    assert_int_equal(cl.mode, STK_BATCH);
    assert_non_null(strstr(cl.reason, "8 launches did not touch a published slot"));
    close_lost();
}

/// Copies ///

/* While the device has its copy, the host writes other lines and other words, publishes and takes slots back. */
static void what_the_host_does_meanwhile_is_kept(void **state) {
    const struct stk_opencl_config config = {
        .slots = 16, .payload_bytes = 8192, .pieces = &slow_piece, .piece_count = 1};
    const struct way *way = first_way(STK_BATCH);
    const uint32_t args[] = {slow_steps(way, 20)}, store[] = {77, STK_CTL_OBSERVABLE + 3};
    const struct stk_work slow = {0x20001u, 0, STK_PRIORITY_NORMAL, 1, args};
    const struct stk_work set = {STK_OP_STORE_U32, 0, STK_PRIORITY_NORMAL, 2, store};
    uint64_t start = rig_now();
    (void)state;
    open_way(&config, way);
    assert_int_equal(stk_ring_publish(&ring, 0, &slow), STK_OK);
    assert_int_equal(stk_ring_publish(&ring, 1, &set), STK_OK);
    drive(true);
    assert_int_equal(cl.stats.running, 1);
    assert_int_equal(stk_ring_status(&ring, 0), (int)STK_SLOT_CLAIMED);
    assert_true(stk_ring_transition(&ring, 1, STK_TO_CANCEL) < 0);
    publish_add(2);
    publish_add(3);
    assert_true(stk_ring_transition(&ring, 3, STK_TO_CANCEL) >= 0);
    memset(cl.memory.payload, 0x5A, 8192);
    stk_store(cl.memory.control + STK_CTL_OBSERVABLE + 9, 1234);
    while (stk_ring_status(&ring, 2) != (int)STK_SLOT_DONE) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_ring_status(&ring, 0), (int)STK_SLOT_DONE);
    assert_int_equal(stk_ring_status(&ring, 1), (int)STK_SLOT_DONE);
    assert_int_equal(stk_ring_status(&ring, 3), (int)STK_SLOT_EMPTY);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), 1);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE + 3), 77);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE + 9), 1234);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_DONE_COUNT), 3);
    for (uint32_t i = 0; i < 8192; i++) {
        assert_int_equal(cl.memory.payload[i], 0x5A);
    }
    close_way();
}

/* A device writes an entry of its I/O queue and of its debug log, and meanwhile the host uses the same entries of its
 * own. The host's entries must stay, and the device's entries must go to other places. */
static void io_slot_and_record_that_the_host_took_meanwhile_stay_the_hosts(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .io_slots = 4};
    const uint32_t args[] = {11, 22, 33};
    const struct stk_work print = {STK_OP_PRINTF, 0, STK_PRIORITY_NORMAL, 3, args};
    uint32_t *io, *log, *miss;
    uint64_t start = rig_now();
    (void)state;
    open_way(&config, first_way(STK_BATCH));
    io = cl.memory.io;
    log = cl.memory.debug;
    miss = STK_SLOT_AT(ring.words, 5);
    stk_store(miss + STK_SLOT_OPCODE, STK_OP_LOAD_MISS);
    stk_store(miss + STK_SLOT_ARG0, 99u); /* the resource */
    stk_store_release(miss, STK_SLOT_PUBLISHED);
    assert_int_equal(stk_ring_publish(&ring, 2, &print), STK_OK);
    drive(true);
    assert_int_equal(cl.stats.running, 1);
    stk_store(io + STK_IO_STATUS, STK_SLOT_WAIT_IO);
    stk_store(io + STK_IO_SRC, 7u);
    stk_store(log + STK_DEBUG_CURSOR_WORD, STK_DEBUG_RECORD_WORDS);
    stk_store(log + STK_DEBUG_RECORDS_WORD, 44u);
    while (stk_load_acquire(miss) != STK_SLOT_WAIT_IO) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_load(io + STK_IO_STATUS), STK_SLOT_WAIT_IO);
    assert_int_equal(stk_load(io + STK_IO_SRC), 7);
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_STATUS), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_SRC), 99);
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_TAG), 5);
    assert_int_equal(stk_load(miss + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG), 2); /* its ticket: I/O slot 1 */
    assert_int_equal(stk_load(log + STK_DEBUG_CURSOR_WORD), 2u * STK_DEBUG_RECORD_WORDS);
    assert_int_equal(stk_load(log + STK_DEBUG_RECORDS_WORD), 44);
    assert_int_equal(stk_load(log + STK_DEBUG_RECORDS_WORD + STK_DEBUG_RECORD_WORDS), 11);
    assert_int_equal(stk_ring_status(&ring, 2), (int)STK_SLOT_DONE);
    /* The request is served, and the slot ends. */
    stk_store_release(io + STK_IO_WORDS + STK_IO_STATUS, STK_IO_OK);
    stk_store_release(miss, STK_SLOT_REQUEUE);
    while (stk_load_acquire(miss) != STK_SLOT_DONE) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_load(io + STK_IO_WORDS + STK_IO_STATUS), STK_SLOT_EMPTY);
    close_way();
}

/* A fence waits for an earlier slot. The device does not get the earlier slot, which waits for its read. */
static void fence_waits_for_what_is_not_with_the_device(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .io_slots = 4};
    const uint32_t args[] = {1, 5};
    const struct stk_work fence = {STK_OP_BATCH_FENCE, 0, STK_PRIORITY_NORMAL, 2, args};
    uint32_t *miss;
    uint64_t start = rig_now(), launches;
    (void)state;
    open_way(&config, first_way(STK_BATCH));
    miss = STK_SLOT_AT(ring.words, 2);
    stk_store(miss + STK_SLOT_OPCODE, STK_OP_LOAD_MISS);
    stk_store(miss + STK_SLOT_PRIORITY, STK_WIRE_PRIORITY_NORMAL);
    stk_store_release(miss, STK_SLOT_PUBLISHED);
    while (stk_load_acquire(miss) != STK_SLOT_WAIT_IO) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_ring_publish(&ring, 3, &fence), STK_OK);
    for (launches = cl.stats.launches; cl.stats.launches < launches + 10u;) {
        drive(true);
        assert_int_not_equal(stk_ring_status(&ring, 3), (int)STK_SLOT_DONE);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_load_acquire(miss), STK_SLOT_WAIT_IO);
    stk_store_release(cl.memory.io + STK_IO_STATUS, STK_IO_OK);
    stk_store_release(miss, STK_SLOT_REQUEUE);
    while (stk_ring_status(&ring, 3) != (int)STK_SLOT_DONE) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_load_acquire(miss), STK_SLOT_DONE);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), 5);
    close_way();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_memory_loses_no_slot),
        cmocka_unit_test(heart_that_stops_for_the_host_ends_the_mode),
        cmocka_unit_test(kernel_that_turns_but_sees_nothing_ends_the_mode),
        cmocka_unit_test(launches_that_see_nothing_end_the_mode),
        cmocka_unit_test(what_the_host_does_meanwhile_is_kept),
        cmocka_unit_test(fence_waits_for_what_is_not_with_the_device),
        cmocka_unit_test(io_slot_and_record_that_the_host_took_meanwhile_stay_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
