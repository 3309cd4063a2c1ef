/* Operations of the core on a bare-metal board, one thread: what one call costs by the timer of the board.
 *
 * The printed numbers are nanoseconds of the timer. In QEMU with `-icount shift=0` each instruction takes one
 * nanosecond of the machine's time, so the numbers count instructions there; test/bench/bare/run starts the board so.
 * On a real board the numbers are time, with caches and wait states. Not a test: nothing is asserted but that the calls
 * succeed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "stoker/atomic.h"
#include "stoker/blake3.h"
#include "stoker/cache.h"
#include "stoker/crc32c.h"
#include "stoker/log.h"
#include "stoker/port/baremetal.h"
#include "stoker/ring.h"
#include "stoker/slot.h"
#include "stoker/telemetry.h"
#include "stoker/words.h"

#define RING_SLOTS 64u
#define ENTRIES    64u
#define ARTIFACT   64u
#define DATA_BYTES 4096u
#define BLOCKS     16u
#define BLOCK      4096u
#define APPENDS    512u

static struct stk_bare_clock clock;
static volatile uint32_t sink; /* keeps results alive */

static void require(int ok, const char *what) {
    if (!ok) {
        printf("operations: %s failed\n", what);
        exit(1);
    }
}

/* Prints the mean time of one operation, in nanoseconds with two digits behind the point. The time includes the two or
 * three instructions that the caller's loop takes for each operation. */
static void report(const char *name, uint64_t ns, uint32_t count, const char *unit) {
    uint32_t hundredths = (uint32_t)(ns * 100u / count);
    printf("%-18s %6lu.%02lu %s\n", name, (unsigned long)(hundredths / 100u), (unsigned long)(hundredths % 100u), unit);
}

/// Flash in RAM, which costs the copy of its bytes alone ///

static uint8_t flash[BLOCKS * BLOCK];

static void flash_geometry(void *ctx, struct stk_flash_geometry *g) {
    (void)ctx;
    *g = (struct stk_flash_geometry){.blocks = BLOCKS,
                                     .block_bytes = BLOCK,
                                     .read_unit = 1,
                                     .prog_unit = 256,
                                     .rewrite = STK_FLASH_ONCE,
                                     .erased = 0xFF};
}

static int flash_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    (void)ctx;
    memcpy(data, flash + block * BLOCK + offset, bytes);
    return STK_OK;
}

static int flash_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    (void)ctx;
    memcpy(flash + block * BLOCK + offset, data, bytes);
    return STK_OK;
}

static int flash_erase(void *ctx, uint32_t block) {
    (void)ctx;
    memset(flash + block * BLOCK, 0xFF, BLOCK);
    return STK_OK;
}

/// Operations ///

static void ring_operations(void) {
    static _Alignas(64) uint32_t words[RING_SLOTS * STK_SLOT_WORDS];
    static const uint32_t args[STK_SLOT_ARGS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const struct stk_work work = {STK_OP_TENANT_BASE, 0, STK_PRIORITY_NORMAL, STK_SLOT_ARGS, args};
    struct stk_ring ring;
    uint64_t took = 0;
    int err = stk_ring_init(&ring, words, sizeof words, RING_SLOTS);
    for (uint32_t round = 0; round < 64u; round++) {
        uint64_t start = stk_bare_clock_now(&clock);
        for (uint32_t i = 0; i < RING_SLOTS; i++) {
            err |= stk_ring_publish(&ring, i, &work);
        }
        took += stk_bare_clock_now(&clock) - start;
        for (uint32_t i = 0; i < RING_SLOTS; i++) {
            stk_store(STK_SLOT_AT(ring.words, i), STK_SLOT_DONE); /* each slot is published again in the next round */
        }
    }
    require(err == STK_OK, "publish");
    report("ring_publish", took, 64u * RING_SLOTS, "a slot of 12 arguments");
}

static void telemetry_operations(void) {
    static _Alignas(64) uint32_t words[RING_SLOTS * STK_SLOT_WORDS];
    static uint32_t control[STK_CTL_WORDS_MIN];
    static uint8_t memory[STK_ARENA_BYTES(STK_TELEMETRY_BYTES(RING_SLOTS, 4))];
    static const uint32_t opcodes[] = {0x40000000u, 0x40000001u, 0x40000002u, 0x40000003u};
    static const struct stk_opcodes named = {opcodes, 4};
    const struct stk_telemetry_config config = {RING_SLOTS, 4};
    struct stk_telemetry telemetry;
    struct stk_arena arena;
    uint64_t start;
    int err;
    for (uint32_t i = 0; i < RING_SLOTS; i++) { /* all statuses, and four slots of a window */
        uint32_t *w = STK_SLOT_AT(words, i);
        w[STK_SLOT_STATUS] = stk_le32(i % 8u);
        w[STK_SLOT_OPCODE] = stk_le32(opcodes[i % 4u]);
        w[STK_SLOT_ARG0] = stk_le32(i / 16u);
        w[STK_SLOT_ARG0 + 1] = stk_le32(i & 1u);
    }
    stk_arena_init(&arena, memory, sizeof memory);
    err = stk_telemetry_init(&telemetry, &config, &arena, NULL);
    start = stk_bare_clock_now(&clock);
    for (uint32_t i = 0; i < 64u; i++) {
        err |= stk_telemetry_decode(&telemetry, words, sizeof words, control, sizeof control, &named, NULL) < 0;
    }
    report("telemetry", stk_bare_clock_now(&clock) - start, 64u * RING_SLOTS, "a slot");
    require(err == STK_OK, "telemetry");
}

static void log_operations(void) {
    static const struct stk_flash_ops ops = {
        .name = "ram", .geometry = flash_geometry, .read = flash_read, .prog = flash_prog, .erase = flash_erase};
    static uint8_t buffer[STK_LOG_BUFFER_BYTES(1, 256)];
    static uint8_t body[STK_LOG_BODY_BYTES] = {1, 2, 3};
    static struct stk_log log;
    const struct stk_log_config config = {.flash = {&ops, NULL}, .buffer = buffer, .buffer_bytes = sizeof buffer};
    uint64_t start, took;
    int err = stk_log_format(&log, &config, 1, 0);
    err = err == STK_OK ? stk_log_mount(&log, &config) : err;
    require(err >= 0, "format and mount");
    err = STK_OK;
    start = stk_bare_clock_now(&clock);
    for (uint32_t i = 0; i < APPENDS; i++) {
        err |= stk_log_append_cell(&log, 0, body);
    }
    took = stk_bare_clock_now(&clock) - start;
    require(err == STK_OK, "append");
    report("log_append", took, APPENDS, "a record, with programs and erases of a RAM flash");
}

static void cache_operations(void) {
    static uint8_t memory[64u << 10];
    static uint8_t keys[ENTRIES][STK_CACHE_KEY_BYTES];
    static const uint8_t artifact[ARTIFACT] = {1};
    const struct stk_cache_config config = {.shards = 1, .entries = ENTRIES, .bytes = ENTRIES * ARTIFACT};
    struct stk_cache cache;
    struct stk_artifact got = {0};
    struct stk_arena arena;
    uint64_t start;
    uint32_t hits = 0;
    int err;
    stk_arena_init(&arena, memory, sizeof memory);
    err = stk_cache_init(&cache, &config, &arena);
    for (uint32_t i = 0; i < ENTRIES && err == STK_OK; i++) {
        for (uint32_t k = 0; k < STK_CACHE_KEY_BYTES; k++) {
            keys[i][k] = (uint8_t)((i * 2654435761u) >> (k % 24u)) ^ (uint8_t)(k * 37u); /* keys are hashes */
        }
        err = stk_cache_put(&cache, keys[i], artifact, sizeof artifact) < 0 ? STK_E_ARG : STK_OK;
    }
    start = stk_bare_clock_now(&clock);
    for (uint32_t i = 0; i < 64u * ENTRIES; i++) {
        hits += stk_cache_get(&cache, keys[i * 7u % ENTRIES], &got) == 1;
    }
    report("cache_hit", stk_bare_clock_now(&clock) - start, 64u * ENTRIES, "a hit of 64 entries");
    require(err == STK_OK && hits == 64u * ENTRIES, "cache");
}

static void hash_operations(void) {
    static uint8_t data[DATA_BYTES];
    static struct stk_blake3 hasher;
    uint8_t out[STK_BLAKE3_OUT] = {0};
    uint64_t start;
    int err = STK_OK;
    memset(data, 7, sizeof data);
    start = stk_bare_clock_now(&clock);
    for (uint32_t i = 0; i < 16u; i++) {
        sink = stk_crc32c(0, data, sizeof data);
    }
    report("crc32c", stk_bare_clock_now(&clock) - start, 16u * DATA_BYTES, "a byte");
    start = stk_bare_clock_now(&clock);
    for (uint32_t i = 0; i < 4u; i++) {
        err |= stk_blake3_hash(&hasher, data, sizeof data, out);
    }
    report("blake3", stk_bare_clock_now(&clock) - start, 4u * DATA_BYTES, "a byte");
    require(err == STK_OK, "blake3");
    sink = out[0];
}

int main(void) {
#ifdef BOARD_TIMER_ADDRESS
    const struct stk_bare_clock_config config = {
        .timer = STK_BARE_MTIME, .registers = (volatile void *)BOARD_TIMER_ADDRESS, .hz = BOARD_TIMER_HZ};
#elif defined(__aarch64__)
    const struct stk_bare_clock_config config = {.timer = STK_BARE_CNTVCT};
#else
    const struct stk_bare_clock_config config = {.timer = STK_BARE_SYSTICK, .hz = BOARD_TIMER_HZ};
#endif
    require(stk_bare_clock_init(&clock, &config) == STK_OK, "clock");
    ring_operations();
    telemetry_operations();
    log_operations();
    cache_operations();
    hash_operations();
    return 0;
}
