/* The recorder: which event becomes which record, and what becomes of one that the log refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "log_rig.h"
#include "stoker/blake3.h"
#include "stoker/control.h"

static struct stk_blake3 hasher;

#define SLOTS       8u
#define OBSERVABLES 6u
#define PAYLOAD     256u

static _Alignas(64) uint32_t ring_words[SLOTS * STK_SLOT_WORDS];
static _Alignas(64) uint32_t control_words[STK_CTL_WORDS_MIN + OBSERVABLES];
static _Alignas(64) uint32_t debug_words[STK_DEBUG_RECORDS_WORD + 5u * STK_DEBUG_RECORD_WORDS];
static _Alignas(64) uint8_t payload[PAYLOAD], tables[PAYLOAD];
static struct stk_device_memory memory;

static void fresh(void) {
    struct stk_control control;
    rig_open(8);
    memset(ring_words, 0, sizeof ring_words);
    memset(payload, 0x5A, sizeof payload);
    memset(tables, 0x33, sizeof tables);
    assert_int_equal(stk_control_init(&control, control_words, sizeof control_words, 0, 3, OBSERVABLES), STK_OK);
    memory = (struct stk_device_memory){.ring = ring_words,
                                        .slots = SLOTS,
                                        .control = control_words,
                                        .control_words = STK_CTL_WORDS_MIN + OBSERVABLES,
                                        .debug = debug_words,
                                        .debug_words = STK_DEBUG_RECORDS_WORD + 5u * STK_DEBUG_RECORD_WORDS,
                                        .io_slots = 9,
                                        .payload = payload,
                                        .payload_bytes = PAYLOAD,
                                        .tables = tables,
                                        .table_bytes = sizeof tables};
}

static void started(void) {
    fresh();
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_OK);
}

/* Walks over what came after the START. */
static void read_back(void) {
    rig_walk();
    (void)rig_kind(STK_LOG_START);
}

static uint64_t digest_of(const void *data, size_t bytes) {
    uint8_t hash[STK_BLAKE3_OUT];
    uint64_t n = 0;
    uint32_t i;
    assert_int_equal(stk_blake3_hash(&hasher, data, bytes, hash), STK_OK);
    for (i = 0; i < 8; i++) {
        n |= (uint64_t)hash[i] << (8u * i);
    }
    return n;
}

static void digest_is_the_start_of_a_blake3_hash(void **state) {
    const uint8_t bytes[8] = {1, 0, 0, 0, 0xDD, 0xCC, 0xBB, 0xAA};
    uint32_t words[2];
    (void)state;
    memcpy(words, bytes, sizeof words);
    /* The hash of nothing begins with af 13 49 b9 f5 f9 a1 a6. */
    assert_true(stk_record_digest(&hasher, "", 0) == UINT64_C(0xa6a1f9f5b94913af));
    assert_true(stk_record_digest(&hasher, bytes, 8) == digest_of(bytes, 8));
    assert_true(stk_record_digest_words(&hasher, words, 2) == digest_of(bytes, 8));
    assert_true(stk_record_digest_words(&hasher, words, 0) == stk_record_digest(&hasher, "", 0));
}

static void start_tells_the_shape_of_the_instance(void **state) {
    struct stk_log_record r;
    (void)state;
    fresh();
    stk_store(&control_words[STK_CTL_EPOCH], 41);
    control_words[STK_CTL_TENANT_MASK + 1u] = 0;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_OK);
    rig_walk();
    r = rig_kind(STK_LOG_START);
    assert_int_equal(r.opcode, STK_RECORDER_VERSION);
    assert_int_equal(r.tenant, 5);
    assert_int_equal(r.args[0], SLOTS);
    assert_int_equal(r.args[1], STK_CTL_WORDS_MIN + OBSERVABLES);
    assert_int_equal(r.args[2], PAYLOAD);
    assert_int_equal(r.args[3], 5u << 8 | 9u);
    assert_int_equal(r.slot, sizeof tables);
    assert_int_equal(r.epoch, 41);
    assert_int_equal(r.timestamp_ns, 1000);
    assert_true(r.digest == digest_of(control_words + STK_CTL_OBSERVABLE, 4u * OBSERVABLES));
    rig_at_end();
}

static void start_of_an_instance_without_sides_tells_zeros(void **state) {
    struct stk_log_record r;
    (void)state;
    fresh();
    memory.debug = NULL;
    memory.io_slots = 0;
    memory.payload = NULL;
    memory.tables = NULL;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_OK);
    memory.debug = debug_words;
    memory.debug_words = 0;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_OK);
    rig_walk();
    r = rig_kind(STK_LOG_START);
    assert_int_equal(r.args[2], 0);
    assert_int_equal(r.args[3], 0);
    assert_int_equal(r.slot, 0);
    r = rig_kind(STK_LOG_START);
    assert_int_equal(r.args[3], 0);
}

static void start_refuses_what_is_no_instance(void **state) {
    struct stk_device_memory good;
    (void)state;
    fresh();
    good = memory;
    memory.ring = NULL;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_E_ARG);
    memory = good;
    memory.slots = 0;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_E_ARG);
    memory = good;
    memory.control = NULL;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_E_ARG);
    memory = good;
    memory.control_words = STK_CTL_WORDS_MIN - 1u;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_E_ARG);
    memory = good;
    memory.io_slots = 256;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_E_OVERFLOW);
    memory = good;
    memory.debug_words = UINT32_MAX;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_E_OVERFLOW);
    rig_walk();
    rig_at_end();
}

static void input_tells_place_source_and_digest(void **state) {
    const struct stk_record_input input = {
        .slot = 3, .offset = 64, .bytes = 100, .lead = 4, .label = 77, .position = UINT64_C(0x1234567890)};
    struct stk_log_record r;
    (void)state;
    started();
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_OK);
    rig.recorder.config.no_input_digest = true;
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_INPUT);
    assert_int_equal(r.slot, 3);
    assert_int_equal(r.tenant, 4);
    assert_int_equal(r.opcode, 77);
    assert_int_equal(r.args[0], 64);
    assert_int_equal(r.args[1], 100);
    assert_int_equal(r.args[2], 0x34567890u);
    assert_int_equal(r.args[3], 0x12);
    assert_true(r.digest == digest_of(payload + 64, 100));
    r = rig_kind(STK_LOG_INPUT);
    assert_true(r.digest == 0);
}

static void input_for_the_tables_says_so(void **state) {
    struct stk_record_input input = {.slot = 3, .offset = 64, .bytes = 100, .label = 77, .to_tables = true};
    struct stk_log_record r;
    (void)state;
    started();
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_INPUT);
    assert_int_equal(r.status, 1);
    assert_int_equal(r.args[0], 64);
    assert_true(r.digest == digest_of(tables + 64, 100));
    input.offset = sizeof tables - 99u;
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_E_RANGE);
    rig.recorder.memory.tables = NULL;
    input.bytes = 0;
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_E_RANGE);
}

static void input_that_leaves_the_payload_is_refused(void **state) {
    const struct stk_record_input beyond = {.offset = PAYLOAD + 1u}, long_one = {.offset = 200, .bytes = 57};
    const struct stk_record_input last = {.offset = PAYLOAD, .bytes = 0};
    (void)state;
    started();
    assert_int_equal(stk_recorder_input(&rig.recorder, &beyond), STK_E_RANGE);
    assert_int_equal(stk_recorder_input(&rig.recorder, &long_one), STK_E_RANGE);
    assert_int_equal(stk_recorder_input(&rig.recorder, &last), STK_OK);
    rig.recorder.memory.payload = NULL;
    assert_int_equal(stk_recorder_input(&rig.recorder, &last), STK_E_RANGE);
    assert_int_equal(rig.recorder.lost, 0);
}

static void publish_takes_as_many_records_as_its_arguments_need(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 12};
    const struct stk_work all = {0x20001u, 2, STK_PRIORITY_LOW, STK_SLOT_ARGS, args};
    const struct stk_work some = {0x20001u, 2, STK_PRIORITY_LOW, 6, args},
                          none = {0x20001u, 2, STK_PRIORITY_LOW, 0, NULL};
    struct stk_log_record r;
    uint32_t i;
    (void)state;
    started();
    assert_int_equal(stk_recorder_publish(&rig.recorder, 5, &all), STK_OK);
    assert_int_equal(stk_recorder_publish(&rig.recorder, 6, &some), STK_OK);
    assert_int_equal(stk_recorder_publish(&rig.recorder, 7, &none), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_PUBLISH);
    assert_int_equal(r.slot, 5);
    assert_int_equal(r.tenant, 2);
    assert_int_equal(r.opcode, 0x20001u);
    assert_int_equal(r.error, STK_WIRE_PRIORITY_LOW);
    for (i = 0; i < 4; i++) {
        assert_int_equal(r.args[i], i + 1u);
    }
    r = rig_kind(STK_LOG_MORE); /* 4 to 7 are zeros */
    assert_int_equal(r.slot, 5);
    assert_int_equal(r.error, 8);
    assert_int_equal(r.args[3], 12);
    r = rig_kind(STK_LOG_PUBLISH);
    assert_int_equal(r.slot, 6);
    r = rig_kind(STK_LOG_PUBLISH);
    assert_int_equal(r.slot, 7);
    assert_int_equal(r.args[0], 0);
    rig_at_end();
}

static void failure_tells_status_class_and_results(void **state) {
    const struct stk_record_failure failure = {.slot = 4,
                                               .tenant = 1,
                                               .opcode = 9,
                                               .status = STK_SLOT_FAULT,
                                               .err = STK_E_SLOT_FAULT,
                                               .results = {5, 6, 0x99, STK_REASON_PAYLOAD}};
    const uint8_t stored[16] = {5, 0, 0, 0, 6, 0, 0, 0, 0x99, 0, 0, 0, STK_REASON_PAYLOAD};
    struct stk_log_record r;
    (void)state;
    started();
    assert_int_equal(stk_recorder_failure(&rig.recorder, &failure), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_FAILURE);
    assert_int_equal(r.slot, 4);
    assert_int_equal(r.tenant, 1);
    assert_int_equal(r.opcode, 9);
    assert_int_equal(r.status, STK_SLOT_FAULT);
    assert_int_equal(r.failure, STK_FAILURE_PROGRAM_BUG);
    assert_int_equal(r.error, STK_E_SLOT_FAULT);
    assert_int_equal(r.args[2], 0x99);
    assert_int_equal(r.args[3], STK_REASON_PAYLOAD);
    assert_true(r.digest == digest_of(stored, sizeof stored));
}

static void result_tells_what_a_slot_computed(void **state) {
    const struct stk_record_result result = {.slot = 4, .tenant = 1, .opcode = 9, .results = {5, 6, 7, 8}};
    struct stk_log_record r;
    (void)state;
    started();
    assert_int_equal(stk_recorder_result(&rig.recorder, &result), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_RESULT);
    assert_int_equal(r.slot, 4);
    assert_int_equal(r.tenant, 1);
    assert_int_equal(r.opcode, 9);
    assert_int_equal(r.status, STK_SLOT_DONE);
    assert_memory_equal(r.args, result.results, sizeof r.args);
    assert_true(r.digest == 0);
}

static void classes_follow_the_error(void **state) {
    (void)state;
    assert_int_equal(stk_record_class(STK_E_DEVICE, 0), STK_FAILURE_DEVICE_LOSS);
    assert_int_equal(stk_record_class(STK_E_SLOT_FAULT, STK_REASON_INDEX), STK_FAILURE_PROGRAM_BUG);
    assert_int_equal(stk_record_class(STK_E_SLOT_FAULT, STK_REASON_IO), STK_FAILURE_TRANSIENT_QUEUE);
    assert_int_equal(stk_record_class(STK_E_IO, 0), STK_FAILURE_TRANSIENT_QUEUE);
    assert_int_equal(stk_record_class(STK_E_SHORT, 0), STK_FAILURE_TRANSIENT_QUEUE);
    assert_int_equal(stk_record_class(STK_E_CANCELED, 0), STK_FAILURE_NONE);
    assert_int_equal(stk_record_class(STK_E_TIMEOUT, 0), STK_FAILURE_UNCLASSIFIED);
}

static void epoch_tells_its_number_and_the_digest(void **state) {
    const struct stk_work work = {.opcode = 8};
    struct stk_log_record r;
    uint32_t syncs;
    (void)state;
    started();
    syncs = rig.syncs;
    stk_store(&control_words[STK_CTL_EPOCH], 1);
    stk_store(&control_words[STK_CTL_OBSERVABLE + 2u], 1234);
    assert_int_equal(stk_recorder_epoch(&rig.recorder, 99), STK_OK);
    assert_int_equal(rig.syncs, syncs + 1u);
    assert_int_equal(stk_recorder_publish(&rig.recorder, 0, &work), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_EPOCH);
    assert_int_equal(r.epoch, 1);
    assert_int_equal(r.args[0], STK_CTL_OBSERVABLE);
    assert_int_equal(r.args[1], OBSERVABLES);
    assert_int_equal(r.args[2], 99);
    assert_int_equal(r.args[3], 0);
    assert_true(r.digest == digest_of(control_words + STK_CTL_OBSERVABLE, 4u * OBSERVABLES));
    r = rig_kind(STK_LOG_PUBLISH);
    assert_int_equal(r.epoch, 1);
}

static void nothing_is_recorded_before_the_start(void **state) {
    const struct stk_work work = {.opcode = 8};
    const struct stk_record_input input = {.bytes = 1};
    const struct stk_record_failure failure = {.err = STK_E_IO};
    const struct stk_record_result result = {.slot = 1};
    (void)state;
    fresh();
    assert_int_equal(stk_recorder_result(&rig.recorder, &result), STK_E_SHUTDOWN);
    assert_int_equal(stk_recorder_publish(&rig.recorder, 0, &work), STK_E_SHUTDOWN);
    assert_int_equal(stk_recorder_input(&rig.recorder, &input), STK_E_SHUTDOWN);
    assert_int_equal(stk_recorder_failure(&rig.recorder, &failure), STK_E_SHUTDOWN);
    assert_int_equal(stk_recorder_epoch(&rig.recorder, 0), STK_E_SHUTDOWN);
    rig_walk();
    rig_at_end();
}

static void init_wants_log_and_clock(void **state) {
    struct stk_recorder_config config = {.log = &rig.log, .platform = {&stk_sim_platform_ops, NULL}};
    const struct stk_platform_ops no_clock = {.name = "none"};
    struct stk_recorder r;
    (void)state;
    config.log = NULL;
    assert_int_equal(stk_recorder_init(&r, &config), STK_E_ARG);
    config.log = &rig.log;
    config.platform.ops = NULL;
    assert_int_equal(stk_recorder_init(&r, &config), STK_E_ARG);
    config.platform.ops = &no_clock;
    assert_int_equal(stk_recorder_init(&r, &config), STK_E_ARG);
}

static void refused_record_is_a_hole_that_every_epoch_tells(void **state) {
    const struct stk_work odd = {.opcode = 8, .priority = 40000}; /* more than a record holds */
    const struct stk_work none = {.opcode = 8, .priority = STK_PRIORITY_IDLE + 1};
    struct stk_log_record r;
    (void)state;
    started();
    assert_int_equal(stk_recorder_publish(&rig.recorder, 0, &odd), STK_E_RANGE);
    assert_int_equal(rig.recorder.lost, 1);
    rig.recorder.lost = 0;
    assert_int_equal(stk_recorder_publish(&rig.recorder, 0, &none), STK_E_RANGE);
    assert_int_equal(rig.recorder.lost, 1);
    assert_int_equal(stk_recorder_epoch(&rig.recorder, 0), STK_OK);
    read_back();
    r = rig_kind(STK_LOG_EPOCH);
    assert_int_equal(r.args[3], 1);
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_OK);
    assert_int_equal(rig.recorder.lost, 0);
}

static void failing_medium_is_not_kept_quiet(void **state) {
    const struct stk_work work = {.opcode = 8};
    int err = STK_OK;
    uint32_t i;
    (void)state;
    started();
    rig.fail_sync = 1;
    assert_int_equal(stk_recorder_epoch(&rig.recorder, 0), STK_E_IO);
    rig.fail_sync = 0;
    rig.fail = 1;
    for (i = 0; i < 3 && err == STK_OK; i++) {
        err = stk_recorder_publish(&rig.recorder, 0, &work);
    }
    assert_int_equal(err, STK_E_IO);
    fresh();
    rig.fail = 1;
    assert_int_equal(stk_recorder_start(&rig.recorder, &memory), STK_E_IO);
    rig.fail = 0;
    assert_int_equal(stk_recorder_publish(&rig.recorder, 0, &work), STK_E_SHUTDOWN);
}

static void poll_erases_ahead_of_need(void **state) {
    const struct stk_work work = {.opcode = 8};
    uint32_t i, erases;
    (void)state;
    started();
    for (i = 0; i < 200; i++) {
        assert_int_equal(stk_recorder_poll(&rig.recorder), STK_OK);
        erases = rig.erases;
        assert_int_equal(stk_recorder_publish(&rig.recorder, 0, &work), STK_OK);
        assert_int_equal(rig.erases, erases);
    }
    rig.fail = 1;
    for (i = 0; i < 40 && stk_recorder_poll(&rig.recorder) == STK_OK; i++) {
        rig.fail = 0;
        assert_int_equal(stk_recorder_publish(&rig.recorder, 0, &work), STK_OK);
        rig.fail = 1;
    }
    assert_true(i < 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_is_the_start_of_a_blake3_hash),
        cmocka_unit_test(start_tells_the_shape_of_the_instance),
        cmocka_unit_test(start_of_an_instance_without_sides_tells_zeros),
        cmocka_unit_test(start_refuses_what_is_no_instance),
        cmocka_unit_test(input_tells_place_source_and_digest),
        cmocka_unit_test(input_for_the_tables_says_so),
        cmocka_unit_test(input_that_leaves_the_payload_is_refused),
        cmocka_unit_test(publish_takes_as_many_records_as_its_arguments_need),
        cmocka_unit_test(failure_tells_status_class_and_results),
        cmocka_unit_test(result_tells_what_a_slot_computed),
        cmocka_unit_test(classes_follow_the_error),
        cmocka_unit_test(epoch_tells_its_number_and_the_digest),
        cmocka_unit_test(nothing_is_recorded_before_the_start),
        cmocka_unit_test(init_wants_log_and_clock),
        cmocka_unit_test(refused_record_is_a_hole_that_every_epoch_tells),
        cmocka_unit_test(failing_medium_is_not_kept_quiet),
        cmocka_unit_test(poll_erases_ahead_of_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
