#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_move_of_every_status_follows_the_table),
        cmocka_unit_test(a_word_that_is_no_status_never_moves),
        cmocka_unit_test(moves_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
