/* Replay on an OpenCL device with two workers, against the interpreter: a handler whose result depends on the
 * schedule is found, and the same one mended shows no difference, 100 times of 100. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RIG_BLOCKS 160u
#include "hang.h"
#include "log_rig.h"
#include "need_device.h"
#include "opencl_modes.h"
#include "stoker/atomic.h"
#include "stoker/control.h"
#include "stoker/handlers.h"
#include "stoker/port/interp.h"
#include "stoker/port/opencl.h"
#include "stoker/port/posix.h"
#include "stoker/replay.h"

#define SLOTS       256u
#define OBSERVABLES 8u
#define EPOCHS      12u
#define PER_EPOCH   150u
#define RUNS        100u
#define TRIES       20u
#define BUG         0x40000001u
#define MENDED      0x40000002u

struct box {
    _Alignas(64) uint32_t ring[SLOTS * STK_SLOT_WORDS];
    _Alignas(64) uint32_t control[STK_CTL_WORDS_MIN + OBSERVABLES];
    struct stk_device_memory memory;
    struct stk_interp interp;
};
static struct box recorded, replayed;
static struct stk_opencl cl;
STK_REPLAY_DEFINE(scratch, SLOTS);

extern const struct stk_handlers planted; /* of system/lib/planted.h */

static void fresh(struct box *b) {
    const struct stk_interp_config config = {STK_HANDLERS_INTERP(planted), .turns = SLOTS + 1u};
    struct stk_control control;
    memset(b, 0, sizeof *b);
    assert_int_equal(stk_control_init(&control, b->control, sizeof b->control, 0, 1, OBSERVABLES), STK_OK);
    b->memory = (struct stk_device_memory){
        .ring = b->ring, .slots = SLOTS, .control = b->control, .control_words = STK_CTL_WORDS_MIN + OBSERVABLES};
    assert_int_equal(stk_interp_open(&b->interp, &b->memory, &config), STK_OK);
}

static void publish(uint32_t slot, uint32_t opcode, uint32_t a0, uint32_t a1, uint32_t a2) {
    const uint32_t args[] = {a0, a1, a2};
    const struct stk_work work = {opcode, 0, STK_PRIORITY_NORMAL, 3, args};
    struct stk_ring ring = {recorded.ring, SLOTS};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
    assert_int_equal(stk_recorder_publish(&rig.recorder, slot, &work), STK_OK);
}

/* Drives the interpreter until slot `last` has ended. */
static void run(uint32_t last) {
    for (uint32_t i = 0; stk_load_acquire(STK_SLOT_AT(recorded.ring, last)) != STK_SLOT_DONE; i++) {
        assert_true(i < SLOTS && stk_interp_ops.drive(&recorded.interp, true) >= 0);
    }
}

/* Records slots of `opcode` on the interpreter, with `work` turns for each slot. */
static void record(uint32_t opcode, uint32_t work) {
    uint32_t e, i;
    rig_open(RIG_BLOCKS);
    fresh(&recorded);
    assert_int_equal(stk_recorder_start(&rig.recorder, &recorded.memory), STK_OK);
    for (e = 1; e <= EPOCHS; e++) {
        for (i = 0; i < PER_EPOCH; i++) {
            publish(i, opcode, STK_CTL_OBSERVABLE + 1u + i % 2u, e * 1000u + i, work);
        }
        run(PER_EPOCH - 1u);
        publish(SLOTS - 1u, STK_OP_BATCH_FENCE, 0, e, 0);
        run(SLOTS - 1u);
        assert_int_equal(stk_recorder_epoch(&rig.recorder, e), STK_OK);
    }
}

/* Replays on the device, whose ring is as the last replay left it, and on a fresh interpreter or against the log. */
static int replay(uint32_t targets, struct stk_replay_report *report) {
    struct stk_replay_config config = {.targets = targets, .platform = {&stk_posix_platform_ops, NULL}};
    struct stk_replay_shape shape;
    struct stk_replay replay_;
    struct stk_arena arena;
    uint32_t skipped = 0, i;
    fresh(&replayed);
    for (i = 0; i < OBSERVABLES; i++) {
        stk_store(cl.memory.control + STK_CTL_OBSERVABLE + i, 0);
    }
    config.target[0] = (struct stk_replay_target){cl.memory, {&stk_opencl_ops, &cl}};
    config.target[1] = (struct stk_replay_target){replayed.memory, {&stk_interp_ops, &replayed.interp}};
    assert_int_equal(stk_replay_find(rig_walk(), &shape, &skipped), 1);
    stk_arena_init(&arena, scratch, sizeof scratch);
    assert_int_equal(stk_replay_init(&replay_, &config, &shape, &arena, NULL), STK_OK);
    return stk_replay_run(&replay_, &rig.iter, report);
}

/* A replay that ends at a difference leaves slots under way, which must end before the next replay. */
static void settle(void) {
    uint64_t start = stk_posix_platform_ops.now_ns(NULL);
    uint32_t i;
    for (i = 0; i < SLOTS; i++) {
        uint32_t *status = STK_SLOT_AT(cl.memory.ring, i);
        while (stk_load_acquire(status) != STK_SLOT_EMPTY && stk_load_acquire(status) != STK_SLOT_DONE) {
            assert_true(stk_opencl_ops.drive(&cl, true) >= 0);
            assert_true(stk_posix_platform_ops.now_ns(NULL) - start < HANG_NS);
        }
    }
}

static void need_device(void) {
    if (!cl.own.program.context) {
        skip_without(cl.reason);
    }
}

static void mended_handler_never_differs(void **state) {
    struct stk_replay_report report;
    uint32_t i;
    (void)state;
    need_device();
    record(MENDED, 300);
    for (i = 0; i < RUNS; i++) {
        int what = replay(1u + i % 2u, &report);
        if (what != STK_REPLAY_SAME) {
            print_message("run %u: %d, epoch %u\n", i, what, report.epoch);
        }
        assert_int_equal(what, STK_REPLAY_SAME);
        assert_int_equal(report.epochs, EPOCHS);
        assert_int_equal(report.slots, EPOCHS * PER_EPOCH);
    }
}

static void planted_bug_is_found_and_its_epoch_named(void **state) {
    struct stk_replay_report report;
    uint64_t start = stk_posix_platform_ops.now_ns(NULL);
    uint32_t i, found = 0;
    (void)state;
    need_device();
    record(BUG, 30000); /* some 30 us */
    /* The bug shows when both workers have a core at the same time, so a busy machine gets more tries. */
    for (i = 0; found < 3 && (i < TRIES || (found == 0 && stk_posix_platform_ops.now_ns(NULL) - start < HANG_NS));
         i++) {
        int what = replay(2, &report);
        assert_true(what == STK_REPLAY_SAME || what == STK_REPLAY_DIFFERS);
        if (what == STK_REPLAY_DIFFERS) {
            found++;
            assert_int_equal(report.what, STK_REPLAY_OBSERVABLE);
            assert_true(report.epoch >= 1 && report.epoch <= EPOCHS);
            assert_int_equal(report.epochs, report.epoch - 1u);
            assert_true(report.word == 1 || report.word == 2);
            assert_true(report.value[0] != report.value[1]);
        }
        settle();
    }
    print_message("found by %u of %u replays\n", found, i);
    assert_true(found >= 1);
}

static int open_device(void **state) {
    struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"),
                                       .residency = wanted_residency(),
                                       .slots = SLOTS,
                                       .observables = OBSERVABLES,
                                       .workers = 2,
                                       STK_HANDLERS_OPENCL(planted)};
    int err;
    (void)state;
    err = stk_opencl_open(&cl, &config);
    if (err != STK_OK) {
        print_message("no device: %s\n%s", cl.reason, cl.build_log);
    }
    /* PoCL can do every mode. */
    return err == STK_OK || err == STK_E_NODEV ||
                   (err == STK_E_UNSUPPORTED && !strstr(cl.device.platform, "Portable Computing"))
               ? 0
               : -1;
}

static int close_device(void **state) {
    (void)state;
    return stk_opencl_close(&cl, UINT64_C(20000000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mended_handler_never_differs),
        cmocka_unit_test(planted_bug_is_found_and_its_epoch_named),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
