/* stoker bench fair. First part: one tenant floods the ring, and seven others publish a slot now and then; prints how
 * long these slots wait, and how long they wait when nobody floods. Second part: prints how many of ten thousand LOW
 * slots still run before a CRITICAL slot that is published behind them. Third part: prints the time that is left for
 * two tenants beside one that floods the ring with the dearest slots (bench_share.c). */
#include <string.h>

#include "bench.h"
#include "stoker/atomic.h"
#include "stoker/control.h"

/* slots of the seven tenants in all measured blocks together, for each way that is measured */
#define COUNT_DEFAULT 100000u
#define SLOTS         1024u
#define TRICKLES      7u
#define OWN           8u /* slots of a trickling tenant, used one after the other */
#define FLOOD_SLOTS   (SLOTS - TRICKLES * OWN)
#define QUOTA         64u    /* claims of a tenant in a ring scan */
#define GAP_NS        20000u /* longest pause of a trickling tenant between two slots */
#define DRIVE_EVERY   1024u
#define LOW_SLOTS     10000u
#define CRITICALS     32u
#define LOW_FIRST     64u

struct trickle {
    uint32_t n;      /* slots published */
    uint32_t slot;   /* the last slot published */
    uint64_t at;     /* when the last slot was published; 0: no slot is under way */
    uint64_t resume; /* when the next slot may be published */
};

struct fair {
    struct bench *bench;
    struct cli_device device;
    struct stk_ring ring;
    struct stk_control control;
    struct trickle trickles[TRICKLES];
    struct histogram alone[BENCH_BLOCKS], flooded[BENCH_BLOCKS];
    uint32_t flood, random;
};

static int publish_work(struct fair *f, uint32_t slot, const struct stk_work *work) {
    int err = stk_ring_publish(&f->ring, slot, work);
    return err == STK_OK ? stk_control_ring_doorbell(&f->control, NULL) : err;
}

static int publish(struct fair *f, uint32_t slot, uint32_t tenant) {
    const struct stk_work nop = {.opcode = STK_OP_NOP, .tenant = tenant, .priority = STK_PRIORITY_NORMAL};
    return publish_work(f, slot, &nop);
}

static int drive(struct fair *f) {
    int err = f->device.dispatch.ops->drive(f->device.dispatch.ctx, true);
    return err < 0 ? err : STK_OK;
}

static int fail(int err) {
    return err < 0 ? cli_bad("bench fair: %s: %s", stk_err_name(err), cli_fix(err)) : 0;
}

/* Publishes one more slot of the flood, if the next slot is free. */
static int flood(struct fair *f) {
    uint32_t slot = f->flood;
    int status = stk_ring_status(&f->ring, slot);
    if (!stk_status_publishable((uint32_t)status)) {
        return STK_OK;
    }
    f->flood = slot + 1u == FLOOD_SLOTS ? 0u : slot + 1u;
    return publish(f, slot, 0);
}

/* Looks at tenant `i + 1`: takes its slot's wait when it is over, publishes the next when it is time. */
static int trickle(struct fair *f, uint32_t i, struct histogram *h) {
    struct trickle *t = &f->trickles[i];
    uint64_t now = cli_now_ns();
    if (t->at != 0 && stk_ring_status(&f->ring, t->slot) == (int)STK_SLOT_DONE) {
        histogram_add(h, now - t->at);
        f->random = f->random * 1664525u + 1013904223u;
        t->resume = now + (f->random >> 8) % GAP_NS;
        t->at = 0;
    }
    if (t->at != 0 || now < t->resume) {
        return STK_OK;
    }
    t->slot = FLOOD_SLOTS + i * OWN + t->n++ % OWN;
    t->at = cli_now_ns();
    return publish(f, t->slot, i + 1u);
}

/* Runs the seven tenants until each `count` slots were timed, with or without the flood, and then empties the ring. */
static int block(struct fair *f, struct histogram *h, uint64_t count, int flooding) {
    int err = STK_OK;
    memset(f->trickles, 0, sizeof f->trickles);
    for (uint32_t looks = 0; h->count < count && err == STK_OK; looks++) {
        err = flooding ? flood(f) : STK_OK;
        err = err == STK_OK ? trickle(f, looks % TRICKLES, h) : err;
        if (looks % DRIVE_EVERY == 0u && err == STK_OK) {
            err = drive(f);
        }
    }
    for (uint32_t i = 0; i < SLOTS && err == STK_OK; i++) {
        for (int s = stk_ring_status(&f->ring, i); err == STK_OK && !stk_status_publishable((uint32_t)s);
             s = stk_ring_status(&f->ring, i)) {
            err = drive(f);
        }
    }
    return err == STK_OK ? bench_device_rest(&f->device) : fail(err);
}

/* Times the seven tenants in blocks, alone and beside the flood alternately, so that a change of the machine's load
 * hits both. */
static int measure(struct fair *f) {
    uint64_t all = f->bench->options.count ? f->bench->options.count : COUNT_DEFAULT;
    uint64_t count = (all + BENCH_BLOCKS - 1u) / BENCH_BLOCKS;
    int bad = 0;
    for (uint32_t t = 0; t <= TRICKLES; t++) {
        stk_store(f->control.words + STK_CTL_TENANT_MASK + t, UINT32_MAX);
        if (stk_control_set_quota(&f->control, t, QUOTA, NULL) != STK_OK) {
            return CLI_BAD;
        }
    }
    for (uint32_t i = 0; i < BENCH_BLOCKS && bad == 0; i++) {
        bad = block(f, &f->alone[i], count, 0);
        bad = bad ? bad : block(f, &f->flooded[i], count, 1);
    }
    return bad;
}

/* Returns the median over the blocks of one percentile. */
static double median_at(const struct histogram *blocks, uint32_t per_100000) {
    double at[BENCH_BLOCKS];
    for (uint32_t i = 0; i < BENCH_BLOCKS; i++) {
        at[i] = (double)histogram_at(&blocks[i], per_100000);
    }
    return bench_median(at, BENCH_BLOCKS);
}

static void report(struct fair *f) {
    static const struct {
        const char *metric;
        uint32_t per_100000;
    } rows[] = {{"trickle_p50", 50000}, {"trickle_p99", 99000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bench_figure(f->bench, &(struct bench_figure){.metric = rows[i].metric,
                                                      .value = median_at(f->flooded, rows[i].per_100000),
                                                      .unit = "ns",
                                                      .better = BENCH_LESS,
                                                      .peer = "alone",
                                                      .peer_value = median_at(f->alone, rows[i].per_100000)});
    }
}

/// CRITICAL behind LOW ///

/* Drives the device until a slot is DONE. */
static int until_done(struct fair *f, uint32_t slot) {
    int err = STK_OK;
    for (uint32_t looks = 1; err == STK_OK && stk_ring_status(&f->ring, slot) != (int)STK_SLOT_DONE; looks++) {
        err = looks % DRIVE_EVERY == 0u ? drive(f) : STK_OK;
    }
    return err;
}

/* Publishes one CRITICAL slot when the first of the LOW ones has run. Each LOW slot counts itself in observable 0, and
 * the CRITICAL one copies this count to observable 1. A time would say more about the machine's scheduler. */
static int round_of_critical(struct fair *f, uint32_t slot, double *before) {
    const uint32_t add[] = {1, STK_CTL_OBSERVABLE}, note[] = {STK_CTL_OBSERVABLE, 1};
    const struct stk_work low = {STK_OP_ATOMIC_ADD, 0, STK_PRIORITY_LOW, 2, add},
                          critical = {STK_OP_LOAD_U32, 0, STK_PRIORITY_CRITICAL, 2, note};
    uint32_t seen = 0;
    int err = STK_OK;
    for (uint32_t i = 0; i < LOW_SLOTS && err == STK_OK; i++) {
        err = publish_work(f, LOW_FIRST + i, &low);
    }
    err = err == STK_OK ? drive(f) : err;
    err = err == STK_OK ? until_done(f, LOW_FIRST) : err;
    seen = stk_load(f->control.words + STK_CTL_OBSERVABLE);
    err = err == STK_OK ? publish_work(f, slot, &critical) : err;
    err = err == STK_OK ? until_done(f, slot) : err;
    *before = (double)(stk_load(f->control.words + STK_CTL_OBSERVABLE + 1u) - seen);
    for (uint32_t i = 0; i < LOW_SLOTS && err == STK_OK; i++) {
        err = until_done(f, LOW_FIRST + i);
    }
    return err == STK_OK ? bench_device_rest(&f->device) : fail(err);
}

/* Does the second part of the case: counts the LOW slots that ran before a CRITICAL slot which was published behind
 * them. */
static int measure_critical(struct fair *f) {
    static const uint32_t offsets[STK_PRIORITY_OFFSETS] = {
        0, CRITICALS, LOW_FIRST, LOW_FIRST, LOW_FIRST + LOW_SLOTS, LOW_FIRST + LOW_SLOTS};
    double before[CRITICALS];
    int bad = 0;
    for (uint32_t i = 0; i < STK_PRIORITY_OFFSETS; i++) {
        stk_store(f->control.words + STK_CTL_PRIORITY_OFFSETS + i, offsets[i]);
    }
    for (uint32_t i = 0; i < CRITICALS && bad == 0; i++) {
        bad = round_of_critical(f, i, &before[i]);
    }
    if (bad == 0) {
        bench_figure(f->bench, &(struct bench_figure){.metric = "low_before_critical",
                                                      .value = bench_median(before, CRITICALS),
                                                      .unit = "slots"});
    }
    return bad;
}

/* Opens a device with a ring of `slots` slots, runs one part, and closes the device. */
static int with_device(struct fair *f, uint32_t slots, int (*run)(struct fair *)) {
    int bad = bench_device_open(f->bench, &f->device, &(struct cli_device_wish){.slots = slots});
    if (bad) {
        return bad;
    }
    f->ring = (struct stk_ring){.words = f->device.memory.ring, .slots = f->device.memory.slots};
    f->control = (struct stk_control){.words = f->device.memory.control, .count = f->device.memory.control_words};
    bad = run(f);
    cli_device_close(&f->device);
    return bad;
}

static int run(struct bench *bench) {
    static struct fair f;
    int bad;
    f.bench = bench;
    bad = with_device(&f, SLOTS, measure);
    if (bad == 0) {
        report(&f);
        bad = with_device(&f, LOW_FIRST + LOW_SLOTS, measure_critical);
    }
    return bad ? bad : bench_share(bench);
}

const struct bench_case bench_fair = {
    .name = "fair",
    .options = BENCH_COUNT | BENCH_DEVICE | BENCH_STORE | BENCH_MODE,
    .run = run,
    .what = "what seven tenants wait while another floods the ring, beside what they wait alone; and how many of "
            "10,000 LOW slots run before a CRITICAL one published behind them",
    .values = {{"count", "slots of the seven (100000)"}},
};
