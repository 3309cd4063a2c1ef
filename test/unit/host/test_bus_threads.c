/* Tests workers behind a bus. Their swap of a word in the host's memory is a read and a later write of the word. A
 * store of the host between the two is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "hang.h"
#include "op_image.h"
#include "stoker/atomic.h"
#include "stoker/port/posix.h"
#include "stoker/ring.h"

#define SECOND UINT64_C(1000000000)
#define TOTAL  20000u
#define OFTEN  8u /* of this many swaps, one takes long */

static struct op_image world;
static uint32_t guards[OPS_SLOTS + OPS_IO]; /* the device's own: swaps are swaps there */
static uint32_t swaps;                      /* number of swaps of the host's memory */
static pthread_mutex_t device = PTHREAD_MUTEX_INITIALIZER;

static uint32_t bus_cas(uint32_t *word, uint32_t expected, uint32_t desired) {
    uint32_t was;
    if (word >= guards && word < guards + OPS_SLOTS + OPS_IO) {
        return stk_cas(word, expected, desired);
    }
    assert_int_equal(pthread_mutex_lock(&device), 0);
    was = stk_load_acquire(word);
    if (stk_fetch_add(&swaps, 1u) % OFTEN == 0u) {
        sched_yield();
    }
    stk_store_release(word, was == expected ? desired : was);
    assert_int_equal(pthread_mutex_unlock(&device), 0);
    return was;
}

/* The worker's text, with swaps of this bus. */
#define stk_cas bus_cas
#include "loop.h"
#undef stk_cas

#include "op_device.h"

static void *run_worker(void *arg) {
    struct stk_dev dev = op_image_device(&world, *(const uint32_t *)arg, 2);
    dev.guards = guards;
    while (stk_load(world.control + STK_CTL_SHUTDOWN) == 0u) {
        struct stk_worker worker;
        uint32_t shared[STK_SHARED_WORDS];
        stk_worker_run(&dev, &worker, shared, 1000, OPS_SLOTS + 1u);
        sched_yield();
    }
    return &world;
}

/* Every slot that was published is run, once, and none is left behind. */
static void nothing_the_host_stores_is_lost(void **state) {
    struct stk_ring ring = {.words = world.ring, .slots = OPS_SLOTS};
    const uint32_t args[] = {1, STK_CTL_OBSERVABLE};
    const struct stk_work add = {
        .opcode = STK_OP_ATOMIC_ADD, .priority = STK_PRIORITY_NORMAL, .nargs = 2, .args = args};
    uint64_t start = stk_posix_platform_ops.now_ns(NULL);
    uint32_t number[] = {0, 1}, published = 0, harvested = 0;
    pthread_t thread[2];
    (void)state;
    op_image_reset(&world);
    world.control[STK_CTL_NO_SHARED_ATOMICS] = 1;
    for (uint32_t i = 0; i < 2u; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, run_worker, &number[i]), 0);
    }
    while (harvested < TOTAL) {
        while (published < TOTAL && published - harvested < OPS_SLOTS) {
            assert_int_equal(stk_ring_publish(&ring, published++ % OPS_SLOTS, &add), STK_OK);
        }
        if (stk_ring_status(&ring, harvested % OPS_SLOTS) == (int)STK_SLOT_DONE) {
            harvested++;
        } else {
            assert_true(stk_posix_platform_ops.now_ns(NULL) - start < HANG_NS);
            sched_yield();
        }
    }
    stk_store_release(world.control + STK_CTL_SHUTDOWN, 1u);
    for (uint32_t i = 0; i < 2u; i++) {
        void *end = NULL;
        assert_int_equal(pthread_join(thread[i], &end), 0);
        assert_ptr_equal(end, &world);
    }
    assert_int_equal(world.control[STK_CTL_OBSERVABLE], OPS_OBSERVABLE(STK_CTL_OBSERVABLE) + TOTAL);
    assert_int_equal(world.control[STK_CTL_DONE_COUNT], TOTAL);
    assert_int_equal(stk_load(&swaps), 0); /* the workers swap nothing that the host stores to */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_the_host_stores_is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
