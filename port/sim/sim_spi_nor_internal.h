/* stoker port: what the files of the simulated SPI NOR chip share. */
#ifndef STOKER_SIM_SPI_NOR_INTERNAL_H
#define STOKER_SIM_SPI_NOR_INTERNAL_H

#include "stoker/port/sim_spi_nor.h"

/* Bits of the status register. */
enum {
    SIM_SPI_NOR_BUSY = 0x01,
    SIM_SPI_NOR_WRITABLE = 0x02
};

/* Kind of the operation that the chip does now. */
enum {
    SIM_SPI_NOR_PROGRAM = 1,
    SIM_SPI_NOR_ERASE = 2
};

/* Begins an operation on the `span` bytes around `at` that begin at a multiple of `span`. */
void stk_sim_spi_nor_begin(struct stk_sim_spi_nor *chip, uint8_t what, uint32_t at, uint32_t span);

/* Does one step of the present operation. */
void stk_sim_spi_nor_step(struct stk_sim_spi_nor *chip);

#endif
