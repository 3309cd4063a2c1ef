/* A fetch service over a simulated ingest port and the interpreter. Included once in a test. */
#ifndef MISS_WORLD_H
#define MISS_WORLD_H

#include <string.h>

#include "stoker/atomic.h"
#include "stoker/device_memory.h"
#include "stoker/fetch.h"
#include "stoker/port/interp.h"
#include "stoker/port/sim.h"

#define SLOTS       80u
#define OBSERVABLES 4u
#define PAYLOAD     4096u
#define SOURCE      5000u
#define ROWS        8u
#define TENANTS     3u /* 0 and 1 may ask for everything, 2 for nothing */
#define READERS     0x3u
#define MS          UINT64_C(1000000)
#define UNLANDED    0xEE

static struct world {
    _Alignas(64) uint8_t shared[STK_DEVICE_MEMORY_BYTES(SLOTS, OBSERVABLES, 0u, STK_IO_SLOTS_MAX, PAYLOAD, 0u)];
    uint32_t *ring_words, *control, *io_words; /* in `shared` */
    uint8_t *payload;
    _Alignas(64) uint8_t arena_memory[24576];
    uint8_t source_data[SOURCE];
    struct stk_arena arena;
    struct stk_sim_platform clock;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port;
    struct stk_interp interp;
    struct stk_fetch fetch;
    struct stk_fetch_config config;
    struct stk_ring ring;
    struct stk_io_queue io;
    uint32_t source;
} w;

static inline uint32_t *slot_words(uint32_t slot) {
    return STK_SLOT_AT(w.ring_words, slot);
}

static inline uint32_t *io_slot(uint32_t k) {
    return w.io_words + (size_t)k * STK_IO_WORDS;
}

/* The parts, before the service: a test may change w.config. */
static inline void world_parts(const struct stk_sim_ingest_config *ingest, uint32_t io_slots) {
    struct stk_sim_ingest_config in = ingest ? *ingest : (struct stk_sim_ingest_config){.depth = 16, .sources = 4};
    struct stk_interp_config interp = {.turns = 4u * SLOTS};
    const struct stk_device_layout layout = {
        .slots = SLOTS, .observables = OBSERVABLES, .tenants = TENANTS, .io_slots = io_slots, .payload_bytes = PAYLOAD};
    struct stk_device_memory memory;
    memset(&w, 0, sizeof w);
    for (uint32_t i = 0; i < SOURCE; i++) {
        w.source_data[i] = (uint8_t)(i * 31u + i / 256u * 7u);
    }
    stk_arena_init(&w.arena, w.shared, sizeof w.shared);
    assert_int_equal(stk_device_memory_init(&memory, &layout, &w.arena), STK_OK);
    w.ring_words = memory.ring;
    w.control = memory.control;
    w.io_words = memory.io;
    w.payload = memory.payload;
    memset(w.payload, UNLANDED, PAYLOAD);
    stk_arena_init(&w.arena, w.arena_memory, sizeof w.arena_memory);
    stk_sim_platform_init(&w.clock, 1000, 100);
    in.clock = &w.clock;
    in.mem = w.payload;
    in.mem_bytes = PAYLOAD;
    assert_int_equal(stk_sim_ingest_init(&w.ingest, &in, &w.arena), STK_OK);
    w.source = (uint32_t)stk_sim_ingest_add(&w.ingest, w.source_data, SOURCE, false);
    w.ring = (struct stk_ring){.words = w.ring_words, .slots = SLOTS};
    w.io = (struct stk_io_queue){.words = w.io_words, .slots = io_slots};
    w.port = (struct stk_ingest_port){.ops = &stk_sim_ingest_ops, .ctx = &w.ingest};
    w.config = (struct stk_fetch_config){
        .memory = memory,
        .dispatch = {&stk_interp_ops, &w.interp},
        .ingest = &w.port,
        .platform = {&stk_sim_platform_ops, &w.clock},
        .resources = ROWS,
        .timeout_ns = 100 * MS,
    };
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, &interp), STK_OK);
}

/* Resource r: bytes 300 * (r % 8) of the source on, 200 of them, to payload byte 500 * (r % 8). */
static inline struct stk_fetch_resource row_of(uint32_t resource) {
    uint32_t place = resource % 8u;
    return (struct stk_fetch_resource){.resource = resource,
                                       .source = w.source,
                                       .offset = 300u * place,
                                       .bytes = 200,
                                       .dst = 500u * place,
                                       .tenants = READERS,
                                       .prefetch = resource % 2u};
}

static inline void allow(uint32_t resource) {
    const struct stk_fetch_resource row = row_of(resource);
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_OK);
}

/* A service with resources 0 to 7; those of odd number may be prefetched. */
static inline void world(const struct stk_sim_ingest_config *ingest, uint32_t io_slots) {
    world_parts(ingest, io_slots);
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        allow(i);
    }
}

static inline void ask_as(uint32_t slot, uint32_t tenant, uint32_t resource, uint32_t prefetch) {
    assert_int_equal(stk_ring_publish_load_miss(&w.ring, slot, tenant, resource, prefetch), STK_OK);
}

static inline void ask(uint32_t slot, uint32_t resource) {
    ask_as(slot, 0, resource, 0);
}

static inline void drive(void) {
    for (uint32_t i = 0; i < 4u; i++) {
        assert_true(stk_interp_ops.drive(&w.interp, true) >= 0);
    }
}

/* The workers look at nothing, so that what the service does is seen before what they make of it. */
static inline void freeze(bool frozen) {
    stk_store(&w.control[STK_CTL_SHUTDOWN], frozen);
}

static inline void poll_ends(int ended) {
    assert_int_equal(stk_fetch_poll(&w.fetch, MS), ended);
}

static inline uint32_t status_of(uint32_t slot) {
    return stk_load_acquire(slot_words(slot) + STK_SLOT_STATUS);
}

static inline void assert_status(uint32_t slot, uint32_t status) {
    assert_int_equal(status_of(slot), status);
}

/* The slot ended in FAULT, reason IO, with this code. */
static inline void assert_failed(uint32_t slot, uint32_t code) {
    struct stk_slot read;
    assert_int_equal(stk_ring_read(&w.ring, slot, &read), STK_OK);
    assert_int_equal(read.status, STK_SLOT_FAULT);
    assert_int_equal(read.args[STK_FAULT_REASON_ARG], STK_REASON_IO);
    assert_int_equal(read.args[STK_FAULT_VALUE_ARG], code);
}

static inline bool has_landed(uint32_t resource) {
    const struct stk_fetch_resource row = row_of(resource);
    return memcmp(w.payload + row.dst, w.source_data + row.offset, row.bytes) == 0;
}

/* Asserts that nothing but the places of resources 0 to 7 was written. */
static inline void assert_rest_untouched(void) {
    for (uint32_t i = 0; i < PAYLOAD; i++) {
        if (i / 500u >= 8u || i % 500u >= 200u) {
            assert_int_equal(w.payload[i], UNLANDED);
        }
    }
}

static inline void assert_adds_up(void) {
    const struct stk_fetch_stats *s = &w.fetch.stats;
    uint32_t waiting = 0;
    for (uint32_t k = 0; k < w.io.slots; k++) {
        waiting += stk_load(io_slot(k) + STK_IO_STATUS) == STK_SLOT_CLAIMED;
    }
    assert_true(s->asked == s->served + s->refused + s->failed + s->cancelled + stk_fetch_in_flight(&w.fetch));
    assert_int_equal(stk_fetch_in_flight(&w.fetch), waiting);
}

/* Every I/O slot is free, and the service knows of nothing. */
static inline void assert_quiet(void) {
    poll_ends(0); /* what was taken is forgotten */
    for (uint32_t k = 0; k < w.io.slots; k++) {
        assert_int_equal(stk_load(io_slot(k) + STK_IO_STATUS), STK_SLOT_EMPTY);
    }
    assert_int_equal(w.fetch.outcomes, 0);
    assert_int_equal(w.fetch.reads.in_flight, 0);
    assert_adds_up();
    assert_int_equal(stk_fetch_in_flight(&w.fetch), 0);
}

#endif
