/* The example's own handler: a FIR filter that looks for peaks in a chunk of samples. */
#include "stoker/kernel/cost.h"

/* Samples are 16 bits, signed, little-endian. Taps are a table of words: their count, then a Q15 number in each; the
 * sum of their magnitudes is at most 2^15, so no sum passes 31 bits. */
#define FIR_TAPS_MAX 32u
#define FIR_BIAS     0x40000000u /* more than any sum is below 0, and a multiple of 2^15 */

/* Adds up the taps over the samples that end with number i. Two's complement: the sum is right modulo 2^32. */
STK_FN stk_u32 fir_sum(const STK_GLOBAL stk_u8 *x, const STK_GLOBAL stk_u32 *taps, stk_u32 i, stk_u32 count) {
    stk_u32 sum = 0, k;
    for (k = 0; k < count && k <= i; k++) {
        stk_u32 at = (i - k) * 2u;
        stk_u32 sample = ((stk_u32)x[at] | (stk_u32)x[at + 1u] << 8) ^ 0x8000u;
        sum += stk_ld(taps + k) * (sample - 0x8000u);
    }
    return sum;
}

/* Arguments: the chunk, its lead (the filter's history), 3 the offset of the taps in the tables, 4 a threshold.
 * Results: 0 outputs whose magnitude is above the threshold, 1 the largest magnitude, 2 the sum of all outputs modulo
 * 2^32, 3 outputs. */
STK_FN stk_u32 fir_peaks(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = stk_arg(c, STK_ARG_OFFSET), n = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 table = stk_arg(c, STK_ARG_PARAM), threshold = stk_arg(c, STK_ARG_PARAM + 1u);
    stk_u32 count, i, above = 0, peak = 0, total = 0;
    const STK_GLOBAL stk_u32 *taps;
    if (!stk_payload_ok(d, at, n)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    if (lead > n || ((lead | n) & 1u) != 0u) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_LEAD);
    }
    if ((table & 3u) != 0u || !stk_table_ok(d, table, 4u)) {
        return stk_refuse(c, STK_REASON_TABLE, table);
    }
    taps = stk_table_words(d, table);
    count = stk_ld(taps);
    if (count == 0u || count > FIR_TAPS_MAX || !stk_table_ok(d, table, 4u + count * 4u)) {
        return stk_refuse(c, STK_REASON_TABLE, table);
    }
    for (i = lead / 2u; i < n / 2u; i++) {
        /* The sum, divided by 2^15 and rounded down. */
        stk_u32 y = ((fir_sum(d->payload + at, taps + 1, i, count) + FIR_BIAS) >> 15) - (FIR_BIAS >> 15);
        stk_u32 magnitude = (y & 0x80000000u) != 0u ? 0u - y : y;
        above += magnitude > threshold ? 1u : 0u;
        peak = magnitude > peak ? magnitude : peak;
        total += y;
    }
    stk_result(c, 0, above);
    stk_result(c, 1, peak);
    stk_result(c, 2, total);
    stk_result(c, 3, (n - lead) / 2u);
    return STK_SLOT_DONE;
}

#define STK_HANDLERS(X) X(0x20001u, fir_peaks, STK_SCALAR, stk_cost_plain)
