/* Reads, writes and fences that slots on an OpenCL device ask for, in each mode, on a real file: through the reader
 * that every system has, and through io_uring. Requests that no handle allows, from a handler that checks nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "host_file.h"
#include "opencl_rig.h"
#include "stoker/fetch.h"
#include "stoker/port/uring.h"

#define SLOTS      16u
#define IO_SLOTS   4u
#define PAYLOAD    65536u
#define FILE_BYTES 65536u
#define START      4096u /* the handle's range in the file begins here, and in the payload at HANDLE_AT */
#define LENGTH     32768u
#define HANDLE_AT  16384u
#define WRITES     times(64, 24)
#define CHUNK      500u

#define OP_IO   0x20001u /* arguments: 0 op, 1 handle, 3 and 4 offset, 5 payload byte, 6 bytes */
#define OP_RAW  0x20002u /* 0 op, 1 src, 3 and 4 offset, 5 dst, 6 bytes. Results: code, bytes moved */
#define OP_COPY 0x20003u /* 0 from, 1 to, 3 bytes: reads, writes and fences in one slot */

#define FILE_HANDLE 5u
#define READ_HANDLE 6u
#define FULL_HANDLE 7u

/* The text of the handlers; `#` keeps its tokens as they are. */
#define TEXT(...) #__VA_ARGS__
static const char handlers[] = TEXT(
    STK_FN stk_u32 user_io(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 op = stk_arg(c, 0), handle = stk_arg(c, 1), at = stk_arg(c, 5), bytes = stk_arg(c, 6);
        stk_u64 offset = stk_arg(c, 3) | (stk_u64)stk_arg(c, 4) << 32;
        return op == STK_IO_OP_READ    ? stk_io_read(d, c, handle, offset, at, bytes)
               : op == STK_IO_OP_WRITE ? stk_io_write(d, c, handle, offset, at, bytes)
                                       : stk_io_fence(d, c, handle);
    }

    STK_FN stk_u32 user_raw(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 code = 0, moved = 0, status;
        struct stk_io_ask ask;
        ask.op = stk_arg(c, 0);
        ask.src = stk_arg(c, 1);
        ask.dst = stk_arg(c, 5);
        ask.bytes = stk_arg(c, 6);
        ask.offset = stk_arg(c, 3) | (stk_u64)stk_arg(c, 4) << 32;
        status = stk_io_outcome(d, c, &ask, STK_IO_TICKET, &code, &moved);
        if (status == STK_SLOT_DONE) {
            stk_result(c, 0, code);
            stk_result(c, 1, moved);
        }
        return status;
    }

    STK_FN stk_u32 user_copy(const struct stk_dev *d, const struct stk_call *c) {
        stk_u32 step = stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG), status = STK_SLOT_DONE;
        stk_u32 from = stk_arg(c, 0), to = stk_arg(c, 1), bytes = stk_arg(c, 3);
        for (; step < 3u; step++) {
            status = step == 0u   ? stk_io_read(d, c, 5u, from, 16384u + from, bytes)
                     : step == 1u ? stk_io_write(d, c, 5u, to, 16384u + from, bytes)
                                  : stk_io_fence(d, c, 5u);
            if (status != STK_SLOT_DONE) {
                return status;
            }
            stk_result(c, 0, step + 1u);
        }
        return status;
    });

static const struct stk_opencl_piece pieces[] = {
    {"io_handlers.cl", handlers, OP_IO, "user_io", STK_SCALAR},
    {"raw", NULL, OP_RAW, "user_raw", STK_SCALAR},
    {"copy", NULL, OP_COPY, "user_copy", STK_SCALAR},
};
static const struct stk_opencl_cost costs[] = {
    {OP_IO, "stk_cost_none"}, {OP_RAW, "stk_cost_none"}, {OP_COPY, "stk_cost_none"}};

static struct stk_opencl cl;
static const struct way *way;
static struct stk_posix_reader reader;
static struct stk_uring uring;
static bool by_uring;
static struct stk_fetch service;
static struct stk_ingest_port port;
static struct stk_ring ring;
static _Alignas(64) uint8_t memory[65536];
static int file_fd, full_fd;

/// Set-up ///

static int add_source(int fd) {
    return by_uring ? stk_uring_add_file(&uring, fd, 0) : stk_posix_reader_add_file(&reader, fd, 0);
}

static void grant(uint32_t handle, int source, uint32_t rights) {
    const struct stk_fetch_handle row = {.handle = handle,
                                         .source = (uint32_t)source,
                                         .offset = START,
                                         .bytes = LENGTH,
                                         .payload = HANDLE_AT,
                                         .payload_bytes = LENGTH,
                                         .tenants = 1,
                                         .rights = rights};
    assert_true(source >= 0);
    assert_int_equal(stk_fetch_grant(&service, &row), STK_OK);
}

static void open_reader(struct stk_arena *arena) {
    const struct stk_uring_config config = {
        .flags = STK_URING_PLAIN, .memory = cl.memory.payload, .memory_bytes = cl.memory.payload_bytes};
    int err = by_uring ? stk_uring_open(&uring, &config, arena) : stk_posix_reader_open(&reader, NULL, arena);
    if (err != STK_OK) {
        assert_int_equal(err, STK_E_UNSUPPORTED);
        assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
        skip_without("io_uring");
    }
    port = by_uring ? (struct stk_ingest_port){.ops = &stk_uring_ops, .ctx = &uring}
                    : (struct stk_ingest_port){.ops = &stk_posix_reader_ops, .ctx = &reader};
}

#if defined(__aarch64__)
#define LANES 1u /* PoCL 3.1 for arm64 crashes on a program with pieces and several lanes */
#else
#define LANES 8u
#endif

static void open_all(void) {
    const struct stk_opencl_config config = {.slots = SLOTS,
                                             .io_slots = IO_SLOTS,
                                             .payload_bytes = PAYLOAD,
                                             .lanes = by_uring ? LANES : 1u,
                                             .workers = by_uring ? 2u : 1u,
                                             .pieces = pieces,
                                             .piece_count = 3,
                                             .costs = costs,
                                             .cost_count = 3};
    struct stk_arena arena;
    int source;
    if (!rig_open(&cl, &config, way)) {
        skip();
    }
    stk_arena_init(&arena, memory, sizeof memory);
    open_reader(&arena);
    const struct stk_fetch_config service_config = {.memory = cl.memory,
                                                    .dispatch = {&stk_opencl_ops, &cl},
                                                    .ingest = &port,
                                                    .platform = {&stk_posix_platform_ops, NULL}};
    assert_int_equal(stk_fetch_init(&service, &service_config, &arena), STK_OK);
    file_fd = pattern_file(FILE_BYTES);
    full_fd = open("/dev/full", O_RDWR);
    assert_true(file_fd >= 0 && full_fd >= 0);
    source = add_source(file_fd);
    grant(FILE_HANDLE, source, STK_IO_MAY_READ | STK_IO_MAY_WRITE | STK_IO_MAY_FENCE);
    grant(READ_HANDLE, source, STK_IO_MAY_READ);
    grant(FULL_HANDLE, add_source(full_fd), STK_IO_MAY_WRITE);
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
}

static void close_all(void) {
    assert_int_equal(stk_fetch_close(&service, 20 * SECOND), STK_OK);
    if (by_uring) {
        assert_int_equal(stk_uring_close(&uring, 20 * SECOND), STK_OK);
    }
    assert_int_equal(stk_opencl_close(&cl, 20 * SECOND), STK_OK);
    (void)close(file_fd);
    (void)close(full_fd);
}

/// Slots ///

static void publish(uint32_t slot, uint32_t opcode, uint32_t op, uint32_t a, uint64_t offset, uint32_t b,
                    uint32_t bytes) {
    const uint32_t args[] = {op, a, 0, (uint32_t)offset, (uint32_t)(offset >> 32), b, bytes, 0, 0, 0, 0, 0};
    const struct stk_work work = {opcode, 0, STK_PRIORITY_NORMAL, 12, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

/* Serves I/O requests until slot `slot` has ended, and returns a copy of the slot. */
static struct stk_slot end_of(uint32_t slot) {
    uint64_t start = rig_now();
    struct stk_slot end;
    for (;;) {
        int served = stk_fetch_poll(&service, 0);
        if (served < 0 || stk_opencl_ops.drive(&cl, true) < 0) {
            fail_msg("%s: %s: %s", way->name, stk_err_name(served), cl.reason);
        }
        assert_int_equal(stk_ring_read(&ring, slot, &end), STK_OK);
        if (stk_status_ended(end.status)) {
            return end;
        }
        if (rig_now() - start > HANG_NS) {
            fail_msg("%s: slot %u is in status %u, %u in flight", way->name, (unsigned)slot, (unsigned)end.status,
                     (unsigned)stk_fetch_in_flight(&service));
        }
    }
}

static void expect_done(uint32_t slot) {
    struct stk_slot end = end_of(slot);
    if (end.status != STK_SLOT_DONE) {
        fail_msg("%s: slot %u: fault %u, %u", way->name, (unsigned)slot, (unsigned)end.args[STK_FAULT_REASON_ARG],
                 (unsigned)end.args[STK_FAULT_VALUE_ARG]);
    }
}

static void expect_fault(uint32_t slot, uint32_t code) {
    struct stk_slot end = end_of(slot);
    assert_int_equal(end.status, STK_SLOT_FAULT);
    assert_int_equal(end.args[STK_FAULT_REASON_ARG], STK_REASON_IO);
    assert_int_equal(end.args[STK_FAULT_VALUE_ARG], code);
    assert_int_equal(stk_ring_transition(&ring, slot, STK_TO_ACK), (int)STK_SLOT_FAULT);
}

static void assert_file_holds(uint64_t at, uint64_t pattern, uint32_t bytes) {
    static uint8_t got[FILE_BYTES];
    assert_int_equal(pread(file_fd, got, bytes, (off_t)at), bytes);
    assert_true(pattern_matches(got, pattern, bytes));
}

/// Tests ///

static void slots_read_write_and_fence_a_file(void) {
    publish(0, OP_IO, STK_IO_OP_READ, FILE_HANDLE, 100, HANDLE_AT, 3000);
    expect_done(0);
    assert_true(pattern_matches(cl.memory.payload + HANDLE_AT, START + 100, 3000));
    publish(1, OP_IO, STK_IO_OP_WRITE, FILE_HANDLE, 20000, HANDLE_AT, 3000);
    expect_done(1);
    publish(2, OP_IO, STK_IO_OP_FENCE, FILE_HANDLE, 0, 0, 0);
    expect_done(2);
    assert_file_holds(START + 20000, START + 100, 3000);
    assert_file_holds(START + 19000, START + 19000, 1000);
    assert_file_holds(START + 23000, START + 23000, 1000);
}

static void a_slot_copies_a_file_in_several_steps(void) {
    const uint32_t args[] = {200, 8000, 0, 1500, 0, 0, 0, 0, 0, 0, 0, 0};
    const struct stk_work work = {OP_COPY, 0, STK_PRIORITY_NORMAL, 12, args};
    assert_int_equal(stk_ring_publish(&ring, 3, &work), STK_OK);
    expect_done(3);
    assert_file_holds(START + 8000, START + 200, 1500);
}

/* More slots than I/O slots, so some wait for a free one. */
static void many_slots_write_at_once(void) {
    for (uint32_t first = 0; first < WRITES; first += SLOTS - 1u) {
        uint32_t n = WRITES - first < SLOTS - 1u ? WRITES - first : SLOTS - 1u;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t at = (first + i) * CHUNK;
            pattern_fill(cl.memory.payload + HANDLE_AT + at, 70000u + at, CHUNK);
            publish(i, OP_IO, STK_IO_OP_WRITE, FILE_HANDLE, at, HANDLE_AT + at, CHUNK);
        }
        publish(SLOTS - 1u, OP_IO, STK_IO_OP_FENCE, FILE_HANDLE, 0, 0, 0);
        for (uint32_t i = 0; i < n; i++) {
            expect_done(i);
        }
        expect_done(SLOTS - 1u);
    }
    assert_file_holds(START, 70000u, WRITES * CHUNK);
}

static void hostile_requests_reach_nothing(void) {
    static const struct {
        uint32_t op, src, dst;
        uint64_t offset;
        uint32_t bytes;
        int err;
    } bad[] = {
        {STK_IO_OP_READ, 99, HANDLE_AT, 0, 10, STK_E_NOENT},
        {STK_IO_OP_WRITE, HANDLE_AT, 99, 0, 10, STK_E_NOENT},
        {STK_IO_OP_FENCE, 0, 99, 0, 0, STK_E_NOENT},
        {STK_IO_OP_WRITE, HANDLE_AT, READ_HANDLE, 0, 10, STK_E_ACCESS},
        {STK_IO_OP_FENCE, 0, READ_HANDLE, 0, 0, STK_E_ACCESS},
        {STK_IO_OP_READ, FULL_HANDLE, HANDLE_AT, 0, 10, STK_E_ACCESS},
        {STK_IO_OP_READ, FILE_HANDLE, HANDLE_AT, UINT64_MAX - 4u, 10, STK_E_RANGE},
        {STK_IO_OP_WRITE, HANDLE_AT, FILE_HANDLE, UINT64_MAX - START + 1u, START, STK_E_RANGE},
        {STK_IO_OP_WRITE, HANDLE_AT, FILE_HANDLE, LENGTH - 9u, 10, STK_E_RANGE},
        {STK_IO_OP_READ, FILE_HANDLE, 0, 0, 10, STK_E_RANGE},
        {STK_IO_OP_READ, FILE_HANDLE, UINT32_MAX, 0, 10, STK_E_RANGE},
        {STK_IO_OP_READ, FILE_HANDLE, HANDLE_AT, 0, UINT32_MAX, STK_E_RANGE},
        {STK_IO_OP_READ, FILE_HANDLE, HANDLE_AT, 0, 0, STK_E_FORMAT},
        {77, FILE_HANDLE, FILE_HANDLE, 0, 10, STK_E_FORMAT},
    };
    static uint8_t before[PAYLOAD];
    struct stk_ingest_stats at_first, at_last;
    memcpy(before, cl.memory.payload, PAYLOAD);
    port.ops->stats(port.ctx, &at_first);
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        publish(i, OP_RAW, bad[i].op, bad[i].src, bad[i].offset, bad[i].dst, bad[i].bytes);
    }
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct stk_slot end = end_of(i);
        assert_int_equal(end.status, STK_SLOT_DONE);
        assert_int_equal(end.args[STK_RESULT_ARG], STK_FETCH_CODE(bad[i].err));
    }
    port.ops->stats(port.ctx, &at_last);
    assert_memory_equal(&at_first, &at_last, sizeof at_last);
    assert_memory_equal(cl.memory.payload, before, PAYLOAD);
}

static void a_write_that_fails_faults_its_own_slot(void) {
    pattern_fill(cl.memory.payload + HANDLE_AT, 5, 1000);
    publish(0, OP_IO, STK_IO_OP_WRITE, FULL_HANDLE, 0, HANDLE_AT, 1000);
    publish(1, OP_IO, STK_IO_OP_WRITE, FILE_HANDLE, 30000, HANDLE_AT, 1000);
    publish(2, OP_IO, STK_IO_OP_READ, FILE_HANDLE, 0, HANDLE_AT + 2000u, 100);
    expect_fault(0, ENOSPC);
    expect_done(1);
    expect_done(2);
    assert_file_holds(START + 30000, 5, 1000);
}

static void run(void) {
    open_all();
    slots_read_write_and_fence_a_file();
    a_slot_copies_a_file_in_several_steps();
    many_slots_write_at_once();
    hostile_requests_reach_nothing();
    a_write_that_fails_faults_its_own_slot();
    assert_int_equal(service.stats.cancelled, 0);
    close_all();
}

static void through_the_posix_reader(void **state) {
    (void)state;
    by_uring = false;
    run();
}

static void through_io_uring(void **state) {
    (void)state;
    by_uring = true;
    run();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_the_posix_reader),
        cmocka_unit_test(through_io_uring),
    };
    int failed = 0;
    for (size_t i = 0; i < WAYS; i++) {
        way = &ways[i];
        failed += rig_goes(i) ? cmocka_run_group_tests_name(way->name, tests, NULL, NULL) : 0;
    }
    return failed;
}
