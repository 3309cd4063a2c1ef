/* The CRC-32C and FIR handlers on an OpenCL device, against core's CRC and a plain filter, with one lane and many;
 * and how fast the device's CRC is beside core's, which is printed and not judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chunk_cases.h"
#include "opencl_rig.h"
#include "stoker/atomic.h"
#include "stoker/ring.h"

#define PAYLOAD 40000u
#define CASES   times(60, 10)
#define LARGE   (8u << 20)

static struct stk_opencl cl;
static uint8_t payload[PAYLOAD];

static void open_device(uint32_t lanes, uint32_t payload_bytes) {
    const struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"),
                                             .slots = 4,
                                             .lanes = lanes,
                                             .payload_bytes = payload_bytes,
                                             .residency = STK_BATCH};
    int err = stk_opencl_open(&cl, &config);
    if (err == STK_E_NODEV) {
        skip_without(cl.reason);
    }
    if (err == STK_E_UNSUPPORTED) {
        print_message("left out: %u lanes: %s\n", (unsigned)lanes, cl.reason);
        skip();
    }
    if (err != STK_OK) {
        fail_msg("%s\n%s", cl.reason, cl.build_log);
    }
}

static void run(const struct chunk_case *c, uint32_t slot, struct stk_slot *out) {
    struct stk_ring ring = {.words = cl.memory.ring, .slots = cl.memory.slots};
    const struct stk_work work = {c->opcode, 0, STK_PRIORITY_NORMAL, 6, c->args};
    uint64_t start = rig_now();
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
    while (!stk_status_ended((uint32_t)stk_ring_status(&ring, slot))) {
        assert_true(stk_opencl_ops.drive(&cl, true) >= 0);
        assert_true(rig_now() - start < HANG_NS);
    }
    assert_int_equal(stk_ring_status(&ring, slot), (int)STK_SLOT_DONE);
    assert_int_equal(stk_ring_read(&ring, slot, out), STK_OK);
}

static void equal_with(uint32_t lanes) {
    uint32_t seed = 11u + lanes;
    open_device(lanes, PAYLOAD);
    for (uint32_t i = 0; i < CASES; i++) {
        const struct chunk_case c = chunk_case_random(payload, PAYLOAD, &seed);
        uint32_t want[STK_SLOT_RESULTS];
        struct stk_slot slot;
        memcpy(cl.memory.payload, payload, PAYLOAD);
        chunk_expect(&c, payload, want);
        run(&c, i % 4u, &slot);
        assert_memory_equal(slot.args + STK_RESULT_ARG, want, sizeof want);
        assert_memory_equal(cl.memory.payload, payload, PAYLOAD);
    }
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

static void one_lane_does_what_the_oracles_say(void **state) {
    (void)state;
    equal_with(1);
}

static void four_lanes_do(void **state) {
    (void)state;
    equal_with(4);
}

static void sixty_four_lanes_do(void **state) {
    (void)state;
    equal_with(64);
}

/* Returns the device time of several chunks less the time of empty chunks, so that the copies of the mode do not count.
 */
static void crc_of_a_large_chunk_is_right_and_its_speed_is_said(void **state) {
    const struct chunk_case none = {STK_OP_CRC32C, {0, 0}}, all = {STK_OP_CRC32C, {3, LARGE - 3u}};
    uint64_t at, empty = UINT64_MAX, full = UINT64_MAX, core = UINT64_MAX;
    uint32_t seed = 4, want = 0;
    struct stk_slot slot;
    (void)state;
    open_device(1, LARGE);
    chunk_fill(cl.memory.payload, LARGE, &seed);
    for (uint32_t i = 0; i < times(4, 1); i++) {
        at = rig_now();
        want = stk_crc32c(0, cl.memory.payload + 3, LARGE - 3u);
        core = rig_now() - at < core ? rig_now() - at : core;
        at = rig_now();
        run(&none, 0, &slot);
        empty = rig_now() - at < empty ? rig_now() - at : empty;
        at = rig_now();
        run(&all, 1, &slot);
        full = rig_now() - at < full ? rig_now() - at : full;
        assert_int_equal(slot.args[STK_RESULT_ARG], want);
    }
    print_message("CRC-32C of %u MiB: the device takes %.2f of core's time\n", LARGE >> 20,
                  full > empty ? (double)(full - empty) / (double)core : 0.0);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_lane_does_what_the_oracles_say),
        cmocka_unit_test(four_lanes_do),
        cmocka_unit_test(sixty_four_lanes_do),
        cmocka_unit_test(crc_of_a_large_chunk_is_right_and_its_speed_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
