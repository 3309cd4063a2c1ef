/* Tests which slots a worker finds, in which order, and after how many looks: partitions, fairness, quotas, the
 * doorbell, shares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loop.h"
#include "stoker/control.h"
#include "stoker/port/interp.h"
#include "stoker/publisher.h"
#include "stoker/ring.h"

#define OP_RECORD   8u /* notes the order in which slots run */
#define OP_AGAIN    9u /* gives the slot back a0 times */
#define SLOTS       10112u
#define OBSERVABLES 64u
#define OBS(i)      (STK_CTL_OBSERVABLE + (i))
#define ORDER       128u

static uint32_t ring_words[SLOTS * STK_SLOT_WORDS];
static uint32_t words[STK_CTL_OBSERVABLE + OBSERVABLES];
static uint32_t payload[256];
static uint32_t order[ORDER], orders;

static struct stk_ring ring;
static struct stk_control control;
static struct stk_dev dev;
static struct stk_worker worker;
static uint32_t shared[STK_SHARED_WORDS];

static uint32_t op_record(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    order[orders++ % ORDER] = c->index;
    return STK_SLOT_DONE;
}

static uint32_t op_again(const struct stk_dev *d, const struct stk_call *c) {
    uint32_t left = stk_arg(c, 0);
    stk_st(c->args, left - 1u);
    return left == 0u ? op_record(d, c) : left % 2u ? STK_SLOT_REQUEUE : STK_SLOT_YIELD;
}

static const struct stk_user_op user_ops[] = {{OP_RECORD, STK_SCALAR, op_record}, {OP_AGAIN, STK_SCALAR, op_again}};

/* A ring of `slots` slots that begin, by priority, at `offsets`; NULL: not partitioned. */
static void fresh(uint32_t slots, const uint32_t offsets[STK_PRIORITY_OFFSETS]) {
    uint32_t i;
    assert_int_equal(stk_ring_init(&ring, ring_words, sizeof ring_words, slots), STK_OK);
    assert_int_equal(stk_control_init(&control, words, sizeof words, 0, 8, OBSERVABLES), STK_OK);
    for (i = 0; offsets != NULL && i < STK_PRIORITY_OFFSETS; i++) {
        stk_store(words + STK_CTL_PRIORITY_OFFSETS + i, offsets[i]);
    }
    dev = (struct stk_dev){.ring = ring_words,
                           .control = words,
                           .payload = (uint8_t *)payload,
                           .slots = slots,
                           .control_words = STK_CTL_OBSERVABLE + OBSERVABLES,
                           .payload_bytes = sizeof payload,
                           .workers = 1,
                           .user_ops = user_ops,
                           .user_op_count = 2};
    orders = 0;
}

static void put_for(uint32_t tenant, uint32_t slot, uint32_t opcode, uint32_t a0, uint32_t a1) {
    const uint32_t args[] = {a0, a1};
    const struct stk_work work = {opcode, tenant, STK_PRIORITY_NORMAL, 2, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

static void put(uint32_t slot) {
    put_for(0, slot, OP_RECORD, 0, 0);
}

static uint32_t status(uint32_t slot) {
    return stk_load(STK_SLOT_AT(ring_words, slot));
}

static void run(uint32_t turns) {
    (void)stk_reference_run(&dev, turns, turns);
}

/* Lets the worker enter. The test then makes its turns one by one. */
static void enter(void) {
    memset(shared, 0, sizeof shared);
    stk_worker_enter(&dev, &worker, UINT32_MAX, 0);
    stk_quotas_enter(&dev, shared);
    stk_find_enter(&dev, &worker, shared);
}

static uint32_t turn(void) {
    uint32_t slot = stk_find(&dev, &worker, shared);
    if (slot != STK_NO_SLOT) {
        worker.turns_since_scan++;
        worker.empty_turns = 0;
        stk_worker_take(&dev, &worker, shared, slot);
    }
    return slot;
}

static uint32_t turns_until(uint32_t slot, uint32_t most) {
    uint32_t i;
    for (i = 1; i <= most; i++) {
        if (turn() == slot) {
            return i;
        }
    }
    return UINT32_MAX;
}

/// Partitions ///

static const uint32_t low_ring[] = {0, 16, 32, 64, 10064, SLOTS};

static void critical_slot_behind_ten_thousand_low_ones_runs_within_two_turns(void **state) {
    uint32_t i, round;
    (void)state;
    fresh(SLOTS, low_ring);
    for (i = 64; i < 10064; i++) {
        put(i);
    }
    enter();
    for (round = 0; round < 40; round++) {
        for (i = 0; i < 7u * round; i++) {
            assert_int_not_equal(turn(), STK_NO_SLOT);
        }
        put(round % 16u);
        assert_in_range(turns_until(round % 16u, 3), 1, 2);
    }
    assert_int_equal(status(10063), STK_SLOT_PUBLISHED);
}

/* The urgent slots do not lie in the order of publishing. The worker's scan of the partitions CRITICAL and HIGH looks
 * at one of their 32 slots in each turn, so it meets each slot within one pass. */
static void urgent_slot_anywhere_in_its_partition_is_found_in_one_pass_over_it(void **state) {
    static const uint32_t at[] = {15, 3, 31, 16, 0, 9};
    uint32_t i;
    (void)state;
    fresh(SLOTS, low_ring);
    for (i = 64; i < 10064; i++) {
        put(i);
    }
    enter();
    for (i = 0; i < 6; i++) {
        put(at[i]);
        assert_in_range(turns_until(at[i], 100), 1, 32u + 2u + 2u);
    }
}

static void lower_partition_goes_first_once_after_sixteen_claims(void **state) {
    static const uint32_t offsets[] = {0, 20, 40, 44, 48, 48};
    uint32_t i;
    (void)state;
    fresh(48, offsets);
    for (i = 0; i < 48; i++) {
        put(i);
    }
    run(1000);
    assert_int_equal(orders, 48);
    for (i = 0; i < 16; i++) {
        assert_int_equal(order[i], i);
        assert_int_equal(order[17 + i], 16 + i);
    }
    assert_int_equal(order[16], 40);
    assert_int_equal(order[33], 41);
    assert_int_equal(stk_load(words + STK_CTL_PRIORITY_FAIRNESS + STK_WIRE_PRIORITY_CRITICAL), 20);
    assert_int_equal(stk_load(words + STK_CTL_PRIORITY_FAIRNESS + STK_WIRE_PRIORITY_HIGH), 20);
    assert_int_equal(stk_load(words + STK_CTL_PRIORITY_FAIRNESS + STK_WIRE_PRIORITY_NORMAL), 4);
    assert_int_equal(stk_load(words + STK_CTL_PRIORITY_FAIRNESS + STK_WIRE_PRIORITY_LOW), 4);
    assert_int_equal(stk_load(words + STK_CTL_PRIORITY_FAIRNESS + STK_WIRE_PRIORITY_IDLE), 0);
}

static void count_of_claims_above_is_kept_from_lease_to_lease(void **state) {
    static const uint32_t offsets[] = {0, 40, 40, 44, 44, 48};
    uint32_t i;
    (void)state;
    fresh(48, offsets);
    for (i = 0; i < 48; i++) {
        put(i);
    }
    for (i = 0; i < 16; i++) {
        run(1);
    }
    assert_int_equal(stk_load(words + STK_CTL_STARVATION), 16);
    run(1);
    assert_int_equal(order[16], 40);
    assert_int_equal(stk_load(words + STK_CTL_STARVATION), 0);
    run(1);
    assert_int_equal(order[17], 16); /* the cursors too */
}

static void every_slot_runs_whatever_the_partitions_say(void **state) {
    static const uint32_t offsets[][STK_PRIORITY_OFFSETS] = {
        {0, 0, 0, 0, 0, 0},       {0, 8, 16, 24, 32, 40},         {0, 0, 0, 40, 40, 40},  {10, 10, 20, 20, 30, 40},
        {0, 8, 7, 24, 32, 40},    {0, 8, 16, 24, 32, 41},         {0, 0, 0, 0, 0, 40},    {UINT32_MAX, 0, 0, 0, 0, 40},
        {40, 40, 40, 40, 40, 40}, {0, 8, 16, 24, 32, UINT32_MAX}, {0, 40, 40, 40, 40, 40}};
    uint32_t i, k;
    (void)state;
    for (k = 0; k < sizeof offsets / sizeof *offsets; k++) {
        fresh(40, offsets[k]);
        stk_store(words + STK_CTL_PARTITION_CURSORS + k % 5u, k % 2u ? UINT32_MAX : 40u);
        for (i = 0; i < 40; i += 1 + k % 3u) {
            put_for(0, i, OP_AGAIN, i % 4u, 0);
        }
        run(5000);
        for (i = 0; i < 40; i += 1 + k % 3u) {
            assert_int_equal(status(i), STK_SLOT_DONE);
        }
    }
}

static void slot_far_from_a_busy_cursor_is_found_by_the_slow_round(void **state) {
    uint32_t i, turns;
    (void)state;
    fresh(64, NULL);
    enter();
    for (i = 0; i < 8; i++) {
        put(i);
    }
    put(40);
    for (turns = 0; status(40) != STK_SLOT_DONE && turns < 5000u; turns++) {
        uint32_t slot = turn();
        if (slot < 8u) { /* publishes the slot again at once, as a very fast publisher */
            put(slot);
            worker.cursor[0] = worker.cursor[0] == 8u ? 0u : worker.cursor[0];
        }
    }
    assert_in_range(turns, 1, 64u * (STK_SCAN_EVERY + 1u));
}

/// Quotas ///

static void tenant_over_its_quota_is_passed_over_until_the_ring_scan_is_complete(void **state) {
    uint32_t i;
    (void)state;
    fresh(64, NULL);
    assert_int_equal(stk_control_set_quota(&control, 0, 8, NULL), STK_OK);
    assert_int_equal(stk_control_set_quota(&control, 29, 8, NULL), STK_E_RANGE);
    for (i = 0; i < 64; i++) {
        put_for(i == 50u || i == 60u, i, OP_RECORD, 0, 0);
    }
    run(5000);
    assert_int_equal(orders, 64);
    for (i = 0; i < 8; i++) {
        assert_int_equal(order[i], i);
    }
    assert_int_equal(order[8], 50);
    assert_int_equal(order[9], 60);
    assert_int_equal(stk_load(words + STK_CTL_TENANT_FAIRNESS), 62);
    assert_int_equal(stk_load(words + STK_CTL_TENANT_FAIRNESS + 1), 2);
}

static void tenant_alone_goes_on_after_its_quota(void **state) {
    uint32_t i;
    (void)state;
    fresh(64, NULL);
    assert_int_equal(stk_control_set_quota(&control, 0, 1, NULL), STK_OK);
    for (i = 0; i < 64; i++) {
        put(i);
    }
    run(64u * 64u + 64u);
    assert_int_equal(orders, 64);
}

/// Doorbell ///

static void idle(uint32_t turns) {
    uint32_t i;
    for (i = 0; i < turns; i++) {
        assert_int_equal(turn(), STK_NO_SLOT);
    }
}

static void doorbell_wakes_a_worker_that_leaves_the_ring_alone(void **state) {
    const struct stk_work work = {OP_RECORD, 0, STK_PRIORITY_NORMAL, 0, NULL};
    struct stk_publisher publisher;
    uint32_t round;
    (void)state;
    fresh(64, NULL);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &control), STK_OK);
    enter();
    idle(1000);
    put(37);
    assert_int_equal(stk_control_ring_doorbell(&control, NULL), STK_OK);
    assert_in_range(turns_until(37, 1000), 1, 64);
    assert_int_equal(stk_publisher_publish(&publisher, &work, NULL), 0);
    assert_in_range(turns_until(0, 1000), 1, 64);
    /* Nobody rings: the ring scan comes by, and one slot at the cursor is seen at once. */
    for (round = 0; round < 20; round++) {
        uint32_t slot = (round * 23u + 5u) % 64u;
        idle(1000);
        put(slot);
        assert_in_range(turns_until(slot, 5000), 1, 64u * STK_IDLE_SCAN_EVERY + STK_IDLE_SCAN_EVERY);
        idle(500);
        put((slot + 1u) % 64u);
        assert_int_equal(turns_until((slot + 1u) % 64u, 10), 1);
    }
}

static void ring_of_the_bell_before_the_round_is_over_starts_it_again(void **state) {
    (void)state;
    fresh(64, NULL);
    enter();
    idle(60);
    put(worker.ring_scan_at); /* the round has just passed this slot */
    assert_int_equal(stk_control_ring_doorbell(&control, NULL), STK_OK);
    assert_in_range(turns_until(worker.ring_scan_at, 1000), 1, 65);
}

/// Fences ///

static void packed_fence_waits_before_the_first_op_runs(void **state) {
    const uint32_t add[] = {1, OBS(5)}, fence[] = {2, 77};
    const struct stk_packed_op ops[] = {{STK_OP_ATOMIC_ADD, 2, add}, {STK_OP_BATCH_FENCE, 2, fence}};
    (void)state;
    fresh(16, NULL);
    put_for(0, 1, OP_AGAIN, 9, 0);
    put(2);
    assert_int_equal(stk_ring_publish_packed(&ring, 3, 0, ops, 2), STK_OK);
    run(4);
    assert_int_equal(status(2), STK_SLOT_DONE);
    assert_int_equal(status(3), STK_SLOT_REQUEUE);
    assert_int_equal(stk_load(words + OBS(5)), 0);
    assert_int_equal(stk_load(words + STK_CTL_EPOCH), 0);
    run(1000);
    assert_int_equal(status(3), STK_SLOT_DONE);
    assert_int_equal(stk_load(words + OBS(5)), 1);
    assert_int_equal(stk_load(words + OBS(0)), 77);
    assert_int_equal(stk_load(words + STK_CTL_EPOCH), 1);
}

/// Shares ///

static void refused(uint32_t tenant, uint32_t opcode, uint32_t a0, uint32_t a1, uint32_t reason) {
    put_for(tenant, 0, opcode, a0, a1);
    run(4);
    assert_int_equal(status(0), reason ? STK_SLOT_FAULT : STK_SLOT_DONE);
    if (reason) {
        assert_int_equal(stk_load(ring_words + STK_SLOT_ARG0 + STK_FAULT_REASON_ARG), reason);
        assert_int_equal(stk_ring_transition(&ring, 0, STK_TO_ACK), (int)STK_SLOT_FAULT);
    }
}

static void tenant_reaches_its_share_and_no_other(void **state) {
    (void)state;
    fresh(4, NULL);
    assert_int_equal(stk_control_set_shares(&control, 10, 100, NULL), STK_E_ALIGN);
    assert_int_equal(stk_control_set_shares(&control, 10, 128, NULL), STK_OK);
    refused(1, STK_OP_STORE_U32, 5, OBS(10), 0);
    refused(1, STK_OP_STORE_U32, 6, OBS(19), 0);
    refused(1, STK_OP_STORE_U32, 7, OBS(9), STK_REASON_INDEX);
    refused(1, STK_OP_STORE_U32, 7, OBS(20), STK_REASON_INDEX);
    refused(1, STK_OP_LOAD_U32, OBS(10), 11, 0);
    refused(1, STK_OP_LOAD_U32, OBS(10), 9, STK_REASON_INDEX);
    refused(1, STK_OP_LOAD_U32, OBS(9), 11, STK_REASON_INDEX);
    refused(6, STK_OP_STORE_U32, 7, OBS(63), 0); /* the last share is shorter: it ends with the last observable */
    refused(7, STK_OP_STORE_U32, 7, OBS(63), STK_REASON_INDEX);
    refused(7, STK_OP_STORE_U32, 7, OBS(64), STK_REASON_INDEX);
    refused(1, STK_OP_SUM64, 128, 128, 0);
    refused(1, STK_OP_SUM64, 124, 4, STK_REASON_PAYLOAD);
    refused(1, STK_OP_SUM64, 128, 129, STK_REASON_PAYLOAD);
    refused(1, STK_OP_BATCH_FENCE, 0, 42, 0);
    assert_int_equal(stk_load(words + OBS(10)), 42);
    assert_int_equal(stk_load(words + OBS(0)), 0);
    refused(1, STK_OP_SHUTDOWN, 0, 0, STK_REASON_TENANT);
    refused(0, STK_OP_SHUTDOWN, 0, 0, 0);
}

static void opcode_in_the_window_of_another_tenant_is_refused(void **state) {
    static const struct stk_user_op windowed[] = {{STK_OP_TENANT_BASE + STK_OP_TENANT_RANGE, STK_SCALAR, op_record}};
    (void)state;
    fresh(4, NULL);
    dev.user_ops = windowed;
    dev.user_op_count = 1;
    refused(1, STK_OP_TENANT_BASE + STK_OP_TENANT_RANGE, 0, 0, 0);
    refused(0, STK_OP_TENANT_BASE + STK_OP_TENANT_RANGE, 0, 0, STK_REASON_OPCODE);
    refused(2, STK_OP_TENANT_BASE + STK_OP_TENANT_RANGE, 0, 0, STK_REASON_OPCODE);
    assert_int_equal(orders, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critical_slot_behind_ten_thousand_low_ones_runs_within_two_turns),
        cmocka_unit_test(urgent_slot_anywhere_in_its_partition_is_found_in_one_pass_over_it),
        cmocka_unit_test(lower_partition_goes_first_once_after_sixteen_claims),
        cmocka_unit_test(count_of_claims_above_is_kept_from_lease_to_lease),
        cmocka_unit_test(every_slot_runs_whatever_the_partitions_say),
        cmocka_unit_test(slot_far_from_a_busy_cursor_is_found_by_the_slow_round),
        cmocka_unit_test(tenant_over_its_quota_is_passed_over_until_the_ring_scan_is_complete),
        cmocka_unit_test(tenant_alone_goes_on_after_its_quota),
        cmocka_unit_test(doorbell_wakes_a_worker_that_leaves_the_ring_alone),
        cmocka_unit_test(ring_of_the_bell_before_the_round_is_over_starts_it_again),
        cmocka_unit_test(packed_fence_waits_before_the_first_op_runs),
        cmocka_unit_test(tenant_reaches_its_share_and_no_other),
        cmocka_unit_test(opcode_in_the_window_of_another_tenant_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
