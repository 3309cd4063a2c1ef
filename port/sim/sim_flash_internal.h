/* stoker port: what the files of the simulated flash share. */
#ifndef STOKER_SIM_FLASH_INTERNAL_H
#define STOKER_SIM_FLASH_INTERNAL_H

#include "stoker/port/sim_flash.h"

#define SIM_SECTOR_MIN     64u
#define SIM_SECTOR_DEFAULT 512u

/* A program: the first unit and how many it takes are in units, the rest in bytes. */
struct sim_prog {
    struct stk_sim_flash_block *block;
    uint32_t index, offset, bytes;
    const uint8_t *data;
};

static inline uint8_t *sim_flash_bytes(const struct stk_sim_flash *f, uint32_t block) {
    return f->mem + block * f->stride + sizeof(struct stk_sim_flash_block);
}

/* One bit per program unit: it was programmed since the last erase. */
static inline uint8_t *sim_flash_used(const struct stk_sim_flash *f, uint32_t block) {
    return sim_flash_bytes(f, block) + f->config.geometry.block_bytes;
}

/* One bit per program unit: its reads fail. */
static inline uint8_t *sim_flash_unreadable(const struct stk_sim_flash *f, uint32_t block) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    return sim_flash_used(f, block) + STK_SIM_FLASH_MAP_(g->block_bytes, g->prog_unit);
}

static inline uint32_t sim_smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static inline bool sim_bit(const uint8_t *map, uint32_t i) {
    return (map[i / 8] >> (i % 8) & 1u) != 0;
}

static inline void sim_set_bit(uint8_t *map, uint32_t i, bool to) {
    uint8_t mask = (uint8_t)(1u << (i % 8));
    map[i / 8] = (uint8_t)(to ? map[i / 8] | mask : map[i / 8] & ~mask);
}

/* A byte of the medium after a program of `data`: bits only leave the erased value, but on media that take any. */
static inline uint8_t sim_flash_byte(const struct stk_sim_flash *f, uint8_t old, uint8_t data) {
    if (f->config.geometry.rewrite == STK_FLASH_ANY) {
        return data;
    }
    return (uint8_t)(f->config.geometry.erased == 0xFF ? old & data : old | data);
}

/// Rules ///

/* Notes a call that broke `rule`. Returns STK_E_RANGE. */
int stk_sim_flash_violate(struct stk_sim_flash *f, enum stk_sim_flash_rule rule, uint32_t block, uint32_t offset,
                          uint32_t bytes);

/* Are these bytes whole units of the medium? */
bool stk_sim_flash_is_placed(const struct stk_sim_flash *f, uint32_t unit, uint32_t block, uint32_t offset,
                             uint32_t bytes);

/* The rule that a program breaks. */
enum stk_sim_flash_rule stk_sim_flash_rule_of(const struct stk_sim_flash *f, const struct sim_prog *p);

/// Changes ///

/* Call before bytes of a block change. Returns the block. */
struct stk_sim_flash_block *stk_sim_flash_changed(struct stk_sim_flash *f, uint32_t block, uint32_t offset,
                                                  uint32_t bytes);

/* Programs bytes from .. to - 1 of `p`, and counts units from .. to - 1 of the medium as programmed. */
void stk_sim_flash_apply(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to);
void stk_sim_flash_use(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to);

/* Fills a block with old, erased and random bytes. */
void stk_sim_flash_garbage(struct stk_sim_flash *f, uint32_t block);

/* The block is erased, and is as good as new. */
void stk_sim_flash_clear(struct stk_sim_flash *f, uint32_t block);

/* Unstable places that overlap these bytes settle. */
void stk_sim_flash_settle(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes);

/* Reads bytes of a block that flickers. */
void stk_sim_flash_flicker(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes);

/// Cuts and failures ///

/* What a cut at step k leaves. */
void stk_sim_flash_cut_prog(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t k);
void stk_sim_flash_cut_erase(struct stk_sim_flash *f, uint32_t block, uint32_t k);

/* A program or an erase that fails, and makes its block bad. Returns STK_E_IO. */
int stk_sim_flash_fail_prog(struct stk_sim_flash *f, const struct sim_prog *p);
int stk_sim_flash_fail_erase(struct stk_sim_flash *f, uint32_t block);

/* Does the read fault hit a read of these bytes? Then it is used up by one. */
bool stk_sim_flash_read_fails(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes);

/// Lazy media ///

/* Sets the journal up where the medium is lazy; its memory is all zeros. */
void stk_sim_flash_journal_init(struct stk_sim_flash *f);
void stk_sim_flash_journal_copy(struct stk_sim_flash *to, const struct stk_sim_flash *from);

/* What the medium holds now survives a power cut. */
void stk_sim_flash_remember_all(struct stk_sim_flash *f);

/* Takes sectors back to what they held before. */
void stk_sim_flash_forget(struct stk_sim_flash *f);

#endif
