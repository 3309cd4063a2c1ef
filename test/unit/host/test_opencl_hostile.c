/* The rings of test_hostile on the resident kernel, with one lane and many, one worker and two; skipped where there
 * is no device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hang.h"
#include "hostile.h"
#include "need_device.h"
#include "opencl_modes.h"
#include "short_form.h"
#include "stoker/port/opencl.h"
#include "stoker/port/posix.h"

#define SECOND UINT64_C(1000000000)
#define RINGS  times(60, 8)

static struct hostile hostile;
static struct op_image image;
static struct stk_opencl cl;

static void copy_in(void) {
    op_forget_workers(image.control, cl.memory.control);
    memcpy(cl.memory.control, image.control, sizeof image.control);
    memcpy(cl.memory.debug, image.debug, sizeof image.debug);
    memcpy(cl.memory.io, image.io, sizeof image.io);
    memcpy(cl.memory.payload, image.payload, OPS_PAYLOAD);
    assert_int_equal(stk_opencl_ops.change_tables(&cl, 0, OPS_TABLES, 20 * SECOND), STK_OK);
    memcpy(cl.memory.tables, image.tables, OPS_TABLES);
    memcpy(cl.memory.ring, image.ring, sizeof image.ring);
}

static void copy_out(void) {
    memcpy(image.ring, cl.memory.ring, sizeof image.ring);
    memcpy(image.control, cl.memory.control, sizeof image.control);
    memcpy(image.debug, cl.memory.debug, sizeof image.debug);
    memcpy(image.io, cl.memory.io, sizeof image.io);
    memcpy(image.payload, cl.memory.payload, OPS_PAYLOAD);
    memcpy(image.tables, cl.memory.tables, OPS_TABLES);
}

/* Returns true if each slot has ended, or waits for ever as it must. Returns false while a slot is PUBLISHED or
 * CLAIMED, or while a slot waits that must not. A fence on a busy machine may need some more turns until then. */
static int settled(void) {
    uint32_t i, status, more = 0;
    memcpy(image.ring, cl.memory.ring, sizeof image.ring);
    memcpy(image.io, cl.memory.io, sizeof image.io);
    for (i = 0; i < OPS_SLOTS; i++) {
        status = op_status(&image, i);
        more |= status == STK_SLOT_PUBLISHED || status == STK_SLOT_CLAIMED ||
                (status == STK_SLOT_REQUEUE && hostile_slot_wrong(&hostile, &image, i) != NULL);
    }
    return !more;
}

/* A fence that waits for slots that are over now has its turn too, hence the drives after the last slot was taken up.
 * With copies what waits is with the device, CLAIMED, in every launch, so launches are counted. */
static void run_ring(uint32_t seed) {
    uint64_t start = stk_posix_platform_ops.now_ns(NULL), launches = cl.stats.launches;
    uint32_t after = 0;
    while (after < 300u) {
        int did = stk_opencl_ops.drive(&cl, true);
        assert_true(did >= 0);
        if (cl.mode == STK_BATCH) {
            after = did == 0 && cl.stats.running == 0u ? 300u : (uint32_t)(cl.stats.launches - launches) * 40u;
        } else {
            after += settled() ? 1u : 0u;
        }
        if (stk_posix_platform_ops.now_ns(NULL) - start > HANG_NS) {
            fail_msg("ring %u hangs", (unsigned)seed);
        }
    }
    assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
}

static void run(uint32_t lanes, uint32_t workers, enum stk_opencl_mail mail) {
    const struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"),
                                             .residency = wanted_residency(),
                                             .slots = OPS_SLOTS,
                                             .observables = OPS_OBSERVABLES,
                                             .debug_records = OPS_RECORDS,
                                             .io_slots = OPS_IO,
                                             .payload_bytes = OPS_PAYLOAD,
                                             .table_bytes = OPS_TABLES,
                                             .tenants = HOSTILE_TENANTS,
                                             .lanes = lanes,
                                             .workers = workers,
                                             .mail = mail};
    uint32_t seed, where;
    int err = stk_opencl_open(&cl, &config);
    if (err == STK_E_NODEV) {
        skip_without(cl.reason);
    }
    assert_int_equal(err, STK_OK);
    for (seed = 0; seed < RINGS; seed++) {
        const char *wrong;
        hostile_fill(&hostile, seed, OPS_PAYLOAD);
        image = hostile.image;
        copy_in();
        run_ring(seed);
        copy_out();
        wrong = hostile_wrong(&hostile, &image, &where);
        if (wrong != NULL) {
            const uint32_t *slot = STK_SLOT_AT(image.ring, where % OPS_SLOTS);
            fail_msg("%u lanes, %u workers, ring %u, %u: %s; slot: status %u, opcode 0x%x, reason %u, value 0x%x; %u "
                     "recoveries, %u fallbacks: %s",
                     (unsigned)lanes, (unsigned)workers, (unsigned)seed, (unsigned)where, wrong,
                     (unsigned)slot[STK_SLOT_STATUS], (unsigned)slot[STK_SLOT_OPCODE],
                     (unsigned)slot[STK_SLOT_ARG0 + STK_FAULT_REASON_ARG],
                     (unsigned)slot[STK_SLOT_ARG0 + STK_FAULT_VALUE_ARG], (unsigned)cl.losses.recoveries,
                     (unsigned)cl.stats.fallbacks, cl.reason);
        }
    }
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

static void one_lane_is_contained(void **state) {
    (void)state;
    run(1, 1, STK_OPENCL_MAIL_OFF);
}

static void four_lanes_are_contained(void **state) {
    (void)state;
    run(4, 1, STK_OPENCL_MAIL_OFF);
}

static void sixteen_lanes_of_two_workers_are_contained(void **state) {
    (void)state;
    run(16, 2, STK_OPENCL_MAIL_OFF);
}

static void sixty_four_lanes_are_contained(void **state) {
    (void)state;
    run(64, 1, STK_OPENCL_MAIL_OFF);
}

static void eight_lanes_of_three_workers_with_mailboxes_are_contained(void **state) {
    (void)state;
    run(8, 3, STK_OPENCL_MAIL_ON);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_lane_is_contained),
        cmocka_unit_test(four_lanes_are_contained),
        cmocka_unit_test(sixteen_lanes_of_two_workers_are_contained),
        cmocka_unit_test(sixty_four_lanes_are_contained),
        cmocka_unit_test(eight_lanes_of_three_workers_with_mailboxes_are_contained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
