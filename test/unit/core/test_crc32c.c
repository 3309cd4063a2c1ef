#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stoker/crc32c.h"

/* Computes the CRC bit by bit, from the polynomial. */
static uint32_t by_bits(uint32_t crc, const uint8_t *data, size_t n) {
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1u ? 0x82F63B78u : 0u) ^ crc >> 1;
        }
    }
    return ~crc;
}

static uint8_t data[256];

static int fill(void **state) {
    (void)state;
    for (unsigned i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 37u + (i >> 3));
    }
    return 0;
}

/* RFC 3720 B.4, and the check value of the catalogue. */
static void known_values(void **state) {
    uint8_t v[32];
    (void)state;
    memset(v, 0, sizeof v);
    assert_int_equal(stk_crc32c(0, v, sizeof v), 0x8A9136AAu);
    memset(v, 0xFF, sizeof v);
    assert_int_equal(stk_crc32c(0, v, sizeof v), 0x62A8AB43u);
    for (unsigned i = 0; i < sizeof v; i++) {
        v[i] = (uint8_t)i;
    }
    assert_int_equal(stk_crc32c(0, v, sizeof v), 0x46DD794Eu);
    assert_int_equal(stk_crc32c(0, "123456789", 9), 0xE3069283u);
}

static void nothing_leaves_the_seed(void **state) {
    (void)state;
    assert_int_equal(stk_crc32c(0, NULL, 0), 0);
    assert_int_equal(stk_crc32c(77, data, 0), 77);
}

static void every_length_and_alignment_is_as_by_bits(void **state) {
    (void)state;
    for (unsigned late = 0; late < 9; late++) {
        for (unsigned n = 0; n < 80; n++) {
            assert_int_equal(stk_crc32c(n * 0x01010101u, data + late, n), by_bits(n * 0x01010101u, data + late, n));
        }
    }
}

static void pieces_give_what_the_whole_does(void **state) {
    (void)state;
    for (unsigned cut = 0; cut <= sizeof data; cut++) {
        uint32_t crc = stk_crc32c(9, data, cut);
        assert_int_equal(stk_crc32c(crc, data + cut, sizeof data - cut), stk_crc32c(9, data, sizeof data));
    }
}

static void every_byte_counts(void **state) {
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t one = (uint8_t)i;
        assert_int_equal(stk_crc32c(0, &one, 1), by_bits(0, &one, 1));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(nothing_leaves_the_seed),
        cmocka_unit_test_setup_teardown(every_length_and_alignment_is_as_by_bits, fill, NULL),
        cmocka_unit_test_setup_teardown(pieces_give_what_the_whole_does, fill, NULL),
        cmocka_unit_test(every_byte_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
