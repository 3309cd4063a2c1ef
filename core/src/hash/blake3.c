/* stoker: BLAKE3: the modes, the chunks, the tree and the output. Sections here and in the other files of BLAKE3 are
 * those of the paper that stoker/blake3.h names; this file has 2.3 to 2.6 and 5.1. blake3_compress.c compresses one
 * node, and blake3_wide.c hashes several chunks side by side where the CPU has vectors. Nothing here knows what is
 * hashed. */
#include "stoker/blake3.h"

#include <stdbool.h>

#include "base/memory.h"
#include "blake3_node.h"
#include "blake3_wide.h"

_Static_assert(STK_BLAKE3_DEPTH_MAX >= 1 && STK_BLAKE3_DEPTH_MAX <= 53, "STK_BLAKE3_DEPTH_MAX is 1 to 53");
_Static_assert(STK_BLAKE3_DEPTH_MAX > 14 || sizeof(struct stk_blake3) <= 700, "a state for 16 MiB is small");

static const uint32_t iv[8] = {BLAKE3_IV0, BLAKE3_IV1, BLAKE3_IV2, BLAKE3_IV3,
                               BLAKE3_IV4, BLAKE3_IV5, BLAKE3_IV6, BLAKE3_IV7};

/// Tree ///

/* Begins chunk number `chunk` with no block taken. Every chunk starts from the key of the mode (section 2.4). */
static void begin_chunk(struct stk_blake3 *s, uint64_t chunk) {
    memcpy(s->cv, s->key, sizeof s->cv);
    s->chunk = chunk;
    s->blocks = 0;
}

/* Fills *node with the parent of two chaining values (section 2.5). `right` may be the first half of node->m, so it is
 * copied to the second half before `left` takes its place. */
static void parent_node(const struct stk_blake3 *s, const uint32_t left[8], const uint32_t right[8],
                        struct stk_blake3_node *node) {
    memcpy(node->cv, s->key, sizeof node->cv);
    memcpy(node->m + 8, right, 8 * sizeof *right);
    memcpy(node->m, left, 8 * sizeof *left);
    node->counter = 0;
    node->len = STK_BLAKE3_BLOCK;
    node->flags = s->flags | (uint32_t)BLAKE3_PARENT;
}

/* Puts the chaining value of a whole subtree on the stack. The caller has put the value into the first half of node->m;
 * this function overwrites the rest of *node. `count` is the number of whole subtrees of this size so far, including
 * this subtree. Two subtrees of one size merge at once, so the stack holds one value for each bit that is set in the
 * number of whole chunks (section 5.1.2). Call this only when more input follows: then no node that this function
 * computes is the root. */
static void push(struct stk_blake3 *s, uint64_t count, struct stk_blake3_node *node) {
    for (; (count & 1) == 0; count >>= 1) {
        s->depth--;
        parent_node(s, s->stack[s->depth], node->m, node);
        stk_blake3_compress(node, node->m);
    }
    memcpy(s->stack[s->depth], node->m, sizeof s->stack[0]);
    s->depth++;
}

/// Input ///

/* Fills *node for the block that is being read, except the message. The message has `len` bytes of input. `end` is
 * BLAKE3_CHUNK_END for the last block of a chunk, and 0 for any other block. */
static void chunk_node(const struct stk_blake3 *s, struct stk_blake3_node *node, uint32_t len, uint32_t end) {
    memcpy(node->cv, s->cv, sizeof node->cv);
    node->counter = s->chunk;
    node->len = len;
    node->flags = s->flags | (s->blocks == 0 ? (uint32_t)BLAKE3_CHUNK_START : 0) | end;
}

/* Compresses a whole block. More input must follow: the last block of all input has the flags of the root. */
static void take_block(struct stk_blake3 *s, const uint8_t block[STK_BLAKE3_BLOCK]) {
    struct stk_blake3_node node;
    int last = s->blocks == BLAKE3_CHUNK_BLOCKS - 1;
    chunk_node(s, &node, STK_BLAKE3_BLOCK, last ? (uint32_t)BLAKE3_CHUNK_END : 0);
    stk_blake3_load(node.m, block);
    stk_blake3_compress(&node, node.m);
    if (!last) {
        memcpy(s->cv, node.m, sizeof s->cv);
        s->blocks++;
        return;
    }
    push(s, s->chunk + 1, &node);
    begin_chunk(s, s->chunk + 1);
}

#if BLAKE3_LANES > 1
/* Takes the largest subtree that begins at this chunk, when one is large enough to be hashed side by side. Returns the
 * bytes of the subtree, or 0. At least one byte must be left behind the subtree: the last subtree of all input may be
 * the root. */
static size_t take_subtree(struct stk_blake3 *s, const uint8_t *in, size_t bytes) {
    unsigned chunks = BLAKE3_SUBTREE_MAX;
    if (s->blocks != 0) {
        return 0;
    }
    /* A subtree of n chunks begins at a multiple of n, else it would not be a node of the tree. */
    while (s->chunk % chunks != 0 || bytes <= (size_t)chunks * STK_BLAKE3_CHUNK) {
        chunks /= 2;
        if (chunks < BLAKE3_LANES) {
            return 0;
        }
    }
    struct stk_blake3_node node;
    stk_blake3_subtree(in, chunks, s->key, s->chunk, s->flags, node.m);
    push(s, s->chunk / chunks + 1, &node);
    begin_chunk(s, s->chunk + chunks);
    return (size_t)chunks * STK_BLAKE3_CHUNK;
}
#else
/* Takes nothing, since this CPU hashes one chunk at a time. */
static size_t take_subtree(struct stk_blake3 *s, const uint8_t *in, size_t bytes) {
    (void)s, (void)in, (void)bytes;
    return 0;
}
#endif

/* Takes input of any length: compresses what is complete, and keeps the last 1 to 64 bytes in s->block. A full block is
 * compressed only when more input comes, since until then it may be the last one. Whole blocks are compressed where
 * they lie in the input, without a copy. take_block() is called in one place, so that its frame is a part of the frame
 * of stk_blake3_update(), and takes less stack. */
static void take(struct stk_blake3 *s, const uint8_t *in, size_t bytes) {
    while (bytes > 0) {
        const uint8_t *block = in;
        size_t n = STK_BLAKE3_BLOCK - (size_t)s->len;
        bool is_whole = false; /* `block` is to be compressed */
        if (n == 0) {
            block = s->block;
            s->len = 0;
            is_whole = true;
        } else if (s->len == 0 && bytes > STK_BLAKE3_BLOCK) {
            n = take_subtree(s, in, bytes);
            if (n == 0) {
                n = STK_BLAKE3_BLOCK;
                is_whole = true;
            }
        } else {
            n = bytes < n ? bytes : n;
            memcpy(s->block + s->len, in, n);
            s->len = (uint8_t)(s->len + n);
        }
        if (is_whole) {
            take_block(s, block);
        }
        in += n;
        bytes -= n;
    }
}

/* Returns 1 if `bytes` more bytes may follow `had` bytes. Computes in 64 bits, since the limit may be greater than what
 * size_t holds. */
static int within_limit(uint64_t had, uint64_t bytes) {
    return bytes <= STK_BLAKE3_INPUT_MAX - had;
}

int stk_blake3_update(struct stk_blake3 *s, const void *data, size_t bytes) {
    /* The state has no count of its bytes: chunk, blocks and len give the count. */
    uint64_t had = s->chunk * STK_BLAKE3_CHUNK + (uint64_t)s->blocks * STK_BLAKE3_BLOCK + s->len;
    if (!within_limit(had, bytes)) {
        return STK_E_OVERFLOW;
    }
    take(s, data, bytes);
    return STK_OK;
}

/// Modes ///

/* Begins a hash with the key and the flags of a mode (section 2.3). The stack is not cleared: depth 0 empties it. */
static void begin(struct stk_blake3 *s, const uint32_t key[8], uint8_t flags) {
    memcpy(s->key, key, sizeof s->key);
    s->len = 0;
    s->flags = flags;
    s->depth = 0;
    begin_chunk(s, 0);
}

/* Begins a hash with a key of 32 bytes, which BLAKE3 reads as eight little-endian words. */
static void begin_keyed(struct stk_blake3 *s, const uint8_t key[STK_BLAKE3_KEY], uint8_t flags) {
    uint32_t words[8];
    for (unsigned i = 0; i < 8; i++) {
        words[i] = stk_get32(key + 4 * i);
    }
    begin(s, words, flags);
}

void stk_blake3_init(struct stk_blake3 *s) {
    begin(s, iv, 0);
}

void stk_blake3_init_keyed(struct stk_blake3 *s, const uint8_t key[STK_BLAKE3_KEY]) {
    begin_keyed(s, key, BLAKE3_KEYED_HASH);
}

int stk_blake3_init_derive(struct stk_blake3 *s, const void *context, size_t bytes) {
    uint8_t key[STK_BLAKE3_KEY];
    /* Checked before the state changes; the update below cannot fail then. */
    if (!within_limit(0, bytes)) {
        return STK_E_OVERFLOW;
    }
    begin(s, iv, BLAKE3_DERIVE_CONTEXT);
    (void)!stk_blake3_update(s, context, bytes);
    stk_blake3_digest(s, key);
    begin_keyed(s, key, BLAKE3_DERIVE_MATERIAL);
    return STK_OK;
}

/// Output ///

/* Turns the words of a block from the byte order of this machine into little-endian order, or back. Does nothing on a
 * little-endian machine. */
static void swap_words(uint32_t words[16]) {
    for (unsigned i = 0; i < 16; i++) {
        words[i] = stk_le32(words[i]);
    }
}

/* Computes the root node: closes the chunk that is being read and merges it with all values on the stack. Works on a
 * copy, so that the state can take more input after a digest. */
static void root_node(const struct stk_blake3 *s, struct stk_blake3_node *node) {
    chunk_node(s, node, s->len, BLAKE3_CHUNK_END);
    memset(node->m, 0, sizeof node->m);
    memcpy(node->m, s->block, s->len);
    swap_words(node->m);
    for (unsigned i = s->depth; i > 0; i--) {
        stk_blake3_compress(node, node->m);
        parent_node(s, s->stack[i - 1], node->m, node);
    }
    node->flags |= BLAKE3_ROOT;
}

/* Writes `bytes` bytes of the output from byte `offset` on. The root is compressed once for each 64 bytes, with the
 * number of these 64 bytes as its counter (section 2.6), so any offset costs the same. */
static void output(const struct stk_blake3 *s, uint64_t offset, uint8_t *out, size_t bytes) {
    struct stk_blake3_node root;
    root_node(s, &root);
    size_t skip = (size_t)(offset % STK_BLAKE3_BLOCK);
    root.counter = offset / STK_BLAKE3_BLOCK;
    while (bytes > 0) {
        uint32_t words[16];
        stk_blake3_compress(&root, words);
        swap_words(words);
        size_t n = bytes < STK_BLAKE3_BLOCK - skip ? bytes : STK_BLAKE3_BLOCK - skip;
        memcpy(out, (const uint8_t *)words + skip, n);
        out += n;
        bytes -= n;
        skip = 0;
        root.counter++;
    }
}

void stk_blake3_digest(const struct stk_blake3 *s, uint8_t out[STK_BLAKE3_OUT]) {
    struct stk_blake3_node root;
    root_node(s, &root);
    root.counter = 0;
    /* A digest needs one compression only, so the output may take the place of the message. This saves 64 bytes of
     * stack. */
    stk_blake3_compress(&root, root.m);
    swap_words(root.m);
    memcpy(out, root.m, STK_BLAKE3_OUT);
}

int stk_blake3_output(const struct stk_blake3 *s, uint64_t offset, uint8_t *out, size_t bytes) {
    if (bytes > UINT64_MAX - offset) {
        return STK_E_OVERFLOW;
    }
    output(s, offset, out, bytes);
    return STK_OK;
}

int stk_blake3_hash(struct stk_blake3 *state, const void *data, size_t bytes, uint8_t out[STK_BLAKE3_OUT]) {
    stk_blake3_init(state);
    int err = stk_blake3_update(state, data, bytes);
    if (err == STK_OK) {
        stk_blake3_digest(state, out);
    }
    return err;
}
