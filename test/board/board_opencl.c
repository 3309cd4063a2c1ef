/* The OpenCL port as a board's build makes it: board_opencl DEVICE. The build prefers PoCL's device "basic", and lets
 * open try pages of the process and copies. DEVICE is the name that open is to take. */
#include "stoker/port/opencl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CLOSE_NS UINT64_C(60000000000)

static struct stk_opencl cl;
static const char *expected;

/* Opens with the defaults of the build, but for a device and a kind of memory. */
static void open_with(const char *device, enum stk_opencl_memory memory) {
    const struct stk_opencl_config config = {.device = device, .memory = memory, .payload_bytes = 4096};
    int err = stk_opencl_open(&cl, &config);
    if (err != STK_OK) {
        fail_msg("open: %s: %s", stk_err_name(err), cl.reason);
    }
}

static void opens_a_device_of_the_board_first(void **state) {
    (void)state;
    open_with(NULL, STK_OPENCL_ANY);
    assert_int_equal(strncasecmp(cl.device.name, expected, strlen(expected)), 0);
    assert_int_equal(stk_opencl_close(&cl, CLOSE_NS), STK_OK);
}

static void opens_another_device_by_its_name(void **state) {
    (void)state;
    open_with("pthread", STK_OPENCL_ANY);
    assert_int_equal(strncasecmp(cl.device.name, "pthread", 7), 0);
    assert_int_equal(stk_opencl_close(&cl, CLOSE_NS), STK_OK);
}

static void has_the_lease_of_the_board(void **state) {
    (void)state;
    open_with("pthread", STK_OPENCL_ANY);
    assert_int_equal(cl.config.lease_ns, STK_OPENCL_LEASE_NS);
    assert_int_equal(stk_opencl_close(&cl, CLOSE_NS), STK_OK);
}

static void leaves_kinds_of_memory_out(void **state) {
    (void)state;
    open_with("pthread", STK_OPENCL_ANY);
    assert_int_equal(cl.outcome.memory, STK_OPENCL_USE_HOST);
    assert_int_equal(stk_opencl_close(&cl, CLOSE_NS), STK_OK);
}

static void takes_a_kind_that_is_asked_for_all_the_same(void **state) {
    (void)state;
    open_with("pthread", STK_OPENCL_ALLOC_HOST);
    assert_int_equal(cl.outcome.memory, STK_OPENCL_ALLOC_HOST);
    assert_int_equal(stk_opencl_close(&cl, CLOSE_NS), STK_OK);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_a_device_of_the_board_first),
        cmocka_unit_test(opens_another_device_by_its_name),
        cmocka_unit_test(has_the_lease_of_the_board),
        cmocka_unit_test(leaves_kinds_of_memory_out),
        cmocka_unit_test(takes_a_kind_that_is_asked_for_all_the_same),
    };
    expected = argc > 1 ? argv[1] : "";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
