/* stoker: whole subtrees of BLAKE3, several chunks side by side. Private to the core. */
#ifndef STK_SRC_BLAKE3_WIDE_H
#define STK_SRC_BLAKE3_WIDE_H

#include <stdint.h>

#include "stoker/blake3.h"

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

#define BLAKE3_SUBTREE_MAX 16u /* chunks of the largest subtree; their chaining values are on the stack */

#if BLAKE3_LANES > 1
_Static_assert(BLAKE3_LANES == 4 || BLAKE3_LANES == 8, "STK_BLAKE3_LANES is 0, 1, 4 or 8");

/* The chaining value of the subtree over `chunks` whole chunks at `in`, the first of which has index
 * `chunk`. `chunks` is a power of two from BLAKE3_LANES to BLAKE3_SUBTREE_MAX. `flags` are the mode's. */
void stk_blake3_subtree(const uint8_t *in, unsigned chunks, const uint32_t key[8], uint64_t chunk, uint32_t flags,
                        uint32_t cv[8]);
#endif

#endif
