/* Opening and closing: context, queue, program; memory and mode are found by opencl_probe.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"
#include "stoker/control.h"
#include "stoker/debug_log.h"
#include "stoker/io_queue.h"
#include "stoker/ring.h"

#define LANES_MAX   1024u
#define WORKERS_MAX 1024u
#define LEAVE_NS    UINT64_C(2000000000) /* for a kernel that is still there when open fails */

void stk_opencl_say(struct stk_opencl *cl, const char *format, ...) {
    size_t used = strlen(cl->reason);
    va_list args;
    va_start(args, format);
    vsnprintf(cl->reason + used, sizeof cl->reason - used, format, args);
    va_end(args);
}

int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what) {
    if (error == CL_SUCCESS) {
        return STK_OK;
    }
    cl->cl_error = error;
    stk_opencl_say(cl, "%s failed with OpenCL error %d", what, error);
    switch (error) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_HOST_MEMORY:
        return STK_E_NOMEM;
    case CL_BUILD_PROGRAM_FAILURE:
    case CL_COMPILER_NOT_AVAILABLE:
        return STK_E_BUILD;
    case CL_INVALID_WORK_GROUP_SIZE:
    case CL_INVALID_BUFFER_SIZE:
        return STK_E_UNSUPPORTED;
    default:
        return STK_E_DEVICE;
    }
}

/* BATCH and copies are one thing: neither goes with another kind or mode. */
static int pair_ok(const struct stk_opencl_config *c) {
    int batch = c->residency == STK_BATCH, copies = c->memory == STK_OPENCL_COPIES;
    return (unsigned)c->residency <= STK_BATCH && (unsigned)c->memory < STK_OPENCL_KINDS &&
           (batch == copies || c->residency == 0 || c->memory == STK_OPENCL_ANY);
}

static int apply_defaults(struct stk_opencl_config *c) {
    c->slots = c->slots ? c->slots : 256u;
    c->observables = c->observables ? c->observables : 256u;
    c->tenants = c->tenants ? c->tenants : 1u;
    c->debug_records = c->debug_records ? c->debug_records : STK_LOG_RECORDS_DEFAULT;
    c->io_slots = c->io_slots ? c->io_slots : STK_IO_SLOTS_MAX;
    c->workers = c->workers ? c->workers : 1u;
    c->lease_ns = c->lease_ns ? c->lease_ns : UINT64_C(100000000);
    c->idle_ns = c->idle_ns ? c->idle_ns : UINT64_C(2000000);
    c->quantum_ns = c->quantum_ns ? c->quantum_ns : UINT64_C(2000000);
    c->watch_ns = c->watch_ns ? c->watch_ns : UINT64_C(3000000000);
    c->deadline_ns = c->deadline_ns ? c->deadline_ns : UINT64_C(60000000000);
    return c->slots > STK_RING_SLOTS_INIT_MAX || c->observables > STK_CONTROL_OBSERVABLES_INIT_MAX ||
                   c->io_slots > STK_IO_SLOTS_MAX || c->workers > WORKERS_MAX || c->lanes > LANES_MAX ||
                   c->debug_records > (1u << 20) || c->tenants > STK_CTL_TENANT_MASKS || !pair_ok(c)
               ? STK_E_ARG
               : STK_OK;
}

static int create_queue(struct stk_opencl *cl) {
    cl_device_id device = cl->cl_device;
    cl_int error;
    cl->cl_context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    if (error == CL_SUCCESS) {
        /* In order; the later call is not in a driver of OpenCL 1.2. */
        cl->cl_queue = strncmp(cl->device.version, "OpenCL 1.", 9) == 0
                           ? clCreateCommandQueue(cl->cl_context, device, 0, &error)
                           : clCreateCommandQueueWithProperties(cl->cl_context, device, NULL, &error);
    }
    return stk_opencl_error(cl, error, "clCreateContext or clCreateCommandQueue");
}

static int open_tries(struct stk_opencl *cl) {
    void *pages = mmap(NULL, cl->config.slots, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cl->tries = pages == MAP_FAILED ? NULL : pages;
    return cl->tries ? STK_OK : STK_E_NOMEM;
}

/* No worker runs, and the queue is empty: those that have left may not have returned yet. STK_E_TIMEOUT. */
static int quiet(struct stk_opencl *cl, uint64_t timeout_ns) {
    uint64_t start = stk_opencl_now_ns(), passed;
    if (stk_opencl_join(cl, timeout_ns) == STK_E_TIMEOUT) {
        return STK_E_TIMEOUT;
    }
    passed = stk_opencl_now_ns() - start;
    return cl->cl_queue ? stk_opencl_drain(cl, passed < timeout_ns ? timeout_ns - passed : 0u) : STK_OK;
}

static void release(struct stk_opencl *cl) {
    if (cl->cl_queue) {
        stk_opencl_give(cl);
    }
    if (cl->tries) {
        munmap(cl->tries, cl->config.slots);
    }
    if (cl->cl_kernel) {
        clReleaseKernel(cl->cl_kernel);
    }
    if (cl->cl_program) {
        clReleaseProgram(cl->cl_program);
    }
    if (cl->cl_queue) {
        clReleaseCommandQueue(cl->cl_queue);
    }
    if (cl->cl_context) {
        clReleaseContext(cl->cl_context);
    }
    cl->tries = NULL;
    cl->cl_kernel = cl->cl_program = cl->cl_queue = cl->cl_context = NULL;
}

/* A device may give this kernel smaller groups than it gives others. */
static int check_lanes(struct stk_opencl *cl) {
    size_t most = 0;
    cl_int error =
        clGetKernelWorkGroupInfo(cl->cl_kernel, cl->cl_device, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    if (error == CL_SUCCESS && most < cl->config.lanes) {
        stk_opencl_say(cl, "the device has room for groups of %zu lanes, not of %u: ask for fewer", most,
                       (unsigned)cl->config.lanes);
        return STK_E_UNSUPPORTED;
    }
    return stk_opencl_error(cl, error, "clGetKernelWorkGroupInfo");
}

static int bring_up(struct stk_opencl *cl) {
    static int (*const steps[])(struct stk_opencl *) = {create_queue, stk_opencl_build,  check_lanes,
                                                        open_tries,   stk_opencl_settle, stk_opencl_keep_now};
    int err = STK_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && err == STK_OK; i++) {
        err = steps[i](cl);
    }
    return err;
}

int stk_opencl_open(struct stk_opencl *cl, const struct stk_opencl_config *config) {
    return stk_opencl_open_dead(cl, config, 0);
}

int stk_opencl_open_dead(struct stk_opencl *cl, const struct stk_opencl_config *config, uint32_t kinds) {
    cl_device_id device;
    int err;
    memset(cl, 0, sizeof *cl);
    cl->dead_kinds = kinds;
    cl->config = *config;
    err = apply_defaults(&cl->config);
    err = err == STK_OK ? stk_opencl_check_pieces(cl) : err;
    if (err != STK_OK) {
        return err;
    }
    err = stk_opencl_select(config->device, &device, &cl->device);
    if (err != STK_OK) {
        stk_opencl_say(cl, "no OpenCL device %s%s", config->device ? "named " : "was found",
                       config->device ? config->device : "");
        return err;
    }
    cl->cl_device = device;
    cl->config.lanes = cl->config.lanes ? cl->config.lanes : cl->device.lanes;
    if (cl->config.lanes == 2u && strcmp(cl->device.platform, "Portable Computing Language") == 0) {
        /* 3.1 replicates the work-items of such a group instead of looping over them, and loses code behind barriers. */
        stk_opencl_say(cl, "PoCL breaks groups of two lanes, use 1, or 3 and more");
        return STK_E_UNSUPPORTED;
    }
    err = bring_up(cl);
    if (stk_opencl_doubts(cl, err) && stk_opencl_join(cl, LEAVE_NS) != STK_E_TIMEOUT) {
        release(cl);
        stk_opencl_distrust(cl);
        err = bring_up(cl);
    }
    cl->config.known = NULL;
    if (err != STK_OK && quiet(cl, LEAVE_NS) != STK_E_TIMEOUT) {
        release(cl);
    }
    return err;
}

int stk_opencl_close(struct stk_opencl *cl, uint64_t timeout_ns) {
    if (!cl->cl_context) {
        return STK_OK;
    }
    if (quiet(cl, timeout_ns) == STK_E_TIMEOUT) {
        return STK_E_TIMEOUT;
    }
    if (cl->fallbacks) {
        (void)!stk_opencl_forget(cl);
    }
    release(cl);
    return STK_OK;
}
