/* Tests which ring slots and I/O slots are put back after a device was lost. The interpreter is the next device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "load_miss_words.h"
#include "stoker/atomic.h"
#include "stoker/device_loss.h"
#include "stoker/port/interp.h"

#define SLOTS    8u
#define IO_SLOTS 8u
#define BYTES    STK_DEVICE_MEMORY_BYTES(SLOTS, 8u, 0u, IO_SLOTS, 64u, 0u)

static const struct stk_device_layout layout = {
    .slots = SLOTS, .observables = 8, .tenants = 1, .io_slots = IO_SLOTS, .payload_bytes = 64};
static const struct stk_device_loss shared = {.ran = true}, copied = {.ran = true, .copies = true}, never_ran = {0};
STK_STORAGE_DEFINE(bytes, BYTES);
static struct stk_device_memory memory;
static struct stk_ring ring;
static uint8_t tries[SLOTS];

static int set_up(void **state) {
    struct stk_arena arena;
    (void)state;
    memset(bytes, 0, sizeof bytes);
    memset(tries, 0, sizeof tries);
    stk_arena_init(&arena, bytes, sizeof bytes);
    assert_int_equal(stk_device_memory_init(&memory, &layout, &arena), STK_OK);
    ring = (struct stk_ring){.words = memory.ring, .slots = SLOTS};
    return 0;
}

static uint32_t *slot_of(uint32_t slot) {
    return ring.words + (size_t)slot * STK_SLOT_WORDS;
}

static uint32_t *io_of(uint32_t k) {
    return memory.io + (size_t)k * STK_IO_WORDS;
}

static void status_is(uint32_t slot, uint32_t status) {
    stk_store_release(slot_of(slot), status);
}

static void expect_status(uint32_t slot, uint32_t status) {
    assert_int_equal(stk_ring_status(&ring, slot), (int)status);
}

/// Slots ///

static void a_slot_is_put_back_three_times_and_then_faults(void **state) {
    struct stk_slot slot;
    (void)state;
    for (uint32_t i = 0; i < STK_DEVICE_TRIES; i++) {
        status_is(2, STK_SLOT_CLAIMED);
        assert_int_equal(stk_device_put_back(&memory, tries, copied), 1);
        expect_status(2, STK_SLOT_REQUEUE);
    }
    status_is(2, STK_SLOT_CLAIMED);
    assert_int_equal(stk_device_put_back(&memory, tries, copied), 0);
    assert_int_equal(stk_ring_read(&ring, 2, &slot), STK_OK);
    assert_int_equal(slot.status, STK_SLOT_FAULT);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], STK_REASON_LOST);
    assert_int_equal(slot.args[STK_FAULT_VALUE_ARG], STK_DEVICE_TRIES);
    assert_int_equal(tries[2], 0);
    expect_status(1, STK_SLOT_EMPTY);
}

static void a_launch_that_never_was_is_not_held_against_its_slots(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 3u * STK_DEVICE_TRIES; i++) {
        status_is(2, STK_SLOT_CLAIMED);
        assert_int_equal(stk_device_put_back(&memory, tries, never_ran), 1);
        expect_status(2, STK_SLOT_REQUEUE);
    }
    assert_int_equal(tries[2], 0);
}

static void tries_begin_anew_with_new_work(void **state) {
    static const uint32_t anew[] = {STK_SLOT_EMPTY, STK_SLOT_PUBLISHED, STK_SLOT_DONE, STK_SLOT_FAULT};
    static const uint32_t same[] = {STK_SLOT_WAIT_IO, STK_SLOT_YIELD, STK_SLOT_REQUEUE};
    (void)state;
    for (uint32_t i = 0; i < 4u; i++) {
        tries[i] = 2;
        status_is(i, anew[i]);
    }
    for (uint32_t i = 0; i < 3u; i++) {
        tries[4u + i] = 2;
        status_is(4u + i, same[i]);
    }
    assert_int_equal(stk_device_put_back(&memory, tries, shared), 0);
    for (uint32_t i = 0; i < 7u; i++) {
        assert_int_equal(tries[i], i < 4u ? 0 : 2);
        expect_status(i, i < 4u ? anew[i] : same[i - 4u]);
    }
}

static void custody_ends(void **state) {
    uint32_t *custody = stk_device_custody(&memory);
    (void)state;
    stk_store(custody + 1u, 7);
    stk_store(custody + 2u, 8);
    stk_store(custody + SLOTS + IO_SLOTS - 1u, UINT32_MAX);
    assert_int_equal(stk_device_put_back(&memory, tries, shared), 0);
    assert_int_equal(stk_load(custody + 1u), 8);
    assert_int_equal(stk_load(custody + 2u), 8);
    assert_int_equal(stk_load(custody + SLOTS + IO_SLOTS - 1u), 0);
    stk_store(memory.control + STK_CTL_NO_SHARED_ATOMICS, 0); /* the device has no custody words from here on */
    stk_store(custody + 1u, 7);
    status_is(0, STK_SLOT_CLAIMED);
    assert_int_equal(stk_device_put_back(&memory, tries, shared), 1);
    assert_int_equal(stk_load(custody + 1u), 7);
}

/// What a lost kernel asked for ///

/* Answers all requests, and drives, until slots 0 to `last` are DONE. */
static void serve_until_done(uint32_t last) {
    static struct stk_interp device;
    struct stk_io_queue io = {.words = memory.io, .slots = memory.io_slots};
    uint32_t turns = 0;
    assert_int_equal(stk_interp_open(&device, &memory, NULL), STK_OK);
    for (uint32_t i = 0; i <= last; i += stk_ring_status(&ring, i) == (int)STK_SLOT_DONE) {
        struct stk_io_request asked;
        if (stk_io_queue_claim(&io, &asked, 1) == 1) {
            const struct stk_io_result result = {.slot = asked.slot, .ok = 1};
            assert_int_equal(stk_io_queue_complete(&io, &result, 1, NULL), STK_OK);
            assert_true(stk_ring_transition(&ring, asked.tag, STK_TO_REQUEUE) >= 0);
        }
        assert_true(stk_interp_ops.drive(&device, true) >= 0);
        assert_true(++turns < 100u);
    }
}

/* Loses the device at each step between two stores of a worker. test/model/lost.pml proves the same for one slot at a
 * time. */
static void requests_of_lost_kernels_are_put_back(void **state) {
    (void)state;
    /* the worker has taken I/O slot 0; slot 0 does not hold its ticket yet */
    load_miss_in(&memory, 0, STK_SLOT_CLAIMED, 0);
    io_in(&memory, 0, STK_SLOT_WAIT_IO);
    load_miss_in(&memory, 1, STK_SLOT_CLAIMED, 2); /* slot 1 holds the ticket of its I/O slot */
    io_in(&memory, 1, STK_SLOT_WAIT_IO);
    load_miss_in(&memory, 2, STK_SLOT_WAIT_IO, 3); /* slot 2 waits, and its request was not published */
    io_in(&memory, 2, STK_SLOT_WAIT_IO);
    load_miss_in(&memory, 3, STK_SLOT_WAIT_IO, 4); /* slot 3 waits, and its request was published */
    io_in(&memory, 3, STK_SLOT_PUBLISHED);
    load_miss_in(&memory, 4, STK_SLOT_CLAIMED, 0); /* slot 4 has its answer; I/O slot 4 is not EMPTY yet */
    io_in(&memory, 4, STK_IO_OK);
    load_miss_in(&memory, 5, STK_SLOT_REQUEUE, 6); /* the answer for slot 5 is in I/O slot 5 */
    io_in(&memory, 5, STK_IO_OK);
    io_in(&memory, 6, STK_IO_ERROR);     /* no slot names I/O slot 6 */
    io_in(&memory, 7, STK_SLOT_CLAIMED); /* the server has claimed I/O slot 7 */
    assert_int_equal(stk_device_put_back(&memory, tries, shared), 4);
    expect_miss_in(&memory, 0, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&memory, 1, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&memory, 2, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&memory, 3, STK_SLOT_WAIT_IO, 4);
    expect_miss_in(&memory, 4, STK_SLOT_REQUEUE, 0);
    expect_miss_in(&memory, 5, STK_SLOT_REQUEUE, 6);
    for (uint32_t k = 0; k < 8u; k++) {
        static const uint32_t left[] = {STK_SLOT_EMPTY, STK_SLOT_EMPTY, STK_SLOT_EMPTY, STK_SLOT_PUBLISHED,
                                        STK_SLOT_EMPTY, STK_IO_OK,      STK_SLOT_EMPTY, STK_SLOT_CLAIMED};
        assert_int_equal(stk_load(io_of(k) + STK_IO_STATUS), left[k]);
    }
    serve_until_done(5);
    for (uint32_t k = 0; k < 6u; k++) {
        assert_int_equal(stk_load(io_of(k) + STK_IO_STATUS), STK_SLOT_EMPTY);
    }
}

static void the_answer_of_a_slot_that_faults_is_recycled_after(struct stk_device_loss loss) {
    for (uint32_t i = 0; i <= STK_DEVICE_TRIES; i++) {
        expect_status(1, i ? STK_SLOT_REQUEUE : STK_SLOT_EMPTY);
        load_miss_in(&memory, 1, STK_SLOT_CLAIMED, 2);
        io_in(&memory, 1, STK_IO_OK);
        (void)stk_device_put_back(&memory, tries, loss);
    }
    expect_status(1, STK_SLOT_FAULT);
    assert_int_equal(stk_load(io_of(1) + STK_IO_STATUS), STK_SLOT_EMPTY);
}

static void the_answer_of_a_slot_that_faults_is_recycled(void **state) {
    (void)state;
    the_answer_of_a_slot_that_faults_is_recycled_after(shared);
}

static void the_answer_of_a_slot_that_faults_on_copies_is_recycled(void **state) {
    (void)state;
    the_answer_of_a_slot_that_faults_is_recycled_after(copied);
}

static void with_copies_the_io_queue_of_the_host_stays(void **state) {
    (void)state;
    /* a thread of the host has taken I/O slot 0 and will publish a request in it */
    io_in(&memory, 0, STK_SLOT_WAIT_IO);
    load_miss_in(&memory, 1, STK_SLOT_CLAIMED, 0);
    assert_int_equal(stk_device_put_back(&memory, tries, copied), 1);
    assert_int_equal(stk_load(io_of(0) + STK_IO_STATUS), STK_SLOT_WAIT_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_slot_is_put_back_three_times_and_then_faults),
        TEST(a_launch_that_never_was_is_not_held_against_its_slots),
        TEST(tries_begin_anew_with_new_work),
        TEST(custody_ends),
        TEST(requests_of_lost_kernels_are_put_back),
        TEST(the_answer_of_a_slot_that_faults_is_recycled),
        TEST(the_answer_of_a_slot_that_faults_on_copies_is_recycled),
        TEST(with_copies_the_io_queue_of_the_host_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
