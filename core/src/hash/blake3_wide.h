/* stoker: whole subtrees of BLAKE3, several chunks side by side, and how many lanes this CPU gets. Private to the core.
 * blake3.c uses it where BLAKE3_LANES is greater than 1. */
#ifndef STK_SRC_BLAKE3_WIDE_H
#define STK_SRC_BLAKE3_WIDE_H

#include <stdint.h>

#include "stoker/blake3.h"

/* Lanes: the choice of the configuration, or as many words of 32 bits as a vector of the CPU has. 1 switches this way
 * off, also for a library that is built for size. */
#if STK_BLAKE3_LANES != 0
#define BLAKE3_LANES STK_BLAKE3_LANES
#elif !defined(__GNUC__) || STK_SMALL
#define BLAKE3_LANES 1
#elif defined(__AVX2__)
#define BLAKE3_LANES 8
#elif defined(__SSE2__) || defined(__ARM_NEON)
#define BLAKE3_LANES 4
#else
#define BLAKE3_LANES 1
#endif

#define BLAKE3_SUBTREE_MAX 16u /* chunks of the largest subtree; their 512 bytes of chaining values are on the stack */

#if BLAKE3_LANES > 1
_Static_assert(BLAKE3_LANES == 4 || BLAKE3_LANES == 8, "STK_BLAKE3_LANES is 0, 1, 4 or 8");

/* Writes to `cv` the chaining value of the subtree over `chunks` whole chunks at `in`; the first chunk has number
 * `chunk`. `chunks` is a power of two, from BLAKE3_LANES to BLAKE3_SUBTREE_MAX. `flags` are the flags of the mode.
 * Takes 1024 * chunks bytes. The subtree is not the root. */
void stk_blake3_subtree(const uint8_t *in, unsigned chunks, const uint32_t key[8], uint64_t chunk, uint32_t flags,
                        uint32_t cv[8]);
#endif

#endif
