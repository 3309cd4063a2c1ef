/* A board with the SPI NOR chip of stoker/port/sim_spi_nor.h on its bus; the chip's time is the clock. Included once in
 * a test, after cmocka. */
#ifndef SPI_NOR_BOARD_H
#define SPI_NOR_BOARD_H

#include <string.h>

#include "stoker/port/sim_spi_nor.h"
#include "stoker/port/spi_nor.h"

#define CHIP_BYTES (256u * 1024u)

static struct stk_sim_spi_nor chip;
static uint8_t chip_memory[CHIP_BYTES];

/* Calls of the board that fail: of each kind so many succeed first, and then one fails with `bus_error`. */
enum {
    BUS_COMMAND,
    BUS_READ,
    BUS_WRITE,
    BUS_BUSY
};
static uint32_t bus_fails[4];
static int bus_error;

static int bus_trouble(uint32_t kind) {
    return bus_fails[kind] != 0 && --bus_fails[kind] == 0 ? bus_error : STK_OK;
}

static int bus_command(void *ctx, const uint8_t *command, uint32_t count) {
    int err = bus_trouble(BUS_COMMAND);
    assert_in_range(count, 1, 6);
    return err != STK_OK ? err : stk_sim_spi_nor_select(ctx, command, count, NULL, 0, NULL, 0);
}

static int bus_read(void *ctx, const uint8_t *command, uint32_t count, void *data, uint32_t bytes) {
    int err = bus_trouble(BUS_READ);
    assert_in_range(count, 1, 6);
    assert_true(bytes != 0);
    return err != STK_OK ? err : stk_sim_spi_nor_select(ctx, command, count, NULL, 0, data, bytes);
}

static int bus_write(void *ctx, const uint8_t *command, uint32_t count, const void *data, uint32_t bytes) {
    int err = bus_trouble(BUS_WRITE);
    assert_in_range(count, 1, 6);
    assert_in_range(bytes, 1, 256);
    return err != STK_OK ? err : stk_sim_spi_nor_select(ctx, command, count, data, bytes, NULL, 0);
}

static uint32_t busy_looks;

static int bus_busy(void *ctx) {
    const uint8_t read_status = 0x05;
    uint8_t status;
    int err = bus_trouble(BUS_BUSY);
    busy_looks++;
    if (err == STK_OK) {
        err = stk_sim_spi_nor_select(ctx, &read_status, 1, NULL, 0, &status, 1);
    }
    return err != STK_OK ? err : status & 1;
}

static const struct stk_spi_nor_bus plain_bus = {bus_command, bus_read, bus_write, NULL};
static const struct stk_spi_nor_bus polled_bus = {bus_command, bus_read, bus_write, bus_busy};

static uint64_t chip_now(void *ctx) {
    return ((const struct stk_sim_spi_nor *)ctx)->ns;
}

static const struct stk_platform_ops chip_clock = {.name = "chip", .now_ns = chip_now};

/* Returns the maker of a chip that reports failures in this way. */
static inline uint8_t maker_of(enum stk_sim_spi_nor_kind kind) {
    static const uint8_t makers[] = {0xEF, 0x20, 0xC2, 0x01};
    return makers[kind];
}

/* Puts a new chip on the board. */
static inline struct stk_spi_nor_config plug(enum stk_sim_spi_nor_kind kind, uint32_t sector_bytes) {
    const struct stk_sim_spi_nor_config made = {.memory = chip_memory,
                                                .bytes = CHIP_BYTES,
                                                .sector_bytes = sector_bytes,
                                                .kind = kind,
                                                .maker = maker_of(kind)};
    memset(chip_memory, 0xFF, sizeof chip_memory);
    memset(bus_fails, 0, sizeof bus_fails);
    bus_error = STK_E_IO;
    assert_int_equal(stk_sim_spi_nor_init(&chip, &made), STK_OK);
    return (struct stk_spi_nor_config){.bus = &plain_bus, .bus_ctx = &chip, .platform = {&chip_clock, &chip}};
}

#endif
