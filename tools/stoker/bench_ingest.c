/* stoker bench ingest: reads of a file into payload buffers, each of which ends in a slot of a resident kernel; the
 * peer is fio with the same file, sizes, depth and flags, beside the same kernel. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench_ingest.h"
#include "reader.h"

#define BYTES_DEFAULT (UINT64_C(256) << 20)
#define RUNS_DEFAULT  5u
#define CHUNK_MAX     (1u << 20)
#define PAGE          4096u
#define BUFFERS       (2u * INGEST_DEPTH) /* half of the buffers are read while the device may work on the other half */
#define POLL_NS       UINT64_C(100000000)
#define DRAIN_NS      UINT64_C(60000000000)
#define REST_NS                                                                                                        \
    500000000L /* before each pass: a disk behind a rate limit gives more after a rest, and fio starts slowly */
#define NOPS      UINT64_C(2000000)
#define NOP_BYTES 64u

static const uint32_t chunks[] = {4u << 10, 64u << 10, CHUNK_MAX};

/* The work of the device for each read. */
static const struct {
    const char *name;
    uint32_t opcode;
} works[] = {{"nop", STK_OP_NOP}, {"sum64", STK_OP_SUM64}};

#define WORKS (sizeof works / sizeof *works)

struct ingest {
    struct bench *bench;
    struct cli_device device;
    struct cli_reader reader;
    struct ingest_shape shape;
    char path[64];
    int fd, source;
    uint32_t runs, payload_at; /* byte of the payload at which the buffers begin */
    uint32_t chunk_max;        /* bytes of a buffer */
    uint64_t file_sum, sum, bad_slots;
    double ns[WORKS][BENCH_RUNS_MAX], peer_ns[BENCH_RUNS_MAX];
};

/// The file ///

/* Fills the file with words that are all different, sums them on the way, and makes the medium have them. */
static int make_file(struct ingest *b) {
    static uint32_t words[CHUNK_MAX / 4u];
    int bad = bench_file("ingest", &b->fd);
    for (uint64_t at = 0; at < b->shape.bytes && bad == 0; at += sizeof words) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            words[i] = (uint32_t)((at / 4u + i) * UINT32_C(0x9E3779B9));
            b->file_sum += words[i];
        }
        if (write(b->fd, words, sizeof words) != (ssize_t)sizeof words) {
            bad = cli_bad("bench ingest: writing the file: %s: name another place in TMPDIR", strerror(errno));
        }
    }
    if (bad == 0 && fsync(b->fd) != 0) {
        bad = cli_bad("bench ingest: writing the file: %s: name another place in TMPDIR", strerror(errno));
    }
    snprintf(b->path, sizeof b->path, "/proc/%d/fd/%d", (int)getpid(), b->fd);
    b->shape.path = b->path;
    return bad;
}

/* Opens the file again with O_DIRECT, or as it is where the file system has none. */
static int open_direct(struct ingest *b) {
    int fd = open(b->path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    b->shape.direct = fd >= 0;
    if (fd < 0) {
        cli_note("bench ingest: no O_DIRECT below TMPDIR: the reads come from the page cache");
        fd = open(b->path, O_RDONLY | O_CLOEXEC);
    }
    return fd;
}

/// stk_stream ///

/* Adds the sum of a chunk, and counts slots that failed. */
static int take_result(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct ingest *b = ctx;
    (void)next;
    if (r->opcode == STK_OP_SUM64) {
        b->sum += (uint64_t)r->results[1] << 32 | r->results[0];
    }
    b->bad_slots += r->err != STK_OK;
    return r->err;
}

/* Opens a stream of chunks of one size over the registered buffers. */
static int open_stream(struct ingest *b, struct stk_stream *stream, struct stk_arena *arena) {
    const struct stk_stream_config config = {
        .memory = b->device.memory,
        .dispatch = b->device.dispatch,
        .ingest = &b->reader.port,
        .platform = {&stk_posix_platform_ops, NULL},
        .on_result = take_result,
        .on_result_ctx = b,
        .depth = BUFFERS,
        .chunk_bytes = b->shape.chunk,
        .payload_offset = b->payload_at,
        .priority = STK_PRIORITY_NORMAL,
    };
    return stk_stream_init(stream, &config, arena);
}

/* Reads the whole file through the stream, and waits for the last slot. */
static int stream_all(const struct ingest *b, struct stk_stream *stream, uint32_t opcode) {
    struct stk_stream_read read = {.source = (uint32_t)b->source, .opcode = opcode, .bytes = b->shape.chunk};
    int err = STK_OK;
    while (read.offset < b->shape.bytes && err >= 0) {
        err = stk_stream_read(stream, &read);
        read.offset += err == STK_OK ? read.bytes : 0u;
        if (err == STK_E_WOULD_BLOCK) {
            err = stk_stream_poll(stream, POLL_NS);
        }
    }
    return err < 0 ? err : stk_stream_drain(stream, DRAIN_NS);
}

/* Makes one pass over the file with a stream of its own. Returns 0, CLI_FAULT for a wrong sum, or CLI_BAD; the line is
 * written. */
static int pass_of_ours(struct ingest *b, uint32_t opcode, double *ns) {
    static uint8_t memory[STK_ARENA_BYTES(STK_STREAM_BYTES(BUFFERS, 0u))];
    struct stk_stream stream;
    struct stk_arena arena;
    uint64_t start;
    int err, closed;
    b->sum = b->bad_slots = 0;
    stk_arena_init(&arena, memory, sizeof memory);
    err = open_stream(b, &stream, &arena);
    start = cli_now_ns();
    err = err == STK_OK ? stream_all(b, &stream, opcode) : err;
    *ns = (double)(cli_now_ns() - start);
    closed = stk_stream_close(&stream, DRAIN_NS);
    err = err < 0 ? err : closed;
    if (err < 0) {
        return cli_bad("bench ingest: %s: %s", stk_err_name(err), cli_fix(err));
    }
    return opcode == STK_OP_SUM64 && b->sum != b->file_sum ? bench_wrong(b->bench, 1, "passes with a wrong sum") : 0;
}

/// Requests without data ///

/* Sends `batch` requests, and takes in as many. Returns false when the ring failed, or answered nothing for DRAIN_NS. A
 * reap without an answer has waited for POLL_NS, so the clock is not read beside each request. */
static bool exchange(struct stk_uring *u, struct stk_ingest_read *reads, struct stk_ingest_done *done, uint32_t batch) {
    int taken = stk_uring_ops.submit(u, reads, batch), n = taken;
    uint32_t empty = 0;
    while (taken > 0 && n >= 0 && empty < DRAIN_NS / POLL_NS) {
        n = stk_uring_ops.reap(u, done, INGEST_DEPTH, POLL_NS);
        empty = n == 0 ? empty + 1u : 0u;
        taken -= n;
    }
    return taken == 0;
}

/* Measures the nanoseconds of a NOP request from submit to reap, `batch` at a time. */
static int measure_nops(struct ingest *b, uint32_t source, uint32_t batch) {
    struct stk_ingest_read reads[INGEST_DEPTH];
    struct stk_ingest_done done[INGEST_DEPTH];
    double ns[BENCH_RUNS_MAX];
    char metric[32];
    uint64_t rounds = NOPS / INGEST_DEPTH;
    bool answers = true;
    for (uint32_t i = 0; i < batch; i++) {
        reads[i] = (struct stk_ingest_read){source, 0, NOP_BYTES, b->reader.uring.mem, i, STK_INGEST_READ};
    }
    for (uint32_t run = 0; run < b->runs && answers; run++) {
        uint64_t start = cli_now_ns();
        for (uint64_t i = 0; i < rounds && answers; i++) {
            answers = exchange(&b->reader.uring, reads, done, batch);
        }
        ns[run] = (double)(cli_now_ns() - start) / (double)(rounds * batch);
    }
    snprintf(metric, sizeof metric, "nop_request_%u", batch);
    if (answers) {
        bench_figure(b->bench, &(struct bench_figure){metric, bench_median(ns, b->runs), "ns", BENCH_LESS, NULL, 0.0});
    }
    return answers ? 0 : cli_bad("bench ingest: the ring failed, or left a request without an answer");
}

/* Measures requests without data, one at a time and many in flight. */
static int measure_requests(struct ingest *b) {
    int source = stk_uring_add_nop(&b->reader.uring), bad = 0;
    if (source < 0) {
        return cli_bad("bench ingest: %s", cli_fix(source));
    }
    bad = measure_nops(b, (uint32_t)source, 1);
    bad = bad ? bad : measure_nops(b, (uint32_t)source, INGEST_DEPTH);
    (void)!stk_uring_remove_source(&b->reader.uring, (uint32_t)source);
    return bad;
}

/// Both ///

/* Prints bytes and reads in a second for one kind of work, beside those of fio. */
static void report(struct ingest *b, const char *name, double ours, double theirs) {
    double bytes = (double)b->shape.bytes, reads = bytes / b->shape.chunk;
    struct bench_figure f = {NULL, bytes / ours, "GB/s", BENCH_MORE, "fio", theirs > 0.0 ? bytes / theirs : -1.0};
    char metric[48];
    f.metric = metric;
    snprintf(metric, sizeof metric, "bytes_%s_%uK", name, b->shape.chunk >> 10);
    bench_figure(b->bench, &f);
    snprintf(metric, sizeof metric, "reads_%s_%uK", name, b->shape.chunk >> 10);
    f.value = reads * 1e9 / ours;
    f.unit = "reads/s";
    f.peer_value = theirs > 0.0 ? reads * 1e9 / theirs : BENCH_MISSING;
    bench_figure(b->bench, &f);
}

static void report_work(struct ingest *b, size_t work) {
    char name[32];
    report(b, works[work].name, bench_median(b->ns[work], b->runs), bench_median(b->peer_ns, b->runs));
    snprintf(name, sizeof name, "%s_best", works[work].name);
    report(b, name, bench_least(b->ns[work], b->runs), bench_least(b->peer_ns, b->runs));
}

/* Measures each work and the peer alternately, in another order in each repetition, so that other work of the machine
 * hits all of them. */
static int measure(struct ingest *b, uint32_t chunk) {
    int bad;
    double ns;
    b->shape.chunk = chunk;
    bad = pass_of_ours(b, STK_OP_SUM64, &ns); /* this pass warms up, and checks every byte */
    for (uint32_t run = 0; run < b->runs && bad == 0; run++) {
        for (uint32_t i = 0; i <= WORKS && bad == 0; i++) {
            uint32_t which = (run + i) % (WORKS + 1u);
            nanosleep(&(struct timespec){0, REST_NS}, NULL);
            bad = which < WORKS ? pass_of_ours(b, works[which].opcode, &b->ns[which][run])
                                : ingest_fio_pass(&b->device, &b->shape, &b->peer_ns[run]);
        }
    }
    for (size_t w = 0; w < WORKS && bad == 0; w++) {
        report_work(b, w);
    }
    return bad;
}

/* Keeps a kernel without work on the device: it leaves when the bench does. */
static void never_idle(void *ctx, const struct stk_opencl_device *device, struct stk_opencl_config *config) {
    (void)ctx;
    (void)device;
    config->idle_ns = UINT64_MAX;
}

/* Opens the device and the reader. Payload buffers begin at a page, because O_DIRECT asks for aligned memory. */
static int open_ours(struct ingest *b, int fd) {
    const struct cli_device_wish wish = {
        .slots = BUFFERS, .payload_bytes = BUFFERS * b->chunk_max + PAGE, .fit = never_idle};
    int bad = bench_device_any(b->bench, &b->device, &wish);
    if (bad == 0) {
        uint8_t *payload = b->device.memory.payload;
        /* the store gives memory to each page before the measurement */
        memset(payload, 1, b->device.memory.payload_bytes);
        b->payload_at = (uint32_t)((PAGE - (uintptr_t)payload % PAGE) % PAGE);
        bad = cli_reader_open(&b->reader, "uring", payload + b->payload_at, (size_t)BUFFERS * b->chunk_max,
                              INGEST_DEPTH, 1, STK_URING_ONE_THREAD | STK_URING_HUGE);
    }
    if (bad == 0) {
        bench_note_device(b->bench, &b->device);
        cli_note("bench ingest: %s", b->reader.ring);
        b->source = cli_reader_add(&b->reader, fd, 0);
        bad = b->source < 0 ? cli_bad("bench ingest: %s", cli_fix(b->source)) : 0;
    }
    return bad;
}

static int check_chunk(uint64_t chunk) {
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        if (chunk == 0u || chunk == chunks[i]) {
            return 0;
        }
    }
    return cli_bad("bench ingest: --chunk %llu: give 4K, 64K or 1M", (unsigned long long)chunk);
}

/* Prints the bytes that were copied on their way. 0 shows that the reads were zero-copy. */
static void report_bounces(struct ingest *b) {
    struct stk_ingest_stats stats;
    b->reader.port.ops->stats(b->reader.port.ctx, &stats);
    bench_figure(b->bench,
                 &(struct bench_figure){"bounce_bytes", (double)stats.bounce_bytes, "bytes", BENCH_LESS, NULL, 0.0});
}

static int run(struct bench *bench) {
    static struct ingest b;
    uint64_t bytes = bench->options.bytes ? bench->options.bytes : BYTES_DEFAULT;
    int fd = -1, bad = check_chunk(bench->options.chunk);
    b = (struct ingest){.bench = bench, .fd = -1};
    b.runs = bench->options.runs ? (uint32_t)bench->options.runs : RUNS_DEFAULT;
    b.chunk_max = bench->options.chunk ? (uint32_t)bench->options.chunk : CHUNK_MAX;
    b.shape.bytes = (bytes + CHUNK_MAX - 1u) / CHUNK_MAX * CHUNK_MAX;
    bad = bad ? bad : make_file(&b);
    if (bad == 0) {
        fd = open_direct(&b);
        bad = fd < 0 ? cli_bad("bench ingest: %s: %s", b.path, strerror(errno)) : open_ours(&b, fd);
    }
    bad = bad ? bad : measure_requests(&b);
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks && bad == 0; i++) {
        if (bench->options.chunk == 0u || bench->options.chunk == chunks[i]) {
            bad = measure(&b, chunks[i]);
        }
    }
    if (bad == 0) {
        report_bounces(&b);
    }
    (void)cli_reader_close(&b.reader);
    cli_device_close(&b.device);
    if (fd >= 0) {
        close(fd);
    }
    if (b.fd >= 0) {
        close(b.fd);
    }
    return bad;
}

const struct bench_case bench_ingest = {
    .name = "ingest",
    .options = BENCH_RUNS | BENCH_BYTES | BENCH_CHUNK | BENCH_DEVICE | BENCH_STORE | BENCH_MODE,
    .run = run,
    .what = "reads of a file with O_DIRECT into registered payload buffers, 32 in flight, each of which ends in a slot "
            "of a resident kernel: a NOP, and a sum of its bytes; the peer is fio's engine io_uring with registered "
            "memory and file, beside the same kernel. nop_request is what a request without data costs, alone and 32 "
            "at a time",
    .values = {{"bytes", "of the file, which is made in TMPDIR and removed (256M)"},
               {"chunk", "one size of the reads instead of all: 4K, 64K or 1M"},
               {"runs", "runs of each (5)"}},
};
