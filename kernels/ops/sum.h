/* stoker handler: the 64-bit sum of a chunk's little-endian words; bytes after the last whole word count as a word
 * padded with zeros. Results 0, 1: the sum, low word first. */
#ifndef STK_OP_SUM_H
#define STK_OP_SUM_H

#include "device.h"

STK_FN stk_u64 stk_sum_words(const STK_GLOBAL stk_u8 *p, stk_u32 first, stk_u32 end) {
    stk_u64 sum = 0;
    stk_u32 i;
    for (i = first; i < end; i++) {
        sum += stk_payload_word(p, i);
    }
    return sum;
}

STK_FN stk_u32 stk_op_sum64(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 offset = stk_arg(c, STK_ARG_OFFSET), bytes = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 words, first, end, i;
    stk_u64 sum;
    if ((offset & 3u) != 0u || !stk_payload_ok(d, offset, bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, offset);
    }
    if (lead != 0u) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_LEAD);
    }
    words = bytes / 4u;
    stk_lane_stretch(words, STK_LANE, &first, &end);
    sum = stk_sum_words(d->payload + offset, first, end);
    for (i = words * 4u; STK_LANE == 0u && i < bytes; i++) {
        sum += (stk_u64)d->payload[offset + i] << (8u * (i & 3u));
    }
    stk_result_add64(c, 0, sum);
    return STK_DONE;
}

#endif
