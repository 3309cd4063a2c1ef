/* stoker port: struct stk_device over the OpenCL port. Hands the sizes of the configuration on and takes memory and
 * table of calls over. Left out of a build without OpenCL (device_no_opencl.c). */
#include "device_internal.h"

int stk_device_open_opencl(struct stk_device *device, const struct stk_device_config *config) {
    struct stk_opencl_config opencl = config->opencl;
    int err;
    /* The sizes of struct stk_device_config hold for both devices. device.c has refused sizes in `config->opencl`, so
     * nothing of the caller's is overwritten here. */
    opencl.slots = config->slots;
    opencl.observables = config->observables;
    opencl.tenants = config->tenants;
    opencl.debug_records = config->debug_records;
    opencl.io_slots = config->io_slots;
    opencl.payload_bytes = config->payload_bytes;
    opencl.table_bytes = config->table_bytes;
    err = stk_opencl_open(&device->opencl, &opencl);
    if (err == STK_OK) {
        device->kind = STK_DEVICE_OPENCL;
        device->memory = device->opencl.memory;
        device->dispatch = (struct stk_dispatch_port){&stk_opencl_ops, &device->opencl};
    }
    return err;
}

int stk_device_close_opencl(struct stk_device *device, uint64_t timeout_ns) {
    return stk_opencl_close(&device->opencl, timeout_ns);
}
