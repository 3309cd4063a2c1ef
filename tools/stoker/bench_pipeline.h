/* The two ways of a chunk that stoker bench pipeline compares. */
#ifndef STOKER_CLI_BENCH_PIPELINE_H
#define STOKER_CLI_BENCH_PIPELINE_H

#include "bench.h"
#include "reader.h"

#define PIPELINE_CHUNK_MAX (1u << 20)
#define PIPELINE_DEPTH_MAX 64u
#define PIPELINE_PAYLOAD   (8u << 20) /* bytes of the stream's buffers together; the limits sum as many behind them */

/* Returns how many chunks of the stream are in flight. */
static inline uint32_t pipeline_depth(uint32_t chunk) {
    uint32_t depth = PIPELINE_PAYLOAD / chunk;
    return depth < PIPELINE_DEPTH_MAX ? depth : PIPELINE_DEPTH_MAX;
}

/* The file, and one pass over it. */
struct pipeline_file {
    int fd;
    uint64_t bytes;
    uint64_t sum; /* sum of the file, computed by the host when it made the file */
};

struct pipeline_pass {
    uint64_t sum, ns;
};

/// stk_stream: bench_pipeline.c ///

struct pipeline_ours {
    struct cli_device device;
    struct cli_reader reader;
    uint64_t sum;
    int source;
};

/// The limits: bench_pipeline_limit.c ///

#define PIPELINE_READS 1u /* the reads of the stream, by the same reader into the same buffers */
#define PIPELINE_SUMS  2u /* sums of as many bytes by the device, over data that is there */

/* Does these parts of the work without what ties one to the other: no sum waits for a read. Returns 0, or CLI_BAD after
 * printing why; the device rests afterwards. */
int pipeline_limit_pass(struct pipeline_ours *ours, const struct pipeline_file *file, uint32_t chunk, unsigned parts,
                        uint64_t *ns);

/* Makes the same reads, and a plain thread sums each buffer that was read. Each buffer crosses from core to core here
 * too, with only two counts beside it. Returns 0, or CLI_BAD after printing why. */
int pipeline_thread_pass(struct pipeline_ours *ours, const struct pipeline_file *file, uint32_t chunk,
                         struct pipeline_pass *pass);

/// The classic way: bench_classic.c ///

struct pipeline_classic {
    struct bench_cl cl;
    void *kernel, *data, *sums; /* cl_kernel, cl_mem */
    uint8_t *host;              /* buffer of pread */
    uint32_t compute_units;     /* compute units of the device */
    uint32_t items;             /* work-items of a launch: what was fastest for the chunk size */
};

/* Sets the peer up on the device of `opencl`, with a kernel that calls the handler's own sum. Returns 0, or CLI_BAD
 * after printing why. */
int pipeline_classic_open(struct pipeline_classic *classic, const struct stk_opencl *opencl);
void pipeline_classic_close(struct pipeline_classic *classic);

/* Tries how many work-items are best for this chunk size. */
int pipeline_classic_tune(struct pipeline_classic *classic, const struct pipeline_file *file, uint32_t chunk);

/* Makes a pass of the peer: pread, write, launch and blocking read of the result, for each chunk up to byte `end` of
 * the file. */
int pipeline_classic_pass(struct pipeline_classic *classic, const struct pipeline_file *file, uint64_t end,
                          uint32_t chunk, struct pipeline_pass *pass);

#endif
