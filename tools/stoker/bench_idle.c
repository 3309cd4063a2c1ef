/* stoker bench idle: what a stream costs that has nothing to do, in percent of a core, and how long a parked device
 * takes to answer; the peer launches an empty kernel after as long a pause. */
#include <CL/cl.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "reader.h"

#define COUNT_DEFAULT 200u
#define RUNS_DEFAULT  2u /* seconds of each measurement */
#define SECOND_NS     UINT64_C(1000000000)
#define POLL_NS       UINT64_C(100000000)
#define PARK_NS       UINT64_C(10000000000)
#define PAUSE_NS      5000000L
#define DRIVE_EVERY   64u /* looks at the slot between two drives of a wait */
#define SLOTS         8u
#define DEPTH         4u /* slots of the stream; this benchmark itself publishes in the last slot of the ring */
#define CHUNK         4096u

struct idle {
    struct bench *bench;
    struct cli_device device;
    struct cli_reader reader;
    struct bench_cl peer;
    cl_kernel empty;
    struct stk_ring ring;
    struct stk_stream stream;
    struct histogram ours, theirs;
    int ends[2]; /* ends of a pipe into which nobody writes */
};

static int failed(int err) {
    return cli_bad("bench idle: %s: %s", stk_err_name(err), cli_fix(err));
}

/* Takes a result of the stream and does nothing with it. */
static int drop(void *ctx, const struct stk_stream_result *result, struct stk_stream_next *next) {
    (void)ctx;
    (void)result;
    (void)next;
    return 0;
}

static void pause_for(long ns) {
    const struct timespec t = {.tv_sec = ns / (long)SECOND_NS, .tv_nsec = ns % (long)SECOND_NS};
    nanosleep(&t, NULL);
}

/* Returns the CPU time of this process, all threads, in nanoseconds. */
static uint64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

/* Drives the device without work until no kernel runs. */
static int park(struct idle *b) {
    struct stk_deadline end;
    stk_deadline_start(&end, PARK_NS, cli_now_ns());
    while (b->device.opencl.stats.running) {
        uint64_t left = stk_deadline_look(&end, cli_now_ns());
        int err = b->device.dispatch.ops->drive(b->device.dispatch.ctx, false);
        if (err < 0) {
            return failed(err);
        }
        if (left == 0u) {
            return cli_bad("bench idle: the kernel does not end when it has no work: report this with the output of "
                           "stoker info --probe");
        }
        pause_for(100000);
    }
    return 0;
}

/* Measures the percent of a core over so many seconds, with polls or without any call. */
static int percent(struct idle *b, const char *metric, int polled) {
    uint64_t runs = b->bench->options.runs ? b->bench->options.runs : RUNS_DEFAULT;
    uint64_t cpu = cpu_ns(), start = cli_now_ns(), passed = 0;
    while (passed < runs * SECOND_NS) {
        if (polled) {
            int err = stk_stream_poll(&b->stream, POLL_NS);
            if (err < 0) {
                return failed(err);
            }
        } else {
            pause_for((long)(runs * SECOND_NS - passed));
        }
        passed = cli_now_ns() - start;
    }
    cpu = cpu_ns() - cpu;
    bench_figure(b->bench, &(struct bench_figure){.metric = metric,
                                                  .value = 100.0 * (double)cpu / (double)passed,
                                                  .unit = "percent",
                                                  .better = BENCH_LESS});
    return 0;
}

/* Measures the percent of a core with a read in flight that does not end. */
static int percent_waiting(struct idle *b) {
    int source = cli_reader_add(&b->reader, b->ends[0], 1), err = source;
    if (source >= 0) {
        const struct stk_stream_read read = {
            .source = (uint32_t)source, .flags = STK_READ_SEQUENTIAL, .bytes = CHUNK, .opcode = STK_OP_SUM64};
        err = stk_stream_read(&b->stream, &read);
    }
    return err < 0 ? failed(err) : percent(b, "polled_with_a_read", 1);
}

/* Times one slot from publish to DONE seen. */
static int wake(struct idle *b) {
    const struct stk_work nop = {.opcode = STK_OP_NOP, .priority = STK_PRIORITY_NORMAL};
    uint64_t start = cli_now_ns();
    int err = stk_ring_publish(&b->ring, SLOTS - 1u, &nop);
    err = err == STK_OK ? b->device.dispatch.ops->drive(b->device.dispatch.ctx, true) : err;
    for (uint32_t looks = 1; err >= 0 && stk_ring_status(&b->ring, SLOTS - 1u) != (int)STK_SLOT_DONE; looks++) {
        err = looks % DRIVE_EVERY == 0u ? b->device.dispatch.ops->drive(b->device.dispatch.ctx, true) : 0;
    }
    histogram_add(&b->ours, cli_now_ns() - start);
    return err < 0 ? failed(err) : 0;
}

/* Measures the wake of a parked device and the launch of the peer alternately. */
static int wakes(struct idle *b) {
    uint64_t count = b->bench->options.count ? b->bench->options.count : COUNT_DEFAULT;
    int bad = bench_cl_launch(&b->peer, b->empty); /* the first launch compiles the kernel */
    for (uint64_t i = 0; i < count && bad == 0; i++) {
        uint64_t start;
        bad = park(b);
        pause_for(PAUSE_NS);
        bad = bad ? bad : wake(b);
        bad = bad ? bad : park(b);
        pause_for(PAUSE_NS);
        start = cli_now_ns();
        bad = bad ? bad : bench_cl_launch(&b->peer, b->empty);
        histogram_add(&b->theirs, cli_now_ns() - start);
    }
    return bad;
}

static void report_wakes(struct idle *b) {
    static const struct {
        const char *metric;
        uint32_t per_100000;
    } rows[] = {{"wake_p50", 50000}, {"wake_p99", 99000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bench_figure(b->bench, &(struct bench_figure){
                                   .metric = rows[i].metric,
                                   .value = (double)histogram_at(&b->ours, rows[i].per_100000),
                                   .unit = "ns",
                                   .better = BENCH_LESS,
                                   .peer = "enqueue+finish",
                                   .peer_value = (double)histogram_at(&b->theirs, rows[i].per_100000),
                               });
    }
}

/* Opens a stream over the device. It never gets a read, since the pipe stays empty. */
static int open_stream(struct idle *b) {
    static uint8_t memory[STK_ARENA_BYTES(STK_STREAM_BYTES(DEPTH, 0u))];
    const struct stk_stream_config config = {
        .memory = b->device.memory,
        .dispatch = b->device.dispatch,
        .ingest = &b->reader.port,
        .platform = {&stk_posix_platform_ops, NULL},
        .on_result = drop,
        .depth = DEPTH,
        .chunk_bytes = CHUNK,
        .priority = STK_PRIORITY_NORMAL,
    };
    struct stk_arena arena;
    int err;
    stk_arena_init(&arena, memory, sizeof memory);
    err = stk_stream_init(&b->stream, &config, &arena);
    return err == STK_OK ? 0 : failed(err);
}

/* Measures all figures in the order in which the device parks and wakes. */
static int measure(struct idle *b) {
    int bad = wake(b);
    b->ours = (struct histogram){0};
    bad = bad ? bad : percent(b, "polled", 1);
    bad = bad ? bad : park(b);
    bad = bad ? bad : percent(b, "untouched", 0);
    bad = bad ? bad : wakes(b);
    if (bad == 0) {
        report_wakes(b);
        bad = park(b);
    }
    bad = bad ? bad : percent_waiting(b);
    if (bad == 0) {
        int err = stk_stream_close(&b->stream, PARK_NS);
        bad = err == STK_OK ? 0 : failed(err);
    }
    return bad;
}

static int run(struct bench *bench) {
    static struct idle b;
    const struct cli_device_wish wish = {.slots = SLOTS, .payload_bytes = DEPTH * CHUNK};
    const char *text = bench_cl_empty;
    int bad;
    b.bench = bench;
    bad = bench_device_open(bench, &b.device, &wish);
    if (bad) {
        return bad;
    }
    b.ring = (struct stk_ring){.words = b.device.memory.ring, .slots = SLOTS};
    bad = pipe(b.ends) == 0 ? 0 : cli_bad("bench idle: no pipe: raise `ulimit -n`");
    bad = bad ? bad : cli_reader_open(&b.reader, NULL, b.device.memory.payload, DEPTH * CHUNK, DEPTH, 1, 0);
    if (bad == 0 && b.reader.note[0]) {
        cli_note("%s", b.reader.note);
    }
    bad = bad ? bad : open_stream(&b);
    bad = bad ? bad : bench_cl_open(&b.peer, b.device.opencl.device.id, &text, 1);
    if (bad == 0) {
        b.empty = bench_cl_kernel(&b.peer, "nothing");
        bad = b.empty ? measure(&b) : CLI_BAD;
    }
    if (b.empty) {
        clReleaseKernel(b.empty);
    }
    bench_cl_close(&b.peer);
    (void)cli_reader_close(&b.reader);
    cli_device_close(&b.device);
    return bad;
}

const struct bench_case bench_idle = {
    .name = "idle",
    .options = BENCH_COUNT | BENCH_RUNS | BENCH_DEVICE | BENCH_MODE,
    .run = run,
    .what = "percent of a core that a stream with nothing to do costs, and the time from publish to done on a parked "
            "device; the peer launches an empty kernel",
    .values = {{"count", "times that the device is woken (200)"}, {"runs", "seconds of each measurement (2)"}},
};
