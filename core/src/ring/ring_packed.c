/* stoker: encodes several short ops into one slot (SPEC.md, 1.5) and publishes it. Whether the inner ops may run is for
 * the worker to check: it checks the whole header before the first op. */
#include "slot_words.h"

/* Returns the words of the header for `count` ops, rounded up: two bytes for the counts, then two bytes for each op. */
static uint32_t header_words(uint32_t count) {
    return (2u + 2u * count + 3u) / 4u;
}

/* Checks that header and arguments of `ops` fit into the 12 words of a slot. The bound on `count` comes first: up to
 * STK_PACKED_OPS_MAX ops the header alone fits, so the subtraction below does not wrap. */
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

/* Sets byte `at` of the area, which must be 0 before. Byte k is bits 8 * (k mod 4) and up of word k / 4, on every
 * host. */
static void put_byte(uint32_t *words, uint32_t at, uint32_t byte) {
    words[at / 4] |= byte << (8u * (at % 4));
}

/* Encodes ops that packed_check() let pass. The words are 0 before, so padding and unused arguments stay 0. */
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
    /* All words are published, unused ones too: a packed slot has no results, and its reader knows the length by
     * itself. */
    struct stk_work work = {STK_OP_PACKED_SLOT, tenant, STK_PRIORITY_NORMAL, STK_PACKED_WORDS, words};
    return stk_ring_publish(ring, slot, &work);
}
