/* stoker port: clock and wait of POSIX systems. On Linux a wait is a futex; elsewhere, and where the kernel refuses the
 * futex, the wait sleeps in short slices and looks at the word. */
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

/* Longest sleep in nanoseconds between two looks at the word, where no futex ends the sleep. 1 ms bounds how late the
 * caller learns of a change. */
#define SLICE_NS 1000000u

/* CLOCK_MONOTONIC, which no change of the time of day moves. */
static uint64_t posix_now_ns(void *ctx) {
    (void)ctx;
    return stk_os_now_ns();
}

/* Returns true if the word differs from `seen`, which is in stored (little-endian) order. The load has acquire order:
 * the caller sees after the wait what the waker stored before the word. */
static int word_changed(const uint32_t *word, uint32_t seen) {
    return stk_load_acquire(word) != stk_le32(seen);
}

/* Sleeps in slices until the word changes or the deadline passes. Looks at the word once more after the deadline, since
 * the loop looks before it asks for the time. */
static int wait_sliced(const uint32_t *word, uint32_t seen, struct stk_deadline *deadline) {
    while (!word_changed(word, seen)) {
        if (stk_os_left_ns(deadline) == 0) {
            return STK_E_TIMEOUT;
        }
        struct timespec slice = stk_os_timespec(stk_deadline_wait(deadline, SLICE_NS));
        (void)nanosleep(&slice, NULL); /* a signal may cut the sleep short: the loop looks again */
    }
    return STK_OK;
}

#ifdef __linux__

/* The futex call takes the kernel's own struct timespec, and a C library with a 64-bit time_t on a 32-bit machine has
 * another one. So the port declares the layout of the call that it makes: SYS_futex with long, or SYS_futex_time64 with
 * 64 bits where the first call does not exist. */
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

/* Returns the kernel's form of a time. A time that is too long for the seconds becomes the longest one; the caller then
 * returns early, which a wait may do. */
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
    /* `seen` is in stored order, and the kernel compares the bytes of the word with it, so no conversion is needed. */
    if (syscall(FUTEX_CALL, word, FUTEX_WAIT_PRIVATE, seen, &t, NULL, 0) == 0 || errno == EAGAIN || errno == EINTR) {
        /* Woken, changed before the sleep (EAGAIN) or interrupted (EINTR): callers of wait look at the word again, so a
         * return without a change is allowed. */
        return STK_OK;
    }
    if (errno == ETIMEDOUT) {
        /* The word may have changed without a wake, for instance by a device; the last look finds that. */
        return word_changed(word, seen) ? STK_OK : STK_E_TIMEOUT;
    }
    /* The kernel has no futex, or none for this memory (memory that a device maps). */
    return wait_sliced(word, seen, &deadline);
}

static void posix_wake(void *ctx, uint32_t *word) {
    (void)ctx;
    /* The result is ignored. The call fails only where FUTEX_WAIT fails for the same memory, and there the waiter
     * sleeps in slices and looks at the word itself. */
    (void)syscall(FUTEX_CALL, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#else

static int posix_wait(void *ctx, const uint32_t *word, uint32_t seen, uint64_t timeout_ns) {
    struct stk_deadline deadline = stk_os_deadline(timeout_ns);
    (void)ctx;
    return wait_sliced(word, seen, &deadline);
}

static void posix_wake(void *ctx, uint32_t *word) {
    /* Waiters sleep in slices and look at the word themselves. */
    (void)ctx;
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
