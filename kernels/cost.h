/* stoker kernels: what a handler costs, and how a handler stops half-way.
 *
 * No slot may hold a worker for longer than a lease. Each handler therefore states its cost before it runs, as bytes and a cost for
 * each byte. The worker compares that cost with its limits and with those of the tenant (worker.h), and then either refuses the slot,
 * or tells the handler how many bytes it may do in this call. A handler that resumes does them with stk_slice(), and returns what
 * stk_slice_end() returns: the slot is DONE, or goes to YIELD with its place in result word 2, and the next worker that claims it
 * goes on from there.
 */
#ifndef STK_COST_H
#define STK_COST_H

#include "device.h"

/* Returned by a handler that stopped half-way and got on: the slot goes to YIELD, and the turn counts as work. */
#define STK_SLICED 0xFDu

/* Sixteenths of a unit for each byte, as measured beside STK_OP_SUM64 (test/bench/RESULTS.md): on a lane that is a core of a CPU, where the
 * sum is a loop of vectors, and on a group of many lanes, where the bus bounds the sum. */
#if STK_LANES == 1
#define STK_PER_BYTE(core, group) (core)
#else
#define STK_PER_BYTE(core, group) (group)
#endif

/* The cost of a slot. */
struct stk_cost {
    stk_u32 bytes;    /* bytes that the handler goes through */
    stk_u32 per_byte; /* sixteenths of a unit for each of them (STK_COST_UNIT) */
    stk_u32 resumes;  /* 1: the handler stops half-way when it is told to; 0: it cannot */
};

STK_FN struct stk_cost stk_cost_of(stk_u32 bytes, stk_u32 per_byte, stk_u32 resumes) {
    struct stk_cost cost;
    cost.bytes = bytes;
    cost.per_byte = per_byte;
    cost.resumes = resumes;
    return cost;
}

/* The cost of a handler that goes through a chunk of so many bytes. A chunk that is larger than the payload costs nothing: it is no chunk, or
 * its handler refuses the slot. */
STK_FN struct stk_cost stk_cost_of_chunk(const struct stk_dev *d, stk_u32 bytes, stk_u32 per_byte, stk_u32 resumes) {
    return stk_cost_of(bytes <= d->payload_bytes ? bytes : 0u, per_byte, resumes);
}

/* An op that takes about a turn. */
STK_FN struct stk_cost stk_cost_none(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    (void)c;
    return stk_cost_of(0, 0, 0);
}

/* Gives the part of `n` bytes that this call is to do: [*from, *to), counted from the first byte that the handler goes through. All
 * lanes get the same. The last part ends at n; every other border is a multiple of STK_SLICE_FINE. */
STK_FN void stk_slice(const struct stk_call *c, stk_u32 n, stk_u32 *from, stk_u32 *to) {
    *from = c->from < n ? c->from : n;
    *to = n - *from > c->step ? *from + c->step : n;
}

/* Ends a call that did its part up to `to` of `n` bytes: DONE after the last, else the slot keeps the place. */
STK_FN stk_u32 stk_slice_end(const struct stk_call *c, stk_u32 to, stk_u32 n) {
    if (STK_LANE == 0u && to < n) {
        stk_result(c, STK_SLICE_AT, to);
    } else if (STK_LANE == 0u && c->from != 0u) {
        stk_result(c, STK_SLICE_AT, 0u);
        stk_result(c, STK_SLICE_STATE, 0u);
    }
    return to < n ? STK_SLICED : STK_DONE;
}

#endif
