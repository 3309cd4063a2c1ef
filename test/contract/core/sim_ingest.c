/* The simulated ingest port: in order, in an order that is drawn, late, and over memory that it checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ingest.h"
#include "pattern.h"
#include "stoker/port/sim.h"

#define DEPTH        8u
#define SOURCES      4u
#define SOURCE_BYTES 40000u
#define NO_MEMORY    12

static uint8_t mem[65536], data[SOURCE_BYTES];
static _Alignas(STK_ALIGN) uint8_t arena_memory[STK_SIM_INGEST_BYTES(DEPTH, SOURCES)];
static struct stk_sim_platform platform;
static struct stk_sim_ingest ingest;
static struct stk_sim_ingest_config config;
static struct stk_sim_injected_error injected;

static void *open_it(void) {
    struct stk_arena arena;
    config.depth = DEPTH;
    config.sources = SOURCES;
    config.clock = &platform;
    pattern_fill(data, 0, sizeof data);
    stk_sim_platform_init(&platform, 0, 0);
    stk_arena_init(&arena, arena_memory, sizeof arena_memory);
    return stk_sim_ingest_init(&ingest, &config, &arena) == STK_OK ? &ingest : NULL;
}

static void close_it(void) {
    config.injected = NULL;
    config.n_injected = 0;
}

static int add(uint32_t bytes, bool sequential) {
    return stk_sim_ingest_add(&ingest, data, bytes, sequential);
}

static int add_writable(uint32_t bytes) {
    memset(data, 0, sizeof data);
    return stk_sim_ingest_add_writable(&ingest, data, bytes);
}

static void content(uint32_t source, uint8_t *to, uint32_t bytes) {
    (void)source;
    memcpy(to, data, bytes);
}

static int remove_it(uint32_t source) {
    return stk_sim_ingest_remove(&ingest, source);
}

static void shrink(uint32_t source, uint32_t bytes) {
    assert_int_equal(stk_sim_ingest_shrink(&ingest, source, bytes), STK_OK);
}

/* Makes the next read of any source fail. */
static int add_failing(int *os_error) {
    *os_error = NO_MEMORY;
    injected = (struct stk_sim_injected_error){
        .nth = ingest.stats.submitted, .event = STK_SIM_FAIL, .err = STK_E_IO, .os_error = NO_MEMORY};
    ingest.config.injected = &injected;
    ingest.config.n_injected = 1;
    return add(SOURCE_BYTES, false);
}

static int add_silent(uint32_t kind) {
    int source = add(SOURCE_BYTES, true);
    (void)kind;
    assert_true(source >= 0);
    assert_int_equal(stk_sim_ingest_come(&ingest, (uint32_t)source, 0), STK_OK);
    return source;
}

static void write_some(uint32_t source, uint32_t bytes) {
    assert_int_equal(stk_sim_ingest_come(&ingest, source, ingest.source[source].come + bytes), STK_OK);
}

static void end(uint32_t source) {
    shrink(source, (uint32_t)ingest.source[source].come);
}

static uint64_t now_ns(void) {
    return platform.now;
}

static uint32_t refused(void) {
    return ingest.info.index;
}

int main(void) {
    struct ingest_port port = {
        .name = "sim, in order",
        .ops = &stk_sim_ingest_ops,
        .depth = DEPTH,
        .sources = SOURCES,
        .mem = mem,
        .mem_bytes = sizeof mem,
        .source_bytes = SOURCE_BYTES,
        .open = open_it,
        .close = close_it,
        .add = add,
        .remove = remove_it,
        .shrink = shrink,
        .add_failing = add_failing,
        .add_writable = add_writable,
        .content = content,
        .kinds = 1,
        .add_silent = add_silent,
        .write = write_some,
        .end = end,
        .refused = refused,
        .now_ns = now_ns,
    };
    int failed = ingest_contract(&port);
    config.seed = 5;
    port.name = "sim, in any order";
    failed += ingest_contract(&port);
    config.mem = mem;
    config.mem_bytes = sizeof mem;
    port.checks_memory = true;
    port.name = "sim, over registered memory";
    failed += ingest_contract(&port);
    return failed;
}
