/* Power cuts on media that keep odd parts: sectors of any age, bits that read differently each time, erases that were
 * cut. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "log_script.h"

static const struct stk_flash_geometry lazy[] = {
    {1, 1, 1024, 4, 0x00, STK_FLASH_ANY, 1},
    {512, 512, 2048, 6, 0x00, STK_FLASH_ANY, 1},
    {1, 64, 512, 7, 0xFF, STK_FLASH_MANY, 1},
    {1, 256, 1024, 5, 0xFF, STK_FLASH_ONCE, 1},
};
static const struct stk_flash_geometry durable[] = {
    {1, 256, 1024, 5, 0xFF, STK_FLASH_MANY, 0},   {1, 1, 512, 5, 0xFF, STK_FLASH_MANY, 0},
    {8, 8, 512, 6, 0x00, STK_FLASH_INVERT, 0},    {128, 128, 768, 5, 0xFF, STK_FLASH_INVERT, 0},
    {512, 512, 2048, 5, 0xFF, STK_FLASH_ONCE, 0}, {24, 72, 720, 5, 0xFF, STK_FLASH_ANY, 0},
};
#define EVERY(g, of) for (const struct stk_flash_geometry *g = of; g < of + sizeof of / sizeof *of; g++)

/// Lazy media ///

/* The power goes: of what was done since the last sync, the medium keeps the sectors whose bits in `kept` are set. */
static void cut_keeps(uint32_t sector, uint32_t kept) {
    uint32_t bytes = medium.geometry.blocks * medium.geometry.block_bytes, n = 0;
    for (uint32_t at = 0; at < bytes; at += sector) {
        if (memcmp(medium.now + at, medium.synced + at, sector) != 0 && (kept >> n++ % 32u & 1u) != 0u) {
            memcpy(medium.synced + at, medium.now + at, sector);
        }
    }
    memcpy(medium.now, medium.synced, medium_bytes());
}

/* Appends `synced` records with a sync and `unsynced` ones without, and cuts the power with every mixture of lost
 * sectors. The synced records must be there after the cut, and records that are synced later must be there too and come
 * behind them: a walk gives records in the order of their numbers. */
static void assert_any_age(const struct stk_flash_geometry *g, uint32_t synced, uint32_t unsynced, uint32_t kept) {
    uint32_t first, before, after;
    script_open(g);
    script_put_synced(synced);
    (void)script_walk();
    before = script.number;
    first = before > script_block_records() ? before - script_block_records() : 0u;
    script_put(unsynced);
    cut_keeps(g->prog_unit < 512u ? 256u : 512u, kept);
    script_mount();
    script_assert_holds(first, before);
    for (uint32_t i = 0; i < script.seen; i++) {
        assert_int_equal(stk_log_seek_sequence(&script.iter, script.sequences[i]), STK_OK);
        assert_int_equal(stk_log_next(&script.iter, &(struct stk_log_record){0}), 1);
    }
    script.number += 1000u;
    after = script.number;
    for (uint32_t round = 0; round < 3u; round++) {
        script_put_synced(2);
        script_assert_holds(after, script.number);
        script_mount();
        script_assert_holds(after, script.number);
    }
}

static void sectors_of_any_age_hide_no_synced_record(void **state) {
    (void)state;
    EVERY(g, lazy) {
        uint32_t block = g->block_bytes / STK_LOG_CELL_BYTES;
        for (uint32_t synced = block / 2u; synced <= (g->blocks + 1u) * block; synced += block + 1u) {
            for (uint32_t unsynced = 1; unsynced <= 2u * block; unsynced += 1u + unsynced) {
                for (uint32_t kept = 0; kept < 16u; kept += 1u + unsynced % 2u) {
                    assert_any_age(g, synced, unsynced, kept);
                }
            }
        }
    }
}

/// Bits that read differently each time ///

static struct {
    uint32_t block, offset, bytes; /* place of the program that was cut */
    uint32_t phase;
    uint8_t data[2u * SCRIPT_UNIT];
} marginal;

/* Shows of the page that was cut: its header without its records, its records without the header, all, or nothing. */
static void show_marginal(uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes && block == marginal.block; i++) {
        uint32_t at = offset + i - marginal.offset;
        int front = at < STK_LOG_CELL_BYTES, shown = marginal.phase == 3u || marginal.phase == (front ? 1u : 2u);
        if (at < marginal.bytes && medium.next[block] != 0u) {
            data[i] = shown ? marginal.data[at] : medium.geometry.erased;
        }
    }
}

static void note_program(uint32_t block, uint32_t offset, const uint8_t *data, uint32_t bytes) {
    marginal.block = block;
    marginal.offset = offset;
    marginal.bytes = bytes;
    memcpy(marginal.data, data, bytes);
}

/* Ends the marginal reads once the page was programmed again. */
static void forget_page(uint32_t block, uint32_t offset, const uint8_t *data, uint32_t bytes) {
    (void)data;
    (void)bytes;
    marginal.bytes = block == marginal.block && offset == marginal.offset ? 0u : marginal.bytes;
}

/* `phases` has the phase of the marginal page during the mount, during the walk behind it, and during all reads after
 * the next records, two bits each. */
static void assert_marginal(const struct stk_flash_geometry *g, uint32_t records, uint32_t phases) {
    uint32_t synced, first;
    script_open(g);
    script_fill(2, 1, 2);
    script_put_synced(records);
    synced = script.number;
    first = synced - script_block_records();
    medium.on_prog = note_program;
    medium.cut_at = 0;
    medium.cut_leaves = NONE;
    while (script_try() == STK_OK && stk_log_sync(&script.log) == STK_OK) {
    }
    medium.on_prog = forget_page;
    medium.cut_at = NO_CALL;
    medium.on_read = show_marginal;
    marginal.phase = phases % 4u;
    script_mount();
    marginal.phase = phases / 4u % 4u;
    script_assert_holds(first, synced);
    assert_true(stk_log_poll(&script.log) >= 0);
    script_assert_holds(first, synced);
    script_put_synced(3);
    script_assert_holds(script.number - 3u, script.number);
    marginal.phase = phases / 16u;
    script_mount();
    script_assert_holds(first + script_block_records() / 2u, synced);
    script_assert_holds(script.number - 3u, script.number);
}

static void bits_that_read_differently_each_time_hide_no_record(void **state) {
    (void)state;
    EVERY(g, durable) {
        for (uint32_t records = 0; records <= g->block_bytes / STK_LOG_CELL_BYTES; records += 3u) {
            for (uint32_t phases = 0; phases < 64u; phases++) {
                memset(&marginal, 0, sizeof marginal);
                assert_marginal(g, records, phases);
            }
        }
    }
}

/// Erases that were cut ///

/* The medium refuses programs into a block whose erase was cut. The power goes in any of the next calls, twice. */
static void a_block_whose_erase_was_cut_is_erased_again(void **state) {
    (void)state;
    EVERY(g, durable) {
        for (uint32_t n = 0; n < 9u * 16u; n += 1u + (uint32_t)(g - durable) % 3u) {
            uint32_t synced, first;
            script_open(g);
            script_fill(1u + n % 2u, 1, script_block_cells());
            script_sync();
            (void)script_walk();
            synced = script.number;
            first = synced - script_block_records();
            for (uint32_t cut = 0; cut < 2u; cut++) {
                medium.cut_at = cut == 0u ? n / 16u % 3u : n / 48u;
                medium.cut_leaves = (enum done)(NONE + (cut == 0u ? n / 4u : n) % 4u);
                while (script_try() == STK_OK && stk_log_sync(&script.log) == STK_OK &&
                       stk_log_poll(&script.log) >= 0) {
                }
                medium.cut_at = NO_CALL;
                script_mount();
                script_assert_holds(first, synced);
            }
            script_put_synced(4);
            script_mount();
            script_assert_holds(script.number - 4u, script.number);
            script_assert_holds(first, synced);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sectors_of_any_age_hide_no_synced_record),
        cmocka_unit_test(bits_that_read_differently_each_time_hide_no_record),
        cmocka_unit_test(a_block_whose_erase_was_cut_is_erased_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
