/* Measures the best reading speed of a device, by small kernels that do nothing else. stoker bench prints these limits
 * beside its figures. */
#ifndef STOKER_CLI_LIMITS_H
#define STOKER_CLI_LIMITS_H

#include "bench.h"

/* The memory that is read. */
enum limits_memory {
    LIMITS_HOST,  /* memory of the kind that the port shares with the host; in BATCH a mapped ALLOC_HOST_PTR buffer */
    LIMITS_DEVICE /* a plain buffer, which the device keeps where its driver likes to have it */
};

struct limits_region {
    void *cl_mem; /* NULL: `svm` is the memory */
    void *svm;
    /* address of the buffer for the host. The buffer stays mapped, as in the port; NULL: it is not mapped */
    void *mapped;
    void *pages; /* memory of this process that a USE_HOST_PTR buffer uses */
    size_t bytes;
};

struct limits {
    struct bench_cl cl;
    struct limits_region regions[2]; /* by enum limits_memory */
    void *queue;                     /* a command queue that measures the times of launches */
    void *fill, *chase, *stream;     /* kernels */
    void *out;                       /* where kernels leave what they have read, so that no compiler drops a read */
    enum stk_opencl_memory memory;   /* kind of the host's region */
    uint32_t compute_units;          /* compute units of the device */
    uint32_t lanes;                  /* work-items in a group of the streaming kernel */
    int stuck;                       /* 1: a launch passed its deadline and may still read, so nothing is released */
};

/* Makes kernels and memory on the device of `opencl`, in a context of their own. Both kinds of memory are filled when
 * it returns. Returns 0, or CLI_BAD after printing why; limits_close in both cases. */
int limits_open(struct limits *limits, const struct stk_opencl *opencl);
void limits_close(struct limits *limits);

/* Measures one read that waits for the read before it, in nanoseconds: the way along a chain over LIMITS_CHAIN_BYTES,
 * which a cache of the device may hold where the device caches that kind of memory. Returns 0, or CLI_BAD after
 * printing why. */
#define LIMITS_CHAIN_BYTES (1u << 20)
int limits_one_read(struct limits *limits, enum limits_memory memory, double *ns);

/* Measures reads in order by `groups` groups, in 10^9 bytes a second. Returns 0, or CLI_BAD after printing why. */
int limits_stream(struct limits *limits, enum limits_memory memory, uint32_t groups, double *gb_per_s);

/* Both limits of the host's memory that stand beside figures: one read, and reads in order by one group and by as many
 * groups as the device has compute units. The members are BENCH_MISSING where the device is no OpenCL device. */
struct limits_of_host {
    double one_read_ns, one_group, all_units; /* the last two in 10^9 bytes a second */
};

/* Opens, measures and closes; no worker of the device may run. Returns 0, or CLI_BAD after printing why. */
int limits_of_host(const struct cli_device *device, struct limits_of_host *limits);

#endif
