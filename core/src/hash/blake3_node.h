/* stoker: nodes of the BLAKE3 tree. Private to the core. */
#ifndef STK_SRC_BLAKE3_NODE_H
#define STK_SRC_BLAKE3_NODE_H

#include <stdint.h>

#include "stoker/le.h"
#include "stoker/blake3.h"

/* Table 3. */
enum {
    BLAKE3_CHUNK_START = 1,
    BLAKE3_CHUNK_END = 2,
    BLAKE3_PARENT = 4,
    BLAKE3_ROOT = 8,
    BLAKE3_KEYED_HASH = 16,
    BLAKE3_DERIVE_CONTEXT = 32,
    BLAKE3_DERIVE_MATERIAL = 64
};

#define BLAKE3_CHUNK_BLOCKS (STK_BLAKE3_CHUNK / STK_BLAKE3_BLOCK)

/* Table 1. */
#define BLAKE3_IV0 0x6A09E667u
#define BLAKE3_IV1 0xBB67AE85u
#define BLAKE3_IV2 0x3C6EF372u
#define BLAKE3_IV3 0xA54FF53Au
#define BLAKE3_IV4 0x510E527Fu
#define BLAKE3_IV5 0x9B05688Cu
#define BLAKE3_IV6 0x1F83D9ABu
#define BLAKE3_IV7 0x5BE0CD19u

/* Everything that one compression takes. */
struct stk_blake3_node {
    uint32_t cv[8];
    uint32_t m[16];
    uint64_t counter; /* of the chunk, 0 in a parent */
    uint32_t len;     /* bytes of m that are input */
    uint32_t flags;
};

static inline void stk_blake3_load(uint32_t m[16], const uint8_t block[STK_BLAKE3_BLOCK]) {
    for (unsigned i = 0; i < 16; i++) {
        m[i] = stk_get32(block + 4 * i);
    }
}

/* The whole output of node `in`, for the root (section 2.6). `out` may be the message of the node, in->m: the message
 * is read before the output is written. */
void stk_blake3_compress(const struct stk_blake3_node *in, uint32_t out[16]);

/* Writes the chaining value of the node to `cv`. The output takes the place of the message, so that it needs no stack
 * of its own: the message is lost. */
static inline void stk_blake3_chain(struct stk_blake3_node *node, uint32_t cv[8]) {
    stk_blake3_compress(node, node->m);
    for (unsigned i = 0; i < 8; i++) {
        cv[i] = node->m[i];
    }
}

#endif
