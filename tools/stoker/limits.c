/* Measures the limits of a device by small kernels: the time of one read, and the speed of reads in order. Measures
 * both for memory shared with the host and for the device's own memory. */
#include "limits.h"

#include <string.h>
#include <time.h>
#include <CL/cl.h>

#include "stoker/deadline.h"

#define REGION_BYTES     (64u << 20)
#define GPU_DEVICE_BYTES (512u << 20) /* the device's own memory on a GPU: more than caches of such devices hold */
#define BLOCK_BYTES      (64u << 10)  /* bytes in a row that a group reads before it goes on to its next block */
#define LANES_MAX        1024u
#define LINK_BYTES       128u /* bytes from one link of the chain to the next: no two links share a line */

#define LAUNCH_NS  UINT64_C(5000000000) /* longest time of one launch */
#define LOOK_NS    20000                /* pause between two looks at a launch */
#define LONG_NS    8e6                  /* a launch of so many nanoseconds is long beside its own cost */
#define TRIALS     5u
#define STEPS_MIN  1024u
#define STEPS_MAX  (1u << 22)
#define BLOCKS_MIN 256u
#define BLOCKS_MAX (1u << 22) /* most blocks of all groups together */

/* The chain goes through all links once: the next one is (5 i + 1) modulo a power of two, which has the full period.
 * Reads of the chain are volatile, as those of a worker that polls are. A lane of a group reads 16 bytes at a time and
 * has four reads under way. Each pass over the region gives a group other blocks: a group that runs alone, as on a CPU,
 * then finds none of them in a cache smaller than the region. */
static const char text[] =
    "#line 1 \"limits\"\n"
    "__kernel void limit_fill(__global uint *words, uint links, uint stride) {\n"
    "    for (uint i = (uint)get_global_id(0); i < links; i += (uint)get_global_size(0)) {\n"
    "        words[i * stride] = ((i * 5u + 1u) & (links - 1u)) * stride;\n"
    "    }\n"
    "}\n"
    "__kernel void limit_chase(__global const volatile uint *words, uint steps, __global uint *out) {\n"
    "    uint at = 0u;\n"
    "    for (uint i = 0u; i < steps; i++) {\n"
    "        at = words[at];\n"
    "    }\n"
    "    out[0] = at;\n"
    "}\n"
    "__kernel void limit_stream(__global const uint4 *words, uint blocks, uint mask, uint block, __global uint *out) "
    "{\n"
    "    uint lanes = (uint)get_local_size(0), lane = (uint)get_local_id(0), groups = (uint)get_num_groups(0);\n"
    "    uint4 all = (uint4)(0u);\n"
    "    for (uint b = (uint)get_group_id(0); b < blocks; b += groups) {\n"
    "        __global const uint4 *p = words + (ulong)((b + b / (mask + 1u)) & mask) * block;\n"
    "        for (uint i = lane; i < block; i += 4u * lanes) {\n"
    "            uint4 v0 = p[i], v1 = p[i + lanes], v2 = p[i + 2u * lanes], v3 = p[i + 3u * lanes];\n"
    "            all ^= (v0 ^ v1) ^ (v2 ^ v3);\n"
    "        }\n"
    "    }\n"
    "    if ((all.x ^ all.y ^ all.z ^ all.w) == 0x5a5a5a5au) {\n"
    "        out[0] = all.x;\n"
    "    }\n"
    "}\n";

/// Memory ///

typedef cl_mem(CL_API_CALL *create_buffer_nv)(cl_context, cl_mem_flags, cl_bitfield, size_t, void *, cl_int *);

/* Makes the host-located buffer of cl_nv_create_buffer, as the port does. */
static cl_mem create_host_located(const struct limits *l, const struct stk_opencl *opencl, size_t bytes,
                                  cl_int *error) {
    cl_platform_id platform = NULL;
    create_buffer_nv create = NULL;
    void *address = NULL;
    *error = clGetDeviceInfo(opencl->device.id, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    if (*error == CL_SUCCESS) {
        address = clGetExtensionFunctionAddressForPlatform(platform, "clCreateBufferNV");
        *error = address ? CL_SUCCESS : CL_INVALID_OPERATION;
    }
    if (*error != CL_SUCCESS) {
        return NULL;
    }
    memcpy(&create, &address, sizeof create);
    return create(l->cl.context, CL_MEM_READ_WRITE, 1u, bytes, NULL, error);
}

/* Makes a buffer that host and device share, of the kind of memory in which the device was opened. */
static cl_mem create_buffer(struct limits *l, const struct stk_opencl *opencl, struct limits_region *r, cl_int *error) {
    cl_mem_flags flags = CL_MEM_READ_WRITE;
    if (l->memory == STK_OPENCL_HOST_NV) {
        return create_host_located(l, opencl, r->bytes, error);
    }
    if (l->memory == STK_OPENCL_USE_HOST) {
        r->pages = cli_map(r->bytes);
        flags |= CL_MEM_USE_HOST_PTR;
    } else {
        flags |= CL_MEM_ALLOC_HOST_PTR;
    }
    return clCreateBuffer(l->cl.context, flags, r->bytes, r->pages, error);
}

/* Makes the region that the host shares, of the kind of memory that the port has. */
static int open_host(struct limits *l, const struct stk_opencl *opencl) {
    struct limits_region *r = &l->regions[LIMITS_HOST];
    cl_int error = CL_SUCCESS;
    r->bytes = REGION_BYTES;
    if (l->memory == STK_OPENCL_SVM_ATOMICS || l->memory == STK_OPENCL_SVM) {
        cl_svm_mem_flags flags = CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER;
        flags |= l->memory == STK_OPENCL_SVM_ATOMICS ? CL_MEM_SVM_ATOMICS : 0u;
        r->svm = clSVMAlloc(l->cl.context, flags, r->bytes, 0);
        return bench_cl_check(r->svm ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY, "clSVMAlloc");
    }
    r->cl_mem = create_buffer(l, opencl, r, &error);
    if (error == CL_SUCCESS) {
        r->mapped = clEnqueueMapBuffer(l->queue, r->cl_mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, r->bytes, 0, NULL,
                                       NULL, &error);
    }
    return bench_cl_check(error, "memory for the limits");
}

/* Makes a buffer in the device's own memory, large on a GPU so that no cache holds it. */
static int open_device(struct limits *l, const struct stk_opencl *opencl) {
    struct limits_region *r = &l->regions[LIMITS_DEVICE];
    cl_int error;
    r->bytes = opencl->device.type == STK_OPENCL_GPU && opencl->device.memory / 8u >= GPU_DEVICE_BYTES
                   ? GPU_DEVICE_BYTES
                   : REGION_BYTES;
    r->cl_mem = clCreateBuffer(l->cl.context, CL_MEM_READ_WRITE, r->bytes, NULL, &error);
    return bench_cl_check(error, "memory for the limits");
}

static void close_region(struct limits *l, struct limits_region *r) {
    if (r->mapped) {
        (void)clEnqueueUnmapMemObject(l->queue, r->cl_mem, r->mapped, 0, NULL, NULL);
        (void)clFinish(l->queue);
    }
    if (r->cl_mem) {
        clReleaseMemObject(r->cl_mem);
    }
    if (r->svm) {
        clSVMFree(l->cl.context, r->svm);
    }
    cli_unmap(r->pages, r->bytes);
}

/// Launches ///

static cl_int set_region(cl_kernel kernel, const struct limits_region *r) {
    return r->svm ? clSetKernelArgSVMPointer(kernel, 0, r->svm)
                  : clSetKernelArg(kernel, 0, sizeof r->cl_mem, &r->cl_mem);
}

/* Waits for the launch, LAUNCH_NS at most. A clWaitForEvents would wait without a bound. */
static int await(struct limits *l, cl_event event) {
    const struct timespec pause = {0, LOOK_NS};
    struct stk_deadline end;
    cl_int status = CL_QUEUED, error = clFlush(l->queue);
    stk_deadline_start(&end, LAUNCH_NS, cli_now_ns());
    while (error == CL_SUCCESS && status > CL_COMPLETE) {
        error = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
        if (error == CL_SUCCESS && status > CL_COMPLETE) {
            if (stk_deadline_look(&end, cli_now_ns()) == 0u) {
                l->stuck = 1;
                return cli_bad("bench: a kernel that reads memory did not end within %u s: look for what else uses the "
                               "device",
                               (unsigned)(LAUNCH_NS / 1000000000u));
            }
            nanosleep(&pause, NULL);
        }
    }
    return bench_cl_check(error != CL_SUCCESS ? error : status, "a launch that reads memory");
}

/* Launches `groups` groups of `lanes` work-items. *ns is the time on the device. */
static int launch(struct limits *l, cl_kernel kernel, uint32_t groups, uint32_t lanes, double *ns) {
    const size_t local = lanes, global = (size_t)groups * lanes;
    cl_ulong began = 0, ended = 0;
    cl_event event;
    int bad;
    cl_int error = clEnqueueNDRangeKernel(l->queue, kernel, 1, NULL, &global, &local, 0, NULL, &event);
    bad = bench_cl_check(error, "a launch that reads memory");
    if (bad) {
        return bad;
    }
    bad = await(l, event);
    if (bad == 0) {
        error = clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof began, &began, NULL);
        error = error == CL_SUCCESS
                    ? clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof ended, &ended, NULL)
                    : error;
        bad = bench_cl_check(error, "the time of a launch");
    }
    clReleaseEvent(event);
    *ns = ended > began ? (double)(ended - began) : 1.0;
    return bad;
}

/* Writes the chain into the region; words between the links keep what they are. */
static int fill(struct limits *l, const struct limits_region *r) {
    const cl_uint links = LIMITS_CHAIN_BYTES / LINK_BYTES, stride = LINK_BYTES / 4u, words = (cl_uint)(r->bytes / 4u);
    const cl_uint one = 1u;
    double ns;
    int bad;
    cl_int error = set_region(l->fill, r);
    error = error == CL_SUCCESS ? clSetKernelArg(l->fill, 1, sizeof words, &words) : error;
    error = error == CL_SUCCESS ? clSetKernelArg(l->fill, 2, sizeof one, &one) : error;
    bad = bench_cl_check(error, "clSetKernelArg");
    bad = bad ? bad
              : launch(l, l->fill, l->compute_units, l->lanes, &ns); /* each page is written, so that each has memory */
    error = clSetKernelArg(l->fill, 1, sizeof links, &links);
    error = error == CL_SUCCESS ? clSetKernelArg(l->fill, 2, sizeof stride, &stride) : error;
    bad = bad ? bad : bench_cl_check(error, "clSetKernelArg");
    return bad ? bad : launch(l, l->fill, 1, l->lanes, &ns);
}

/* Launches with argument 1 of the kernel, a count, doubled from `least` to `most` until a launch is long. Then takes
 * the best of some launches. *ns is the time divided by the count. */
static int best_of(struct limits *l, cl_kernel kernel, uint32_t groups, uint32_t lanes, cl_uint least, cl_uint most,
                   double *ns) {
    cl_uint count = least;
    double took = 0, best;
    int bad = 0;
    for (;; count *= 2u) {
        bad = bench_cl_check(clSetKernelArg(kernel, 1, sizeof count, &count), "clSetKernelArg");
        bad = bad ? bad : launch(l, kernel, groups, lanes, &took);
        if (bad != 0 || took >= LONG_NS || count > most / 2u) {
            break;
        }
    }
    best = took;
    for (uint32_t i = 1; i < TRIALS && bad == 0; i++) {
        bad = launch(l, kernel, groups, lanes, &took);
        best = took < best ? took : best;
    }
    *ns = best / count;
    return bad;
}

int limits_one_read(struct limits *l, enum limits_memory memory, double *ns) {
    int bad = bench_cl_check(set_region(l->chase, &l->regions[memory]), "clSetKernelArg");
    return bad ? bad : best_of(l, l->chase, 1, 1, STEPS_MIN, STEPS_MAX, ns);
}

int limits_stream(struct limits *l, enum limits_memory memory, uint32_t groups, double *gb_per_s) {
    const struct limits_region *r = &l->regions[memory];
    const cl_uint mask = (cl_uint)(r->bytes / BLOCK_BYTES) - 1u;
    double ns = 1.0;
    int bad;
    cl_int error = set_region(l->stream, r);
    error = error == CL_SUCCESS ? clSetKernelArg(l->stream, 2, sizeof mask, &mask) : error;
    bad = bench_cl_check(error, "clSetKernelArg");
    bad = bad ? bad : best_of(l, l->stream, groups, l->lanes, BLOCKS_MIN, BLOCKS_MAX, &ns);
    *gb_per_s = BLOCK_BYTES / ns;
    return bad;
}

/// Opening ///

/* Returns the size of a group: the largest for the streaming kernel on a GPU, a power of two, so that a block has no
 * rest. */
static uint32_t lanes_of(const struct limits *l, const struct stk_opencl *opencl) {
    uint32_t lanes = 1;
    size_t most = 1;
    if (opencl->device.lanes > 1u && clGetKernelWorkGroupInfo(l->stream, opencl->device.id, CL_KERNEL_WORK_GROUP_SIZE,
                                                              sizeof most, &most, NULL) == CL_SUCCESS) {
        while (lanes * 2u <= most && lanes < LANES_MAX) {
            lanes *= 2u;
        }
    }
    return lanes;
}

/* Makes the kernels of the measurements, and a queue that records times. */
static int open_kernels(struct limits *l, const struct stk_opencl *opencl) {
    const cl_queue_properties with_times[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0};
    const cl_uint block = BLOCK_BYTES / 16u;
    cl_int error;
    cl_mem out;
    l->queue = clCreateCommandQueueWithProperties(l->cl.context, opencl->device.id, with_times, &error);
    l->fill = bench_cl_kernel(&l->cl, "limit_fill");
    l->chase = l->fill ? bench_cl_kernel(&l->cl, "limit_chase") : NULL;
    l->stream = l->chase ? bench_cl_kernel(&l->cl, "limit_stream") : NULL;
    if (!l->stream) {
        return CLI_BAD;
    }
    l->lanes = lanes_of(l, opencl);
    if (error == CL_SUCCESS) {
        l->out = out = clCreateBuffer(l->cl.context, CL_MEM_READ_WRITE, sizeof(cl_uint), NULL, &error);
    }
    error = error == CL_SUCCESS ? clSetKernelArg(l->chase, 2, sizeof out, &out) : error;
    error = error == CL_SUCCESS ? clSetKernelArg(l->stream, 3, sizeof block, &block) : error;
    error = error == CL_SUCCESS ? clSetKernelArg(l->stream, 4, sizeof out, &out) : error;
    return bench_cl_check(error, "setting the limits up");
}

int limits_open(struct limits *l, const struct stk_opencl *opencl) {
    const char *texts[] = {text};
    int bad;
    *l = (struct limits){.memory = opencl->outcome.memory,
                         .compute_units = opencl->device.compute_units ? opencl->device.compute_units : 1u};
    bad = bench_cl_open(&l->cl, opencl->device.id, texts, 1);
    bad = bad ? bad : open_kernels(l, opencl);
    bad = bad ? bad : open_host(l, opencl);
    bad = bad ? bad : open_device(l, opencl);
    for (uint32_t i = 0; i < 2u && bad == 0; i++) {
        bad = fill(l, &l->regions[i]);
    }
    return bad;
}

void limits_close(struct limits *l) {
    void *const kernels[] = {l->fill, l->chase, l->stream};
    if (l->stuck) {
        return;
    }
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (kernels[i]) {
            clReleaseKernel(kernels[i]);
        }
    }
    if (l->out) {
        clReleaseMemObject(l->out);
    }
    for (uint32_t i = 0; i < 2u; i++) {
        close_region(l, &l->regions[i]);
    }
    if (l->queue) {
        clReleaseCommandQueue(l->queue);
    }
    bench_cl_close(&l->cl);
    *l = (struct limits){.stuck = 0};
}

int limits_of_host(const struct cli_device *device, struct limits_of_host *of) {
    struct limits l;
    int bad;
    *of = (struct limits_of_host){BENCH_MISSING, BENCH_MISSING, BENCH_MISSING};
    if (!device->is_opencl) {
        return 0;
    }
    bad = limits_open(&l, &device->opencl);
    bad = bad ? bad : limits_one_read(&l, LIMITS_HOST, &of->one_read_ns);
    bad = bad ? bad : limits_stream(&l, LIMITS_HOST, 1, &of->one_group);
    bad = bad ? bad : limits_stream(&l, LIMITS_HOST, l.compute_units, &of->all_units);
    limits_close(&l);
    return bad;
}
