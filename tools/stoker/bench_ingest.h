/* Shared by the files of stoker bench ingest. */
#ifndef STOKER_CLI_BENCH_INGEST_H
#define STOKER_CLI_BENCH_INGEST_H

#include <pthread.h>

#include "bench.h"

#define INGEST_DEPTH 32u /* reads in flight, of both */

/* How a file is read. */
struct ingest_shape {
    const char *path; /* the file, as any process of this user can open it */
    uint64_t bytes;   /* bytes to read, from byte 0 on */
    uint32_t chunk;   /* bytes of a read */
    int direct;       /* 1: O_DIRECT */
};

/// The peer: bench_fio.c ///

/* Runs fio over the file with INGEST_DEPTH reads of registered memory and a registered file in flight, while a thread
 * keeps the kernel of `device` resident. Sets *ns to the time that fio says its reads took, 0 where fio is not
 * installed. Returns 0, or CLI_BAD after printing why. */
int ingest_fio_pass(const struct cli_device *device, const struct ingest_shape *shape, double *ns);

#endif
