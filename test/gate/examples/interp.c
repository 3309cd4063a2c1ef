/* tools/check-examples compiles this file with the example of stoker/port/interp.h in the place of EXAMPLE. */
#include "stoker/port/interp.h"
#include "stoker/stoker.h"

int example(struct stk_device_layout layout, struct stk_interp_config config, struct stk_arena arena,
            struct stk_work work);

int example(struct stk_device_layout layout, struct stk_interp_config config, struct stk_arena arena,
            struct stk_work work) {
    struct stk_device_memory memory;
    struct stk_interp interp;
    struct stk_ring ring;
    struct stk_control control;
    struct stk_publisher publisher;
    struct stk_slot slot;
    int err;
    EXAMPLE;
    return err;
}
