#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/atomic.h"
#include "stoker/parity/work_items.h"

#define SLOTS 3u

static _Alignas(64) uint8_t mem[STK_RING_BYTES(SLOTS)], before[sizeof mem];
static struct stk_ring ring;

static int setup(void **state) {
    (void)state;
    int err = stk_ring_init(&ring, mem, sizeof mem, SLOTS);
    memset(mem + 32, 0x77, 32); /* arguments 4 to 11 of slot 0 */
    memcpy(before, mem, sizeof mem);
    return err;
}

static void items_become_slots_of_three_arguments(void **state) {
    struct stk_work_item items[2] = {{8, 1, 2, 3}, {9, 4, 5, 6}};
    struct stk_slot slot;
    (void)state;
    assert_int_equal(stk_ring_publish_items(&ring, 0, 7, items, 2, NULL), 2);
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    assert_int_equal(slot.status, STK_SLOT_PUBLISHED);
    assert_int_equal(slot.tenant, 7);
    assert_int_equal(slot.wire_priority, STK_WIRE_PRIORITY_NORMAL);
    assert_int_equal(slot.args[2], 3);
    assert_int_equal(slot.args[4], 0);
    assert_int_equal(stk_ring_status(&ring, 2), STK_SLOT_EMPTY);
}

static void refused_items_change_nothing(void **state) {
    struct stk_work_item items[2] = {{8, 1, 2, 3}, {STK_OP_LOAD_MISS, 4, 5, 6}};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_ring_publish_items(&ring, 9, 7, items, 2, &info), STK_E_OPCODE);
    assert_int_equal(info.index, 10);
    items[1].opcode = 8;
    assert_int_equal(stk_ring_publish_items(&ring, 2, 7, items, 2, &info), STK_E_RANGE);
    assert_int_equal(stk_ring_publish_items(&ring, 4, 7, items, 0, &info), STK_E_RANGE);
    assert_int_equal(stk_ring_publish_items(&ring, 3, 7, items, 0, &info), 0);
    assert_memory_equal(mem, before, sizeof mem);
    stk_store(ring.words + 16, STK_SLOT_FAULT);
    assert_int_equal(stk_ring_publish_items(&ring, 0, 7, items, 2, &info), STK_E_STATUS);
    assert_int_equal(info.index, 1);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_EMPTY);
}

static void items_that_lie_in_their_slots_are_refused(void **state) {
    struct stk_work_item *items = (struct stk_work_item *)(void *)(mem + STK_RING_BYTES(SLOTS) - 32);
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_ring_publish_items(&ring, 1, 7, items, 2, &info), STK_E_OVERLAP);
    assert_int_equal(info.index, 1);
    assert_int_equal(stk_ring_fill_items(&ring, 7, items, 2, NULL), STK_E_OVERLAP);
    assert_memory_equal(mem, before, sizeof mem);
    assert_int_equal(stk_ring_publish_items(&ring, 0, 7, items, 2, NULL), 2);
}

static void filling_leaves_unused_words_and_empties_the_rest(void **state) {
    struct stk_work_item items[4] = {{8, 1, 2, 3}, {8, 1, 2, 3}, {8, 1, 2, 3}, {8, 1, 2, 3}};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    stk_store(ring.words + 16, STK_SLOT_CLAIMED);
    assert_int_equal(stk_ring_fill_items(&ring, 7, items, 4, NULL), STK_E_RANGE);
    items[3].opcode = STK_OP_LOAD_MISS;
    assert_int_equal(stk_ring_fill_items(&ring, 7, items + 1, 3, &info), STK_E_OPCODE);
    assert_int_equal(info.index, 2);
    assert_int_equal(info.value, STK_OP_LOAD_MISS);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_EMPTY);
    assert_int_equal(stk_ring_status(&ring, 1), STK_SLOT_CLAIMED);
    assert_int_equal(stk_ring_fill_items(&ring, 7, items, 1, NULL), 1);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_ring_status(&ring, 1), STK_SLOT_EMPTY);
    assert_int_equal(mem[32], 0x77);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(items_become_slots_of_three_arguments),
        TEST(refused_items_change_nothing),
        TEST(items_that_lie_in_their_slots_are_refused),
        TEST(filling_leaves_unused_words_and_empties_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
