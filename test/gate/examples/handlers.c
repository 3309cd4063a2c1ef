/* Around the example of stoker/handlers.h (tools/check-examples). */
#include "stoker/handlers.h"
#include "stoker/port/device.h"
#include "stoker/stoker.h"

int example(struct stk_device device, struct stk_arena arena);

int example(struct stk_device device, struct stk_arena arena) {
    int err;
    EXAMPLE;
    return err;
}
