#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/settings.h"

static uint32_t value_of(const char *name) {
    const struct stk_setting *s = stk_settings();
    while (s->name != NULL && strcmp(s->name, name) != 0) {
        s++;
    }
    assert_non_null(s->name);
    return s->value;
}

static void library_and_wire_have_versions_of_their_own(void **state) {
    (void)state;
    assert_string_equal(stk_version(), "0.1.0");
    assert_int_equal(value_of("version"), STK_VERSION_NUMBER);
    assert_int_equal(value_of("wire_major"), 0);
    assert_int_equal(value_of("wire_minor"), 6);
}

static void settings_tell_how_the_library_was_built(void **state) {
    (void)state;
    assert_int_equal(value_of("pointer_bits"), 8 * sizeof(void *));
    assert_int_equal(value_of("align"), 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_and_wire_have_versions_of_their_own),
        cmocka_unit_test(settings_tell_how_the_library_was_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
