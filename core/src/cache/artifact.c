/* Looks artifacts up in the RAM cache and then in the flash store, and puts them into both. Compiling what neither has
 * is the work of the caller. */
#include "stoker/artifact.h"

_Static_assert(STK_STORE_KEY_BYTES == STK_CACHE_KEY_BYTES, "one key for both");

/* Puts an artifact into the cache and ignores a refusal, since the store has the artifact anyway. The cache counts the
 * refusals. */
static void keep(struct stk_cache *cache, const uint8_t key[STK_STORE_KEY_BYTES], const void *data, size_t bytes) {
    int evicted = stk_cache_put(cache, key, data, bytes);
    (void)evicted;
}

int stk_artifact_get(struct stk_cache *cache, struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                     void *scratch, size_t room, struct stk_artifact *out) {
    uint32_t bytes;
    int found = stk_cache_get(cache, key, out);
    if (found != 0) {
        return found;
    }
    found = stk_store_get(store, key, scratch, room, &bytes);
    if (found != 1) {
        return found;
    }
    keep(cache, key, scratch, bytes);
    out->data = scratch;
    out->bytes = bytes;
    return 2;
}

int stk_artifact_put(struct stk_cache *cache, struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                     const void *data, size_t bytes) {
    const struct stk_span span = {data, bytes};
    int dropped = stk_store_put(store, key, &span, 1);
    keep(cache, key, data, bytes); /* even if the store failed: the artifact serves until the next start */
    return dropped;
}
