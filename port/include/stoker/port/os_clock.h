/* stoker ports: monotonic time and deadlines. Private to the ports of POSIX systems. */
#ifndef STOKER_PORT_OS_CLOCK_H
#define STOKER_PORT_OS_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "stoker/deadline.h"

#define STK_NS_PER_S 1000000000u

/* Returns CLOCK_MONOTONIC in nanoseconds. */
static inline uint64_t stk_os_now_ns(void) {
    struct timespec t = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* fails only for a clock that does not exist */
    return (uint64_t)t.tv_sec * STK_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Returns a deadline that ends `timeout_ns` from now. */
static inline struct stk_deadline stk_os_deadline(uint64_t timeout_ns) {
    struct stk_deadline deadline;
    stk_deadline_start(&deadline, timeout_ns, stk_os_now_ns());
    return deadline;
}

/* Reads the clock. Returns the nanoseconds left, 0 once the deadline is over. */
static inline uint64_t stk_os_left_ns(struct stk_deadline *deadline) {
    return stk_deadline_look(deadline, stk_os_now_ns());
}

/* Returns `ns` as a timespec, cut to a time that every time_t holds (24 days). Waits that are longer end early, and
 * their callers look again. */
static inline struct timespec stk_os_timespec(uint64_t ns) {
    const uint64_t most = (uint64_t)(1u << 21) * STK_NS_PER_S;
    struct timespec t;
    ns = ns < most ? ns : most;
    t.tv_sec = (time_t)(ns / STK_NS_PER_S);
    t.tv_nsec = (long)(ns % STK_NS_PER_S);
    return t;
}

/* Returns the time `ns` from now, cut as above, for a wait with CLOCK_MONOTONIC. */
static inline struct timespec stk_os_time_after(uint64_t ns) {
    uint64_t now = stk_os_now_ns();
    struct timespec t = stk_os_timespec(ns);
    t.tv_sec += (time_t)(now / STK_NS_PER_S);
    t.tv_nsec += (long)(now % STK_NS_PER_S);
    if (t.tv_nsec >= (long)STK_NS_PER_S) {
        t.tv_nsec -= (long)STK_NS_PER_S;
        t.tv_sec++;
    }
    return t;
}

#endif
