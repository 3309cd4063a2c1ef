/* stoker kernels: a packed slot, several small ops in one slot.
 *
 * Bytes of the arguments: 0 op count, 1 argument words in all, then pairs (opcode, argument offset); the arguments
 * start at the next whole word. The whole header is checked before the first op runs, so that a slot which is refused
 * has done nothing. */
#ifndef STK_PACKED_H
#define STK_PACKED_H

#include "ops.h"

/* Returns byte `i` of the arguments. */
STK_FN stk_u32 stk_packed_byte(const struct stk_call *c, stk_u32 i) {
    return stk_arg(c, i / 4u) >> (8u * (i & 3u)) & 0xFFu;
}

/* Returns 1 if an inner op is well-formed: its arguments lie in the slot, one lane runs it, and it is not switched
 * off. */
STK_FN int stk_packed_ok(const struct stk_dev *d, stk_u32 opcode, stk_u32 at, stk_u32 words) {
    return at <= words && stk_op_width(d, opcode) == STK_SCALAR && !stk_op_off(d, opcode);
}

/* Returns the index, among the slot's arguments, of the word at which the arguments of the inner ops begin. */
STK_FN stk_u32 stk_packed_first(stk_u32 count) {
    return (2u + 2u * count + 3u) / 4u;
}

/* Returns the call of the inner op whose arguments begin at word `at` of the arguments of all inner ops. This call does
 * not resume. */
STK_FN struct stk_call stk_packed_call(const struct stk_call *c, stk_u32 first, stk_u32 words, stk_u32 at) {
    struct stk_call inner = *c;
    inner.packed = 1u;
    inner.from = 0u;
    inner.step = 0xFFFFFFFFu;
    inner.args = c->args + first + at;
    inner.nargs = words - at;
    return inner;
}

/* Returns the index of the first inner op that is malformed, or `count` if all are well-formed. */
STK_FN stk_u32 stk_packed_check(const struct stk_dev *d, const struct stk_call *c, stk_u32 count, stk_u32 words) {
    stk_u32 i;
    for (i = 0; i < count; i++) {
        stk_u32 opcode = stk_packed_byte(c, 2u + 2u * i), at = stk_packed_byte(c, 3u + 2u * i);
        if (!stk_packed_ok(d, opcode, at, words)) {
            break;
        }
    }
    return i;
}

/* Returns 1 if all fences among the ops pass. Asked before the first op runs, since a slot that waits is run again from
 * its start. */
STK_FN int stk_packed_fences_pass(const struct stk_dev *d, const struct stk_call *c, stk_u32 count, stk_u32 words,
                                  stk_u32 first) {
    stk_u32 i;
    for (i = 0; i < count; i++) {
        stk_u32 at = stk_packed_byte(c, 3u + 2u * i);
        if (stk_packed_byte(c, 2u + 2u * i) == STK_OP_BATCH_FENCE &&
            !stk_fence_passes(d, c, at < words ? stk_arg(c, first + at) : 0u)) {
            return 0;
        }
    }
    return 1;
}

/* States the cost of all inner ops, which run in one call. A malformed header costs nothing: the slot is refused. */
STK_FN struct stk_cost stk_cost_packed(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 count = stk_packed_byte(c, 0), words = stk_packed_byte(c, 1), first = stk_packed_first(count), i;
    stk_u64 sum = 0;
    if (count > STK_PACKED_OPS_MAX || first + words > STK_PACKED_WORDS) {
        return stk_cost_none(d, c);
    }
    for (i = 0; i < count; i++) {
        stk_u32 opcode = stk_packed_byte(c, 2u + 2u * i), at = stk_packed_byte(c, 3u + 2u * i);
        if (stk_packed_ok(d, opcode, at, words)) {
            struct stk_call inner = stk_packed_call(c, first, words, at);
            struct stk_cost cost = stk_op_cost(d, &inner, opcode);
            sum += (stk_u64)cost.bytes * cost.per_byte / STK_COST_UNIT;
        }
    }
    return stk_cost_of(sum < 0xFFFFFFFFu ? (stk_u32)sum : 0xFFFFFFFFu, STK_COST_UNIT, 0);
}

/* Runs the inner ops in order. Each one that is not DONE ends the slot as a fault. */
STK_FN stk_u32 stk_op_packed(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 count = stk_packed_byte(c, 0), words = stk_packed_byte(c, 1), first = stk_packed_first(count), i;
    struct stk_call inner;
    if (count > STK_PACKED_OPS_MAX || first + words > STK_PACKED_WORDS) {
        return stk_refuse(c, STK_REASON_PACKED, 0xFFu);
    }
    i = stk_packed_check(d, c, count, words);
    if (i != count) {
        return stk_refuse(c, STK_REASON_PACKED, i);
    }
    if (!stk_packed_fences_pass(d, c, count, words, first)) {
        return STK_SLOT_REQUEUE;
    }
    for (i = 0; i < count; i++) {
        stk_u32 opcode = stk_packed_byte(c, 2u + 2u * i), at = stk_packed_byte(c, 3u + 2u * i);
        /* Checked again: the words are loaded again, and a tenant may have changed them since. */
        if (!stk_packed_ok(d, opcode, at, words)) {
            return stk_refuse(c, STK_REASON_PACKED, i);
        }
        inner = stk_packed_call(c, first, words, at);
        if (opcode != STK_OP_NOP && stk_op_run(d, &inner, opcode) != STK_SLOT_DONE) {
            return stk_refuse(c, STK_REASON_PACKED, i);
        }
    }
    return STK_SLOT_DONE;
}

#endif
