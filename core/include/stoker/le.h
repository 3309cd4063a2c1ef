/* stoker: little-endian words in bytes of any alignment. The one codec of every format on flash, in files and keys. */
#ifndef STOKER_LE_H
#define STOKER_LE_H

#include <stdint.h>

#include "stoker/byte_order.h"

#ifdef __GNUC__
/* A word that may lie anywhere and over anything, so that it takes one instruction where the CPU has one for it. */
typedef uint32_t stk_loose_u32 __attribute__((aligned(1), may_alias));

/* Returns the little-endian word at p, which may have any alignment. ISR-safe, as are the calls below. */
static inline uint32_t stk_get32(const uint8_t *p) {
    return stk_le32(*(const stk_loose_u32 *)p);
}

/* Stores v as a little-endian word at p, which may have any alignment. */
static inline void stk_put32(uint8_t *p, uint32_t v) {
    *(stk_loose_u32 *)p = stk_le32(v);
}
#else
static inline uint32_t stk_get32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void stk_put32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}
#endif

/* Returns the little-endian number of 8 bytes at p. */
static inline uint64_t stk_get64(const uint8_t *p) {
    return (uint64_t)stk_get32(p + 4) << 32 | stk_get32(p);
}

/* Stores v as a little-endian number of 8 bytes at p. */
static inline void stk_put64(uint8_t *p, uint64_t v) {
    stk_put32(p, (uint32_t)v);
    stk_put32(p + 4, (uint32_t)(v >> 32));
}

#endif
