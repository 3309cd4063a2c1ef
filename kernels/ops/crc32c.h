/* stoker handler: the CRC-32C of a chunk, without its lead, going on from the CRC in STK_CRC32C_FROM. Result 0: the
 * CRC.
 *
 * A CRC is linear. So the CRC of a chunk is the XOR of two kinds of states: the state that each stretch of the chunk
 * gives alone from state 0, moved on over the bytes behind the stretch; and the first state, moved on over all bytes.
 * To move a state on by n bytes is to multiply it by x^(8n) modulo the polynomial, 32 steps for each bit set in n. So
 * each lane takes a stretch. In a long stretch STK_CRC_CHAINS chains go in step, since a single chain waits for the
 * latency of its look-ups. A call that does only a slice of the chunk is a set of such stretches too, so the slices may
 * be XORed in one after the other without a state between them. */
#ifndef STK_OP_CRC32C_H
#define STK_OP_CRC32C_H

#include "stoker/kernel/tile.h"

#ifdef __OPENCL_C_VERSION__
#define STK_CRC_TABLE __constant
#else
#define STK_CRC_TABLE static const
#endif

#define STK_CRC_POLYNOMIAL 0x82F63B78u /* reflected: bit 31 is x^0 */
/* The polynomial 1, in reflected form. */
#define STK_CRC_ONE    0x80000000u
#define STK_CRC_CHAINS 4u
/* Measured cost of a byte in sixteenths of a unit: on one lane, on several lanes, with tiles. */
#define STK_CRC_COST STK_PER_BYTE_TILED(208u, 13u, 32u)
#define STK_CRC_LONG 4096u /* bytes from which on chains are worth their merging */

/* Rows of the table. The entries are linear in their index, so the four entries of single bits make a row of 16. */
#define STK_CRC_BIT(n, i, v) (((n) >> (i)) & 1u ? (v) : 0u)
#define STK_CRC_NIBBLE(n, a, b, c, d)                                                                                  \
    (STK_CRC_BIT(n, 0, a) ^ STK_CRC_BIT(n, 1, b) ^ STK_CRC_BIT(n, 2, c) ^ STK_CRC_BIT(n, 3, d))
#define STK_CRC_FOUR(n, a, b, c, d)                                                                                    \
    STK_CRC_NIBBLE(n, a, b, c, d), STK_CRC_NIBBLE((n) + 1u, a, b, c, d), STK_CRC_NIBBLE((n) + 2u, a, b, c, d),         \
        STK_CRC_NIBBLE((n) + 3u, a, b, c, d)
#define STK_CRC_ROW(a, b, c, d)                                                                                        \
    STK_CRC_FOUR(0u, a, b, c, d), STK_CRC_FOUR(4u, a, b, c, d), STK_CRC_FOUR(8u, a, b, c, d),                          \
        STK_CRC_FOUR(12u, a, b, c, d)

/* Row i: nibble i of a state, moved on over four bytes. All rows are 512 bytes, so they stay in any cache. */
STK_CRC_TABLE stk_u32 stk_crc32c_rows[128] = {STK_CRC_ROW(0xDD45AAB8u, 0xBF672381u, 0x7B2231F3u, 0xF64463E6u),
                                              STK_CRC_ROW(0xE964B13Du, 0xD725148Bu, 0xABA65FE7u, 0x52A0C93Fu),
                                              STK_CRC_ROW(0xA541927Eu, 0x4F6F520Du, 0x9EDEA41Au, 0x38513EC5u),
                                              STK_CRC_ROW(0x70A27D8Au, 0xE144FB14u, 0xC76580D9u, 0x8B277743u),
                                              STK_CRC_ROW(0x13A29877u, 0x274530EEu, 0x4E8A61DCu, 0x9D14C3B8u),
                                              STK_CRC_ROW(0x3FC5F181u, 0x7F8BE302u, 0xFF17C604u, 0xFBC3FAF9u),
                                              STK_CRC_ROW(0xF26B8303u, 0xE13B70F7u, 0xC79A971Fu, 0x8AD958CFu),
                                              STK_CRC_ROW(0x105EC76Fu, 0x20BD8EDEu, 0x417B1DBCu, 0x82F63B78u)};

/* Entry k: x^(8 * 2^k), the factor that moves a state on over 2^k bytes. */
STK_CRC_TABLE stk_u32 stk_crc32c_powers[32] = {
    0x00800000u, 0x00008000u, 0x82F63B78u, 0x6EA2D55Cu, 0x18B8EA18u, 0x510AC59Au, 0xB82BE955u, 0xB8FDB1E7u,
    0x88E56F72u, 0x74C360A4u, 0xE4172B16u, 0x0D65762Au, 0x35D73A62u, 0x28461564u, 0xBF455269u, 0xE2EA32DCu,
    0xFE7740E6u, 0xF946610Bu, 0x3C204F8Fu, 0x538586E3u, 0x59726915u, 0x734D5309u, 0xBC1AC763u, 0x7D0722CCu,
    0xD289CABEu, 0xE94CA9BCu, 0x05B74F3Fu, 0xA51E1F42u, 0x40000000u, 0x20000000u, 0x08000000u, 0x00800000u};

/* Returns a * b modulo the polynomial, without a branch that depends on the data. */
STK_FN stk_u32 stk_crc32c_times(stk_u32 a, stk_u32 b) {
    stk_u32 product = 0, i;
    for (i = 0; i < 32u; i++) {
        product ^= b & (0u - (a >> 31));
        a <<= 1;
        b = b >> 1 ^ (STK_CRC_POLYNOMIAL & (0u - (b & 1u)));
    }
    return product;
}

/* Returns the factor that moves a state on over so many bytes. */
STK_FN stk_u32 stk_crc32c_power(stk_u32 bytes) {
    stk_u32 power = STK_CRC_ONE, k;
    for (k = 0; k < 32u && bytes >> k != 0u; k++) {
        if ((bytes >> k & 1u) != 0u) {
            power = stk_crc32c_times(power, stk_crc32c_powers[k]);
        }
    }
    return power;
}

#if STK_TILED
/* Copies the rows to local memory. Lanes that read different entries of one row never meet in a bank there, while
 * constant memory serves one entry at a time. */
STK_FN void stk_crc32c_rows_to(__local stk_u32 *rows) {
    stk_u32 i;
    for (i = STK_LANE; i < 128u; i += STK_LANES) {
        rows[i] = stk_crc32c_rows[i];
    }
}

/* Returns state `s`, moved on over one byte, by two nibbles of the last row. */
STK_FN stk_u32 stk_crc32c_tile_byte(const __local stk_u32 *rows, stk_u32 s, stk_u32 byte) {
    s ^= byte;
    s = rows[112u + (s & 15u)] ^ s >> 4;
    return rows[112u + (s & 15u)] ^ s >> 4;
}

/* Returns a state that a word was XORed into, moved on over that word. */
STK_FN stk_u32 stk_crc32c_tile_word(const __local stk_u32 *rows, stk_u32 s) {
    return rows[s & 15u] ^ rows[16u + (s >> 4 & 15u)] ^ rows[32u + (s >> 8 & 15u)] ^ rows[48u + (s >> 12 & 15u)] ^
           rows[64u + (s >> 16 & 15u)] ^ rows[80u + (s >> 20 & 15u)] ^ rows[96u + (s >> 24 & 15u)] ^
           rows[112u + (s >> 28)];
}

/* Returns state `s`, moved on over tile positions [at, end). Whole words in the middle, bytes at both ends. */
STK_COLD stk_u32 stk_crc32c_tile(const __local stk_u32 *data, const __local stk_u32 *rows, stk_u32 s, stk_u32 at,
                                 stk_u32 end) {
    const __local stk_u8 *bytes = (const __local stk_u8 *)data;
    for (; at < end && (at & 3u) != 0u; at++) {
        s = stk_crc32c_tile_byte(rows, s, bytes[stk_tile_at(at)]);
    }
    for (; at < end && end - at >= 4u; at += 4u) {
        s = stk_crc32c_tile_word(rows, s ^ data[(at >> 2) + (at >> 7)]);
    }
    for (; at < end; at++) {
        s = stk_crc32c_tile_byte(rows, s, bytes[stk_tile_at(at)]);
    }
    return s;
}

/* Returns state `s`, moved on over `bytes` bytes of zeros. State 0 stays 0. */
STK_COLD stk_u32 stk_crc32c_move(stk_u32 s, stk_u32 bytes) {
    return s != 0u ? stk_crc32c_times(s, stk_crc32c_power(bytes)) : 0u;
}
#else
/* Returns state `s`, moved on over one byte, by two nibbles of the last row. */
STK_FN stk_u32 stk_crc32c_byte(stk_u32 s, stk_u32 byte) {
    s ^= byte;
    s = stk_crc32c_rows[112u + (s & 15u)] ^ s >> 4;
    return stk_crc32c_rows[112u + (s & 15u)] ^ s >> 4;
}

/* Returns a state that a word was XORed into, moved on over that word. */
STK_FN stk_u32 stk_crc32c_word(stk_u32 s) {
    return stk_crc32c_rows[s & 15u] ^ stk_crc32c_rows[16u + (s >> 4 & 15u)] ^ stk_crc32c_rows[32u + (s >> 8 & 15u)] ^
           stk_crc32c_rows[48u + (s >> 12 & 15u)] ^ stk_crc32c_rows[64u + (s >> 16 & 15u)] ^
           stk_crc32c_rows[80u + (s >> 20 & 15u)] ^ stk_crc32c_rows[96u + (s >> 24 & 15u)] ^
           stk_crc32c_rows[112u + (s >> 28)];
}

/* Returns state `s`, moved on over four stretches of `n` words from the word `p` on. One chain goes over each stretch,
 * in step with the others, so that their look-ups are under way together. */
STK_FN stk_u32 stk_crc32c_chains(stk_u32 s, const STK_GLOBAL stk_u8 *p, stk_u32 n) {
    const STK_GLOBAL stk_u8 *p1 = p + (stk_u64)n * 4u, *p2 = p1 + (stk_u64)n * 4u, *p3 = p2 + (stk_u64)n * 4u;
    stk_u32 s1 = 0, s2 = 0, s3 = 0, power = stk_crc32c_power(n * 4u), i;
    for (i = 0; i < n; i++) {
        s = stk_crc32c_word(s ^ stk_payload_word(p, i));
        s1 = stk_crc32c_word(s1 ^ stk_payload_word(p1, i));
        s2 = stk_crc32c_word(s2 ^ stk_payload_word(p2, i));
        s3 = stk_crc32c_word(s3 ^ stk_payload_word(p3, i));
    }
    s = stk_crc32c_times(s, power) ^ s1;
    s = stk_crc32c_times(s, power) ^ s2;
    return stk_crc32c_times(s, power) ^ s3;
}

/* Returns state `s`, moved on over bytes [at, end) of the payload `p`. */
STK_FN stk_u32 stk_crc32c_stretch(const STK_GLOBAL stk_u8 *p, stk_u32 s, stk_u32 at, stk_u32 end) {
    stk_u32 words, i;
    for (; at < end && (at & 3u) != 0u; at++) {
        s = stk_crc32c_byte(s, p[at]);
    }
    if (end - at >= STK_CRC_LONG) {
        words = (end - at) / (STK_CRC_CHAINS * 4u);
        s = stk_crc32c_chains(s, p + at, words);
        at += words * STK_CRC_CHAINS * 4u;
    }
    words = (end - at) / 4u;
    for (i = 0; i < words; i++) {
        s = stk_crc32c_word(s ^ stk_payload_word(p + at, i));
    }
    for (at += words * 4u; at < end; at++) {
        s = stk_crc32c_byte(s, p[at]);
    }
    return s;
}

/* Returns a lane's share of the CRC of n bytes, which begin at byte `at` of the payload p. This call does the bytes
 * [first, last) of them. The function is out of line and takes no stk_dev: a driver compiles inlined code again for
 * each place that runs handlers, and compiles a struct badly when its address is passed around. */
STK_COLD stk_u32 stk_crc32c_share(const STK_GLOBAL stk_u8 *p, stk_u32 at, stk_u32 n, stk_u32 first, stk_u32 last,
                                  stk_u32 crc, stk_u32 lane) {
    stk_u32 from, to, s, begins = lane == 0u && first == 0u ? 1u : 0u;
    stk_lane_stretch(last - first, lane, &from, &to);
    s = stk_crc32c_stretch(p, begins != 0u ? ~crc : 0u, at + first + from, at + first + to);
    s = stk_crc32c_times(s, stk_crc32c_power(n - first - to));
    return begins != 0u ? ~s : s;
}

#endif

/* Returns this lane's share of the CRC of `n` bytes, which begin behind the lead of the chunk at byte `offset`. This
 * call does the bytes [first, last) of them. With tiles a lane has a stretch of each tile: its state is moved on over
 * the bytes of the other lanes between two of its stretches. */
STK_FN stk_u32 stk_crc32c_part(const struct stk_dev *d, stk_u32 offset, stk_u32 lead, stk_u32 n, stk_u32 first,
                               stk_u32 last, stk_u32 crc) {
#if STK_TILED
    stk_u32 begins = STK_LANE == 0u && first == 0u ? 1u : 0u;
    stk_u32 s = begins != 0u ? ~crc : 0u, at = lead + first, from, to;
    struct stk_tile t;
    stk_tile_first(&t, d, offset, lead + first, lead + last, 0u);
    stk_crc32c_rows_to(d->tile + STK_TILE_OWN);
    while (stk_tile_more(&t)) {
        stk_tile_stretch(&t, &from, &to);
        if (from < to) {
            stk_u32 before = from == at ? s : 0u;
            s = from == at ? 0u : stk_crc32c_move(s, to - at);
            s ^= stk_crc32c_tile(t.data, d->tile + STK_TILE_OWN, before, from + t.shift, to + t.shift);
            at = to;
        }
    }
    s = stk_crc32c_move(s, lead + n - at);
    return begins != 0u ? ~s : s;
#else
    return stk_crc32c_share(d->payload, offset + lead, n, first, last, crc, STK_LANE);
#endif
}

/* States the cost. The handler resumes, so that a long chunk does not hold up the lease. */
STK_FN struct stk_cost stk_cost_crc32c(const struct stk_dev *d, const struct stk_call *c) {
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_CRC_COST, 1u);
}

/* Checks the arguments and adds this lane's share of the CRC. Every lane XORs its part into the result. */
STK_FN stk_u32 stk_op_crc32c(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 offset = stk_arg(c, STK_ARG_OFFSET), bytes = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 crc = stk_arg(c, STK_CRC32C_FROM), first, last;
    if (!stk_payload_ok(d, offset, bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, offset);
    }
    if (lead > bytes) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_LEAD);
    }
    bytes -= lead;
    stk_slice(c, bytes, &first, &last);
    stk_result_xor(c, 0, stk_crc32c_part(d, offset, lead, bytes, first, last, crc));
    return stk_slice_end(c, last, bytes);
}

#endif
