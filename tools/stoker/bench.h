/* Shared by the cases of stoker bench. Each measures stoker and a peer in the same call, in alternating blocks, so that
 * what else the machine does hits both. */
#ifndef STOKER_CLI_BENCH_H
#define STOKER_CLI_BENCH_H

#include <jansson.h>

#include "device.h"
#include "histogram.h"

#define BENCH_BLOCKS   5u /* measured blocks of stoker and of the peer, alternating */
#define BENCH_RUNS_MAX 1000u

struct bench_options {
    const char *device, *file, *patterns, *store;
    const char *set;   /* scan: the one made set of patterns; NULL: all of them */
    const char *words; /* scan: file of words for text and patterns; NULL: the default */
    const char *write; /* scan: folder for text and patterns, which are not measured then; NULL: none */
    /* rtt, slots, fair: slots in all measured blocks together; log: records; idle: wakes. 0: the default of the case */
    uint64_t count;
    uint64_t bytes;          /* pipeline: of the file; payload, scan: of the text */
    uint64_t chunk;          /* payload: bytes of a slot */
    uint64_t workers, lanes; /* workers and lanes of the resident kernel; 0: the default */
    uint64_t in_flight;      /* slots of the ring */
    uint64_t readers;        /* read */
    uint64_t runs;           /* scan, pipeline, start; payload: passes; idle: seconds */
    enum stk_residency residency;
    enum stk_opencl_memory memory;
    int json;
};

/// Figures: bench_out.c ///

struct bench {
    struct bench_options options;
    const char *name; /* name of the case */
    json_t *figures;  /* array that --json prints at the end; NULL without --json */
};

enum bench_better {
    BENCH_LESS, /* a time: the ratio is peer_value / value */
    BENCH_MORE  /* a rate: the ratio is value / peer_value */
};

#define BENCH_MISSING (-1.0)

/* One figure. With a peer the ratio says how many times better stoker is. peer NULL: none; peer_value
 * BENCH_MISSING: the peer is not installed. */
struct bench_figure {
    const char *metric;
    double value;
    const char *unit;
    enum bench_better better;
    const char *peer;
    double peer_value;
};

void bench_figure(struct bench *bench, const struct bench_figure *figure);

/* Says how many results were wrong; `what` names them, "slots with a wrong result". Returns CLI_FAULT, with which the
 * figures are still printed. */
int bench_wrong(const struct bench *bench, uint64_t count, const char *what);

double bench_median(const double *values, uint32_t count);
double bench_least(const double *values, uint32_t count);

/* Returns the index of the block whose value is the median. */
uint32_t bench_median_index(const double *values, uint32_t count);

/* Writes the template of a temporary name in TMPDIR to `path`, for mkostemp or mkdtemp; cut to `size`. */
void bench_temporary(char *path, size_t size);

/* Makes an empty file in TMPDIR for the case `name`. The file has no name any more, only *fd. Returns 0, or CLI_BAD
 * after printing why and *fd below 0. */
int bench_file(const char *name, int *fd);

/// The peer's side of OpenCL: bench_cl.c ///

struct bench_cl {
    void *context, *queue, *program; /* OpenCL handles */
};

/* Makes a context and a queue on `device` (a cl_device_id), and builds `texts`. Returns 0, or CLI_BAD after
 * printing why. */
int bench_cl_open(struct bench_cl *cl, void *device, const char *const *texts, uint32_t count);
void bench_cl_close(struct bench_cl *cl);

/* Returns a kernel of the program, or NULL after printing why. */
void *bench_cl_kernel(const struct bench_cl *cl, const char *name);

/* Writes the line for an OpenCL error. Returns 0 for none, else CLI_BAD. */
int bench_cl_check(int error, const char *what);

/* Launches `kernel` (a cl_kernel) with one work-item and waits for it. The ring of stoker replaces this. */
int bench_cl_launch(const struct bench_cl *cl, void *kernel);

/* The program of an empty kernel, "nothing". */
extern const char bench_cl_empty[];

/// Cases ///

/* Opens the device with the options of the bench; the interpreter is one too. Returns 0, or CLI_BAD after
 * printing why. */
int bench_device_any(struct bench *bench, struct cli_device *device, const struct cli_device_wish *wish);

/* Opens the device for a case whose peers need an OpenCL device. Without such a device it writes the line and returns
 * CLI_BAD. */
int bench_device_open(struct bench *bench, struct cli_device *device, const struct cli_device_wish *wish);

/* Says on stderr what the figures are of: the device, its mode, its memory and its workers. */
void bench_note_device(const struct bench *bench, const struct cli_device *device);

/* Waits until `slot` may be published again, as a host would: looks, and every `drive_every` looks lets the port renew
 * its lease. STK_E_SLOT_FAULT with a note of the reason; STK_E_TIMEOUT after a minute; errors of drive. */
int bench_await(struct cli_device *device, const struct stk_ring *ring, uint32_t slot, uint32_t drive_every);

/* Waits until no worker runs, so that the peer has the device for itself. Returns 0, or CLI_BAD after
 * printing why. */
int bench_device_rest(struct cli_device *device);

/* Returns 1 if a worker of the device is a thread of a CPU. Two plain threads then measure the limit of the device. */
int bench_has_thread_limit(const struct cli_device *device);

/* The options that a case takes besides --json and --help. */
#define BENCH_COUNT     1u
#define BENCH_IN_FLIGHT 2u
#define BENCH_FILES     4u /* --file and --patterns */
#define BENCH_RUNS      8u
#define BENCH_BYTES     16u
#define BENCH_DEVICE    32u
#define BENCH_STORE     64u
#define BENCH_MODE      128u /* --workers, --lanes, --residency, --memory */
#define BENCH_CHUNK     256u
#define BENCH_READERS   512u
#define BENCH_SET       1024u /* --set, --words, --write */

#define BENCH_VALUES_MAX 8u

struct bench_case {
    const char *name, *what; /* for the help */
    struct {
        const char *option, *text;
    } values[BENCH_VALUES_MAX]; /* meaning of the options with a value for this case, in the order of the help */
    unsigned options;
    int (*run)(struct bench *bench); /* returns an exit code */
};

/* The cases, as X(name), in the order of the help. Case `name` is `bench_name`, in a file bench_name.c of its own. */
#define BENCH_CASES(X)                                                                                                 \
    X(rtt) X(slots) X(fair) X(scan) X(pipeline) X(read) X(core) X(log) X(idle) X(start) X(limits) X(payload) X(ingest)

#define BENCH_CASE(name) extern const struct bench_case bench_##name;
BENCH_CASES(BENCH_CASE)
#undef BENCH_CASE

int bench_share(struct bench *bench); /* a part of the case fair */

#endif
