/* A device to hold: takes the place of device_opencl.c where stoker is built without its OpenCL port. */
#include <string.h>

#include "device_internal.h"

int stk_device_open_opencl(struct stk_device *device, const struct stk_device_config *config) {
    static const char reason[] = "this build of stoker has no OpenCL port";
    (void)config;
    memcpy(device->opencl.reason, reason, sizeof reason);
    return STK_E_NODEV;
}

int stk_device_close_opencl(struct stk_device *device, uint64_t timeout_ns) {
    (void)device;
    (void)timeout_ns;
    return STK_OK;
}
