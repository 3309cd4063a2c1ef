/* The calls of both suites for a simulated medium: they make it, place cuts, and look at it. They do not know the
 * expected contents of the medium. */
#ifndef POWERLOSS_MEDIUM_H
#define POWERLOSS_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoker/log.h"
#include "stoker/port/sim_flash.h"

#define ANY   UINT64_MAX /* a number of the command line that was not given */
#define MODES 8u         /* number of cut modes: the ways in which a cut can leave a program or an erase */

/// Making it ///

/* Geometry of a flash: read unit, program unit, bytes of a block, number of blocks, erased value, rewrite rule. LAZY is
 * the same for a lazy medium. */
#define FLASH(r, p, bytes, n, value, rule)                                                                             \
    { .read_unit = r, .prog_unit = p, .block_bytes = bytes, .blocks = n, .erased = value, .rewrite = rule }
#define LAZY(r, p, bytes, n, value, rule)                                                                              \
    { .read_unit = r, .prog_unit = p, .block_bytes = bytes, .blocks = n, .erased = value, .rewrite = rule, .lazy = 1 }

/* Bytes of memory that a medium takes, and the medium in them. `align`: of buffers, 0 any; `sector`: of a lazy medium,
 * 0 the simulator's default. */
size_t medium_bytes(const struct stk_flash_geometry *g);
void medium_init(struct stk_sim_flash *flash, const struct stk_flash_geometry *g, uint32_t align, uint32_t sector,
                 void *memory, size_t bytes);

/* Returns the bytes of a page of a log. */
static inline uint32_t medium_page_bytes(const struct stk_flash_geometry *g) {
    return (STK_LOG_CELL_BYTES - 1u) / g->prog_unit * g->prog_unit + g->prog_unit;
}

/* Returns true if two reads of the medium may give different bytes. */
bool medium_flickers(const struct stk_sim_flash *flash);

/// Cuts ///

/* An operation on the flash, as the cuts are placed. */
struct op {
    uint64_t first; /* step */
    uint32_t steps;
    bool erase;
};

/* Returns a pseudo-random number that follows from `a` and `b` alone. */
static inline uint64_t cut_hash(uint64_t a, uint64_t b) {
    uint64_t x = (a + 1) * 0x9E3779B97F4A7C15u + b * 0xD1B54A32D192ED03u;
    x = (x ^ x >> 31) * 0xBF58476D1CE4E5B9u;
    return x ^ x >> 29;
}

/* Returns true if a cut in this mode at step k leaves other bytes than all other cuts. */
bool cut_differs(const struct stk_flash_geometry *g, const struct op *op, uint32_t k, uint32_t mode);

/* Returns true if `have` is the number that was asked for, or if no number was asked for. */
static inline bool cut_is_wanted(uint64_t want, uint64_t have) {
    return want == ANY || want == have;
}

/* Cuts the power at step `at`. Where the medium `settles`, no bit stays between two values. */
void cut_set(struct stk_sim_flash *flash, bool settles, uint64_t at, uint32_t mode, uint64_t seed);

/// A mistake of the medium: its last program is undone ///

struct late {
    uint32_t block, offset, bytes;
    uint8_t data[STK_FLASH_UNIT_MAX]; /* bytes that were there before the program operation */
};

void late_keep(struct late *late, const struct stk_sim_flash *flash, uint32_t block, uint32_t offset, uint32_t bytes);
void late_undo(struct late *late, struct stk_sim_flash *flash);

#endif
