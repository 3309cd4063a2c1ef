/* Several streams on one device and one ingest port: each gets its own results, and none ends the work of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stream_world.h"

#define STREAMS 2u
#define HALF    (DEPTH / STREAMS)

struct side {
    struct stk_stream stream;
    uint32_t queued, count, failed; /* reads queued, results, results that were not STK_OK */
    int last_err;
};

static struct side sides[STREAMS];

/* Chunk n of side s: the sides read different bytes. */
static uint64_t offset_of(uint32_t side, uint32_t n) {
    return 100u * ((n * STREAMS + side) % (SOURCE / 100u));
}

static int take(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct side *side = ctx;
    uint32_t number = (uint32_t)(side - sides);
    uint64_t sum;
    (void)next;
    assert_int_equal(r->tag, side->count);
    assert_int_equal(r->offset, offset_of(number, side->count));
    side->count++;
    side->failed += r->err != STK_OK;
    side->last_err = r->err;
    if (r->err == STK_OK) {
        assert_int_equal(r->bytes, 100);
        assert_memory_equal(r->data, w.source_data + r->offset, 100);
        sum = sum_of(r->data, 100);
        assert_int_equal(r->results[0], (uint32_t)sum);
        assert_int_equal(r->results[1], (uint32_t)(sum >> 32));
    }
    return 0;
}

/* Each side has half of the slots and of the buffers. */
static void open_side(uint32_t number) {
    struct stk_stream_config config = w.config;
    sides[number] = (struct side){.queued = 0};
    config.on_result = take;
    config.on_result_ctx = &sides[number];
    config.depth = HALF;
    config.first_slot = FIRST_SLOT + number * HALF;
    config.payload_offset = BUFFERS_AT + number * HALF * CHUNK;
    assert_int_equal(stk_stream_init(&sides[number].stream, &config, &w.arena), STK_OK);
}

static void open_sides(const struct stk_sim_ingest_config *ingest, const struct stk_sim_dispatch_config *device) {
    world_parts(ingest, device);
    open_side(0);
    open_side(1);
}

/* Queues as many of the first `most` reads of the side as there is room for. */
static void feed(uint32_t number, uint32_t most) {
    struct side *side = &sides[number];
    int err = STK_OK;
    while (side->queued < most && err == STK_OK) {
        struct stk_stream_read read = read_at(offset_of(number, side->queued), 100, 0);
        read.opcode = STK_OP_SUM64;
        read.tag = side->queued;
        err = stk_stream_read(&side->stream, &read);
        side->queued += err == STK_OK;
    }
    assert_true(err == STK_OK || err == STK_E_WOULD_BLOCK);
}

static void run_until(uint32_t most, uint64_t wait_ns) {
    for (uint32_t turns = 0; sides[0].count < most || sides[1].count < most; turns++) {
        feed(0, most);
        feed(1, most);
        assert_true(stk_stream_poll(&sides[turns % 2u].stream, wait_ns) >= 0);
        assert_true(turns < 10000u);
    }
    assert_int_equal(sides[0].failed + sides[1].failed, 0);
}

static void close_side(uint32_t number) {
    assert_int_equal(stk_stream_close(&sides[number].stream, MS), STK_OK);
    assert_int_equal(sides[number].count, sides[number].queued);
}

static void each_stream_gets_its_own_results(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 40; seed++) {
        const struct stk_sim_ingest_config ingest = {
            .depth = 1 + seed % 9, .sources = 4, .delay = seed % 3, .seed = seed};
        const struct stk_sim_dispatch_config device = {.per_drive = seed % 4, .delay = seed % 5, .seed = seed * 77u};
        open_sides(&ingest, &device);
        run_until(60, seed % 2u == 0 ? MS : 0);
        assert_int_equal(w.ingest.stats.submitted, 120);
        assert_neighbours_untouched();
        close_side(0);
        close_side(1);
        assert_null(w.port.readers);
    }
}

static void each_stream_gets_its_own_results_from_the_interpreter(void **state) {
    (void)state;
    world_parts(NULL, NULL);
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, NULL), STK_OK);
    w.config.dispatch = (struct stk_dispatch_port){&stk_interp_ops, &w.interp};
    open_side(0);
    open_side(1);
    run_until(60, MS);
    assert_int_equal(stk_load(&w.control[STK_CTL_DONE_COUNT]), 120);
    close_side(0);
    feed(1, 60 + HALF);
    assert_int_equal(stk_stream_drain(&sides[1].stream, MS), STK_OK);
    assert_int_equal(stk_load(&w.control[STK_CTL_DONE_COUNT]), 120 + HALF);
    close_side(1);
}

/* One stream has a read that hangs, reads that wait and slots that nobody has claimed, and is closed. The other has the
 * same but for the cancel: its reads come back with their data, and its slots run. */
static void close_ends_the_reads_and_slots_of_its_stream_alone(void **state) {
    static const struct stk_sim_injected_error hang[] = {{2, STK_SIM_HANG, 0, 0, 0}};
    const struct stk_sim_ingest_config ingest = {
        .depth = 8, .sources = 4, .delay = 1, .injected = hang, .n_injected = 1};
    (void)state;
    open_sides(&ingest, NULL);
    w.device.idle = true;
    feed(0, HALF);
    feed(1, HALF);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(stk_stream_poll(&sides[i % 2u].stream, 0), 0);
    }
    assert_int_equal(w.ingest.in_flight, 1);
    assert_int_equal(stk_ring_status(&sides[1].stream.ring, FIRST_SLOT + HALF), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_stream_close(&sides[0].stream, MS), STK_OK);
    assert_int_equal(sides[0].count, HALF);
    assert_int_equal(sides[0].failed, HALF);
    assert_int_equal(sides[0].last_err, STK_E_CANCELED);
    assert_int_equal(sides[1].count, 0);
    assert_int_equal(stk_load(&w.control[STK_CTL_SHUTDOWN]), 0);
    w.device.idle = false;
    assert_int_equal(stk_stream_drain(&sides[1].stream, MS), STK_OK);
    assert_int_equal(sides[1].count, HALF);
    assert_int_equal(sides[1].failed, 0);
    open_side(0); /* in the slots of the one that was closed */
    run_until(20, MS);
    close_side(1);
    close_side(0);
}

/* The reads of the other stream are in flight, in the queue of the port and behind it: none is cancelled. */
static void cancel_leaves_the_reads_of_the_other_stream_alone(void **state) {
    const struct stk_sim_ingest_config ingest = {.depth = 3, .sources = 4, .delay = 3};
    (void)state;
    open_sides(&ingest, NULL);
    feed(0, HALF);
    feed(1, HALF);
    assert_int_equal(stk_stream_poll(&sides[0].stream, 0), 0);
    assert_int_equal(stk_stream_poll(&sides[1].stream, 0), 0);
    close_side(1);
    assert_int_equal(sides[1].failed, HALF);
    while (stk_stream_in_flight(&sides[0].stream) != 0u) {
        assert_true(stk_stream_poll(&sides[0].stream, MS) >= 0);
    }
    assert_int_equal(sides[0].failed, 0);
    close_side(0);
}

/* The port is full of the reads of a stream that nobody polls: the other one takes them in, and gets its room. */
static void stream_that_rests_does_not_keep_the_port_full(void **state) {
    const struct stk_sim_ingest_config ingest = {.depth = 2, .sources = 4};
    (void)state;
    open_sides(&ingest, NULL);
    feed(0, HALF);
    assert_true(stk_stream_poll(&sides[0].stream, 0) >= 0);
    feed(0, 2u * HALF);
    assert_true(stk_stream_poll(&sides[0].stream, 0) >= 0);
    feed(1, HALF);
    assert_int_equal(stk_stream_drain(&sides[1].stream, MS), STK_OK);
    assert_int_equal(sides[1].count, HALF);
    assert_int_equal(stk_stream_drain(&sides[0].stream, MS), STK_OK);
    assert_int_equal(sides[0].count, sides[0].queued);
    close_side(0);
    close_side(1);
}

static void port_has_a_place_for_so_many_readers(void **state) {
    static struct stk_stream many[STK_INGEST_READERS_MAX];
    struct stk_stream_config config;
    struct stk_stream more;
    (void)state;
    world_parts(NULL, NULL);
    config = w.config;
    config.depth = 1;
    config.lead_max = 0;
    for (uint32_t i = 0; i < STK_INGEST_READERS_MAX; i++) {
        static _Alignas(64) uint8_t memory[STK_INGEST_READERS_MAX][STK_STREAM_BYTES(1, 0)];
        struct stk_arena arena;
        stk_arena_init(&arena, memory[i], sizeof memory[i]);
        assert_int_equal(stk_stream_init(&many[i], &config, &arena), STK_OK);
    }
    size_t used = w.arena.used;
    assert_int_equal(stk_stream_init(&more, &config, &w.arena), STK_E_FULL);
    assert_int_equal(w.arena.used, used);
    assert_int_equal(stk_stream_close(&many[77], MS), STK_OK);
    assert_int_equal(stk_stream_init(&more, &config, &w.arena), STK_OK);
    assert_int_equal(more.reads.first_tag, many[77].reads.first_tag);
}

/// Callbacks that queue ///

static uint32_t left;

static int queue_the_next(const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct stk_stream_read read = read_at((r->tag + 1u) * 10u, 10, 0);
    (void)next;
    read.tag = r->tag + 1u;
    assert_int_equal(stk_stream_poll(&w.stream, 0), STK_E_STATUS);
    assert_int_equal(stk_stream_drain(&w.stream, 0), STK_E_STATUS);
    assert_int_equal(stk_stream_epoch(&w.stream, 1, 0), STK_E_STATUS);
    assert_int_equal(stk_stream_wait_word(&w.stream, w.control, 0, 0), STK_E_STATUS);
    assert_int_equal(stk_stream_close(&w.stream, 0), STK_E_STATUS);
    if (left != 0u) {
        left--;
        assert_int_equal(stk_stream_read(&w.stream, &read), STK_OK);
        assert_int_equal(stk_stream_read(&w.stream, &read), STK_E_WOULD_BLOCK);
    }
    return 0;
}

static void callback_keeps_the_stream_going_at_every_depth(void **state) {
    (void)state;
    for (uint32_t depth = 1; depth <= DEPTH; depth++) {
        world_parts(NULL, NULL);
        w.config.depth = depth;
        w.answer = queue_the_next;
        assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
        left = 100;
        for (uint32_t i = 0; i < depth; i++) {
            struct stk_stream_read read = read_at(0, 10, 0);
            read.tag = 0;
            queue(read);
        }
        assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
        assert_int_equal(w.count, depth + 100u);
        for (uint32_t i = 0; i < w.count; i++) {
            assert_int_equal(result(i)->err, STK_OK);
            assert_int_equal(result(i)->tag, i / depth);
        }
        assert_neighbours_untouched();
        assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    }
}

static int queue_and_run_again(const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct stk_stream_read read = read_at(500, 10, 0);
    (void)next;
    if (r->tag != 0u) {
        return 0;
    }
    assert_int_equal(stk_stream_read(&w.stream, &read), left-- != 0u ? STK_OK : STK_E_WOULD_BLOCK);
    return STK_STREAM_REPUBLISH;
}

/* A chunk whose place was given away cannot run again, one that kept it can. */
static void chunk_whose_place_was_given_away_is_not_published_again(void **state) {
    (void)state;
    world(NULL, NULL);
    w.answer = queue_and_run_again;
    left = DEPTH;
    queue_some(1, 10);
    for (uint32_t again = 1; again < DEPTH; again++) {
        assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
        assert_int_equal(w.stream.stats.slots, 2u * again);
        assert_int_equal(stk_stream_in_flight(&w.stream), again + 1u);
    }
    assert_int_equal(stk_stream_poll(&w.stream, 0), STK_E_STATUS);
    assert_int_equal(w.stream.info.index, FIRST_SLOT);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.stream.stats.failed, 0);
    assert_int_equal(w.stream.stats.reads, DEPTH + 1u);
    assert_int_equal(w.count, DEPTH + DEPTH);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
}

static int queue_while_closing(const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct stk_stream_read read = read_at(500, 10, 0);
    (void)r;
    (void)next;
    assert_int_equal(stk_stream_read(&w.stream, &read), STK_E_SHUTDOWN);
    return 0;
}

static void stream_that_closes_takes_no_read_from_the_callback(void **state) {
    (void)state;
    world(NULL, NULL);
    w.answer = queue_while_closing;
    queue_some(3, 10);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stream_gets_its_own_results),
        cmocka_unit_test(each_stream_gets_its_own_results_from_the_interpreter),
        cmocka_unit_test(close_ends_the_reads_and_slots_of_its_stream_alone),
        cmocka_unit_test(cancel_leaves_the_reads_of_the_other_stream_alone),
        cmocka_unit_test(stream_that_rests_does_not_keep_the_port_full),
        cmocka_unit_test(port_has_a_place_for_so_many_readers),
        cmocka_unit_test(callback_keeps_the_stream_going_at_every_depth),
        cmocka_unit_test(chunk_whose_place_was_given_away_is_not_published_again),
        cmocka_unit_test(stream_that_closes_takes_no_read_from_the_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
