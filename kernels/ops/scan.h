/* stoker handlers: count and list the matches of a pattern set in a chunk.
 *
 * One chain of table look-ups goes as fast as the load latency lets it, about half a gigabyte a second, so a lane runs
 * STK_CHAINS independent chains in step, each over its own stretch of the chunk. A chain starts max_len - 1 bytes
 * before its stretch, from the root, without counting there: then it is in a state that knows every match which ends
 * inside the stretch, and each match is counted by exactly one chain. The chunk's lead does the same at the border of
 * two chunks.
 *
 * A lane that is alone, on a CPU, looks at the image's filter first: at two loads for every second byte, none of which
 * waits for another, while each step of a chain waits for the one before. Where the filter lets a place pass, one chain
 * walks from there until nothing is left that may become a match. In a text where that is often, the chains go on
 * without the filter for a while. Several lanes use no filter: they hide latencies behind one another, and would wait
 * for the one of them that walks.
 *
 * With tiles (tile.h) a lane runs one chain, over 128 bytes of a tile of 32 KiB: there are many lanes, and the device
 * hides the latency of one behind the others. Classes and counters then lie in local memory, and the counters are added
 * to those of the payload once, at the end of a call.
 */
#ifndef STK_OP_SCAN_H
#define STK_OP_SCAN_H

#include "stoker/kernel/tile.h"
#include "stoker/scan_words.h"

#define STK_SCAN_COST_COUNT  STK_PER_BYTE_TILED(288u, 56u, 160u)
#define STK_SCAN_COST_LOCATE STK_PER_BYTE(1168u, 224u) /* one chain waits for each look-up */

/* Number of chains. One lane alone waits for each load. With more chains than registers it waits for more loads at a
 * time, which is faster where the table is larger than a cache. Of several lanes, each has as many chains as keep their
 * states and pointers in 16 registers.
 *
 * STK_EACH_CHAIN(X) is X(k, byte) for each chain k, whose next byte is `byte` in stk_scan_chains. */
#define STK_SIX_CHAINS(X) X(0, q[0]) X(1, q[step]) X(2, q[step * 2u]) X(3, r[0]) X(4, r[step]) X(5, r[step * 2u])
#if STK_LANES == 1
#define STK_CHAINS        8
#define STK_EACH_CHAIN(X) STK_SIX_CHAINS(X) X(6, t[0]) X(7, t[step])
#else
#define STK_CHAINS        6
#define STK_EACH_CHAIN(X) STK_SIX_CHAINS(X)
#endif

/* An automaton that was checked against the tables. `mask` keeps every look-up inside the table, whose length is a
 * power of two: a table that a tenant corrupted gives wrong counts, never a read outside it. */
struct stk_automaton_view {
    const STK_GLOBAL stk_u8 *classes;
    const STK_GLOBAL stk_u32 *table;
    stk_u32 stride, mask, accept, accepting, overlap;
#if STK_LANES == 1
    const STK_GLOBAL stk_u8 *filter; /* STK_FILTER_BYTES, where `filtered` is not 0 */
    stk_u32 filtered, shallow;
#endif
};

/* Attaches to the image at byte `at` of the tables, and fills `a` in. Returns 0, or the number of the check that
 * failed, which becomes the value of the fault. */
STK_FN stk_u32 stk_automaton_attach(const struct stk_dev *d, stk_u32 at, struct stk_automaton_view *a) {
    const STK_GLOBAL stk_u32 *h;
    stk_u32 states, classes, accept, max_len, words;
    if ((at & 63u) != 0u || !stk_table_ok(d, at, STK_IMAGE_TABLE_BYTE)) {
        return 1;
    }
    h = stk_table_words(d, at);
    if (stk_ld(h + STK_IMAGE_W_MAGIC) != STK_IMAGE_MAGIC || stk_ld(h + STK_IMAGE_W_VERSION) != STK_IMAGE_VERSION) {
        return 2;
    }
    states = stk_ld(h + STK_IMAGE_W_STATES);
    classes = stk_ld(h + STK_IMAGE_W_CLASSES);
    accept = stk_ld(h + STK_IMAGE_W_ACCEPT);
    max_len = stk_ld(h + STK_IMAGE_W_MAX_LEN);
    words = stk_ld(h + STK_IMAGE_W_TABLE);
    if (classes == 0u || classes > 256u || accept == 0u || accept > states || max_len == 0u) {
        return 3;
    }
    if (words == 0u || (words & (words - 1u)) != 0u || (stk_u64)states * classes > words) {
        return 4;
    }
    if (!stk_table_ok(d, at + STK_IMAGE_TABLE_BYTE, (stk_u64)words * 4u)) {
        return 5;
    }
#if STK_LANES == 1
    a->filtered = stk_ld(h + STK_IMAGE_W_FILTER);
    if (a->filtered != 0u && (a->filtered != STK_FILTER_BYTES ||
                              !stk_table_ok(d, at + STK_IMAGE_TABLE_BYTE, (stk_u64)words * 4u + STK_FILTER_BYTES))) {
        return 6;
    }
    a->filter = d->tables + at + STK_IMAGE_TABLE_BYTE + (stk_u64)words * 4u;
    a->shallow = stk_ld(h + STK_IMAGE_W_SHALLOW) * classes;
#endif
    a->classes = d->tables + at + STK_IMAGE_WORDS * 4u;
    a->table = stk_table_words(d, at + STK_IMAGE_TABLE_BYTE);
    a->stride = classes;
    a->mask = words - 1u;
    a->accept = accept * classes;
    a->accepting = states - accept;
    a->overlap = max_len - 1u;
    return 0;
}

/* Returns the entry of the next state: its row, and STK_IMAGE_ENDS if a pattern ends there. */
STK_FN stk_u32 stk_automaton_step(const struct stk_automaton_view *a, stk_u32 state, stk_u8 byte) {
    return stk_plain_word(a->table[(state + a->classes[byte]) & a->mask]);
}

/* Returns the state of a chain that counts from byte `from` on: the root, moved over the bytes before it. */
STK_FN stk_u32 stk_automaton_enter(const struct stk_automaton_view *a, const STK_GLOBAL stk_u8 *p, stk_u32 from) {
    stk_u32 state = 0, i;
    for (i = from > a->overlap ? from - a->overlap : 0u; i < from; i++) {
        state = stk_automaton_step(a, state, p[i]);
    }
    return state;
}

/* Place for the matches that this lane meets: a counter for each accepting state, and records while there is room for
 * them. The counters belong to one worker, so only its lanes share them. */
struct stk_scan_sink {
    const STK_GLOBAL stk_u8 *p; /* first byte of the chunk */
    STK_GLOBAL stk_u32 *hits;
    STK_GLOBAL stk_u32 *out; /* the records; `room` of them fit */
    stk_u32 room;
    /* for lanes that list together: the 64-bit count of the slot, which numbers the records */
    STK_GLOBAL stk_u32 *found;
    const STK_GLOBAL stk_u8 *at; /* byte that the first of several chains has reached */
    stk_u32 step;                /* bytes from the place of one chain to the place of the next chain */
    stk_u32 listed;              /* matches that earlier calls for this slot met, for one lane that lists alone */
    stk_u32 count;               /* bytes that ended a match, as far as they are not in `found` */
};

/* Stores record `n` of the list: the byte behind the match, and its accepting state. */
STK_FN void stk_scan_record(STK_GLOBAL stk_u32 *out, stk_u32 n, stk_u32 end, stk_u32 state) {
    stk_st(out + (stk_u64)n * STK_MATCH_WORDS + STK_MATCH_END, end);
    stk_st(out + (stk_u64)n * STK_MATCH_WORDS + STK_MATCH_STATE, state);
}

/* Counts one visit of the state in `entry`, which the byte `at` of the chunk led to, if a pattern ends there. */
STK_FN void stk_automaton_hit(const struct stk_automaton_view *a, struct stk_scan_sink *sink, stk_u32 entry,
                              stk_u32 at) {
    stk_u32 i, n;
    if ((entry & STK_IMAGE_ENDS) == 0u) {
        return;
    }
    /* Number of the accepting state. A corrupted table may give any number, so it is compared before it is used. */
    i = ((entry & ~STK_IMAGE_ENDS) - a->accept) / a->stride;
    n = sink->listed + sink->count;
#if STK_LANES > 1
    if (i < a->accepting) {
        stk_add(sink->hits + i, 1u);
    }
    if (sink->room != 0u) {
        /* The 64-bit count of the slot numbers the records of all lanes; its upper word takes the carry. */
        n = stk_add(sink->found, 1u);
        if (n == 0xFFFFFFFFu) {
            stk_add(sink->found + 1, 1u);
        }
    } else {
        sink->count++;
    }
#else
    if (i < a->accepting) {
        stk_st(sink->hits + i, stk_ld(sink->hits + i) + 1u);
    }
    sink->count++;
#endif
    if (n < sink->room) {
        stk_scan_record(sink->out, n, at + 1u, i);
    }
}

/* Counts [from, end) with one chain. */
STK_FN void stk_scan_one(const struct stk_automaton_view *a, struct stk_scan_sink *sink, stk_u32 from, stk_u32 end) {
    const STK_GLOBAL stk_u8 *p = sink->p;
    stk_u32 state = stk_automaton_enter(a, p, from), i;
    for (i = from; i < end; i++) {
        state = stk_automaton_step(a, state, p[i]);
        if ((state & STK_IMAGE_ENDS) != 0u) {
            stk_automaton_hit(a, sink, state, i);
        }
    }
}

/* Counts the matches of the rare turn in which a chain ended a pattern. Out of line, so that the turns without one keep
 * their registers; the place goes through memory for the same reason. */
#define STK_CHAIN_PARAMETER(k, byte) , stk_u32 s##k
#define STK_CHAIN_HIT(k, byte)       stk_automaton_hit(a, sink, s##k, at + step * k##u);
STK_COLD void stk_scan_hits(const struct stk_automaton_view *a,
                            struct stk_scan_sink *sink STK_EACH_CHAIN(STK_CHAIN_PARAMETER)) {
    stk_u32 at = (stk_u32)(sink->at - sink->p), step = sink->step;
    STK_EACH_CHAIN(STK_CHAIN_HIT)
}

/* Returns the class of a byte. The classes lie right before the table, and one pointer less is one register more. */
STK_FN stk_u32 stk_class_before(const STK_GLOBAL stk_u32 *table, stk_u8 byte) {
    return ((const STK_GLOBAL stk_u8 *)table - STK_IMAGE_CLASS_BYTES)[byte];
}

/* Counts STK_CHAINS stretches of `n` bytes from `p` on with one chain each, in step. Each chain begins in the state
 * that it entered with. The states are named variables and no array, so that as many as there are registers stay in
 * them. */
#define STK_CHAIN_ENTER(k, byte)    stk_u32 s##k = enter[k];
#define STK_CHAIN_STEP(k, byte)     s##k = stk_plain_word(table[(s##k + stk_class_before(table, byte)) & mask]);
#define STK_CHAIN_OR(k, byte)       | s##k
#define STK_CHAIN_ARGUMENT(k, byte) , s##k
STK_COLD void stk_scan_chains(const struct stk_automaton_view *a, const STK_GLOBAL stk_u8 *p, stk_u32 n,
                              struct stk_scan_sink *sink, const stk_u32 *enter) {
    const STK_GLOBAL stk_u8 *q = p, *r = p + (stk_u64)n * 3u, *end = p + n;
    /* next byte of the seventh chain; not used with six chains */
    const STK_GLOBAL stk_u8 *t = p + (stk_u64)n * (STK_CHAINS - 2u);
    const STK_GLOBAL stk_u32 *table = a->table;
    stk_u64 step = n;
    stk_u32 mask = a->mask;
    STK_EACH_CHAIN(STK_CHAIN_ENTER)
    for (; q < end; q++, r++, t++) {
        STK_EACH_CHAIN(STK_CHAIN_STEP)
        if (((0u STK_EACH_CHAIN(STK_CHAIN_OR)) & STK_IMAGE_ENDS) != 0u) {
            sink->at = q;
            stk_scan_hits(a, sink STK_EACH_CHAIN(STK_CHAIN_ARGUMENT));
        }
    }
}

/* Counts the matches that end in a lane's bytes [from, end). Divides the bytes into STK_CHAINS parts and walks them at
 * the same time. Each walk has to read the overlap before its part as well. So where the parts would be no longer than
 * the overlap, one walk counts all bytes. */
STK_FN void stk_scan_stretch(const struct stk_automaton_view *a, struct stk_scan_sink *sink, stk_u32 from,
                             stk_u32 end) {
    stk_u32 n = (end - from) / STK_CHAINS;
    if (n > a->overlap && n >= 16u) {
        stk_u32 enter[STK_CHAINS], k;
        for (k = 0; k < STK_CHAINS; k++) {
            enter[k] = stk_automaton_enter(a, sink->p, from + k * n);
        }
        sink->step = n;
        stk_scan_chains(a, sink->p + from, n, sink, enter);
        from += n * STK_CHAINS;
    }
    stk_scan_one(a, sink, from, end);
}

#if STK_LANES == 1
/* The filter is faster than the chains while at most one byte in STK_FILTER_SHARE is walked. STK_FILTER_CREDIT bytes
 * are free at the start. A place that passes both tables counts as STK_FILTER_LOOK walked bytes. If the filter becomes
 * slower, the next STK_FILTER_PLAIN bytes go without it, and twice as many each further time. */
#define STK_FILTER_SHARE  24u
#define STK_FILTER_LOOK   6u
#define STK_FILTER_CREDIT 128u
#define STK_FILTER_PLAIN  32768u

/* Returns the key of the four bytes at `p`, which may lie at any address. Uses one load if the compiler has a type for
 * words that are not aligned. */
STK_FN stk_u32 stk_filter_key(const STK_GLOBAL stk_u8 *p) {
#if defined(__OPENCL_C_VERSION__)
    typedef stk_u32 stk_loose_word __attribute__((aligned(1), may_alias));
    return STK_FILTER_KEY(*(const STK_GLOBAL stk_loose_word *)p);
#elif defined(__GNUC__)
    typedef stk_u32 stk_loose_word __attribute__((aligned(1), may_alias));
    return STK_FILTER_KEY(stk_le32(*(const stk_loose_word *)p));
#else
    return STK_FILTER_KEY((stk_u32)p[0] | (stk_u32)p[1] << 8 | (stk_u32)p[2] << 16 | (stk_u32)p[3] << 24);
#endif
}

/* Skips eight bytes at a time while the filter holds back all that begins in them or at the byte before them.
 * Returns the place of the first eight that it does not, or where fewer than twelve bytes are left before `end`. Out
 * of line, so that all values of the loop have registers. */
STK_COLD stk_u32 stk_filter_skip(const STK_GLOBAL stk_u8 *filter, const STK_GLOBAL stk_u8 *p, stk_u32 i, stk_u32 end) {
    const STK_GLOBAL stk_u8 *then = filter + STK_FILTER_HALF, *q = p + i, *last;
    stk_u32 k0, k1, k2, k3, k4;
    if (end - i < 12u) {
        return i;
    }
    last = p + (end - 12u);
    for (k0 = stk_filter_key(q); q <= last; q += 8, k0 = k4) {
        k1 = stk_filter_key(q + 2);
        k2 = stk_filter_key(q + 4);
        k3 = stk_filter_key(q + 6);
        k4 = stk_filter_key(q + 8);
        if (((filter[k0] & then[k1]) | (filter[k1] & then[k2]) | (filter[k2] & then[k3]) | (filter[k3] & then[k4])) !=
            0u) {
            break;
        }
    }
    return (stk_u32)(q - p);
}

/* Returns 1 if a pattern may begin at p[i] or at the byte before. */
STK_FN int stk_filter_passes(const STK_GLOBAL stk_u8 *filter, const STK_GLOBAL stk_u8 *p, stk_u32 i) {
    stk_u32 first = filter[stk_filter_key(p + i)], then = filter[STK_FILTER_HALF + stk_filter_key(p + i + 2u)];
    stk_u32 before = filter[stk_filter_key(p + i - (i != 0u ? 1u : 0u))];
    return (first & then) != 0u && ((first | before) & STK_FILTER_START) != 0u;
}

/* Counts the matches that end in [from, end) with the filter, as long as few bytes are walked. Returns the byte from
 * which the rest is to be counted.
 *
 * A walk begins at the root, one byte before the place that the filter let pass, and ends where its state has fewer
 * than STK_FILTER_SPAN bytes. What began before these bytes has ended, or the state would have more of them. So the
 * filter goes on at the first of these bytes and overlooks no pattern. `from` is where the walk ended: no match counts
 * twice.
 */
STK_COLD stk_u32 stk_scan_filtered(const struct stk_automaton_view *a, struct stk_scan_sink *sink, stk_u32 from,
                                   stk_u32 end) {
    const STK_GLOBAL stk_u8 *p = sink->p;
    stk_u32 begin = from > a->overlap ? from - a->overlap : 0u, i = begin, spent = 0, at, stop, credit, n;
    do {
        stk_u32 state = 0;
        i = stk_filter_skip(a->filter, p, i, end);
        for (n = 0; n < 4u && end - i >= 6u && !stk_filter_passes(a->filter, p, i); n++) {
            i += STK_FILTER_STEP;
        }
        at = i != 0u ? i - 1u : 0u;
        /* The filter is given up when the walks have cost more than the bytes that it skipped were worth. */
        credit = STK_FILTER_CREDIT + (i - begin) / STK_FILTER_SHARE;
        credit = credit > spent ? credit - spent : 0u;
        stop = end - at > credit ? at + credit : end;
        /* `at` is added again below, so that the walk is charged with its length. */
        spent += STK_FILTER_LOOK - at;
        if (n < 4u) {
            for (; at < stop && (at < i + STK_FILTER_SPAN || state >= a->shallow); at++) {
                state = stk_automaton_step(a, state, p[at]);
                if ((state & STK_IMAGE_ENDS) != 0u && at >= from) {
                    stk_automaton_hit(a, sink, state, at);
                }
            }
            i = at - (STK_FILTER_SPAN - STK_FILTER_STEP);
        }
        spent += at;
        from = at > from ? at : from;
    } while (at < stop);
    return from;
}

/* Counts [from, end) with the filter where it is worth its time, and with chains where it is not. */
STK_FN void stk_scan_adaptive(const struct stk_automaton_view *a, struct stk_scan_sink *sink, stk_u32 from,
                              stk_u32 end) {
    stk_u32 plain = STK_FILTER_PLAIN, to;
    while (from < end) {
        from = stk_scan_filtered(a, sink, from, end);
        if (from < end) {
            to = end - from > plain ? from + plain : end;
            stk_scan_stretch(a, sink, from, to);
            from = to;
            plain = plain < 0x80000000u ? plain * 2u : plain;
        }
    }
}
#endif

/* State the costs. Both handlers resume. */
STK_FN struct stk_cost stk_cost_scan_count(const struct stk_dev *d, const struct stk_call *c) {
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_SCAN_COST_COUNT, 1u);
}

STK_FN struct stk_cost stk_cost_scan_locate(const struct stk_dev *d, const struct stk_call *c) {
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_SCAN_COST_LOCATE, 1u);
}

/* A walk of one chain through a chunk, which may stop half-way. `begin`: the first byte; `at`: the byte to go on from;
 * `to`: the byte to stop at; `state`: the state at `at`. */
struct stk_scan_walk {
    stk_u32 begin, at, to, state;
};

/* Takes up the walk that finds all matches which end at byte `from` or later. The walk begins a pattern's length, less
 * one byte, before that byte. A call that goes on finds place and state in the results, so they are limited before
 * use. */
STK_FN struct stk_scan_walk stk_scan_walk_enter(const struct stk_automaton_view *a, const struct stk_call *c,
                                                stk_u32 from, stk_u32 bytes, stk_u32 step) {
    struct stk_scan_walk w;
    w.begin = from > a->overlap ? from - a->overlap : 0u;
    w.at = w.begin + (c->from < bytes - w.begin ? c->from : bytes - w.begin);
    w.to = bytes - w.at > step ? w.at + step : bytes;
    w.state = c->from != 0u ? stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG + STK_SLICE_STATE) : 0u;
    return w;
}

/* Ends a call. A walk that stopped half-way keeps its state in the result word beside its place. */
STK_FN stk_u32 stk_scan_walk_leave(const struct stk_call *c, const struct stk_scan_walk *w, stk_u32 bytes) {
    stk_u32 status = stk_slice_end(c, w->at - w->begin, bytes - w->begin);
    if (status == STK_SLICED) {
        stk_result(c, STK_SLICE_STATE, w->state);
    }
    return status;
}

/* Counts in one chain, which lane 0 walks alone. This is for patterns so long that the overlaps of the lanes would cost
 * more than their stretches. */
STK_FN stk_u32 stk_scan_alone(const struct stk_automaton_view *a, const struct stk_call *c, struct stk_scan_sink *sink,
                              stk_u32 lead, stk_u32 bytes) {
    struct stk_scan_walk w = stk_scan_walk_enter(a, c, lead, bytes, c->step / STK_LANES);
    /* Returns the status that lane 0 comes to as well. */
    if (STK_LANE != 0u) {
        return w.to < bytes ? STK_SLICED : STK_SLOT_DONE;
    }
    for (; w.at < w.to; w.at++) {
        w.state = stk_automaton_step(a, w.state, sink->p[w.at]);
        if ((w.state & STK_IMAGE_ENDS) != 0u && w.at >= lead) {
            stk_automaton_hit(a, sink, w.state, w.at);
        }
    }
    stk_result_add64(c, 0, sink->count);
    return stk_scan_walk_leave(c, &w, bytes);
}

#if STK_TILED
/* The handler's own words of the tile: classes, the number of the next record, and counters of as many accepting states
 * as fit. The counters of more states are those of the payload. */
#define STK_SCAN_OWN_FOUND  (STK_IMAGE_CLASS_BYTES / 4u)
#define STK_SCAN_OWN_HITS   (STK_SCAN_OWN_FOUND + 1u)
#define STK_SCAN_COUNTS_MAX (STK_TILE_OWN_WORDS - STK_SCAN_OWN_HITS)

/* Counts and lists one match of a tile. */
STK_FN void stk_scan_tile_hit(const struct stk_automaton_view *a, const struct stk_scan_sink *sink,
                              __local stk_u32 *own, stk_u32 entry, stk_u32 at) {
    stk_u32 i = ((entry & ~STK_IMAGE_ENDS) - a->accept) / a->stride, n;
    if (i < a->accepting && a->accepting <= STK_SCAN_COUNTS_MAX) {
        (void)atomic_add(own + STK_SCAN_OWN_HITS + i, 1u);
    } else if (i < a->accepting) {
        stk_add(sink->hits + i, 1u);
    }
    if (sink->room != 0u) {
        n = atomic_add(own + STK_SCAN_OWN_FOUND, 1u);
        if (n < sink->room) {
            stk_scan_record(sink->out, n, at + 1u, i);
        }
    }
}

/* Counts bytes [from, end) of the chunk, which lie in the tile, with one chain. The chain enters `overlap` bytes before
 * them, which lie in the tile too. `shift` turns a byte of the chunk into a position of the tile. Four bytes come in
 * one read. */
STK_COLD stk_u32 stk_scan_tile(const struct stk_automaton_view *a, const struct stk_scan_sink *sink,
                               const __local stk_u32 *data, __local stk_u32 *own, stk_u32 shift, stk_u32 from,
                               stk_u32 end) {
    const __local stk_u8 *classes = (const __local stk_u8 *)own;
    const STK_GLOBAL stk_u32 *table = a->table;
    stk_u32 mask = a->mask, state = 0, count = 0, word = 0, i;
    stk_u32 begin = from > a->overlap ? from - a->overlap : 0u;
    for (i = begin; i < end; i++) {
        stk_u32 pos = i + shift;
        word = i == begin || (pos & 3u) == 0u ? data[(pos >> 2) + (pos >> 7)] >> (8u * (pos & 3u)) : word;
        state = table[(state + classes[word & 255u]) & mask];
        word >>= 8;
        if ((state & STK_IMAGE_ENDS) != 0u && i >= from) {
            stk_scan_tile_hit(a, sink, own, state, i);
            count++;
        }
    }
    return count;
}

/* Counts bytes [from, to) of the chunk tile after tile. Returns how many bytes of this lane ended a match. */
STK_FN stk_u32 stk_scan_tiles(const struct stk_automaton_view *a, const struct stk_dev *d, const struct stk_call *c,
                              const struct stk_scan_sink *sink, stk_u32 from, stk_u32 to) {
    __local stk_u32 *own = d->tile + STK_TILE_OWN;
    const STK_GLOBAL stk_u32 *classes = (const STK_GLOBAL stk_u32 *)a->classes;
    stk_u32 counted = a->accepting <= STK_SCAN_COUNTS_MAX ? a->accepting : 0u, count = 0, first, end, i;
    struct stk_tile t;
    stk_tile_first(&t, d, stk_arg(c, STK_ARG_OFFSET), from, to, a->overlap);
    for (i = STK_LANE; i < STK_IMAGE_CLASS_BYTES / 4u; i += STK_LANES) {
        own[i] = classes[i];
    }
    for (i = STK_LANE; i < counted; i += STK_LANES) {
        own[STK_SCAN_OWN_HITS + i] = 0;
    }
    if (STK_LANE == 0u) {
        own[STK_SCAN_OWN_FOUND] = sink->listed;
    }
    while (stk_tile_more(&t)) {
        stk_tile_stretch(&t, &first, &end);
        if (first < end) {
            count += stk_scan_tile(a, sink, t.data, own, t.shift, first, end);
        }
    }
    for (i = STK_LANE; from < to && i < counted; i += STK_LANES) {
        stk_u32 n = own[STK_SCAN_OWN_HITS + i];
        if (n != 0u) {
            /* Each counter has one lane now, so no atomic addition is needed. */
            stk_st(sink->hits + i, stk_ld(sink->hits + i) + n);
        }
    }
    return count;
}
#endif

/* Counts this lane's part of the bytes [from, to) of the chunk. All lanes call it. */
STK_FN void stk_scan_share(const struct stk_automaton_view *a, const struct stk_dev *d, const struct stk_call *c,
                           struct stk_scan_sink *sink, stk_u32 from, stk_u32 to) {
    stk_u32 first, end;
#if STK_TILED
    if (a->overlap <= STK_TILE_LEAD) {
        stk_result_add64(c, 0, stk_scan_tiles(a, d, c, sink, from, to));
        return;
    }
#else
    (void)d;
#endif
    stk_lane_stretch(to - from, STK_LANE, &first, &end);
#if STK_LANES == 1
    if (a->filtered != 0u) {
        stk_scan_adaptive(a, sink, from + first, from + end);
        stk_result_add64(c, 0, sink->count);
        return;
    }
#endif
    stk_scan_stretch(a, sink, from + first, from + end);
    stk_result_add64(c, 0, sink->count);
}

/* Checks the arguments, attaches to the automaton and counts this lane's part of the chunk. */
STK_FN stk_u32 stk_op_scan_count(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 offset = stk_arg(c, STK_ARG_OFFSET), bytes = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 image = stk_arg(c, STK_SCAN_IMAGE), at = stk_arg(c, STK_SCAN_HITS), out = stk_arg(c, STK_SCAN_OUT);
    stk_u32 room = stk_arg(c, STK_SCAN_ROOM), bad, first, last;
    struct stk_scan_sink sink;
    struct stk_automaton_view a;
    if (!stk_payload_ok(d, offset, bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, offset);
    }
    if (lead > bytes) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_ARG_LEAD);
    }
    bad = stk_automaton_attach(d, image, &a);
#if STK_TILED
    {
        stk_u32 seen[5] = {0, 0, 0, 0, 0};
        if (bad == 0u) {
            seen[0] = a.stride;
            seen[1] = a.mask;
            seen[2] = a.accept;
            seen[3] = a.accepting;
            seen[4] = a.overlap;
        }
        /* A tenant may change the tables while the lanes read them. Lanes that saw different automata would take
         * different ways around the barriers of the tiles, so all must have seen the same. */
        bad = stk_group_same(d, bad, 3u, seen, 5u);
    }
#endif
    if (bad != 0u) {
        return stk_refuse(c, STK_REASON_TABLE, bad);
    }
    if ((at & 3u) != 0u || !stk_payload_ok(d, at, (stk_u64)a.accepting * 4u * d->workers)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    if (room != 0u && ((out & 3u) != 0u || !stk_payload_ok(d, out, (stk_u64)room * (4u * STK_MATCH_WORDS)))) {
        return stk_refuse(c, STK_REASON_PAYLOAD, out);
    }
    sink.p = d->payload + offset;
    sink.hits = stk_payload_words(d, at) + (stk_u64)d->worker * a.accepting;
    sink.out = room != 0u ? stk_payload_words(d, out) : sink.hits;
    sink.room = room;
    sink.at = sink.p;
    sink.step = 0;
    sink.found = c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG;
    sink.listed = STK_LANE == 0u && room != 0u && c->from != 0u ? stk_ld(sink.found) : 0u; /* lane 0 alone uses it */
    sink.count = 0;
    /* The overlap is longer than a lane's stretch, so each lane would read more than all bytes. */
    if (a.overlap > c->step / STK_LANES) {
        return stk_scan_alone(&a, c, &sink, lead, bytes);
    }
    stk_slice(c, bytes - lead, &first, &last);
    stk_scan_share(&a, d, c, &sink, lead + first, lead + last);
    return stk_slice_end(c, last, bytes - lead);
}

/* Lists the matches that end at byte `from` or later, by one chain. Stops where the room for records is full. */
STK_FN stk_u32 stk_op_scan_locate(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 offset = stk_arg(c, STK_ARG_OFFSET), bytes = stk_arg(c, STK_ARG_BYTES), lead = stk_arg(c, STK_ARG_LEAD);
    stk_u32 from = stk_arg(c, STK_SCAN_FROM), at = stk_arg(c, STK_SCAN_OUT), room = stk_arg(c, STK_SCAN_ROOM);
    stk_u32 bad, n = 0;
    const STK_GLOBAL stk_u8 *p;
    STK_GLOBAL stk_u32 *out;
    struct stk_scan_walk w;
    struct stk_automaton_view a;
    if (!stk_payload_ok(d, offset, bytes)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, offset);
    }
    if (lead > bytes || from < lead || from > bytes) {
        return stk_refuse(c, STK_REASON_ARGUMENT, STK_SCAN_FROM);
    }
    bad = stk_automaton_attach(d, stk_arg(c, STK_SCAN_IMAGE), &a);
    if (bad != 0u) {
        return stk_refuse(c, STK_REASON_TABLE, bad);
    }
    if ((at & 3u) != 0u || !stk_payload_ok(d, at, (stk_u64)room * (4u * STK_MATCH_WORDS))) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    p = d->payload + offset;
    out = stk_payload_words(d, at);
    w = stk_scan_walk_enter(&a, c, from, bytes, c->step);
    /* Matches that earlier calls listed. The word may have been changed, so it is limited to the room. */
    n = c->from != 0u ? stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG) : 0u;
    n = n < room ? n : room;
    for (; w.at < w.to && (n < room || w.at < from); w.at++) {
        w.state = stk_automaton_step(&a, w.state, p[w.at]);
        if ((w.state & STK_IMAGE_ENDS) != 0u && w.at >= from) {
            stk_st(out + n * STK_MATCH_WORDS + STK_MATCH_END, w.at + 1u);
            stk_st(out + n * STK_MATCH_WORDS + STK_MATCH_STATE, ((w.state & ~STK_IMAGE_ENDS) - a.accept) / a.stride);
            n++;
        }
    }
    stk_result(c, 0, n);
    if (n == room && w.at >= from) {
        bytes = w.at; /* the room for matches is full: the walk ends here */
    }
    stk_result(c, 1, w.at);
    return stk_scan_walk_leave(c, &w, bytes);
}

#endif
