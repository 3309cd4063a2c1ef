/* stoker: atomic words. The one place where plain words become atomics.
 *
 * Buffers that cross threads, devices or the wire are arrays of little-endian uint32_t. These
 * accessors convert to the host's order and give C11 memory order; every call site says what it
 * orders. In C++11 and later the accessors use <atomic> and are otherwise the same.
 *
 * A core without compare-and-swap (Cortex-M0+, RISC-V without the A extension) has loads and stores alone. There a
 * board gives stk_cas and stk_fetch_add by a critical section. -DSTK_CRITICAL_FILE='"my_critical.h"' names a header
 * with
 *
 *     static inline uint32_t stk_critical_enter(void);          switches interrupts off, returns what was on
 *     static inline void stk_critical_leave(uint32_t entered);  restores what stk_critical_enter returned
 *
 * That holds for a system of one core. A second core, or a device that swaps words too, would not see the section.
 * Without such a header a call of either function does not compile. A core with compare-and-swap ignores the header.
 */
#ifndef STOKER_ATOMIC_H
#define STOKER_ATOMIC_H

#ifdef __cplusplus
#include <atomic>
#else
#include <stdatomic.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/byte_order.h"

#if ATOMIC_INT_LOCK_FREE == 1 && defined(STK_CRITICAL_FILE)
#include STK_CRITICAL_FILE
#endif

/* Names that differ between C and C++. The calls below have no std::, because C++ finds the functions of <atomic> by
 * the type of their first argument. */
#ifdef __cplusplus
typedef std::atomic<uint32_t> stk_atomic_word_;
#define stk_compiler_fence_() std::atomic_signal_fence(std::memory_order_seq_cst)
#define STK_ORDER_(order)     std::memory_order_##order
static_assert(sizeof(stk_atomic_word_) == sizeof(uint32_t), "atomic words must be plain words");
static_assert(ATOMIC_INT_LOCK_FREE != 0, "loads and stores of words must be lock-free");
#else
typedef _Atomic uint32_t stk_atomic_word_;
#define stk_compiler_fence_() atomic_signal_fence(memory_order_seq_cst)
#define STK_ORDER_(order)     memory_order_##order
_Static_assert(sizeof(stk_atomic_word_) == sizeof(uint32_t), "atomic words must be plain words");
_Static_assert(ATOMIC_INT_LOCK_FREE != 0, "loads and stores of words must be lock-free");
#endif

static inline stk_atomic_word_ *stk_atomic_(uint32_t *p) {
    return (stk_atomic_word_ *)(void *)p;
}

static inline const stk_atomic_word_ *stk_atomic_const_(const uint32_t *p) {
    return (const stk_atomic_word_ *)(const void *)p;
}

static inline uint32_t stk_load(const uint32_t *p) {
    return stk_le32(atomic_load_explicit(stk_atomic_const_(p), STK_ORDER_(relaxed)));
}

static inline uint32_t stk_load_acquire(const uint32_t *p) {
    return stk_le32(atomic_load_explicit(stk_atomic_const_(p), STK_ORDER_(acquire)));
}

static inline void stk_store(uint32_t *p, uint32_t v) {
    atomic_store_explicit(stk_atomic_(p), stk_le32(v), STK_ORDER_(relaxed));
}

static inline void stk_store_release(uint32_t *p, uint32_t v) {
    atomic_store_explicit(stk_atomic_(p), stk_le32(v), STK_ORDER_(release));
}

/* Call this between two looks at a word that another core is about to store to. A look takes the word's line away from
 * that core, which often stores to the same line twice: a worker claims a slot, then ends it. With this pause of some
 * tens of nanoseconds most second stores still find the line at home. Does nothing where the compiler has no such
 * instruction. */
static inline void stk_pause(void) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory"); /* yield takes no time on most cores */
#endif
}

/* Copies `n` words, 1, 2 or 4, as they are, out of or into memory that others may write or read at the same moment:
 * relaxed order, each word whole. One wide access where the compiler has one; word by word where the thread sanitizer
 * is to see what is atomic. The private side may have any alignment. */
#if defined(__SANITIZE_THREAD__) || !defined(__GNUC__)
#define STK_COPY_BY_WORD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STK_COPY_BY_WORD 1
#endif
#endif

/* Copies the bytes of one word. memcpy would need <string.h>, which a freestanding compiler does not have. */
static inline void stk_copy_word_(void *to, const void *from) {
    for (uint32_t i = 0; i < sizeof(uint32_t); i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
}

static inline void stk_raw_out(void *to, const uint32_t *from, uint32_t n) {
#if defined(STK_COPY_BY_WORD)
    for (uint32_t i = 0; i < n; i++) {
        uint32_t word = atomic_load_explicit(stk_atomic_const_(from + i), STK_ORDER_(relaxed));
        stk_copy_word_((uint8_t *)to + i * sizeof word, &word);
    }
#else
    __builtin_memcpy(to, from, n * sizeof *from);
#endif
}

static inline void stk_raw_in(uint32_t *to, const void *from, uint32_t n) {
#if defined(STK_COPY_BY_WORD)
    for (uint32_t i = 0; i < n; i++) {
        uint32_t word;
        stk_copy_word_(&word, (const uint8_t *)from + i * sizeof word);
        atomic_store_explicit(stk_atomic_(to + i), word, STK_ORDER_(relaxed));
    }
#else
    __builtin_memcpy(to, from, n * sizeof *to);
#endif
}

/* Copy `n` words between shared words and words in host order. */
static inline void stk_copy_out(uint32_t *to, const uint32_t *from, uint32_t n) {
    stk_raw_out(to, from, n);
    for (uint32_t i = 0; i < n; i++) {
        to[i] = stk_le32(to[i]);
    }
}

static inline void stk_copy_in(uint32_t *to, const uint32_t *from, uint32_t n) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (uint32_t i = 0; i < n; i++) {
        stk_store(to + i, from[i]);
    }
#else
    stk_raw_in(to, from, n);
#endif
}

/* The two operations that read and write a word in one step. */
#if ATOMIC_INT_LOCK_FREE == 2

/* Acquire-release on success, acquire on failure. Returns the value found: equal to `expected` on
 * success. */
static inline uint32_t stk_cas(uint32_t *p, uint32_t expected, uint32_t desired) {
    uint32_t e = stk_le32(expected);
    atomic_compare_exchange_strong_explicit(stk_atomic_(p), &e, stk_le32(desired), STK_ORDER_(acq_rel),
                                            STK_ORDER_(acquire));
    return stk_le32(e);
}

/* Adds with acquire-release order; returns the value before. On a big-endian host this is a CAS
 * loop of at most a few turns, since the carry runs the other way. */
static inline uint32_t stk_fetch_add(uint32_t *p, uint32_t v) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint32_t seen = stk_load(p), was;
    while ((was = stk_cas(p, seen, seen + v)) != seen) {
        seen = was;
    }
    return seen;
#else
    return atomic_fetch_add_explicit(stk_atomic_(p), v, STK_ORDER_(acq_rel));
#endif
}

#elif defined(STK_CRITICAL_FILE)

/* As above, with interrupts off. The compiler moves no access over the borders of the section: the loads and stores
 * are atomic, the load acquires, and the store releases. */
static inline uint32_t stk_cas(uint32_t *p, uint32_t expected, uint32_t desired) {
    uint32_t entered = stk_critical_enter(), was;
    stk_compiler_fence_();
    was = stk_load_acquire(p);
    if (was == expected) {
        stk_store_release(p, desired);
    }
    stk_compiler_fence_();
    stk_critical_leave(entered);
    return was;
}

static inline uint32_t stk_fetch_add(uint32_t *p, uint32_t v) {
    uint32_t entered = stk_critical_enter(), was;
    stk_compiler_fence_();
    was = stk_load_acquire(p);
    stk_store_release(p, was + v);
    stk_compiler_fence_();
    stk_critical_leave(entered);
    return was;
}

#elif defined(__GNUC__)

#define STK_NO_CAS_                                                                                                    \
    "this core has no compare-and-swap: name a header with a critical section in STK_CRITICAL_FILE (stoker/atomic.h)"
uint32_t stk_cas(uint32_t *p, uint32_t expected, uint32_t desired) __attribute__((error(STK_NO_CAS_)));
uint32_t stk_fetch_add(uint32_t *p, uint32_t v) __attribute__((error(STK_NO_CAS_)));

#else
#error "this core has no compare-and-swap: name a header with a critical section in STK_CRITICAL_FILE"
#endif

#endif
