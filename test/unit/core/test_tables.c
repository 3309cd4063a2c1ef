/* Places of tables: where they lie, what a tenant owns of them, and who keeps a table from being changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/control.h"
#include "stoker/device_memory.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"
#include "stoker/slot.h"
#include "stoker/tables.h"

#define SLOTS   8u
#define PAYLOAD 1024u
#define TABLES  4096u
#define MOST    5u
#define BYTES   STK_DEVICE_MEMORY_BYTES(SLOTS, 8u, 0u, 0u, PAYLOAD, TABLES)

static const struct stk_device_layout layout = {
    .slots = SLOTS, .observables = 8, .tenants = 4, .payload_bytes = PAYLOAD, .table_bytes = TABLES};

static struct stk_device_memory memory;
static struct stk_tables tables;
static struct stk_ring ring;
static struct stk_error_info info;
static uint8_t data[2 * TABLES];

/// A port that tells what it was asked ///

static struct {
    uint32_t calls, first, bytes;
    uint64_t timeout_ns;
    int says;
    uint8_t before; /* the first of the bytes when the call was made */
} port;

static int change_tables(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns) {
    assert_ptr_equal(ctx, &port);
    port.calls++;
    port.first = first;
    port.bytes = bytes;
    port.timeout_ns = timeout_ns;
    port.before = memory.tables[first];
    return port.says;
}

static const struct stk_dispatch_ops telling = {.name = "telling", .change_tables = change_tables};
static const struct stk_dispatch_ops plain = {.name = "plain"};

/// Set-up ///

static void open_with(const struct stk_dispatch_ops *ops, uint32_t table_bytes) {
    static _Alignas(64) uint8_t shared[BYTES];
    STK_TABLES_DEFINE(rows, MOST);
    struct stk_tables_config config = {.dispatch = {ops, &port}, .tables = MOST};
    struct stk_device_layout l = layout;
    struct stk_arena arena;
    memset(shared, 0xA5, sizeof shared);
    memset(&port, 0, sizeof port);
    l.table_bytes = table_bytes;
    stk_arena_init(&arena, shared, sizeof shared);
    assert_int_equal(stk_device_memory_init(&memory, &l, &arena), STK_OK);
    ring = (struct stk_ring){.words = memory.ring, .slots = memory.slots};
    config.memory = memory;
    stk_arena_init(&arena, rows, sizeof rows);
    assert_int_equal(stk_tables_init(&tables, &config, &arena), STK_OK);
    for (uint32_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 7u + i / 256u + 1u);
    }
    memset(&info, 0, sizeof info);
}

static int open_plain(void **state) {
    (void)state;
    open_with(&plain, TABLES);
    return 0;
}

/* Adds a table and returns its offset. */
static uint32_t add(uint32_t tenant, uint32_t bytes) {
    uint32_t offset = 0;
    assert_int_equal(stk_tables_add(&tables, tenant, data, bytes, &offset, &info), STK_OK);
    assert_true(offset != 0u && offset % 64u == 0u);
    assert_memory_equal(memory.tables + offset, data, bytes);
    return offset;
}

#define REFUSED(call, error)                                                                                           \
    do {                                                                                                               \
        assert_int_equal((call), (error));                                                                             \
        assert_int_equal(info.err, (error));                                                                           \
    } while (0)

static void share(uint32_t payload_bytes) {
    stk_store(memory.control + STK_CTL_SHARE_PAYLOAD, payload_bytes);
}

/// Places ///

static void a_table_gets_the_first_place_that_is_large_enough(void **state) {
    uint32_t a, b, c;
    (void)state;
    a = add(0, 1);
    b = add(0, 65);
    c = add(0, 64);
    assert_int_equal(a, STK_TABLES_FIRST);
    assert_int_equal(b, a + 64u);
    assert_int_equal(c, b + 128u);
    assert_int_equal(stk_tables_remove(&tables, b, &info), STK_OK);
    assert_int_equal(add(0, 129), c + 64u); /* the hole is too small */
    assert_int_equal(add(0, 128), b);
    assert_int_equal(tables.count, 4);
    assert_int_equal(memory.tables[0], 0xA5); /* the first place is nobody's */
}

static void a_full_region_says_what_is_free_and_what_would_do(void **state) {
    uint32_t a, offset = 77;
    (void)state;
    a = add(0, 1024);
    (void)add(0, 1024);
    assert_int_equal(stk_tables_free(&tables, 0), TABLES - 64u - 2048u);
    REFUSED(stk_tables_add(&tables, 0, data, 2000, &offset, &info), STK_E_SPACE);
    assert_int_equal(info.index, TABLES - 64u - 2048u);
    assert_int_equal(info.value, 64u + 2048u + 2048u);
    assert_int_equal(offset, 77);
    assert_int_equal(tables.count, 2);
    /* The number of bytes that the error gives is enough, and one byte less is not. */
    open_with(&plain, TABLES - 128u);
    a = add(0, 1024);
    (void)add(0, 1024);
    REFUSED(stk_tables_add(&tables, 0, data, 1900, &offset, &info), STK_E_SPACE);
    assert_int_equal(info.value, 64u + 2048u + 1920u);
    assert_true(info.value <= TABLES);
    open_with(&plain, (uint32_t)info.value);
    (void)add(0, 1024);
    (void)add(0, 1024);
    (void)add(0, 1900);
    assert_int_equal(stk_tables_free(&tables, 0), 0);
    REFUSED(stk_tables_add(&tables, 0, data, 1, &offset, &info), STK_E_SPACE);
    assert_int_equal(info.index, 0);
    assert_int_equal(stk_tables_remove(&tables, a, &info), STK_OK);
    assert_int_equal(stk_tables_free(&tables, 0), 1024);
    REFUSED(stk_tables_add(&tables, 0, data, UINT32_MAX, &offset, &info), STK_E_SPACE);
    assert_int_equal(info.index, 1024);
}

static void there_are_no_more_tables_than_rows(void **state) {
    uint32_t offset = 0, first = 0;
    (void)state;
    for (uint32_t i = 0; i < MOST; i++) {
        offset = add(0, 10);
        first = i == 0u ? offset : first;
    }
    REFUSED(stk_tables_add(&tables, 0, data, 10, &offset, &info), STK_E_FULL);
    assert_int_equal(info.value, MOST);
    assert_int_equal(stk_tables_remove(&tables, first, &info), STK_OK);
    assert_int_equal(add(0, 10), first);
}

static void what_makes_no_sense_is_refused(void **state) {
    uint32_t offset = 5, a = add(0, 100);
    uint8_t was = memory.tables[a];
    (void)state;
    REFUSED(stk_tables_add(&tables, 0, data, 0, &offset, &info), STK_E_ARG);
    REFUSED(stk_tables_add(&tables, 0, NULL, 1, &offset, &info), STK_E_ARG);
    REFUSED(stk_tables_add(&tables, STK_CTL_TENANT_MASKS, data, 1, &offset, &info), STK_E_ARG);
    REFUSED(stk_tables_add(&tables, UINT32_MAX, data, 1, &offset, &info), STK_E_ARG);
    REFUSED(stk_tables_replace(&tables, a, data, 0, &info), STK_E_ARG);
    REFUSED(stk_tables_replace(&tables, a, NULL, 1, &info), STK_E_ARG);
    REFUSED(stk_tables_replace(&tables, a + 64u, data + 1, 1, &info), STK_E_NOENT);
    REFUSED(stk_tables_replace(&tables, a, data + 1, 129, &info), STK_E_SPACE);
    assert_int_equal(info.value, 128);
    REFUSED(stk_tables_remove(&tables, 0, &info), STK_E_NOENT);
    REFUSED(stk_tables_remove(&tables, a + 1u, &info), STK_E_NOENT);
    assert_int_equal(offset, 5);
    assert_int_equal(memory.tables[a], was);
    assert_int_equal(stk_tables_replace(&tables, a, data + 1, 128, NULL), STK_OK);
    assert_memory_equal(memory.tables + a, data + 1, 128);
}

static void without_a_region_there_is_no_table(void **state) {
    uint32_t offset = 0;
    (void)state;
    open_with(&plain, 0);
    assert_int_equal(stk_tables_free(&tables, 0), 0);
    REFUSED(stk_tables_add(&tables, 0, data, 1, &offset, &info), STK_E_SPACE);
    assert_int_equal(info.value, 64);
    open_with(&plain, STK_TABLES_ROOM(1));
    (void)add(0, 1);
}

static void init_checks_what_it_is_given(void **state) {
    STK_TABLES_DEFINE(rows, 2);
    struct stk_tables_config config = {.memory = memory, .dispatch = {&plain, NULL}, .tables = 2};
    struct stk_arena arena;
    (void)state;
    stk_arena_init(&arena, rows, sizeof rows - 1u);
    assert_int_equal(stk_tables_init(&tables, &config, &arena), STK_E_SPACE);
    assert_int_equal(arena.need, sizeof rows);
    config.tables = STK_TABLES_MAX + 1u;
    assert_int_equal(stk_tables_init(&tables, &config, &arena), STK_E_OVERFLOW);
    config.tables = 2;
    config.memory.tables += 4;
    assert_int_equal(stk_tables_init(&tables, &config, &arena), STK_E_ALIGN);
    config.memory = memory;
    config.dispatch.ops = NULL;
    assert_int_equal(stk_tables_init(&tables, &config, &arena), STK_E_ARG);
    config.dispatch.ops = &plain;
    config.memory.ring = NULL;
    assert_int_equal(stk_tables_init(&tables, &config, &arena), STK_E_ARG);
}

/// Use ///

static void publish(uint32_t slot, uint32_t arg, uint32_t value) {
    uint32_t args[STK_SLOT_ARGS] = {0};
    args[arg] = value;
    const struct stk_work work = {.opcode = STK_OP_NOP, .nargs = STK_SLOT_ARGS, .args = args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

/* A slot names the table in any of its arguments, and in every status in which the slot may still run. */
static void a_table_that_an_unfinished_slot_names_stays_as_it_is(void **state) {
    static const uint32_t unfinished[] = {STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED, STK_SLOT_YIELD,
                                          STK_SLOT_REQUEUE,   STK_SLOT_WAIT_IO, 0x12345678u};
    static const uint32_t ended[] = {STK_SLOT_EMPTY, STK_SLOT_DONE, STK_SLOT_FAULT};
    uint32_t a = add(0, 100), b = add(0, 100);
    (void)state;
    for (uint32_t arg = 0; arg < STK_SLOT_ARGS; arg++) {
        uint32_t slot = arg % SLOTS;
        uint32_t *status = STK_SLOT_AT(memory.ring, slot);
        publish(slot, arg, a);
        for (uint32_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++) {
            stk_store(status, unfinished[i]);
            REFUSED(stk_tables_replace(&tables, a, data + 1, 100, &info), STK_E_PINNED);
            assert_int_equal(info.index, slot);
            REFUSED(stk_tables_remove(&tables, a, &info), STK_E_PINNED);
            assert_memory_equal(memory.tables + a, data, 100);
            assert_int_equal(stk_tables_replace(&tables, b, data + 2, 100, &info), STK_OK); /* the other one may */
        }
        for (uint32_t i = 0; i < sizeof ended / sizeof *ended; i++) {
            stk_store(status, ended[i]);
            assert_int_equal(stk_tables_replace(&tables, a, data, 100, &info), STK_OK);
        }
        stk_store(status, STK_SLOT_EMPTY);
    }
    assert_int_equal(stk_tables_remove(&tables, a, &info), STK_OK);
}

/* A tenant may have stored DONE in its own slot. */
static void a_slot_that_a_worker_has_in_hand_is_unfinished_whatever_it_says(void **state) {
    uint32_t a = add(0, 64), *custody = stk_device_custody(&memory);
    (void)state;
    publish(3, 3, a);
    (void)stk_fetch_add(custody + 3, 1u);
    stk_store(STK_SLOT_AT(memory.ring, 3), STK_SLOT_DONE);
    REFUSED(stk_tables_remove(&tables, a, &info), STK_E_PINNED);
    assert_int_equal(info.index, 3);
    (void)stk_fetch_add(custody + 3, 1u);
    assert_int_equal(stk_tables_remove(&tables, a, &info), STK_OK);
}

static void a_worker_that_ends_the_slot_gives_the_table_back(void **state) {
    struct stk_interp interp;
    uint32_t a = add(0, 64);
    (void)state;
    assert_int_equal(stk_interp_open(&interp, &memory, NULL), STK_OK);
    publish(1, 3, a);
    REFUSED(stk_tables_replace(&tables, a, data + 1, 64, &info), STK_E_PINNED);
    assert_true(stk_interp_ops.drive(&interp, true) > 0);
    assert_int_equal(stk_tables_replace(&tables, a, data + 1, 64, &info), STK_OK);
}

/// Tenants ///

static void a_tenant_has_tables_in_its_own_share_alone(void **state) {
    uint32_t offset = 0;
    (void)state;
    share(PAYLOAD / 4u);
    for (uint32_t tenant = 0; tenant < 4u; tenant++) {
        uint32_t first = tenant * TABLES / 4u, reserved = tenant == 0u ? 64u : 0u;
        assert_int_equal(stk_tables_free(&tables, tenant), TABLES / 4u - reserved);
        assert_int_equal(add(tenant, TABLES / 4u - reserved), first + reserved);
        assert_int_equal(stk_tables_free(&tables, tenant), 0);
        REFUSED(stk_tables_add(&tables, tenant, data, 64, &offset, &info), STK_E_SPACE);
        assert_int_equal(info.value, TABLES + 4u * 64u);
    }
    REFUSED(stk_tables_add(&tables, 4, data, 64, &offset, &info), STK_E_SPACE); /* behind the last share */
    assert_int_equal(info.index, 0);
    assert_int_equal(info.value, 0); /* no size would do */
}

/* The rule of the device (kernels/worker.h), by its own words. */
static void the_shares_are_as_many_as_the_payload_has(void **state) {
    static const struct {
        uint32_t tables, payload, share, is;
    } some[] = {
        {4096, 1024, 0, 0},
        {4096, 1024, 1024, 4096},
        {4096, 1024, 2048, 4096},
        {4096, 1024, 512, 2048},
        {4096, 1024, 400, 1344},
        {4096, 1025, 512, 1344},
        {4096, 0, 64, 4096},
        {100, 1024, 64, 64},
        {0, 1024, 64, 64},
        {4100, 1024, 1024, 4096},
        {64, 0, 1, 64},
        {UINT32_MAX, 2, 1, 0x7FFFFFC0u},
        {4096, UINT32_MAX, 1, 64},
        {4096, 1, UINT32_MAX, 4096},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof some / sizeof *some; i++) {
        assert_int_equal(stk_table_share(some[i].tables, some[i].payload, some[i].share), some[i].is);
    }
}

static void what_would_do_does_with_shares_too(void **state) {
    uint32_t offset = 0;
    (void)state;
    open_with(&plain, TABLES - 256u);
    share(300); /* four shares, the last one cut */
    (void)add(2, 700);
    REFUSED(stk_tables_add(&tables, 2, data, 300, &offset, &info), STK_E_SPACE);
    assert_int_equal(info.index, 960u - 704u);
    assert_int_equal(info.value, 4u * (704u + 320u));
    open_with(&plain, (uint32_t)info.value - 64u);
    share(300);
    (void)add(2, 700);
    REFUSED(stk_tables_add(&tables, 2, data, 300, &offset, &info), STK_E_SPACE);
    open_with(&plain, 4u * (704u + 320u));
    share(300);
    (void)add(2, 700);
    (void)add(2, 300);
}

/// Port ///

static void the_port_is_asked_before_the_bytes_change(void **state) {
    uint32_t a, offset = 0;
    (void)state;
    open_with(&telling, TABLES);
    a = add(0, 100);
    assert_int_equal(port.calls, 1);
    assert_true(port.first == a && port.bytes == 100u && port.timeout_ns == UINT64_C(10000000000));
    assert_int_equal(port.before, 0xA5);
    port.says = STK_E_TIMEOUT;
    REFUSED(stk_tables_replace(&tables, a, data + 1, 50, &info), STK_E_TIMEOUT);
    assert_int_equal(port.before, data[0]);
    assert_memory_equal(memory.tables + a, data, 100);
    port.says = STK_E_DEVICE;
    REFUSED(stk_tables_add(&tables, 0, data, 50, &offset, &info), STK_E_DEVICE);
    assert_int_equal(tables.count, 1);
    assert_int_equal(memory.tables[a + 128u], 0xA5);
    port.calls = 0;
    assert_int_equal(stk_tables_remove(&tables, a, &info), STK_OK);
    assert_int_equal(port.calls, 0); /* no byte changes */
}

#define PLAIN(test) cmocka_unit_test_setup_teardown(test, open_plain, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLAIN(a_table_gets_the_first_place_that_is_large_enough),
        PLAIN(a_full_region_says_what_is_free_and_what_would_do),
        PLAIN(there_are_no_more_tables_than_rows),
        PLAIN(what_makes_no_sense_is_refused),
        cmocka_unit_test(without_a_region_there_is_no_table),
        PLAIN(init_checks_what_it_is_given),
        PLAIN(a_table_that_an_unfinished_slot_names_stays_as_it_is),
        PLAIN(a_slot_that_a_worker_has_in_hand_is_unfinished_whatever_it_says),
        PLAIN(a_worker_that_ends_the_slot_gives_the_table_back),
        PLAIN(a_tenant_has_tables_in_its_own_share_alone),
        cmocka_unit_test(the_shares_are_as_many_as_the_payload_has),
        cmocka_unit_test(what_would_do_does_with_shares_too),
        cmocka_unit_test(the_port_is_asked_before_the_bytes_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
