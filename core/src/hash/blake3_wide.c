/* stoker: hashes whole subtrees of BLAKE3, with one chunk or parent in each lane of a vector (section 5.3 of the paper
 * that stoker/blake3.h names). Empty where BLAKE3_LANES is 1. A lane here is a lane of a vector of the CPU, not of a
 * work-group.
 *
 * The vectors are an extension of GNU C. Loops over lanes in plain C were tried as well. The code that gcc and clang
 * make of such loops is at best as fast as this file, and at worst half as fast as hashing one chunk at a time. */
#include "blake3_wide.h"

#if BLAKE3_LANES > 1
#include "blake3_node.h"
#include "blake3_rounds.h"

/* A vector whose lane n is f(n), written out lane by lane. gcc -O2 builds the vector in memory when a loop fills it,
 * which costs a third of the speed. */
#if BLAKE3_LANES == 4
#define EACH_LANE(f)                                                                                                   \
    { f(0), f(1), f(2), f(3) }
#else
#define EACH_LANE(f)                                                                                                   \
    { f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7) }
#endif

typedef uint32_t lanes __attribute__((vector_size(4 * BLAKE3_LANES)));

/* BLAKE3_LANES inputs that are hashed side by side: chunks, or pairs of chaining values. */
struct lot {
    const uint8_t *in;   /* input of lane 0 */
    const uint32_t *key; /* eight words: the key of the mode */
    uint64_t counter;    /* counter of lane 0 */
    uint64_t step;       /* added to the counter from one lane to the next: 1 for chunks, 0 for parents */
    size_t stride;       /* bytes from the input of one lane to the input of the next */
    unsigned blocks;     /* blocks of 64 bytes in each input: 16 in a chunk, 1 in a parent */
    /* Flags of every block; further flags of the first block of an input; and of the last block. */
    uint32_t flags, first, last;
};

/* A vector with word x in all lanes. */
#define ALL(x) ((uint32_t)(x) - (lanes){0})

/* Loads one block of each lane, so that m[i] has word i of all blocks: a transpose. */
static inline void gather(const uint8_t *block, size_t stride, lanes m[16]) {
#define WORD(lane) stk_get32(block + (lane)*stride + (size_t)4 * i)
    for (unsigned i = 0; i < 16; i++) {
        m[i] = (lanes)EACH_LANE(WORD);
    }
#undef WORD
}

/* Stores the chaining values of the lanes one after the other, 32 bytes each. They lie as the messages of their parents
 * then. */
static void scatter(const lanes cv[8], uint8_t *out) {
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned lane = 0; lane < BLAKE3_LANES; lane++) {
            stk_put32(out + 32 * lane + 4 * i, cv[i][lane]);
        }
    }
}

/* Compresses one block of each lane and changes `cv` to the new chaining values. Every block here has 64 bytes, since
 * only whole chunks come to this file. */
static inline void compress(const struct lot *lot, const uint8_t *block, uint32_t flags, lanes cv[8]) {
#define COUNTER_LOW(lane)  (uint32_t)(lot->counter + (lane)*lot->step)
#define COUNTER_HIGH(lane) (uint32_t)((lot->counter + (lane)*lot->step) >> 32)
    lanes m[16], low = EACH_LANE(COUNTER_LOW), high = EACH_LANE(COUNTER_HIGH);
#undef COUNTER_LOW
#undef COUNTER_HIGH
    gather(block, lot->stride, m);
    lanes v[16] = {cv[0],
                   cv[1],
                   cv[2],
                   cv[3],
                   cv[4],
                   cv[5],
                   cv[6],
                   cv[7],
                   ALL(BLAKE3_IV0),
                   ALL(BLAKE3_IV1),
                   ALL(BLAKE3_IV2),
                   ALL(BLAKE3_IV3),
                   low,
                   high,
                   ALL(STK_BLAKE3_BLOCK),
                   ALL(flags)};
    STK_BLAKE3_ROUNDS(v, m);
    for (unsigned i = 0; i < 8; i++) {
        cv[i] = v[i] ^ v[i + 8];
    }
}

/* Hashes the inputs of a lot and writes their BLAKE3_LANES chaining values to `out`. `out` may be where the inputs
 * begin: all inputs are read before the first value is written. */
static void hash_lot(const struct lot *lot, uint8_t *out) {
    lanes cv[8];
    for (unsigned i = 0; i < 8; i++) {
        cv[i] = ALL(lot->key[i]);
    }
    for (unsigned b = 0; b < lot->blocks; b++) {
        uint32_t flags = lot->flags | (b == 0 ? lot->first : 0) | (b == lot->blocks - 1 ? lot->last : 0);
        compress(lot, lot->in + (size_t)b * STK_BLAKE3_BLOCK, flags, cv);
    }
    scatter(cv, out);
}

/* Computes one parent without vectors, from the two chaining values at `pair`. For the ends of a level that do not fill
 * a vector. */
static void hash_parent(const uint8_t *pair, const uint32_t key[8], uint32_t flags, uint32_t cv[8]) {
    struct stk_blake3_node node = {.len = STK_BLAKE3_BLOCK, .flags = flags | BLAKE3_PARENT};
    for (unsigned i = 0; i < 8; i++) {
        node.cv[i] = key[i];
    }
    stk_blake3_load(node.m, pair);
    stk_blake3_compress(&node, node.m);
    for (unsigned i = 0; i < 8; i++) {
        cv[i] = node.m[i];
    }
}

/* Replaces n chaining values at `cvs` by the n / 2 chaining values of their parents, in place; n is even. */
static void hash_level(uint8_t *cvs, unsigned n, const uint32_t key[8], uint32_t flags) {
    struct lot lot = {.key = key, .stride = STK_BLAKE3_BLOCK, .blocks = 1, .flags = flags | BLAKE3_PARENT};
    unsigned done = 0;
    for (; n / 2 - done >= BLAKE3_LANES; done += BLAKE3_LANES) {
        lot.in = cvs + (size_t)done * STK_BLAKE3_BLOCK;
        hash_lot(&lot, cvs + (size_t)done * STK_BLAKE3_OUT);
    }
    for (; done < n / 2; done++) {
        uint32_t cv[8];
        hash_parent(cvs + (size_t)done * STK_BLAKE3_BLOCK, key, flags, cv);
        for (unsigned i = 0; i < 8; i++) {
            stk_put32(cvs + (size_t)done * STK_BLAKE3_OUT + 4 * i, cv[i]);
        }
    }
}

void stk_blake3_subtree(const uint8_t *in, unsigned chunks, const uint32_t key[8], uint64_t chunk, uint32_t flags,
                        uint32_t cv[8]) {
    uint8_t cvs[BLAKE3_SUBTREE_MAX * STK_BLAKE3_OUT];
    struct lot lot = {.key = key,
                      .step = 1,
                      .stride = STK_BLAKE3_CHUNK,
                      .blocks = BLAKE3_CHUNK_BLOCKS,
                      .flags = flags,
                      .first = BLAKE3_CHUNK_START,
                      .last = BLAKE3_CHUNK_END};
    for (unsigned i = 0; i < chunks; i += BLAKE3_LANES) {
        lot.in = in + (size_t)i * STK_BLAKE3_CHUNK;
        lot.counter = chunk + i;
        hash_lot(&lot, cvs + (size_t)i * STK_BLAKE3_OUT);
    }
    /* Halves the level until two values are left. Their parent goes to `cv` as words and not as bytes. */
    for (; chunks > 2; chunks /= 2) {
        hash_level(cvs, chunks, key, flags);
    }
    hash_parent(cvs, key, flags, cv);
}
#endif
