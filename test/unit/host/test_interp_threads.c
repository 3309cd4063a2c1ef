/* The ring protocol as a race: workers on threads of their own, one thread that publishes, harvests and serves I/O. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "hang.h"
#include "op_device.h"
#include "stoker/io_queue.h"
#include "stoker/fetch.h"
#include "stoker/port/interp.h"
#include "stoker/port/posix.h"
#include "stoker/port/sim.h"
#include "stoker/ring.h"

#define OP_ECHO  8u
#define OP_TWICE 9u /* gives the slot back once before it is done */
#define SECOND   UINT64_C(1000000000)
#define TOTAL    40000u

static struct op_image image;
static uint32_t guards[OPS_SLOTS + OPS_IO]; /* guards of the workers, used where control word 159 is set */
static struct stk_ring ring;

/* Results that are made of every argument: one stale word shows. */
static uint32_t mix(const uint32_t *a) {
    uint32_t x = 1, i;
    for (i = 0; i < 8u; i++) {
        x = x * 1664525u + a[i];
    }
    return x;
}

static uint32_t op_echo(const struct stk_dev *d, const struct stk_call *c) {
    uint32_t args[8], i;
    (void)d;
    for (i = 0; i < 8u; i++) {
        args[i] = stk_arg(c, i);
    }
    stk_result(c, 0, mix(args));
    stk_result(c, 3, ~args[0]);
    return STK_SLOT_DONE;
}

static uint32_t op_twice(const struct stk_dev *d, const struct stk_call *c) {
    if (stk_arg(c, 7) == 0u) {
        stk_st(c->args + 7, 1u);
        return stk_arg(c, 0) % 2u ? STK_SLOT_REQUEUE : STK_SLOT_YIELD;
    }
    stk_st(c->args + 7, 0u);
    return op_echo(d, c);
}

static const struct stk_user_op user_ops[] = {{OP_ECHO, STK_SCALAR, op_echo}, {OP_TWICE, STK_SCALAR, op_twice}};

/// Workers ///

static void *drive_interpreter(void *arg) {
    const struct stk_interp_config config = {.user_ops = user_ops, .user_op_count = 2};
    const struct stk_device_memory memory = op_image_memory(&image);
    struct stk_interp interp;
    (void)arg;
    if (stk_interp_open(&interp, &memory, &config) != STK_OK) {
        return NULL;
    }
    while (stk_load(image.control + STK_CTL_SHUTDOWN) == 0u) {
        if (stk_interp_ops.drive(&interp, true) == 0) {
            sched_yield();
        }
    }
    return &image;
}

/* Runs one worker of two, as two work-groups of a device run. */
static void *run_worker(void *arg) {
    struct stk_dev dev = op_image_device(&image, *(const uint32_t *)arg, 2);
    dev.guards = guards;
    dev.user_ops = user_ops;
    dev.user_op_count = 2;
    while (stk_load(image.control + STK_CTL_SHUTDOWN) == 0u) {
        if (stk_reference_run(&dev, 1000, OPS_SLOTS + 1u) == 0u) {
            sched_yield();
        }
    }
    return &image;
}

struct crew {
    pthread_t thread[2];
    uint32_t number[2], count;
};

/* `bus`: the workers settle by guards who takes a slot. */
static void crew_start(struct crew *crew, uint32_t workers, uint32_t bus) {
    op_image_reset(&image);
    memset(guards, 0, sizeof guards);
    image.control[STK_CTL_NO_SHARED_ATOMICS] = bus;
    ring = (struct stk_ring){.words = image.ring, .slots = OPS_SLOTS};
    crew->count = workers;
    for (uint32_t i = 0; i < workers; i++) {
        crew->number[i] = i;
        assert_int_equal(
            pthread_create(&crew->thread[i], NULL, workers == 1u ? drive_interpreter : run_worker, &crew->number[i]),
            0);
    }
}

static void crew_stop(const struct crew *crew) {
    stk_store_release(image.control + STK_CTL_SHUTDOWN, 1u);
    for (uint32_t i = 0; i < crew->count; i++) {
        void *end = NULL;
        assert_int_equal(pthread_join(crew->thread[i], &end), 0);
        assert_ptr_equal(end, &image);
    }
}

/// The host's side ///

static struct stk_work work_of(uint32_t n, uint32_t args[8]) {
    static const uint32_t opcodes[] = {OP_ECHO, OP_TWICE, STK_OP_ATOMIC_ADD, OP_ECHO, STK_OP_PRINTF};
    struct stk_work work = {.opcode = opcodes[n % 5u], .priority = STK_PRIORITY_NORMAL, .nargs = 8, .args = args};
    for (uint32_t i = 0; i < 8u; i++) {
        args[i] = (n + 1u) * 2654435761u + i;
    }
    args[7] = 0;
    if (work.opcode == STK_OP_ATOMIC_ADD) {
        args[0] = 1;
        args[1] = STK_CTL_OBSERVABLE;
    }
    return work;
}

static void check_result(uint32_t n, uint32_t at) {
    uint32_t args[8];
    const struct stk_work work = work_of(n, args);
    struct stk_slot slot;
    assert_int_equal(stk_ring_read(&ring, at, &slot), STK_OK);
    assert_int_equal(slot.opcode, work.opcode);
    if (work.opcode != OP_ECHO && work.opcode != OP_TWICE) {
        return;
    }
    assert_int_equal(slot.args[STK_RESULT_ARG], mix(args));
    assert_int_equal(slot.args[STK_RESULT_ARG + 3u], ~args[0]);
}

static void publish_and_harvest(uint32_t workers, uint32_t bus) {
    struct crew crew;
    uint32_t published = 0, harvested = 0;
    uint64_t start = stk_posix_platform_ops.now_ns(NULL);
    crew_start(&crew, workers, bus);
    while (harvested < TOTAL) {
        uint32_t at = harvested % OPS_SLOTS, args[8];
        while (published < TOTAL && published - harvested < OPS_SLOTS) {
            const struct stk_work work = work_of(published, args);
            assert_int_equal(stk_ring_publish(&ring, published++ % OPS_SLOTS, &work), STK_OK);
        }
        if (stk_ring_status(&ring, at) == (int)STK_SLOT_DONE) {
            check_result(harvested++, at);
        } else {
            assert_int_not_equal(stk_ring_status(&ring, at), (int)STK_SLOT_FAULT);
            assert_true(stk_posix_platform_ops.now_ns(NULL) - start < HANG_NS);
            sched_yield();
        }
    }
    crew_stop(&crew);
    assert_int_equal(image.control[STK_CTL_DONE_COUNT], TOTAL);
    assert_int_equal(image.control[STK_CTL_FAULT_COUNT], 0);
    assert_int_equal(image.control[STK_CTL_OBSERVABLE], OPS_OBSERVABLE(STK_CTL_OBSERVABLE) + TOTAL / 5u);
    assert_int_equal(image.control[STK_CTL_METRICS + OP_ECHO], TOTAL / 5u * 2u);
    assert_int_equal(image.control[STK_CTL_METRICS + OP_TWICE], TOTAL / 5u);
    assert_int_equal(image.debug[STK_DEBUG_CURSOR_WORD], OPS_RECORDS * STK_DEBUG_RECORD_WORDS);
}

static void interpreter_on_another_thread_loses_nothing(void **state) {
    (void)state;
    publish_and_harvest(1, 0);
}

static void two_workers_on_two_threads_run_each_slot_once(void **state) {
    (void)state;
    publish_and_harvest(2, 0);
}

static void two_workers_behind_a_bus_run_each_slot_once(void **state) {
    (void)state;
    publish_and_harvest(2, 1);
}

/* Completes what the workers asked for and wakes the slots that wait for it. */
static void serve(struct stk_io_queue *io) {
    struct stk_io_request requests[OPS_IO];
    int n = stk_io_queue_claim(io, requests, OPS_IO);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        const struct stk_io_result done = {.slot = requests[i].slot, .ok = requests[i].src % 3u != 0u, .error = 5};
        assert_int_equal(requests[i].src, requests[i].tag + 100u);
        assert_int_equal(stk_io_queue_complete(io, &done, 1, NULL), STK_OK);
        assert_int_equal(stk_ring_transition(&ring, requests[i].tag, STK_TO_REQUEUE), (int)STK_SLOT_WAIT_IO);
    }
}

static void serve_load_misses(uint32_t bus) {
    struct stk_io_queue io = {.words = image.io, .slots = OPS_IO};
    struct crew crew;
    uint32_t over = 0, at = 0;
    uint64_t start = stk_posix_platform_ops.now_ns(NULL);
    crew_start(&crew, 2, bus);
    for (at = 0; at < OPS_SLOTS; at++) {
        assert_int_equal(stk_ring_publish_load_miss(&ring, at, 0, 100u + at, 0), STK_OK);
    }
    for (; over < 5000u; at++) {
        uint32_t slot = at % OPS_SLOTS;
        int status = stk_ring_status(&ring, slot);
        serve(&io);
        if (stk_status_ended((uint32_t)status)) {
            assert_int_equal(status, (100u + slot) % 3u != 0u ? (int)STK_SLOT_DONE : (int)STK_SLOT_FAULT);
            if (status == (int)STK_SLOT_FAULT) {
                assert_int_equal(stk_ring_transition(&ring, slot, STK_TO_ACK), (int)STK_SLOT_FAULT);
            }
            assert_int_equal(stk_ring_publish_load_miss(&ring, slot, 0, 100u + slot, 0), STK_OK);
            over++;
        }
        assert_true(stk_posix_platform_ops.now_ns(NULL) - start < HANG_NS);
    }
    crew_stop(&crew);
}

static void load_misses_are_served_while_the_workers_run(void **state) {
    (void)state;
    serve_load_misses(0);
    serve_load_misses(1);
}

/* Does nothing, since the workers run in threads of their own. */
static int drive_nothing(void *ctx, bool pending) {
    (void)ctx;
    (void)pending;
    return 0;
}

static bool no_workers(void *ctx) {
    (void)ctx;
    return false;
}

#define SOURCE_BYTES 64u
#define RESOURCES    6u /* resources that slots ask for; the first four are in the table */

static void start_service(struct stk_fetch *miss, struct stk_sim_ingest *ingest, struct stk_ingest_port *port,
                          struct stk_arena *arena) {
    static const struct stk_dispatch_ops dispatch = {
        .name = "threads", .drive = drive_nothing, .has_workers = no_workers};
    static const uint8_t source[SOURCE_BYTES];
    const struct stk_sim_ingest_config slow = {.depth = 2, .sources = 1, .delay = 1, .seed = 7};
    const struct stk_fetch_config config = {.memory = op_image_memory(&image),
                                            .dispatch = {&dispatch, NULL},
                                            .ingest = port,
                                            .platform = {&stk_posix_platform_ops, NULL}};
    assert_int_equal(stk_sim_ingest_init(ingest, &slow, arena), STK_OK);
    assert_int_equal(stk_sim_ingest_add(ingest, source, sizeof source, false), 0);
    assert_int_equal(stk_fetch_init(miss, &config, arena), STK_OK);
    for (uint32_t i = 0; i < 4u; i++) {
        const struct stk_fetch_resource row = {
            .resource = i, .bytes = SOURCE_BYTES, .dst = i * SOURCE_BYTES, .tenants = 1, .prefetch = 1};
        assert_int_equal(stk_fetch_register(miss, &row), STK_OK);
    }
}

/* Two workers, and a host that serves, publishes again what ended, and cancels. */
static void service_serves_and_cancels_while_the_workers_run(void **state) {
    static _Alignas(64) uint8_t memory[8192];
    uint64_t start = stk_posix_platform_ops.now_ns(NULL);
    uint32_t over = 0, cancelled = 0, at;
    struct stk_arena arena;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port = {.ops = &stk_sim_ingest_ops, .ctx = &ingest};
    struct stk_fetch miss;
    struct crew crew;
    (void)state;
    crew_start(&crew, 2, 0);
    stk_arena_init(&arena, memory, sizeof memory);
    start_service(&miss, &ingest, &port, &arena);
    for (at = 0; over < 2000u || cancelled < 50u; at++) {
        uint32_t slot = at % OPS_SLOTS;
        int status = stk_ring_status(&ring, slot);
        assert_true(stk_fetch_poll(&miss, 0) >= 0);
        if (at % 7u == 0u && stk_fetch_cancel(&miss, slot) >= 0) {
            cancelled++;
            status = STK_SLOT_EMPTY;
        }
        if (status == (int)STK_SLOT_FAULT) {
            assert_int_equal(stk_load(op_slot(&image, slot) + STK_SLOT_ARG0 + STK_FAULT_REASON_ARG), STK_REASON_IO);
            assert_true(stk_load(op_slot(&image, slot) + STK_SLOT_ARG0) >= 4u);
            assert_int_equal(stk_ring_transition(&ring, slot, STK_TO_ACK), (int)STK_SLOT_FAULT);
        }
        if (status == (int)STK_SLOT_DONE) {
            assert_true(stk_load(op_slot(&image, slot) + STK_SLOT_ARG0) < 4u);
        }
        if (!stk_status_unfinished((uint32_t)status)) {
            assert_int_equal(stk_ring_publish_load_miss(&ring, slot, 0, at % RESOURCES, at % 3u == 0u), STK_OK);
            over += status != (int)STK_SLOT_EMPTY;
        }
        assert_true(stk_posix_platform_ops.now_ns(NULL) - start < HANG_NS);
    }
    crew_stop(&crew);
    assert_int_equal(stk_fetch_close(&miss, 10 * SECOND), STK_OK);
    assert_true(miss.stats.asked == miss.stats.served + miss.stats.refused + miss.stats.failed + miss.stats.cancelled);
}

static void fences_of_batches_pass_after_their_items(void **state) {
    const uint32_t add[] = {1, STK_CTL_OBSERVABLE + 9u};
    const struct stk_work item = {
        .opcode = STK_OP_ATOMIC_ADD, .priority = STK_PRIORITY_NORMAL, .nargs = 2, .args = add};
    const struct stk_work items[] = {item, item, item, item, item, item, item};
    struct crew crew;
    uint32_t round;
    (void)state;
    crew_start(&crew, 2, 0);
    for (round = 0; round < 3000u; round++) {
        uint32_t start = round % 2u * 8u;
        uint64_t begin = stk_posix_platform_ops.now_ns(NULL);
        assert_int_equal(stk_ring_publish_batch(&ring, start, 0, items, 7, round, NULL), 8);
        while (stk_ring_status(&ring, start + 7u) != (int)STK_SLOT_DONE) {
            assert_true(stk_posix_platform_ops.now_ns(NULL) - begin < HANG_NS);
            sched_yield();
        }
        /* The fence is the last to end, so all of the batch is seen. */
        assert_int_equal(stk_load(image.control + STK_CTL_EPOCH), round + 1u);
        assert_int_equal(stk_load(image.control + STK_CTL_OBSERVABLE), round);
        assert_int_equal(stk_load(image.control + add[1]) - OPS_OBSERVABLE(add[1]), 7u * (round + 1u));
        assert_int_equal(stk_ring_count_done(&ring, OPS_SLOTS), round == 0 ? 8 : 16);
    }
    crew_stop(&crew);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interpreter_on_another_thread_loses_nothing),
        cmocka_unit_test(two_workers_on_two_threads_run_each_slot_once),
        cmocka_unit_test(two_workers_behind_a_bus_run_each_slot_once),
        cmocka_unit_test(load_misses_are_served_while_the_workers_run),
        cmocka_unit_test(service_serves_and_cancels_while_the_workers_run),
        cmocka_unit_test(fences_of_batches_pass_after_their_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
