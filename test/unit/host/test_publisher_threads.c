/* Several publishers, two workers and one harvester on one ring, tickets passing 2^32. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "stoker/atomic.h"
#include "stoker/publisher.h"

#define SLOTS      16u
#define PUBLISHERS 4u
#define WORKERS    2u
#define EACH       20000u
#define ALL        (PUBLISHERS * EACH)
#define FIRST      (UINT32_MAX - ALL / 2u)

static _Alignas(64) uint8_t ring_memory[STK_RING_BYTES(SLOTS)];
static _Alignas(64) uint8_t control_memory[STK_CONTROL_BYTES(0)];
static struct stk_ring ring;
static struct stk_control control;
static struct stk_publisher publisher;

/* Publishes EACH items that carry its own number, their serial number and a word derived from both. */
static void *publish_all(void *arg) {
    uint32_t self = (uint32_t)(uintptr_t)arg;
    for (uint32_t i = 0; i < EACH;) {
        uint32_t args[STK_SLOT_ARGS] = {self, i, self * 31u + i};
        struct stk_work work = {STK_OP_TENANT_BASE, self, STK_PRIORITY_NORMAL, STK_SLOT_ARGS, args};
        int slot = stk_publisher_publish(&publisher, &work, NULL);
        if (slot >= 0) {
            i++;
        } else if (slot == STK_E_FULL || slot == STK_E_WOULD_BLOCK) {
            sched_yield();
        } else {
            return "a publisher was refused";
        }
    }
    return NULL;
}

/* Claims what it finds, answers in the result word, faults every 64th item. Ends on the shutdown flag. */
static void *work_all(void *arg) {
    (void)arg;
    while (stk_load_acquire(control.words + STK_CTL_SHUTDOWN) == 0) {
        for (uint32_t s = 0; s < SLOTS; s++) {
            uint32_t *w = STK_SLOT_AT(ring.words, s);
            if (stk_ring_status(&ring, s) != STK_SLOT_PUBLISHED || stk_ring_transition(&ring, s, STK_TO_CLAIM) < 0) {
                continue;
            }
            uint32_t i = stk_load(w + STK_SLOT_ARG0 + 1);
            stk_store(w + STK_SLOT_ARG0 + STK_RESULT_ARG, stk_load(w + STK_SLOT_ARG0) ^ i);
            if (stk_ring_transition(&ring, s, i % 64 == 0 ? STK_TO_FAULT : STK_TO_DONE) < 0) {
                return "a claimed slot was moved by someone else";
            }
        }
        sched_yield();
    }
    return NULL;
}

/* Harvests all items. Checks that each item comes once, in the order of its publisher, with the words that were
 * published and their answer. */
static void *harvest_all(void *arg) {
    uint32_t next[PUBLISHERS] = {0};
    (void)arg;
    for (uint32_t taken = 0; taken < ALL;) {
        struct stk_slot slot;
        uint32_t ticket;
        int status = stk_publisher_harvest(&publisher, &slot, &ticket);
        if (status == STK_E_WOULD_BLOCK) {
            sched_yield();
            continue;
        }
        uint32_t self = slot.args[0], i = slot.args[1];
        if (ticket != FIRST + taken || self >= PUBLISHERS || i != next[self]) {
            return "a ticket or an item is out of order";
        }
        if (slot.args[2] != self * 31u + i || slot.args[STK_RESULT_ARG] != (self ^ i)) {
            return "an item is torn";
        }
        if (status != (i % 64 == 0 ? (int)STK_SLOT_FAULT : (int)STK_SLOT_DONE)) {
            return "an item ended otherwise than its worker said";
        }
        next[self]++;
        taken++;
    }
    return NULL;
}

static void join(pthread_t thread) {
    void *complaint;
    assert_int_equal(pthread_join(thread, &complaint), 0);
    if (complaint != NULL) {
        fail_msg("%s", (const char *)complaint);
    }
}

static void every_item_is_harvested_once_and_in_order(void **state) {
    pthread_t publishers[PUBLISHERS], workers[WORKERS], harvester;
    (void)state;
    assert_int_equal(stk_ring_init(&ring, ring_memory, sizeof ring_memory, SLOTS), STK_OK);
    assert_int_equal(stk_control_init(&control, control_memory, sizeof control_memory, 0, 1, 0), STK_OK);
    assert_int_equal(stk_publisher_init(&publisher, &ring, &control), STK_OK);
    assert_int_equal(stk_publisher_reset(&publisher, FIRST), STK_OK);
    assert_int_equal(pthread_create(&harvester, NULL, harvest_all, NULL), 0);
    for (uint32_t i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_create(&workers[i], NULL, work_all, NULL), 0);
    }
    for (uint32_t i = 0; i < PUBLISHERS; i++) {
        assert_int_equal(pthread_create(&publishers[i], NULL, publish_all, (void *)(uintptr_t)i), 0);
    }
    for (uint32_t i = 0; i < PUBLISHERS; i++) {
        join(publishers[i]);
    }
    join(harvester);
    assert_int_equal(stk_control_set_shutdown(&control, 1, NULL), STK_OK);
    for (uint32_t i = 0; i < WORKERS; i++) {
        join(workers[i]);
    }
    assert_int_equal(stk_publisher_pending(&publisher), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_harvested_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
