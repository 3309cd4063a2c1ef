/* Where the bytes of a tile lie, and the walk over tiles as a device of one lane and C have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stoker/kernel/tile.h"

#define PAYLOAD 512u

/* Loads payload bytes [first, end) as the lanes do. The loads begin and end at the range or less than 16 bytes beside
 * it, and stay in the payload. */
static void check_span(uint32_t payload_bytes, uint32_t first, uint32_t end) {
    const struct stk_tile_span s = stk_tile_span_of(payload_bytes, first, end);
    const uint32_t loaded = s.base + s.vectors * 16u + s.bytes;
    if (s.base % 16u != 0u || s.base > first || first - s.base > 15u || loaded < end || loaded - end > 15u ||
        loaded > payload_bytes || s.bytes > 15u || (s.bytes != 0u && loaded != end)) {
        fail_msg("bytes %u to %u of %u: %u + %u * 16 + %u", (unsigned)first, (unsigned)end, (unsigned)payload_bytes,
                 (unsigned)s.base, (unsigned)s.vectors, (unsigned)s.bytes);
    }
}

static void loads_cover_the_range_and_stay_in_the_payload(void **state) {
    uint32_t offset, length, lead, rest;
    (void)state;
    for (offset = 0; offset < 64u; offset++) {
        for (length = 0; length <= 200u; length++) {
            for (lead = 0; lead <= length; lead += lead < 20u ? 1u : 37u) {
                for (rest = 0; rest < 40u; rest += rest < 17u ? 1u : 9u) {
                    check_span(offset + length + rest, offset + lead, offset + length);
                }
            }
        }
    }
}

static void loads_stay_in_a_payload_of_4_gib(void **state) {
    const struct stk_tile_span s = stk_tile_span_of(UINT32_MAX, UINT32_MAX - 33u, UINT32_MAX);
    (void)state;
    assert_int_equal(s.base, UINT32_MAX - 47u);
    assert_int_equal(s.vectors, 2);
    assert_int_equal(s.bytes, 15);
}

/* Every position has a place of its own in the tile, and words stay whole. Lane i reads one byte at begin + 128 * i:
 * the 32 reads use 32 different banks, for every value of `begin`. */
static void positions_are_apart_and_lanes_use_different_banks(void **state) {
    const uint32_t reach = STK_TILE_REACH(STK_TILE_BYTES_USUAL);
    uint32_t pos, begin, lane;
    (void)state;
    for (pos = 0; pos + 1u < reach; pos++) {
        assert_true(stk_tile_at(pos) < stk_tile_at(pos + 1u));
        if (pos % 16u != 15u) {
            assert_int_equal(stk_tile_at(pos) + 1u, stk_tile_at(pos + 1u));
        }
    }
    assert_int_equal(stk_tile_at(4) % 4u, 0);
    assert_true(stk_tile_at(reach - 1u) / 4u < STK_TILE_WORDS(STK_TILE_BYTES_USUAL) - STK_TILE_DATA);
    for (begin = 0; begin < 600u; begin++) {
        uint32_t banks = 0;
        for (lane = 0; lane < 32u; lane++) {
            banks |= UINT32_C(1) << (stk_tile_at(begin + lane * 128u) / 4u % 32u);
        }
        assert_int_equal(banks, UINT32_MAX);
    }
}

/* With one lane there is one tile, which is the payload itself. */
static void tile_of_one_lane_is_the_chunk_itself(void **state) {
    static uint8_t payload[PAYLOAD];
    const struct stk_dev d = {.payload = payload, .payload_bytes = PAYLOAD};
    uint32_t from, to, a, b, i;
    (void)state;
    for (i = 0; i < PAYLOAD; i++) {
        payload[i] = (uint8_t)(i * 7u);
    }
    for (from = 0; from < 40u; from++) {
        for (to = from; to < 300u; to += 13u) {
            struct stk_tile t;
            uint32_t tiles = 0;
            for (stk_tile_first(&t, &d, 3, from, to, 1000); stk_tile_more(&t); tiles++) {
                stk_tile_stretch(&t, &a, &b);
                assert_int_equal(a, from);
                assert_int_equal(b, to);
                assert_ptr_equal(t.p, payload + 3);
                assert_int_equal(stk_tile_byte(&t, to - 1u), payload[3u + to - 1u]);
                assert_int_equal(stk_tile_word(&t, from), stk_payload_word(payload + 3u + from, 0));
            }
            assert_int_equal(tiles, from < to ? 1 : 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_cover_the_range_and_stay_in_the_payload),
        cmocka_unit_test(loads_stay_in_a_payload_of_4_gib),
        cmocka_unit_test(positions_are_apart_and_lanes_use_different_banks),
        cmocka_unit_test(tile_of_one_lane_is_the_chunk_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
