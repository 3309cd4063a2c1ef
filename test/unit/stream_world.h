/* Makes a stream over simulated ports, and writes down each result. Included once in a test. */
#ifndef STREAM_WORLD_H
#define STREAM_WORLD_H

#include <string.h>

#include "stoker/atomic.h"
#include "stoker/device_memory.h"
#include "stoker/port/interp.h"
#include "stoker/port/sim.h"
#include "stoker/stream.h"

#define SLOTS       32u
#define OBSERVABLES 4u
#define FIRST_SLOT  3u
#define DEPTH       8u
#define CHUNK       256u
#define LEAD_MAX    32u
#define BUFFERS_AT  128u /* of the payload */
#define PAYLOAD     (BUFFERS_AT + DEPTH * CHUNK + 64u)
#define SOURCE      5000u
#define RESULTS_MAX 256u
#define OP          0x20001u
#define MS          UINT64_C(1000000)

struct seen {
    struct stk_stream_result r;
    uint64_t at_ns;
};

static struct world {
    _Alignas(64) uint8_t shared[STK_DEVICE_MEMORY_BYTES(SLOTS, OBSERVABLES, 0u, 0u, PAYLOAD, 0u)];
    uint32_t *ring, *control; /* in `shared` */
    uint8_t *payload;
    _Alignas(64) uint8_t arena_memory[8192];
    uint8_t source_data[SOURCE];
    struct stk_arena arena;
    struct stk_sim_platform clock;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port;
    struct stk_sim_dispatch device;
    struct stk_interp interp;
    struct stk_stream stream;
    struct stk_stream_config config;
    int source, pipe;
    struct seen seen[RESULTS_MAX];
    uint32_t count;
    /* makes the result of the callback; NULL: the callback returns 0 */
    int (*answer)(const struct stk_stream_result *r, struct stk_stream_next *next);
} w;

static inline uint64_t sum_of(const uint8_t *p, uint32_t n) {
    uint64_t sum = 0;
    uint32_t i;
    for (i = 0; i < n; i++) {
        sum += (uint64_t)p[i] << (8u * (i & 3u));
    }
    return sum;
}

/* Runs a slot on the simulated device. The opcodes OP and STK_OP_SUM64 sum the bytes of the chunk. A slot with any
 * other opcode ends in FAULT. */
static inline int sim_handler(void *ctx, uint32_t index, uint32_t *slot) {
    const uint32_t *args = slot + STK_SLOT_ARG0;
    uint64_t sum;
    (void)ctx;
    (void)index;
    if (stk_load(&slot[STK_SLOT_OPCODE]) != OP && stk_load(&slot[STK_SLOT_OPCODE]) != STK_OP_SUM64) {
        stk_store(&slot[STK_SLOT_ARG0 + STK_FAULT_VALUE_ARG], stk_load(&slot[STK_SLOT_OPCODE]));
        stk_store(&slot[STK_SLOT_ARG0 + STK_FAULT_REASON_ARG], STK_REASON_OPCODE);
        return -1;
    }
    sum = sum_of(w.payload + stk_load(&args[STK_ARG_OFFSET]), stk_load(&args[STK_ARG_BYTES]));
    stk_store(&slot[STK_SLOT_ARG0 + STK_RESULT_ARG], (uint32_t)sum);
    stk_store(&slot[STK_SLOT_ARG0 + STK_RESULT_ARG + 1], (uint32_t)(sum >> 32));
    stk_store(&slot[STK_SLOT_ARG0 + STK_RESULT_ARG + 2], stk_load(&args[STK_ARG_LEAD]));
    stk_store(&slot[STK_SLOT_ARG0 + STK_RESULT_ARG + 3], stk_load(&args[STK_ARG_PARAM]));
    return 0;
}

/* Writes each result down. Checks that a chunk has the bytes of the source at the chunk's offset. */
static inline int on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct seen *s = &w.seen[w.count++ % RESULTS_MAX];
    (void)ctx;
    s->r = *r;
    s->at_ns = w.clock.now;
    if (r->err == STK_OK) {
        assert_true(r->lead <= r->offset && r->offset + r->bytes <= SOURCE);
        assert_memory_equal(r->data, w.source_data + r->offset - r->lead, r->lead + r->bytes);
        if (r->opcode == OP || r->opcode == STK_OP_SUM64) {
            uint64_t sum = r->bytes == 0 ? 0 : sum_of(r->data, r->lead + r->bytes);
            assert_int_equal(r->results[0], (uint32_t)sum);
            assert_int_equal(r->results[1], (uint32_t)(sum >> 32));
        }
    }
    return w.answer ? w.answer(r, next) : 0;
}

/* Makes everything that a stream needs: memory, clock, simulated ports and w.config. NULL gives the default
 * configuration of a port. A test may change w.config before it opens the stream. */
static inline void world_parts(const struct stk_sim_ingest_config *ingest,
                               const struct stk_sim_dispatch_config *device) {
    struct stk_sim_ingest_config in = {.depth = DEPTH, .sources = 4};
    struct stk_sim_dispatch_config dev = {.handler = sim_handler};
    const struct stk_device_layout layout = {
        .slots = SLOTS, .observables = OBSERVABLES, .tenants = 1, .payload_bytes = PAYLOAD};
    uint32_t i;
    memset(&w, 0, sizeof w);
    for (i = 0; i < SOURCE; i++) {
        w.source_data[i] = (uint8_t)(i * 31u + i / 256u * 7u);
    }
    stk_arena_init(&w.arena, w.shared, sizeof w.shared);
    assert_int_equal(stk_device_memory_init(&w.config.memory, &layout, &w.arena), STK_OK);
    w.ring = w.config.memory.ring;
    w.control = w.config.memory.control;
    w.payload = w.config.memory.payload;
    memset(w.payload, 0xEE, PAYLOAD);
    stk_arena_init(&w.arena, w.arena_memory, sizeof w.arena_memory);
    stk_sim_platform_init(&w.clock, 1000, 100);
    in = ingest ? *ingest : in;
    in.clock = &w.clock;
    in.mem = w.payload + BUFFERS_AT;
    in.mem_bytes = DEPTH * CHUNK;
    dev = device ? *device : dev;
    dev.handler = sim_handler;
    dev.memory = w.config.memory;
    dev.clock = &w.clock;
    assert_int_equal(stk_sim_ingest_init(&w.ingest, &in, &w.arena), STK_OK);
    assert_int_equal(stk_sim_dispatch_init(&w.device, &dev, &w.arena), STK_OK);
    w.source = stk_sim_ingest_add(&w.ingest, w.source_data, SOURCE, false);
    w.pipe = stk_sim_ingest_add(&w.ingest, w.source_data, SOURCE, true);
    w.config.dispatch.ops = &stk_sim_dispatch_ops;
    w.config.dispatch.ctx = &w.device;
    w.port = (struct stk_ingest_port){.ops = &stk_sim_ingest_ops, .ctx = &w.ingest};
    w.config.ingest = &w.port;
    w.config.platform.ops = &stk_sim_platform_ops;
    w.config.platform.ctx = &w.clock;
    w.config.on_result = on_result;
    w.config.depth = DEPTH;
    w.config.chunk_bytes = CHUNK;
    w.config.lead_max = LEAD_MAX;
    w.config.first_slot = FIRST_SLOT;
    w.config.payload_offset = BUFFERS_AT;
    w.config.priority = STK_PRIORITY_NORMAL;
}

static inline void world(const struct stk_sim_ingest_config *ingest, const struct stk_sim_dispatch_config *device) {
    world_parts(ingest, device);
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
}

static inline struct stk_stream_read read_at(uint64_t offset, uint32_t bytes, uint32_t lead) {
    return (struct stk_stream_read){
        .source = (uint32_t)w.source, .offset = offset, .bytes = bytes, .lead = lead, .opcode = OP, .tag = offset};
}

static inline struct stk_stream_read pipe_read(uint64_t offset, uint32_t bytes, uint32_t lead) {
    struct stk_stream_read r = read_at(offset, bytes, lead);
    r.source = (uint32_t)w.pipe;
    r.flags = STK_READ_SEQUENTIAL;
    return r;
}

static inline void queue(struct stk_stream_read read) {
    assert_int_equal(stk_stream_read(&w.stream, &read), STK_OK);
}

/* Queues `n` reads of `bytes` bytes each, from offset 0 on. */
static inline void queue_some(uint32_t n, uint32_t bytes) {
    uint32_t i;
    for (i = 0; i < n; i++) {
        queue(read_at((uint64_t)i * bytes, bytes, 0));
    }
}

static inline const struct stk_stream_result *result(uint32_t i) {
    assert_true(i < w.count);
    return &w.seen[i].r;
}

/* Checks that only the stream's own slots and buffers were changed. */
static inline void assert_neighbours_untouched(void) {
    uint32_t i;
    for (i = 0; i < SLOTS * STK_SLOT_WORDS; i++) {
        if (i / STK_SLOT_WORDS < FIRST_SLOT || i / STK_SLOT_WORDS >= FIRST_SLOT + DEPTH) {
            assert_int_equal(stk_load(&w.ring[i]), 0);
        }
    }
    for (i = 0; i < PAYLOAD; i++) {
        if (i < BUFFERS_AT || i >= BUFFERS_AT + DEPTH * CHUNK) {
            assert_int_equal(w.payload[i], 0xEE);
        }
    }
}

#endif
