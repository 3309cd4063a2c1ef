#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/atomic.h"
#include "stoker/ring.h"

#define SLOTS 4u

static _Alignas(64) uint8_t mem[STK_RING_BYTES(SLOTS)], before[sizeof mem];
static struct stk_ring ring;
static const uint32_t args[13] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

static int setup(void **state) {
    (void)state;
    int err = stk_ring_init(&ring, mem, sizeof mem, SLOTS);
    memset(mem + 4, 0x77, 60); /* stale words in slot 0 */
    memcpy(before, mem, sizeof mem);
    return err;
}

static void unchanged(void) {
    assert_memory_equal(mem, before, sizeof mem);
}

static void a_published_slot_holds_the_work_and_zeros_behind(void **state) {
    struct stk_work work = {STK_OP_TENANT_BASE, 9, STK_PRIORITY_HIGH, 2, args};
    struct stk_slot slot;
    (void)state;
    assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_OK);
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    assert_int_equal(slot.status, STK_SLOT_PUBLISHED);
    assert_int_equal(slot.opcode, STK_OP_TENANT_BASE);
    assert_int_equal(slot.tenant, 9);
    assert_int_equal(slot.wire_priority, STK_WIRE_PRIORITY_HIGH);
    assert_int_equal(slot.args[1], 2);
    for (uint32_t i = 2; i < STK_SLOT_ARGS; i++) {
        assert_int_equal(slot.args[i], 0);
    }
}

static void only_empty_and_done_slots_take_work(void **state) {
    struct stk_work work = {STK_OP_NOP, 0, STK_PRIORITY_NORMAL, 0, NULL};
    (void)state;
    for (uint32_t status = 0; status < 10; status++) {
        stk_store((uint32_t *)(void *)mem, status);
        int free = status == STK_SLOT_EMPTY || status == STK_SLOT_DONE;
        assert_int_equal(stk_ring_publish(&ring, 0, &work), free ? (int)STK_OK : (int)STK_E_STATUS);
    }
}

static void errors_come_in_their_documented_order(void **state) {
    struct stk_work work = {STK_OP_LOAD_MISS, 0, STK_PRIORITY_NORMAL, 13, args};
    (void)state;
    stk_store((uint32_t *)(void *)mem, STK_SLOT_CLAIMED);
    memcpy(before, mem, sizeof mem);
    assert_int_equal(stk_ring_publish(&ring, SLOTS, &work), STK_E_RANGE);
    assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_E_ARGS);
    work.nargs = 12;
    work.args = NULL;
    assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_E_ARG);
    work.args = args;
    assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_E_OPCODE);
    work.opcode = STK_OP_PRINTF;
    assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_E_STATUS);
    unchanged();
}

static void reserved_opcodes_are_not_publishable(void **state) {
    (void)state;
    assert_int_equal(stk_opcode_publishable(STK_OP_BUILTIN_MAX), STK_OK);
    assert_int_equal(stk_opcode_publishable(STK_OP_RESERVED_MIN - 1), STK_OK);
    assert_int_equal(stk_opcode_publishable(STK_OP_RESERVED_MIN), STK_E_OPCODE);
    assert_int_equal(stk_opcode_publishable(STK_OP_PRINTF), STK_OK);
    assert_int_equal(stk_opcode_publishable(STK_OP_RESERVED_MAX), STK_E_OPCODE);
    assert_int_equal(stk_opcode_publishable(STK_OP_RESERVED_MAX + 1), STK_OK);
    assert_int_equal(stk_opcode_publishable(STK_OP_SYSTEM_BIT), STK_E_OPCODE);
    assert_int_equal(stk_opcode_publishable(STK_OP_PACKED_SLOT), STK_OK);
    assert_int_equal(stk_opcode_publishable(STK_OP_SHUTDOWN), STK_OK);
    assert_int_equal(stk_opcode_user(STK_OP_BUILTIN_MAX), STK_E_OPCODE);
    assert_int_equal(stk_opcode_user(STK_OP_BUILTIN_MAX + 1), STK_OK);
    assert_int_equal(stk_opcode_user(STK_OP_PRINTF), STK_E_OPCODE);
    assert_int_equal(stk_opcode_user(STK_OP_SUM64), STK_OK);
    assert_int_equal(stk_opcode_user(STK_OP_SHUTDOWN), STK_E_OPCODE);
}

static uint32_t published_priority(uint32_t priority) {
    const struct stk_work work = {.opcode = STK_OP_NOP, .priority = priority};
    assert_int_equal(stk_ring_init(&ring, mem, sizeof mem, SLOTS), STK_OK);
    assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_OK);
    return stk_load(ring.words + STK_SLOT_PRIORITY);
}

static void work_of_zeros_is_a_nop_of_priority_normal(void **state) {
    static const struct stk_work zeros;
    struct stk_slot slot;
    (void)state;
    assert_int_equal(stk_ring_publish(&ring, 0, &zeros), STK_OK);
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    assert_int_equal(slot.opcode, STK_OP_NOP);
    assert_int_equal(slot.wire_priority, 2);
    assert_int_equal(STK_PRIORITY_DEFAULT, 0);
}

static void priorities_have_their_numbers_on_the_wire(void **state) {
    static const uint32_t wire[] = {2, 0, 1, 2, 3, 4};
    (void)state;
    for (uint32_t priority = STK_PRIORITY_DEFAULT; priority <= STK_PRIORITY_IDLE; priority++) {
        assert_int_equal(published_priority(priority), wire[priority]);
        assert_int_equal(stk_priority_of_wire(wire[priority]),
                         priority == STK_PRIORITY_DEFAULT ? STK_PRIORITY_NORMAL : priority);
    }
    assert_int_equal(published_priority(STK_PRIORITY_CRITICAL), STK_WIRE_PRIORITY_CRITICAL);
    assert_int_equal(published_priority(STK_PRIORITY_IDLE), STK_WIRE_PRIORITY_IDLE);
    assert_true(stk_priority_of_wire(5) > STK_PRIORITY_IDLE);
    assert_true(stk_priority_of_wire(UINT32_MAX) > STK_PRIORITY_IDLE);
}

static void a_priority_that_is_none_is_refused(void **state) {
    struct stk_work works[2] = {{8, 0, STK_PRIORITY_IDLE, 0, NULL}, {8, 0, STK_PRIORITY_IDLE + 1, 0, NULL}};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_ring_publish(&ring, 0, &works[1]), STK_E_ARG);
    works[1].priority = UINT32_MAX;
    assert_int_equal(stk_ring_publish(&ring, 0, &works[1]), STK_E_ARG);
    works[1].priority = 9;
    assert_int_equal(stk_ring_publish_batch(&ring, 0, 0, works, 2, 0, &info), STK_E_ARG);
    assert_int_equal(info.index, 1);
    assert_int_equal(info.value, 9);
    unchanged();
    assert_int_equal(stk_ring_publish(&ring, 0, &works[0]), STK_OK);
}

static void work_may_be_made_of_the_words_of_its_own_slot(void **state) {
    struct stk_work work = {8, 0, STK_PRIORITY_NORMAL, 12, args};
    struct stk_slot slot;
    (void)state;
    for (uint32_t nargs = 0; nargs <= 12; nargs++) {
        for (uint32_t from = 0; from + nargs <= STK_SLOT_WORDS; from++) {
            uint32_t was[STK_SLOT_WORDS];
            work = (struct stk_work){8, 5, STK_PRIORITY_LOW, 12, args};
            stk_store(ring.words, STK_SLOT_EMPTY);
            assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_OK);
            stk_store(ring.words, STK_SLOT_DONE);
            memcpy(was, ring.words, sizeof was);
            work = (struct stk_work){9, 6, STK_PRIORITY_HIGH, nargs, ring.words + from};
            assert_int_equal(stk_ring_publish(&ring, 0, &work), STK_OK);
            assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
            assert_memory_equal(slot.args, was + from, nargs * sizeof *was);
            for (uint32_t i = nargs; i < STK_SLOT_ARGS; i++) {
                assert_int_equal(slot.args[i], 0);
            }
        }
    }
    /* the work itself lies in the slot, too */
    memcpy(ring.words + 4, &(struct stk_work){10, 7, STK_PRIORITY_LOW, 2, args}, sizeof work);
    stk_store(ring.words, STK_SLOT_DONE);
    assert_int_equal(stk_ring_publish(&ring, 0, (const struct stk_work *)(const void *)(ring.words + 4)), STK_OK);
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    assert_int_equal(slot.opcode, 10);
    assert_int_equal(slot.tenant, 7);
    assert_int_equal(slot.args[1], 2);
    assert_int_equal(slot.args[2], 0);
}

static void a_batch_made_of_its_own_slots_is_refused(void **state) {
    struct stk_work items[2] = {{8, 0, 0, 1, args}, {8, 0, 0, 2, NULL}};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    items[1].args = STK_SLOT_AT(ring.words, 1) - 1; /* the second word of these arguments is in slot 1 */
    assert_int_equal(stk_ring_publish_batch(&ring, 1, 0, items, 2, 0, &info), STK_E_OVERLAP);
    assert_int_equal(info.index, 2);
    items[1].args = STK_SLOT_AT(ring.words, SLOTS) - 2; /* these arguments lie in the slot of the fence */
    assert_int_equal(stk_ring_publish_batch(&ring, 1, 0, items, 2, 0, NULL), STK_E_OVERLAP);
    assert_int_equal(
        stk_ring_publish_batch(&ring, 1, 0, (const struct stk_work *)(const void *)(ring.words + 16), 1, 0, NULL),
        STK_E_OVERLAP); /* the item reads as zeros, which is a NOP */
    unchanged();
    /* these arguments lie in a slot that does not belong to the batch */
    items[1].args = STK_SLOT_AT(ring.words, 1) - 2;
    assert_int_equal(stk_ring_publish_batch(&ring, 1, 0, items, 2, 0, NULL), 3);
}

static void a_batch_ends_with_its_fence(void **state) {
    struct stk_work items[2] = {{STK_OP_NOP, 1, STK_PRIORITY_LOW, 0, NULL}, {8, 1, STK_PRIORITY_LOW, 1, args}};
    struct stk_slot slot;
    (void)state;
    assert_int_equal(stk_ring_publish_batch(&ring, 1, 6, items, 2, 77, NULL), 3);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_EMPTY);
    assert_int_equal(stk_ring_read(&ring, 2, &slot), STK_OK);
    assert_int_equal(slot.tenant, 6);
    assert_int_equal(slot.wire_priority, STK_WIRE_PRIORITY_NORMAL);
    assert_int_equal(stk_ring_read(&ring, 3, &slot), STK_OK);
    assert_int_equal(slot.opcode, STK_OP_BATCH_FENCE);
    assert_int_equal(slot.args[0], 2);
    assert_int_equal(slot.args[1], 77);
}

static void a_refused_batch_changes_nothing_and_names_its_slot(void **state) {
    struct stk_work items[3] = {{8, 0, 0, 0, NULL}, {8, 0, 0, 13, args}, {STK_OP_SYSTEM_BIT, 0, 0, 0, NULL}};
    struct stk_error_info info = {0, 0, 0};
    (void)state;
    assert_int_equal(stk_ring_publish_batch(&ring, 1, 0, items, 3, 0, &info), STK_E_RANGE);
    assert_int_equal(stk_ring_publish_batch(&ring, UINT32_MAX, 0, items, 3, 0, NULL), STK_E_RANGE);
    assert_int_equal(stk_ring_publish_batch(&ring, 0, 0, items, UINT32_MAX, 0, NULL), STK_E_RANGE);
    assert_int_equal(stk_ring_publish_batch(&ring, 0, 0, items, 3, 0, &info), STK_E_ARGS);
    assert_int_equal(info.index, 1);
    assert_int_equal(info.value, 13);
    items[1].nargs = 0;
    assert_int_equal(stk_ring_publish_batch(&ring, 0, 0, items, 3, 0, &info), STK_E_OPCODE);
    assert_int_equal(info.index, 2);
    unchanged();
    stk_store(ring.words + 48, STK_SLOT_WAIT_IO); /* where the fence would go */
    memcpy(before, mem, sizeof mem);
    assert_int_equal(stk_ring_publish_batch(&ring, 1, 0, items, 2, 0, &info), STK_E_STATUS);
    assert_int_equal(info.index, 3);
    assert_int_equal(info.value, STK_SLOT_WAIT_IO);
    unchanged();
}

static void a_load_miss_has_a_call_of_its_own(void **state) {
    uint32_t resource = 0, prefetch = 9;
    (void)state;
    assert_int_equal(stk_ring_publish_load_miss(&ring, SLOTS, 1, 5, 0), STK_E_RANGE);
    assert_int_equal(stk_ring_publish_load_miss(&ring, 1, 1, 5, 3), STK_OK);
    assert_int_equal(stk_ring_publish_load_miss(&ring, 1, 1, 5, 3), STK_E_STATUS);
    assert_int_equal(stk_ring_load_miss(&ring, 1, &resource, &prefetch), STK_OK);
    assert_int_equal(resource, 5);
    assert_int_equal(prefetch, 1);
    assert_int_equal(stk_ring_load_miss(&ring, 2, &resource, &prefetch), STK_E_OPCODE);
    assert_int_equal(stk_ring_load_miss(&ring, SLOTS, &resource, &prefetch), STK_E_RANGE);
}

static void an_encoded_load_miss_decodes_from_24_bytes(void **state) {
    uint8_t image[STK_SLOT_BYTES + 1];
    uint32_t resource = 0, prefetch = 0;
    (void)state;
    stk_load_miss_encode(image + 1, 0x01020304, 1);
    assert_int_equal(image[1], STK_SLOT_PUBLISHED);
    assert_int_equal(image[1 + 16], 4);
    assert_int_equal(stk_load_miss_decode(image + 1, 23, &resource, &prefetch), STK_E_MISSING);
    assert_int_equal(stk_load_miss_decode(image + 1, 24, &resource, &prefetch), STK_OK);
    assert_int_equal(resource, 0x01020304);
    assert_int_equal(prefetch, 1);
    image[1 + 4] ^= 1;
    assert_int_equal(stk_load_miss_decode(image + 1, 64, &resource, &prefetch), STK_E_OPCODE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_published_slot_holds_the_work_and_zeros_behind),
        TEST(only_empty_and_done_slots_take_work),
        TEST(errors_come_in_their_documented_order),
        TEST(reserved_opcodes_are_not_publishable),
        TEST(work_of_zeros_is_a_nop_of_priority_normal),
        TEST(priorities_have_their_numbers_on_the_wire),
        TEST(a_priority_that_is_none_is_refused),
        TEST(work_may_be_made_of_the_words_of_its_own_slot),
        TEST(a_batch_made_of_its_own_slots_is_refused),
        TEST(a_batch_ends_with_its_fence),
        TEST(a_refused_batch_changes_nothing_and_names_its_slot),
        TEST(a_load_miss_has_a_call_of_its_own),
        TEST(an_encoded_load_miss_decodes_from_24_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
