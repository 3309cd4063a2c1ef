/* The fetch service: what is read, for whom, how often, and that no other slot waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "fetch_world.h"
#include "stoker/stream.h"

/// Served ///

static void load_miss_is_read_to_where_the_table_says_and_its_slot_ends(void **state) {
    (void)state;
    world(NULL, 4);
    ask(5, 3);
    ask_as(6, 1, 6, 0);
    drive();
    assert_status(5, STK_SLOT_WAIT_IO);
    poll_ends(2);
    assert_int_equal(stk_load(&w.control[STK_CTL_DOORBELL]), 2); /* idle workers look */
    drive();
    assert_status(5, STK_SLOT_DONE);
    assert_status(6, STK_SLOT_DONE);
    assert_true(has_landed(3) && has_landed(6));
    assert_false(has_landed(2));
    assert_rest_untouched();
    assert_int_equal(w.fetch.stats.served, 2);
    assert_int_equal(w.fetch.stats.reads, 2);
    assert_int_equal(w.fetch.stats.bytes, 400);
    assert_int_equal(stk_load(&w.control[STK_CTL_DONE_COUNT]), 2);
    assert_quiet();
}

static void slots_behind_a_parked_miss_finish_first(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 4, .sources = 4, .delay = 1000};
    const struct stk_work nop = {.opcode = STK_OP_NOP, .priority = STK_PRIORITY_NORMAL};
    (void)state;
    world(&slow, 4);
    ask(0, 1);
    for (uint32_t i = 1; i < SLOTS; i++) {
        assert_int_equal(stk_ring_publish(&w.ring, i, &nop), STK_OK);
    }
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_int_equal(stk_fetch_in_flight(&w.fetch), 1);
    assert_status(0, STK_SLOT_WAIT_IO);
    assert_int_equal(stk_ring_count_done(&w.ring, SLOTS), SLOTS - 1u);
    assert_int_equal(stk_fetch_poll(&w.fetch, 100 * MS), 1);
    drive();
    assert_status(0, STK_SLOT_DONE);
    assert_quiet();
}

static void misses_for_one_resource_share_one_read(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 4, .sources = 4, .delay = 3};
    (void)state;
    world(&slow, 8);
    ask(0, 4);
    ask(1, 4);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    ask_as(2, 1, 4, 0); /* its read is out */
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, MS), 3);
    drive();
    for (uint32_t i = 0; i < 3; i++) {
        assert_status(i, STK_SLOT_DONE);
    }
    assert_int_equal(w.fetch.stats.reads, 1);
    assert_int_equal(w.fetch.stats.shared, 2);
    ask(0, 4); /* a miss that comes later is a miss */
    drive();
    poll_ends(1);
    assert_int_equal(w.fetch.stats.reads, 2);
    drive();
    assert_quiet();
}

static void more_misses_than_io_slots_are_all_served(void **state) {
    const struct stk_sim_ingest_config some = {.depth = 3, .sources = 4, .delay = 1, .seed = 9};
    uint32_t requeued = 0, turns = 0;
    (void)state;
    world(&some, STK_IO_SLOTS_MAX);
    for (uint32_t i = 0; i < SLOTS; i++) {
        ask(i, i % ROWS);
    }
    drive();
    for (uint32_t i = 0; i < SLOTS; i++) {
        requeued += status_of(i) == STK_SLOT_REQUEUE;
    }
    assert_int_equal(requeued, SLOTS - STK_IO_SLOTS_MAX);
    while (stk_ring_count_done(&w.ring, SLOTS) != (int)SLOTS) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
        assert_adds_up();
        drive();
        assert_true(turns++ < 100u);
    }
    assert_int_equal(w.fetch.stats.served, SLOTS);
    assert_true(w.fetch.stats.reads < SLOTS / 2u);
    assert_rest_untouched();
    assert_quiet();
}

/// Prefetch ///

static void prefetch_serves_the_next_miss_without_a_read_once(void **state) {
    (void)state;
    world(NULL, 4);
    ask_as(0, 0, 3, 1);
    drive();
    poll_ends(1);
    drive();
    assert_status(0, STK_SLOT_DONE);
    assert_true(has_landed(3));
    ask_as(0, 1, 3, 1); /* again: it is there */
    drive();
    poll_ends(1);
    ask(1, 3);
    drive();
    poll_ends(1);
    assert_int_equal(w.fetch.stats.reads, 1);
    assert_int_equal(w.fetch.stats.ahead, 2);
    drive();
    ask(1, 3);
    drive();
    poll_ends(1);
    assert_int_equal(w.fetch.stats.reads, 2);
    drive();
    assert_status(1, STK_SLOT_DONE);
    assert_quiet();
}

static void load_miss_that_joins_a_prefetch_uses_it_up(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 4, .sources = 4, .delay = 3};
    (void)state;
    world(&slow, 4);
    ask_as(0, 0, 3, 1);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    ask(1, 3);
    drive();
    poll_ends(2);
    drive();
    ask(2, 3);
    drive();
    poll_ends(1);
    assert_int_equal(w.fetch.stats.reads, 2);
    assert_int_equal(w.fetch.stats.ahead, 0);
    drive();
    assert_quiet();
}

static void prefetches_wait_behind_every_other_load_miss(void **state) {
    const struct stk_sim_ingest_config narrow = {.depth = 1, .sources = 4};
    (void)state;
    world(&narrow, 4);
    ask_as(0, 0, 1, 1);
    ask_as(1, 0, 3, 1);
    ask(2, 2);
    ask(3, 4);
    drive();
    poll_ends(1);
    assert_true(has_landed(2));
    poll_ends(1);
    assert_true(has_landed(4) && !has_landed(1) && !has_landed(3));
    poll_ends(1);
    poll_ends(1);
    assert_true(has_landed(1) && has_landed(3));
    drive();
    assert_quiet();
}

/// Turns ///

static void poll_waits_for_its_timeout_and_no_longer(void **state) {
    const struct stk_sim_ingest_config hung = {.depth = 4,
                                               .sources = 4,
                                               .injected =
                                                   (const struct stk_sim_injected_error[]){{0, STK_SIM_HANG, 0, 0, 0}},
                                               .n_injected = 1};
    uint64_t before;
    (void)state;
    world(&hung, 4);
    w.clock.step = 0;
    before = w.clock.now;
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_true(w.clock.now == before);
    assert_int_equal(stk_fetch_poll(&w.fetch, 3 * MS + 1u), 0); /* nothing is asked */
    assert_true(w.clock.now == before + 3 * MS + 1u);
    ask(0, 1);
    drive();
    before = w.clock.now;
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_true(w.clock.now == before);
    assert_int_equal(stk_fetch_poll(&w.fetch, 2 * MS), 0); /* a read is out */
    assert_true(w.clock.now == before + 2 * MS);
    assert_adds_up();
}

/* Publishes a load miss and runs a worker while the service sleeps. */
static void publish_meanwhile(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    (void)timeout_ns;
    w.clock.hook = NULL;
    ask(7, 2);
    drive();
}

static void request_that_comes_while_it_waits_ends_the_wait(void **state) {
    (void)state;
    world(NULL, 4);
    w.clock.hook = publish_meanwhile;
    assert_int_equal(stk_fetch_poll(&w.fetch, 1000 * MS), 1);
    assert_true(w.clock.now < 10 * MS);
    drive();
    assert_status(7, STK_SLOT_DONE);
    assert_quiet();
}

static uint32_t submits;

static int count_submits(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    submits++;
    return stk_sim_ingest_ops.submit(ctx, reads, count);
}

/* All requests that wait at the same time go to the port in one call. Prefetches come after the other requests. */
static void reads_go_to_the_port_together(void **state) {
    struct stk_ingest_ops counting = stk_sim_ingest_ops;
    (void)state;
    counting.submit = count_submits;
    submits = 0;
    world(NULL, 16);
    w.port.ops = &counting;
    for (uint32_t i = 0; i < 6; i++) {
        ask_as(i, 0, i, i == 5u);
    }
    ask(6, 2); /* shares a read */
    drive();
    poll_ends(7);
    drive();
    /* 5 reads, in calls of at most STK_INGEST_BATCH reads, and the prefetch in a call of its own */
    assert_int_equal(submits, (5u + STK_INGEST_BATCH - 1u) / STK_INGEST_BATCH + 1u);
    assert_int_equal(w.fetch.stats.reads, 6);
    assert_int_equal(stk_ring_count_done(&w.ring, 7), 7);
    assert_quiet();
}

static void port_that_is_full_gets_its_reads_later(void **state) {
    const struct stk_sim_ingest_config narrow = {.depth = 1, .sources = 4};
    (void)state;
    world(&narrow, 4);
    w.ingest.refuse = 2;
    for (uint32_t i = 0; i < 4; i++) {
        ask(i, i);
    }
    drive();
    for (int ended = 1; ended <= 4; ended++) {
        poll_ends(1);
        drive();
        assert_int_equal(stk_ring_count_done(&w.ring, 4), ended);
    }
    assert_quiet();
}

/* Slots that ask again and again do not keep the read of another waiting. */
static void port_that_is_full_serves_all_in_turn(void **state) {
    const struct stk_sim_ingest_config narrow = {.depth = 1, .sources = 4};
    uint32_t turns = 0;
    (void)state;
    world(&narrow, 4);
    for (uint32_t i = 0; i < 4; i++) {
        ask(i, i);
    }
    for (; status_of(3) != STK_SLOT_DONE; turns++) {
        drive();
        poll_ends(1);
        drive();
        for (uint32_t i = 0; i < 3; i++) {
            if (status_of(i) == STK_SLOT_DONE) {
                ask(i, i);
            }
        }
        assert_true(turns < 8u);
    }
}

/// A stream beside it ///

static uint32_t chunks;

static int count_chunk(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)ctx;
    (void)next;
    assert_int_equal(r->err, STK_OK);
    assert_memory_equal(r->data, w.source_data + r->offset, r->bytes);
    chunks++;
    return 0;
}

/* Runs the fetch service and a stream on one thread, with one device and one ring. The stream uses slots 0 to 3 and the
 * end of the payload. */
static void run_beside_a_stream(bool shared) {
    static _Alignas(64) uint8_t memory[4096];
    struct stk_arena arena;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port = {.ops = &stk_sim_ingest_ops, .ctx = &ingest};
    struct stk_stream stream;
    struct stk_stream_config config;
    uint32_t queued = 0, asked = 0, told = 0;
    world(NULL, 4);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 7), STK_OK);
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_sim_ingest_init(&ingest, NULL, &arena), STK_OK);
    config = (struct stk_stream_config){.memory = w.config.memory,
                                        .dispatch = w.config.dispatch,
                                        .ingest = shared ? &w.port : &port,
                                        .platform = w.config.platform,
                                        .on_result = count_chunk,
                                        .depth = 4,
                                        .chunk_bytes = 128,
                                        .payload_offset = 3584,
                                        .priority = STK_PRIORITY_NORMAL};
    assert_int_equal(stk_stream_init(&stream, &config, &arena), STK_OK);
    chunks = 0;
    assert_int_equal(stk_sim_ingest_add(&ingest, w.source_data, SOURCE, false), 0);
    for (uint32_t turn = 0; chunks < 30u || w.fetch.stats.served < 30u; turn++) {
        const struct stk_stream_read read = {.offset = queued * 128u, .bytes = 128, .opcode = STK_OP_SUM64};
        if (queued < 30u && stk_stream_read(&stream, &read) == STK_OK) {
            queued++;
        }
        if (asked < 30u && status_of(10u + asked % 7u) != STK_SLOT_WAIT_IO) {
            ask(10u + asked % 7u, asked % 7u);
            asked++;
        }
        assert_true(stk_stream_poll(&stream, 0) >= 0);
        int ended = stk_fetch_poll(&w.fetch, 0);
        assert_true(ended >= 0);
        told += (uint32_t)ended; /* those that ended in the stream's poll too */
        drive();
        assert_true(turn < 1000u);
    }
    assert_int_equal(told, 30);
    assert_int_equal(w.fetch.stats.failed + w.fetch.stats.refused, 0);
    assert_int_equal(chunks, 30);
    assert_quiet();
    assert_int_equal(stk_fetch_close(&w.fetch, MS), STK_OK);
    assert_int_equal(stk_stream_close(&stream, MS), STK_OK);
    assert_null(w.port.readers);
}

static void stream_and_service_run_beside_each_other(void **state) {
    (void)state;
    run_beside_a_stream(false);
}

static void stream_and_service_share_an_ingest_port(void **state) {
    (void)state;
    run_beside_a_stream(true);
}

/// Table ///

static void row_that_cannot_be_is_refused(void **state) {
    struct stk_fetch_resource bad[5];
    struct stk_fetch_resource row;
    (void)state;
    world_parts(NULL, 4);
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    for (uint32_t i = 0; i < 5; i++) {
        bad[i] = row_of(1);
    }
    bad[0].bytes = 0;
    bad[1].bytes = (uint32_t)INT32_MAX + 1u;
    bad[2].tenants = 0;
    bad[3].prefetch = 2;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(stk_fetch_register(&w.fetch, &bad[i]), STK_E_ARG);
    }
    bad[4].dst = PAYLOAD - 199u;
    assert_int_equal(stk_fetch_register(&w.fetch, &bad[4]), STK_E_SPACE);
    assert_int_equal(w.fetch.info.value, PAYLOAD + 1u);
    bad[4].dst = UINT32_MAX;
    assert_int_equal(stk_fetch_register(&w.fetch, &bad[4]), STK_E_SPACE);
    bad[4].dst = PAYLOAD - 200u;
    assert_int_equal(stk_fetch_register(&w.fetch, &bad[4]), STK_OK);
    row = row_of(9);
    row.dst = PAYLOAD - 201u;
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_E_STATUS);
    assert_int_equal(w.fetch.info.value, 1);
    row.dst = 0;
    row.resource = 1;
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_E_STATUS);
    row.resource = 9;
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_OK);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 2), STK_E_NOENT);
    assert_int_equal(w.fetch.info.index, 2);
}

/* A row with any number is found, also in a full table. */
static void full_table_finds_every_row_and_takes_no_more(void **state) {
    static const uint32_t numbers[ROWS] = {0, 8, 16, 24, UINT32_MAX, 5, 13, 3};
    struct stk_fetch_resource row;
    (void)state;
    world_parts(NULL, ROWS);
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        row = row_of(i);
        row.resource = numbers[i];
        assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_OK);
    }
    row.resource = 1;
    row.dst = 300;
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_E_FULL);
    for (uint32_t i = 0; i < ROWS; i++) {
        ask(i, numbers[i]);
    }
    drive();
    poll_ends(ROWS);
    drive();
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_status(i, STK_SLOT_DONE);
        assert_true(has_landed(i));
        assert_int_equal(stk_fetch_unregister(&w.fetch, numbers[i]), STK_OK);
        assert_int_equal(stk_fetch_unregister(&w.fetch, numbers[i]), STK_E_NOENT);
    }
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_OK);
    assert_quiet();
}

/* Counts the steps of a search in a full table. A search takes one step, since every resource lies in its own row. */
static void number_that_is_not_there_costs_no_walk_through_the_table(void **state) {
    struct stk_fetch_resource row;
    (void)state;
    world_parts(NULL, ROWS);
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    assert_int_equal(w.fetch.reach, 0);
    for (uint32_t i = 0; i < ROWS; i++) {
        row = row_of(i);
        row.resource = 1000u * ROWS + i;
        assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_OK);
        assert_int_equal(w.fetch.reach, 1);
    }
    assert_int_equal(stk_fetch_unregister(&w.fetch, 7), STK_E_NOENT);
    assert_int_equal(stk_fetch_unregister(&w.fetch, row.resource), STK_OK);
    row.resource = 2000u * ROWS;
    assert_int_equal(stk_fetch_register(&w.fetch, &row), STK_OK); /* the search goes around to the last row */
    assert_int_equal(w.fetch.reach, ROWS);
    assert_int_equal(stk_fetch_unregister(&w.fetch, row.resource), STK_OK);
}

static void row_that_is_waited_for_stays(void **state) {
    const struct stk_sim_ingest_config narrow = {.depth = 1, .sources = 4, .delay = 1};
    (void)state;
    world(&narrow, 4);
    ask(0, 1);
    ask(1, 2);
    drive();
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 1), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 2), STK_E_WOULD_BLOCK);
    poll_ends(1);
    poll_ends(1);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 1), STK_OK);
    assert_int_equal(stk_fetch_unregister(&w.fetch, 2), STK_OK);
}

/// Set-up ///

static int refused(struct stk_fetch_config config) {
    struct stk_fetch miss;
    struct stk_arena arena = w.arena;
    int err = stk_fetch_init(&miss, &config, &arena);
    assert_int_equal(arena.used, w.arena.used);
    assert_int_equal(miss.info.err, err);
    assert_int_equal(stk_fetch_poll(&miss, 0), STK_E_SHUTDOWN);
    return err;
}

#define REFUSED(change, err)                                                                                           \
    do {                                                                                                               \
        struct stk_fetch_config c = w.config;                                                                          \
        change;                                                                                                        \
        assert_int_equal(refused(c), err);                                                                             \
    } while (0)

static void config_that_cannot_work_is_refused(void **state) {
    struct stk_dispatch_ops dispatch = stk_interp_ops;
    struct stk_ingest_ops ingest = stk_sim_ingest_ops;
    struct stk_ingest_port port = {.ops = &ingest};
    struct stk_platform_ops platform = stk_sim_platform_ops;
    (void)state;
    world_parts(NULL, 4);
    REFUSED(c.dispatch.ops = NULL, STK_E_ARG);
    REFUSED(c.ingest = NULL, STK_E_ARG);
    REFUSED(c.platform.ops = NULL, STK_E_ARG);
    dispatch.drive = NULL;
    REFUSED(c.dispatch.ops = &dispatch, STK_E_ARG);
    dispatch = stk_interp_ops;
    dispatch.has_workers = NULL;
    REFUSED(c.dispatch.ops = &dispatch, STK_E_ARG);
    ingest.submit = NULL;
    REFUSED(c.ingest = &port, STK_E_ARG);
    ingest = stk_sim_ingest_ops;
    ingest.reap = NULL;
    REFUSED(c.ingest = &port, STK_E_ARG);
    ingest = stk_sim_ingest_ops;
    ingest.cancel = NULL;
    REFUSED(c.ingest = &port, STK_E_ARG);
    platform.now_ns = NULL;
    REFUSED(c.platform.ops = &platform, STK_E_ARG);
    platform = stk_sim_platform_ops;
    platform.wait = NULL;
    REFUSED(c.platform.ops = &platform, STK_E_ARG);
    REFUSED(c.memory.ring = NULL, STK_E_ARG);
    REFUSED(c.memory.slots = 0, STK_E_ARG);
    REFUSED(c.memory.control = NULL, STK_E_ARG);
    REFUSED(c.memory.control_words = STK_CTL_WORDS_MIN - 1u, STK_E_ARG);
    REFUSED(c.memory.io = NULL, STK_E_ARG);
    REFUSED(c.memory.io_slots = 0, STK_E_ARG);
    REFUSED(c.memory.payload = NULL, STK_E_ARG);
    REFUSED(c.memory.io_slots = STK_IO_SLOTS_MAX + 1u, STK_E_OVERFLOW);
    REFUSED(c.resources = STK_FETCH_RESOURCES_MAX + 1u, STK_E_OVERFLOW);
    REFUSED(c.memory.ring = (uint32_t *)(void *)((uint8_t *)w.ring_words + 1), STK_E_ALIGN);
    REFUSED(c.memory.io = (uint32_t *)(void *)((uint8_t *)w.io_words + 2), STK_E_ALIGN);
    REFUSED(c.resources = 1000, STK_E_SPACE);
}

static void defaults_are_what_the_header_says(void **state) {
    (void)state;
    world_parts(NULL, 4);
    w.config.resources = 0;
    w.config.timeout_ns = 0;
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    assert_int_equal(w.fetch.config.resources, STK_FETCH_RESOURCES_DEFAULT);
    assert_true(w.fetch.config.timeout_ns == 10000 * MS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_miss_is_read_to_where_the_table_says_and_its_slot_ends),
        cmocka_unit_test(slots_behind_a_parked_miss_finish_first),
        cmocka_unit_test(misses_for_one_resource_share_one_read),
        cmocka_unit_test(more_misses_than_io_slots_are_all_served),
        cmocka_unit_test(prefetch_serves_the_next_miss_without_a_read_once),
        cmocka_unit_test(load_miss_that_joins_a_prefetch_uses_it_up),
        cmocka_unit_test(prefetches_wait_behind_every_other_load_miss),
        cmocka_unit_test(poll_waits_for_its_timeout_and_no_longer),
        cmocka_unit_test(request_that_comes_while_it_waits_ends_the_wait),
        cmocka_unit_test(reads_go_to_the_port_together),
        cmocka_unit_test(port_that_is_full_gets_its_reads_later),
        cmocka_unit_test(port_that_is_full_serves_all_in_turn),
        cmocka_unit_test(stream_and_service_run_beside_each_other),
        cmocka_unit_test(stream_and_service_share_an_ingest_port),
        cmocka_unit_test(row_that_cannot_be_is_refused),
        cmocka_unit_test(full_table_finds_every_row_and_takes_no_more),
        cmocka_unit_test(number_that_is_not_there_costs_no_walk_through_the_table),
        cmocka_unit_test(row_that_is_waited_for_stays),
        cmocka_unit_test(config_that_cannot_work_is_refused),
        cmocka_unit_test(defaults_are_what_the_header_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
