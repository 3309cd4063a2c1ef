/* stoker: atomic words. The one place where plain words become atomics.
 *
 * Buffers that cross threads, devices or the wire are arrays of little-endian uint32_t. These
 * accessors convert to the host's order and give C11 memory order; every call site says what it
 * orders. In C++11 and later the accessors use <atomic> and are otherwise the same.
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

/* Names that differ between C and C++. The calls below have no std::, because C++ finds the functions of <atomic> by
 * the type of their first argument. */
#ifdef __cplusplus
typedef std::atomic<uint32_t> stk_atomic_word_;
#define STK_ORDER_(order) std::memory_order_##order
static_assert(sizeof(stk_atomic_word_) == sizeof(uint32_t), "atomic words must be plain words");
static_assert(ATOMIC_INT_LOCK_FREE == 2, "words must be lock-free to be shared with a device");
#else
typedef _Atomic uint32_t stk_atomic_word_;
#define STK_ORDER_(order) memory_order_##order
_Static_assert(sizeof(stk_atomic_word_) == sizeof(uint32_t), "atomic words must be plain words");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "words must be lock-free to be shared with a device");
#endif

static inline uint32_t stk_le32(uint32_t v) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (v >> 24) | ((v >> 8) & 0xFF00u) | ((v << 8) & 0xFF0000u) | (v << 24);
#else
    return v;
#endif
}

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

/* The same between shared words and words in host order. */
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

#endif
