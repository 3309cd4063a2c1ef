/* A program that mounts a store, puts an artifact and gets it: what of the library it links is what such firmware pays
 * for. */
#include "stoker/store.h"

static struct stk_store store;
static uint8_t memory[1024], key[STK_STORE_KEY_BYTES], data[256];

int main(void) {
    static struct stk_store_config config = {.buffer = data, .buffer_bytes = sizeof data};
    const struct stk_span span = {data, sizeof data};
    struct stk_arena arena;
    uint32_t bytes;
    int err;
    stk_arena_init(&arena, memory, sizeof memory);
    err = stk_store_init(&store, &config, &arena);
    err |= stk_store_mount(&store, NULL);
    err |= stk_store_put(&store, key, &span, 1);
    return err | stk_store_get(&store, key, data, sizeof data, &bytes);
}
