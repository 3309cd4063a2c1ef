#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/atomic.h"
#include "stoker/io_queue.h"

static struct stk_io_queue queue;

static int setup(void **state) {
    (void)state;
    return stk_io_queue_init(&queue, zone_paint(), STK_IO_QUEUE_BYTES(3), 3);
}

static void bytes_are_macro_query_and_use(void **state) {
    size_t bytes = 0;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_io_queue_bytes(64, &bytes), STK_OK);
    assert_int_equal(bytes, STK_IO_QUEUE_BYTES(64));
    assert_int_equal(stk_io_queue_init(&queue, mem, bytes - 1, 64), STK_E_SPACE);
    assert_int_equal(stk_io_queue_init(&queue, mem + 2, bytes, 64), STK_E_ALIGN);
    assert_int_equal(stk_io_queue_init(&queue, mem, bytes, 0), STK_E_ARG);
    assert_int_equal(stk_io_queue_init(&queue, mem, bytes, 65), STK_E_OVERFLOW);
    assert_true(zone_intact(0));
    assert_int_equal(stk_io_queue_init(&queue, mem, bytes, 64), STK_OK);
    assert_int_equal(zone_used(), bytes);
}

static void a_view_takes_whole_slots_up_to_64(void **state) {
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_io_queue_view(&queue, mem, 36), STK_E_ALIGN);
    assert_int_equal(stk_io_queue_view(&queue, mem + 2, 32), STK_E_ALIGN);
    assert_int_equal(stk_io_queue_view(&queue, mem, 65 * 32), STK_E_OVERFLOW);
    assert_int_equal(stk_io_queue_view(&queue, NULL, 32), STK_E_ARG);
    assert_int_equal(stk_io_queue_view(&queue, NULL, 0), STK_OK);
    assert_int_equal(stk_io_queue_poll(&queue, NULL, 64), 0);
    assert_int_equal(stk_io_queue_view(&queue, mem, 64 * 32), STK_OK);
    assert_int_equal(queue.slots, 64);
    assert_true(zone_intact(0));
}

static void a_request_goes_through_its_whole_life(void **state) {
    struct stk_io_request ask = {1, STK_IO_OP_WRITE, 7, 8, 0x123456789Au, 512, 99}, got;
    struct stk_io_result result = {1, 1, 0};
    (void)state;
    assert_int_equal(stk_io_queue_read(&queue, 1, &got), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_io_queue_submit(&queue, &ask), STK_OK);
    assert_int_equal(stk_io_queue_submit(&queue, &ask), STK_E_STATUS);
    assert_int_equal(stk_io_queue_recycled(&queue, 1), 0);
    assert_int_equal(stk_io_queue_complete(&queue, &result, 1, NULL), STK_E_STATUS);
    assert_int_equal(stk_io_queue_claim(&queue, &got, 1), 1);
    assert_int_equal(got.slot, 1);
    assert_int_equal(got.op, STK_IO_OP_WRITE);
    assert_true(got.offset == 0x123456789Au);
    assert_int_equal(got.tag, 99);
    assert_int_equal(stk_io_queue_claim(&queue, &got, 1), 0);
    assert_int_equal(stk_io_queue_recycle(&queue, 1), STK_E_STATUS);
    assert_int_equal(stk_io_queue_complete(&queue, &result, 1, NULL), STK_OK);
    assert_int_equal(stk_io_queue_status(&queue, 1), STK_IO_OK);
    assert_int_equal(stk_io_queue_submit(&queue, &ask), STK_E_STATUS);
    assert_int_equal(stk_io_queue_recycle(&queue, 1), STK_IO_OK);
    assert_int_equal(stk_io_queue_recycled(&queue, 1), 1);
    assert_int_equal(stk_io_queue_submit(&queue, &ask), STK_OK);
}

static void an_error_code_goes_to_the_tag_and_the_tag_to_bytes(void **state) {
    struct stk_io_request got;
    struct stk_io_result results[2] = {{0, 0, 5}, {1, 0, 0}};
    (void)state;
    assert_int_equal(stk_io_queue_publish(&queue, 0, 3, 10, 70), STK_OK);
    assert_int_equal(stk_io_queue_publish(&queue, 1, 4, 10, 71), STK_OK);
    assert_int_equal(stk_io_queue_claim(&queue, &got, 1), 1);
    assert_int_equal(stk_io_queue_claim(&queue, &got, 1), 1);
    assert_int_equal(stk_io_queue_complete(&queue, results, 2, NULL), STK_OK);
    assert_int_equal(stk_io_queue_status(&queue, 0), STK_IO_ERROR);
    assert_int_equal(stk_io_queue_read(&queue, 0, &got), STK_OK);
    assert_int_equal(got.tag, 5);
    assert_int_equal(got.bytes, 70);
    assert_int_equal(stk_io_queue_read(&queue, 1, &got), STK_OK);
    assert_int_equal(got.bytes, 10);
    assert_int_equal(got.tag, 71);
    assert_int_equal(stk_io_queue_recycle(&queue, 0), STK_IO_ERROR);
}

static void a_slot_completed_twice_takes_the_last_result(void **state) {
    struct stk_io_request got[3];
    struct stk_io_result results[4] = {{0, 0, 5}, {1, 1, 0}, {0, 1, 0}, {1, 0, 6}};
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(stk_io_queue_publish(&queue, i, i, 10, 70 + i), STK_OK);
    }
    assert_int_equal(stk_io_queue_claim(&queue, got, 3), 3);
    assert_int_equal(stk_io_queue_complete(&queue, results, 4, NULL), STK_OK);
    assert_int_equal(stk_io_queue_status(&queue, 0), STK_IO_OK);
    assert_int_equal(stk_io_queue_read(&queue, 0, &got[0]), STK_OK);
    assert_int_equal(got[0].tag, 70);
    assert_int_equal(stk_io_queue_status(&queue, 1), STK_IO_ERROR);
    assert_int_equal(stk_io_queue_status(&queue, 2), STK_SLOT_CLAIMED);
}

static void a_refused_completion_changes_nothing(void **state) {
    struct stk_io_request got;
    struct stk_io_result results[2] = {{0, 1, 0}, {2, 1, 0}};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_io_queue_publish(&queue, 0, 3, 10, 70), STK_OK);
    assert_int_equal(stk_io_queue_claim(&queue, &got, 1), 1);
    assert_int_equal(stk_io_queue_complete(&queue, results, 2, &info), STK_E_STATUS);
    assert_int_equal(info.index, 1);
    assert_int_equal(info.value, STK_SLOT_EMPTY);
    results[1].slot = 3;
    assert_int_equal(stk_io_queue_complete(&queue, results, 2, &info), STK_E_RANGE);
    assert_int_equal(info.value, 3);
    assert_int_equal(stk_io_queue_status(&queue, 0), STK_SLOT_CLAIMED);
}

static void poll_takes_no_more_than_there_is_room_for(void **state) {
    struct stk_io_request got[2];
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(stk_io_queue_submit_read(&queue, i, 9, i, 10, 70 + i), STK_OK);
    }
    assert_int_equal(stk_io_queue_poll(&queue, got, 2), 2);
    assert_int_equal(got[1].tag, 71);
    assert_int_equal(stk_io_queue_claim(&queue, got, 2), 2);
    assert_int_equal(stk_io_queue_claim(&queue, got, 2), 1);
    assert_int_equal(got[0].tag, 72);
}

static void a_slot_that_another_asker_writes_is_left_alone(void **state) {
    struct stk_io_request got;
    (void)state;
    stk_store(queue.words + STK_IO_STATUS, STK_SLOT_WAIT_IO);
    assert_int_equal(stk_io_queue_publish(&queue, 0, 3, 10, 70), STK_E_STATUS);
    assert_int_equal(stk_io_queue_read(&queue, 0, &got), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_io_queue_poll(&queue, &got, 1), 0);
    assert_int_equal(stk_io_queue_recycled(&queue, 0), 0);
}

static void slots_out_of_range_are_refused(void **state) {
    struct stk_io_request r = {3, STK_IO_OP_READ, 0, 0, 0, 0, 0};
    (void)state;
    assert_int_equal(stk_io_queue_submit(&queue, &r), STK_E_RANGE);
    assert_int_equal(stk_io_queue_read(&queue, 3, &r), STK_E_RANGE);
    assert_int_equal(stk_io_queue_status(&queue, UINT32_MAX), STK_E_RANGE);
    assert_int_equal(stk_io_queue_recycled(&queue, 3), STK_E_RANGE);
    assert_int_equal(stk_io_queue_recycle(&queue, 3), STK_E_RANGE);
    stk_store(queue.words + STK_IO_STATUS, 0x12);
    assert_int_equal(stk_io_queue_status(&queue, 0), STK_E_STATUS);
    assert_true(zone_intact(STK_IO_QUEUE_BYTES(3)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(bytes_are_macro_query_and_use),
        TEST(a_view_takes_whole_slots_up_to_64),
        TEST(a_request_goes_through_its_whole_life),
        TEST(an_error_code_goes_to_the_tag_and_the_tag_to_bytes),
        TEST(a_slot_completed_twice_takes_the_last_result),
        TEST(a_refused_completion_changes_nothing),
        TEST(poll_takes_no_more_than_there_is_room_for),
        TEST(a_slot_that_another_asker_writes_is_left_alone),
        TEST(slots_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
