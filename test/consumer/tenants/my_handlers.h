/* The handlers of two tenants, each in the tenant's own window of opcodes: 0x40000000 + id * 0x100000 + local. */
#include <stoker/kernel/cost.h>

/* Result 0: the sum of the bytes of the chunk. */
STK_FN stk_u32 sum_bytes(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = stk_arg(c, STK_ARG_OFFSET), n = stk_arg(c, STK_ARG_BYTES), i, sum = 0;
    if (!stk_payload_ok(d, at, n)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    for (i = 0; i < n; i++) {
        sum += d->payload[at + i];
    }
    stk_result(c, 0, sum);
    return STK_SLOT_DONE;
}

/* Result 0: the largest byte of the chunk. */
STK_FN stk_u32 largest_byte(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = stk_arg(c, STK_ARG_OFFSET), n = stk_arg(c, STK_ARG_BYTES), i, most = 0;
    if (!stk_payload_ok(d, at, n)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    for (i = 0; i < n; i++) {
        most = d->payload[at + i] > most ? d->payload[at + i] : most;
    }
    stk_result(c, 0, most);
    return STK_SLOT_DONE;
}

#define STK_HANDLERS(X)                                                                                                \
    X(0x40100001u, sum_bytes, STK_SCALAR, stk_cost_plain)                                                              \
    X(0x40200001u, largest_byte, STK_SCALAR, stk_cost_plain)
