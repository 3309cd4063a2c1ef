/* stoker bench rtt: one slot at a time, from publish to DONE seen; the peer launches an empty kernel and waits. A NOP,
 * a store with three arguments, a compare-and-swap, which makes an access of its own to the shared memory, and a small
 * chunk, which a worker sums. What they leave is checked each time; a NOP leaves nothing. */
#include <CL/cl.h>

#include "bench_line.h"
#include "limits.h"
#include "stoker/atomic.h"

#define COUNT_DEFAULT  1000000u
#define PEER_SHARE     50u /* round trips of stoker for each launch of the peer */
#define SLOTS_DEFAULT  64u
#define DRIVE_EVERY    1024u /* looks at the slot between two drives of a wait */
#define CLOCK_READINGS 100000u

#define PAYLOAD_BYTES 4096u
#define CHUNK_STEP    16u                /* chunks of 16, 32, 48 and 64 bytes, one after the other */
#define CHUNK_MAX     (4u * CHUNK_STEP)  /* each chunk begins at a multiple of so many bytes */
#define SWAP_WORD     STK_CTL_OBSERVABLE /* control word that is swapped */
#define STORE_WORD    (STK_CTL_OBSERVABLE + 1u)
#define STORE_WORDS   64u /* control words; the stores go to one after the other */

enum {
    NOP,
    STORE, /* STORE_U32, published with three arguments */
    SWAP,  /* COMPARE_SWAP */
    CHUNK, /* SUM64 of a few bytes */
    KINDS
};

struct rtt {
    struct bench *bench;
    struct cli_device device;
    struct bench_cl peer;
    cl_kernel empty;
    struct stk_ring ring;
    struct limits_of_host limits;
    struct histogram ours[KINDS][BENCH_BLOCKS], theirs[BENCH_BLOCKS], threads[BENCH_BLOCKS], clock;
    uint32_t args[STK_SLOT_ARGS];
    uint32_t swapped; /* value that the control word must have now, by the swaps that have ended */
    uint32_t count;   /* stores and chunks so far */
    uint64_t sum;     /* expected sum of the present chunk */
    uint64_t wrong[KINDS];
};

/// The kinds of slots: what is published, and whether what came back is right ///

static void make_nop(struct rtt *r, struct stk_work *work) {
    (void)r;
    work->opcode = STK_OP_NOP;
}

/* Returns 1: a NOP has no result, so it is never wrong. */
static int right_nop(struct rtt *r, uint32_t slot) {
    (void)r;
    (void)slot;
    return 1;
}

/* Makes a store to the next of several words, with a value that no store before had. */
static void make_store(struct rtt *r, struct stk_work *work) {
    uint32_t i = r->count++;
    r->args[0] = i * 2654435761u;
    r->args[1] = STORE_WORD + i % STORE_WORDS;
    r->args[2] = i;
    work->opcode = STK_OP_STORE_U32;
    work->nargs = 3;
}

static int right_store(struct rtt *r, uint32_t slot) {
    (void)slot;
    return stk_load(r->device.memory.control + r->args[1]) == r->args[0];
}

/* Makes a compare-and-swap that succeeds only if the one before it did. */
static void make_swap(struct rtt *r, struct stk_work *work) {
    r->args[0] = SWAP_WORD;
    r->args[1] = r->swapped;
    r->args[2] = r->swapped + 1u;
    work->opcode = STK_OP_COMPARE_SWAP;
    work->nargs = 3;
}

/* Returns 1 if the observable of the word's number has the value that the word had before. The op leaves that value
 * there. */
static int right_swap(struct rtt *r, uint32_t slot) {
    const uint32_t *control = r->device.memory.control;
    uint32_t before = stk_load(control + STK_CTL_OBSERVABLE + SWAP_WORD), now = stk_load(control + SWAP_WORD);
    int right = before == r->swapped && now == r->swapped + 1u;
    (void)slot;
    r->swapped = now;
    return right;
}

/* Writes a new chunk into the payload and makes a slot that sums it. */
static void make_chunk(struct rtt *r, struct stk_work *work) {
    uint32_t i = r->count++, offset = i * CHUNK_MAX % PAYLOAD_BYTES, bytes = (i % 4u + 1u) * CHUNK_STEP;
    uint32_t *words = (void *)(r->device.memory.payload + offset);
    r->sum = 0;
    for (uint32_t k = 0; k < bytes / 4u; k++) {
        words[k] = (i + k) * 2654435761u; /* the publish that follows orders these stores */
        r->sum += words[k];
    }
    r->args[0] = offset;
    r->args[1] = bytes;
    r->args[2] = 0;
    work->opcode = STK_OP_SUM64;
    work->nargs = 3;
}

/* Compares the result of the slot with the sum of the host. */
static int right_chunk(struct rtt *r, uint32_t slot) {
    struct stk_slot out;
    return stk_ring_read(&r->ring, slot, &out) == STK_OK &&
           ((uint64_t)out.args[STK_RESULT_ARG + 1u] << 32 | out.args[STK_RESULT_ARG]) == r->sum;
}

static const struct kind {
    const char *p50, *p99, *wrong;
    void (*make)(struct rtt *r, struct stk_work *work);
    int (*right)(struct rtt *r, uint32_t slot);
} kinds[KINDS] = {
    {"p50", "p99", NULL, make_nop, right_nop},
    {"args_p50", "args_p99", "args_wrong", make_store, right_store},
    {"swap_p50", "swap_p99", "swap_wrong", make_swap, right_swap},
    {"chunk_p50", "chunk_p99", "chunk_wrong", make_chunk, right_chunk},
};

/// Measuring ///

/* Publishes a slot, starts a kernel if none runs, and waits for the end of the slot. */
static int round_trip(struct rtt *r, uint32_t slot, const struct stk_work *work) {
    int err = stk_ring_publish(&r->ring, slot, work);
    if (err == STK_OK) {
        err = r->device.dispatch.ops->drive(r->device.dispatch.ctx, true);
    }
    return err < 0 ? err : bench_await(&r->device, &r->ring, slot, DRIVE_EVERY);
}

/* Times `count` round trips of one kind, and checks each result outside of the time. */
static int block_of_ours(struct rtt *r, uint32_t kind, struct histogram *h, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        struct stk_work work = {.priority = STK_PRIORITY_NORMAL, .args = r->args};
        uint32_t slot = (uint32_t)(i % r->ring.slots);
        uint64_t start;
        int err;
        kinds[kind].make(r, &work);
        start = cli_now_ns();
        err = round_trip(r, slot, &work);
        if (err < 0) {
            return cli_bad("bench rtt: %s: %s", stk_err_name(err), cli_fix(err));
        }
        histogram_add(h, cli_now_ns() - start);
        r->wrong[kind] += kinds[kind].right(r, slot) ? 0u : 1u;
    }
    return bench_device_rest(&r->device);
}

/* Times launches of an empty kernel. */
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

/* Measures all kinds, the limits and the peer in blocks alternately, so that a change of the machine's load hits all of
 * them. */
static int measure(struct rtt *r) {
    uint64_t all = r->bench->options.count ? r->bench->options.count : COUNT_DEFAULT;
    uint64_t ours = (all + BENCH_BLOCKS - 1u) / BENCH_BLOCKS, theirs = (ours + PEER_SHARE - 1u) / PEER_SHARE;
    int bad = bench_device_rest(&r->device);
    bad = bad ? bad : limits_of_host(&r->device, &r->limits);
    bad = bad ? bad : bench_cl_launch(&r->peer, r->empty); /* the first launch compiles the kernel */
    for (uint32_t i = 0; i < BENCH_BLOCKS && bad == 0; i++) {
        for (uint32_t kind = 0; kind < KINDS && bad == 0; kind++) {
            bad = block_of_ours(r, kind, &r->ours[kind][i], ours);
        }
        if (bad == 0 && bench_has_thread_limit(&r->device)) {
            bad = bench_line(&r->threads[i], ours);
        }
        bad = bad ? bad : block_of_theirs(r, &r->theirs[i], theirs);
    }
    for (uint32_t i = 0; i < CLOCK_READINGS; i++) {
        uint64_t start = cli_now_ns();
        histogram_add(&r->clock, cli_now_ns() - start);
    }
    return bad;
}

/// Reporting ///

/* Returns the block with the median of the medians. */
static const struct histogram *median_block(const struct histogram *blocks) {
    double p50[BENCH_BLOCKS];
    for (uint32_t i = 0; i < BENCH_BLOCKS; i++) {
        p50[i] = (double)histogram_at(&blocks[i], 50000);
    }
    return &blocks[bench_median_index(p50, BENCH_BLOCKS)];
}

static void show(struct rtt *r, const char *metric, uint64_t value, const char *peer, double peer_value) {
    bench_figure(r->bench, &(struct bench_figure){.metric = metric,
                                                  .value = (double)value,
                                                  .unit = "ns",
                                                  .better = BENCH_LESS,
                                                  .peer = peer,
                                                  .peer_value = peer_value});
}

/* Prints the NOP beside the launch of the peer. */
static void report_peer(struct rtt *r) {
    static const struct {
        const char *metric;
        uint32_t per_100000;
    } rows[] = {{"p50", 50000}, {"p99", 99000}, {"p99.9", 99900}, {"max", 0}};
    const struct histogram *ours = median_block(r->ours[NOP]), *theirs = median_block(r->theirs);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t at = rows[i].per_100000;
        show(r, rows[i].metric, at ? histogram_at(ours, at) : ours->max, "enqueue+finish",
             (double)(at ? histogram_at(theirs, at) : theirs->max));
    }
}

/* Prints the NOP beside a limit: the time in which two threads pass one cache line back and forth. */
static void report_threads(struct rtt *r) {
    const struct histogram *ours = median_block(r->ours[NOP]), *theirs = median_block(r->threads);
    show(r, "p50", histogram_at(ours, 50000), "two_threads", (double)histogram_at(theirs, 50000));
    show(r, "p99", histogram_at(ours, 99000), "two_threads", (double)histogram_at(theirs, 99000));
}

/* Prints each kind beside one read of the memory in which the ring lies: no slot can be seen faster. */
static void report_kind(struct rtt *r, uint32_t kind) {
    const struct histogram *ours = median_block(r->ours[kind]);
    show(r, kinds[kind].p50, histogram_at(ours, 50000), "host_one_read", r->limits.one_read_ns);
    show(r, kinds[kind].p99, histogram_at(ours, 99000), "host_one_read", r->limits.one_read_ns);
    if (kinds[kind].wrong) {
        bench_figure(r->bench, &(struct bench_figure){
                                   .metric = kinds[kind].wrong, .value = (double)r->wrong[kind], .unit = "slots"});
    }
}

static int report(struct rtt *r) {
    uint64_t wrong = 0;
    report_peer(r);
    if (bench_has_thread_limit(&r->device)) {
        report_threads(r);
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        report_kind(r, kind);
        wrong += r->wrong[kind];
    }
    bench_figure(r->bench, &(struct bench_figure){
                               .metric = "clock_p50", .value = (double)histogram_at(&r->clock, 50000), .unit = "ns"});
    return wrong ? bench_wrong(r->bench, wrong, "slots with a wrong result") : CLI_OK;
}

static int run(struct bench *bench) {
    static struct rtt r;
    const char *text = bench_cl_empty;
    uint32_t slots = bench->options.in_flight ? (uint32_t)bench->options.in_flight : SLOTS_DEFAULT;
    int bad;
    r.bench = bench;
    bad =
        bench_device_open(bench, &r.device, &(struct cli_device_wish){.slots = slots, .payload_bytes = PAYLOAD_BYTES});
    if (bad) {
        return bad;
    }
    bench_note_device(bench, &r.device);
    r.ring = (struct stk_ring){.words = r.device.memory.ring, .slots = r.device.memory.slots};
    bad = bench_cl_open(&r.peer, r.device.opencl.device.id, &text, 1);
    if (bad == 0) {
        r.empty = bench_cl_kernel(&r.peer, "nothing");
        bad = r.empty ? measure(&r) : CLI_BAD;
    }
    bad = bad ? bad : report(&r);
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
    .what = "one slot at a time through the resident kernel: a NOP, a store with three arguments (args_*), a "
            "compare-and-swap (swap_*), and sums of 16 to 64 bytes (chunk_*). Wrong results are counted, and then the "
            "exit code is 1. The peer launches an empty kernel and waits. Where the worker is a thread of a CPU, the "
            "ratio to two_threads, which pass one line back and forth, is the part of that limit",
    .values = {{"count", "round trips of each (1000000)"},
               {"in-flight", "slots of the ring, which are taken in turn (64)"}},
};
