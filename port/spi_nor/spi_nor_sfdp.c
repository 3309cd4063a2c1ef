/* stoker port: the table with which an SPI NOR chip describes itself, Serial Flash Discoverable Parameters. Source:
 * JEDEC JESD216, "Basic Flash Parameter Table". Words are little-endian and counted from 1, as the standard does. */
#include "spi_nor_internal.h"
#include "stoker/le.h"

enum {
    CMD_READ_SFDP = 0x5A,
    HEADER_BYTES = 16, /* the signature, then the header of the first table, which is the basic one */
    WORDS_MIN = 9,     /* words of the table in the first edition of the standard; later editions added more */
    WORDS_USED = 11,
    WORD_DENSITY = 2,
    WORD_ERASE = 8,
    WORD_ERASE_TIMES = 10,
    WORD_PROGRAM = 11
};

/* The first word of every table. */
#define SIGNATURE 0x50444653u /* "SFDP" */

/* Reads bytes of the SFDP space, which is apart from the flash itself. */
static int read_table(const struct stk_spi_nor *n, uint32_t at, uint8_t *data, uint32_t bytes) {
    /* The fifth byte lets a clock cycle of eight bits pass before the data. */
    const uint8_t command[5] = {CMD_READ_SFDP, (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at, 0};
    return n->bus->read(n->bus_ctx, command, sizeof command, data, bytes);
}

/* Returns word `word` of the table. */
static uint32_t word_of(const uint8_t *table, uint32_t word) {
    return stk_get32(table + 4u * (word - 1u));
}

/* Returns the bytes of the chip; 0 if 32 bits do not hold the number. */
static uint32_t density(uint32_t word) {
    if ((word & 0x80000000u) == 0) {
        return (uint32_t)(((uint64_t)word + 1u) / 8u);
    }
    uint32_t power = word & 0x7FFFFFFFu;
    return power >= 3 && power < 35 ? (uint32_t)1 << (power - 3u) : 0;
}

/* Returns the longest time of an erase in nanoseconds, a multiple of the typical time. The typical time is in 7 bits
 * for erase type `i`. */
static uint64_t erase_limit(uint32_t times, uint32_t i) {
    static const uint32_t unit_ms[] = {1, 16, 128, 1000};
    uint32_t field = times >> (4u + 7u * i) & 0x7Fu;
    uint64_t typical = (uint64_t)((field & 0x1Fu) + 1u) * unit_ms[field >> 5] * 1000000u;
    return typical * 2u * ((times & 0xFu) + 1u);
}

/* Returns the longest time of a page program in nanoseconds, a multiple of the typical time. The typical time counts
 * steps of 8 or 64 us. */
static uint64_t program_limit(uint32_t word) {
    uint64_t typical = (uint64_t)((word >> 8 & 0x1Fu) + 1u) * ((word >> 13 & 1u) != 0 ? 64000u : 8000u);
    return typical * 2u * ((word & 0xFu) + 1u);
}

/* Takes the erase commands. Returns how many there are. */
static uint32_t take_erases(struct stk_spi_nor_chip *chip, const uint8_t *table, uint32_t words) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < STK_SPI_NOR_ERASES; i++) {
        const uint8_t *type = table + 4u * (WORD_ERASE - 1u) + 2u * i;
        /* Byte 0 is the logarithm of the size, byte 1 the command. 0: the chip has fewer types. */
        if (type[0] != 0 && type[0] < 32) {
            chip->erase[i].bytes = (uint32_t)1 << type[0];
            chip->erase[i].command = type[1];
            chip->erase[i].limit_ns = words >= WORD_ERASE_TIMES ? erase_limit(word_of(table, WORD_ERASE_TIMES), i) : 0;
            count++;
        }
    }
    return count;
}

int stk_spi_nor_read_sfdp(struct stk_spi_nor *n) {
    uint8_t table[4 * WORDS_USED];
    int err = read_table(n, 0, table, HEADER_BYTES);
    if (err != STK_OK) {
        return err;
    }
    uint32_t words = table[11], at = stk_get32(table + 12) & 0xFFFFFFu;
    if (stk_get32(table) != SIGNATURE || words < WORDS_MIN) {
        return STK_E_UNSUPPORTED;
    }
    /* Later editions add words; those before them stay as they are. */
    words = words < WORDS_USED ? words : WORDS_USED;
    err = read_table(n, at, table, 4u * words);
    if (err != STK_OK) {
        return err;
    }
    n->chip = (struct stk_spi_nor_chip){.bytes = density(word_of(table, WORD_DENSITY))};
    if (words >= WORD_PROGRAM) {
        uint32_t word = word_of(table, WORD_PROGRAM);
        n->chip.page_bytes = (uint32_t)1 << (word >> 4 & 0xFu);
        n->chip.program_ns = program_limit(word);
    }
    return take_erases(&n->chip, table, words) != 0 && n->chip.bytes != 0 ? STK_OK : STK_E_UNSUPPORTED;
}
