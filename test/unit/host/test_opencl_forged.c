/* Tests that a tenant cannot harm others by storing any words in the statuses of its own slots. The device keeps its
 * residency mode, and the slots of other tenants end correctly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "opencl_adds.h"
#include "stoker/publisher.h"

#define SLOTS    8u
#define SHARE    4096u /* payload bytes of each tenant */
#define FORGER   1u
#define VICTIM   2u
#define SUM      (SHARE / 4u * 0x01010101u)
#define BUSY     0x20001u
#define WATCH_NS (SECOND / 5u)

/* Text of a handler that computes for as many steps as its argument says. */
static const char busy_text[] = "STK_FN stk_u32 user_busy(const struct stk_dev *d, const struct stk_call *c) {\n"
                                "    stk_u32 i, n = stk_arg(c, 0), x = n;\n"
                                "    for (i = 0; i < n; i++) { x = x * 1664525u + (x >> 7); }\n"
                                "    stk_result(c, 0, x);\n"
                                "    return d->slots != 0u ? STK_SLOT_DONE : STK_SLOT_YIELD;\n"
                                "}\n";
static const struct stk_opencl_piece busy_piece = {"busy", busy_text, BUSY, "user_busy", STK_SCALAR};

static struct stk_control control;
static struct stk_publisher publisher;
static uint32_t over;

static int open_shared(const struct stk_opencl_config *wish, const struct way *way) {
    struct stk_opencl_config config = *wish;
    config.slots = config.slots ? config.slots : SLOTS;
    config.tenants = 3;
    config.payload_bytes = 3u * SHARE;
    config.pieces = &busy_piece;
    config.piece_count = 1;
    if (!rig_open(&cl, &config, way)) {
        return 0;
    }
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
    assert_int_equal(stk_control_view(&control, cl.memory.control, cl.memory.control_words * 4u), STK_OK);
    assert_int_equal(stk_control_set_shares(&control, 16, SHARE, NULL), STK_OK);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &control), STK_OK);
    memset(cl.memory.payload + VICTIM * SHARE, 1, SHARE);
    stk_store(&over, 0);
    return 1;
}

static uint32_t *status_of(uint32_t slot) {
    return STK_SLOT_AT(ring.words, slot);
}

/* Returns true if the device keeps its mode. Returns false if the workers had no core for so long that the watch missed
 * their heartbeat, which no tenant can cause: then the caller tries again with a longer watch. Fails the test if the
 * mode ended for another reason. */
static bool kept_mode(const struct way *way, uint64_t watch_ns) {
    if (cl.mode == way->residency && cl.stats.fallbacks == 0u) {
        return true;
    }
    if (watch_ns > 3 * SECOND || !strstr(cl.reason, "no longer saw the kernel's heartbeat")) {
        fail_msg("%s: mode %d: %s", way->name, (int)cl.mode, cl.reason);
    }
    return false;
}

/// The watch ///

/* Publishes slot 7 without an end. Slot 7 is a fence that waits for slot 6. The status of slot 6 is no valid status, so
 * nobody may change slot 6, and the fence waits for ever. */
static void *publish_for_ever(void *arg) {
    while (stk_load(&over) == 0u) {
        stk_store_release(status_of(7), STK_SLOT_PUBLISHED);
    }
    return arg;
}

/* Returns what kept_mode() says in the end. */
static bool publish_again_and_again(const struct way *way, uint64_t watch_ns) {
    const struct stk_opencl_config config = {.watch_ns = watch_ns};
    const uint32_t args[] = {1, 0};
    const struct stk_work fence = {STK_OP_BATCH_FENCE, FORGER, STK_PRIORITY_NORMAL, 2, args};
    pthread_t thread;
    void *end = NULL;
    uint64_t start;
    bool kept;
    assert_true(open_shared(&config, way));
    stk_store(status_of(6), 99);
    assert_int_equal(stk_ring_publish(&ring, 7, &fence), STK_OK);
    assert_int_equal(pthread_create(&thread, NULL, publish_for_ever, &over), 0);
    start = rig_now();
    while (rig_now() - start < 4u * watch_ns) {
        drive(true);
    }
    start = rig_now();
    for (uint32_t ran = 0; ran < times(100, 10); ran++) { /* meanwhile the slots of other tenants are served */
        publish_add(0);
        while (stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE) {
            drive(true);
            assert_true(rig_now() - start < HANG_NS);
        }
    }
    kept = kept_mode(way, watch_ns);
    stk_store(&over, 1u);
    assert_int_equal(pthread_join(thread, &end), 0);
    close_way();
    return kept;
}

static void slot_that_is_published_again_and_again_ends_no_mode(void **state) {
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        uint64_t watch_ns = WATCH_NS;
        if (!rig_is_first(i) || ways[i].residency == STK_BATCH) {
            continue;
        }
        while (!publish_again_and_again(&ways[i], watch_ns)) {
            watch_ns *= 2u;
        }
    }
}

/// Tickets ///

static uint32_t publish_busy(uint32_t steps) {
    const struct stk_work busy = {BUSY, FORGER, STK_PRIORITY_NORMAL, 1, &steps};
    uint32_t ticket = 0;
    assert_true(stk_publisher_publish(&publisher, &busy, &ticket) >= 0);
    return ticket;
}

static int publish_sum(uint32_t *ticket) {
    const uint32_t args[] = {VICTIM * SHARE, SHARE};
    const struct stk_work sum = {STK_OP_SUM64, VICTIM, STK_PRIORITY_NORMAL, 2, args};
    return stk_publisher_publish(&publisher, &sum, ticket);
}

/* Publishes a slot of the forger and waits until a worker, or a launch over copies, has the slot. When the slot was
 * over before a worker was seen with it, publishes a longer slot. Returns the ticket. */
static uint32_t publish_and_await_claim(void) {
    uint64_t start = rig_now();
    uint32_t steps = 10000000u, ticket = publish_busy(steps);
    while (stk_load(status_of(0)) != STK_SLOT_CLAIMED) {
        struct stk_slot slot;
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
        if (stk_publisher_harvest(&publisher, &slot, NULL) >= 0) {
            steps *= 2u;
            ticket = publish_busy(steps);
        }
    }
    return ticket;
}

static void harvest_next(struct stk_slot *slot, uint32_t *ticket) {
    uint64_t start = rig_now();
    int end;
    while ((end = stk_publisher_harvest(&publisher, slot, ticket)) == STK_E_WOULD_BLOCK) {
        drive(true);
        if (rig_now() - start > HANG_NS) {
            fail_msg("the oldest of %u is in status %x: %s", (unsigned)stk_publisher_pending(&publisher),
                     (unsigned)stk_load(status_of(0)), cl.reason);
        }
    }
    assert_true(end >= 0);
}

/* The ring has one slot, so the victim's ticket gets the same slot. */
static void forge_an_end(void) {
    struct stk_slot slot;
    uint32_t forged = publish_and_await_claim(), ticket;
    stk_store_release(status_of(0), STK_SLOT_DONE);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &ticket), STK_E_WOULD_BLOCK);
    assert_int_equal(publish_sum(&ticket), STK_E_FULL);
    harvest_next(&slot, &ticket);
    assert_int_equal(ticket, forged);
    assert_true(publish_sum(&ticket) >= 0);
    harvest_next(&slot, &forged);
    assert_int_equal(forged, ticket);
    assert_int_equal(slot.status, STK_SLOT_DONE);
    assert_int_equal(slot.tenant, VICTIM);
    assert_int_equal(slot.args[STK_RESULT_ARG], SUM);
}

static void end_that_a_tenant_stored_ends_nobodys_ticket(void **state) {
    /* Bit 0: several lanes, bit 1: two workers, bit 2: the workers claim as behind a bus. */
    static const uint32_t hows[] = {0, 3, 5, 7};
    (void)state;
    for (size_t i = 0; i < sizeof hows / sizeof *hows * WAYS; i++) {
        size_t way = i % WAYS;
        uint32_t how = hows[i / WAYS];
        const struct stk_opencl_config config = {
            .slots = 1, .lanes = how & 1u ? 8u : 1u, .workers = how & 2u ? 2u : 1u};
        if (!rig_is_first(way) || (how && ways[way].residency == STK_BATCH) || !open_shared(&config, &ways[way])) {
            continue;
        }
        if (how & 4u) {
            stk_store(control.words + STK_CTL_NO_SHARED_ATOMICS,
                      stk_load(control.words + STK_CTL_NO_SHARED_ATOMICS) | STK_NO_SHARED_ATOMICS_BIT);
        }
        forge_an_end();
        assert_int_equal(stk_opencl_ops.stop(&cl, 20 * SECOND), STK_OK);
        for (uint32_t k = 0; k < ring.slots + cl.memory.io_slots; k++) {
            assert_int_equal(stk_load(stk_device_custody(&cl.memory) + k) & 1u, 0);
        }
        close_way();
    }
}

/// Any status at any time ///

/* Held while the forger stores, and while the harvester takes a slot: a slot belongs to the forger until its ticket is
 * harvested. */
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;
static uint32_t owned[SLOTS]; /* for each slot: 1 + the forger's ticket */

static void *forge_for_ever(void *arg) {
    static const uint32_t some[] = {STK_SLOT_PUBLISHED, STK_SLOT_DONE,  99, STK_SLOT_FAULT, STK_SLOT_REQUEUE,
                                    UINT32_MAX,         STK_SLOT_YIELD, 8};
    uint32_t n = 1;
    while (stk_load(&over) == 0u) {
        n = n * 1664525u + 1013904223u;
        (void)pthread_mutex_lock(&owner);
        if (owned[n >> 28 & (SLOTS - 1u)] != 0u) {
            stk_store_release(status_of(n >> 28 & (SLOTS - 1u)), some[n >> 20 & 7u]);
        }
        (void)pthread_mutex_unlock(&owner);
        sched_yield();
    }
    return arg;
}

/* Publishes for both tenants as far as there is credit. Returns how many slots of the victim it published. */
static uint32_t publish_both(uint32_t *turn) {
    uint32_t sums = 0, ticket;
    while (stk_publisher_pending(&publisher) < SLOTS) {
        int forgers = *turn % 2u == 0u, slot;
        (void)pthread_mutex_lock(&owner);
        slot = forgers
                   ? stk_publisher_publish(&publisher,
                                           &(struct stk_work){BUSY, FORGER, STK_PRIORITY_NORMAL, 1, &(uint32_t){500}},
                                           &ticket)
                   : publish_sum(&ticket);
        if (slot >= 0) {
            owned[slot] = forgers ? 1u : 0u;
        }
        (void)pthread_mutex_unlock(&owner);
        if (slot == STK_E_WOULD_BLOCK) {
            break; /* a worker still has the slot */
        }
        assert_true(slot >= 0);
        *turn += 1u;
        sums += forgers ? 0u : 1u;
    }
    return sums;
}

/* Harvests the slots that are over. Returns how many slots of the victim it harvested. */
static uint32_t harvest_all(void) {
    struct stk_slot slot;
    uint32_t ticket, sums = 0;
    for (;;) {
        int end, forgers;
        (void)pthread_mutex_lock(&owner);
        end = stk_publisher_harvest(&publisher, &slot, &ticket);
        forgers = end >= 0 && owned[ticket % SLOTS] != 0u;
        if (end >= 0) {
            owned[ticket % SLOTS] = 0;
        }
        (void)pthread_mutex_unlock(&owner);
        if (end == STK_E_WOULD_BLOCK) {
            return sums;
        }
        if (!forgers) {
            assert_int_equal(end, STK_SLOT_DONE);
            assert_int_equal(slot.opcode, STK_OP_SUM64);
            assert_int_equal(slot.tenant, VICTIM);
            assert_int_equal(slot.args[STK_RESULT_ARG], SUM);
            sums++;
        }
    }
}

/* Returns what kept_mode() says in the end. */
static bool forge_any(const struct way *way, uint32_t lanes, uint64_t watch_ns) {
    const struct stk_opencl_config config = {.lanes = lanes, .workers = 2, .watch_ns = watch_ns};
    uint32_t turn = 0, published = 0, harvested = 0, total = times(1000, 100);
    pthread_t thread;
    void *end = NULL;
    uint64_t start;
    bool kept;
    assert_true(open_shared(&config, way));
    memset(owned, 0, sizeof owned);
    assert_int_equal(pthread_create(&thread, NULL, forge_for_ever, &over), 0);
    start = rig_now();
    while (harvested < published || published < total) {
        published += published < total ? publish_both(&turn) : 0u;
        drive(true);
        harvested += harvest_all();
        if (rig_now() - start > HANG_NS) {
            fail_msg("%s: %u of %u harvested, the oldest is in status %x", way->name, (unsigned)harvested,
                     (unsigned)published, (unsigned)stk_load(status_of(stk_publisher_oldest(&publisher) % SLOTS)));
        }
    }
    kept = kept_mode(way, watch_ns);
    stk_store(&over, 1u);
    assert_int_equal(pthread_join(thread, &end), 0);
    close_way();
    return kept;
}

static void tickets_of_others_end_whatever_a_tenant_stores(void **state) {
    (void)state;
    for (size_t i = 0; i < 2u * WAYS; i++) {
        uint64_t watch_ns = WATCH_NS;
        while (rig_is_first(i % WAYS) && !forge_any(&ways[i % WAYS], i < WAYS ? 1u : 8u, watch_ns)) {
            watch_ns *= 2u;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slot_that_is_published_again_and_again_ends_no_mode),
        cmocka_unit_test(end_that_a_tenant_stored_ends_nobodys_ticket),
        cmocka_unit_test(tickets_of_others_end_whatever_a_tenant_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
