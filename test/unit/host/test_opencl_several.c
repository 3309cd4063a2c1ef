/* Two devices of one platform in one process: found by index, name and capability; and work that they share by
 * claim-next, each driven by a thread of its own, also when one of them is lost. PoCL makes two of one CPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "need_device.h"
#include "stoker/atomic.h"
#include "stoker/device_set.h"
#include "stoker/port/opencl.h"
#include "stoker/port/posix.h"
#include "stoker/port/sim.h"
#include "stoker/stream.h"
#include "stoker/work_split.h"

#define DEVICES 2u
#define DEPTH   4u
#define CHUNK   4096u
#define UNITS   1000u
#define SECOND  UINT64_C(1000000000)

/* One device and what drives it. */
struct side {
    uint32_t index;
    struct stk_opencl cl;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port;
    struct stk_stream stream;
    struct stk_work_split_run run;
    uint32_t next;       /* unit of the run that is read next */
    uint32_t lose_after; /* results after which the device is lost; 0: never */
    uint32_t results;
    atomic_bool held_back; /* this device must not claim: the other one has not had its results yet */
    _Alignas(64) uint8_t memory[16384];
    const char *complaint;
};

static const char *const names[DEVICES] = {"0", "1"};
static struct side sides[DEVICES];
static struct stk_opencl_outcome known[DEVICES]; /* outcome of the first open of each device */
static struct stk_work_split units;
STK_WORK_SPLIT_DEFINE(units_memory, DEVICES, 1);
static uint32_t *text;
static uint64_t sums[UNITS];  /* sums of the devices, by unit */
static uint32_t times[UNITS]; /* number of times that each unit was done */

/// Devices ///

static int two_devices(void) {
    struct stk_opencl_device d;
    return stk_opencl_device(1, &d) == STK_OK;
}

static void devices_are_found_by_what_they_have(void **state) {
    struct stk_opencl_device d, first;
    struct stk_opencl_need need = {0};
    (void)state;
    if (!two_devices()) {
        skip_without("two OpenCL devices");
    }
    assert_int_equal(stk_opencl_find(&need, 0, &first), 0);
    assert_int_equal(stk_opencl_find(&need, 1, &d), 1);
    need = (struct stk_opencl_need){.name = first.name, .memory = first.memory, .compute_units = first.compute_units};
    need.fine_grain = first.fine_grain;
    need.svm_atomics = first.svm_atomics;
    assert_int_equal(stk_opencl_find(&need, 0, &d), 0);
    memset(&d, 0x5A, sizeof d);
    need.compute_units = UINT32_MAX;
    assert_int_equal(stk_opencl_find(&need, 0, &d), STK_E_NODEV);
    need = (struct stk_opencl_need){.memory = UINT64_MAX};
    assert_int_equal(stk_opencl_find(&need, 0, &d), STK_E_NODEV);
    need = (struct stk_opencl_need){.name = "no such device"};
    assert_int_equal(stk_opencl_find(&need, 0, &d), STK_E_NODEV);
    need = (struct stk_opencl_need){0};
    assert_int_equal(stk_opencl_find(&need, 4096, &d), STK_E_NODEV);
    assert_int_equal(d.name[0], 0x5A); /* untouched */
}

/// Sharing ///

static int drive(void *ctx, bool pending) {
    struct side *side = ctx;
    return side->lose_after != 0 && side->results >= side->lose_after ? STK_E_DEVICE
                                                                      : stk_opencl_ops.drive(&side->cl, pending);
}

static int stop(void *ctx, uint64_t timeout_ns) {
    return stk_opencl_ops.stop(&((struct side *)ctx)->cl, timeout_ns);
}

static void info(void *ctx, struct stk_dispatch_info *about) {
    stk_opencl_ops.info(&((struct side *)ctx)->cl, about);
}

static bool has_workers(void *ctx) {
    return stk_opencl_ops.has_workers(&((struct side *)ctx)->cl);
}

static int change_tables(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns) {
    return stk_opencl_ops.change_tables(&((struct side *)ctx)->cl, first, bytes, timeout_ns);
}

static const struct stk_dispatch_ops ops = {"several", drive, stop, info, has_workers, change_tables};

/* Results come in the order of the reads, so each ends the front of the run. */
static int on_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct side *side = ctx;
    uint32_t unit = (uint32_t)r->tag;
    (void)next;
    if (r->err != STK_OK) {
        return side->lose_after != 0 ? 0 : r->err; /* a lost device's are cancelled */
    }
    sums[unit] = (uint64_t)r->results[1] << 32 | r->results[0];
    times[unit]++;
    side->results++;
    if (side->results == side->lose_after) {
        atomic_store(&sides[0].held_back, false);
    }
    return stk_work_split_done(&units, side->index, &side->run, 1);
}

static int queue(struct side *side) {
    int err = STK_OK;
    while (side->next < side->run.first + side->run.count && err == STK_OK) {
        const struct stk_stream_read read = {
            .offset = (uint64_t)side->next * CHUNK, .bytes = CHUNK, .opcode = STK_OP_SUM64, .tag = side->next};
        err = stk_stream_read(&side->stream, &read);
        side->next += err == STK_OK;
    }
    return err == STK_E_WOULD_BLOCK ? STK_OK : err;
}

static void *work(void *arg) {
    struct side *side = arg;
    int err = STK_OK;
    while (err >= 0 && !stk_work_split_finished(&units)) {
        if (side->run.count == 0) {
            err = atomic_load(&side->held_back) ? STK_E_WOULD_BLOCK
                                                : stk_work_split_claim(&units, side->index, &side->run);
            side->next = side->run.first;
            if (err == STK_E_WOULD_BLOCK) {
                err = STK_OK;
                (void)!stk_posix_platform_ops.wait(NULL, &side->index, side->index, 100000);
                continue;
            }
        }
        err = err < 0 ? err : queue(side);
        err = err < 0 ? err : stk_stream_poll(&side->stream, SECOND);
    }
    if (err == STK_E_DEVICE && side->lose_after != 0) {
        err = stk_work_split_lose(&units, side->index);
    }
    side->complaint = err < 0 ? stk_err_name(err) : NULL;
    return NULL;
}

static void open_side(struct side *side, uint32_t index) {
    const struct stk_sim_ingest_config ingest = {.depth = DEPTH, .sources = 1, .seed = index + 1};
    const struct stk_opencl_config config = {
        .device = names[index], .slots = DEPTH, .payload_bytes = DEPTH * CHUNK, .known = &known[index]};
    struct stk_arena arena;
    int err;
    memset(side, 0, sizeof *side);
    side->index = index;
    err = stk_opencl_open(&side->cl, &config);
    if (err != STK_OK) {
        fail_msg("device %s: %s: %s", names[index], stk_err_name(err), side->cl.reason);
    }
    known[index] = side->cl.outcome;
    stk_arena_init(&arena, side->memory, sizeof side->memory);
    assert_int_equal(stk_sim_ingest_init(&side->ingest, &ingest, &arena), STK_OK);
    assert_int_equal(stk_sim_ingest_add(&side->ingest, text, UNITS * CHUNK, false), 0);
    side->port = (struct stk_ingest_port){.ops = &stk_sim_ingest_ops, .ctx = &side->ingest};
    const struct stk_stream_config stream = {.memory = side->cl.memory,
                                             .dispatch = {&ops, side},
                                             .ingest = &side->port,
                                             .platform = {&stk_posix_platform_ops, NULL},
                                             .on_result = on_result,
                                             .on_result_ctx = side,
                                             .depth = DEPTH,
                                             .chunk_bytes = CHUNK,
                                             .priority = STK_PRIORITY_NORMAL,
                                             .slot_timeout_ns = 60 * SECOND};
    assert_int_equal(stk_stream_init(&side->stream, &stream, &arena), STK_OK);
}

static void check_sums(void) {
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < CHUNK / 4u; i++) {
            sum += text[unit * (CHUNK / 4u) + i];
        }
        if (times[unit] != 1 || sums[unit] != sum) {
            fail_msg("unit %u was done %u times", (unsigned)unit, (unsigned)times[unit]);
        }
    }
}

/* Both devices work off the text, side 1 until it is lost. */
static void share(uint32_t lose_after) {
    const struct stk_work_split_config config = {.devices = DEVICES, .run_max = 50};
    pthread_t threads[DEVICES];
    struct stk_work_split_progress done[DEVICES];
    struct stk_arena arena;
    memset(times, 0, sizeof times);
    memset(sums, 0, sizeof sums);
    stk_arena_init(&arena, units_memory, sizeof units_memory);
    assert_int_equal(stk_work_split_init(&units, &config, &arena), STK_OK);
    assert_int_equal(stk_work_split_begin(&units, UNITS, 0), STK_OK);
    for (uint32_t i = 0; i < DEVICES; i++) {
        open_side(&sides[i], i);
        sides[i].lose_after = i == 1u ? lose_after : 0;
        /* Side 0 keeps to its first run until side 1 has its results: else a fast side 0 takes all units before. */
        atomic_init(&sides[i].held_back, i == 0 && lose_after != 0);
        assert_int_equal(stk_work_split_claim(&units, i, &sides[i].run), 1);
        sides[i].next = sides[i].run.first;
    }
    for (uint32_t i = 0; i < DEVICES; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, &sides[i]), 0);
    }
    for (uint32_t i = 0; i < DEVICES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (uint32_t i = 0; i < DEVICES; i++) {
        if (sides[i].complaint) {
            fail_msg("device %u: %s", (unsigned)i, sides[i].complaint);
        }
        assert_int_equal(stk_work_split_progress(&units, i, &done[i]), STK_OK);
        assert_true(done[i].done > 0);
        (void)!stk_stream_close(&sides[i].stream, 20 * SECOND);
        assert_int_equal(stk_opencl_close(&sides[i].cl, 20 * SECOND), STK_OK);
    }
    check_sums();
    assert_int_equal(done[0].done + done[1].done, UNITS);
    assert_int_equal(stk_work_split_settled(&units), UNITS);
    assert_true(lose_after == 0 || (done[1].done >= lose_after && done[1].done < lose_after + DEPTH));
}

static void both_have_a_share_and_every_sum_is_right(void **state) {
    (void)state;
    if (!two_devices()) {
        skip_without("two OpenCL devices");
    }
    share(0);
}

static void a_lost_one_leaves_its_units_to_the_other(void **state) {
    (void)state;
    if (!two_devices()) {
        skip_without("two OpenCL devices");
    }
    share(7);
}

static void a_fleet_routes_to_either(void **state) {
    struct stk_device_set_device devices[DEVICES] = {{0}};
    struct stk_device_set fleet = {.devices = devices, .count = DEVICES};
    struct stk_device_set_need need = {.device = STK_DEVICE_SET_ANY, .payload_bytes = 8192};
    (void)state;
    if (!two_devices()) {
        skip_without("two OpenCL devices");
    }
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct stk_opencl_config config = {
            .device = names[i], .slots = 4, .payload_bytes = i == 0u ? 4096u : 8192u, .known = &known[i]};
        struct stk_dispatch_info about;
        assert_int_equal(stk_opencl_open(&sides[i].cl, &config), STK_OK);
        stk_opencl_ops.info(&sides[i].cl, &about);
        stk_device_set_describe(&devices[i], &about, &sides[i].cl.memory);
    }
    assert_int_equal(stk_device_set_route(&fleet, &need), 1);
    need.payload_bytes = 0;
    need.name = devices[0].name;
    assert_true(stk_device_set_route(&fleet, &need) >= 0);
    need.opcode_wanted = true;
    need.opcode = STK_OP_TENANT_BASE;
    assert_int_equal(stk_device_set_route(&fleet, &need), STK_E_UNSUPPORTED);
    for (uint32_t i = 0; i < DEVICES; i++) {
        assert_int_equal(stk_opencl_close(&sides[i].cl, 20 * SECOND), STK_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_found_by_what_they_have),
        cmocka_unit_test(both_have_a_share_and_every_sum_is_right),
        cmocka_unit_test(a_lost_one_leaves_its_units_to_the_other),
        cmocka_unit_test(a_fleet_routes_to_either),
    };
    int failed;
    setenv("POCL_DEVICES", "pthread pthread", 0); /* before the first call of OpenCL */
    text = malloc((size_t)UNITS * CHUNK);
    for (uint32_t i = 0; i < UNITS * (CHUNK / 4u); i++) {
        text[i] = i * 2654435761u;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    return failed;
}
