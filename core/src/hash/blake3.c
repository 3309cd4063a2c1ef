/* stoker: BLAKE3, modes, chunks and tree (sections 2.3 to 2.6 and 5.1). */
#include "stoker/blake3.h"

#include "base/memory.h"
#include "blake3_node.h"
#include "blake3_wide.h"

_Static_assert(STK_BLAKE3_DEPTH_MAX >= 1 && STK_BLAKE3_DEPTH_MAX <= 53, "STK_BLAKE3_DEPTH_MAX is 1 to 53");
_Static_assert(STK_BLAKE3_DEPTH_MAX > 14 || sizeof(struct stk_blake3) <= 700, "a state for 16 MiB is small");

static const uint32_t iv[8] = {BLAKE3_IV0, BLAKE3_IV1, BLAKE3_IV2, BLAKE3_IV3,
                               BLAKE3_IV4, BLAKE3_IV5, BLAKE3_IV6, BLAKE3_IV7};

/// Tree ///

static void begin_chunk(struct stk_blake3 *s, uint64_t chunk) {
    memcpy(s->cv, s->key, sizeof s->cv);
    s->chunk = chunk;
    s->blocks = 0;
}

/* `right` may be the first half of the message that the node has. */
static void parent_node(const struct stk_blake3 *s, const uint32_t left[8], const uint32_t right[8],
                        struct stk_blake3_node *node) {
    memcpy(node->cv, s->key, sizeof node->cv);
    memcpy(node->m + 8, right, 8 * sizeof *right);
    memcpy(node->m, left, 8 * sizeof *left);
    node->counter = 0;
    node->len = STK_BLAKE3_BLOCK;
    node->flags = s->flags | (uint32_t)BLAKE3_PARENT;
}

/* Puts the chaining value of a whole subtree, s->cv, on the stack, where `count` of its size are whole with it. Two of
 * one size merge at once, so the stack holds one for each bit set in the number of whole chunks (section 5.1.2). More
 * input follows, so none of these is the root. `node` is room to work in, and s->cv is lost: a chunk begins next. */
static void push(struct stk_blake3 *s, uint64_t count, struct stk_blake3_node *node) {
    for (; (count & 1) == 0; count >>= 1) {
        s->depth--;
        parent_node(s, s->stack[s->depth], s->cv, node);
        stk_blake3_chain(node, s->cv);
    }
    memcpy(s->stack[s->depth], s->cv, sizeof s->stack[0]);
    s->depth++;
}

/// Input ///

/* The node of the block being read, but for the block itself. */
static void chunk_node(const struct stk_blake3 *s, struct stk_blake3_node *node) {
    memcpy(node->cv, s->cv, sizeof node->cv);
    node->counter = s->chunk;
    node->flags = s->flags | (s->blocks == 0 ? (uint32_t)BLAKE3_CHUNK_START : 0);
}

/* Takes a whole block after which more input follows. */
static void take_block(struct stk_blake3 *s, const uint8_t block[STK_BLAKE3_BLOCK]) {
    struct stk_blake3_node node;
    int last;
    chunk_node(s, &node);
    stk_blake3_load(node.m, block);
    node.len = STK_BLAKE3_BLOCK;
    last = s->blocks == BLAKE3_CHUNK_BLOCKS - 1;
    node.flags |= last ? (uint32_t)BLAKE3_CHUNK_END : 0;
    stk_blake3_chain(&node, s->cv);
    if (!last) {
        s->blocks++;
        return;
    }
    push(s, s->chunk + 1, &node);
    begin_chunk(s, s->chunk + 1);
}

#if BLAKE3_LANES > 1
/* Takes the largest subtree that begins here and that more input follows, when one is large enough to
 * be hashed side by side. Returns its bytes or 0. */
static size_t take_subtree(struct stk_blake3 *s, const uint8_t *in, size_t bytes) {
    unsigned chunks = BLAKE3_SUBTREE_MAX;
    if (s->blocks != 0) {
        return 0;
    }
    while (s->chunk % chunks != 0 || bytes <= (size_t)chunks * STK_BLAKE3_CHUNK) {
        chunks /= 2;
        if (chunks < BLAKE3_LANES) {
            return 0;
        }
    }
    struct stk_blake3_node node;
    stk_blake3_subtree(in, chunks, s->key, s->chunk, s->flags, s->cv);
    push(s, s->chunk / chunks + 1, &node);
    begin_chunk(s, s->chunk + chunks);
    return (size_t)chunks * STK_BLAKE3_CHUNK;
}
#else
static size_t take_subtree(struct stk_blake3 *s, const uint8_t *in, size_t bytes) {
    (void)s, (void)in, (void)bytes;
    return 0;
}
#endif

/* Takes whole blocks straight from the input, leaving 1 to 64 bytes: the last block waits until it is
 * known whether it ends its chunk and the tree. */
static size_t take_blocks(struct stk_blake3 *s, const uint8_t *in, size_t bytes) {
    size_t taken = 0;
    while (bytes - taken > STK_BLAKE3_BLOCK) {
        size_t n = take_subtree(s, in + taken, bytes - taken);
        if (n == 0) {
            take_block(s, in + taken);
            n = STK_BLAKE3_BLOCK;
        }
        taken += n;
    }
    return taken;
}

static void take(struct stk_blake3 *s, const uint8_t *in, size_t bytes) {
    while (bytes > 0) {
        if (s->len == STK_BLAKE3_BLOCK) {
            take_block(s, s->block);
            s->len = 0;
        }
        if (s->len == 0) {
            size_t taken = take_blocks(s, in, bytes);
            in += taken;
            bytes -= taken;
        }
        size_t room = STK_BLAKE3_BLOCK - (size_t)s->len;
        size_t n = bytes < room ? bytes : room;
        memcpy(s->block + s->len, in, n);
        s->len = (uint8_t)(s->len + n);
        in += n;
        bytes -= n;
    }
}

/* May `bytes` more follow `had`? In 64 bits, since the limit may be beyond what size_t holds. */
static int within_limit(uint64_t had, uint64_t bytes) {
    return bytes <= STK_BLAKE3_INPUT_MAX - had;
}

int stk_blake3_update(struct stk_blake3 *s, const void *data, size_t bytes) {
    uint64_t had = s->chunk * STK_BLAKE3_CHUNK + (uint64_t)s->blocks * STK_BLAKE3_BLOCK + s->len;
    if (!within_limit(had, bytes)) {
        return STK_E_OVERFLOW;
    }
    take(s, data, bytes);
    return STK_OK;
}

/// Modes ///

static void begin(struct stk_blake3 *s, const uint32_t key[8], uint8_t flags) {
    memcpy(s->key, key, sizeof s->key);
    s->len = 0;
    s->flags = flags;
    s->depth = 0;
    begin_chunk(s, 0);
}

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

/* Turns the words of a block from the order of this machine into the order of bytes, or back. */
static void swap_words(uint32_t words[16]) {
    for (unsigned i = 0; i < 16; i++) {
        words[i] = stk_le32(words[i]);
    }
}

/* Closes a copy of the tree: the chunk being read, merged with all that waits on the stack. */
static void root_node(const struct stk_blake3 *s, struct stk_blake3_node *node) {
    chunk_node(s, node);
    memset(node->m, 0, sizeof node->m);
    memcpy(node->m, s->block, s->len);
    swap_words(node->m);
    node->len = s->len;
    node->flags |= BLAKE3_CHUNK_END;
    for (unsigned i = s->depth; i > 0; i--) {
        stk_blake3_compress(node, node->m);
        parent_node(s, s->stack[i - 1], node->m, node);
    }
    node->flags |= BLAKE3_ROOT;
}

/* Section 2.6: the root is compressed again for every 64 bytes, with their number as its counter. */
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
    stk_blake3_compress(&root, root.m); /* one block is enough, so the message may go: that is 64 bytes less of stack */
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
