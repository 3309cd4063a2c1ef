/* stoker handler: the 64-bit sum of a chunk's little-endian words; bytes after the last whole word count as a word
 * padded with zeros. Results 0, 1: the sum, low word first. */
#ifndef STK_OP_SUM_H
#define STK_OP_SUM_H

#include "stoker/kernel/cost.h"

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

STK_FN struct stk_cost stk_cost_sum64(const struct stk_dev *d, const struct stk_call *c) {
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_COST_UNIT, 1u);
}

STK_FN stk_u32 stk_op_sum64(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 offset = stk_arg(c, STK_ARG_OFFSET), bytes = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 from, to, first, end, i;
    stk_u64 sum;
    if ((offset & 3u) != 0u || !stk_payload_ok(d, offset, bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, offset);
    }
    if (lead != 0u) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_LEAD);
    }
    stk_slice(c, bytes, &from, &to);
    from &= ~3u; /* a place that somebody forged still becomes the start of a word */
    stk_lane_stretch((to - from) / 4u, STK_LANE, &first, &end);
    sum = stk_sum_words(d->payload + offset + from, first, end);
    for (i = to & ~3u; STK_LANE == 0u && i < to; i++) { /* runs only at the end of the chunk */
        sum += (stk_u64)d->payload[offset + i] << (8u * (i & 3u));
    }
    stk_result_add64(c, 0, sum);
    return stk_slice_end(c, to, bytes);
}

#endif
