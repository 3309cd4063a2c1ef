/* stoker bench fair, third part: one tenant keeps most of the ring full of the dearest slots that are legal, each a
 * filter of 256 taps over all that the tenant owns. Two others keep some checksums under way, and a NOP that comes back
 * again and again. Prints how much of the device's time these two get, compared with an equal share, and how many
 * leases their NOPs wait. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "stoker/atomic.h"
#include "stoker/control.h"

#define TENANTS      3u /* tenants; tenant 0 floods the ring */
#define OTHERS       2u
#define SLOTS        256u
#define OWN          48u            /* checksums that each of the other tenants keeps under way */
#define FIRST_NOP    (OTHERS * OWN) /* first of the slots for their NOPs */
#define FIRST_FLOOD  (FIRST_NOP + OTHERS)
#define SHARE        (4u << 20)  /* payload bytes of each tenant */
#define CHUNK        (16u << 10) /* bytes of one checksum */
#define TAPS         256u
#define TAP_BYTES    (TAPS * 2u)
#define FLOOD_BYTES  ((SHARE - TAP_BYTES) / 2u & ~63u) /* bytes of one filter: its output needs as many bytes again */
#define BLOCKS       3u
#define BLOCK_MS_MAX 500u
#define BLOCK_MS_MIN 50u
#define DRIVE_EVERY  64u

struct other {
    uint64_t done;        /* checksums that ended */
    uint64_t nop_at;      /* time at which the NOP under way was published */
    double alone, shared; /* checksums a second, alone and beside the others */
};

struct share {
    struct bench *bench;
    struct cli_device device;
    struct stk_ring ring;
    struct stk_control control;
    struct other others[OTHERS];
    struct histogram nops;
    uint64_t block_ns;
};

static int is_free(const struct share *s, uint32_t slot) {
    int status = stk_ring_status(&s->ring, slot);
    return stk_status_publishable((uint32_t)status);
}

static int publish(struct share *s, uint32_t slot, const struct stk_work *work) {
    int err = stk_ring_publish(&s->ring, slot, work);
    return err == STK_OK ? stk_control_ring_doorbell(&s->control, NULL) : err;
}

/* Publishes work into slot `slot` if the slot is free: a filter over half of the flooding tenant's payload. */
static int flood(struct share *s, uint32_t slot) {
    static const uint32_t args[] = {TAP_BYTES, FLOOD_BYTES, 0, 0, TAPS, TAP_BYTES + FLOOD_BYTES};
    const struct stk_work work = {STK_OP_FIR_Q15, 0, STK_PRIORITY_NORMAL, 6, args};
    return is_free(s, slot) ? publish(s, slot, &work) : STK_OK;
}

/* Counts the ended slots of one of the other tenants, and publishes these slots again. */
static int serve(struct share *s, uint32_t i, int count_nops) {
    struct other *o = &s->others[i];
    const uint32_t args[] = {(i + 1u) * SHARE, CHUNK};
    const struct stk_work sum = {STK_OP_CRC32C, i + 1u, STK_PRIORITY_NORMAL, 2, args},
                          nop = {.opcode = STK_OP_NOP, .tenant = i + 1u, .priority = STK_PRIORITY_NORMAL};
    int err = STK_OK;
    for (uint32_t k = 0; k < OWN && err == STK_OK; k++) {
        if (is_free(s, i * OWN + k)) {
            o->done += stk_ring_status(&s->ring, i * OWN + k) == (int)STK_SLOT_DONE;
            err = publish(s, i * OWN + k, &sum);
        }
    }
    if (err == STK_OK && is_free(s, FIRST_NOP + i)) {
        uint64_t now = cli_now_ns();
        if (count_nops && o->nop_at) {
            histogram_add(&s->nops, now - o->nop_at);
        }
        o->nop_at = now;
        err = publish(s, FIRST_NOP + i, &nop);
    }
    return err;
}

/* Lets the tenants of the mask run for one block. The counts of the other tenants begin at 0. */
static int run(struct share *s, uint32_t mask) {
    uint64_t start = cli_now_ns();
    int err = STK_OK, did;
    for (uint32_t i = 0; i < OTHERS; i++) {
        s->others[i].done = s->others[i].nop_at = 0;
    }
    for (uint32_t pass = 0; err == STK_OK && cli_now_ns() - start < s->block_ns; pass++) {
        for (uint32_t i = 0; i < OTHERS && err == STK_OK; i++) {
            err = (mask >> (i + 1u) & 1u) ? serve(s, i, (mask & 1u) != 0u) : STK_OK;
        }
        for (uint32_t slot = FIRST_FLOOD; slot < SLOTS && (mask & 1u) && err == STK_OK; slot++) {
            err = flood(s, slot);
        }
        did =
            pass % DRIVE_EVERY == 0u && err == STK_OK ? s->device.dispatch.ops->drive(s->device.dispatch.ctx, true) : 0;
        err = did < 0 ? did : err;
    }
    /* a NOP that still waits counts with the time that it has waited so far */
    for (uint32_t i = 0; i < OTHERS && (mask & 1u); i++) {
        if (s->others[i].nop_at) {
            histogram_add(&s->nops, cli_now_ns() - s->others[i].nop_at);
        }
    }
    return err;
}

/* Clears the slots that are still under way: takes the masks away from the tenants, so that the workers refuse their
 * slots. */
static int clear(struct share *s) {
    uint32_t left = 1;
    for (uint32_t t = 0; t < TENANTS; t++) {
        stk_store(s->control.words + STK_CTL_TENANT_MASK + t, 0u);
    }
    while (left) {
        int did = s->device.dispatch.ops->drive(s->device.dispatch.ctx, true);
        if (did < 0) {
            return did;
        }
        left = 0;
        for (uint32_t i = 0; i < SLOTS; i++) {
            if (stk_ring_status(&s->ring, i) == (int)STK_SLOT_FAULT) {
                (void)!stk_ring_transition(&s->ring, i, STK_TO_ACK);
            }
            left += !is_free(s, i);
        }
    }
    for (uint32_t t = 0; t < TENANTS; t++) {
        stk_store(s->control.words + STK_CTL_TENANT_MASK + t, UINT32_MAX);
    }
    /* A worker counts the tenants when it enters: the next block is to find them all. */
    return bench_device_rest(&s->device) ? STK_E_DEVICE : STK_OK;
}

/* Runs one block: each of the other tenants alone, then all three tenants together. */
static int block(struct share *s, double *share) {
    double seconds = (double)s->block_ns / 1e9;
    int err = STK_OK;
    for (uint32_t i = 0; i < OTHERS && err == STK_OK; i++) {
        err = run(s, 2u << i);
        s->others[i].alone = (double)s->others[i].done / seconds;
        err = err == STK_OK ? clear(s) : err;
    }
    err = err == STK_OK ? run(s, 7u) : err;
    *share = 0;
    for (uint32_t i = 0; i < OTHERS; i++) {
        struct other *o = &s->others[i];
        double part = o->alone > 0 ? (double)o->done / seconds / o->alone * TENANTS : 0;
        *share = i == 0u || part < *share ? part : *share;
    }
    return err == STK_OK ? clear(s) : err;
}

static uint64_t lease_of(const struct share *s) {
    const struct stk_opencl *cl = &s->device.opencl;
    return cl->mode == STK_QUANTUM ? cl->config.quantum_ns : cl->config.lease_ns;
}

/* Measures the share of the device that the other tenants get, in blocks, and prints the median. */
static int measure(struct share *s) {
    double shares[BLOCKS];
    int err = stk_control_set_shares(&s->control, s->device.memory.control_words / 8u, SHARE, NULL);
    for (uint32_t t = 0; t < TENANTS; t++) {
        stk_store(s->control.words + STK_CTL_TENANT_MASK + t, UINT32_MAX);
    }
    memset(s->device.memory.payload, 1, s->device.memory.payload_bytes);
    for (uint32_t i = 0; i < BLOCKS && err == STK_OK; i++) {
        err = block(s, &shares[i]);
    }
    if (err != STK_OK) {
        return cli_bad("bench fair: %s: %s", stk_err_name(err), cli_fix(err));
    }
    bench_figure(s->bench, &(struct bench_figure){.metric = "share_of_equal",
                                                  .value = bench_median(shares, BLOCKS),
                                                  .unit = "shares",
                                                  .better = BENCH_MORE,
                                                  .peer = "equal",
                                                  .peer_value = 1.0});
    bench_figure(s->bench, &(struct bench_figure){.metric = "nop_p99",
                                                  .value = (double)histogram_at(&s->nops, 99000),
                                                  .unit = "ns",
                                                  .better = BENCH_LESS,
                                                  .peer = "lease",
                                                  .peer_value = (double)lease_of(s)});
    return bench_device_rest(&s->device);
}

int bench_share(struct bench *bench) {
    static struct share s;
    uint64_t ms = bench->options.count ? bench->options.count / 200u : BLOCK_MS_MAX;
    int bad;
    s.bench = bench;
    s.block_ns = (ms < BLOCK_MS_MIN ? BLOCK_MS_MIN : ms > BLOCK_MS_MAX ? BLOCK_MS_MAX : ms) * 1000000u;
    bad = bench_device_open(bench, &s.device,
                            &(struct cli_device_wish){.slots = SLOTS, .payload_bytes = TENANTS * SHARE});
    if (bad) {
        return bad;
    }
    s.ring = (struct stk_ring){.words = s.device.memory.ring, .slots = s.device.memory.slots};
    s.control = (struct stk_control){.words = s.device.memory.control, .count = s.device.memory.control_words};
    bad = measure(&s);
    cli_device_close(&s.device);
    return bad;
}
