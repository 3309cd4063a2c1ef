/* A log on a medium that follows a script, with records that are numbered by the test. Included once in a test, after
 * cmocka. */
#ifndef LOG_SCRIPT_H
#define LOG_SCRIPT_H

#include "log_medium.h"

#define SCRIPT_ID      77u
#define SCRIPT_UNIT    STK_FLASH_UNIT_MAX
#define SCRIPT_RECORDS 8192u

static struct {
    struct stk_log log;
    struct stk_log_iter iter;
    uint8_t buffer[STK_LOG_BUFFER_BYTES(SCRIPT_UNIT, SCRIPT_UNIT)];
    uint8_t walk[2u * STK_LOG_BUFFER_BYTES(SCRIPT_UNIT, SCRIPT_UNIT)];
    uint32_t number;                                           /* number of the next record that the test appends */
    uint32_t seen, numbers[SCRIPT_RECORDS];                    /* records that the last walk found, and their numbers */
    uint32_t sequences[SCRIPT_RECORDS], boots[SCRIPT_RECORDS]; /* of those */
} script;

static inline struct stk_log_config script_config(void) {
    return (struct stk_log_config){{&medium_ops, NULL}, script.buffer, stk_log_buffer_bytes(&medium.geometry)};
}

/* Begins an empty log with this id on the medium as it is. */
static inline int script_format_as(uint32_t id) {
    const struct stk_log_config config = script_config();
    return stk_log_format(&script.log, &config, id, 0);
}

/* Makes a medium without bad blocks, with an empty log. */
static inline void script_open(const struct stk_flash_geometry *g) {
    medium_new(g);
    script.number = 0;
    assert_int_equal(script_format_as(SCRIPT_ID), STK_OK);
}

static inline struct stk_log_record script_record(uint32_t number) {
    return (struct stk_log_record){
        .slot = number, .timestamp_ns = 1000u + number, .args = {~number, number, 0, 7}, .digest = number * 3u};
}

/* Appends the record with the next number. The number is used up even if the append fails. */
static inline int script_try(void) {
    const struct stk_log_record r = script_record(script.number++);
    return stk_log_append(&script.log, &r);
}

static inline void script_put(uint32_t count) {
    while (count-- != 0u) {
        assert_int_equal(script_try(), STK_OK);
    }
}

static inline void script_sync(void) {
    assert_int_equal(stk_log_sync(&script.log), STK_OK);
}

static inline void script_put_synced(uint32_t count) {
    script_put(count);
    script_sync();
}

/* Mounts what is on the medium; the power is on again. */
static inline int script_try_mount(void) {
    const struct stk_log_config config = script_config();
    medium.off = 0;
    memset(script.buffer, 0x5A, config.buffer_bytes);
    return stk_log_mount(&script.log, &config);
}

static inline void script_mount(void) {
    assert_int_equal(script_try_mount(), STK_OK);
}

static inline struct stk_log_iter *script_iterate(void) {
    assert_int_equal(stk_log_iterate(&script.log, &script.iter, script.walk, sizeof script.walk), STK_OK);
    return &script.iter;
}

static inline void script_assert_whole(const struct stk_log_record *r) {
    struct stk_log_record want = script_record(r->slot);
    assert_true(r->timestamp_ns == want.timestamp_ns && r->digest == want.digest && r->kind == 0u && r->boot != 0u);
    assert_memory_equal(r->args, want.args, sizeof want.args);
}

/* Walks all: each record is whole, and its number and its sequence come after those of the record before it. */
static inline uint32_t script_walk(void) {
    struct stk_log_record r;
    int found;
    script.seen = 0;
    script_iterate();
    while ((found = stk_log_next(&script.iter, &r)) == 1) {
        uint32_t n = script.seen++;
        assert_true(n < SCRIPT_RECORDS);
        script_assert_whole(&r);
        script.numbers[n] = r.slot;
        script.sequences[n] = r.sequence;
        script.boots[n] = r.boot;
        assert_true(n == 0u ||
                    (script.numbers[n - 1u] < r.slot && (int32_t)(r.sequence - script.sequences[n - 1u]) > 0 &&
                     script.boots[n - 1u] <= r.boot));
    }
    assert_int_equal(found, 0);
    return script.seen;
}

/* Returns true if the last walk saw the record with this number. */
static inline int script_saw(uint32_t number) {
    for (uint32_t i = 0; i < script.seen; i++) {
        if (script.numbers[i] == number) {
            return 1;
        }
    }
    return 0;
}

/* Checks that the log holds the records from number `first` up to `end` - 1. */
static inline void script_assert_holds(uint32_t first, uint32_t end) {
    (void)script_walk();
    for (uint32_t n = first; n < end; n++) {
        assert_true(script_saw(n));
    }
}

/* Returns the number of cells of a block; the header counts too. */
static inline uint32_t script_block_cells(void) {
    return script.log.block_pages * script.log.page_cells;
}

/* Returns the number of records that a block takes. */
static inline uint32_t script_block_records(void) {
    return script_block_cells() - 1u;
}

/* Appends until the block in use is `block` of `lap` and its next page begins with cell `cell`. */
static inline void script_fill(uint32_t lap, uint32_t block, uint32_t cell) {
    while (script.log.lap != lap || script.log.block != block || script.log.page * script.log.page_cells < cell) {
        script_put(1);
    }
}

#endif
