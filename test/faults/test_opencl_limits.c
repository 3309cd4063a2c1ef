/* Tests how many losses of a device the port recovers from, and what the user can do after that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_faults.h"
#include "opencl_work.h"

#define RESIDENT_FLOW 0u

/* Makes the next launch fail. */
static void fail_launch(void) {
    static struct fault_plan plan = {.call = CALL_clEnqueueNDRangeKernel, .phase = FAULT_RUN, .nth = 1, .error = -9999};
    faults_plan(&plan);
    faults_phase(FAULT_RUN);
}

/* Does the rest of the work. Does the whole work once more if nothing is left. */
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
    assert_int_equal(work_open(&flows[RESIDENT_FLOW], 60 * SECOND), STK_OK);
    before = cl.memory;
    memset(cl.memory.payload, 0x5A, 4);
    fail_launch();
    assert_int_equal(work_on(), STK_OK);
    assert_memory_equal(&before, &cl.memory, sizeof before);
    stk_opencl_ops.info(&cl, &info);
    assert_int_equal(info.recoveries, 1);
    assert_int_equal(info.residency, STK_BATCH);
    assert_string_equal(info.memory, "copies");
    assert_int_equal(cl.failure, STK_OPENCL_DEVICE);
    assert_int_equal(cl.cl_error, -9999);
    assert_non_null(strstr(info.reason, "clEnqueueNDRangeKernel failed with OpenCL error -9999"));
    assert_non_null(strstr(info.reason, "goes on as BATCH in a new context"));
    work_close();
}

/* Drives launch until two launches are under way. A launch that nobody can look at would never count as running. */
static void launch_without_an_event_is_a_failed_one(void **state) {
    static const struct fault_plan plan = {
        .call = CALL_clEnqueueNDRangeKernel, .phase = FAULT_RUN, .nth = 1, .kind = FAULT_BLIND};
    (void)state;
    assert_int_equal(work_open(&flows[FLOW_QUANTUM], 60 * SECOND), STK_OK);
    faults_plan(&plan);
    faults_phase(FAULT_RUN);
    assert_int_equal(work_on(), STK_OK);
    assert_int_equal(faults_fired(), 1);
    assert_int_equal(cl.losses.recoveries, 1);
    assert_int_equal(cl.failure, STK_OPENCL_DEVICE);
    assert_non_null(strstr(cl.reason, "clEnqueueNDRangeKernel gave no event"));
    work_close();
}

static void recovery_may_be_ruled_out(void **state) {
    (void)state;
    assert_int_equal(work_open(&flows[FLOW_BATCH], 60 * SECOND), STK_OK);
    cl.config.recoveries = STK_OPENCL_NO_RECOVERY;
    assert_int_equal(stk_opencl_revive(&cl), STK_E_STATUS);
    fail_launch();
    assert_int_equal(work_on(), STK_E_DEVICE);
    assert_int_equal(cl.losses.recoveries, 0);
    assert_int_equal(stk_opencl_ops.stop(&cl, SECOND), STK_E_DEVICE);
    assert_int_equal(work_elsewhere(), STK_OK);
    work_close();
}

/* By default the port recovers from three losses. The next loss ends the work until the port is revived. The port holds
 * eight contexts at most. */
static void lost_contexts_are_bounded(void **state) {
    uint32_t revived = 0;
    (void)state;
    assert_int_equal(work_open(&flows[FLOW_BATCH], 60 * SECOND), STK_OK);
    for (uint32_t loss = 1; cl.own.recovery.lost_contexts < STK_OPENCL_LOST_MAX; loss++) {
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
    assert_int_equal(cl.losses.recoveries, STK_OPENCL_LOST_MAX);
    fail_launch();
    assert_int_equal(work_again(), STK_E_DEVICE);
    assert_int_equal(stk_opencl_revive(&cl), STK_E_FULL);
    assert_int_equal(work_elsewhere(), STK_OK);
    work_close();
}

/// Programs that are kept ///

/* Opens with the program in the cache and makes a launch fail. `next` says what happens then. */
static int lose_with(void (*next)(void)) {
    static struct fault_plan launch = {
        .call = CALL_clEnqueueNDRangeKernel, .phase = FAULT_RUN, .nth = 1, .kind = FAULT_DROPPED, .error = -9999};
    work_keeps();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(work_open(&flows[FLOW_BATCH], 60 * SECOND), STK_OK);
        assert_int_equal(cl.built_from, i ? STK_OPENCL_FROM_CACHE : STK_OPENCL_MADE);
        if (i == 0) {
            work_close();
        }
    }
    launch.dropped = next;
    faults_plan(&launch);
    faults_phase(FAULT_RUN);
    return work_on();
}

static void end_kept(void) {
    work_close();
    work_cache = NULL;
}

static void new_context_takes_the_program_that_is_kept(void **state) {
    (void)state;
    assert_int_equal(lose_with(NULL), STK_OK);
    assert_int_equal(cl.losses.recoveries, 1);
    assert_int_equal(cl.built_from, STK_OPENCL_FROM_CACHE);
    assert_string_equal(cl.persist_note, "");
    end_kept();
}

static void refuse_binaries(void) {
    static const struct fault_plan plan = {.call = CALL_clCreateProgramWithBinary,
                                           .phase = FAULT_RUN,
                                           .nth = 1,
                                           .kind = FAULT_EVER,
                                           .error = CL_INVALID_BINARY};
    faults_plan(&plan);
    faults_phase(FAULT_RUN);
}

static void program_that_the_driver_refuses_then_is_compiled(void **state) {
    (void)state;
    assert_int_equal(lose_with(refuse_binaries), STK_OK);
    assert_int_equal(faults_fired(), 1);
    assert_int_equal(cl.losses.recoveries, 1);
    assert_int_equal(cl.built_from, STK_OPENCL_MADE);
    assert_non_null(strstr(cl.persist_note, "the driver refused the cache's with OpenCL error -42"));
    end_kept();
}

static void refuse_arguments(void) {
    static const struct fault_plan plan = {
        .call = CALL_clSetKernelArg, .phase = FAULT_RUN, .nth = 1, .error = CL_INVALID_KERNEL};
    faults_plan(&plan);
    faults_phase(FAULT_RUN);
}

static void kept_program_that_takes_no_arguments_is_compiled_next(void **state) {
    (void)state;
    assert_int_equal(lose_with(refuse_arguments), STK_OK);
    assert_int_equal(cl.own.recovery.contexts_tried, 2);
    assert_int_equal(cl.built_from, STK_OPENCL_MADE);
    assert_non_null(strstr(cl.persist_note, "the cache's did not work: clSetKernelArg"));
    end_kept();
}

static void fail_launches(void) {
    static const struct fault_plan plan = {
        .call = CALL_clEnqueueNDRangeKernel, .phase = FAULT_RUN, .nth = 1, .kind = FAULT_EVER, .error = -9999};
    faults_plan(&plan);
    faults_phase(FAULT_RUN);
}

static void kept_program_whose_launches_fail_is_compiled_next(void **state) {
    (void)state;
    assert_int_equal(lose_with(fail_launches), STK_E_DEVICE);
    assert_int_equal(cl.own.recovery.contexts_tried, 3);
    assert_non_null(strstr(cl.persist_note, "the cache's did not work: clEnqueueNDRangeKernel"));
    assert_non_null(strstr(cl.reason, "clEnqueueNDRangeKernel failed with OpenCL error -9999"));
    assert_int_equal(stk_opencl_persist(&cl), 0);
    faults_mend();
    assert_int_equal(stk_opencl_revive(&cl), STK_OK);
    assert_int_equal(work_on(), STK_OK);
    assert_int_equal(cl.built_from, STK_OPENCL_MADE);
    end_kept();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_counters_outlive_the_device),
        cmocka_unit_test(launch_without_an_event_is_a_failed_one),
        cmocka_unit_test(recovery_may_be_ruled_out),
        cmocka_unit_test(lost_contexts_are_bounded),
        cmocka_unit_test(new_context_takes_the_program_that_is_kept),
        cmocka_unit_test(program_that_the_driver_refuses_then_is_compiled),
        cmocka_unit_test(kept_program_that_takes_no_arguments_is_compiled_next),
        cmocka_unit_test(kept_program_whose_launches_fail_is_compiled_next),
    };
    struct stk_opencl_device d;
    if (stk_opencl_device(0, &d) != STK_OK) {
        return exit_without("an OpenCL device");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
