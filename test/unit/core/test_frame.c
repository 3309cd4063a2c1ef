/* Frames on a serial line: what is encoded is decoded, and a reader finds its place again behind any damage. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pattern.h"
#include "stoker/crc32c.h"
#include "stoker/le.h"
#include "stoker/port/bare_frame.h"

static uint8_t line[8192];
static uint32_t line_bytes;

/* Appends a frame with `bytes` bytes of data, which are computed from its number. */
static void put(uint16_t number, uint32_t bytes) {
    uint8_t data[STK_FRAME_DATA_MAX];
    pattern_fill(data, number, bytes);
    int n = stk_frame_encode(line + line_bytes, STK_FRAME_OWN + number % 7u, number, data, bytes);
    assert_int_equal(n, STK_FRAME_BYTES(bytes));
    line_bytes += (uint32_t)n;
}

/* Decodes the line and writes the numbers of the whole frames down. Returns how many there are. */
static uint32_t numbers(uint16_t *out) {
    uint32_t at = 0, count = 0, used;
    struct stk_frame frame;
    int what;
    while ((what = stk_frame_decode(&frame, line + at, line_bytes - at, &used)) != 0) {
        assert_true(used != 0 && used <= line_bytes - at);
        if (what == 1) {
            assert_int_equal(frame.type, STK_FRAME_OWN + frame.sequence % 7u);
            assert_true(pattern_matches(frame.data, frame.sequence, frame.bytes));
            out[count++] = frame.sequence;
        }
        at += used;
    }
    return count;
}

static void a_frame_has_the_bytes_of_the_specification(void **state) {
    (void)state;
    assert_int_equal(stk_frame_encode(line, 0x81, 0x1234, "hi", 2), 14);
    assert_memory_equal(line, "\xA5\x5A\x02\x00\x81\x00\x34\x12hi", 10);
    assert_int_equal(stk_get32(line + 10), stk_crc32c(0, line + 2, 8));
    assert_int_equal(stk_frame_encode(line, 1, 0, NULL, 0), 12);
    assert_int_equal(stk_frame_encode(line, 256, 0, "", 0), STK_E_RANGE);
    assert_int_equal(stk_frame_encode(line, 1, 0, line, STK_FRAME_DATA_MAX + 1), STK_E_RANGE);
}

static void frames_of_every_length_come_back(void **state) {
    uint16_t seen[64];
    (void)state;
    for (uint32_t bytes = 0; bytes <= STK_FRAME_DATA_MAX; bytes += 1u + bytes / 8u) {
        line_bytes = 0;
        for (uint16_t i = 0; i < 3; i++) {
            put((uint16_t)(bytes + i), bytes);
        }
        assert_int_equal(numbers(seen), 3);
        assert_int_equal(seen[2], bytes + 2);
    }
}

static void a_part_of_a_frame_is_waited_for(void **state) {
    struct stk_frame frame;
    uint32_t used;
    (void)state;
    line_bytes = 0;
    put(9, 40);
    for (uint32_t n = 0; n < line_bytes; n++) {
        assert_int_equal(stk_frame_decode(&frame, line, n, &used), 0);
        assert_int_equal(used, 0);
    }
    assert_int_equal(stk_frame_decode(&frame, line, line_bytes, &used), 1);
}

/* Each byte of the second of four frames is changed, lost or doubled. The frames around it are found. */
static void damage_costs_no_other_frame(void **state) {
    static uint8_t whole[8192];
    uint16_t seen[64];
    (void)state;
    for (uint32_t where = 0; where < STK_FRAME_BYTES(30u); where++) {
        for (uint32_t how = 0; how < 3; how++) {
            line_bytes = 0;
            put(1, 30);
            uint32_t at = line_bytes + where;
            put(2, 30);
            for (uint16_t i = 3; i < 60; i++) { /* a length that looks larger than it is must be waited out */
                put(i, 30);
            }
            memcpy(whole, line, line_bytes);
            if (how == 0) {
                line[at] ^= 0x55;
            } else if (how == 1) {
                memmove(line + at, whole + at + 1, line_bytes - at - 1);
                line_bytes--;
            } else {
                memmove(line + at + 1, whole + at, line_bytes - at);
                line_bytes++;
            }
            uint32_t count = numbers(seen);
            assert_true(count >= 58);
            assert_int_equal(seen[0], 1);
            assert_int_equal(seen[count - 1], 59);
        }
    }
}

static void bytes_that_are_no_frame_are_passed(void **state) {
    uint16_t seen[64];
    (void)state;
    memset(line, 0xA5, 100);
    line_bytes = 100;
    put(5, 3);
    pattern_fill(line + line_bytes, 1, 50);
    line_bytes += 50;
    put(6, 3);
    assert_int_equal(numbers(seen), 2);
    assert_int_equal(seen[1], 6);
}

static void a_snapshot_has_its_numbers_in_their_places(void **state) {
    struct stk_snapshot snapshot = {.occupancy = {.torn = 2, .slots = 64}, .control = {.done_count = 77, .faults = 3}};
    uint8_t out[STK_FRAME_SNAPSHOT_BYTES];
    (void)state;
    snapshot.occupancy.count[3] = 11;
    snapshot.control.priority_fairness[4] = 5;
    stk_frame_snapshot(out, &snapshot, UINT64_C(0x123456789AB));
    assert_true(stk_get64(out) == UINT64_C(0x123456789AB));
    assert_int_equal(stk_get32(out + 8), 64);
    assert_int_equal(stk_get32(out + 12 + 4 * 3), 11);
    assert_int_equal(stk_get32(out + 48), 2);
    assert_int_equal(stk_get32(out + 56), 77);
    assert_int_equal(stk_get32(out + 84), 3);
    assert_int_equal(stk_get32(out + 104), 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_has_the_bytes_of_the_specification),
        cmocka_unit_test(frames_of_every_length_come_back),
        cmocka_unit_test(a_part_of_a_frame_is_waited_for),
        cmocka_unit_test(damage_costs_no_other_frame),
        cmocka_unit_test(bytes_that_are_no_frame_are_passed),
        cmocka_unit_test(a_snapshot_has_its_numbers_in_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
