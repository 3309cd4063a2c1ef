/* The stream when something goes wrong: reads, slots, devices, ports, configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/wait.h"
#include "stoker/control.h"
#include "stream_world.h"

static void source_that_ends_early_hands_out_what_it_has(void **state) {
    (void)state;
    world(NULL, NULL);
    assert_int_equal(stk_sim_ingest_shrink(&w.ingest, (uint32_t)w.source, 250), STK_OK);
    queue_some(2, 100);
    queue(read_at(200, 100, 8)); /* this read comes short */
    queue(read_at(254, 100, 8)); /* some bytes of the lead are there, and no byte of the data */
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(result(i)->err, STK_OK);
    }
    assert_int_equal(result(2)->bytes, 50);
    assert_int_equal(result(2)->lead, 8);
    assert_int_equal(result(3)->bytes, 0);
    assert_int_equal(result(3)->lead, 0);
    assert_int_equal(w.stream.stats.slots, 3);
    assert_int_equal(w.stream.stats.bytes, 250);
    assert_int_equal(w.stream.stats.failed, 0);
}

static int again_always(const struct stk_stream_result *r, struct stk_stream_next *next) {
    (void)next;
    return r->err == STK_OK ? 0 : STK_STREAM_REPUBLISH;
}

static void failed_read_hands_out_the_error_of_the_os(void **state) {
    static const struct stk_sim_injected_error injected[] = {{1, STK_SIM_FAIL, 0, 0, 5},
                                                             {2, STK_SIM_FAIL, 0, STK_E_ACCESS, 13}};
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .injected = injected, .n_injected = 2};
    (void)state;
    world(&ingest, NULL);
    w.answer = again_always; /* there is nothing to run again, which the poll says */
    queue_some(4, 100);
    for (uint32_t i = 1; i < 3; i++) {
        assert_int_equal(stk_stream_drain(&w.stream, MS), STK_E_STATUS);
        assert_int_equal(w.stream.info.err, STK_E_STATUS);
        assert_int_equal(w.stream.info.index, FIRST_SLOT + i);
        assert_int_equal(w.count, i + 1u);
    }
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 4);
    assert_int_equal(result(0)->err, STK_OK);
    assert_int_equal(result(1)->err, STK_E_IO);
    assert_int_equal(result(1)->os_error, 5);
    assert_int_equal(result(2)->err, STK_E_ACCESS);
    assert_int_equal(result(2)->os_error, 13);
    assert_int_equal(result(3)->err, STK_OK);
    assert_int_equal(result(3)->os_error, 0);
    assert_int_equal(w.stream.stats.failed, 2);
    assert_int_equal(w.stream.stats.slots, 2);
}

static void port_that_is_full_gets_its_reads_later(void **state) {
    const struct stk_sim_ingest_config ingest = {.depth = 2, .sources = 4};
    uint32_t i;
    (void)state;
    world(&ingest, NULL);
    w.ingest.refuse = 3;
    w.ingest.take_max = 1;
    queue_some(DEPTH, 100);
    assert_int_equal(stk_stream_drain(&w.stream, 100 * MS), STK_OK);
    assert_int_equal(w.count, DEPTH);
    for (i = 0; i < DEPTH; i++) {
        assert_int_equal(result(i)->tag, i * 100u);
        assert_int_equal(result(i)->err, STK_OK);
    }
}

static void error_of_the_port_comes_out_of_the_poll_and_loses_nothing(void **state) {
    (void)state;
    world(NULL, NULL);
    queue_some(2, 100);
    w.ingest.submit_err = STK_E_NOMEM;
    assert_int_equal(stk_stream_poll(&w.stream, MS), STK_E_NOMEM);
    w.ingest.submit_err = 0;
    w.ingest.reap_err = STK_E_IO;
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_E_IO);
    w.ingest.reap_err = 0;
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 2);
}

static void read_that_the_port_refuses_fails_alone(void **state) {
    struct stk_stream_read bad;
    (void)state;
    world(NULL, NULL);
    queue_some(1, 100);
    bad = read_at(100, 100, 0);
    bad.source = 99;
    queue(bad);
    queue(read_at(200, 100, 0));
    assert_int_equal(stk_stream_drain(&w.stream, 100 * MS), STK_OK);
    assert_int_equal(w.count, 3);
    assert_int_equal(result(0)->err, STK_OK);
    assert_int_equal(result(1)->err, STK_E_RANGE);
    assert_int_equal(result(1)->bytes, 0);
    assert_int_equal(result(2)->err, STK_OK);
}

/* Buffers that the port knows nothing of: here those of the fourth chunk and on. */
static void read_into_memory_that_the_port_does_not_have_fails_alone(void **state) {
    uint32_t i;
    (void)state;
    world(NULL, NULL);
    w.ingest.config.mem_bytes = 3u * CHUNK;
    queue_some(5, 100);
    assert_int_equal(stk_stream_drain(&w.stream, 100 * MS), STK_OK);
    assert_int_equal(w.count, 5);
    for (i = 0; i < 5; i++) {
        assert_int_equal(result(i)->err, i < 3 ? STK_OK : STK_E_ARG);
    }
}

static int takes_one_more(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    int taken = stk_sim_ingest_ops.submit(ctx, reads, count);
    return taken > 0 ? taken + 1 : taken;
}

static void port_that_takes_more_than_it_was_offered_is_refused(void **state) {
    struct stk_ingest_ops ops = stk_sim_ingest_ops;
    (void)state;
    world(NULL, NULL);
    ops.submit = takes_one_more;
    w.port.ops = &ops;
    queue_some(3, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), STK_E_RANGE);
    assert_int_equal(w.stream.info.index, 4);
    assert_int_equal(w.stream.info.value, 3);
}

/* A completion whose tag is of no stream on the port, or is not in flight, writes nothing, and those beside it
 * count. */
static void completion_of_a_read_that_is_nobodys_is_refused(void **state) {
    static const uint32_t tags[] = {DEPTH, UINT32_MAX, 1};
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        struct stk_ingest_read foreign = {.bytes = 1, .dst = w.payload + BUFFERS_AT, .tag = tags[i]};
        world(NULL, NULL);
        foreign.source = (uint32_t)w.source;
        assert_int_equal(stk_sim_ingest_ops.submit(&w.ingest, &foreign, 1), 1);
        queue_some(1, 100);
        assert_int_equal(stk_stream_poll(&w.stream, 0), STK_E_RANGE);
        assert_int_equal(w.stream.info.index, tags[i]);
        assert_int_equal(stk_stream_drain(&w.stream, 100 * MS), STK_OK);
        assert_int_equal(w.count, 1);
        assert_int_equal(result(0)->err, STK_OK);
    }
}

static void slot_that_somebody_else_uses_is_left_alone_and_the_chunk_waits_for_it(void **state) {
    uint32_t *status = STK_SLOT_AT(w.ring, FIRST_SLOT + 1u);
    (void)state;
    world(NULL, NULL);
    stk_store(status, STK_SLOT_CLAIMED);
    queue_some(3, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), STK_E_STATUS);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_E_STATUS);
    assert_int_equal(stk_load(status), STK_SLOT_CLAIMED);
    assert_int_equal(status[STK_SLOT_OPCODE], 0);
    assert_int_equal(w.stream.stats.slots, 1);
    *status = STK_SLOT_EMPTY;
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 3);
    assert_int_equal(result(1)->tag, 100);
}

/// Time ///

static void slot_without_a_result_times_out_by_index_and_may_still_end(void **state) {
    (void)state;
    world_parts(NULL, NULL);
    w.config.slot_timeout_ns = 2 * MS;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 1);
    w.device.stuck = true;
    queue_some(2, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    assert_int_equal(stk_stream_poll(&w.stream, 10 * MS), STK_E_TIMEOUT);
    assert_int_equal(w.stream.info.err, STK_E_TIMEOUT);
    assert_int_equal(w.stream.info.index, FIRST_SLOT + 1u);
    assert_in_range(w.clock.now, 2 * MS, 3 * MS); /* no sooner, and not after the poll's own time */
    w.device.stuck = false;
    (void)stk_sim_dispatch_ops.drive(&w.device, true);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 3);
}

static void status_that_is_none_is_a_fault_of_its_chunk(void **state) {
    (void)state;
    world(NULL, NULL);
    w.device.stuck = true;
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    stk_store(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS], 0xABCDu);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 1);
    assert_int_equal(result(0)->err, STK_E_SLOT_FAULT);
    assert_int_equal(result(0)->reason, STK_REASON_STATUS);
    assert_int_equal(result(0)->value, 0xABCDu);
    assert_int_equal(stk_load(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS]), STK_SLOT_EMPTY);
}

static void result_of_a_slot_that_a_worker_has_is_not_taken(void **state) {
    struct stk_control control = {w.control, STK_CTL_WORDS_MIN + 4u};
    uint32_t *custody = w.control + control.count + FIRST_SLOT;
    (void)state;
    world(NULL, NULL);
    assert_int_equal(stk_control_set_custody(&control, control.count, NULL), STK_OK);
    stk_store(custody, 1);
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    assert_int_equal(stk_load(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS]), STK_SLOT_DONE);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 0);
    stk_store(custody, 2);
    assert_int_equal(stk_stream_poll(&w.stream, 0), 1);
}

static void drain_gives_up_in_time_and_may_be_called_again(void **state) {
    static const struct stk_sim_injected_error late[] = {{1, STK_SIM_DELAY, 9, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .injected = late, .n_injected = 1};
    (void)state;
    world(&ingest, NULL);
    queue_some(3, 100);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_E_TIMEOUT);
    assert_int_equal(w.count, 1);
    assert_in_range(w.clock.now, MS, 2 * MS);
    assert_int_equal(stk_stream_drain(&w.stream, 0), STK_E_TIMEOUT);
    while (stk_stream_drain(&w.stream, MS) == STK_E_TIMEOUT) {
        assert_true(w.clock.now < 100 * MS);
    }
    assert_int_equal(w.count, 3);
    assert_int_equal(stk_stream_drain(&w.stream, 0), STK_OK);
}

static void latency_is_the_time_from_published_to_seen(void **state) {
    const struct stk_sim_dispatch_config device = {.delay = 3};
    (void)state;
    world(NULL, &device);
    w.clock.step = 0;
    queue_some(1, 100);
    assert_int_equal(stk_stream_drain(&w.stream, 10 * MS), STK_OK);
    assert_int_equal(result(0)->latency_ns, 3u * STK_WAIT_SLICE_NS);
}

/* The clock's word for a device that works on its own: it finishes slots between the turn and the wait. */
static uint64_t work_then_tell_the_time(void *ctx) {
    w.device.idle = false;
    (void)stk_sim_dispatch_ops.drive(&w.device, true);
    w.device.idle = true;
    return stk_sim_platform_ops.now_ns(ctx);
}

static void result_that_came_since_the_last_turn_is_taken_without_a_sleep(void **state) {
    struct stk_platform_ops busy = stk_sim_platform_ops;
    struct stk_stream_read refused;
    (void)state;
    world_parts(NULL, NULL);
    busy.now_ns = work_then_tell_the_time;
    w.config.platform.ops = &busy;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    w.device.idle = true;
    w.clock.step = 0;
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 1);
    refused = read_at(0, 100, 0);
    refused.opcode = OP + 1u;
    queue(refused);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 1);
    assert_int_equal(result(0)->err, STK_OK);
    assert_int_equal(result(1)->err, STK_E_SLOT_FAULT);
    assert_int_equal(w.clock.waits, 0);
}

static void finish_in_the_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx, (void)word, (void)seen, (void)timeout_ns;
    w.device.stuck = false;
    (void)stk_sim_dispatch_ops.drive(&w.device, true);
}

static void result_that_comes_during_the_sleep_ends_it(void **state) {
    (void)state;
    world(NULL, NULL);
    w.device.stuck = true;
    w.clock.step = 0;
    w.clock.hook = finish_in_the_wait;
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 1);
    assert_int_equal(w.clock.waits, 1);
    assert_int_equal(w.clock.timeouts, 0);
    assert_int_equal(w.clock.now, 1000);
}

/// Lost device ///

static void lost_device_is_said_by_every_poll_and_by_close(void **state) {
    (void)state;
    world(NULL, NULL);
    w.device.lose_after = 2;
    queue_some(4, 100);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_E_DEVICE);
    assert_int_equal(stk_stream_poll(&w.stream, 0), STK_E_DEVICE);
    assert_int_equal(stk_stream_wait_word(&w.stream, w.control, 1, MS), STK_E_DEVICE);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_DEVICE);
    assert_int_equal(w.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(result(i)->tag, i * 100u);
        assert_int_equal(result(i)->err, STK_E_DEVICE);
    }
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_E_SHUTDOWN);
}

/// Waiting for a word ///

static void set_observable(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx, (void)word, (void)seen, (void)timeout_ns;
    stk_store(&w.control[STK_CTL_OBSERVABLE + 1u], stk_load(&w.control[STK_CTL_OBSERVABLE + 1u]) + 1u);
    if (stk_load(&w.control[STK_CTL_OBSERVABLE + 1u]) == 5u) {
        stk_store(&w.control[STK_CTL_OBSERVABLE], 77);
    }
}

static void wait_for_a_word_moves_the_stream_on(void **state) {
    const uint32_t *word = w.control + STK_CTL_OBSERVABLE;
    (void)state;
    world(NULL, NULL);
    w.clock.hook = set_observable;
    queue_some(3, 100);
    assert_int_equal(stk_stream_wait_word(&w.stream, word, 77, 10 * MS), STK_OK);
    assert_int_equal(w.count, 3);
    assert_int_equal(stk_load(&w.control[STK_CTL_OBSERVABLE + 1u]), 5);
    assert_int_equal(stk_stream_wait_word(&w.stream, word, 77, 0), STK_OK);
    assert_int_equal(stk_stream_wait_word(&w.stream, word, 78, 0), STK_E_TIMEOUT);
    w.clock.now = 0;
    assert_int_equal(stk_stream_wait_word(&w.stream, word, 78, MS), STK_E_TIMEOUT);
    assert_in_range(w.clock.now, MS, 2 * MS);
}

/* The word may be one that a slot outside the stream sets. */
static void wait_for_a_word_drives_slots_that_are_not_the_streams(void **state) {
    const uint32_t args[] = {9, STK_CTL_OBSERVABLE};
    const struct stk_work store = {STK_OP_STORE_U32, 0, STK_PRIORITY_NORMAL, 2, args};
    (void)state;
    world_parts(NULL, NULL);
    w.config.dispatch.ops = &stk_interp_ops;
    w.config.dispatch.ctx = &w.interp;
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, NULL), STK_OK);
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    assert_int_equal(stk_ring_publish(&w.stream.ring, 0, &store), STK_OK);
    assert_int_equal(stk_stream_wait_word(&w.stream, w.control + STK_CTL_OBSERVABLE, 9, MS), STK_OK);
}

static int wait_fails(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx, (void)word, (void)seen, (void)timeout_ns;
    return STK_E_IO;
}

static void plain_wait_for_a_word_sees_it_or_gives_up(void **state) {
    struct stk_platform_ops broken = stk_sim_platform_ops;
    uint32_t word = stk_le32(5);
    (void)state;
    world(NULL, NULL);
    assert_int_equal(stk_wait_word(&w.config.platform, &word, 5, 0), STK_OK);
    assert_int_equal(stk_wait_word(&w.config.platform, &word, 6, 0), STK_E_TIMEOUT);
    assert_int_equal(w.clock.waits, 0);
    w.clock.now = 0;
    assert_int_equal(stk_wait_word(&w.config.platform, &word, 6, MS), STK_E_TIMEOUT);
    assert_in_range(w.clock.now, MS, MS + STK_WAIT_SLICE_NS);
    assert_true(w.clock.waits <= 20); /* slices, not spins */
    broken.wait = wait_fails;
    assert_int_equal(stk_wait_word(&(struct stk_platform_port){&broken, &w.clock}, &word, 6, MS), STK_E_IO);
}

static void error_of_the_wait_for_a_slot_comes_out_of_the_poll(void **state) {
    struct stk_platform_ops broken = stk_sim_platform_ops;
    (void)state;
    world_parts(NULL, NULL);
    broken.wait = wait_fails;
    w.config.platform.ops = &broken;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    w.device.stuck = true;
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), STK_E_IO);
    assert_int_equal(w.count, 0);
    w.device.stuck = false;
    assert_int_equal(stk_stream_poll(&w.stream, 0), 1);
}

/// Configuration and memory ///

static void refuse(int err, uint64_t value) {
    struct stk_stream_read r = read_at(0, 1, 0);
    size_t used = w.arena.used;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), err);
    assert_int_equal(w.stream.info.err, err);
    assert_int_equal(w.stream.info.value, value);
    assert_int_equal(w.arena.used, used);
    assert_int_equal(stk_stream_poll(&w.stream, 0), STK_E_SHUTDOWN); /* a stream that never began */
    assert_int_equal(stk_stream_read(&w.stream, &r), STK_E_SHUTDOWN);
    world_parts(NULL, NULL);
}

static void every_relation_of_the_configuration_is_checked(void **state) {
    static const struct stk_dispatch_ops no_dispatch;
    static const struct stk_ingest_ops no_ingest;
    static const struct stk_platform_ops no_platform;
    (void)state;
    world_parts(NULL, NULL);
    w.config.dispatch.ops = NULL, refuse(STK_E_ARG, 0);
    w.config.dispatch.ops = &no_dispatch, refuse(STK_E_ARG, 0);
    w.config.ingest = NULL, refuse(STK_E_ARG, 0);
    w.port.ops = &no_ingest, refuse(STK_E_ARG, 0);
    w.config.platform.ops = NULL, refuse(STK_E_ARG, 0);
    w.config.platform.ops = &no_platform, refuse(STK_E_ARG, 0);
    w.config.on_result = NULL, refuse(STK_E_ARG, 0);
    w.config.memory.ring = NULL, refuse(STK_E_ARG, 0);
    w.config.memory.control = NULL, refuse(STK_E_ARG, 0);
    w.config.memory.payload = NULL, refuse(STK_E_ARG, 0);
    w.config.memory.control_words = STK_CTL_WORDS_MIN - 1u, refuse(STK_E_ARG, 0);
    w.config.chunk_bytes = 0, refuse(STK_E_ARG, 0);
    w.config.chunk_bytes = CHUNK + 32u, refuse(STK_E_ARG, 0);
    w.config.lead_max = CHUNK, refuse(STK_E_ARG, 0);
    w.config.payload_offset = 32, refuse(STK_E_ARG, 0);
    w.config.priority = STK_PRIORITY_IDLE + 1u, refuse(STK_E_ARG, 0);
    w.config.depth = STK_STREAM_DEPTH_MAX + 1u, refuse(STK_E_ARG, 0);
    w.config.first_slot = SLOTS - DEPTH + 1u, refuse(STK_E_RANGE, 0);
    w.config.first_slot = SLOTS + 1u, refuse(STK_E_RANGE, 0);
    w.config.first_slot = UINT32_MAX, refuse(STK_E_RANGE, 0);
    w.config.depth = SLOTS - FIRST_SLOT + 1u, refuse(STK_E_RANGE, 0);
    w.config.payload_offset = BUFFERS_AT + 128u, refuse(STK_E_SPACE, PAYLOAD + 64u);
    w.config.chunk_bytes = 0x80000000u, refuse(STK_E_SPACE, BUFFERS_AT + UINT64_C(0x80000000) * DEPTH);
    w.config.memory.ring = (uint32_t *)(void *)((uint8_t *)w.ring + 1), refuse(STK_E_ALIGN, 0);
    w.config.depth = 0; /* the default */
    w.config.first_slot = SLOTS - 8u;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    assert_int_equal(w.stream.config.depth, 8);
    assert_true(w.stream.config.slot_timeout_ns == UINT64_C(10000000000));
}

static void every_call_that_a_stream_makes_of_a_port_must_be_there(void **state) {
    struct stk_dispatch_ops dispatch = stk_sim_dispatch_ops;
    struct stk_ingest_ops ingest = stk_sim_ingest_ops;
    struct stk_platform_ops platform = stk_sim_platform_ops;
    (void)state;
    world_parts(NULL, NULL);
    dispatch.has_workers = NULL;
    w.config.dispatch.ops = &dispatch, refuse(STK_E_ARG, 0);
    ingest.cancel = NULL;
    w.port.ops = &ingest, refuse(STK_E_ARG, 0);
    ingest = stk_sim_ingest_ops;
    ingest.reap = NULL;
    w.port.ops = &ingest, refuse(STK_E_ARG, 0);
    platform.wait = NULL;
    w.config.platform.ops = &platform, refuse(STK_E_ARG, 0);
    platform = stk_sim_platform_ops;
    platform.wake = NULL; /* optional */
    w.config.platform.ops = &platform;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(source_that_ends_early_hands_out_what_it_has),
        cmocka_unit_test(failed_read_hands_out_the_error_of_the_os),
        cmocka_unit_test(port_that_is_full_gets_its_reads_later),
        cmocka_unit_test(error_of_the_port_comes_out_of_the_poll_and_loses_nothing),
        cmocka_unit_test(read_that_the_port_refuses_fails_alone),
        cmocka_unit_test(read_into_memory_that_the_port_does_not_have_fails_alone),
        cmocka_unit_test(port_that_takes_more_than_it_was_offered_is_refused),
        cmocka_unit_test(completion_of_a_read_that_is_nobodys_is_refused),
        cmocka_unit_test(slot_that_somebody_else_uses_is_left_alone_and_the_chunk_waits_for_it),
        cmocka_unit_test(slot_without_a_result_times_out_by_index_and_may_still_end),
        cmocka_unit_test(status_that_is_none_is_a_fault_of_its_chunk),
        cmocka_unit_test(result_of_a_slot_that_a_worker_has_is_not_taken),
        cmocka_unit_test(drain_gives_up_in_time_and_may_be_called_again),
        cmocka_unit_test(latency_is_the_time_from_published_to_seen),
        cmocka_unit_test(result_that_came_since_the_last_turn_is_taken_without_a_sleep),
        cmocka_unit_test(result_that_comes_during_the_sleep_ends_it),
        cmocka_unit_test(lost_device_is_said_by_every_poll_and_by_close),
        cmocka_unit_test(wait_for_a_word_moves_the_stream_on),
        cmocka_unit_test(wait_for_a_word_drives_slots_that_are_not_the_streams),
        cmocka_unit_test(plain_wait_for_a_word_sees_it_or_gives_up),
        cmocka_unit_test(error_of_the_wait_for_a_slot_comes_out_of_the_poll),
        cmocka_unit_test(every_relation_of_the_configuration_is_checked),
        cmocka_unit_test(every_call_that_a_stream_makes_of_a_port_must_be_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
