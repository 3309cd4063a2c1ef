/* Computes the key of an artifact from its recipe, as SPEC.md 9.4 says. A change of one byte that is hashed here makes
 * every stored artifact unreachable, so the context string has a version. */
#include "stoker/le.h"
#include "stoker/artifact.h"
#include "stoker/blake3.h"

static const char context[] = "stoker 0.1 artifact key, version 1";

/* Hashes the length of a span and then its bytes. The length keeps two recipes apart whose parts only divide the same
 * bytes in another way. */
static int add(struct stk_blake3 *hash, const struct stk_span *span) {
    uint8_t length[8];
    int err = !span->data && span->bytes != 0u ? STK_E_ARG : STK_OK;
    stk_put64(length, span->bytes);
    if (err == STK_OK) {
        err = stk_blake3_update(hash, length, sizeof length);
    }
    return err == STK_OK ? stk_blake3_update(hash, span->data, span->bytes) : err;
}

int stk_artifact_key(struct stk_blake3 *state, const struct stk_artifact_recipe *recipe,
                     uint8_t key[STK_STORE_KEY_BYTES]) {
    const struct stk_span *const rest[] = {&recipe->options, &recipe->device, &recipe->driver};
    uint8_t counts[8];
    int err = stk_blake3_init_derive(state, context, sizeof context - 1u);
    stk_put32(counts, recipe->abi);
    stk_put32(counts + 4, recipe->source_count);
    if (err == STK_OK) {
        err = stk_blake3_update(state, counts, sizeof counts);
    }
    for (uint32_t i = 0; i < recipe->source_count && err == STK_OK; i++) {
        err = add(state, &recipe->sources[i]);
    }
    for (uint32_t i = 0; i < sizeof rest / sizeof rest[0] && err == STK_OK; i++) {
        err = add(state, rest[i]);
    }
    if (err == STK_OK) {
        stk_blake3_digest(state, key);
    }
    return err;
}
