/* Opening and closing: context, queue, shared buffers, proof of residency. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "stoker/control.h"
#include "stoker/debug_log.h"
#include "stoker/io_queue.h"
#include "stoker/ring.h"

#define PAGE        4096u
#define LANES_MAX   1024u
#define WORKERS_MAX 1024u

int stk_opencl_error(struct stk_opencl *cl, cl_int error, const char *what) {
    if (error == CL_SUCCESS) {
        return STK_OK;
    }
    cl->cl_error = error;
    snprintf(cl->reason, sizeof cl->reason, "%s failed with OpenCL error %d", what, error);
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

static int apply_defaults(struct stk_opencl_config *c) {
    c->slots = c->slots ? c->slots : 256u;
    c->observables = c->observables ? c->observables : 256u;
    c->tenants = c->tenants ? c->tenants : 1u;
    c->debug_records = c->debug_records ? c->debug_records : STK_LOG_RECORDS_DEFAULT;
    c->io_slots = c->io_slots ? c->io_slots : STK_IO_SLOTS_MAX;
    c->workers = c->workers ? c->workers : 1u;
    c->lanes = c->lanes ? c->lanes : 1u;
    c->lease_ns = c->lease_ns ? c->lease_ns : UINT64_C(100000000);
    c->idle_ns = c->idle_ns ? c->idle_ns : UINT64_C(2000000);
    return c->slots > STK_RING_SLOTS_INIT_MAX || c->observables > STK_CONTROL_OBSERVABLES_INIT_MAX ||
                   c->io_slots > STK_IO_SLOTS_MAX || c->workers > WORKERS_MAX || c->lanes > LANES_MAX ||
                   c->debug_records > (1u << 20) || c->tenants > STK_CTL_TENANT_MASKS
               ? STK_E_ARG
               : STK_OK;
}

static size_t pages(size_t bytes) {
    return (bytes + PAGE - 1u) & ~(size_t)(PAGE - 1u);
}

int stk_opencl_layout(struct stk_opencl *cl) {
    struct stk_device_memory *m = &cl->memory;
    struct stk_ring ring;
    struct stk_control control;
    int err = stk_ring_init(&ring, m->ring, STK_RING_BYTES(m->slots), m->slots);
    if (err == STK_OK) {
        err = stk_control_init(&control, m->control, (size_t)m->control_words * 4u, 0, cl->config.tenants,
                               cl->config.observables);
    }
    memset(m->debug, 0, (size_t)m->debug_words * 4u);
    memset(m->io, 0, (size_t)m->io_slots * STK_IO_WORDS * 4u);
    cl->expected_ends = 0;
    return err;
}

int stk_opencl_alloc(struct stk_opencl *cl) {
    const struct stk_opencl_config *c = &cl->config;
    size_t ring = pages(STK_RING_BYTES(c->slots)), control = pages(STK_CONTROL_BYTES(c->observables));
    size_t debug_words = STK_LOG_RECORDS + (size_t)c->debug_records * STK_LOG_RECORD_WORDS;
    size_t debug = pages(debug_words * 4u), io = pages((size_t)c->io_slots * STK_IO_WORDS * 4u);
    size_t total = ring + control + debug + io + pages(c->payload_bytes) + PAGE;
    cl_svm_mem_flags flags = CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER;
    uint8_t *at;
    flags |= cl->device.svm_atomics ? CL_MEM_SVM_ATOMICS : 0u;
    /* Drivers refuse alignments above 128 bytes, so the page is ours to find. */
    cl->svm = clSVMAlloc(cl->cl_context, flags, total, 0);
    if (!cl->svm) {
        snprintf(cl->reason, sizeof cl->reason, "clSVMAlloc of %zu bytes of fine-grain memory failed", total);
        return STK_E_NOMEM;
    }
    at = (uint8_t *)(((uintptr_t)cl->svm + PAGE - 1u) & ~(uintptr_t)(PAGE - 1u));
    cl->memory = (struct stk_device_memory){
        .ring = (void *)at,
        .slots = c->slots,
        .control = (void *)(at + ring),
        .control_words = STK_CTL_OBSERVABLE + c->observables,
        .debug = (void *)(at + ring + control),
        .debug_words = (uint32_t)debug_words,
        .io = (void *)(at + ring + control + debug),
        .io_slots = c->io_slots,
        .payload = at + ring + control + debug + io,
        .payload_bytes = c->payload_bytes,
    };
    return stk_opencl_layout(cl);
}

static int set_args(struct stk_opencl *cl) {
    const struct stk_device_memory *m = &cl->memory;
    const void *buffers[] = {m->ring, m->control, m->debug, m->io, m->payload};
    const uint32_t sizes[] = {m->slots, m->control_words, m->debug_words, m->io_slots, m->payload_bytes};
    cl_int error = CL_SUCCESS;
    for (cl_uint i = 0; i < 5u && error == CL_SUCCESS; i++) {
        error = clSetKernelArgSVMPointer(cl->cl_kernel, i, buffers[i]);
    }
    for (cl_uint i = 0; i < 5u && error == CL_SUCCESS; i++) {
        error = clSetKernelArg(cl->cl_kernel, 5u + i, sizeof sizes[i], &sizes[i]);
    }
    return stk_opencl_error(cl, error, "clSetKernelArg");
}

static int create_queue(struct stk_opencl *cl) {
    cl_device_id device = cl->cl_device;
    cl_int error;
    cl->cl_context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    if (error == CL_SUCCESS) {
        cl->cl_queue = clCreateCommandQueueWithProperties(cl->cl_context, device, NULL, &error);
    }
    return stk_opencl_error(cl, error, "clCreateContext or clCreateCommandQueue");
}

static void release(struct stk_opencl *cl) {
    if (cl->cl_event) {
        clReleaseEvent(cl->cl_event);
    }
    if (cl->cl_kernel) {
        clReleaseKernel(cl->cl_kernel);
    }
    if (cl->cl_program) {
        clReleaseProgram(cl->cl_program);
    }
    if (cl->svm) {
        clSVMFree(cl->cl_context, cl->svm);
    }
    if (cl->cl_queue) {
        clReleaseCommandQueue(cl->cl_queue);
    }
    if (cl->cl_context) {
        clReleaseContext(cl->cl_context);
    }
    cl->cl_event = cl->cl_kernel = cl->cl_program = cl->svm = cl->cl_queue = cl->cl_context = NULL;
    cl->memory = (struct stk_device_memory){0};
}

static int bring_up(struct stk_opencl *cl) {
    static int (*const steps[])(struct stk_opencl *) = {
        create_queue, stk_opencl_build, stk_opencl_alloc, set_args, stk_opencl_calibrate, stk_opencl_handshake,
    };
    int err = STK_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && err == STK_OK; i++) {
        err = steps[i](cl);
    }
    return err;
}

int stk_opencl_open(struct stk_opencl *cl, const struct stk_opencl_config *config) {
    cl_device_id device;
    int err;
    memset(cl, 0, sizeof *cl);
    cl->config = *config;
    err = apply_defaults(&cl->config);
    if (err != STK_OK) {
        return err;
    }
    err = stk_opencl_select(config->device, &device, &cl->device);
    if (err != STK_OK) {
        snprintf(cl->reason, sizeof cl->reason, "no OpenCL device %s%s", config->device ? "named " : "was found",
                 config->device ? config->device : "");
        return err;
    }
    cl->cl_device = device;
    if (!cl->device.fine_grain) {
        snprintf(cl->reason, sizeof cl->reason, "the device has no fine-grain SVM buffers");
        return STK_E_UNSUPPORTED;
    }
    if (cl->config.lanes == 2u && strcmp(cl->device.platform, "Portable Computing Language") == 0) {
        /* 3.1 replicates the work-items of such a group instead of looping over them, and loses code behind barriers. */
        snprintf(cl->reason, sizeof cl->reason, "PoCL breaks groups of two lanes, use 1, or 3 and more");
        return STK_E_UNSUPPORTED;
    }
    err = bring_up(cl);
    if (err != STK_OK && stk_opencl_join(cl, UINT64_C(2000000000)) == STK_OK) {
        release(cl);
    }
    return err;
}

int stk_opencl_close(struct stk_opencl *cl, uint64_t timeout_ns) {
    int err;
    if (!cl->cl_context) {
        return STK_OK;
    }
    err = stk_opencl_join(cl, timeout_ns);
    if (err == STK_E_TIMEOUT) {
        return err;
    }
    release(cl);
    return STK_OK;
}
