/* stoker handler: the 64-bit sum of a chunk's little-endian words. Bytes after the last whole word count as a word
 * padded with zeros. Results 0, 1: the sum, low word first. The time of this handler is the unit of cost
 * (kernel/cost.h). */
#ifndef STK_OP_SUM_H
#define STK_OP_SUM_H

#include "stoker/kernel/tile.h"

/* Returns the sum of words [first, end) from p on. The function is out of line so that there is one copy of the loop:
 * its time per byte is the unit of cost, and the host measures the very code that the handler runs (worker.h). */
STK_COLD stk_u64 stk_sum_words(const STK_GLOBAL stk_u8 *p, stk_u32 first, stk_u32 end) {
    stk_u64 sum = 0;
    stk_u32 i;
    for (i = first; i < end; i++) {
        sum += stk_payload_word(p, i);
    }
    return sum;
}

#if STK_TILED
/* Returns the sum of four words, in 64 bits before the first addition. */
STK_FN stk_u64 stk_sum_vector(uint4 v) {
    return (stk_u64)v.x + v.y + v.z + v.w;
}

/* Returns this lane's share of the sum of `vectors` vectors of 16 bytes. A sum needs each byte once, so it takes no
 * tile: the lanes load neighbouring vectors, each lane eight of them before it adds the first. `at` is a multiple of
 * 16. */
STK_COLD stk_u64 stk_sum_vectors(const STK_GLOBAL stk_u8 *payload, stk_u32 at, stk_u32 vectors) {
    const STK_GLOBAL uint4 *p = (const STK_GLOBAL uint4 *)(payload + at);
    stk_u64 sum = 0;
    stk_u32 i = STK_LANE;
    for (; i < vectors && vectors - i > 7u * STK_LANES; i += 8u * STK_LANES) {
        uint4 v0 = p[i], v1 = p[i + STK_LANES], v2 = p[i + 2u * STK_LANES], v3 = p[i + 3u * STK_LANES];
        uint4 v4 = p[i + 4u * STK_LANES], v5 = p[i + 5u * STK_LANES], v6 = p[i + 6u * STK_LANES],
              v7 = p[i + 7u * STK_LANES];
        sum += stk_sum_vector(v0) + stk_sum_vector(v1) + stk_sum_vector(v2) + stk_sum_vector(v3);
        sum += stk_sum_vector(v4) + stk_sum_vector(v5) + stk_sum_vector(v6) + stk_sum_vector(v7);
    }
    for (; i < vectors; i += STK_LANES) {
        sum += stk_sum_vector(p[i]);
    }
    return sum;
}
#endif

/* Returns this lane's share of the sum of `words` words, which begin at byte `at` of the payload. */
STK_FN stk_u64 stk_sum_share(const STK_GLOBAL stk_u8 *payload, stk_u32 at, stk_u32 words) {
#if STK_TILED
    stk_u32 head = ((16u - (at & 15u)) & 15u) / 4u, vectors;
    stk_u64 sum;
    head = head < words ? head : words;
    vectors = (words - head) / 4u;
    sum = stk_sum_vectors(payload, at + head * 4u, vectors);
    /* Lane 0 adds the words before the first whole vector and behind the last. */
    if (STK_LANE == 0u) {
        sum += stk_sum_words(payload + at, 0u, head) + stk_sum_words(payload + at, head + vectors * 4u, words);
    }
    return sum;
#else
    stk_u32 first, end;
    stk_lane_stretch(words, STK_LANE, &first, &end);
    return stk_sum_words(payload + at, first, end);
#endif
}

/* States the cost: one unit for a byte, which is how the unit is defined. */
STK_FN struct stk_cost stk_cost_sum64(const struct stk_dev *d, const struct stk_call *c) {
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_COST_UNIT, 1u);
}

/* Checks the arguments and adds this lane's share to the sum. */
STK_FN stk_u32 stk_op_sum64(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 offset = stk_arg(c, STK_ARG_OFFSET), bytes = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 from, to, i;
    stk_u64 sum;
    if ((offset & 3u) != 0u || !stk_payload_ok(d, offset, bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, offset);
    }
    if (lead != 0u) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_LEAD);
    }
    stk_slice(c, bytes, &from, &to);
    /* A tenant may have forged the place where the call goes on; it still becomes the start of a word. */
    from &= ~3u;
    sum = stk_sum_share(d->payload, offset + from, (to - from) / 4u);
    /* The rest of less than a word comes only at the end of the chunk: every other border of a call is a whole word. */
    for (i = to & ~3u; STK_LANE == 0u && i < to; i++) {
        sum += (stk_u64)d->payload[offset + i] << (8u * (i & 3u));
    }
    stk_result_add64(c, 0, sum);
    return stk_slice_end(c, to, bytes);
}

#endif
