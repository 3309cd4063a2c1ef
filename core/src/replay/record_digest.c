/* Digests of records: 64 bits of BLAKE3. */
#include "stoker/le.h"
#include "stoker/atomic.h"
#include "stoker/blake3.h"
#include "stoker/recorder.h"

_Static_assert(sizeof((struct stk_blake3 *)0)->block >= STK_BLAKE3_OUT, "a digest fits where the input waits");

/* Ends the hash. Its digest is written over the input that waits in the state, since the state is not used again: so it
 * takes no stack. */
static uint64_t number_of(struct stk_blake3 *state) {
    uint64_t n;
    stk_blake3_digest(state, state->block);
    n = stk_get64(state->block);
    return n != 0u ? n : 1u;
}

uint64_t stk_record_digest(struct stk_blake3 *state, const void *data, size_t bytes) {
    stk_blake3_init(state);
    return stk_blake3_update(state, data, bytes) == STK_OK ? number_of(state) : 0u;
}

uint64_t stk_record_digest_words(struct stk_blake3 *state, const uint32_t *words, uint32_t count) {
    uint8_t word[sizeof *words];
    int err = STK_OK;
    stk_blake3_init(state);
    for (uint32_t i = 0; i < count && err == STK_OK; i++) {
        stk_raw_out(word, words + i, 1);
        err = stk_blake3_update(state, word, sizeof word);
    }
    return err == STK_OK ? number_of(state) : 0u;
}
