/* The stream over simulated ports: what comes out, in what order, and what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stream_world.h"

/* Streams `n` chunks of `bytes` bytes with a lead of up to `lead`; each comes back once, in order. */
static void stream_chunks(uint32_t n, uint32_t bytes, uint32_t lead, uint32_t opcode) {
    uint32_t i = 0, from = w.count, k;
    while (w.count - from < n) {
        int handed;
        for (; i < n; i++) {
            uint64_t offset = (uint64_t)i * bytes % (SOURCE - bytes);
            struct stk_stream_read r = read_at(offset, bytes, offset < lead ? (uint32_t)offset : lead);
            r.opcode = opcode;
            r.tag = 1000u + i;
            if (stk_stream_read(&w.stream, &r) == STK_E_WOULD_BLOCK) {
                break;
            }
        }
        assert_true(stk_stream_in_flight(&w.stream) <= DEPTH);
        handed = stk_stream_poll(&w.stream, MS);
        assert_true(handed >= 0);
    }
    assert_int_equal(w.count - from, n);
    assert_int_equal(stk_stream_in_flight(&w.stream), 0);
    for (k = 0; k < n; k++) {
        assert_int_equal(result(from + k)->tag, 1000u + k);
        assert_int_equal(result(from + k)->err, STK_OK);
        assert_int_equal(result(from + k)->bytes, bytes);
    }
}

static void results_come_in_the_order_of_the_reads(void **state) {
    uint32_t seed;
    (void)state;
    for (seed = 0; seed < 20; seed++) {
        const struct stk_sim_ingest_config ingest = {
            .depth = 1 + seed % 9, .sources = 4, .delay = seed % 3, .seed = seed};
        const struct stk_sim_dispatch_config device = {.per_drive = seed % 4, .delay = seed % 5, .seed = seed * 77u};
        world(&ingest, &device);
        stream_chunks(60, 200, 20, OP);
        assert_neighbours_untouched();
        assert_int_equal(w.stream.stats.reads, 60);
        assert_int_equal(w.stream.stats.slots, 60);
        assert_int_equal(w.stream.stats.bytes, 12000);
        assert_int_equal(w.stream.stats.failed, 0);
        assert_int_equal(w.stream.stats.bounce_bytes, 0);
        assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    }
}

static void interpreter_gives_the_same_results(void **state) {
    (void)state;
    world_parts(NULL, NULL);
    w.config.dispatch.ops = &stk_interp_ops;
    w.config.dispatch.ctx = &w.interp;
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, NULL), STK_OK);
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    stream_chunks(60, 200, 0, STK_OP_SUM64);
    assert_neighbours_untouched();
    assert_int_equal(stk_load(&w.control[STK_CTL_DONE_COUNT]), 60);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
}

static void counters_pass_two_to_the_32(void **state) {
    struct stk_stream *s = &w.stream;
    (void)state;
    world(NULL, NULL);
    s->queued = s->submitted = s->arrived = s->published = s->delivered = UINT32_MAX - 9u;
    stream_chunks(40, 200, 20, OP);
    assert_true(s->delivered == UINT32_MAX - 9u + UINT64_C(40));
}

static void every_byte_of_a_buffer_may_be_used(void **state) {
    (void)state;
    world(NULL, NULL);
    queue(read_at(0, CHUNK, 0));
    queue(read_at(CHUNK, CHUNK - LEAD_MAX, LEAD_MAX));
    queue(read_at(SOURCE - 1u, 1, 1));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 3);
    assert_int_equal(result(1)->lead, LEAD_MAX);
    assert_neighbours_untouched();
}

static void read_beyond_the_depth_must_wait(void **state) {
    struct stk_stream_read r;
    (void)state;
    world(NULL, NULL);
    queue_some(DEPTH, 100);
    r = read_at(0, 100, 0);
    assert_int_equal(stk_stream_read(&w.stream, &r), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_stream_in_flight(&w.stream), DEPTH);
    assert_int_equal(stk_stream_poll(&w.stream, MS), DEPTH);
    assert_int_equal(stk_stream_read(&w.stream, &r), STK_OK);
    assert_int_equal(w.stream.stats.reads, DEPTH + 1u);
}

static void read_outside_the_limits_is_refused(void **state) {
    const struct stk_stream_read good = {.offset = 100, .bytes = 100, .lead = 10, .opcode = OP};
    const uint32_t opcodes[] = {STK_OP_LOAD_MISS, STK_OP_RESERVED_MAX, STK_OP_SYSTEM_BIT};
    struct stk_stream_read bad[6];
    size_t i;
    (void)state;
    world(NULL, NULL);
    for (i = 0; i < 6; i++) {
        bad[i] = good;
    }
    bad[0].bytes = 0;
    bad[1].bytes = CHUNK - 9u;
    bad[2].bytes = UINT32_MAX - 5u;
    bad[3].lead = LEAD_MAX + 1u;
    bad[4].lead = 101;
    bad[4].offset = 100;
    bad[5].flags = 2;
    for (i = 0; i < 6; i++) {
        assert_int_equal(stk_stream_read(&w.stream, &bad[i]), STK_E_ARG);
    }
    bad[0] = good;
    bad[0].offset = 9; /* less than the lead */
    assert_int_equal(stk_stream_read(&w.stream, &bad[0]), STK_E_ARG);
    for (i = 0; i < 3; i++) {
        bad[0] = good;
        bad[0].opcode = opcodes[i];
        assert_int_equal(stk_stream_read(&w.stream, &bad[0]), STK_E_OPCODE);
    }
    assert_int_equal(stk_stream_in_flight(&w.stream), 0);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
}

static void poll_with_no_timeout_never_waits(void **state) {
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .delay = 5};
    const struct stk_sim_dispatch_config device = {.delay = 5};
    uint32_t polls = 0;
    (void)state;
    world(&ingest, &device);
    queue_some(3, 100);
    while (w.count < 3 && polls++ < 100) {
        assert_true(stk_stream_poll(&w.stream, 0) >= 0);
    }
    assert_int_equal(w.count, 3);
    assert_true(polls > 5);
    assert_int_equal(w.clock.waits, 0);
    assert_true(w.clock.now < 1000 + w.clock.reads * 100u + 1u); /* no reap waited either */
}

/* One sleep, not a loop that looks at what cannot change; and none where the caller does not want to wait. */
static void poll_of_an_idle_stream_sleeps(void **state) {
    (void)state;
    world(NULL, NULL);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(w.clock.waits, 0);
    assert_int_equal(stk_stream_poll(&w.stream, 10 * MS), 0);
    assert_int_equal(w.clock.waits, 1);
    assert_int_equal(w.clock.timeouts, 1);
    assert_true(w.clock.now >= 1000 + 10 * MS);
    /* All reads and slots in flight are over, so no call sleeps on. */
    stream_chunks(3, 64, 0, STK_OP_SUM64);
    w.clock.waits = 0;
    assert_int_equal(stk_stream_drain(&w.stream, 10 * MS), STK_OK);
    assert_int_equal(w.clock.waits, 0);
}

/* The port is given and gives back 16 reads in a call. */
static void more_chunks_than_a_call_of_the_port_carries_move_in_one_turn(void **state) {
    const struct stk_sim_ingest_config ingest = {.depth = 24, .sources = 4};
    uint32_t n, i;
    (void)state;
    for (n = 15; n <= 24; n++) {
        world_parts(&ingest, NULL);
        w.config.depth = 24;
        w.config.chunk_bytes = 64;
        assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
        queue_some(n, 64);
        assert_int_equal(stk_stream_poll(&w.stream, 0), n);
        for (i = 0; i < n; i++) {
            assert_int_equal(result(i)->tag, i * 64u);
            assert_int_equal(result(i)->err, STK_OK);
        }
    }
}

/// Sequential sources ///

static void pipe_gets_its_leads_from_the_chunks_before(void **state) {
    uint64_t offset = 0, bounced = 0;
    uint32_t i, had = 0;
    (void)state;
    world(NULL, NULL);
    for (i = 0; i < 100; i++) {
        /* Chunks shorter than the lead, and reads that want less than was kept. */
        uint32_t bytes = 1u + (i * 7u) % 60u, lead = i % 3u == 0 ? 5u : LEAD_MAX, expected = had < lead ? had : lead;
        queue(pipe_read(offset, bytes, lead));
        assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
        assert_int_equal(result(i)->bytes, bytes);
        assert_int_equal(result(i)->lead, expected);
        assert_int_equal(result(i)->results[2], expected);
        bounced += expected + (bytes < LEAD_MAX ? bytes : LEAD_MAX);
        offset += bytes;
        had = offset < LEAD_MAX ? (uint32_t)offset : LEAD_MAX;
    }
    assert_int_equal(w.stream.stats.bounce_bytes, bounced);
    assert_neighbours_untouched();
}

static void end_of_a_pipe_is_a_result_without_bytes(void **state) {
    (void)state;
    world(NULL, NULL);
    assert_int_equal(stk_sim_ingest_shrink(&w.ingest, (uint32_t)w.pipe, 150), STK_OK);
    queue(pipe_read(0, 100, 10));
    queue(pipe_read(100, 100, 10));
    queue(pipe_read(150, 100, 10));
    queue(pipe_read(150, 100, 10));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(result(1)->bytes, 50);
    assert_int_equal(result(1)->err, STK_OK);
    assert_int_equal(result(2)->bytes, 0);
    assert_int_equal(result(2)->err, STK_OK);
    assert_int_equal(result(3)->bytes, 0);
    assert_int_equal(w.stream.stats.slots, 2); /* nothing ran for no data */
    assert_int_equal(w.stream.stats.bytes, 150);
}

static void first_read_of_the_next_pipe_has_no_lead(void **state) {
    int second;
    struct stk_stream_read r;
    (void)state;
    world(NULL, NULL);
    second = stk_sim_ingest_add(&w.ingest, w.source_data, SOURCE, true);
    queue(pipe_read(0, 100, 10));
    r = pipe_read(0, 100, 10);
    r.source = (uint32_t)second;
    queue(r);
    r.offset = 100;
    queue(r);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(result(1)->lead, 0);
    assert_int_equal(result(2)->lead, 10);
}

/// The callback's answers ///

static int again_three_times(const struct stk_stream_result *r, struct stk_stream_next *next) {
    if (r->tag == 100 && r->results[3] < 3) {
        next->opcode = r->results[3] == 1 ? STK_OP_SUM64 : OP;
        next->params[0] = r->results[3] + 1u;
        return STK_STREAM_REPUBLISH;
    }
    return 0;
}

static void chunk_that_is_wanted_again_comes_back_before_any_later_one(void **state) {
    uint32_t i;
    (void)state;
    world(NULL, NULL);
    w.answer = again_three_times;
    queue_some(4, 100);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 7);
    for (i = 0; i < 7; i++) {
        assert_int_equal(result(i)->tag, i == 0 ? 0 : i < 5 ? 100 : (i - 3) * 100);
    }
    for (i = 1; i < 5; i++) {
        assert_int_equal(result(i)->results[3], i - 1u);
        assert_int_equal(result(i)->opcode, i == 3 ? STK_OP_SUM64 : OP);
    }
    assert_int_equal(w.stream.stats.slots, 7);
    assert_int_equal(w.stream.stats.bytes, 400); /* each byte once */
}

static int again_after_a_fault(const struct stk_stream_result *r, struct stk_stream_next *next) {
    next->opcode = OP;
    return r->err == STK_E_SLOT_FAULT ? STK_STREAM_REPUBLISH : 0;
}

static void stream_publishes_with_its_priority_and_normal_by_default(void **state) {
    static const uint32_t wire[] = {STK_WIRE_PRIORITY_NORMAL, STK_WIRE_PRIORITY_CRITICAL};
    (void)state;
    for (uint32_t priority = STK_PRIORITY_DEFAULT; priority <= STK_PRIORITY_CRITICAL; priority++) {
        world(NULL, NULL);
        w.stream.config.priority = priority;
        queue(read_at(0, 100, 0));
        assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
        assert_int_equal(stk_load(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_PRIORITY]), wire[priority]);
    }
}

static void refused_chunk_says_why_and_may_run_again(void **state) {
    struct stk_stream_read r;
    (void)state;
    world(NULL, NULL);
    w.answer = again_after_a_fault;
    r = read_at(0, 100, 0);
    r.opcode = OP + 1u;
    queue(r);
    queue(read_at(100, 100, 0));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 3);
    assert_int_equal(result(0)->err, STK_E_SLOT_FAULT);
    assert_int_equal(result(0)->reason, STK_REASON_OPCODE);
    assert_int_equal(result(0)->value, OP + 1u);
    assert_int_equal(result(1)->err, STK_OK);
    assert_int_equal(result(1)->tag, 0);
    assert_int_equal(result(2)->tag, 100);
    assert_int_equal(w.stream.stats.failed, 1);
    assert_int_equal(stk_load(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS]), STK_SLOT_DONE);
}

static int again_with_a_bad_opcode(const struct stk_stream_result *r, struct stk_stream_next *next) {
    next->opcode = STK_OP_RESERVED_MAX;
    return r->tag == 0 ? STK_STREAM_REPUBLISH : 0;
}

static void opcode_that_may_not_be_published_ends_the_chunk(void **state) {
    (void)state;
    world(NULL, NULL);
    w.answer = again_with_a_bad_opcode;
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), STK_E_OPCODE);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 2);
}

static int fail_on_the_second(const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)next;
    return r->tag == 100 ? -1234 : 0;
}

static void error_of_the_callback_comes_out_of_the_poll_and_the_stream_goes_on(void **state) {
    (void)state;
    world(NULL, NULL);
    w.answer = fail_on_the_second;
    queue_some(4, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), -1234);
    assert_int_equal(w.count, 2);
    assert_int_equal(stk_stream_in_flight(&w.stream), 2);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_in_the_order_of_the_reads),
        cmocka_unit_test(interpreter_gives_the_same_results),
        cmocka_unit_test(counters_pass_two_to_the_32),
        cmocka_unit_test(every_byte_of_a_buffer_may_be_used),
        cmocka_unit_test(read_beyond_the_depth_must_wait),
        cmocka_unit_test(read_outside_the_limits_is_refused),
        cmocka_unit_test(poll_with_no_timeout_never_waits),
        cmocka_unit_test(poll_of_an_idle_stream_sleeps),
        cmocka_unit_test(more_chunks_than_a_call_of_the_port_carries_move_in_one_turn),
        cmocka_unit_test(pipe_gets_its_leads_from_the_chunks_before),
        cmocka_unit_test(end_of_a_pipe_is_a_result_without_bytes),
        cmocka_unit_test(first_read_of_the_next_pipe_has_no_lead),
        cmocka_unit_test(chunk_that_is_wanted_again_comes_back_before_any_later_one),
        cmocka_unit_test(stream_publishes_with_its_priority_and_normal_by_default),
        cmocka_unit_test(refused_chunk_says_why_and_may_run_again),
        cmocka_unit_test(opcode_that_may_not_be_published_ends_the_chunk),
        cmocka_unit_test(error_of_the_callback_comes_out_of_the_poll_and_the_stream_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
