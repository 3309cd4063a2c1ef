/* The template of a port: it links and runs as it is, every call that can fail says STK_E_UNSUPPORTED and leaves its
 * arguments alone, and what describes the port describes one that can do nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stoker/port/template.h"

static void its_clock_and_wait_refuse(void **state) {
    uint32_t word = 0;
    (void)state;
    assert_true(stk_template_platform_ops.now_ns(NULL) == 0);
    assert_int_equal(stk_template_platform_ops.wait(NULL, &word, 0, 1), STK_E_UNSUPPORTED);
    assert_true(stk_template_platform_ops.wake == NULL);
}

static void its_ingest_refuses(void **state) {
    uint8_t byte = 7;
    struct stk_ingest_read read = {0, 0, 1, &byte, 0, 0};
    struct stk_ingest_done done = {1, 2, 3};
    struct stk_ingest_stats stats, none;
    (void)state;
    memset(&stats, 0xA5, sizeof stats);
    memset(&none, 0, sizeof none);
    assert_int_equal(stk_template_ingest_ops.submit(NULL, &read, 1), STK_E_UNSUPPORTED);
    assert_int_equal(stk_template_ingest_ops.reap(NULL, &done, 1, UINT64_MAX), STK_E_UNSUPPORTED);
    assert_int_equal(stk_template_ingest_ops.cancel(NULL, 0, 1), STK_E_UNSUPPORTED);
    stk_template_ingest_ops.stats(NULL, &stats);
    assert_memory_equal(&stats, &none, sizeof stats);
    assert_true(byte == 7 && done.tag == 1 && done.result == 2 && done.os_error == 3);
}

static void its_dispatch_refuses(void **state) {
    struct stk_dispatch_info info;
    (void)state;
    assert_int_equal(stk_template_dispatch_ops.drive(NULL, true), STK_E_UNSUPPORTED);
    assert_int_equal(stk_template_dispatch_ops.drive(NULL, false), STK_E_UNSUPPORTED);
    assert_int_equal(stk_template_dispatch_ops.stop(NULL, UINT64_MAX), STK_E_UNSUPPORTED);
    assert_false(stk_template_dispatch_ops.has_workers(NULL));
    assert_int_equal(stk_template_dispatch_ops.change_tables(NULL, 0, 0, UINT64_MAX), STK_E_UNSUPPORTED);
    stk_template_dispatch_ops.info(NULL, &info);
    assert_string_equal(info.device, "none");
    assert_string_equal(info.memory, "none");
    assert_true(info.reason != NULL && info.residency == STK_BATCH);
    assert_true(info.workers == 0 && info.lanes == 0 && info.launches == 0);
}

static void its_port_for_a_device_with_a_driver_refuses(void **state) {
    const struct stk_device_layout layout = {.slots = 4, .align = 4096};
    struct stk_template_gpu gpu;
    uint8_t tries[4] = {0};
    (void)state;
    assert_int_equal(stk_template_gpu_open(&gpu, &layout, tries), STK_E_UNSUPPORTED);
    assert_int_equal(stk_template_gpu_ops.drive(&gpu, false), 0);
    assert_int_equal(stk_template_gpu_ops.stop(&gpu, 0), STK_OK);
    assert_false(stk_template_gpu_ops.has_workers(&gpu));
    assert_int_equal(stk_template_gpu_ops.change_tables(&gpu, 0, 1, 0), STK_E_RANGE);
}

static void its_flash_refuses(void **state) {
    struct stk_flash_geometry g;
    uint8_t byte = 7;
    (void)state;
    stk_template_flash_ops.geometry(NULL, &g);
    assert_int_equal(g.blocks, 0);
    assert_int_equal(stk_template_flash_ops.read(NULL, 0, 0, &byte, 1), STK_E_UNSUPPORTED);
    assert_int_equal(stk_template_flash_ops.prog(NULL, 0, 0, &byte, 1), STK_E_UNSUPPORTED);
    assert_int_equal(stk_template_flash_ops.erase(NULL, 0), STK_E_UNSUPPORTED);
    assert_true(stk_template_flash_ops.sync == NULL);
    assert_int_equal(byte, 7);
}

static void its_parts_have_one_name(void **state) {
    (void)state;
    assert_string_equal(stk_template_platform_ops.name, "template");
    assert_string_equal(stk_template_ingest_ops.name, "template");
    assert_string_equal(stk_template_dispatch_ops.name, "template");
    assert_string_equal(stk_template_flash_ops.name, "template");
}

int main(void) {
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(its_clock_and_wait_refuse), cmocka_unit_test(its_ingest_refuses),
        cmocka_unit_test(its_dispatch_refuses),      cmocka_unit_test(its_flash_refuses),
        cmocka_unit_test(its_parts_have_one_name),   cmocka_unit_test(its_port_for_a_device_with_a_driver_refuses),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
