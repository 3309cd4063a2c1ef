/* Where the parts of the shared memory lie, and their first state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ZONE_MAX 16384u
#include "red_zone.h"
#include "stoker/atomic.h"
#include "stoker/device_memory.h"

#define SLOTS       5u
#define OBSERVABLES 7u
#define RECORDS     3u
#define IO_SLOTS    2u
#define PAYLOAD     100u
#define TABLES      70u
#define BYTES       STK_DEVICE_MEMORY_BYTES(SLOTS, OBSERVABLES, RECORDS, IO_SLOTS, PAYLOAD, TABLES)

static const struct stk_device_layout small = {.slots = SLOTS,
                                               .observables = OBSERVABLES,
                                               .tenants = 2,
                                               .debug_records = RECORDS,
                                               .io_slots = IO_SLOTS,
                                               .payload_bytes = PAYLOAD,
                                               .table_bytes = TABLES};

static int init(struct stk_device_memory *memory, const struct stk_device_layout *layout, void *at, size_t bytes,
                size_t *need) {
    struct stk_arena arena;
    int err;
    stk_arena_init(&arena, at, bytes);
    err = stk_device_memory_init(memory, layout, &arena);
    *need = err == STK_OK ? arena.used : arena.need;
    return err;
}

/* The words of the control buffer below the observables are for the caller to look at. */
static void all_but_the_payload_is_zero(const struct stk_device_memory *m, uint32_t custody_at) {
    for (uint32_t i = 0; i < m->slots * STK_SLOT_WORDS; i++) {
        assert_int_equal(stk_load(m->ring + i), 0);
    }
    for (uint32_t i = 0; i < custody_at + m->slots + m->io_slots; i++) {
        if (i >= STK_CTL_OBSERVABLE) {
            assert_int_equal(stk_load(m->control + i), 0);
        }
    }
    for (uint32_t i = 0; i < m->debug_words; i++) {
        assert_int_equal(stk_load(m->debug + i), 0);
    }
    for (uint32_t i = 0; i < m->io_slots * STK_IO_WORDS; i++) {
        assert_int_equal(stk_load(m->io + i), 0);
    }
}

static void sizes_are_one_number_and_nothing_else_is_written(void **state) {
    struct stk_device_memory memory;
    size_t bytes = 0, used = 0;
    uint8_t *at = zone_paint();
    (void)state;
    assert_int_equal(stk_device_memory_bytes(&small, &bytes), STK_OK);
    assert_int_equal(bytes, BYTES);
    assert_int_equal(init(&memory, &small, at, bytes - 1u, &used), STK_E_SPACE);
    assert_int_equal(used, BYTES);
    assert_int_equal(zone_used(), 0);
    assert_int_equal(init(&memory, &small, at, bytes, &used), STK_OK);
    assert_int_equal(used, BYTES);
    memset(memory.payload, 0, memory.payload_bytes);
    memset(memory.tables, 0, memory.table_bytes);
    assert_true(zone_intact(BYTES));
    assert_int_equal(zone_used(), BYTES - (STK_ALIGNED(TABLES) - TABLES));
}

static void parts_lie_in_a_row_and_begin_empty(void **state) {
    struct stk_device_memory m;
    uint8_t *at = zone_paint();
    size_t used, next = 0;
    (void)state;
    assert_int_equal(init(&m, &small, at, BYTES, &used), STK_OK);
    assert_ptr_equal(m.ring, at);
    next += stk_device_part_bytes(&small, STK_PART_RING);
    assert_ptr_equal(m.control, at + next);
    next += stk_device_part_bytes(&small, STK_PART_CONTROL);
    assert_ptr_equal(m.debug, at + next);
    next += stk_device_part_bytes(&small, STK_PART_DEBUG);
    assert_ptr_equal(m.io, at + next);
    next += stk_device_part_bytes(&small, STK_PART_IO);
    assert_ptr_equal(m.payload, at + next);
    next += stk_device_part_bytes(&small, STK_PART_PAYLOAD);
    assert_ptr_equal(m.tables, at + next);
    assert_int_equal(m.slots, SLOTS);
    assert_int_equal(m.control_words, STK_CTL_OBSERVABLE + OBSERVABLES);
    assert_int_equal(m.debug_words, STK_DEBUG_RECORDS_WORD + RECORDS * STK_DEBUG_RECORD_WORDS);
    assert_int_equal(m.io_slots, IO_SLOTS);
    assert_int_equal(m.payload_bytes, PAYLOAD);
    assert_int_equal(m.table_bytes, TABLES);
    all_but_the_payload_is_zero(&m, stk_device_custody_at(&m));
    assert_int_equal(stk_load(m.control + STK_CTL_TENANT_MASK + 1u), UINT32_MAX);
    assert_int_equal(stk_load(m.control + STK_CTL_TENANT_MASK + 2u), 0);
    assert_int_equal(*m.payload, ZONE_PAINT); /* the caller's */
    assert_int_equal(*m.tables, ZONE_PAINT);
}

static void custody_words_begin_behind_all_that_handlers_reach(void **state) {
    struct stk_device_layout layout = small;
    struct stk_device_memory m;
    size_t used;
    (void)state;
    assert_int_equal(init(&m, &layout, zone_paint(), BYTES, &used), STK_OK);
    assert_int_equal(stk_device_custody_at(&m), STK_DEVICE_CUSTODY_AT(OBSERVABLES, STK_ALIGN));
    assert_ptr_equal(stk_device_custody(&m), m.control + STK_DEVICE_CUSTODY_AT(OBSERVABLES, STK_ALIGN));
    assert_true(stk_device_custody_at(&m) >= m.control_words && stk_device_custody_at(&m) % 16u == 0u);
    assert_int_equal(stk_load(m.control + STK_CTL_NO_SHARED_ATOMICS) & STK_NO_SHARED_ATOMICS_BIT, 0);
    layout.no_shared_atomics = true;
    assert_int_equal(stk_device_memory_reset(&m, &layout), STK_OK);
    assert_int_equal(stk_load(m.control + STK_CTL_NO_SHARED_ATOMICS) & STK_NO_SHARED_ATOMICS_BIT, 1);
    assert_ptr_equal(stk_device_custody(&m), m.control + STK_DEVICE_CUSTODY_AT(OBSERVABLES, STK_ALIGN));
    stk_store(m.control + STK_CTL_NO_SHARED_ATOMICS, 0); /* a control buffer without custody words */
    assert_null(stk_device_custody(&m));
    assert_int_equal(stk_device_custody_at(&m), m.control_words);
}

static void reset_wipes_what_a_run_left(void **state) {
    struct stk_device_memory m;
    size_t used;
    (void)state;
    assert_int_equal(init(&m, &small, zone_paint(), BYTES, &used), STK_OK);
    memset(m.ring, 0xFF, stk_device_part_bytes(&small, STK_PART_RING));
    memset(m.control, 0xFF, stk_device_part_bytes(&small, STK_PART_CONTROL));
    memset(m.debug, 0xFF, (size_t)m.debug_words * 4u);
    memset(m.io, 0xFF, STK_IO_QUEUE_BYTES(m.io_slots));
    assert_int_equal(stk_device_memory_reset(&m, &small), STK_OK);
    all_but_the_payload_is_zero(&m, stk_device_custody_at(&m));
    assert_int_equal(stk_load(m.control + STK_CTL_DONE_COUNT), 0);
}

static void parts_that_are_left_out_take_nothing(void **state) {
    const struct stk_device_layout least = {.slots = 1};
    struct stk_device_memory m;
    size_t bytes = 0, used;
    (void)state;
    assert_int_equal(stk_device_memory_bytes(&least, &bytes), STK_OK);
    assert_int_equal(bytes, STK_DEVICE_MEMORY_BYTES(1, 0, 0, 0, 0, 0));
    assert_int_equal(init(&m, &least, zone_paint(), bytes, &used), STK_OK);
    assert_true(zone_intact(bytes));
    assert_true(m.debug == NULL && m.debug_words == 0 && m.io == NULL && m.payload == NULL && m.tables == NULL);
}

static void parts_begin_at_the_alignment_of_the_layout(void **state) {
    struct stk_device_layout layout = small;
    struct stk_device_memory m;
    uint8_t *at = zone_paint();
    struct stk_arena arena;
    size_t bytes = 0, used, late;
    (void)state;
    layout.align = 1024;
    at += (1024u - ((uintptr_t)at & 1023u)) & 1023u;
    assert_int_equal(stk_device_memory_bytes(&layout, &bytes), STK_OK);
    assert_int_equal(bytes, 1024u + 2048u + 1024u + 1024u + 1024u + 1024u);
    stk_arena_init(&arena, at + 64, bytes + 64u);
    assert_int_equal(stk_device_memory_init(&m, &layout, &arena), STK_E_ALIGN);
    assert_int_equal(arena.used, 0);
    assert_int_equal(init(&m, &layout, at, bytes, &used), STK_OK);
    late = (size_t)((uint8_t *)m.io - at);
    assert_int_equal(late, 1024u + 2048u + 1024u);
    assert_int_equal(stk_device_custody_at(&m), STK_DEVICE_CUSTODY_AT(OBSERVABLES, 1024));
    assert_int_equal(stk_device_custody_at(&m), 256);
}

static void layouts_out_of_range_are_refused(void **state) {
    const struct stk_device_layout wrong[] = {
        {.slots = 0},
        {.slots = STK_RING_SLOTS_INIT_MAX + 1u},
        {.slots = 1, .observables = STK_CONTROL_OBSERVABLES_INIT_MAX + 1u},
        {.slots = 1, .tenants = STK_CTL_TENANT_MASKS + 1u},
        {.slots = 1, .debug_records = STK_DEBUG_LOG_RECORDS_INIT_MAX + 1u},
        {.slots = 1, .io_slots = STK_IO_SLOTS_MAX + 1u},
        {.slots = 1, .align = 32},
        {.slots = 1, .align = 96},
        {.slots = 1, .align = 131072},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct stk_device_memory m = {.slots = 77};
        size_t bytes = 88, used;
        uint8_t *at = zone_paint();
        assert_int_equal(stk_device_memory_bytes(&wrong[i], &bytes), STK_E_ARG);
        assert_int_equal(bytes, 88);
        assert_int_equal(init(&m, &wrong[i], at, ZONE_MAX, &used), STK_E_ARG);
        assert_int_equal(stk_device_memory_reset(&m, &wrong[i]), STK_E_ARG);
        assert_int_equal(m.slots, 77);
        assert_int_equal(zone_used(), 0);
    }
}

static void limits_lie_behind_the_guards(void **state) {
    (void)state;
    assert_int_equal(STK_DEVICE_LIMITS_AT(SLOTS, IO_SLOTS), SLOTS + IO_SLOTS);
    assert_int_equal(STK_DEVICE_PRIVATE_WORDS(SLOTS, IO_SLOTS), SLOTS + IO_SLOTS + STK_LIMIT_WORDS + STK_MAIL_WORDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_one_number_and_nothing_else_is_written),
        cmocka_unit_test(parts_lie_in_a_row_and_begin_empty),
        cmocka_unit_test(custody_words_begin_behind_all_that_handlers_reach),
        cmocka_unit_test(reset_wipes_what_a_run_left),
        cmocka_unit_test(parts_that_are_left_out_take_nothing),
        cmocka_unit_test(parts_begin_at_the_alignment_of_the_layout),
        cmocka_unit_test(layouts_out_of_range_are_refused),
        cmocka_unit_test(limits_lie_behind_the_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
