/* stoker port: POSIX clock and wait. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "stoker/port/posix.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#include "stoker/atomic.h"
#include "stoker/port/os_clock.h"

#define SLICE_NS 1000000u /* longest sleep between two looks at the word */

static uint64_t posix_now_ns(void *ctx) {
    (void)ctx;
    return stk_os_now_ns();
}

/* Acquire: what the waker stored before the word is seen by the caller after the wait. */
static int word_changed(const uint32_t *word, uint32_t seen) {
    return stk_load_acquire(word) != stk_le32(seen);
}

/* Sleeps in slices until the word changes or the deadline passes. */
static int wait_sliced(const uint32_t *word, uint32_t seen, struct stk_deadline *deadline) {
    while (!word_changed(word, seen)) {
        if (stk_os_left_ns(deadline) == 0) {
            return STK_E_TIMEOUT;
        }
        struct timespec slice = stk_os_timespec(stk_deadline_wait(deadline, SLICE_NS));
        (void)nanosleep(&slice, NULL); /* cut short by a signal: the loop looks again */
    }
    return STK_OK;
}

#ifdef __linux__

/* The kernel's own layouts: C libraries with a 64-bit time_t on a 32-bit machine have another struct timespec. */
#ifdef SYS_futex
#define FUTEX_CALL        SYS_futex
#define FUTEX_SECONDS_MAX LONG_MAX
typedef long futex_long;
#else
#define FUTEX_CALL        SYS_futex_time64
#define FUTEX_SECONDS_MAX INT64_MAX
typedef int64_t futex_long;
#endif

struct futex_time {
    futex_long s, ns;
};

static struct futex_time futex_time(uint64_t ns) {
    struct futex_time t = {FUTEX_SECONDS_MAX, (futex_long)(ns % STK_NS_PER_S)};
    if (ns / STK_NS_PER_S < (uint64_t)FUTEX_SECONDS_MAX) {
        t.s = (futex_long)(ns / STK_NS_PER_S);
    }
    return t;
}

static int posix_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    (void)ctx;
    if (word_changed(word, seen)) {
        return STK_OK;
    }
    if (timeout_ns == 0) {
        return STK_E_TIMEOUT;
    }
    struct futex_time t = futex_time(timeout_ns);
    struct stk_deadline deadline = stk_os_deadline(timeout_ns);
    /* `seen` is in stored order, which is what the kernel compares. */
    if (syscall(FUTEX_CALL, word, FUTEX_WAIT_PRIVATE, seen, &t, NULL, 0) == 0 || errno == EAGAIN || errno == EINTR) {
        return STK_OK; /* woken, changed before the sleep, or a signal: an early return */
    }
    if (errno == ETIMEDOUT) {
        return word_changed(word, seen) ? STK_OK : STK_E_TIMEOUT;
    }
    return wait_sliced(word, seen, &deadline); /* this kernel has no futex, or has none for this memory */
}

static void posix_wake(void *ctx, uint32_t *word) {
    (void)ctx;
    /* Fails only where waiting by futex fails as well, and there the waiter looks at the word by itself. */
    (void)syscall(FUTEX_CALL, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#else

static int posix_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    struct stk_deadline deadline = stk_os_deadline(timeout_ns);
    (void)ctx;
    return wait_sliced(word, seen, &deadline);
}

static void posix_wake(void *ctx, uint32_t *word) {
    (void)ctx; /* waiters look at the word by themselves */
    (void)word;
}

#endif

const struct stk_platform_ops stk_posix_platform_ops = {
    .name = "posix",
    .now_ns = posix_now_ns,
    .wait = posix_wait,
    .wake = posix_wake,
};

const struct stk_platform_port stk_posix_platform = {&stk_posix_platform_ops, NULL};
