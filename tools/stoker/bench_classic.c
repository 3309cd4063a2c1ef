/* stoker bench pipeline, the peer: each chunk is read, copied to the device, summed by a launch, and waited for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <CL/cl.h>

#include "bench_pipeline.h"
#include "stoker/kernel_text.h"

#define ITEMS_MAX   64u
#define TUNE_CHUNKS 200u /* chunks of one trial */
#define TUNE_TRIALS 3u
#define HOST_ALIGN  4096u

/* The handler's own loop, over as many stretches as there are work-items; the host adds their sums. */
static const char sum_kernel[] =
    "#line 1 \"bench_classic\"\n"
    "__kernel void classic_sum(__global const stk_u8 *data, stk_u32 words, __global stk_u64 *sums) {\n"
    "    stk_u32 n = (stk_u32)get_global_size(0), i = (stk_u32)get_global_id(0), share = (words + n - 1u) / n;\n"
    "    stk_u32 first = i * share < words ? i * share : words;\n"
    "    stk_u32 end = words - first < share ? words : first + share;\n"
    "    sums[i] = stk_sum_words(data, first, end);\n"
    "}\n";

/* Makes the two buffers of the peer on the device: the chunk, and a sum for each work-item. */
static int create_buffers(struct pipeline_classic *c) {
    cl_int error;
    cl_mem data, sums = NULL;
    data = clCreateBuffer(c->cl.context, CL_MEM_READ_ONLY, PIPELINE_CHUNK_MAX, NULL, &error);
    if (error == CL_SUCCESS) {
        sums = clCreateBuffer(c->cl.context, CL_MEM_WRITE_ONLY, ITEMS_MAX * sizeof(cl_ulong), NULL, &error);
    }
    c->data = data;
    c->sums = sums;
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(c->kernel, 0, sizeof data, &data);
    }
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(c->kernel, 2, sizeof sums, &sums);
    }
    return bench_cl_check(error, "the peer's buffers");
}

int pipeline_classic_open(struct pipeline_classic *c, const struct stk_opencl *opencl) {
    const char *texts[] = {stk_kernel_text, sum_kernel};
    int bad;
    memset(c, 0, sizeof *c);
    c->compute_units = opencl->device.compute_units;
    c->items = 1;
    c->host = aligned_alloc(HOST_ALIGN, PIPELINE_CHUNK_MAX);
    if (!c->host) {
        return cli_bad("bench pipeline: no memory for the buffer of the peer: use a smaller --chunk");
    }
    bad = bench_cl_open(&c->cl, opencl->device.id, texts, 2);
    if (bad == 0) {
        c->kernel = bench_cl_kernel(&c->cl, "classic_sum");
        bad = c->kernel ? create_buffers(c) : CLI_BAD;
    }
    return bad;
}

void pipeline_classic_close(struct pipeline_classic *c) {
    if (c->data) {
        clReleaseMemObject(c->data);
    }
    if (c->sums) {
        clReleaseMemObject(c->sums);
    }
    if (c->kernel) {
        clReleaseKernel(c->kernel);
    }
    bench_cl_close(&c->cl);
    free(c->host);
    c->host = NULL;
}

/* Reads a whole chunk of the file into the buffer of the host. */
static int read_chunk(struct pipeline_classic *c, int fd, uint64_t offset, size_t bytes) {
    size_t got = 0;
    while (got < bytes) {
        ssize_t n = pread(fd, c->host + got, bytes - got, (off_t)(offset + got));
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            return cli_bad("bench pipeline: the file could not be read: %s: name another place in TMPDIR",
                           n < 0 ? strerror(errno) : "it ended early");
        }
        got += n > 0 ? (size_t)n : 0u;
    }
    return 0;
}

/* Copies the chunk to the device, launches the kernel, and waits for the sums. Adds them to *sum. */
static int sum_chunk(struct pipeline_classic *c, size_t bytes, uint64_t *sum) {
    const size_t items = c->items;
    const cl_uint words = (cl_uint)(bytes / 4u);
    cl_ulong sums[ITEMS_MAX];
    cl_int error = clEnqueueWriteBuffer(c->cl.queue, c->data, CL_FALSE, 0, bytes, c->host, 0, NULL, NULL);
    if (error == CL_SUCCESS) {
        error = clSetKernelArg(c->kernel, 1, sizeof words, &words);
    }
    if (error == CL_SUCCESS) {
        error = clEnqueueNDRangeKernel(c->cl.queue, c->kernel, 1, NULL, &items, NULL, 0, NULL, NULL);
    }
    if (error == CL_SUCCESS) {
        error = clEnqueueReadBuffer(c->cl.queue, c->sums, CL_TRUE, 0, items * sizeof *sums, sums, 0, NULL, NULL);
    }
    for (size_t i = 0; i < items && error == CL_SUCCESS; i++) {
        *sum += sums[i];
    }
    return bench_cl_check(error, "a chunk of the peer");
}

int pipeline_classic_pass(struct pipeline_classic *c, const struct pipeline_file *file, uint64_t end, uint32_t chunk,
                          struct pipeline_pass *pass) {
    uint64_t start = cli_now_ns();
    int bad = 0;
    pass->sum = 0;
    for (uint64_t at = 0; at < end && bad == 0; at += chunk) {
        size_t bytes = end - at < chunk ? (size_t)(end - at) : chunk;
        bad = read_chunk(c, file->fd, at, bytes);
        bad = bad ? bad : sum_chunk(c, bytes, &pass->sum);
    }
    pass->ns = cli_now_ns() - start;
    return bad;
}

/* Takes the fastest of a few passes with c->items work-items. The first pass, which may compile, is thrown away. */
static int trial(struct pipeline_classic *c, const struct pipeline_file *file, uint32_t chunk, uint64_t *best) {
    uint64_t end = (uint64_t)chunk * TUNE_CHUNKS < file->bytes ? (uint64_t)chunk * TUNE_CHUNKS : file->bytes;
    struct pipeline_pass pass;
    int bad = pipeline_classic_pass(c, file, end, chunk, &pass);
    *best = UINT64_MAX;
    for (uint32_t i = 0; i < TUNE_TRIALS && bad == 0; i++) {
        bad = pipeline_classic_pass(c, file, end, chunk, &pass);
        *best = pass.ns < *best ? pass.ns : *best;
    }
    return bad;
}

int pipeline_classic_tune(struct pipeline_classic *c, const struct pipeline_file *file, uint32_t chunk) {
    const uint32_t candidates[] = {1u, c->compute_units < ITEMS_MAX ? c->compute_units : ITEMS_MAX, 16u, ITEMS_MAX};
    uint64_t best = UINT64_MAX, took;
    uint32_t chosen = 1;
    int bad = 0;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates && bad == 0; i++) {
        c->items = candidates[i];
        bad = trial(c, file, chunk, &took);
        if (bad == 0 && took < best) {
            best = took;
            chosen = candidates[i];
        }
    }
    c->items = chosen;
    return bad;
}
