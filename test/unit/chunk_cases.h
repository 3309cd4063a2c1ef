/* Random slots for the CRC-32C and FIR handlers, and what they must leave: core's CRC and a plain filter, which share
 * nothing with the handlers. */
#ifndef CHUNK_CASES_H
#define CHUNK_CASES_H

#include <stdint.h>
#include <string.h>

#include "stoker/crc32c.h"
#include "stoker/words.h"

struct chunk_case {
    uint32_t opcode;
    uint32_t args[STK_SLOT_ARGS];
};

static inline uint32_t chunk_random(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static inline uint32_t chunk_below(uint32_t *seed, uint32_t n) {
    return n == 0u ? 0u : (chunk_random(seed) >> 7) % n;
}

/* Returns the size of a chunk up to `room`: often a few bytes, often `room` bytes, otherwise any number up to `room`.
 */
static inline uint32_t chunk_size(uint32_t *seed, uint32_t room) {
    uint32_t kind = chunk_below(seed, 4), n = kind == 0u   ? chunk_below(seed, 5)
                                              : kind == 1u ? chunk_below(seed, 200)
                                                           : room;
    return kind == 3u ? chunk_below(seed, room + 1u) : n < room ? n : room;
}

static inline void chunk_fill(uint8_t *payload, uint32_t bytes, uint32_t *seed) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        payload[i] = (uint8_t)(chunk_random(seed) >> 9);
    }
}

static inline struct chunk_case chunk_crc_case(uint32_t payload_bytes, uint32_t *seed) {
    struct chunk_case c = {.opcode = STK_OP_CRC32C};
    uint32_t at = chunk_below(seed, 9);
    c.args[STK_ARG_BYTES] = chunk_size(seed, payload_bytes - at);
    c.args[STK_ARG_OFFSET] = chunk_below(seed, 2) ? payload_bytes - c.args[STK_ARG_BYTES] : at;
    c.args[STK_ARG_LEAD] = chunk_below(seed, 2) ? chunk_below(seed, c.args[STK_ARG_BYTES] + 1u) : 0u;
    c.args[STK_CRC32C_FROM] = chunk_below(seed, 2) ? chunk_random(seed) : 0u;
    return c;
}

static inline int32_t chunk_sample(const uint8_t *p) {
    int32_t v = p[0] + 256 * p[1];
    return v > 32767 ? v - 65536 : v;
}

/* Sets samples to the greatest and the least there are, so that the filter must limit. */
static inline void chunk_extremes(uint8_t *p, uint32_t bytes, uint32_t *seed) {
    uint32_t i;
    for (i = 0; i + 1u < bytes; i += 2u) {
        int high = chunk_below(seed, 4) != 0u;
        p[i] = high ? 0xFF : 0x00;
        p[i + 1u] = high ? 0x7F : 0x80;
    }
}

/* Taps, chunk and output side by side in either order, somewhere in the payload. */
static inline struct chunk_case chunk_fir_case(uint8_t *payload, uint32_t payload_bytes, uint32_t *seed) {
    struct chunk_case c = {.opcode = STK_OP_FIR_Q15};
    uint32_t taps = 1u + (chunk_below(seed, 3) ? chunk_below(seed, 9) : chunk_below(seed, STK_FIR_TAPS_MAX));
    uint32_t room = (payload_bytes - taps * 2u) / 4u * 2u, bytes = chunk_size(seed, room) & ~1u;
    uint32_t lead = chunk_below(seed, 2) ? chunk_below(seed, bytes / 2u + 1u) * 2u : taps * 2u - 2u;
    uint32_t gap, at, i;
    lead = lead < bytes ? lead : bytes;
    gap = (payload_bytes - taps * 2u - bytes - (bytes - lead)) / 2u;
    at = chunk_below(seed, gap + 1u) * 2u;
    c.args[STK_FIR_COUNT] = taps;
    c.args[STK_ARG_BYTES] = bytes;
    c.args[STK_ARG_LEAD] = lead;
    for (i = 0; i < 3u; i++) {
        static const uint32_t sizes[2][3] = {{STK_FIR_TAPS, STK_ARG_OFFSET, STK_FIR_OUT},
                                             {STK_FIR_OUT, STK_ARG_OFFSET, STK_FIR_TAPS}};
        uint32_t what = sizes[taps & 1u][i];
        c.args[what] = at;
        at += what == STK_FIR_TAPS ? taps * 2u : what == STK_FIR_OUT ? bytes - lead : bytes;
    }
    if (chunk_below(seed, 3) == 0u) {
        chunk_extremes(payload + c.args[STK_FIR_TAPS], taps * 2u, seed);
        chunk_extremes(payload + c.args[STK_ARG_OFFSET], bytes, seed);
    }
    return c;
}

/* floor((sum + 2^14) / 2^15), without a shift of what may be negative. */
static inline int64_t chunk_rounded(int64_t sum) {
    int64_t v = sum + 16384, q = v / 32768;
    return v % 32768 < 0 ? q - 1 : q;
}

static inline void chunk_fir_expect(const struct chunk_case *c, uint8_t *payload, uint32_t results[4]) {
    const uint8_t *x = payload + c->args[STK_ARG_OFFSET], *h = payload + c->args[STK_FIR_TAPS];
    uint32_t lead = c->args[STK_ARG_LEAD] / 2u, n = c->args[STK_ARG_BYTES] / 2u, i, k;
    for (i = lead; i < n; i++) {
        uint8_t *y = payload + c->args[STK_FIR_OUT] + (i - lead) * 2u;
        int64_t sum = 0, v;
        for (k = 0; k < c->args[STK_FIR_COUNT]; k++) {
            sum += k <= i ? (int64_t)chunk_sample(h + k * 2u) * chunk_sample(x + (i - k) * 2u) : 0;
        }
        v = chunk_rounded(sum);
        if (v > 32767 || v < -32768) {
            v = v > 0 ? 32767 : -32768;
            results[0]++;
        }
        v = v < 0 ? v + 65536 : v;
        y[0] = (uint8_t)(v % 256);
        y[1] = (uint8_t)(v / 256);
    }
    results[2] = n - lead;
}

/* Computes the results of the slot and the payload that the slot must leave. */
static inline void chunk_expect(const struct chunk_case *c, uint8_t *payload, uint32_t results[4]) {
    uint32_t lead = c->args[STK_ARG_LEAD];
    memset(results, 0, 4u * sizeof *results);
    if (c->opcode == STK_OP_CRC32C) {
        results[0] = stk_crc32c(c->args[STK_CRC32C_FROM], payload + c->args[STK_ARG_OFFSET] + lead,
                                c->args[STK_ARG_BYTES] - lead);
    } else {
        chunk_fir_expect(c, payload, results);
    }
}

static inline struct chunk_case chunk_case_random(uint8_t *payload, uint32_t payload_bytes, uint32_t *seed) {
    chunk_fill(payload, payload_bytes, seed);
    return chunk_below(seed, 2) ? chunk_crc_case(payload_bytes, seed) : chunk_fir_case(payload, payload_bytes, seed);
}

#endif
