/* stoker: checks that turn caller memory into words. Private to the core. */
#ifndef STK_SRC_WORDS_OF_H
#define STK_SRC_WORDS_OF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/err.h"

static inline int stk_word_aligned(const void *mem) {
    return ((uintptr_t)mem & 3u) == 0;
}

/* `n` as a size_t in *bytes; STK_E_OVERFLOW when this machine cannot address that many. */
static inline int stk_size_of(uint64_t n, size_t *bytes) {
    if (n > SIZE_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = (size_t)n;
    return STK_OK;
}

/* May `need` bytes be laid out at `mem`, which has `bytes`? */
static inline int stk_layout_check(const void *mem, size_t bytes, size_t need) {
    if (!stk_word_aligned(mem)) {
        return STK_E_ALIGN;
    }
    if (bytes < need) {
        return STK_E_SPACE;
    }
    return (mem == NULL && need > 0) ? STK_E_ARG : STK_OK;
}

/* Returns true if two pieces of memory have a byte in common. */
static inline bool stk_overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
    uintptr_t from = (uintptr_t)a, to = (uintptr_t)b;
    return a_bytes != 0 && b_bytes != 0 && (from <= to ? to - from < a_bytes : from - to < b_bytes);
}

/* How many whole units of `unit` bytes, a multiple of 4, lie at `mem`, for a view of them: at most `most`. */
static inline int stk_whole_units(const void *mem, size_t bytes, uint32_t unit, uint32_t most, uint32_t *count) {
    if (!stk_word_aligned(mem) || bytes % unit != 0) {
        return STK_E_ALIGN;
    }
    if (mem == NULL && bytes > 0) {
        return STK_E_ARG;
    }
    if (bytes / unit > most) {
        return STK_E_OVERFLOW;
    }
    *count = (uint32_t)(bytes / unit);
    return STK_OK;
}

#endif
