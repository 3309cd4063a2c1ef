/* Tests the epochs of a stream, and the records that its recorder writes for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "log_rig.h"
#include "stream_world.h"

static struct stk_blake3 hasher;

#define TAG_AT (STK_CTL_OBSERVABLE)

static uint32_t fences;

/* The device of stream_world.h, which knows fences too. */
static int handler(void *ctx, uint32_t index, uint32_t *slot) {
    if (stk_load(&slot[STK_SLOT_OPCODE]) != STK_OP_BATCH_FENCE) {
        return sim_handler(ctx, index, slot);
    }
    fences++;
    stk_store(&w.control[STK_CTL_EPOCH], stk_load(&w.control[STK_CTL_EPOCH]) + 1u);
    stk_store(&w.control[TAG_AT], stk_load(&slot[STK_SLOT_ARG0 + 1]));
    return 0;
}

/* The parts of a stream, its recorder started. */
static void parts(const struct stk_sim_ingest_config *ingest, const struct stk_sim_dispatch_config *device) {
    world_parts(ingest, device);
    w.device.config.handler = handler;
    fences = 0;
    rig_open(RIG_BLOCKS);
    assert_int_equal(stk_recorder_start(&rig.recorder, &w.config.memory), STK_OK);
    w.config.recorder = &rig.recorder;
}

static void recorded(void) {
    parts(NULL, NULL);
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
}

static void read_back(void) {
    rig_walk();
    (void)rig_kind(STK_LOG_START);
}

/// Recording ///

static void chunk_is_recorded_as_input_and_publish(void **state) {
    struct stk_log_record r;
    uint32_t i;
    (void)state;
    recorded();
    queue(read_at(0, 100, 0));
    queue(read_at(200, 50, 10));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_INPUT);
    r = rig_kind(STK_LOG_PUBLISH);
    r = rig_kind(STK_LOG_INPUT);
    assert_int_equal(r.slot, FIRST_SLOT + 1u);
    assert_int_equal(r.args[0], BUFFERS_AT + CHUNK);
    assert_int_equal(r.args[1], 60);
    assert_int_equal(r.args[2], 200);
    assert_int_equal(r.tenant, 10);
    assert_int_equal(r.opcode, 200); /* the tag */
    assert_true(r.digest == stk_record_digest(&hasher, w.source_data + 190, 60));
    r = rig_kind(STK_LOG_PUBLISH);
    assert_int_equal(r.slot, FIRST_SLOT + 1u);
    assert_int_equal(r.opcode, OP);
    assert_int_equal(r.args[STK_ARG_OFFSET], BUFFERS_AT + CHUNK);
    assert_int_equal(r.args[STK_ARG_BYTES], 60);
    for (i = 0; i < 2 && r.kind == STK_LOG_MORE; i++) {
        r = rig_next();
    }
    rig_at_end();
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_true(rig.syncs > 0);
}

static int again_once(const struct stk_stream_result *r, struct stk_stream_next *next) {
    next->params[0] = 7;
    next->params[2] = 9;
    return r->results[3] == 0 ? STK_STREAM_REPUBLISH : 0;
}

static void chunk_that_runs_again_is_published_again_on_the_same_input(void **state) {
    struct stk_log_record r;
    (void)state;
    recorded();
    w.answer = again_once;
    queue(read_at(0, 100, 0));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    read_back();
    (void)rig_kind(STK_LOG_INPUT);
    (void)rig_kind(STK_LOG_PUBLISH);
    r = rig_kind(STK_LOG_PUBLISH);
    assert_int_equal(r.args[STK_ARG_PARAM], 7);
    r = rig_kind(STK_LOG_MORE);
    assert_int_equal(r.args[1], 9);
    rig_at_end();
}

/* Records what the slot has computed, and has the chunk run a second time. */
static int record_and_run_again(const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct stk_record_result result = {
        .slot = stk_stream_slot(&w.stream), .tenant = w.config.tenant, .opcode = r->opcode};
    memcpy(result.results, r->results, sizeof result.results);
    assert_int_equal(stk_recorder_result(&rig.recorder, &result), STK_OK);
    next->params[0] = 7;
    return r->results[3] == 0 ? STK_STREAM_REPUBLISH : 0;
}

static void the_callback_may_record_results(void **state) {
    struct stk_log_record r;
    (void)state;
    recorded();
    w.answer = record_and_run_again;
    queue(read_at(0, 100, 0));
    queue(read_at(100, 100, 0));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    read_back();
    for (uint32_t chunk = 0; chunk < 2; chunk++) {
        (void)rig_kind(STK_LOG_INPUT);
        (void)rig_kind(STK_LOG_PUBLISH);
    }
    for (uint32_t chunk = 0; chunk < 2; chunk++) {
        for (uint32_t turn = 0; turn < 2; turn++) {
            r = rig_kind(STK_LOG_RESULT);
            assert_int_equal(r.slot, FIRST_SLOT + chunk);
            assert_int_equal(r.opcode, OP);
            assert_int_equal(r.args[3], turn == 0 ? 0 : 7);
            if (turn == 0) {
                (void)rig_kind(STK_LOG_PUBLISH);
            }
        }
    }
    rig_at_end();
}

static void failures_are_recorded(void **state) {
    static const struct stk_sim_injected_error injected[] = {{1, STK_SIM_FAIL, 0, 0, 5}};
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 4, .injected = injected, .n_injected = 1};
    struct stk_stream_read r;
    struct stk_log_record f;
    (void)state;
    parts(&ingest, NULL);
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    r = read_at(0, 100, 0);
    r.opcode = OP + 1u;
    queue(r);
    queue(read_at(100, 100, 0));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    read_back();
    (void)rig_kind(STK_LOG_INPUT);
    (void)rig_kind(STK_LOG_PUBLISH);
    f = rig_kind(STK_LOG_FAILURE);
    assert_int_equal(f.slot, FIRST_SLOT);
    assert_int_equal(f.status, STK_SLOT_FAULT);
    assert_int_equal(f.error, STK_E_SLOT_FAULT);
    assert_int_equal(f.failure, STK_FAILURE_PROGRAM_BUG);
    assert_int_equal(f.args[2], OP + 1u);
    assert_int_equal(f.args[3], STK_REASON_OPCODE);
    f = rig_kind(STK_LOG_FAILURE);
    assert_int_equal(f.slot, FIRST_SLOT + 1u);
    assert_int_equal(f.status, STK_SLOT_EMPTY);
    assert_int_equal(f.error, STK_E_IO);
    rig_at_end();
}

static void late_slot_and_lost_device_are_recorded_once(void **state) {
    struct stk_log_record f;
    uint32_t i;
    (void)state;
    parts(NULL, NULL);
    w.config.slot_timeout_ns = 10 * MS;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    w.device.stuck = true;
    queue(read_at(0, 100, 0));
    for (i = 0; i < 3; i++) {
        assert_int_equal(stk_stream_drain(&w.stream, 100 * MS), STK_E_TIMEOUT);
    }
    w.device.lost = true;
    for (i = 0; i < 3; i++) {
        assert_int_equal(stk_stream_poll(&w.stream, MS), STK_E_DEVICE);
    }
    read_back();
    (void)rig_kind(STK_LOG_INPUT);
    (void)rig_kind(STK_LOG_PUBLISH);
    f = rig_kind(STK_LOG_FAILURE);
    assert_int_equal(f.slot, FIRST_SLOT);
    assert_int_equal(f.status, STK_SLOT_CLAIMED);
    assert_int_equal(f.error, STK_E_TIMEOUT);
    assert_int_equal(f.failure, STK_FAILURE_UNCLASSIFIED);
    f = rig_kind(STK_LOG_FAILURE);
    assert_int_equal(f.slot, STK_RECORD_NO_SLOT);
    assert_int_equal(f.failure, STK_FAILURE_DEVICE_LOSS);
    rig_at_end();
}

static void error_of_the_log_stays_with_the_recorder_and_loses_no_chunk(void **state) {
    uint32_t i, errors = 0;
    (void)state;
    recorded();
    w.answer = again_once;
    for (i = 0; i < 60 && w.count < 12; i++) {
        struct stk_stream_read r = read_at(i % 20u * 100u, 100, 0);
        r.opcode = i % 3u == 0 ? OP + 1u : OP;
        (void)!stk_stream_read(&w.stream, &r);
        rig.fail = i % 2u == 0; /* a block that fails is passed over: then nothing goes in */
        assert_true(stk_stream_poll(&w.stream, MS) >= 0);
        errors += rig.recorder.err < 0 ? 1u : 0u;
        rig.recorder.err = STK_OK;
    }
    rig.fail = 0;
    assert_true(errors > 0);
    assert_true(rig.recorder.lost > 0);
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.stream.stats.reads, w.stream.delivered);
    assert_int_equal(rig.recorder.err, STK_OK);
    rig.fail_sync = 1;
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(rig.recorder.err, STK_E_IO);
}

/* A medium takes the record of the input and no record after it. */
static void publish_that_the_log_refuses_is_published_all_the_same(void **state) {
    (void)state;
    recorded();
    w.answer = again_once;
    rig.fail = rig.good = 1;
    queue(read_at(0, 100, 0));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 2); /* again_once runs the chunk a second time */
    assert_int_equal(rig.recorder.err, STK_E_IO);
    assert_int_equal(rig.recorder.lost, 2);
    assert_int_equal(stk_stream_epoch(&w.stream, 1, MS), STK_OK);
    assert_int_equal(rig.recorder.lost, 4); /* the records of the fence and of the epoch are lost too */
    assert_int_equal(stk_load(&w.control[STK_CTL_EPOCH]), 1);
    rig.fail = 0;
    assert_int_equal(stk_stream_epoch(&w.stream, 2, MS), STK_OK);
    assert_int_equal(rig.recorder.lost, 4);
    assert_int_equal(stk_load(&w.control[STK_CTL_EPOCH]), 2);
}

static void stream_wants_a_recorder_of_its_own_ring(void **state) {
    (void)state;
    parts(NULL, NULL);
    rig.recorder.memory.ring = NULL;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_E_SHUTDOWN);
    rig.recorder.memory.ring = w.control;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_E_SHUTDOWN);
}

/// Epochs by the call ///

static void epoch_waits_for_every_chunk_and_the_callback_sees_no_fence(void **state) {
    struct stk_log_record r;
    uint32_t i;
    (void)state;
    recorded();
    queue_some(3, 100);
    assert_int_equal(stk_stream_epoch(&w.stream, 55, MS), STK_OK);
    assert_int_equal(w.count, 3);
    assert_int_equal(fences, 1);
    assert_int_equal(stk_load(&w.control[STK_CTL_EPOCH]), 1);
    assert_int_equal(stk_load(&w.control[TAG_AT]), 55);
    assert_int_equal(w.stream.stats.slots, 3);
    queue(read_at(0, 100, 0));
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    assert_int_equal(w.count, 4);
    read_back();
    for (i = 0; i < 3; i++) {
        (void)rig_kind(STK_LOG_INPUT);
        (void)rig_kind(STK_LOG_PUBLISH);
    }
    r = rig_kind(STK_LOG_PUBLISH);
    assert_int_equal(r.opcode, STK_OP_BATCH_FENCE);
    assert_int_equal(r.slot, FIRST_SLOT + 3u);
    assert_int_equal(r.args[1], 55);
    r = rig_kind(STK_LOG_EPOCH);
    assert_int_equal(r.epoch, 1);
    assert_int_equal(r.args[2], 55);
    assert_true(r.digest == stk_record_digest_words(&hasher, w.control + STK_CTL_OBSERVABLE, 4));
    r = rig_kind(STK_LOG_INPUT);
    assert_int_equal(r.epoch, 1);
}

static void epoch_without_a_recorder_is_a_fence(void **state) {
    (void)state;
    parts(NULL, NULL);
    w.config.recorder = NULL;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    queue_some(3, 100);
    assert_int_equal(stk_stream_epoch(&w.stream, 55, MS), STK_OK);
    assert_int_equal(stk_stream_epoch(&w.stream, 56, MS), STK_OK);
    assert_int_equal(w.count, 3);
    assert_int_equal(stk_load(&w.control[STK_CTL_EPOCH]), 2);
    assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
    assert_int_equal(stk_stream_epoch(&w.stream, 57, MS), STK_E_SHUTDOWN);
    w.stream.closed = 0;
    assert_int_equal(stk_stream_epoch(&w.stream, 57, MS), STK_E_SHUTDOWN);
}

static void epoch_that_times_out_goes_on(void **state) {
    (void)state;
    recorded();
    w.device.idle = true;
    queue_some(2, 100);
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_TIMEOUT); /* the chunks do not end in time */
    w.device.idle = false;
    assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
    w.device.idle = true;
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_TIMEOUT); /* the fence does not end in time */
    assert_int_equal(stk_stream_epoch(&w.stream, 9, 0), STK_E_TIMEOUT);
    queue_some(1, 100);
    assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
    assert_int_equal(w.stream.stats.slots, 2); /* the new chunk is held back until the fence has ended */
    w.device.idle = false;
    assert_int_equal(stk_stream_epoch(&w.stream, 10, MS), STK_OK);
    assert_int_equal(stk_load(&w.control[TAG_AT]), 9);
    assert_int_equal(fences, 1);
    assert_int_equal(w.count, 3);
}

static void fence_outlives_a_pause_of_the_process(void **state) {
    (void)state;
    parts(NULL, NULL);
    w.config.slot_timeout_ns = 100 * MS;
    assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
    w.device.stuck = true;
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_TIMEOUT);
    w.clock.now += 1000000 * MS;
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_TIMEOUT);
    assert_int_equal(w.stream.info.err, STK_OK); /* the deadline of the call is over, not that of the fence */
    w.device.stuck = false;
    assert_int_equal(stk_stream_epoch(&w.stream, 9, UINT64_MAX), STK_OK);
    assert_int_equal(stk_load(&w.control[TAG_AT]), 9);
}

static void late_fence_is_recorded(void **state) {
    struct stk_log_record r;
    uint32_t with;
    (void)state;
    for (with = 0; with < 2; with++) {
        parts(NULL, NULL);
        w.config.slot_timeout_ns = MS;
        w.config.recorder = with ? &rig.recorder : NULL;
        assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
        w.device.stuck = true;
        assert_int_equal(stk_stream_epoch(&w.stream, 9, 10 * MS), STK_E_TIMEOUT);
        assert_int_equal(w.stream.info.err, STK_E_TIMEOUT);
        assert_int_equal(w.stream.info.index, FIRST_SLOT);
        assert_int_equal(stk_stream_epoch(&w.stream, 9, 10 * MS), STK_E_TIMEOUT);
    }
    read_back();
    (void)rig_kind(STK_LOG_PUBLISH);
    r = rig_kind(STK_LOG_FAILURE);
    assert_int_equal(r.error, STK_E_TIMEOUT);
    assert_int_equal(r.opcode, STK_OP_BATCH_FENCE);
    rig_at_end();
}

static void refused_fence_says_so_and_the_stream_goes_on(void **state) {
    struct stk_log_record r;
    uint32_t with;
    (void)state;
    for (with = 0; with < 3; with++) {
        parts(NULL, NULL);
        w.device.config.handler = sim_handler; /* this handler does not know the opcode of a fence */
        w.config.recorder = with ? &rig.recorder : NULL;
        assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
        queue_some(1, 100);
        if (with == 1) {
            /* The publish of the fence takes the last room. */
            assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
            w.device.idle = true;
            assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_TIMEOUT);
            w.device.idle = false;
            rig.recorder.memory.ring = NULL;
            assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_SLOT_FAULT);
            assert_int_equal(rig.recorder.err, STK_E_SHUTDOWN);
        } else {
            assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_SLOT_FAULT);
        }
        assert_int_equal(w.stream.info.index, FIRST_SLOT + 1u);
        rig.recorder.memory.ring = w.ring;
        queue_some(3, 100);
        assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
        assert_int_equal(w.count, 4);
    }
    read_back();
    (void)rig_kind(STK_LOG_INPUT);
    (void)rig_kind(STK_LOG_PUBLISH);
    (void)rig_kind(STK_LOG_PUBLISH);
    r = rig_kind(STK_LOG_FAILURE);
    assert_int_equal(r.status, STK_SLOT_FAULT);
    assert_int_equal(r.args[3], STK_REASON_OPCODE);
    assert_int_equal(r.opcode, STK_OP_BATCH_FENCE);
}

static void fence_whose_status_is_none_is_refused(void **state) {
    (void)state;
    recorded();
    w.device.stuck = true;
    assert_int_equal(stk_stream_epoch(&w.stream, 9, 0), STK_E_TIMEOUT);
    stk_store(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS], 8);
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_SLOT_FAULT);
    assert_int_equal(stk_load(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS]), STK_SLOT_EMPTY);
    w.device.stuck = false;
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_OK);
}

static void slot_that_is_not_free_keeps_the_fence_out(void **state) {
    (void)state;
    recorded();
    /* another party has stored this status */
    stk_store(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS], STK_SLOT_WAIT_IO);
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_E_STATUS);
    stk_store(&STK_SLOT_AT(w.ring, FIRST_SLOT)[STK_SLOT_STATUS], STK_SLOT_EMPTY);
    assert_int_equal(stk_stream_epoch(&w.stream, 9, MS), STK_OK);
}

/// Epochs by themselves ///

static void stream_ends_an_epoch_after_so_many_chunks(void **state) {
    uint32_t seed, i, in_epoch, epochs;
    (void)state;
    for (seed = 0; seed < 20; seed++) {
        const struct stk_sim_ingest_config ingest = {
            .depth = 1 + seed % 9, .sources = 4, .delay = seed % 3, .seed = seed};
        const struct stk_sim_dispatch_config device = {.per_drive = seed % 4, .delay = seed % 5, .seed = seed * 77u};
        struct stk_log_record r;
        parts(&ingest, &device);
        w.config.epoch_chunks = 1 + seed % 11;
        assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
        for (i = 0; i < 22; i++) {
            struct stk_stream_read read = read_at(i * 100u, 100, 0);
            while (stk_stream_read(&w.stream, &read) == STK_E_WOULD_BLOCK) {
                assert_true(stk_stream_poll(&w.stream, MS) >= 0);
            }
        }
        for (i = 0; i < 100 && stk_stream_drain(&w.stream, MS) == STK_E_TIMEOUT; i++) {
            /* a reap that finds nothing takes all the time there is */
        }
        assert_int_equal(stk_stream_drain(&w.stream, MS), STK_OK);
        assert_int_equal(w.count, 22);
        epochs = 22 / w.config.epoch_chunks;
        assert_int_equal(stk_load(&w.control[STK_CTL_EPOCH]), epochs);
        assert_int_equal(fences, epochs);
        assert_int_equal(stk_load(&w.control[TAG_AT]), epochs * w.config.epoch_chunks);
        read_back();
        for (i = 0, in_epoch = 0; stk_log_next(&rig.iter, &r) == 1;) {
            in_epoch += r.kind == STK_LOG_PUBLISH && r.opcode == OP ? 1u : 0u;
            if (r.kind == STK_LOG_EPOCH) {
                assert_int_equal(in_epoch, w.config.epoch_chunks);
                assert_int_equal(r.epoch, ++i);
                in_epoch = 0;
            }
        }
        assert_int_equal(i, epochs);
    }
}

static void close_leaves_no_chunk_behind_a_fence(void **state) {
    uint32_t claimed;
    (void)state;
    for (claimed = 0; claimed < 2; claimed++) {
        parts(NULL, NULL);
        w.config.epoch_chunks = 3;
        assert_int_equal(stk_stream_init(&w.stream, &w.config, &w.arena), STK_OK);
        queue_some(DEPTH, 100);
        assert_int_equal(stk_stream_poll(&w.stream, 0), 3);
        w.device.idle = !claimed;
        w.device.stuck = claimed;
        assert_int_equal(stk_stream_poll(&w.stream, MS), 0);
        assert_int_equal(w.stream.fence, 1);
        w.device.idle = false;
        w.device.stuck = false;
        assert_int_equal(stk_stream_close(&w.stream, MS), STK_OK);
        assert_int_equal(w.count, DEPTH);
        assert_int_equal(result(3)->err, STK_E_CANCELED);
        assert_int_equal(stk_load(&STK_SLOT_AT(w.ring, FIRST_SLOT + 3u)[STK_SLOT_STATUS]),
                         claimed ? STK_SLOT_DONE : STK_SLOT_EMPTY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunk_is_recorded_as_input_and_publish),
        cmocka_unit_test(chunk_that_runs_again_is_published_again_on_the_same_input),
        cmocka_unit_test(the_callback_may_record_results),
        cmocka_unit_test(failures_are_recorded),
        cmocka_unit_test(late_slot_and_lost_device_are_recorded_once),
        cmocka_unit_test(error_of_the_log_stays_with_the_recorder_and_loses_no_chunk),
        cmocka_unit_test(publish_that_the_log_refuses_is_published_all_the_same),
        cmocka_unit_test(stream_wants_a_recorder_of_its_own_ring),
        cmocka_unit_test(epoch_waits_for_every_chunk_and_the_callback_sees_no_fence),
        cmocka_unit_test(epoch_without_a_recorder_is_a_fence),
        cmocka_unit_test(epoch_that_times_out_goes_on),
        cmocka_unit_test(fence_outlives_a_pause_of_the_process),
        cmocka_unit_test(late_fence_is_recorded),
        cmocka_unit_test(refused_fence_says_so_and_the_stream_goes_on),
        cmocka_unit_test(fence_whose_status_is_none_is_refused),
        cmocka_unit_test(slot_that_is_not_free_keeps_the_fence_out),
        cmocka_unit_test(stream_ends_an_epoch_after_so_many_chunks),
        cmocka_unit_test(close_leaves_no_chunk_behind_a_fence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
