/* The media of core/POWER-CUTS.md on simulated flash, and cuts at every step of a call. Included once in a test, after
 * cmocka. */
#ifndef POWER_CUTS_H
#define POWER_CUTS_H

#include <string.h>

#include "stoker/log.h"
#include "stoker/port/sim_flash.h"

/* One for each column of the tables; a test says how many blocks. */
static const struct medium {
    const char *name;
    struct stk_flash_geometry geometry;
} media[] = {
    {"NOR", {1, 1, 512, 0, 0xFF, STK_FLASH_MANY, 0}},      {"ECC words", {1, 16, 512, 0, 0xFF, STK_FLASH_ONCE, 0}},
    {"INVERT", {1, 8, 512, 0, 0xFF, STK_FLASH_INVERT, 0}}, {"NAND", {512, 512, 1024, 0, 0xFF, STK_FLASH_ONCE, 0}},
    {"FRAM", {1, 1, 512, 0, 0x00, STK_FLASH_ANY, 0}},      {"file", {1, 512, 1024, 0, 0x00, STK_FLASH_ANY, 1}},
};
#define MEDIA        (sizeof media / sizeof *media)
#define PAGE_MAX     512u
#define BLOCKS_MAX   12u
#define MEMORY_BYTES 65536u

/* Number of cut modes. Each mode is one way in which a cut can leave a program, together with one way in which it can
 * leave an erase. */
#define CUT_MODES ((uint32_t)STK_SIM_PROG_CUTS)

static struct power {
    const struct medium *medium;
    struct stk_sim_flash flash;
    uint32_t blocks; /* blocks of the flash that the log may use */
    uint32_t rng;
    _Alignas(64) uint8_t memory[MEMORY_BYTES];
} power;

static inline uint32_t luck(uint32_t below) {
    power.rng = power.rng * 1664525u + 1013904223u;
    return (power.rng >> 8) % below;
}

/* Returns true if each record is a page of its own, which waits for no other record. */
static inline bool page_is_record(const struct medium *m) {
    return m->geometry.prog_unit <= STK_LOG_CELL_BYTES && !m->geometry.lazy;
}

static void part_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    stk_sim_flash_ops.geometry(ctx, geometry);
    geometry->blocks = power.blocks;
}

/* The first blocks of the flash. */
static struct stk_flash_ops part_ops;

/* Fresh flash of so many blocks, the power on. */
static inline void power_begin(const struct medium *m, uint32_t blocks) {
    struct stk_sim_flash_config config = {.geometry = m->geometry, .seed = 11};
    struct stk_arena arena;
    config.geometry.blocks = blocks;
    power.medium = m;
    power.blocks = blocks;
    part_ops = stk_sim_flash_ops;
    part_ops.geometry = part_geometry;
    stk_arena_init(&arena, power.memory, sizeof power.memory);
    assert_int_equal(stk_sim_flash_init(&power.flash, &config, &arena), STK_OK);
}

/* The next call loses its power at its step `k`, counted from 0 over all that it does. */
static inline void power_cut_at(uint32_t mode, uint32_t k) {
    power.flash.prog_cut = (enum stk_sim_prog_cut)(mode % STK_SIM_PROG_CUTS);
    power.flash.erase_cut = (enum stk_sim_erase_cut)(mode % STK_SIM_ERASE_CUTS);
    power.flash.cut_at = power.flash.steps + k;
}

/* Power comes back. Returns false when it had not gone: the call came to its end first. */
static inline bool power_return(void) {
    bool gone = power.flash.off;
    stk_sim_flash_power_on(&power.flash);
    assert_int_equal(power.flash.violation.rule, STK_SIM_FLASH_KEPT);
    return gone;
}

/* Calls `before`, and then cuts `call` at each of its steps, in every mode and on each medium. Then calls `after`,
 * which checks that the promises of core/POWER-CUTS.md hold; its argument says whether the power was cut. Cuts large
 * pages at some of their bytes only. */
static inline void cut_everywhere(void (*before)(const struct medium *m), void (*call)(void), void (*after)(bool cut)) {
    for (uint32_t i = 0; i < MEDIA; i++) {
        uint32_t stride = media[i].geometry.prog_unit > STK_LOG_CELL_BYTES ? 29u : 1u;
        for (uint32_t mode = 0; mode < CUT_MODES; mode++) {
            bool cut = true;
            for (uint32_t k = 0; cut; k += stride) {
                before(&media[i]);
                power_cut_at(mode, k);
                call();
                cut = power_return();
                after(cut);
            }
        }
    }
}

#endif
