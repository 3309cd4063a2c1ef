/* A log on a medium that is lazy in the worst way: a power cut keeps every erase and loses every program since the last
 * sync. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stoker/log.h"

#define BLOCKS      5u
#define BLOCK_BYTES 1024u
#define APPENDS     200u

static struct medium {
    uint8_t now[BLOCKS][BLOCK_BYTES], after_a_cut[BLOCKS][BLOCK_BYTES];
    uint32_t bad; /* number of bad blocks; they are the last blocks of the medium */
    uint32_t prog_unit, erases;
    int sync_err;
} medium;

static void geometry(void *ctx, struct stk_flash_geometry *g) {
    const struct medium *m = ctx;
    *g = (struct stk_flash_geometry){.read_unit = 1,
                                     .prog_unit = m->prog_unit,
                                     .block_bytes = BLOCK_BYTES,
                                     .blocks = BLOCKS,
                                     .erased = 0xFF,
                                     .rewrite = STK_FLASH_ANY,
                                     .lazy = 1};
}

static int read_it(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    const struct medium *m = ctx;
    memcpy(data, m->now[block] + offset, bytes);
    return STK_OK;
}

static int prog_it(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct medium *m = ctx;
    memcpy(m->now[block] + offset, data, bytes);
    return block >= BLOCKS - m->bad ? STK_E_IO : STK_OK;
}

static int erase_it(void *ctx, uint32_t block) {
    struct medium *m = ctx;
    m->erases++;
    memset(m->now[block], 0xFF, BLOCK_BYTES);
    memset(m->after_a_cut[block], 0xFF, BLOCK_BYTES);
    return block >= BLOCKS - m->bad ? STK_E_IO : STK_OK;
}

static int sync_it(void *ctx) {
    struct medium *m = ctx;
    if (m->sync_err == STK_OK) {
        memcpy(m->after_a_cut, m->now, sizeof m->now);
    }
    return m->sync_err;
}

static const struct stk_flash_ops ops = {"lazy", geometry, read_it, prog_it, erase_it, sync_it};

/* Returns the newest record that a cut would leave; UINT32_MAX if no record would stay. */
static uint32_t newest_after_a_cut(void) {
    static struct medium cut;
    static uint8_t page[STK_LOG_BUFFER_BYTES(1, 256)], walk[STK_LOG_BUFFER_BYTES(1, 256)];
    const struct stk_log_config config = {{&ops, &cut}, page, sizeof page};
    struct stk_log_record r = {.sequence = UINT32_MAX};
    struct stk_log_iter iter;
    struct stk_log left;
    cut = medium;
    memcpy(cut.now, medium.after_a_cut, sizeof cut.now);
    assert_int_equal(stk_log_mount(&left, &config), STK_OK);
    assert_int_equal(stk_log_iterate(&left, &iter, walk, sizeof walk), STK_OK);
    while (stk_log_next(&iter, &r) == 1) {
    }
    return r.sequence;
}

/* Appends with a sync after every `sync_every` appends, where `bad` blocks are bad. */
static void assert_synced_stays(uint32_t prog_unit, uint32_t sync_every, uint32_t bad) {
    static uint8_t page[STK_LOG_BUFFER_BYTES(1, 256)];
    const struct stk_log_config config = {{&ops, &medium}, page, sizeof page};
    const struct stk_log_record r = {.timestamp_ns = 1};
    struct stk_log flash_log;
    uint32_t synced = 0;
    medium = (struct medium){.prog_unit = prog_unit};
    assert_int_equal(stk_log_format(&flash_log, &config, 7, 0), STK_OK);
    medium.bad = bad;
    for (uint32_t n = 0; n < APPENDS; n++) {
        uint32_t newest;
        assert_int_equal(stk_log_append(&flash_log, &r), STK_OK);
        if ((n + 1u) % sync_every == 0u) {
            assert_int_equal(stk_log_sync(&flash_log), STK_OK);
            synced = n + 1u;
        }
        newest = newest_after_a_cut();
        assert_true(synced == 0 || (newest != UINT32_MAX && newest + 1u >= synced));
        assert_true(stk_log_poll(&flash_log) >= 0);
        newest = newest_after_a_cut();
        assert_true(synced == 0 || (newest != UINT32_MAX && newest + 1u >= synced));
    }
}

static void cut_that_keeps_erases_alone_costs_no_synced_record(void **state) {
    static const uint32_t every[] = {1, 2, 5, 11};
    (void)state;
    for (uint32_t bad = 0; bad <= BLOCKS - 2u; bad++) {
        for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
            assert_synced_stays(64, every[i], bad);
            assert_synced_stays(256, every[i], bad);
        }
    }
}

/* Tests that records which may still be lost do not let the log erase synced records ahead. */
static void medium_that_cannot_sync_erases_nothing(void **state) {
    static uint8_t page[STK_LOG_BUFFER_BYTES(1, 64)];
    const struct stk_log_config config = {{&ops, &medium}, page, sizeof page};
    const struct stk_log_record r = {.timestamp_ns = 1};
    struct stk_log flash_log;
    uint32_t erases, n;
    (void)state;
    medium = (struct medium){.prog_unit = 64};
    assert_int_equal(stk_log_format(&flash_log, &config, 7, 0), STK_OK);
    erases = medium.erases;
    medium.sync_err = STK_E_IO;
    for (n = 0; n < BLOCK_BYTES / STK_LOG_CELL_BYTES - 1u; n++) {
        assert_int_equal(stk_log_append(&flash_log, &r), STK_OK);
        if (n + 2u < BLOCK_BYTES / STK_LOG_CELL_BYTES) {
            assert_int_equal(stk_log_poll(&flash_log), STK_E_IO);
        }
        assert_int_equal(stk_log_sync(&flash_log), STK_E_IO);
        assert_int_equal(medium.erases, erases);
    }
    medium.sync_err = STK_OK;
    assert_int_equal(stk_log_append(&flash_log, &r), STK_OK);
    assert_int_equal(stk_log_poll(&flash_log), 1);
    assert_int_equal(newest_after_a_cut(), n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_that_keeps_erases_alone_costs_no_synced_record),
        cmocka_unit_test(medium_that_cannot_sync_erases_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
