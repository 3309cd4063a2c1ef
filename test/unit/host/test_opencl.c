/* The kernel on an OpenCL device, in each mode over each kind of memory; skipped where there is no device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/kernel/device.h"
#include "opencl_rig.h"
#include "op_cases.h"
#include "stoker/atomic.h"
#include "stoker/control.h"
#include "stoker/port/interp.h"
#include "stoker/port/opencl.h"
#include "stoker/port/posix.h"
#include "stoker/ring.h"

/* Defines device code twice: as text for the OpenCL device, and as C functions for the interpreter. */
#define TWIN(...)                                                                                                      \
    static const char twin_text[] = #__VA_ARGS__;                                                                      \
    __VA_ARGS__

TWIN(
    static stk_u32 user_mix(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 x = stk_arg(c, 0), i;
        if (x == 13u) {
            return stk_refuse(c, 99u, x);
        }
        for (i = 0; i < 8u; i++) {
            x = x * 1664525u + stk_arg(c, i);
        }
        stk_result(c, 0, x);
        stk_add(d->control + STK_CTL_OBSERVABLE, x);
        return STK_SLOT_DONE;
    } static stk_u32 user_wide(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 i;
        stk_u64 sum = 0;
        for (i = STK_LANE; i < 64u; i += STK_LANES) {
            sum += (stk_u64)stk_ld(d->control + STK_CTL_OBSERVABLE + i) << 20;
        }
        stk_result_add64(c, 0, sum);
        return STK_SLOT_DONE;
    } static stk_u32 user_wait(const struct stk_dev *d, const struct stk_call *c) {
        return stk_ld(d->control + STK_CTL_OBSERVABLE + stk_arg(c, 0)) == 0u ? STK_SLOT_REQUEUE : STK_SLOT_DONE;
    })

static const struct stk_opencl_piece pieces[] = {{"twins", twin_text, 0x20001u, "user_mix", STK_SCALAR},
                                                 {"twins.wide", NULL, 0x20002u, "user_wide", STK_WIDE},
                                                 {"twins.wait", NULL, 0x20003u, "user_wait", STK_SCALAR}};
static const struct stk_user_op twins[] = {
    {0x20001u, STK_SCALAR, user_mix}, {0x20002u, STK_WIDE, user_wide}, {0x20003u, STK_SCALAR, user_wait}};

static struct stk_opencl cl;
static const struct way *way = &ways[0];
static struct stk_ring ring;
static struct op_image image, expected;

static void open_device(const struct stk_opencl_config *config) {
    if (!rig_open(&cl, config, way)) {
        skip();
    }
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
}

static void close_device(void) {
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    assert_null(cl.memory.ring);
}

static void open_for_images(uint32_t lanes, uint32_t piece_count) {
    const struct stk_opencl_config config = {.slots = OPS_SLOTS,
                                             .observables = OPS_OBSERVABLES,
                                             .debug_records = OPS_RECORDS,
                                             .io_slots = OPS_IO,
                                             .payload_bytes = OPS_PAYLOAD,
                                             .table_bytes = OPS_TABLES,
                                             .lanes = lanes,
                                             .pieces = pieces,
                                             .piece_count = piece_count};
    open_device(&config);
    assert_int_equal(cl.memory.control_words, OPS_CONTROL);
    assert_int_equal(cl.memory.debug_words, OPS_DEBUG);
}

static void drive(bool pending) {
    int did = stk_opencl_ops.drive(&cl, pending);
    if (did < 0) {
        fail_msg("drive: %s: %s", stk_err_name(did), cl.reason);
    }
}

static bool over(uint32_t slot) {
    int status = stk_ring_status(&ring, slot);
    return status != (int)STK_SLOT_PUBLISHED && status != (int)STK_SLOT_CLAIMED && status != (int)STK_SLOT_REQUEUE;
}

static void wait_for(uint32_t slot) {
    uint64_t start = rig_now();
    while (!over(slot)) {
        drive(true);
        if (rig_now() - start > HANG_NS) {
            fail_msg("slot %u is still in status %d", (unsigned)slot, stk_ring_status(&ring, slot));
        }
    }
}

/* Puts the image on the device, runs slot 0 to its end, stops the workers and reads everything back. */
static void run_image(void) {
    op_forget_workers(image.control, cl.memory.control);
    memcpy(cl.memory.ring, image.ring, sizeof image.ring);
    memcpy(cl.memory.control, image.control, sizeof image.control);
    memcpy(cl.memory.debug, image.debug, sizeof image.debug);
    memcpy(cl.memory.io, image.io, sizeof image.io);
    memcpy(cl.memory.payload, image.payload, sizeof image.payload);
    assert_int_equal(stk_opencl_ops.change_tables(&cl, 0, OPS_TABLES, 20 * SECOND), STK_OK);
    memcpy(cl.memory.tables, image.tables, OPS_TABLES);
    wait_for(0);
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    memcpy(image.ring, cl.memory.ring, sizeof image.ring);
    memcpy(image.control, cl.memory.control, sizeof image.control);
    memcpy(image.debug, cl.memory.debug, sizeof image.debug);
    memcpy(image.io, cl.memory.io, sizeof image.io);
    memcpy(image.payload, cl.memory.payload, sizeof image.payload);
    memcpy(image.tables, cl.memory.tables, sizeof image.tables);
}

static void assert_same_image(const char *name, uint32_t lanes) {
    op_forget_workers(expected.control, image.control);
    if (memcmp(&image, &expected, sizeof image) != 0) {
        uint32_t at = op_image_diff(&image, &expected);
        fail_msg("%s, %u lanes: word %u of the image is 0x%08x, not 0x%08x", name, (unsigned)lanes, (unsigned)at,
                 (unsigned)((const uint32_t *)(const void *)&image)[at],
                 (unsigned)((const uint32_t *)(const void *)&expected)[at]);
    }
}

static void each_op_does_on_the_device_what_it_does_as_c(void **state) {
    static const uint32_t lanes[] = {4, 1, 64};
    size_t l, i, count = way->memory == STK_OPENCL_SVM_ATOMICS || way->residency == STK_BATCH ? 3 : 1;
    (void)state;
    for (l = 0; l < count; l++) {
        open_for_images(lanes[l], 0);
        for (i = 0; i < OP_CASES; i++) {
            op_case_before(&op_cases[i], &image);
            op_case_before(&op_cases[i], &expected);
            op_case_after(&op_cases[i], &expected);
            run_image();
            assert_same_image(op_cases[i].name, lanes[l]);
        }
        close_device();
    }
}

static void user_ops_from_source_equal_their_c_twins(void **state) {
    static const uint32_t lanes[] = {1, 4};
    uint32_t l, i, k;
    (void)state;
    for (l = 0; l < 2; l++) {
        open_for_images(lanes[l], 3);
        for (i = 0; i < times(40, 6); i++) {
            const struct stk_interp_config config = {.user_ops = twins, .user_op_count = 3};
            const struct stk_device_memory memory = op_image_memory(&expected);
            struct stk_interp interp;
            uint32_t args[STK_SLOT_ARGS];
            for (k = 0; k < STK_SLOT_ARGS; k++) {
                args[k] = i == 0 ? 13u : (i * 2654435761u) ^ (k * 40503u);
            }
            op_image_reset(&image);
            op_publish(&image, 0, i % 2u ? 0x20002u : 0x20001u, 0, args);
            expected = image;
            run_image();
            assert_int_equal(stk_interp_open(&interp, &memory, &config), STK_OK);
            assert_true(stk_interp_ops.drive(&interp, true) >= 0);
            assert_int_equal(op_status(&expected, 0), i == 0 ? STK_SLOT_FAULT : STK_SLOT_DONE);
            assert_same_image("user op", lanes[l]);
        }
        close_device();
    }
}

/* Adds 1 to observable 0 `total` times with the whole ring in flight; each slot must run exactly once. */
static void run_adds(uint32_t total) {
    const uint32_t args[] = {1, STK_CTL_OBSERVABLE};
    const struct stk_work add = {STK_OP_ATOMIC_ADD, 0, STK_PRIORITY_NORMAL, 2, args};
    uint32_t published = 0, harvested = 0, at = 0;
    uint64_t start = rig_now();
    while (harvested < total) {
        if (published < total && published - harvested < ring.slots) {
            assert_int_equal(stk_ring_publish(&ring, published % ring.slots, &add), STK_OK);
            published++;
        }
        at = harvested % ring.slots;
        if (harvested < published && stk_ring_status(&ring, at) == (int)STK_SLOT_DONE) {
            harvested++;
        } else {
            drive(true);
        }
        if (harvested % 1024u == 0u && rig_now() - start > HANG_NS) {
            fail_msg("slot %u of %u is in status %d", (unsigned)harvested, (unsigned)total, stk_ring_status(&ring, at));
        }
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    if (stk_load(cl.memory.control + STK_CTL_OBSERVABLE) != total) {
        print_message("%u workers of %u lanes: %u slots done, %u launches\n", (unsigned)cl.config.workers,
                      (unsigned)cl.config.lanes, (unsigned)stk_load(cl.memory.control + STK_CTL_DONE_COUNT),
                      (unsigned)cl.stats.launches);
    }
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), total);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_DONE_COUNT), total);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_METRICS + STK_OP_ATOMIC_ADD), total);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_FAULT_COUNT), 0);
}

static void no_slot_is_lost_when_leases_end_and_begin(void **state) {
    const struct stk_opencl_config config = {.slots = 256, .lease_ns = 200000, .idle_ns = 10000000};
    struct stk_dispatch_info info;
    (void)state;
    open_device(&config);
    run_adds(times(200000, 100000));
    stk_opencl_ops.info(&cl, &info);
    assert_true(info.launches > 1);
    assert_true(info.lease_ends >= 1 || way->residency != STK_RESIDENT);
    assert_true(info.lease_ends + info.idle_ends == info.launches);
    assert_false(stk_opencl_ops.has_workers(&cl));
    assert_int_equal(info.residency, way->residency);
    assert_true((info.copied_bytes != 0) == (way->residency == STK_BATCH));
    close_device();
}

/* Unpartitioned and partitioned; the slots are published by index, so most lie outside their partition. Where
 * workers may not swap a slot's status, for it is on the other side of a bus, they settle by guards who takes it:
 * this memory may do for such. */
static void several_workers_run_each_slot_once(void **state) {
    static const struct {
        uint32_t workers, lanes, partitioned, quota, bus;
    } cases[] = {{2, 1, 0, 0, 0},  {2, 4, 1, 0, 0},  {2, 16, 0, 0, 0}, {1, 64, 1, 0, 0},
                 {1, 1, 0, 5, 0},  {1, 16, 1, 5, 0}, {2, 1, 1, 0, 1},  {2, 4, 0, 0, 1},
                 {2, 16, 1, 5, 1}, {1, 1, 0, 0, 1},  {1, 16, 1, 0, 1}};
    uint32_t total = times(50000, 2000);
    size_t i;
    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct stk_opencl_config config = {.slots = 64, .workers = cases[i].workers, .lanes = cases[i].lanes};
        struct stk_control control;
        open_device(&config);
        control = (struct stk_control){.words = cl.memory.control, .count = cl.memory.control_words};
        if (cases[i].partitioned) {
            assert_int_equal(stk_control_set_priorities(&control, 64, NULL), STK_OK);
        }
        if (cases[i].quota) {
            assert_int_equal(stk_control_set_quota(&control, 0, cases[i].quota, NULL), STK_OK);
        }
        if (cases[i].bus) {
            stk_store(cl.memory.control + STK_CTL_NO_SHARED_ATOMICS, 1u);
        }
        run_adds(total);
        assert_int_equal(stk_load(cl.memory.control + STK_CTL_WORKERS_IN),
                         config.workers * (uint32_t)cl.stats.launches);
        assert_int_equal(stk_load(cl.memory.control + STK_CTL_TENANT_FAIRNESS), total);
        close_device();
    }
}

static void idle_kernel_parks_and_the_next_slot_wakes_it(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .idle_ns = 100000};
    const struct stk_work nop = {STK_OP_NOP, 0, STK_PRIORITY_NORMAL, 0, NULL};
    uint32_t round;
    (void)state;
    open_device(&config);
    for (round = 1; round <= times(20, 5); round++) {
        uint64_t start = rig_now();
        assert_int_equal(stk_ring_publish(&ring, round % 8u, &nop), STK_OK);
        wait_for(round % 8u);
        while (cl.stats.running && rig_now() - start < HANG_NS) {
            drive(false);
        }
        assert_false(cl.stats.running);
        assert_true(cl.stats.launches >= round);
    }
    assert_true(cl.stats.idle_ends > 0);
    close_device();
}

static void close_with_slots_pending_leaves_nothing_running(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .pieces = pieces, .piece_count = 3};
    const struct stk_work wait = {0x20003u, 0, STK_PRIORITY_NORMAL, 1, (const uint32_t[]){5}};
    const struct stk_work nop = {STK_OP_NOP, 0, STK_PRIORITY_NORMAL, 0, NULL};
    uint32_t round, i;
    (void)state;
    for (round = 0; round < 3; round++) {
        open_device(&config);
        for (i = 0; i < 8; i++) {
            assert_int_equal(stk_ring_publish(&ring, i, i % 2u ? &wait : &nop), STK_OK);
        }
        for (i = 0; i < round * 200u; i++) {
            drive(true); /* not at all; for a moment; for longer */
        }
        close_device();
        assert_int_equal(stk_opencl_close(&cl, 0), STK_OK);
    }
}

static void requeued_slot_ends_once_what_it_waits_for_is_there(void **state) {
    const struct stk_opencl_config config = {.slots = 8, .pieces = pieces, .piece_count = 3};
    const struct stk_work wait = {0x20003u, 0, STK_PRIORITY_NORMAL, 1, (const uint32_t[]){5}};
    uint32_t i;
    (void)state;
    open_device(&config);
    assert_int_equal(stk_ring_publish(&ring, 3, &wait), STK_OK);
    for (i = 0; i < 1000; i++) {
        drive(true);
    }
    assert_int_not_equal(stk_ring_status(&ring, 3), (int)STK_SLOT_DONE);
    stk_store_release(cl.memory.control + STK_CTL_OBSERVABLE + 5, 1u);
    wait_for(3);
    assert_int_equal(stk_ring_status(&ring, 3), (int)STK_SLOT_DONE);
    close_device();
}

static void shutdown_op_stops_the_kernel(void **state) {
    const struct stk_opencl_config config = {.slots = 8};
    const struct stk_work off = {STK_OP_SHUTDOWN, 0, STK_PRIORITY_NORMAL, 0, NULL},
                          nop = {STK_OP_NOP, 0, STK_PRIORITY_NORMAL, 0, NULL};
    (void)state;
    open_device(&config);
    assert_int_equal(stk_ring_publish(&ring, 0, &off), STK_OK);
    wait_for(0);
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_ring_publish(&ring, 1, &nop), STK_OK);
    drive(true);
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_ring_status(&ring, 1), (int)STK_SLOT_PUBLISHED);
    close_device();
}

static void device_that_does_not_exist_is_said_by_name(void **state) {
    struct stk_opencl_device device;
    const struct stk_opencl_config named = {.device = "no such device"}, numbered = {.device = "4096"};
    (void)state;
    assert_int_equal(stk_opencl_open(&cl, &named), STK_E_NODEV);
    assert_non_null(strstr(cl.reason, "no such device"));
    assert_int_equal(stk_opencl_open(&cl, &numbered), STK_E_NODEV);
    assert_int_equal(stk_opencl_close(&cl, 0), STK_OK);
    assert_int_equal(stk_opencl_device(4096, &device), STK_E_NODEV);
}

static void device_is_found_by_number_and_by_part_of_its_name(void **state) {
    struct stk_opencl_config config = {.device = "0"};
    struct stk_opencl_device device;
    char part[8];
    (void)state;
    if (stk_opencl_device(0, &device) != STK_OK) {
        skip_without("an OpenCL device");
    }
    assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
    assert_string_equal(cl.device.name, device.name);
    close_device();
    snprintf(part, sizeof part, "%.7s", device.name);
    config.device = part;
    assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
    close_device();
}

static void numbers_out_of_range_are_refused(void **state) {
    const struct stk_opencl_config bad[] = {{.io_slots = 65},
                                            {.workers = 1025},
                                            {.lanes = 1025},
                                            {.slots = UINT32_MAX},
                                            {.observables = 1u << 30},
                                            {.tenants = 30},
                                            {.debug_records = UINT32_MAX},
                                            {.residency = STK_BATCH, .memory = STK_OPENCL_SVM},
                                            {.residency = STK_QUANTUM, .memory = STK_OPENCL_COPIES},
                                            {.residency = (enum stk_residency)4},
                                            {.memory = (enum stk_opencl_memory)7}};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(stk_opencl_open(&cl, &bad[i]), STK_E_ARG);
        assert_null(cl.own.program.context);
    }
}

/* The arguments that a fit function got, and the values that it returns. */
struct fitted {
    uint32_t calls, workers, lanes, slots;
};

static void fit(void *ctx, const struct stk_opencl_device *device, struct stk_opencl_config *config) {
    struct fitted *f = ctx;
    f->calls++;
    f->workers = config->workers;
    f->lanes = config->lanes;
    assert_non_null(device->id);
    config->slots = f->slots;
    config->payload_bytes = 64u * config->workers;
}

static void sizes_follow_the_device(void **state) {
    struct fitted f = {.slots = 24};
    const struct stk_opencl_config config = {.device = "0", .slots = 8, .fit = fit, .fit_ctx = &f};
    struct stk_opencl_device device;
    uint32_t workers;
    (void)state;
    if (stk_opencl_device(0, &device) != STK_OK) {
        skip_without("an OpenCL device");
    }
    assert_int_equal(stk_opencl_open(&cl, &config), STK_OK);
    assert_int_equal(f.calls, 1);
    workers = device.type != STK_OPENCL_GPU                     ? 1u
              : device.compute_units < STK_OPENCL_WORKERS_USUAL ? device.compute_units
                                                                : STK_OPENCL_WORKERS_USUAL;
    assert_int_equal(f.workers, workers);
    assert_int_equal(f.lanes, device.lanes);
    assert_int_equal(cl.memory.slots, 24);
    assert_int_equal(cl.memory.payload_bytes, 64u * workers);
    close_device();
}

static void sizes_that_fit_no_device_are_refused(void **state) {
    struct fitted f = {.slots = UINT32_MAX};
    const struct stk_opencl_config config = {.device = "0", .fit = fit, .fit_ctx = &f};
    struct stk_opencl_device device;
    (void)state;
    if (stk_opencl_device(0, &device) != STK_OK) {
        skip_without("an OpenCL device");
    }
    assert_int_equal(stk_opencl_open(&cl, &config), STK_E_ARG);
    assert_non_null(strstr(cl.reason, "out of range"));
    assert_null(cl.own.program.context);
    assert_int_equal(stk_opencl_close(&cl, 0), STK_OK);
}

int main(void) {
    const struct CMUnitTest in_each_way[] = {
        cmocka_unit_test(each_op_does_on_the_device_what_it_does_as_c),
        cmocka_unit_test(user_ops_from_source_equal_their_c_twins),
        cmocka_unit_test(no_slot_is_lost_when_leases_end_and_begin),
        cmocka_unit_test(several_workers_run_each_slot_once),
        cmocka_unit_test(idle_kernel_parks_and_the_next_slot_wakes_it),
        cmocka_unit_test(close_with_slots_pending_leaves_nothing_running),
        cmocka_unit_test(requeued_slot_ends_once_what_it_waits_for_is_there),
        cmocka_unit_test(shutdown_op_stops_the_kernel),
    };
    const struct CMUnitTest once[] = {
        cmocka_unit_test(device_that_does_not_exist_is_said_by_name),
        cmocka_unit_test(device_is_found_by_number_and_by_part_of_its_name),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(sizes_follow_the_device),
        cmocka_unit_test(sizes_that_fit_no_device_are_refused),
    };
    int failed = cmocka_run_group_tests(once, NULL, NULL);
    for (size_t i = 0; i < WAYS; i++) {
        way = &ways[i];
        if (!rig_goes(i)) {
            continue;
        }
        failed += cmocka_run_group_tests_name(way->name, in_each_way, NULL, NULL);
    }
    return failed;
}
