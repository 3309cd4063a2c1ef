/* stoker port: a simulated SPI NOR chip, to test a port for such chips. The chip works byte by byte. It has a status
 * register, an SFDP table, failures on demand, and power cuts within programs and erases.
 *
 * Written from data sheets of such chips, not from the port that drives one. What the chip holds lies in the caller's
 * memory. An operation goes on one step with each read of the status: a program has a step for every 16 bytes, an erase
 * clears its sector in eight steps and then erases it in eight. One thread at a
 * time. */
#ifndef STOKER_PORT_SIM_SPI_NOR_H
#define STOKER_PORT_SIM_SPI_NOR_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the chip reports that a program or an erase failed. */
enum stk_sim_spi_nor_kind {
    STK_SIM_SPI_NOR_SILENT = 0,   /* the chip does not report a failure */
    STK_SIM_SPI_NOR_FLAGS = 1,    /* the chip has a flag status register, 0x70 */
    STK_SIM_SPI_NOR_SECURITY = 2, /* the chip has a security register, 0x2B */
    STK_SIM_SPI_NOR_STATUS = 3    /* bits 5 and 6 of the status; the chip stays busy until 0x30 */
};

struct stk_sim_spi_nor_config {
    uint8_t *memory; /* what the chip holds, `bytes` bytes; a new chip has 0xFF everywhere. Mandatory */
    uint32_t bytes;  /* a power of two, whole sectors */
    uint32_t
        sector_bytes; /* erased by command 0x20, a power of two from 256 on; 0xD8 erases 16 of them. Default 4096 */
    enum stk_sim_spi_nor_kind kind;
    uint8_t maker;    /* first byte of the JEDEC ID; default 0xEF */
    bool no_sfdp;     /* the chip has no SFDP table */
    uint32_t byte_ns; /* time of a byte on the bus, nanoseconds; default 100 */
    uint32_t step_ns; /* time of a step of an operation, nanoseconds; default 20000 */
    uint64_t seed;    /* seed for the bytes that a power cut leaves; default 1 */
    /* Called after bytes [at, at + bytes) of the memory changed, for who keeps the chip in a file. Default none. */
    void (*changed)(void *ctx, uint32_t at, uint32_t bytes);
    void *ctx;
};

#define STK_SIM_SPI_NOR_NO_CUT UINT32_MAX

/* The fields below the knobs are private, but may be read. */
struct stk_sim_spi_nor {
    struct stk_sim_spi_nor_config config;

    /// Knobs: may be changed at any moment ///

    /* number of whole steps before the power fails, which then happens in the middle of a step;
     * STK_SIM_SPI_NOR_NO_CUT: the power never fails */
    uint32_t cut_after;
    uint64_t bad_blocks; /* mask of the first 64 sectors: erases do nothing, programs spoil a bit, both are reported */
    uint8_t protection;  /* protection bits that are set in the status register; not 0: no programs and no erases */
    bool locked;         /* the chip ignores write enable, as if its WP# line were low */
    bool stuck;          /* an operation does not go on */
    bool absent;         /* nobody drives the line: reads give 0xFF */

    uint64_t ns;         /* time that passed on the bus and in steps, nanoseconds */
    uint32_t steps;      /* steps of all operations together */
    uint32_t programs;   /* operations that began */
    uint32_t erases;     /* erases that began */
    uint32_t wraps;      /* programs whose bytes passed the end of their page and went to its front */
    uint32_t ignored;    /* commands that a busy chip or one without write enable ignored */
    bool off;            /* the power is gone */
    uint8_t status;      /* the status register, without its busy bit */
    uint8_t report;      /* the register that reports failures */
    uint8_t running;     /* the operation under way; 0: none */
    uint32_t at, left;   /* first byte of the operation in the chip, and steps that are left */
    uint32_t span;       /* bytes of the operation */
    uint32_t page_bytes; /* bytes of a page */
    uint8_t page[256];   /* data of a program, by the place in the page */
    bool used[256];      /* true: the program has this byte of the page */
    uint64_t random;
};

/* Makes a chip over the memory of config, which is copied. STK_E_ARG a member is missing or out of its range. */
STK_MUST_CHECK int stk_sim_spi_nor_init(struct stk_sim_spi_nor *chip, const struct stk_sim_spi_nor_config *config);

/* One selection of the chip: it gets `count` bytes of `command`, then `out_bytes` bytes of `out`, then sends `in_bytes`
 * bytes to `in`. STK_OK; STK_E_NODEV the power is gone, also when it went in this call. */
STK_MUST_CHECK int stk_sim_spi_nor_select(struct stk_sim_spi_nor *chip, const uint8_t *command, uint32_t count,
                                          const uint8_t *out, uint32_t out_bytes, uint8_t *in, uint32_t in_bytes);

/* Switches the power on. The chip holds what the cut left, and no operation runs. */
void stk_sim_spi_nor_power_on(struct stk_sim_spi_nor *chip);

#ifdef __cplusplus
}
#endif
#endif
