#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "stoker/atomic.h"
#include "stoker/ring.h"

#define NO (-1)

/* The status that each transition leads to, by status it starts from; written out a second time on purpose. */
static const struct {
    enum stk_transition move;
    int to[8];
} table[] = {
    /* from:          EMPTY PUBL CLAIM DONE WAIT YIELD REQ FAULT */
    {STK_TO_PUBLISH, {NO, NO, NO, NO, NO, NO, NO, NO}}, {STK_TO_CLAIM, {NO, 2, NO, NO, NO, 2, 2, NO}},
    {STK_TO_DONE, {NO, NO, 3, NO, NO, NO, NO, NO}},     {STK_TO_FAULT, {NO, 7, 7, NO, 7, 7, 7, NO}},
    {STK_TO_CANCEL, {NO, 0, NO, NO, 0, 0, 0, NO}},      {STK_TO_WAIT_IO, {NO, NO, 4, NO, NO, NO, NO, NO}},
    {STK_TO_YIELD, {NO, NO, 5, NO, NO, NO, NO, NO}},    {STK_TO_REQUEUE, {NO, NO, 6, NO, 6, NO, NO, NO}},
    {STK_TO_ACK, {NO, NO, NO, NO, NO, NO, NO, 0}},
};

#define MOVES (sizeof table / sizeof table[0])

static uint32_t words[STK_SLOT_WORDS];

static void every_move_of_every_status_follows_the_table(void **state) {
    struct stk_ring ring = {words, 1};
    (void)state;
    for (size_t m = 0; m < MOVES; m++) {
        for (uint32_t from = 0; from < 8; from++) {
            int to = table[m].to[from];
            stk_store(words, from);
            assert_int_equal(stk_transition_allowed(from, table[m].move), to != NO);
            assert_int_equal(stk_ring_transition(&ring, 0, table[m].move), to == NO ? (int)STK_E_STATUS : (int)from);
            assert_int_equal(stk_load(words), to == NO ? from : (uint32_t)to);
        }
    }
}

static void a_word_that_is_no_status_never_moves(void **state) {
    static const uint32_t junk[] = {8, 9, 16, 17, 32, 33, 255, 0x80000000u, UINT32_MAX};
    struct stk_ring ring = {words, 1};
    (void)state;
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        for (size_t m = 0; m < MOVES; m++) {
            stk_store(words, junk[i]);
            assert_int_equal(stk_ring_transition(&ring, 0, table[m].move), STK_E_STATUS);
            assert_int_equal(stk_load(words), junk[i]);
        }
    }
}

static void moves_out_of_range_are_refused(void **state) {
    struct stk_ring ring = {words, 1};
    (void)state;
    assert_int_equal(stk_ring_transition(&ring, 1, STK_TO_CLAIM), STK_E_RANGE);
    assert_int_equal(stk_ring_transition(&ring, UINT32_MAX, STK_TO_CLAIM), STK_E_RANGE);
    assert_false(stk_transition_allowed(STK_SLOT_PUBLISHED, (enum stk_transition)99));
}

/// The facts of slot.h ///

static void facts_about_a_status_follow_the_table(void **state) {
    (void)state;
    for (uint32_t status = 0; status < 8; status++) {
        int over = status == STK_SLOT_DONE || status == STK_SLOT_FAULT;
        assert_int_equal(stk_status_claimable(status), stk_transition_allowed(status, STK_TO_CLAIM));
        assert_int_equal(stk_status_ended(status), over);
        assert_int_equal(stk_status_unfinished(status), !over && status != STK_SLOT_EMPTY);
        assert_int_equal(stk_status_publishable(status), status == STK_SLOT_EMPTY || status == STK_SLOT_DONE);
        assert_true(stk_status_known(status));
    }
}

static void a_word_that_is_no_status_is_unfinished_and_nothing_else(void **state) {
    static const uint32_t junk[] = {8, 9, 32, 33, 35, 39, 0x80000003u, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        assert_false(stk_status_claimable(junk[i]));
        assert_false(stk_status_ended(junk[i]));
        assert_false(stk_status_publishable(junk[i]));
        assert_false(stk_status_known(junk[i]));
        assert_true(stk_status_unfinished(junk[i]));
    }
}

static void a_slot_lies_at_64_bytes_times_its_number(void **state) {
    static uint32_t ring[4 * STK_SLOT_WORDS];
    (void)state;
    assert_ptr_equal(STK_SLOT_AT(ring, 0), ring);
    assert_ptr_equal(STK_SLOT_AT(ring, 1 + 2), (uint8_t *)ring + 3u * STK_SLOT_BYTES);
}

static void the_bus_word_says_who_may_swap_and_where_custody_is(void **state) {
    (void)state;
    assert_true(stk_atomics_exclude(0));
    assert_true(stk_atomics_exclude(200u << 1));
    assert_false(stk_atomics_exclude(1));
    assert_false(stk_atomics_exclude(200u << 1 | 1u));
    assert_int_equal(stk_custody_at(1), 0);
    assert_int_equal(stk_custody_at(200u << 1 | 1u), 200);
}

static void reasons_are_in_order_and_have_names(void **state) {
    static const char *const names[] = {"NONE", "OPCODE", "TENANT", "INDEX", "PAYLOAD", "ARGUMENT", "PACKED",
                                        "IO",   "TABLE",  "LOST",   "FUSED", "COST",    "OFF",      "STATUS"};
    char want[32];
    (void)state;
    for (uint32_t i = 0; i < 14; i++) {
        (void)snprintf(want, sizeof want, "STK_REASON_%s", names[i]);
        assert_string_equal(stk_reason_name(i), want);
    }
    assert_int_equal(STK_REASON_LOST, 9);
    assert_int_equal(STK_REASON_STATUS, 13);
    assert_string_equal(stk_reason_name(14), "STK_REASON_UNKNOWN");
    assert_string_equal(stk_reason_name(UINT32_MAX), "STK_REASON_UNKNOWN");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_move_of_every_status_follows_the_table),
        cmocka_unit_test(a_word_that_is_no_status_never_moves),
        cmocka_unit_test(moves_out_of_range_are_refused),
        cmocka_unit_test(facts_about_a_status_follow_the_table),
        cmocka_unit_test(a_word_that_is_no_status_is_unfinished_and_nothing_else),
        cmocka_unit_test(a_slot_lies_at_64_bytes_times_its_number),
        cmocka_unit_test(the_bus_word_says_who_may_swap_and_where_custody_is),
        cmocka_unit_test(reasons_are_in_order_and_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
