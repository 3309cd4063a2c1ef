/* stoker: atomic words. The one place where plain words become atomics.
 *
 * Buffers that cross threads, devices or the wire are arrays of little-endian uint32_t. These
 * accessors convert to the host's order and give C11 memory order; every call site says what it
 * orders.
 */
#ifndef STOKER_ATOMIC_H
#define STOKER_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

_Static_assert(sizeof(_Atomic uint32_t) == sizeof(uint32_t), "atomic words must be plain words");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "words must be lock-free to be shared with a device");

static inline uint32_t stk_le32(uint32_t v) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (v >> 24) | ((v >> 8) & 0xFF00u) | ((v << 8) & 0xFF0000u) | (v << 24);
#else
    return v;
#endif
}

static inline _Atomic uint32_t *stk_atomic_(uint32_t *p) {
    return (_Atomic uint32_t *)(void *)p;
}

static inline const _Atomic uint32_t *stk_atomic_const_(const uint32_t *p) {
    return (const _Atomic uint32_t *)(const void *)p;
}

static inline uint32_t stk_load(const uint32_t *p) {
    return stk_le32(atomic_load_explicit(stk_atomic_const_(p), memory_order_relaxed));
}

static inline uint32_t stk_load_acquire(const uint32_t *p) {
    return stk_le32(atomic_load_explicit(stk_atomic_const_(p), memory_order_acquire));
}

static inline void stk_store(uint32_t *p, uint32_t v) {
    atomic_store_explicit(stk_atomic_(p), stk_le32(v), memory_order_relaxed);
}

static inline void stk_store_release(uint32_t *p, uint32_t v) {
    atomic_store_explicit(stk_atomic_(p), stk_le32(v), memory_order_release);
}

/* Acquire-release on success, acquire on failure. Returns the value found: equal to `expected` on
 * success. */
static inline uint32_t stk_cas(uint32_t *p, uint32_t expected, uint32_t desired) {
    uint32_t e = stk_le32(expected);
    atomic_compare_exchange_strong_explicit(stk_atomic_(p), &e, stk_le32(desired), memory_order_acq_rel,
                                            memory_order_acquire);
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
    return atomic_fetch_add_explicit(stk_atomic_(p), v, memory_order_acq_rel);
#endif
}

#endif
