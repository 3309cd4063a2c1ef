/* stoker bench slots: NOP slots per second with many in flight; the peer launches one empty kernel for each item. */
#include <CL/cl.h>

#include "bench_lines.h"
#include "limits.h"

#define COUNT_DEFAULT     100000000u
#define IN_FLIGHT_DEFAULT 256u
#define PEER_SHARE        5000u /* slots that stoker runs for each launch that the peer makes */
#define DRIVE_EVERY       256u  /* slots, or looks at one slot, between two drives */

struct slots {
    struct bench *bench;
    struct cli_device device;
    struct bench_cl peer;
    cl_kernel empty;
    struct stk_ring ring;
    struct limits_of_host limits;
    double ours[BENCH_BLOCKS], theirs[BENCH_BLOCKS], lines[BENCH_BLOCKS]; /* items per second */
};

static int drive(struct slots *s) {
    int err = s->device.dispatch.ops->drive(s->device.dispatch.ctx, true);
    return err < 0 ? err : STK_OK;
}

/* Waits until the slot may be published again. A NOP leaves no result, so its harvest is to see DONE. */
static int harvest(struct slots *s, uint32_t slot) {
    return bench_await(&s->device, &s->ring, slot, DRIVE_EVERY);
}

/* Publishes `count` NOPs, each as soon as its slot is free, and waits for the last ones. */
static int publish_all(struct slots *s, uint64_t count) {
    const struct stk_work nop = {.opcode = STK_OP_NOP, .priority = STK_PRIORITY_NORMAL};
    uint32_t slot = 0;
    int err = STK_OK;
    for (uint64_t i = 0; i < count && err == STK_OK; i++) {
        err = harvest(s, slot);
        err = err == STK_OK ? stk_ring_publish(&s->ring, slot, &nop) : err;
        if (i % DRIVE_EVERY == 0u && err == STK_OK) {
            err = drive(s);
        }
        slot = slot + 1u == s->ring.slots ? 0u : slot + 1u;
    }
    for (uint32_t i = 0; i < s->ring.slots && err == STK_OK; i++) {
        err = harvest(s, i);
    }
    return err;
}

static double rate(uint64_t count, uint64_t start_ns) {
    uint64_t took = cli_now_ns() - start_ns;
    return (double)count * 1e9 / (double)(took ? took : 1u);
}

/* Measures slots in a second. */
static int block_of_ours(struct slots *s, double *per_second, uint64_t count) {
    uint64_t start = cli_now_ns();
    int err = publish_all(s, count);
    *per_second = rate(count, start);
    if (err != STK_OK) {
        return cli_bad("bench slots: %s: %s", stk_err_name(err), cli_fix(err));
    }
    return bench_device_rest(&s->device);
}

/* Measures launches in a second. */
static int block_of_theirs(struct slots *s, double *per_second, uint64_t count) {
    uint64_t start = cli_now_ns();
    int bad = 0;
    for (uint64_t i = 0; i < count && bad == 0; i++) {
        bad = bench_cl_launch(&s->peer, s->empty);
    }
    *per_second = rate(count, start);
    return bad;
}

/* Measures slots, launches and lines between two threads alternately. Launches are slower, so fewer are made. */
static int measure(struct slots *s) {
    uint64_t all = s->bench->options.count ? s->bench->options.count : COUNT_DEFAULT;
    uint64_t ours = (all + BENCH_BLOCKS - 1u) / BENCH_BLOCKS, theirs = (ours + PEER_SHARE - 1u) / PEER_SHARE;
    int bad = bench_device_rest(&s->device);
    bad = bad ? bad : limits_of_host(&s->device, &s->limits);
    bad = bad ? bad : bench_cl_launch(&s->peer, s->empty); /* the first launch compiles the kernel */
    for (uint32_t i = 0; i < BENCH_BLOCKS && bad == 0; i++) {
        bad = block_of_ours(s, &s->ours[i], ours);
        bad = bad ? bad : block_of_theirs(s, &s->theirs[i], theirs);
        bad = bad ? bad : bench_lines(s->ring.slots, ours, &s->lines[i]);
    }
    return bad;
}

static double most(const double *values) {
    double best = values[0];
    for (uint32_t i = 1; i < BENCH_BLOCKS; i++) {
        best = values[i] > best ? values[i] : best;
    }
    return best;
}

static void report(struct slots *s) {
    struct bench_figure f = {
        .metric = "median",
        .value = bench_median(s->ours, BENCH_BLOCKS),
        .unit = "slots/s",
        .better = BENCH_MORE,
        .peer = "enqueue+finish",
        .peer_value = bench_median(s->theirs, BENCH_BLOCKS),
    };
    bench_figure(s->bench, &f);
    f.peer = "two_threads";
    f.peer_value = bench_median(s->lines, BENCH_BLOCKS);
    bench_figure(s->bench, &f);
    f.peer = "enqueue+finish";
    f.metric = "best";
    f.value = most(s->ours);
    f.peer_value = most(s->theirs);
    bench_figure(s->bench, &f);
    f.peer = "two_threads";
    f.peer_value = most(s->lines);
    bench_figure(s->bench, &f);
    /* One group that reads the ring in order and does nothing else. */
    f.peer = "host_stream_1";
    f.peer_value = s->limits.one_group * 1e9 / STK_SLOT_BYTES;
    bench_figure(s->bench, &f);
}

static int run(struct bench *bench) {
    static struct slots s;
    const char *text = bench_cl_empty;
    uint64_t in_flight = bench->options.in_flight ? bench->options.in_flight : IN_FLIGHT_DEFAULT;
    int bad;
    s.bench = bench;
    bad = bench_device_open(bench, &s.device, &(struct cli_device_wish){.slots = (uint32_t)in_flight});
    if (bad) {
        return bad;
    }
    bench_note_device(bench, &s.device);
    s.ring = (struct stk_ring){.words = s.device.memory.ring, .slots = s.device.memory.slots};
    bad = bench_cl_open(&s.peer, s.device.opencl.device.id, &text, 1);
    if (bad == 0) {
        s.empty = bench_cl_kernel(&s.peer, "nothing");
        bad = s.empty ? measure(&s) : CLI_BAD;
    }
    if (bad == 0) {
        report(&s);
    }
    if (s.empty) {
        clReleaseKernel(s.empty);
    }
    bench_cl_close(&s.peer);
    cli_device_close(&s.device);
    return bad;
}

const struct bench_case bench_slots = {
    .name = "slots",
    .options = BENCH_COUNT | BENCH_IN_FLIGHT | BENCH_DEVICE | BENCH_STORE | BENCH_MODE,
    .run = run,
    .what = "NOP slots per second; the peer launches an empty kernel for each item. The limits are two threads that "
            "hand as many lines to each other, and one group that reads the 64 bytes of each",
    .values = {{"count", "slots (100000000)"}, {"in-flight", "slots of the ring (256)"}},
};
