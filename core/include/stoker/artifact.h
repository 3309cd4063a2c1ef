/* stoker: artifacts, their names and where they are kept.
 *
 * A key is the digest of all that a binary was made from. Lookups go to the RAM cache and then to the flash store; what
 * neither has is compiled and put into both.
 */
#ifndef STOKER_ARTIFACT_H
#define STOKER_ARTIFACT_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/blake3.h"
#include "stoker/cache.h"
#include "stoker/err.h"
#include "stoker/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Keys ///

/* What a binary is made from. Two of these have the same key only when every member is the same, each text by its
 * length and bytes, and the sources one by one. */
struct stk_artifact_recipe {
    uint32_t abi; /* version of the interface between binary and host */
    uint32_t source_count;
    const struct stk_span *sources; /* in the order in which they are compiled; NULL when there are none */
    struct stk_span options;        /* of the compiler */
    struct stk_span device;         /* its name */
    struct stk_span driver;         /* its version */
};

/* The recipe's key, BLAKE3 with lengths between the parts (SPEC.md 9.4). STK_E_ARG a span without data; STK_E_OVERFLOW
 * more than BLAKE3 takes. `state` is memory to work in. ISR-safe as far as the bytes allow. */
STK_MUST_CHECK int stk_artifact_key(struct stk_blake3 *state, const struct stk_artifact_recipe *recipe,
                                    uint8_t key[STK_STORE_KEY_BYTES]);

/// RAM over flash ///

/* Looks `key` up in the cache and then in the store. Returns 1: it was in the cache, where *out says, as stk_cache_get;
 * 2: it was in the store, is verified, lies in `scratch`, and is in the cache from now on unless that refused it; 0:
 * neither has it, *out is as it was. STK_E_SPACE the store's has more than `room` bytes; else as stk_store_get. Any
 * number of threads may share the cache, but one at a time the store. */
STK_MUST_CHECK int stk_artifact_get(struct stk_cache *cache, struct stk_store *store,
                                    const uint8_t key[STK_STORE_KEY_BYTES], void *scratch, size_t room,
                                    struct stk_artifact *out);

/* Puts `bytes` bytes at `data` into both. What the cache refuses it counts, and is no error. Returns how many the store
 * dropped, or its error: then the cache has it all the same. */
STK_MUST_CHECK int stk_artifact_put(struct stk_cache *cache, struct stk_store *store,
                                    const uint8_t key[STK_STORE_KEY_BYTES], const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
