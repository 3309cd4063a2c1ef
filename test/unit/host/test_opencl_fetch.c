/* Load misses of an OpenCL device in each mode, served from a real file: by the reader that every system has, and by
 * io_uring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host_file.h"
#include "opencl_rig.h"
#include "stoker/fetch.h"
#include "stoker/port/uring.h"

#define SLOTS     16u
#define IO_SLOTS  4u
#define RESOURCES 24u
#define BYTES     3000u
#define PLACE     4096u /* payload bytes from one resource to the next */
#define MISSES    times(240, 75)
#define ABSENT    1000u /* a resource that the table has not */

static struct stk_opencl cl;
static const struct way *way;
static struct stk_posix_reader reader;
static struct stk_uring uring;
static struct stk_fetch miss;
static struct stk_ring ring;
static uint32_t served, sums;

static uint64_t file_offset(uint32_t resource) {
    return resource * 70001u;
}

/// Set-up ///

/* The last resource reaches beyond the end of the file. */
static void allow_all(uint32_t source) {
    for (uint32_t i = 0; i < RESOURCES; i++) {
        const struct stk_fetch_resource row = {.resource = i,
                                               .source = source,
                                               .offset = file_offset(i),
                                               .bytes = BYTES,
                                               .dst = i * PLACE,
                                               .tenants = 1,
                                               .prefetch = i % 3u == 0u};
        assert_int_equal(stk_fetch_register(&miss, &row), STK_OK);
    }
}

static void start(struct stk_ingest_port *port, uint32_t source, struct stk_arena *arena) {
    const struct stk_fetch_config config = {.memory = cl.memory,
                                            .dispatch = {&stk_opencl_ops, &cl},
                                            .ingest = port,
                                            .platform = {&stk_posix_platform_ops, NULL},
                                            .resources = RESOURCES};
    assert_int_equal(stk_fetch_init(&miss, &config, arena), STK_OK);
    allow_all(source);
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
    served = sums = 0;
}

static void open_device(uint32_t lanes, uint32_t workers) {
    const struct stk_opencl_config config = {
        .slots = SLOTS, .io_slots = IO_SLOTS, .payload_bytes = RESOURCES * PLACE, .lanes = lanes, .workers = workers};
    if (!rig_open(&cl, &config, way)) {
        skip();
    }
}

/// Slots: even ones ask, odd ones add up what the one before them has brought ///

static void publish_sum(uint32_t slot, uint32_t resource) {
    const uint32_t args[] = {resource * PLACE, BYTES};
    const struct stk_work work = {STK_OP_SUM64, 0, STK_PRIORITY_NORMAL, 2, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

static uint64_t sum_of(uint32_t resource) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < BYTES; i++) {
        sum += (uint64_t)pattern_at(file_offset(resource) + i) << (8u * (i & 3u));
    }
    return sum;
}

static void check_load_miss(uint32_t slot, uint32_t resource, const struct stk_slot *end) {
    uint32_t code = resource >= RESOURCES ? STK_FETCH_CODE(STK_E_NOENT) : STK_FETCH_CODE(STK_E_SHORT);
    if (resource < RESOURCES - 1u) {
        if (end->status != STK_SLOT_DONE) {
            fail_msg("%s: resource %u: fault %u, %u", way->name, (unsigned)resource,
                     (unsigned)end->args[STK_FAULT_REASON_ARG], (unsigned)end->args[STK_FAULT_VALUE_ARG]);
        }
        assert_true(pattern_matches(cl.memory.payload + resource * PLACE, file_offset(resource), BYTES));
        publish_sum(slot + 1u, resource);
        return;
    }
    assert_int_equal(end->status, STK_SLOT_FAULT);
    assert_int_equal(end->args[STK_FAULT_REASON_ARG], STK_REASON_IO);
    assert_int_equal(end->args[STK_FAULT_VALUE_ARG], code);
    assert_int_equal(stk_ring_transition(&ring, slot, STK_TO_ACK), (int)STK_SLOT_FAULT);
    sums++; /* there is nothing to add up */
}

static void check_sum(uint32_t resource, const struct stk_slot *end) {
    uint64_t sum = sum_of(resource);
    assert_int_equal(end->status, STK_SLOT_DONE);
    assert_int_equal(end->args[STK_RESULT_ARG], (uint32_t)sum);
    assert_int_equal(end->args[STK_RESULT_ARG + 1], (uint32_t)(sum >> 32));
    sums++;
}

static uint32_t resource_of(uint32_t n) {
    uint32_t resource = n * 7u % (RESOURCES + 1u);
    return resource == RESOURCES ? ABSENT : resource;
}

/* One pair of slots: `*asked` is the number of its miss, `*stage` 0 idle, 1 asked, 2 being added up. */
static void move_pair(uint32_t pair, uint32_t *asked, uint32_t *stage, uint32_t *next) {
    uint32_t slot = 2u * pair + (*stage == 2u), resource;
    struct stk_slot end;
    if (*stage == 0u) {
        if (*next < MISSES) {
            *asked = (*next)++;
            resource = resource_of(*asked);
            assert_int_equal(stk_ring_publish_load_miss(&ring, slot, 0, resource, resource % 3u == 0u && *asked % 2u),
                             STK_OK);
            *stage = 1;
        }
        return;
    }
    assert_int_equal(stk_ring_read(&ring, slot, &end), STK_OK);
    if (!stk_status_ended(end.status)) {
        return;
    }
    resource = resource_of(*asked);
    if (*stage == 1u) {
        served++;
        check_load_miss(slot, resource, &end);
        *stage = resource < RESOURCES - 1u ? 2 : 0;
    } else {
        check_sum(resource, &end);
        *stage = 0;
    }
}

static void run_all(void) {
    uint32_t asked[SLOTS / 2u] = {0}, stage[SLOTS / 2u] = {0}, next = 0;
    uint64_t start_ns = rig_now();
    while (sums < MISSES) {
        int ended;
        for (uint32_t pair = 0; pair < SLOTS / 2u; pair++) {
            move_pair(pair, &asked[pair], &stage[pair], &next);
        }
        assert_true(stk_opencl_ops.drive(&cl, true) >= 0);
        ended = stk_fetch_poll(&miss, 0);
        if (ended < 0) {
            fail_msg("%s: %s: %s", way->name, stk_err_name(ended), cl.reason);
        }
        if (rig_now() - start_ns > HANG_NS) {
            fail_msg("%s: %u misses and %u sums ended, %u in flight", way->name, (unsigned)served, (unsigned)sums,
                     (unsigned)stk_fetch_in_flight(&miss));
        }
    }
    assert_int_equal(served, MISSES);
    assert_int_equal(miss.stats.asked, MISSES);
    assert_true(miss.stats.served + miss.stats.refused + miss.stats.failed == MISSES);
    assert_true(miss.stats.refused >= MISSES / 25u && miss.stats.failed >= MISSES / 25u && miss.stats.cancelled == 0u);
    assert_int_equal(stk_fetch_close(&miss, 20 * SECOND), STK_OK);
}

/// Tests ///

static _Alignas(64) uint8_t memory[65536];

static void misses_are_read_by_the_posix_reader(void **state) {
    int fd = pattern_file((size_t)file_offset(RESOURCES - 1u) + 100u), source;
    struct stk_arena arena;
    (void)state;
    assert_true(fd >= 0);
    open_device(1, 1);
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_posix_reader_open(&reader, NULL, &arena), STK_OK);
    source = stk_posix_reader_add_file(&reader, fd, 0);
    assert_true(source >= 0);
    start(&(struct stk_ingest_port){.ops = &stk_posix_reader_ops, .ctx = &reader}, (uint32_t)source, &arena);
    run_all();
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    close(fd);
}

static void misses_are_read_by_io_uring(void **state) {
    int fd = pattern_file((size_t)file_offset(RESOURCES - 1u) + 100u), source, err;
    struct stk_uring_config config = {.flags = STK_URING_PLAIN};
    struct stk_arena arena;
    (void)state;
    assert_true(fd >= 0);
    open_device(8, 2);
    stk_arena_init(&arena, memory, sizeof memory);
    config.memory = cl.memory.payload;
    config.memory_bytes = cl.memory.payload_bytes;
    err = stk_uring_open(&uring, &config, &arena);
    if (err == STK_OK) {
        source = stk_uring_add_file(&uring, fd, 0);
        assert_true(source >= 0);
        start(&(struct stk_ingest_port){.ops = &stk_uring_ops, .ctx = &uring}, (uint32_t)source, &arena);
        run_all();
        assert_int_equal(stk_uring_close(&uring, 20 * SECOND), STK_OK);
    }
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    close(fd);
    if (err != STK_OK) {
        assert_int_equal(err, STK_E_UNSUPPORTED);
        skip_without("io_uring");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misses_are_read_by_the_posix_reader),
        cmocka_unit_test(misses_are_read_by_io_uring),
    };
    int failed = 0;
    for (size_t i = 0; i < WAYS; i++) {
        way = &ways[i];
        failed += rig_goes(i) ? cmocka_run_group_tests_name(way->name, tests, NULL, NULL) : 0;
    }
    return failed;
}
