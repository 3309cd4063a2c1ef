/* Test helper: bytes that are known by their place. */
#ifndef STOKER_TEST_PATTERN_H
#define STOKER_TEST_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Returns the byte at `offset` of every test source. The bytes have no short period, so that a shifted or repeated read
 * shows. */
static inline uint8_t pattern_at(uint64_t offset) {
    return (uint8_t)((offset * 2654435761u) >> 13);
}

static inline void pattern_fill(uint8_t *out, uint64_t offset, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        out[i] = pattern_at(offset + i);
    }
}

static inline int pattern_matches(const uint8_t *got, uint64_t offset, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        if (got[i] != pattern_at(offset + i)) {
            return 0;
        }
    }
    return 1;
}

#endif
