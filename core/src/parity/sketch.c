/* stoker: count-min sketches, which count keys in a fixed amount of memory and may count too much, never too little.
 * sketch.h names the paper. The sketch does not store keys, so it cannot list them. The reference implementation has
 * this module. */
#include "stoker/parity/sketch.h"

#include "base/memory.h"
#include "base/words_of.h"

/* Mixes all bits of a key. The constants are those of the paper, and may not change: sketches merge wherever they were
 * made, so each key must have the same counter everywhere. */
static uint64_t splitmix64(uint64_t x) {
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* Each row mixes another number into the key, so that two keys which share a counter in one row seldom share one in the
 * next row. Row 0 mixes in nothing. */
uint32_t stk_sketch_bucket(uint64_t key, uint32_t row, uint32_t width) {
    return (uint32_t)(splitmix64(key ^ row * UINT64_C(0x9E3779B97F4A7C15)) % width);
}

/// Shape ///

int stk_sketch_bytes(uint64_t depth, uint64_t width, size_t *bytes) {
    if (depth == 0 || width == 0) {
        return STK_E_ARG;
    }
    /* Both factors are below 2^32 where the product is computed, so the product fits 64 bits. */
    if (depth > UINT32_MAX || width > UINT32_MAX || depth * width > UINT64_MAX / sizeof(uint64_t)) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of(depth * width * sizeof(uint64_t), bytes);
}

/* Returns the bytes of the counters, which may be fewer than the memory has. */
static size_t used(const struct stk_sketch *s) {
    return STK_SKETCH_BYTES(s->depth, s->width);
}

/* Returns the number of counters. */
static size_t counters(const struct stk_sketch *s) {
    return (size_t)s->depth * s->width;
}

int stk_sketch_init(struct stk_sketch *s, void *mem, size_t bytes, uint64_t depth, uint64_t width) {
    size_t need;
    int err = stk_sketch_bytes(depth, width, &need);
    if (err != STK_OK) {
        return err;
    }
    if ((uintptr_t)mem % sizeof(uint64_t) != 0) {
        return STK_E_ALIGN;
    }
    err = stk_layout_check(mem, bytes, need);
    if (err != STK_OK) {
        return err;
    }
    s->counters = mem;
    s->bytes = bytes;
    s->depth = (uint32_t)depth;
    s->width = (uint32_t)width;
    stk_sketch_clear(s);
    return STK_OK;
}

int stk_sketch_reset_shape(struct stk_sketch *s, uint64_t depth, uint64_t width) {
    return stk_sketch_init(s, s->counters, s->bytes, depth, width);
}

void stk_sketch_clear(struct stk_sketch *s) {
    memset(s->counters, 0, used(s));
}

/// Counting ///

/* Returns the counter of a key in a row. */
static uint64_t *counter_of(const struct stk_sketch *s, uint64_t key, uint32_t row) {
    return s->counters + (size_t)row * s->width + stk_sketch_bucket(key, row, s->width);
}

void stk_sketch_add_saturating(struct stk_sketch *s, uint64_t key, uint64_t amount) {
    for (uint32_t row = 0; row < s->depth; row++) {
        uint64_t *counter = counter_of(s, key, row);
        *counter = amount > UINT64_MAX - *counter ? UINT64_MAX : *counter + amount;
    }
}

int stk_sketch_add(struct stk_sketch *s, uint64_t key, uint64_t amount) {
    /* Checks all rows before the first one changes: a call that is refused must leave every row as it was. */
    for (uint32_t row = 0; row < s->depth; row++) {
        if (amount > UINT64_MAX - *counter_of(s, key, row)) {
            return STK_E_OVERFLOW;
        }
    }
    stk_sketch_add_saturating(s, key, amount);
    return STK_OK;
}

/* Returns the smallest counter of the key: other keys can only have made a counter larger, so the smallest one is the
 * nearest to the truth. */
uint64_t stk_sketch_estimate(const struct stk_sketch *s, uint64_t key) {
    uint64_t least = UINT64_MAX;
    for (uint32_t row = 0; row < s->depth; row++) {
        uint64_t n = *counter_of(s, key, row);
        least = n < least ? n : least;
    }
    return least;
}

int stk_sketch_merge(struct stk_sketch *into, const struct stk_sketch *from) {
    if (into->depth != from->depth || into->width != from->width) {
        return STK_E_ARG;
    }
    /* Checks all counters before the first one changes: a merge that is refused must leave *into as it was. */
    for (size_t i = 0; i < counters(into); i++) {
        if (from->counters[i] > UINT64_MAX - into->counters[i]) {
            return STK_E_OVERFLOW;
        }
    }
    for (size_t i = 0; i < counters(into); i++) {
        into->counters[i] += from->counters[i];
    }
    return STK_OK;
}
