/* stoker: BLAKE3, the hash that names artifacts.
 *
 * From its specification: J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn, "BLAKE3: one function, fast
 * everywhere", version 20211102173700; section numbers in the sources are its own. All three modes, input in parts of
 * any size, output of any length from any position.
 *
 * The longest input is STK_BLAKE3_INPUT_MAX bytes, set by the knob STK_BLAKE3_DEPTH_MAX (stoker/config.h). Time and
 * memory access do not depend on the values of key and input. A state holds its key: a program that hashes with a
 * secret key clears the state after use. */
#ifndef STOKER_BLAKE3_H
#define STOKER_BLAKE3_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/config.h"
#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STK_BLAKE3_OUT       32u   /* bytes of a hash of ordinary length */
#define STK_BLAKE3_KEY       32u   /* bytes of a key, neither more nor less */
#define STK_BLAKE3_BLOCK     64u   /* bytes that one compression takes */
#define STK_BLAKE3_CHUNK     1024u /* bytes of a leaf of the tree */
#define STK_BLAKE3_INPUT_MAX (UINT64_C(1024) << STK_BLAKE3_DEPTH_MAX)

/* A hash in progress, visible for sizeof. It holds no pointer: copy it to hash several inputs that
 * begin alike. */
struct stk_blake3 {
    uint64_t chunk;                  /* number of the chunk that is being read, from 0 */
    uint32_t key[8];                 /* initial value of every chunk and parent: a constant, or the key of the mode */
    uint32_t cv[8];                  /* chaining value of the chunk that is being read */
    uint8_t block[STK_BLAKE3_BLOCK]; /* input that is not compressed yet */
    uint8_t len;                     /* bytes of input in `block`, 0 .. 64 */
    uint8_t blocks;                  /* blocks of this chunk that were compressed, 0 .. 15 */
    uint8_t flags;                   /* flags of the mode, a part of every node */
    uint8_t depth;                   /* subtrees on the stack */
    uint32_t stack[STK_BLAKE3_DEPTH_MAX][8]; /* chaining values of whole subtrees, the largest first */
};

/// Modes ///

/* Begins a plain hash. ISR-safe. */
void stk_blake3_init(struct stk_blake3 *state);

/* Begins a hash under a key of STK_BLAKE3_KEY bytes: a MAC or a pseudo-random function. The key may
 * go once the call returns. ISR-safe. */
void stk_blake3_init_keyed(struct stk_blake3 *state, const uint8_t key[STK_BLAKE3_KEY]);

/* Begins a key derivation; the input is the key material. `context` is `bytes` bytes of text that
 * name the purpose: hard-coded, unique in the world, with no part that varies at run time. It may
 * go once the call returns. STK_E_OVERFLOW more than STK_BLAKE3_INPUT_MAX bytes. */
STK_MUST_CHECK int stk_blake3_init_derive(struct stk_blake3 *state, const void *context, size_t bytes);

/// Input ///

/* Takes the next `bytes` bytes of input; how the input is cut into calls does not change the hash. STK_E_OVERFLOW when
 * all of it would exceed STK_BLAKE3_INPUT_MAX: none of these bytes was taken. The time grows with the bytes; ISR-safe
 * where that time is short enough. */
STK_MUST_CHECK int stk_blake3_update(struct stk_blake3 *state, const void *data, size_t bytes);

/// Output ///

/* Writes the hash of the input so far, STK_BLAKE3_OUT bytes. The state does not change, so more input and more output
 * may follow. ISR-safe. */
void stk_blake3_digest(const struct stk_blake3 *state, uint8_t out[STK_BLAKE3_OUT]);

/* Writes bytes offset .. offset + bytes - 1 of the extendable output, whose first STK_BLAKE3_OUT bytes are the hash of
 * ordinary length. Any position costs the same. The state does not change; `out` must lie outside the state.
 * STK_E_OVERFLOW when the end is beyond 2^64 - 1, the last position there is. The time grows with `bytes`; ISR-safe
 * where that time is short enough. */
STK_MUST_CHECK int stk_blake3_output(const struct stk_blake3 *state, uint64_t offset, uint8_t *out, size_t bytes);

/// In one call ///

/* Writes the plain hash of `bytes` bytes at `data` to `out`. `state` is memory to work in, of any content: the call
 * needs no state on the stack. STK_E_OVERFLOW more than STK_BLAKE3_INPUT_MAX bytes. */
STK_MUST_CHECK int stk_blake3_hash(struct stk_blake3 *state, const void *data, size_t bytes,
                                   uint8_t out[STK_BLAKE3_OUT]);

#ifdef __cplusplus
}
#endif
#endif
