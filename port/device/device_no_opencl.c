/* stoker port: struct stk_device in a build without the OpenCL port. Takes the place of device_opencl.c, so that
 * device.c is the same in both builds and takes the interpreter here. */
#include <string.h>

#include "device_internal.h"

int stk_device_open_opencl(struct stk_device *device, const struct stk_device_config *config) {
    /* Written to the place where the OpenCL port would say why no device opened; device.c shows this text to the
     * user. */
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
