/* A RAM cache and a flash store for one OpenCL device, and records in them to spoil. */
#ifndef OPENCL_PLACES_H
#define OPENCL_PLACES_H

#include "opencl_adds.h"
#include "../../../port/opencl/persist/persist.h"
#include "stoker/artifact.h"
#include "stoker/port/sim_flash.h"

#define BLOCKS      256 /* nothing that a test still asks for is pushed out */
#define BLOCK_BYTES 65536
#define PAGE        4096
#define ENTRIES     32u
#define CACHE_BYTES (8u << 20)

static struct stk_cache cache;
static struct stk_store store;
static struct stk_sim_flash flash;
static uint8_t store_buffer[STK_STORE_BUFFER_BYTES(1, PAGE)];
static uint8_t scratch[4u << 20];
STK_CACHE_DEFINE(cache_memory, 1, ENTRIES, CACHE_BYTES);
STK_STORE_DEFINE(store_memory, ENTRIES);
STK_SIM_FLASH_DEFINE(medium, BLOCKS, BLOCK_BYTES, PAGE);

static inline void fresh_cache(void) {
    const struct stk_cache_config config = {.shards = 1, .entries = ENTRIES, .bytes = CACHE_BYTES};
    struct stk_arena arena;
    stk_arena_init(&arena, cache_memory, sizeof cache_memory);
    assert_int_equal(stk_cache_init(&cache, &config, &arena), STK_OK);
}

static inline void init_store(void) {
    const struct stk_store_config config = {.flash = {&stk_sim_flash_ops, &flash},
                                            .buffer = store_buffer,
                                            .buffer_bytes = sizeof store_buffer,
                                            .entries = ENTRIES};
    struct stk_arena arena;
    stk_arena_init(&arena, store_memory, sizeof store_memory);
    assert_int_equal(stk_store_init(&store, &config, &arena), STK_OK);
}

/* An empty store over so many blocks. */
static inline void fresh_store(uint32_t blocks) {
    const struct stk_sim_flash_config config = {.geometry = {1, PAGE, BLOCK_BYTES, blocks, 0xFF, STK_FLASH_ONCE, 0}};
    struct stk_arena arena;
    stk_arena_init(&arena, medium, sizeof medium);
    assert_int_equal(stk_sim_flash_init(&flash, &config, &arena), STK_OK);
    init_store();
    assert_int_equal(stk_store_format(&store, 1), STK_OK);
}

/* Mounts the store on the same flash, as after a restart. */
static inline void mount_again(void) {
    init_store();
    assert_true(stk_store_mount(&store, &(struct stk_error_info){0}) >= 0);
}

static inline int open_kept(const struct stk_opencl_config *wish) {
    struct stk_opencl_config config = *wish;
    int err;
    config.device = getenv("STK_TEST_DEVICE");
    config.slots = config.slots ? config.slots : 64u;
    err = stk_opencl_open(&cl, &config);
    ring = (struct stk_ring){.words = cl.memory.ring, .slots = cl.memory.slots};
    return err;
}

/* Opens, works, closes. */
static inline void start(const struct stk_opencl_config *config, enum stk_opencl_origin built,
                         enum stk_opencl_origin proved) {
    int err = open_kept(config);
    if (err != STK_OK || cl.built_from != built || cl.proved_from != proved) {
        fail_msg("%s: %s; program from %s, outcome from %s; kept: %s", stk_err_name(err), cl.reason,
                 stk_opencl_origin_name(cl.built_from), stk_opencl_origin_name(cl.proved_from), cl.persist_note);
    }
    (void)run_adds(300);
    close_way();
}

static inline void assert_kept_says(const char *what) {
    if (!strstr(cl.persist_note, what)) {
        fail_msg("'%s', not '%s'", cl.persist_note, what);
    }
}

/* A record of cache or store, in scratch; 0 bytes: there is none. */
static inline uint32_t record_of(enum stk_opencl_origin from, const uint8_t *key) {
    struct stk_artifact found = {0};
    uint32_t bytes = 0;
    if (from == STK_OPENCL_FROM_STORE) {
        return stk_store_get(&store, key, scratch, sizeof scratch, &bytes) == 1 ? bytes : 0u;
    }
    if (stk_cache_get(&cache, key, &found) != 1) {
        return 0;
    }
    assert_true(found.bytes <= sizeof scratch);
    memcpy(scratch, found.data, found.bytes);
    return (uint32_t)found.bytes;
}

/* Puts the bytes in `scratch` as the record of `key` into one place. The place computes the right hash for them. */
static inline void plant(enum stk_opencl_origin to, const uint8_t *key, uint32_t bytes) {
    const struct stk_span span = {scratch, bytes};
    if (to == STK_OPENCL_FROM_STORE) {
        assert_true(stk_store_put(&store, key, &span, 1) >= 0);
    } else {
        assert_true(stk_cache_put(&cache, key, scratch, bytes) >= 0);
    }
}

/* The header's digest over what is in scratch, as the port makes it. */
static inline void seal_again(const uint8_t *key, uint32_t bytes) {
    struct stk_blake3 hash;
    stk_blake3_init_keyed(&hash, key);
    assert_int_equal(stk_blake3_update(&hash, scratch, STK_OPENCL_RECORD_HEADER - 32u), STK_OK);
    assert_int_equal(stk_blake3_update(&hash, scratch + STK_OPENCL_RECORD_HEADER, bytes - STK_OPENCL_RECORD_HEADER),
                     STK_OK);
    stk_blake3_digest(&hash, scratch + STK_OPENCL_RECORD_HEADER - 32u);
}

#endif
