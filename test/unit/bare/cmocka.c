#include "cmocka.h"

#include <stdio.h>
#include <string.h>

static jmp_buf bare_next_test;

static int run_one(const struct CMUnitTest *test) {
    void *state = test->initial_state;

    if (setjmp(bare_next_test)) {
        printf("[  FAILED  ] %s\n", test->name);
        return 1;
    }
    if (test->setup_func && test->setup_func(&state) != 0)
        fail_msg("setup of %s failed", test->name);
    test->test_func(&state);
    if (test->teardown_func && test->teardown_func(&state) != 0)
        fail_msg("teardown of %s failed", test->name);
    return 0;
}

int bare_run_group(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup, CMFixtureFunction teardown) {
    int failed = 0;

    if (setup || teardown) {
        printf("group fixtures are not supported here\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        failed += run_one(&tests[i]);
    printf("%d passed, %d failed\n", (int)count - failed, failed);
    return failed;
}

static void vreport(const char *format, va_list args) {
    vprintf(format, args);
}

void print_message(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vreport(format, args);
    va_end(args);
}

void print_error(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vreport(format, args);
    va_end(args);
}

void bare_fail(const char *file, int line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("%s:%d: ", file, line);
    vreport(format, args);
    printf("\n");
    va_end(args);
    longjmp(bare_next_test, 1);
}

void bare_check(int holds, const char *what, const char *file, int line) {
    if (!holds)
        bare_fail(file, line, "not true: %s", what);
}

void bare_equal(uintmax_t a, uintmax_t b, const char *a_text, const char *b_text, const char *file, int line) {
    if (a != b)
        bare_fail(file, line, "%s is %#llx, %s is %#llx", a_text, (unsigned long long)a, b_text, (unsigned long long)b);
}

void bare_memory(const void *a, const void *b, size_t size, int want_equal, const char *what, const char *file,
                 int line) {
    const unsigned char *x = a, *y = b;
    size_t at = 0;

    while (at < size && x[at] == y[at])
        at++;
    if (want_equal && at < size)
        bare_fail(file, line, "not true: %s, byte %lu is 0x%02x and 0x%02x", what, (unsigned long)at, x[at], y[at]);
    if (!want_equal && at == size)
        bare_fail(file, line, "not true: %s", what);
}

void bare_string(const char *a, const char *b, int want_equal, const char *file, int line) {
    if ((strcmp(a, b) == 0) != want_equal)
        bare_fail(file, line, "\"%s\" %s \"%s\"", a, want_equal ? "is not" : "is", b);
}

void bare_range(uintmax_t v, uintmax_t lo, uintmax_t hi, const char *what, const char *file, int line) {
    if (v < lo || v > hi)
        bare_fail(file, line, "%s is %#llx, not in %#llx..%#llx", what, (unsigned long long)v, (unsigned long long)lo,
                  (unsigned long long)hi);
}
