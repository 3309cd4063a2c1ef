/* Tests the programs and erases of boots: a device that restarts again and again must not wear its flash out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

#define BOOTS 1000u

static const struct stk_flash_geometry shapes[] = {
    {1, 1, 1024, 6, 0xFF, STK_FLASH_MANY, 0},       {1, 256, 1024, 5, 0xFF, STK_FLASH_MANY, 0},
    {64, 64, 512, 6, 0x00, STK_FLASH_INVERT, 0},    {512, 512, 4096, 5, 0xFF, STK_FLASH_ONCE, 0},
    {1, 64, 1024, 5, 0xFF, STK_FLASH_ANY, 1},       {24, 48, 960, 5, 0xFF, STK_FLASH_MANY, 0},
    {2112, 2112, 8448, 4, 0xFF, STK_FLASH_ONCE, 0}, {1, 8, 512, 8, 0xFF, STK_FLASH_ONCE, 0},
};
#define SHAPES   (sizeof shapes / sizeof *shapes)
#define EVERY(g) for (const struct stk_flash_geometry *g = shapes; g < shapes + SHAPES; g++)

/* Makes a log in its second lap, and appends `records` records to the block in use. */
static void begin(const struct stk_flash_geometry *g, uint32_t records) {
    script_open(g);
    script_fill(2, 0, script_block_cells());
    script_sync();
    script_put_synced(records);
}

static uint32_t poll_often(void) {
    uint32_t did = 0;
    for (uint32_t i = 0; i < 3u; i++) {
        int polled = stk_log_poll(&script.log);
        assert_true(polled >= 0);
        did += (uint32_t)polled;
    }
    return did;
}

static void boots_without_a_record_cost_no_program_and_no_erase(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t records = 0; records <= g->block_bytes / STK_LOG_CELL_BYTES; records += 1u + records / 2u) {
            uint32_t programs, erases, all;
            begin(g, records);
            programs = medium.calls[PROG];
            erases = medium.calls[ERASE];
            all = script_walk();
            for (uint32_t boot = 0; boot < BOOTS; boot++) {
                script_mount();
                assert_int_equal(poll_often(), 0);
                assert_int_equal(stk_log_sync(&script.log), STK_OK);
            }
            assert_true(medium.calls[PROG] == programs && medium.calls[ERASE] == erases);
            assert_int_equal(script_walk(), all);
        }
    }
}

/* Returns the pages of a block that a boot uses which appends one record. The first append after a mount makes up to
 * two pages markers, and the record takes the third page. Where the flash allows no markers (STK_FLASH_ONCE or `lazy`),
 * the append goes to a new block, so the boot uses all pages of a block. */
static uint32_t pages_of_a_boot(const struct stk_flash_geometry *g) {
    return g->rewrite == STK_FLASH_ONCE || g->lazy ? script.log.block_pages : 3u;
}

/* Tests that polls add no erase: the log erases only the blocks that the boots fill. */
static void boots_with_one_record_erase_a_block_when_one_is_full(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t erases, pages, blocks;
        begin(g, 1);
        erases = medium.calls[ERASE];
        for (uint32_t boot = 0; boot < BOOTS; boot++) {
            script_mount();
            (void)poll_often();
            script_put_synced(1);
            (void)poll_often();
            script_assert_holds(script.number - 1u, script.number);
        }
        erases = medium.calls[ERASE] - erases;
        pages = script.log.block_pages - (script.log.page_cells == 1u ? 1u : 0u);
        /* The number of boots whose markers and records fit in a block. The last pages may have markers only. */
        blocks = BOOTS / (pages_of_a_boot(g) < pages ? pages / pages_of_a_boot(g) : 1u);
        assert_true(erases <= blocks + 1u);
    }
}

/* A boot fills several blocks with a poll for each record: each block is erased once a lap. */
static void polls_erase_each_block_once_a_lap(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t least = NO_CALL, most = 0;
        begin(g, 0);
        memset(medium.erased, 0, sizeof medium.erased);
        for (uint32_t n = 0; n < 4u * g->blocks * script_block_records(); n++) {
            script_put(1);
            (void)poll_often();
        }
        for (uint32_t b = 0; b < g->blocks; b++) {
            least = medium.erased[b] < least ? medium.erased[b] : least;
            most = medium.erased[b] > most ? medium.erased[b] : most;
        }
        assert_true(most - least <= 1u && least >= 3u && most <= 5u);
    }
}

/* Tests that the append after stk_log_settle takes one program and no erase, at every length of the log. */
static void a_settled_log_appends_with_one_program(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t records = 0; records <= 2u * script_block_records(); records++) {
            uint32_t programs, erases, written;
            begin(g, records);
            script_mount();
            assert_int_equal(stk_log_settle(&script.log), STK_OK);
            programs = medium.calls[PROG];
            erases = medium.calls[ERASE];
            assert_int_equal(stk_log_settle(&script.log), STK_OK);
            assert_true(medium.calls[PROG] == programs && medium.calls[ERASE] == erases);
            script_put(script.log.page_cells - (script.log.page == 0u ? 1u : 0u));
            written = medium.calls[PROG] - programs;
            assert_true(written == 1u && medium.calls[ERASE] == erases);
            script_mount();
            script_assert_holds(script.number - 1u, script.number);
            if (records > g->block_bytes / STK_LOG_CELL_BYTES) {
                break;
            }
        }
    }
}

static void settle_writes_no_more_than_two_marks_and_a_header(void **state) {
    (void)state;
    EVERY(g) {
        for (uint32_t records = 0; records <= g->block_bytes / STK_LOG_CELL_BYTES; records++) {
            uint32_t programs, erases;
            begin(g, records);
            script_mount();
            programs = medium.calls[PROG];
            erases = medium.calls[ERASE];
            assert_int_equal(stk_log_settle(&script.log), STK_OK);
            programs = medium.calls[PROG] - programs;
            erases = medium.calls[ERASE] - erases;
            assert_true(programs <= 2u + erases && erases <= 1u);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boots_without_a_record_cost_no_program_and_no_erase),
        cmocka_unit_test(boots_with_one_record_erase_a_block_when_one_is_full),
        cmocka_unit_test(polls_erase_each_block_once_a_lap),
        cmocka_unit_test(a_settled_log_appends_with_one_program),
        cmocka_unit_test(settle_writes_no_more_than_two_marks_and_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
