/* Stands in for kernels/include/stoker/atomic.h in litmus programs: the same calls with the same orders, but the
 * checker says what each one finds. */
#ifndef STOKER_ATOMIC_H
#define STOKER_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/byte_order.h"
#include "weak.h"

#define stk_load(p)             weak_load((p), WEAK_RELAXED, WEAK_SITE("stk_load"))
#define stk_load_acquire(p)     weak_load((p), WEAK_ACQUIRE, WEAK_SITE("stk_load_acquire"))
#define stk_store(p, v)         weak_store((p), (v), WEAK_RELAXED, WEAK_SITE("stk_store"))
#define stk_store_release(p, v) weak_store((p), (v), WEAK_RELEASE, WEAK_SITE("stk_store_release"))
#define stk_cas(p, expected, desired)                                                                                  \
    weak_cas((p), (expected), (desired), WEAK_ACQ_REL, WEAK_ACQUIRE, WEAK_SITE("stk_cas"))
#define stk_fetch_add(p, v) weak_add((p), (v), WEAK_ACQ_REL, WEAK_SITE("stk_fetch_add"))
#define stk_pause()         ((void)0)

/* Copies `n` words out, word by word. `to` may have any alignment. */
static inline void stk_raw_out(void *to, const uint32_t *from, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t word = stk_load(from + i);
        __builtin_memcpy((uint8_t *)to + i * sizeof word, &word, sizeof word);
    }
}

static inline void stk_raw_in(uint32_t *to, const void *from, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t word;
        __builtin_memcpy(&word, (const uint8_t *)from + i * sizeof word, sizeof word);
        stk_store(to + i, word);
    }
}

static inline void stk_copy_out(uint32_t *to, const uint32_t *from, uint32_t n) {
    stk_raw_out(to, from, n);
}

static inline void stk_copy_in(uint32_t *to, const uint32_t *from, uint32_t n) {
    stk_raw_in(to, from, n);
}

#endif
