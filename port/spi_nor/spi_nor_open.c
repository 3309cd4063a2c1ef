/* stoker port: opening an SPI NOR chip: its ID, its properties, and the window. A board may be reset while the chip has
 * power, so the chip may be in the middle of an erase, in deep power-down, or hold the report of a failure that nobody
 * asked for. */
#include <stddef.h>

#include "spi_nor_internal.h"

/* First byte of the JEDEC ID (JEP106), of the makers whose chips report failures. */
enum {
    MAKER_INFINEON = 0x01,
    MAKER_MICRON = 0x20,
    MAKER_MICRON_2 = 0x2C,
    MAKER_MACRONIX = 0xC2
};

/* Time limits for a chip when neither the SFDP table nor the caller gives them. They are longer than any chip takes, so
 * that only a chip that hangs passes a limit. */
#define PAGE_DEFAULT       256u
#define PROGRAM_DEFAULT_NS UINT64_C(10000000)
#define ERASE_DEFAULT_NS   UINT64_C(10000000000)

/* Returns true for 1, 2, 4 and so on. */
static bool is_power_of_two(uint32_t n) {
    return n != 0 && (n & (n - 1u)) == 0;
}

/* Returns where chips of this maker report failures (enum stk_spi_nor_reports). */
static uint8_t reports_of(uint8_t maker) {
    switch (maker) {
    case MAKER_MICRON:
    case MAKER_MICRON_2:
        return STK_SPI_NOR_FLAGS;
    case MAKER_MACRONIX:
        return STK_SPI_NOR_SECURITY;
    case MAKER_INFINEON:
        return STK_SPI_NOR_STATUS;
    default:
        return STK_SPI_NOR_READ_BACK;
    }
}

/* Clears the failure of an operation of before the board was reset: a chip that reports failures in its status register
 * stays busy until then. Busy chips of other kinds ignore the command. */
static int clear_failure(const struct stk_spi_nor *n) {
    const uint8_t clear = CMD_CLEAR_STATUS;
    uint8_t status = 0;
    int err = stk_spi_nor_register(n, CMD_READ_STATUS, &status);
    bool held = (status & STATUS_BUSY) != 0 && (status & STATUS_FAILED) != 0 && status != 0xFF;
    return err == STK_OK && held ? n->bus->command(n->bus_ctx, &clear, 1) : err;
}

/* Wakes the chip and reads its ID. A line that nobody drives reads as all zeros or all ones. */
static int identify(struct stk_spi_nor *n) {
    const uint8_t wake = CMD_WAKE, read_id = CMD_READ_ID;
    int err = n->bus->command(n->bus_ctx, &wake, 1);
    if (err == STK_OK) {
        err = clear_failure(n);
    }
    if (err == STK_OK) {
        /* An erase that was under way when the board was reset goes on, and a busy chip tells no ID. */
        err = stk_spi_nor_wait(n, ERASE_DEFAULT_NS);
    }
    if (err == STK_OK) {
        err = n->bus->read(n->bus_ctx, &read_id, 1, n->id, sizeof n->id);
    }
    if (err != STK_OK) {
        return err;
    }
    /* The maker alone does not tell: some chips begin with bytes that say nothing. */
    bool silent = (n->id[0] == 0xFF && n->id[1] == 0xFF) || (n->id[0] == 0 && n->id[1] == 0);
    return silent ? STK_E_NODEV : STK_OK;
}

/* Fills in what the description of the chip leaves open, and checks the rest. */
static int check_chip(struct stk_spi_nor_chip *chip) {
    uint32_t erases = 0;
    chip->page_bytes = chip->page_bytes != 0 ? chip->page_bytes : PAGE_DEFAULT;
    chip->program_ns = chip->program_ns != 0 ? chip->program_ns : PROGRAM_DEFAULT_NS;
    for (uint32_t i = 0; i < STK_SPI_NOR_ERASES; i++) {
        if (chip->erase[i].bytes != 0) {
            /* One size that is none makes the count too large. */
            erases += is_power_of_two(chip->erase[i].bytes) ? 1u : STK_SPI_NOR_ERASES + 1u;
            chip->erase[i].limit_ns = chip->erase[i].limit_ns != 0 ? chip->erase[i].limit_ns : ERASE_DEFAULT_NS;
        }
    }
    return chip->bytes != 0 && is_power_of_two(chip->page_bytes) && erases != 0 && erases <= STK_SPI_NOR_ERASES
               ? STK_OK
               : STK_E_ARG;
}

/* Returns the erase command with addresses of 4 bytes; 0 if there is none. */
static uint8_t wide_erase(uint8_t command) {
    return command == 0x20 ? 0x21 : command == 0x52 ? 0x5C : command == 0xD8 ? 0xDC : 0;
}

/* Chooses the erase of `bytes` bytes, or the smallest where `bytes` is 0. */
static int choose_erase(struct stk_spi_nor *n, uint32_t bytes) {
    uint32_t best = STK_SPI_NOR_ERASES;
    for (uint32_t i = 0; i < STK_SPI_NOR_ERASES; i++) {
        uint32_t size = n->chip.erase[i].bytes;
        bool fits = bytes != 0 ? size == bytes : size != 0;
        if (fits && (best == STK_SPI_NOR_ERASES || size < n->chip.erase[best].bytes)) {
            best = i;
        }
    }
    if (best == STK_SPI_NOR_ERASES) {
        return STK_E_RANGE;
    }
    n->geometry.block_bytes = n->chip.erase[best].bytes;
    n->erase_command = n->chip.erase[best].command;
    n->limit_ns = n->chip.erase[best].limit_ns;
    /* The table gives commands with addresses of 3 bytes, which reach the first 16 MiB alone. */
    if (n->wide) {
        n->erase_command = wide_erase(n->erase_command);
    }
    return n->erase_command != 0 ? STK_OK : STK_E_UNSUPPORTED;
}

/* Checks the window against the blocks of the chip, and sets the geometry. */
static int lay_out(struct stk_spi_nor *n, const struct stk_spi_nor_config *config) {
    int err = choose_erase(n, config->block_bytes);
    uint32_t block = n->geometry.block_bytes;
    if (err != STK_OK) {
        return err;
    }
    if (config->offset >= n->chip.bytes) {
        return STK_E_RANGE;
    }
    uint32_t room = n->chip.bytes - config->offset, bytes = config->bytes != 0 ? config->bytes : room;
    if (config->offset % block != 0 || bytes % block != 0 || bytes > room || block % n->geometry.prog_unit != 0) {
        return STK_E_RANGE;
    }
    n->first = config->offset;
    n->geometry.blocks = bytes / block;
    return STK_OK;
}

/* Clears the protection bits, where any is set. */
static int unprotect(const struct stk_spi_nor *n) {
    const uint8_t command = CMD_WRITE_STATUS, none = 0;
    uint8_t status = 0;
    int err = stk_spi_nor_register(n, CMD_READ_STATUS, &status);
    if (err != STK_OK || (status & stk_spi_nor_protection(n)) == 0) {
        return err;
    }
    /* A chip whose status register is locked takes the command and changes nothing, so the bits are read again. */
    err = stk_spi_nor_write_enable(n);
    if (err == STK_OK) {
        err = n->bus->write(n->bus_ctx, &command, 1, &none, 1);
    }
    if (err == STK_OK) {
        err = stk_spi_nor_wait(n, ERASE_DEFAULT_NS);
    }
    if (err == STK_OK) {
        err = stk_spi_nor_register(n, CMD_READ_STATUS, &status);
    }
    return err == STK_OK && (status & stk_spi_nor_protection(n)) != 0 ? STK_E_ACCESS : err;
}

/* Checks what needs no chip, and clears the object. */
static int check_config(struct stk_spi_nor *n, const struct stk_spi_nor_config *config) {
    const struct stk_spi_nor_bus *bus = config->bus;
    uint32_t unit = config->prog_unit != 0 ? config->prog_unit : 1u;
    if (bus == NULL || bus->command == NULL || bus->read == NULL || bus->write == NULL ||
        config->platform.ops == NULL || unit > STK_FLASH_UNIT_MAX || config->reports > STK_SPI_NOR_STATUS) {
        return STK_E_ARG;
    }
    *n = (struct stk_spi_nor){.bus = bus, .bus_ctx = config->bus_ctx, .platform = config->platform};
    n->geometry = (struct stk_flash_geometry){.read_unit = 1, .prog_unit = unit, .erased = 0xFF};
    n->geometry.rewrite = config->once ? STK_FLASH_ONCE : STK_FLASH_MANY;
    return STK_OK;
}

int stk_spi_nor_open(struct stk_spi_nor *nor, const struct stk_spi_nor_config *config) {
    if (nor == NULL || config == NULL) {
        return STK_E_ARG;
    }
    struct spi_nor_outcome old;
    int err = check_config(nor, config);
    if (err == STK_OK) {
        err = identify(nor);
    }
    if (err != STK_OK) {
        return err;
    }
    /* Set before the first operation, since the port judges the end of an operation by this field. */
    nor->reports = config->reports != STK_SPI_NOR_BY_MAKER ? (uint8_t)config->reports : reports_of(nor->id[0]);
    if (config->chip != NULL) {
        nor->chip = *config->chip;
    } else {
        err = stk_spi_nor_read_sfdp(nor);
    }
    if (err == STK_OK) {
        err = check_chip(&nor->chip);
    }
    if (err == STK_OK) {
        nor->wide = nor->chip.bytes > SPI_NOR_NARROW_BYTES;
        err = lay_out(nor, config);
    }
    if (err == STK_OK) {
        /* A failure of before the board was reset must not be taken for one of the first operation. */
        err = stk_spi_nor_outcome(nor, false, &old);
    }
    /* Last, since this is the only thing in open that writes to the chip. */
    return err == STK_OK && config->unprotect ? unprotect(nor) : err;
}
