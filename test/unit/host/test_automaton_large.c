/* Automata that are too large for a microcontroller: all 256 byte values, thousands of patterns, the format's limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scan_cases.h"
#include "stoker/automaton.h"

static void compile_time_bound_holds_for_all_byte_values(void **state) {
    static uint8_t bytes[257];
    static _Alignas(64) uint8_t memory[STK_AUTOMATON_BYTES(257, 513)];
    static struct stk_pattern patterns[257];
    struct stk_arena arena;
    struct stk_automaton a;
    uint32_t i;
    (void)state;
    for (i = 0; i < 257; i++) {
        bytes[i] = (uint8_t)i;
        patterns[i] = i < 256 ? (struct stk_pattern){bytes + i, 1} : (struct stk_pattern){bytes, 257};
    }
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_automaton_build(&a, patterns, 257, &arena), STK_OK);
    assert_int_equal(a.classes, 256);
    assert_int_equal(a.states, 513);
    assert_int_equal(stk_automaton_accepting(&a), 512); /* each state but the root ends a single byte */
    assert_true(stk_automaton_bytes(257, 513, 256) <= sizeof memory);
}

static void thousands_of_patterns_count_like_the_naive_counter(void **state) {
    enum {
        COUNT = 3000,
        TEXT = 20000
    };
    static struct stk_pattern patterns[COUNT];
    static uint8_t bytes[COUNT * 6], text[TEXT];
    uint64_t *visits, *scratch, *occurrences;
    uint32_t seed = 21, used = 0, at = 0, i;
    size_t size;
    void *memory;
    struct stk_arena arena;
    struct stk_automaton a;
    (void)state;
    for (i = 0; i < COUNT; i++) {
        uint32_t len = 1u + scan_below(&seed, 6), k;
        patterns[i] = (struct stk_pattern){bytes + used, len};
        for (k = 0; k < len; k++) {
            bytes[used++] = (uint8_t)('a' + scan_below(&seed, 5));
        }
    }
    for (i = 0; i < TEXT; i++) {
        text[i] = (uint8_t)('a' + scan_below(&seed, 5));
    }
    size = stk_automaton_bytes(COUNT, used, 5);
    memory = aligned_alloc(64, size);
    stk_arena_init(&arena, memory, size);
    assert_int_equal(stk_automaton_build(&a, patterns, COUNT, &arena), STK_OK);
    visits = calloc(a.states, sizeof *visits);
    scratch = calloc(a.states, sizeof *scratch);
    occurrences = calloc(COUNT, sizeof *occurrences);
    for (i = 0; i < TEXT; i++) {
        at = a.image[STK_IMAGE_TABLE_BYTE / 4u + at + ((const uint8_t *)(a.image + STK_IMAGE_WORDS))[text[i]]];
        at &= ~STK_IMAGE_ENDS;
        if (at >= a.first_accept * a.classes) {
            visits[at / a.classes - a.first_accept]++;
        }
    }
    stk_automaton_occurrences(&a, visits, scratch, occurrences);
    for (i = 0; i < COUNT; i += 7) {
        assert_int_equal(occurrences[i], scan_naive(text, TEXT, 0, &patterns[i]));
    }
    free(occurrences);
    free(scratch);
    free(visits);
    free(memory);
}

/* A set of so many keys that most of a text would pass has no filter; a part of the set has one. */
static void a_set_of_too_many_keys_has_no_filter(void **state) {
    enum {
        COUNT = 3000,
        LENGTH = 6
    };
    static struct stk_pattern patterns[COUNT];
    static uint8_t bytes[COUNT * LENGTH];
    size_t size = stk_automaton_bytes(COUNT, COUNT * LENGTH, 26) + STK_FILTER_BYTES;
    void *memory = aligned_alloc(64, size);
    uint32_t seed = 23, i;
    struct stk_arena arena;
    struct stk_automaton a;
    (void)state;
    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)('a' + scan_below(&seed, 26));
        patterns[i / LENGTH] = (struct stk_pattern){bytes + i / LENGTH * LENGTH, LENGTH};
    }
    stk_arena_init(&arena, memory, size);
    assert_int_equal(stk_automaton_build(&a, patterns, COUNT, &arena), STK_OK);
    assert_int_equal(a.image[STK_IMAGE_W_FILTER], 0);
    stk_arena_init(&arena, memory, size);
    assert_int_equal(stk_automaton_build(&a, patterns, 300, &arena), STK_OK);
    assert_int_equal(a.image[STK_IMAGE_W_FILTER], STK_FILTER_BYTES);
    free(memory);
}

static void set_too_large_for_the_format_is_refused_before_anything_is_taken(void **state) {
    enum {
        COUNT = 4096,
        LENGTH = 65536
    };
    static uint8_t run[LENGTH];
    static struct stk_pattern patterns[COUNT];
    uint8_t small[64];
    struct stk_arena arena;
    struct stk_automaton a;
    uint32_t i;
    (void)state;
    for (i = 0; i < COUNT; i++) {
        patterns[i] = (struct stk_pattern){run, LENGTH};
    }
    stk_arena_init(&arena, small, sizeof small);
    assert_int_equal(stk_automaton_build(&a, patterns, COUNT, &arena), STK_E_OVERFLOW);
    assert_int_equal(a.info.err, STK_E_OVERFLOW);
    assert_int_equal(arena.used, 0);
    assert_int_equal(arena.need, 0);
    assert_int_equal(stk_automaton_build(&a, patterns, 64, &arena), STK_E_SPACE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compile_time_bound_holds_for_all_byte_values),
        cmocka_unit_test(thousands_of_patterns_count_like_the_naive_counter),
        cmocka_unit_test(a_set_of_too_many_keys_has_no_filter),
        cmocka_unit_test(set_too_large_for_the_format_is_refused_before_anything_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
