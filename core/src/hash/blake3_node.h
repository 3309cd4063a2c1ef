/* stoker: a node of the BLAKE3 tree, the input of one compression. Private to the core; stoker/blake3.h has the calls
 * of a user. */
#ifndef STK_SRC_BLAKE3_NODE_H
#define STK_SRC_BLAKE3_NODE_H

#include <stdint.h>

#include "stoker/le.h"
#include "stoker/blake3.h"

/* Flags of a node, from table 3 of the paper. They keep the nodes of different places in the tree and of different
 * modes apart. */
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

/* The initial value, from table 1 of the paper: the one of SHA-256. */
#define BLAKE3_IV0 0x6A09E667u
#define BLAKE3_IV1 0xBB67AE85u
#define BLAKE3_IV2 0x3C6EF372u
#define BLAKE3_IV3 0xA54FF53Au
#define BLAKE3_IV4 0x510E527Fu
#define BLAKE3_IV5 0x9B05688Cu
#define BLAKE3_IV6 0x1F83D9ABu
#define BLAKE3_IV7 0x5BE0CD19u

/* The input of one compression. */
struct stk_blake3_node {
    uint32_t cv[8];   /* chaining value of the block before, or the key at the start of a chunk and in a parent */
    uint32_t m[16];   /* message: a block of input, or the chaining values of two children */
    uint64_t counter; /* number of the chunk; 0 in a parent; number of the 64 bytes of output in the root */
    uint32_t len;     /* bytes of m that are input, 0 .. 64 */
    uint32_t flags;   /* BLAKE3_CHUNK_START and so on, joined by "or" */
};

/* Loads a block of 64 bytes into the words of a message. The bytes need no alignment. */
static inline void stk_blake3_load(uint32_t m[16], const uint8_t block[STK_BLAKE3_BLOCK]) {
    for (unsigned i = 0; i < 16; i++) {
        m[i] = stk_get32(block + 4 * i);
    }
}

/* Writes the 64 bytes of output of node `in`. Words 0 .. 7 are the chaining value; only the root uses words 8 .. 15
 * (section 2.6). `out` may be in->m: the message is read before the output is written. A caller that does not need the
 * message any more takes in->m, so that the output needs no room on the stack. */
void stk_blake3_compress(const struct stk_blake3_node *in, uint32_t out[16]);

#endif
