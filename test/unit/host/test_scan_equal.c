/* The same scan on the device, with one lane and with four, and in the interpreter: all equal a naive counter, for
 * random patterns on random texts in chunks of random size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "need_device.h"
#include "scan_cases.h"
#include "stoker/atomic.h"
#include "stoker/device_memory.h"
#include "stoker/port/interp.h"
#include "stoker/port/opencl.h"
#include "stoker/port/posix.h"
#include "stoker/port/sim.h"
#include "stoker/stream.h"
#include "stoker/tables.h"

#define CASES     200u
#define BUDGET    700u /* pattern bytes; with all byte values the table takes 717,824 */
#define TEXT_MAX  12000u
#define DEPTH     4u
#define CHUNK_MAX 4096u
#define HITS_AT   (DEPTH * CHUNK_MAX)
#define HITS_MAX  8192u
#define PAYLOAD   (HITS_AT + HITS_MAX)
#define TABLES    (STK_TABLES_ROOM(STK_IMAGE_TABLE_BYTE + (1u << 20) + STK_FILTER_BYTES))
#define SECOND    UINT64_C(1000000000)

_Static_assert(HITS_MAX >= 2u * (BUDGET + 1u) * 4u, "counters of two workers");

/* One way to run the kernel. */
struct backend {
    const char *name;
    struct stk_device_memory memory;
    const struct stk_dispatch_ops *ops;
    void *ctx;
    uint32_t workers;
    struct stk_tables tables; /* one: the automaton */
};

static struct scan_set set;
static struct stk_automaton automaton;
static uint8_t text[TEXT_MAX];
static uint32_t text_bytes, chunk_bytes;
static uint64_t ends;
static uint32_t image_at;

static int on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)ctx;
    (void)next;
    if (r->err != STK_OK) {
        print_message("chunk at %u: %s, reason %u\n", (unsigned)r->offset, stk_err_name(r->err), (unsigned)r->reason);
        return r->err;
    }
    ends += r->results[0] | (uint64_t)r->results[1] << 32;
    return 0;
}

static struct stk_stream_config config_of(const struct backend *b, struct stk_ingest_port *port) {
    return (struct stk_stream_config){.memory = b->memory,
                                      .dispatch = {b->ops, b->ctx},
                                      .ingest = port,
                                      .platform = {&stk_posix_platform_ops, NULL},
                                      .on_result = on_result,
                                      .depth = DEPTH,
                                      .chunk_bytes = chunk_bytes,
                                      .lead_max = automaton.max_len - 1u,
                                      .priority = STK_PRIORITY_NORMAL};
}

/* Streams the text in chunks of which each sees the end of the one before. */
static void stream_text(struct stk_stream *stream, uint32_t source) {
    uint32_t data = chunk_bytes - (automaton.max_len - 1u), at = 0;
    while (at < text_bytes) {
        struct stk_stream_read r = {.source = source, .offset = at, .opcode = STK_OP_SCAN_COUNT};
        int err;
        r.lead = at < automaton.max_len - 1u ? at : automaton.max_len - 1u;
        r.bytes = text_bytes - at < data ? text_bytes - at : data;
        r.params[STK_SCAN_IMAGE - STK_ARG_PARAM] = image_at;
        r.params[STK_SCAN_HITS - STK_ARG_PARAM] = HITS_AT;
        err = stk_stream_read(stream, &r);
        if (err == STK_E_WOULD_BLOCK) {
            assert_true(stk_stream_poll(stream, 10 * SECOND) > 0);
            continue;
        }
        assert_int_equal(err, STK_OK);
        at += r.bytes;
    }
    assert_int_equal(stk_stream_drain(stream, 20 * SECOND), STK_OK);
}

static void check_hits(const struct backend *b) {
    static uint64_t visits[BUDGET + 1u], scratch[BUDGET + 1u], occurrences[SCAN_PATTERNS_MAX];
    const uint32_t *hits = (const uint32_t *)(const void *)(b->memory.payload + HITS_AT);
    uint32_t accepting = stk_automaton_accepting(&automaton), i, k;
    memset(visits, 0, sizeof visits);
    for (k = 0; k < b->workers; k++) {
        for (i = 0; i < accepting; i++) {
            visits[i] += hits[k * accepting + i];
        }
    }
    stk_automaton_occurrences(&automaton, visits, scratch, occurrences);
    for (i = 0; i < set.count; i++) {
        uint64_t expected = scan_naive(text, text_bytes, 0, &set.pattern[i]);
        if (occurrences[i] != expected) {
            fail_msg("%s: pattern %u counted %u times, not %u", b->name, (unsigned)i, (unsigned)occurrences[i],
                     (unsigned)expected);
        }
    }
}

static void scan(struct backend *b, uint32_t seed) {
    static _Alignas(64) uint8_t memory[16384];
    const struct stk_sim_ingest_config ingest_config = {.depth = DEPTH, .sources = 1, .seed = seed};
    struct stk_arena arena;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port = {.ops = &stk_sim_ingest_ops, .ctx = &ingest};
    struct stk_stream stream;
    struct stk_stream_config config;
    int source;
    if (b->tables.count != 0u) {
        assert_int_equal(stk_tables_remove(&b->tables, image_at, NULL), STK_OK);
    }
    assert_int_equal(stk_tables_add(&b->tables, 0, automaton.image, (uint32_t)automaton.image_bytes, &image_at, NULL),
                     STK_OK);
    memset(b->memory.payload + HITS_AT, 0, HITS_MAX);
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_sim_ingest_init(&ingest, &ingest_config, &arena), STK_OK);
    source = stk_sim_ingest_add(&ingest, text, text_bytes, false);
    assert_true(source >= 0);
    config = config_of(b, &port);
    assert_int_equal(stk_stream_init(&stream, &config, &arena), STK_OK);
    ends = 0;
    stream_text(&stream, (uint32_t)source);
    if (ends != scan_naive_ends(text, text_bytes, 0, &set)) {
        fail_msg("%s: %u bytes ended a match", b->name, (unsigned)ends);
    }
    check_hits(b);
    assert_int_equal(stk_stream_close(&stream, 20 * SECOND), STK_OK);
}

static void run_cases(struct backend *b) {
    STK_TABLES_DEFINE(rows, 1);
    const struct stk_tables_config tables = {.memory = b->memory, .dispatch = {b->ops, b->ctx}, .tables = 1};
    struct stk_arena table_arena;
    size_t bytes = stk_automaton_bytes(SCAN_PATTERNS_MAX, BUDGET, 256) + STK_FILTER_BYTES;
    uint8_t *memory = aligned_alloc(64, bytes);
    uint32_t seed = 31, i;
    stk_arena_init(&table_arena, rows, sizeof rows);
    assert_int_equal(stk_tables_init(&b->tables, &tables, &table_arena), STK_OK);
    for (i = 0; i < CASES; i++) {
        struct stk_arena arena;
        /* Every backend sees the same cases; long texts are rarer than short ones. Every third image has a filter. */
        scan_set_random_from(&set, i % 8u == 0 ? BUDGET : 120u, i % 3u == 0 ? STK_FILTER_SPAN : 1u, &seed);
        text_bytes = scan_below(&seed, 1u + scan_below(&seed, TEXT_MAX));
        scan_text_random(&set, text, text_bytes, &seed);
        chunk_bytes = 64u * (1u + scan_below(&seed, i % 3u ? 6u : CHUNK_MAX / 64u));
        stk_arena_init(&arena, memory, bytes);
        assert_int_equal(stk_automaton_build(&automaton, set.pattern, set.count, &arena), STK_OK);
        scan(b, seed);
    }
    free(memory);
}

static void interpreter_counts_like_the_naive_counter(void **state) {
    struct stk_interp interp;
    struct backend b = {.name = "interpreter", .ops = &stk_interp_ops, .ctx = &interp, .workers = 1};
    const struct stk_device_layout layout = {
        .slots = DEPTH, .tenants = 1, .payload_bytes = PAYLOAD, .table_bytes = TABLES};
    const size_t bytes = STK_DEVICE_MEMORY_BYTES(DEPTH, 0u, 0u, 0u, PAYLOAD, TABLES);
    struct stk_arena arena;
    void *shared = aligned_alloc(STK_ALIGN, bytes);
    (void)state;
    stk_arena_init(&arena, shared, bytes);
    assert_int_equal(stk_device_memory_init(&b.memory, &layout, &arena), STK_OK);
    assert_int_equal(stk_interp_open(&interp, &b.memory, NULL), STK_OK);
    run_cases(&b);
    free(shared);
}

static void run_on_device(uint32_t lanes, uint32_t workers, const char *name) {
    static struct stk_opencl cl;
    const struct stk_opencl_config config = {
        .slots = DEPTH, .payload_bytes = PAYLOAD, .lanes = lanes, .workers = workers};
    struct backend b = {.name = name, .ops = &stk_opencl_ops, .ctx = &cl, .workers = workers};
    int err = stk_opencl_open(&cl, &config);
    if (err == STK_E_NODEV) {
        skip_without(cl.reason);
    }
    if (err != STK_OK) {
        fail_msg("%s: %s", stk_err_name(err), cl.reason);
    }
    b.memory = cl.memory;
    run_cases(&b);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

static void device_with_one_lane_counts_like_the_naive_counter(void **state) {
    (void)state;
    run_on_device(1, 1, "one lane");
}

static void device_with_four_lanes_counts_like_the_naive_counter(void **state) {
    (void)state;
    run_on_device(4, 1, "four lanes");
}

static void two_workers_with_four_lanes_count_like_the_naive_counter(void **state) {
    (void)state;
    run_on_device(4, 2, "two workers");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interpreter_counts_like_the_naive_counter),
        cmocka_unit_test(device_with_one_lane_counts_like_the_naive_counter),
        cmocka_unit_test(device_with_four_lanes_counts_like_the_naive_counter),
        cmocka_unit_test(two_workers_with_four_lanes_count_like_the_naive_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
