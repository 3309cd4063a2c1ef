/* A log on SPI NOR under power cuts: the power goes in every step of every program and erase of an execution, and in
 * further ones of the boot after it. No synced record is lost, and none is invented. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "spi_nor_board.h"
#include "stoker/log.h"

#define SECTOR   256u
#define BLOCKS   6u
#define RECORDS  30u /* records of one execution: more than a lap of the chip holds */
#define LOG_ID   0x5EED5EEDu
#define BUFFER   STK_LOG_BUFFER_BYTES(1u, 128u)
#define KEPT_MIN 6u /* records that are never overwritten: those of two blocks */

static struct stk_spi_nor nor;
static struct stk_log flash_log;
static uint8_t page[BUFFER], walk[BUFFER];
static uint32_t synced; /* records whose sync has returned */
static bool early;      /* counts records as synced before their sync, which is wrong */

static struct stk_spi_nor_config board_of(enum stk_sim_spi_nor_kind kind, uint32_t unit) {
    struct stk_spi_nor_config config = plug(kind, SECTOR);
    config.bytes = BLOCKS * SECTOR;
    config.prog_unit = unit;
    return config;
}

static struct stk_log_config on_nor(void) {
    return (struct stk_log_config){{&stk_spi_nor_flash_ops, &nor}, page, sizeof page};
}

/* Appends and syncs until the power goes or `count` records are in. */
static void append(uint32_t first, uint32_t count) {
    for (uint32_t i = first; i < first + count; i++) {
        const struct stk_log_record record = {.timestamp_ns = i, .args = {i, ~i}};
        synced = early && i % 3u == 0 ? i : synced;
        if (stk_log_append(&flash_log, &record) != STK_OK) {
            return;
        }
        if (i % 3u == 0) {
            if (stk_log_sync(&flash_log) != STK_OK) {
                return;
            }
            synced = i;
        }
    }
}

/* Returns the number of the newest record, and fails where a synced one is missing. Returns UINT32_MAX instead of
 * failing where `early` is set. */
static uint32_t newest(void) {
    struct stk_log_iter iter;
    struct stk_log_record record;
    uint32_t last = 0, seen = 0;
    assert_int_equal(stk_log_iterate(&flash_log, &iter, walk, sizeof walk), STK_OK);
    while (stk_log_next(&iter, &record) == 1) {
        assert_int_equal(record.args[1], ~record.args[0]);
        assert_true(seen == 0 || record.args[0] == last + 1u);
        last = record.args[0];
        seen++;
    }
    if (early && last < synced) {
        return UINT32_MAX;
    }
    assert_true(last >= synced);
    assert_true(seen >= (synced < KEPT_MIN ? synced : KEPT_MIN));
    return last;
}

static void mount(const struct stk_spi_nor_config *config) {
    const struct stk_log_config log = on_nor();
    stk_sim_spi_nor_power_on(&chip);
    assert_int_equal(stk_spi_nor_open(&nor, config), STK_OK);
    assert_int_equal(stk_log_mount(&flash_log, &log), STK_OK);
}

/* Makes an execution whose power goes in step `cut`, and a boot behind it whose power goes in step `again`. Returns
 * false when the first execution ended before its cut. */
static bool run(enum stk_sim_spi_nor_kind kind, uint32_t unit, uint32_t cut, uint32_t again) {
    struct stk_spi_nor_config config = board_of(kind, unit);
    const struct stk_log_config log = on_nor();
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_OK);
    assert_int_equal(stk_log_format(&flash_log, &log, LOG_ID, 0), STK_OK);
    synced = 0;
    chip.cut_after = cut;
    append(1, RECORDS);
    if (!chip.off) {
        return false;
    }
    for (uint32_t boot = 0; boot < 2; boot++) {
        mount(&config);
        uint32_t last = newest();
        if (last == UINT32_MAX) {
            return false;
        }
        chip.cut_after = boot == 0 ? again : STK_SIM_SPI_NOR_NO_CUT;
        append(last + 1u, 4);
    }
    mount(&config);
    (void)newest();
    return true;
}

static void no_synced_record_is_lost(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind < 4; kind += 3) {
        for (uint32_t unit = 1; unit <= 128; unit += 127) {
            uint32_t cut = 0;
            while (run((enum stk_sim_spi_nor_kind)kind, unit, cut, cut * 7u % 23u)) {
                cut++;
            }
            assert_true(cut > 100);
        }
    }
}

/* Tests the check itself: the check finds a firmware that reports a record before the record is synced. */
static void a_record_that_was_told_too_early_is_missed(void **state) {
    uint32_t cut = 0;
    (void)state;
    early = true;
    while (run(STK_SIM_SPI_NOR_SILENT, 128, cut, STK_SIM_SPI_NOR_NO_CUT)) {
        cut++;
    }
    assert_true(cut < 100); /* the run ended early, because a reported record is missing */
    early = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_synced_record_is_lost),
        cmocka_unit_test(a_record_that_was_told_too_early_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
