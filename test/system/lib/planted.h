/* Two handlers that add a number to an observable, for the tests of replay: one with a bug that only a second worker
 * brings to light, and the same one mended. Arguments: the control word of the observable, the number, how much work it
 * is. */

#include "stoker/kernel/cost.h"

/* Some work: the more, the surer two workers meet, even where they share a processor. */
STK_FN stk_u32 planted_value(stk_u32 x, stk_u32 turns) {
    stk_u32 i;
    for (i = 0; i < turns && i < 100000u; i++) {
        x = x * 1664525u + 1013904223u;
    }
    return x;
}

/* The bug: what another worker stores between load and store is lost, and the sum depends on the order. */
STK_FN stk_u32 planted_bug(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 to = stk_arg(c, 0), seen;
    if (!stk_observable_ok(d, to, 1)) {
        return stk_refuse(c, STK_REASON_INDEX, to);
    }
    seen = stk_ld(d->control + to);
    stk_st(d->control + to, seen * 31u + planted_value(stk_arg(c, 1), stk_arg(c, 2)));
    return STK_SLOT_DONE;
}

STK_FN stk_u32 planted_mended(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 to = stk_arg(c, 0);
    if (!stk_observable_ok(d, to, 1)) {
        return stk_refuse(c, STK_REASON_INDEX, to);
    }
    stk_add(d->control + to, planted_value(stk_arg(c, 1), stk_arg(c, 2)));
    return STK_SLOT_DONE;
}

#define STK_HANDLERS(X)                                                                                                \
    X(0x40000001u, planted_bug, STK_SCALAR, stk_cost_plain)                                                            \
    X(0x40000002u, planted_mended, STK_SCALAR, stk_cost_plain)
