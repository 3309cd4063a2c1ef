/* Handlers of someone else's, for an OpenCL device and for the interpreter. */
#include <stoker/kernel/tile.h>

STK_FN struct stk_cost my_hash_cost(const struct stk_dev *d, const struct stk_call *c) {
    return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_PER_BYTE(480u, 32u), 1u);
}

/* Result 0: a hash of the chunk, which one lane goes through in order. */
STK_FN stk_u32 my_hash(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = stk_arg(c, STK_ARG_OFFSET), n = stk_arg(c, STK_ARG_BYTES), from, to, i, x;
    if (!stk_payload_ok(d, at, n)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    stk_slice(c, n, &from, &to);
    x = stk_ld(c->slot + STK_SLOT_ARG0 + STK_RESULT_ARG);
    for (i = from; i < to; i++) {
        x = x * 31u + d->payload[at + i];
    }
    stk_result(c, 0, x);
    return stk_slice_end(c, to, n);
}

/* Result 0: the XOR of the chunk's bytes, to which each lane adds its share of each tile. */
STK_FN stk_u32 my_xor(const struct stk_dev *d, const struct stk_call *c) {
    stk_u32 at = stk_arg(c, STK_ARG_OFFSET), n = stk_arg(c, STK_ARG_BYTES), from, to, i, x = 0;
    struct stk_tile t;
    if (!stk_payload_ok(d, at, n)) {
        return stk_refuse(c, STK_REASON_PAYLOAD, at);
    }
    for (stk_tile_first(&t, d, at, 0, n, 0); stk_tile_more(&t);) {
        stk_tile_stretch(&t, &from, &to);
        for (i = from; i < to; i++) {
            x ^= stk_tile_byte(&t, i);
        }
    }
    stk_result_xor(c, 0, x);
    return STK_SLOT_DONE;
}

#define STK_HANDLERS(X)                                                                                                \
    X(0x20001u, my_hash, STK_SCALAR, my_hash_cost)                                                                     \
    X(0x20002u, my_xor, STK_WIDE, stk_cost_plain)
