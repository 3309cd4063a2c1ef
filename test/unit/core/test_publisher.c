#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/publisher.h"

#define SLOTS 4u

static _Alignas(64) uint8_t ring_memory[STK_RING_BYTES(SLOTS)];
static _Alignas(64) uint8_t control_memory[STK_CONTROL_BYTES(0)];
static struct stk_ring ring;
static struct stk_control control;
static struct stk_publisher publisher;
static const struct stk_work nop = {STK_OP_NOP, 0, STK_NORMAL, 0, NULL};

/* Tickets begin so that they pass 2^32 within every test. */
#define FIRST (UINT32_MAX - 2u)

static int setup(void **state) {
    (void)state;
    int err = stk_ring_init(&ring, ring_memory, sizeof ring_memory, SLOTS);
    if (err == STK_OK) {
        err = stk_control_init(&control, control_memory, sizeof control_memory, 0, 1, 0);
    }
    if (err == STK_OK) {
        err = stk_publisher_init(&publisher, &ring, &control);
    }
    return err == STK_OK ? stk_publisher_reset(&publisher, FIRST) : err;
}

static uint32_t publish(void) {
    uint32_t ticket = 0;
    int slot = stk_publisher_publish(&publisher, &nop, &ticket);
    assert_true(slot >= 0);
    assert_int_equal(slot, ticket % SLOTS);
    return ticket;
}

static void work(uint32_t ticket, enum stk_transition end) {
    assert_int_equal(stk_ring_transition(&ring, ticket % SLOTS, STK_TO_CLAIM), STK_PUBLISHED);
    assert_int_equal(stk_ring_transition(&ring, ticket % SLOTS, end), STK_CLAIMED);
}

static void tickets_pass_two_to_the_32_in_step_with_slots(void **state) {
    struct stk_slot slot;
    uint32_t got = 0;
    (void)state;
    for (uint32_t i = 0; i < 3 * SLOTS; i++) {
        uint32_t ticket = publish();
        assert_int_equal(ticket, (uint32_t)(FIRST + i));
        work(ticket, STK_TO_DONE);
        assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_DONE);
        assert_int_equal(got, ticket);
        assert_int_equal(slot.status, STK_DONE);
        assert_int_equal(stk_ring_status(&ring, ticket % SLOTS), STK_EMPTY);
    }
    assert_int_equal(stk_publisher_pending(&publisher), 0);
}

static void a_full_ring_gives_no_ticket_until_harvest(void **state) {
    struct stk_slot slot;
    uint32_t first = publish(), ticket = 5;
    (void)state;
    publish();
    publish();
    publish();
    assert_int_equal(stk_publisher_pending(&publisher), SLOTS);
    assert_int_equal(stk_publisher_publish(&publisher, &nop, &ticket), STK_E_FULL);
    work(first, STK_TO_DONE);
    assert_int_equal(stk_publisher_publish(&publisher, &nop, &ticket), STK_E_FULL);
    assert_int_equal(ticket, 5);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_DONE);
    assert_int_equal(publish(), (uint32_t)(first + SLOTS));
}

static void results_come_in_ticket_order(void **state) {
    struct stk_slot slot;
    uint32_t a = publish(), b = publish(), got = 0;
    (void)state;
    work(b, STK_TO_DONE);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_E_AGAIN);
    work(a, STK_TO_DONE);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_DONE);
    assert_int_equal(got, a);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_DONE);
    assert_int_equal(got, b);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_E_AGAIN);
}

static void a_fault_is_harvested_and_acknowledged(void **state) {
    struct stk_slot slot;
    uint32_t ticket = publish();
    (void)state;
    work(ticket, STK_TO_FAULT);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_FAULT);
    assert_int_equal(slot.status, STK_FAULT);
    assert_int_equal(stk_ring_status(&ring, ticket % SLOTS), STK_EMPTY);
}

static void a_hole_stops_the_harvest_until_repaired(void **state) {
    struct stk_slot slot;
    uint32_t dead = publish(), next = publish(), got = 0;
    (void)state;
    assert_int_equal(stk_ring_transition(&ring, dead % SLOTS, STK_TO_CANCEL), STK_PUBLISHED);
    work(next, STK_TO_DONE);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_E_AGAIN);
    assert_int_equal(stk_publisher_oldest(&publisher), dead);
    assert_int_equal(stk_publisher_repair(&publisher, next), STK_E_AGAIN);
    assert_int_equal(stk_publisher_repair(&publisher, dead), STK_OK);
    assert_int_equal(stk_publisher_repair(&publisher, dead), STK_E_AGAIN);
    assert_int_equal(stk_publisher_repair(&publisher, next), STK_E_STATUS);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_DONE);
    assert_int_equal(got, next);
    assert_int_equal(stk_publisher_repair(&publisher, next + 1), STK_E_AGAIN); /* nothing pending */
}

static void slots_used_past_the_tickets_are_noticed(void **state) {
    struct stk_slot slot;
    uint32_t *status = ring.words + (size_t)(FIRST % SLOTS) * STK_SLOT_WORDS;
    (void)state;
    stk_store(status, STK_PUBLISHED);
    assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), STK_E_STATUS);
    stk_store(status, STK_DONE); /* nobody's: no ticket was taken for it */
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_E_AGAIN);
    assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), STK_E_STATUS);
    assert_int_equal(stk_publisher_pending(&publisher), 0);
}

static void a_publisher_that_does_not_ask_for_its_ticket_takes_one(void **state) {
    (void)state;
    assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), FIRST % SLOTS);
    assert_int_equal(stk_publisher_pending(&publisher), 1);
    assert_int_equal(publish(), (uint32_t)(FIRST + 1));
}

static void bad_work_takes_no_ticket(void **state) {
    struct stk_work bad = {STK_OP_LOAD_MISS, 0, STK_NORMAL, 13, NULL};
    (void)state;
    assert_int_equal(stk_publisher_publish(&publisher, &bad, NULL), STK_E_ARGS);
    bad.nargs = 0;
    assert_int_equal(stk_publisher_publish(&publisher, &bad, NULL), STK_E_OPCODE);
    bad = (struct stk_work){STK_OP_NOP, 0, STK_IDLE + 1, 0, NULL};
    assert_int_equal(stk_publisher_publish(&publisher, &bad, NULL), STK_E_ARG);
    assert_int_equal(stk_publisher_pending(&publisher), 0);
}

static void indices_out_of_step_end_in_an_error(void **state) {
    (void)state;
    stk_store(control.words + STK_CTL_HARVEST_HEAD, FIRST + 9); /* a head that passed the tail */
    assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), STK_E_AGAIN);
}

static void init_wants_a_power_of_two_and_the_harvest_word(void **state) {
    struct stk_ring odd = {ring.words, 3};
    struct stk_control small = {control.words, STK_CTL_HARVEST_HEAD};
    (void)state;
    assert_int_equal(stk_publisher_init(&publisher, &odd, &control), STK_E_ARG);
    odd.slots = 0;
    assert_int_equal(stk_publisher_init(&publisher, &odd, &control), STK_E_ARG);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &small), STK_E_MISSING);
}

static void reset_recycles_finished_slots_only(void **state) {
    (void)state;
    stk_store(ring.words, STK_DONE);
    stk_store(ring.words + 16, STK_CLAIMED);
    assert_int_equal(stk_publisher_reset(&publisher, 0), STK_E_STATUS);
    assert_int_equal(stk_ring_status(&ring, 0), STK_DONE);
    stk_store(ring.words + 16, STK_FAULT);
    assert_int_equal(stk_publisher_reset(&publisher, 0), STK_OK);
    assert_int_equal(stk_ring_status(&ring, 0), STK_EMPTY);
    assert_int_equal(stk_ring_status(&ring, 1), STK_EMPTY);
    assert_int_equal(publish(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(tickets_pass_two_to_the_32_in_step_with_slots),
        TEST(a_full_ring_gives_no_ticket_until_harvest),
        TEST(results_come_in_ticket_order),
        TEST(a_fault_is_harvested_and_acknowledged),
        TEST(a_hole_stops_the_harvest_until_repaired),
        TEST(slots_used_past_the_tickets_are_noticed),
        TEST(a_publisher_that_does_not_ask_for_its_ticket_takes_one),
        TEST(bad_work_takes_no_ticket),
        TEST(indices_out_of_step_end_in_an_error),
        TEST(init_wants_a_power_of_two_and_the_harvest_word),
        TEST(reset_recycles_finished_slots_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
