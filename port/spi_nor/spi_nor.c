/* stoker port: SPI NOR as flash: reads, programs and erases. Opening is in spi_nor_open.c. Each operation that changes
 * the chip has the same three parts: the write enable, which the chip drops by itself after each operation; the
 * command; and the wait for its end, after which the chip says, or the port finds out, whether it worked. */
#include <stddef.h>

#include "spi_nor_internal.h"

/* Commands with an address; the second form has addresses of 4 bytes. */
enum {
    CMD_READ = 0x0B,
    CMD_READ_WIDE = 0x0C,
    CMD_PROGRAM = 0x02,
    CMD_PROGRAM_WIDE = 0x12
};

#define COMMAND_MAX 6u  /* bytes of the longest command: the command, 4 bytes of address, 1 byte of 8 dummy clocks */
#define CHECK_BYTES 64u /* bytes that a check reads back at a time; small, because the buffer lies on the stack */

/* Writes the command and the address into `out`. Returns the number of bytes written. */
static uint32_t address(const struct stk_spi_nor *n, uint8_t *out, uint8_t command, uint32_t at) {
    uint32_t count = 0;
    out[count++] = command;
    if (n->wide) {
        out[count++] = (uint8_t)(at >> 24);
    }
    out[count++] = (uint8_t)(at >> 16);
    out[count++] = (uint8_t)(at >> 8);
    out[count++] = (uint8_t)at;
    return count;
}

/* Checks a transfer and gives the byte of the chip in *at. */
static int place_of(const struct stk_spi_nor *n, uint32_t block, uint32_t offset, uint32_t bytes, uint32_t *at) {
    const struct stk_flash_geometry *g = &n->geometry;
    if (block >= g->blocks || offset > g->block_bytes || bytes > g->block_bytes - offset) {
        return STK_E_RANGE;
    }
    *at = n->first + block * g->block_bytes + offset;
    return STK_OK;
}

/* Stores the reason of a failure, which the user may read later. Returns `err`. */
static int fail(struct stk_spi_nor *n, int err, uint32_t at, uint32_t value) {
    n->info = (struct stk_error_info){err, (at - n->first) / n->geometry.block_bytes, value};
    return err;
}

/* Waits for an operation that passed its limit: a busy chip takes no command and gives no data. */
static int wait_for_chip(struct stk_spi_nor *n) {
    struct spi_nor_outcome old;
    if (n->late && stk_spi_nor_wait(n, n->limit_ns) == STK_OK) {
        /* The call that began the operation has failed already, so its outcome must not count for the next
         * operation. */
        n->late = stk_spi_nor_outcome(n, false, &old) != STK_OK;
    }
    return n->late ? STK_E_TIMEOUT : STK_OK;
}

/// Reading ///

/* Reads `bytes` bytes at byte `at` of the chip. A read may cross pages and blocks. */
static int read_bytes(const struct stk_spi_nor *n, uint32_t at, void *data, uint32_t bytes) {
    uint8_t command[COMMAND_MAX];
    uint32_t count = address(n, command, n->wide ? CMD_READ_WIDE : CMD_READ, at);
    command[count++] = 0; /* eight clocks, in which the chip looks up the first byte */
    return n->bus->read(n->bus_ctx, command, count, data, bytes);
}

/* read of the interface. */
static int spi_nor_flash_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct stk_spi_nor *n = ctx;
    uint32_t at;
    int err = place_of(n, block, offset, bytes, &at);
    if (err != STK_OK || bytes == 0) {
        return err;
    }
    if (wait_for_chip(n) != STK_OK) {
        return fail(n, STK_E_IO, at, 0);
    }
    err = read_bytes(n, at, data, bytes);
    return err != STK_OK ? fail(n, err, at, 0) : STK_OK;
}

/// The end of an operation ///

/* Returns true if `bytes` bytes from `at` on have no bit set that `data` has not, or are erased where `data` is NULL.
 * A bit that is 0 although `data` has a 1 was programmed earlier. */
static bool reads_back(const struct stk_spi_nor *n, uint32_t at, const uint8_t *data, uint32_t bytes) {
    uint8_t seen[CHECK_BYTES];
    for (uint32_t done = 0; done < bytes; done += sizeof seen) {
        uint32_t some = bytes - done < sizeof seen ? bytes - done : (uint32_t)sizeof seen;
        /* The board failed to read, so nobody knows the contents of the block: the check has not passed. */
        if (read_bytes(n, at + done, seen, some) != STK_OK) {
            return false;
        }
        for (uint32_t i = 0; i < some; i++) {
            if (data != NULL ? (seen[i] & (uint8_t)~data[done + i]) != 0 : seen[i] != 0xFF) {
                return false;
            }
        }
    }
    return true;
}

/* Ends an operation that did not do its work. Protection bits, or a write enable that is still set, mean that the chip
 * refused it. */
static int ended_badly(struct stk_spi_nor *n, uint32_t at, const struct spi_nor_outcome *out) {
    const uint8_t disable = 0x04;
    uint8_t status = 0;
    int err = stk_spi_nor_register(n, CMD_READ_STATUS, &status);
    /* A program into a protected sector ends at once, and what a chip says of it differs: an error, or nothing. */
    bool refused = out->refused || (status & (stk_spi_nor_protection(n) | STATUS_WRITABLE)) != 0;
    if (err == STK_OK && (status & STATUS_WRITABLE) != 0) {
        err = n->bus->command(n->bus_ctx, &disable, 1);
    }
    return fail(n, err == STK_OK && refused ? STK_E_ACCESS : STK_E_IO, at, out->value);
}

/* Waits for the end of a program of `data`, or of an erase where `data` is NULL, and returns how it ended. */
static int finish(struct stk_spi_nor *n, uint32_t at, const uint8_t *data, uint32_t bytes, uint64_t limit_ns) {
    struct spi_nor_outcome out = {false, false, 0};
    int err = stk_spi_nor_wait(n, limit_ns);
    if (err == STK_E_TIMEOUT) {
        n->late = true;
        (void)fail(n, STK_E_TIMEOUT, at, STATUS_BUSY);
        return STK_E_IO;
    }
    n->late = err != STK_OK; /* the board failed: the chip may still work */
    if (err == STK_OK && n->reports == STK_SPI_NOR_READ_BACK) {
        out.failed = !reads_back(n, at, data, bytes);
    } else if (err == STK_OK) {
        err = stk_spi_nor_outcome(n, data == NULL, &out);
    }
    if (err != STK_OK) {
        return fail(n, STK_E_IO, at, 0); /* nobody knows what the block holds */
    }
    return out.failed ? ended_badly(n, at, &out) : STK_OK;
}

/// Programs and erases ///

/* Programs `bytes` bytes within one page. */
static int program_page(struct stk_spi_nor *n, uint32_t at, const uint8_t *data, uint32_t bytes) {
    uint8_t command[COMMAND_MAX];
    int err = stk_spi_nor_write_enable(n);
    if (err != STK_OK) {
        return fail(n, err, at, 0);
    }
    /* From here on the chip may have programmed bytes of the page, also if a step fails. */
    uint32_t count = address(n, command, n->wide ? CMD_PROGRAM_WIDE : CMD_PROGRAM, at);
    if (n->bus->write(n->bus_ctx, command, count, data, bytes) != STK_OK) {
        n->late = true; /* the chip may program what it was sent */
        return fail(n, STK_E_IO, at, 0);
    }
    return finish(n, at, data, bytes, n->chip.program_ns);
}

/* prog of the interface: one program for each page that the bytes touch. */
static int spi_nor_flash_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct stk_spi_nor *n = ctx;
    const uint8_t *in = data;
    uint32_t at;
    int err = place_of(n, block, offset, bytes, &at);
    if (err == STK_OK && (offset % n->geometry.prog_unit != 0 || bytes % n->geometry.prog_unit != 0)) {
        err = STK_E_RANGE;
    }
    if (err == STK_OK && wait_for_chip(n) != STK_OK) {
        err = fail(n, STK_E_TIMEOUT, at, 0);
    }
    while (err == STK_OK && bytes != 0) {
        uint32_t room = n->chip.page_bytes - at % n->chip.page_bytes, some = bytes < room ? bytes : room;
        /* Each page has its own write enable, its own wait and its own report. */
        err = program_page(n, at, in, some);
        if (err != STK_OK && in != data && n->geometry.rewrite == STK_FLASH_ONCE) {
            err = STK_E_IO; /* a part is there, and may not be programmed again */
        }
        in += some;
        at += some;
        bytes -= some;
    }
    return err;
}

/* erase of the interface. */
static int spi_nor_flash_erase(void *ctx, uint32_t block) {
    struct stk_spi_nor *n = ctx;
    uint8_t command[COMMAND_MAX];
    uint32_t at;
    int err = place_of(n, block, 0, n->geometry.block_bytes, &at);
    if (err != STK_OK) {
        return err;
    }
    err = wait_for_chip(n);
    if (err == STK_OK) {
        err = stk_spi_nor_write_enable(n);
    }
    if (err != STK_OK) {
        return fail(n, err, at, 0);
    }
    uint32_t count = address(n, command, n->erase_command, at);
    if (n->bus->command(n->bus_ctx, command, count) != STK_OK) {
        n->late = true; /* the chip may have begun */
        return fail(n, STK_E_IO, at, 0);
    }
    return finish(n, at, NULL, n->geometry.block_bytes, n->limit_ns);
}

/* geometry of the interface. */
static void spi_nor_flash_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    *geometry = ((const struct stk_spi_nor *)ctx)->geometry;
}

/* Programs and erases are in the chip when the calls return, so there is no sync. */
const struct stk_flash_ops stk_spi_nor_flash_ops = {
    .name = "spi_nor",
    .geometry = spi_nor_flash_geometry,
    .read = spi_nor_flash_read,
    .prog = spi_nor_flash_prog,
    .erase = spi_nor_flash_erase,
    .sync = NULL,
};
