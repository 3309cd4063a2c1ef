/* The POSIX clock and wait, beside the contract of every platform (test/contract). Upper bounds on times are wide: the
 * machine may be busy. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "stoker/atomic.h"
#include "stoker/port/posix.h"

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static uint32_t word;

static uint64_t now(void) {
    return stk_posix_platform_ops.now_ns(NULL);
}

static int wait_word(uint32_t seen, uint64_t timeout_ns) {
    return stk_posix_platform_ops.wait(NULL, &word, stk_le32(seen), timeout_ns);
}

static void the_clock_runs(void **state) {
    struct timespec pause = {0, 20000000};
    uint64_t start = now();
    (void)state;
    nanosleep(&pause, NULL);
    assert_true(now() - start >= 20 * MS);
}

static void *wake_later(void *arg) {
    struct timespec pause = {0, 30000000};
    (void)arg;
    nanosleep(&pause, NULL);
    stk_store_release(&word, 8);
    stk_posix_platform_ops.wake(NULL, &word);
    return NULL;
}

static void *wait_for_eight(void *arg) {
    uint64_t start = now();
    (void)arg;
    while (stk_load_acquire(&word) != 8 && now() - start < 60 * SECOND) {
        (void)wait_word(7, 60 * SECOND);
    }
    return NULL;
}

static void wake_ends_the_waits_of_all_threads(void **state) {
    pthread_t waiter[3], waker;
    uint64_t start = now();
    (void)state;
    stk_store_release(&word, 7);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&waiter[i], NULL, wait_for_eight, NULL), 0);
    }
    assert_int_equal(pthread_create(&waker, NULL, wake_later, NULL), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(waiter[i], NULL), 0);
    }
    assert_int_equal(pthread_join(waker, NULL), 0);
    assert_true(now() - start < 30 * SECOND);
    assert_int_equal(stk_load(&word), 8);
}

static void on_alarm(int sig) {
    (void)sig;
}

static void a_signal_may_end_the_wait_early_and_is_no_error(void **state) {
    struct sigaction action = {.sa_handler = on_alarm};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec every = {{0, 5000000}, {0, 5000000}};
    timer_t timer;
    (void)state;
    stk_store_release(&word, 7);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &every, NULL), 0);
    int r = wait_word(7, 50 * MS);
    assert_int_equal(timer_delete(timer), 0);
    assert_true(r == STK_OK || r == STK_E_TIMEOUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_runs),
        cmocka_unit_test(wake_ends_the_waits_of_all_threads),
        cmocka_unit_test(a_signal_may_end_the_wait_early_and_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
