/* The fetch service over a ring and an I/O queue that somebody else wrote, and goes on writing between its turns. */
#include "fuzz.h"
#include "stoker/atomic.h"
#include "stoker/device_loss.h"
#include "stoker/fetch.h"
#include "stoker/port/sim.h"

#define SLOTS    6u
#define IO_SLOTS 4u
#define RING     (SLOTS * STK_SLOT_WORDS)
#define IO       (IO_SLOTS * STK_IO_WORDS)
#define PLACE    64u
#define PAYLOAD  (4u * PLACE)
#define SOURCE   100u
#define HANDLE   20u /* bytes 10 to 89 of a source that takes writes, and the place of resource 0 */

static int drive_nothing(void *ctx, bool pending) {
    (void)ctx;
    (void)pending;
    return 0;
}

static bool no_workers(void *ctx) {
    (void)ctx;
    return false;
}

static struct {
    uint32_t *ring, *io, *control;
    uint8_t *payload;
    struct stk_sim_platform clock;
    struct stk_sim_ingest ingest;
    struct stk_ingest_port port;
    struct stk_fetch fetch;
    uint8_t file[SOURCE];
} w;

static void *words(size_t count) {
    void *p = calloc(count, sizeof(uint32_t));
    FUZZ_CHECK(p != NULL);
    return p;
}

/* Resources 0 to 3, the last beyond the end of its source; each goes to the first half of a place of its own. */
static void start(uint8_t *memory, size_t bytes) {
    static const struct stk_dispatch_ops dispatch = {.name = "fuzz", .drive = drive_nothing, .has_workers = no_workers};
    static const uint8_t source[SOURCE] = {1};
    static const struct stk_fetch_handle handle = {.handle = HANDLE,
                                                   .source = 1,
                                                   .offset = 10,
                                                   .bytes = 80,
                                                   .payload_bytes = PLACE / 2u,
                                                   .tenants = 3,
                                                   .rights = STK_IO_MAY_READ | STK_IO_MAY_WRITE | STK_IO_MAY_FENCE};
    const struct stk_sim_ingest_config slow = {.depth = 2, .sources = 2, .delay = 1, .clock = &w.clock};
    struct stk_fetch_config config = {.dispatch = {&dispatch, NULL},
                                      .ingest = &w.port,
                                      .platform = {&stk_sim_platform_ops, &w.clock},
                                      .timeout_ns = 2000};
    struct stk_arena arena;
    w.port = (struct stk_ingest_port){.ops = &stk_sim_ingest_ops, .ctx = &w.ingest};
    stk_arena_init(&arena, memory, bytes);
    stk_sim_platform_init(&w.clock, 0, 100);
    config.memory = (struct stk_device_memory){w.ring, SLOTS,    w.control, STK_CTL_WORDS_MIN, NULL, 0,
                                               w.io,   IO_SLOTS, w.payload, PAYLOAD,           NULL, 0};
    FUZZ_CHECK(stk_sim_ingest_init(&w.ingest, &slow, &arena) == STK_OK);
    FUZZ_CHECK(stk_sim_ingest_add(&w.ingest, source, sizeof source, false) == 0);
    memset(w.file, 0, sizeof w.file);
    FUZZ_CHECK(stk_sim_ingest_add_writable(&w.ingest, w.file, sizeof w.file) == 1);
    FUZZ_CHECK(stk_fetch_init(&w.fetch, &config, &arena) == STK_OK);
    for (uint32_t i = 0; i < 4u; i++) {
        const struct stk_fetch_resource row = {
            .resource = i, .offset = 24u * i, .bytes = PLACE / 2u, .dst = i * PLACE, .tenants = 3, .prefetch = i & 1u};
        FUZZ_CHECK(stk_fetch_register(&w.fetch, &row) == STK_OK);
    }
    FUZZ_CHECK(stk_fetch_grant(&w.fetch, &handle) == STK_OK);
}

/* Writes one word of the ring or the queue, most often a small value, since small values have a meaning. */
static void write_word(struct fuzz_input *in) {
    uint32_t at = fuzz_u8(in) % (RING + IO), value = fuzz_u8(in);
    value = value == 255u ? fuzz_u32(in) : value == 254u ? STK_OP_LOAD_MISS : value % 20u;
    stk_store(at < RING ? w.ring + at : w.io + (at - RING), value);
}

/* Parks a miss and asks, as the device does. */
static void ask(struct fuzz_input *in) {
    uint32_t slot = fuzz_u8(in) % SLOTS, k = fuzz_u8(in) % IO_SLOTS, resource = fuzz_u8(in) % 5u, i = 0;
    uint32_t *s = STK_SLOT_AT(w.ring, slot), *io = w.io + k * STK_IO_WORDS;
    const uint32_t head[] = {
        STK_SLOT_WAIT_IO, STK_OP_LOAD_MISS, resource % 3u, STK_WIRE_PRIORITY_NORMAL, resource, 0, k + 1u};
    const uint32_t asked[] = {STK_IO_OP_READ, resource, resource, 0, 0, 0, STK_SLOT_PUBLISHED, slot};
    for (i = 0; i < 7u; i++) {
        stk_store(s + i, head[i]);
    }
    for (i = 0; i < 8u; i++) {
        stk_store(io + i, asked[i]);
    }
}

/* Parks a slot and asks for I/O through the handle, or one beside it, as the device does. */
static void ask_handle(struct fuzz_input *in) {
    uint32_t slot = fuzz_u8(in) % SLOTS, k = fuzz_u8(in) % IO_SLOTS, op = fuzz_u8(in) % 4u + 1u;
    uint32_t handle = HANDLE + fuzz_u8(in) % 8u / 7u, at = fuzz_u8(in) % 40u, offset = fuzz_u8(in) % 90u, i = 0;
    uint32_t *s = STK_SLOT_AT(w.ring, slot), *io = w.io + k * STK_IO_WORDS;
    bool fence = op == STK_IO_OP_FENCE;
    const uint32_t head[] = {STK_SLOT_WAIT_IO,      0x20001u, fuzz_u8(in) % 3u, STK_WIRE_PRIORITY_NORMAL, 0, 0,
                             STK_IO_TICKET + k + 1u};
    const uint32_t asked[] = {op,
                              op == STK_IO_OP_READ ? handle
                              : fence              ? 0
                                                   : at,
                              op == STK_IO_OP_READ ? at : handle,
                              fence ? 0 : offset,
                              fuzz_u8(in) == 255u ? UINT32_MAX : 0,
                              fence ? 0 : fuzz_u8(in) % 40u,
                              STK_SLOT_PUBLISHED,
                              slot};
    for (i = 0; i < 7u; i++) {
        stk_store(s + i, head[i]);
    }
    for (i = 0; i < 8u; i++) {
        stk_store(io + i, asked[i]);
    }
}

static void turn(struct fuzz_input *in) {
    switch (fuzz_u8(in) % 10u) {
    case 0:
        (void)!stk_fetch_cancel(&w.fetch, fuzz_u8(in) % (SLOTS + 1u));
        break;
    case 1:
        (void)stk_device_recover_io(&w.fetch.config.memory);
        break;
    case 2:
    case 3:
    case 4:
        write_word(in);
        break;
    case 8:
    case 9:
        ask_handle(in);
        break;
    default:
        ask(in);
        break;
    }
    FUZZ_CHECK(stk_fetch_poll(&w.fetch, fuzz_u8(in)) >= 0);
}

static void check(void) {
    const struct stk_fetch_stats *s = &w.fetch.stats;
    FUZZ_CHECK(s->asked == s->served + s->refused + s->failed + s->cancelled + stk_fetch_in_flight(&w.fetch));
    FUZZ_CHECK(stk_fetch_in_flight(&w.fetch) + w.fetch.outcomes <= IO_SLOTS);
    for (uint32_t i = 0; i < PAYLOAD; i++) {
        FUZZ_CHECK(i % PLACE < PLACE / 2u || w.payload[i] == 0);
    }
    for (uint32_t i = 0; i < SOURCE; i++) {
        FUZZ_CHECK((i >= 10u && i < 90u) || w.file[i] == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static _Alignas(64) uint8_t memory[4096];
    struct fuzz_input in = {data, size};
    w.ring = words(RING);
    w.io = words(IO);
    w.control = words(STK_CTL_WORDS_MIN);
    w.payload = words(PAYLOAD / 4u);
    start(memory, sizeof memory);
    while (in.size != 0) {
        turn(&in);
        check();
    }
    FUZZ_CHECK(stk_fetch_close(&w.fetch, 1000000) == STK_OK);
    FUZZ_CHECK(stk_fetch_in_flight(&w.fetch) == 0 && w.fetch.reads.in_flight == 0);
    free(w.ring);
    free(w.io);
    free(w.control);
    free(w.payload);
    return 0;
}
