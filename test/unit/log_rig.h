/* A log in memory that fails on demand, for tests of what writes logs and reads them. Included once in a test. */
#ifndef LOG_RIG_H
#define LOG_RIG_H

#include <string.h>

#include "stoker/log.h"
#include "stoker/port/sim.h"
#include "stoker/recorder.h"

#define RIG_BLOCK_BYTES 1024u
#ifndef RIG_BLOCKS
#define RIG_BLOCKS 32u
#endif

static struct log_rig {
    uint8_t flash[RIG_BLOCKS * RIG_BLOCK_BYTES];
    uint8_t buffer[STK_LOG_BUFFER_BYTES(1, 64)], read_buffer[4u * STK_LOG_BUFFER_BYTES(1, 64)];
    uint32_t blocks; /* blocks of the medium */
    int fail;        /* knob: programs and erases fail */
    int good;        /* knob: programs that succeed before `fail` takes effect */
    int fail_sync;   /* knob */
    uint32_t erases, syncs;
    struct stk_log log;
    struct stk_log_iter iter;
    struct stk_sim_platform clock;
    struct stk_recorder recorder;
} rig;

static inline void rig_geometry(void *ctx, struct stk_flash_geometry *g) {
    (void)ctx;
    memset(g, 0, sizeof *g);
    g->read_unit = 1;
    g->prog_unit = 64;
    g->block_bytes = RIG_BLOCK_BYTES;
    g->blocks = rig.blocks;
    g->erased = 0xFF;
    g->rewrite = STK_FLASH_ANY;
}

static inline int rig_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    (void)ctx;
    memcpy(data, rig.flash + block * RIG_BLOCK_BYTES + offset, bytes);
    return STK_OK;
}

static inline int rig_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    (void)ctx;
    if (rig.fail && rig.good-- <= 0) {
        return STK_E_IO;
    }
    memcpy(rig.flash + block * RIG_BLOCK_BYTES + offset, data, bytes);
    return STK_OK;
}

static inline int rig_erase(void *ctx, uint32_t block) {
    (void)ctx;
    if (rig.fail) {
        return STK_E_IO;
    }
    rig.erases++;
    memset(rig.flash + block * RIG_BLOCK_BYTES, 0xFF, RIG_BLOCK_BYTES);
    return STK_OK;
}

static inline int rig_sync(void *ctx) {
    (void)ctx;
    rig.syncs++;
    return rig.fail_sync ? STK_E_IO : STK_OK;
}

static const struct stk_flash_ops rig_ops = {"rig", rig_geometry, rig_read, rig_prog, rig_erase, rig_sync};

/* Makes an empty log of `blocks` blocks, and a recorder over the log that was not started. */
static inline void rig_open(uint32_t blocks) {
    const struct stk_log_config config = {{&rig_ops, NULL}, rig.buffer, sizeof rig.buffer};
    struct stk_recorder_config recorder = {.log = &rig.log, .platform = {&stk_sim_platform_ops, &rig.clock}};
    memset(&rig, 0, sizeof rig);
    rig.blocks = blocks;
    stk_sim_platform_init(&rig.clock, 1000, 10);
    assert_int_equal(stk_log_format(&rig.log, &config, 7, 0), STK_OK);
    assert_int_equal(stk_recorder_init(&rig.recorder, &recorder), STK_OK);
}

/* Begins a walk over the log. */
static inline struct stk_log_iter *rig_walk(void) {
    assert_int_equal(stk_log_iterate(&rig.log, &rig.iter, rig.read_buffer, sizeof rig.read_buffer), STK_OK);
    return &rig.iter;
}

/* Returns the next record of the walk, which must have one. */
static inline struct stk_log_record rig_next(void) {
    struct stk_log_record record;
    assert_int_equal(stk_log_next(&rig.iter, &record), 1);
    return record;
}

/* The record that only its kind tells from an empty one. */
static inline struct stk_log_record rig_kind(uint32_t kind) {
    struct stk_log_record record = rig_next();
    assert_int_equal(record.kind, kind);
    return record;
}

static inline void rig_at_end(void) {
    struct stk_log_record record;
    assert_int_equal(stk_log_next(&rig.iter, &record), 0);
}

static inline void rig_append(const struct stk_log_record *record) {
    assert_int_equal(stk_log_append(&rig.log, record), STK_OK);
}

#endif
