/* The automaton, walked on the host, against a naive counter; its memory; its image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "scan_cases.h"
#include "stoker/automaton.h"
#include "stoker/le.h"

#define BUDGET      64u
#define TEXT_MAX    600u
#define ARENA_BYTES 65536u
#define END         STK_IMAGE_ENDS

static _Alignas(64) uint8_t memory[64 + ARENA_BYTES + 64];
static _Alignas(64) uint8_t large[STK_AUTOMATON_BYTES(2, 256)];
static struct stk_automaton a;
static struct scan_set set;
static uint8_t text[TEXT_MAX];

static int build(const struct stk_pattern *patterns, uint32_t count, struct stk_arena *arena, size_t bytes) {
    memset(memory, 0x5A, sizeof memory);
    stk_arena_init(arena, memory + 64, bytes);
    return stk_automaton_build(&a, patterns, count, arena);
}

static void build_set(void) {
    struct stk_arena arena;
    assert_int_equal(build(set.pattern, set.count, &arena, ARENA_BYTES), STK_OK);
}

/* Makes one step as a device does, with the image alone. *ends: whether a pattern ends there. */
static uint32_t step(uint32_t state, uint8_t byte, int *ends) {
    const uint8_t *classes = (const uint8_t *)(a.image + STK_IMAGE_WORDS);
    uint32_t entry = stk_load(&a.image[STK_IMAGE_TABLE_BYTE / 4u + state + classes[byte]]),
             next = entry & ~STK_IMAGE_ENDS;
    *ends = entry != next;
    assert_true(next < a.states * a.classes && next % a.classes == 0u);
    assert_int_equal(*ends, next >= a.first_accept * a.classes);
    return next;
}

static void visit(uint32_t n, uint64_t *visits) {
    uint32_t state = 0, i;
    int ends;
    memset(visits, 0, (BUDGET + 1u) * sizeof *visits);
    for (i = 0; i < n; i++) {
        state = step(state, text[i], &ends);
        if (ends) {
            visits[state / a.classes - a.first_accept]++;
        }
    }
}

static void check_counts(uint32_t n) {
    static uint64_t visits[BUDGET + 1u], scratch[BUDGET + 1u], occurrences[SCAN_PATTERNS_MAX];
    uint32_t k;
    visit(n, visits);
    stk_automaton_occurrences(&a, visits, scratch, occurrences);
    for (k = 0; k < set.count; k++) {
        assert_int_equal(occurrences[k], scan_naive(text, n, 0, &set.pattern[k]));
    }
}

static void random_sets_count_like_the_naive_counter(void **state) {
    uint32_t seed = 11, round;
    (void)state;
    for (round = 0; round < 300; round++) {
        uint32_t n = scan_below(&seed, TEXT_MAX);
        scan_set_random(&set, BUDGET, &seed);
        build_set();
        scan_text_random(&set, text, n, &seed);
        check_counts(n);
    }
}

static void add(const char *pattern) {
    scan_set_add(&set, (const uint8_t *)pattern, (uint32_t)strlen(pattern), NULL);
}

static void patterns_inside_patterns_all_count(void **state) {
    static const char words[] = "hershe ushers his she hers";
    (void)state;
    memset(&set, 0, sizeof set);
    add("he"), add("she"), add("his"), add("hers"), add("e"), add("s"), add("he");
    build_set();
    memcpy(text, words, sizeof words - 1u);
    check_counts(sizeof words - 1u);
}

static void long_run_of_one_letter_overlaps_itself(void **state) {
    uint32_t n;
    (void)state;
    memset(&set, 0, sizeof set);
    memset(set.bytes, 'a', 60);
    set.pattern[0] = (struct stk_pattern){set.bytes, 60};
    set.pattern[1] = (struct stk_pattern){set.bytes, 1};
    set.pattern[2] = (struct stk_pattern){set.bytes, 59};
    set.count = 3;
    memset(text, 'a', TEXT_MAX);
    {
        struct stk_arena arena;
        assert_int_equal(build(set.pattern, 3, &arena, ARENA_BYTES), STK_OK);
        assert_int_equal(a.states, 61);
        assert_int_equal(a.max_len, 60);
    }
    for (n = 57; n < 64; n++) {
        check_counts(n);
    }
    check_counts(TEXT_MAX);
}

static void bytes_at_both_ends_of_the_range_are_bytes_like_others(void **state) {
    static const uint8_t odd[] = {0x00, 0xFF, 0x80, 0x7F, 0x00, 0x00, 0xFF};
    uint32_t i;
    (void)state;
    memset(&set, 0, sizeof set);
    for (i = 0; i < sizeof odd; i++) {
        scan_set_add(&set, odd + i, 1u + i % 2u * (uint32_t)(i + 1u < sizeof odd), NULL);
    }
    build_set();
    for (i = 0; i < TEXT_MAX; i++) {
        text[i] = odd[(i * i + i / 3u) % sizeof odd];
    }
    check_counts(TEXT_MAX);
}

/* Feeds random texts to the automaton. In each accepting state, stk_automaton_next lists exactly the patterns that end
 * at the last byte of the text. */
static void walk_names_the_patterns_that_end_here_longest_first(void **state) {
    uint32_t seed = 12, round, n;
    (void)state;
    for (round = 0; round < 60; round++) {
        uint32_t at = 0;
        int ends;
        scan_set_random(&set, BUDGET, &seed);
        build_set();
        scan_text_random(&set, text, 200, &seed);
        for (n = 1; n <= 200; n++) {
            struct stk_match_cursor cursor = {0};
            uint32_t p, k, last = UINT32_MAX, walked = 0, expected = 0;
            at = step(at, text[n - 1u], &ends);
            for (k = 0; k < set.count; k++) {
                uint32_t len = set.pattern[k].len;
                expected |= len <= n && memcmp(text + n - len, set.pattern[k].bytes, len) == 0 ? 1u << k : 0u;
            }
            while (ends && stk_automaton_next(&a, at / a.classes - a.first_accept, &cursor, &p)) {
                assert_true(set.pattern[p].len <= last);
                assert_int_equal(walked & 1u << p, 0);
                last = set.pattern[p].len;
                walked |= 1u << p;
            }
            assert_int_equal(walked, expected);
        }
    }
}

/* Every state ends a pattern, and all but three end one only by a suffix: the walk goes from pattern to pattern. */
static void walk_takes_no_step_that_names_no_pattern(void **state) {
    static const uint32_t lengths[] = {1, 2, 60};
    struct stk_arena arena;
    uint32_t i, at;
    (void)state;
    memset(&set, 0, sizeof set);
    memset(set.bytes, 'a', 60);
    for (i = 0; i < 3; i++) {
        set.pattern[i] = (struct stk_pattern){set.bytes, lengths[i]};
    }
    assert_int_equal(build(set.pattern, 3, &arena, ARENA_BYTES), STK_OK);
    assert_int_equal(stk_automaton_accepting(&a), 60);
    for (i = 0; i < 60; i++) {
        /* steps and patterns in the state after i + 1 letters */
        uint32_t steps = 0, ends = i == 0u ? 1u : i < 59u ? 2u : 3u;
        for (at = a.first_accept + i; a.link[at - a.first_accept] != 0u; steps++) {
            at = a.link[at - a.first_accept];
            assert_true(a.first_pattern[at - a.first_accept] != 0u);
        }
        assert_int_equal(steps, a.first_pattern[i] != 0u ? ends - 1u : ends);
    }
}

static void walk_of_no_accepting_state_is_empty_and_a_finished_one_stays_so(void **state) {
    struct stk_match_cursor cursor = {0};
    uint32_t p = 77;
    (void)state;
    memset(&set, 0, sizeof set);
    add("ab");
    build_set();
    assert_int_equal(stk_automaton_next(&a, 1, &cursor, &p), 0);
    assert_int_equal(stk_automaton_next(&a, UINT32_MAX, &cursor, &p), 0);
    assert_int_equal(p, 77);
    assert_int_equal(stk_automaton_next(&a, 0, &cursor, &p), 1);
    assert_int_equal(p, 0);
    assert_int_equal(stk_automaton_next(&a, 0, &cursor, &p), 0);
    assert_int_equal(stk_automaton_next(&a, 0, &cursor, &p), 0);
}

static void equal_patterns_share_a_state_and_each_is_named(void **state) {
    struct stk_match_cursor cursor = {0};
    uint32_t p;
    (void)state;
    memset(&set, 0, sizeof set);
    add("xy"), add("z"), add("xy"), add("xy");
    build_set();
    assert_int_equal(a.ends[0], a.ends[2]);
    assert_int_equal(a.ends[0], a.ends[3]);
    assert_int_equal(stk_automaton_accepting(&a), 2);
    assert_int_equal(stk_automaton_next(&a, a.ends[0] - a.first_accept, &cursor, &p), 1);
    assert_int_equal(p, 0);
    assert_int_equal(stk_automaton_next(&a, a.ends[0] - a.first_accept, &cursor, &p), 1);
    assert_int_equal(p, 2);
    assert_int_equal(stk_automaton_next(&a, a.ends[0] - a.first_accept, &cursor, &p), 1);
    assert_int_equal(p, 3);
    assert_int_equal(stk_automaton_next(&a, a.ends[0] - a.first_accept, &cursor, &p), 0);
}

static void set_of_every_byte_value_has_no_class_of_others(void **state) {
    static uint8_t every[256];
    const struct stk_pattern patterns[] = {{every, 128}, {every + 128, 128}};
    struct stk_arena arena;
    uint32_t i;
    int ends;
    (void)state;
    for (i = 0; i < 256; i++) {
        every[i] = (uint8_t)(i * 3u);
    }
    stk_arena_init(&arena, large, sizeof large);
    assert_int_equal(stk_automaton_build(&a, patterns, 1, &arena), STK_OK);
    assert_int_equal(a.classes, 129); /* 128 of their own, one of the others */
    stk_arena_init(&arena, large, sizeof large);
    assert_int_equal(stk_automaton_build(&a, patterns, 2, &arena), STK_OK);
    assert_int_equal(a.classes, 256);
    for (i = 0; i < 256; i++) {
        assert_true(step(0, (uint8_t)i, &ends) == 0u ? i != every[0] && i != every[128]
                                                     : i == every[0] || i == every[128]);
    }
}

/* Rows that are longer than a cache line begin with the byte values that the patterns use most; others of the same use
 * follow in their order. */
static void classes_of_many_byte_values_go_by_their_use(void **state) {
    const uint8_t *classes;
    (void)state;
    memset(&set, 0, sizeof set);
    add("abcdefghijklmnop"), add("pop");
    build_set();
    classes = (const uint8_t *)(a.image + STK_IMAGE_WORDS);
    assert_true(classes['a'] == 1 && classes['o'] == 15 && classes['p'] == 16); /* 16 of them fit */
    memset(&set, 0, sizeof set);
    add("abcdefghijklmnopq"), add("pop");
    build_set();
    assert_true(classes['p'] == 1 && classes['o'] == 2 && classes['a'] == 3 && classes['q'] == 17);
    assert_int_equal(classes['r'], 0);
    assert_int_equal(a.classes, 18);
}

/// Image ///

static uint32_t le(size_t word) {
    return stk_get32((const uint8_t *)(a.image + word));
}

static void image_is_laid_out_in_little_endian_words(void **state) {
    const uint8_t *classes;
    uint32_t i;
    (void)state;
    memset(&set, 0, sizeof set);
    add("ab"), add("b");
    build_set();
    assert_int_equal((uintptr_t)a.image % 64u, 0);
    assert_memory_equal(a.image, "STKA", 4);
    assert_int_equal(le(STK_IMAGE_W_VERSION), 1);
    assert_int_equal(le(STK_IMAGE_W_STATES), 4); /* root, a | b, ab */
    assert_int_equal(le(STK_IMAGE_W_CLASSES), 3);
    assert_int_equal(le(STK_IMAGE_W_ACCEPT), 2);
    assert_int_equal(le(STK_IMAGE_W_MAX_LEN), 2);
    assert_int_equal(le(STK_IMAGE_W_TABLE), 16); /* 12 words, padded */
    for (i = STK_IMAGE_W_TABLE + 1u; i < STK_IMAGE_WORDS; i++) {
        assert_int_equal(le(i), 0);
    }
    classes = (const uint8_t *)(a.image + STK_IMAGE_WORDS);
    for (i = 0; i < 256; i++) {
        assert_int_equal(classes[i], i == 'a' ? 1 : i == 'b' ? 2 : 0);
    }
    {
        /* Rows in order: root, a, then b and ab, which end a pattern; entries are state times classes. */
        static const uint32_t table[16] = {0, 3, END | 6u, 0, 3, END | 9u, 0, 3, END | 6u, 0, 3, END | 6u};
        for (i = 0; i < 16; i++) {
            assert_int_equal(le(STK_IMAGE_TABLE_BYTE / 4u + i), table[i]);
        }
    }
    assert_int_equal(a.image_bytes, STK_IMAGE_TABLE_BYTE + 64u);
}

/// Filter ///

/* Returns 1 if the filter lets the six bytes at `at` pass, for a pattern that begins there or at the byte before. */
static int passes(const uint8_t *at) {
    const uint8_t *filter = (const uint8_t *)a.image + STK_IMAGE_TABLE_BYTE + (size_t)le(STK_IMAGE_W_TABLE) * 4u;
    uint32_t first = STK_FILTER_KEY(stk_get32(at)), second = STK_FILTER_KEY(stk_get32(at + 2));
    assert_true(first < STK_FILTER_HALF && second < STK_FILTER_HALF);
    return (filter[first] & filter[STK_FILTER_HALF + second]) != 0 &&
           ((filter[first] | filter[STK_FILTER_KEY(stk_get32(at - 1))]) & STK_FILTER_START) != 0;
}

static int build_roomy(const struct stk_pattern *patterns, uint32_t count) {
    static _Alignas(64) uint8_t roomy[STK_AUTOMATON_BYTES(SCAN_PATTERNS_MAX, BUDGET) + STK_FILTER_BYTES];
    struct stk_arena arena;
    int err;
    stk_arena_init(&arena, roomy, sizeof roomy);
    err = stk_automaton_build(&a, patterns, count, &arena);
    assert_true((uint8_t *)a.image + a.image_bytes <= roomy + arena.used);
    assert_true((uint8_t *)a.image + a.image_bytes + STK_ALIGN > roomy + arena.used);
    return err;
}

static void filter_lets_every_pattern_pass_at_every_second_byte(void **state) {
    uint32_t seed = 17, round, i, k, passed = 0;
    (void)state;
    for (round = 0; round < 200; round++) {
        scan_set_random_from(&set, BUDGET, STK_FILTER_SPAN, &seed);
        assert_int_equal(build_roomy(set.pattern, set.count), STK_OK);
        assert_int_equal(le(STK_IMAGE_W_FILTER), STK_FILTER_BYTES);
        assert_int_equal(a.image_bytes, STK_IMAGE_TABLE_BYTE + le(STK_IMAGE_W_TABLE) * 4u + STK_FILTER_BYTES);
        for (i = 0; i < set.count; i++) {
            for (k = 0; k < 100; k++) {
                text[k] = (uint8_t)scan_random(&seed);
            }
            memcpy(text + 20, set.pattern[i].bytes, set.pattern[i].len);
            assert_true(passes(text + 20) && passes(text + 21));
            passed += (uint32_t)passes(text + 1);
        }
    }
    assert_true(passed < 100u); /* fewer than 100 of some thousand places of random bytes may pass the filter */
}

/* The state of a text that has no more than the first bytes of a long pattern is that of these bytes, where another
 * pattern ends in them. So the filter lets them pass. */
static void filter_sees_the_beginning_of_a_pattern_that_holds_another(void **state) {
    (void)state;
    memset(&set, 0, sizeof set);
    add("abcdefgh"), add("bcde"), add("ijklmnop");
    assert_int_equal(build_roomy(set.pattern, set.count), STK_OK);
    memcpy(text, " abcdexxx ijklmxxx", 18);
    assert_true(passes(text + 1) && passes(text + 2));
    assert_false(passes(text + 10) || passes(text + 11));
}

static void shallow_states_are_those_of_three_bytes_and_fewer(void **state) {
    (void)state;
    memset(&set, 0, sizeof set);
    add("abcd"), add("abxyz"), add("q123");
    assert_int_equal(build_roomy(set.pattern, set.count), STK_OK);
    assert_int_equal(le(STK_IMAGE_W_SHALLOW), 8); /* root, a, q, ab, q1, abc, abx, q12 */
    assert_true(le(STK_IMAGE_W_SHALLOW) < a.first_accept);
}

static void a_short_pattern_or_a_small_arena_makes_an_image_without_filter(void **state) {
    struct stk_arena arena;
    size_t need;
    (void)state;
    memset(&set, 0, sizeof set);
    add("abcdef"), add("abc");
    assert_int_equal(build_roomy(set.pattern, 2), STK_OK);
    assert_int_equal(le(STK_IMAGE_W_FILTER), 0);
    assert_int_equal(le(STK_IMAGE_W_SHALLOW), 0);
    assert_int_equal(a.image_bytes, STK_IMAGE_TABLE_BYTE + le(STK_IMAGE_W_TABLE) * 4u);
    need = stk_automaton_bytes(1, 6, 6);
    assert_int_equal(build(set.pattern, 1, &arena, need), STK_OK);
    assert_int_equal(le(STK_IMAGE_W_FILTER), 0);
    assert_int_equal(build(set.pattern, 1, &arena, need + STK_FILTER_BYTES), STK_OK);
    assert_int_equal(le(STK_IMAGE_W_FILTER), STK_FILTER_BYTES);
}

/// Memory and errors ///

static void memory_bound_is_what_it_takes_and_one_byte_less_fails(void **state) {
    uint32_t seed = 13, round, i;
    (void)state;
    for (round = 0; round < 100; round++) {
        struct stk_arena arena;
        uint8_t used[256] = {0};
        uint32_t distinct = 0;
        size_t need;
        scan_set_random(&set, BUDGET, &seed);
        for (i = 0; i < set.used; i++) {
            distinct += used[set.bytes[i]] ? 0u : 1u;
            used[set.bytes[i]] = 1;
        }
        need = stk_automaton_bytes(set.count, set.used, distinct);
        assert_true(need != 0 && need <= STK_AUTOMATON_BYTES(set.count, set.used));
        assert_int_equal(build(set.pattern, set.count, &arena, need - 1u), STK_E_SPACE);
        assert_int_equal(a.info.err, STK_E_SPACE);
        assert_int_equal(a.info.value, need);
        assert_int_equal(arena.used, 0);
        assert_int_equal(build(set.pattern, set.count, &arena, need), STK_OK);
        assert_true(arena.used < need); /* the build has given its working memory back */
        for (i = 0; i < 64; i++) {
            assert_int_equal(memory[i], 0x5A);
            assert_int_equal(memory[64 + need + i], 0x5A);
        }
    }
}

static void memory_that_ends_within_any_piece_is_refused_whole(void **state) {
    uint32_t seed = 14;
    size_t need = 0, bytes;
    struct stk_arena arena;
    (void)state;
    scan_set_random(&set, BUDGET, &seed);
    assert_int_equal(build(set.pattern, set.count, &arena, 0), STK_E_SPACE);
    need = (size_t)a.info.value;
    for (bytes = 0; bytes < need; bytes += STK_ALIGN) {
        assert_int_equal(build(set.pattern, set.count, &arena, bytes), STK_E_SPACE);
        assert_int_equal(a.info.value, need);
        assert_int_equal(arena.used, 0);
    }
    assert_int_equal(build(set.pattern, set.count, &arena, need), STK_OK);
}

static void pieces_taken_before_stay_and_an_error_gives_back_the_rest(void **state) {
    struct stk_arena arena;
    (void)state;
    memset(&set, 0, sizeof set);
    add("ab");
    stk_arena_init(&arena, memory, 1024);
    assert_non_null(stk_arena_take(&arena, 100));
    assert_int_equal(stk_automaton_build(&a, set.pattern, 1, &arena), STK_E_SPACE);
    assert_int_equal(arena.used, 128);
    assert_int_equal(stk_automaton_build(&a, set.pattern, 0, &arena), STK_E_PATTERN);
    assert_int_equal(arena.used, 128);
}

static void empty_sets_and_empty_patterns_are_refused_by_index(void **state) {
    const uint8_t byte = 'x';
    const struct stk_pattern patterns[] = {{&byte, 1}, {&byte, 1}, {&byte, 0}, {NULL, 1}};
    struct stk_arena arena;
    (void)state;
    assert_int_equal(build(NULL, 0, &arena, ARENA_BYTES), STK_E_PATTERN);
    assert_int_equal(a.info.err, STK_E_PATTERN);
    assert_int_equal(build(patterns, 3, &arena, ARENA_BYTES), STK_E_PATTERN);
    assert_int_equal(a.info.index, 2);
    assert_int_equal(build(patterns + 3, 1, &arena, ARENA_BYTES), STK_E_PATTERN);
    assert_int_equal(a.info.index, 0);
    assert_int_equal(arena.used, 0);
    assert_int_equal(build(patterns, 2, &arena, ARENA_BYTES), STK_OK);
    assert_int_equal(a.info.err, STK_OK);
}

static void set_too_large_for_the_format_is_refused(void **state) {
    static struct stk_pattern many[33];
    struct stk_arena arena;
    uint32_t i;
    (void)state;
    for (i = 0; i < 65536u; i++) {
        memory[i] = (uint8_t)i; /* 33 times 65,536 states of 256 classes */
    }
    for (i = 0; i < 33; i++) {
        many[i] = (struct stk_pattern){memory, 65536u};
    }
    stk_arena_init(&arena, NULL, 0);
    assert_int_equal(stk_automaton_build(&a, many, UINT32_MAX, &arena), STK_E_PATTERN); /* reads no pattern */
    assert_int_equal(a.info.index, 0);
    assert_int_equal(a.max_len, 0);
    assert_int_equal(stk_automaton_build(&a, many, 33, &arena), STK_E_OVERFLOW);
    assert_int_equal(a.info.err, STK_E_OVERFLOW);
    assert_int_equal(a.info.value, 0);
    assert_int_equal(arena.need, 0);
}

static void bound_of_a_set_too_large_for_the_format_is_0(void **state) {
    static const uint64_t totals[] = {UINT64_C(1) << 21, UINT64_C(1) << 32, UINT64_C(1) << 54, UINT64_C(1) << 56,
                                      UINT64_C(1) << 62, UINT64_MAX - 1u,   UINT64_MAX};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof totals / sizeof *totals; i++) {
        assert_int_equal(stk_automaton_bytes(1, totals[i], 256), 0);
        assert_int_equal(stk_automaton_bytes(1, totals[i], UINT32_MAX), 0);
    }
    assert_true(stk_automaton_bytes(1, 1000, UINT32_MAX) == stk_automaton_bytes(1, 1000, 256));
    assert_true(stk_automaton_bytes(1, 1000, 255) == stk_automaton_bytes(1, 1000, 256));
    assert_true(stk_automaton_bytes(1, 1000, 254) < stk_automaton_bytes(1, 1000, 255));
    /* The table fits the format, the sum of all parts no 32-bit address space. */
    assert_true(SIZE_MAX > UINT32_MAX || stk_automaton_bytes(1, (UINT64_C(1) << 21) - 2u, 256) == 0);
    assert_true(SIZE_MAX > UINT32_MAX || stk_automaton_bytes(UINT32_MAX, 1, 256) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sets_count_like_the_naive_counter),
        cmocka_unit_test(patterns_inside_patterns_all_count),
        cmocka_unit_test(long_run_of_one_letter_overlaps_itself),
        cmocka_unit_test(bytes_at_both_ends_of_the_range_are_bytes_like_others),
        cmocka_unit_test(walk_names_the_patterns_that_end_here_longest_first),
        cmocka_unit_test(walk_takes_no_step_that_names_no_pattern),
        cmocka_unit_test(walk_of_no_accepting_state_is_empty_and_a_finished_one_stays_so),
        cmocka_unit_test(equal_patterns_share_a_state_and_each_is_named),
        cmocka_unit_test(set_of_every_byte_value_has_no_class_of_others),
        cmocka_unit_test(classes_of_many_byte_values_go_by_their_use),
        cmocka_unit_test(image_is_laid_out_in_little_endian_words),
        cmocka_unit_test(filter_lets_every_pattern_pass_at_every_second_byte),
        cmocka_unit_test(filter_sees_the_beginning_of_a_pattern_that_holds_another),
        cmocka_unit_test(shallow_states_are_those_of_three_bytes_and_fewer),
        cmocka_unit_test(a_short_pattern_or_a_small_arena_makes_an_image_without_filter),
        cmocka_unit_test(memory_bound_is_what_it_takes_and_one_byte_less_fails),
        cmocka_unit_test(memory_that_ends_within_any_piece_is_refused_whole),
        cmocka_unit_test(pieces_taken_before_stay_and_an_error_gives_back_the_rest),
        cmocka_unit_test(empty_sets_and_empty_patterns_are_refused_by_index),
        cmocka_unit_test(set_too_large_for_the_format_is_refused),
        cmocka_unit_test(bound_of_a_set_too_large_for_the_format_is_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
