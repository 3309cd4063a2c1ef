/* Texts of any length that a driver gives about itself: a member shows as much as fits, and the identity covers all
 * bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_faults.h"
#include "opencl_work.h"

static char text[3000];

/* Returns a text of `bytes` letters with `end` behind them. */
static const char *letters(size_t bytes, const char *end) {
    memset(text, 'v', bytes);
    snprintf(text + bytes, sizeof text - bytes, "%s", end);
    return text;
}

static struct stk_opencl_device describe(cl_uint what, const char *as) {
    struct stk_opencl_device d;
    faults_text(what, as);
    assert_int_equal(stk_opencl_device(0, &d), STK_OK);
    faults_text(what, NULL);
    return d;
}

static void text_that_fits_is_shown_whole(void **state) {
    struct stk_opencl_device d;
    (void)state;
    d = describe(CL_DRIVER_VERSION, letters(63, ""));
    assert_string_equal(d.driver, text);
    assert_true(d.identified);
    d = describe(CL_DEVICE_NAME, "");
    assert_string_equal(d.name, "");
}

static void longer_text_is_cut_between_two_characters(void **state) {
    struct stk_opencl_device d;
    (void)state;
    for (size_t bytes = 55; bytes < 70; bytes++) {
        d = describe(CL_DRIVER_VERSION,
                     letters(bytes, "\xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xA9 and more that does not fit"));
        assert_true(d.identified);
        assert_memory_equal(d.driver, text, strlen(d.driver));
        for (size_t i = strlen(d.driver); i < sizeof d.driver; i++) {
            assert_int_equal(d.driver[i], 0);
        }
        assert_true(strlen(d.driver) > 59u);
        assert_false(((unsigned char)text[strlen(d.driver)] & 0xC0u) == 0x80u);
    }
    d = describe(CL_PLATFORM_NAME, letters(2900, ""));
    assert_int_equal(strlen(d.platform), sizeof d.platform - 1u);
    d = describe(CL_DEVICE_VERSION, letters(64, ""));
    assert_string_equal(d.version, text);
    d = describe(CL_DEVICE_NAME, letters(96, ""));
    assert_int_equal(strlen(d.name), sizeof d.name - 1u);
}

/* Changes each text that identifies the driver, in bytes that no member shows. */
static void drivers_that_differ_behind_the_cut_have_other_identities(void **state) {
    static const cl_uint which[] = {CL_PLATFORM_NAME, CL_PLATFORM_VERSION, CL_DEVICE_NAME, CL_DEVICE_VERSION,
                                    CL_DRIVER_VERSION};
    (void)state;
    for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
        struct stk_opencl_device one = describe(which[i], letters(2000, "1")), other;
        other = describe(which[i], letters(2000, "1"));
        assert_memory_equal(&one, &other, sizeof one);
        other = describe(which[i], letters(2000, "2"));
        assert_string_equal(one.driver, other.driver);
        assert_string_equal(one.name, other.name);
        assert_memory_not_equal(one.identity, other.identity, sizeof one.identity);
    }
}

static void text_that_the_driver_refuses_identifies_nothing(void **state) {
    const struct fault_plan plan = {.call = CALL_clGetDeviceInfo, .nth = 1, .error = CL_OUT_OF_HOST_MEMORY};
    struct stk_opencl_device d;
    (void)state;
    faults_plan(&plan);
    assert_int_equal(stk_opencl_device(0, &d), STK_OK);
    faults_plan(NULL);
    assert_string_equal(d.name, "?");
    assert_false(d.identified);
}

static void programs_and_handshakes_of_such_drivers_are_not_mixed_up(void **state) {
    struct stk_opencl_outcome known;
    uint8_t program_key[STK_STORE_KEY_BYTES], outcome_key[STK_STORE_KEY_BYTES];
    (void)state;
    work_keeps();
    for (int round = 0; round < 3; round++) {
        const struct stk_opencl_config config = {
            .slots = 16, .residency = STK_BATCH, .cache = work_cache, .known = round == 2 ? &known : NULL};
        faults_text(CL_DRIVER_VERSION, letters(64, round == 0 ? "1" : "2"));
        assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
        assert_int_equal(cl.built_from, round == 2 ? STK_OPENCL_FROM_CACHE : STK_OPENCL_MADE);
        assert_int_equal(cl.proved_from, STK_OPENCL_MADE);
        if (round == 0) {
            known = cl.outcome;
            memcpy(program_key, cl.own.persisted.program_key, sizeof program_key);
            memcpy(outcome_key, cl.own.persisted.outcome_key, sizeof outcome_key);
        }
        assert_true(round == 0 || memcmp(program_key, cl.own.persisted.program_key, sizeof program_key) != 0);
        assert_true(round == 0 || memcmp(outcome_key, cl.own.persisted.outcome_key, sizeof outcome_key) != 0);
        assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    }
    faults_text(CL_DRIVER_VERSION, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_fits_is_shown_whole),
        cmocka_unit_test(longer_text_is_cut_between_two_characters),
        cmocka_unit_test(drivers_that_differ_behind_the_cut_have_other_identities),
        cmocka_unit_test(text_that_the_driver_refuses_identifies_nothing),
        cmocka_unit_test(programs_and_handshakes_of_such_drivers_are_not_mixed_up),
    };
    struct stk_opencl_device d;
    if (stk_opencl_device(0, &d) != STK_OK) {
        return exit_without("an OpenCL device");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
