/* stoker: a word in little-endian order, for words in memory that no other thread or device touches meanwhile. Needs no
 * atomic operation of the compiler, so the codecs of files and of flash build for cores that have none. */
#ifndef STOKER_BYTE_ORDER_H
#define STOKER_BYTE_ORDER_H

#include <stdint.h>

/* Turns a word of the host's order into a little-endian one, or back. */
static inline uint32_t stk_le32(uint32_t v) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (v >> 24) | ((v >> 8) & 0xFF00u) | ((v << 8) & 0xFF0000u) | (v << 24);
#else
    return v;
#endif
}

#endif
