/* Replay over the interpreter: what is the same, what differs first, and in which epoch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "replay_rig.h"

static struct stk_blake3 hasher;

/* Three epochs of six slots each that update an observable by `opcode`. */
static void record_updates(uint32_t opcode) {
    uint32_t e, i;
    record();
    for (e = 1; e <= 3; e++) {
        for (i = 0; i < 6; i++) {
            put2(i, opcode, e * 100u + i, 2);
        }
        end_epoch(e);
    }
}

static void assert_report(enum stk_replay_what what, uint32_t epoch, uint32_t word, uint64_t a, uint64_t b) {
    assert_int_equal(rig_report.what, what);
    assert_int_equal(rig_report.epoch, epoch);
    assert_int_equal(rig_report.word, word);
    assert_true(rig_report.value[0] == a && rig_report.value[1] == b);
    assert_int_equal(rig_report.err, STK_OK);
}

static void same_handlers_in_the_same_order_do_not_differ(void **state) {
    uint32_t n;
    (void)state;
    record_updates(OP_ORDER);
    for (n = 1; n <= 2; n++) {
        assert_int_equal(replay_on(n), STK_REPLAY_SAME);
        assert_int_equal(rig_report.what, STK_REPLAY_NOTHING);
        assert_int_equal(rig_report.epochs, 3);
        assert_int_equal(rig_report.slots, 18);
        assert_int_equal(rig_report.records, 24); /* among them a PUBLISH and an EPOCH for each fence */
        assert_int_equal(rig_report.skipped, 0);
        assert_int_equal(stk_load(&boxes[1].control[STK_CTL_EPOCH]), 3);
        assert_memory_equal(boxes[1].control + STK_CTL_OBSERVABLE, boxes[0].control + STK_CTL_OBSERVABLE,
                            4u * RIG_OBSERVABLES);
    }
}

/* The first target begins to look for work at slot 3. */
static int replay_out_of_order(uint32_t n) {
    (void)box_fresh(1);
    (void)box_fresh(2);
    targets(n);
    rig_config.target[0].dispatch.ops = &rig_skewed;
    return replay();
}

static void order_of_the_slots_shows_in_an_observable(void **state) {
    (void)state;
    record_updates(OP_ORDER);
    assert_int_equal(replay_out_of_order(2), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_OBSERVABLE, 1, 2, stk_load(&boxes[1].control[STK_CTL_OBSERVABLE + 2u]),
                  stk_load(&boxes[2].control[STK_CTL_OBSERVABLE + 2u]));
    assert_true(rig_report.value[0] != rig_report.value[1]);
    assert_int_equal(rig_report.epochs, 0);
    assert_int_equal(rig_report.record.kind, STK_LOG_EPOCH);
    assert_int_equal(rig_report.sequence, rig_report.record.sequence);
    assert_int_equal(replay_out_of_order(1), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_DIGEST, 1, 0,
                  stk_record_digest_words(&hasher, boxes[1].control + STK_CTL_OBSERVABLE, RIG_OBSERVABLES),
                  rig_report.record.digest);
}

static void order_that_does_not_matter_does_not_show(void **state) {
    uint32_t n;
    (void)state;
    record_updates(OP_ADD);
    for (n = 1; n <= 2; n++) {
        assert_int_equal(replay_out_of_order(n), STK_REPLAY_SAME);
        assert_int_equal(rig_report.epochs, 3);
    }
}

static void difference_is_named_by_the_epoch_that_it_comes_up_in(void **state) {
    uint32_t n;
    (void)state;
    for (n = 1; n <= 2; n++) {
        record_updates(OP_ADD);
        put2(0, OP_ORDER, 5, 1);
        put2(4, OP_ORDER, 6, 1);
        end_epoch(4);
        put2(0, OP_ADD, 5, 0);
        end_epoch(5);
        assert_int_equal(replay_out_of_order(n), STK_REPLAY_DIFFERS);
        assert_int_equal(rig_report.epoch, 4);
        assert_int_equal(rig_report.epochs, 3);
        assert_int_equal(rig_report.word, n == 1 ? 0 : 1);
        assert_int_equal(replay_on(n), STK_REPLAY_SAME);
        assert_int_equal(rig_report.epochs, 5);
    }
}

static void epoch_numbers_go_on_from_those_of_the_recorded_instance(void **state) {
    (void)state;
    record();
    stk_store(&boxes[0].control[STK_CTL_EPOCH], MASK - 1u);
    assert_int_equal(stk_recorder_start(&rig.recorder, &boxes[0].memory), STK_OK);
    put2(0, OP_ADD, 1, 1);
    put2(5, OP_ADD, 1, 1);
    end_epoch(1);
    put2(0, OP_ORDER, 1, 1);
    put2(5, OP_ORDER, 2, 1);
    end_epoch(2);
    /* The first START has nothing behind it. */
    assert_int_equal(replay_out_of_order(2), STK_REPLAY_RESTART);
    assert_int_equal(rig_replay.shape.epoch, MASK - 1u);
    assert_int_equal(rig_replay.shape.sequence, 1);
    assert_int_equal(stk_replay_init(&rig_replay, &rig_config, &rig_replay.shape, rig_fresh_arena(), NULL), STK_OK);
    assert_int_equal(stk_replay_run(&rig_replay, &rig.iter, &rig_report), STK_REPLAY_DIFFERS);
    assert_int_equal(rig_report.epoch, 0);
    assert_int_equal(rig_report.epochs, 1);
}

/// Slots ///

static void result_words_are_compared_between_targets(void **state) {
    (void)state;
    record();
    put2(0, OP_ADD, 1, 0);
    put2(1, OP_ODD, 0, 3);
    end_epoch(1);
    (void)box_fresh(1);
    (void)box_fresh(2);
    stk_store(&boxes[1].debug[0], 70);
    stk_store(&boxes[2].debug[0], 71);
    targets(2);
    assert_int_equal(replay(), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_RESULT, 1, 3, 70, 71);
    assert_int_equal(rig_report.slot, 1);
    assert_int_equal(rig_report.opcode, OP_ODD);
    assert_int_equal(rig_report.sequence, 2);
    rig_config.targets = 1;
    (void)box_fresh(1);
    stk_store(&boxes[1].debug[0], 70);
    assert_int_equal(replay(), STK_REPLAY_SAME); /* the log does not have the results of what did not fail */
}

static void every_argument_comes_back(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {0, 3, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0xABCD};
    (void)state;
    record();
    put(2, OP_SUM, args, STK_SLOT_ARGS);
    assert_int_equal(replay_on(2), STK_REPLAY_SAME);
    assert_int_equal(stk_load(&STK_SLOT_AT(boxes[1].ring, 2)[STK_SLOT_ARG0 + STK_RESULT_ARG + 1]), 0xABCD);
    assert_int_equal(stk_load(&STK_SLOT_AT(boxes[1].ring, 2)[STK_SLOT_ARG0 + 4]), 5);
    assert_int_equal(stk_load(&STK_SLOT_AT(boxes[1].ring, 2)[STK_SLOT_PRIORITY]), STK_WIRE_PRIORITY_NORMAL);
}

static void slot_that_is_used_again_has_ended_before(void **state) {
    uint32_t i;
    (void)state;
    record();
    for (i = 0; i < 20; i++) {
        put2(3, OP_ORDER, i, 1);
        run_box();
    }
    end_epoch(1);
    assert_int_equal(replay_on(1), STK_REPLAY_SAME);
    assert_int_equal(replay_on(2), STK_REPLAY_SAME);
    assert_int_equal(rig_report.slots, 20);
}

static void fence_comes_after_all_that_was_published_before(void **state) {
    (void)state;
    record();
    put2(2, OP_ORDER, 9, 0); /* observable 0, which the fence sets */
    end_epoch(77);
    assert_int_equal(replay_out_of_order(1), STK_REPLAY_SAME);
    assert_int_equal(stk_load(&boxes[1].control[STK_CTL_OBSERVABLE]), 77);
}

/// Failures ///

/* Records a fault of slot 1 with `value` and result 0. */
static void record_fault(uint32_t value, uint32_t first) {
    struct stk_record_failure failure = {.slot = 1,
                                         .opcode = OP_REFUSE,
                                         .status = STK_SLOT_FAULT,
                                         .err = STK_E_SLOT_FAULT,
                                         .results = {first, 0, value, 5}};
    record();
    put2(1, OP_REFUSE, 0x77, 0);
    run_box();
    stk_store(STK_SLOT_AT(boxes[0].ring, 1), STK_SLOT_EMPTY);
    assert_int_equal(stk_recorder_failure(&rig.recorder, &failure), STK_OK);
    put2(1, OP_ADD, 1, 1);
    end_epoch(1);
}

static void recorded_fault_is_expected(void **state) {
    uint32_t n;
    (void)state;
    for (n = 1; n <= 2; n++) {
        record_fault(0x77, 0);
        assert_int_equal(replay_on(n), STK_REPLAY_SAME);
        assert_int_equal(rig_report.slots, 2);
        assert_int_equal(stk_load(&boxes[1].control[STK_CTL_FAULT_COUNT]), 1);
    }
}

static void fault_with_other_words_than_recorded_differs(void **state) {
    (void)state;
    record_fault(0x78, 0);
    assert_int_equal(replay_on(1), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_RESULT, 1, 2, 0x77, 0x78);
    record_fault(0x77, 4);
    assert_int_equal(replay_on(1), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_RESULT, 1, 0, 0, 4);
    assert_int_equal(replay_on(2), STK_REPLAY_SAME); /* the targets agree */
}

/* A sum over payload bytes that are all 0, and argument 11, recorded with the results `sum` and `last`. */
static void record_result(uint32_t sum, uint32_t last) {
    const struct stk_record_result result = {.slot = 3, .opcode = OP_SUM, .results = {sum, last, 0, last}};
    const uint32_t args[12] = {0, 4, [11] = 77};
    record();
    put(3, OP_SUM, args, 12);
    run_box();
    assert_int_equal(stk_recorder_result(&rig.recorder, &result), STK_OK);
    end_epoch(1);
}

static void recorded_results_are_compared(void **state) {
    (void)state;
    record_result(0, 77);
    assert_int_equal(replay_on(1), STK_REPLAY_SAME);
    assert_int_equal(replay_on(2), STK_REPLAY_SAME);
    record_result(1, 77);
    assert_int_equal(replay_on(1), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_RESULT, 1, 0, 0, 1);
    assert_int_equal(rig_report.slot, 3);
    assert_int_equal(rig_report.opcode, OP_SUM);
    assert_int_equal(replay_on(2), STK_REPLAY_SAME); /* the targets agree */
}

static void fault_that_was_not_recorded_differs(void **state) {
    (void)state;
    record();
    put2(4, OP_REFUSE, 1, 0);
    run_box();
    stk_store(STK_SLOT_AT(boxes[0].ring, 4), STK_SLOT_EMPTY);
    end_epoch(1);
    assert_int_equal(replay_on(1), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_STATUS, 1, 0, STK_SLOT_FAULT, STK_SLOT_DONE);
    assert_int_equal(rig_report.slot, 4);
    assert_int_equal(rig_report.opcode, OP_REFUSE);
    assert_int_equal(replay_on(2), STK_REPLAY_SAME);
}

static void fault_in_one_target_differs(void **state) {
    (void)state;
    record();
    put2(4, OP_ADD, 1, 0);
    end_epoch(1);
    (void)box_fresh(1);
    (void)box_fresh(2);
    boxes[2].interp.config.user_op_count = 0;
    targets(2);
    assert_int_equal(replay(), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_STATUS, 1, 0, STK_SLOT_DONE, STK_SLOT_FAULT);
}

static void failures_of_reads_clocks_and_devices_say_nothing_about_a_slot(void **state) {
    struct stk_record_failure failure = {.slot = 2, .status = STK_SLOT_EMPTY, .err = STK_E_SHORT};
    (void)state;
    record();
    assert_int_equal(stk_recorder_failure(&rig.recorder, &failure), STK_OK);
    put2(2, OP_REFUSE, 1, 0);
    failure.status = STK_SLOT_CLAIMED;
    failure.err = STK_E_TIMEOUT;
    assert_int_equal(stk_recorder_failure(&rig.recorder, &failure), STK_OK);
    failure.slot = STK_RECORD_NO_SLOT;
    failure.err = STK_E_DEVICE;
    assert_int_equal(stk_recorder_failure(&rig.recorder, &failure), STK_OK);
    assert_int_equal(replay_on(1), STK_REPLAY_SAME);
    assert_int_equal(rig_report.skipped, 3);
}

static void what_runs_when_the_log_ends_has_no_recorded_end(void **state) {
    (void)state;
    record();
    put2(2, OP_REFUSE, 1, 0);
    assert_int_equal(replay_on(1), STK_REPLAY_SAME);
    assert_int_equal(rig_report.slots, 1);
    assert_int_equal(stk_load(&boxes[1].control[STK_CTL_FAULT_COUNT]), 1);
    (void)box_fresh(1);
    (void)box_fresh(2);
    stk_store(&boxes[1].debug[0], 1);
    record();
    put2(2, OP_ODD, 1, 0);
    stk_store(&boxes[1].debug[0], 1);
    targets(2);
    assert_int_equal(replay(), STK_REPLAY_DIFFERS);
    assert_report(STK_REPLAY_RESULT, 1, 0, 1, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_handlers_in_the_same_order_do_not_differ),
        cmocka_unit_test(order_of_the_slots_shows_in_an_observable),
        cmocka_unit_test(order_that_does_not_matter_does_not_show),
        cmocka_unit_test(difference_is_named_by_the_epoch_that_it_comes_up_in),
        cmocka_unit_test(epoch_numbers_go_on_from_those_of_the_recorded_instance),
        cmocka_unit_test(result_words_are_compared_between_targets),
        cmocka_unit_test(every_argument_comes_back),
        cmocka_unit_test(slot_that_is_used_again_has_ended_before),
        cmocka_unit_test(fence_comes_after_all_that_was_published_before),
        cmocka_unit_test(recorded_fault_is_expected),
        cmocka_unit_test(fault_with_other_words_than_recorded_differs),
        cmocka_unit_test(recorded_results_are_compared),
        cmocka_unit_test(fault_that_was_not_recorded_differs),
        cmocka_unit_test(fault_in_one_target_differs),
        cmocka_unit_test(failures_of_reads_clocks_and_devices_say_nothing_about_a_slot),
        cmocka_unit_test(what_runs_when_the_log_ends_has_no_recorded_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
