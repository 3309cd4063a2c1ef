/* Words of the ring, of the debug log and of the I/O queue, which other threads may read at any time while the port
 * takes copies in. The thread sanitizer reports stores that are not atomic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "opencl_adds.h"
#include "stoker/debug_log.h"
#include "stoker/io_queue.h"

#define SLOTS  8u
#define ROUNDS 40u

static uint32_t over;

/* Reads all shared words until the test is over. */
static void *look(void *arg) {
    struct stk_debug_log log;
    struct stk_io_queue queue;
    uint64_t sum = 0;
    int err = stk_debug_log_view(&log, cl.memory.debug, cl.memory.debug_words * 4u);
    err = err == STK_OK ? stk_io_queue_view(&queue, cl.memory.io, STK_IO_QUEUE_BYTES(cl.memory.io_slots)) : err;
    while (err == STK_OK && stk_load(&over) == 0u) {
        for (uint32_t i = 0; i < SLOTS; i++) {
            struct stk_slot slot;
            err |= stk_ring_read(&ring, i, &slot);
            sum += slot.args[STK_RESULT_ARG];
        }
        for (uint32_t i = 0; i < cl.memory.io_slots; i++) {
            struct stk_io_request request = {0};
            (void)!stk_io_queue_read(&queue, i, &request);
            sum += request.src;
        }
        for (uint32_t i = 0; i < cl.memory.debug_words; i++) {
            sum += stk_load(cl.memory.debug + i);
        }
    }
    *(uint64_t *)arg = sum;
    return err == STK_OK ? &over : NULL;
}

/* Makes a debug record, a request for a read, and results in each round. */
static void one_round(uint32_t round) {
    const uint32_t args[] = {round + 1u, 2, 3};
    const struct stk_work print = {STK_OP_PRINTF, 0, STK_PRIORITY_NORMAL, 3, args};
    const struct stk_work sum = {STK_OP_SUM64, 0, STK_PRIORITY_NORMAL, 0, NULL};
    uint64_t start = rig_now();
    assert_int_equal(stk_ring_publish(&ring, 0, &print), STK_OK);
    assert_int_equal(stk_ring_publish(&ring, 1, &sum), STK_OK);
    if (round == 0u) {
        assert_int_equal(stk_ring_publish_load_miss(&ring, 2, 0, 7, 0), STK_OK);
    }
    while (stk_ring_status(&ring, 0) != (int)STK_SLOT_DONE || stk_ring_status(&ring, 1) != (int)STK_SLOT_DONE ||
           stk_ring_status(&ring, 2) != (int)STK_SLOT_WAIT_IO) {
        drive(true);
        assert_true(rig_now() - start < HANG_NS);
    }
}

static void words_are_taken_in_one_by_one(void **state) {
    const struct stk_opencl_config config = {.slots = SLOTS};
    pthread_t thread;
    uint64_t sum;
    void *end = NULL;
    (void)state;
    open_way(&config, first_way(STK_BATCH));
    assert_int_equal(pthread_create(&thread, NULL, look, &sum), 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        one_round(round);
    }
    stk_store(&over, 1u);
    assert_int_equal(pthread_join(thread, &end), 0);
    assert_ptr_equal(end, &over);
    close_way();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_taken_in_one_by_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
