/* Tests a device without work: the kernel leaves, nothing is launched, and the next work starts a launch. stoker bench
 * idle measures the cost of an idle device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "opencl_adds.h"
#include "stoker/port/sim.h"
#include "stoker/stream.h"

#define DEPTH 4u
#define CHUNK 256u
#define MS    UINT64_C(1000000)

static uint32_t seen;

static int on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)ctx;
    (void)next;
    assert_int_equal(r->err, STK_OK);
    assert_int_equal(r->results[0], CHUNK * 3u / 4u);
    seen++;
    return 0;
}

static uint32_t word(uint32_t at) {
    return stk_load_acquire(cl.memory.control + at);
}

static void nap_ms(long ms) {
    const struct timespec t = {.tv_nsec = ms * 1000000};
    nanosleep(&t, NULL);
}

static void one_chunk(struct stk_stream *stream) {
    const struct stk_stream_read read = {.bytes = CHUNK, .opcode = STK_OP_SUM64};
    uint32_t before = seen;
    assert_int_equal(stk_stream_read(stream, &read), STK_OK);
    assert_int_equal(stk_stream_drain(stream, 20 * SECOND), STK_OK);
    assert_int_equal(seen, before + 1u);
}

static void park(struct stk_stream *stream) {
    uint64_t start = rig_now();
    while (cl.stats.running) {
        assert_int_equal(stk_stream_poll(stream, MS), 0);
        assert_true(rig_now() - start < HANG_NS);
    }
}

/* Polled or not touched at all, for longer than any lease, idle time or quantum. */
static void stay_parked(struct stk_stream *stream) {
    uint64_t launches = cl.stats.launches;
    uint32_t beats = word(STK_CTL_HEARTBEAT), entered = word(STK_CTL_WORKERS_IN);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(stk_stream_poll(stream, 10 * MS), 0);
        assert_int_equal(stk_stream_poll(stream, 0), 0);
    }
    nap_ms(50);
    assert_true(cl.stats.launches == launches && cl.stats.running == 0u);
    assert_int_equal(word(STK_CTL_HEARTBEAT), beats);
    assert_int_equal(word(STK_CTL_WORKERS_IN), entered);
}

static void idle_stream(enum stk_residency mode) {
    static _Alignas(64) uint8_t memory[8192], text[CHUNK];
    const struct stk_opencl_config config = {
        .slots = DEPTH, .payload_bytes = DEPTH * CHUNK, .lease_ns = 20 * MS, .idle_ns = 5 * MS};
    const struct stk_sim_ingest_config ingest_config = {.depth = DEPTH, .sources = 1, .seed = 5};
    struct stk_stream_config stream_config = {.dispatch = {&stk_opencl_ops, &cl},
                                              .platform = {&stk_posix_platform_ops, NULL},
                                              .on_result = on_result,
                                              .depth = DEPTH,
                                              .chunk_bytes = CHUNK,
                                              .slot_timeout_ns = 30 * SECOND};
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port = {.ops = &stk_sim_ingest_ops, .ctx = &ingest};
    struct stk_stream stream;
    struct stk_arena arena;
    open_way(&config, first_way(mode));
    stk_arena_init(&arena, memory, sizeof memory);
    for (uint32_t i = 0; i < CHUNK; i += 4u) {
        text[i] = 3;
    }
    assert_int_equal(stk_sim_ingest_init(&ingest, &ingest_config, &arena), STK_OK);
    assert_int_equal(stk_sim_ingest_add(&ingest, text, sizeof text, false), 0);
    stream_config.memory = cl.memory;
    stream_config.ingest = &port;
    assert_int_equal(stk_stream_init(&stream, &stream_config, &arena), STK_OK);
    for (int round = 0; round < 3; round++) {
        uint64_t launches = cl.stats.launches;
        one_chunk(&stream);
        assert_true(cl.stats.launches > launches);
        park(&stream);
        assert_true(cl.stats.lease_ends + cl.stats.idle_ends == cl.stats.launches);
        stay_parked(&stream);
    }
    assert_true(cl.stats.idle_ends > 0u);
    assert_int_equal(stk_stream_close(&stream, 20 * SECOND), STK_OK);
    close_way();
}

static void idle_stream_parks_and_the_next_chunk_wakes_it(void **state) {
    (void)state;
    idle_stream(STK_RESIDENT);
}

static void idle_stream_launches_nothing_in_quantum(void **state) {
    (void)state;
    idle_stream(STK_QUANTUM);
}

static void idle_stream_copies_nothing_in_batch(void **state) {
    (void)state;
    idle_stream(STK_BATCH);
}

static void await_word(uint32_t at, uint32_t old) {
    uint64_t start = rig_now();
    while (word(at) == old) {
        nap_ms(1);
        assert_true(rig_now() - start < HANG_NS);
    }
}

/* Stands for a host that died: nobody drives the port, and the kernel leaves by itself after its idle turns. */
static void kernel_leaves_by_itself_when_nobody_calls(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .lease_ns = 60 * SECOND};
    (void)state;
    open_way(&config, first_way(STK_RESIDENT));
    publish_add(0);
    drive(true);
    await_word(STK_CTL_IDLE_ENDS, 0);
    assert_int_equal(stk_ring_status(&ring, 0), (int)STK_SLOT_DONE);
    assert_int_equal(word(STK_CTL_LEASE_ENDS), 0);
    close_way();
}

/* Whatever the idle time is, the kernel must not make more turns than four leases allow. */
static void lease_ends_by_itself_when_nobody_calls(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .lease_ns = MS, .idle_ns = 60 * SECOND};
    (void)state;
    open_way(&config, first_way(STK_RESIDENT));
    publish_add(0);
    drive(true);
    await_word(STK_CTL_LEASE_ENDS, 0);
    assert_int_equal(stk_ring_status(&ring, 0), (int)STK_SLOT_DONE);
    close_way();
}

static void heart_beats_while_the_kernel_is_there(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .lease_ns = 60 * SECOND, .idle_ns = 60 * SECOND};
    uint32_t beats;
    (void)state;
    open_way(&config, first_way(STK_RESIDENT));
    publish_add(0);
    drive(true);
    for (int i = 0; i < 5; i++) {
        await_word(STK_CTL_HEARTBEAT, word(STK_CTL_HEARTBEAT));
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    beats = word(STK_CTL_HEARTBEAT);
    nap_ms(20);
    assert_int_equal(word(STK_CTL_HEARTBEAT), beats);
    close_way();
}

/* The device counts workers modulo 2^32, but the port's own counts go on. The state is that of a port that launched
 * four workers 2^30 - 2 times. */
static void counts_of_ends_go_on_when_the_devices_counter_wraps(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .workers = 4, .lease_ns = 60 * SECOND};
    const uint32_t idle = UINT32_MAX - 7u;
    (void)state;
    open_way(&config, first_way(STK_RESIDENT));
    stk_store(cl.memory.control + STK_CTL_IDLE_ENDS, idle);
    stk_store(cl.memory.control + STK_CTL_WORKERS_IN, idle);
    cl.own.launches.end_target = cl.own.launches.idle_seen = idle;
    cl.own.launches.idle_workers = idle;
    cl.stats.launches = cl.stats.idle_ends = idle / 4u;
    for (uint32_t i = 1; i <= 4u; i++) {
        publish_add(0);
        do {
            drive(stk_ring_status(&ring, 0) == (int)STK_SLOT_PUBLISHED);
        } while (cl.stats.running || stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE);
        assert_true(cl.stats.launches >= (uint64_t)idle / 4u + i);
        assert_true(cl.stats.idle_ends + cl.stats.lease_ends == cl.stats.launches && cl.stats.lease_ends == 0u);
    }
    assert_true(word(STK_CTL_IDLE_ENDS) < idle);
    close_way();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_stream_parks_and_the_next_chunk_wakes_it),
        cmocka_unit_test(idle_stream_launches_nothing_in_quantum),
        cmocka_unit_test(idle_stream_copies_nothing_in_batch),
        cmocka_unit_test(kernel_leaves_by_itself_when_nobody_calls),
        cmocka_unit_test(lease_ends_by_itself_when_nobody_calls),
        cmocka_unit_test(heart_beats_while_the_kernel_is_there),
        cmocka_unit_test(counts_of_ends_go_on_when_the_devices_counter_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
