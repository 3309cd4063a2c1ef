/* A flash store over an image that somebody else wrote: mounted, read, written on, and mounted again. The first bytes
 * of the input choose the geometry, the rest is the image. */
#include "fuzz.h"
#include "stoker/blake3.h"
#include "stoker/store.h"

#define BLOCKS_MAX 19u
#define BYTES_MAX  16384u
#define ENTRIES    6u

static uint8_t image[BYTES_MAX];
static struct stk_flash_geometry geometry;
static uint32_t bad_block; /* fails to erase and program */

static void image_geometry(void *ctx, struct stk_flash_geometry *g) {
    (void)ctx;
    *g = geometry;
}

/* Every call must keep the rules of port/flash.h, for any contents of the image. */
static uint8_t *place(uint32_t block, uint32_t offset, uint32_t bytes, uint32_t unit) {
    FUZZ_CHECK(block < geometry.blocks && bytes != 0 && offset % unit == 0 && bytes % unit == 0);
    FUZZ_CHECK(offset <= geometry.block_bytes && bytes <= geometry.block_bytes - offset);
    return image + block * geometry.block_bytes + offset;
}

static int image_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    (void)ctx;
    memcpy(data, place(block, offset, bytes, geometry.read_unit), bytes);
    return STK_OK;
}

static int image_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    uint8_t *at = place(block, offset, bytes, geometry.prog_unit);
    (void)ctx;
    if (block == bad_block) {
        return STK_E_IO;
    }
    memcpy(at, data, bytes);
    return STK_OK;
}

static int image_erase(void *ctx, uint32_t block) {
    (void)ctx;
    if (block == bad_block) {
        return STK_E_IO;
    }
    memset(place(block, 0, geometry.block_bytes, 1), geometry.erased, geometry.block_bytes);
    return STK_OK;
}

static const struct stk_flash_ops ops = {"image", image_geometry, image_read, image_prog, image_erase, NULL};

static struct stk_store store;
static uint32_t drops;

static void on_dropped(void *ctx, const uint8_t *key, uint32_t bytes) {
    (void)ctx;
    (void)key;
    (void)bytes;
    drops++;
}

static uint32_t choose_geometry(struct fuzz_input *in) {
    static const uint32_t units[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 24, 528, 2112};
    uint32_t read = fuzz_u8(in) % 16u, prog = fuzz_u8(in) % 16u, bits = fuzz_u8(in), pages = fuzz_u8(in), unit;
    geometry.read_unit = units[read];
    geometry.prog_unit = units[prog];
    unit = STK_LOG_PAGE_BYTES(geometry.prog_unit);
    unit = geometry.read_unit > unit ? geometry.read_unit : unit;
    geometry.block_bytes = unit * (1u + pages % 16u);
    geometry.blocks = 4u + pages / 16u;
    geometry.rewrite = bits & 3u;
    geometry.lazy = bits >> 2 & 1u;
    geometry.erased = bits & 8u ? 0x00 : 0xFF;
    bad_block = bits >> 4; /* 15: often none */
    return geometry.block_bytes * geometry.blocks;
}

/* Reads an artifact whole and in parts: both or neither, and no more than it says. A damaged one gives way to an older
 * version or leaves. */
static void read_one(const uint8_t *key, uint32_t part) {
    static uint8_t whole[BYTES_MAX], parts[BYTES_MAX];
    uint32_t bytes = 0, at = 0, size = 0;
    int got = stk_store_open(&store, key, &bytes);
    if (got == 0) { /* it has left meanwhile */
        return;
    }
    FUZZ_CHECK(got == 1);
    do {
        got = stk_store_read(&store, parts + at, at + part <= sizeof parts ? part : (uint32_t)sizeof parts - at);
        at += got > 0 ? (uint32_t)got : 0u;
    } while (got > 0 && at < sizeof parts);
    FUZZ_CHECK(got != 0 || at == bytes);
    FUZZ_CHECK(got == 0 || got == STK_E_CORRUPT || at == sizeof parts);
    if (got == 0) {
        FUZZ_CHECK(stk_store_get(&store, key, whole, sizeof whole, &size) == 1);
        FUZZ_CHECK(size == at && memcmp(whole, parts, at) == 0);
    } else if (stk_store_get(&store, key, whole, sizeof whole, &size) == STK_E_CORRUPT) {
        FUZZ_CHECK(stk_store_find(&store, key, NULL) == 0);
    }
}

/* Reads every artifact. They are linked oldest first, no key twice, and the tree finds each. */
static void read_all(uint32_t part) {
    static uint8_t keys[ENTRIES][STK_STORE_KEY_BYTES];
    uint32_t n = 0;
    FUZZ_CHECK(store.count <= ENTRIES);
    for (uint32_t i = store.entry[0].next[0]; i != 0; i = store.entry[i].next[0], n++) {
        const struct stk_store_entry *e = &store.entry[i];
        FUZZ_CHECK(n < store.count && i <= ENTRIES);
        FUZZ_CHECK(n == 0 || (int32_t)(e->artifact.sequence - store.entry[e->next[1]].artifact.sequence) > 0);
        FUZZ_CHECK(stk_store_find(&store, e->artifact.key, NULL) == 1);
        for (uint32_t j = 0; j < n; j++) {
            FUZZ_CHECK(memcmp(e->artifact.key, keys[j], STK_STORE_KEY_BYTES) != 0);
        }
        memcpy(keys[n], e->artifact.key, STK_STORE_KEY_BYTES);
    }
    FUZZ_CHECK(n == store.count);
    for (uint32_t i = 0; i < n; i++) {
        read_one(keys[i], part);
    }
}

/* An artifact that was put must be there. In an image that is not `own`, cells in an order that no log writes may hide
 * the artifact. If the key has an artifact, it must be the one that was put. */
static void write_on(struct fuzz_input *script, int own) {
    static uint8_t data[BYTES_MAX], back[BYTES_MAX];
    uint8_t key[STK_STORE_KEY_BYTES] = {0};
    uint32_t size = 0, most = stk_store_largest(&geometry), bytes = 0;
    int err = STK_OK;
    for (uint32_t i = fuzz_u8(script) % 20u; i != 0 && err >= 0; i--) {
        const struct stk_span span = {data, bytes = fuzz_u32(script) % (most / 3u + 1u)};
        memset(data, (int)i, bytes);
        key[0] = fuzz_u8(script) % 8u;
        if (key[0] == 7u) {
            err = stk_store_remove(&store, key);
            FUZZ_CHECK(err < 0 || stk_store_find(&store, key, NULL) == 0);
            continue;
        }
        err = stk_store_put(&store, key, &span, 1);
        FUZZ_CHECK(err >= 0 || err == STK_E_IO);
        if (err >= 0) {
            int got = stk_store_get(&store, key, back, sizeof back, &size);
            FUZZ_CHECK(got == 1 || !own);
            FUZZ_CHECK(got != 1 || !own || (size == bytes && memcmp(data, back, bytes) == 0));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct fuzz_input script = {data + size - (size < 64u ? size : 64u), size < 64u ? size : 64u};
    struct stk_store_config config = {.flash = {.ops = &ops}, .entries = ENTRIES, .dropped = on_dropped};
    static _Alignas(64) uint8_t index[STK_STORE_BYTES(ENTRIES)];
    struct stk_arena arena;
    uint8_t *buffer;
    if (choose_geometry(&in) > sizeof image) {
        return 0;
    }
    config.buffer_bytes = stk_store_buffer_bytes(&geometry);
    /* exactly the length that the store asks for, so that a sanitizer finds an access behind it */
    buffer = malloc(config.buffer_bytes);
    FUZZ_CHECK(buffer != NULL);
    config.buffer = buffer;
    memset(image, geometry.erased, sizeof image);
    memcpy(image, in.data, in.size < sizeof image ? in.size : sizeof image);
    stk_arena_init(&arena, index, sizeof index);
    if (stk_store_init(&store, &config, &arena) == STK_OK) {
        int err = stk_store_mount(&store, NULL);
        FUZZ_CHECK(err >= 0 || err == STK_E_FORMAT || err == STK_E_FULL);
        if (err != STK_E_FORMAT) {
            read_all(1u + fuzz_u8(&script));
            write_on(&script, 0);
            err = stk_store_mount(&store, NULL);
            FUZZ_CHECK(err >= 0 || err == STK_E_FORMAT || err == STK_E_FULL);
            read_all(100);
        }
        if (stk_store_format(&store, 9) == STK_OK) {
            write_on(&script, bad_block >= geometry.blocks);
            FUZZ_CHECK(stk_store_mount(&store, NULL) == (int)store.count && store.stats.corrupt == 0);
            read_all(7);
        }
    }
    free(buffer);
    return 0;
}
