/* A stream of chunks through an OpenCL device in each mode: what lands, what handlers write in place and what they
 * result in is right for every chunk, while later chunks land beside those that the device works on; and a scan of
 * what was streamed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "opencl_rig.h"
#include "scan_cases.h"
#include "stoker/port/sim.h"
#include "stoker/stream.h"
#include "stoker/tables.h"

#define DEPTH    6u
#define CHUNK    4096u
#define CHUNKS   240u
#define BYTES    (CHUNKS * CHUNK - 1000u) /* the last chunk is short */
#define HITS_AT  (DEPTH * CHUNK)
#define HITS_MAX 8192u
#define PAYLOAD  (HITS_AT + HITS_MAX)

/* Adds 1 to each byte of the chunk in place; the sum of what was there is the result. */
static const char handler[] =
    "STK_FN stk_u32 user_shift(const struct stk_dev *d, const struct stk_call *c) {\n"
    "    stk_u32 at = stk_arg(c, STK_ARG_OFFSET), n = stk_arg(c, STK_ARG_BYTES), i, sum = 0;\n"
    "    if (!stk_payload_ok(d, at, n)) { return stk_refuse(c, STK_REASON_PAYLOAD, at); }\n"
    "    for (i = 0; i < n; i++) { sum += d->payload[at + i]; d->payload[at + i] = (stk_u8)(d->payload[at + i] + 1u); "
    "}\n"
    "    stk_result(c, 0, sum);\n"
    "    return STK_SLOT_DONE;\n"
    "}\n";
static const struct stk_opencl_piece piece = {"shift", handler, 0x20001u, "user_shift", STK_SCALAR};

static struct stk_opencl cl;
static const struct way *way;
static uint8_t text[BYTES];
static uint64_t seen, ends;
static uint32_t image_at; /* offset of the automaton in the tables */

static void check_shifted(const struct stk_stream_result *r) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < r->bytes; i++) {
        sum += text[r->offset + i];
        if (r->data[i] != (uint8_t)(text[r->offset + i] + 1u)) {
            fail_msg("%s: byte %u of the chunk at %u is 0x%02x, not 0x%02x", way->name, (unsigned)i,
                     (unsigned)r->offset, r->data[i], (uint8_t)(text[r->offset + i] + 1u));
        }
    }
    assert_int_equal(r->results[0], sum);
}

static int on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)ctx;
    (void)next;
    assert_int_equal(r->err, STK_OK);
    assert_int_equal(r->tag, seen);
    seen++;
    if (r->opcode == 0x20001u) {
        check_shifted(r);
    } else {
        ends += r->results[0] | (uint64_t)r->results[1] << 32;
    }
    return 0;
}

static void stream_all(struct stk_stream *stream, uint32_t source, uint32_t opcode, uint32_t lead) {
    uint64_t tag = 0;
    for (uint32_t at = 0; at < BYTES;) {
        struct stk_stream_read r = {.source = source, .offset = at, .opcode = opcode, .tag = tag};
        int err;
        r.lead = at < lead ? at : lead;
        r.bytes = BYTES - at < CHUNK - lead ? BYTES - at : CHUNK - lead;
        r.params[STK_SCAN_IMAGE - STK_ARG_PARAM] = image_at;
        r.params[STK_SCAN_HITS - STK_ARG_PARAM] = HITS_AT;
        err = stk_stream_read(stream, &r);
        if (err == STK_E_WOULD_BLOCK) {
            assert_true(stk_stream_poll(stream, 20 * SECOND) > 0);
            continue;
        }
        assert_int_equal(err, STK_OK);
        at += r.bytes;
        tag++;
    }
    assert_int_equal(stk_stream_drain(stream, 60 * SECOND), STK_OK);
    assert_int_equal(seen, tag);
}

static void run(uint32_t opcode, uint32_t lead) {
    static _Alignas(64) uint8_t memory[16384];
    const struct stk_sim_ingest_config ingest_config = {.depth = DEPTH, .sources = 1, .seed = 5};
    struct stk_arena arena;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port = {.ops = &stk_sim_ingest_ops, .ctx = &ingest};
    struct stk_stream stream;
    int source;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_sim_ingest_init(&ingest, &ingest_config, &arena), STK_OK);
    source = stk_sim_ingest_add(&ingest, text, BYTES, false);
    assert_true(source >= 0);
    const struct stk_stream_config config = {.memory = cl.memory,
                                             .dispatch = {&stk_opencl_ops, &cl},
                                             .ingest = &port,
                                             .platform = {&stk_posix_platform_ops, NULL},
                                             .on_result = on_result,
                                             .depth = DEPTH,
                                             .chunk_bytes = CHUNK,
                                             .lead_max = lead,
                                             .priority = STK_PRIORITY_NORMAL,
                                             .slot_timeout_ns = 30 * SECOND};
    assert_int_equal(stk_stream_init(&stream, &config, &arena), STK_OK);
    seen = ends = 0;
    stream_all(&stream, (uint32_t)source, opcode, lead);
    assert_int_equal(stk_stream_close(&stream, 20 * SECOND), STK_OK);
}

static void open_device(uint32_t lanes, uint32_t workers) {
    const struct stk_opencl_config config = {.slots = DEPTH,
                                             .payload_bytes = PAYLOAD,
                                             .lanes = lanes,
                                             .workers = workers,
                                             .pieces = &piece,
                                             .piece_count = 1};
    if (!rig_open(&cl, &config, way)) {
        skip();
    }
}

static void every_chunk_is_what_its_handler_made_of_it(void **state) {
    (void)state;
    for (uint32_t i = 0; i < BYTES; i++) {
        text[i] = (uint8_t)(i * 2654435761u >> 13);
    }
    open_device(1, 1);
    run(0x20001u, 0);
    assert_int_equal(cl.stats.fallbacks, 0);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

/// Two streams on one device ///

#define HALF (DEPTH / 2u)

/* A stream with half of the slots and buffers. It takes every second chunk of the text. */
struct half {
    struct stk_stream stream;
    uint32_t number, queued, seen, canceled;
};

static int on_half(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct half *half = ctx;
    (void)next;
    assert_int_equal(r->tag, half->seen);
    half->seen++;
    if (r->err == STK_OK) {
        check_shifted(r);
    } else {
        assert_int_equal(r->err, STK_E_CANCELED);
        half->canceled++;
    }
    return 0;
}

static void open_half(struct half *half, uint32_t number, struct stk_ingest_port *port, struct stk_arena *arena) {
    const struct stk_stream_config config = {.memory = cl.memory,
                                             .dispatch = {&stk_opencl_ops, &cl},
                                             .ingest = port,
                                             .platform = {&stk_posix_platform_ops, NULL},
                                             .on_result = on_half,
                                             .on_result_ctx = half,
                                             .depth = HALF,
                                             .chunk_bytes = CHUNK,
                                             .first_slot = number * HALF,
                                             .payload_offset = number * HALF * CHUNK,
                                             .priority = STK_PRIORITY_NORMAL,
                                             .slot_timeout_ns = 30 * SECOND};
    *half = (struct half){.number = number};
    assert_int_equal(stk_stream_init(&half->stream, &config, arena), STK_OK);
}

/* Queues as many of the first `most` reads of the half as there is room for. */
static void feed_half(struct half *half, uint32_t most) {
    int err = STK_OK;
    while (half->queued < most && err == STK_OK) {
        const struct stk_stream_read r = {.offset = (half->queued * 2u + half->number) % (CHUNKS - 1u) * CHUNK,
                                          .bytes = CHUNK,
                                          .opcode = 0x20001u,
                                          .tag = half->queued};
        err = stk_stream_read(&half->stream, &r);
        half->queued += err == STK_OK;
    }
    assert_true(err == STK_OK || err == STK_E_WOULD_BLOCK);
}

/* One is closed with reads and slots under way. The device, the port and the other stream go on. */
static void streams_share_a_device_and_close_by_themselves(void **state) {
    static _Alignas(64) uint8_t memory[16384];
    static struct half halves[2];
    const struct stk_sim_ingest_config ingest_config = {.depth = 4, .sources = 1, .seed = 5};
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port = {.ops = &stk_sim_ingest_ops, .ctx = &ingest};
    struct stk_arena arena;
    (void)state;
    open_device(1, 1);
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_sim_ingest_init(&ingest, &ingest_config, &arena), STK_OK);
    assert_int_equal(stk_sim_ingest_add(&ingest, text, BYTES, false), 0);
    open_half(&halves[0], 0, &port, &arena);
    open_half(&halves[1], 1, &port, &arena);
    for (uint32_t turn = 0; halves[0].seen < 40u || halves[1].seen < 40u; turn++) {
        feed_half(&halves[0], 40u);
        feed_half(&halves[1], 40u);
        assert_true(stk_stream_poll(&halves[turn % 2u].stream, SECOND / 100u) >= 0);
    }
    assert_int_equal(halves[0].canceled + halves[1].canceled, 0);
    feed_half(&halves[0], 43u);
    feed_half(&halves[1], 43u);
    assert_true(stk_stream_poll(&halves[0].stream, 0) >= 0);
    assert_int_equal(stk_stream_close(&halves[0].stream, 20 * SECOND), STK_OK);
    assert_int_equal(halves[0].seen, halves[0].queued);
    while (halves[1].seen < 100u) {
        feed_half(&halves[1], 100u);
        assert_true(stk_stream_poll(&halves[1].stream, 20 * SECOND) > 0);
    }
    assert_int_equal(halves[1].canceled, 0);
    assert_int_equal(stk_stream_close(&halves[1].stream, 20 * SECOND), STK_OK);
    assert_null(port.readers);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

static void add_automaton(const struct stk_automaton *a) {
    STK_TABLES_DEFINE(rows, 1);
    const struct stk_tables_config config = {.memory = cl.memory, .dispatch = {&stk_opencl_ops, &cl}, .tables = 1};
    struct stk_tables tables;
    struct stk_arena arena;
    stk_arena_init(&arena, rows, sizeof rows);
    assert_int_equal(stk_tables_init(&tables, &config, &arena), STK_OK);
    assert_int_equal(stk_tables_add(&tables, 0, a->image, (uint32_t)a->image_bytes, &image_at, NULL), STK_OK);
}

static void scan_counts_like_the_naive_counter(void **state) {
    static struct scan_set set;
    size_t bytes = stk_automaton_bytes(SCAN_PATTERNS_MAX, 700, 256);
    uint8_t *memory = aligned_alloc(64, bytes);
    struct stk_automaton automaton;
    struct stk_arena arena;
    uint32_t seed = 77;
    (void)state;
    scan_set_random(&set, 700, &seed);
    scan_text_random(&set, text, BYTES, &seed);
    stk_arena_init(&arena, memory, bytes);
    assert_int_equal(stk_automaton_build(&automaton, set.pattern, set.count, &arena), STK_OK);
    open_device(4, 2);
    add_automaton(&automaton);
    memset(cl.memory.payload + HITS_AT, 0, HITS_MAX);
    run(STK_OP_SCAN_COUNT, automaton.max_len - 1u);
    assert_int_equal(ends, scan_naive_ends(text, BYTES, 0, &set));
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chunk_is_what_its_handler_made_of_it),
        cmocka_unit_test(streams_share_a_device_and_close_by_themselves),
        cmocka_unit_test(scan_counts_like_the_naive_counter),
    };
    int failed = 0;
    for (size_t i = 0; i < WAYS; i++) {
        way = &ways[i];
        failed += rig_goes(i) ? cmocka_run_group_tests_name(way->name, tests, NULL, NULL) : 0;
    }
    return failed;
}
