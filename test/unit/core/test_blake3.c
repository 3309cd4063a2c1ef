#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stoker/blake3.h"
#include "stoker/settings.h"

static struct stk_blake3 hasher;

#define INPUT_MAX 102400u
#define LONG_OUT  131u

static const char key[] = "whats the Elvish word for friend";
static const char context[] = "BLAKE3 2019-12-27 16:29:52 test vectors context";

enum mode {
    HASH,
    KEYED,
    DERIVE,
    MODES
};

struct known {
    uint32_t bytes;
    size_t out;
    const char *hex[MODES];
};

static const struct known cases[] = {
#define HASH(n, hash, keyed, derived) {n, 32, {hash, keyed, derived}},
#define LONG(n, hash, keyed, derived) {n, LONG_OUT, {hash, keyed, derived}},
#include "data/blake3_cases.inc"
#undef HASH
#undef LONG
};

#define CASES (sizeof cases / sizeof cases[0])

/// Helpers ///

static uint8_t input[INPUT_MAX];
static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

static int fill_input(void **state) {
    (void)state;
    for (uint32_t i = 0; i < INPUT_MAX; i++) {
        input[i] = (uint8_t)(i % 251);
    }
    return 0;
}

static void begin(struct stk_blake3 *s, unsigned mode) {
    if (mode == HASH) {
        stk_blake3_init(s);
    } else if (mode == KEYED) {
        stk_blake3_init_keyed(s, (const uint8_t *)key);
    } else {
        assert_int_equal(stk_blake3_init_derive(s, context, sizeof context - 1), STK_OK);
    }
}

static void assert_output(const struct stk_blake3 *s, const char *hex, size_t bytes) {
    static const char digits[] = "0123456789abcdef";
    uint8_t out[LONG_OUT];
    char text[2 * LONG_OUT + 1] = "";
    assert_int_equal(stk_blake3_output(s, 0, out, bytes), STK_OK);
    for (size_t i = 0; i < bytes; i++) {
        text[2 * i] = digits[out[i] >> 4];
        text[2 * i + 1] = digits[out[i] & 15];
    }
    assert_string_equal(text, hex);
}

/// Input ///

static void every_mode_gives_the_known_output(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        for (unsigned mode = 0; mode < MODES; mode++) {
            struct stk_blake3 s;
            begin(&s, mode);
            assert_int_equal(stk_blake3_update(&s, input, cases[i].bytes), STK_OK);
            assert_output(&s, cases[i].hex[mode], cases[i].out);
        }
    }
}

static void pieces_of_one_size_hash_like_the_whole(void **state) {
    static const uint32_t sizes[] = {1, 63, 64, 65, 1023, 1024, 1025, 4096, 4097, 8192, 16384, 16385};
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        for (size_t p = 0; p < sizeof sizes / sizeof sizes[0]; p++) {
            struct stk_blake3 s;
            begin(&s, HASH);
            for (uint32_t at = 0; at < cases[i].bytes; at += sizes[p]) {
                uint32_t left = cases[i].bytes - at;
                assert_int_equal(stk_blake3_update(&s, input + at, left < sizes[p] ? left : sizes[p]), STK_OK);
            }
            assert_output(&s, cases[i].hex[HASH], cases[i].out);
        }
    }
}

static void random_pieces_hash_like_the_whole(void **state) {
    (void)state;
    for (unsigned turn = 0; turn < 20; turn++) {
        const struct known *c = &cases[random_below((uint32_t)CASES)];
        unsigned mode = random_below(MODES);
        struct stk_blake3 s;
        begin(&s, mode);
        for (uint32_t at = 0; at < c->bytes;) {
            uint32_t n = random_below(2u << random_below(16));
            n = n < c->bytes - at ? n : c->bytes - at;
            assert_int_equal(stk_blake3_update(&s, input + at, n), STK_OK);
            at += n;
        }
        assert_output(&s, c->hex[mode], c->out);
    }
}

static void input_of_any_alignment_hashes_alike(void **state) {
    static uint8_t moved[16384 + 8];
    uint8_t want[STK_BLAKE3_OUT], got[STK_BLAKE3_OUT];
    (void)state;
    assert_int_equal(stk_blake3_hash(&hasher, input, 16384, want), STK_OK);
    for (size_t by = 1; by < 8; by++) {
        memcpy(moved + by, input, 16384);
        assert_int_equal(stk_blake3_hash(&hasher, moved + by, 16384, got), STK_OK);
        assert_memory_equal(got, want, sizeof want);
    }
}

static void no_input_needs_no_pointer(void **state) {
    struct stk_blake3 s;
    uint8_t out[STK_BLAKE3_OUT], digest[STK_BLAKE3_OUT];
    (void)state;
    begin(&s, HASH);
    assert_int_equal(stk_blake3_update(&s, NULL, 0), STK_OK);
    assert_output(&s, cases[0].hex[HASH], STK_BLAKE3_OUT);
    stk_blake3_digest(&s, digest);
    assert_int_equal(stk_blake3_hash(&hasher, NULL, 0, out), STK_OK);
    assert_memory_equal(out, digest, sizeof out);
}

/// Limits ///

static void input_beyond_the_limit_is_refused_whole(void **state) {
    struct stk_blake3 s, before;
    uint8_t out[STK_BLAKE3_OUT] = {0x5A}, untouched[STK_BLAKE3_OUT] = {0x5A};
    size_t most = (size_t)STK_BLAKE3_INPUT_MAX;
    (void)state;
    begin(&s, KEYED);
    assert_int_equal(stk_blake3_update(&s, input, 5000), STK_OK);
    memcpy(&before, &s, sizeof s);
    assert_int_equal(stk_blake3_update(&s, input, most - 4999), STK_E_OVERFLOW);
    assert_int_equal(stk_blake3_update(&s, input, SIZE_MAX), STK_E_OVERFLOW);
    assert_int_equal(stk_blake3_init_derive(&s, input, most + 1), STK_E_OVERFLOW);
    assert_memory_equal(&s, &before, sizeof s);
    assert_int_equal(stk_blake3_hash(&hasher, input, most + 1, out), STK_E_OVERFLOW);
    assert_memory_equal(out, untouched, sizeof out);
}

static void the_longest_input_fills_the_state_and_no_more(void **state) {
    struct stk_blake3 s, all_but_one;
    uint8_t out[STK_BLAKE3_OUT], again[STK_BLAKE3_OUT];
    uint64_t left = STK_BLAKE3_INPUT_MAX;
    (void)state;
    begin(&s, HASH);
    while (left > INPUT_MAX) {
        assert_int_equal(stk_blake3_update(&s, input, INPUT_MAX), STK_OK);
        left -= INPUT_MAX;
    }
    assert_int_equal(stk_blake3_update(&s, input, (size_t)left - 1), STK_OK);
    all_but_one = s;
    assert_int_equal(stk_blake3_update(&s, input + left - 1, 1), STK_OK);
    assert_int_equal(s.depth, STK_BLAKE3_DEPTH_MAX);
    stk_blake3_digest(&s, out);
    assert_int_equal(stk_blake3_update(&s, input, 1), STK_E_OVERFLOW);
    stk_blake3_digest(&s, again);
    assert_memory_equal(out, again, sizeof out);
    assert_int_equal(stk_blake3_update(&all_but_one, input, 2), STK_E_OVERFLOW);
    assert_int_equal(stk_blake3_update(&all_but_one, input + left - 1, 1), STK_OK);
    stk_blake3_digest(&all_but_one, again);
    assert_memory_equal(out, again, sizeof out);
}

static void settings_report_the_knobs(void **state) {
    const struct stk_setting *s = stk_settings();
    (void)state;
    while (s->name != NULL && strcmp(s->name, "blake3_depth_max") != 0) {
        s++;
    }
    assert_non_null(s->name);
    assert_int_equal(s->value, STK_BLAKE3_DEPTH_MAX);
    assert_string_equal(s[1].name, "blake3_lanes");
    assert_in_range(s[1].value, 1, 8);
}

/// Output ///

static void output_can_be_read_from_any_position(void **state) {
    struct stk_blake3 s;
    uint8_t whole[300], part[300];
    (void)state;
    begin(&s, DERIVE);
    assert_int_equal(stk_blake3_update(&s, input, 2049), STK_OK);
    assert_int_equal(stk_blake3_output(&s, 0, whole, sizeof whole), STK_OK);
    for (unsigned turn = 0; turn < 500; turn++) {
        uint32_t from = random_below(sizeof whole), n = random_below((uint32_t)sizeof whole - from + 1);
        memset(part, 0xA5, sizeof part);
        assert_int_equal(stk_blake3_output(&s, from, part, n), STK_OK);
        assert_memory_equal(part, whole + from, n);
        assert_true(n == sizeof part || part[n] == 0xA5);
    }
}

static void the_end_of_the_output_is_the_last_position(void **state) {
    struct stk_blake3 s;
    uint8_t tail[64], out[2] = {0xA5, 0xA5};
    (void)state;
    begin(&s, HASH);
    assert_int_equal(stk_blake3_output(&s, UINT64_MAX - 63, tail, 63), STK_OK);
    assert_int_equal(stk_blake3_output(&s, UINT64_MAX - 1, out, 1), STK_OK);
    assert_int_equal(out[0], tail[62]);
    assert_int_equal(stk_blake3_output(&s, UINT64_MAX, out, 0), STK_OK);
    out[0] = 0xA5;
    assert_int_equal(stk_blake3_output(&s, UINT64_MAX, out, 1), STK_E_OVERFLOW);
    assert_int_equal(stk_blake3_output(&s, UINT64_MAX - 1, out, 2), STK_E_OVERFLOW);
    assert_true(out[0] == 0xA5 && out[1] == 0xA5);
}

static void both_halves_of_the_output_counter_count(void **state) {
    struct stk_blake3 s;
    uint8_t low[64], high[64];
    (void)state;
    begin(&s, HASH);
    assert_int_equal(stk_blake3_output(&s, 0, low, sizeof low), STK_OK);
    assert_int_equal(stk_blake3_output(&s, UINT64_C(64) << 32, high, sizeof high), STK_OK);
    assert_memory_not_equal(low, high, sizeof low);
}

static void a_state_takes_more_input_after_output_and_can_be_copied(void **state) {
    struct stk_blake3 s, copy;
    uint8_t out[STK_BLAKE3_OUT], want[STK_BLAKE3_OUT];
    (void)state;
    begin(&s, HASH);
    for (uint32_t at = 0; at < 8192; at += 512) {
        assert_int_equal(stk_blake3_update(&s, input + at, 512), STK_OK);
        stk_blake3_digest(&s, out);
        assert_int_equal(stk_blake3_hash(&hasher, input, at + 512, want), STK_OK);
        assert_memory_equal(out, want, sizeof want);
    }
    copy = s;
    assert_int_equal(stk_blake3_update(&s, input, 100), STK_OK);
    stk_blake3_digest(&copy, out);
    assert_memory_equal(out, want, sizeof want);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_mode_gives_the_known_output, fill_input, NULL),
        cmocka_unit_test_setup_teardown(pieces_of_one_size_hash_like_the_whole, fill_input, NULL),
        cmocka_unit_test_setup_teardown(random_pieces_hash_like_the_whole, fill_input, NULL),
        cmocka_unit_test_setup_teardown(input_of_any_alignment_hashes_alike, fill_input, NULL),
        cmocka_unit_test(no_input_needs_no_pointer),
        cmocka_unit_test(input_beyond_the_limit_is_refused_whole),
        cmocka_unit_test(the_longest_input_fills_the_state_and_no_more),
        cmocka_unit_test(settings_report_the_knobs),
        cmocka_unit_test(output_can_be_read_from_any_position),
        cmocka_unit_test(the_end_of_the_output_is_the_last_position),
        cmocka_unit_test(both_halves_of_the_output_counter_count),
        cmocka_unit_test(a_state_takes_more_input_after_output_and_can_be_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
