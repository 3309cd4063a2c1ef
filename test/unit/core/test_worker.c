/* The worker loop: what it finds, in what order, when it leaves, and what it counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/kernel/device.h"
#include "op_cases.h"
#include "stoker/control.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define OP_LATER  8u  /* a0 times the status a1, then DONE */
#define OP_HOST   9u  /* calls the test's hook */
#define OP_RECORD 10u /* notes the order in which slots run */

static struct op_image image;
static struct stk_interp port;
static uint32_t order[64], orders;
static void (*hook)(void);

static uint32_t op_later(const struct stk_dev *d, const struct stk_call *c) {
    uint32_t left = stk_arg(c, 0);
    (void)d;
    if (left == 0) {
        return STK_SLOT_DONE;
    }
    stk_st(c->args, left - 1);
    return stk_arg(c, 1);
}

static uint32_t op_host(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    (void)c;
    hook();
    return STK_SLOT_DONE;
}

static uint32_t op_record(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    order[orders++ % 64u] = c->index;
    return STK_SLOT_DONE;
}

static const struct stk_user_op user_ops[] = {
    {OP_LATER, STK_SCALAR, op_later}, {OP_HOST, STK_SCALAR, op_host}, {OP_RECORD, STK_SCALAR, op_record}};

static void open_port(uint32_t turns, uint32_t idle_turns) {
    const struct stk_interp_config config = {
        .user_ops = user_ops, .user_op_count = 3, .turns = turns, .idle_turns = idle_turns};
    const struct stk_device_memory memory = op_image_memory(&image);
    op_image_reset(&image);
    orders = 0;
    assert_int_equal(stk_interp_open(&port, &memory, &config), STK_OK);
}

static int drive(void) {
    return stk_interp_ops.drive(&port, true);
}

static void put(uint32_t slot, uint32_t opcode, uint32_t a0, uint32_t a1) {
    const uint32_t args[STK_SLOT_ARGS] = {a0, a1};
    op_publish(&image, slot, opcode, 0, args);
}

static uint32_t control(uint32_t word) {
    return stk_load(&image.control[word]);
}

static void open_refuses_what_it_cannot_run(void **state) {
    struct stk_device_memory memory = op_image_memory(&image), m = memory;
    (void)state;
    m.ring = NULL;
    assert_int_equal(stk_interp_open(&port, &m, NULL), STK_E_ARG);
    m = memory, m.slots = 0;
    assert_int_equal(stk_interp_open(&port, &m, NULL), STK_E_ARG);
    m = memory, m.control = NULL;
    assert_int_equal(stk_interp_open(&port, &m, NULL), STK_E_ARG);
    m = memory, m.control_words = STK_CTL_WORDS_MIN - 1u;
    assert_int_equal(stk_interp_open(&port, &m, NULL), STK_E_ARG);
    m = memory, m.payload++;
    assert_int_equal(stk_interp_open(&port, &m, NULL), STK_E_ALIGN);
    assert_int_equal(stk_interp_open(&port, NULL, NULL), STK_E_ARG);
    assert_int_equal(stk_interp_open(NULL, &memory, NULL), STK_E_ARG);
}

static void drive_without_work_runs_nothing(void **state) {
    (void)state;
    open_port(0, 0);
    put(0, STK_OP_NOP, 0, 0);
    assert_int_equal(stk_interp_ops.drive(&port, false), 0);
    assert_int_equal(op_status(&image, 0), STK_SLOT_PUBLISHED);
    assert_int_equal(control(STK_CTL_WORKERS_IN), 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(drive(), 0);
    assert_int_equal(op_status(&image, 0), STK_SLOT_DONE);
}

static void lease_ends_after_its_turns_and_the_next_goes_on(void **state) {
    struct stk_dispatch_info info;
    uint32_t i;
    (void)state;
    open_port(5, 100);
    for (i = 0; i < OPS_SLOTS; i++) {
        put(i, OP_RECORD, 0, 0);
    }
    for (i = 1; i <= 3; i++) {
        assert_int_equal(drive(), 1);
        assert_int_equal(orders, 5 * i);
        assert_int_equal(control(STK_CTL_LEASE_ENDS), i);
        assert_int_equal(control(STK_CTL_DONE_COUNT), 5 * i);
        assert_int_equal(control(STK_CTL_METRICS + OP_RECORD), 5 * i);
    }
    assert_int_equal(drive(), 1);
    assert_int_equal(control(STK_CTL_WORKERS_IN), 4);
    for (i = 0; i < OPS_SLOTS; i++) {
        assert_int_equal(order[i], i); /* each once, in order: the cursor is kept between leases */
    }
    stk_interp_ops.info(&port, &info);
    assert_false(stk_interp_ops.has_workers(&port)); /* its worker runs inside drive alone */
    assert_int_equal(info.launches, 4);
    assert_int_equal(info.lease_ends, 4);
    assert_int_equal(info.idle_ends, 0);
}

static void worker_with_nothing_to_do_leaves_after_its_idle_turns(void **state) {
    (void)state;
    open_port(1000, 7);
    put(0, STK_OP_NOP, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(control(STK_CTL_IDLE_ENDS), 1);
    assert_int_equal(control(STK_CTL_LEASE_ENDS), 0);
    assert_int_equal(port.idle_ends, 1);
    /* Waiting on is no progress either. */
    put(1, OP_LATER, 1000, STK_SLOT_REQUEUE);
    put(2, OP_LATER, 1000, STK_SLOT_YIELD);
    assert_int_equal(drive(), 0);
    assert_int_equal(control(STK_CTL_IDLE_ENDS), 2);
    assert_in_range(op_arg(&image, 1, 0) + op_arg(&image, 2, 0), 2000 - 7, 1998);
}

static void bump_lease(void) {
    stk_store(&image.control[STK_CTL_LEASE], stk_load(&image.control[STK_CTL_LEASE]) + 1u);
}

static void changed_lease_word_ends_the_lease_after_the_slot_in_hand(void **state) {
    (void)state;
    open_port(1000, 1000);
    hook = bump_lease;
    stk_store(&image.control[STK_CTL_LEASE], UINT32_MAX);
    put(0, OP_RECORD, 0, 0);
    put(1, OP_HOST, 0, 0);
    put(2, OP_RECORD, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(op_status(&image, 1), STK_SLOT_DONE);
    assert_int_equal(op_status(&image, 2), STK_SLOT_PUBLISHED);
    assert_int_equal(control(STK_CTL_DONE_COUNT), 2);
    assert_int_equal(control(STK_CTL_LEASE_ENDS), 1);
    assert_int_equal(drive(), 1);
    assert_int_equal(op_status(&image, 2), STK_SLOT_DONE);
}

static void shutdown_stops_before_the_next_slot(void **state) {
    (void)state;
    open_port(0, 0);
    put(0, STK_OP_SHUTDOWN, 0, 0);
    put(1, OP_RECORD, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(op_status(&image, 0), STK_SLOT_DONE);
    assert_int_equal(op_status(&image, 1), STK_SLOT_PUBLISHED);
    assert_int_equal(control(STK_CTL_SHUTDOWN), 1);
    assert_int_equal(drive(), 0);
    assert_int_equal(control(STK_CTL_LEASE_ENDS), 2);
}

static void slots_behind_the_cursor_and_holes_are_found(void **state) {
    (void)state;
    open_port(0, 0);
    put(9, OP_RECORD, 0, 0);
    assert_int_equal(drive(), 1);
    put(3, OP_RECORD, 0, 0); /* slot 3 lies behind the cursor, and its neighbours are EMPTY */
    put(5, OP_RECORD, 0, 0);
    put(12, OP_RECORD, 0, 0); /* slot 12 lies ahead of the cursor, after EMPTY slots */
    /* slot 13 belongs to a worker that is gone: the search passes over the slot */
    stk_store(&STK_SLOT_AT(image.ring, 13)[STK_SLOT_STATUS], STK_SLOT_CLAIMED);
    put(15, OP_RECORD, 0, 0);
    put(0, OP_RECORD, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(orders, 6);
    assert_int_equal(op_status(&image, 13), STK_SLOT_CLAIMED);
    assert_int_equal(control(STK_CTL_DONE_COUNT), 6);
}

static void publish_behind(void) {
    put(0, OP_RECORD, 0, 0);
}

static void slot_published_behind_a_running_worker_is_found(void **state) {
    (void)state;
    open_port(0, 0);
    hook = publish_behind;
    put(1, OP_HOST, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(orders, 1);
    assert_int_equal(op_status(&image, 0), STK_SLOT_DONE);
}

static void spoiled_cursor_starts_at_the_first_slot(void **state) {
    (void)state;
    open_port(0, 0);
    stk_store(&image.control[STK_CTL_CURSOR], OPS_SLOTS);
    put(0, OP_RECORD, 0, 0);
    assert_int_equal(drive(), 1);
    stk_store(&image.control[STK_CTL_CURSOR], UINT32_MAX);
    put(0, OP_RECORD, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(orders, 2);
}

static void ring_of_one_slot_works(void **state) {
    struct stk_device_memory memory = op_image_memory(&image);
    uint32_t i;
    (void)state;
    op_image_reset(&image);
    memory.slots = 1;
    assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
    for (i = 1; i <= 3; i++) {
        put(0, STK_OP_BATCH_FENCE, 5, i);
        put(1, STK_OP_BATCH_FENCE, 5, 99); /* slot 1 lies outside the ring of one slot */
        assert_int_equal(drive(), 1);
        assert_int_equal(control(STK_CTL_EPOCH), i);
        assert_int_equal(op_status(&image, 1), STK_SLOT_PUBLISHED);
    }
}

static void yielded_and_requeued_slots_run_again_until_done_and_count_once(void **state) {
    (void)state;
    open_port(0, 100);
    put(4, OP_LATER, 3, STK_SLOT_YIELD);
    put(5, OP_LATER, 4, STK_SLOT_REQUEUE);
    assert_int_equal(drive(), 1);
    assert_int_equal(op_status(&image, 4), STK_SLOT_DONE);
    assert_int_equal(op_status(&image, 5), STK_SLOT_DONE);
    assert_int_equal(op_arg(&image, 4, 0), 0);
    assert_int_equal(control(STK_CTL_DONE_COUNT), 2);
    assert_int_equal(control(STK_CTL_METRICS + OP_LATER), 2);
}

static void fence_waits_for_its_items_and_for_no_others(void **state) {
    static const uint32_t waiting[] = {STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED, STK_SLOT_WAIT_IO, STK_SLOT_YIELD,
                                       STK_SLOT_REQUEUE};
    static const uint32_t over[] = {STK_SLOT_EMPTY, STK_SLOT_DONE, STK_SLOT_FAULT};
    size_t i;
    (void)state;
    for (i = 0; i < 5; i++) {
        open_port(0, 0);
        put(14, STK_OP_NOP, 0, 0); /* slot 14 stays claimed, and does not belong to the batch of the fence */
        stk_store(&STK_SLOT_AT(image.ring, 14)[STK_SLOT_STATUS], STK_SLOT_CLAIMED);
        /* slot 15 belongs to the batch, which wraps around the end of the ring */
        put(15, OP_LATER, 500, STK_SLOT_REQUEUE);
        stk_store(&STK_SLOT_AT(image.ring, 15)[STK_SLOT_STATUS], waiting[i]);
        put(0, STK_OP_NOP, 0, 0);
        put(1, STK_OP_BATCH_FENCE, 2, 7);
        (void)drive();
        assert_int_equal(op_status(&image, 1), STK_SLOT_REQUEUE);
        assert_int_equal(control(STK_CTL_EPOCH), 0);
        stk_store(&STK_SLOT_AT(image.ring, 15)[STK_SLOT_STATUS], over[i % 3]);
        assert_int_equal(drive(), 1);
        assert_int_equal(op_status(&image, 1), STK_SLOT_DONE);
        assert_int_equal(control(STK_CTL_EPOCH), 1);
        assert_int_equal(control(STK_CTL_OBSERVABLE), 7);
        assert_int_equal(control(STK_CTL_METRICS + STK_OP_BATCH_FENCE), 1);
    }
}

/* There are shares, but there is nothing of one of the two kinds, so the tenants own nothing of that kind. */
static void shutdown_is_the_first_tenants_however_small_the_shares(void **state) {
    static const struct {
        uint32_t observables, payload, control_words, payload_bytes;
    } some[] = {{4, 0, STK_CTL_WORDS_MIN, OPS_PAYLOAD}, {0, 64, OPS_CONTROL, 0}, {4, 64, STK_CTL_WORDS_MIN, 0}};
    struct stk_device_memory memory = op_image_memory(&image);
    size_t i;
    (void)state;
    for (i = 0; i < sizeof some / sizeof *some; i++) {
        open_port(0, 0);
        memory.control_words = some[i].control_words;
        memory.payload_bytes = some[i].payload_bytes;
        stk_store(&image.control[STK_CTL_TENANT_MASK + 1u], UINT32_MAX);
        stk_store(&image.control[STK_CTL_SHARE_OBSERVABLES], some[i].observables);
        stk_store(&image.control[STK_CTL_SHARE_PAYLOAD], some[i].payload);
        assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
        put(0, STK_OP_SHUTDOWN, 0, 0);
        stk_store(&image.ring[STK_SLOT_TENANT], 1);
        assert_int_equal(drive(), 1);
        assert_int_equal(op_status(&image, 0), STK_SLOT_FAULT);
        assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), STK_REASON_TENANT);
        assert_int_equal(control(STK_CTL_SHUTDOWN), 0);
        put(0, STK_OP_SHUTDOWN, 0, 0);
        assert_int_equal(drive(), 1);
        assert_int_equal(control(STK_CTL_SHUTDOWN), 1);
    }
}

/// Custody ///

#define CUSTODY_AT (OPS_CONTROL - OPS_SLOTS - OPS_IO) /* behind the control words that the device knows */

static uint32_t in_hand[4], runs;

/* Runs inside of slot 5's handler. Acts as a tenant that stores any status to its own slot, and as a second worker that
 * sees the slot. */
static void hook_forges(void) {
    struct stk_interp second = port;
    in_hand[runs] = control(CUSTODY_AT + 5u);
    if (runs++ == 0u) {
        stk_store(&STK_SLOT_AT(image.ring, 5)[STK_SLOT_STATUS], STK_SLOT_PUBLISHED);
        assert_int_equal(stk_interp_ops.drive(&second, true), 0);
        assert_int_equal(op_status(&image, 5), STK_SLOT_PUBLISHED);
        stk_store(&STK_SLOT_AT(image.ring, 5)[STK_SLOT_STATUS], STK_SLOT_DONE);
    }
}

static void a_slot_in_hand_is_taken_by_nobody_whatever_its_status_says(void **state) {
    struct stk_device_memory memory = op_image_memory(&image);
    struct stk_control view = {image.control, CUSTODY_AT};
    (void)state;
    open_port(0, 0);
    memory.control_words = CUSTODY_AT;
    assert_int_equal(stk_control_set_custody(&view, CUSTODY_AT, NULL), STK_OK);
    memset(image.control + CUSTODY_AT, 0, (OPS_SLOTS + OPS_IO) * 4u);
    assert_int_equal(stk_interp_open(&port, &memory, &(struct stk_interp_config){user_ops, 3, .idle_turns = 100}),
                     STK_OK);
    runs = 0;
    hook = hook_forges;
    put(5, OP_HOST, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(runs, 1);
    assert_int_equal(in_hand[0], 1);
    assert_int_equal(op_status(&image, 5), STK_SLOT_DONE);
    assert_int_equal(control(CUSTODY_AT + 5u), 2);
    put(5, OP_LATER, 2, STK_SLOT_YIELD); /* the worker lets go each time that the slot waits */
    put(6, 99, 0, 0);                    /* the worker also lets go of a slot that faults */
    assert_int_equal(drive(), 1);
    assert_int_equal(control(CUSTODY_AT + 5u), 8);
    assert_int_equal(op_status(&image, 6), STK_SLOT_FAULT);
    assert_int_equal(control(CUSTODY_AT + 6u), 2);
    for (uint32_t i = 0; i < OPS_SLOTS; i++) {
        assert_int_equal(control(CUSTODY_AT + i) & 1u, 0);
    }
}

static void batch_and_its_fence_end_in_one_drive(void **state) {
    const uint32_t add[] = {1, OBS(1)};
    const struct stk_work items[] = {{STK_OP_ATOMIC_ADD, 0, STK_PRIORITY_NORMAL, 2, add},
                                     {STK_OP_ATOMIC_ADD, 0, STK_PRIORITY_NORMAL, 2, add}};
    struct stk_ring ring = {.words = image.ring, .slots = OPS_SLOTS};
    (void)state;
    open_port(0, 0);
    assert_int_equal(stk_ring_publish_batch(&ring, 13, 0, items, 2, 21, NULL), 3);
    assert_int_equal(drive(), 1);
    assert_int_equal(control(OBS(1)), OPS_OBSERVABLE(OBS(1)) + 2u);
    assert_int_equal(control(STK_CTL_EPOCH), 1);
    assert_int_equal(control(OBS(0)), 21);
    assert_int_equal(control(STK_CTL_DONE_COUNT), 3);
}

static void counts_are_exact_when_the_worker_is_gone(void **state) {
    uint32_t round, i;
    (void)state;
    open_port(10000, 0);
    stk_store(&image.control[STK_CTL_DONE_COUNT], UINT32_MAX - 100u); /* the counters wrap in this test */
    stk_store(&image.control[STK_CTL_FAULT_COUNT], UINT32_MAX);
    for (round = 0; round < 100; round++) {
        for (i = 0; i < OPS_SLOTS; i++) {
            put(i,
                i % 4u == 0    ? STK_OP_NOP
                : i % 4u == 1u ? STK_OP_STORE_U32
                : i % 4u == 2u ? 31u
                               : STK_OP_SHUTDOWN - 1u,
                1, OBS(0));
        }
        assert_int_equal(drive(), 1);
    }
    assert_int_equal(control(STK_CTL_DONE_COUNT), 800u - 101u);
    assert_int_equal(control(STK_CTL_FAULT_COUNT), 799u);
    assert_int_equal(control(STK_CTL_METRICS + STK_OP_NOP), 400u);
    assert_int_equal(control(STK_CTL_METRICS + STK_OP_STORE_U32), 400u);
    assert_int_equal(control(STK_CTL_METRICS + 31u), 400u);
    assert_int_equal(control(STK_CTL_WORKERS_IN), control(STK_CTL_LEASE_ENDS) + control(STK_CTL_IDLE_ENDS));
}

static void heartbeat_grows_while_a_worker_turns(void **state) {
    (void)state;
    open_port(5000, 5000);
    put(0, STK_OP_NOP, 0, 0);
    assert_int_equal(drive(), 1);
    assert_in_range(control(STK_CTL_HEARTBEAT), 4, 5);
}

/* Chunks cost turns by their size, so that a lease lasts; nothing else does. */
static void only_the_bytes_of_a_chunk_are_charged_to_the_lease(void **state) {
    (void)state;
    open_port(64, 100);
    put(0, STK_OP_SUM64, 0, 64 * 64);
    put(1, OP_RECORD, 0, 0);
    assert_int_equal(drive(), 1);
    assert_int_equal(orders, 0);
    assert_int_equal(control(STK_CTL_LEASE_ENDS), 1);
    open_port(64, 64);
    put(0, STK_OP_PACKED_SLOT, 0, 0xFFFF0000u); /* the argument holds inner ops and no length */
    put(1, STK_OP_SUM64, 0, UINT32_MAX);        /* the handler refuses the range and reads no byte */
    put(2, OP_RECORD, 0, UINT32_MAX);
    assert_int_equal(drive(), 1);
    assert_int_equal(op_status(&image, 1), STK_SLOT_FAULT);
    assert_int_equal(orders, 1);
}

/* The cursor is far from the slot, and no lease is long enough to get there. */
static void leases_shorter_than_the_ring_get_around_it(void **state) {
    uint32_t drives = 0;
    (void)state;
    open_port(2, 2);
    stk_st(image.control + STK_CTL_CURSOR, 1);
    put(0, OP_RECORD, 0, 0);
    while (op_status(&image, 0) != STK_SLOT_DONE && drives < OPS_SLOTS) {
        (void)!drive();
        drives++;
    }
    assert_int_equal(op_status(&image, 0), STK_SLOT_DONE);
    assert_true(drives > 1); /* with a single drive the leases would not be short */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_refuses_what_it_cannot_run),
        cmocka_unit_test(drive_without_work_runs_nothing),
        cmocka_unit_test(lease_ends_after_its_turns_and_the_next_goes_on),
        cmocka_unit_test(worker_with_nothing_to_do_leaves_after_its_idle_turns),
        cmocka_unit_test(changed_lease_word_ends_the_lease_after_the_slot_in_hand),
        cmocka_unit_test(shutdown_stops_before_the_next_slot),
        cmocka_unit_test(slots_behind_the_cursor_and_holes_are_found),
        cmocka_unit_test(slot_published_behind_a_running_worker_is_found),
        cmocka_unit_test(spoiled_cursor_starts_at_the_first_slot),
        cmocka_unit_test(ring_of_one_slot_works),
        cmocka_unit_test(yielded_and_requeued_slots_run_again_until_done_and_count_once),
        cmocka_unit_test(fence_waits_for_its_items_and_for_no_others),
        cmocka_unit_test(shutdown_is_the_first_tenants_however_small_the_shares),
        cmocka_unit_test(a_slot_in_hand_is_taken_by_nobody_whatever_its_status_says),
        cmocka_unit_test(batch_and_its_fence_end_in_one_drive),
        cmocka_unit_test(counts_are_exact_when_the_worker_is_gone),
        cmocka_unit_test(heartbeat_grows_while_a_worker_turns),
        cmocka_unit_test(leases_shorter_than_the_ring_get_around_it),
        cmocka_unit_test(only_the_bytes_of_a_chunk_are_charged_to_the_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
