/* stoker port: the registers of an SPI NOR chip, and the wait for the end of an operation. The status register is the
 * same with all makers as far as bits 0 and 1 go. Protection bits and reports of failures differ from one maker to the
 * next. */
#include <stddef.h>

#include "spi_nor_internal.h"
#include "stoker/deadline.h"

int stk_spi_nor_register(const struct stk_spi_nor *n, uint8_t command, uint8_t *value) {
    return n->bus->read(n->bus_ctx, &command, 1, value, 1);
}

/* Registers that report failures, by enum stk_spi_nor_reports. One register keeps the bit of an erase over a program
 * that went well, so only the bit of the operation in question counts. */
static const struct {
    uint8_t read, clear; /* commands; clear 0: the next operation clears the register */
    uint8_t erase, program, refused;
} registers[] = {
    [STK_SPI_NOR_FLAGS] = {CMD_READ_FLAGS, CMD_CLEAR_FLAGS, 0x20, 0x10, 0x02},
    [STK_SPI_NOR_SECURITY] = {CMD_READ_SECURITY, 0, 0x40, 0x20, 0},
    [STK_SPI_NOR_STATUS] = {CMD_READ_STATUS, CMD_CLEAR_STATUS, 0x20, 0x40, 0},
};

int stk_spi_nor_outcome(const struct stk_spi_nor *n, bool erase, struct spi_nor_outcome *out) {
    *out = (struct spi_nor_outcome){false, false, 0};
    /* A chip without such a register: the port reads back what it holds. */
    uint8_t command = registers[n->reports].read, clear = registers[n->reports].clear;
    if (command == 0) {
        return STK_OK;
    }
    int err = stk_spi_nor_register(n, command, &out->value);
    if (err != STK_OK) {
        return spi_nor_bus_error(err);
    }
    out->refused = (out->value & registers[n->reports].refused) != 0;
    out->failed =
        out->refused || (out->value & (erase ? registers[n->reports].erase : registers[n->reports].program)) != 0;
    /* The bit of the other operation is cleared as well, or it would stay for ever. */
    bool any = (out->value & (registers[n->reports].erase | registers[n->reports].program)) != 0 || out->refused;
    return any && clear != 0 ? n->bus->command(n->bus_ctx, &clear, 1) : STK_OK;
}

uint8_t stk_spi_nor_protection(const struct stk_spi_nor *n) {
    switch (n->reports) {
    case STK_SPI_NOR_SECURITY:
        return 0x3C; /* BP0 to BP3 */
    case STK_SPI_NOR_FLAGS:
        return 0x5C; /* BP0 to BP2, and BP3 at bit 6 */
    default:
        return 0x1C; /* BP0 to BP2: bits 5 and 6 mean different things from one maker to the next */
    }
}

/* The chip's WP# line, or a status register that is locked, keeps the bit from being set. */
int stk_spi_nor_write_enable(const struct stk_spi_nor *n) {
    const uint8_t enable = CMD_WRITE_ENABLE;
    uint8_t status = 0;
    int err = n->bus->command(n->bus_ctx, &enable, 1);
    if (err == STK_OK) {
        err = stk_spi_nor_register(n, CMD_READ_STATUS, &status);
    }
    if (err != STK_OK) {
        return spi_nor_bus_error(err);
    }
    if (status == 0xFF) {
        return STK_E_NODEV; /* a line that nobody drives: a chip that waits for a command is not busy */
    }
    return (status & STATUS_WRITABLE) != 0 ? STK_OK : STK_E_ACCESS;
}

/* Returns 1 while the chip works, 0, or an error of the board. A chip that reports failures in its status register
 * stays busy after a failure until the register is cleared. */
static int is_busy(const struct stk_spi_nor *n) {
    uint8_t status = 0;
    int busy = n->bus->busy != NULL ? n->bus->busy(n->bus_ctx) : 1;
    if (busy > 0 && (n->bus->busy == NULL || n->reports == STK_SPI_NOR_STATUS)) {
        int err = stk_spi_nor_register(n, CMD_READ_STATUS, &status);
        bool failed = n->reports == STK_SPI_NOR_STATUS && (status & STATUS_FAILED) != 0 && status != 0xFF;
        busy = err != STK_OK ? err : (status & STATUS_BUSY) != 0 && !failed;
    }
    return busy;
}

int stk_spi_nor_wait(const struct stk_spi_nor *n, uint64_t limit_ns) {
    struct stk_deadline deadline;
    uint64_t left;
    int busy;
    stk_deadline_start(&deadline, limit_ns, n->platform.ops->now_ns(n->platform.ctx));
    /* The deadline is looked at first, so that the chip is asked at least once, and once more after the end. */
    do {
        left = stk_deadline_look(&deadline, n->platform.ops->now_ns(n->platform.ctx));
        busy = is_busy(n); /* once more after the deadline is over: this call may have slept */
    } while (busy > 0 && left != 0);
    return busy > 0 ? STK_E_TIMEOUT : busy;
}
