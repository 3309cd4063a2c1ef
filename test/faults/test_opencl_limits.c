/* How often the port gets over a lost device, and what the user can do then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_faults.h"
#include "opencl_work.h"

#define BATCH_FLOW    2u
#define RESIDENT_FLOW 0u

/* The next launch fails, once. */
static void fail_launch(void) {
    static struct fault_plan plan = {.call = CALL_clEnqueueNDRangeKernel, .phase = FAULT_RUN, .nth = 1, .error = -9999};
    faults_plan(&plan);
    faults_phase(FAULT_RUN);
}

static void close_all(void) {
    const char *what;
    faults_plan(NULL);
    assert_int_equal(stk_opencl_close(&cl, 5 * SECOND), STK_OK);
    assert_int_equal(stk_opencl_close(&cl, 5 * SECOND), STK_OK);
    if (faults_leaks(&what) != 0u) {
        fail_msg("%s", what);
    }
}

/* What is left of the work, or all of it once more. */
static int work_again(void) {
    if (harvested == WORK_ITEMS) {
        published = harvested = 0;
        stk_store(cl.memory.control + STK_CTL_OBSERVABLE, 0u);
    }
    return work_on();
}

static void addresses_and_counters_outlive_the_device(void **state) {
    struct stk_device_memory before;
    struct stk_dispatch_info info;
    (void)state;
    assert_int_equal(work_open(&flows[RESIDENT_FLOW], 5 * SECOND), STK_OK);
    before = cl.memory;
    memset(cl.memory.payload, 0x5A, 4);
    fail_launch();
    assert_int_equal(work_on(), STK_OK);
    assert_memory_equal(&before, &cl.memory, sizeof before);
    stk_opencl_ops.info(&cl, &info);
    assert_int_equal(info.recoveries, 1);
    assert_int_equal(info.residency, STK_BATCH);
    assert_string_equal(info.memory, "copies");
    assert_int_equal(cl.fault, STK_OPENCL_DEVICE);
    assert_int_equal(cl.cl_error, -9999);
    assert_non_null(strstr(info.reason, "clEnqueueNDRangeKernel failed with OpenCL error -9999"));
    assert_non_null(strstr(info.reason, "goes on as BATCH in a new context"));
    close_all();
}

static void recovery_may_be_ruled_out(void **state) {
    (void)state;
    assert_int_equal(work_open(&flows[BATCH_FLOW], 5 * SECOND), STK_OK);
    cl.config.recoveries = STK_OPENCL_NO_RECOVERY;
    assert_int_equal(stk_opencl_revive(&cl), STK_E_STATUS);
    fail_launch();
    assert_int_equal(work_on(), STK_E_DEVICE);
    assert_int_equal(cl.recoveries, 0);
    assert_int_equal(stk_opencl_ops.stop(&cl, SECOND), STK_E_DEVICE);
    assert_int_equal(work_elsewhere(), STK_OK);
    close_all();
}

/* Three losses are got over, by default; the next one ends it, until the port is revived; eight contexts are held at most. */
static void lost_contexts_are_bounded(void **state) {
    uint32_t revived = 0;
    (void)state;
    assert_int_equal(work_open(&flows[BATCH_FLOW], 5 * SECOND), STK_OK);
    for (uint32_t loss = 1; cl.olds < STK_OPENCL_OLD_MAX; loss++) {
        int err;
        fail_launch();
        err = work_again();
        assert_true(loss > 3u || err == STK_OK);
        assert_true(loss != 4u || err == STK_E_DEVICE);
        if (err != STK_OK) {
            assert_int_equal(stk_opencl_revive(&cl), STK_OK);
            assert_int_equal(work_again(), STK_OK);
            revived++;
        }
    }
    assert_true(revived >= 2u);
    assert_int_equal(cl.recoveries, STK_OPENCL_OLD_MAX);
    fail_launch();
    assert_int_equal(work_again(), STK_E_DEVICE);
    assert_int_equal(stk_opencl_revive(&cl), STK_E_FULL);
    assert_int_equal(work_elsewhere(), STK_OK);
    close_all();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_counters_outlive_the_device),
        cmocka_unit_test(recovery_may_be_ruled_out),
        cmocka_unit_test(lost_contexts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
