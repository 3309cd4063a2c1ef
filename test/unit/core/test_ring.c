#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "red_zone.h"
#include "stoker/atomic.h"
#include "stoker/ring.h"

static void bytes_are_macro_query_and_use(void **state) {
    struct stk_ring ring;
    size_t bytes = 0;
    void *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_ring_bytes(5, &bytes), STK_OK);
    assert_int_equal(bytes, STK_RING_BYTES(5));
    assert_int_equal(stk_ring_init(&ring, mem, bytes - 1, 5), STK_E_SPACE);
    assert_true(zone_intact(0));
    assert_int_equal(stk_ring_init(&ring, mem, bytes, 5), STK_OK);
    assert_int_equal(zone_used(), bytes);
    assert_true(zone_intact(bytes));
    assert_int_equal(ring.slots, 5);
}

static void sizes_beyond_the_format_are_refused(void **state) {
    struct stk_ring ring;
    size_t bytes = 7;
    (void)state;
    assert_int_equal(stk_ring_bytes(STK_RING_SLOTS_MAX + 1, &bytes), STK_E_OVERFLOW);
    assert_int_equal(bytes, 7);
    assert_int_equal(stk_ring_init(&ring, NULL, 0, STK_RING_SLOTS_INIT_MAX + 1), STK_E_OVERFLOW);
}

static void init_and_view_check_their_memory(void **state) {
    struct stk_ring ring;
    uint8_t *mem = zone_paint();
    (void)state;
    assert_int_equal(stk_ring_init(&ring, mem + 2, 4096, 1), STK_E_ALIGN);
    assert_int_equal(stk_ring_init(&ring, NULL, 64, 1), STK_E_ARG);
    assert_int_equal(stk_ring_init(&ring, NULL, 0, 0), STK_OK);
    assert_int_equal(stk_ring_view(&ring, mem + 2, 64), STK_E_ALIGN);
    assert_int_equal(stk_ring_view(&ring, mem, 63), STK_E_ALIGN);
    assert_int_equal(stk_ring_view(&ring, NULL, 64), STK_E_ARG);
    assert_int_equal(stk_ring_view(&ring, NULL, 0), STK_OK);
    assert_int_equal(ring.slots, 0);
    assert_int_equal(stk_ring_view(&ring, mem, 128), STK_OK);
    assert_int_equal(ring.slots, 2);
    assert_true(zone_intact(0));
}

static void sizes_that_this_machine_cannot_address_are_refused(void **state) {
    struct stk_ring ring = {NULL, 7};
    size_t bytes = 7;
    int wide = SIZE_MAX > UINT32_MAX;
    (void)state;
    assert_int_equal(stk_ring_bytes(STK_RING_SLOTS_MAX, &bytes), wide ? STK_OK : STK_E_OVERFLOW);
    assert_true(wide ? bytes == STK_RING_BYTES(STK_RING_SLOTS_MAX) : bytes == 7);
    assert_int_equal(stk_ring_view(&ring, zone_paint(), SIZE_MAX & ~(size_t)63), wide ? STK_E_OVERFLOW : STK_OK);
    assert_true(ring.slots == (wide ? 7 : SIZE_MAX / STK_SLOT_BYTES));
}

static void read_copies_the_words_of_one_slot(void **state) {
    struct stk_ring ring;
    struct stk_slot slot;
    (void)state;
    assert_int_equal(stk_ring_init(&ring, zone_paint(), 256, 3), STK_OK);
    for (uint32_t i = 0; i < STK_SLOT_WORDS; i++) {
        stk_store(STK_SLOT_AT(ring.words, 1) + i, 100 + i);
    }
    assert_int_equal(stk_ring_read(&ring, 1, &slot), STK_OK);
    assert_int_equal(slot.status, 100);
    assert_int_equal(slot.opcode, 101);
    assert_int_equal(slot.tenant, 102);
    assert_int_equal(slot.wire_priority, 103);
    assert_int_equal(slot.args[0], 104);
    assert_int_equal(slot.args[11], 115);
    assert_int_equal(stk_ring_read(&ring, 3, &slot), STK_E_RANGE);
}

static void a_word_that_is_no_status_is_an_error_of_its_own(void **state) {
    struct stk_ring ring;
    (void)state;
    assert_int_equal(stk_ring_init(&ring, zone_paint(), 64, 1), STK_OK);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_EMPTY);
    stk_store(ring.words, STK_SLOT_FAULT);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_FAULT);
    stk_store(ring.words, 8);
    assert_int_equal(stk_ring_status(&ring, 0), STK_E_STATUS);
    stk_store(ring.words, UINT32_MAX);
    assert_int_equal(stk_ring_status(&ring, 0), STK_E_STATUS);
    assert_int_equal(stk_ring_status(&ring, 1), STK_E_RANGE);
}

static void done_slots_are_counted_up_to_items(void **state) {
    struct stk_ring ring;
    (void)state;
    assert_int_equal(stk_ring_init(&ring, zone_paint(), 256, 4), STK_OK);
    stk_store(ring.words, STK_SLOT_DONE);
    stk_store(ring.words + 48, STK_SLOT_DONE);
    assert_int_equal(stk_ring_count_done(&ring, 0), 0);
    assert_int_equal(stk_ring_count_done(&ring, 3), 1);
    assert_int_equal(stk_ring_count_done(&ring, 4), 2);
    assert_int_equal(stk_ring_count_done(&ring, 5), STK_E_RANGE);
}

static void every_slot_is_counted_in_rings_of_every_length(void **state) {
    struct stk_ring ring;
    (void)state;
    for (uint32_t slots = 1; slots <= 13; slots++) {
        assert_int_equal(stk_ring_init(&ring, zone_paint(), STK_RING_BYTES(slots), slots), STK_OK);
        for (uint32_t i = 0; i < slots; i++) {
            stk_store(STK_SLOT_AT(ring.words, i), STK_SLOT_DONE);
            assert_int_equal(stk_ring_count_done(&ring, slots), 1);
            stk_store(STK_SLOT_AT(ring.words, i), STK_SLOT_FAULT);
        }
    }
}

static void a_short_image_names_the_word_and_the_bytes(void **state) {
    struct stk_error_info info = {0, 0, 0};
    uint8_t *mem = zone_paint();
    (void)state;
    memset(mem, 0, 256);
    mem[1 + 64] = STK_SLOT_DONE; /* an unaligned image whose slot 1 is done */
    assert_int_equal(stk_ring_image_count_done(mem + 1, 128, 2, &info), 1);
    assert_int_equal(info.err, STK_OK);
    assert_int_equal(stk_ring_image_count_done(mem, 127, 2, &info), STK_E_ALIGN);
    assert_int_equal(stk_ring_image_count_done(mem, 124, 2, &info), STK_E_MISSING);
    assert_int_equal(info.err, STK_E_MISSING);
    assert_int_equal(info.index, 32);
    assert_int_equal(info.value, 128);
    assert_int_equal(stk_ring_image_count_done(mem, 124, UINT64_MAX, &info), STK_E_OVERFLOW);
    assert_int_equal(stk_ring_image_count_done(mem, 127, 0, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_macro_query_and_use),
        cmocka_unit_test(sizes_beyond_the_format_are_refused),
        cmocka_unit_test(init_and_view_check_their_memory),
        cmocka_unit_test(sizes_that_this_machine_cannot_address_are_refused),
        cmocka_unit_test(read_copies_the_words_of_one_slot),
        cmocka_unit_test(a_word_that_is_no_status_is_an_error_of_its_own),
        cmocka_unit_test(done_slots_are_counted_up_to_items),
        cmocka_unit_test(every_slot_is_counted_in_rings_of_every_length),
        cmocka_unit_test(a_short_image_names_the_word_and_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
