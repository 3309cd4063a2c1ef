#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/tenant.h"

#define CAPACITY 4u
#define SLOTS    4u

STK_TENANT_DEFINE(table_memory, CAPACITY);
static _Alignas(64) uint8_t ring_memory[STK_RING_BYTES(SLOTS)];
static struct stk_tenants tenants;
static struct stk_ring ring;
static struct stk_error_info info;

static int setup(void **state) {
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, table_memory, sizeof table_memory);
    int err = stk_tenants_init(&tenants, CAPACITY, &arena);
    info = (struct stk_error_info){0, 0, 0};
    return err == STK_OK ? stk_ring_init(&ring, ring_memory, sizeof ring_memory, SLOTS) : err;
}

static struct stk_tenant enlist(uint64_t slots, uint64_t staging, uint64_t handles) {
    struct stk_tenant_config config = {"t", slots, staging, handles};
    struct stk_tenant tenant;
    assert_true(stk_tenant_register(&tenants, &config, &tenant) > 0);
    return tenant;
}

static int publish(const struct stk_tenant *tenant, uint32_t slot, uint32_t local) {
    static const uint32_t args[2] = {5, 6};
    struct stk_work work = {local, 999, STK_PRIORITY_HIGH, 2, args};
    return stk_tenant_publish(tenant, &ring, slot, &work, &info);
}

static uint32_t outstanding(const struct stk_tenant *tenant) {
    struct stk_tenant_counters c;
    assert_int_equal(stk_tenant_counters(tenant, &c), STK_OK);
    assert_int_equal(c.published, (uint32_t)(c.drained + c.outstanding));
    return c.outstanding;
}

/* A clock that sleeping moves; the sleep before `wake_at` drains `drains` slots of `whose`, or fails with `err`. */
static struct {
    uint64_t now;
    uint32_t sleeps, drain_in_sleep;
    const struct stk_tenant *whose;
    int err;
} clock_state;

static uint64_t now_ns(void *ctx) {
    (void)ctx;
    return clock_state.now;
}

static int sleep_ns(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    clock_state.now += timeout_ns;
    clock_state.sleeps++;
    if (clock_state.whose != NULL && clock_state.sleeps == clock_state.drain_in_sleep) {
        assert_int_equal(stk_tenant_note_drained(clock_state.whose, 1, NULL), STK_OK);
        return STK_OK;
    }
    return clock_state.err;
}

static const struct stk_platform_ops platform_ops = {"test", now_ns, sleep_ns, NULL};
static const struct stk_platform_port platform = {&platform_ops, NULL};

static int quiesce(const struct stk_tenant *tenant, uint64_t timeout_ns) {
    return stk_tenant_quiesce(tenant, &platform, timeout_ns, &info);
}

static void start_clock(void) {
    clock_state.now = 1000;
    clock_state.sleeps = clock_state.drain_in_sleep = 0;
    clock_state.whose = NULL;
    clock_state.err = STK_E_TIMEOUT;
}

static void a_table_of_none_takes_none(void **state) {
    struct stk_tenants table;
    struct stk_tenant tenant;
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, table_memory, sizeof table_memory);
    assert_int_equal(stk_tenants_init(&table, 0, &arena), STK_OK);
    assert_int_equal(stk_tenant_register(&table, NULL, &tenant), STK_E_FULL);
    assert_int_equal(stk_tenants_list(&table, NULL, 0), 0);
}

static void a_window_is_a_million_opcodes_below_the_high_bit(void **state) {
    struct stk_tenant a = enlist(0, 0, 0), last = a;
    uint32_t opcode = 1;
    (void)state;
    assert_int_equal(stk_tenant_opcode(&a, 0, &opcode, NULL), STK_OK);
    assert_int_equal(opcode, 0x40100000u);
    assert_int_equal(stk_tenant_opcode(&a, 0xFFFFF, &opcode, NULL), STK_OK);
    assert_int_equal(opcode, 0x401FFFFFu);
    assert_int_equal(stk_tenant_opcode(&a, 0x100000, &opcode, &info), STK_E_OPCODE);
    assert_int_equal(info.index, a.id);
    assert_int_equal(info.value, 0x100000);
    assert_int_equal(opcode, 0x401FFFFFu);
    last.id = STK_TENANT_IDS_MAX;
    assert_true(STK_OP_TENANT_BASE + last.id * STK_OP_TENANT_RANGE + 0xFFFFFu == STK_OP_SYSTEM_BIT - 1);
}

static void publish_writes_id_and_global_opcode(void **state) {
    struct stk_tenant a = enlist(2, 0, 0);
    struct stk_slot slot;
    (void)state;
    assert_int_equal(publish(&a, 3, 9), STK_OK);
    assert_int_equal(stk_ring_read(&ring, 3, &slot), STK_OK);
    assert_int_equal(slot.status, STK_SLOT_PUBLISHED);
    assert_int_equal(slot.opcode, 0x40100009u);
    assert_int_equal(slot.tenant, a.id);
    assert_int_equal(slot.wire_priority, STK_WIRE_PRIORITY_HIGH);
    assert_int_equal(slot.args[1], 6);
    assert_int_equal(outstanding(&a), 1);
}

static void a_refused_publish_counts_nothing(void **state) {
    struct stk_tenant a = enlist(1, 0, 0);
    (void)state;
    assert_int_equal(publish(&a, SLOTS, 9), STK_E_RANGE);
    assert_int_equal(info.err, STK_E_RANGE);
    assert_int_equal(publish(&a, 0, STK_OP_TENANT_RANGE), STK_E_OPCODE);
    assert_int_equal(outstanding(&a), 0);
    assert_int_equal(publish(&a, 0, 0), STK_OK);
    /* the tenant's limit is checked before the ring checks the slot number */
    assert_int_equal(publish(&a, SLOTS, 9), STK_E_LIMIT);
    assert_int_equal(info.index, a.id);
    assert_int_equal(info.value, 1);
    assert_int_equal(stk_tenant_note_drained(&a, 1, NULL), STK_OK);
    assert_int_equal(publish(&a, 0, 0), STK_E_STATUS);
    assert_int_equal(outstanding(&a), 0);
}

static void priority_of_zero_is_normal_and_one_that_is_none_costs_no_credit(void **state) {
    struct stk_tenant a = enlist(2, 0, 0);
    struct stk_work work = {.opcode = 3};
    struct stk_slot slot;
    (void)state;
    assert_int_equal(stk_tenant_publish(&a, &ring, 0, &work, &info), STK_OK);
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    assert_int_equal(slot.wire_priority, STK_WIRE_PRIORITY_NORMAL);
    work.priority = STK_PRIORITY_IDLE + 1;
    assert_int_equal(stk_tenant_publish(&a, &ring, 1, &work, &info), STK_E_ARG);
    assert_int_equal(outstanding(&a), 1);
}

static void tickets_are_published_likewise(void **state) {
    static _Alignas(64) uint8_t control_memory[STK_CONTROL_BYTES(0)];
    struct stk_work work = {3, 0, STK_PRIORITY_NORMAL, 0, NULL};
    struct stk_control control;
    struct stk_publisher publisher;
    struct stk_slot slot;
    struct stk_tenant a = enlist(SLOTS + 1, 0, 0);
    uint32_t ticket = 77;
    (void)state;
    assert_int_equal(stk_control_init(&control, control_memory, sizeof control_memory, 0, 1, 0), STK_OK);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &control), STK_OK);
    for (uint32_t i = 0; i < SLOTS; i++) {
        assert_int_equal(stk_tenant_publish_ticket(&a, &publisher, &work, &ticket, &info), i);
        assert_int_equal(ticket, i);
    }
    assert_int_equal(stk_tenant_publish_ticket(&a, &publisher, &work, NULL, &info), STK_E_FULL);
    assert_int_equal(outstanding(&a), SLOTS);
    work.opcode = STK_OP_TENANT_RANGE;
    assert_int_equal(stk_tenant_publish_ticket(&a, &publisher, &work, NULL, &info), STK_E_OPCODE);
    assert_int_equal(stk_ring_read(&ring, 2, &slot), STK_OK);
    assert_int_equal(slot.opcode, 0x40100003u);
}

static void draining_more_than_is_outstanding_changes_nothing(void **state) {
    struct stk_tenant a = enlist(4, 0, 0);
    (void)state;
    assert_int_equal(stk_tenant_note_drained(&a, 0, &info), STK_OK);
    assert_int_equal(publish(&a, 0, 0), STK_OK);
    assert_int_equal(stk_tenant_note_drained(&a, 2, &info), STK_E_UNDERFLOW);
    assert_int_equal(info.value, 1);
    assert_int_equal(stk_tenant_note_drained(&a, UINT64_C(0x100000001), &info), STK_E_UNDERFLOW);
    assert_int_equal(outstanding(&a), 1);
    assert_int_equal(publish(&a, 1, 0), STK_OK);
    assert_int_equal(stk_tenant_note_drained(&a, 2, &info), STK_OK);
    assert_int_equal(outstanding(&a), 0);
}

static void a_revoked_handle_is_refused_first(void **state) {
    struct stk_tenant a = enlist(2, 10, 10), again;
    uint32_t opcode;
    (void)state;
    assert_int_equal(publish(&a, 0, 0), STK_OK);
    assert_int_equal(stk_tenant_reserve_staging(&a, 7, NULL), STK_OK);
    assert_int_equal(stk_tenant_unregister(&tenants, a.id), STK_OK);
    assert_int_equal(stk_tenant_unregister(&tenants, a.id), STK_E_REVOKED);
    assert_int_equal(stk_tenant_lookup(&tenants, a.id, &again), STK_E_REVOKED);
    assert_int_equal(stk_tenant_opcode(&a, UINT32_MAX, &opcode, &info), STK_E_REVOKED);
    assert_int_equal(info.index, a.id);
    assert_int_equal(publish(&a, SLOTS, UINT32_MAX), STK_E_REVOKED);
    assert_int_equal(stk_tenant_reserve_staging(&a, 0, &info), STK_E_REVOKED);
    assert_int_equal(stk_tenant_reserve_handles(&a, 0, &info), STK_E_REVOKED);
    assert_int_equal(stk_tenant_release_staging(&a, 1, &info), STK_E_UNDERFLOW);
    assert_int_equal(info.value, 0);
    assert_int_equal(stk_tenant_note_drained(&a, 1, &info), STK_OK);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_PUBLISHED); /* the slot runs to its end, claimed or not */
}

static void ids_of_nobody_are_no_tenants(void **state) {
    struct stk_tenant tenant;
    (void)state;
    assert_int_equal(stk_tenant_lookup(&tenants, 0, &tenant), STK_E_REVOKED);
    assert_int_equal(stk_tenant_lookup(&tenants, 1, &tenant), STK_E_REVOKED);
    assert_int_equal(stk_tenant_unregister(&tenants, 0), STK_E_REVOKED);
    assert_int_equal(stk_tenant_unregister(&tenants, CAPACITY + 1), STK_E_REVOKED);
    assert_int_equal(stk_tenant_lookup(&tenants, UINT32_MAX, &tenant), STK_E_REVOKED);
}

static void ids_come_back_only_after_quiesce(void **state) {
    struct stk_tenant t[CAPACITY], next, found;
    struct stk_tenant_counters c;
    (void)state;
    start_clock();
    for (uint32_t i = 0; i < CAPACITY; i++) {
        t[i] = enlist(1, 1, 1);
        assert_int_equal(t[i].id, i + 1);
    }
    assert_int_equal(stk_tenant_register(&tenants, NULL, &next), STK_E_FULL);
    assert_int_equal(quiesce(&t[2], 0), STK_OK); /* the tenant is still registered, so its id stays */
    assert_int_equal(stk_tenant_register(&tenants, NULL, &next), STK_E_FULL);
    assert_int_equal(publish(&t[1], 0, 0), STK_OK);
    assert_int_equal(stk_tenant_unregister(&tenants, t[1].id), STK_OK);
    assert_int_equal(quiesce(&t[1], 0), STK_E_TIMEOUT);
    assert_int_equal(stk_tenant_register(&tenants, NULL, &next), STK_E_FULL);
    assert_int_equal(stk_tenant_note_drained(&t[1], 1, NULL), STK_OK);
    assert_int_equal(stk_tenant_register(&tenants, NULL, &next), STK_E_FULL);
    assert_int_equal(quiesce(&t[1], 0), STK_OK);
    assert_int_equal(quiesce(&t[1], 0), STK_OK);
    /* the counters can be read until the id has another owner */
    assert_int_equal(stk_tenant_counters(&t[1], &c), STK_OK);
    assert_int_equal(c.quiesce_calls, 3);
    assert_int_equal(stk_tenant_register(&tenants, NULL, &next), 2);
    assert_true(c.revoked == 1 && c.drained == 1);
    assert_int_equal(stk_tenant_lookup(&tenants, 2, &found), STK_OK);
    assert_int_equal(found.generation, next.generation);
    assert_int_equal(outstanding(&next), 0);
    assert_int_equal(publish(&next, 1, 0), STK_OK);
}

static void handles_of_the_owner_before_do_nothing(void **state) {
    struct stk_tenant old = enlist(1, 1, 1), other[3], next;
    struct stk_tenant_counters c;
    uint32_t opcode;
    (void)state;
    start_clock();
    for (uint32_t i = 0; i < 3; i++) {
        other[i] = enlist(1, 1, 1);
    }
    assert_int_equal(stk_tenant_unregister(&tenants, old.id), STK_OK);
    assert_int_equal(quiesce(&old, 0), STK_OK);
    assert_int_equal(stk_tenant_register(&tenants, NULL, &next), old.id);
    assert_int_equal(stk_tenant_reserve_staging(&next, 5, NULL), STK_OK);
    assert_int_equal(stk_tenant_reserve_handles(&next, 5, NULL), STK_OK);
    assert_int_equal(publish(&next, 0, 0), STK_OK);
    assert_int_equal(publish(&old, 1, 0), STK_E_REVOKED);
    assert_int_equal(stk_tenant_opcode(&old, 0, &opcode, &info), STK_E_REVOKED);
    assert_int_equal(stk_tenant_note_drained(&old, 1, &info), STK_E_REVOKED);
    assert_int_equal(quiesce(&old, 0), STK_E_REVOKED);
    assert_int_equal(stk_tenant_reserve_staging(&old, 1, &info), STK_E_REVOKED);
    assert_int_equal(stk_tenant_reserve_handles(&old, 1, &info), STK_E_REVOKED);
    assert_int_equal(stk_tenant_release_staging(&old, 1, &info), STK_E_REVOKED);
    assert_int_equal(stk_tenant_release_handles(&old, 1, &info), STK_E_REVOKED);
    assert_int_equal(stk_tenant_counters(&old, &c), STK_E_REVOKED);
    assert_int_equal(stk_tenant_counters(&next, &c), STK_OK);
    assert_true(c.staging_bytes == 5 && c.handles == 5 && c.outstanding == 1 && c.quiesce_calls == 0);
    assert_int_equal(other[2].id, CAPACITY);
}

static void quiesce_ends_with_the_last_drain(void **state) {
    struct stk_tenant a = enlist(2, 0, 0);
    struct stk_tenant_counters c;
    (void)state;
    start_clock();
    assert_int_equal(publish(&a, 0, 0), STK_OK);
    assert_int_equal(quiesce(&a, 0), STK_E_TIMEOUT);
    assert_int_equal(clock_state.sleeps, 0);
    assert_int_equal(quiesce(&a, 120000), STK_E_TIMEOUT); /* the sleeps are 50, 50 and 20 us */
    assert_int_equal(clock_state.sleeps, 3);
    assert_int_equal(clock_state.now, 121000);
    assert_int_equal(info.value, 1);
    clock_state.whose = &a;
    clock_state.drain_in_sleep = 5;
    assert_int_equal(quiesce(&a, UINT64_MAX), STK_OK);
    assert_int_equal(clock_state.sleeps, 5);
    assert_int_equal(stk_tenant_counters(&a, &c), STK_OK);
    assert_int_equal(c.quiesce_calls, 3);
    assert_int_equal(c.quiesce_timeouts, 2);
}

/* Comes back from every third sleep an hour late, as if the process was stopped in the sleep. */
static int sleep_and_stop(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    if (clock_state.sleeps % 3u == 0u) {
        clock_state.now += UINT64_C(3600000000000);
    }
    return sleep_ns(ctx, word, seen, timeout_ns);
}

static void quiesce_outlives_pauses_of_the_process(void **state) {
    static const struct stk_platform_ops stopped_ops = {"test", now_ns, sleep_and_stop, NULL};
    static const struct stk_platform_port stopped = {&stopped_ops, NULL};
    struct stk_tenant a = enlist(2, 0, 0);
    (void)state;
    start_clock();
    assert_int_equal(publish(&a, 0, 0), STK_OK);
    clock_state.whose = &a;
    clock_state.drain_in_sleep = 15;
    assert_int_equal(stk_tenant_quiesce(&a, &stopped, 8000000, &info), STK_OK);
    assert_int_equal(clock_state.sleeps, 15);
    assert_int_equal(publish(&a, 1, 0), STK_OK);
    clock_state.whose = NULL;
    assert_int_equal(stk_tenant_quiesce(&a, &stopped, 8000000, &info), STK_E_TIMEOUT);
}

static void an_error_of_the_wait_is_no_timeout(void **state) {
    struct stk_tenant a = enlist(2, 0, 0);
    struct stk_tenant_counters c;
    (void)state;
    start_clock();
    clock_state.err = STK_E_IO;
    assert_int_equal(publish(&a, 0, 0), STK_OK);
    assert_int_equal(quiesce(&a, 5), STK_E_IO);
    assert_int_equal(stk_tenant_counters(&a, &c), STK_OK);
    assert_int_equal(c.quiesce_timeouts, 0);
}

static void reservations_stay_within_their_limits(void **state) {
    struct stk_tenant a = enlist(0, 100, 3), free_one;
    struct stk_tenant_counters c;
    (void)state;
    assert_int_equal(stk_tenant_reserve_staging(&a, 60, &info), STK_OK);
    assert_int_equal(stk_tenant_reserve_staging(&a, 41, &info), STK_E_LIMIT);
    assert_int_equal(info.value, 60);
    assert_int_equal(stk_tenant_reserve_staging(&a, UINT64_MAX, &info), STK_E_OVERFLOW);
    assert_int_equal(stk_tenant_reserve_staging(&a, 40, &info), STK_OK);
    assert_int_equal(stk_tenant_release_staging(&a, 101, &info), STK_E_UNDERFLOW);
    assert_int_equal(info.value, 100);
    assert_int_equal(stk_tenant_release_staging(&a, 99, &info), STK_OK);
    assert_int_equal(stk_tenant_reserve_handles(&a, 4, &info), STK_E_LIMIT);
    assert_int_equal(stk_tenant_reserve_handles(&a, 3, &info), STK_OK);
    assert_int_equal(stk_tenant_release_handles(&a, 1, &info), STK_OK);
    assert_int_equal(stk_tenant_counters(&a, &c), STK_OK);
    assert_true(c.staging_bytes == 1 && c.max_staging_bytes == 100 && c.handles == 2 && c.max_handles == 3);
    assert_true(c.max_outstanding == 1 && c.id == a.id && c.revoked == 0);
    assert_string_equal(c.label, "t");
    assert_int_equal(stk_tenant_register(&tenants, NULL, &free_one), 2);
    assert_int_equal(stk_tenant_reserve_staging(&free_one, UINT64_MAX, NULL), STK_OK);
    assert_int_equal(stk_tenant_reserve_staging(&free_one, 1, NULL), STK_E_OVERFLOW);
    assert_int_equal(stk_tenant_counters(&free_one, &c), STK_OK);
    assert_null(c.label);
    assert_true(c.max_outstanding == STK_TENANT_UNBOUNDED);
}

static void selection_takes_who_gets_along(void **state) {
    static const uint32_t first_and_third[9] = {0, 0, 2, 0, 9, 0, 0, 0, 0}, lower_cell[9] = {0, 0, 0, 1, 0, 0, 0, 0, 7};
    struct stk_tenant t[4];
    uint32_t ids[4] = {0, 0, 0, 9};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        t[i] = enlist(1, 1, 1);
    }
    assert_int_equal(stk_tenant_unregister(&tenants, t[1].id), STK_OK);
    assert_int_equal(stk_tenants_list(&tenants, ids, 2), STK_E_SPACE);
    assert_int_equal(stk_tenants_list(&tenants, ids, 3), 3);
    assert_true(ids[0] == 1 && ids[1] == 3 && ids[2] == 4 && ids[3] == 9);
    assert_int_equal(stk_tenants_select(&tenants, first_and_third, 9, ids, 4), 2);
    assert_true(ids[0] == 1 && ids[1] == 3);
    assert_int_equal(stk_tenants_select(&tenants, lower_cell, 9, ids, 4), 2);
    assert_true(ids[0] == 1 && ids[1] == 4);
    assert_int_equal(stk_tenants_select(&tenants, lower_cell, 8, ids, 4), 3);
    assert_int_equal(stk_tenants_select(&tenants, lower_cell, 9, ids, 2), STK_E_SPACE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_table_of_none_takes_none),
        TEST(a_window_is_a_million_opcodes_below_the_high_bit),
        TEST(publish_writes_id_and_global_opcode),
        TEST(a_refused_publish_counts_nothing),
        TEST(priority_of_zero_is_normal_and_one_that_is_none_costs_no_credit),
        TEST(tickets_are_published_likewise),
        TEST(draining_more_than_is_outstanding_changes_nothing),
        TEST(a_revoked_handle_is_refused_first),
        TEST(ids_of_nobody_are_no_tenants),
        TEST(ids_come_back_only_after_quiesce),
        TEST(handles_of_the_owner_before_do_nothing),
        TEST(quiesce_ends_with_the_last_drain),
        TEST(quiesce_outlives_pauses_of_the_process),
        TEST(an_error_of_the_wait_is_no_timeout),
        TEST(reservations_stay_within_their_limits),
        TEST(selection_takes_who_gets_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
