/* stoker kernels: the built-in opcodes that work on control words, fences and the debug log. core/SPEC.md gives their
 * arguments. Each checks every index that a slot names, since a tenant may store anything there. */
#ifndef STK_OP_BUILTIN_H
#define STK_OP_BUILTIN_H

#include "stoker/kernel/cost.h"

/* Stores argument 0 in an observable of the tenant. */
STK_FN stk_u32 stk_op_store(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 value = stk_arg(c, 0), to = stk_arg(c, 1);
    if (!stk_observable_ok(d, to, 1)) {
        return stk_refuse(c, STK_REASON_INDEX, to);
    }
    stk_st(d->control + to, value);
    return STK_SLOT_DONE;
}

/* Adds argument 0 to an observable, as one atomic addition. */
STK_FN stk_u32 stk_op_add(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 value = stk_arg(c, 0), to = stk_arg(c, 1);
    if (!stk_observable_ok(d, to, 1)) {
        return stk_refuse(c, STK_REASON_INDEX, to);
    }
    stk_add(d->control + to, value);
    return STK_SLOT_DONE;
}

/* Returns the index of observable `i` as a control word, or 0 if the tenant has no such observable. No observable has
 * index 0. */
STK_FN stk_u32 stk_observable(const struct stk_dev *d, stk_u32 i) {
    stk_u32 at = i < d->control_words ? STK_CTL_OBSERVABLE + i : 0u;
    return at >= d->observable_first && at < d->observable_end ? at : 0u;
}

/* Copies one observable to another. The source is named as a control word, the target as an observable. */
STK_FN stk_u32 stk_op_load(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 from = stk_arg(c, 0), i = stk_arg(c, 1), to = stk_observable(d, i);
    if (!stk_observable_ok(d, from, 1)) {
        return stk_refuse(c, STK_REASON_INDEX, from);
    }
    if (to == 0u) {
        return stk_refuse(c, STK_REASON_INDEX, i);
    }
    stk_st(d->control + to, stk_ld(d->control + from));
    return STK_SLOT_DONE;
}

/* Compares and swaps observable a0, named as a control word, and stores the old value in control word 160 + a0. So the
 * place of the old value is checked as well as the observable. */
STK_FN stk_u32 stk_op_compare_swap(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = stk_arg(c, 0), expected = stk_arg(c, 1), desired = stk_arg(c, 2), to = stk_observable(d, at);
    if (!stk_observable_ok(d, at, 1) || to == 0u) {
        return stk_refuse(c, STK_REASON_INDEX, at);
    }
    stk_st(d->control + to, stk_cmpxchg(d->control + at, expected, desired));
    return STK_SLOT_DONE;
}

/* States the cost of STK_OP_MEMCPY. Each word is moved alone: compilers do not make a loop of vectors here. */
STK_FN struct stk_cost stk_cost_memcpy(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 n = stk_arg(c, 2);
    return stk_cost_of(n < d->control_words ? n : d->control_words, STK_PER_BYTE(512u, 64u), 0);
}

/* Copies observables, as memmove does: the direction of the copy follows the overlap. */
STK_FN stk_u32 stk_op_memcpy(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 from = stk_arg(c, 0), to = stk_arg(c, 1), n = stk_arg(c, 2), i;
    if (!stk_observable_ok(d, from, n)) {
        return stk_refuse(c, STK_REASON_INDEX, from);
    }
    if (!stk_observable_ok(d, to, n)) {
        return stk_refuse(c, STK_REASON_INDEX, to);
    }
    for (i = 0; i < n; i++) {
        stk_u32 k = to <= from ? i : n - 1u - i;
        stk_st(d->control + to + k, stk_ld(d->control + from + k));
    }
    return STK_SLOT_DONE;
}

/* Looks one step of an automaton up: next = table[state * 256 + byte], a dense table of words in the payload. */
STK_FN stk_u32 stk_op_dfa_step(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 state = stk_arg(c, 0), byte = stk_arg(c, 1), table = stk_arg(c, 2), states = stk_arg(c, 3);
    if (byte > 255u) {
        return stk_refuse(c, STK_REASON_ARGUMENT, 1);
    }
    if (state >= states) {
        return stk_refuse(c, STK_REASON_ARGUMENT, 0);
    }
    if ((table & 3u) != 0u || !stk_payload_ok(d, table, (stk_u64)states * 1024u)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, table);
    }
    stk_result(c, 0, stk_ld(stk_payload_words(d, table) + (state * 256u + byte)));
    return STK_SLOT_DONE;
}

/* Returns 1 if the `items` slots before this one in the ring have ended. A slot of the batch was PUBLISHED before the
 * fence was, so one that is EMPTY now was harvested or cancelled. */
STK_FN int stk_fence_passes(const struct stk_dev *d, const struct stk_call *c, stk_u32 items) {
    stk_u32 i, at = c->index;
    for (i = 0; i < items && i < d->slots - 1u; i++) {
        at = at == 0u ? d->slots - 1u : at - 1u;
        if (stk_status_unfinished(stk_ld_fenced(stk_slot_of(d, at) + STK_SLOT_STATUS))) {
            return 0;
        }
    }
    return 1;
}

/* States the cost of STK_OP_BATCH_FENCE: a look at each of the slots before the fence, which reads a cache line of 64
 * bytes. */
STK_FN struct stk_cost stk_cost_fence(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 items = stk_arg(c, 0);
    return stk_cost_of(items < d->slots ? items : d->slots, STK_PER_BYTE(1024u, 64u), 0);
}

/* Ends after the a0 slots before it in the ring. Until then the fence goes back to REQUEUE, so no worker waits in it. A
 * packed slot has waited for its fences before its first op. */
STK_FN stk_u32 stk_op_batch_fence(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 items = stk_arg(c, 0), tag = stk_arg(c, 1);
    if (!c->packed && !stk_fence_passes(d, c, items)) {
        return STK_SLOT_REQUEUE;
    }
    if (d->observable_first < d->observable_end) {
        stk_st(d->control + d->observable_first, tag);
    }
    STK_MEM_FENCE(); /* the stores of the batch, and the tag, are seen before the epoch */
    stk_add(d->control + STK_CTL_EPOCH, 1u);
    return STK_SLOT_DONE;
}

/* Adds a record of the debug log; a full log drops it. */
STK_FN stk_u32 stk_op_printf(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 i, room = d->debug_words < STK_DEBUG_RECORDS_WORD ? 0u : d->debug_words - STK_DEBUG_RECORDS_WORD;
    stk_u32 at = room < STK_DEBUG_RECORD_WORDS ? 0u : stk_ld(d->debug + STK_DEBUG_CURSOR_WORD);
    /* Another lane may move the cursor first; each try that fails means that one more record went in. */
    for (i = 0;
         i <= room / STK_DEBUG_RECORD_WORDS && room >= STK_DEBUG_RECORD_WORDS && at <= room - STK_DEBUG_RECORD_WORDS;
         i++) {
        stk_u32 was = stk_cmpxchg(d->debug + STK_DEBUG_CURSOR_WORD, at, at + STK_DEBUG_RECORD_WORDS);
        if (was == at) {
            STK_GLOBAL stk_u32 *r = d->debug + STK_DEBUG_RECORDS_WORD + at;
            stk_st(r, stk_arg(c, 0));
            stk_st(r + 1, stk_arg(c, 1));
            stk_st(r + 2, stk_arg(c, 2));
            stk_st(r + 3, c->index * STK_SLOT_WORDS);
            break;
        }
        at = was;
    }
    return STK_SLOT_DONE;
}

/* Stops the workers. Where tenants have shares of their own, only tenant 0 may stop the workers of all. */
STK_FN stk_u32 stk_op_shutdown(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 tenant = stk_ld(c->slot + STK_SLOT_TENANT);
    if (tenant != 0u && d->shared_out != 0u) {
        return stk_refuse(c, STK_REASON_TENANT, tenant);
    }
    stk_st_release(d->control + STK_CTL_SHUTDOWN, 1u);
    return STK_SLOT_DONE;
}

#endif
