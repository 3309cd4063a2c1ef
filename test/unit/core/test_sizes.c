/* The memory of every object of the core and of the simulated ports: size_rules.h says what holds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define ZONE_MAX (1u << 20)
#include "size_objects.h"

/// The table ///

#define ONE(sized, MACRO, a)                                                                                           \
    {                                                                                                                  \
        &(sized), MACRO(a), {                                                                                          \
            a, 0, 0                                                                                                    \
        }                                                                                                              \
    }
#define TWO(sized, MACRO, a, b)                                                                                        \
    {                                                                                                                  \
        &(sized), MACRO(a, b), {                                                                                       \
            a, b, 0                                                                                                    \
        }                                                                                                              \
    }
#define THREE(sized, MACRO, a, b, c)                                                                                   \
    {                                                                                                                  \
        &(sized), MACRO(a, b, c), {                                                                                    \
            a, b, c                                                                                                    \
        }                                                                                                              \
    }

/* Smallest, default where there is one, odd, and large. */
static const struct sized_shape shapes[] = {
    ONE(rings, STK_RING_BYTES, 0),
    ONE(rings, STK_RING_BYTES, 1),
    ONE(rings, STK_RING_BYTES, 5),
    ONE(rings, STK_RING_BYTES, UNITS),
    ONE(controls, STK_CONTROL_BYTES, 0),
    ONE(controls, STK_CONTROL_BYTES, 1),
    ONE(controls, STK_CONTROL_BYTES, 7),
    ONE(controls, STK_CONTROL_BYTES, 4096),
    ONE(logs, STK_DEBUG_LOG_BYTES, 0),
    ONE(logs, STK_DEBUG_LOG_BYTES, 1),
    ONE(logs, STK_DEBUG_LOG_BYTES, 3),
    ONE(logs, STK_DEBUG_LOG_BYTES, UNITS),
    ONE(io_queues, STK_IO_QUEUE_BYTES, 1),
    ONE(io_queues, STK_IO_QUEUE_BYTES, 3),
    ONE(io_queues, STK_IO_QUEUE_BYTES, STK_IO_SLOTS_MAX),
    ONE(task_queues, STK_TASK_QUEUE_BYTES, 0),
    ONE(task_queues, STK_TASK_QUEUE_BYTES, 1),
    ONE(task_queues, STK_TASK_QUEUE_BYTES, 5),
    ONE(task_queues, STK_TASK_QUEUE_BYTES, UNITS),
    TWO(sketches, STK_SKETCH_BYTES, 1, 1),
    TWO(sketches, STK_SKETCH_BYTES, 3, 5),
    TWO(sketches, STK_SKETCH_BYTES, 8, 1024),
    TWO(telemetries, STK_TELEMETRY_BYTES, 0, 0),
    TWO(telemetries, STK_TELEMETRY_BYTES, 0, 1),
    TWO(telemetries, STK_TELEMETRY_BYTES, 1, 0),
    TWO(telemetries, STK_TELEMETRY_BYTES, 1, 1),
    TWO(telemetries, STK_TELEMETRY_BYTES, 7, 3),
    TWO(telemetries, STK_TELEMETRY_BYTES, 3, 250),
    TWO(telemetries, STK_TELEMETRY_BYTES, UNITS, 0),
    TWO(telemetries, STK_TELEMETRY_BYTES, UNITS, UNITS),
    TWO(table_sets, STK_TELEMETRY_SKETCH_BYTES, 1, 1),
    TWO(table_sets, STK_TELEMETRY_SKETCH_BYTES, 2, 7),
    TWO(table_sets, STK_TELEMETRY_SKETCH_BYTES, 4, 1024),
    ONE(tenant_tables, STK_TENANT_BYTES, 0),
    ONE(tenant_tables, STK_TENANT_BYTES, 1),
    ONE(tenant_tables, STK_TENANT_BYTES, 3),
    ONE(tenant_tables, STK_TENANT_BYTES, STK_TENANT_IDS_MAX),
    THREE(caches, STK_CACHE_BYTES, 0, 5, 100),
    THREE(caches, STK_CACHE_BYTES, 1, 1, 1),
    THREE(caches, STK_CACHE_BYTES, 1, 0, 100),
    THREE(caches, STK_CACHE_BYTES, 1, 5, 0),
    THREE(caches, STK_CACHE_BYTES, 0, 0, 0),
    THREE(caches, STK_CACHE_BYTES, 3, 7, 333),
    THREE(caches, STK_CACHE_BYTES, 1, 200, 4001),
    THREE(caches, STK_CACHE_BYTES, STK_CACHE_SHARDS_MAX, 3, 50),
    TWO(unit_ranges, STK_WORK_SPLIT_BYTES, 1, 0),
    TWO(unit_ranges, STK_WORK_SPLIT_BYTES, 1, 1),
    TWO(unit_ranges, STK_WORK_SPLIT_BYTES, 3, 5),
    TWO(unit_ranges, STK_WORK_SPLIT_BYTES, 17, STK_WORK_SPLIT_RUNS_MAX),
    ONE(stores, STK_STORE_BYTES, 1),
    ONE(stores, STK_STORE_BYTES, 7),
    ONE(stores, STK_STORE_BYTES, 80),
    TWO(automatons, STK_AUTOMATON_BYTES, 1, 255),
    TWO(automatons, STK_AUTOMATON_BYTES, 2, 256),
    TWO(automatons, STK_AUTOMATON_BYTES, 5, 300),
    TWO(streams, STK_STREAM_BYTES, 0, 0),
    TWO(streams, STK_STREAM_BYTES, 0, 1),
    TWO(streams, STK_STREAM_BYTES, 1, 0),
    TWO(streams, STK_STREAM_BYTES, 1, 64),
    TWO(streams, STK_STREAM_BYTES, 3, 51),
    TWO(streams, STK_STREAM_BYTES, DEPTH, CHUNK - 1u),
    TWO(fetch_services, STK_FETCH_BYTES, 0, 1),
    TWO(fetch_services, STK_FETCH_BYTES, 1, 3),
    TWO(fetch_services, STK_FETCH_BYTES, 5, 7),
    TWO(fetch_services, STK_FETCH_BYTES, 1000, STK_IO_SLOTS_MAX),
    ONE(tables_of_all, STK_TABLES_BYTES, 0),
    ONE(tables_of_all, STK_TABLES_BYTES, 1),
    ONE(tables_of_all, STK_TABLES_BYTES, 5),
    ONE(tables_of_all, STK_TABLES_BYTES, 64),
    TWO(ingests, STK_SIM_INGEST_BYTES, 0, 0),
    TWO(ingests, STK_SIM_INGEST_BYTES, 1, 1),
    TWO(ingests, STK_SIM_INGEST_BYTES, 7, 3),
    TWO(ingests, STK_SIM_INGEST_BYTES, 0, 500),
    TWO(ingests, STK_SIM_INGEST_BYTES, 500, 0),
    ONE(dispatches, STK_SIM_DISPATCH_BYTES, 1),
    ONE(dispatches, STK_SIM_DISPATCH_BYTES, 17),
    ONE(dispatches, STK_SIM_DISPATCH_BYTES, UNITS),
};

static void macro_query_and_use_agree_and_one_byte_less_fails(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        size_rules(&shapes[i]);
    }
}

/* Most slots of a ring that this machine can address. */
#define SLOTS_MAX (SIZE_MAX > UINT32_MAX ? STK_RING_SLOTS_MAX : (1u << 26) - 1u)

/* Shapes too large to lay out here: the two numbers alone. */
static const struct sized_shape largest[] = {
    ONE(rings, STK_RING_BYTES, SLOTS_MAX),
    ONE(controls, STK_CONTROL_BYTES, STK_CONTROL_OBSERVABLES_INIT_MAX),
    ONE(logs, STK_DEBUG_LOG_BYTES, STK_DEBUG_LOG_RECORDS_INIT_MAX),
    ONE(task_queues, STK_TASK_QUEUE_BYTES, SLOTS_MAX),
    TWO(sketches, STK_SKETCH_BYTES, 4, 1u << 26),
    TWO(telemetries, STK_TELEMETRY_BYTES, STK_TELEMETRY_SLOTS_MAX, 0),
    TWO(telemetries, STK_TELEMETRY_BYTES, STK_TELEMETRY_SLOTS_MAX, STK_TELEMETRY_OPCODES_MAX),
    TWO(table_sets, STK_TELEMETRY_SKETCH_BYTES, 4, 1u << 24),
    THREE(caches, STK_CACHE_BYTES, 1, STK_CACHE_ENTRIES_MAX, 1u << 30),
    THREE(caches, STK_CACHE_BYTES, STK_CACHE_SHARDS_MAX, 1000, 1u << 20),
    ONE(stores, STK_STORE_BYTES, STK_STORE_ENTRIES_MAX),
    TWO(automatons, STK_AUTOMATON_BYTES, 1, 1),
    TWO(automatons, STK_AUTOMATON_BYTES, 2, 2),
    TWO(automatons, STK_AUTOMATON_BYTES, 1, 3),
    TWO(automatons, STK_AUTOMATON_BYTES, 3, 7),
    TWO(automatons, STK_AUTOMATON_BYTES, 3, 8),
    TWO(automatons, STK_AUTOMATON_BYTES, 1000, 12345),
    TWO(automatons, STK_AUTOMATON_BYTES, 7, (1u << 16) - 1u),
    TWO(automatons, STK_AUTOMATON_BYTES, 7, 1u << 16),
    TWO(automatons, STK_AUTOMATON_BYTES, 1000000, (1u << 20) - 2u),
    TWO(streams, STK_STREAM_BYTES, STK_STREAM_DEPTH_MAX, 1u << 30),
    TWO(unit_ranges, STK_WORK_SPLIT_BYTES, STK_WORK_SPLIT_DEVICES_MAX, STK_WORK_SPLIT_RUNS_MAX),
    TWO(fetch_services, STK_FETCH_BYTES, STK_FETCH_RESOURCES_MAX, STK_IO_SLOTS_MAX),
    ONE(tables_of_all, STK_TABLES_BYTES, STK_TABLES_MAX),
    TWO(ingests, STK_SIM_INGEST_BYTES, 65536, 65536),
    ONE(dispatches, STK_SIM_DISPATCH_BYTES, STK_RING_SLOTS_INIT_MAX),
};

static void macro_and_query_agree_up_to_the_largest_shape(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof largest / sizeof largest[0]; i++) {
        size_t bytes = 0;
        assert_int_equal(largest[i].sized->bytes(largest[i].n, &bytes), STK_OK);
        assert_true(bytes == largest[i].macro);
    }
}

static void shapes_that_cannot_be_are_refused_by_query_and_init_alike(void **state) {
    static const struct {
        const struct sized *sized;
        int err;
        uint32_t n[3];
    } impossible[] = {
        {&io_queues, STK_E_ARG, {0}},
        {&io_queues, STK_E_OVERFLOW, {STK_IO_SLOTS_MAX + 1u}},
        {&rings, STK_E_OVERFLOW, {STK_RING_SLOTS_MAX + 1u}},
        {&task_queues, STK_E_OVERFLOW, {STK_RING_SLOTS_MAX + 1u}},
        {&controls, STK_E_OVERFLOW, {STK_CONTROL_OBSERVABLES_MAX + 1u}},
        {&logs, STK_E_OVERFLOW, {STK_DEBUG_LOG_RECORDS_MAX + 1u}},
        {&sketches, STK_E_ARG, {0, 1}},
        {&sketches, STK_E_ARG, {1, 0}},
        {&table_sets, STK_E_ARG, {0, 1}},
        {&telemetries, STK_E_OVERFLOW, {STK_TELEMETRY_SLOTS_MAX + 1u, 0}},
        {&telemetries, STK_E_OVERFLOW, {0, STK_TELEMETRY_OPCODES_MAX + 1u}},
        {&tenant_tables, STK_E_OVERFLOW, {STK_TENANT_IDS_MAX + 1u}},
        {&caches, STK_E_ARG, {STK_CACHE_SHARDS_MAX + 1u, 1, 1}},
        {&caches, STK_E_OVERFLOW, {1, STK_CACHE_ENTRIES_MAX + 1u, 1}},
        {&stores, STK_E_ARG, {0}},
        {&stores, STK_E_OVERFLOW, {STK_STORE_ENTRIES_MAX + 1u}},
        {&streams, STK_E_ARG, {STK_STREAM_DEPTH_MAX + 1u, 0}},
        {&unit_ranges, STK_E_ARG, {0, 1}},
        {&unit_ranges, STK_E_ARG, {STK_WORK_SPLIT_DEVICES_MAX + 1u, 1}},
        {&unit_ranges, STK_E_ARG, {1, STK_WORK_SPLIT_RUNS_MAX + 1u}},
        {&fetch_services, STK_E_ARG, {1, 0}},
        {&fetch_services, STK_E_OVERFLOW, {STK_FETCH_RESOURCES_MAX + 1u, 1}},
        {&fetch_services, STK_E_OVERFLOW, {1, STK_IO_SLOTS_MAX + 1u}},
        {&tables_of_all, STK_E_OVERFLOW, {STK_TABLES_MAX + 1u}},
        {&ingests, STK_E_OVERFLOW, {65537, 1}},
        {&ingests, STK_E_OVERFLOW, {1, 65537}},
        {&dispatches, STK_E_ARG, {0}},
        {&dispatches, STK_E_ARG, {STK_RING_SLOTS_INIT_MAX + 1u}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        const struct sized_shape shape = {
            impossible[i].sized, ZONE_MAX, {impossible[i].n[0], impossible[i].n[1], impossible[i].n[2]}};
        size_t bytes = 7, would_do, used;
        assert_int_equal(shape.sized->bytes(shape.n, &bytes), impossible[i].err);
        assert_int_equal(bytes, 7);
        assert_int_equal(size_init(&shape, zone_paint(), ZONE_MAX, &would_do, &used), impossible[i].err);
        assert_true(zone_intact(0));
    }
}

STK_RING_DEFINE(ring_memory, 5);
STK_CONTROL_DEFINE(control_memory, 7);
STK_DEBUG_LOG_DEFINE(log_memory, 3);
STK_IO_QUEUE_DEFINE(io_memory, 3);
STK_TASK_QUEUE_DEFINE(task_memory, 5);
STK_SKETCH_DEFINE(sketch_memory, 3, 5);
STK_TELEMETRY_DEFINE(telemetry_memory, 7, 3);
STK_TELEMETRY_SKETCH_DEFINE(table_memory, 2, 7);
STK_TENANT_DEFINE(tenant_memory, 3);
STK_CACHE_DEFINE(cache_memory, 0, 7, 333);
STK_STORE_DEFINE(store_memory, 7);
STK_AUTOMATON_DEFINE(automaton_memory, 1, 255);
STK_STREAM_DEFINE(stream_memory, 0, 51);
STK_WORK_SPLIT_DEFINE(units_memory, 3, 0);
STK_FETCH_DEFINE(fetch_memory, 0, 5);
STK_SIM_INGEST_DEFINE(ingest_memory, 0, 3);
STK_SIM_DISPATCH_DEFINE(dispatch_memory, 17);

static void defined_storage_is_what_init_takes(void **state) {
    static const struct {
        struct sized_shape shape;
        void *memory;
        size_t bytes;
    } defined[] = {
        {ONE(rings, STK_RING_BYTES, 5), ring_memory, sizeof ring_memory},
        {ONE(controls, STK_CONTROL_BYTES, 7), control_memory, sizeof control_memory},
        {ONE(logs, STK_DEBUG_LOG_BYTES, 3), log_memory, sizeof log_memory},
        {ONE(io_queues, STK_IO_QUEUE_BYTES, 3), io_memory, sizeof io_memory},
        {ONE(task_queues, STK_TASK_QUEUE_BYTES, 5), task_memory, sizeof task_memory},
        {TWO(sketches, STK_SKETCH_BYTES, 3, 5), sketch_memory, sizeof sketch_memory},
        {TWO(telemetries, STK_TELEMETRY_BYTES, 7, 3), telemetry_memory, sizeof telemetry_memory},
        {TWO(table_sets, STK_TELEMETRY_SKETCH_BYTES, 2, 7), table_memory, sizeof table_memory},
        {ONE(tenant_tables, STK_TENANT_BYTES, 3), tenant_memory, sizeof tenant_memory},
        {THREE(caches, STK_CACHE_BYTES, 0, 7, 333), cache_memory, sizeof cache_memory},
        {ONE(stores, STK_STORE_BYTES, 7), store_memory, sizeof store_memory},
        {TWO(automatons, STK_AUTOMATON_BYTES, 1, 255), automaton_memory, sizeof automaton_memory},
        {TWO(streams, STK_STREAM_BYTES, 0, 51), stream_memory, sizeof stream_memory},
        {TWO(unit_ranges, STK_WORK_SPLIT_BYTES, 3, 0), units_memory, sizeof units_memory},
        {TWO(fetch_services, STK_FETCH_BYTES, 0, 5), fetch_memory, sizeof fetch_memory},
        {TWO(ingests, STK_SIM_INGEST_BYTES, 0, 3), ingest_memory, sizeof ingest_memory},
        {ONE(dispatches, STK_SIM_DISPATCH_BYTES, 17), dispatch_memory, sizeof dispatch_memory},
    };
    (void)state;
    for (size_t i = 0; i < sizeof defined / sizeof defined[0]; i++) {
        size_defined(&defined[i].shape, defined[i].memory, defined[i].bytes);
    }
}

/* An arena that others have taken from already: the refusal counts what they took. */
static void refusal_of_a_used_arena_names_all_that_it_must_have(void **state) {
    static const struct sized_shape shared[] = {
        ONE(tenant_tables, STK_TENANT_BYTES, 3),  THREE(caches, STK_CACHE_BYTES, 0, 7, 333),
        ONE(stores, STK_STORE_BYTES, 7),          TWO(automatons, STK_AUTOMATON_BYTES, 1, 255),
        TWO(streams, STK_STREAM_BYTES, 0, 51),    TWO(fetch_services, STK_FETCH_BYTES, 0, 3),
        TWO(ingests, STK_SIM_INGEST_BYTES, 0, 0), ONE(dispatches, STK_SIM_DISPATCH_BYTES, 17),
    };
    (void)state;
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        struct stk_arena arena;
        stk_arena_init(&arena, zone_paint(), 100 + shared[i].macro);
        assert_non_null(stk_arena_take(&arena, 100));
        assert_int_equal(shared[i].sized->from(shared[i].n, &arena), STK_E_SPACE);
        assert_true(arena.used == 128 && arena.need == 128 + shared[i].macro);
        stk_arena_init(&arena, zone_paint(), arena.need);
        assert_non_null(stk_arena_take(&arena, 100));
        assert_int_equal(shared[i].sized->from(shared[i].n, &arena), STK_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macro_query_and_use_agree_and_one_byte_less_fails),
        cmocka_unit_test(macro_and_query_agree_up_to_the_largest_shape),
        cmocka_unit_test(shapes_that_cannot_be_are_refused_by_query_and_init_alike),
        cmocka_unit_test(defined_storage_is_what_init_takes),
        cmocka_unit_test(refusal_of_a_used_arena_names_all_that_it_must_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
