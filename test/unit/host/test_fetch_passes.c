/* A device that publishes requests while the service claims others: a write that is published before a fence, in an I/O
 * slot that the service has left behind, still comes before the fence. The linker puts the test between the service and
 * stk_io_queue_claim (ld --wrap), and the device runs there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fetch_world.h"
#include "stoker/kernel/cost.h"
#include "stoker/kernel/io.h"

#define OP_WRITE  0x20001u
#define OP_SYNC   0x20002u
#define HANDLE    40u
#define BYTES     100u
#define FILE_SIZE 1000u

static uint8_t file[FILE_SIZE];

/// Handlers ///

/* Writes a part of the payload to the file. Argument 0 is the byte of the payload, and of the file too. */
static stk_u32 op_write(const struct stk_dev *d, const struct stk_call *c) {
    return stk_io_write(d, c, HANDLE, stk_arg(c, 0), stk_arg(c, 0), BYTES);
}

static stk_u32 op_sync(const struct stk_dev *d, const struct stk_call *c) {
    return stk_io_fence(d, c, HANDLE);
}

static void publish_write(uint32_t slot, uint32_t at) {
    const uint32_t args[] = {at, 0, 0};
    const struct stk_work work = {OP_WRITE, 0, STK_PRIORITY_NORMAL, 3, args};
    assert_int_equal(stk_ring_publish(&w.ring, slot, &work), STK_OK);
}

static void publish_fence(uint32_t slot) {
    const uint32_t args[] = {0, 0, 0};
    const struct stk_work work = {OP_SYNC, 0, STK_PRIORITY_NORMAL, 3, args};
    assert_int_equal(stk_ring_publish(&w.ring, slot, &work), STK_OK);
}

/// Between the service and its queue ///

/* The next claim of I/O slot `at` meets a device that publishes a write and then a fence, before the service looks at
 * the I/O slot or behind that look. */
static struct {
    bool armed, behind;
    uint32_t at;
} meet;

static void device_asks(void) {
    meet.armed = false;
    freeze(false);
    drive(); /* a slot that was woken takes its outcome */
    publish_write(20, 200);
    drive();
    publish_fence(21);
    drive();
}

int __real_stk_io_queue_claim(struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap);
int __wrap_stk_io_queue_claim(struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap);
int __wrap_stk_io_queue_claim(struct stk_io_queue *queue, struct stk_io_request *out, uint32_t cap) {
    bool now = meet.armed && queue->words == io_slot(meet.at);
    if (now && !meet.behind) {
        device_asks();
    }
    int claimed = __real_stk_io_queue_claim(queue, out, cap);
    if (now && meet.behind) {
        device_asks();
    }
    return claimed;
}

/// The world ///

static void io_world(const struct stk_sim_injected_error *injected, uint32_t count) {
    static const struct stk_user_op ops[] = {{OP_WRITE, STK_SCALAR, op_write}, {OP_SYNC, STK_SCALAR, op_sync}};
    static const struct stk_user_cost costs[] = {{OP_WRITE, stk_cost_none}, {OP_SYNC, stk_cost_none}};
    const struct stk_sim_ingest_config ingest = {.depth = 8, .sources = 4, .injected = injected, .n_injected = count};
    const struct stk_interp_config interp = {
        .turns = 4u * SLOTS, .user_ops = ops, .user_op_count = 2, .costs = costs, .cost_count = 2};
    struct stk_fetch_handle row = {.handle = HANDLE,
                                   .bytes = FILE_SIZE,
                                   .payload_bytes = FILE_SIZE,
                                   .tenants = READERS,
                                   .rights = STK_IO_MAY_WRITE | STK_IO_MAY_FENCE};
    world_parts(&ingest, 4);
    memset(file, 0, sizeof file);
    assert_int_equal(stk_interp_open(&w.interp, &w.config.memory, &interp), STK_OK);
    row.source = (uint32_t)stk_sim_ingest_add_writable(&w.ingest, file, FILE_SIZE);
    assert_int_equal(stk_fetch_init(&w.fetch, &w.config, &w.arena), STK_OK);
    assert_int_equal(stk_fetch_grant(&w.fetch, &row), STK_OK);
    memset(&meet, 0, sizeof meet);
}

static bool wrote(uint32_t at) {
    return file[at] == UNLANDED && file[at + BYTES - 1u] == UNLANDED;
}

/* Polls until both requests have ended, and checks that the sync began only after the data was in the file. */
static void write_comes_first(void) {
    uint32_t ended = 0;
    for (uint32_t i = 0; i < 50u && ended < 2u; i++) {
        assert_true(wrote(200) || w.ingest.syncs == 0u);
        int n = stk_fetch_poll(&w.fetch, MS);
        assert_true(n >= 0);
        ended += (uint32_t)n;
    }
    assert_int_equal(ended, 2);
    assert_true(wrote(200));
    assert_int_equal(w.ingest.syncs, 1);
    drive();
    assert_status(20, STK_SLOT_DONE);
    assert_status(21, STK_SLOT_DONE);
    assert_quiet();
}

/// Tests ///

static void a_write_in_a_slot_that_was_looked_at_comes_before_the_fence(void **state) {
    static const struct stk_sim_injected_error late[] = {{0, STK_SIM_DELAY, 6, 0, 0}};
    (void)state;
    io_world(late, 1);
    meet.armed = meet.behind = true; /* I/O slot 0 was empty; now the write is there, and the fence in I/O slot 1 */
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_false(meet.armed);
    assert_int_equal(stk_load(io_slot(0) + STK_IO_OP), STK_IO_OP_WRITE);
    assert_int_equal(stk_load(io_slot(1) + STK_IO_OP), STK_IO_OP_FENCE);
    assert_int_equal(stk_fetch_in_flight(&w.fetch), 2);
    write_comes_first();
}

static void a_write_where_an_outcome_was_taken_since_the_sweep_comes_before_the_fence(void **state) {
    static const struct stk_sim_injected_error late[] = {{1, STK_SIM_DELAY, 6, 0, 0}};
    (void)state;
    io_world(late, 1);
    publish_write(10, 0);
    drive();
    freeze(true);
    for (uint32_t i = 0; i < 50u && status_of(10) != STK_SLOT_REQUEUE; i++) {
        assert_true(stk_fetch_poll(&w.fetch, MS) >= 0);
    }
    assert_status(10, STK_SLOT_REQUEUE); /* its outcome is in I/O slot 0 */
    meet.armed = true;
    meet.at = 1; /* I/O slot 0 has an outcome; when the service looks at I/O slot 1, the write is in I/O slot 0 */
    assert_int_equal(stk_fetch_poll(&w.fetch, 0), 0);
    assert_false(meet.armed);
    assert_status(10, STK_SLOT_DONE);
    assert_int_equal(stk_load(io_slot(0) + STK_IO_OP), STK_IO_OP_WRITE);
    assert_int_equal(stk_load(io_slot(1) + STK_IO_OP), STK_IO_OP_FENCE);
    assert_int_equal(stk_fetch_in_flight(&w.fetch), 2);
    write_comes_first();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_in_a_slot_that_was_looked_at_comes_before_the_fence),
        cmocka_unit_test(a_write_where_an_outcome_was_taken_since_the_sweep_comes_before_the_fence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
