/* The work that is done while calls fail. Some hundred slots of several kinds go through a small ring. The slots are
 * harvested in order, and each result is checked; each addition happens exactly once. The interpreter can go on with
 * the same ring. */
#ifndef OPENCL_WORK_H
#define OPENCL_WORK_H

#include "opencl_faults.h"
#include "../../port/opencl/internal.h"
#include "../unit/host/opencl_rig.h"
#include "stoker/atomic.h"
#include "stoker/io_queue.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define WORK_SLOTS 16u
#define WORK_ITEMS 160u
#define WORK_PAUSE 40u
#define WORK_CHUNK 256u /* bytes of payload a slot */

/* A way to use the port: a kind of memory in a residency mode. */
struct flow {
    const char *name;
    struct way way;
    int falls; /* 1: host and device stop sharing the memory during the work */
};

static const struct flow flows[] = {
    {"RESIDENT", {"", STK_RESIDENT, STK_OPENCL_SVM_ATOMICS}, 0},
    {"QUANTUM", {"", STK_QUANTUM, STK_OPENCL_USE_HOST}, 0},
    {"BATCH", {"", STK_BATCH, STK_OPENCL_COPIES}, 0},
    {"RESIDENT and down", {"", STK_RESIDENT, STK_OPENCL_ALLOC_HOST}, 1},
    {"by handshake", {"", STK_BATCH, STK_OPENCL_COPIES}, 0},
};
#define FLOWS        (sizeof flows / sizeof *flows)
#define FLOW_QUANTUM 1u
#define FLOW_BATCH   2u
#define FLOW_PROBE   4u

static struct stk_opencl cl;
static struct stk_ring ring;
static struct stk_io_queue io;
static struct stk_cache *work_cache; /* cache for programs; NULL: programs are not kept */
static uint32_t published, harvested, faulted, adds_faulted;

static inline uint32_t *slot_at(uint32_t slot) {
    return STK_SLOT_AT(cl.memory.ring, slot);
}

/* Returns the outcome of a handshake without failures, which is made once; NULL if the device cannot do the flow. */
static inline const struct stk_opencl_outcome *work_can(const struct flow *flow) {
    static struct stk_opencl_outcome found[FLOWS];
    static int asked[FLOWS];
    size_t i = (size_t)(flow - flows);
    if (!asked[i]) {
        const struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"),
                                                 .slots = 64,
                                                 .residency = flow->way.residency,
                                                 .memory = flow->way.memory};
        asked[i] = 1;
        int err = stk_opencl_open(&cl, &config);
        if (err == STK_OK) {
            found[i] = cl.outcome;
        } else if (err == STK_E_NODEV && device_required()) {
            fail_msg("%s: %s", flow->name, cl.reason);
        } else {
            print_message("left out: %s: %s\n", flow->name, cl.reason);
        }
        (void)!stk_opencl_close(&cl, 20 * SECOND);
    }
    return found[i].residency != 0 ? &found[i] : NULL;
}

static inline int work_open(const struct flow *flow, uint64_t deadline_ns) {
    const struct stk_opencl_config config = {.device = getenv("STK_TEST_DEVICE"),
                                             .slots = WORK_SLOTS,
                                             .lanes = 4,
                                             .payload_bytes = WORK_SLOTS * WORK_CHUNK,
                                             .lease_ns = 4000000,
                                             .idle_ns = 1000000,
                                             .deadline_ns = deadline_ns,
                                             .recovery_ns = 1000000,
                                             .residency = flow->way.residency,
                                             .memory = flow->way.memory,
                                             .cache = work_cache,
                                             .known = flow == &flows[FLOW_PROBE] ? NULL : work_can(flow)};
    const struct faults_unshared lost = {.after = 1, .parts = 0x1Fu, .claims = 2};
    int err;
    faults_unshare(NULL);
    err = stk_opencl_open(&cl, &config);
    published = harvested = faulted = adds_faulted = 0;
    if (err == STK_OK) {
        ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
        io = (struct stk_io_queue){.words = cl.memory.io, .slots = cl.memory.io_slots};
        for (uint32_t i = 0; i < WORK_SLOTS * WORK_CHUNK / 4u; i++) {
            stk_store((uint32_t *)(void *)cl.memory.payload + i, i);
        }
        faults_unshare(flow->falls ? &lost : NULL);
    }
    return err;
}

/* Keeps programs from now on, in an empty cache. */
static inline void work_keeps(void) {
    static struct stk_cache cache;
    STK_CACHE_DEFINE(memory, 1, 8, 8u << 20);
    const struct stk_cache_config config = {.shards = 1, .entries = 8, .bytes = 8u << 20};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_OK);
    work_cache = &cache;
}

/// Slots ///

/* Publishes item `n`. The kinds take turns: an addition, a copied word, a sum by all lanes, a read that the device asks
 * for. */
static inline void publish(uint32_t n) {
    const uint32_t at = n % WORK_SLOTS;
    const uint32_t adds[] = {1, STK_CTL_OBSERVABLE}, loads[] = {STK_CTL_OBSERVABLE + 64u + at, 32u + at},
                   sums[] = {at * WORK_CHUNK, WORK_CHUNK};
    const struct stk_work add = {STK_OP_ATOMIC_ADD, 0, STK_PRIORITY_NORMAL, 2, adds},
                          load = {STK_OP_LOAD_U32, 0, STK_PRIORITY_NORMAL, 2, loads},
                          sum = {STK_OP_SUM64, 0, STK_PRIORITY_NORMAL, 2, sums};
    const struct stk_work *const kinds[] = {&add, &load, &sum, NULL};
    const struct stk_work *work = kinds[n % 4u];
    if (work) {
        stk_store(cl.memory.control + loads[0], n * 2654435761u);
        assert_int_equal(stk_ring_publish(&ring, at, work), STK_OK);
        return;
    }
    for (uint32_t i = 1; i < STK_SLOT_WORDS; i++) {
        stk_store(slot_at(at) + i, 0u);
    }
    stk_store(slot_at(at) + STK_SLOT_OPCODE, STK_OP_LOAD_MISS);
    stk_store(slot_at(at) + STK_SLOT_PRIORITY, STK_WIRE_PRIORITY_NORMAL);
    stk_store(slot_at(at) + STK_SLOT_ARG0, n);
    stk_store_release(slot_at(at), STK_SLOT_PUBLISHED);
}

/* Serves the reads that the device asks for. */
static inline void serve(void) {
    struct stk_io_request asked[4];
    int count = stk_io_queue_claim(&io, asked, 4);
    for (int i = 0; i < count; i++) {
        const struct stk_io_result result = {.slot = asked[i].slot, .ok = 1};
        assert_int_equal(stk_io_queue_complete(&io, &result, 1, NULL), STK_OK);
        assert_true(stk_ring_transition(&ring, asked[i].tag, STK_TO_REQUEUE) >= 0);
    }
}

static inline void check(uint32_t n) {
    uint32_t at = n % WORK_SLOTS, words = WORK_CHUNK / 4u;
    struct stk_slot slot;
    assert_int_equal(stk_ring_read(&ring, at, &slot), STK_OK);
    if (n % 4u == 1u) {
        assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE + 32u + at), n * 2654435761u);
    } else if (n % 4u == 2u) {
        assert_int_equal(slot.args[STK_RESULT_ARG], words * (words - 1u) / 2u + words * words * at);
    }
}

/* Harvests the next item. Returns 0 when its slot has not ended. Only a slot that was put back often enough may end in
 * FAULT. */
static inline int harvest(void) {
    uint32_t at = harvested % WORK_SLOTS;
    int status = stk_ring_status(&ring, at);
    struct stk_slot slot;
    if (status == (int)STK_SLOT_DONE) {
        check(harvested++);
        return 1;
    }
    if (status != (int)STK_SLOT_FAULT) {
        return 0;
    }
    assert_int_equal(stk_ring_read(&ring, at, &slot), STK_OK);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], STK_REASON_LOST);
    assert_true(cl.losses.put_back >= STK_DEVICE_TRIES);
    assert_true(stk_ring_transition(&ring, at, STK_TO_ACK) >= 0);
    faulted++;
    adds_faulted += harvested++ % 4u == 0u;
    return 1;
}

/// All of it ///

/* Publishes and harvests all items. Returns STK_OK, or the error of a drive. */
static inline int work(const struct stk_dispatch_ops *ops, void *ctx) {
    uint64_t start = rig_now();
    while (harvested < WORK_ITEMS) {
        int err;
        /* The host pauses until the launch leaves. */
        int pause =
            ops == &stk_opencl_ops && harvested == WORK_PAUSE && published == WORK_PAUSE && cl.stats.running != 0u;
        uint32_t last = harvested < WORK_PAUSE || pause ? WORK_PAUSE : WORK_ITEMS;
        for (; published < last && published - harvested < WORK_SLOTS; published++) {
            publish(published);
        }
        serve();
        while (harvested < published && harvest()) {
        }
        err = ops->drive(ctx, !pause);
        if (err < 0) {
            return err;
        }
        if (rig_now() - start > HANG_NS) {
            fail_msg("slot %u is in status %d: %s", harvested, stk_ring_status(&ring, harvested % WORK_SLOTS),
                     cl.reason);
        }
    }
    assert_int_equal(stk_load(cl.memory.control + STK_CTL_OBSERVABLE), (WORK_ITEMS + 3u) / 4u - adds_faulted);
    for (uint32_t k = 0; k < io.slots; k++) {
        assert_int_equal(stk_io_queue_status(&io, k), (int)STK_SLOT_EMPTY);
    }
    return STK_OK;
}

static inline int work_on(void) {
    return work(&stk_opencl_ops, &cl);
}

static inline int work_elsewhere(void) {
    static struct stk_interp interp;
    int err = stk_interp_open(&interp, &cl.memory, NULL);
    return err == STK_OK ? work(&stk_interp_ops, &interp) : err;
}

/* Closes the port without a fault, and once more, which must do no harm. Fails the test when the port left something
 * behind. */
static inline void work_close(void) {
    const char *what;
    faults_plan(NULL);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    if (faults_leaks(&what) != 0u) {
        fail_msg("%s", what);
    }
}

#endif
