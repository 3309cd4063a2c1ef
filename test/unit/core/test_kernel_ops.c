/* Handlers, each on a slot of its own, through the interpreter: what they compute, and that they write nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/kernel/device.h"
#include "op_cases.h"
#include "stoker/debug_log.h"
#include "stoker/io_queue.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

static struct op_image image, expected;

/* A user's handler that rewrites its own packed header while it runs: what a host that does not keep still can do. */
static uint32_t op_rewrite(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    stk_st(c->slot + STK_SLOT_ARG0, stk_ld(c->slot + STK_SLOT_ARG0 + 11));
    stk_st(c->slot + STK_SLOT_ARG0 + 1, stk_ld(c->slot + STK_SLOT_ARG0 + 10));
    return STK_SLOT_DONE;
}

static uint32_t wide_runs;

static uint32_t op_wide(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    wide_runs++;
    stk_result_add64(c, 0, UINT64_C(0x1FFFFFFFF));
    stk_result_add64(c, 0, 1);
    stk_result_add64(c, 2, UINT64_MAX);
    stk_result_add64(c, 3, 1); /* has no second word */
    stk_result(c, 4, 1);       /* is no result */
    return STK_SLOT_DONE;
}

static uint32_t op_last_arg(const struct stk_dev *d, const struct stk_call *c) {
    stk_st(d->control + STK_CTL_OBSERVABLE, stk_arg(c, 11) + stk_arg(c, 12) + stk_arg(c, UINT32_MAX));
    stk_result(c, 0, 1); /* a packed slot has no results */
    return STK_SLOT_DONE;
}

static const struct stk_user_op user_ops[] = {
    {8, STK_SCALAR, op_rewrite}, {9, STK_WIDE, op_wide}, {10, STK_SCALAR, op_last_arg}};

static struct stk_interp port;

static void open_port(void) {
    const struct stk_interp_config config = {.user_ops = user_ops, .user_op_count = 3};
    const struct stk_device_memory memory = op_image_memory(&image);
    assert_int_equal(stk_interp_open(&port, &memory, &config), STK_OK);
}

/* Runs until nothing is ready. */
static void run(void) {
    int i;
    for (i = 0; i < 100 && stk_interp_ops.drive(&port, true) == 1; i++) {
    }
    assert_true(i < 100);
}

static void assert_only_expected_changes(const char *name) {
    op_forget_workers(expected.control, image.control);
    if (memcmp(&image, &expected, sizeof image) != 0) {
        uint32_t at = op_image_diff(&image, &expected);
        fail_msg("%s: word %u of the image is 0x%08x, not 0x%08x", name, (unsigned)at,
                 (unsigned)((const uint32_t *)(const void *)&image)[at],
                 (unsigned)((const uint32_t *)(const void *)&expected)[at]);
    }
}

static void each_op_changes_what_it_should_and_nothing_else(void **state) {
    size_t i;
    (void)state;
    for (i = 0; i < OP_CASES; i++) {
        const struct stk_device_memory memory = op_image_memory(&image);
        op_case_before(&op_cases[i], &image);
        op_case_before(&op_cases[i], &expected);
        op_case_after(&op_cases[i], &expected);
        assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
        run();
        assert_only_expected_changes(op_cases[i].name);
    }
}

/* The packed header is checked as a whole before the first op runs, and yet each value used is a value checked. */
static void packed_header_rewritten_while_it_runs_is_contained(void **state) {
    /* op 1: NOP that becomes an offset past the words; then one that becomes a wide handler. */
    static const uint32_t late[] = {OP_PAIR(1u, 200u, 0, 0), OP_PAIR(9u, 0u, 0, 0), OP_PAIR(99u, 0u, 0, 0)};
    size_t i;
    (void)state;
    open_port();
    for (i = 0; i < 3; i++) {
        const uint32_t args[STK_SLOT_ARGS] = {
            OP_HEAD(2u, 2u, 8, 0), OP_PAIR(0u, 0u, 0, 0), 7, OBS(0), [10] = late[i], [11] = OP_HEAD(2u, 2u, 8, 0)};
        op_image_reset(&image);
        op_publish(&image, 0, STK_OP_PACKED_SLOT, 0, args);
        expected = image;
        wide_runs = 0;
        run();
        assert_int_equal(op_status(&image, 0), STK_SLOT_FAULT);
        assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), STK_REASON_PACKED);
        assert_int_equal(op_arg(&image, 0, STK_FAULT_VALUE_ARG), 1);
        assert_int_equal(wide_runs, 0);
        memcpy(op_slot(&expected, 0), op_slot(&image, 0), STK_SLOT_BYTES);
        stk_store(&expected.control[STK_CTL_FAULT_COUNT], 1);
        assert_only_expected_changes("rewritten header");
    }
}

/* The last op reads a whole slot's worth of arguments although only two are left. */
static void packed_op_sees_zero_past_its_arguments(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {OP_HEAD(1u, 2u, 10, 0), 1, 2, [11] = 99};
    (void)state;
    op_image_reset(&image);
    op_publish(&image, 0, STK_OP_PACKED_SLOT, 0, args);
    open_port();
    run();
    assert_int_equal(op_status(&image, 0), STK_SLOT_DONE);
    assert_int_equal(stk_load(&image.control[STK_CTL_OBSERVABLE]), 0);
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG), 0);
}

static void slot_op_reads_its_last_argument_and_none_after_it(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {[11] = 99};
    (void)state;
    op_image_reset(&image);
    op_publish(&image, 0, 10, 0, args);
    op_publish(&image, 1, 10, 3, args); /* were it read: an opcode, a tenant */
    stk_store(&op_slot(&image, 1)[STK_SLOT_STATUS], STK_SLOT_EMPTY);
    open_port();
    run();
    assert_int_equal(stk_load(&image.control[STK_CTL_OBSERVABLE]), 99);
    assert_int_equal(op_arg(&image, 0, STK_RESULT_ARG), 1);
}

static void wide_op_gets_cleared_results_and_adds_in_64_bits(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {1, 2, 3, 4, 5, 6, 7, 8, 91, 92, 93, 94};
    (void)state;
    op_image_reset(&image);
    op_publish(&image, 15, 9, 0, args);
    expected = image;
    open_port();
    wide_runs = 0;
    run();
    assert_int_equal(wide_runs, 1);
    stk_store(&op_slot(&expected, 15)[STK_SLOT_STATUS], STK_SLOT_DONE);
    stk_store(&op_slot(&expected, 15)[STK_SLOT_ARG0 + STK_RESULT_ARG], 0);
    stk_store(&op_slot(&expected, 15)[STK_SLOT_ARG0 + STK_RESULT_ARG + 1], 2);
    stk_store(&op_slot(&expected, 15)[STK_SLOT_ARG0 + STK_RESULT_ARG + 2], UINT32_MAX);
    stk_store(&op_slot(&expected, 15)[STK_SLOT_ARG0 + STK_RESULT_ARG + 3], UINT32_MAX);
    stk_store(&expected.control[STK_CTL_DONE_COUNT], 1);
    stk_store(&expected.control[STK_CTL_METRICS + 9], 1);
    assert_only_expected_changes("wide op");
}

static void wide_op_may_not_be_packed(void **state) {
    const uint32_t args[STK_SLOT_ARGS] = {OP_HEAD(1u, 0u, 9, 0)};
    (void)state;
    op_image_reset(&image);
    op_publish(&image, 0, STK_OP_PACKED_SLOT, 0, args);
    open_port();
    wide_runs = 0;
    run();
    assert_int_equal(op_status(&image, 0), STK_SLOT_FAULT);
    assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), STK_REASON_PACKED);
    assert_int_equal(wide_runs, 0);
}

static void published_packed_slot_of_the_codec_runs(void **state) {
    const uint32_t store[] = {41, OBS(3)}, add[] = {1, OBS(3)};
    const struct stk_packed_op ops[] = {{1, 2, store}, {2, 2, add}, {0, 0, NULL}};
    struct stk_ring ring = {.words = image.ring, .slots = OPS_SLOTS};
    (void)state;
    op_image_reset(&image);
    assert_int_equal(stk_ring_publish_packed(&ring, 5, 0, ops, 3), STK_OK);
    open_port();
    run();
    assert_int_equal(op_status(&image, 5), STK_SLOT_DONE);
    assert_int_equal(stk_load(&image.control[OBS(3)]), 42);
}

static void full_log_drops_records_and_still_finishes_the_slot(void **state) {
    struct stk_debug_log log = {.words = image.debug, .count = OPS_DEBUG};
    struct stk_debug_record record;
    uint32_t i;
    (void)state;
    op_image_reset(&image);
    open_port();
    for (i = 0; i < OPS_RECORDS + 2u; i++) {
        const uint32_t args[STK_SLOT_ARGS] = {100 + i, 200 + i, 300 + i};
        op_publish(&image, i, STK_OP_PRINTF, 0, args);
    }
    run();
    assert_int_equal(stk_load(&image.control[STK_CTL_DONE_COUNT]), OPS_RECORDS + 2u);
    assert_int_equal(stk_debug_log_count(&log, NULL), OPS_RECORDS);
    for (i = 0; i < OPS_RECORDS; i++) {
        assert_int_equal(stk_debug_log_record(&log, i, &record), STK_OK);
        assert_int_equal(record.format, 100 + i);
        assert_int_equal(record.args[0], 200 + i);
        assert_int_equal(record.args[1], 300 + i);
        assert_int_equal(record.args[2], i * STK_SLOT_WORDS);
    }
    assert_int_equal(image.zone3[0], 0xA5A5A5A5u);
}

/* A cursor that somebody spoiled, and logs that are too small for a record. */
static void printf_stays_inside_the_log_whatever_the_cursor_says(void **state) {
    static const uint32_t cursors[] = {OPS_DEBUG - 4u, OPS_DEBUG - 1u, OPS_DEBUG, 0xFFFFFFFCu, 0xFFFFFFFFu};
    static const uint32_t sizes[] = {0, 1, 4};
    const uint32_t args[STK_SLOT_ARGS] = {1, 2, 3};
    size_t i;
    (void)state;
    for (i = 0; i < 8; i++) {
        struct stk_device_memory memory = op_image_memory(&image);
        op_image_reset(&image);
        stk_store(&image.debug[0], i < 5 ? cursors[i] : 0);
        memory.debug_words = i < 5 ? OPS_DEBUG : sizes[i - 5];
        op_publish(&image, 0, STK_OP_PRINTF, 0, args);
        expected = image;
        stk_store(&op_slot(&expected, 0)[STK_SLOT_STATUS], STK_SLOT_DONE);
        stk_store(&expected.control[STK_CTL_DONE_COUNT], 1);
        assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
        run();
        assert_only_expected_changes("printf");
    }
}

/// LOAD_MISS ///

static struct stk_io_queue queue(void) {
    return (struct stk_io_queue){.words = image.io, .slots = OPS_IO};
}

static void ask(uint32_t slot, uint32_t resource) {
    struct stk_ring ring = {.words = image.ring, .slots = OPS_SLOTS};
    assert_int_equal(stk_ring_publish_load_miss(&ring, slot, 0, resource, 0), STK_OK);
}

static void load_miss_finishes_once_the_host_has_served_it(void **state) {
    struct stk_ring ring = {.words = image.ring, .slots = OPS_SLOTS};
    int ok;
    (void)state;
    for (ok = 0; ok < 2; ok++) {
        struct stk_io_queue io = queue();
        struct stk_io_request request;
        const struct stk_io_result result = {.slot = 0, .ok = ok, .error = 5};
        op_image_reset(&image);
        open_port();
        ask(7, 42);
        run();
        assert_int_equal(op_status(&image, 7), STK_SLOT_WAIT_IO);
        assert_int_equal(stk_io_queue_claim(&io, &request, 1), 1);
        assert_int_equal(request.op, STK_IO_OP_READ);
        assert_int_equal(request.src, 42);
        assert_int_equal(request.tag, 7);
        /* Woken too early it goes on waiting. */
        assert_int_equal(stk_ring_transition(&ring, 7, STK_TO_REQUEUE), (int)STK_SLOT_WAIT_IO);
        run();
        assert_int_equal(op_status(&image, 7), STK_SLOT_REQUEUE);
        assert_int_equal(stk_io_queue_complete(&io, &result, 1, NULL), STK_OK);
        run();
        assert_int_equal(op_status(&image, 7), ok ? STK_SLOT_DONE : STK_SLOT_FAULT);
        assert_int_equal(op_arg(&image, 7, STK_FAULT_REASON_ARG), ok ? STK_REASON_NONE : STK_REASON_IO);
        assert_int_equal(op_arg(&image, 7, STK_FAULT_VALUE_ARG), ok ? 0 : 5);
        assert_int_equal(stk_io_queue_recycled(&io, 0), 1);
        assert_int_equal(stk_load(&image.control[STK_CTL_DONE_COUNT]), ok);
        assert_int_equal(stk_load(&image.control[STK_CTL_FAULT_COUNT]), !ok);
    }
}

static void load_miss_without_a_free_io_slot_is_requeued_until_there_is_one(void **state) {
    struct stk_io_request requests[OPS_IO];
    const struct stk_io_result result = {.slot = 2, .ok = 1};
    struct stk_io_queue io = queue();
    struct stk_ring ring = {.words = image.ring, .slots = OPS_SLOTS};
    uint32_t i;
    (void)state;
    op_image_reset(&image);
    open_port();
    for (i = 0; i <= OPS_IO; i++) {
        ask(i, 50 + i);
    }
    run();
    assert_int_equal(op_status(&image, OPS_IO - 1u), STK_SLOT_WAIT_IO);
    assert_int_equal(op_status(&image, OPS_IO), STK_SLOT_REQUEUE);
    assert_int_equal(stk_io_queue_claim(&io, requests, OPS_IO), OPS_IO);
    assert_int_equal(stk_io_queue_complete(&io, &result, 1, NULL), STK_OK);
    assert_int_equal(stk_ring_transition(&ring, requests[2].tag, STK_TO_REQUEUE), (int)STK_SLOT_WAIT_IO);
    run();
    run();
    assert_int_equal(op_status(&image, requests[2].tag), STK_SLOT_DONE);
    assert_int_equal(op_status(&image, OPS_IO), STK_SLOT_WAIT_IO);
    assert_int_equal(stk_load(&image.io[2 * STK_IO_WORDS + STK_IO_SRC]), 50 + OPS_IO);
}

static void assert_ticket_refused(uint32_t slot) {
    assert_int_equal(op_status(&image, slot), STK_SLOT_FAULT);
    assert_int_equal(op_arg(&image, slot, STK_FAULT_REASON_ARG), STK_REASON_ARGUMENT);
    assert_int_equal(op_arg(&image, slot, STK_FAULT_VALUE_ARG), 2);
}

/* Tests a slot with the I/O ticket of another slot's load miss. Slot 3 has asked for resource 42. Slot 9 names the I/O
 * slot of slot 3. Slot 9 is refused, whether the load miss of slot 3 succeeds or fails. */
static void load_miss_with_the_ticket_of_another_is_refused(void **state) {
    static const uint32_t forged[][STK_SLOT_ARGS] = {{42, 0, 1}, {43, 0, 1}, {42, 0, 2}, {42, 0, 4}};
    uint32_t i, ok;
    (void)state;
    for (i = 0; i < 8u; i++) {
        struct stk_io_request request;
        struct stk_io_queue io = queue();
        struct stk_io_result result;
        ok = i % 2u;
        result = (struct stk_io_result){.slot = 0, .ok = (int)ok, .error = 9}; /* the forger's own index */
        op_image_reset(&image);
        open_port();
        ask(3, 42);
        run();
        op_publish(&image, 9, STK_OP_LOAD_MISS, 0, forged[i / 2u]);
        run(); /* while it is asked */
        assert_ticket_refused(9);
        assert_int_equal(stk_io_queue_claim(&io, &request, 1), 1);
        assert_int_equal(stk_io_queue_complete(&io, &result, 1, NULL), STK_OK);
        op_publish(&image, 9, STK_OP_LOAD_MISS, 0, forged[i / 2u]);
        run(); /* once it is over */
        assert_ticket_refused(9);
        assert_int_equal(stk_io_queue_status(&io, 0), ok ? (int)STK_IO_OK : (int)STK_IO_ERROR);
        assert_int_equal(op_status(&image, 3), STK_SLOT_WAIT_IO);
    }
}

/* A slot whose own request has gone is not put back for ever. */
static void load_miss_whose_request_is_gone_is_refused(void **state) {
    static const uint32_t statuses[] = {STK_SLOT_EMPTY, STK_SLOT_DONE, STK_SLOT_YIELD, 77};
    struct stk_ring ring = {.words = image.ring, .slots = OPS_SLOTS};
    uint32_t i;
    (void)state;
    for (i = 0; i < 4u; i++) {
        op_image_reset(&image);
        open_port();
        ask(3, 42);
        run();
        stk_store(&image.io[STK_IO_STATUS], statuses[i]);
        assert_int_equal(stk_ring_transition(&ring, 3, STK_TO_REQUEUE), (int)STK_SLOT_WAIT_IO);
        run();
        assert_ticket_refused(3);
        assert_int_equal(stk_load(&image.io[STK_IO_STATUS]), statuses[i]);
    }
}

static void load_miss_without_a_queue_is_refused(void **state) {
    struct stk_device_memory memory = op_image_memory(&image);
    (void)state;
    op_image_reset(&image);
    memory.io = NULL; /* whatever io_slots says */
    assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
    ask(0, 1);
    run();
    assert_int_equal(op_status(&image, 0), STK_SLOT_FAULT);
    assert_int_equal(op_arg(&image, 0, STK_FAULT_REASON_ARG), STK_REASON_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_op_changes_what_it_should_and_nothing_else),
        cmocka_unit_test(packed_header_rewritten_while_it_runs_is_contained),
        cmocka_unit_test(packed_op_sees_zero_past_its_arguments),
        cmocka_unit_test(slot_op_reads_its_last_argument_and_none_after_it),
        cmocka_unit_test(wide_op_gets_cleared_results_and_adds_in_64_bits),
        cmocka_unit_test(wide_op_may_not_be_packed),
        cmocka_unit_test(published_packed_slot_of_the_codec_runs),
        cmocka_unit_test(full_log_drops_records_and_still_finishes_the_slot),
        cmocka_unit_test(printf_stays_inside_the_log_whatever_the_cursor_says),
        cmocka_unit_test(load_miss_finishes_once_the_host_has_served_it),
        cmocka_unit_test(load_miss_without_a_free_io_slot_is_requeued_until_there_is_one),
        cmocka_unit_test(load_miss_with_the_ticket_of_another_is_refused),
        cmocka_unit_test(load_miss_whose_request_is_gone_is_refused),
        cmocka_unit_test(load_miss_without_a_queue_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
