/* An OpenCL device in each mode, over the first memory that does for it. STK_TEST_RESIDENCY leaves out the other
 * modes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dispatch.h"
#include "opencl_rig.h"

#define SLOTS 64u

static struct stk_opencl cl;
static const struct way *way;

static void *open_it(struct stk_device_memory *memory) {
    const struct stk_opencl_config config = {.slots = SLOTS, .observables = 2u * SLOTS};
    if (!rig_open(&cl, &config, way)) {
        return NULL;
    }
    *memory = cl.memory;
    return &cl;
}

static void close_it(void) {
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
}

int main(void) {
    struct dispatch_port port = {
        .ops = &stk_opencl_ops,
        .open = open_it,
        .close = close_it,
        .now_ns = rig_now,
    };
    int failed = 0;
    for (int mode = STK_RESIDENT; mode <= (int)STK_BATCH; mode++) {
        size_t i = 0;
        while (i < WAYS && ((int)ways[i].residency != mode || !rig_can(&ways[i]))) {
            i++;
        }
        if (i < WAYS) {
            way = &ways[i];
            port.name = way->name;
            port.residency = way->residency;
            failed += dispatch_contract(&port);
        }
    }
    return failed;
}
