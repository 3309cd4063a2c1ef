/* log_images FOLDER: writes images of flash with a log in many states: new; partly full; after several laps; after
 * several mounts; after power cuts in programs and erases; with changed bits; with bad blocks; that went back a block;
 * after another log; grown; and with numbers of laps, boots and records that no log writes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoker/crc32c.h"
#include "stoker/log.h"
#include "stoker/port/sim_flash.h"

#define MEMORY_BYTES (1u << 20)

static const struct stk_flash_geometry geometries[] = {
    {1, 1, 256, 4, 0xFF, STK_FLASH_MANY, 0},         {1, 8, 256, 3, 0xFF, STK_FLASH_INVERT, 0},
    {1, 16, 512, 5, 0x00, STK_FLASH_ONCE, 0},        {4, 32, 512, 4, 0xFF, STK_FLASH_ANY, 0},
    {1, 64, 128, 3, 0xFF, STK_FLASH_MANY, 0},        {64, 64, 192, 7, 0x00, STK_FLASH_INVERT, 0},
    {4, 64, 1024, 6, 0xFF, STK_FLASH_MANY, 1},       {256, 64, 1024, 8, 0xFF, STK_FLASH_MANY, 0},
    {1, 128, 1024, 4, 0xFF, STK_FLASH_INVERT, 0},    {1, 256, 1024, 6, 0x00, STK_FLASH_MANY, 0},
    {16, 512, 2048, 4, 0xFF, STK_FLASH_ONCE, 0},     {1, 1024, 1024, 5, 0xFF, STK_FLASH_MANY, 0},
    {2048, 2048, 4096, 4, 0xFF, STK_FLASH_ONCE, 1},  {1, 4096, 8192, 4, 0x00, STK_FLASH_ANY, 1},
    {4096, 4096, 4096, 4, 0x00, STK_FLASH_ANY, 0},   {1, 1, 128, 40, 0xFF, STK_FLASH_ONCE, 1},
    {8, 24, 720, 5, 0xFF, STK_FLASH_MANY, 0},        {1, 48, 960, 6, 0x00, STK_FLASH_INVERT, 0},
    {528, 528, 2112, 5, 0xFF, STK_FLASH_ONCE, 0},    {1, 2112, 4224, 6, 0xFF, STK_FLASH_MANY, 0},
    {512, 16384, 16384, 4, 0xFF, STK_FLASH_ONCE, 0}, {1, 1, 192, 150, 0xFF, STK_FLASH_MANY, 0},
    {1, 256, 2048, 6, 0xFF, STK_FLASH_MANY, 0},
};
#define GEOMETRIES (sizeof geometries / sizeof *geometries)

static struct {
    const char *folder;
    const struct stk_flash_geometry *geometry;
    uint32_t number; /* number of the geometry */
    uint32_t blocks; /* blocks of the flash that the log may use */
    uint32_t hole;   /* number of programs until one fails and leaves a hole in its page; 0: none fails */
    int refused;     /* 1: the next program fails, and its page stays as it is */
    struct stk_sim_flash flash;
    struct stk_log log;
    uint8_t page[STK_LOG_BUFFER_BYTES(STK_FLASH_UNIT_MAX, STK_FLASH_UNIT_MAX)];
    _Alignas(64) uint8_t memory[MEMORY_BYTES];
    uint64_t rng;
    uint32_t images;
} w = {.rng = 1};

/* The first w.blocks blocks of the flash. */
static struct stk_flash_ops part_ops;

static void need(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "log_images: geometry %u: %s\n", w.number, what);
        exit(1);
    }
}

static uint32_t below(uint32_t n) {
    w.rng = w.rng * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(w.rng >> 33) % n;
}

/// The log ///

static uint32_t lap(void) {
    uint32_t page = STK_LOG_PAGE_BYTES(w.geometry->prog_unit);
    return w.geometry->blocks * (w.geometry->block_bytes / page * (page / STK_LOG_CELL_BYTES) - 1u);
}

static struct stk_log_config config(void) {
    return (struct stk_log_config){{&part_ops, &w.flash}, w.page, sizeof w.page};
}

static void part_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    stk_sim_flash_ops.geometry(ctx, geometry);
    geometry->blocks = w.blocks;
}

/* A program that fails may leave any part of its page. */
static int part_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    int err;
    if (w.refused) {
        w.refused = 0;
        return STK_E_IO;
    }
    err = stk_sim_flash_ops.prog(ctx, block, offset, data, bytes);
    if (err == STK_OK && w.hole != 0u && --w.hole == 0u) {
        stk_sim_flash_flip(&w.flash, block, 8u * (offset + below(bytes)) + below(8));
        return STK_E_IO;
    }
    return err;
}

/* Formats a log on the first `blocks` blocks of a new flash. */
static void begin_on(uint32_t blocks, uint32_t id, uint32_t sequence) {
    const struct stk_sim_flash_config flash = {.geometry = *w.geometry, .seed = 1u + below(1000000)};
    const struct stk_log_config c = config();
    struct stk_arena arena;
    w.blocks = blocks;
    part_ops = stk_sim_flash_ops;
    part_ops.geometry = part_geometry;
    part_ops.prog = part_prog;
    w.hole = 0;
    w.refused = 0;
    stk_arena_init(&arena, w.memory, sizeof w.memory);
    need(stk_sim_flash_init(&w.flash, &flash, &arena) == STK_OK, "no flash");
    need(stk_log_format(&w.log, &c, id, sequence) == STK_OK, "no log");
}

static void begin(uint32_t id, uint32_t sequence) {
    begin_on(w.geometry->blocks, id, sequence);
}

/* Appends until `count` went in or the power is gone. */
static void append(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct stk_log_record r = {
            .timestamp_ns = (uint64_t)w.log.sequence << below(33),
            .slot = below(64),
            .tenant = below(4),
            .opcode = 0x40000000u + below(9),
            .args = {below(1u << 30), 0, UINT32_MAX, below(7)},
            .epoch = below(100),
            .kind = below(8),
            .status = below(256),
            .failure = below(16),
            .error = (int32_t)below(65536) - 32768,
            .digest = (uint64_t)below(1u << 30) * below(1u << 30),
        };
        if (stk_log_append(&w.log, &r) != STK_OK || (below(9) == 0 && stk_log_sync(&w.log) != STK_OK) ||
            (below(5) == 0 && stk_log_poll(&w.log) < 0)) {
            return;
        }
    }
}

static void finish(void) {
    (void)!stk_log_sync(&w.log);
}

static int remount(void) {
    const struct stk_log_config c = config();
    stk_sim_flash_power_on(&w.flash);
    return stk_log_mount(&w.log, &c) == STK_OK;
}

/* Writes the image as it is now. */
static void image(const char *what) {
    char path[4096];
    FILE *file;
    snprintf(path, sizeof path, "%s/%02u_%03u_%s.img", w.folder, w.number, w.images++, what);
    file = fopen(path, "wb");
    need(file != NULL, path);
    for (uint32_t i = 0; i < w.geometry->blocks; i++) {
        need(fwrite(stk_sim_flash_data(&w.flash, i), w.geometry->block_bytes, 1, file) == 1, path);
    }
    need(fclose(file) == 0, path);
}

/// States ///

static void whole_logs(void) {
    const uint32_t counts[] = {0, 1, 2, lap() / 2u, lap() - 1u, lap(), lap() + 1u, 2u * lap() + 1u, 5u * lap()};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin(17u * i, i % 2u ? 0u - counts[i] / 2u : 5u);
        append(counts[i]);
        finish();
        image("whole");
    }
}

static void mounted_logs(void) {
    for (uint32_t i = 0; i < 6; i++) {
        begin(99, 0);
        for (uint32_t mounts = 0; mounts < 2u + i; mounts++) {
            append(below(lap()));
            finish();
            need(remount(), "a synced log is not mounted");
        }
        image("mounted");
        (void)!stk_log_poll(&w.log);
        image("polled");
    }
}

/* The power goes at any point; the image is of then, of after the next mount, and of some writing on. */
static void cut_logs(void) {
    for (uint32_t i = 0; i < 3u * STK_SIM_PROG_CUTS * STK_SIM_ERASE_CUTS / 2u; i++) {
        begin(7u + i, 0);
        append(below(3u * lap()));
        w.flash.prog_cut = (enum stk_sim_prog_cut)(i % STK_SIM_PROG_CUTS);
        w.flash.erase_cut = (enum stk_sim_erase_cut)(i % STK_SIM_ERASE_CUTS);
        w.flash.cut_at = w.flash.steps + below(w.geometry->prog_unit * 4u + 400u);
        append(lap());
        image("cut");
        if (remount()) {
            append(below(5));
            finish();
            image("after_cut");
        }
    }
}

/* One bit of a header or of a record, and some more of records. */
static void damaged_logs(void) {
    const uint32_t header_bits = 8u * STK_LOG_CELL_BYTES, bits = 8u * w.geometry->block_bytes;
    for (uint32_t i = 0; i < 16; i++) {
        begin(i, 0);
        append(below(3u * lap()));
        finish();
        stk_sim_flash_flip(&w.flash, below(w.geometry->blocks), below(i % 2u ? bits : header_bits));
        for (uint32_t flips = below(4); flips-- != 0u;) {
            stk_sim_flash_flip(&w.flash, below(w.geometry->blocks), header_bits + below(bits - header_bits));
        }
        image("flipped");
        if (remount()) {
            append(below(lap()));
            finish();
            image("flipped_on");
        }
    }
}

static void logs_with_bad_blocks(void) {
    for (uint32_t i = 0; i < 10; i++) {
        struct stk_sim_flash_block *bad;
        begin(i, 0);
        append(below(2u * lap()));
        bad = stk_sim_flash_block(&w.flash, below(w.geometry->blocks));
        bad->bad_erase = i % 3u != 0;
        bad->bad_prog = i % 3u != 1;
        w.flash.prog_fail = (enum stk_sim_prog_fail)below(STK_SIM_PROG_FAILS);
        w.flash.erase_fail = (enum stk_sim_erase_fail)below(STK_SIM_ERASE_FAILS);
        append(below(2u * lap()));
        finish();
        image("bad_block");
        if (remount()) {
            append(below(lap()));
            finish();
            image("bad_block_on");
        }
    }
}

/* Programs that fail with all but one byte programmed, in pages of one cell and of many. */
static void logs_with_holes(void) {
    for (uint32_t i = 0; i < 6; i++) {
        begin(i, 0);
        append(below(lap()));
        for (uint32_t fails = 0; fails < 3; fails++) {
            w.hole = 1u + below(4);
            append(1u + below(lap() / 2u));
        }
        finish();
        image("hole");
        if (remount()) {
            append(below(5));
            finish();
            image("hole_on");
        }
    }
}

/* Sets 32 bits of a block to a value, in little-endian order. */
static void set_word(uint32_t block, uint32_t at, uint32_t value) {
    for (uint32_t bit = 8u * at; bit < 8u * at + 32u; bit++, value >>= 1) {
        if ((stk_sim_flash_data(&w.flash, block)[bit / 8u] >> bit % 8u & 1u) != (value & 1u)) {
            stk_sim_flash_flip(&w.flash, block, bit);
        }
    }
}

/* Returns 32 bits of a block, in little-endian order. */
static uint32_t word(uint32_t block, uint32_t at) {
    const uint8_t *data = stk_sim_flash_data(&w.flash, block) + at;
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

/* Writes images in which a header comes back. A page of block 0 cannot be programmed, so the log goes on in block 1. A
 * cut leaves the first page of block 1 such that it reads blank at the next mount. That boot goes on in block 0, with
 * sequences above the one in the header of block 1, and cannot erase block 1. Then the page reads as it was programmed:
 * its header must not hide the records of the later boot in block 0 (SPEC.md 6.4, condition 5). Only pages of several
 * cells have this condition. */
static void logs_that_went_back(void) {
    static uint32_t first[STK_FLASH_UNIT_MAX / 4u];
    const uint32_t page = STK_LOG_PAGE_BYTES(w.geometry->prog_unit), erased = w.geometry->erased ? UINT32_MAX : 0u;
    if (page < 2u * STK_LOG_CELL_BYTES || w.geometry->block_bytes / page < 8u || w.geometry->blocks < 6u) {
        return;
    }
    for (uint32_t i = 0; i < 4; i++) {
        begin(i, i % 2u ? 0u - 4u : 5u);
        append(1);
        finish();
        w.refused = 1;
        append(1);
        finish();
        need(w.log.block == 1u, "the log has not left block 0");
        for (uint32_t at = 0; at < page; at += 4u) {
            first[at / 4u] = word(1, at);
            set_word(1, at, erased);
        }
        need(remount(), "a synced log is not mounted");
        append(1u + i % 2u);
        finish();
        need(w.log.block == 0u, "the log has not gone back to block 0");
        stk_sim_flash_block(&w.flash, 1)->bad_erase = true;
        w.flash.erase_fail = STK_SIM_ERASE_FAIL_UNCHANGED;
        append(lap() / 3u);
        finish();
        need(w.log.block > 1u && word(0, 0) != erased, "the log has not passed over block 1, or has erased block 0");
        for (uint32_t at = 0; at < page; at += 4u) {
            set_word(1, at, first[at / 4u]);
        }
        image("went_back");
        if (remount()) {
            append(below(lap() / 2u));
            finish();
            image("went_back_on");
        }
    }
}

/* An earlier log left cells of its first lap in a block that cannot be erased. Any block but block 0 may be this
 * block. */
static void logs_after_others(void) {
    for (uint32_t i = 0; i < 6; i++) {
        const struct stk_log_config c = config();
        begin(i, 1000);
        append(below(lap()));
        finish();
        stk_sim_flash_block(&w.flash, 1u + below(w.geometry->blocks - 1u))->bad_erase = true;
        if (stk_log_format(&w.log, &c, i % 2u ? i + 100u : i, 0) == STK_OK) {
            append(lap() + below(2u * lap()));
            finish();
            image("second");
        }
    }
}

/* Logs on a part of the flash that grow to all of it, in the first lap and later, and write on. */
static void grown_logs(void) {
    const uint32_t blocks = w.geometry->blocks, least = w.geometry->prog_unit > STK_LOG_CELL_BYTES / 2u ? 4u : 3u;
    for (uint32_t i = 0; i < 6 && blocks > least; i++) {
        const struct stk_log_config c = config();
        begin_on(least + below(blocks - least), i, 0);
        append(below(3u * lap()));
        finish();
        image("small");
        w.blocks = blocks;
        stk_sim_flash_power_on(&w.flash);
        need(stk_log_grow(&w.log, &c) == STK_OK, "a log does not grow");
        image("grown");
        append(below(2u * lap()));
        finish();
        image("grown_on");
    }
}

/* Writes images with headers whose laps go around in a circle, each later than the one before it, and images with
 * arbitrary laps. */
static void logs_of_any_laps(void) {
    for (uint32_t i = 0; i < 8; i++) {
        begin(i, 0);
        append(below(3u * lap()));
        finish();
        for (uint32_t block = 0; block < w.geometry->blocks; block++) {
            set_word(block, 12, i == 0 ? 1u + block * (UINT32_MAX / w.geometry->blocks) : below(1u << 31) * 2u);
            set_word(block, 60, stk_crc32c(0, stk_sim_flash_data(&w.flash, block), 60));
        }
        image("laps");
    }
}

/* Writes images with one header whose boot or reach is at a bound or beyond it. */
static void logs_of_any_boots(void) {
    static const uint32_t words[][2] = {{44, 0},          {44, 0x7FFFFFFD}, {44, 0x7FFFFFFE}, {44, 0x7FFFFFFF},
                                        {44, UINT32_MAX}, {48, 64},         {48, UINT32_MAX}};
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
        begin(i, 0);
        append(below(3u * lap()));
        finish();
        set_word(w.log.block, words[i][0], words[i][1]);
        set_word(w.log.block, 60, stk_crc32c(0, stk_sim_flash_data(&w.flash, w.log.block), 60));
        image("boots");
    }
}

/* Gives a record another sequence, with the checksum that goes with it (SPEC.md 6.2). Cells that hold no record stay as
 * they are. Returns true if the cell holds a record. */
static int set_sequence(uint32_t block, uint32_t cell, uint32_t sequence) {
    const uint32_t page = STK_LOG_PAGE_BYTES(w.geometry->prog_unit), page_cells = page / STK_LOG_CELL_BYTES;
    const uint32_t at = cell / page_cells * page + cell % page_cells * STK_LOG_CELL_BYTES;
    const uint8_t *header = stk_sim_flash_data(&w.flash, block);
    const uint32_t seed = stk_crc32c(stk_crc32c(0, header + 8, 8), header + 40, 4);
    if (stk_crc32c(seed, header + at, 60) != word(block, at + 60u)) {
        return 0;
    }
    set_word(block, at + 52u, sequence);
    set_word(block, at + 60u, stk_crc32c(seed, header + at, 60));
    return 1;
}

/* Writes images of a first lap in which a record has a sequence that no writer gives it. The first record of block
 * 0 has a sequence before the one in its header, or far after that of the last record (SPEC.md 6.4, conditions 2 and
 * 4). Or the last record of block 0 has a sequence far after the others, and is the last of the log then (6.6). */
static void logs_of_any_sequences(void) {
    const uint32_t records = lap() / w.geometry->blocks;
    for (uint32_t i = 0; i < 4 && records > 1u; i++) {
        const uint32_t start = i % 2u ? 1u : 0u - records;
        uint32_t cell = records;
        begin(i, start);
        append(records + 1u);
        finish();
        if (i < 3u && set_sequence(0, 1, i < 2u ? start - 1u - below(3) : w.log.sequence + 1000000u)) {
            image(i < 2u ? "before" : "after");
        }
        while (i == 3u && cell != 0u && !set_sequence(0, cell, w.log.sequence + 1000000u)) {
            cell--;
        }
        if (i == 3u) {
            image("last");
        }
    }
}

int main(int argc, char **argv) {
    uint32_t all = 0;
    if (argc != 2) {
        fputs("usage: log_images FOLDER\n", stderr);
        return 2;
    }
    w.folder = argv[1];
    for (w.number = 0; w.number < GEOMETRIES; w.number++) {
        w.geometry = &geometries[w.number];
        w.images = 0;
        whole_logs();
        mounted_logs();
        cut_logs();
        damaged_logs();
        logs_with_bad_blocks();
        logs_with_holes();
        logs_that_went_back();
        logs_after_others();
        grown_logs();
        logs_of_any_laps();
        logs_of_any_boots();
        logs_of_any_sequences();
        need(w.flash.violation.rule == STK_SIM_FLASH_KEPT, "a rule of the flash was broken");
        all += w.images;
    }
    printf("%u images\n", all);
    return 0;
}
