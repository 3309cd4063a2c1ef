/* Small instances run by the interpreter, with handlers of a test's own: one is recorded, others replay. Included
 * once. */
#ifndef REPLAY_RIG_H
#define REPLAY_RIG_H

#include "stoker/kernel/device.h"
#include "log_rig.h"
#include "stoker/device_memory.h"
#include "stoker/port/interp.h"
#include "stoker/replay.h"

#define RIG_SLOTS       8u
#define RIG_OBSERVABLES 4u
#define RIG_PAYLOAD     128u
#define RIG_TABLES      128u
#define OP_ORDER        0x20001u /* observable a1 = 31 * itself + a0: the value shows the order of two such ops */
#define OP_ADD          0x20002u /* observable a1 += a0: the value does not show the order of two such ops */
#define OP_SUM          0x20003u /* result 0: sum of payload bytes [a0, a0 + a1); result 1: a11 */
#define OP_ODD          0x20004u /* result a1: what the instance is */
#define OP_REFUSE       0x20005u /* faults, with value a0 */
#define MASK            UINT32_MAX

static uint32_t rig_order(const struct stk_dev *d, const struct stk_call *c) {
    uint32_t to = STK_CTL_OBSERVABLE + stk_arg(c, 1);
    stk_st(d->control + to, stk_ld(d->control + to) * 31u + stk_arg(c, 0));
    return STK_SLOT_DONE;
}

static uint32_t rig_add(const struct stk_dev *d, const struct stk_call *c) {
    stk_add(d->control + STK_CTL_OBSERVABLE + stk_arg(c, 1), stk_arg(c, 0));
    return STK_SLOT_DONE;
}

static uint32_t rig_sum(const struct stk_dev *d, const struct stk_call *c) {
    uint32_t at = stk_arg(c, 0), n = stk_arg(c, 1), last = stk_arg(c, 11), sum = 0, i;
    for (i = 0; i < n; i++) {
        sum += d->payload[at + i];
    }
    stk_result(c, 0, sum);
    stk_result(c, 1, last);
    return STK_SLOT_DONE;
}

static uint32_t rig_odd(const struct stk_dev *d, const struct stk_call *c) {
    stk_result(c, stk_arg(c, 1), stk_ld(d->debug));
    return STK_SLOT_DONE;
}

static uint32_t rig_refuse(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    return stk_refuse(c, STK_REASON_ARGUMENT, stk_arg(c, 0));
}

static const struct stk_user_op rig_user_ops[] = {{OP_ORDER, STK_SCALAR, rig_order},
                                                  {OP_ADD, STK_SCALAR, rig_add},
                                                  {OP_SUM, STK_SCALAR, rig_sum},
                                                  {OP_ODD, STK_SCALAR, rig_odd},
                                                  {OP_REFUSE, STK_SCALAR, rig_refuse}};

static struct box {
    _Alignas(64) uint8_t shared[STK_DEVICE_MEMORY_BYTES(RIG_SLOTS, RIG_OBSERVABLES, 2u, 0u, RIG_PAYLOAD, RIG_TABLES)];
    uint32_t *ring, *control, *debug; /* in `shared` */
    uint8_t *payload;
    struct stk_device_memory memory;
    struct stk_interp interp;
} boxes[3]; /* 0 is recorded, 1 and 2 replay */

static inline struct box *box_fresh(uint32_t i) {
    const struct stk_interp_config config = {.user_ops = rig_user_ops,
                                             .user_op_count = sizeof rig_user_ops / sizeof *rig_user_ops};
    struct box *b = &boxes[i];
    const struct stk_device_layout layout = {.slots = RIG_SLOTS,
                                             .observables = RIG_OBSERVABLES,
                                             .tenants = 1,
                                             .debug_records = 2,
                                             .payload_bytes = RIG_PAYLOAD,
                                             .table_bytes = RIG_TABLES};
    struct stk_arena arena;
    memset(b, 0, sizeof *b);
    stk_arena_init(&arena, b->shared, sizeof b->shared);
    assert_int_equal(stk_device_memory_init(&b->memory, &layout, &arena), STK_OK);
    b->ring = b->memory.ring;
    b->control = b->memory.control;
    b->debug = b->memory.debug;
    b->payload = b->memory.payload;
    assert_int_equal(stk_interp_open(&b->interp, &b->memory, &config), STK_OK);
    return b;
}

/// Recording ///

/* Makes an empty log and fresh instances. The first instance is recorded from its start on. */
static inline void record(void) {
    uint32_t i;
    rig_open(RIG_BLOCKS);
    for (i = 0; i < 3; i++) {
        (void)box_fresh(i);
    }
    assert_int_equal(stk_recorder_start(&rig.recorder, &boxes[0].memory), STK_OK);
}

/* Publishes and records, and runs nothing. */
static inline void put(uint32_t slot, uint32_t opcode, const uint32_t *args, uint32_t nargs) {
    const struct stk_work work = {opcode, 0, STK_PRIORITY_NORMAL, nargs, args};
    struct stk_ring ring = {boxes[0].ring, RIG_SLOTS};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
    assert_int_equal(stk_recorder_publish(&rig.recorder, slot, &work), STK_OK);
}

static inline void put2(uint32_t slot, uint32_t opcode, uint32_t a0, uint32_t a1) {
    const uint32_t args[] = {a0, a1};
    put(slot, opcode, args, 2);
}

static inline void run_box(void) {
    assert_true(stk_interp_ops.drive(&boxes[0].interp, true) >= 0);
}

/* Ends an epoch by a fence in the last slot. */
static inline void end_epoch(uint32_t tag) {
    run_box();
    put2(RIG_SLOTS - 1u, STK_OP_BATCH_FENCE, 0, tag);
    run_box();
    assert_int_equal(stk_recorder_epoch(&rig.recorder, tag), STK_OK);
}

/// Replaying ///

STK_REPLAY_DEFINE(rig_scratch, RIG_SLOTS);
static struct stk_arena rig_arena;

/* Returns an arena over all of rig_scratch. */
static inline struct stk_arena *rig_fresh_arena(void) {
    stk_arena_init(&rig_arena, rig_scratch, sizeof rig_scratch);
    return &rig_arena;
}
static struct stk_replay_config rig_config;
static struct stk_replay rig_replay;
static struct stk_replay_report rig_report;
static struct stk_replay_shape rig_shape;

static inline void target_box(uint32_t target, uint32_t i) {
    rig_config.target[target] = (struct stk_replay_target){boxes[i].memory, {&stk_interp_ops, &boxes[i].interp}};
}

/* Drives an interpreter that begins each time at slot 3. */
static inline int rig_skewed_drive(void *ctx, bool pending) {
    struct stk_interp *interp = ctx;
    stk_st(interp->memory.control + STK_CTL_CURSOR, 3);
    return stk_interp_ops.drive(ctx, pending);
}

static const struct stk_dispatch_ops rig_skewed = {.name = "skewed", .drive = rig_skewed_drive};

/* Makes targets over the second and third instance. */
static inline void targets(uint32_t n) {
    memset(&rig_config, 0, sizeof rig_config);
    rig_config.targets = n;
    rig_config.platform = (struct stk_platform_port){&stk_sim_platform_ops, &rig.clock};
    target_box(0, 1);
    target_box(1, 2);
}

/* Replays the log from its first START; what stk_replay_run says. */
static inline int replay(void) {
    struct stk_error_info info = {0, 0, 0};
    uint32_t skipped = MASK;
    assert_int_equal(stk_replay_find(rig_walk(), &rig_shape, &skipped), 1);
    assert_int_equal(skipped, 0);
    assert_int_equal(stk_replay_init(&rig_replay, &rig_config, &rig_shape, rig_fresh_arena(), &info), STK_OK);
    return stk_replay_run(&rig_replay, &rig.iter, &rig_report);
}

/* Replays as replay() does, on `n` fresh targets. */
static inline int replay_on(uint32_t n) {
    (void)box_fresh(1);
    (void)box_fresh(2);
    targets(n);
    return replay();
}

#endif
