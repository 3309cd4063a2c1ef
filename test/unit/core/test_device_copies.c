/* BATCH: what is handed to a device that works on copies, and what of its work comes back. The device is the
 * interpreter over memory of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/device_copies.h"
#include "stoker/port/interp.h"

#define SLOTS       8u
#define OBSERVABLES 16u
#define RECORDS     3u
#define IO_SLOTS    2u
#define BLOCKS      40u
#define PAYLOAD     (BLOCKS * STK_DEVICE_BLOCK - 100u)
#define BYTES       STK_DEVICE_MEMORY_BYTES(SLOTS, OBSERVABLES, RECORDS, IO_SLOTS, PAYLOAD, 0u)
#define OBSERVABLE  (STK_CTL_OBSERVABLE + 3u)
#define TICKET_AT   (STK_SLOT_ARG0 + 2u)

static const struct stk_device_layout layout = {.slots = SLOTS,
                                                .observables = OBSERVABLES,
                                                .tenants = 1,
                                                .debug_records = RECORDS,
                                                .io_slots = IO_SLOTS,
                                                .payload_bytes = PAYLOAD};
STK_STORAGE_DEFINE(host_bytes, BYTES);
STK_STORAGE_DEFINE(sent_bytes, BYTES);
STK_STORAGE_DEFINE(got_bytes, BYTES);
static struct stk_device_copies copies;
static struct stk_interp device;
static struct stk_ring ring;
static uint8_t tries[SLOTS];

static void place(struct stk_device_memory *memory, uint8_t *at) {
    struct stk_arena arena;
    stk_arena_init(&arena, at, BYTES);
    memset(at, 0, BYTES);
    assert_int_equal(stk_device_memory_init(memory, &layout, &arena), STK_OK);
}

static int set_up(void **state) {
    (void)state;
    memset(tries, 0, sizeof tries);
    copies.tries = tries;
    place(&copies.host, host_bytes);
    place(&copies.sent, sent_bytes);
    place(&copies.got, got_bytes);
    memset(copies.sent.control, 0xEE, STK_CONTROL_BYTES(OBSERVABLES)); /* values that the last launch may have left */
    ring = (struct stk_ring){.words = copies.host.ring, .slots = SLOTS};
    return 0;
}

static uint32_t *slot_of(const struct stk_device_memory *memory, uint32_t slot) {
    return memory->ring + (size_t)slot * STK_SLOT_WORDS;
}

static uint32_t *io_of(const struct stk_device_memory *memory, uint32_t k) {
    return memory->io + (size_t)k * STK_IO_WORDS;
}

static uint32_t custody_of(uint32_t slot) {
    return stk_load(stk_device_custody(&copies.host) + slot);
}

static void publish(uint32_t slot, uint32_t opcode, uint32_t a0, uint32_t a1) {
    const uint32_t args[] = {a0, a1};
    const struct stk_work work = {.opcode = opcode, .priority = STK_PRIORITY_NORMAL, .nargs = 2, .args = args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

static void expect_status(uint32_t slot, uint32_t status) {
    assert_int_equal(stk_ring_status(&ring, slot), (int)status);
}

static uint32_t host_word(uint32_t word) {
    return stk_load(copies.host.control + word);
}

/* Sends everything, as the port does, and lets the workers of the device do all they find. */
static void launch(bool all) {
    struct stk_device_range range = {0};
    struct stk_interp_config config = {.turns = 8u * SLOTS};
    while (stk_device_next_range(&copies, all, &range)) {
        assert_true(range.count <= STK_DEVICE_RANGES_MAX);
    }
    memcpy(got_bytes, sent_bytes, BYTES);
    assert_int_equal(stk_interp_open(&device, &copies.got, &config), STK_OK);
    assert_true(stk_interp_ops.drive(&device, true) >= 0);
}

/// There ///

static void work_goes_there_and_back(void **state) {
    struct stk_slot slot;
    (void)state;
    publish(1, STK_OP_ATOMIC_ADD, 5, OBSERVABLE);
    publish(4, STK_OP_ATOMIC_ADD, 6, OBSERVABLE);
    assert_int_equal(stk_device_snapshot(&copies), 2);
    expect_status(1, STK_SLOT_CLAIMED); /* so that nobody cancels it */
    assert_int_equal(custody_of(1) & 1u, 1);
    assert_int_equal(custody_of(2), 0);
    launch(true);
    assert_int_equal(host_word(OBSERVABLE), 0);
    stk_device_merge(&copies);
    expect_status(1, STK_SLOT_DONE);
    expect_status(4, STK_SLOT_DONE);
    expect_status(2, STK_SLOT_EMPTY);
    assert_int_equal(custody_of(1), 2);
    assert_int_equal(host_word(OBSERVABLE), 11);
    assert_int_equal(host_word(STK_CTL_DONE_COUNT), 2);
    assert_int_equal(stk_ring_read(&ring, 4, &slot), STK_OK);
    assert_int_equal(slot.args[0], 6);
    assert_int_equal(stk_device_snapshot(&copies), 0);
}

static void a_slot_that_faults_comes_back_with_its_reason(void **state) {
    struct stk_slot slot;
    (void)state;
    publish(0, 0x12345u, 0, 0);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    launch(true);
    stk_device_merge(&copies);
    assert_int_equal(stk_ring_read(&ring, 0, &slot), STK_OK);
    assert_int_equal(slot.status, STK_SLOT_FAULT);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], STK_REASON_OPCODE);
    assert_int_equal(slot.args[STK_FAULT_VALUE_ARG], 0x12345u);
    assert_int_equal(host_word(STK_CTL_FAULT_COUNT), 1);
}

static void slots_that_are_not_handed_over_hold_fences_back_until_they_end(void **state) {
    static const uint32_t before[SLOTS] = {STK_SLOT_EMPTY,   STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED, STK_SLOT_DONE,
                                           STK_SLOT_WAIT_IO, STK_SLOT_YIELD,     STK_SLOT_REQUEUE, STK_SLOT_FAULT};
    static const uint32_t shown[SLOTS] = {STK_SLOT_EMPTY,   STK_SLOT_PUBLISHED, STK_SLOT_CLAIMED, STK_SLOT_EMPTY,
                                          STK_SLOT_CLAIMED, STK_SLOT_YIELD,     STK_SLOT_REQUEUE, STK_SLOT_EMPTY};
    (void)state;
    for (uint32_t i = 0; i < SLOTS; i++) {
        stk_store(slot_of(&copies.host, i), before[i]);
    }
    assert_int_equal(stk_device_snapshot(&copies), 3);
    for (uint32_t i = 0; i < SLOTS; i++) {
        bool handed = before[i] == STK_SLOT_PUBLISHED || before[i] == STK_SLOT_YIELD || before[i] == STK_SLOT_REQUEUE;
        assert_int_equal(stk_load(slot_of(&copies.sent, i)), shown[i]);
        expect_status(i, handed ? STK_SLOT_CLAIMED : before[i]);
    }
}

static void a_slot_that_the_host_moves_meanwhile_stays_as_the_host_left_it(void **state) {
    (void)state;
    publish(0, STK_OP_NOP, 0, 0);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    publish(1, STK_OP_ATOMIC_ADD, 1, OBSERVABLE);
    launch(true);
    stk_device_merge(&copies);
    expect_status(0, STK_SLOT_DONE);
    expect_status(1, STK_SLOT_PUBLISHED);
    assert_int_equal(host_word(OBSERVABLE), 0);
}

/* The status word is the custody word too: the count of custody changes it between the look and the swap. */
static void a_slot_that_changes_between_look_and_swap_is_left(void **state) {
    uint32_t *ring_words = copies.host.ring;
    (void)state;
    copies.host.ring = stk_device_custody(&copies.host);
    copies.host.slots = copies.sent.slots = 1;
    stk_store(copies.host.ring, STK_SLOT_PUBLISHED);
    assert_int_equal(stk_device_snapshot(&copies), 0);
    /* the snapshot adds 1 before the swap, and 1 after the swap has failed */
    assert_int_equal(stk_load(copies.host.ring), STK_SLOT_PUBLISHED + 2u);
    copies.host.ring = ring_words;
    copies.host.slots = copies.sent.slots = SLOTS;
}

static void control_buffers_without_custody_words_do(void **state) {
    (void)state;
    stk_store(copies.host.control + STK_CTL_NO_SHARED_ATOMICS, 0);
    publish(2, STK_OP_ATOMIC_ADD, 7, OBSERVABLE);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    launch(true);
    stk_device_merge(&copies);
    expect_status(2, STK_SLOT_DONE);
    assert_int_equal(host_word(OBSERVABLE), 7);
}

/// Payload ///

static void write_block(uint32_t block) {
    copies.host.payload[block * STK_DEVICE_BLOCK + 7u]++;
}

static void expect_range(struct stk_device_range *range, bool all, uint32_t block, uint32_t blocks) {
    uint32_t end = (block + blocks) * STK_DEVICE_BLOCK;
    assert_true(stk_device_next_range(&copies, all, range));
    assert_int_equal(range->from, block * STK_DEVICE_BLOCK);
    assert_int_equal(range->from + range->bytes, end < PAYLOAD ? end : PAYLOAD);
}

static void blocks_that_changed_are_sent_in_ranges(void **state) {
    struct stk_device_range range = {0};
    (void)state;
    assert_false(stk_device_next_range(&copies, false, &range));
    write_block(0);
    write_block(3);
    write_block(4);
    write_block(BLOCKS - 1u);
    expect_range(&range, false, 0, 1);
    expect_range(&range, false, 3, 2);
    expect_range(&range, false, BLOCKS - 1u, 1);
    assert_false(stk_device_next_range(&copies, false, &range));
    assert_int_equal(range.count, 3);
    assert_memory_equal(copies.sent.payload, copies.host.payload, PAYLOAD);
    range = (struct stk_device_range){0};
    assert_false(stk_device_next_range(&copies, false, &range));
    expect_range(&range, true, 0, BLOCKS); /* a device that holds nothing */
    assert_false(stk_device_next_range(&copies, true, &range));
}

static void the_last_range_takes_in_what_lies_between_its_blocks(void **state) {
    struct stk_device_range range = {0};
    (void)state;
    for (uint32_t i = 0; i < BLOCKS; i += 2u) {
        write_block(i);
    }
    for (uint32_t i = 0; i + 1u < STK_DEVICE_RANGES_MAX; i++) {
        expect_range(&range, false, 2u * i, 1);
    }
    expect_range(&range, false, 2u * (STK_DEVICE_RANGES_MAX - 1u), BLOCKS - 1u - 2u * (STK_DEVICE_RANGES_MAX - 1u));
    assert_int_equal(range.count, STK_DEVICE_RANGES_MAX);
    assert_false(stk_device_next_range(&copies, false, &range));
    assert_memory_equal(copies.sent.payload, copies.host.payload, PAYLOAD);
}

static void lines_of_the_payload_merge(void **state) {
    struct stk_device_range range = {0};
    (void)state;
    publish(0, STK_OP_NOP, 0, 0);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    launch(true);
    copies.got.payload[64] = 1;           /* a handler's */
    copies.got.payload[PAYLOAD - 1u] = 2; /* in the short line at the end */
    copies.host.payload[128] = 3;         /* a chunk that landed meanwhile */
    stk_device_merge(&copies);
    assert_int_equal(copies.host.payload[64], 1);
    assert_int_equal(copies.host.payload[PAYLOAD - 1u], 2);
    assert_int_equal(copies.host.payload[128], 3);
    expect_range(&range, false, 0, 1); /* what landed; the device has its own lines already */
    assert_false(stk_device_next_range(&copies, false, &range));
}

/// Control words and debug log ///

static void counters_add_up_and_what_the_device_sets_is_set(void **state) {
    (void)state;
    stk_store(copies.host.control + STK_CTL_DONE_COUNT, UINT32_MAX - 1u);
    publish(0, STK_OP_STORE_U32, 9, OBSERVABLE);
    publish(1, STK_OP_NOP, 0, 0);
    assert_int_equal(stk_device_snapshot(&copies), 2);
    launch(true);
    (void)stk_fetch_add(copies.host.control + STK_CTL_DONE_COUNT, 3); /* the host adds to the counter meanwhile */
    /* the host sets a word that the device does not set */
    stk_store(copies.host.control + OBSERVABLE + 1u, 77);
    stk_store(copies.got.control + STK_CTL_SHUTDOWN, 1);
    stk_store(copies.got.control + STK_CTL_CURSOR, 6);
    stk_store(copies.host.control + STK_CTL_CURSOR, 5);
    stk_device_merge(&copies);
    assert_int_equal(host_word(STK_CTL_DONE_COUNT), UINT32_MAX - 1u + 5u);
    assert_int_equal(host_word(OBSERVABLE), 9);
    assert_int_equal(host_word(OBSERVABLE + 1u), 77);
    assert_int_equal(host_word(STK_CTL_SHUTDOWN), 1);
    assert_int_equal(host_word(STK_CTL_CURSOR), 6);
}

static void print_twice_and_merge(void) {
    publish(0, STK_OP_PRINTF, 11, 1);
    publish(1, STK_OP_PRINTF, 12, 2);
    assert_int_equal(stk_device_snapshot(&copies), 2);
    launch(true);
    stk_device_merge(&copies);
    expect_status(1, STK_SLOT_DONE);
}

static void records_are_appended_behind_those_of_the_host(void **state) {
    uint32_t *log = copies.host.debug;
    (void)state;
    stk_store(log + STK_DEBUG_CURSOR_WORD, STK_DEBUG_RECORD_WORDS);
    stk_store(log + STK_DEBUG_RECORDS_WORD, 0x51);
    print_twice_and_merge();
    assert_int_equal(stk_load(log + STK_DEBUG_CURSOR_WORD), 3u * STK_DEBUG_RECORD_WORDS);
    assert_int_equal(stk_load(log + STK_DEBUG_RECORDS_WORD), 0x51);
    assert_int_equal(stk_load(log + STK_DEBUG_RECORDS_WORD + STK_DEBUG_RECORD_WORDS), 11);
    assert_int_equal(stk_load(log + STK_DEBUG_RECORDS_WORD + 2u * STK_DEBUG_RECORD_WORDS), 12);
}

static void a_full_log_takes_no_more(void **state) {
    uint32_t *log = copies.host.debug;
    (void)state;
    publish(0, STK_OP_PRINTF, 11, 1);
    publish(1, STK_OP_PRINTF, 12, 2);
    assert_int_equal(stk_device_snapshot(&copies), 2);
    launch(true);
    stk_store(log + STK_DEBUG_CURSOR_WORD, 2u * STK_DEBUG_RECORD_WORDS); /* by others, meanwhile */
    stk_device_merge(&copies);
    assert_int_equal(stk_load(log + STK_DEBUG_CURSOR_WORD), RECORDS * STK_DEBUG_RECORD_WORDS);
    assert_int_equal(stk_load(log + STK_DEBUG_RECORDS_WORD + 2u * STK_DEBUG_RECORD_WORDS), 11);
}

static void devices_without_a_debug_log_do(void **state) {
    struct stk_device_memory *const all[] = {&copies.host, &copies.sent, &copies.got};
    (void)state;
    for (uint32_t i = 0; i < 3u; i++) {
        all[i]->debug = NULL;
        all[i]->debug_words = 0;
    }
    print_twice_and_merge();
}

/// I/O queue ///

static void a_request_of_the_device_reaches_the_host(void **state) {
    (void)state;
    assert_int_equal(stk_ring_publish_load_miss(&ring, 3, 0, 41, 0), STK_OK);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    launch(true);
    stk_device_merge(&copies);
    expect_status(3, STK_SLOT_WAIT_IO);
    assert_int_equal(stk_load(slot_of(&copies.host, 3) + TICKET_AT), 1);
    assert_int_equal(stk_load(io_of(&copies.host, 0) + STK_IO_STATUS), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_load(io_of(&copies.host, 0) + STK_IO_SRC), 41);
    assert_int_equal(stk_load(io_of(&copies.host, 0) + STK_IO_TAG), 3);
}

static void a_request_whose_io_slot_the_host_took_is_made_again(void **state) {
    uint32_t *io = io_of(&copies.host, 0);
    (void)state;
    assert_int_equal(stk_ring_publish_load_miss(&ring, 3, 0, 41, 0), STK_OK);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    launch(true);
    stk_store(io + STK_IO_SRC, 99);
    stk_store_release(io + STK_IO_STATUS, STK_SLOT_PUBLISHED);
    stk_device_merge(&copies);
    expect_status(3, STK_SLOT_REQUEUE);
    assert_int_equal(stk_load(slot_of(&copies.host, 3) + TICKET_AT), 0);
    assert_int_equal(stk_load(io + STK_IO_SRC), 99);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    launch(false);
    stk_device_merge(&copies);
    expect_status(3, STK_SLOT_WAIT_IO);
    assert_int_equal(stk_load(slot_of(&copies.host, 3) + TICKET_AT), 2);
    assert_int_equal(stk_load(io_of(&copies.host, 1) + STK_IO_SRC), 41);
}

static void an_outcome_that_the_device_took_frees_its_io_slot(void **state) {
    uint32_t *io = io_of(&copies.host, 0);
    (void)state;
    a_request_of_the_device_reaches_the_host(state);
    stk_store_release(io + STK_IO_STATUS, STK_IO_OK);
    assert_true(stk_ring_transition(&ring, 3, STK_TO_REQUEUE) >= 0);
    assert_int_equal(stk_device_snapshot(&copies), 1);
    launch(false);
    stk_device_merge(&copies);
    expect_status(3, STK_SLOT_DONE);
    assert_int_equal(stk_load(io + STK_IO_STATUS), STK_SLOT_EMPTY);
}

/// Tries ///

static void tries_begin_anew_when_a_slot_ends(void **state) {
    (void)state;
    tries[0] = tries[1] = tries[2] = 2;
    publish(0, STK_OP_NOP, 0, 0);
    publish(1, 0x12345u, 0, 0);
    assert_int_equal(stk_ring_publish_load_miss(&ring, 2, 0, 41, 0), STK_OK);
    assert_int_equal(stk_device_snapshot(&copies), 3);
    launch(true);
    stk_device_merge(&copies);
    assert_int_equal(tries[0], 0);
    assert_int_equal(tries[1], 0);
    assert_int_equal(tries[2], 2); /* waits */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, NULL)

/// Tables ///

static void changes_of_the_tables_add_up_to_one_range(void **state) {
    struct stk_device_changes c = {0};
    (void)state;
    stk_device_change(&c, 100, 0);
    assert_true(c.first == c.end);
    stk_device_change(&c, 100, 20);
    assert_true(c.first == 100u && c.end == 120u);
    stk_device_change(&c, 110, 5);
    stk_device_change(&c, 0, 0);
    assert_true(c.first == 100u && c.end == 120u);
    stk_device_change(&c, 200, 1);
    assert_true(c.first == 100u && c.end == 201u);
    stk_device_change(&c, 0, 1);
    assert_true(c.first == 0u && c.end == 201u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(work_goes_there_and_back),
        TEST(a_slot_that_faults_comes_back_with_its_reason),
        TEST(slots_that_are_not_handed_over_hold_fences_back_until_they_end),
        TEST(a_slot_that_the_host_moves_meanwhile_stays_as_the_host_left_it),
        TEST(a_slot_that_changes_between_look_and_swap_is_left),
        TEST(control_buffers_without_custody_words_do),
        TEST(blocks_that_changed_are_sent_in_ranges),
        TEST(the_last_range_takes_in_what_lies_between_its_blocks),
        TEST(lines_of_the_payload_merge),
        TEST(counters_add_up_and_what_the_device_sets_is_set),
        TEST(records_are_appended_behind_those_of_the_host),
        TEST(a_full_log_takes_no_more),
        TEST(devices_without_a_debug_log_do),
        TEST(a_request_of_the_device_reaches_the_host),
        TEST(a_request_whose_io_slot_the_host_took_is_made_again),
        TEST(an_outcome_that_the_device_took_frees_its_io_slot),
        TEST(tries_begin_anew_when_a_slot_ends),
        cmocka_unit_test(changes_of_the_tables_add_up_to_one_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
