/* tools/check-examples compiles this file with the example of stoker/handlers.h in the place of EXAMPLE. */
#include "stoker/handlers.h"
#include "stoker/port/device.h"
#include "stoker/stoker.h"

int example(struct stk_device device, struct stk_arena arena);

int example(struct stk_device device, struct stk_arena arena) {
    int err;
    EXAMPLE;
    return err;
}
