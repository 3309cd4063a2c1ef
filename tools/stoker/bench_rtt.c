/* stoker bench rtt: one NOP at a time, from publish to DONE seen; the peer launches an empty kernel and waits. */
#include <CL/cl.h>

#include "bench.h"

#define COUNT_DEFAULT  1000000u
#define PEER_SHARE     50u /* round trips of stoker for each launch of the peer */
#define SLOTS_DEFAULT  64u
#define DRIVE_EVERY    1024u /* looks at the slot between two drives of a wait */
#define CLOCK_READINGS 100000u

struct rtt {
    struct bench *bench;
    struct cli_device device;
    struct bench_cl peer;
    cl_kernel empty;
    struct stk_ring ring;
    struct histogram ours[BENCH_BLOCKS], theirs[BENCH_BLOCKS], clock;
};

/* Waits for one slot as a host would: looks, and now and then lets the port renew its lease. */
static int await(struct rtt *r, uint32_t slot) {
    for (uint32_t looks = 1; stk_ring_status(&r->ring, slot) != (int)STK_SLOT_DONE; looks++) {
        if (looks % DRIVE_EVERY == 0u) {
            int err = r->device.dispatch.ops->drive(r->device.dispatch.ctx, true);
            if (err < 0) {
                return err;
            }
        }
    }
    return STK_OK;
}

static int round_trip(struct rtt *r, uint32_t slot) {
    const struct stk_work nop = {.opcode = STK_OP_NOP, .priority = STK_PRIORITY_NORMAL};
    int err = stk_ring_publish(&r->ring, slot, &nop);
    if (err == STK_OK) {
        err = r->device.dispatch.ops->drive(r->device.dispatch.ctx, true);
    }
    return err < 0 ? err : await(r, slot);
}

static int block_of_ours(struct rtt *r, struct histogram *h, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t start = cli_now_ns();
        int err = round_trip(r, (uint32_t)(i % r->ring.slots));
        if (err < 0) {
            return cli_bad("bench rtt: %s: %s", stk_err_name(err), cli_fix(err));
        }
        histogram_add(h, cli_now_ns() - start);
    }
    return bench_device_rest(&r->device);
}

static int block_of_theirs(struct rtt *r, struct histogram *h, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t start = cli_now_ns();
        int bad = bench_cl_launch(&r->peer, r->empty);
        if (bad) {
            return bad;
        }
        histogram_add(h, cli_now_ns() - start);
    }
    return 0;
}

static int measure(struct rtt *r) {
    uint64_t all = r->bench->options.count ? r->bench->options.count : COUNT_DEFAULT;
    uint64_t ours = (all + BENCH_BLOCKS - 1u) / BENCH_BLOCKS, theirs = (ours + PEER_SHARE - 1u) / PEER_SHARE;
    int bad = bench_cl_launch(&r->peer, r->empty); /* its first launch compiles */
    for (uint32_t i = 0; i < BENCH_BLOCKS && bad == 0; i++) {
        bad = block_of_ours(r, &r->ours[i], ours);
        bad = bad ? bad : block_of_theirs(r, &r->theirs[i], theirs);
    }
    for (uint32_t i = 0; i < CLOCK_READINGS; i++) {
        uint64_t start = cli_now_ns();
        histogram_add(&r->clock, cli_now_ns() - start);
    }
    return bad;
}

static const struct histogram *median_block(const struct histogram *blocks) {
    double p50[BENCH_BLOCKS];
    for (uint32_t i = 0; i < BENCH_BLOCKS; i++) {
        p50[i] = (double)histogram_at(&blocks[i], 50000);
    }
    return &blocks[bench_median_index(p50, BENCH_BLOCKS)];
}

static void report(struct rtt *r) {
    static const struct {
        const char *metric;
        uint32_t per_100000;
    } rows[] = {{"p50", 50000}, {"p99", 99000}, {"p99.9", 99900}, {"max", 0}};
    const struct histogram *ours = median_block(r->ours), *theirs = median_block(r->theirs);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t at = rows[i].per_100000;
        bench_figure(r->bench, &(struct bench_figure){
                                   .metric = rows[i].metric,
                                   .value = (double)(at ? histogram_at(ours, at) : ours->max),
                                   .unit = "ns",
                                   .better = BENCH_LESS,
                                   .peer = "enqueue+finish",
                                   .peer_value = (double)(at ? histogram_at(theirs, at) : theirs->max),
                               });
    }
    bench_figure(r->bench, &(struct bench_figure){
                               .metric = "clock_p50", .value = (double)histogram_at(&r->clock, 50000), .unit = "ns"});
}

static int run(struct bench *bench) {
    static struct rtt r;
    const char *text = bench_cl_empty;
    uint32_t slots = bench->options.in_flight ? (uint32_t)bench->options.in_flight : SLOTS_DEFAULT;
    int bad;
    r.bench = bench;
    bad = bench_device_open(bench, &r.device, &(struct cli_device_wish){.slots = slots});
    if (bad) {
        return bad;
    }
    r.ring = (struct stk_ring){.words = r.device.memory.ring, .slots = r.device.memory.slots};
    bad = bench_cl_open(&r.peer, r.device.opencl.device.id, &text, 1);
    if (bad == 0) {
        r.empty = bench_cl_kernel(&r.peer, "nothing");
        bad = r.empty ? measure(&r) : CLI_BAD;
    }
    if (bad == 0) {
        report(&r);
    }
    if (r.empty) {
        clReleaseKernel(r.empty);
    }
    bench_cl_close(&r.peer);
    cli_device_close(&r.device);
    return bad;
}

const struct bench_case bench_rtt = {
    .name = "rtt",
    .options = BENCH_COUNT | BENCH_IN_FLIGHT | BENCH_DEVICE | BENCH_STORE | BENCH_MODE,
    .run = run,
    .help = "  rtt       one NOP at a time through the resident kernel; the peer launches an empty kernel and waits\n"
            "      --count N        round trips (1000000)\n"
            "      --in-flight N    slots of the ring, which are taken in turn (64)\n",
};
