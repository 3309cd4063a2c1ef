/* stoker port: serial NOR flash on SPI, over four calls of the board.
 *
 * The chip is found by its JEDEC ID. Its sizes, commands and limits of time come from its SFDP table (JEDEC JESD216),
 * or from the caller for a chip that has none. Needs neither an operating system nor an allocator.
 *
 * The bus belongs to the chip during each call of the board, and the board drives the select line. Nobody else sends a
 * command to the chip while a call of the port runs.
 */
#ifndef STOKER_PORT_SPI_NOR_H
#define STOKER_PORT_SPI_NOR_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/flash.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The board ///

/* The calls that the board provides. In each of the first three calls the chip is selected once, from the first byte to
 * the last. They return STK_OK or a negative enum stk_err, and block no longer than the transfer takes. */
struct stk_spi_nor_bus {
    /* Sends `count` bytes, at most 6. Mandatory. */
    int (*command)(void *ctx, const uint8_t *command, uint32_t count);

    /* Sends `count` bytes, at most 6, and then receives `bytes` bytes, any number from 1 on. Mandatory. */
    int (*read)(void *ctx, const uint8_t *command, uint32_t count, void *data, uint32_t bytes);

    /* Sends `count` bytes, at most 6, and then `bytes` more bytes, at most a page of the chip. Mandatory. */
    int (*write)(void *ctx, const uint8_t *command, uint32_t count, const void *data, uint32_t bytes);

    /* Returns 1 while the chip works on a program or an erase, 0 when it has ended, or a negative enum stk_err. The
     * call may let other tasks run for a while first; the port calls it again until the chip's limit has passed.
     * Optional; NULL: the port reads bit 0 of the status register. */
    int (*busy)(void *ctx);
};

/// The chip ///

#define STK_SPI_NOR_ERASES 4u

/* The numbers of a chip from its data sheet. The SFDP table of the chip may have them too. */
struct stk_spi_nor_chip {
    uint32_t bytes;      /* size of the whole chip */
    uint32_t page_bytes; /* most bytes of one program, a power of two; 0: 256. No program crosses the end of a page */
    uint64_t program_ns; /* longest time of one program, nanoseconds; 0: 10 ms */
    struct {
        uint32_t bytes;    /* erased by this command, a power of two; 0: there is no such command */
        uint8_t command;   /* erase command with addresses of 3 bytes: 0x20, 0x52, 0xD8 ... */
        uint64_t limit_ns; /* longest time of the erase, nanoseconds; 0: 10 s */
    } erase[STK_SPI_NOR_ERASES];
};

/* The register in which a chip reports that a program or an erase failed. */
enum stk_spi_nor_reports {
    STK_SPI_NOR_BY_MAKER = 0,  /* as the maker in the JEDEC ID does: FLAGS Micron, SECURITY Macronix, STATUS Infineon,
                                  READ_BACK every other one */
    STK_SPI_NOR_READ_BACK = 1, /* nowhere: the port reads back what was programmed and erased */
    STK_SPI_NOR_FLAGS = 2,     /* flag status register, command 0x70: bit 5 erase, 4 program, 1 protection */
    STK_SPI_NOR_SECURITY = 3,  /* security register, command 0x2B: bit 6 erase, 5 program */
    STK_SPI_NOR_STATUS = 4     /* status register: bit 6 program, 5 erase */
};

struct stk_spi_nor_config {
    const struct stk_spi_nor_bus *bus; /* mandatory; outlives the object */
    void *bus_ctx;
    struct stk_platform_port platform;   /* mandatory: the clock of all deadlines */
    const struct stk_spi_nor_chip *chip; /* what the chip is, read by open only. NULL: read SFDP */
    enum stk_spi_nor_reports reports;
    uint32_t offset;      /* byte of the chip where block 0 begins, a multiple of block_bytes. Default 0 */
    uint32_t bytes;       /* bytes of the chip to use, whole blocks; default up to the end of the chip */
    uint32_t block_bytes; /* erased as one: a size that the chip has a command for. Default: its smallest */
    uint32_t prog_unit;   /* a divisor of block_bytes, up to STK_FLASH_UNIT_MAX; default 1 */
    bool once;            /* no unit may be programmed twice: chips with ECC. geometry says STK_FLASH_ONCE */
    bool unprotect;       /* open clears the protection bits of the status register, where any is set */
};

/* Visible for sizeof, and for reading `id`, `chip` and `info`. */
struct stk_spi_nor {
    struct stk_flash_geometry geometry;
    const struct stk_spi_nor_bus *bus;
    void *bus_ctx;
    struct stk_platform_port platform;
    struct stk_spi_nor_chip chip; /* the chip that open found */
    uint64_t limit_ns;            /* longest time of the erase in use */
    uint32_t first;               /* byte of the chip where block 0 begins */
    uint8_t id[3];                /* JEDEC ID: maker, kind, capacity */
    uint8_t erase_command;
    uint8_t reports; /* enum stk_spi_nor_reports, never BY_MAKER */
    bool wide;       /* addresses have 4 bytes: the chip has more than 16 MiB */
    bool late;       /* an operation passed its limit, and the chip may still work on it */
    struct stk_error_info
        info; /* the last call that failed: its error, the block, and the register that showed the failure */
};

/* Finds the chip, reads its properties, and checks the window. Waits for a program or an erase that still runs because
 * the board was reset and the chip was not. The contents of the chip do not change. STK_E_ARG a mandatory member is
 * missing, a number of `chip` is not a power of two or 0, prog_unit; STK_E_NODEV no chip answers; STK_E_UNSUPPORTED no
 * SFDP table and no `chip`, a table without an erase command, 4 GiB and more, or no wide form of the erase command;
 * STK_E_RANGE there is no erase of block_bytes, or the window is no run of whole blocks of the chip; STK_E_TIMEOUT the
 * chip stays busy; STK_E_ACCESS the chip kept its protection bits; an error of the board. */
STK_MUST_CHECK int stk_spi_nor_open(struct stk_spi_nor *nor, const struct stk_spi_nor_config *config);

/* ctx is a struct stk_spi_nor. Bits only leave the erased value: what is programmed is what was there AND the data.
 * prog and erase return when the chip is done: there is no sync. nor->info says why a call failed.
 *
 * STK_E_IO: the chip reports a failure, or what it holds is not what was programmed, or a program or an erase takes
 * longer than its limit (nor->info.err is STK_E_TIMEOUT), or the board fails during the transfer of a page. After a
 * late operation the next call waits for its end first; where it does not end, prog and erase are STK_E_TIMEOUT and
 * read is STK_E_IO.
 * STK_E_ACCESS: the chip does not take the write enable, or the operation failed and protection bits are set.
 * STK_E_NODEV: no chip answers any more, or the board failed with STK_E_IO before the operation began; any other error
 * of the board before the operation began is returned as it is. After these errors nothing of the call was done, but
 * whole pages before it may have been programmed: with `once` such an error is STK_E_IO from the second page on.
 * STK_E_RANGE: see struct stk_flash_ops. */
extern const struct stk_flash_ops stk_spi_nor_flash_ops;

#ifdef __cplusplus
}
#endif
#endif
