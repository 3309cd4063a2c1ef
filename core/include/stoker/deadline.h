/* stoker: deadlines, the one meaning of a timeout for core and ports.
 *
 * A deadline counts the time in which its owner could have seen progress. The owner looks at the clock, then at what it
 * waits for, and so on until the deadline is over. Between two looks at the clock, the deadline counts at most the
 * sleep that stk_deadline_wait() returned, plus an eighth of the timeout (100 us at least). A longer gap is a pause:
 * the process was stopped, the machine was suspended, or nobody called. So a pause of any length uses up little, and
 * the owner looks once more before it gives up. An owner that looks seldom by its own choice sees the end at its ninth
 * look at the latest. A clock that goes backwards counts nothing.
 *
 * Every sum saturates: a timeout of UINT64_MAX never ends, and 0 is over at once. All calls are ISR-safe; one thread at
 * a time uses a deadline. */
#ifndef STOKER_DEADLINE_H
#define STOKER_DEADLINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the sum of two times, at most UINT64_MAX, which means never. */
static inline uint64_t stk_time_sum(uint64_t a_ns, uint64_t b_ns) {
    return a_ns > UINT64_MAX - b_ns ? UINT64_MAX : a_ns + b_ns;
}

/* Returns the nanoseconds from `then_ns` to `now_ns`; 0 where the clock went backwards. */
static inline uint64_t stk_time_since(uint64_t then_ns, uint64_t now_ns) {
    return now_ns > then_ns ? now_ns - then_ns : 0u;
}

/* The fields are private. */
struct stk_deadline {
    uint64_t timeout_ns; /* whole timeout, in nanoseconds; UINT64_MAX: never */
    uint64_t clock_ns;   /* time of the clock at the last look, in nanoseconds */
    uint64_t counted_ns; /* nanoseconds that have counted since the start; at most UINT64_MAX */
    uint64_t given_ns;   /* sleep that stk_deadline_wait() has returned since the last look, in nanoseconds */
};

/* Starts a deadline that ends `timeout_ns` after `now_ns`, the time of a monotonic clock. */
void stk_deadline_start(struct stk_deadline *deadline, uint64_t timeout_ns, uint64_t now_ns);

/* Counts the time since the last look; `now_ns` is the time of the clock now. Returns the nanoseconds left: 0 when the
 * deadline is over, UINT64_MAX when it never ends. Look once more at what you wait for before you give up. */
uint64_t stk_deadline_look(struct stk_deadline *deadline, uint64_t now_ns);

/* Returns how many nanoseconds to sleep now: the time left, but at most `most_ns` and at most an eighth of the timeout
 * (100 ms at least), so that a pause inside the sleep uses up little. Look at the clock after the sleep. */
uint64_t stk_deadline_wait(struct stk_deadline *deadline, uint64_t most_ns);

/// One deadline for many: each begins at a time of its own and has the whole timeout ///

/* Returns the nanoseconds that have counted so far. A caller that begins something now keeps this number as its begin.
 * Call stk_deadline_look first, so that the number is of now. */
static inline uint64_t stk_deadline_counted(const struct stk_deadline *deadline) {
    return deadline->counted_ns;
}

/* Returns the nanoseconds left, as of the last look, to a thing that began when `since_ns` had counted: 0 it is over,
 * UINT64_MAX it never ends. */
uint64_t stk_deadline_left(const struct stk_deadline *deadline, uint64_t since_ns);

#ifdef __cplusplus
}
#endif
#endif
