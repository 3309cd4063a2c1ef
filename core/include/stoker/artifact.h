/* stoker: the keys of artifacts, and lookups in the RAM cache and then in the flash store.
 *
 * A key is the digest of everything from which a binary was made. When neither cache nor store has the artifact of a
 * key, the program compiles it and puts it into both. */
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

/* Everything from which a binary is made. Two recipes have the same key only when all members are equal: each text in
 * length and bytes, and the sources one by one. */
struct stk_artifact_recipe {
    uint32_t abi;                   /* version of the interface between binary and host */
    uint32_t source_count;          /* number of sources; may be 0 */
    const struct stk_span *sources; /* texts of the sources in the order of compilation; NULL when there are none */
    struct stk_span options;        /* options of the compiler */
    struct stk_span device;         /* name of the device */
    struct stk_span driver;         /* version of the driver */
};

/* Computes the key of a recipe: BLAKE3 with lengths between the parts (SPEC.md 9.4). `state` is memory to work in, of
 * any content. STK_E_ARG a span has bytes but no data; STK_E_OVERFLOW the parts are longer than BLAKE3 takes. The time
 * grows with the bytes; ISR-safe where that time is short enough. */
STK_MUST_CHECK int stk_artifact_key(struct stk_blake3 *state, const struct stk_artifact_recipe *recipe,
                                    uint8_t key[STK_STORE_KEY_BYTES]);

/// RAM over flash ///

/* Looks `key` up in the cache and then in the store. `scratch` has `room` bytes for an artifact of the store. Returns
 * 1: the artifact was in the cache, and *out leads there; its bytes stay as long as stk_cache_get says. Returns 2: the
 * artifact was in the store and its hash is right; *out leads to `scratch`, and the cache has a copy from now on unless
 * it refused the artifact. Returns 0: neither has the artifact, and *out is unchanged. STK_E_SPACE the artifact of the
 * store has more than `room` bytes; else as stk_store_get. Any number of threads may share the cache, but only one at a
 * time the store. */
STK_MUST_CHECK int stk_artifact_get(struct stk_cache *cache, struct stk_store *store,
                                    const uint8_t key[STK_STORE_KEY_BYTES], void *scratch, size_t room,
                                    struct stk_artifact *out);

/* Puts `bytes` bytes at `data` into the store and the cache. A refusal of the cache is no error; the cache counts it.
 * Returns how many artifacts the store dropped, or the error of stk_store_put; the artifact goes into the cache in any
 * case. */
STK_MUST_CHECK int stk_artifact_put(struct stk_cache *cache, struct stk_store *store,
                                    const uint8_t key[STK_STORE_KEY_BYTES], const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
