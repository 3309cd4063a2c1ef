/* stoker port: memory that host and device share. One kind at a time is allocated, mapped once, handed to the kernel
 * and released. The code in search/ finds a kind that works. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../report/report.h"
#include "memory.h"

/* Parts of the extension cl_nv_create_buffer, which the headers of OpenCL do not declare. */
#define LOCATION_HOST_NV 1u
typedef cl_mem(CL_API_CALL *create_buffer_nv)(cl_context, cl_mem_flags, cl_bitfield, size_t, void *, cl_int *);

const char *stk_opencl_memory_name(enum stk_opencl_memory memory) {
    static const char *const names[STK_OPENCL_KINDS] = {
        "any",
        "fine-grain SVM with atomics",
        "host-located buffer",
        "ALLOC_HOST_PTR buffer",
        "USE_HOST_PTR buffer",
        "fine-grain SVM",
        "copies",
    };
    return (unsigned)memory < STK_OPENCL_KINDS ? names[memory] : names[0];
}

/* Writes the reason that the device does not offer this kind of memory. Returns STK_E_UNSUPPORTED, so that the search
 * goes on. */
static int not_offered(struct stk_opencl *cl, enum stk_opencl_memory memory) {
    stk_opencl_say(cl, "%s: not offered", stk_opencl_memory_name(memory));
    return STK_E_UNSUPPORTED;
}

/* Allocates fine-grain SVM. Drivers refuse alignments above 128 bytes, so one page more is allocated and the first page
 * border is used. */
static int open_svm(struct stk_opencl *cl, enum stk_opencl_memory memory, struct stk_opencl_region *r) {
    cl_svm_mem_flags flags = CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER;
    flags |= memory == STK_OPENCL_SVM_ATOMICS ? CL_MEM_SVM_ATOMICS : 0u;
    /* The call is made only where the device has SVM: a loader of an older OpenCL may have no entry for it. */
    r->raw = cl->device.fine_grain ? clSVMAlloc(cl->own.program.context, flags, r->bytes + STK_OPENCL_PAGE, 0) : NULL;
    if (!r->raw) {
        return not_offered(cl, memory);
    }
    r->raw_is_svm = 1;
    r->host = (void *)(((uintptr_t)r->raw + STK_OPENCL_PAGE - 1u) & ~(uintptr_t)(STK_OPENCL_PAGE - 1u));
    return STK_OK;
}

/* Allocates a buffer in the host's memory by the extension of NVIDIA. */
static cl_mem create_nv(struct stk_opencl *cl, size_t bytes, cl_int *error) {
    static const char name[] = "clCreateBufferNV";
    cl_platform_id platform = NULL;
    create_buffer_nv create = NULL;
    void *address = NULL;
    *error = clGetDeviceInfo(cl->device.id, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    if (*error == CL_SUCCESS && strstr(cl->device.platform, "NVIDIA")) {
        address = clGetExtensionFunctionAddressForPlatform(platform, name);
    }
    if (!address) {
        *error = CL_INVALID_OPERATION;
        return NULL;
    }
    /* Copied and not cast: C has no conversion from an object pointer to a function pointer. */
    memcpy(&create, &address, sizeof create);
    return create(cl->own.program.context, CL_MEM_READ_WRITE, LOCATION_HOST_NV, bytes, NULL, error);
}

/* Allocates a buffer of one kind that is no SVM. Returns NULL with the error in *error. */
static cl_mem create_buffer(struct stk_opencl *cl, enum stk_opencl_memory memory, struct stk_opencl_region *r,
                            cl_int *error) {
    cl_mem_flags flags = CL_MEM_READ_WRITE;
    if (memory == STK_OPENCL_HOST_NV) {
        return create_nv(cl, r->bytes, error);
    }
    if (memory == STK_OPENCL_USE_HOST) {
        void *pages = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) {
            *error = CL_OUT_OF_HOST_MEMORY;
            return NULL;
        }
        r->raw = pages;
        flags |= CL_MEM_USE_HOST_PTR;
    } else if (memory == STK_OPENCL_ALLOC_HOST) {
        flags |= CL_MEM_ALLOC_HOST_PTR;
    }
    return clCreateBuffer(cl->own.program.context, flags, r->bytes, r->raw, error);
}

/* Clears a buffer on the device, before the buffer is mapped: a kernel that never sees the host's stores then finds an
 * empty ring. Leaves large buffers as they are. */
static int zero(struct stk_opencl *cl, const struct stk_opencl_region *r) {
    const uint32_t nothing = 0;
    cl_int error = CL_SUCCESS;
    if (r->bytes <= STK_OPENCL_ZEROED_MAX) {
        error =
            clEnqueueFillBuffer(cl->own.program.queue, r->cl_mem, &nothing, sizeof nothing, 0, r->bytes, 0, NULL, NULL);
    }
    return stk_opencl_error(cl, error, "clEnqueueFillBuffer");
}

/* Maps a buffer for reads and writes. It stays mapped until it is released: to unmap a buffer under a running kernel
 * may copy over what the kernel wrote. */
static int map(struct stk_opencl *cl, struct stk_opencl_region *r) {
    cl_int error;
    r->host = clEnqueueMapBuffer(cl->own.program.queue, r->cl_mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, r->bytes, 0,
                                 NULL, NULL, &error);
    if (error != CL_SUCCESS) {
        r->host = NULL;
        return stk_opencl_error(cl, error, "clEnqueueMapBuffer");
    }
    /* The parts must begin on cache lines of 64 bytes (port/README.md), and some drivers map elsewhere. */
    if (((uintptr_t)r->host & 63u) != 0u) {
        stk_opencl_say(cl, "the buffer was mapped at an address that is no multiple of 64");
        return STK_E_UNSUPPORTED;
    }
    return STK_OK;
}

int stk_opencl_region_open(struct stk_opencl *cl, enum stk_opencl_memory memory, size_t bytes,
                           struct stk_opencl_region *region) {
    cl_int error;
    int err;
    *region = (struct stk_opencl_region){.bytes = (bytes + STK_OPENCL_PAGE - 1u) & ~(size_t)(STK_OPENCL_PAGE - 1u)};
    region->bytes = region->bytes ? region->bytes : STK_OPENCL_PAGE;
    region->cl_context = cl->own.program.context;
    region->cl_queue = cl->own.program.queue;
    if (memory == STK_OPENCL_SVM_ATOMICS || memory == STK_OPENCL_SVM) {
        return memory == STK_OPENCL_SVM || cl->device.svm_atomics ? open_svm(cl, memory, region)
                                                                  : not_offered(cl, memory);
    }
    region->cl_mem = create_buffer(cl, memory, region, &error);
    if (!region->cl_mem && memory == STK_OPENCL_HOST_NV && error == CL_INVALID_OPERATION) {
        return not_offered(cl, memory);
    }
    err = stk_opencl_error(cl, error, memory == STK_OPENCL_HOST_NV ? "clCreateBufferNV" : "clCreateBuffer");
    err = err == STK_OK && memory != STK_OPENCL_HOST_NV ? zero(cl, region) : err;
    if (err == STK_OK && memory != STK_OPENCL_COPIES) {
        err = map(cl, region);
    }
    if (err != STK_OK) {
        stk_opencl_say(cl, " for %s", memory == STK_OPENCL_COPIES ? "a copy" : stk_opencl_memory_name(memory));
        stk_opencl_region_close(region);
    }
    return err;
}

void stk_opencl_region_close(struct stk_opencl_region *region) {
    /* With pages of this process the driver may still copy into them until the unmap is over, so that is waited for. */
    int pages = region->raw && !region->raw_is_svm, in_use = 0;
    struct stk_deadline end;
    if (region->cl_mem && region->host) {
        (void)clEnqueueUnmapMemObject(region->cl_queue, region->cl_mem, region->host, 0, NULL, NULL);
    }
    if (region->cl_mem && pages) {
        stk_deadline_start(&end, STK_OPENCL_DRAIN_NS, stk_opencl_now_ns());
        in_use = stk_opencl_drain(region->cl_queue, &end) != STK_OK;
    }
    if (region->cl_mem) {
        clReleaseMemObject(region->cl_mem);
    }
    /* Pages that are still in use stay allocated: the driver may copy into them at any time. */
    if (pages && !in_use) {
        munmap(region->raw, region->bytes);
    } else if (region->raw_is_svm) {
        clSVMFree(region->cl_context, region->raw);
    }
    *region = (struct stk_opencl_region){0};
}

/* Sets every guard word to 0, which means free. A kernel that was lost may have left odd values, which mean held. The
 * table of limits and the mailboxes lie behind the guards in the same buffer. */
static int open_guards(struct stk_opencl *cl) {
    size_t bytes = STK_DEVICE_PRIVATE_WORDS(cl->memory.slots, cl->memory.io_slots) * 4u;
    return cl->own.buffers.guards.cl_mem
               ? zero(cl, &cl->own.buffers.guards)
               : stk_opencl_region_open(cl, STK_OPENCL_COPIES, bytes, &cl->own.buffers.guards);
}

int stk_opencl_set_args(struct stk_opencl *cl, const struct stk_opencl_region *regions, uint32_t control_words,
                        uint32_t payload_bytes) {
    const struct stk_device_memory *m = &cl->memory;
    const uint32_t sizes[] = {m->slots, control_words, m->debug_words, m->io_slots, payload_bytes, m->table_bytes};
    const struct stk_opencl_region *tables = &cl->own.copies.device[STK_PART_TABLES];
    cl_int error = CL_SUCCESS;
    int err = open_guards(cl);
    cl->own.buffers.payload_bytes = payload_bytes;
    if (err != STK_OK) {
        return err;
    }
    for (cl_uint i = 0; i < STK_DEVICE_PARTS && error == CL_SUCCESS; i++) {
        const struct stk_opencl_region *r = i == STK_PART_TABLES && tables->bytes ? tables : &regions[i];
        cl_mem mem = r->cl_mem;
        /* SVM has no buffer object; the kernel gets the pointer. */
        error = mem ? clSetKernelArg(cl->own.program.kernel, i, sizeof mem, &mem)
                    : clSetKernelArgSVMPointer(cl->own.program.kernel, i, r->host);
    }
    for (cl_uint i = 0; i < STK_DEVICE_PARTS && error == CL_SUCCESS; i++) {
        error = clSetKernelArg(cl->own.program.kernel, STK_DEVICE_PARTS + i, sizeof sizes[i], &sizes[i]);
    }
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(cl->own.program.kernel, ARG_GUARDS, sizeof cl->own.buffers.guards.cl_mem,
                               &cl->own.buffers.guards.cl_mem);
    }
    return stk_opencl_error(cl, error, "clSetKernelArg");
}

/* Returns 1 if atomics of host and kernel on this memory exclude each other. Fine-grain SVM with atomics promises this,
 * and a CPU's kernel runs on the host's own cores. Over a bus adds of both sides get lost. */
static int exclusive(const struct stk_opencl *cl) {
    return cl->device.type == STK_OPENCL_CPU || cl->outcome.memory == STK_OPENCL_SVM_ATOMICS;
}

/* Returns the layout that the configuration asks for. The parts are aligned to pages, since they are mapped and copied
 * by whole pages. */
static struct stk_device_layout layout_of(const struct stk_opencl *cl) {
    const struct stk_opencl_config *c = &cl->config;
    return (struct stk_device_layout){
        .slots = c->slots,
        .observables = c->observables,
        .tenants = c->tenants,
        .debug_records = c->debug_records,
        .io_slots = c->io_slots,
        .payload_bytes = c->payload_bytes,
        .table_bytes = STK_DEVICE_TABLE_BYTES(c->table_bytes),
        .align = STK_OPENCL_PAGE,
        .no_shared_atomics = !exclusive(cl),
    };
}

int stk_opencl_layout(struct stk_opencl *cl) {
    const struct stk_device_layout layout = layout_of(cl);
    cl->own.copies.copied = 0;
    return stk_device_memory_reset(&cl->memory, &layout);
}

/* For copies, the host's side is memory from which the driver can copy at once (ALLOC_HOST). */
int stk_opencl_take(struct stk_opencl *cl, enum stk_opencl_memory memory) {
    const enum stk_opencl_memory kind = memory == STK_OPENCL_COPIES ? STK_OPENCL_ALLOC_HOST : memory;
    const struct stk_device_layout layout = layout_of(cl);
    void *parts[STK_DEVICE_PARTS];
    int err = STK_OK;
    for (uint32_t i = 0; i < STK_DEVICE_PARTS && err == STK_OK; i++) {
        err = stk_opencl_region_open(cl, kind, stk_device_part_bytes(&layout, (enum stk_device_part)i),
                                     &cl->own.buffers.regions[i]);
        parts[i] = cl->own.buffers.regions[i].host;
    }
    if (err == STK_OK) {
        stk_device_memory_bind(&cl->memory, &layout, parts);
        err = stk_opencl_layout(cl);
    }
    if (err != STK_OK) {
        stk_opencl_give(cl);
    }
    return err;
}

void stk_opencl_give(struct stk_opencl *cl) {
    for (uint32_t i = 0; i < STK_DEVICE_PARTS; i++) {
        stk_opencl_region_close(&cl->own.buffers.regions[i]);
    }
    stk_opencl_close_copies(cl);
    stk_opencl_region_close(&cl->own.buffers.guards);
    cl->memory = (struct stk_device_memory){0};
}
