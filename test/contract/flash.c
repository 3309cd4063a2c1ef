#include "flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"
#include "stoker/log.h"

#define SKIPS 5u /* addresses of data that are tried: this many from an aligned one on */

static const struct flash_port *port;
static const struct stk_flash_ops *ops;
static void *ctx;
static struct stk_flash_geometry g;
static _Alignas(4096) uint8_t in[FLASH_BLOCK_MAX + 64], out[FLASH_BLOCK_MAX + 64];

#define LEAVE_OUT_UNLESS(c)                                                                                            \
    if (!(c)) {                                                                                                        \
        print_message("left out: %s has no such thing\n", port->name);                                                 \
        return;                                                                                                        \
    }

/// Helpers ///

static int open_port(void **state) {
    (void)state;
    ctx = port->open();
    if (ctx == NULL) {
        return -1;
    }
    ops->geometry(ctx, &g);
    return g.block_bytes > FLASH_BLOCK_MAX || g.blocks < 4 ? -1 : 0;
}

static int close_port(void **state) {
    (void)state;
    port->close();
    return 0;
}

/* Returns the bytes that the tests program into a block. They differ from block to block, and no unit of
 * these bytes equals an erased unit. */
static const uint8_t *bytes_of(uint32_t block, uint32_t offset, uint32_t bytes) {
    pattern_fill(in, (uint64_t)block * 77777u + offset, bytes);
    return in;
}

static int prog(uint32_t block, uint32_t offset, uint32_t bytes) {
    return ops->prog(ctx, block, offset, bytes_of(block, offset, bytes), bytes);
}

/* Programs block `block` in ascending order, some units at a time. */
static void fill_block(uint32_t block) {
    uint32_t units = g.block_bytes / g.prog_unit;
    for (uint32_t u = 0, n = 1; u < units; u += n, n = n % 3u + 1u) {
        n = n < units - u ? n : units - u;
        assert_int_equal(prog(block, u * g.prog_unit, n * g.prog_unit), STK_OK);
    }
}

static void read_block(uint32_t block) {
    memset(out, 0x5A, g.block_bytes);
    assert_int_equal(ops->read(ctx, block, 0, out, g.block_bytes), STK_OK);
}

static void expect_full(uint32_t block) {
    read_block(block);
    assert_memory_equal(out, bytes_of(block, 0, g.block_bytes), g.block_bytes);
}

static void expect_erased(uint32_t block, uint32_t from, uint32_t to) {
    read_block(block);
    for (uint32_t i = from; i < to; i++) {
        if (out[i] != g.erased) {
            fail_msg("byte %u of block %u is 0x%02x", (unsigned)i, (unsigned)block, (unsigned)out[i]);
        }
    }
}

/// What the port says of itself ///

static void it_has_a_name_and_every_mandatory_call(void **state) {
    (void)state;
    assert_true(ops->name != NULL && ops->name[0] != '\0');
    assert_true(ops->geometry != NULL && ops->read != NULL && ops->prog != NULL && ops->erase != NULL);
}

static void its_geometry_is_possible_and_stays(void **state) {
    struct stk_flash_geometry later;
    (void)state;
    assert_in_range(g.read_unit, 1, STK_FLASH_UNIT_MAX);
    assert_in_range(g.prog_unit, 1, STK_FLASH_UNIT_MAX);
    assert_int_equal(g.block_bytes % g.read_unit, 0);
    assert_int_equal(g.block_bytes % g.prog_unit, 0);
    assert_true(g.erased == 0x00 || g.erased == 0xFF);
    assert_in_range(g.rewrite, STK_FLASH_ONCE, STK_FLASH_ANY);
    assert_in_range(g.lazy, 0, 1);
    fill_block(0);
    assert_int_equal(ops->erase(ctx, 0), STK_OK);
    ops->geometry(ctx, &later);
    assert_true(later.read_unit == g.read_unit && later.prog_unit == g.prog_unit &&
                later.block_bytes == g.block_bytes && later.blocks == g.blocks && later.erased == g.erased &&
                later.rewrite == g.rewrite && later.lazy == g.lazy);
}

/// Transfers ///

static void what_was_programmed_reads_back_and_nothing_else_changes(void **state) {
    (void)state;
    fill_block(1);
    expect_full(1);
    expect_erased(0, 0, g.block_bytes);
    expect_erased(2, 0, g.block_bytes);
    fill_block(0);
    fill_block(2);
    for (uint32_t block = 0; block < 3; block++) {
        expect_full(block);
    }
}

static void a_unit_lands_in_its_place_alone(void **state) {
    uint32_t at = g.block_bytes / g.prog_unit / 2u * g.prog_unit;
    (void)state;
    assert_int_equal(prog(1, at, g.prog_unit), STK_OK);
    expect_erased(1, 0, at);
    expect_erased(1, at + g.prog_unit, g.block_bytes);
    assert_memory_equal(out + at, bytes_of(1, at, g.prog_unit), g.prog_unit);
}

static void reads_are_of_any_units(void **state) {
    uint32_t units = g.block_bytes / g.read_unit, step = units / 16u + 1u;
    (void)state;
    fill_block(1);
    for (uint32_t u = 0; u < units; u += step) {
        uint32_t n = u % 7u + 1u < units - u ? u % 7u + 1u : units - u, bytes = n * g.read_unit;
        memset(out, 0x5A, bytes + 1u);
        assert_int_equal(ops->read(ctx, 1, u * g.read_unit, out, bytes), STK_OK);
        assert_memory_equal(out, bytes_of(1, u * g.read_unit, bytes), bytes);
        assert_int_equal(out[bytes], 0x5A);
    }
}

/* Where an alignment is needed, an address without it is refused before anything is done. */
static void data_has_any_address_or_the_alignment_that_is_told(void **state) {
    (void)state;
    for (uint32_t skip = 0; skip < SKIPS; skip++) {
        uint32_t bytes = g.block_bytes / 2u / g.prog_unit * g.prog_unit;
        bool right = skip % port->align == 0;
        bytes = bytes != 0 ? bytes : g.prog_unit;
        pattern_fill(in + skip, 5, bytes);
        memset(out, 0x5A, sizeof out);
        assert_int_equal(ops->prog(ctx, 0, 0, in + skip, bytes), right ? STK_OK : STK_E_ALIGN);
        if (!right) {
            expect_erased(0, 0, g.block_bytes);
            memset(out, 0x5A, sizeof out);
        }
        bytes = bytes / g.read_unit * g.read_unit;
        assert_int_equal(ops->read(ctx, 0, 0, out + skip, bytes), right ? STK_OK : STK_E_ALIGN);
        if (right) {
            assert_true(pattern_matches(out + skip, 5, bytes));
        }
        assert_true((right || out[skip] == 0x5A) && out[skip + bytes] == 0x5A);
        assert_int_equal(ops->erase(ctx, 0), STK_OK);
    }
}

static void reading_nothing_is_no_error(void **state) {
    (void)state;
    out[0] = 0x5A;
    assert_int_equal(ops->read(ctx, 0, 0, out, 0), STK_OK);
    assert_int_equal(ops->read(ctx, g.blocks - 1u, g.block_bytes, out, 0), STK_OK);
    assert_int_equal(out[0], 0x5A);
}

/// Refusals ///

static void calls_stay_within_their_block(void **state) {
    const uint32_t r = g.read_unit, p = g.prog_unit, end = g.block_bytes, far = UINT32_MAX / r * r;
    (void)state;
    fill_block(0);
    memset(out, 0x5A, sizeof out);
    assert_int_equal(ops->read(ctx, g.blocks, 0, out, r), STK_E_RANGE);
    assert_int_equal(ops->read(ctx, UINT32_MAX, 0, out, r), STK_E_RANGE);
    assert_int_equal(ops->read(ctx, 0, end, out, r), STK_E_RANGE);
    assert_int_equal(ops->read(ctx, 0, end + r, out, r), STK_E_RANGE);
    assert_int_equal(ops->read(ctx, 0, end - r, out, 2 * r), STK_E_RANGE);
    assert_int_equal(ops->read(ctx, 0, r, out, far), STK_E_RANGE);
    assert_int_equal(ops->read(ctx, 0, far, out, r), STK_E_RANGE);
    assert_true(out[0] == 0x5A && out[1] == 0x5A);
    assert_int_equal(ops->prog(ctx, g.blocks, 0, in, p), STK_E_RANGE);
    assert_int_equal(ops->prog(ctx, UINT32_MAX, 0, in, p), STK_E_RANGE);
    assert_int_equal(ops->prog(ctx, 1, end, in, p), STK_E_RANGE);
    assert_int_equal(ops->prog(ctx, 1, end - p, in, 2 * p), STK_E_RANGE);
    assert_int_equal(ops->prog(ctx, 1, p, in, UINT32_MAX / p * p), STK_E_RANGE);
    assert_int_equal(ops->prog(ctx, 1, UINT32_MAX / p * p, in, p), STK_E_RANGE);
    assert_int_equal(ops->erase(ctx, g.blocks), STK_E_RANGE);
    assert_int_equal(ops->erase(ctx, UINT32_MAX), STK_E_RANGE);
    expect_full(0); /* the refused call has changed nothing */
    expect_erased(1, 0, end);
    expect_erased(2, 0, end);
    assert_int_equal(prog(1, end - p, p), STK_OK);
}

/* A port that cannot split a unit says so and programs nothing. */
static void a_part_of_a_unit_is_programmed_or_refused(void **state) {
    (void)state;
    LEAVE_OUT_UNLESS(g.prog_unit > 1 && port->align == 1);
    const uint32_t p = g.prog_unit, part[][2] = {{0, 1}, {0, p + 1}, {1, p}, {p - 1, 1}, {p / 2, p - p / 2}};
    if (port->splits) {
        assert_int_equal(prog(1, 1, p), STK_OK);
        expect_erased(1, 0, 1);
        assert_memory_equal(out + 1, bytes_of(1, 1, p), p);
        return;
    }
    for (uint32_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        assert_int_equal(prog(1, part[i][0], part[i][1]), STK_E_RANGE);
    }
    expect_erased(1, 0, g.block_bytes);
    fill_block(1);
    expect_full(1);
}

static void what_is_read_only_is_left_alone(void **state) {
    (void)state;
    LEAVE_OUT_UNLESS(port->reopen_read_only != NULL);
    fill_block(0);
    ctx = port->reopen_read_only();
    assert_int_equal(prog(1, 0, g.prog_unit), STK_E_ACCESS);
    assert_int_equal(ops->erase(ctx, 0), STK_E_ACCESS);
    expect_full(0);
    expect_erased(1, 0, g.block_bytes);
}

/// Erases and rewriting ///

static void an_erase_reaches_all_of_its_block_and_no_more(void **state) {
    (void)state;
    for (uint32_t block = 0; block < 3; block++) {
        fill_block(block);
    }
    assert_int_equal(ops->erase(ctx, 1), STK_OK);
    expect_full(0);
    expect_erased(1, 0, g.block_bytes);
    expect_full(2);
    assert_int_equal(ops->erase(ctx, 1), STK_OK); /* an erased block can be erased again */
    fill_block(1);
    expect_full(1);
}

/* Tests the promise of geometry.rewrite for a unit that was programmed. */
static void a_unit_is_programmed_again_as_far_as_it_is_said(void **state) {
    const uint32_t n = g.prog_unit;
    uint32_t i;
    (void)state;
    LEAVE_OUT_UNLESS(g.rewrite != STK_FLASH_ONCE);
    assert_int_equal(prog(1, 0, n), STK_OK);
    for (i = 0; i < n; i++) { /* NOR: bits that have left the erased value stay so */
        uint8_t old = pattern_at(77777u + i), wish = pattern_at(999u + i);
        uint8_t less = g.erased == 0xFF ? (uint8_t)(old & wish) : (uint8_t)(old | wish);
        in[i] = g.rewrite == STK_FLASH_INVERT ? (uint8_t)~g.erased : g.rewrite == STK_FLASH_MANY ? less : wish;
    }
    assert_int_equal(ops->prog(ctx, 1, 0, in, n), STK_OK);
    read_block(1);
    assert_memory_equal(out, in, n);
}

/// Trouble ///

static void a_bad_block_says_so_and_the_others_do_not(void **state) {
    uint32_t bad = 1;
    (void)state;
    LEAVE_OUT_UNLESS(port->go_bad != NULL || port->bad != UINT32_MAX);
    fill_block(0);
    if (port->go_bad != NULL) {
        port->go_bad(1);
    } else {
        bad = port->bad;
    }
    assert_int_equal(prog(bad, 0, g.prog_unit), STK_E_IO);
    assert_int_equal(ops->erase(ctx, bad), STK_E_IO);
    fill_block(2);
    expect_full(2);
    expect_full(0);
    assert_int_equal(ops->erase(ctx, 2), STK_OK);
    expect_erased(2, 0, g.block_bytes);
    if (port->go_bad != NULL) {
        port->mend();
        assert_int_equal(ops->erase(ctx, 1), STK_OK);
        fill_block(1);
        expect_full(1);
    }
}

static void a_read_that_fails_says_nothing_of_the_block(void **state) {
    (void)state;
    LEAVE_OUT_UNLESS(port->fail_reads != NULL);
    fill_block(0);
    fill_block(1);
    port->fail_reads(1);
    assert_int_equal(ops->read(ctx, 1, 0, out, g.block_bytes), STK_E_IO);
    port->mend();
    expect_full(1);
    expect_full(0);
}

/* A code that is not STK_E_IO: no block is bad, nothing was done, and the same call works once its cause is gone. */
static void what_stands_in_the_way_makes_no_block_bad(void **state) {
    (void)state;
    LEAVE_OUT_UNLESS(port->stand_in_the_way != NULL);
    fill_block(0);
    port->stand_in_the_way();
    assert_int_equal(prog(1, 0, g.prog_unit), port->refusal);
    assert_int_equal(ops->erase(ctx, 0), port->refusal);
    port->mend();
    assert_int_not_equal(port->refusal, STK_E_IO);
    expect_full(0);
    expect_erased(1, 0, g.block_bytes);
    fill_block(1);
    expect_full(1);
    assert_int_equal(ops->erase(ctx, 0), STK_OK);
    expect_erased(0, 0, g.block_bytes);
}

/// What stays ///

static void what_was_synced_is_there_for_the_next_object(void **state) {
    (void)state;
    fill_block(1);
    if (ops->sync != NULL) {
        assert_int_equal(ops->sync(ctx), STK_OK);
        assert_int_equal(ops->sync(ctx), STK_OK); /* a sync without work succeeds */
    }
    if (port->reopen != NULL) {
        ctx = port->reopen();
    }
    expect_full(1);
    expect_erased(0, 0, g.block_bytes);
}

static void expect_last_records(struct stk_log *log, uint64_t count) {
    static _Alignas(4096) uint8_t walk[STK_LOG_BUFFER_BYTES(STK_FLASH_UNIT_MAX, STK_FLASH_UNIT_MAX)];
    struct stk_log_record record;
    struct stk_log_iter iter;
    assert_int_equal(stk_log_iterate(log, &iter, walk, sizeof walk), STK_OK);
    assert_int_equal(stk_log_seek_sequence(&iter, (uint32_t)(count - 10u)), STK_OK);
    for (uint64_t n = count - 10u; n < count; n++) {
        assert_int_equal(stk_log_next(&iter, &record), 1);
        assert_true(record.args[0] == n);
    }
    assert_int_equal(stk_log_next(&iter, &record), 0);
}

static void a_log_lives_on_it(void **state) {
    static _Alignas(4096) uint8_t own[STK_LOG_BUFFER_BYTES(STK_FLASH_UNIT_MAX, STK_FLASH_UNIT_MAX)];
    struct stk_log_record record = {.slot = 1};
    struct stk_log log;
    (void)state;
    LEAVE_OUT_UNLESS(port->records != 0);
    struct stk_log_config on = {{ops, ctx}, own, sizeof own};
    assert_int_equal(stk_log_format(&log, &on, 7, 0), STK_OK);
    for (uint32_t n = 0; n < port->records; n++) {
        record.args[0] = n;
        assert_int_equal(stk_log_append(&log, &record), STK_OK);
    }
    assert_int_equal(stk_log_sync(&log), STK_OK);
    if (port->reopen != NULL) {
        ctx = port->reopen();
        on = (struct stk_log_config){{ops, ctx}, own, sizeof own};
    }
    assert_int_equal(stk_log_mount(&log, &on), STK_OK);
    expect_last_records(&log, port->records);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_port, close_port)

int flash_contract(const struct flash_port *the_port) {
    const struct CMUnitTest cases[] = {
        CASE(it_has_a_name_and_every_mandatory_call),
        CASE(its_geometry_is_possible_and_stays),
        CASE(what_was_programmed_reads_back_and_nothing_else_changes),
        CASE(a_unit_lands_in_its_place_alone),
        CASE(reads_are_of_any_units),
        CASE(data_has_any_address_or_the_alignment_that_is_told),
        CASE(reading_nothing_is_no_error),
        CASE(calls_stay_within_their_block),
        CASE(a_part_of_a_unit_is_programmed_or_refused),
        CASE(what_is_read_only_is_left_alone),
        CASE(an_erase_reaches_all_of_its_block_and_no_more),
        CASE(a_unit_is_programmed_again_as_far_as_it_is_said),
        CASE(a_bad_block_says_so_and_the_others_do_not),
        CASE(a_read_that_fails_says_nothing_of_the_block),
        CASE(what_stands_in_the_way_makes_no_block_bad),
        CASE(what_was_synced_is_there_for_the_next_object),
        CASE(a_log_lives_on_it),
    };
    port = the_port;
    ops = port->ops;
    return cmocka_run_group_tests_name(port->name, cases, NULL, NULL);
}
