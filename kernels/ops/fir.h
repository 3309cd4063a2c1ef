/* stoker handler: a FIR filter over a chunk of samples.
 *
 * Samples and output are 16-bit, taps are Q15, all signed and little-endian at even bytes. The output has a sample
 * for each one of the chunk after its lead, which is the filter's history: taps - 1 samples, or fewer, and what is
 * missing counts as 0. y[i] = h[0] x[i] + h[1] x[i-1] + ..., summed exactly, then divided by 2^15, rounded to the
 * nearest with halves up, and limited to 16 bits. Lanes read each other's samples, so the output may touch neither
 * chunk nor taps. */
#ifndef STK_OP_FIR_H
#define STK_OP_FIR_H

#include "stoker/kernel/tile.h"

#ifdef __OPENCL_C_VERSION__
typedef int stk_i32;
typedef long stk_i64;
#else
typedef int32_t stk_i32;
typedef int64_t stk_i64;
#endif

/* A bias above the absolute value of any sum, and a multiple of 2^15. A sum with the bias is positive, so shifts see no
 * sign. */
#define STK_FIR_BIAS ((stk_i64)1 << 40)

/* Measured cost of a byte in sixteenths of a unit: on one lane, on several lanes, with tiles. */
#define STK_FIR_COST     STK_PER_BYTE_TILED(384u, 20u, 48u)
#define STK_FIR_COST_TAP STK_PER_BYTE_TILED(24u, 2u, 4u) /* for each tap */

/* Returns sample `i`: signed, 16 bits, little-endian. The C form works on a host of any byte order. */
STK_FN stk_i32 stk_fir_sample(const STK_GLOBAL stk_u8 *p, stk_u32 i) {
#ifdef __OPENCL_C_VERSION__
    return ((const STK_GLOBAL short *)p)[i];
#else
    p += (stk_u64)i * 2u;
    return (stk_i32)(((stk_u32)p[0] | (stk_u32)p[1] << 8) ^ 0x8000u) - 0x8000;
#endif
}

/* Stores sample `i`. `v` is in the range of 16 bits. */
STK_FN void stk_fir_write(STK_GLOBAL stk_u8 *p, stk_u32 i, stk_i32 v) {
#ifdef __OPENCL_C_VERSION__
    ((STK_GLOBAL short *)p)[i] = (short)v;
#else
    p += (stk_u64)i * 2u;
    p[0] = (stk_u8)((stk_u32)v & 0xFFu);
    p[1] = (stk_u8)((stk_u32)v >> 8 & 0xFFu);
#endif
}

/* Divides a sum by 2^15, rounds and limits it. Adds one to *limited where the limit changed it. */
STK_FN stk_i32 stk_fir_round(stk_i64 sum, stk_u32 *limited) {
    stk_i64 y = (stk_i64)((stk_u64)(sum + (1 << 14) + STK_FIR_BIAS) >> 15) - (STK_FIR_BIAS >> 15);
    stk_i64 in = y > 32767 ? 32767 : y < -32768 ? -32768 : y;
    *limited += in != y ? 1u : 0u;
    return (stk_i32)in;
}

#if STK_TILED
/* Returns the sum for the sample at tile position `pos`, of which `n` taps see a sample. */
STK_FN stk_i64 stk_fir_tile_sum(const __local stk_u32 *data, const __local short *taps, stk_u32 pos, stk_u32 n) {
    const __local stk_u8 *bytes = (const __local stk_u8 *)data;
    stk_i64 sum = 0;
    stk_u32 k;
    for (k = 0; k < n; k++, pos -= 2u) {
        sum += (stk_i64)(taps[k] * *(const __local short *)(bytes + stk_tile_at(pos)));
    }
    return sum;
}

/* Writes a lane's share of the samples of one tile: samples [from, to) of the chunk, the first of which is at tile
 * position `pos`. Neighbouring lanes write neighbouring samples, so that the bus gets whole lines. Returns how many
 * were limited. */
STK_COLD stk_u32 stk_fir_tile(const __local stk_u32 *data, const __local short *taps, stk_u32 count,
                              STK_GLOBAL stk_u8 *out, stk_u32 pos, stk_u32 from, stk_u32 to) {
    stk_u32 i, limited = 0;
    for (i = STK_LANE; i < to - from; i += STK_LANES) {
        stk_u32 n = from + i < count ? from + i + 1u : count;
        stk_fir_write(out, i, stk_fir_round(stk_fir_tile_sum(data, taps, pos + i * 2u, n), &limited));
    }
    return limited;
}
#else
/* Returns the sum for sample `i`. There are no samples before sample 0. */
STK_FN stk_i64 stk_fir_sum(const STK_GLOBAL stk_u8 *x, const STK_GLOBAL stk_u8 *taps, stk_u32 i, stk_u32 count) {
    stk_u32 k, n = i < count ? i + 1u : count;
    stk_i64 sum = 0;
    for (k = 0; k < n; k++) {
        sum += (stk_i64)(stk_fir_sample(taps, k) * stk_fir_sample(x, i - k));
    }
    return sum;
}

/* Writes a lane's share of n output samples, the first of which is sample `lead` of x. Returns how many were
 * limited. */
STK_COLD stk_u32 stk_fir_share(const STK_GLOBAL stk_u8 *x, const STK_GLOBAL stk_u8 *taps, stk_u32 count,
                               STK_GLOBAL stk_u8 *out, stk_u32 lead, stk_u32 n, stk_u32 lane) {
    stk_u32 from, to, i, limited = 0;
    stk_lane_stretch(n, lane, &from, &to);
    for (i = from; i < to; i++) {
        stk_fir_write(out, i, stk_fir_round(stk_fir_sum(x, taps, lead + i, count), &limited));
    }
    return limited;
}
#endif

/* Writes this lane's share of the output for the bytes [from, to) behind the lead. Returns how many samples were
 * limited. */
STK_FN stk_u32 stk_fir_part(const struct stk_dev *d, stk_u32 offset, stk_u32 lead, stk_u32 from, stk_u32 to,
                            stk_u32 taps, stk_u32 count, stk_u32 out) {
#if STK_TILED
    __local short *own = (__local short *)(d->tile + STK_TILE_OWN);
    stk_u32 i, limited = 0;
    struct stk_tile t;
    /* The tile reaches back over the taps' history, so that each sample of a lane finds all that it needs there. */
    stk_tile_first(&t, d, offset, lead + from, lead + to, (count - 1u) * 2u);
    for (i = STK_LANE; i < count; i += STK_LANES) {
        own[i] = (short)stk_fir_sample(d->payload + taps, i);
    }
    while (stk_tile_more(&t)) {
        limited += stk_fir_tile(t.data, own, count, d->payload + out + (t.from - lead), t.from + t.shift, t.from / 2u,
                                t.to / 2u);
    }
    return limited;
#else
    return stk_fir_share(d->payload + offset, d->payload + taps, count, d->payload + out + from, (lead + from) / 2u,
                         (to - from) / 2u, STK_LANE);
#endif
}

/* States the cost of each byte. A byte is half of a sample, so each byte costs one multiplication for two taps. */
STK_FN struct stk_cost stk_cost_fir_q15(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 count = stk_arg(c, STK_FIR_COUNT);
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES),
                             STK_FIR_COST + (count < STK_FIR_TAPS_MAX ? count : STK_FIR_TAPS_MAX) * STK_FIR_COST_TAP,
                             1u);
}

/* Returns 1 if two ranges of the payload have no byte in common. Empty ranges never have one. */
STK_FN int stk_fir_apart(stk_u32 a, stk_u32 a_bytes, stk_u32 b, stk_u32 b_bytes) {
    return a_bytes == 0u || b_bytes == 0u || (stk_u64)a + a_bytes <= b || (stk_u64)b + b_bytes <= a;
}

/* Checks the arguments and filters this lane's share. Results 0, 1: number of samples that did not fit in 16 bits
 * and were set to the nearest limit; result 2: samples written. */
STK_FN stk_u32 stk_op_fir_q15(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 offset = stk_arg(c, STK_ARG_OFFSET), bytes = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 taps = stk_arg(c, STK_FIR_TAPS), count = stk_arg(c, STK_FIR_COUNT), out = stk_arg(c, STK_FIR_OUT);
    stk_u32 n, from, to, status;
    if ((offset & 1u) != 0u || !stk_payload_ok(d, offset, bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, offset);
    }
    if ((bytes & 1u) != 0u) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_BYTES);
    }
    if ((lead & 1u) != 0u || lead > bytes) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_LEAD);
    }
    if (count == 0u || count > STK_FIR_TAPS_MAX) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FIR_COUNT);
    }
    if ((taps & 1u) != 0u || !stk_payload_ok(d, taps, count * 2u)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, taps);
    }
    if ((out & 1u) != 0u || !stk_payload_ok(d, out, bytes - lead)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, out);
    }
    if (!stk_fir_apart(out, bytes - lead, offset, bytes) || !stk_fir_apart(out, bytes - lead, taps, count * 2u)) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_FIR_OUT);
    }
    n = bytes - lead;
    stk_slice(c, n, &from, &to);
    /* A tenant may have forged the place where the call goes on; it still becomes the start of a sample. */
    from &= ~1u;
    stk_result_add64(c, 0, stk_fir_part(d, offset, lead, from, to, taps, count, out));
    status = stk_slice_end(c, to, n);
    if (STK_LANE == 0u && status == STK_SLOT_DONE) {
        stk_result(c, 2, n / 2u);
    }
    return status;
}

#endif
