/* Digests of records: 64 bits of BLAKE3. */
#include "stoker/le.h"
#include "stoker/atomic.h"
#include "stoker/blake3.h"
#include "stoker/recorder.h"

static uint64_t number_of(const uint8_t hash[STK_BLAKE3_OUT]) {
    uint64_t n = stk_get64(hash);
    return n != 0u ? n : 1u;
}

uint64_t stk_record_digest(struct stk_blake3 *state, const void *data, size_t bytes) {
    uint8_t hash[STK_BLAKE3_OUT];
    return stk_blake3_hash(state, data, bytes, hash) == STK_OK ? number_of(hash) : 0u;
}

uint64_t stk_record_digest_words(struct stk_blake3 *state, const uint32_t *words, uint32_t count) {
    uint8_t hash[STK_BLAKE3_OUT], word[sizeof *words];
    int err = STK_OK;
    stk_blake3_init(state);
    for (uint32_t i = 0; i < count && err == STK_OK; i++) {
        stk_raw_out(word, words + i, 1);
        err = stk_blake3_update(state, word, sizeof word);
    }
    stk_blake3_digest(state, hash);
    return err == STK_OK ? number_of(hash) : 0u;
}
