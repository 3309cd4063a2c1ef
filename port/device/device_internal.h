/* stoker port: what the files of port/device share. device_opencl.c and device_no_opencl.c both implement the two
 * OpenCL functions; the build compiles one of the files. */
#ifndef STK_DEVICE_INTERNAL_H
#define STK_DEVICE_INTERNAL_H

#include "stoker/port/device.h"

/* Opens the OpenCL device with the sizes of `config` (device_opencl.c). In a build without the OpenCL port it returns
 * STK_E_NODEV (device_no_opencl.c). Returns the errors of stk_opencl_open; device->opencl then has reason and build
 * log. */
int stk_device_open_opencl(struct stk_device *device, const struct stk_device_config *config);

/* Closes what stk_device_open_opencl opened, or what it left behind after an error. Returns STK_E_TIMEOUT if a kernel
 * still runs after `timeout_ns` nanoseconds; then nothing was released. */
int stk_device_close_opencl(struct stk_device *device, uint64_t timeout_ns);

/* Lays the buffers out in the arena and opens the interpreter over the buffers. The caller has checked that the arena
 * has room. On error the arena is as it was before the call. */
int stk_device_open_interp(struct stk_device *device, const struct stk_device_config *config, struct stk_arena *arena);

/* Returns a copy of `config` with the defaults in the place of zeros; NULL gives all defaults. */
struct stk_device_config stk_device_defaults(const struct stk_device_config *config);

/* Replaces device->reason by what the OpenCL port says now: device, mode, workers, reason, devices that were passed
 * over and the note of the store. Call it again after an error of drive, since the port then has another reason. */
void stk_device_describe_opencl(struct stk_device *device);

#endif
