/* A board writes these four calls for the SPI controller that it has. Here a chip is simulated in RAM, and the file
 * flash.img of the host has what the chip holds: each change goes there at once, so that a power cut of the emulator
 * leaves what a chip would hold. */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "storage.h"
#include "stoker/port/sim_spi_nor.h"
#include "stoker/port/spi_nor.h"

static struct stk_spi_nor nor;
static struct stk_sim_spi_nor chip;
static uint8_t memory[BOARD_LOG_SIZE];
static int file = -1;

/// The calls of the board ///

static int spi_command(void *ctx, const uint8_t *command, uint32_t count) {
    return stk_sim_spi_nor_select(ctx, command, count, NULL, 0, NULL, 0);
}

static int spi_read(void *ctx, const uint8_t *command, uint32_t count, void *data, uint32_t bytes) {
    return stk_sim_spi_nor_select(ctx, command, count, NULL, 0, data, bytes);
}

static int spi_write(void *ctx, const uint8_t *command, uint32_t count, const void *data, uint32_t bytes) {
    return stk_sim_spi_nor_select(ctx, command, count, data, bytes, NULL, 0);
}

static const struct stk_spi_nor_bus bus = {spi_command, spi_read, spi_write, NULL};

/// The chip ///

static void keep(void *ctx, uint32_t at, uint32_t bytes) {
    (void)ctx;
    if (lseek(file, (off_t)at, SEEK_SET) != (off_t)at || write(file, memory + at, bytes) != (ssize_t)bytes) {
        chip.off = true; /* every further call of the chip fails */
    }
}

int storage_open(const struct stk_platform_port *platform, struct stk_flash_port *port) {
    const struct stk_sim_spi_nor_config made = {.memory = memory, .bytes = sizeof memory, .changed = keep};
    const struct stk_spi_nor_config config = {.bus = &bus, .bus_ctx = &chip, .platform = *platform};
    file = open("flash.img", O_RDWR);
    if (file < 0) {
        return STK_E_NOENT;
    }
    if (read(file, memory, sizeof memory) != (ssize_t)sizeof memory) {
        return STK_E_SHORT;
    }
    int err = stk_sim_spi_nor_init(&chip, &made);
    *port = (struct stk_flash_port){&stk_spi_nor_flash_ops, &nor};
    return err == STK_OK ? stk_spi_nor_open(&nor, &config) : err;
}
