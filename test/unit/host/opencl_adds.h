/* One device at a time, and many small slots through it: what the tests of modes and leases share. */
#ifndef OPENCL_ADDS_H
#define OPENCL_ADDS_H

#define CL_TARGET_OPENCL_VERSION 300
#include "../../../port/opencl/internal.h"
#include "opencl_rig.h"
#include "stoker/atomic.h"
#include "stoker/ring.h"

static struct stk_opencl cl;
static struct stk_ring ring;

/* The first way of a mode that works here; skips the test without one. */
static inline const struct way *first_way(enum stk_residency mode) {
    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].residency == mode && rig_can(&ways[i])) {
            return &ways[i];
        }
    }
    print_message("skipped: this device cannot do it\n");
    skip();
    return NULL;
}

static inline void open_way(const struct stk_opencl_config *config, const struct way *way) {
    assert_true(rig_open(&cl, config, way));
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
}

static inline void close_way(void) {
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    assert_null(cl.own.program.context);
}

static inline void drive(bool pending) {
    int did = stk_opencl_ops.drive(&cl, pending);
    if (did < 0) {
        fail_msg("drive: %s: %s", stk_err_name(did), cl.reason);
    }
}

static inline void publish_add(uint32_t slot) {
    const uint32_t args[] = {1, STK_CTL_OBSERVABLE};
    const struct stk_work add = {STK_OP_ATOMIC_ADD, 0, STK_PRIORITY_NORMAL, 2, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &add), STK_OK);
}

/* Adds 1 to observable 0 `total` times with the whole ring in flight, driving now and then as a busy host does.
 * Returns how often a launch was enqueued behind another. */
static inline uint32_t run_adds(uint32_t total) {
    uint32_t before = stk_load(cl.memory.control + STK_CTL_OBSERVABLE), published = 0, harvested = 0, queued = 0;
    uint64_t start = rig_now();
    while (harvested < total) {
        uint32_t at = harvested % ring.slots, was = cl.stats.running;
        while (published < total && published - harvested < ring.slots) {
            publish_add(published++ % ring.slots);
        }
        if (stk_ring_status(&ring, at) == (int)STK_SLOT_DONE && ++harvested % 64u != 0u) {
            continue;
        }
        drive(true);
        queued += was == 1u && cl.stats.running == 2u;
        if (rig_now() - start > HANG_NS) {
            fail_msg("slot %u of %u is in status %d: %s", (unsigned)harvested, (unsigned)total,
                     stk_ring_status(&ring, at), cl.reason);
        }
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE) - before, total);
    return queued;
}

/* A handler that takes as many steps as its argument says. */
static const char slow_text[] =
    "STK_FN stk_u32 user_slow(const struct stk_dev *d, const struct stk_call *c) {\n"
    "    stk_u32 i, n = stk_arg(c, 0), x = n;\n"
    "    for (i = 0; i < n; i++) { x = x * 1664525u + stk_ld(d->control + STK_CTL_OBSERVABLE); }\n"
    "    stk_result(c, 0, x);\n"
    "    return STK_SLOT_DONE;\n"
    "}\n";
static const struct stk_opencl_piece slow_piece = {"slow", slow_text, 0x20001u, "user_slow", STK_SCALAR};

/* Runs user_slow in slot 0; returns how long it took, in nanoseconds. */
static inline uint64_t time_slow(uint32_t steps) {
    const uint32_t args[] = {steps};
    const struct stk_work slow = {0x20001u, 0, STK_PRIORITY_NORMAL, 1, args};
    uint64_t start = rig_now();
    assert_int_equal(stk_ring_publish(&ring, 0, &slow), STK_OK);
    while (stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
    return rig_now() - start;
}

/* The shortest of three, since the worker may lose its core in any. */
static inline uint64_t time_slow_at_least(uint32_t steps) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 3; i++) {
        uint64_t took = time_slow(steps);
        least = took < least ? took : least;
    }
    return least;
}

/* Returns the number of steps of user_slow that take about `ms` milliseconds on this device. It measures them, since
 * the load of each step may cross a bus or hit a cache. */
static inline uint32_t slow_steps(const struct way *way, uint32_t ms) {
    const struct stk_opencl_config config = {.slots = 4, .pieces = &slow_piece, .piece_count = 1};
    uint64_t took, steps = 1000;
    open_way(&config, way);
    (void)time_slow(1); /* drivers compile in it */
    while ((took = time_slow_at_least((uint32_t)steps)) < 3000000u && steps < (UINT64_C(1) << 28)) {
        steps *= 4u;
    }
    close_way();
    steps = steps * ms * 1000000u / took;
    return steps < UINT32_MAX ? (uint32_t)steps : UINT32_MAX;
}

#endif
