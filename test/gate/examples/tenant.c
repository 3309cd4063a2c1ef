/* tools/check-examples compiles this file with the example of stoker/tenant.h in the place of EXAMPLE. */
#include "stoker/port/device.h"
#include "stoker/stoker.h"

int example(struct stk_device device, struct stk_tenants tenants, struct stk_tenant_config config,
            struct stk_work work);

int example(struct stk_device device, struct stk_tenants tenants, struct stk_tenant_config config,
            struct stk_work work) {
    struct stk_control control;
    struct stk_tenant tenant;
    struct stk_slot slot;
    uint32_t observables = 16, payload_bytes = 1024;
    uint64_t timeout_ns = 1000;
    int err;
    EXAMPLE;
    return err;
}
