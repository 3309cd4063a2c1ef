/* A firmware: samples stream through a FIR handler and a scan handler, which the interpreter runs; what was published
 * and what came of it goes to a replay log on flash, and telemetry goes out on the UART. It runs until the power goes,
 * and goes on with the first chunk that the log lacks. One source for all boards: board.h has the addresses.
 *
 * With EXAMPLE_EARLY it says that chunks are synced before they are in the log, which is wrong: a test of power cuts
 * must find that. */
#include <stddef.h>

#include "board.h"
#include "line.h"
#include "samples.h"
#include "storage.h"
#include "stoker/atomic.h"
#include "stoker/automaton.h"
#include "stoker/device_memory.h"
#include "stoker/handlers.h"
#include "stoker/log.h"
#include "stoker/port/bare_core.h"
#include "stoker/port/interp.h"
#include "stoker/recorder.h"
#include "stoker/stream.h"
#include "stoker/tables.h"
#include "stoker/telemetry.h"

#ifndef EXAMPLE_EARLY
#define EXAMPLE_EARLY 0
#endif

/// What is computed ///

#define CHUNK       512u /* bytes of samples */
#define LEAD        32u  /* bytes of history: more than the taps and a pattern need */
#define BUFFER      576u /* bytes of a buffer: a chunk and its lead, a multiple of 64 */
#define DEPTH       4u   /* chunks in flight */
#define SYNC_CHUNKS 4u   /* chunks from one sync to the next */
#define SHOW_CHUNKS 16u  /* chunks from one snapshot to the next */
#define THRESHOLD   5500u
#define HITS_AT     (DEPTH * BUFFER) /* counters of the scan, behind the buffers */
#define PAYLOAD     (HITS_AT + 64u)
#define TABLES      4096u
#define OP_FIR      0x20001u /* handlers.h */

/* Their count, then signed Q15 numbers: a low-pass filter of 16 taps. */
static const int32_t taps[] = {16,   -160, -280, -120, 700,  2100, 3600, 4700, 5100,
                               4700, 3600, 2100, 700,  -120, -280, -160, 0};

static const struct stk_pattern patterns[] = {{(const uint8_t *)"ALRM", 4}, {(const uint8_t *)"\x10\x20", 2}};
#define PATTERNS 2u

extern const struct stk_handlers handlers;

_Static_assert(DEPTH * 2u <= BOARD_RING_SLOTS && PAYLOAD <= BOARD_PAYLOAD_SIZE, "the board has room for the stream");

/// Memory: all of it is here ///

#define AUTOMATON_BYTES 8192u
#define PAGE_BYTES      4096u

STK_DEVICE_MEMORY_DEFINE(shared, BOARD_RING_SLOTS, 4u, 0u, 0u, PAYLOAD, TABLES);
STK_STREAM_DEFINE(stream_memory, DEPTH, LEAD);
STK_TABLES_DEFINE(table_rows, 2);
STK_TELEMETRY_DEFINE(telemetry_memory, BOARD_RING_SLOTS, 0u);
STK_STORAGE_DEFINE(automaton_memory, AUTOMATON_BYTES);
static uint8_t log_buffer[PAGE_BYTES], walk_buffer[PAGE_BYTES];

static struct stk_bare_clock clock;
static struct stk_platform_port platform = {&stk_bare_platform_ops, &clock};
static struct stk_flash_port flash;
static struct stk_log flash_log;
static struct stk_recorder recorder;
static struct stk_device_memory memory;
static struct stk_interp interp;
static struct stk_tables tables;
static struct stk_automaton automaton;
static struct samples samples;
static struct stk_ingest_port ingest = {.ops = &samples_ops, .ctx = &samples};
static struct stk_stream stream;
static struct stk_telemetry telemetry;

static uint32_t taps_at, image_at; /* bytes of the tables */
static uint32_t next_chunk;        /* to be read */
static uint32_t done_chunks;       /* chunks with all their results in the log, over all boots */
static uint32_t fir[3];            /* results of the present chunk */

/// Start ///

static int start_clock(void) {
    struct stk_bare_clock_config config = {.hz = BOARD_TIMER_HZ};
#if defined(BOARD_TIMER_ADDRESS)
    config.timer = STK_BARE_MTIME;
    config.registers = (volatile void *)(uintptr_t)BOARD_TIMER_ADDRESS;
#elif defined(__aarch64__)
    config.timer = STK_BARE_CNTVCT;
#else
    config.timer = STK_BARE_SYSTICK;
#endif
    config.mask = &stk_bare_core_mask;
    return stk_bare_clock_init(&clock, &config);
}

/* Makes ring, control buffer, payload and tables, and opens the interpreter that works on them. */
static int start_device(void) {
    static const struct stk_device_layout layout = {
        .slots = BOARD_RING_SLOTS, .observables = 4, .tenants = 1, .payload_bytes = PAYLOAD, .table_bytes = TABLES};
    const struct stk_interp_config config = {STK_HANDLERS_INTERP(handlers)};
    struct stk_arena arena;
    stk_arena_init(&arena, shared, sizeof shared);
    int err = stk_device_memory_init(&memory, &layout, &arena);
    return err == STK_OK ? stk_interp_open(&interp, &memory, &config) : err;
}

/* Puts the taps and the automaton of the patterns into the tables. */
static int start_tables(void) {
    uint32_t stored[sizeof taps / sizeof *taps];
    struct stk_tables_config config = {.memory = memory, .dispatch = {&stk_interp_ops, &interp}, .tables = 2};
    struct stk_arena arena;
    for (size_t i = 0; i < sizeof taps / sizeof *taps; i++) {
        stk_store(&stored[i], (uint32_t)taps[i]); /* the words of tables are little-endian */
    }
    stk_arena_init(&arena, table_rows, sizeof table_rows);
    int err = stk_tables_init(&tables, &config, &arena);
    if (err == STK_OK) {
        err = stk_tables_add(&tables, 0, stored, sizeof stored, &taps_at, NULL);
    }
    stk_arena_init(&arena, automaton_memory, sizeof automaton_memory);
    if (err == STK_OK) {
        err = stk_automaton_build(&automaton, patterns, PATTERNS, &arena);
    }
    if (err == STK_OK) {
        err = stk_tables_add(&tables, 0, automaton.image, (uint32_t)automaton.image_bytes, &image_at, NULL);
    }
    return err;
}

/* Mounts the log, or makes one where there is none. Sets *formatted. */
static int start_log(uint32_t *formatted) {
    int err = storage_open(&platform, &flash);
    if (err != STK_OK) {
        return err;
    }
    const struct stk_log_config config = {flash, log_buffer, sizeof log_buffer};
    err = stk_log_mount(&flash_log, &config);
    *formatted = err == STK_E_FORMAT;
    return *formatted ? stk_log_format(&flash_log, &config, 0x53544B45u, 0) : err;
}

#define RESUME_RECORDS 256u /* the newest records of the log: more than those of the chunks in flight */

/* Finds the first chunk without all its results. A chunk is complete with the result of its scan. */
static int find_next_chunk(uint32_t *next) {
    uint32_t chunk_of[BOARD_RING_SLOTS];
    struct stk_log_record record;
    struct stk_log_iter iter;
    for (uint32_t i = 0; i < BOARD_RING_SLOTS; i++) {
        chunk_of[i] = UINT32_MAX;
    }
    *next = 0;
    int err = stk_log_iterate(&flash_log, &iter, walk_buffer, sizeof walk_buffer);
    if (err == STK_OK) {
        err = stk_log_seek_last(&iter, RESUME_RECORDS);
    }
    while (err == STK_OK && (err = stk_log_next(&iter, &record)) == 1) {
        err = STK_OK;
        uint32_t slot = record.slot < BOARD_RING_SLOTS ? record.slot : 0;
        if (record.kind == STK_LOG_INPUT && record.status == 0) {
            chunk_of[slot] = (uint32_t)(((uint64_t)record.args[3] << 32 | record.args[2]) / CHUNK);
        }
        if (record.kind == STK_LOG_RESULT && record.opcode == STK_OP_SCAN_COUNT && chunk_of[slot] != UINT32_MAX) {
            *next = chunk_of[slot] + 1u;
        }
        if (record.kind == STK_LOG_START) {
            for (uint32_t i = 0; i < BOARD_RING_SLOTS; i++) {
                chunk_of[i] = UINT32_MAX;
            }
        }
    }
    return err;
}

/// Work ///

static int read_chunk(uint32_t chunk) {
    struct stk_stream_read read = {.offset = (uint64_t)chunk * CHUNK, .bytes = CHUNK, .opcode = OP_FIR, .tag = chunk};
    read.lead = chunk == 0 ? 0 : LEAD;
    read.params[0] = taps_at;
    read.params[1] = THRESHOLD;
    return stk_stream_read(&stream, &read);
}

/* Writes the results of a slot into the log. An error stays in the recorder, and ends the work there. */
static void record_result(const struct stk_stream_result *result) {
    struct stk_record_result record = {.slot = stk_stream_slot(&stream), .opcode = result->opcode};
    for (uint32_t i = 0; i < STK_SLOT_RESULTS; i++) {
        record.results[i] = result->results[i];
    }
    (void)!stk_recorder_result(&recorder, &record);
}

/* Takes a result. After the filter the stream publishes the same chunk for the scan. After the scan the stream reads
 * the next chunk. */
static int on_result(void *ctx, const struct stk_stream_result *result, struct stk_stream_next *next) {
    (void)ctx;
    if (result->err != STK_OK) {
        line_text("a chunk failed");
        return result->err;
    }
    record_result(result);
    if (result->opcode == OP_FIR) {
        for (uint32_t i = 0; i < 3; i++) {
            fir[i] = result->results[i];
        }
        *next = (struct stk_stream_next){.opcode = STK_OP_SCAN_COUNT};
        next->params[STK_SCAN_IMAGE - STK_ARG_PARAM] = image_at;
        next->params[STK_SCAN_HITS - STK_ARG_PARAM] = HITS_AT;
        return STK_STREAM_REPUBLISH;
    }
    const uint32_t words[] = {(uint32_t)result->tag, fir[0], fir[1], fir[2], result->results[0]};
    line_words(LINE_RESULT, words, 5);
    done_chunks++;
    return read_chunk(next_chunk++);
}

static int start_stream(void) {
    const struct stk_recorder_config recorded = {.log = &flash_log, .platform = platform};
    struct stk_arena arena;
    int err = stk_recorder_init(&recorder, &recorded);
    if (err == STK_OK) {
        err = stk_recorder_start(&recorder, &memory);
    }
    stk_arena_init(&arena, stream_memory, sizeof stream_memory);
    const struct stk_stream_config config = {.memory = memory,
                                             .dispatch = {&stk_interp_ops, &interp},
                                             .ingest = &ingest,
                                             .platform = platform,
                                             .on_result = on_result,
                                             .depth = DEPTH,
                                             .chunk_bytes = BUFFER,
                                             .lead_max = LEAD,
                                             .recorder = &recorder};
    return err == STK_OK ? stk_stream_init(&stream, &config, &arena) : err;
}

static void tell_synced(uint32_t chunks) {
    line_words(LINE_SYNCED, &chunks, 1);
}

static int show(void) {
    struct stk_ring ring = {memory.ring, memory.slots};
    struct stk_control control = {memory.control, memory.control_words};
    int err = stk_telemetry_read(&telemetry, &ring, &control, STK_FEED_ANY, NULL, NULL);
    if (err == STK_OK) {
        line_snapshot(&telemetry.snapshot, stk_bare_clock_now(&clock));
    }
    return err;
}

static int run(void) {
    uint32_t synced = done_chunks, shown = done_chunks;
    int err = STK_OK;
    for (uint32_t i = 0; i < DEPTH && err == STK_OK; i++) {
        err = read_chunk(next_chunk++);
    }
    while (err >= 0) {
        err = stk_stream_poll(&stream, UINT64_C(10000000));
        err = err >= 0 && recorder.err < 0 ? recorder.err : err;
        if (err >= 0 && done_chunks - synced >= SYNC_CHUNKS) {
            synced = done_chunks;
            err = stk_recorder_sync(&recorder);
            if (err == STK_OK) {
                tell_synced(EXAMPLE_EARLY ? synced + 2u * SYNC_CHUNKS : synced);
            }
        }
        if (err >= 0 && done_chunks - shown >= SHOW_CHUNKS) {
            shown = done_chunks;
            err = show();
        }
    }
    return err;
}

static int start(uint32_t *formatted) {
    struct stk_arena arena;
    int err = start_log(formatted);
    if (err == STK_OK) {
        err = find_next_chunk(&next_chunk);
    }
    if (err == STK_OK) {
        err = start_device();
    }
    if (err == STK_OK) {
        err = start_tables();
    }
    done_chunks = next_chunk;
    samples_init(&samples, &platform, (uint64_t)next_chunk * (CHUNK / 2u));
    if (err == STK_OK) {
        err = start_stream();
    }
    stk_arena_init(&arena, telemetry_memory, sizeof telemetry_memory);
    const struct stk_telemetry_config shape = {.slots = BOARD_RING_SLOTS};
    return err == STK_OK ? stk_telemetry_init(&telemetry, &shape, &arena, NULL) : err;
}

int main(void) {
    uint32_t formatted = 0;
    int err = start_clock();
    if (err == STK_OK) {
        err = line_open(&platform);
    }
    if (err != STK_OK) {
        return 1;
    }
    err = start(&formatted);
    if (err == STK_OK) {
        const uint32_t words[] = {next_chunk, flash_log.boot, formatted};
        line_words(LINE_BEGIN, words, 3);
        err = run();
    }
    line_text(stk_err_name(err));
    return 1;
}
