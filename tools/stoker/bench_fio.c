/* The peer of stoker bench ingest: fio's engine io_uring, beside the same resident kernel. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_ingest.h"
#include "bench_process.h"

#define DRIVE_EVERY_NS 10000000L
#define TERSE_BYTES    5u /* fields of fio's terse output, version 3: KiB read, and milliseconds of the reads */
#define TERSE_MS       8u
#define OPTION_BYTES   96u

/// The resident kernel ///

struct driver {
    const struct cli_device *device;
    atomic_int stop, failed;
    pthread_t thread;
};

/* Runs on a thread: renews the lease of a kernel without work. */
static void *drive(void *arg) {
    const struct timespec pause = {0, DRIVE_EVERY_NS};
    struct driver *d = arg;
    while (!d->stop && !d->failed) {
        d->failed = d->device->dispatch.ops->drive(d->device->dispatch.ctx, true) < 0;
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/// fio ///

/* Returns field `index` of a line of fields between semicolons; 0: there is none. */
static double field(const char *line, uint32_t index) {
    while (index != 0u && line) {
        line = strchr(line, ';');
        line = line ? line + 1 : NULL;
        index--;
    }
    return line ? strtod(line, NULL) : 0.0;
}

/* Runs fio once over the file and takes the time from its output. *ns is 0 where fio is not installed. */
static int run_fio(const struct ingest_shape *s, double *ns) {
    static struct bench_process p;
    char path[OPTION_BYTES], size[OPTION_BYTES], chunk[OPTION_BYTES], depth[OPTION_BYTES], direct[OPTION_BYTES];
    snprintf(path, sizeof path, "--filename=%s", s->path);
    snprintf(size, sizeof size, "--size=%llu", (unsigned long long)s->bytes);
    snprintf(chunk, sizeof chunk, "--bs=%u", s->chunk);
    snprintf(depth, sizeof depth, "--iodepth=%u", INGEST_DEPTH);
    snprintf(direct, sizeof direct, "--direct=%d", s->direct);
    p = (struct bench_process){.argv = {"fio", "--name=ingest", path, size, chunk, depth, direct, "--rw=read",
                                        "--ioengine=io_uring", "--fixedbufs=1", "--registerfiles=1", "--invalidate=0",
                                        "--gtod_reduce=1", "--thread", "--output-format=terse", "--terse-version=3"}};
    bench_process_run(&p);
    *ns = 0.0;
    if (p.not_there) {
        return 0;
    }
    if (p.code != 0 || field(p.output, TERSE_BYTES) * 1024.0 + 1023.0 < (double)s->bytes) {
        return cli_bad("bench ingest: fio ended with exit code %d after %.0f KiB: %.200s", p.code,
                       field(p.output, TERSE_BYTES), p.output);
    }
    *ns = field(p.output, TERSE_MS) * 1e6;
    return *ns > 0.0 ? 0 : cli_bad("bench ingest: fio took no time: use more --bytes");
}

int ingest_fio_pass(const struct cli_device *device, const struct ingest_shape *shape, double *ns) {
    struct driver d = {.device = device};
    int bad;
    if (pthread_create(&d.thread, NULL, drive, &d) != 0) {
        return cli_bad("bench ingest: no thread to keep the kernel resident");
    }
    bad = run_fio(shape, ns);
    d.stop = 1;
    (void)pthread_join(d.thread, NULL);
    return d.failed ? cli_bad("bench ingest: the device was lost beside fio") : bad;
}
