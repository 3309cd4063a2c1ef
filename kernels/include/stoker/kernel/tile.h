/* stoker kernels: a chunk in tiles, for a handler of all lanes.
 *
 * On a device whose memory lies behind a bus a lane must not read a chunk byte by byte: each such read waits for the
 * bus. There a group loads the chunk tile after tile into local memory, in wide coalesced loads, and all lanes walk the
 * tile. In three cases nothing is copied: the device is a CPU, the group has one lane, or the code is compiled as C.
 * Then a tile is a pointer to the chunk where it lies, and one tile is the whole range. The handler is the same text:
 *
 *     struct stk_tile t;
 *     for (stk_tile_first(&t, d, offset, from, to, lead); stk_tile_more(&t);) {
 *         stk_tile_stretch(&t, &a, &b);
 *         for (i = a; i < b; i++) {
 *             x += stk_tile_byte(&t, i);
 *         }
 *     }
 *     stk_result_add64(c, 0, x);
 *
 * All lanes call these functions with the same arguments, since the lanes meet inside. So what decides the way to them
 * has to be the same in all lanes: arguments of the slot are (stk_arg), and what else a lane reads from memory that
 * somebody may change meanwhile goes through stk_group_same first. */
#ifndef STOKER_KERNEL_TILE_H
#define STOKER_KERNEL_TILE_H

#include "stoker/kernel/cost.h"

/* Longest lead of a tile in bytes. A handler that needs more reads the chunk where it lies. */
#define STK_TILE_LEAD 512u

/* The words of the tile in local memory: the arguments of the slot, words for stk_group_same, words that belong to the
 * handler from stk_tile_first on, and the data. The data has room for the bytes that alignment adds at both ends. After
 * each 128 bytes one word is left out: then lanes that read the same place of stretches of 128 bytes use different
 * banks of the memory. */
#define STK_TILE_SAME         16u
#define STK_TILE_OWN          32u
#define STK_TILE_OWN_WORDS    1104u
#define STK_TILE_DATA         (STK_TILE_OWN + STK_TILE_OWN_WORDS)
#define STK_TILE_REACH(bytes) ((bytes) + STK_TILE_LEAD + 32u)
#define STK_TILE_WORDS(bytes) (STK_TILE_DATA + STK_TILE_REACH(bytes) / 4u + STK_TILE_REACH(bytes) / 128u + 1u)

/* Most bytes of local memory that tile and loop use together: drivers give a kernel no more without being asked. A tile
 * of the usual size leaves enough for the loop of STK_TILE_LANES_MAX lanes. */
#define STK_TILE_LOCAL_MAX   49152u
#define STK_TILE_BYTES_USUAL 32768u
#define STK_TILE_LANES_MAX   256u

/// Where the bytes of a tile lie ///

/* Returns the byte of the data at which tile position `pos` lies. */
STK_FN_FOR_USERS stk_u32 stk_tile_at(stk_u32 pos) {
    return pos + ((pos >> 7) << 2);
}

/* The loads that bring payload bytes [first, end) into a tile: from byte `base` on, a multiple of 16, `vectors` loads
 * of 16 bytes and then `bytes` loads of one byte. No load leaves the payload, which begins at a multiple of 16.
 * Position 0 of the tile is byte `base`. */
struct stk_tile_span {
    stk_u32 base, vectors, bytes;
};

/* Returns the loads for payload bytes [first, end), which lie in the payload. */
STK_FN_FOR_USERS struct stk_tile_span stk_tile_span_of(stk_u32 payload_bytes, stk_u32 first, stk_u32 end) {
    struct stk_tile_span s;
    stk_u32 whole;
    s.base = first & ~15u;
    s.vectors = (end - s.base) / 16u + ((end & 15u) != 0u ? 1u : 0u);
    whole = (payload_bytes - s.base) / 16u;
    s.vectors = s.vectors < whole ? s.vectors : whole;
    s.bytes = end - s.base > s.vectors * 16u ? end - s.base - s.vectors * 16u : 0u;
    return s;
}

/// Tile after tile ///

/* A tile. Bytes [from, to) of the chunk lie in it, and before them as many bytes of lead as were asked for and are in
 * the chunk. */
struct stk_tile {
    stk_u32 from, to;
    stk_u32 end; /* end of the range that is walked */
#if STK_TILED
    stk_u32 chunk, lead, payload_bytes;
    stk_u32 shift; /* byte i of the chunk is at tile position i + shift, modulo 2^32 */
    const STK_GLOBAL stk_u8 *payload;
    __local stk_u32 *data;
#else
    const STK_GLOBAL stk_u8 *p; /* first byte of the chunk */
#endif
};

/* Begins the walk through bytes [from, to) of the chunk at payload byte `chunk`, which was checked. Each tile shows
 * `lead` bytes before its own, STK_TILE_LEAD at most, or those that the chunk has. After this call the lanes may set up
 * the handler's own words, which all lanes see after the next stk_tile_more. */
STK_FN_FOR_USERS void stk_tile_first(struct stk_tile *t, const struct stk_dev *d, stk_u32 chunk, stk_u32 from,
                                     stk_u32 to, stk_u32 lead) {
    t->from = from;
    t->to = from;
    t->end = to;
#if STK_TILED
    t->chunk = chunk;
    t->lead = lead < STK_TILE_LEAD ? lead : STK_TILE_LEAD;
    t->payload_bytes = d->payload_bytes;
    t->shift = 0;
    t->payload = d->payload;
    t->data = d->tile + STK_TILE_DATA;
    STK_BARRIER(); /* a handler that ran before on this slot may still be at work in other lanes */
#else
    (void)lead;
    t->p = d->payload + chunk;
#endif
}

#if STK_TILED
/* Puts 16 bytes at position 16 * i of a tile. */
STK_FN void stk_tile_put(__local stk_u32 *data, stk_u32 i, uint4 v) {
    __local stk_u32 *to = data + i * 4u + (i >> 3);
    to[0] = v.x;
    to[1] = v.y;
    to[2] = v.z;
    to[3] = v.w;
}

#define STK_TILE_GET(k)                                                                                                \
    if (i + k##u * STK_LANES < vectors) {                                                                              \
        v##k = from[i + k##u * STK_LANES];                                                                             \
    }
#define STK_TILE_PUT(k)                                                                                                \
    if (i + k##u * STK_LANES < vectors) {                                                                              \
        stk_tile_put(data, i + k##u * STK_LANES, v##k);                                                                \
    }

/* Loads a tile. Each lane has five loads under way before it uses the first: two rounds of them are a tile of 32 KiB of
 * 256 lanes with its lead. */
STK_COLD void stk_tile_load(__local stk_u32 *data, const STK_GLOBAL stk_u8 *p, stk_u32 vectors, stk_u32 bytes) {
    const STK_GLOBAL uint4 *from = (const STK_GLOBAL uint4 *)p;
    stk_u32 i;
    for (i = STK_LANE; i < vectors; i += 5u * STK_LANES) {
        uint4 v0 = from[i], v1 = v0, v2 = v0, v3 = v0, v4 = v0;
        STK_TILE_GET(1)
        STK_TILE_GET(2)
        STK_TILE_GET(3)
        STK_TILE_GET(4)
        stk_tile_put(data, i, v0);
        STK_TILE_PUT(1)
        STK_TILE_PUT(2)
        STK_TILE_PUT(3)
        STK_TILE_PUT(4)
    }
    for (i = STK_LANE; i < ((bytes + 3u) & ~3u); i += STK_LANES) { /* whole words, the last one filled up with 0 */
        ((__local stk_u8 *)data)[stk_tile_at(vectors * 16u + i)] = i < bytes ? p[vectors * 16u + i] : (stk_u8)0;
    }
}
#endif

/* Goes on to the next tile. Returns 1, or 0 after the last tile, with which all lanes are done then. */
STK_FN_FOR_USERS int stk_tile_more(struct stk_tile *t) {
#if STK_TILED
    struct stk_tile_span s;
    stk_u32 lead;
    if (t->from < t->to) {
        STK_BARRIER(); /* all lanes have walked the tile */
    }
    if (t->to >= t->end) {
        return 0;
    }
    t->from = t->to;
    t->to = t->end - t->from > STK_TILE_BYTES ? t->from + STK_TILE_BYTES : t->end;
    lead = t->from < t->lead ? t->from : t->lead;
    s = stk_tile_span_of(t->payload_bytes, t->chunk + t->from - lead, t->chunk + t->to);
    t->shift = t->chunk - s.base;
    stk_tile_load(t->data, t->payload + s.base, s.vectors, s.bytes);
    STK_BARRIER(); /* the tile is there; bytes beside the chunk were read before a lane may write them */
    return 1;
#else
    if (t->to >= t->end) {
        return 0;
    }
    t->to = t->end;
    return 1;
#endif
}

/* Sets [*a, *b) to the bytes of the tile that this lane does. */
STK_FN_FOR_USERS void stk_tile_stretch(const struct stk_tile *t, stk_u32 *a, stk_u32 *b) {
    stk_lane_stretch(t->to - t->from, STK_LANE, a, b);
    *a += t->from;
    *b += t->from;
}

/* Returns byte `i` of the chunk, which lies in the tile or in its lead. */
STK_FN_FOR_USERS stk_u8 stk_tile_byte(const struct stk_tile *t, stk_u32 i) {
#if STK_TILED
    return ((const __local stk_u8 *)t->data)[stk_tile_at(i + t->shift)];
#else
    return t->p[i];
#endif
}

/* Returns the little-endian word at byte `i` of the chunk, where this is a multiple of 4 as a byte of the payload. */
STK_FN_FOR_USERS stk_u32 stk_tile_word(const struct stk_tile *t, stk_u32 i) {
#if STK_TILED
    stk_u32 pos = i + t->shift;
    return t->data[(pos >> 2) + (pos >> 7)];
#else
    return stk_payload_word(t->p + i, 0u);
#endif
}

/// Agreement of the lanes ///

#if STK_TILED
/* Reads the arguments of a slot for all lanes, once: a host that rewrites them meanwhile would send lanes different
 * ways. All lanes call it. The caller has met a barrier since the last call for another slot. */
STK_FN void stk_tile_args(const struct stk_dev *d, struct stk_call *c) {
    stk_u32 i;
    for (i = STK_LANE; i < STK_SLOT_ARGS; i += STK_LANES) {
        d->tile[i] = stk_ld(c->args + i);
    }
    STK_BARRIER(); /* the results among them are read before a lane stores to them */
    c->group_args = d->tile;
}
#endif

/* Makes the lanes agree on a check. Each lane calls it with `bad`, 0 or the reason why the lane refuses, and with the
 * `count` words, 8 at most, that its way will depend on. Returns the same in all lanes: the greatest `bad`, or `differ`
 * where words of the lanes differ, or 0. */
STK_FN_FOR_USERS stk_u32 stk_group_same(const struct stk_dev *d, stk_u32 bad, stk_u32 differ, const stk_u32 *words,
                                        stk_u32 count) {
#if STK_TILED
    __local stk_u32 *same = d->tile + STK_TILE_SAME;
    stk_u32 i;
    STK_BARRIER_LOCAL();
    if (STK_LANE == 0u) {
        same[0] = 0;
        for (i = 0; i < count; i++) {
            same[1u + i] = words[i];
        }
    }
    STK_BARRIER_LOCAL();
    for (i = 0; i < count; i++) {
        bad = bad == 0u && same[1u + i] != words[i] ? differ : bad;
    }
    if (bad != 0u) {
        (void)atomic_max(same, bad);
    }
    STK_BARRIER_LOCAL();
    return same[0];
#else
    (void)d;
    (void)differ;
    (void)words;
    (void)count;
    return bad;
#endif
}

#endif
