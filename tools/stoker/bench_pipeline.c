/* stoker bench pipeline: the chunks of a file through stk_stream, and through the classic way (bench_classic.c). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench_pipeline.h"

#define BYTES_DEFAULT (UINT64_C(64) << 20)
#define RUNS_DEFAULT  5u
#define POLL_NS       UINT64_C(100000000)
#define DRAIN_NS      UINT64_C(60000000000)
#define BLOCK_WORDS   16384u

static const uint32_t chunks[] = {4u << 10, 16u << 10, 64u << 10, 256u << 10, 1u << 20};

/* The limits of the stream. Each is the speed of one part of its work alone, without the other parts. */
enum {
    READ_ALONE,
    SUM_ALONE,
    READ_BESIDE_SUM,
    LIMITS
};

static const struct {
    const char *name;
    unsigned parts;
} limits[LIMITS] = {
    {"read_alone", PIPELINE_READS},
    {"sum_alone", PIPELINE_SUMS},
    {"read_beside_sum", PIPELINE_READS | PIPELINE_SUMS},
};

struct pipeline {
    struct bench *bench;
    struct pipeline_file file;
    struct pipeline_ours ours;
    struct pipeline_classic classic;
    uint32_t runs;
    double our_ns[BENCH_RUNS_MAX], their_ns[BENCH_RUNS_MAX], limit_ns[LIMITS][BENCH_RUNS_MAX];
    double thread_ns[BENCH_RUNS_MAX];
};

/// The file ///

/* Writes all bytes, also where the system takes them in parts. */
static int write_all(int fd, const void *data, size_t bytes) {
    const uint8_t *at = data;
    while (bytes > 0) {
        ssize_t n = write(fd, at, bytes);
        if (n < 0 && errno != EINTR) {
            return cli_bad("bench pipeline: writing the file: %s: name another place in TMPDIR", strerror(errno));
        }
        at += n > 0 ? n : 0;
        bytes -= n > 0 ? (size_t)n : 0u;
    }
    return 0;
}

/* Makes a file of random words (xorshift64), and sums them on the way. */
static int make_file(struct pipeline_file *f) {
    static uint32_t words[BLOCK_WORDS];
    uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    int bad = bench_file("pipeline", &f->fd);
    for (uint64_t at = 0; at < f->bytes && bad == 0; at += sizeof words) {
        uint64_t left = f->bytes - at;
        size_t n = left < sizeof words ? (size_t)(left / 4u) : BLOCK_WORDS;
        for (size_t i = 0; i < n; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            words[i] = (uint32_t)(state >> 32);
            f->sum += words[i];
        }
        bad = write_all(f->fd, words, n * 4u);
    }
    return bad;
}

/// stk_stream ///

/* Adds the sum of a chunk. The stream fails with the error of a chunk that has no sum. */
static int take_sum(void *ctx, const struct stk_stream_result *r, struct stk_stream_next *next) {
    struct pipeline_ours *o = ctx;
    (void)next;
    if (r->err == STK_OK) {
        o->sum += (uint64_t)r->results[1] << 32 | r->results[0];
    }
    return r->err;
}

/* Opens a stream of chunks of one size. */
static int open_stream(struct pipeline_ours *o, struct stk_stream *stream, struct stk_arena *arena, uint32_t chunk) {
    const struct stk_stream_config config = {
        .memory = o->device.memory,
        .dispatch = o->device.dispatch,
        .ingest = &o->reader.port,
        .platform = {&stk_posix_platform_ops, NULL},
        .on_result = take_sum,
        .on_result_ctx = o,
        .depth = pipeline_depth(chunk),
        .chunk_bytes = chunk,
        .priority = STK_PRIORITY_NORMAL,
    };
    return stk_stream_init(stream, &config, arena);
}

/* Reads the whole file through the stream, and waits for the last slot. */
static int stream_all(struct stk_stream *stream, const struct pipeline_file *f, uint32_t source, uint32_t chunk) {
    struct stk_stream_read read = {.source = source, .opcode = STK_OP_SUM64};
    int err = STK_OK;
    while (read.offset < f->bytes && err >= 0) {
        uint64_t left = f->bytes - read.offset;
        read.bytes = left < chunk ? (uint32_t)left : chunk;
        err = stk_stream_read(stream, &read);
        read.offset += err == STK_OK ? read.bytes : 0u;
        if (err == STK_E_WOULD_BLOCK) {
            err = stk_stream_poll(stream, POLL_NS);
        }
    }
    return err < 0 ? err : stk_stream_drain(stream, DRAIN_NS);
}

/* Makes one pass over the file with a stream of its own. The device rests afterwards. */
static int pass_of_ours(struct pipeline *p, uint32_t chunk, struct pipeline_pass *pass) {
    static uint8_t memory[STK_ARENA_BYTES(STK_STREAM_BYTES(PIPELINE_DEPTH_MAX, 0u))];
    struct stk_stream stream;
    struct stk_arena arena;
    uint64_t start;
    int err, closed;
    p->ours.sum = 0;
    stk_arena_init(&arena, memory, sizeof memory);
    err = open_stream(&p->ours, &stream, &arena, chunk);
    start = cli_now_ns();
    err = err == STK_OK ? stream_all(&stream, &p->file, (uint32_t)p->ours.source, chunk) : err;
    pass->ns = cli_now_ns() - start;
    pass->sum = p->ours.sum;
    closed = stk_stream_close(&stream, DRAIN_NS);
    err = err < 0 ? err : closed;
    return err < 0 ? cli_bad("bench pipeline: %s: %s", stk_err_name(err), cli_fix(err))
                   : bench_device_rest(&p->ours.device);
}

/* Opens the device and the reader, and touches all of the payload before anything is measured. */
static int open_ours(struct pipeline *p) {
    struct pipeline_ours *o = &p->ours;
    const struct cli_device_wish wish = {.slots = PIPELINE_DEPTH_MAX, .payload_bytes = 2u * PIPELINE_PAYLOAD};
    int bad = bench_device_open(p->bench, &o->device, &wish);
    if (bad == 0) {
        /* the store gives memory to each page before the measurement */
        memset(o->device.memory.payload, 1, o->device.memory.payload_bytes);
        bad = cli_reader_open(&o->reader, NULL, o->device.memory.payload, PIPELINE_PAYLOAD, PIPELINE_DEPTH_MAX, 1, 0);
    }
    if (bad == 0) {
        if (o->reader.note[0]) {
            cli_note("%s", o->reader.note);
        }
        o->source = cli_reader_add(&o->reader, p->file.fd, 0);
        bad = o->source < 0 ? cli_bad("bench pipeline: %s", cli_fix(o->source)) : 0;
    }
    return bad;
}

/// Both ///

/* Compares the sum of a pass with the sum of the host. */
static int check(const struct pipeline *p, const struct pipeline_pass *pass, const char *who) {
    if (pass->sum == p->file.sum) {
        return 0;
    }
    cli_note("bench pipeline: %s summed to %llu, the host to %llu", who, (unsigned long long)pass->sum,
             (unsigned long long)p->file.sum);
    return CLI_FAULT;
}

/* Measures one pass of each limit. */
static int measure_limits(struct pipeline *p, uint32_t chunk, uint32_t run) {
    int bad = 0;
    for (int i = 0; i < LIMITS && bad == 0; i++) {
        uint64_t ns = 0;
        bad = pipeline_limit_pass(&p->ours, &p->file, chunk, limits[i].parts, &ns);
        p->limit_ns[i][run] = (double)ns;
    }
    return bad;
}

/* Measures the limit of two threads, where the worker of the device is a thread of a CPU. */
static int measure_threads(struct pipeline *p, uint32_t chunk, uint32_t run) {
    struct pipeline_pass pass;
    int bad = bench_has_thread_limit(&p->ours.device) ? pipeline_thread_pass(&p->ours, &p->file, chunk, &pass) : 0;
    if (bad == 0 && bench_has_thread_limit(&p->ours.device)) {
        p->thread_ns[run] = (double)pass.ns;
        bad = check(p, &pass, "the second thread");
    }
    return bad;
}

/* Measures stoker, the peer and the limits alternately with chunks of one size. */
static int measure(struct pipeline *p, uint32_t chunk) {
    struct pipeline_pass ours, theirs;
    int bad = pipeline_classic_tune(&p->classic, &p->file, chunk);
    bad = bad ? bad : pass_of_ours(p, chunk, &ours); /* this pass warms up and is not measured */
    for (uint32_t i = 0; i < p->runs && bad == 0; i++) {
        bad = pass_of_ours(p, chunk, &ours);
        bad = bad ? bad : check(p, &ours, "stk_stream");
        bad = bad ? bad : pipeline_classic_pass(&p->classic, &p->file, p->file.bytes, chunk, &theirs);
        bad = bad ? bad : check(p, &theirs, "the classic way");
        p->our_ns[i] = (double)ours.ns;
        p->their_ns[i] = (double)theirs.ns;
        bad = bad ? bad : measure_limits(p, chunk, i);
        bad = bad ? bad : measure_threads(p, chunk, i);
    }
    return bad;
}

/* Prints the stream beside each of its limits, and the share of the lowest limit that the stream reaches. */
static void report_limits(struct pipeline *p, uint32_t chunk, const char *name,
                          double (*pick)(const double *values, uint32_t count)) {
    double bytes = (double)p->file.bytes, ours = bytes / pick(p->our_ns, p->runs), lowest = 0.0;
    char metric[32];
    struct bench_figure f = {metric, ours, "GB/s", BENCH_MORE, NULL, 0.0},
                        share = {metric, 0.0, "shares", BENCH_MORE, NULL, 1.0};
    snprintf(metric, sizeof metric, "%s_%uK", name, chunk >> 10);
    for (int i = 0; i < LIMITS; i++) {
        f.peer = limits[i].name;
        f.peer_value = bytes / pick(p->limit_ns[i], p->runs);
        bench_figure(p->bench, &f);
        if (i == 0 || f.peer_value < lowest) {
            lowest = f.peer_value;
            share.peer = f.peer;
        }
    }
    share.value = ours / lowest;
    snprintf(metric, sizeof metric, "%s_of_limit_%uK", name, chunk >> 10);
    bench_figure(p->bench, &share);
    if (bench_has_thread_limit(&p->ours.device)) {
        snprintf(metric, sizeof metric, "%s_%uK", name, chunk >> 10);
        f.peer = "two_threads";
        f.peer_value = bytes / pick(p->thread_ns, p->runs);
        bench_figure(p->bench, &f);
    }
}

static void report(struct pipeline *p, uint32_t chunk) {
    double count = (double)((p->file.bytes + chunk - 1u) / chunk), bytes = (double)p->file.bytes;
    double ours = bench_median(p->our_ns, p->runs), theirs = bench_median(p->their_ns, p->runs);
    const struct {
        const char *name, *unit;
        double value, peer_value;
    } rows[] = {
        {"chunks", "chunks/s", count * 1e9 / ours, count * 1e9 / theirs},
        {"speed", "GB/s", bytes / ours, bytes / theirs},
        {"best", "GB/s", bytes / bench_least(p->our_ns, p->runs), bytes / bench_least(p->their_ns, p->runs)},
        {"classic_items", "work-items", p->classic.items, 0.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char metric[32];
        struct bench_figure f = {metric, rows[i].value, rows[i].unit, BENCH_MORE, "classic", rows[i].peer_value};
        snprintf(metric, sizeof metric, "%s_%uK", rows[i].name, chunk >> 10);
        f.peer = rows[i].peer_value > 0.0 ? f.peer : NULL;
        bench_figure(p->bench, &f);
    }
    report_limits(p, chunk, "speed", bench_median);
    report_limits(p, chunk, "best", bench_least);
}

static int check_chunk(uint64_t chunk) {
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        if (chunk == 0u || chunk == chunks[i]) {
            return 0;
        }
    }
    return cli_bad("bench pipeline: --chunk %llu: give 4K, 16K, 64K, 256K or 1M", (unsigned long long)chunk);
}

static int run(struct bench *bench) {
    static struct pipeline p;
    uint64_t bytes = bench->options.bytes ? bench->options.bytes : BYTES_DEFAULT;
    int bad;
    p.bench = bench;
    p.runs = bench->options.runs ? (uint32_t)bench->options.runs : RUNS_DEFAULT;
    p.file = (struct pipeline_file){.fd = -1, .bytes = bytes & ~UINT64_C(4095)};
    bad = check_chunk(bench->options.chunk);
    bad = bad ? bad : make_file(&p.file);
    bad = bad ? bad : open_ours(&p);
    bad = bad ? bad : pipeline_classic_open(&p.classic, &p.ours.device.opencl);
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks && bad == 0; i++) {
        if (chunks[i] <= p.file.bytes && (bench->options.chunk == 0u || bench->options.chunk == chunks[i])) {
            bad = measure(&p, chunks[i]);
            if (bad == 0) {
                report(&p, chunks[i]);
            }
        }
    }
    pipeline_classic_close(&p.classic);
    (void)cli_reader_close(&p.ours.reader);
    cli_device_close(&p.ours.device);
    if (p.file.fd >= 0) {
        close(p.file.fd);
    }
    return bad;
}

const struct bench_case bench_pipeline = {
    .name = "pipeline",
    .options = BENCH_RUNS | BENCH_BYTES | BENCH_CHUNK | BENCH_DEVICE | BENCH_STORE | BENCH_MODE,
    .run = run,
    .what =
        "chunks of a file summed on the device; the peer reads, copies, launches and waits for each. The limits "
        "are the reads alone, the sums alone, and both where no sum waits for a read. Where the worker is a thread of "
        "a CPU, two_threads reads with one thread and sums with the other: it bounds what crosses between two cores",
    .values = {{"bytes", "of the file, which is made in TMPDIR and removed (64M)"},
               {"chunk", "one size of the chunks instead of all"},
               {"runs", "runs of each (5)"}},
};
