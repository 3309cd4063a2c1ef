#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "red_zone.h"
#include "stoker/atomic.h"
#include "stoker/parity/task.h"
#include "stoker/slot.h"

#define SLOTS 3u

static _Alignas(64) uint32_t memory[SLOTS * STK_SLOT_WORDS];
static struct stk_task_queue queue;

static int setup(void **state) {
    (void)state;
    return stk_task_queue_init(&queue, memory, sizeof memory, SLOTS);
}

/* Puts a task in slot 1 into a state. The fields have different values, so that a test sees when two are mixed up. */
static struct stk_task put(enum stk_task_state task_state) {
    struct stk_task task = {0, 4096, 2, STK_WIRE_PRIORITY_LOW, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 0};
    stk_store(STK_SLOT_AT(memory, 1), STK_TASK_EMPTY);
    assert_int_equal(stk_task_publish(&queue, 1, &task), STK_OK);
    stk_store(STK_SLOT_AT(memory, 1), (uint32_t)task_state);
    task.state = (uint32_t)task_state;
    return task;
}

static void is_now(const struct stk_task *want) {
    struct stk_task got;
    assert_int_equal(stk_task_read(&queue, 1, &got), STK_OK);
    assert_memory_equal(&got, want, sizeof got);
}

static void bytes_are_macro_query_and_use(void **state) {
    struct stk_task_queue q;
    size_t bytes = 0;
    (void)state;
    assert_int_equal(stk_task_queue_bytes(5, &bytes), STK_OK);
    assert_int_equal(bytes, STK_TASK_QUEUE_BYTES(5));
    assert_int_equal(stk_task_queue_init(&q, zone_paint(), bytes - 1, 5), STK_E_SPACE);
    assert_int_equal(zone_used(), 0);
    assert_int_equal(stk_task_queue_init(&q, zone_paint(), bytes, 5), STK_OK);
    assert_true(zone_intact(bytes) && zone_used() == bytes);
    assert_int_equal(stk_task_queue_view(&q, q.words, bytes - 1), STK_E_ALIGN);
    assert_int_equal(stk_task_queue_view(&q, q.words, bytes - 64), STK_OK);
    assert_int_equal(q.slots, 4);
    assert_int_equal(stk_task_queue_bytes(STK_RING_SLOTS_MAX + 1, &bytes), STK_E_OVERFLOW);
}

static void publish_wants_an_empty_or_done_slot(void **state) {
    struct stk_task task = put(STK_TASK_DONE);
    (void)state;
    for (uint32_t from = 0; from < 10; from++) {
        int ok = from == STK_TASK_EMPTY || from == STK_TASK_DONE;
        stk_store(STK_SLOT_AT(memory, 1), from);
        task.param = 100 + from;
        assert_int_equal(stk_task_publish(&queue, 1, &task), ok ? STK_OK : STK_E_STATUS);
        assert_int_equal(stk_load(STK_SLOT_AT(memory, 1)), ok ? (uint32_t)STK_TASK_READY : from);
    }
    task.priority = STK_WIRE_PRIORITY_IDLE + 1;
    assert_int_equal(stk_task_publish(&queue, 0, &task), STK_E_ARG);
    task.opcode = STK_OP_LOAD_MISS;
    assert_int_equal(stk_task_publish(&queue, 0, &task), STK_E_OPCODE);
    assert_int_equal(stk_task_publish(&queue, SLOTS, &task), STK_E_RANGE);
    assert_int_equal(stk_task_read(&queue, SLOTS, &task), STK_E_RANGE);
}

enum move {
    CLAIM,
    PAUSE,
    RESUME,
    YIELD,
    REQUEUE,
    COMPLETE,
    FAULT,
    ACKNOWLEDGE,
    MOVES
};

static int move_task(enum move move, uint32_t slot) {
    switch (move) {
    case CLAIM:
        return stk_task_claim(&queue, slot);
    case PAUSE:
        return stk_task_pause(&queue, slot, 1, 2, 3);
    case RESUME:
        return stk_task_resume(&queue, slot);
    case YIELD:
        return stk_task_yield(&queue, slot, 1, 2);
    case REQUEUE:
        return stk_task_requeue(&queue, slot, 1, 2, STK_WIRE_PRIORITY_HIGH);
    case COMPLETE:
        return stk_task_complete(&queue, slot);
    case FAULT:
        return stk_task_fault(&queue, slot, 2);
    default:
        return stk_task_acknowledge(&queue, slot);
    }
}

/* The state that each move leads to, by the state it starts from; -1: refused. */
static const int8_t table[MOVES][9] = {
    /* from:        EMPTY READY RUN DONE PAUSED YIELD REQ FAULT 8 */
    [CLAIM] = {-1, 2, -1, -1, -1, 2, 2, -1, -1},    [PAUSE] = {-1, 4, 4, -1, 4, 4, 4, -1, -1},
    [RESUME] = {-1, -1, -1, -1, 1, -1, -1, -1, -1}, [YIELD] = {-1, 5, 5, -1, 5, 5, 5, -1, -1},
    [REQUEUE] = {-1, 6, 6, -1, 6, 6, 6, -1, -1},    [COMPLETE] = {-1, 3, 3, -1, 3, 3, 3, -1, -1},
    [FAULT] = {-1, 7, 7, -1, 7, 7, 7, -1, -1},      [ACKNOWLEDGE] = {-1, -1, -1, -1, -1, -1, -1, 0, -1},
};

static void every_move_of_every_state_follows_the_table(void **state) {
    (void)state;
    for (uint32_t m = 0; m < MOVES; m++) {
        for (uint32_t from = 0; from < 9; from++) {
            struct stk_task before = put((enum stk_task_state)from);
            int to = table[m][from], want = to < 0 ? (int)STK_E_STATUS : m == CLAIM ? (int)from : (int)STK_OK;
            assert_int_equal(move_task((enum move)m, 1), want);
            if (to < 0) {
                is_now(&before);
            } else {
                assert_int_equal(stk_load(STK_SLOT_AT(memory, 1)), to);
            }
        }
        assert_int_equal(move_task((enum move)m, SLOTS), STK_E_RANGE);
    }
}

static void a_continuation_is_written_with_its_move(void **state) {
    struct stk_task want = put(STK_TASK_RUNNING);
    (void)state;
    assert_int_equal(stk_task_yield(&queue, 1, 51, 52), STK_OK);
    want.state = STK_TASK_YIELDED;
    want.pc = 51;
    want.data = 52;
    want.yields = 21;
    want.flags = STK_TASK_FLAG_YIELDED;
    is_now(&want);
    assert_int_equal(stk_task_requeue(&queue, 1, 61, 62, STK_WIRE_PRIORITY_CRITICAL), STK_OK);
    want.state = STK_TASK_REQUEUED;
    want.pc = 61;
    want.data = 62;
    want.priority = STK_WIRE_PRIORITY_CRITICAL;
    want.age_ticks = 19;
    want.requeues = 20;
    want.flags |= STK_TASK_FLAG_REQUEUE;
    is_now(&want);
    assert_int_equal(stk_task_pause(&queue, 1, 71, 72, 73), STK_OK);
    want.state = STK_TASK_PAUSED;
    want.pc = 71;
    want.data = 72;
    want.resume_epoch = 73;
    want.flags |= STK_TASK_FLAG_PAUSED;
    is_now(&want);
    assert_int_equal(stk_task_resume(&queue, 1), STK_OK);
    want.state = STK_TASK_READY;
    want.flags = STK_TASK_FLAG_REQUEUE | STK_TASK_FLAG_RESUMED;
    is_now(&want);
    assert_int_equal(stk_task_pause(&queue, 1, 71, 72, 73), STK_OK);
    want.state = STK_TASK_PAUSED;
    want.flags = STK_TASK_FLAG_REQUEUE | STK_TASK_FLAG_PAUSED;
    is_now(&want);
    assert_int_equal(stk_task_fault(&queue, 1, 99), STK_OK);
    want.state = STK_TASK_FAULTED;
    want.data = 99;
    is_now(&want);
    want = put(STK_TASK_READY);
    stk_store(STK_SLOT_AT(memory, 2) - 1, 31);
    assert_int_equal(stk_task_complete(&queue, 1), STK_OK);
    want.state = STK_TASK_DONE;
    is_now(&want);
}

static void a_full_counter_refuses_and_leaves_the_task(void **state) {
    static const uint32_t word[3] = {14, 12, 13}; /* yields, age, requeues */
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t from = STK_TASK_READY; from <= STK_TASK_RUNNING; from++) {
            uint32_t before[STK_SLOT_WORDS];
            (void)put((enum stk_task_state)from);
            stk_store(STK_SLOT_AT(memory, 1) + word[i], UINT32_MAX);
            memcpy(before, STK_SLOT_AT(memory, 1), sizeof before);
            assert_int_equal(move_task(i == 0 ? YIELD : REQUEUE, 1), STK_E_OVERFLOW);
            assert_memory_equal(before, STK_SLOT_AT(memory, 1), sizeof before);
        }
    }
    assert_int_equal(stk_task_requeue(&queue, 1, 0, 0, STK_WIRE_PRIORITY_IDLE + 1), STK_E_ARG);
}

static void a_snapshot_counts_every_slot_once(void **state) {
    static uint32_t words[12 * STK_SLOT_WORDS];
    struct stk_task_queue many;
    struct stk_task_snapshot s;
    (void)state;
    assert_int_equal(stk_task_queue_view(&many, words, sizeof words), STK_OK);
    for (uint32_t i = 0; i < 12; i++) {
        stk_store(STK_SLOT_AT(words, i), i);                           /* 8 to 11 are no states */
        stk_store(STK_SLOT_AT(words, i) + 12, i == 0 ? 100 : i);       /* age */
        stk_store(STK_SLOT_AT(words, i) + 13, UINT32_MAX - (i == 11)); /* requeues */
    }
    stk_task_queue_snapshot(&many, &s);
    assert_true(s.empty == 1 && s.ready == 1 && s.running == 1 && s.done == 1);
    assert_true(s.paused == 1 && s.yielded == 1 && s.requeued == 1 && s.faulted == 1 && s.unknown == 4);
    assert_int_equal(s.schedulable, 3);
    assert_int_equal(s.max_priority_age, 100);
    assert_true(s.total_requeues == UINT64_C(12) * UINT32_MAX - 1);
    assert_true(s.continuation_pressure == s.total_requeues + 2);
    many.slots = 0;
    stk_task_queue_snapshot(&many, &s);
    assert_true(s.empty == 0 && s.total_requeues == 0);
}

static void what_may_be_scheduled(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 70; i++) {
        assert_int_equal(stk_task_schedulable(i),
                         i == STK_TASK_READY || i == STK_TASK_YIELDED || i == STK_TASK_REQUEUED);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, NULL)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(bytes_are_macro_query_and_use),
        TEST(publish_wants_an_empty_or_done_slot),
        TEST(every_move_of_every_state_follows_the_table),
        TEST(a_continuation_is_written_with_its_move),
        TEST(a_full_counter_refuses_and_leaves_the_task),
        TEST(a_snapshot_counts_every_slot_once),
        TEST(what_may_be_scheduled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
