/* stoker bench core: nanoseconds per operation of the freestanding core, on one thread. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_core.h"
#include "stoker/atomic.h"
#include "stoker/telemetry.h"

static struct stk_blake3 hasher;

/* number of blocks. The blocks are short, and the fastest counts, because other work on the machine only adds time */
#define BLOCKS 200u

/* Returns the nanoseconds of one operation: those of the fastest of many short blocks of `count` calls. */
static double time_of(void (*run)(void *ctx, uint32_t count), void *ctx, uint32_t count) {
    double best = 1e18;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint64_t start = cli_now_ns();
        double took;
        run(ctx, count);
        took = (double)(cli_now_ns() - start) / count;
        best = took < best ? took : best;
    }
    return best;
}

static void report(struct bench *b, const char *metric, double ns) {
    bench_figure(b, &(struct bench_figure){.metric = metric, .value = ns, .unit = "ns", .better = BENCH_LESS});
}

/// Ring ///

#define RING_SLOTS 64u

static _Alignas(64) uint32_t ring_words[RING_SLOTS * STK_SLOT_WORDS];
static volatile uint32_t sink; /* a volatile store keeps the compiler from dropping the work */

/* Publishes a slot with all arguments and reads it back. Stores DONE itself, so that the slot can be published
 * again. */
static void publish_and_read(void *ctx, uint32_t count) {
    static const uint32_t args[STK_SLOT_ARGS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const struct stk_work work = {STK_OP_TENANT_BASE, 0, STK_PRIORITY_NORMAL, STK_SLOT_ARGS, args};
    struct stk_ring *ring = ctx;
    struct stk_slot slot = {0};
    int err = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i % RING_SLOTS;
        err |= stk_ring_publish(ring, at, &work);
        err |= stk_ring_read(ring, at, &slot);
        stk_store(STK_SLOT_AT(ring->words, at), STK_SLOT_DONE);
    }
    sink = slot.args[0] | (uint32_t)err;
}

struct raw_ends {
    struct stk_producer producer;
    struct stk_consumer consumer;
};

/* Passes the words of whole slots through the producer and the consumer of stoker/channel.h. */
static void put_and_read_raw(void *ctx, uint32_t count) {
    static const uint32_t image[STK_SLOT_WORDS] = {STK_SLOT_PUBLISHED, STK_OP_TENANT_BASE};
    const struct raw_ends *ends = ctx;
    uint32_t out[STK_SLOT_WORDS];
    int err = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i % RING_SLOTS;
        err |= ends->producer.ops->publish(ends->producer.ctx, at, image, sizeof image);
        err |= ends->consumer.ops->read(ends->consumer.ctx, at, out, sizeof out);
    }
    sink = out[1] | (uint32_t)err;
}

/* Counts the DONE slots of a ring once. `count` is the number of its slots, so that the figure is for one slot. */
static void count_done(void *ctx, uint32_t count) {
    struct stk_ring *ring = ctx;
    (void)count;
    sink = (uint32_t)stk_ring_count_done(ring, ring->slots);
}

/* Measures the ring. In the large ring every second slot is DONE. */
static void ring_figures(struct bench *b) {
    static _Alignas(64) uint32_t large_words[4096u * STK_SLOT_WORDS];
    struct stk_ring ring, large;
    struct raw_ends ends;
    if (stk_ring_init(&ring, ring_words, sizeof ring_words, RING_SLOTS) != STK_OK ||
        stk_ring_init(&large, large_words, sizeof large_words, 4096) != STK_OK) {
        return;
    }
    stk_ring_producer(&ends.producer, &ring);
    stk_ring_consumer(&ends.consumer, &ring);
    report(b, "ring_publish_read", time_of(publish_and_read, &ring, 4096));
    report(b, "ring_raw_put_read", time_of(put_and_read_raw, &ends, 4096));
    for (uint32_t i = 0; i < large.slots; i += 2) {
        stk_store(STK_SLOT_AT(large.words, i), STK_SLOT_DONE);
    }
    report(b, "done_count_per_slot", time_of(count_done, &large, large.slots));
}

/// Cache ///

#define HIT_ENTRIES   1000u
#define EVICT_ENTRIES 256u
#define ARTIFACT      64u

/* Makes key number `n`. Keys are hashes, so their bytes are spread evenly. */
static void key_of(uint64_t n, uint8_t key[STK_CACHE_KEY_BYTES]) {
    for (uint32_t i = 0; i < STK_CACHE_KEY_BYTES; i += 8) {
        n += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t x = (n ^ (n >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
        x ^= x >> 31;
        memcpy(key + i, &x, 8);
    }
}

struct cache_case {
    struct stk_cache cache;
    uint8_t keys[4096][STK_CACHE_KEY_BYTES];
    uint32_t next;
};

/* Gets artifacts that are in the cache. The step of 7 keeps the order of the keys from being the order of their
 * places. */
static void hit(void *ctx, uint32_t count) {
    struct cache_case *c = ctx;
    struct stk_artifact artifact = {0};
    for (uint32_t i = 0; i < count; i++) {
        sink = (uint32_t)stk_cache_get(&c->cache, c->keys[i * 7u % HIT_ENTRIES], &artifact);
    }
    sink = (uint32_t)artifact.bytes;
}

/* Puts artifacts under 4,096 keys, one after the other, so that each put into a smaller cache evicts one. */
static void put_evicting(void *ctx, uint32_t count) {
    static const uint8_t artifact[ARTIFACT] = {1};
    struct cache_case *c = ctx;
    for (uint32_t i = 0; i < count; i++) {
        sink = (uint32_t)stk_cache_put(&c->cache, c->keys[c->next++ % 4096u], artifact, sizeof artifact);
    }
}

/* Makes a cache for `entries` artifacts of ARTIFACT bytes each. The caller frees *memory. */
static int open_cache(struct cache_case *c, uint32_t entries, void **memory) {
    const struct stk_cache_config config = {.shards = 1, .entries = entries, .bytes = entries * ARTIFACT};
    size_t bytes;
    struct stk_arena arena;
    if (stk_cache_bytes(1, entries, entries * ARTIFACT, &bytes) != STK_OK) {
        return -1;
    }
    *memory = malloc(STK_ARENA_BYTES(bytes));
    stk_arena_init(&arena, *memory, *memory ? STK_ARENA_BYTES(bytes) : 0u);
    c->next = 0;
    for (uint32_t i = 0; i < 4096u; i++) {
        key_of(i, c->keys[i]);
    }
    return stk_cache_init(&c->cache, &config, &arena);
}

/* Measures hits in a cache that holds all keys, and puts into a cache that is too small for all keys. */
static void cache_figures(struct bench *b) {
    static struct cache_case c;
    void *memory = NULL;
    if (open_cache(&c, HIT_ENTRIES, &memory) == STK_OK) {
        put_evicting(&c, HIT_ENTRIES);
        report(b, "cache_hit_1000", time_of(hit, &c, 4096));
    }
    free(memory);
    memory = NULL;
    if (open_cache(&c, EVICT_ENTRIES, &memory) == STK_OK) {
        put_evicting(&c, EVICT_ENTRIES);
        report(b, "cache_put_evict_256", time_of(put_evicting, &c, 4096));
    }
    free(memory);
}

/// Telemetry ///

#define TELEMETRY_SLOTS 1024u

/* Decodes a ring of slots in all statuses, which the first call makes. */
static void decode(void *ctx, uint32_t count) {
    static _Alignas(64) uint32_t words[TELEMETRY_SLOTS * STK_SLOT_WORDS];
    static uint32_t control[STK_CTL_WORDS_MIN];
    static const uint32_t opcodes[] = {0x40000000u, 0x40000001u, 0x40000002u, 0x40000003u};
    static const struct stk_opcodes named = {opcodes, 4};
    struct stk_telemetry *telemetry = ctx;
    if (words[1] == 0u) {
        /* 4 opcodes over 55 tickets: 218 windows and a slot or two that belong to none. */
        for (uint32_t i = 0; i < TELEMETRY_SLOTS; i++) {
            uint32_t *w = STK_SLOT_AT(words, i);
            uint32_t window = i * 2654435761u % 218u;
            w[STK_SLOT_STATUS] = stk_le32(i % 8u);
            w[STK_SLOT_OPCODE] = stk_le32(opcodes[window % 4u]);
            w[STK_SLOT_ARG0] = stk_le32(window / 4u);
            w[STK_SLOT_ARG0 + 1] = stk_le32(i & 1u);
        }
    }
    (void)count;
    sink = (uint32_t)stk_telemetry_decode(telemetry, words, sizeof words, control, sizeof control, &named, NULL);
}

static void telemetry_figures(struct bench *b) {
    const struct stk_telemetry_config config = {TELEMETRY_SLOTS, 4};
    struct stk_telemetry telemetry;
    struct stk_arena arena;
    void *memory = malloc(STK_ARENA_BYTES(STK_TELEMETRY_BYTES(TELEMETRY_SLOTS, 4)));
    stk_arena_init(&arena, memory, memory ? STK_ARENA_BYTES(STK_TELEMETRY_BYTES(TELEMETRY_SLOTS, 4)) : 0u);
    if (stk_telemetry_init(&telemetry, &config, &arena, NULL) == STK_OK) {
        report(b, "telemetry_per_slot", time_of(decode, &telemetry, TELEMETRY_SLOTS));
    }
    free(memory);
}

/// BLAKE3 ///

struct hash_case {
    uint8_t *data;
    size_t bytes;
};

/* Hashes the same bytes `count` times. */
static void hash(void *ctx, uint32_t count) {
    const struct hash_case *c = ctx;
    uint8_t out[STK_BLAKE3_OUT] = {0};
    for (uint32_t i = 0; i < count; i++) {
        sink = (uint32_t)stk_blake3_hash(&hasher, c->data, c->bytes, out);
    }
    sink = out[0];
}

/* Measures BLAKE3 over three lengths beside the rate of b3sum. */
static void blake3_figures(struct bench *b) {
    static const struct {
        const char *metric;
        size_t bytes;
        uint32_t calls;
    } sizes[] = {{"blake3_64", 64, 1024}, {"blake3_1k", 1024, 128}, {"blake3_1m", 1u << 20, 1}};
    struct hash_case c = {.data = malloc(1u << 20)};
    double per_byte_of_peer;
    if (!c.data) {
        return;
    }
    memset(c.data, 7, 1u << 20);
    per_byte_of_peer = bench_b3sum_ns_per_byte();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        c.bytes = sizes[i].bytes;
        /* b3sum is a program, so what it is compared with is its rate over a large file. */
        bench_figure(b, &(struct bench_figure){.metric = sizes[i].metric,
                                               .value = time_of(hash, &c, sizes[i].calls),
                                               .unit = "ns",
                                               .better = BENCH_LESS,
                                               .peer = "b3sum_rate",
                                               .peer_value = per_byte_of_peer * (double)sizes[i].bytes});
    }
    free(c.data);
}

static int run(struct bench *b) {
    ring_figures(b);
    cache_figures(b);
    telemetry_figures(b);
    blake3_figures(b);
    return bench_spsc(b);
}

const struct bench_case bench_core = {
    .name = "core",
    .options = 0,
    .run = run,
    .what =
        "nanoseconds of ring, cache, telemetry, BLAKE3 and hand-over; the peers are b3sum, ck_ring and atomic_queue",
};
