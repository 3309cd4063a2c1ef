/* Tests telemetry of a live ring: publishers fill it, a worker in C runs its slots, and a harvester empties it
 * meanwhile. Each row that telemetry reports must be the state of its slot at one moment. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "stoker/kernel/device.h"
#include "stoker/atomic.h"
#include "stoker/port/interp.h"
#include "stoker/publisher.h"
#include "stoker/telemetry.h"

#define SLOTS 32u
#define OPS   4u
#define EACH  20000u
#define FIRST (UINT32_MAX - EACH)

static _Alignas(64) uint8_t ring_memory[STK_RING_BYTES(SLOTS)];
static _Alignas(64) uint8_t control_memory[STK_CONTROL_BYTES(0)];
STK_TELEMETRY_DEFINE(telemetry_memory, SLOTS, OPS);
static struct stk_ring ring;
static struct stk_control control;
static struct stk_publisher publisher;
static struct stk_telemetry telemetry;
static uint32_t busy; /* threads that are not through yet; snapshots are taken as long as there are any */

/* Returns a number that follows from `n` and `salt` alone. All words of a slot follow from its number. */
static uint32_t mix(uint32_t n, uint32_t salt) {
    n = (n ^ salt) * 0x9E3779B1u;
    return n ^ n >> 15;
}

static uint32_t opcode_of(uint32_t n) {
    return STK_OP_TENANT_BASE + mix(n, 1) % OPS;
}

static struct stk_work work_of(uint32_t n, uint32_t args[STK_SLOT_ARGS]) {
    memset(args, 0, STK_SLOT_ARGS * sizeof args[0]);
    args[0] = n;
    args[1] = mix(n, 2) % 3u;
    args[2] = mix(n, 3);
    args[3] = mix(n, 4);
    return (struct stk_work){opcode_of(n), mix(n, 5) % 8u, 1u + mix(n, 6) % STK_PRIORITIES, STK_SLOT_ARGS, args};
}

static int row_is_whole(const struct stk_row *row) {
    uint32_t n = row->args[0];
    return row->opcode == opcode_of(n) && row->tenant == mix(n, 5) % 8u &&
           row->wire_priority == mix(n, 6) % STK_PRIORITIES && row->args[1] == mix(n, 2) % 3u &&
           row->args[2] == mix(n, 3) && row->args[3] == mix(n, 4);
}

/// Workers, publishers, harvester ///

/* Ends as its number says, some only when they are taken up again. */
static uint32_t run(const struct stk_dev *d, const struct stk_call *c) {
    static const uint32_t again[] = {STK_SLOT_YIELD, STK_SLOT_REQUEUE};
    uint32_t n = stk_arg(c, 0), turns = stk_arg(c, STK_RESULT_ARG);
    (void)d;
    stk_result(c, 0, turns + 1u);
    if (turns < n % 3u) {
        return again[turns % 2u];
    }
    return n % 32u == 5u ? stk_refuse(c, STK_REASON_ARGUMENT, n) : STK_SLOT_DONE;
}

static const struct stk_user_op user_ops[OPS] = {{STK_OP_TENANT_BASE, STK_SCALAR, run},
                                                 {STK_OP_TENANT_BASE + 1u, STK_SCALAR, run},
                                                 {STK_OP_TENANT_BASE + 2u, STK_SCALAR, run},
                                                 {STK_OP_TENANT_BASE + 3u, STK_SCALAR, run}};

static void *work_all(void *arg) {
    const struct stk_interp_config config = {.user_ops = user_ops, .user_op_count = OPS};
    const struct stk_device_memory memory = {
        .ring = ring.words, .slots = SLOTS, .control = control.words, .control_words = control.count};
    struct stk_interp port;
    (void)arg;
    if (stk_interp_open(&port, &memory, &config) != STK_OK) {
        return "the interpreter was refused";
    }
    while (stk_load_acquire(control.words + STK_CTL_SHUTDOWN) == 0) {
        (void)stk_interp_ops.drive(&port, true);
        sched_yield();
    }
    return NULL;
}

static void *publish_by_ticket(void *arg) {
    uint32_t base = (uint32_t)(uintptr_t)arg * EACH;
    for (uint32_t i = 0; i < EACH;) {
        uint32_t args[STK_SLOT_ARGS];
        struct stk_work work = work_of(base + i, args);
        int slot = stk_publisher_publish(&publisher, &work, NULL);
        if (slot >= 0) {
            i++;
        } else if (slot == STK_E_FULL || slot == STK_E_WOULD_BLOCK) {
            sched_yield();
        } else {
            return "a publisher was refused";
        }
    }
    return NULL;
}

static void *harvest_all(void *arg) {
    (void)arg;
    for (uint32_t taken = 0; taken < 2u * EACH;) {
        struct stk_slot slot;
        if (stk_publisher_harvest(&publisher, &slot, NULL) == STK_E_WOULD_BLOCK) {
            sched_yield();
        } else {
            taken++;
        }
    }
    (void)stk_fetch_add(&busy, UINT32_MAX);
    return NULL;
}

/* Publishes without tickets, into any slot that is free: a DONE slot is published over, a fault is acknowledged first.
 */
static void *publish_anywhere(void *arg) {
    (void)arg;
    for (uint32_t i = 0, at = 0; i < 2u * EACH; at = (at + 1u) % SLOTS) {
        uint32_t args[STK_SLOT_ARGS];
        struct stk_work work = work_of(i, args);
        int err = stk_ring_publish(&ring, at, &work);
        i += err == STK_OK;
        if (err == STK_E_STATUS && stk_ring_transition(&ring, at, STK_TO_ACK) < 0) {
            sched_yield();
        }
    }
    (void)stk_fetch_add(&busy, UINT32_MAX);
    return NULL;
}

/* Waits until every slot has ended. */
static void *wait_for_all(void *arg) {
    uint32_t ended = 0;
    (void)arg;
    while (ended < SLOTS) {
        ended = stk_load_acquire(control.words + STK_CTL_DONE_COUNT) +
                stk_load_acquire(control.words + STK_CTL_FAULT_COUNT);
        sched_yield();
    }
    (void)stk_fetch_add(&busy, UINT32_MAX);
    return NULL;
}

/// Snapshots ///

static uint32_t rows_whole, rows_torn;

static void check_snapshot(void) {
    const struct stk_occupancy *o = &telemetry.snapshot.occupancy;
    uint32_t all = o->torn, named = 0, grouped = 0;
    for (uint32_t s = 0; s < STK_STATUS_KINDS; s++) {
        all += o->count[s];
    }
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct stk_row *row = &telemetry.rows[i];
        if (telemetry.lost[i] == STK_ROW_WHOLE && row->status != STK_SLOT_EMPTY) {
            assert_true(row_is_whole(row));
            named++;
        }
    }
    for (uint32_t i = 0; i < telemetry.window_count; i++) {
        const struct stk_ticketed_window *w = &telemetry.windows[i];
        grouped += w->required + w->lookahead + w->other;
        assert_int_equal(w->opcode, opcode_of(w->ticket));
        assert_int_equal(w->tenant, mix(w->ticket, 5) % 8u);
    }
    assert_int_equal(all, SLOTS);
    assert_int_equal(o->count[STK_UNKNOWN], 0);
    assert_int_equal(grouped, named);
    rows_whole += named;
    rows_torn += o->torn;
}

static void watch(enum stk_feed feed) {
    static const uint32_t list[] = {STK_OP_TENANT_BASE, STK_OP_TENANT_BASE + 1u, STK_OP_TENANT_BASE + 2u,
                                    STK_OP_TENANT_BASE + 3u};
    static const struct stk_opcodes opcodes = {list, OPS};
    rows_whole = rows_torn = 0;
    for (uint32_t i = 0; stk_load_acquire(&busy) > 0; i++) {
        assert_int_equal(stk_telemetry_read(&telemetry, &ring, &control, feed, &opcodes, NULL), STK_OK);
        check_snapshot();
        if (i % 16u == 0) {
            sched_yield();
        }
    }
    print_message("%u rows whole, %u torn\n", rows_whole, rows_torn);
}

static void set_up(void) {
    const struct stk_telemetry_config config = {SLOTS, OPS};
    struct stk_arena arena;
    stk_store(&busy, 1);
    assert_int_equal(stk_ring_init(&ring, ring_memory, sizeof ring_memory, SLOTS), STK_OK);
    assert_int_equal(stk_control_init(&control, control_memory, sizeof control_memory, 0, 8, 0), STK_OK);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &control), STK_OK);
    assert_int_equal(stk_publisher_reset(&publisher, FIRST), STK_OK);
    stk_arena_init(&arena, telemetry_memory, sizeof telemetry_memory);
    assert_int_equal(stk_telemetry_init(&telemetry, &config, &arena, NULL), STK_OK);
}

static void join(pthread_t thread) {
    void *complaint;
    assert_int_equal(pthread_join(thread, &complaint), 0);
    if (complaint != NULL) {
        fail_msg("%s", (const char *)complaint);
    }
}

static void no_row_is_torn_with_tickets(void **state) {
    pthread_t worker, harvester, first, second;
    (void)state;
    set_up();
    assert_int_equal(pthread_create(&worker, NULL, work_all, NULL), 0);
    assert_int_equal(pthread_create(&harvester, NULL, harvest_all, NULL), 0);
    assert_int_equal(pthread_create(&first, NULL, publish_by_ticket, (void *)(uintptr_t)0), 0);
    assert_int_equal(pthread_create(&second, NULL, publish_by_ticket, (void *)(uintptr_t)1), 0);
    watch(STK_FEED_TICKETS);
    join(first);
    join(second);
    join(harvester);
    assert_int_equal(stk_control_set_shutdown(&control, 1, NULL), STK_OK);
    join(worker);
    assert_int_equal(stk_telemetry_read(&telemetry, &ring, &control, STK_FEED_TICKETS, NULL, NULL), STK_OK);
    assert_int_equal(telemetry.snapshot.occupancy.count[STK_SLOT_EMPTY], SLOTS);
    assert_int_equal(telemetry.snapshot.control.tickets - FIRST, 2u * EACH);
    assert_int_equal(telemetry.snapshot.control.workers, 0);
}

static void no_row_is_torn_without_tickets(void **state) {
    pthread_t worker, feeder;
    (void)state;
    set_up();
    assert_int_equal(pthread_create(&worker, NULL, work_all, NULL), 0);
    assert_int_equal(pthread_create(&feeder, NULL, publish_anywhere, NULL), 0);
    watch(STK_FEED_ANY);
    join(feeder);
    assert_int_equal(stk_control_set_shutdown(&control, 1, NULL), STK_OK);
    join(worker);
}

/* Nobody publishes: a ring that was filled before is only worked on. */
static void nothing_is_lost_while_nobody_publishes(void **state) {
    pthread_t worker, waiter;
    (void)state;
    set_up();
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint32_t args[STK_SLOT_ARGS];
        struct stk_work work = work_of(i * 77u, args);
        assert_int_equal(stk_ring_publish(&ring, i, &work), STK_OK);
    }
    assert_int_equal(pthread_create(&worker, NULL, work_all, NULL), 0);
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_all, NULL), 0);
    watch(STK_FEED_NONE);
    join(waiter);
    assert_int_equal(stk_control_set_shutdown(&control, 1, NULL), STK_OK);
    join(worker);
    assert_int_equal(stk_telemetry_read(&telemetry, &ring, &control, STK_FEED_NONE, NULL, NULL), STK_OK);
    assert_int_equal(
        telemetry.snapshot.occupancy.count[STK_SLOT_DONE] + telemetry.snapshot.occupancy.count[STK_SLOT_FAULT], SLOTS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_row_is_torn_with_tickets),
        cmocka_unit_test(no_row_is_torn_without_tickets),
        cmocka_unit_test(nothing_is_lost_while_nobody_publishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
