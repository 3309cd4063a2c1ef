/* stoker port: what the files of the SPI NOR port share. Errors of the board come in two kinds. Before an operation
 * began, the error is the bus's, and no block is to blame. From the command of an operation on nobody knows what the
 * chip did, and the block counts as bad until its next erase. */
#ifndef STOKER_SPI_NOR_INTERNAL_H
#define STOKER_SPI_NOR_INTERNAL_H

#include "stoker/port/spi_nor.h"

/* Commands that take no address. */
enum {
    CMD_WRITE_STATUS = 0x01,
    CMD_READ_STATUS = 0x05,
    CMD_WRITE_ENABLE = 0x06,
    CMD_READ_SECURITY = 0x2B,
    CMD_CLEAR_STATUS = 0x30,
    CMD_CLEAR_FLAGS = 0x50,
    CMD_READ_FLAGS = 0x70,
    CMD_READ_ID = 0x9F,
    CMD_WAKE = 0xAB
};

/* Bits of the status register. */
enum {
    STATUS_BUSY = 0x01,
    STATUS_WRITABLE = 0x02,
    STATUS_FAILED = 0x60 /* only chips of kind STK_SPI_NOR_STATUS have these bits */
};

#define SPI_NOR_NARROW_BYTES 0x1000000u /* what addresses of 3 bytes reach */

/* Reads one register of 8 bits. STK_OK; an error of the board. */
int stk_spi_nor_register(const struct stk_spi_nor *n, uint8_t command, uint8_t *value);

/* Returns the bits of the status register that protect blocks of this chip. */
uint8_t stk_spi_nor_protection(const struct stk_spi_nor *n);

/* Sends the write enable and checks that the chip took it. STK_E_ACCESS it did not; STK_E_NODEV nobody answers, or the
 * bus failed; another error of the board. Nothing of the chip has changed then. */
int stk_spi_nor_write_enable(const struct stk_spi_nor *n);

/* Waits until the chip is not busy, at most `limit_ns`. STK_OK; STK_E_TIMEOUT; an error of the board. */
int stk_spi_nor_wait(const struct stk_spi_nor *n, uint64_t limit_ns);

/* The outcome of an operation that has ended, from the registers of the chip. */
struct spi_nor_outcome {
    bool failed;
    bool refused;  /* the block is protected, and nothing of it was changed */
    uint8_t value; /* value of the register that showed the outcome */
};

/* Reads how the last erase or program ended, where the chip has a register for that, and clears the register. STK_OK;
 * an error of the board. */
int stk_spi_nor_outcome(const struct stk_spi_nor *n, bool erase, struct spi_nor_outcome *out);

/* Reads the table of JESD216 into n->chip. STK_E_UNSUPPORTED no table, or one that names no erase; an error of the
 * board. */
int stk_spi_nor_read_sfdp(struct stk_spi_nor *n);

/* Returns the error of a failed bus call. A board may return STK_E_IO, which would mean a bad block, so that error
 * becomes STK_E_NODEV. */
static inline int spi_nor_bus_error(int err) {
    return err == STK_E_IO ? STK_E_NODEV : err;
}

#endif
