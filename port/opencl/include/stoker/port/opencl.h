/* stoker port: dispatch by a kernel that stays resident on an OpenCL device.
 *
 * The buffers live in fine-grain shared virtual memory: host and device see each other's stores while the kernel runs,
 * which a bounded handshake at open proves. The kernel runs under a lease: it leaves after a number of turns, after a
 * number of idle turns, or when the host ends the lease; the next drive with work launches it again. State is in the
 * ring, so nothing is lost between two leases.
 */
#ifndef STOKER_PORT_OPENCL_H
#define STOKER_PORT_OPENCL_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/port/dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Devices ///

struct stk_opencl_device {
    char name[96];     /* CL_DEVICE_NAME */
    char platform[64]; /* CL_PLATFORM_NAME */
    char version[64];  /* CL_DEVICE_VERSION */
    char driver[64];   /* CL_DRIVER_VERSION */
    uint32_t units;    /* compute units */
    uint64_t memory;   /* bytes of global memory */
    int fine_grain;    /* fine-grain SVM buffers */
    int svm_atomics;   /* and atomics on them */
};

/* Describes device `index` of all platforms, counted from 0. STK_E_NODEV past the last one or without any OpenCL driver. */
STK_MUST_CHECK int stk_opencl_device(uint32_t index, struct stk_opencl_device *device);

/// Port ///

struct stk_opencl_config {
    const char *device; /* an index ("0"), or a part of the device's name; NULL or "": the first that can be resident */
    uint32_t slots;     /* ring slots; 0: 256 */
    uint32_t observables;   /* words; 0: 256 */
    uint32_t tenants;       /* authorised tenants, from 0 on, at most 29; 0: 1 */
    uint32_t debug_records; /* 0: 64 */
    uint32_t io_slots;      /* at most 64; 0: 64 */
    uint32_t payload_bytes; /* what handlers read and write; may be 0 */
    uint32_t workers;       /* work-groups; 0: 1 */
    uint32_t lanes;         /* work-items in a group; 0: 1 */
    uint64_t lease_ns;      /* longest time of one launch; 0: 100 ms */
    uint64_t idle_ns;       /* a launch without work ends after about this; 0: 2 ms */
    const char
        *user_source; /* handlers in the dialect that end in #define STK_USER_OPS(X) X(opcode, function, width) ...;
                                may be NULL */
};

struct stk_opencl {
    struct stk_device_memory memory; /* valid after open */
    struct stk_opencl_device device;
    struct stk_opencl_config config;                                                   /* with defaults filled in */
    void *cl_device, *cl_context, *cl_queue, *cl_program, *cl_kernel, *cl_event, *svm; /* OpenCL handles */
    uint32_t turns, idle_turns; /* of a lease, from the calibration */
    uint64_t turn_cost;         /* nanoseconds of a calibration launch */
    uint32_t expected_ends;     /* control's end counters once every launched worker has left */
    uint32_t drives;            /* drive calls, to look at the clock now and then only */
    uint64_t launched_ns, launches, lease_ends, idle_ends;
    int running, lost, lease_over;
    int cl_error;         /* the last OpenCL error code, 0 when there was none */
    char reason[160];     /* why this residency, or why open failed */
    char build_log[2048]; /* of the last build that failed, cut to fit */
};

extern const struct stk_dispatch_ops stk_opencl_ops; /* its ctx is the struct stk_opencl */

/* Opens a device, builds the kernel, allocates and lays out the shared buffers, measures how fast a turn is, and proves
 * residency by a handshake of bounded length. `cl` stays the caller's and must not move until close.
 * STK_E_NODEV no driver or no device of that name; STK_E_UNSUPPORTED no fine-grain SVM, or the handshake failed
 * (cl->reason says which); STK_E_BUILD (cl->build_log); STK_E_NOMEM; STK_E_DEVICE; STK_E_ARG a number is out of range.
 * On error everything is released and `cl` keeps reason and build_log. Takes as long as the driver's compiler does. */
STK_MUST_CHECK int stk_opencl_open(struct stk_opencl *cl, const struct stk_opencl_config *config);

/* Ends the lease, waits for the kernel at most timeout_ns, and releases everything. STK_E_TIMEOUT: the kernel still runs
 * and nothing was released; call again. */
STK_MUST_CHECK int stk_opencl_close(struct stk_opencl *cl, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
