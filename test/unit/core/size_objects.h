/* How each object of the core, and each simulated port, is made and used to the full, for test_sizes.c. */
#ifndef SIZE_OBJECTS_H
#define SIZE_OBJECTS_H

#include "size_rules.h"
#include "stoker/atomic.h"
#include "stoker/automaton.h"
#include "stoker/cache.h"
#include "stoker/control.h"
#include "stoker/debug_log.h"
#include "stoker/io_queue.h"
#include "stoker/fetch.h"
#include "stoker/port/sim_flash.h"
#include "stoker/ring.h"
#include "stoker/parity/sketch.h"
#include "stoker/store.h"
#include "stoker/tables.h"
#include "stoker/parity/task.h"
#include "stoker/parity/telemetry_sketch.h"
#include "stoker/tenant.h"
#include "stoker/work_split.h"
#include "stream_world.h"

#define UNITS 256u /* most slots of a shape here */

/// Ring ///

static struct stk_ring ring;

static int ring_bytes(const uint32_t *n, size_t *bytes) {
    return stk_ring_bytes(n[0], bytes);
}

static int ring_at(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info) {
    (void)info;
    return stk_ring_init(&ring, memory, bytes, n[0]);
}

static void ring_use(const uint32_t *n) {
    static const uint32_t args[STK_SLOT_ARGS] = {UINT32_MAX, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, UINT32_MAX};
    const struct stk_work work = {1u << 17, UINT32_MAX, STK_PRIORITY_IDLE, STK_SLOT_ARGS, args};
    for (uint32_t i = 0; i < n[0]; i++) {
        assert_int_equal(stk_ring_publish(&ring, i, &work), STK_OK);
        assert_int_equal(stk_ring_transition(&ring, i, STK_TO_CLAIM), STK_SLOT_PUBLISHED);
        assert_int_equal(stk_ring_transition(&ring, i, STK_TO_DONE), STK_SLOT_CLAIMED);
    }
    assert_int_equal(stk_ring_publish(&ring, n[0], &work), STK_E_RANGE);
    assert_int_equal(stk_ring_count_done(&ring, n[0]), (int)n[0]);
}

static const struct sized rings = {"ring", ring_bytes, ring_at, NULL, ring_use, &ring, sizeof ring, 0};

/// Units ///

static struct stk_work_split units;

static int units_bytes(const uint32_t *n, size_t *bytes) {
    return stk_work_split_bytes(n[0], n[1], bytes);
}

static int units_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_work_split_config config = {.devices = n[0], .runs = n[1], .run_max = 1};
    return stk_work_split_init(&units, &config, arena);
}

static void units_use(const uint32_t *n) {
    uint32_t runs = n[1] == 0 ? 1 : n[1];
    assert_int_equal(stk_work_split_begin(&units, UINT32_MAX, 0), STK_OK);
    for (uint32_t d = 0; d < n[0]; d++) {
        struct stk_work_split_run run;
        assert_int_equal(stk_work_split_weigh(&units, d, STK_WORK_SPLIT_WEIGHT_MAX), STK_OK);
        for (uint32_t i = 0; i < runs; i++) {
            assert_int_equal(stk_work_split_claim(&units, d, &run), 1);
        }
        assert_int_equal(stk_work_split_claim(&units, d, &run), STK_E_FULL);
        assert_int_equal(stk_work_split_lose(&units, d), STK_OK);
    }
}

static const struct sized unit_ranges = {"units", units_bytes, NULL, units_from, units_use, &units, sizeof units, 1};

/// Control buffer ///

static struct stk_control control;

static int control_bytes(const uint32_t *n, size_t *bytes) {
    return stk_control_bytes(n[0], bytes);
}

static int control_at(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info) {
    (void)info;
    return stk_control_init(&control, memory, bytes, 0, 32, n[0]);
}

static void control_use(const uint32_t *n) {
    uint32_t value;
    assert_int_equal(stk_control_set_priorities(&control, UINT32_MAX, NULL), STK_OK);
    assert_int_equal(stk_control_set_shutdown(&control, 1, NULL), STK_OK);
    for (uint32_t i = 0; i < n[0]; i++) {
        stk_store(control.words + STK_CTL_OBSERVABLE + i, ~i); /* as a handler does */
        assert_int_equal(stk_control_observable(&control, i, &value, NULL), STK_OK);
        assert_int_equal(value, ~i);
    }
    assert_int_equal(stk_control_observable(&control, n[0], &value, NULL), STK_E_MISSING);
}

static const struct sized controls = {"control",   control_bytes, control_at,     NULL,
                                      control_use, &control,      sizeof control, 0};

/// Debug log ///

static struct stk_debug_log debug_log;

static int log_bytes(const uint32_t *n, size_t *bytes) {
    return stk_debug_log_bytes(n[0], bytes);
}

static int log_at(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info) {
    (void)info;
    return stk_debug_log_init(&debug_log, memory, bytes, n[0]);
}

static void log_use(const uint32_t *n) {
    static struct stk_debug_record records[UNITS];
    stk_store(debug_log.words + STK_DEBUG_CURSOR_WORD, n[0] * STK_DEBUG_RECORD_WORDS); /* as handlers that filled it */
    for (uint32_t i = 0; i < n[0] * STK_DEBUG_RECORD_WORDS; i++) {
        stk_store(debug_log.words + STK_DEBUG_RECORDS_WORD + i, ~i);
    }
    assert_int_equal(stk_debug_log_read(&debug_log, records, UNITS, NULL), (int)n[0]);
    assert_int_equal(stk_debug_log_reset(&debug_log), STK_OK);
    stk_store(debug_log.words + STK_DEBUG_CURSOR_WORD, (n[0] + 1) * STK_DEBUG_RECORD_WORDS);
    assert_int_equal(stk_debug_log_count(&debug_log, NULL), STK_E_MISSING);
}

static const struct sized logs = {"debug log", log_bytes, log_at, NULL, log_use, &debug_log, sizeof debug_log, 0};

/// I/O queue ///

static struct stk_io_queue io_queue;

static int io_bytes(const uint32_t *n, size_t *bytes) {
    return stk_io_queue_bytes(n[0], bytes);
}

static int io_at(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info) {
    (void)info;
    return stk_io_queue_init(&io_queue, memory, bytes, n[0]);
}

static void io_use(const uint32_t *n) {
    static struct stk_io_request requests[STK_IO_SLOTS_MAX];
    for (uint32_t i = 0; i < n[0]; i++) {
        const struct stk_io_request ask = {i, STK_IO_OP_WRITE, ~i, ~i, UINT64_MAX, UINT32_MAX, ~i};
        assert_int_equal(stk_io_queue_submit(&io_queue, &ask), STK_OK);
    }
    assert_int_equal(stk_io_queue_claim(&io_queue, requests, STK_IO_SLOTS_MAX), (int)n[0]);
    for (uint32_t i = 0; i < n[0]; i++) {
        const struct stk_io_result failed = {i, 0, UINT32_MAX};
        assert_int_equal(stk_io_queue_complete(&io_queue, &failed, 1, NULL), STK_OK);
        assert_int_equal(stk_io_queue_recycle(&io_queue, i), STK_IO_ERROR);
    }
    assert_int_equal(stk_io_queue_recycle(&io_queue, n[0]), STK_E_RANGE);
}

static const struct sized io_queues = {"io queue", io_bytes, io_at, NULL, io_use, &io_queue, sizeof io_queue, 0};

/// Task queue ///

static struct stk_task_queue tasks;

static int task_bytes(const uint32_t *n, size_t *bytes) {
    return stk_task_queue_bytes(n[0], bytes);
}

static int task_at(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info) {
    (void)info;
    return stk_task_queue_init(&tasks, memory, bytes, n[0]);
}

static void task_use(const uint32_t *n) {
    const struct stk_task task = {.opcode = 1u << 17, .tenant = UINT32_MAX, .id = UINT32_MAX, .flags = UINT32_MAX};
    struct stk_task_snapshot snapshot;
    for (uint32_t i = 0; i < n[0]; i++) {
        assert_int_equal(stk_task_publish(&tasks, i, &task), STK_OK);
        assert_int_equal(stk_task_pause(&tasks, i, UINT32_MAX, UINT32_MAX, UINT32_MAX), STK_OK);
        assert_int_equal(stk_task_fault(&tasks, i, UINT32_MAX), STK_OK);
    }
    assert_int_equal(stk_task_publish(&tasks, n[0], &task), STK_E_RANGE);
    stk_task_queue_snapshot(&tasks, &snapshot);
    assert_int_equal(snapshot.faulted, n[0]);
}

static const struct sized task_queues = {"task queue", task_bytes, task_at, NULL, task_use, &tasks, sizeof tasks, 0};

/// Sketch ///

static struct stk_sketch sketch;

static int sketch_bytes(const uint32_t *n, size_t *bytes) {
    return stk_sketch_bytes(n[0], n[1], bytes);
}

static int sketch_at(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info) {
    (void)info;
    return stk_sketch_init(&sketch, memory, bytes, n[0], n[1]);
}

static void sketch_use(const uint32_t *n) {
    for (uint32_t key = 0; key < 4u * n[1]; key++) {
        stk_sketch_add_saturating(&sketch, key, UINT64_MAX);
    }
    assert_int_equal(stk_sketch_merge(&sketch, &sketch), STK_E_OVERFLOW);
    stk_sketch_clear(&sketch);
    assert_int_equal(stk_sketch_reset_shape(&sketch, n[1], n[0]), STK_OK);
}

static const struct sized sketches = {"sketch", sketch_bytes, sketch_at, NULL, sketch_use, &sketch, sizeof sketch, 0};

/// Telemetry ///

static struct stk_telemetry telemetry;
static _Alignas(64) uint32_t told_ring[UNITS * STK_SLOT_WORDS];
static uint32_t told_control[STK_CTL_WORDS_MIN];

static int telemetry_bytes(const uint32_t *n, size_t *bytes) {
    return stk_telemetry_bytes(n[0], n[1], bytes);
}

static int telemetry_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_telemetry_config config = {.slots = n[0], .opcodes = n[1]};
    struct stk_error_info info = {0, 0, 0};
    int err = stk_telemetry_init(&telemetry, &config, arena, &info);
    assert_true(err != STK_E_SPACE || info.value == arena->need);
    return err;
}

/* Every slot is a window of its own, and its opcode is named; the opcodes that are left over name none. */
static void telemetry_use(const uint32_t *n) {
    static uint32_t list[UNITS];
    const struct stk_opcodes opcodes = {list, n[1]};
    for (uint32_t i = 0; i < UNITS; i++) {
        uint32_t *slot = STK_SLOT_AT(told_ring, i);
        list[i] = 1000u + i;
        stk_store(slot + STK_SLOT_STATUS, STK_SLOT_PUBLISHED);
        stk_store(slot + STK_SLOT_OPCODE, 1000u + (n[1] == 0 ? 0 : i % n[1]));
        stk_store(slot + STK_SLOT_ARG0, ~i);
    }
    assert_int_equal(stk_telemetry_decode(&telemetry, told_ring, (size_t)n[0] * STK_SLOT_BYTES, told_control,
                                          sizeof told_control, &opcodes, NULL),
                     STK_OK);
    assert_int_equal(telemetry.window_count, n[1] == 0 ? 0 : n[0]);
}

static const struct sized telemetries = {"telemetry", telemetry_bytes,  NULL, telemetry_from, telemetry_use,
                                         &telemetry,  sizeof telemetry, 1};

/// Sketches of a decode ///

static struct stk_telemetry_sketch tables;

static int tables_bytes(const uint32_t *n, size_t *bytes) {
    return stk_telemetry_sketch_bytes(n[0], n[1], bytes);
}

static int tables_at(const uint32_t *n, void *memory, size_t bytes, struct stk_error_info *info) {
    return stk_telemetry_sketch_init(&tables, memory, bytes, n[0], n[1], info);
}

static void tables_use(const uint32_t *n) {
    static struct stk_row rows[UNITS];
    static uint8_t lost[UNITS];
    struct stk_telemetry decoded = {.rows = rows, .lost = lost};
    (void)n;
    decoded.snapshot.occupancy.slots = UNITS;
    for (uint32_t i = 0; i < UNITS; i++) {
        rows[i] = (struct stk_row){.status = i % 10u, .opcode = ~i, .tenant = i};
        decoded.snapshot.control.metrics[i % STK_CTL_METRICS_SLOTS] = ~i;
    }
    stk_telemetry_sketch(&tables, &decoded);
}

static const struct sized table_sets = {"telemetry sketch", tables_bytes, tables_at,     NULL,
                                        tables_use,         &tables,      sizeof tables, 0};

/// Tenants ///

static struct stk_tenants tenants;

static int tenant_bytes(const uint32_t *n, size_t *bytes) {
    return stk_tenant_bytes(n[0], bytes);
}

static int tenant_from(const uint32_t *n, struct stk_arena *arena) {
    return stk_tenants_init(&tenants, n[0], arena);
}

static void tenant_use(const uint32_t *n) {
    struct stk_tenant tenant;
    for (uint32_t i = 0; i < n[0]; i++) {
        assert_int_equal(stk_tenant_register(&tenants, NULL, &tenant), (int)i + 1);
        assert_int_equal(stk_tenant_reserve_staging(&tenant, UINT64_MAX, NULL), STK_OK);
        assert_int_equal(stk_tenant_reserve_handles(&tenant, UINT64_MAX, NULL), STK_OK);
    }
    assert_int_equal(stk_tenant_register(&tenants, NULL, &tenant), STK_E_FULL);
    for (uint32_t i = 0; i < n[0]; i++) {
        assert_int_equal(stk_tenant_unregister(&tenants, i + 1), STK_OK);
    }
}

static const struct sized tenant_tables = {"tenants",  tenant_bytes, NULL,           tenant_from,
                                           tenant_use, &tenants,     sizeof tenants, 0};

/// Cache ///

static struct stk_cache cache;

static int cache_bytes(const uint32_t *n, size_t *bytes) {
    return stk_cache_bytes(n[0], n[1], n[2], bytes);
}

static int cache_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_cache_config config = {.shards = n[0], .entries = n[1], .bytes = n[2]};
    return stk_cache_init(&cache, &config, arena);
}

/* More artifacts than fit, of every size up to the budget and beyond, some of them pinned for a while. */
static void cache_use(const uint32_t *n) {
    static uint8_t data[4096];
    uint8_t key[STK_CACHE_KEY_BYTES] = {0};
    struct stk_artifact artifact;
    for (uint32_t i = 0; i < 1500u; i++) {
        uint32_t bytes = i % 5u == 0 ? n[2] / (n[1] + 1u) : i * 29u % (n[2] + 2u);
        key[0] = (uint8_t)(i * 53u);
        key[1] = (uint8_t)(i >> 4);
        assert_true(bytes <= sizeof data);
        int err = stk_cache_put(&cache, key, data, bytes);
        assert_true(err >= 0 || err == STK_E_BUDGET || err == STK_E_PINNED);
        if (i % 7u == 0 && stk_cache_pin(&cache, key, &artifact) == 1) {
            err = stk_cache_put(&cache, key, data, bytes);
            assert_int_equal(err, STK_E_PINNED);
            assert_int_equal(stk_cache_unpin(&cache, key), 0);
        }
    }
}

static const struct sized caches = {"cache", cache_bytes, NULL, cache_from, cache_use, &cache, sizeof cache, 1};

/// Store ///

static struct stk_store store;
static uint8_t store_buffer[STK_STORE_BUFFER_BYTES(1, 1)];
static struct stk_sim_flash store_flash;
STK_SIM_FLASH_DEFINE(store_medium, 4, 4096, 1);

static int store_bytes(const uint32_t *n, size_t *bytes) {
    return stk_store_bytes(n[0], bytes);
}

static int store_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_sim_flash_config medium = {.geometry = {1, 1, 4096, 4, 0xFF, STK_FLASH_MANY, 0}};
    const struct stk_store_config config = {.flash = {&stk_sim_flash_ops, &store_flash},
                                            .buffer = store_buffer,
                                            .buffer_bytes = sizeof store_buffer,
                                            .entries = n[0]};
    struct stk_arena flash_arena;
    stk_arena_init(&flash_arena, store_medium, sizeof store_medium);
    assert_int_equal(stk_sim_flash_init(&store_flash, &medium, &flash_arena), STK_OK);
    return stk_store_init(&store, &config, arena);
}

/* One more artifact than the index holds, each without a byte. */
static void store_use(const uint32_t *n) {
    uint8_t key[STK_STORE_KEY_BYTES];
    memset(key, 0xFF, sizeof key);
    assert_int_equal(stk_store_format(&store, 1), STK_OK);
    for (uint32_t i = 0; i <= n[0]; i++) {
        key[0] = (uint8_t)i;
        key[1] = (uint8_t)(i >> 8);
        assert_true(stk_store_put(&store, key, NULL, 0) >= 0);
    }
    assert_int_equal(stk_store_mount(&store, NULL), store.count);
}

static const struct sized stores = {"store", store_bytes, NULL, store_from, store_use, &store, sizeof store, 1};

/// Automaton ///

static struct stk_automaton automaton;
static uint8_t pattern_bytes[1024];

/* Every byte value counts: the shapes have patterns of 255 bytes or more in all, no two of them alike for that long. */
static int automaton_bytes(const uint32_t *n, size_t *bytes) {
    *bytes = stk_automaton_bytes(n[0], n[1], 256);
    return *bytes == 0 ? STK_E_OVERFLOW : STK_OK;
}

static int automaton_from(const uint32_t *n, struct stk_arena *arena) {
    struct stk_pattern patterns[8];
    for (uint32_t i = 0; i < sizeof pattern_bytes; i++) {
        pattern_bytes[i] = (uint8_t)(i + i / 256u);
    }
    for (uint32_t i = 0; i < n[0]; i++) {
        uint32_t each = n[1] / n[0];
        patterns[i] = (struct stk_pattern){pattern_bytes + i * each, i + 1 < n[0] ? each : n[1] - i * each};
    }
    int err = stk_automaton_build(&automaton, patterns, n[0], arena);
    assert_true(automaton.info.err == err);
    assert_true(automaton.info.value == (err == STK_E_SPACE ? arena->need : 0));
    /* The build gave back the memory that only the build needs. The test needs the size of this memory too. */
    arena->used = err == STK_OK ? arena->size : arena->used;
    return err;
}

static void automaton_use(const uint32_t *n) {
    static uint64_t visits[1024], scratch[1024], occurrences[8];
    assert_int_equal(automaton.states, n[1] + 1u);
    stk_automaton_occurrences(&automaton, visits, scratch, occurrences);
}

static const struct sized automatons = {"automaton", automaton_bytes, NULL, automaton_from, automaton_use, NULL, 0, 1};

/// Stream ///

static int stream_bytes(const uint32_t *n, size_t *bytes) {
    return stk_stream_bytes(n[0], n[1], bytes);
}

static int stream_from(const uint32_t *n, struct stk_arena *arena) {
    world_parts(NULL, NULL);
    w.config.depth = n[0];
    w.config.lead_max = n[1];
    int err = stk_stream_init(&w.stream, &w.config, arena);
    assert_true(w.stream.info.value == (err == STK_E_SPACE ? arena->need : 0));
    return err;
}

/* Every entry in flight at once, then leads of a source without offsets, which are kept. */
static void stream_use(const uint32_t *n) {
    struct stk_stream_read more = read_at(0, 1, 0);
    uint32_t lead = n[1] < 200u ? n[1] : 200u;
    queue_some(w.stream.config.depth, 1);
    assert_int_equal(stk_stream_read(&w.stream, &more), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    for (uint32_t i = 0; i < 20; i++) {
        queue(pipe_read(i * 13u, 13, lead));
        assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    }
}

static const struct sized streams = {"stream", stream_bytes, NULL, stream_from, stream_use, NULL, 0, 1};

/// Miss service ///

static struct stk_fetch fetch;
static uint32_t fetch_io[STK_IO_SLOTS_MAX * STK_IO_WORDS];

static int fetch_bytes(const uint32_t *n, size_t *bytes) {
    return stk_fetch_bytes(n[0], n[1], bytes);
}

static int fetch_from(const uint32_t *n, struct stk_arena *arena) {
    struct stk_fetch_config config;
    int err;
    world_parts(NULL, NULL);
    config = (struct stk_fetch_config){.memory = w.config.memory,
                                       .dispatch = {&stk_sim_dispatch_ops, &w.device},
                                       .ingest = &w.port,
                                       .platform = {&stk_sim_platform_ops, &w.clock},
                                       .resources = n[0]};
    config.memory.io = fetch_io;
    config.memory.io_slots = n[1];
    config.memory.payload_bytes = UINT32_MAX; /* none of it is read into */
    err = stk_fetch_init(&fetch, &config, arena);
    assert_true(fetch.info.value == (err == STK_E_SPACE ? arena->need : 0));
    return err;
}

/* A full table where it is not too long, and every I/O slot asked through, by slots that do not wait. */
static void fetch_use(const uint32_t *n) {
    uint32_t rows = n[0] != 0u ? n[0] : STK_FETCH_RESOURCES_DEFAULT;
    struct stk_fetch_resource row = {.bytes = 1, .tenants = UINT32_MAX};
    memset(fetch_io, 0, sizeof fetch_io);
    for (uint32_t i = 0; i <= rows && rows <= 64u; i++) {
        row.resource = UINT32_MAX - i;
        row.dst = i * (UINT32_MAX / (rows + 1u));
        assert_int_equal(stk_fetch_register(&fetch, &row), i < rows ? STK_OK : STK_E_FULL);
    }
    for (uint32_t k = 0; k < n[1]; k++) {
        assert_int_equal(stk_io_queue_submit_read(&fetch.queue, k, UINT32_MAX, UINT32_MAX, 0, k % SLOTS), STK_OK);
    }
    assert_int_equal(stk_fetch_poll(&fetch, 0), (int)n[1]);
}

static const struct sized fetch_services = {"fetch service", fetch_bytes, NULL, fetch_from, fetch_use, NULL, 0, 1};

/// Tables ///

static struct stk_tables places;
static uint8_t places_memory[64u * 67u + 63u];

static int places_bytes(const uint32_t *n, size_t *bytes) {
    return stk_tables_bytes(n[0], bytes);
}

static int places_from(const uint32_t *n, struct stk_arena *arena) {
    static const struct stk_dispatch_ops plain = {.name = "plain"};
    struct stk_tables_config config = {.dispatch = {&plain, NULL}, .tables = n[0]};
    world_parts(NULL, NULL);
    config.memory = w.config.memory;
    config.memory.tables = places_memory + (64u - (uintptr_t)places_memory % 64u) % 64u;
    config.memory.table_bytes = 64u * 67u;
    return stk_tables_init(&places, &config, arena);
}

/* Adds as many tables as there are rows, and removes each table in front of the others. */
static void places_use(const uint32_t *n) {
    uint32_t most = n[0] != 0u ? n[0] : STK_TABLES_DEFAULT, offset = 0;
    for (uint32_t i = 0; i <= most; i++) {
        assert_int_equal(stk_tables_add(&places, 0, "x", 1, &offset, NULL), i < most ? STK_OK : STK_E_FULL);
    }
    for (uint32_t i = 0; i < most / 2u; i++) {
        assert_int_equal(stk_tables_remove(&places, STK_TABLES_FIRST + 64u * i, NULL), STK_OK);
        assert_int_equal(stk_tables_add(&places, 0, "x", 1, &offset, NULL), STK_OK);
    }
}

static const struct sized tables_of_all = {"tables",   places_bytes, NULL,          places_from,
                                           places_use, &places,      sizeof places, 1};

/// Simulated ports ///

static struct stk_sim_ingest ingest;
static struct stk_sim_dispatch dispatch;

static int ingest_bytes(const uint32_t *n, size_t *bytes) {
    const struct stk_sim_ingest_config config = {.depth = n[0], .sources = n[1]};
    return stk_sim_ingest_bytes(&config, bytes);
}

static int ingest_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_sim_ingest_config config = {.depth = n[0], .sources = n[1]};
    return stk_sim_ingest_init(&ingest, &config, arena);
}

static void ingest_use(const uint32_t *n) {
    static uint8_t from[4] = {1, 2, 3, 4}, to[4];
    uint32_t depth = ingest.config.depth, sources = ingest.config.sources;
    struct stk_ingest_done done;
    (void)n;
    for (uint32_t i = 0; i < sources; i++) {
        assert_int_equal(stk_sim_ingest_add(&ingest, from, sizeof from, i % 2u), (int)i);
    }
    assert_int_equal(stk_sim_ingest_add(&ingest, from, sizeof from, false), STK_E_FULL);
    for (uint32_t i = 0; i <= depth; i++) {
        struct stk_ingest_read read = {i % sources, 0, sizeof to, to, i, 0};
        assert_int_equal(stk_sim_ingest_ops.submit(&ingest, &read, 1), i < depth);
    }
    for (uint32_t i = 0; i < depth; i++) {
        assert_int_equal(stk_sim_ingest_ops.reap(&ingest, &done, 1, 0), 1);
    }
}

static const struct sized ingests = {"sim ingest", ingest_bytes, NULL,          ingest_from,
                                     ingest_use,   &ingest,      sizeof ingest, 0};

static int dispatch_bytes(const uint32_t *n, size_t *bytes) {
    return stk_sim_dispatch_bytes(n[0], bytes);
}

static int dispatch_from(const uint32_t *n, struct stk_arena *arena) {
    const struct stk_sim_dispatch_config config = {.memory = {.ring = told_ring, .slots = n[0]}};
    return stk_sim_dispatch_init(&dispatch, &config, arena);
}

static void dispatch_use(const uint32_t *n) {
    for (uint32_t i = 0; i < n[0]; i++) {
        stk_store(STK_SLOT_AT(told_ring, i), STK_SLOT_PUBLISHED);
    }
    assert_int_equal(stk_sim_dispatch_ops.drive(&dispatch, true), 1);
    assert_int_equal(dispatch.done, n[0]);
    stk_sim_dispatch_revive(&dispatch);
}

static const struct sized dispatches = {"sim dispatch", dispatch_bytes,  NULL, dispatch_from, dispatch_use,
                                        &dispatch,      sizeof dispatch, 0};

#endif
