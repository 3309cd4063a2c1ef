#include "dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/ring.h"
#include "stoker/slot.h"

#define SECOND     UINT64_C(1000000000)
#define LONG       (60 * SECOND) /* only a test that hangs reaches this deadline */
#define DRIVES_MAX 100000000u    /* most drives of a wait: a deadline where no time passes */
#define NO_HANDLER 0x20099u      /* an opcode in the user's range that has no handler */
#define ROUNDS     50u           /* times that a test runs all slots of the ring */

static const struct dispatch_port *port;
static const struct stk_dispatch_ops *ops;
static void *ctx;
static struct stk_device_memory memory;
static struct stk_ring ring;

/// Helpers ///

static int open_port(void **state) {
    (void)state;
    ctx = port->open(&memory);
    ring = (struct stk_ring){.words = memory.ring, .slots = memory.slots};
    return ctx == NULL || memory.slots < 8u || memory.slots > DISPATCH_SLOTS_MAX ? -1 : 0;
}

static int close_port(void **state) {
    (void)state;
    port->close();
    return 0;
}

static struct stk_dispatch_info info(void) {
    struct stk_dispatch_info i;
    memset(&i, 0xA5, sizeof i);
    ops->info(ctx, &i);
    assert_true(i.lease_ends + i.idle_ends <= i.launches);
    return i;
}

/* Drives once. A drive never blocks, and never fails because of a slot. */
static int drive(bool pending) {
    uint64_t start = port->now_ns();
    int did = ops->drive(ctx, pending);
    assert_true(did == 0 || did == 1);
    assert_true(port->now_ns() - start < LONG);
    return did;
}

static void publish(uint32_t slot, uint32_t opcode, uint32_t arg0, uint32_t arg1) {
    const uint32_t args[] = {arg0, arg1};
    const struct stk_work work = {.opcode = opcode, .nargs = 2, .args = args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

static uint32_t status_of(uint32_t slot) {
    return (uint32_t)stk_ring_status(&ring, slot);
}

static uint32_t observable(uint32_t i) {
    return stk_load(memory.control + STK_CTL_OBSERVABLE + i);
}

/* Drives until the slot has ended, and returns how often a drive did something. */
static uint32_t wait_for(uint32_t slot, uint32_t status) {
    uint64_t start = port->now_ns();
    uint32_t did = 0;
    for (uint32_t n = 0; !stk_status_ended(status_of(slot)); n++) {
        did += (uint32_t)drive(true);
        if (port->now_ns() - start > LONG || n == DRIVES_MAX) {
            fail_msg("slot %u is still in status %u", (unsigned)slot, (unsigned)status_of(slot));
        }
    }
    assert_int_equal(status_of(slot), status);
    return did;
}

/* Stops the workers. They do not start again, because the caller has set the SHUTDOWN word. */
static void stop(void) {
    stk_store_release(memory.control + STK_CTL_SHUTDOWN, 1u);
    assert_int_equal(ops->stop(ctx, LONG), STK_OK);
}

/// What the port says of itself ///

static void it_has_a_name_and_every_mandatory_call(void **state) {
    (void)state;
    assert_true(ops->name != NULL && ops->name[0] != '\0');
    assert_true(ops->drive != NULL && ops->stop != NULL && ops->info != NULL && ops->has_workers != NULL);
}

static void it_describes_itself(void **state) {
    (void)state;
    struct stk_dispatch_info before = info();
    assert_true(before.device != NULL && before.device[0] != '\0');
    assert_true(before.memory != NULL && before.memory[0] != '\0');
    assert_true(before.reason != NULL && before.reason[0] != '\0');
    assert_int_equal(before.residency, port->residency);
    assert_true(before.workers >= 1u && before.lanes >= 1u);
    assert_true(before.launches == 0 && before.copied_bytes == 0 && before.fallbacks == 0 && before.recoveries == 0);
    publish(0, STK_OP_NOP, 0, 0);
    (void)wait_for(0, STK_SLOT_DONE);
    struct stk_dispatch_info after = info();
    assert_string_equal(after.device, before.device); /* the strings live as long as the port */
    assert_string_equal(after.memory, before.memory);
    assert_true(after.residency == before.residency && after.workers == before.workers);
    assert_true(after.fallbacks == 0 && after.recoveries == 0);
}

/// Work ///

static void without_work_there_is_nothing_to_do(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(drive(false), 0);
    }
    assert_true(info().launches == 0);
    for (uint32_t i = 0; i < memory.slots; i++) {
        assert_int_equal(status_of(i), STK_SLOT_EMPTY);
    }
}

static void no_worker_runs_before_the_first_work_and_after_a_stop(void **state) {
    (void)state;
    assert_false(ops->has_workers(ctx));
    (void)drive(false);
    assert_false(ops->has_workers(ctx)); /* drive starts no worker without work */
    publish(0, STK_OP_NOP, 0, 0);
    (void)wait_for(0, STK_SLOT_DONE);
    stop();
    assert_false(ops->has_workers(ctx));
}

static void a_published_slot_ends_with_its_result(void **state) {
    struct stk_slot slot;
    (void)state;
    publish(3, STK_OP_ATOMIC_ADD, 5, STK_CTL_OBSERVABLE);
    assert_true(wait_for(3, STK_SLOT_DONE) >= 1u); /* at least one drive reported progress */
    assert_int_equal(observable(0), 5);
    assert_int_equal(stk_ring_read(&ring, 3, &slot), STK_OK);
    assert_true(slot.opcode == STK_OP_ATOMIC_ADD && slot.args[0] == 5);
    assert_true(info().launches >= 1);
    stop(); /* a worker behind a bus may count a slot only after the slot has ended */
    assert_int_equal(stk_load(memory.control + STK_CTL_DONE_COUNT), 1);
}

/* The status is stored last: a thread that sees DONE also sees the stores of the slot's handler. */
static void what_a_slot_did_is_there_when_it_is_done(void **state) {
    (void)state;
    for (uint32_t round = 1; round <= 20u; round++) {
        for (uint32_t i = 0; i < memory.slots; i++) {
            publish(i, STK_OP_STORE_U32, round * 1000u + i, STK_CTL_OBSERVABLE + i);
        }
        for (uint32_t i = 0; i < memory.slots; i++) {
            (void)wait_for(i, STK_SLOT_DONE);
            assert_int_equal(observable(i), round * 1000u + i);
        }
    }
}

/* Tests with the whole ring in flight all the time. */
static void each_slot_is_run_once(void **state) {
    uint32_t total = memory.slots * ROUNDS;
    (void)state;
    for (uint32_t n = 0; n < total; n++) {
        if (n >= memory.slots) {
            (void)wait_for(n % memory.slots, STK_SLOT_DONE);
        }
        publish(n % memory.slots, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
    }
    for (uint32_t i = 0; i < memory.slots; i++) {
        (void)wait_for(i, STK_SLOT_DONE);
    }
    stop();
    assert_int_equal(observable(0), total);
    assert_int_equal(stk_load(memory.control + STK_CTL_DONE_COUNT), total);
    assert_int_equal(stk_load(memory.control + STK_CTL_FAULT_COUNT), 0);
}

static void a_slot_that_was_given_back_is_taken_again(void **state) {
    static const uint32_t given_back[] = {STK_SLOT_REQUEUE, STK_SLOT_YIELD};
    (void)state;
    /* All before the first drive: a worker that runs would take the published slot before its status changes. */
    for (uint32_t i = 0; i < 2; i++) {
        publish(i, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE + i);
        stk_store_release(STK_SLOT_AT(memory.ring, i) + STK_SLOT_STATUS, given_back[i]);
    }
    for (uint32_t i = 0; i < 2; i++) {
        (void)wait_for(i, STK_SLOT_DONE);
        assert_int_equal(observable(i), 1);
    }
}

/* Tests that no worker changes a slot that is not ready for a worker. The slot in CLAIMED belongs to somebody else. */
static void what_does_not_wait_is_left_alone(void **state) {
    static const uint32_t others[] = {STK_SLOT_EMPTY, STK_SLOT_CLAIMED, STK_SLOT_DONE, STK_SLOT_FAULT,
                                      STK_SLOT_WAIT_IO};
    uint32_t before[5u * STK_SLOT_WORDS];
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        publish(i, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
        stk_store_release(STK_SLOT_AT(memory.ring, i) + STK_SLOT_STATUS, others[i]);
    }
    memcpy(before, memory.ring, sizeof before);
    publish(6, STK_OP_NOP, 0, 0);
    (void)wait_for(6, STK_SLOT_DONE);
    stop();
    assert_memory_equal(before, memory.ring, sizeof before);
    assert_int_equal(observable(0), 0);
}

static void a_slot_that_faults_is_its_own_trouble(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        publish(i, i == 1u ? NO_HANDLER : STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
    }
    for (uint32_t i = 0; i < 4; i++) {
        (void)wait_for(i, i == 1u ? STK_SLOT_FAULT : STK_SLOT_DONE);
    }
    stop();
    assert_int_equal(observable(0), 3);
    assert_int_equal(stk_load(memory.control + STK_CTL_FAULT_COUNT), 1);
    assert_int_equal(stk_load(memory.control + STK_CTL_DONE_COUNT), 3);
}

/// Stop ///

static void a_stop_without_workers_is_done_at_once(void **state) {
    (void)state;
    stop();
    assert_int_equal(ops->stop(ctx, 0), STK_OK);
    assert_int_equal(ops->stop(ctx, UINT64_MAX), STK_OK);
}

static void stop_keeps_its_timeout_and_may_be_called_again(void **state) {
    (void)state;
    publish(0, STK_OP_NOP, 0, 0);
    (void)wait_for(0, STK_SLOT_DONE);
    uint64_t start = port->now_ns();
    stk_store_release(memory.control + STK_CTL_SHUTDOWN, 1u);
    int err = ops->stop(ctx, 0);
    assert_true(err == STK_OK || err == STK_E_TIMEOUT);
    assert_true(port->now_ns() - start < LONG);
    assert_int_equal(ops->stop(ctx, LONG), STK_OK);
    assert_int_equal(ops->stop(ctx, 0), STK_OK);
}

static void after_shutdown_nothing_is_claimed(void **state) {
    (void)state;
    publish(0, STK_OP_NOP, 0, 0);
    (void)wait_for(0, STK_SLOT_DONE);
    stop();
    publish(1, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
    for (uint32_t i = 0; i < 5; i++) {
        (void)drive(true);
    }
    assert_int_equal(ops->stop(ctx, LONG), STK_OK);
    assert_int_equal(status_of(1), STK_SLOT_PUBLISHED);
    assert_int_equal(observable(0), 0);
}

/* Tests that after stop each slot, with its work, has either ended or not begun. */
static void stop_leaves_no_slot_in_a_workers_hands(void **state) {
    (void)state;
    for (uint32_t drives = 0; drives < 4; drives++) {
        uint32_t done = 0;
        stk_store_release(memory.control + STK_CTL_SHUTDOWN, 0u);
        stk_store(memory.control + STK_CTL_OBSERVABLE, 0u);
        for (uint32_t i = 0; i < memory.slots; i++) {
            if (status_of(i) != STK_SLOT_PUBLISHED) {
                publish(i, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
            }
        }
        for (uint32_t i = 0; i < drives; i++) {
            (void)drive(true);
        }
        stop();
        for (uint32_t i = 0; i < memory.slots; i++) {
            assert_true(status_of(i) == STK_SLOT_PUBLISHED || status_of(i) == STK_SLOT_DONE);
            done += status_of(i) == STK_SLOT_DONE;
        }
        assert_int_equal(observable(0), done);
    }
}

static void work_goes_on_once_shutdown_is_taken_back(void **state) {
    (void)state;
    for (uint32_t round = 1; round <= 3u; round++) {
        publish(0, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
        (void)wait_for(0, STK_SLOT_DONE);
        stop();
        assert_int_equal(observable(0), round);
        stk_store_release(memory.control + STK_CTL_SHUTDOWN, 0u);
    }
}

/// Tables ///

/* A port may lack change_tables: its workers read the tables in the host's own memory. */
static void tables_may_change_while_work_goes_on(void **state) {
    uint32_t bytes = memory.table_bytes;
    (void)state;
    if (ops->change_tables == NULL) {
        print_message("left out: %s has no copy of the tables\n", port->name);
        return;
    }
    assert_int_equal(ops->change_tables(ctx, 0, bytes + 1u, 0), STK_E_RANGE);
    assert_int_equal(ops->change_tables(ctx, bytes, 1, 0), STK_E_RANGE);
    assert_int_equal(ops->change_tables(ctx, UINT32_MAX, UINT32_MAX, 0), STK_E_RANGE);
    for (uint32_t round = 0; round < 10u; round++) {
        uint64_t start = port->now_ns();
        publish(0, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
        (void)drive(true);
        assert_int_equal(ops->change_tables(ctx, 0, bytes, LONG), STK_OK);
        assert_true(port->now_ns() - start < LONG);
        memset(memory.tables, (int)round, bytes);
        publish(1, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
        (void)wait_for(1, STK_SLOT_DONE);
        (void)wait_for(0, STK_SLOT_DONE);
    }
    assert_int_equal(observable(0), 20);
}

/// Counts ///

static void its_counts_add_up(void **state) {
    struct stk_dispatch_info now, before = info();
    (void)state;
    for (uint32_t round = 0; round < 5u; round++) {
        for (uint32_t i = 0; i < memory.slots; i++) {
            publish(i, STK_OP_NOP, 0, 0);
        }
        for (uint32_t i = 0; i < memory.slots; i++) {
            (void)wait_for(i, STK_SLOT_DONE);
        }
        now = info();
        assert_true(now.launches >= before.launches && now.lease_ends >= before.lease_ends &&
                    now.idle_ends >= before.idle_ends && now.copied_bytes >= before.copied_bytes);
        before = now;
    }
    stop();
    now = info();
    assert_true(now.launches >= 1 && now.launches == now.lease_ends + now.idle_ends); /* no launch is under way */
    assert_true((now.copied_bytes != 0) == (port->residency == STK_BATCH));
}

/// A lost device ///

static void a_lost_device_says_so_from_then_on(void **state) {
    (void)state;
    if (port->lose == NULL) {
        print_message("left out: %s loses no device for good\n", port->name);
        return;
    }
    publish(0, STK_OP_NOP, 0, 0);
    (void)wait_for(0, STK_SLOT_DONE);
    publish(1, STK_OP_ATOMIC_ADD, 1, STK_CTL_OBSERVABLE);
    port->lose();
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(ops->drive(ctx, true), STK_E_DEVICE);
        assert_int_equal(ops->drive(ctx, false), STK_E_DEVICE);
        assert_int_equal(ops->stop(ctx, 0), STK_E_DEVICE);
    }
    assert_true(status_of(1) == STK_SLOT_PUBLISHED || status_of(1) == STK_SLOT_CLAIMED);
    assert_true(info().device[0] != '\0'); /* after the failure the port still gives the name of the device */
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_port, close_port)

int dispatch_contract(const struct dispatch_port *the_port) {
    const struct CMUnitTest cases[] = {
        CASE(it_has_a_name_and_every_mandatory_call),
        CASE(no_worker_runs_before_the_first_work_and_after_a_stop),
        CASE(it_describes_itself),
        CASE(without_work_there_is_nothing_to_do),
        CASE(a_published_slot_ends_with_its_result),
        CASE(what_a_slot_did_is_there_when_it_is_done),
        CASE(each_slot_is_run_once),
        CASE(a_slot_that_was_given_back_is_taken_again),
        CASE(what_does_not_wait_is_left_alone),
        CASE(a_slot_that_faults_is_its_own_trouble),
        CASE(a_stop_without_workers_is_done_at_once),
        CASE(stop_keeps_its_timeout_and_may_be_called_again),
        CASE(after_shutdown_nothing_is_claimed),
        CASE(stop_leaves_no_slot_in_a_workers_hands),
        CASE(work_goes_on_once_shutdown_is_taken_back),
        CASE(tables_may_change_while_work_goes_on),
        CASE(its_counts_add_up),
        CASE(a_lost_device_says_so_from_then_on),
    };
    port = the_port;
    ops = port->ops;
    return cmocka_run_group_tests_name(port->name, cases, NULL, NULL);
}
