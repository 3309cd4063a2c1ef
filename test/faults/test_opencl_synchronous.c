/* Drivers whose calls do not return while a kernel stays, such as PoCL's "basic"; and the time limit of open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_faults.h"
#include "opencl_work.h"

#define BASIC   "0"
#define PTHREAD "1"

static int open_as(const char *device, enum stk_residency residency, const struct stk_opencl_outcome *known) {
    const struct stk_opencl_config config = {.device = device, .slots = 16, .residency = residency, .known = known};
    return stk_opencl_open(&cl, &config);
}

static void synchronous_driver_works_in_batch(void **state) {
    (void)state;
    setenv("STK_TEST_DEVICE", BASIC, 1);
    assert_int_equal(open_as(BASIC, 0, NULL), STK_OK);
    assert_int_equal(cl.mode, STK_BATCH);
    assert_non_null(strstr(cl.reason, "the driver is synchronous"));
    work_close();
    assert_int_equal(work_open(&flows[FLOW_PROBE], 60 * SECOND), STK_OK);
    assert_int_equal(work_on(), STK_OK);
    work_close();
}

static void modes_beside_a_running_kernel_are_refused_with_the_reason(void **state) {
    static const enum stk_residency modes[] = {STK_RESIDENT, STK_QUANTUM};
    (void)state;
    for (size_t i = 0; i < 2u; i++) {
        assert_int_equal(open_as(BASIC, modes[i], NULL), STK_E_UNSUPPORTED);
        assert_non_null(strstr(cl.reason, "the driver is synchronous"));
        work_close();
    }
}

static void earlier_handshake_of_such_a_mode_is_not_believed(void **state) {
    struct stk_opencl_outcome known;
    (void)state;
    assert_int_equal(open_as(BASIC, 0, NULL), STK_OK);
    known = cl.outcome;
    work_close();
    known.memory = STK_OPENCL_SVM_ATOMICS;
    known.residency = STK_RESIDENT;
    known.turn_cost = 1; /* with this value a lease would stay for minutes */
    assert_int_equal(open_as(BASIC, 0, &known), STK_OK);
    assert_int_equal(cl.mode, STK_BATCH);
    assert_int_equal(cl.proved_from, STK_OPENCL_MADE);
    work_close();
}

/* Tests two more synchronous drivers. One runs the kernel inside clFlush. The other one waits in clEnqueueNDRangeKernel
 * until the launch before has ended. */
static void driver_that_waits_in_another_call_is_found_too(void **state) {
    static const enum fault_call calls[] = {CALL_clFlush, CALL_clEnqueueNDRangeKernel};
    (void)state;
    for (size_t i = 0; i < 2u; i++) {
        faults_waits(calls[i]);
        assert_int_equal(open_as(PTHREAD, 0, NULL), STK_OK);
        assert_int_equal(cl.mode, STK_BATCH);
        assert_non_null(strstr(cl.reason, "the driver is synchronous"));
        work_close();
    }
    faults_waits(FAULT_CALL_COUNT);
    assert_int_equal(open_as(PTHREAD, 0, NULL), STK_OK);
    assert_null(strstr(cl.reason, "the driver is synchronous"));
    work_close();
}

static void open_without_time_says_which_setting_to_raise(void **state) {
    static const char *const devices[] = {BASIC, PTHREAD};
    (void)state;
    for (size_t i = 0; i < 2u; i++) {
        const struct stk_opencl_config config = {.device = devices[i], .slots = 16, .open_ns = 1};
        assert_int_equal(stk_opencl_open(&cl, &config), STK_E_DEVICE);
        assert_int_equal(cl.failure, STK_OPENCL_TIMEOUT);
        assert_non_null(strstr(cl.reason, "raise open_ns"));
        work_close();
    }
}

/* Launch 1 or launch 10 hangs. The driver may be compiling in launch 1, and launch 10 belongs to the handshake. On a
 * slow machine the time for open can end before launch 10; then no launch hangs. */
static void launch_that_never_begins_ends_open(void **state) {
    static const uint32_t launches[] = {1, 10};
    (void)state;
    for (size_t i = 0; i < sizeof launches / sizeof *launches; i++) {
        const struct fault_plan plan = {
            .call = CALL_clEnqueueNDRangeKernel, .nth = launches[i], .kind = FAULT_HANGS, .error = -9999};
        const struct stk_opencl_config config = {.device = PTHREAD, .slots = 16, .open_ns = SECOND};
        faults_plan(&plan);
        assert_int_equal(stk_opencl_open(&cl, &config), STK_E_DEVICE);
        assert_int_equal(cl.failure, STK_OPENCL_TIMEOUT);
        assert_non_null(strstr(cl.reason, "raise open_ns"));
        if (faults_fired() != 0u) {
            assert_int_equal(stk_opencl_close(&cl, 0), STK_E_TIMEOUT); /* nothing was released */
        }
        faults_end_hung();
        work_close();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synchronous_driver_works_in_batch),
        cmocka_unit_test(modes_beside_a_running_kernel_are_refused_with_the_reason),
        cmocka_unit_test(earlier_handshake_of_such_a_mode_is_not_believed),
        cmocka_unit_test(driver_that_waits_in_another_call_is_found_too),
        cmocka_unit_test(open_without_time_says_which_setting_to_raise),
        cmocka_unit_test(launch_that_never_begins_ends_open),
    };
    struct stk_opencl_device basic, other;
    setenv("POCL_DEVICES", "basic pthread", 1); /* before the first call of OpenCL */
    if (stk_opencl_device(0, &basic) != STK_OK || stk_opencl_device(1, &other) != STK_OK ||
        strncmp(basic.name, "basic", 5) != 0) {
        return exit_without("a device \"basic\" of PoCL");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
