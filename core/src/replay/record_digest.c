/* stoker: digests of records, 64 bits of BLAKE3. A digest shows that a replay works on the recorded bytes. It is no
 * proof against a forger: 64 bits are too few for that. */
#include "stoker/le.h"
#include "stoker/atomic.h"
#include "stoker/blake3.h"
#include "stoker/recorder.h"

_Static_assert(sizeof((struct stk_blake3 *)0)->block >= STK_BLAKE3_OUT, "a digest fits where the input waits");

/* Ends the hash and returns the digest as a number, 1 in place of 0, since 0 in a record means that no digest is there.
 * The bytes of the digest go over the input that waits in the state: the state is not used again, and so the call takes
 * no stack for them. */
static uint64_t number_of(struct stk_blake3 *state) {
    uint64_t n;
    stk_blake3_digest(state, state->block);
    n = stk_get64(state->block);
    return n != 0u ? n : 1u;
}

uint64_t stk_record_digest(struct stk_blake3 *state, const void *data, size_t bytes) {
    stk_blake3_init(state);
    /* An input that is too long for the hasher has no digest. A replay cannot check its bytes then. */
    return stk_blake3_update(state, data, bytes) == STK_OK ? number_of(state) : 0u;
}

uint64_t stk_record_digest_words(struct stk_blake3 *state, const uint32_t *words, uint32_t count) {
    uint8_t word[sizeof *words];
    int err = STK_OK;
    stk_blake3_init(state);
    /* One word at a time, because a device may store to these words: each is read whole. The bytes are hashed as they
     * lie in memory, which is little-endian on every host. */
    for (uint32_t i = 0; i < count && err == STK_OK; i++) {
        stk_raw_out(word, words + i, 1);
        err = stk_blake3_update(state, word, sizeof word);
    }
    return err == STK_OK ? number_of(state) : 0u;
}
