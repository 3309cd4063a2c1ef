/* The interpreter on threads: slots that run at the same time, and what the port refuses. test/contract/ has what every
 * dispatch port owes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hang.h"
#include "op_device.h"
#include "stoker/port/os_clock.h"
#include "stoker/port/threads.h"
#include "stoker/ring.h"

#define OP_MEET 8u /* ends when as many slots as argument 0 says run at the same time */
#define OP_MIX  9u
#define OP_HERE 10u /* its result is 1 on the thread of the test, else 0 */
#define SECOND  UINT64_C(1000000000)
#define TOTAL   40000u
#define WORKERS 4u

static struct op_image image;
static struct stk_threads threads;
static struct stk_ring ring;
static uint32_t inside;
static pthread_t tester;
static bool aside; /* setting `aside` of the next port */

static uint32_t op_meet(const struct stk_dev *d, const struct stk_call *c) {
    uint64_t start = stk_os_now_ns();
    (void)d;
    stk_add(&inside, 1);
    while (stk_ld(&inside) < stk_arg(c, 0) && stk_os_now_ns() - start < HANG_NS) {
        sched_yield();
    }
    stk_result(c, 0, stk_ld(&inside));
    return STK_SLOT_DONE;
}

static uint32_t op_mix(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    stk_result(c, 0, stk_arg(c, 0) * 2654435761u + stk_arg(c, 1));
    return STK_SLOT_DONE;
}

static uint32_t op_here(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    stk_result(c, 0, pthread_equal(pthread_self(), tester) ? 1u : 0u);
    return STK_SLOT_DONE;
}

static const struct stk_user_op user_ops[] = {
    {OP_MEET, STK_SCALAR, op_meet}, {OP_MIX, STK_SCALAR, op_mix}, {OP_HERE, STK_SCALAR, op_here}};

static void open_threads(uint32_t workers) {
    const struct stk_threads_config config = {
        .interp = {.user_ops = user_ops, .user_op_count = 3}, .workers = workers, .aside = aside};
    struct stk_device_memory memory;
    op_image_reset(&image);
    memory = op_image_memory(&image);
    ring = (struct stk_ring){.words = image.ring, .slots = OPS_SLOTS};
    inside = 0;
    assert_int_equal(stk_threads_open(&threads, &memory, &config), STK_OK);
}

static void close_threads(void) {
    struct stk_dispatch_info info;
    stk_store_release(image.control + STK_CTL_SHUTDOWN, 1u);
    assert_int_equal(stk_threads_ops.stop(&threads, 30 * SECOND), STK_OK);
    assert_false(stk_threads_ops.has_workers(&threads));
    stk_threads_ops.info(&threads, &info);
    assert_int_equal(info.launches, info.idle_ends + info.lease_ends);
    stk_threads_close(&threads);
}

static void publish(uint32_t slot, uint32_t opcode, uint32_t first, uint32_t second) {
    const uint32_t args[] = {first, second};
    const struct stk_work work = {opcode, 0, STK_PRIORITY_NORMAL, 2, args};
    assert_int_equal(stk_ring_publish(&ring, slot, &work), STK_OK);
}

/* Drives until the slot has ended, and returns its result. */
static uint32_t result_of(uint32_t slot) {
    uint64_t start = stk_os_now_ns();
    struct stk_slot s;
    while (!stk_status_ended((unsigned)stk_ring_status(&ring, slot))) {
        assert_true(stk_threads_ops.drive(&threads, true) >= 0);
        assert_true(stk_os_now_ns() - start < HANG_NS);
    }
    assert_int_equal(stk_ring_read(&ring, slot, &s), STK_OK);
    assert_int_equal(s.status, STK_SLOT_DONE);
    return s.args[STK_RESULT_ARG];
}

/* Each slot ends only when another one runs, so the caller's drive wakes a thread before its own worker begins. */
static void slots_run_at_the_same_time(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 200u; round++) {
        open_threads(WORKERS);
        for (uint32_t i = 0; i < WORKERS; i++) {
            publish(i, OP_MEET, WORKERS, 0);
        }
        for (uint32_t i = 0; i < WORKERS; i++) {
            assert_int_equal(result_of(i), WORKERS);
        }
        close_threads();
    }
}

static void each_slot_is_run_once_with_its_arguments(void **state) {
    uint32_t ended = 0;
    (void)state;
    open_threads(WORKERS);
    for (uint32_t i = 0; i < TOTAL; i++) {
        uint32_t slot = i % OPS_SLOTS;
        if (i >= OPS_SLOTS) {
            assert_int_equal(result_of(slot), (i - OPS_SLOTS) * 2654435761u + 7u);
            ended++;
        }
        publish(slot, OP_MIX, i, 7);
    }
    for (uint32_t i = TOTAL - OPS_SLOTS; i < TOTAL; i++) {
        assert_int_equal(result_of(i % OPS_SLOTS), i * 2654435761u + 7u);
        ended++;
    }
    assert_int_equal(ended, TOTAL);
    close_threads();
}

static void what_cannot_be_is_refused(void **state) {
    struct stk_threads_config config = {.workers = STK_THREADS_WORKERS_MAX + 1u};
    struct stk_device_memory memory;
    (void)state;
    op_image_reset(&image);
    memory = op_image_memory(&image);
    assert_int_equal(stk_threads_open(NULL, &memory, NULL), STK_E_ARG);
    assert_int_equal(stk_threads_open(&threads, &memory, &config), STK_E_ARG);
    config.workers = 2;
    memory.slots = 0;
    assert_int_equal(stk_threads_open(&threads, &memory, &config), STK_E_ARG);
    stk_threads_close(&threads); /* nothing is open */
}

/* The system gives no thread to a user who may have none: the caller's worker does all. */
static int open_without_threads(void) {
    const struct rlimit none = {0, 0};
    struct stk_device_memory memory = op_image_memory(&image);
    const struct stk_threads_config config = {.interp = {.user_ops = user_ops, .user_op_count = 2}, .workers = 3};
    if (setrlimit(RLIMIT_NPROC, &none) != 0 || (getuid() == 0 && setuid(65534) != 0)) {
        return 2;
    }
    if (stk_threads_open(&threads, &memory, &config) != STK_OK || threads.workers != 1u) {
        return 1;
    }
    publish(0, OP_MIX, 1, 2);
    (void)stk_threads_ops.drive(&threads, true);
    return stk_ring_status(&ring, 0) == STK_SLOT_DONE ? 0 : 3;
}

static void without_threads_the_caller_does_the_work(void **state) {
    int status = 0;
    pid_t child;
    (void)state;
    op_image_reset(&image);
    ring = (struct stk_ring){.words = image.ring, .slots = OPS_SLOTS};
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(open_without_threads());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_port_aside_runs_no_slot_on_the_thread_of_the_caller(void **state) {
    (void)state;
    tester = pthread_self();
    aside = true;
    open_threads(2);
    for (uint32_t i = 0; i < 200u; i++) {
        publish(i % OPS_SLOTS, OP_HERE, 0, 0);
        assert_int_equal(result_of(i % OPS_SLOTS), 0);
        assert_int_equal(stk_threads_ops.drive(&threads, true), 0);
    }
    close_threads();
    open_threads(1); /* without another thread the caller's does the work */
    publish(0, OP_HERE, 0, 0);
    assert_int_equal(result_of(0), 1);
    close_threads();
    aside = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_run_at_the_same_time),
        cmocka_unit_test(each_slot_is_run_once_with_its_arguments),
        cmocka_unit_test(a_port_aside_runs_no_slot_on_the_thread_of_the_caller),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(without_threads_the_caller_does_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
