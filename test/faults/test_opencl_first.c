/* Tests the choice of the device. Open must try the devices in the order that the header gives, and report each device
 * that does not open. PoCL makes three devices of one CPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_faults.h"
#include "opencl_work.h"

#define DEVICES 3u

static int open_any(const char *device) {
    const struct stk_opencl_config config = {.device = device, .slots = 16, .residency = STK_BATCH};
    return stk_opencl_open(&cl, &config);
}

static void assert_order(int first, int second, int third) {
    const int order[DEVICES] = {first, second, third};
    struct stk_opencl_device d, untouched;
    uint32_t place = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        assert_int_equal(stk_opencl_next(&place, &d), order[i]);
    }
    untouched = d;
    assert_int_equal(stk_opencl_next(&place, &d), STK_E_NODEV);
    assert_memory_equal(&d, &untouched, sizeof d);
}

static void device_says(uint32_t index, cl_device_type type, cl_device_svm_capabilities svm) {
    faults_number(index, CL_DEVICE_TYPE, type);
    faults_number(index, CL_DEVICE_SVM_CAPABILITIES, svm);
}

static void order_is_type_then_sharing_then_index(void **state) {
    const cl_device_svm_capabilities coarse = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER,
                                     fine = coarse | CL_DEVICE_SVM_FINE_GRAIN_BUFFER,
                                     atomics = fine | CL_DEVICE_SVM_ATOMICS;
    (void)state;
    assert_order(0, 1, 2);
    device_says(0, CL_DEVICE_TYPE_CPU, atomics);
    device_says(1, CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_DEFAULT, 0);
    device_says(2, CL_DEVICE_TYPE_ACCELERATOR, atomics);
    assert_order(1, 2, 0);
    device_says(1, CL_DEVICE_TYPE_CUSTOM, atomics);
    assert_order(2, 0, 1);
    for (uint32_t i = 0; i < DEVICES; i++) {
        device_says(i, CL_DEVICE_TYPE_GPU, i == 0u ? coarse : i == 1u ? fine : atomics);
    }
    assert_order(2, 1, 0);
    device_says(0, CL_DEVICE_TYPE_GPU, fine);
    assert_order(2, 0, 1);
    for (uint32_t i = 0; i < DEVICES; i++) {
        device_says(i, CL_DEVICE_TYPE_CPU, atomics);
    }
}

static void device_that_does_not_open_is_passed_over(void **state) {
    static const struct {
        enum fault_call call;
        cl_int error;
    } faults[] = {{CALL_clCreateContext, CL_DEVICE_NOT_AVAILABLE},
                  {CALL_clBuildProgram, CL_BUILD_PROGRAM_FAILURE},
                  {CALL_clEnqueueNDRangeKernel, CL_OUT_OF_RESOURCES}};
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct fault_plan plan = {.call = faults[i].call, .nth = 1, .error = faults[i].error};
        faults_plan(&plan);
        assert_int_equal(open_any(i == 1u ? "" : NULL), STK_OK);
        assert_non_null(strstr(cl.passed_over, "device 0 ("));
        assert_non_null(strstr(cl.passed_over, faults_name(faults[i].call)));
        assert_null(strstr(cl.passed_over, "device 1 ("));
        assert_null(strstr(cl.reason, "failed"));
        assert_int_equal(cl.failure, STK_OPENCL_SOUND);
        work_close();
    }
}

static void first_one_that_opens_passes_nothing_over(void **state) {
    (void)state;
    memset(&cl, 0x5A, sizeof cl); /* a caller may pass a struct that was never cleared */
    assert_int_equal(open_any(NULL), STK_OK);
    assert_string_equal(cl.passed_over, "");
    work_close();
}

static void reason_tells_of_every_device_when_none_opens(void **state) {
    const struct fault_plan plan = {
        .call = CALL_clCreateContext, .nth = 1, .kind = FAULT_EVER, .error = CL_DEVICE_NOT_AVAILABLE};
    (void)state;
    faults_plan(&plan);
    assert_int_equal(open_any(NULL), STK_E_DEVICE);
    assert_int_equal(faults_fired(), DEVICES);
    assert_string_equal(cl.reason, cl.passed_over);
    assert_non_null(strstr(cl.reason, "device 0 ("));
    assert_non_null(strstr(cl.reason, "; device 1 ("));
    assert_non_null(strstr(cl.reason, "; device 2 ("));
    work_close();
}

static void device_that_was_asked_for_has_no_stand_in(void **state) {
    const struct fault_plan plan = {.call = CALL_clCreateContext, .nth = 1, .error = CL_DEVICE_NOT_AVAILABLE};
    (void)state;
    faults_plan(&plan);
    assert_int_equal(open_any("1"), STK_E_DEVICE);
    assert_null(strstr(cl.reason, "device 0"));
    assert_non_null(strstr(cl.passed_over, "device 1 ("));
    work_close();
    assert_int_equal(open_any("no such device"), STK_E_NODEV);
    assert_string_equal(cl.passed_over, "");
}

/* A tile is for a GPU with enough local memory of its own. */
static void tiles_are_for_local_memory_of_a_gpu(void **state) {
    static const struct {
        cl_device_type type;
        cl_ulong kind, bytes;
        uint32_t tile_bytes;
    } cases[] = {{CL_DEVICE_TYPE_GPU, CL_LOCAL, 49152, 32768},
                 {CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_DEFAULT, CL_LOCAL, 65536, 32768},
                 {CL_DEVICE_TYPE_GPU, CL_LOCAL, 49151, 0},
                 {CL_DEVICE_TYPE_GPU, CL_GLOBAL, 65536, 0},
                 {CL_DEVICE_TYPE_GPU, CL_NONE, 0, 0},
                 {CL_DEVICE_TYPE_ACCELERATOR, CL_LOCAL, 65536, 0},
                 {CL_DEVICE_TYPE_CPU, CL_LOCAL, 65536, 0}};
    struct stk_opencl_device d;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        faults_number(0, CL_DEVICE_TYPE, cases[i].type);
        faults_number(0, CL_DEVICE_LOCAL_MEM_TYPE, cases[i].kind);
        faults_number(0, CL_DEVICE_LOCAL_MEM_SIZE, cases[i].bytes);
        assert_int_equal(stk_opencl_device(0, &d), STK_OK);
        assert_int_equal(d.tile_bytes, cases[i].tile_bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_type_then_sharing_then_index),
        cmocka_unit_test(device_that_does_not_open_is_passed_over),
        cmocka_unit_test(first_one_that_opens_passes_nothing_over),
        cmocka_unit_test(reason_tells_of_every_device_when_none_opens),
        cmocka_unit_test(device_that_was_asked_for_has_no_stand_in),
        cmocka_unit_test(tiles_are_for_local_memory_of_a_gpu), /* the last, since its numbers stay */
    };
    struct stk_opencl_device d;
    setenv("POCL_DEVICES", "pthread pthread pthread", 1); /* before the first call of OpenCL */
    if (stk_opencl_device(DEVICES - 1u, &d) != STK_OK || stk_opencl_device(DEVICES, &d) == STK_OK) {
        return exit_without("three OpenCL devices");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
