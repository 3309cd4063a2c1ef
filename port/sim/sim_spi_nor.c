/* stoker port: simulated SPI NOR chip: its commands. sim_spi_nor_steps.c has the steps of each operation. The chip is
 * strict where real chips are: a command without write enable is ignored, as is nearly every command while an operation
 * runs, and bytes beyond the end of a page go to its front. A driver that breaks such a rule loses data here as it does
 * there. */
#include <stddef.h>
#include <string.h>

#include "sim_spi_nor_internal.h"
#include "stoker/le.h"

/* Bytes of the SFDP space: the headers, then a gap, then the table. */
enum {
    HEADER_BYTES = 16,
    TABLE_AT = 0x30,
    TABLE_WORDS = 11,
    SFDP_BYTES = TABLE_AT + 4 * TABLE_WORDS
};

/* Returns true for 1, 2, 4 and so on. */
static bool is_power_of_two(uint32_t n) {
    return n != 0 && (n & (n - 1u)) == 0;
}

/* Returns the logarithm of a power of two. */
static uint32_t power_of(uint32_t n) {
    uint32_t power = 0;
    while (n > 1) {
        n >>= 1;
        power++;
    }
    return power;
}

int stk_sim_spi_nor_init(struct stk_sim_spi_nor *chip, const struct stk_sim_spi_nor_config *config) {
    if (chip == NULL || config == NULL || config->memory == NULL) {
        return STK_E_ARG;
    }
    *chip = (struct stk_sim_spi_nor){.config = *config, .cut_after = STK_SIM_SPI_NOR_NO_CUT};
    struct stk_sim_spi_nor_config *c = &chip->config;
    c->sector_bytes = c->sector_bytes != 0 ? c->sector_bytes : 4096u;
    c->maker = c->maker != 0 ? c->maker : 0xEFu;
    c->byte_ns = c->byte_ns != 0 ? c->byte_ns : 100u;
    c->step_ns = c->step_ns != 0 ? c->step_ns : 20000u;
    chip->random = c->seed != 0 ? c->seed : 1u;
    bool possible = is_power_of_two(c->bytes) && is_power_of_two(c->sector_bytes) && c->sector_bytes >= 256u &&
                    c->bytes >= c->sector_bytes;
    return possible ? STK_OK : STK_E_ARG;
}

/* Registers are lost with the power, other than protection bits, which chips keep. */
void stk_sim_spi_nor_power_on(struct stk_sim_spi_nor *chip) {
    chip->off = false;
    chip->cut_after = STK_SIM_SPI_NOR_NO_CUT;
    chip->running = 0;
    chip->status = 0;
    chip->report = 0;
}

/// Registers and tables ///

/* Returns byte `at` of the SFDP table: 16 bytes of headers, and the basic table of 11 words. */
static uint8_t sfdp_byte(const struct stk_sim_spi_nor *chip, uint32_t at) {
    static const uint8_t headers[HEADER_BYTES] = {'S', 'F', 'D', 'P',         6,        1, 0, 0xFF,
                                                  0,   6,   1,   TABLE_WORDS, TABLE_AT, 0, 0, 0xFF};
    uint8_t table[SFDP_BYTES];
    uint32_t sector = power_of(chip->config.sector_bytes);
    uint8_t *words = table + TABLE_AT;
    if (chip->config.no_sfdp || at >= sizeof table) {
        return 0xFF;
    }
    memset(table, 0xFF, sizeof table);
    memcpy(table, headers, sizeof headers);
    stk_put32(words + 4, chip->config.bytes * 8u - 1u);
    memset(words + 28, 0, 8);
    words[28] = (uint8_t)sector;
    words[29] = 0x20;
    words[30] = (uint8_t)(sector + 4u);
    words[31] = 0xD8;
    /* Erases: 48 ms and 160 ms, at most 4 times as long. Program: 704 us, at most 6 times; pages of 256 bytes. */
    stk_put32(words + 36, 1u | (2u | 1u << 5) << 4 | (9u | 1u << 5) << 11);
    stk_put32(words + 40, 2u | 8u << 4 | 10u << 8 | 1u << 13);
    return table[at];
}

/* Returns the status register. A chip that reports failures there stays busy until the report is cleared. */
static uint8_t status_of(const struct stk_sim_spi_nor *chip) {
    uint8_t status = (uint8_t)(chip->status | chip->protection);
    if (chip->config.kind == STK_SIM_SPI_NOR_STATUS) {
        status |= chip->report;
    }
    bool held = chip->config.kind == STK_SIM_SPI_NOR_STATUS && chip->report != 0;
    return (uint8_t)(status | (chip->running != 0 || held ? SIM_SPI_NOR_BUSY : 0));
}

/* Returns the address behind a command, which has 3 or 4 bytes, the highest first. */
static uint32_t address_of(const uint8_t *command, uint32_t count) {
    uint32_t at = 0;
    for (uint32_t i = 1; i < count; i++) {
        at = at << 8 | command[i];
    }
    return at;
}

/* Returns the byte that the chip sends as number `i` of its answer. */
static uint8_t answer(struct stk_sim_spi_nor *chip, const uint8_t *command, uint32_t count, uint32_t i) {
    const uint8_t id[3] = {chip->config.maker, 0x40, (uint8_t)power_of(chip->config.bytes)};
    switch (command[0]) {
    case 0x05: /* read status */
        /* An operation goes on with each look, so it takes as many polls as it has steps. */
        stk_sim_spi_nor_step(chip);
        return status_of(chip);
    case 0x70: /* read flag status */
        return chip->config.kind == STK_SIM_SPI_NOR_FLAGS ? (uint8_t)(chip->report | (chip->running != 0 ? 0 : 0x80u))
                                                          : 0xFF;
    case 0x2B: /* read security */
        return chip->config.kind == STK_SIM_SPI_NOR_SECURITY ? chip->report : 0xFF;
    case 0x9F: /* read ID */
        return i < sizeof id ? id[i] : 0;
    case 0x5A: /* read SFDP: three bytes of address, one that is nothing */
        return sfdp_byte(chip, address_of(command, 4) + i);
    case 0x0B: /* fast read */
    case 0x0C: /* fast read, addresses of four bytes */
        return chip->config.memory[(address_of(command, count - 1u) + i) % chip->config.bytes];
    default:
        return 0xFF;
    }
}

/// Commands ///

/* Takes new protection bits; the write enable is used up. */
static void write_status(struct stk_sim_spi_nor *chip, const uint8_t *out, uint32_t bytes) {
    /* BP0 to BP3 and what makers put beside them; the other bits are no memory. */
    if (bytes != 0) {
        chip->protection = out[0] & 0x7Cu;
        chip->status = 0;
    }
}

/* Takes a page: bytes beyond its end go to its front. */
static void take_page(struct stk_sim_spi_nor *chip, uint32_t at, const uint8_t *out, uint32_t bytes) {
    memset(chip->used, 0, sizeof chip->used);
    chip->wraps += at % sizeof chip->page + bytes > sizeof chip->page ? 1u : 0u;
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t place = (at + i) % sizeof chip->page;
        chip->page[place] = out[i];
        chip->used[place] = true;
    }
}

/* Commands that change what the chip holds need the write enable. */
static void begin(struct stk_sim_spi_nor *chip, const uint8_t *command, uint32_t count, const uint8_t *out,
                  uint32_t bytes) {
    uint32_t at = address_of(command, count) % chip->config.bytes;
    /* A driver that forgets the write enable after an operation is found by this. */
    if ((chip->status & SIM_SPI_NOR_WRITABLE) == 0) {
        chip->ignored++;
        return;
    }
    switch (command[0]) {
    case 0x01: /* write status */
        write_status(chip, out, bytes);
        break;
    case 0x02: /* page program */
    case 0x12: /* the same with four bytes of address */
        take_page(chip, at, out, bytes);
        stk_sim_spi_nor_begin(chip, SIM_SPI_NOR_PROGRAM, at, (uint32_t)sizeof chip->page);
        break;
    case 0x20: /* sector erase */
    case 0x21:
        stk_sim_spi_nor_begin(chip, SIM_SPI_NOR_ERASE, at, chip->config.sector_bytes);
        break;
    case 0xD8: /* block erase */
    case 0xDC:
        stk_sim_spi_nor_begin(chip, SIM_SPI_NOR_ERASE, at, 16u * chip->config.sector_bytes);
        break;
    default:
        chip->ignored++;
        break;
    }
}

/* Does what a command that reads nothing asks for. */
static void obey(struct stk_sim_spi_nor *chip, const uint8_t *command, uint32_t count, const uint8_t *out,
                 uint32_t bytes) {
    switch (command[0]) {
    case 0x06: /* write enable */
        chip->status |= chip->locked ? 0 : SIM_SPI_NOR_WRITABLE;
        break;
    case 0x04: /* write disable */
        chip->status &= (uint8_t)~SIM_SPI_NOR_WRITABLE;
        break;
    case 0x50: /* clear flag status */
        chip->report = chip->config.kind == STK_SIM_SPI_NOR_FLAGS ? 0 : chip->report;
        break;
    case 0xAB: /* wake up */
        break;
    default:
        begin(chip, command, count, out, bytes);
        break;
    }
}

/* Returns true if the command only reads. */
static bool is_read(uint8_t command) {
    return command == 0x05 || command == 0x70 || command == 0x2B || command == 0x9F || command == 0x5A ||
           command == 0x0B || command == 0x0C;
}

int stk_sim_spi_nor_select(struct stk_sim_spi_nor *chip, const uint8_t *command, uint32_t count, const uint8_t *out,
                           uint32_t out_bytes, uint8_t *in, uint32_t in_bytes) {
    uint8_t what = count != 0 ? command[0] : 0;
    if (chip->off) {
        return STK_E_NODEV;
    }
    /* The chip is the clock of a test, and the bus takes time. */
    chip->ns += (uint64_t)chip->config.byte_ns * ((uint64_t)count + out_bytes + in_bytes);
    /* A chip that works listens to two commands alone. */
    bool answers = what == 0x05 || what == 0x70 || chip->running == 0;
    /* Nobody drives the line, or the chip does not listen: the line is high. */
    if (chip->absent || !answers) {
        chip->ignored += chip->absent ? 0 : 1u;
        for (uint32_t i = 0; i < in_bytes; i++) {
            in[i] = 0xFF;
        }
        return STK_OK;
    }
    /* The one command that a chip takes while a failure keeps it busy. */
    if (what == 0x30 && chip->config.kind == STK_SIM_SPI_NOR_STATUS) {
        chip->report = 0;
        chip->status = 0;
    } else if (!is_read(what)) {
        obey(chip, command, count, out, out_bytes);
    }
    for (uint32_t i = 0; i < in_bytes; i++) {
        in[i] = answer(chip, command, count, i);
    }
    /* The power may have gone in a step of this call. */
    return chip->off ? STK_E_NODEV : STK_OK;
}
