/* stoker port: the parts of the device to hold. */
#ifndef STK_DEVICE_INTERNAL_H
#define STK_DEVICE_INTERNAL_H

#include "stoker/port/device.h"

/* Opens the OpenCL device with the sizes of `config` (device_opencl.c), or says that this build has no OpenCL port
 * (device_no_opencl.c). Errors as stk_opencl_open; device->opencl has reason and build log. */
int stk_device_open_opencl(struct stk_device *device, const struct stk_device_config *config);

/* Closes what stk_device_open_opencl opened or left behind. */
int stk_device_close_opencl(struct stk_device *device, uint64_t timeout_ns);

/* Lays the buffers out in the arena, which has room for them, and opens the interpreter over them. */
int stk_device_open_interp(struct stk_device *device, const struct stk_device_config *config, struct stk_arena *arena);

/* Returns `config` with the defaults in the place of zeros. */
struct stk_device_config stk_device_defaults(const struct stk_device_config *config);

/* Writes device->reason from what the OpenCL port says now. */
void stk_device_describe_opencl(struct stk_device *device);

#endif
