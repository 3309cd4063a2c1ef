/* stoker kernels: how a handler states its cost, and how a handler stops half-way.
 *
 * No slot may hold a worker for longer than a lease. Each handler therefore states its cost before it runs: a number of
 * bytes, and a cost for each byte. The worker compares the cost with its own limits and with those of the tenant
 * (worker.h). Then the worker either refuses the slot, or gives the handler the most bytes that this call may do. A
 * handler that resumes takes its bytes from stk_slice() and returns the result of stk_slice_end(): the slot is DONE, or
 * goes to YIELD with its place in result word 2. The next worker that claims the slot goes on from that place. */
#ifndef STOKER_KERNEL_COST_H
#define STOKER_KERNEL_COST_H

#include "stoker/kernel/device.h"

/* Returned by a handler that stopped half-way and did a part of its work: the slot goes to YIELD, and the turn counts
 * as work. */
#define STK_SLICED 0xFDu

/* Cost of the built-in handlers, in sixteenths of a unit for each byte, measured beside STK_OP_SUM64
 * (test/bench/RESULTS.md). There are two values, because the sum differs: on a lane that is a core of a CPU the sum is
 * a loop of vectors, and on a group of many lanes the bus bounds the sum. */
#if STK_LANES == 1
#define STK_PER_BYTE(core, group) (core)
#else
#define STK_PER_BYTE(core, group) (group)
#endif

/* Sixteenths of a unit for each byte, as STK_PER_BYTE, with a third value for a group with tiles (tile.h). A group with
 * tiles reads bytes as fast as one group can stream them over the bus. So the unit is short there, and the work of a
 * handler beside its loads counts more units. */
#if STK_TILED
#define STK_PER_BYTE_TILED(core, group, tiled) (tiled)
#else
#define STK_PER_BYTE_TILED(core, group, tiled) STK_PER_BYTE(core, group)
#endif

/* The cost of a slot. */
struct stk_cost {
    stk_u32 bytes;    /* bytes that the handler goes through */
    stk_u32 per_byte; /* cost of each byte, in sixteenths of a unit (STK_COST_UNIT) */
    stk_u32 resumes;  /* 1: the handler can stop half-way and go on later; 0: it runs in one call */
};

/* Returns a cost with these members. */
STK_FN struct stk_cost stk_cost_of(stk_u32 bytes, stk_u32 per_byte, stk_u32 resumes) {
    struct stk_cost cost;
    cost.bytes = bytes;
    cost.per_byte = per_byte;
    cost.resumes = resumes;
    return cost;
}

/* Returns the cost of a handler that goes through a chunk of `bytes` bytes. A chunk that is larger than the payload
 * costs nothing: either the argument is not the size of a chunk, or the handler refuses the slot. */
STK_FN struct stk_cost stk_cost_of_chunk(const struct stk_dev *d, stk_u32 bytes, stk_u32 per_byte, stk_u32 resumes) {
    return stk_cost_of(bytes <= d->payload_bytes ? bytes : 0u, per_byte, resumes);
}

/* Returns the cost of a handler that states none: one unit for each byte of its chunk, in one call. */
STK_FN_FOR_USERS struct stk_cost stk_cost_plain(const struct stk_dev *d, const struct stk_call *c) {
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_COST_UNIT, 0u);
}

/* Returns the cost of an op that takes about a turn: nothing. */
STK_FN struct stk_cost stk_cost_none(const struct stk_dev *d, const struct stk_call *c) {
    (void)d;
    (void)c;
    return stk_cost_of(0, 0, 0);
}

/* Sets [*from, *to), the part of `n` bytes that this call is to do, counted from the first byte that the handler goes
 * through. All lanes get the same part. The last part ends at n; every other border is a multiple of STK_SLICE_FINE. */
STK_FN void stk_slice(const struct stk_call *c, stk_u32 n, stk_u32 *from, stk_u32 *to) {
    *from = c->from < n ? c->from : n;
    *to = n - *from > c->step ? *from + c->step : n;
}

/* Ends a call that did its part up to byte `to` of `n`. The slot is DONE after the last part; before that the slot
 * keeps the place. Return the result of this function. */
STK_FN stk_u32 stk_slice_end(const struct stk_call *c, stk_u32 to, stk_u32 n) {
    if (STK_LANE == 0u && to < n) {
        stk_result(c, STK_SLICE_AT, to);
    } else if (STK_LANE == 0u && c->from != 0u) {
        stk_result(c, STK_SLICE_AT, 0u);
        stk_result(c, STK_SLICE_STATE, 0u);
    }
    return to < n ? STK_SLICED : STK_SLOT_DONE;
}

#endif
