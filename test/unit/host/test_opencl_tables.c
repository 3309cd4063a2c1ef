/* Tables on an OpenCL device: workers see what the host stored last, in memory that both share and in a copy of the
 * device's own, which gets each change once and everything again after a loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "opencl_adds.h"
#include "opencl_faults.h"
#include "stoker/tables.h"

#define OP_LOOK 0x20001u
#define SMALL   200u
#define LARGE   (1u << 20)
#define ROUNDS  8u

/* Sums up bytes of the tables. */
static const char handler[] = "STK_FN stk_u32 user_look(const struct stk_dev *d, const struct stk_call *c) {\n"
                              "    stk_u32 at = stk_arg(c, 0), n = stk_arg(c, 1), i, sum = 0;\n"
                              "    if (!stk_table_ok(d, at, n)) { return stk_refuse(c, STK_REASON_TABLE, at); }\n"
                              "    for (i = 0; i < n; i++) { sum = sum * 31u + d->tables[at + i]; }\n"
                              "    stk_result(c, 0, sum);\n"
                              "    return STK_SLOT_DONE;\n"
                              "}\n";
static const struct stk_opencl_piece piece = {"look", handler, OP_LOOK, "user_look", STK_SCALAR};

static struct stk_tables tables;
static const struct way *way;
static int own; /* 1: the device has no memory in common with the host, or the test pretends this */
static uint8_t data[LARGE];

static uint32_t sum_of(const uint8_t *bytes, uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum = sum * 31u + bytes[i];
    }
    return sum;
}

static void fill(uint32_t seed) {
    for (uint32_t i = 0; i < LARGE; i++) {
        data[i] = (uint8_t)((i * 2654435761u + seed * 97u) >> 11);
    }
}

static void open_tables(void) {
    STK_TABLES_DEFINE(rows, 4);
    const struct stk_opencl_config config = {.slots = 16,
                                             .lanes = 4,
                                             .pieces = &piece,
                                             .piece_count = 1,
                                             .lease_ns = 50000000,
                                             .idle_ns = 20000000,
                                             .recovery_ns = 1000000};
    struct stk_tables_config t = {.dispatch = {&stk_opencl_ops, &cl}, .tables = 4, .timeout_ns = 20 * SECOND};
    struct stk_arena arena;
    faults_plan(NULL);
    open_way(&config, way);
    own = !cl.device.unified;
    t.memory = cl.memory;
    assert_int_equal(cl.memory.table_bytes, STK_DEVICE_TABLES_DEFAULT);
    stk_arena_init(&arena, rows, sizeof rows);
    assert_int_equal(stk_tables_init(&tables, &t, &arena), STK_OK);
    assert_int_equal(cl.own.copies.device[STK_PART_TABLES].bytes != 0u, own || cl.mode == STK_BATCH);
}

static uint32_t add(uint32_t bytes) {
    uint32_t offset = 0;
    assert_int_equal(stk_tables_add(&tables, 0, data, bytes, &offset, NULL), STK_OK);
    return offset;
}

static void publish_look(uint32_t slot, uint32_t offset, uint32_t n) {
    const uint32_t args[] = {offset, n};
    const struct stk_work work = {OP_LOOK, 0, STK_PRIORITY_NORMAL, 2, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

/* Waits for the slot, and returns the sum that it found. */
static uint32_t found(uint32_t slot) {
    uint64_t start = rig_now();
    struct stk_slot s;
    while (!stk_status_ended((unsigned)stk_ring_status(&ring, slot))) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_ring_read(&ring, slot, &s), STK_OK);
    assert_int_equal(s.status, STK_SLOT_DONE);
    return s.args[STK_RESULT_ARG];
}

static uint32_t look(uint32_t slot, uint32_t offset, uint32_t n) {
    publish_look(slot, offset, n);
    return found(slot);
}

static uint64_t copied(void) {
    struct stk_dispatch_info info;
    stk_opencl_ops.info(&cl, &info);
    return info.copied_bytes;
}

/* Replaces a table that a published slot names. Only a slot that a worker has ended in the meantime permits that. */
static void expect_pinned(uint32_t offset, uint32_t slot) {
    struct stk_error_info info = {0};
    int err = stk_tables_replace(&tables, offset, data, SMALL, &info);
    if (err == STK_OK) {
        assert_true(stk_status_ended((unsigned)stk_ring_status(&ring, slot)));
    } else {
        assert_int_equal(err, STK_E_PINNED);
        assert_int_equal(info.index, slot);
    }
}

/// Every way, with memory in common and without ///

/* A worker that stays meets tables that are newer than its launch. */
static void workers_see_what_the_host_stored_last(void **state) {
    uint32_t kept, changing;
    (void)state;
    open_tables();
    fill(1);
    kept = add(SMALL);
    changing = add(SMALL);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        fill(1);
        publish_look(round % 16u, kept, SMALL);
        drive(true);
        fill(round + 2u);
        assert_int_equal(stk_tables_replace(&tables, changing, data, SMALL, NULL), STK_OK);
        publish_look((round + 1u) % 16u, changing, SMALL);
        expect_pinned(changing, (round + 1u) % 16u);
        assert_int_equal(found((round + 1u) % 16u), sum_of(data, SMALL));
        fill(1);
        assert_int_equal(found(round % 16u), sum_of(data, SMALL));
    }
    assert_int_equal(cl.losses.recoveries, 0);
    assert_int_equal(cl.stats.fallbacks, 0);
    close_way();
}

static void a_lost_device_gets_all_tables_again(void **state) {
    static const struct fault_plan plan = {
        .call = CALL_clEnqueueNDRangeKernel, .phase = FAULT_RUN, .nth = 1, .error = -9999};
    uint32_t first, second;
    (void)state;
    open_tables();
    fill(3);
    first = add(LARGE);
    assert_int_equal(look(0, first, LARGE), sum_of(data, LARGE));
    second = add(SMALL);
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    faults_plan(&plan);
    faults_phase(FAULT_RUN);
    publish_look(1, second, SMALL);
    assert_int_equal(look(2, first, LARGE), sum_of(data, LARGE));
    assert_int_equal(found(1), sum_of(data, SMALL));
    assert_int_equal(cl.losses.recoveries, 1);
    assert_int_equal(cl.mode, STK_BATCH);
    fill(4);
    assert_int_equal(stk_tables_replace(&tables, first, data, LARGE, NULL), STK_OK);
    assert_int_equal(look(3, first, LARGE), sum_of(data, LARGE));
    close_way();
}

/* A copy of the device's own gets a table once, and a change of a small table sends no large one. */
static void each_change_is_sent_once(void **state) {
    uint32_t large, small;
    uint64_t before, quiet;
    (void)state;
    open_tables();
    fill(5);
    large = add(LARGE);
    small = add(SMALL);
    before = copied();
    assert_int_equal(look(0, large, LARGE), sum_of(data, LARGE));
    if (cl.own.copies.device[STK_PART_TABLES].bytes != 0u) {
        assert_true(copied() - before >= LARGE);
    } else {
        assert_int_equal(copied(), 0); /* the same memory, without a copy */
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    before = copied();
    assert_int_equal(look(1, large, LARGE), sum_of(data, LARGE));
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    quiet = copied() - before;
    assert_true(quiet < LARGE);
    fill(6);
    assert_int_equal(stk_tables_replace(&tables, small, data, SMALL, NULL), STK_OK);
    before = copied();
    assert_int_equal(look(2, small, SMALL), sum_of(data, SMALL));
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_true(copied() - before < LARGE);
    assert_true(quiet != 0u || own == 0 || copied() - before == SMALL);
    close_way();
}

static void bytes_outside_the_tables_are_refused(void **state) {
    uint32_t end;
    (void)state;
    open_tables();
    end = cl.memory.table_bytes;
    assert_int_equal(stk_opencl_ops.change_tables(&cl, end, 0, 0), STK_OK);
    assert_int_equal(stk_opencl_ops.change_tables(&cl, end, 1, 0), STK_E_RANGE);
    assert_int_equal(stk_opencl_ops.change_tables(&cl, end + 1u, 0, 0), STK_E_RANGE);
    assert_int_equal(stk_opencl_ops.change_tables(&cl, UINT32_MAX, UINT32_MAX, 0), STK_E_RANGE);
    close_way();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_see_what_the_host_stored_last),
        cmocka_unit_test(a_lost_device_gets_all_tables_again),
        cmocka_unit_test(each_change_is_sent_once),
        cmocka_unit_test(bytes_outside_the_tables_are_refused),
    };
    int failed = 0;
    for (size_t i = 0; i < WAYS; i++) {
        way = &ways[i];
        if (!rig_goes(i)) {
            continue;
        }
        failed += cmocka_run_group_tests_name(way->name, tests, NULL, NULL);
    }
    /* Repeats the test on a device that the port takes for a device behind a bus. */
    if (rig_is_pocl(&cl)) {
        faults_number(0, CL_DEVICE_TYPE, CL_DEVICE_TYPE_GPU);
        faults_number(0, CL_DEVICE_HOST_UNIFIED_MEMORY, CL_FALSE);
        for (size_t i = 0; i < WAYS; i++) {
            way = &ways[i];
            if (rig_is_first(i)) {
                failed += cmocka_run_group_tests_name("behind a bus", tests, NULL, NULL);
                failed += own == 0;
            }
        }
    }
    return failed;
}
