/* Replay when something is wrong with the log, the input or a target; and the inputs themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "red_zone.h"
#include "replay_rig.h"

/// Inputs ///

static uint8_t source[64];
static int input_err;
static uint32_t inputs;

static int give_input(void *ctx, const struct stk_log_record *input, void *data, uint32_t bytes) {
    assert_ptr_equal(ctx, source);
    assert_int_equal(input->kind, STK_LOG_INPUT);
    inputs++;
    if (input_err == STK_OK) {
        assert_true(input->args[2] - input->tenant + bytes <= sizeof source);
        memcpy(data, source + input->args[2] - input->tenant, bytes);
    }
    return input_err;
}

static void record_input(uint32_t slot, uint32_t at, uint32_t from, uint32_t bytes) {
    const struct stk_record_input input = {
        .slot = slot, .offset = at, .bytes = bytes, .lead = 2, .label = 5, .position = from + 2u};
    memcpy(boxes[0].payload + at, source + from, bytes);
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_OK);
}

static void fresh_source(void) {
    uint32_t i;
    for (i = 0; i < sizeof source; i++) {
        source[i] = (uint8_t)(i * 7u);
    }
    input_err = STK_OK;
    inputs = 0;
}

static int replay_input(uint32_t n) {
    (void)box_fresh(1);
    (void)box_fresh(2);
    targets(n);
    rig_config.input = give_input;
    rig_config.input_ctx = source;
    return replay();
}

static void input_comes_before_its_slot_and_after_the_one_before(void **state) {
    uint32_t n, i;
    (void)state;
    fresh_source();
    record();
    for (i = 0; i < 4; i++) {
        record_input(2, 32, i * 10u, 20);
        put2(2, OP_SUM, 32, 20);
        run_box();
    }
    record_input(STK_RECORD_NO_SLOT, 0, 0, 10);
    end_epoch(1);
    for (n = 1; n <= 2; n++) {
        inputs = 0;
        assert_int_equal(replay_input(n), STK_REPLAY_SAME);
        assert_int_equal(inputs, 5);
        assert_memory_equal(boxes[1].payload, boxes[0].payload, RIG_PAYLOAD);
        assert_int_equal(STK_SLOT_AT(boxes[1].ring, 2)[STK_SLOT_ARG0 + STK_RESULT_ARG],
                         STK_SLOT_AT(boxes[0].ring, 2)[STK_SLOT_ARG0 + STK_RESULT_ARG]);
    }
    assert_memory_equal(boxes[2].payload, boxes[0].payload, RIG_PAYLOAD);
}

static void input_that_is_not_what_was_recorded_is_found(void **state) {
    (void)state;
    fresh_source();
    record();
    record_input(2, 32, 0, 20);
    source[19] ^= 1u;
    assert_int_equal(replay_input(2), STK_E_CORRUPT);
    assert_int_equal(rig_report.err, STK_E_CORRUPT);
    assert_int_equal(rig_report.record.kind, STK_LOG_INPUT);
    fresh_source();
    input_err = STK_E_NOENT;
    assert_int_equal(replay_input(2), STK_E_NOENT);
    assert_int_equal(replay_on(1), STK_E_MISSING);
    fresh_source();
    record();
    rig.recorder.config.no_input_digest = true;
    record_input(2, 32, 0, 20);
    source[19] ^= 1u;
    assert_int_equal(replay_input(1), STK_REPLAY_SAME); /* on trust */
}

static struct {
    uint32_t calls, first, bytes;
    uint64_t timeout_ns;
    int says;
} changes;

static int note_change(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns) {
    const struct stk_interp *interp = ctx;
    changes.calls++;
    changes.first = first;
    changes.bytes = bytes;
    changes.timeout_ns = timeout_ns;
    assert_int_equal(interp->memory.tables[first + 1u], 0); /* not written yet */
    return changes.says;
}

/* The port of each target is asked before its tables change. */
static void input_for_the_tables_goes_there(void **state) {
    const struct stk_record_input input = {.slot = STK_RECORD_NO_SLOT,
                                           .offset = 64,
                                           .bytes = 20,
                                           .label = STK_RECORD_TABLES,
                                           .position = 5,
                                           .to_tables = true};
    struct stk_dispatch_ops noting = stk_interp_ops;
    (void)state;
    noting.change_tables = note_change;
    fresh_source();
    record();
    memcpy(boxes[0].memory.tables + 64, source + 5, 20);
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_OK);
    put2(1, OP_ADD, 1, 1);
    end_epoch(1);
    for (uint32_t n = 1; n <= 2; n++) {
        assert_int_equal(replay_input(n), STK_REPLAY_SAME); /* without the optional call */
        for (uint32_t i = 1; i <= n; i++) {
            assert_memory_equal(boxes[i].memory.tables + 64, source + 5, 20);
            assert_int_equal(boxes[i].payload[65], 0);
        }
    }
    for (int says = STK_OK; says >= STK_E_TIMEOUT; says += STK_E_TIMEOUT) {
        memset(&changes, 0, sizeof changes);
        changes.says = says;
        (void)box_fresh(1);
        (void)box_fresh(2);
        targets(2);
        rig_config.target[0].dispatch.ops = rig_config.target[1].dispatch.ops = &noting;
        rig_config.input = give_input;
        rig_config.input_ctx = source;
        rig_config.slot_timeout_ns = 1234;
        assert_int_equal(replay(), says == STK_OK ? (int)STK_REPLAY_SAME : says);
        assert_int_equal(changes.calls, says == STK_OK ? 2 : 1);
        assert_true(changes.first == 64u && changes.bytes == 20u && changes.timeout_ns == 1234u);
        assert_int_equal(boxes[1].memory.tables[65], says == STK_OK ? source[6] : 0);
    }
    assert_int_equal(rig_report.target, 0);
}

static void difference_before_an_input_ends_the_replay_there(void **state) {
    (void)state;
    fresh_source();
    record();
    put2(2, OP_REFUSE, 1, 0);
    record_input(2, 32, 0, 20);
    assert_int_equal(replay_input(1), STK_REPLAY_DIFFERS);
    assert_int_equal(inputs, 0);
}

/// Records ///

/* Replays a recording that has one published slot and `record` behind it. Returns the result of the replay. */
static int replay_record(const struct stk_log_record *record_) {
    record();
    put2(3, OP_ADD, 1, 1);
    rig_append(record_);
    return replay_on(1);
}

static void records_that_make_no_sense_are_named(void **state) {
    static const struct {
        struct stk_log_record record;
        int err;
    } cases[] = {
        {{.kind = 7}, STK_E_UNSUPPORTED},
        {{.kind = STK_LOG_RESULT, .slot = RIG_SLOTS}, STK_E_RANGE},
        {{.kind = STK_LOG_RESULT, .slot = 1}, STK_E_CORRUPT},
        {{.kind = STK_LOG_PUBLISH, .slot = RIG_SLOTS, .opcode = 8}, STK_E_RANGE},
        {{.kind = STK_LOG_PUBLISH, .slot = 1, .opcode = STK_OP_LOAD_MISS}, STK_E_OPCODE},
        {{.kind = STK_LOG_PUBLISH, .slot = 1, .opcode = 8, .error = STK_WIRE_PRIORITY_IDLE + 1}, STK_E_CORRUPT},
        {{.kind = STK_LOG_MORE, .slot = 2, .error = 4}, STK_E_CORRUPT},
        {{.kind = STK_LOG_MORE, .slot = 3, .error = 3}, STK_E_CORRUPT},
        {{.kind = STK_LOG_MORE, .slot = 3, .error = 9}, STK_E_CORRUPT},
        {{.kind = STK_LOG_MORE, .slot = 3, .error = -1}, STK_E_CORRUPT},
        {{.kind = STK_LOG_FAILURE, .slot = RIG_SLOTS, .status = STK_SLOT_FAULT}, STK_E_RANGE},
        {{.kind = STK_LOG_FAILURE, .slot = 1, .status = STK_SLOT_FAULT}, STK_E_CORRUPT},
        {{.kind = STK_LOG_INPUT, .slot = RIG_SLOTS}, STK_E_RANGE},
        {{.kind = STK_LOG_INPUT, .slot = 1, .args = {RIG_PAYLOAD + 1u, 0}}, STK_E_RANGE},
        {{.kind = STK_LOG_INPUT, .slot = 1, .args = {RIG_PAYLOAD - 4u, 5}}, STK_E_RANGE},
        {{.kind = STK_LOG_INPUT, .slot = 1, .args = {0, 1}}, STK_E_MISSING},
        {{.kind = STK_LOG_INPUT, .slot = 1, .status = 1, .args = {RIG_TABLES + 1u, 0}}, STK_E_RANGE},
        {{.kind = STK_LOG_INPUT, .slot = 1, .status = 1, .args = {RIG_TABLES - 4u, 5}}, STK_E_RANGE},
        {{.kind = STK_LOG_INPUT, .slot = 1, .status = 1, .args = {0, 1}}, STK_E_MISSING},
        {{.kind = STK_LOG_INPUT, .slot = 1, .status = 2}, STK_E_CORRUPT},
        {{.kind = STK_LOG_EPOCH, .args = {160, RIG_OBSERVABLES + 1u}}, STK_E_CORRUPT},
        {{.kind = STK_LOG_EPOCH, .args = {160, RIG_OBSERVABLES, 0, 1}}, STK_E_CORRUPT},
        {{.kind = STK_LOG_START, .opcode = STK_RECORDER_VERSION + 1u}, STK_E_UNSUPPORTED},
        {{.kind = STK_LOG_START, .opcode = STK_RECORDER_VERSION, .args = {0, 200}}, STK_E_CORRUPT},
        {{.kind = STK_LOG_START, .opcode = STK_RECORDER_VERSION, .args = {8, 159}}, STK_E_CORRUPT},
        {{.kind = STK_LOG_START, .opcode = STK_RECORDER_VERSION, .args = {MASK, 200}}, STK_E_CORRUPT},
    };
    const struct stk_log_record untold = {.kind = STK_LOG_EPOCH, .args = {160, RIG_OBSERVABLES}};
    /* The replay takes an input of 0 bytes without a call of the caller's input function. The input needs no memory, so
     * its offset may be the end of the payload. */
    const struct stk_log_record none = {.kind = STK_LOG_INPUT, .slot = 1, .args = {RIG_PAYLOAD, 0}};
    const struct stk_log_record no_table = {.kind = STK_LOG_INPUT, .slot = 1, .status = 1, .args = {RIG_TABLES, 0}};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(replay_record(&cases[i].record), cases[i].err);
        assert_int_equal(rig_report.err, cases[i].err);
        /* Work that cannot be published is found with the record after it, or at the end. */
        assert_true(rig_report.record.sequence == 2u || cases[i].err == STK_E_OPCODE);
    }
    assert_int_equal(replay_record(&untold), STK_REPLAY_SAME);
    assert_int_equal(replay_record(&none), STK_REPLAY_SAME);
    assert_int_equal(replay_record(&no_table), STK_REPLAY_SAME);
}

static void missing_records_end_the_replay(void **state) {
    uint32_t i;
    (void)state;
    record();
    for (i = 0; i < 6; i++) {
        put2(0, OP_ADD, 1, 1);
        run_box();
    }
    /* A bit of the third record, behind the block's header. */
    rig.flash[RIG_BLOCK_BYTES * rig.log.block + 3u * STK_LOG_CELL_BYTES + 9u] ^= 4u;
    assert_int_equal(replay_on(2), STK_E_CORRUPT);
    assert_int_equal(rig_report.record.sequence, 3);
}

static void recording_that_goes_on_after_a_mount_without_a_start_is_refused(void **state) {
    const struct stk_log_config config = {{&rig_ops, NULL}, rig.buffer, sizeof rig.buffer};
    (void)state;
    record();
    put2(0, OP_ADD, 1, 1);
    run_box();
    assert_int_equal(stk_log_mount(&rig.log, &config), STK_OK);
    put2(0, OP_ADD, 1, 1);
    assert_int_equal(replay_on(2), STK_E_CORRUPT);
    assert_int_equal(rig_report.record.kind, STK_LOG_PUBLISH);
    record();
    put2(0, OP_ADD, 1, 1);
    assert_int_equal(stk_log_mount(&rig.log, &config), STK_OK);
    assert_int_equal(stk_recorder_start(&rig.recorder, &boxes[0].memory), STK_OK);
    assert_int_equal(replay_on(2), STK_REPLAY_RESTART);
}

static void difference_is_found_before_the_next_start_and_at_the_end(void **state) {
    (void)state;
    record();
    put2(1, OP_ODD, 1, 0);
    assert_int_equal(stk_recorder_start(&rig.recorder, &boxes[0].memory), STK_OK);
    (void)box_fresh(1);
    (void)box_fresh(2);
    boxes[1].debug[0] = 1;
    targets(2);
    assert_int_equal(replay(), STK_REPLAY_DIFFERS);
    assert_int_equal(rig_report.what, STK_REPLAY_RESULT);
    record();
    put2(1, OP_ODD, 1, 0);
    end_epoch(1);
    (void)box_fresh(1);
    (void)box_fresh(2);
    boxes[1].debug[0] = 1;
    assert_int_equal(replay(), STK_REPLAY_DIFFERS);
}

static void reader_errors_come_out(void **state) {
    struct stk_replay_shape shape;
    uint32_t skipped;
    (void)state;
    record();
    put2(1, OP_ADD, 1, 0);
    (void)box_fresh(1);
    targets(1);
    assert_int_equal(stk_replay_find(rig_walk(), &shape, &skipped), 1);
    assert_int_equal(stk_replay_init(&rig_replay, &rig_config, &shape, rig_fresh_arena(), NULL), STK_OK);
    rig.iter.erases--; /* as if the log had erased a block meanwhile */
    assert_int_equal(stk_replay_run(&rig_replay, &rig.iter, &rig_report), STK_E_STALE);
    assert_int_equal(rig_report.records, 0);
    rig_walk();
    rig.iter.erases--;
    assert_int_equal(stk_replay_find(&rig.iter, &shape, &skipped), STK_E_STALE);
}

static void log_that_lost_its_start_says_so(void **state) {
    struct stk_replay_shape shape;
    uint32_t skipped = 0, i;
    (void)state;
    rig_open(3);
    (void)box_fresh(0);
    assert_int_equal(stk_recorder_start(&rig.recorder, &boxes[0].memory), STK_OK);
    for (i = 0; i < 100; i++) {
        put2(0, OP_ADD, 1, 1);
        run_box();
    }
    assert_int_equal(stk_replay_find(rig_walk(), &shape, &skipped), 0);
    assert_true(skipped > 10 && skipped < 100);
    /* A second recording in the same log is found behind the rest of the first. */
    assert_int_equal(stk_recorder_start(&rig.recorder, &boxes[0].memory), STK_OK);
    assert_int_equal(stk_replay_find(rig_walk(), &shape, &skipped), 1);
    assert_true(skipped > 0);
    assert_int_equal(shape.sequence, 101);
    assert_int_equal(shape.slots, RIG_SLOTS);
    assert_int_equal(shape.observables, RIG_OBSERVABLES);
    assert_int_equal(shape.payload_bytes, RIG_PAYLOAD);
    assert_int_equal(shape.table_bytes, RIG_TABLES);
    assert_int_equal(shape.debug_records, 2);
    assert_int_equal(shape.io_slots, 0);
    assert_int_equal(shape.tenants, 1);
}

/// Targets ///

static struct stuck {
    uint32_t drives;
    int err;
} stuck;

static int stuck_drive(void *ctx, bool pending) {
    struct stuck *s = ctx;
    assert_true(pending);
    s->drives++;
    return s->err;
}

static const struct stk_dispatch_ops stuck_ops = {.name = "stuck", .drive = stuck_drive};

static int replay_stuck(uint32_t target, int err) {
    (void)box_fresh(1);
    (void)box_fresh(2);
    targets(2);
    stuck = (struct stuck){0, err};
    rig_config.target[target].dispatch.ops = &stuck_ops;
    rig_config.target[target].dispatch.ctx = &stuck;
    rig_config.slot_timeout_ns = 1000000;
    return replay();
}

/* Stops the process in the first drives, in which the target makes no progress. */
static int stopped_drive(void *ctx, bool pending) {
    if (stuck.drives++ < 5u) {
        rig.clock.now += UINT64_C(3600000000000);
        return 0;
    }
    return stk_interp_ops.drive(ctx, pending);
}

static void slot_outlives_pauses_of_the_process(void **state) {
    static const struct stk_dispatch_ops stopped_ops = {.name = "stopped", .drive = stopped_drive};
    (void)state;
    record();
    put2(3, OP_ADD, 1, 1);
    end_epoch(1);
    (void)box_fresh(1);
    (void)box_fresh(2);
    targets(2);
    stuck = (struct stuck){0, 0};
    rig_config.target[1].dispatch.ops = &stopped_ops;
    rig_config.slot_timeout_ns = 1000000;
    assert_int_equal(replay(), STK_REPLAY_SAME);
    assert_true(stuck.drives > 5u);
}

static void target_that_does_not_work_is_named(void **state) {
    uint32_t t;
    (void)state;
    record();
    put2(3, OP_ADD, 1, 1);
    end_epoch(1);
    for (t = 0; t < 2; t++) {
        assert_int_equal(replay_stuck(t, 0), STK_E_TIMEOUT);
        assert_int_equal(rig_report.target, t);
        assert_int_equal(rig_report.slot, 3);
        assert_true(stuck.drives > 2);
        assert_int_equal(replay_stuck(t, 1), STK_E_TIMEOUT); /* the drive reports work, but not for this slot */
        assert_int_equal(replay_stuck(t, STK_E_DEVICE), STK_E_DEVICE);
        assert_int_equal(rig_report.target, t);
        assert_int_equal(rig_report.err, STK_E_DEVICE);
    }
}

static int broken_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    (void)timeout_ns;
    return STK_E_DEVICE;
}

static void failing_wait_comes_out(void **state) {
    struct stk_platform_ops ops = stk_sim_platform_ops;
    (void)state;
    record();
    put2(3, OP_ADD, 1, 1);
    (void)box_fresh(1);
    targets(1);
    ops.wait = broken_wait;
    rig_config.platform.ops = &ops;
    rig_config.target[0].dispatch.ops = &stuck_ops;
    rig_config.target[0].dispatch.ctx = &stuck;
    stuck.err = 0;
    assert_int_equal(replay(), STK_E_DEVICE);
}

/* A drive that ends the slot only at its third call, while the replay waits for the slot. */
static int late_drive(void *ctx, bool pending) {
    (void)ctx;
    (void)pending;
    return stuck.drives++ < 2 ? 0 : stk_interp_ops.drive(&boxes[1].interp, true);
}

static void device_works_on(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    (void)word;
    (void)seen;
    (void)timeout_ns;
    (void)stk_interp_ops.drive(&boxes[1].interp, true);
}

static void slot_that_ends_during_a_wait_is_seen(void **state) {
    static const struct stk_dispatch_ops late = {.name = "late", .drive = late_drive};
    (void)state;
    record();
    put2(3, OP_ADD, 1, 1);
    end_epoch(1);
    (void)box_fresh(1);
    targets(1);
    stuck.drives = 0;
    rig_config.target[0].dispatch.ops = &late;
    assert_int_equal(replay(), STK_REPLAY_SAME);
    (void)box_fresh(1);
    stuck.drives = 0;
    stuck.err = 0;
    rig_config.target[0].dispatch.ops = &stuck_ops;
    rig_config.target[0].dispatch.ctx = &stuck;
    rig.clock.hook = device_works_on;
    assert_int_equal(replay(), STK_REPLAY_SAME);
}

/// Init ///

static int init(struct stk_error_info *info) {
    return stk_replay_init(&rig_replay, &rig_config, &rig_shape, rig_fresh_arena(), info);
}

static void init_checks_every_relation(void **state) {
    const struct stk_dispatch_ops no_drive = {.name = "none"};
    const struct stk_platform_ops no_clock = {.wait = broken_wait};
    struct stk_platform_ops no_wait = stk_sim_platform_ops;
    struct stk_error_info info = {0, 0, 0};
    struct stk_replay_config good;
    struct stk_replay_shape shape;
    uint32_t t;
    (void)state;
    record();
    assert_int_equal(replay_on(2), STK_REPLAY_SAME);
    good = rig_config;
    shape = rig_shape;
    no_wait.wait = NULL;
#define REFUSED(change, want)                                                                                          \
    do {                                                                                                               \
        rig_config = good;                                                                                             \
        rig_shape = shape;                                                                                             \
        change;                                                                                                        \
        assert_int_equal(init(&info), want);                                                                           \
        assert_int_equal(init(NULL), want);                                                                            \
        assert_int_equal(info.err, want);                                                                              \
    } while (0)
    REFUSED(rig_config.targets = 0, STK_E_ARG);
    REFUSED(rig_config.targets = 3, STK_E_ARG);
    REFUSED(rig_config.platform.ops = NULL, STK_E_ARG);
    REFUSED(rig_config.platform.ops = &no_clock, STK_E_ARG);
    REFUSED(rig_config.platform.ops = &no_wait, STK_E_ARG);
    for (t = 0; t < 2; t++) {
        struct stk_replay_target *target = &rig_config.target[t];
        REFUSED(target->dispatch.ops = NULL, STK_E_ARG);
        assert_int_equal(info.index, t);
        REFUSED(target->dispatch.ops = &no_drive, STK_E_ARG);
        REFUSED(target->memory.ring = NULL, STK_E_ARG);
        REFUSED(target->memory.control = NULL, STK_E_ARG);
        REFUSED(target->memory.payload = NULL, STK_E_ARG);
        REFUSED(target->memory.slots++, STK_E_RANGE);
        REFUSED(target->memory.control_words--, STK_E_RANGE);
        REFUSED(target->memory.payload_bytes--, STK_E_RANGE);
        REFUSED(target->memory.tables = NULL, STK_E_ARG);
        REFUSED(target->memory.table_bytes--, STK_E_RANGE);
    }
    REFUSED(rig_shape.digest ^= 2u, STK_E_STATUS);
    rig_config = good;
    rig_shape = shape;
    rig_shape.digest = 0; /* not told */
    rig_shape.payload_bytes = 0;
    rig_config.target[1].memory.payload = NULL;
    assert_int_equal(init(&info), STK_OK);
    assert_int_equal(stk_replay_init(&rig_replay, &good, &shape, NULL, &info), STK_E_ARG);
}

static void tenants_of_the_recording_are_authorised(void **state) {
    (void)state;
    record();
    assert_int_equal(replay_on(2), STK_REPLAY_SAME);
    boxes[1].control[STK_CTL_TENANT_MASK] = 0;
    rig_shape.tenants = 0x10000005u;
    assert_int_equal(init(NULL), STK_OK);
    assert_int_equal(boxes[1].control[STK_CTL_TENANT_MASK], MASK);
    assert_int_equal(boxes[1].control[STK_CTL_TENANT_MASK + 1u], 0);
    assert_int_equal(boxes[2].control[STK_CTL_TENANT_MASK + 2u], MASK);
    assert_int_equal(boxes[2].control[STK_CTL_TENANT_MASK + 28u], MASK);
}

static void scratch_is_used_as_far_as_its_size_says(void **state) {
    struct stk_error_info info = {0, 0, 0};
    size_t bytes = 0;
    uint8_t *memory;
    (void)state;
    record();
    put2(RIG_SLOTS - 1u, OP_ADD, 1, 0);
    assert_int_equal(replay_on(2), STK_REPLAY_SAME);
    assert_int_equal(stk_replay_bytes(RIG_SLOTS, &bytes), STK_OK);
    assert_int_equal(bytes, STK_REPLAY_BYTES(RIG_SLOTS));
    assert_int_equal(stk_replay_bytes(STK_RING_SLOTS_INIT_MAX + 1u, &bytes), STK_E_OVERFLOW);
    (void)box_fresh(1);
    (void)box_fresh(2);
    memory = zone_paint();
    stk_arena_init(&rig_arena, memory, bytes - 1u);
    assert_int_equal(stk_replay_init(&rig_replay, &rig_config, &rig_shape, &rig_arena, &info), STK_E_SPACE);
    assert_int_equal(info.value, bytes);
    assert_true(zone_intact(0));
    assert_int_equal(stk_replay_find(rig_walk(), &rig_shape, &rig_report.target), 1);
    stk_arena_init(&rig_arena, memory, bytes);
    assert_int_equal(stk_replay_init(&rig_replay, &rig_config, &rig_shape, &rig_arena, &info), STK_OK);
    assert_int_equal(stk_replay_run(&rig_replay, &rig.iter, &rig_report), STK_REPLAY_SAME);
    assert_int_equal(zone_used(), bytes);
    assert_true(zone_intact(bytes));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_comes_before_its_slot_and_after_the_one_before),
        cmocka_unit_test(input_that_is_not_what_was_recorded_is_found),
        cmocka_unit_test(input_for_the_tables_goes_there),
        cmocka_unit_test(difference_before_an_input_ends_the_replay_there),
        cmocka_unit_test(records_that_make_no_sense_are_named),
        cmocka_unit_test(missing_records_end_the_replay),
        cmocka_unit_test(recording_that_goes_on_after_a_mount_without_a_start_is_refused),
        cmocka_unit_test(difference_is_found_before_the_next_start_and_at_the_end),
        cmocka_unit_test(reader_errors_come_out),
        cmocka_unit_test(log_that_lost_its_start_says_so),
        cmocka_unit_test(slot_outlives_pauses_of_the_process),
        cmocka_unit_test(target_that_does_not_work_is_named),
        cmocka_unit_test(failing_wait_comes_out),
        cmocka_unit_test(slot_that_ends_during_a_wait_is_seen),
        cmocka_unit_test(init_checks_every_relation),
        cmocka_unit_test(tenants_of_the_recording_are_authorised),
        cmocka_unit_test(scratch_is_used_as_far_as_its_size_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
