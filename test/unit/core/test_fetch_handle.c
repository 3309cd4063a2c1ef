/* Reads, writes and fences that slots ask for through handles: what they may do, in which order, and what becomes of
 * requests that are refused, fail, or are not waited for any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fetch_world.h"
#include "stoker/device_loss.h"
#include "stoker/kernel/cost.h"
#include "stoker/kernel/io.h"

#define OP_IO     0x20001u
#define OP_COPY   0x20002u
#define FILE_SIZE 2000u

/* Handles of the table: BOTH has all rights on bytes 100 to 1099 of the file and payload bytes 1024 to 2047. */
#define BOTH       40u
#define READ_ONLY  41u
#define WRITE_ONLY 42u
#define ALIGNED    43u /* to 64 bytes */
#define NO_FILE    44u /* its source takes no writes */
#define OFFSET     100u
#define LENGTH     1000u
#define HANDLE_AT  1024u

static uint8_t file[FILE_SIZE];
static uint32_t to; /* number of the file in the ingest port */

/// Handlers ///

/* Arguments: 0 op, 1 handle, 2 the ticket, 3 and 4 offset, 5 payload byte, 6 bytes. */
static stk_u32 op_io(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 op = stk_arg(c, 0), handle = stk_arg(c, 1), at = stk_arg(c, 5), bytes = stk_arg(c, 6);
    stk_u64 offset = stk_arg(c, 3) | (stk_u64)stk_arg(c, 4) << 32;
    return op == STK_IO_OP_READ    ? stk_io_read(d, c, handle, offset, at, bytes)
           : op == STK_IO_OP_WRITE ? stk_io_write(d, c, handle, offset, at, bytes)
                                   : stk_io_fence(d, c, handle);
}

/* Reads 100 bytes, writes them 500 bytes further on, and waits until they are kept; result 1 is the step. */
static stk_u32 op_copy(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 step = stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG + 1u), status;
    for (; step < 3u; step++) {
        status = step == 0u   ? stk_io_read(d, c, BOTH, 0, HANDLE_AT, 100)
                 : step == 1u ? stk_io_write(d, c, BOTH, 500, HANDLE_AT, 100)
                              : stk_io_fence(d, c, BOTH);
        if (status != STK_SLOT_DONE) {
            return status;
        }
        stk_result(c, 1, step + 1u);
    }
    return STK_SLOT_DONE;
}

static const struct stk_user_op ops[] = {{OP_IO, STK_SCALAR, op_io}, {OP_COPY, STK_SCALAR, op_copy}};
static const struct stk_user_cost costs[] = {{OP_IO, stk_cost_none}, {OP_COPY, stk_cost_none}};

/// The world ///

static void grant(uint32_t handle, uint32_t source, uint32_t rights, uint32_t align) {
    const struct stk_fetch_handle row = {.handle = handle,
                                         .source = source,
                                         .offset = align != 0u ? 0u : OFFSET,
                                         .bytes = LENGTH,
                                         .payload = HANDLE_AT,
                                         .payload_bytes = HANDLE_AT,
                                         .tenants = READERS,
                                         .rights = rights,
                                         .align = align};
    assert_int_equal(stk_fetch_grant(&w.fetch, &row), STK_OK);
}

static void io_world(const struct stk_sim_ingest_config *ingest, uint32_t io_slots) {
    const struct stk_interp_config interp = {
        .turns = 4u * SLOTS, .user_ops = ops, .user_op_count = 2, .costs = costs, .cost_count = 2};
    world_parts(ingest, io_slots);
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, &interp), STK_OK);
    for (uint32_t i = 0; i < FILE_SIZE; i++) {
        file[i] = (uint8_t)(i * 7u + i / 256u);
    }
    to = (uint32_t)stk_sim_ingest_add_writable(&w.ingest, file, FILE_SIZE);
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    grant(BOTH, to, STK_IO_MAY_READ | STK_IO_MAY_WRITE | STK_IO_MAY_FENCE, 0);
    grant(READ_ONLY, to, STK_IO_MAY_READ, 1);
    grant(WRITE_ONLY, to, STK_IO_MAY_WRITE, 0);
    grant(ALIGNED, to, STK_IO_MAY_READ | STK_IO_MAY_WRITE, 64);
    grant(NO_FILE, w.source, STK_IO_MAY_WRITE | STK_IO_MAY_FENCE, 0);
    allow(7);
}

static void publish(uint32_t slot, uint32_t op, uint32_t handle, uint64_t offset, uint32_t at, uint32_t bytes) {
    const uint32_t args[] = {op, handle, 0, (uint32_t)offset, (uint32_t)(offset >> 32), at, bytes};
    const struct stk_work work = {OP_IO, 0, STK_PRIORITY_NORMAL, 7, args};
    assert_int_equal(stk_ring_publish(&w.ring, slot, &work), STK_OK);
}

static void publish_write(uint32_t slot, uint32_t offset, uint32_t bytes) {
    publish(slot, STK_IO_OP_WRITE, BOTH, offset, HANDLE_AT + offset, bytes);
}

static void publish_fence(uint32_t slot) {
    publish(slot, STK_IO_OP_FENCE, BOTH, 0, 0, 0);
}

/* Polls until `ended` requests have ended, then lets the slots take their outcomes. */
static void finish(uint32_t ended) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < 50u && n < ended; i++) {
        int r = stk_fetch_poll(&w.fetch, MS);
        assert_true(r >= 0);
        n += (uint32_t)r;
    }
    assert_int_equal(n, ended);
    drive();
}

/* One turn of the service, in which nothing ends. */
static void turn(void) {
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
}

static uint32_t result_of(uint32_t slot) {
    return stk_load(slot_words(slot) + STK_SLOT_ARG0 + STK_RESULT_ARG);
}

static bool wrote(uint32_t offset, uint32_t bytes) {
    return memcmp(file + OFFSET + offset, w.payload + HANDLE_AT + offset, bytes) == 0;
}

/// Moved ///

static void slots_read_write_and_fence_through_a_handle(void **state) {
    (void)state;
    io_world(NULL, 8);
    publish(0, STK_IO_OP_READ, BOTH, 10, HANDLE_AT + 5, 300);
    publish(1, STK_IO_OP_READ, BOTH, 999, HANDLE_AT + 1023, 1); /* moves the last byte of both ranges */
    publish_write(2, 600, 200);
    drive();
    finish(3);
    assert_status(0, STK_SLOT_DONE);
    assert_status(1, STK_SLOT_DONE);
    assert_status(2, STK_SLOT_DONE);
    assert_memory_equal(w.payload + HANDLE_AT + 5, file + OFFSET + 10, 300);
    assert_int_equal(w.payload[HANDLE_AT + 1023], file[OFFSET + 999]);
    assert_int_equal(w.payload[HANDLE_AT + 4], UNLANDED);
    assert_int_equal(w.payload[HANDLE_AT + 305], UNLANDED);
    assert_true(wrote(600, 200));
    assert_int_not_equal(file[OFFSET + 800], UNLANDED);
    publish_fence(3);
    drive();
    finish(1);
    assert_status(3, STK_SLOT_DONE);
    assert_int_equal(w.ingest.syncs, 1);
    assert_int_equal(w.fetch.stats.served, 4);
    assert_int_equal(w.fetch.stats.bytes, 301);
    assert_int_equal(w.fetch.stats.written, 200);
    assert_quiet();
}

static void one_slot_takes_several_steps(void **state) {
    const struct stk_work work = {OP_COPY, 1, STK_PRIORITY_NORMAL, 0, NULL};
    (void)state;
    io_world(NULL, 2);
    assert_int_equal(stk_ring_publish(&w.ring, 4, &work), STK_OK);
    for (uint32_t i = 0; i < 3u; i++) {
        drive();
        finish(1);
    }
    assert_status(4, STK_SLOT_DONE);
    assert_memory_equal(file + OFFSET + 500, file + OFFSET, 100);
    assert_int_equal(w.ingest.syncs, 1);
    assert_quiet();
}

/// Refused ///

/* Parks slot 9 by hand as a worker does, and asks through I/O slot 1 with any words. */
static void ask_by_hand(uint32_t tenant, uint32_t op, uint32_t src, uint32_t dst, uint64_t offset, uint32_t bytes) {
    const struct stk_io_request request = {1, op, src, dst, offset, bytes, 9};
    uint32_t *s = slot_words(9);
    stk_store(&s[STK_SLOT_OPCODE], OP_IO);
    stk_store(&s[STK_SLOT_TENANT], tenant);
    stk_store(&s[STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG], STK_IO_TICKET + 2u);
    stk_store(&s[STK_SLOT_STATUS], STK_SLOT_WAIT_IO);
    assert_int_equal(stk_io_queue_submit(&w.io, &request), STK_OK);
}

static void what_a_handle_does_not_allow_is_an_error_and_touches_nothing(void **state) {
    static const struct {
        uint32_t op, src, dst;
        uint64_t offset;
        uint32_t bytes;
        int err;
    } bad[] = {
        {STK_IO_OP_READ, 39, HANDLE_AT, 0, 10, STK_E_NOENT},
        {STK_IO_OP_READ, UINT32_MAX, HANDLE_AT, 0, 10, STK_E_NOENT},
        {STK_IO_OP_WRITE, HANDLE_AT, 39, 0, 10, STK_E_NOENT},
        {STK_IO_OP_FENCE, 0, 39, 0, 0, STK_E_NOENT},
        {STK_IO_OP_READ, 7, HANDLE_AT, 0, 10, STK_E_ACCESS}, /* 7 names a resource and no handle */
        {STK_IO_OP_READ, WRITE_ONLY, HANDLE_AT, 0, 10, STK_E_ACCESS},
        {STK_IO_OP_WRITE, HANDLE_AT, READ_ONLY, 0, 10, STK_E_ACCESS},
        {STK_IO_OP_FENCE, 0, WRITE_ONLY, 0, 0, STK_E_ACCESS},
        {STK_IO_OP_WRITE, HANDLE_AT, NO_FILE, 0, 10, STK_E_ACCESS},
        {STK_IO_OP_FENCE, 0, NO_FILE, 0, 0, STK_E_ACCESS},
        {0, BOTH, BOTH, 0, 10, STK_E_FORMAT},
        {4, BOTH, BOTH, 0, 10, STK_E_FORMAT},
        {UINT32_MAX, BOTH, BOTH, 0, 10, STK_E_FORMAT},
        {STK_IO_OP_READ, BOTH, HANDLE_AT, 0, 0, STK_E_FORMAT},
        {STK_IO_OP_WRITE, HANDLE_AT, BOTH, 0, 0, STK_E_FORMAT},
        {STK_IO_OP_FENCE, 1, BOTH, 0, 0, STK_E_FORMAT},
        {STK_IO_OP_FENCE, 0, BOTH, 1, 0, STK_E_FORMAT},
        {STK_IO_OP_FENCE, 0, BOTH, 0, 1, STK_E_FORMAT},
        {STK_IO_OP_READ, BOTH, HANDLE_AT, 991, 10, STK_E_RANGE},
        {STK_IO_OP_READ, BOTH, HANDLE_AT, 1001, 1, STK_E_RANGE},
        {STK_IO_OP_READ, BOTH, HANDLE_AT, UINT64_MAX, 1, STK_E_RANGE},
        {STK_IO_OP_READ, BOTH, HANDLE_AT, UINT64_MAX - 5u, 10, STK_E_RANGE},
        /* with a sum that wraps, the range would begin before the handle */
        {STK_IO_OP_WRITE, HANDLE_AT, BOTH, UINT64_MAX - 99u, 100, STK_E_RANGE},
        {STK_IO_OP_WRITE, HANDLE_AT, BOTH, INT64_MAX, 10, STK_E_RANGE},
        {STK_IO_OP_READ, BOTH, HANDLE_AT, 0, UINT32_MAX, STK_E_RANGE},
        {STK_IO_OP_READ, BOTH, HANDLE_AT, 0, 0x80000000u, STK_E_RANGE},
        {STK_IO_OP_READ, BOTH, HANDLE_AT - 1u, 0, 10, STK_E_RANGE},
        {STK_IO_OP_READ, BOTH, 2u * HANDLE_AT - 9u, 0, 10, STK_E_RANGE},
        {STK_IO_OP_WRITE, UINT32_MAX - 5u, BOTH, 0, 10, STK_E_RANGE},
        {STK_IO_OP_WRITE, 0, BOTH, 0, 10, STK_E_RANGE},
        {STK_IO_OP_READ, ALIGNED, HANDLE_AT, 1, 64, STK_E_ALIGN},
        {STK_IO_OP_READ, ALIGNED, HANDLE_AT, 64, 65, STK_E_ALIGN},
        {STK_IO_OP_WRITE, HANDLE_AT + 8u, ALIGNED, 64, 64, STK_E_ALIGN},
    };
    static uint8_t file_before[FILE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        io_world(NULL, 4);
        memcpy(file_before, file, sizeof file);
        freeze(true);
        ask_by_hand(0, bad[i].op, bad[i].src, bad[i].dst, bad[i].offset, bad[i].bytes);
        poll_ends(1);
        assert_status(9, STK_SLOT_REQUEUE);
        assert_int_equal(stk_io_queue_status(&w.io, 1), (int)STK_IO_ERROR);
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_TAG]), STK_FETCH_CODE(bad[i].err));
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_BYTES]), 9); /* the slot that asked finds its tag there */
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_MOVED]), 0);
        assert_int_equal(w.ingest.stats.submitted, 0);
        assert_memory_equal(file, file_before, sizeof file);
        for (uint32_t at = 0; at < PAYLOAD; at++) {
            assert_int_equal(w.payload[at], UNLANDED);
        }
        assert_int_equal(w.fetch.stats.served, 0);
    }
}

static void a_tenant_that_the_handle_does_not_name_is_refused(void **state) {
    static const uint32_t tenants[] = {2, 31, 32, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof tenants / sizeof tenants[0]; i++) {
        io_world(NULL, 4);
        ask_by_hand(tenants[i], STK_IO_OP_WRITE, HANDLE_AT, BOTH, 0, 10);
        poll_ends(1);
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_TAG]), STK_FETCH_CODE(STK_E_ACCESS));
        assert_int_equal(w.ingest.stats.submitted, 0);
    }
}

static void a_load_miss_gets_nothing_of_a_handle(void **state) {
    (void)state;
    io_world(NULL, 4);
    ask(0, BOTH);
    drive();
    finish(1);
    assert_failed(0, STK_FETCH_CODE(STK_E_ACCESS));
    assert_quiet();
}

/* The device refuses these itself: the payload range is not there, or the ticket is not the service's. */
static void what_cannot_be_asked_faults_on_the_device(void **state) {
    const uint32_t args[] = {STK_IO_OP_WRITE, BOTH, 1, 0, 0, HANDLE_AT, 10};
    const struct stk_work forged = {OP_IO, 0, STK_PRIORITY_NORMAL, 7, args};
    (void)state;
    io_world(NULL, 4);
    publish(0, STK_IO_OP_WRITE, BOTH, 0, PAYLOAD - 5u, 10);
    assert_int_equal(stk_ring_publish(&w.ring, 1, &forged), STK_OK);
    drive();
    poll_ends(0);
    assert_status(0, STK_SLOT_FAULT);
    assert_status(1, STK_SLOT_FAULT);
    assert_int_equal(stk_load(slot_words(1) + STK_SLOT_ARG0 + STK_FAULT_REASON_ARG), STK_REASON_ARGUMENT);
    assert_int_equal(w.fetch.stats.asked, 0);
}

/// Changed under the server ///

/* The words were read once, when the request was claimed. */
static void words_that_change_under_the_server_change_nothing(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 8, .sources = 4, .delay = 3};
    (void)state;
    io_world(&slow, 4);
    freeze(true);
    ask_by_hand(0, STK_IO_OP_WRITE, HANDLE_AT + 100, BOTH, 100, 50);
    turn();
    stk_store(&io_slot(1)[STK_IO_DST], 39);
    stk_store(&io_slot(1)[STK_IO_SRC], 0);
    stk_store(&io_slot(1)[STK_IO_BYTES], UINT32_MAX);
    stk_store(&io_slot(1)[STK_IO_OFFSET_HI], UINT32_MAX);
    while (stk_fetch_in_flight(&w.fetch) != 0u) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
    }
    assert_true(wrote(100, 50));
    assert_int_equal(w.fetch.stats.written, 50);
    assert_int_equal(stk_io_queue_status(&w.io, 1), (int)STK_IO_OK);
}

/* The status is not CLAIMED any more: somebody else's, and left alone. */
static void a_status_that_changes_under_the_server_ends_the_request(void **state) {
    static const uint32_t statuses[] = {STK_SLOT_EMPTY, STK_SLOT_WAIT_IO, STK_IO_OK, 77};
    const struct stk_sim_ingest_config slow = {.depth = 8, .sources = 4, .delay = 3};
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        io_world(&slow, 4);
        freeze(true);
        ask_by_hand(0, STK_IO_OP_READ, BOTH, HANDLE_AT, 0, 50);
        turn();
        stk_store(&io_slot(1)[STK_IO_STATUS], statuses[i]);
        while (stk_fetch_in_flight(&w.fetch) != 0u) {
            assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
        }
        assert_int_equal(w.fetch.stats.cancelled, 1);
        assert_int_equal(stk_load(&io_slot(1)[STK_IO_STATUS]), statuses[i]);
        assert_status(9, STK_SLOT_WAIT_IO);
    }
}

/// Order ///

static void a_fence_waits_for_the_writes_before_it(void **state) {
    static const struct stk_sim_injected_error late[] = {{0, STK_SIM_DELAY, 6, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = late, .n_injected = 1};
    (void)state;
    io_world(&ingest, 8);
    publish_fence(5); /* the fence gets the first I/O slot, and is claimed in one pass with the write behind it */
    publish_write(6, 0, 100);
    publish_write(7, 200, 100);
    drive();
    poll_ends(1); /* the second write ends */
    assert_int_equal(w.ingest.stats.submitted, 2);
    assert_int_equal(w.ingest.syncs, 0);
    finish(2);
    assert_true(wrote(0, 100));
    assert_int_equal(w.ingest.syncs, 1);
    assert_status(5, STK_SLOT_DONE);
    assert_quiet();
}

static void a_fence_waits_for_no_write_behind_it_and_none_to_another_source(void **state) {
    static const struct stk_sim_injected_error hung[] = {{1, STK_SIM_HANG, 0, 0, 0}, {3, STK_SIM_HANG, 0, 0, 0}};
    static uint8_t other[FILE_SIZE];
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = hung, .n_injected = 2};
    (void)state;
    io_world(&ingest, 8);
    grant(50, (uint32_t)stk_sim_ingest_add_writable(&w.ingest, other, FILE_SIZE), STK_IO_MAY_WRITE, 0);
    publish_write(0, 0, 100);
    drive();
    finish(1);
    publish(1, STK_IO_OP_WRITE, 50, 0, HANDLE_AT, 100); /* this write hangs */
    drive();
    turn();
    w.ingest.refuse = 1; /* the service claims the fence, and the port has no room for it */
    publish_fence(2);
    drive();
    turn();
    publish_write(3, 300, 100); /* this write hangs */
    drive();
    finish(1);
    assert_status(2, STK_SLOT_DONE);
    assert_int_equal(w.ingest.syncs, 1);
    assert_status(1, STK_SLOT_WAIT_IO);
    assert_status(3, STK_SLOT_WAIT_IO);
    assert_int_equal(stk_fetch_close(&w.fetch, 100 * MS), STK_OK);
    drive();
    assert_failed(1, STK_FETCH_CODE(STK_E_CANCELED));
    assert_failed(3, STK_FETCH_CODE(STK_E_CANCELED));
    assert_int_equal(w.fetch.stats.cancelled, 2);
}

/// Failures ///

static void a_write_that_fails_faults_its_own_slot_and_no_other(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_FAIL, 0, 0, 5}, {2, STK_SIM_SHORT, 33, 0, 0}};
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = injected, .n_injected = 2};
    (void)state;
    io_world(&ingest, 8);
    publish_write(0, 0, 100);
    publish_write(1, 100, 100);
    publish_write(2, 200, 100);
    publish_fence(3);
    drive();
    finish(4);
    assert_failed(0, 5);
    assert_int_equal(result_of(0), 0);
    assert_status(1, STK_SLOT_DONE);
    assert_failed(2, 28); /* error 28, no space, after 33 bytes */
    assert_int_equal(result_of(2), 33);
    assert_status(3, STK_SLOT_DONE);
    assert_true(wrote(100, 133) && !wrote(233, 1));
    assert_int_equal(w.fetch.stats.failed, 2);
    assert_int_equal(w.fetch.stats.written, 100);
    assert_quiet();
}

static void a_read_of_a_source_that_ends_says_how_much_there_was(void **state) {
    (void)state;
    io_world(NULL, 4);
    assert_int_equal(stk_sim_ingest_shrink(&w.ingest, to, OFFSET + 70u), STK_OK);
    publish(0, STK_IO_OP_READ, BOTH, 50, HANDLE_AT, 100);
    publish(1, STK_IO_OP_WRITE, BOTH, 500, HANDLE_AT, 100); /* no byte of this write fits into the source */
    drive();
    finish(2);
    assert_failed(0, STK_FETCH_CODE(STK_E_SHORT));
    assert_int_equal(result_of(0), 20);
    assert_failed(1, 28);
    assert_int_equal(result_of(1), 0);
    assert_quiet();
}

/* A world of so many I/O slots, in which slot 0 has asked for a write that takes too long: the service has given the
 * write up, and the port keeps it. */
static void late_write(uint32_t io_slots) {
    static const struct stk_sim_injected_error hung[] = {{0, STK_SIM_HANG, 0, 0, 0}};
    static const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = hung, .n_injected = 1};
    io_world(&ingest, io_slots);
    w.ingest.deaf = true;
    publish_write(0, 0, 100);
    drive();
    for (uint32_t i = 0; i < 300u && w.fetch.stats.failed == 0u; i++) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
    }
}

static void a_write_that_takes_too_long_is_ended_and_keeps_its_io_slot(void **state) {
    (void)state;
    late_write(2);
    drive();
    assert_failed(0, STK_FETCH_CODE(STK_E_TIMEOUT));
    assert_int_equal(w.ingest.cancels, 1);
    assert_int_equal(stk_fetch_unregister(&w.fetch, BOTH), STK_E_WOULD_BLOCK);
    publish_fence(1);           /* the fence uses the I/O slot whose write is still with the port */
    publish_write(2, 200, 100); /* the write uses the other I/O slot */
    drive();
    finish(1);
    assert_status(2, STK_SLOT_DONE);
    assert_int_equal(w.ingest.syncs, 0);
    w.ingest.deaf = false;
    assert_int_equal(w.ingest.stats.submitted, 2);
    assert_int_equal(stk_sim_ingest_ops.cancel(&w.ingest, 0, UINT32_MAX), STK_OK);
    finish(1);
    assert_status(1, STK_SLOT_DONE);
    assert_int_equal(w.ingest.syncs, 1);
    assert_int_equal(w.fetch.stats.cancelled, 0);
    assert_int_equal(stk_fetch_unregister(&w.fetch, BOTH), STK_OK);
    assert_quiet();
}

static void a_fence_waits_for_a_write_that_took_too_long(void **state) {
    (void)state;
    late_write(4);
    freeze(true); /* the write's slot leaves its outcome, so the fence has another I/O slot */
    ask_by_hand(0, STK_IO_OP_FENCE, 0, BOTH, 0, 0);
    poll_ends(0);
    assert_int_equal(w.ingest.stats.submitted, 1);
    w.ingest.deaf = false;
    assert_int_equal(stk_sim_ingest_ops.cancel(&w.ingest, 0, UINT32_MAX), STK_OK);
    freeze(false);
    finish(1);
    assert_int_equal(w.ingest.syncs, 1);
}

static void a_fence_waits_for_a_write_behind_one_that_took_too_long(void **state) {
    static const struct stk_sim_injected_error injected[] = {{0, STK_SIM_HANG, 0, 0, 0}, {1, STK_SIM_DELAY, 6, 0, 0}};
    static uint8_t other[FILE_SIZE];
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = injected, .n_injected = 2};
    (void)state;
    io_world(&ingest, 4);
    grant(50, (uint32_t)stk_sim_ingest_add_writable(&w.ingest, other, FILE_SIZE), STK_IO_MAY_WRITE, 0);
    w.ingest.deaf = true;
    publish(0, STK_IO_OP_WRITE, 50, 0, HANDLE_AT, 100); /* this write goes to another source */
    drive();
    for (uint32_t i = 0; i < 300u && w.fetch.stats.failed == 0u; i++) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
    }
    drive();
    publish_write(1, 200, 100); /* uses the I/O slot of the write that is still with the port */
    drive();
    publish_fence(2);
    drive();
    poll_ends(0);
    assert_int_equal(w.ingest.syncs, 0);
    w.ingest.deaf = false;
    assert_int_equal(stk_sim_ingest_ops.cancel(&w.ingest, 0, UINT32_MAX), STK_OK);
    while (w.ingest.syncs == 0u) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
    }
    assert_true(wrote(200, 100));
    assert_int_equal(w.fetch.stats.served, 2);
    drive();
    assert_status(1, STK_SLOT_DONE);
    assert_status(2, STK_SLOT_DONE);
    assert_quiet();
}

/// Cancel and loss ///

static void a_slot_that_waits_or_was_woken_can_be_cancelled(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 8, .sources = 4, .delay = 3};
    (void)state;
    io_world(&slow, 4);
    publish_write(0, 0, 100);
    drive();
    turn();
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_WAIT_IO);
    assert_int_equal(w.ingest.cancels, 1);
    assert_int_equal(w.fetch.stats.cancelled, 1);
    while (w.fetch.reads.in_flight != 0u) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
    }
    publish_write(0, 0, 100);
    drive();
    freeze(true);
    while (status_of(0) != STK_SLOT_REQUEUE) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
    }
    assert_int_equal(stk_fetch_cancel(&w.fetch, 0), (int)STK_SLOT_REQUEUE);
    assert_status(0, STK_SLOT_EMPTY);
    freeze(false);
    assert_quiet();
}

/* An op that does not ask may have any number in the argument of the ticket. */
static void a_lost_device_forgets_tickets_and_no_argument(void **state) {
    const struct stk_device_memory *m;
    (void)state;
    io_world(NULL, 4);
    m = &w.config.memory;
    for (uint32_t slot = 0; slot < 2u; slot++) {
        stk_store(slot_words(slot) + STK_SLOT_OPCODE, slot == 0u ? STK_OP_SUM64 : OP_IO);
        stk_store(slot_words(slot) + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, slot == 0u ? 2u : STK_IO_TICKET + 2u);
        stk_store(slot_words(slot) + STK_SLOT_STATUS, STK_SLOT_CLAIMED);
    }
    stk_store(io_slot(1) + STK_IO_STATUS, STK_SLOT_WAIT_IO);
    assert_int_equal(stk_device_recover_io(m), 0);
    assert_int_equal(stk_load(slot_words(0) + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG), 2);
    assert_int_equal(stk_load(slot_words(1) + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG), 0);
    assert_int_equal(stk_io_queue_status(&w.io, 1), (int)STK_SLOT_EMPTY);
}

/* A port that returns what nobody asked for: the tags behind the rows are those of requests. */
static void a_completion_of_no_request_is_an_error(void **state) {
    static const uint32_t tags[] = {ROWS + 1u, ROWS + 4u, 65535u};
    (void)state;
    for (uint32_t i = 0; i < 3u; i++) {
        io_world(NULL, 4);
        publish_write(0, 0, 100); /* gives the service a reason to look */
        drive();
        const struct stk_ingest_read foreign = {w.source, 0, 4, w.payload, tags[i], STK_INGEST_READ};
        assert_int_equal(stk_sim_ingest_ops.submit(&w.ingest, &foreign, 1), 1);
        int err = stk_fetch_poll(&w.fetch, 0);
        assert_int_equal(err, STK_E_RANGE);
        assert_int_equal(w.fetch.info.index, tags[i]);
    }
}

/// The table ///

static void grants_are_checked(void **state) {
    const struct stk_fetch_handle good = {.handle = 60,
                                          .source = 1,
                                          .offset = 0,
                                          .bytes = INT64_MAX,
                                          .payload = 0,
                                          .payload_bytes = PAYLOAD,
                                          .tenants = 1,
                                          .rights = STK_IO_MAY_FENCE,
                                          .align = 4096};
    struct stk_fetch_handle bad;
    (void)state;
    io_world(NULL, 4);
#define REFUSED(change, err)                                                                                           \
    bad = good;                                                                                                        \
    bad.change;                                                                                                        \
    assert_int_equal(stk_fetch_grant(&w.fetch, &bad), err)
    REFUSED(bytes = 0, STK_E_ARG);
    REFUSED(bytes = UINT64_C(1) << 63, STK_E_ARG);
    REFUSED(offset = 1, STK_E_ARG);
    REFUSED(offset = UINT64_MAX, STK_E_ARG);
    REFUSED(tenants = 0, STK_E_ARG);
    REFUSED(rights = 0, STK_E_ARG);
    REFUSED(rights = 8, STK_E_ARG);
    REFUSED(rights = 0x101, STK_E_ARG);
    REFUSED(align = 48, STK_E_ARG);
    REFUSED(payload = 1, STK_E_SPACE);
    REFUSED(payload = UINT32_MAX, STK_E_SPACE);
    REFUSED(handle = 7, STK_E_STATUS);
    REFUSED(handle = BOTH, STK_E_STATUS);
    /* a handle may lie over a resource and over other handles */
    assert_int_equal(stk_fetch_grant(&w.fetch, &good), STK_OK);
    REFUSED(handle = 61, STK_OK);
    REFUSED(handle = 62, STK_E_FULL);
    assert_int_equal(stk_fetch_close(&w.fetch, MS), STK_OK);
    REFUSED(handle = 63, STK_E_SHUTDOWN);
}

static void a_service_that_closes_ends_every_request(void **state) {
    const struct stk_sim_ingest_config slow = {.depth = 1, .sources = 4, .delay = 9};
    (void)state;
    io_world(&slow, 8);
    publish_write(0, 0, 100);
    publish_write(1, 100, 100);
    publish_fence(2);
    drive();
    turn();
    publish_write(3, 300, 100); /* the service has not claimed this write yet */
    drive();
    assert_int_equal(stk_fetch_close(&w.fetch, 100 * MS), STK_OK);
    drive();
    assert_failed(0, STK_FETCH_CODE(STK_E_CANCELED));
    assert_failed(1, STK_FETCH_CODE(STK_E_CANCELED));
    assert_failed(2, STK_FETCH_CODE(STK_E_CANCELED));
    assert_failed(3, STK_FETCH_CODE(STK_E_SHUTDOWN));
    assert_int_equal(result_of(3), 0); /* the write has moved 0 bytes */
    assert_adds_up();
}

static void a_service_that_closes_refuses_what_waits_behind_a_write_with_the_port(void **state) {
    (void)state;
    late_write(1);
    drive();
    publish_write(1, 200, 100); /* uses the I/O slot whose write is still with the port */
    drive();
    w.ingest.deaf = false;
    assert_int_equal(stk_fetch_close(&w.fetch, 100 * MS), STK_OK);
    drive();
    assert_failed(1, STK_FETCH_CODE(STK_E_SHUTDOWN));
    assert_adds_up();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_read_write_and_fence_through_a_handle),
        cmocka_unit_test(one_slot_takes_several_steps),
        cmocka_unit_test(what_a_handle_does_not_allow_is_an_error_and_touches_nothing),
        cmocka_unit_test(a_tenant_that_the_handle_does_not_name_is_refused),
        cmocka_unit_test(a_load_miss_gets_nothing_of_a_handle),
        cmocka_unit_test(what_cannot_be_asked_faults_on_the_device),
        cmocka_unit_test(words_that_change_under_the_server_change_nothing),
        cmocka_unit_test(a_status_that_changes_under_the_server_ends_the_request),
        cmocka_unit_test(a_fence_waits_for_the_writes_before_it),
        cmocka_unit_test(a_fence_waits_for_no_write_behind_it_and_none_to_another_source),
        cmocka_unit_test(a_write_that_fails_faults_its_own_slot_and_no_other),
        cmocka_unit_test(a_read_of_a_source_that_ends_says_how_much_there_was),
        cmocka_unit_test(a_write_that_takes_too_long_is_ended_and_keeps_its_io_slot),
        cmocka_unit_test(a_fence_waits_for_a_write_that_took_too_long),
        cmocka_unit_test(a_fence_waits_for_a_write_behind_one_that_took_too_long),
        cmocka_unit_test(a_slot_that_waits_or_was_woken_can_be_cancelled),
        cmocka_unit_test(a_lost_device_forgets_tickets_and_no_argument),
        cmocka_unit_test(a_completion_of_no_request_is_an_error),
        cmocka_unit_test(grants_are_checked),
        cmocka_unit_test(a_service_that_closes_ends_every_request),
        cmocka_unit_test(a_service_that_closes_refuses_what_waits_behind_a_write_with_the_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
