/* Handing images over a ring, one end at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/parity/spsc.h"

#define SLOTS_MAX 40u

static uint32_t words[SLOTS_MAX * STK_SLOT_WORDS];
static struct stk_spsc put, take;

static void begin(uint32_t slots) {
    struct stk_ring ring;
    assert_int_equal(stk_ring_init(&ring, words, sizeof words, slots), STK_OK);
    stk_spsc_begin(&put, &ring);
    stk_spsc_begin(&take, &ring);
}

static int put_number(uint32_t n) {
    uint8_t image[STK_SLOT_BYTES + 1];
    memset(image, (int)(n & 0xFFu), sizeof image);
    return stk_spsc_put(&put, image + 1); /* any alignment */
}

static int take_number(uint32_t n) {
    uint8_t image[STK_SLOT_BYTES + 1], expected[STK_SLOT_BYTES];
    int err = stk_spsc_take(&take, image + 1);
    if (err == STK_OK) {
        memset(expected, (int)(n & 0xFFu), sizeof expected);
        memcpy(expected, (const uint8_t[4]){STK_SLOT_PUBLISHED}, 4);
        assert_memory_equal(image + 1, expected, sizeof expected);
    }
    return err;
}

static void images_come_out_in_order_over_many_laps(void **state) {
    static const uint32_t sizes[] = {1, 2, 16, 17, 40};
    (void)state;
    for (uint32_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint32_t in = 0, out = 0;
        begin(sizes[s]);
        for (uint32_t turn = 0; turn < 500; turn++) {
            for (uint32_t k = 0; k < 1 + turn % 23; k++) {
                in += put_number(in) == STK_OK;
            }
            for (uint32_t k = 0; k < 1 + turn % 19; k++) {
                out += take_number(out) == STK_OK;
            }
            assert_in_range(in - out, 0, sizes[s]);
        }
        while (take_number(out) == STK_OK) {
            out++;
        }
        assert_int_equal(in, out);
        assert_true(in > 400);
    }
}

static void an_empty_ring_gives_nothing(void **state) {
    (void)state;
    begin(4);
    assert_int_equal(take_number(0), STK_E_WOULD_BLOCK);
}

static void a_full_ring_takes_nothing_and_keeps_what_it_has(void **state) {
    (void)state;
    begin(4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(put_number(i), STK_OK);
    }
    assert_int_equal(put_number(9), STK_E_WOULD_BLOCK);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(take_number(i), STK_OK);
    }
    assert_int_equal(put_number(4), STK_OK);
}

static void a_large_ring_is_full_when_fewer_than_the_ahead_slots_are_free(void **state) {
    uint32_t in = 0;
    (void)state;
    begin(40);
    while (put_number(in) == STK_OK) {
        in++;
    }
    assert_in_range(in, 40 - STK_SPSC_AHEAD + 1, 40);
    for (uint32_t out = 0; out < in; out++) {
        assert_int_equal(take_number(out), STK_OK);
    }
    assert_int_equal(put_number(in), STK_OK);
}

static void a_ring_of_no_slots_does_nothing(void **state) {
    (void)state;
    begin(0);
    assert_int_equal(put_number(0), STK_E_WOULD_BLOCK);
    assert_int_equal(take_number(0), STK_E_WOULD_BLOCK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_come_out_in_order_over_many_laps),
        cmocka_unit_test(an_empty_ring_gives_nothing),
        cmocka_unit_test(a_full_ring_takes_nothing_and_keeps_what_it_has),
        cmocka_unit_test(a_large_ring_is_full_when_fewer_than_the_ahead_slots_are_free),
        cmocka_unit_test(a_ring_of_no_slots_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
