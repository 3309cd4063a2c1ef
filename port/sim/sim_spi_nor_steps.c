/* stoker port: simulated SPI NOR chip: programs and erases, step by step, and the power cut within a step. Real chips
 * clear a sector before they erase it, so that all its bits wear alike: a sector whose erase was cut may hold zeros,
 * ones, or what it held. Of the step that is cut, each bit that was to change has changed or not, by the seed. */
#include <stddef.h>

#include "sim_random.h"
#include "sim_spi_nor_internal.h"

/* Bytes of a step of a program, and steps of an erase. */
#define PROGRAM_STEP_BYTES 16u
#define ERASE_STEPS        16u /* the first half clears all bits of the sector, the second half sets them */

/* The failure bits, by enum stk_sim_spi_nor_kind and operation. */
static const struct {
    uint8_t program, erase, refused;
} reports[] = {
    [STK_SIM_SPI_NOR_FLAGS] = {0x10, 0x20, 0x02},
    [STK_SIM_SPI_NOR_SECURITY] = {0x20, 0x40, 0},
    [STK_SIM_SPI_NOR_STATUS] = {0x40, 0x20, 0},
};

/* Sets the bit of an operation that failed or was refused. */
static void report(struct stk_sim_spi_nor *chip, uint8_t what, bool refused) {
    uint8_t bit = what == SIM_SPI_NOR_PROGRAM ? reports[chip->config.kind].program : reports[chip->config.kind].erase;
    chip->report |= refused ? (uint8_t)(bit | reports[chip->config.kind].refused) : bit;
}

/* Returns true if the test made the sector bad. */
static bool is_bad(const struct stk_sim_spi_nor *chip, uint32_t at) {
    uint32_t sector = at / chip->config.sector_bytes;
    return sector < 64u && (chip->bad_blocks >> sector & 1u) != 0;
}

void stk_sim_spi_nor_begin(struct stk_sim_spi_nor *chip, uint8_t what, uint32_t at, uint32_t span) {
    /* A block erase may be larger than a small chip. */
    span = span < chip->config.bytes ? span : chip->config.bytes;
    chip->programs += what == SIM_SPI_NOR_PROGRAM ? 1u : 0u;
    chip->erases += what == SIM_SPI_NOR_ERASE ? 1u : 0u;
    if (chip->config.kind == STK_SIM_SPI_NOR_SECURITY) {
        /* The security register keeps the bit of the other operation. */
        chip->report &= what == SIM_SPI_NOR_PROGRAM ? 0x40u : 0x20u;
    }
    if (chip->protection != 0) {
        /* A silent chip keeps the write enable of what it did not do. */
        chip->status &= chip->config.kind == STK_SIM_SPI_NOR_SILENT ? 0xFFu : (uint8_t)~SIM_SPI_NOR_WRITABLE;
        report(chip, what, true);
        return;
    }
    if (is_bad(chip, at)) {
        chip->config.memory[at] &= what == SIM_SPI_NOR_PROGRAM ? 0xFEu : 0xFFu;
        chip->status &= (uint8_t)~SIM_SPI_NOR_WRITABLE;
        report(chip, what, false);
        return;
    }
    chip->running = what;
    chip->at = at / span * span;
    chip->span = span;
    chip->left = what == SIM_SPI_NOR_ERASE ? ERASE_STEPS : span / PROGRAM_STEP_BYTES;
}

/// Steps ///

/* The bytes that one step of a program or an erase changes: their address in the flash, and their number. */
struct step {
    uint32_t at, bytes;
};

/* Returns the address and the length of the step that is next. `left` is the number of steps that are still to do. */
static struct step step_of(const struct stk_sim_spi_nor *chip) {
    if (chip->running == SIM_SPI_NOR_PROGRAM) {
        uint32_t done = chip->span / PROGRAM_STEP_BYTES - chip->left;
        return (struct step){chip->at + done * PROGRAM_STEP_BYTES, PROGRAM_STEP_BYTES};
    }
    uint32_t done = (ERASE_STEPS - chip->left) % (ERASE_STEPS / 2u), bytes = chip->span / (ERASE_STEPS / 2u);
    return (struct step){chip->at + done * bytes, bytes};
}

/* Returns what the byte at `at` is to become: a program clears bits, and never sets one. */
static uint8_t wanted(const struct stk_sim_spi_nor *chip, uint32_t at) {
    if (chip->running == SIM_SPI_NOR_ERASE) {
        return chip->left > ERASE_STEPS / 2u ? 0x00 : 0xFF;
    }
    uint32_t place = at % (uint32_t)sizeof chip->page;
    return chip->used[place] ? chip->config.memory[at] & chip->page[place] : chip->config.memory[at];
}

/* Counts a step. Returns true if the power is cut in this step. */
static bool is_cut(struct stk_sim_spi_nor *chip) {
    if (chip->cut_after == STK_SIM_SPI_NOR_NO_CUT) {
        return false;
    }
    return chip->cut_after-- == 0;
}

void stk_sim_spi_nor_step(struct stk_sim_spi_nor *chip) {
    if (chip->running == 0) {
        return;
    }
    chip->ns += chip->config.step_ns;
    if (chip->stuck) {
        return;
    }
    struct step step = step_of(chip);
    /* Steps of a program over bytes that were not sent change nothing, so no cut falls there. */
    bool touched = chip->running == SIM_SPI_NOR_ERASE;
    for (uint32_t i = 0; !touched && i < step.bytes; i++) {
        touched = chip->used[(step.at + i) % sizeof chip->page];
    }
    chip->off = touched && is_cut(chip);
    for (uint32_t i = 0; touched && i < step.bytes; i++) {
        uint8_t *byte = &chip->config.memory[step.at + i], to = wanted(chip, step.at + i);
        /* A cut in a step leaves any of the bits that were to change as they were. */
        uint8_t changes = (uint8_t)(*byte ^ to);
        *byte ^= chip->off ? (uint8_t)(changes & sim_random(&chip->random)) : changes;
    }
    chip->steps += touched ? 1u : 0u;
    if (touched && chip->config.changed != NULL) {
        chip->config.changed(chip->config.ctx, step.at, step.bytes);
    }
    if (--chip->left == 0) {
        chip->running = 0;
        /* The write enable is good for one operation. */
        chip->status &= (uint8_t)~SIM_SPI_NOR_WRITABLE;
    }
}
