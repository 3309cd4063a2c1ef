#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/publisher.h"

#define SLOTS 4u

static _Alignas(64) uint8_t ring_memory[STK_RING_BYTES(SLOTS)];
static _Alignas(64) uint8_t control_memory[STK_CONTROL_BYTES(SLOTS)]; /* the last words are custody words */
static struct stk_ring ring;
static struct stk_control control;
static struct stk_publisher publisher;
static const struct stk_work nop = {STK_OP_NOP, 0, STK_PRIORITY_NORMAL, 0, NULL};

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
    assert_int_equal(stk_ring_transition(&ring, ticket % SLOTS, STK_TO_CLAIM), STK_SLOT_PUBLISHED);
    assert_int_equal(stk_ring_transition(&ring, ticket % SLOTS, end), STK_SLOT_CLAIMED);
}

static void tickets_pass_two_to_the_32_in_step_with_slots(void **state) {
    struct stk_slot slot;
    uint32_t got = 0;
    (void)state;
    for (uint32_t i = 0; i < 3 * SLOTS; i++) {
        uint32_t ticket = publish();
        assert_int_equal(ticket, (uint32_t)(FIRST + i));
        work(ticket, STK_TO_DONE);
        assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_SLOT_DONE);
        assert_int_equal(got, ticket);
        assert_int_equal(slot.status, STK_SLOT_DONE);
        assert_int_equal(stk_ring_status(&ring, ticket % SLOTS), STK_SLOT_EMPTY);
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
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_SLOT_DONE);
    assert_int_equal(publish(), (uint32_t)(first + SLOTS));
}

static void results_come_in_ticket_order(void **state) {
    struct stk_slot slot;
    uint32_t a = publish(), b = publish(), got = 0;
    (void)state;
    work(b, STK_TO_DONE);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_E_WOULD_BLOCK);
    work(a, STK_TO_DONE);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_SLOT_DONE);
    assert_int_equal(got, a);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_SLOT_DONE);
    assert_int_equal(got, b);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_E_WOULD_BLOCK);
}

static void a_fault_is_harvested_and_acknowledged(void **state) {
    struct stk_slot slot;
    uint32_t ticket = publish();
    (void)state;
    work(ticket, STK_TO_FAULT);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_SLOT_FAULT);
    assert_int_equal(slot.status, STK_SLOT_FAULT);
    assert_int_equal(stk_ring_status(&ring, ticket % SLOTS), STK_SLOT_EMPTY);
}

static void a_hole_stops_the_harvest_until_repaired(void **state) {
    struct stk_slot slot;
    uint32_t dead = publish(), next = publish(), got = 0;
    (void)state;
    assert_int_equal(stk_ring_transition(&ring, dead % SLOTS, STK_TO_CANCEL), STK_SLOT_PUBLISHED);
    work(next, STK_TO_DONE);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_publisher_oldest(&publisher), dead);
    assert_int_equal(stk_publisher_repair(&publisher, next), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_publisher_repair(&publisher, dead), STK_OK);
    assert_int_equal(stk_publisher_repair(&publisher, dead), STK_E_WOULD_BLOCK);
    assert_int_equal(stk_publisher_repair(&publisher, next), STK_E_STATUS);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_SLOT_DONE);
    assert_int_equal(got, next);
    assert_int_equal(stk_publisher_repair(&publisher, next + 1), STK_E_WOULD_BLOCK); /* nothing pending */
}

static void slots_used_past_the_tickets_are_noticed(void **state) {
    struct stk_slot slot;
    uint32_t *status = STK_SLOT_AT(ring.words, FIRST % SLOTS);
    (void)state;
    stk_store(status, STK_SLOT_PUBLISHED);
    assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), STK_E_STATUS);
    stk_store(status, STK_SLOT_DONE); /* nobody's: no ticket was taken for it */
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_E_WOULD_BLOCK);
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
    struct stk_work bad = {STK_OP_LOAD_MISS, 0, STK_PRIORITY_NORMAL, 13, NULL};
    (void)state;
    assert_int_equal(stk_publisher_publish(&publisher, &bad, NULL), STK_E_ARGS);
    bad.nargs = 0;
    assert_int_equal(stk_publisher_publish(&publisher, &bad, NULL), STK_E_OPCODE);
    bad = (struct stk_work){STK_OP_NOP, 0, STK_PRIORITY_IDLE + 1, 0, NULL};
    assert_int_equal(stk_publisher_publish(&publisher, &bad, NULL), STK_E_ARG);
    assert_int_equal(stk_publisher_pending(&publisher), 0);
}

static void indices_out_of_step_end_in_an_error(void **state) {
    (void)state;
    stk_store(control.words + STK_CTL_HARVEST_HEAD, FIRST + 9); /* a head that passed the tail */
    assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), STK_E_WOULD_BLOCK);
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

static uint32_t *status_of(uint32_t ticket) {
    return STK_SLOT_AT(ring.words, ticket % SLOTS);
}

static uint32_t *custody_of(uint32_t ticket) {
    return control.words + control.count + ticket % SLOTS;
}

static void with_custody(void) {
    assert_int_equal(stk_control_set_custody(&control, control.count, NULL), STK_OK);
    for (uint32_t i = 0; i < SLOTS; i++) {
        stk_store(custody_of(i), 0);
    }
}

static void reset_recycles_finished_slots_only(void **state) {
    (void)state;
    stk_store(ring.words, STK_SLOT_DONE);
    stk_store(ring.words + 16, STK_SLOT_CLAIMED);
    assert_int_equal(stk_publisher_reset(&publisher, 0), STK_E_STATUS);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_DONE);
    stk_store(ring.words + 16, STK_SLOT_FAULT);
    assert_int_equal(stk_publisher_reset(&publisher, 0), STK_OK);
    assert_int_equal(stk_ring_status(&ring, 0), STK_SLOT_EMPTY);
    assert_int_equal(stk_ring_status(&ring, 1), STK_SLOT_EMPTY);
    stk_store(ring.words + 16, 99); /* 99 is not a status */
    assert_int_equal(stk_publisher_reset(&publisher, 0), STK_E_STATUS);
    with_custody();
    assert_int_equal(stk_publisher_reset(&publisher, 0), STK_OK);
    assert_int_equal(publish(), 0);
}

/// Tenants that store to their own status words ///

/* Sets the counts of workers that entered and left. */
static void workers(uint32_t entered, uint32_t lease_ends, uint32_t idle_ends) {
    stk_store(control.words + STK_CTL_WORKERS_IN, entered);
    stk_store(control.words + STK_CTL_LEASE_ENDS, lease_ends);
    stk_store(control.words + STK_CTL_IDLE_ENDS, idle_ends);
}

static void nothing_is_harvested(void) {
    struct stk_slot slot = {.opcode = 77};
    uint32_t oldest = stk_publisher_oldest(&publisher);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_E_WOULD_BLOCK);
    assert_int_equal(slot.opcode, 77);
    assert_int_equal(stk_publisher_oldest(&publisher), oldest);
}

static void an_end_that_the_tenant_stored_waits_for_the_workers_own(void **state) {
    struct stk_slot slot;
    uint32_t ticket;
    (void)state;
    with_custody();
    ticket = publish();
    stk_store(custody_of(ticket), 1); /* a worker has the slot */
    while (stk_publisher_pending(&publisher) < SLOTS) {
        (void)publish(); /* there is nothing to give back */
    }
    for (uint32_t status = STK_SLOT_DONE; status < STK_SLOT_FAULT + 3u; status++) {
        stk_store(status_of(ticket), status);
        nothing_is_harvested();
        assert_int_equal(stk_load(status_of(ticket)), status);
    }
    stk_store(status_of(ticket), STK_SLOT_EMPTY); /* an EMPTY slot in custody is no hole */
    assert_int_equal(stk_publisher_repair(&publisher, ticket), STK_E_STATUS);
    stk_store(status_of(ticket), STK_SLOT_DONE);
    stk_store(custody_of(ticket), 2);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_SLOT_DONE);
}

static void a_word_that_is_no_status_is_a_fault_of_its_ticket_alone(void **state) {
    struct stk_slot slot;
    uint32_t got = 0, ticket, next;
    (void)state;
    with_custody();
    ticket = publish();
    next = publish();
    work(next, STK_TO_DONE);
    stk_store(status_of(ticket), 99);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_SLOT_FAULT);
    assert_int_equal(got, ticket);
    assert_int_equal(slot.status, STK_SLOT_FAULT);
    assert_int_equal(slot.args[STK_FAULT_REASON_ARG], STK_REASON_STATUS);
    assert_int_equal(slot.args[STK_FAULT_VALUE_ARG], 99);
    assert_int_equal(stk_publisher_harvest(&publisher, &slot, &got), STK_SLOT_DONE);
    assert_int_equal(got, next);
}

/* Behind a bus, or without custody words, a worker may still be about to claim a status that it saw before: the workers
 * that were there leave first. */
static void a_word_that_is_no_status_waits_for_the_workers_that_were_there(void **state) {
    struct stk_slot slot;
    (void)state;
    for (uint32_t bus = 0; bus < 2u; bus++) {
        uint32_t ticket;
        workers(UINT32_MAX, UINT32_MAX - 3u, 1); /* two workers run */
        if (bus) {
            with_custody();
            stk_store(control.words + STK_CTL_NO_SHARED_ATOMICS,
                      stk_load(control.words + STK_CTL_NO_SHARED_ATOMICS) | STK_NO_SHARED_ATOMICS_BIT);
        }
        ticket = publish();
        stk_store(status_of(ticket), 8);
        nothing_is_harvested();
        workers(1, UINT32_MAX - 3u, 2); /* one of the two workers has left, and two others have entered */
        nothing_is_harvested();
        workers(1, UINT32_MAX - 3u, 3);
        assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_SLOT_FAULT);
        ticket = publish();
        stk_store(status_of(ticket), 8);
        nothing_is_harvested(); /* this is another ticket, and its two workers are still there */
        workers(1, 0, 1);
        assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_SLOT_FAULT);
    }
}

static void a_control_buffer_without_the_words_tells_nothing(void **state) {
    struct stk_control small = {control.words, STK_CTL_NO_SHARED_ATOMICS};
    uint32_t ticket;
    (void)state;
    assert_int_equal(stk_publisher_init(&publisher, &ring, &small), STK_OK);
    ticket = publish();
    stk_store(status_of(ticket), 99);
    nothing_is_harvested();
    stk_store(status_of(ticket), STK_SLOT_CLAIMED);
    assert_int_equal(stk_publisher_repair(&publisher, ticket), STK_E_STATUS);
}

static void a_slot_that_was_harvested_is_given_back_whatever_it_says(void **state) {
    struct stk_slot slot;
    (void)state;
    with_custody();
    for (uint32_t status = 0; status < 10u; status++) {
        uint32_t *word = status_of(FIRST + status), *custody = custody_of(FIRST + status);
        int claimable = status == STK_SLOT_PUBLISHED || status == STK_SLOT_YIELD || status == STK_SLOT_REQUEUE;
        stk_store(word, status);
        stk_store(custody, 1);
        nothing_is_harvested();
        assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), STK_E_WOULD_BLOCK);
        stk_store(custody, 2);
        nothing_is_harvested();
        if (claimable) { /* until a worker has run the slot */
            assert_int_equal(stk_publisher_publish(&publisher, &nop, NULL), STK_E_WOULD_BLOCK);
            stk_store(word, STK_SLOT_DONE);
            nothing_is_harvested();
        }
        assert_int_equal(publish(), (uint32_t)(FIRST + status));
        work(FIRST + status, STK_TO_DONE);
        assert_int_equal(stk_publisher_harvest(&publisher, &slot, NULL), STK_SLOT_DONE);
    }
}

static void a_claim_that_no_worker_made_is_stepped_over_on_demand(void **state) {
    uint32_t ticket;
    (void)state;
    for (uint32_t custody = 0; custody < 2u; custody++) {
        ticket = publish();
        stk_store(status_of(ticket), STK_SLOT_CLAIMED);
        nothing_is_harvested();
        if (custody) {
            with_custody();
            stk_store(custody_of(ticket), 1);
        } else {
            workers(5, 2, 2);
        }
        assert_int_equal(stk_publisher_repair(&publisher, ticket), STK_E_STATUS);
        stk_store(custody_of(ticket), 0);
        workers(5, 2, 3);
        assert_int_equal(stk_publisher_repair(&publisher, ticket), STK_OK);
        assert_int_equal(stk_load(status_of(ticket)), STK_SLOT_EMPTY);
    }
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
        TEST(an_end_that_the_tenant_stored_waits_for_the_workers_own),
        TEST(a_word_that_is_no_status_is_a_fault_of_its_ticket_alone),
        TEST(a_word_that_is_no_status_waits_for_the_workers_that_were_there),
        TEST(a_control_buffer_without_the_words_tells_nothing),
        TEST(a_slot_that_was_harvested_is_given_back_whatever_it_says),
        TEST(a_claim_that_no_worker_made_is_stepped_over_on_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
