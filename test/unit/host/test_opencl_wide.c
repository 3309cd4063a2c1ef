/* Handlers that all lanes of a group run: each slot is run once, and what all lanes added is there when it is DONE. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "opencl_rig.h"
#include "stoker/control.h"
#include "stoker/ring.h"

#define SLOTS 8u
#define CHUNK 256u /* bytes of payload per slot */
#define TOTAL times(20000, 1000)

static struct stk_opencl cl;
static const struct way *way;
static struct stk_ring ring;

/* Returns how many words slot number `n` sums: the first words of its own chunk. Each word is its index and the number
 * of its place in the ring. */
static uint32_t words_of(uint32_t n) {
    return 1u + n % (CHUNK / 4u);
}

static uint32_t sum_of(uint32_t n) {
    uint32_t words = words_of(n), at = n % SLOTS;
    return words * (words - 1u) / 2u + words * 1000u * (at + 1u);
}

static void publish(uint32_t n) {
    const uint32_t args[] = {n % SLOTS * CHUNK, words_of(n) * 4u};
    const struct stk_work sum = {STK_OP_SUM64, 0, STK_PRIORITY_NORMAL, 2, args};
    assert_int_equal(stk_ring_publish(&ring, n % SLOTS, &sum), STK_OK);
}

static void harvest(uint32_t n, uint64_t deadline) {
    struct stk_slot slot;
    while (stk_ring_status(&ring, n % SLOTS) != (int)STK_SLOT_DONE) {
        assert_true(stk_opencl_ops.drive(&cl, true) >= 0);
        if (stk_posix_platform_ops.now_ns(NULL) > deadline) {
            fail_msg("slot %u of %u is in status %d", (unsigned)n, TOTAL, stk_ring_status(&ring, n % SLOTS));
        }
    }
    assert_int_equal(stk_ring_read(&ring, n % SLOTS, &slot), STK_OK);
    assert_int_equal(slot.args[STK_RESULT_ARG], sum_of(n));
    assert_int_equal(slot.args[STK_RESULT_ARG + 1u], 0);
}

static void run(uint32_t lanes, uint32_t workers, enum stk_opencl_mail mail) {
    const struct stk_opencl_config config = {
        .slots = SLOTS, .lanes = lanes, .workers = workers, .mail = mail, .payload_bytes = SLOTS * CHUNK};
    uint64_t deadline = stk_posix_platform_ops.now_ns(NULL) + HANG_NS;
    uint32_t published = 0, harvested, i;
    if (!rig_open(&cl, &config, way)) {
        skip();
    }
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = SLOTS};
    for (i = 0; i < SLOTS * CHUNK / 4u; i++) {
        stk_store((uint32_t *)(void *)cl.memory.payload + i, i % (CHUNK / 4u) + 1000u * (i / (CHUNK / 4u) + 1u));
    }
    for (harvested = 0; harvested < TOTAL; harvested++) {
        for (; published < TOTAL && published - harvested < SLOTS; published++) {
            publish(published);
        }
        harvest(harvested, deadline);
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_DONE_COUNT), TOTAL);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_FAULT_COUNT), 0);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

static void one_lane_ends_each_slot_once(void **state) {
    (void)state;
    run(1, 1, STK_OPENCL_MAIL_OFF);
}

static void four_lanes_end_each_slot_once(void **state) {
    (void)state;
    run(4, 1, STK_OPENCL_MAIL_OFF);
}

static void sixteen_lanes_end_each_slot_once(void **state) {
    (void)state;
    run(16, 1, STK_OPENCL_MAIL_OFF);
}

static void sixty_four_lanes_end_each_slot_once(void **state) {
    (void)state;
    run(64, 1, STK_OPENCL_MAIL_OFF);
}

static void two_workers_of_sixteen_lanes_end_each_slot_once(void **state) {
    (void)state;
    run(16, 2, STK_OPENCL_MAIL_OFF);
}

static void two_workers_of_four_lanes_end_each_slot_once(void **state) {
    (void)state;
    run(4, 2, STK_OPENCL_MAIL_OFF);
}

/* One worker looks at the ring, and the others get their slots through mailboxes. */
static void three_workers_with_mailboxes_end_each_slot_once(void **state) {
    (void)state;
    run(4, 3, STK_OPENCL_MAIL_ON);
}

static void a_lone_worker_needs_no_mailboxes(void **state) {
    (void)state;
    run(4, 1, STK_OPENCL_MAIL_ON);
}

/* Publishes a sum of 64 bytes at `offset` for a tenant in slot `at`. Returns the status with which the slot ends. */
static int end_of_sum(uint32_t at, uint16_t tenant, uint32_t offset) {
    const uint32_t args[] = {offset, 64};
    const struct stk_work sum = {STK_OP_SUM64, tenant, STK_PRIORITY_NORMAL, 2, args};
    uint64_t deadline = stk_posix_platform_ops.now_ns(NULL) + HANG_NS;
    assert_int_equal(stk_ring_publish(&ring, at, &sum), STK_OK);
    while (!stk_status_ended((uint32_t)stk_ring_status(&ring, at))) {
        assert_true(stk_opencl_ops.drive(&cl, true) >= 0);
        assert_true(stk_posix_platform_ops.now_ns(NULL) < deadline);
    }
    return stk_ring_status(&ring, at);
}

/* Workers at mailboxes learn the shares of tenants from a copy, which follows the control words before a launch. */
static void shares_changed_between_launches_hold_for_workers_with_mailboxes(void **state) {
    const struct stk_opencl_config config = {.slots = SLOTS,
                                             .lanes = 4,
                                             .workers = 3,
                                             .tenants = 2,
                                             .mail = STK_OPENCL_MAIL_ON,
                                             .payload_bytes = SLOTS * CHUNK};
    struct stk_control control;
    (void)state;
    if (!rig_open(&cl, &config, way)) {
        skip();
    }
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = SLOTS};
    control = (struct stk_control){.words = cl.memory.control, .count = cl.memory.control_words};
    assert_int_equal(end_of_sum(0, 1, 0), STK_SLOT_DONE);
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_control_set_shares(&control, 16, SLOTS * CHUNK / 2u, NULL), STK_OK);
    assert_int_equal(end_of_sum(1, 1, 0), STK_SLOT_FAULT);
    assert_int_equal(end_of_sum(2, 1, SLOTS * CHUNK / 2u), STK_SLOT_DONE);
    assert_int_equal(end_of_sum(3, 0, 0), STK_SLOT_DONE);
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_control_set_shares(&control, 0, 0, NULL), STK_OK);
    assert_int_equal(end_of_sum(4, 1, 0), STK_SLOT_DONE);
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_lane_ends_each_slot_once),
        cmocka_unit_test(four_lanes_end_each_slot_once),
        cmocka_unit_test(sixteen_lanes_end_each_slot_once),
        cmocka_unit_test(sixty_four_lanes_end_each_slot_once),
        cmocka_unit_test(two_workers_of_sixteen_lanes_end_each_slot_once),
        cmocka_unit_test(two_workers_of_four_lanes_end_each_slot_once),
        cmocka_unit_test(three_workers_with_mailboxes_end_each_slot_once),
        cmocka_unit_test(a_lone_worker_needs_no_mailboxes),
        cmocka_unit_test(shares_changed_between_launches_hold_for_workers_with_mailboxes),
    };
    int failed = 0;
    for (size_t i = 0; i < WAYS; i++) {
        way = &ways[i];
        failed += rig_goes(i) ? cmocka_run_group_tests_name(way->name, tests, NULL, NULL) : 0;
    }
    return failed;
}
