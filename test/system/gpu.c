/* The command on a host whose OpenCL devices say that they are GPUs, with groups of 4 at most. STK_TEST_LOSE=N lets the
 * device that joins a scan fail from the Nth time on that it is driven; with STK_TEST_LOSE_BY=worked not before it has
 * scanned a chunk. STK_TEST_OPEN_MS=N lets its open take so long.
 * The linker makes calls of the driver and of cli_device_try go to this file first (--wrap). */
#include <CL/cl.h>
#include <stdlib.h>
#include <time.h>

#include "scan.h"

static struct stk_dispatch_port own;
static struct stk_dispatch_ops losing_ops; /* those of `own`, with a drive that fails */
static const struct scan_device *joins;    /* device that must have scanned a chunk; NULL: none must */
static unsigned long lost_at, drives;

cl_int __real_clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t bytes, void *value, size_t *size);
cl_int __wrap_clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t bytes, void *value, size_t *size);

cl_int __wrap_clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t bytes, void *value, size_t *size) {
    cl_int err = __real_clGetDeviceInfo(id, what, bytes, value, size);
    if (err == CL_SUCCESS && value && what == CL_DEVICE_TYPE) {
        *(cl_device_type *)value = CL_DEVICE_TYPE_GPU;
    }
    if (err == CL_SUCCESS && value && what == CL_DEVICE_MAX_WORK_GROUP_SIZE) {
        *(size_t *)value = 4;
    }
    return err;
}

static int drive(void *ctx, bool pending) {
    bool lost = ++drives >= lost_at && (!joins || scan_device_bytes(joins) != 0u);
    return lost ? STK_E_DEVICE : own.ops->drive(ctx, pending);
}

static unsigned long number(const char *name) {
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : 0;
}

int __real_cli_device_try(struct cli_device *device, const struct cli_device_wish *wish);
int __wrap_cli_device_try(struct cli_device *device, const struct cli_device_wish *wish);

int __wrap_cli_device_try(struct cli_device *device, const struct cli_device_wish *wish) {
    unsigned long ms = number("STK_TEST_OPEN_MS");
    struct timespec nap = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    int err;
    (void)nanosleep(&nap, NULL);
    err = __real_cli_device_try(device, wish);
    lost_at = number("STK_TEST_LOSE");
    if (err == STK_OK && lost_at != 0) {
        joins = getenv("STK_TEST_LOSE_BY") ? wish->fit_ctx : NULL;
        own = device->dispatch;
        losing_ops = *own.ops;
        losing_ops.drive = drive;
        device->dispatch = (struct stk_dispatch_port){&losing_ops, own.ctx};
    }
    return err;
}
