/* stoker: count-min sketches, which estimate in fixed memory how often a key was seen.
 *
 * A sketch has `depth` rows of `width` counters. Each key has one counter in every row, and a call that counts the key
 * adds to all of these counters. The estimate of a key is the smallest of its counters. The estimate is never below the
 * true sum. It is above the true sum if in every row the key shares its counter with other keys.
 *
 * G. Cormode, S. Muthukrishnan, "An improved data stream summary: the count-min sketch and its
 * applications", Journal of Algorithms 55 (2005). The counter of a key in row r is
 * splitmix64(key ^ r * 0x9E3779B97F4A7C15) modulo width, so that sketches of one shape merge
 * wherever they were made. splitmix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014.
 *
 * A sketch has no lock: one thread at a time may call what changes a sketch. A call loops over `depth` rows, unless its
 * comment says that it loops over all counters. */
#ifndef STOKER_PARITY_SKETCH_H
#define STOKER_PARITY_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Sketch over caller memory ///

#define STK_SKETCH_BYTES(depth, width)        ((size_t)(depth) * (size_t)(width) * sizeof(uint64_t))
#define STK_SKETCH_DEFINE(name, depth, width) STK_STORAGE_DEFINE(name, STK_SKETCH_BYTES(depth, width))

struct stk_sketch {
    uint64_t *counters; /* depth * width, row by row, host order; caller's memory */
    size_t bytes;       /* bytes of memory at `counters`; may be more than this shape needs */
    uint32_t depth;     /* rows */
    uint32_t width;     /* counters in a row */
};

/* Sets *bytes to the size of the counters of that shape. STK_E_ARG depth or width is 0; STK_E_OVERFLOW one of them is
 * above 2^32 - 1, or this machine cannot address so many bytes. ISR-safe. */
STK_MUST_CHECK int stk_sketch_bytes(uint64_t depth, uint64_t width, size_t *bytes);

/* Makes an empty sketch in `bytes` bytes at mem, and clears the counters. Bytes behind the counters are kept for
 * stk_sketch_reset_shape. Loops over all counters. Errors as stk_sketch_bytes; STK_E_ALIGN mem is not aligned to 8
 * bytes; STK_E_SPACE `bytes` is below STK_SKETCH_BYTES(depth, width); STK_E_ARG mem is NULL. */
STK_MUST_CHECK int stk_sketch_init(struct stk_sketch *sketch, void *mem, size_t bytes, uint64_t depth, uint64_t width);

/* Empties the sketch and gives it another shape in the same memory. Loops over all counters of the new shape. Errors as
 * stk_sketch_bytes; STK_E_SPACE the memory that stk_sketch_init got is too small for the new shape. */
STK_MUST_CHECK int stk_sketch_reset_shape(struct stk_sketch *sketch, uint64_t depth, uint64_t width);

/* Sets all counters to 0. */
void stk_sketch_clear(struct stk_sketch *sketch);

/// Counting ///

/* Adds `amount` to the counters of `key`. STK_E_OVERFLOW a counter would pass 2^64 - 1; no counter has changed.
 * ISR-safe. */
STK_MUST_CHECK int stk_sketch_add(struct stk_sketch *sketch, uint64_t key, uint64_t amount);

/* Adds `amount` to the counters of `key`; a counter that would pass 2^64 - 1 becomes 2^64 - 1. ISR-safe. */
void stk_sketch_add_saturating(struct stk_sketch *sketch, uint64_t key, uint64_t amount);

/* Returns an estimate of the sum of the amounts that were added for `key`: never less than the sum. ISR-safe. */
uint64_t stk_sketch_estimate(const struct stk_sketch *sketch, uint64_t key);

/* Adds every counter of `from` to the counter of `into` at the same place; `from` may be `into` itself. Loops over all
 * counters twice. STK_E_ARG the shapes differ; STK_E_OVERFLOW a counter would pass 2^64 - 1, and none has changed. */
STK_MUST_CHECK int stk_sketch_merge(struct stk_sketch *into, const struct stk_sketch *from);

/* Returns the index in row `row` of the counter of `key`, 0 .. width - 1; width must not be 0. ISR-safe. */
uint32_t stk_sketch_bucket(uint64_t key, uint32_t row, uint32_t width);

#ifdef __cplusplus
}
#endif
#endif
