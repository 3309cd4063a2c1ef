/* The SPI NOR port over a simulated chip, beside the contract of every flash (test/contract): how a chip is found, what
 * its table gives, pages, deadlines, and the trouble that chip and board can have. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "spi_nor_board.h"

#define KINDS 4u

static const struct stk_flash_ops *const ops = &stk_spi_nor_flash_ops;
static struct stk_spi_nor nor;

static void open_with(const struct stk_spi_nor_config *config) {
    assert_int_equal(stk_spi_nor_open(&nor, config), STK_OK);
}

/// Opening ///

static void the_table_gives_sizes_commands_and_limits(void **state) {
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SILENT, 4096);
    struct stk_flash_geometry g;
    (void)state;
    open_with(&config);
    ops->geometry(&nor, &g);
    assert_int_equal(g.read_unit, 1);
    assert_int_equal(g.prog_unit, 1);
    assert_int_equal(g.block_bytes, 4096);
    assert_int_equal(g.blocks, CHIP_BYTES / 4096);
    assert_int_equal(g.rewrite, STK_FLASH_MANY);
    assert_int_equal(nor.id[0], 0xEF);
    assert_int_equal(nor.chip.bytes, CHIP_BYTES);
    assert_int_equal(nor.chip.page_bytes, 256);
    assert_true(nor.chip.program_ns == 704000u * 6u);
    assert_int_equal(nor.chip.erase[0].command, 0x20);
    assert_true(nor.chip.erase[0].limit_ns == UINT64_C(48000000) * 4u);
    assert_int_equal(nor.chip.erase[1].bytes, 65536);
    assert_int_equal(nor.chip.erase[1].command, 0xD8);
    assert_true(nor.chip.erase[1].limit_ns == UINT64_C(160000000) * 4u);
    assert_int_equal(nor.chip.erase[2].bytes, 0);
    assert_int_equal(nor.reports, STK_SPI_NOR_READ_BACK);
    config.block_bytes = 65536;
    open_with(&config);
    assert_int_equal(nor.geometry.blocks, CHIP_BYTES / 65536);
}

static void the_maker_says_where_failures_are_reported(void **state) {
    static const uint8_t want[KINDS] = {STK_SPI_NOR_READ_BACK, STK_SPI_NOR_FLAGS, STK_SPI_NOR_SECURITY,
                                        STK_SPI_NOR_STATUS};
    (void)state;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        struct stk_spi_nor_config config = plug((enum stk_sim_spi_nor_kind)kind, 4096);
        open_with(&config);
        assert_int_equal(nor.reports, want[kind]);
        config.reports = STK_SPI_NOR_READ_BACK;
        open_with(&config);
        assert_int_equal(nor.reports, STK_SPI_NOR_READ_BACK);
    }
    chip.config.maker = 0x2C; /* Micron's second number */
    struct stk_spi_nor_config config = {.bus = &plain_bus, .bus_ctx = &chip, .platform = {&chip_clock, &chip}};
    open_with(&config);
    assert_int_equal(nor.reports, STK_SPI_NOR_FLAGS);
}

static void a_chip_without_a_table_is_described_by_the_caller(void **state) {
    struct stk_spi_nor_chip known = {.bytes = CHIP_BYTES, .erase = {{.bytes = 4096, .command = 0x20}}};
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SILENT, 4096);
    (void)state;
    chip.config.no_sfdp = true;
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_UNSUPPORTED);
    config.chip = &known;
    open_with(&config);
    assert_int_equal(nor.chip.page_bytes, 256);
    assert_true(nor.chip.program_ns == 10000000u);
    assert_true(nor.limit_ns == UINT64_C(10000000000));
    known.page_bytes = 100;
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_ARG);
    known.page_bytes = 0;
    known.erase[1].bytes = 3000;
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_ARG);
    known.erase[1].bytes = 0;
    known.bytes = 0;
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_ARG);
    known.bytes = 1u << 25;
    known.erase[0].command = 0xC7; /* the command 0xC7 has no form with addresses of four bytes */
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_UNSUPPORTED);
}

static void a_window_is_whole_blocks_of_the_chip(void **state) {
    static const struct {
        uint32_t offset, bytes, block, unit;
        int blocks; /* number of blocks, or the error of open */
    } row[] = {
        {4096, 0, 0, 0, CHIP_BYTES / 4096 - 1},
        {8192, 8192, 4096, 0, 2},
        {0, 0, 65536, 0, CHIP_BYTES / 65536},
        {4096, 0, 65536, 0, STK_E_RANGE},
        {0, 4097, 0, 0, STK_E_RANGE},
        {CHIP_BYTES, 0, 0, 0, STK_E_RANGE},
        {CHIP_BYTES - 4096, 8192, 0, 0, STK_E_RANGE},
        {0, 0, 8192, 0, STK_E_RANGE},
        {0, 0, 0, 24, STK_E_RANGE},
        {0, 0, 0, STK_FLASH_UNIT_MAX + 1, STK_E_ARG},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SILENT, 4096);
        config.offset = row[i].offset;
        config.bytes = row[i].bytes;
        config.block_bytes = row[i].block;
        config.prog_unit = row[i].unit;
        int err = stk_spi_nor_open(&nor, &config);
        assert_int_equal(err < 0 ? err : (int)nor.geometry.blocks, row[i].blocks);
    }
}

static void what_is_missing_is_refused(void **state) {
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SILENT, 4096), broken = config;
    struct stk_spi_nor_bus bus = plain_bus;
    (void)state;
    assert_int_equal(stk_spi_nor_open(NULL, &config), STK_E_ARG);
    assert_int_equal(stk_spi_nor_open(&nor, NULL), STK_E_ARG);
    broken.bus = NULL;
    assert_int_equal(stk_spi_nor_open(&nor, &broken), STK_E_ARG);
    broken.bus = &bus;
    bus.write = NULL;
    assert_int_equal(stk_spi_nor_open(&nor, &broken), STK_E_ARG);
    broken = config;
    broken.platform.ops = NULL;
    assert_int_equal(stk_spi_nor_open(&nor, &broken), STK_E_ARG);
    broken = config;
    broken.reports = (enum stk_spi_nor_reports)5;
    assert_int_equal(stk_spi_nor_open(&nor, &broken), STK_E_ARG);
}

/* A line that nobody drives looks busy for ever, or answers with zeros. */
static void a_chip_that_is_not_there_is_told(void **state) {
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SILENT, 4096);
    (void)state;
    chip.absent = true;
    chip.config.byte_ns = 100000000;
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_TIMEOUT);
    config = plug(STK_SIM_SPI_NOR_SILENT, 4096);
    open_with(&config);
    chip.absent = true;
    assert_int_equal(ops->erase(&nor, 0), STK_E_NODEV);
    assert_int_equal(nor.info.err, STK_E_NODEV);
    chip.absent = false;
    chip.off = true;
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_NODEV);
}

/* The board was reset while the chip erased. */
static void open_waits_for_an_erase_of_before_the_reset(void **state) {
    const uint8_t enable = 0x06, erase[4] = {0x20, 0, 0, 0};
    (void)state;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        struct stk_spi_nor_config config = plug((enum stk_sim_spi_nor_kind)kind, 4096);
        chip_memory[5] = 0;
        assert_int_equal(bus_command(&chip, &enable, 1), STK_OK);
        assert_int_equal(bus_command(&chip, erase, 4), STK_OK);
        open_with(&config);
        assert_int_equal(chip.running, 0);
        assert_int_equal(chip_memory[5], 0xFF);
    }
}

static void protection_bits_are_cleared_where_that_is_asked_for(void **state) {
    uint8_t data[4] = {0};
    (void)state;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        struct stk_spi_nor_config config = plug((enum stk_sim_spi_nor_kind)kind, 4096);
        chip.protection = 0x0C;
        open_with(&config);
        assert_int_equal(ops->prog(&nor, 0, 0, data, 4), STK_E_ACCESS);
        config.unprotect = true;
        open_with(&config);
        assert_int_equal(chip.protection, 0);
        assert_int_equal(ops->prog(&nor, 0, 0, data, 4), STK_OK);
        open_with(&config); /* no protection bit is set now */
        chip.protection = 0x0C;
        chip.locked = true;
        assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_ACCESS);
    }
}

/// Transfers ///

static void no_program_crosses_a_page(void **state) {
    static uint8_t in[1000], out[1000];
    (void)state;
    for (uint32_t at = 0; at < 600; at += 37) {
        struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SILENT, 4096);
        open_with(&config);
        for (uint32_t i = 0; i < sizeof in; i++) {
            in[i] = (uint8_t)(i * 7u + at);
        }
        assert_int_equal(ops->prog(&nor, 1, at, in, sizeof in), STK_OK);
        assert_int_equal(ops->read(&nor, 1, at, out, sizeof out), STK_OK);
        assert_memory_equal(in, out, sizeof in);
        assert_int_equal(chip.wraps, 0);
        assert_int_equal(chip.ignored, 0);
        assert_int_equal(chip.programs, (at + sizeof in + 255) / 256 - at / 256);
    }
}

static void addresses_beyond_16_mib_have_4_bytes(void **state) {
    const struct stk_spi_nor_chip wide = {.bytes = 1u << 26, .erase = {{.bytes = 4096, .command = 0x20}}};
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SILENT, 4096);
    uint8_t data[4] = {1, 2, 3, 4}, out[4];
    (void)state;
    config.chip = &wide;
    config.offset = (1u << 24) + 8192u; /* the simulated chip sees the address modulo its size */
    open_with(&config);
    assert_true(nor.wide);
    assert_int_equal(ops->prog(&nor, 0, 16, data, 4), STK_OK);
    assert_memory_equal(chip_memory + 8192 + 16, data, 4);
    assert_int_equal(ops->read(&nor, 0, 16, out, 4), STK_OK);
    assert_memory_equal(out, data, 4);
    assert_int_equal(ops->erase(&nor, 0), STK_OK);
    assert_int_equal(chip_memory[8192 + 16], 0xFF);
}

static void the_board_may_look_for_the_end_itself(void **state) {
    uint8_t data[64] = {0};
    (void)state;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        struct stk_spi_nor_config config = plug((enum stk_sim_spi_nor_kind)kind, 4096);
        config.bus = &polled_bus;
        busy_looks = 0;
        open_with(&config);
        assert_int_equal(ops->prog(&nor, 0, 0, data, 64), STK_OK);
        assert_true(busy_looks > 4);
        bus_error = STK_E_DEVICE;
        bus_fails[BUS_BUSY] = 1;
        assert_int_equal(ops->prog(&nor, 0, 64, data, 64), STK_E_IO); /* nobody knows what was programmed */
    }
}

/// Trouble ///

static void failures_of_the_chip_are_told_and_cleared(void **state) {
    uint8_t data[16] = {0};
    (void)state;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        struct stk_spi_nor_config config = plug((enum stk_sim_spi_nor_kind)kind, 4096);
        open_with(&config);
        chip.bad_blocks = 1u << 2;
        assert_int_equal(ops->prog(&nor, 2, 0, data, 16), STK_E_IO);
        assert_int_equal(nor.info.err, STK_E_IO);
        assert_int_equal(nor.info.index, 2);
        assert_true(kind == STK_SIM_SPI_NOR_SILENT || nor.info.value != 0);
        assert_int_equal(ops->erase(&nor, 2), STK_E_IO);
        assert_int_equal(ops->prog(&nor, 3, 0, data, 16), STK_OK);
        chip.bad_blocks = 0;
        assert_int_equal(ops->erase(&nor, 2), STK_OK);
        assert_int_equal(ops->prog(&nor, 2, 0, data, 16), STK_OK);
    }
}

static void a_failure_of_before_the_reset_is_not_the_next_one(void **state) {
    uint8_t data[16] = {0};
    (void)state;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        struct stk_spi_nor_config config = plug((enum stk_sim_spi_nor_kind)kind, 4096);
        chip.report = kind == STK_SIM_SPI_NOR_FLAGS ? 0x30 : 0x60;
        open_with(&config);
        assert_int_equal(ops->prog(&nor, 0, 0, data, 16), STK_OK);
        assert_int_equal(ops->erase(&nor, 0), STK_OK);
    }
}

static void a_chip_that_takes_no_write_enable_refuses(void **state) {
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_SECURITY, 4096);
    uint8_t data[16] = {0};
    (void)state;
    open_with(&config);
    chip.locked = true;
    assert_int_equal(ops->prog(&nor, 0, 0, data, 16), STK_E_ACCESS);
    assert_int_equal(ops->erase(&nor, 0), STK_E_ACCESS);
    assert_int_equal(nor.info.err, STK_E_ACCESS);
    chip.locked = false;
    assert_int_equal(ops->prog(&nor, 0, 0, data, 16), STK_OK);
}

static void a_late_chip_is_waited_for_before_the_next_call(void **state) {
    uint8_t data[4] = {0}, out[4];
    (void)state;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        struct stk_spi_nor_config config = plug((enum stk_sim_spi_nor_kind)kind, 4096);
        open_with(&config);
        assert_int_equal(ops->prog(&nor, 2, 0, data, 4), STK_OK);
        chip.stuck = true;
        uint64_t before = chip.ns;
        assert_int_equal(ops->erase(&nor, 1), STK_E_IO);
        assert_int_equal(nor.info.err, STK_E_TIMEOUT);
        assert_true(chip.ns - before >= nor.limit_ns && chip.ns - before < 2u * nor.limit_ns);
        assert_int_equal(ops->erase(&nor, 2), STK_E_TIMEOUT); /* this block is not bad */
        assert_int_equal(ops->prog(&nor, 2, 4, data, 4), STK_E_TIMEOUT);
        assert_int_equal(ops->read(&nor, 2, 0, out, 4), STK_E_IO);
        chip.stuck = false;
        assert_int_equal(ops->read(&nor, 2, 0, out, 4), STK_OK);
        assert_memory_equal(out, data, 4);
        assert_int_equal(ops->erase(&nor, 2), STK_OK);
    }
}

/* An error of the board says nothing of a block, unless a page or an erase was on its way. */
static void errors_of_the_board_are_told_from_those_of_a_block(void **state) {
    uint8_t data[600] = {0}, out[4];
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_FLAGS, 4096);
    (void)state;
    open_with(&config);
    bus_fails[BUS_COMMAND] = 1; /* the write enable fails */
    assert_int_equal(ops->prog(&nor, 0, 0, data, 4), STK_E_NODEV);
    bus_fails[BUS_READ] = 1; /* the read of the status after the write enable fails */
    assert_int_equal(ops->erase(&nor, 0), STK_E_NODEV);
    bus_fails[BUS_COMMAND] = 2; /* the erase command fails */
    assert_int_equal(ops->erase(&nor, 0), STK_E_IO);
    bus_fails[BUS_WRITE] = 1;
    assert_int_equal(ops->prog(&nor, 0, 0, data, 4), STK_E_IO);
    bus_error = STK_E_WOULD_BLOCK;
    bus_fails[BUS_COMMAND] = 2; /* the write enable of the second page fails */
    assert_int_equal(ops->prog(&nor, 1, 0, data, 600), STK_E_WOULD_BLOCK);
    assert_int_equal(ops->prog(&nor, 1, 0, data, 600), STK_OK); /* the same call succeeds when it is made again */
    bus_fails[BUS_READ] = 1;
    assert_int_equal(ops->read(&nor, 1, 0, out, 4), STK_E_WOULD_BLOCK);
    config.once = true;
    config.prog_unit = 512;
    open_with(&config);
    bus_fails[BUS_COMMAND] = 2;
    assert_int_equal(ops->prog(&nor, 2, 0, data, 512), STK_E_IO); /* the first page may not be programmed again */
}

static void an_error_of_the_board_ends_open(void **state) {
    (void)state;
    for (uint32_t fails = 1; fails <= 5; fails++) {
        struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_FLAGS, 4096);
        bus_error = STK_E_DEVICE;
        /* reads 1 and 2 get the status, read 3 the ID, reads 4 and 5 the two parts of the SFDP table */
        bus_fails[BUS_READ] = fails;
        assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_DEVICE);
    }
    struct stk_spi_nor_config config = plug(STK_SIM_SPI_NOR_FLAGS, 4096);
    bus_error = STK_E_DEVICE;
    bus_fails[BUS_COMMAND] = 1;
    assert_int_equal(stk_spi_nor_open(&nor, &config), STK_E_DEVICE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_gives_sizes_commands_and_limits),
        cmocka_unit_test(the_maker_says_where_failures_are_reported),
        cmocka_unit_test(a_chip_without_a_table_is_described_by_the_caller),
        cmocka_unit_test(a_window_is_whole_blocks_of_the_chip),
        cmocka_unit_test(what_is_missing_is_refused),
        cmocka_unit_test(a_chip_that_is_not_there_is_told),
        cmocka_unit_test(open_waits_for_an_erase_of_before_the_reset),
        cmocka_unit_test(protection_bits_are_cleared_where_that_is_asked_for),
        cmocka_unit_test(no_program_crosses_a_page),
        cmocka_unit_test(addresses_beyond_16_mib_have_4_bytes),
        cmocka_unit_test(the_board_may_look_for_the_end_itself),
        cmocka_unit_test(failures_of_the_chip_are_told_and_cleared),
        cmocka_unit_test(a_failure_of_before_the_reset_is_not_the_next_one),
        cmocka_unit_test(a_chip_that_takes_no_write_enable_refuses),
        cmocka_unit_test(a_late_chip_is_waited_for_before_the_next_call),
        cmocka_unit_test(errors_of_the_board_are_told_from_those_of_a_block),
        cmocka_unit_test(an_error_of_the_board_ends_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
