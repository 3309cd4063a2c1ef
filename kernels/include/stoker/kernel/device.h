/* stoker kernels: the call of a handler, and the checks that contain it.
 *
 * Every index that a slot supplies goes through one of the range checks below before it is used. A handler loads each
 * argument once: the host or a tenant may rewrite a slot while a handler runs, and a value that was checked must be the
 * value that is used. */
#ifndef STOKER_KERNEL_DEVICE_H
#define STOKER_KERNEL_DEVICE_H

#include "stoker/kernel/lang.h"
#ifndef __OPENCL_C_VERSION__
#include "stoker/reference.h"
#endif

/* The buffers as the host laid them out, the number of this worker, and the shares of the tenant whose slot is in
 * hand. */
struct stk_dev {
    STK_GLOBAL stk_u32 *ring;
    STK_GLOBAL stk_u32 *control;
    STK_GLOBAL stk_u32 *debug;
    STK_GLOBAL stk_u32 *io;
    STK_GLOBAL stk_u8 *payload;
    const STK_GLOBAL stk_u8 *tables; /* bytes that handlers read again and again; only the host writes them */
    /* guard words (guard.h). Behind a bus they lie in the device's own memory, else they are the custody words; may be
     * NULL */
    STK_GLOBAL stk_u32 *guards;
    STK_GLOBAL stk_u32 *limits; /* STK_LIMIT_WORDS words (words.h); NULL: no limits */
    STK_GLOBAL stk_u32 *mail;   /* STK_MAIL_WORDS words; NULL: each worker looks at the ring itself */
    /* The worker sets the next two when it enters. */
    STK_GLOBAL stk_u32 *custody; /* behind a bus: the custody words that the host reads; may be NULL */
    /* not 0: a worker that has taken a guard still swaps the status, since the host may change the status too */
    stk_u32 swap;
    stk_u32 slots, control_words, debug_words, io_slots, payload_bytes, table_bytes;
    stk_u32 worker, workers;
    /* the tenant's shares as [first, end); the worker sets them */
    stk_u32 observable_first, observable_end, payload_first, payload_end;
    stk_u32 table_first, table_end; /* bytes of the tables that belong to the tenant; the worker sets them */
    stk_u32 ops_off;    /* STK_OP_OFF of the built-in ops that the host switched off; the worker sets this word */
    stk_u32 shared_out; /* not 0: tenants have shares, which may be empty; the worker sets this word */
#if STK_TILED
    __local stk_u32 *tile; /* STK_TILE_WORDS words of the group (tile.h) */
#endif
#ifndef __OPENCL_C_VERSION__
    const struct stk_user_op *user_ops; /* the interpreter's handlers beside the built-in ones */
    stk_u32 user_op_count;
    const struct stk_fused_op *fused_ops; /* the interpreter's fused ops */
    stk_u32 fused_op_count;
    const struct stk_user_cost *user_costs; /* functions that state the cost of some of these ops */
    stk_u32 user_cost_count;
#endif
};

/* Returns the first word of slot `slot`. */
STK_FN STK_GLOBAL stk_u32 *stk_slot_of(const struct stk_dev *d, stk_u32 slot) {
    return STK_SLOT_AT(d->ring, slot);
}

/* One call of a handler: its slot, its arguments and its results. */
struct stk_call {
    STK_GLOBAL stk_u32 *slot; /* the 16 words of the slot */
    STK_GLOBAL stk_u32 *args; /* the first argument; inside the slot */
    stk_u32 nargs;            /* arguments that may be read; the rest are 0 */
    stk_u32 index;            /* index of the slot in the ring */
    stk_u32 packed;           /* nonzero inside a packed slot: there are no result words then */
    stk_u32 from; /* bytes that earlier calls for this slot have done; 0 where the handler does not resume (cost.h) */
    stk_u32 step; /* most bytes that this call may do where the handler resumes; not 0 */
#if STK_LANES > 1
    /* STK_SUM_WORDS words in which the lanes of a group add up their shares of the results; NULL: one lane runs the
     * handler */
    STK_LOCAL stk_u32 *sums;
#endif
#if STK_TILED
    /* A slot for all lanes: its arguments, read once, so that all lanes have the same. NULL: a slot of one lane. */
    const __local stk_u32 *group_args;
#endif
};

/* Words of stk_call.sums: a sum for each result word, then a bit for each sum that a lane has added to, and for each
 * sum that a lane has XORed into. */
#define STK_SUM_ADDED STK_SLOT_RESULTS
#define STK_SUM_XORED (STK_SLOT_RESULTS + 1u)
#define STK_SUM_WORDS (STK_SLOT_RESULTS + 2u)

/* Sets [*from, *to) to those of `n` items that lane `lane` does. All lanes get as many, except the last ones, which get
 * the rest. */
STK_FN void stk_lane_stretch(stk_u32 n, stk_u32 lane, stk_u32 *from, stk_u32 *to) {
    stk_u32 share = n / STK_LANES + (n % STK_LANES != 0u ? 1u : 0u);
    *from = (stk_u64)lane * share < n ? lane * share : n;
    *to = n - *from < share ? n : *from + share;
}

/* Returned by a handler that has set the status of its slot itself, since another party may already have moved the slot
 * on. Every other handler returns the new status: STK_SLOT_DONE, STK_SLOT_YIELD, STK_SLOT_REQUEUE, or the result of
 * stk_refuse. */
#define STK_MOVED 0xFFu

/* Returns argument `i` of the call, or 0 if there is none. Load each argument once: a second load may give another
 * value. */
STK_FN stk_u32 stk_arg(const struct stk_call *c, stk_u32 i) {
#if STK_TILED
    if (c->group_args) {
        return i < c->nargs ? c->group_args[i] : 0u;
    }
#endif
    return i < c->nargs ? stk_ld(c->args + i) : 0u;
}

/* Sets result word `i`, 0 to 3. Does nothing inside a packed slot, whose ops have no results. */
STK_FN void stk_result(const struct stk_call *c, stk_u32 i, stk_u32 v) {
    if (!c->packed && i < STK_SLOT_RESULTS) {
        stk_st(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG + i, v);
    }
}

/* Adds a lane's share to the 64-bit result in words i and i + 1, which the loop has cleared. The lanes of a group add
 * up their shares in local memory, so that a result crosses a bus once. The lane whose addition carries out of the low
 * word adds the carry to the high word, so the sum is right in any order of lanes. */
STK_FN void stk_result_add64(const struct stk_call *c, stk_u32 i, stk_u64 v) {
    if (!c->packed && i + 1u < STK_SLOT_RESULTS) {
        STK_GLOBAL stk_u32 *r = c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG + i;
        stk_u32 low = (stk_u32)v, high = (stk_u32)(v >> 32);
#if STK_LANES > 1
        if (c->sums && v != 0u) {
            stk_u32 sum = stk_local_add(c->sums + i, low) + low;
            (void)stk_local_add(c->sums + i + 1u, high + (sum < low ? 1u : 0u));
            stk_local_or(c->sums + STK_SUM_ADDED, 1u << i);
        }
        if (c->sums) {
            return;
        }
#endif
        low += stk_add(r, low);
        stk_add(r + 1, high + (low < (stk_u32)v ? 1u : 0u));
    }
}

/* XORs a lane's share into result word `i`, which the loop has cleared. */
STK_FN_FOR_USERS void stk_result_xor(const struct stk_call *c, stk_u32 i, stk_u32 v) {
    if (!c->packed && i < STK_SLOT_RESULTS) {
        STK_GLOBAL stk_u32 *r = c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG + i;
#if STK_LANES > 1
        if (c->sums) {
            (void)atomic_xor(c->sums + i, v);
            stk_local_or(c->sums + STK_SUM_XORED, 1u << i);
            return;
        }
#endif
        stk_st(r, stk_ld(r) ^ v);
    }
}

/* Refuses the slot: stores a reason (STK_REASON_*) and a value in its last two words. Returns STK_SLOT_FAULT, which the
 * handler returns. */
STK_FN stk_u32 stk_refuse(const struct stk_call *c, stk_u32 reason, stk_u32 value) {
    stk_st(c->slot + STK_SLOT_ARG0 + STK_FAULT_VALUE_ARG, value);
    stk_st(c->slot + STK_SLOT_ARG0 + STK_FAULT_REASON_ARG, reason);
    return STK_SLOT_FAULT;
}

/* Returns 1 if control words [first, first + count) are all observables of the tenant, else 0. */
STK_FN int stk_observable_ok(const struct stk_dev *d, stk_u32 first, stk_u32 count) {
    return first >= d->observable_first && first <= d->observable_end && count <= d->observable_end - first;
}

/* Returns 1 if payload bytes [first, first + count) are all there and all belong to the tenant, else 0. */
STK_FN int stk_payload_ok(const struct stk_dev *d, stk_u32 first, stk_u64 count) {
    return first >= d->payload_first && first <= d->payload_end && count <= (stk_u64)(d->payload_end - first);
}

/* Returns 1 if bytes [first, first + count) of the tables are all there and all belong to the tenant, else 0. */
STK_FN int stk_table_ok(const struct stk_dev *d, stk_u32 first, stk_u64 count) {
    return first >= d->table_first && first <= d->table_end && count <= (stk_u64)(d->table_end - first);
}

/* Returns the words at payload byte `at`, a multiple of 4 that was checked. */
STK_FN STK_GLOBAL stk_u32 *stk_payload_words(const struct stk_dev *d, stk_u32 at) {
    return (STK_GLOBAL stk_u32 *)(STK_GLOBAL void *)(d->payload + at);
}

/* Returns the words at byte `at` of the tables, a multiple of 4 that was checked. */
STK_FN const STK_GLOBAL stk_u32 *stk_table_words(const struct stk_dev *d, stk_u32 at) {
    return (const STK_GLOBAL stk_u32 *)(const STK_GLOBAL void *)(d->tables + at);
}

/* Returns word `i` of the payload, counted from the word at `p`. Payload words are data and no shared state, so a plain
 * load is enough. */
STK_FN stk_u32 stk_payload_word(const STK_GLOBAL stk_u8 *p, stk_u32 i) {
#ifdef __OPENCL_C_VERSION__
    return ((const STK_GLOBAL stk_u32 *)p)[i];
#else
    p += (stk_u64)i * 4u;
    return (stk_u32)p[0] | (stk_u32)p[1] << 8 | (stk_u32)p[2] << 16 | (stk_u32)p[3] << 24;
#endif
}

#endif
