/* stoker port: what sim_flash.c and sim_flash_cut.c share. */
#ifndef STOKER_SIM_FLASH_PARTS_H
#define STOKER_SIM_FLASH_PARTS_H

#include "stoker/port/sim_flash.h"

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

/* Programs bytes from .. to - 1 of `p`, and counts units from .. to - 1 of the medium as programmed. */
void stk_sim_flash_apply(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to);
void stk_sim_flash_use(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to);

/* Fills a block with old, erased and random bytes. */
void stk_sim_flash_garbage(struct stk_sim_flash *f, uint32_t block);

/* The block is erased, and is as good as new. */
void stk_sim_flash_clear(struct stk_sim_flash *f, uint32_t block);

/* Unstable places that overlap these bytes settle. */
void stk_sim_flash_settle(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes);

/* What a cut at step k leaves. */
void stk_sim_flash_cut_prog(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t k);
void stk_sim_flash_cut_erase(struct stk_sim_flash *f, uint32_t block, uint32_t k);

#endif
