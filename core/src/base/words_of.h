/* stoker: checks that turn the caller's memory into words, for the objects that are views of it (ring, control buffer,
 * I/O queue, debug log). They read and write no byte of the memory. Private to the core. */
#ifndef STK_SRC_WORDS_OF_H
#define STK_SRC_WORDS_OF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/err.h"

/* Returns 1 if `mem` may hold words of 4 bytes. NULL passes: a view of no bytes is allowed. */
static inline int stk_word_aligned(const void *mem) {
    return ((uintptr_t)mem & 3u) == 0;
}

/* Writes `n` as a size_t to *bytes. Returns STK_E_OVERFLOW when this machine cannot address so many bytes, as a CPU of
 * 32 bits cannot. */
static inline int stk_size_of(uint64_t n, size_t *bytes) {
    if (n > SIZE_MAX) {
        return STK_E_OVERFLOW;
    }
    *bytes = (size_t)n;
    return STK_OK;
}

/* Checks that `need` bytes can be laid out at `mem`, which has `bytes` bytes. Returns STK_E_ALIGN before STK_E_SPACE:
 * a caller who asks for the size with a length of 0 still learns that the address is wrong. */
static inline int stk_layout_check(const void *mem, size_t bytes, size_t need) {
    if (!stk_word_aligned(mem)) {
        return STK_E_ALIGN;
    }
    if (bytes < need) {
        return STK_E_SPACE;
    }
    return (mem == NULL && need > 0) ? STK_E_ARG : STK_OK;
}

/* Returns true if two ranges of memory have a byte in common. Compares distances, because the end of a range may lie at
 * the end of the address space, where a sum wraps. */
static inline bool stk_overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
    uintptr_t from = (uintptr_t)a, to = (uintptr_t)b;
    return a_bytes != 0 && b_bytes != 0 && (from <= to ? to - from < a_bytes : from - to < b_bytes);
}

/* Writes to *count how many records of `record` bytes, a multiple of 4, lie at `mem`, for a view of them. STK_E_ALIGN
 * the address is not a multiple of 4 or the last record is not whole; STK_E_ARG NULL with a length; STK_E_OVERFLOW more
 * than `most` records. *count is unchanged on error. */
static inline int stk_whole_records(const void *mem, size_t bytes, uint32_t record, uint32_t most, uint32_t *count) {
    if (!stk_word_aligned(mem) || bytes % record != 0) {
        return STK_E_ALIGN;
    }
    if (mem == NULL && bytes > 0) {
        return STK_E_ARG;
    }
    if (bytes / record > most) {
        return STK_E_OVERFLOW;
    }
    *count = (uint32_t)(bytes / record);
    return STK_OK;
}

#endif
