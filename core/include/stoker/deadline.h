/* stoker: deadlines. What a timeout means, for core and ports.
 *
 * A deadline counts the time in which its owner could have seen progress. The owner looks at the clock, then at what
 * it waits for, and so on until the deadline is over. Between two looks at the clock, the deadline counts the sleep
 * that it gave out and at most an eighth of the timeout (100 us at least) beyond that. A longer gap is a pause: the
 * process was stopped, the machine was suspended, or nobody called. So a pause of any length uses up little, and the
 * owner looks once more before it gives up. An owner that looks seldom by its own choice gets the end with its ninth
 * look at the latest. A clock that goes backwards counts nothing.
 *
 * Every sum saturates: a timeout of UINT64_MAX never ends, and 0 is over at once. All calls are ISR-safe; one thread
 * at a time uses a deadline. */
#ifndef STOKER_DEADLINE_H
#define STOKER_DEADLINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The sum of two times, at most UINT64_MAX, which is never. */
static inline uint64_t stk_time_sum(uint64_t a_ns, uint64_t b_ns) {
    return a_ns > UINT64_MAX - b_ns ? UINT64_MAX : a_ns + b_ns;
}

/* Nanoseconds from `then_ns` to `now_ns`; 0 where the clock went backwards. */
static inline uint64_t stk_time_since(uint64_t then_ns, uint64_t now_ns) {
    return now_ns > then_ns ? now_ns - then_ns : 0u;
}

/* The fields are private. */
struct stk_deadline {
    uint64_t timeout_ns; /* UINT64_MAX: never */
    uint64_t clock_ns;   /* the clock at the last look */
    uint64_t counted_ns; /* time that has counted since the start; at most UINT64_MAX */
    uint64_t given_ns;   /* the wait that was given out since the last look */
};

/* Starts a deadline that ends `timeout_ns` after `now_ns`, the time of a monotonic clock. */
void stk_deadline_start(struct stk_deadline *deadline, uint64_t timeout_ns, uint64_t now_ns);

/* Looks at the clock, which says `now_ns`: counts the time since the last look. Returns the nanoseconds left: 0 when
 * the deadline is over, UINT64_MAX when it never ends. Look at what is waited for once more before giving up. */
uint64_t stk_deadline_look(struct stk_deadline *deadline, uint64_t now_ns);

/* Returns how long to sleep now: what is left, cut to `most_ns` and to an eighth of the timeout (100 ms at least), so
 * that a pause inside the sleep uses up little. Look at the clock after the sleep. */
uint64_t stk_deadline_wait(struct stk_deadline *deadline, uint64_t most_ns);

/// One deadline for many: each begins at a time of its own and has the whole timeout ///

/* The time that has counted, which is the beginning of what begins now. Look at the clock before. */
static inline uint64_t stk_deadline_counted(const struct stk_deadline *deadline) {
    return deadline->counted_ns;
}

/* Nanoseconds left, as of the last look, to what began when `since_ns` had counted: 0 over, UINT64_MAX never. */
uint64_t stk_deadline_left(const struct stk_deadline *deadline, uint64_t since_ns);

#ifdef __cplusplus
}
#endif
#endif
