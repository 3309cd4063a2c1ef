/*
 * The part of cmocka's interface that the tests use, for bare metal. A failed assertion ends its
 * test, the next one runs; mocks, group fixtures and skip() are not here.
 */
#ifndef STK_TEST_BARE_CMOCKA_H
#define STK_TEST_BARE_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func;
    CMFixtureFunction teardown_func;
    void *initial_state;
};

#define cmocka_unit_test(f)                                                                                            \
    { #f, f, NULL, NULL, NULL }
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                                            \
    { #f, f, setup, teardown, NULL }
#define cmocka_run_group_tests(tests, setup, teardown)                                                                 \
    bare_run_group(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

/* The name is printed when the group fails or passes. */
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                                      \
    (print_message("%s: ", name), cmocka_run_group_tests(tests, setup, teardown))

#define bare_word(x) ((uintmax_t)(x))
#define bare_ptr(x)  ((uintmax_t)(uintptr_t)(x))

#define assert_true(c)                   bare_check(!!(c), #c, __FILE__, __LINE__)
#define assert_false(c)                  bare_check(!(c), "!(" #c ")", __FILE__, __LINE__)
#define assert_null(p)                   bare_check((p) == NULL, #p " == NULL", __FILE__, __LINE__)
#define assert_non_null(p)               bare_check((p) != NULL, #p " != NULL", __FILE__, __LINE__)
#define assert_int_equal(a, b)           bare_equal(bare_word(a), bare_word(b), #a, #b, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)       bare_check(bare_word(a) != bare_word(b), #a " != " #b, __FILE__, __LINE__)
#define assert_ptr_equal(a, b)           bare_equal(bare_ptr(a), bare_ptr(b), #a, #b, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b)       bare_check(bare_ptr(a) != bare_ptr(b), #a " != " #b, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n)     bare_memory(a, b, n, 1, #a " == " #b, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, n) bare_memory(a, b, n, 0, #a " != " #b, __FILE__, __LINE__)
#define assert_string_equal(a, b)        bare_string(a, b, 1, __FILE__, __LINE__)
#define assert_string_not_equal(a, b)    bare_string(a, b, 0, __FILE__, __LINE__)
#define assert_in_range(v, lo, hi)       bare_range(bare_word(v), bare_word(lo), bare_word(hi), #v, __FILE__, __LINE__)
#define fail()                           fail_msg("fail()")
#define fail_msg(...)                    bare_fail(__FILE__, __LINE__, __VA_ARGS__)

void print_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

int bare_run_group(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup, CMFixtureFunction teardown);
void bare_check(int holds, const char *what, const char *file, int line);
void bare_equal(uintmax_t a, uintmax_t b, const char *a_text, const char *b_text, const char *file, int line);
void bare_memory(const void *a, const void *b, size_t size, int want_equal, const char *what, const char *file,
                 int line);
void bare_string(const char *a, const char *b, int want_equal, const char *file, int line);
void bare_range(uintmax_t v, uintmax_t lo, uintmax_t hi, const char *what, const char *file, int line);
void bare_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4), noreturn));

#endif
