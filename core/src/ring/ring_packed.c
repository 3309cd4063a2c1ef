/* stoker: packed slots, several small ops in one. */
#include "slot_words.h"

/* Words of header for `count` ops: two bytes, then two for each op. */
static uint32_t header_words(uint32_t count) {
    return (2u + 2u * count + 3u) / 4u;
}

/* Words of argument that `ops` bring; more than a slot holds when they do not fit. */
static int packed_check(const struct stk_packed_op *ops, uint32_t count) {
    if (count > STK_PACKED_OPS_MAX) {
        return STK_E_ARGS;
    }
    uint32_t words = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (ops[i].nargs > 0 && ops[i].args == NULL) {
            return STK_E_ARG;
        }
        words += ops[i].nargs;
    }
    return words > STK_PACKED_WORDS - header_words(count) ? STK_E_ARGS : STK_OK;
}

static void put_byte(uint32_t *words, uint32_t at, uint32_t byte) {
    words[at / 4] |= byte << (8u * (at % 4));
}

static void packed_encode(uint32_t words[STK_PACKED_WORDS], const struct stk_packed_op *ops, uint32_t count) {
    uint32_t base = header_words(count);
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        put_byte(words, 2u + 2u * i, ops[i].opcode);
        put_byte(words, 3u + 2u * i, used);
        for (uint32_t a = 0; a < ops[i].nargs; a++) {
            words[base + used++] = ops[i].args[a];
        }
    }
    put_byte(words, 0, count);
    put_byte(words, 1, used);
}

int stk_ring_publish_packed(struct stk_ring *ring, uint32_t slot, uint32_t tenant, const struct stk_packed_op *ops,
                            uint32_t count) {
    uint32_t words[STK_PACKED_WORDS] = {0};
    int err = packed_check(ops, count);
    if (err != STK_OK) {
        return err;
    }
    packed_encode(words, ops, count);
    struct stk_work work = {STK_OP_PACKED_SLOT, tenant, STK_PRIORITY_NORMAL, STK_PACKED_WORDS, words};
    return stk_ring_publish(ring, slot, &work);
}
