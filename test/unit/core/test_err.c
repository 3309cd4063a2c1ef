#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/err.h"

static const int codes[] = {
#define CODE(name, value, fix) (value),
    STK_ERR_LIST(CODE)
#undef CODE
};

static const char *const names[] = {
#define NAME(name, value, fix) #name,
    STK_ERR_LIST(NAME)
#undef NAME
};

#define CODES (sizeof codes / sizeof codes[0])

static void names_are_those_of_the_enum(void **state) {
    (void)state;
    assert_string_equal(stk_err_name(STK_OK), "STK_OK");
    assert_string_equal(stk_err_name(STK_E_SPACE), "STK_E_SPACE");
    for (size_t i = 0; i < CODES; i++) {
        assert_string_equal(stk_err_name(codes[i]), names[i]);
    }
}

static void every_code_has_its_own_value_and_a_fix(void **state) {
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        const char *fix = stk_err_fix(codes[i]);
        assert_true(strlen(fix) > 10);
        assert_true(fix[strlen(fix) - 1] != '.');
        for (size_t k = 0; k < i; k++) {
            assert_true(codes[i] != codes[k]);
        }
    }
}

static void unknown_codes_are_named_as_such(void **state) {
    (void)state;
    assert_string_equal(stk_err_name(1), "STK_E_UNKNOWN");
    assert_string_equal(stk_err_name(-1000), "STK_E_UNKNOWN");
    assert_true(strlen(stk_err_fix(-1000)) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_enum),
        cmocka_unit_test(every_code_has_its_own_value_and_a_fix),
        cmocka_unit_test(unknown_codes_are_named_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
