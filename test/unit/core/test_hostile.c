/* Slots that mean harm, from every tenant, on the interpreter: nothing is written but what their tenants own, each bad
 * one faults with its reason, the good ones beside them are done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostile.h"
#include "stoker/port/interp.h"

#define RINGS 1000u

static struct hostile hostile;
static struct op_image image;

static void nothing_reaches_what_its_tenant_does_not_own(void **state) {
    uint32_t seed, where, drives;
    (void)state;
    for (seed = 0; seed < RINGS; seed++) {
        struct stk_interp port;
        struct stk_device_memory memory = op_image_memory(&image);
        const char *wrong;
        /* Sizes that cut a share, end between words, or leave nothing. */
        memory.payload_bytes = seed % 3u == 0u ? OPS_PAYLOAD : seed * 37u % (OPS_PAYLOAD + 1u);
        hostile_fill(&hostile, seed, memory.payload_bytes);
        image = hostile.image;
        assert_int_equal(stk_interp_open(&port, &memory, NULL), STK_OK);
        for (drives = 0; drives < 10u; drives++) {
            assert_true(stk_interp_ops.drive(&port, true) >= 0);
        }
        wrong = hostile_wrong(&hostile, &image, &where);
        if (wrong != NULL) {
            fail_msg("ring %u, %u: %s", (unsigned)seed, (unsigned)where, wrong);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_reaches_what_its_tenant_does_not_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
