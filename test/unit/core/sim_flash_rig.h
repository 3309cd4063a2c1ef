/* A small simulated flash, for the tests of the simulator. Included once in a test, after cmocka. */
#ifndef SIM_FLASH_RIG_H
#define SIM_FLASH_RIG_H

#include <string.h>

#include "stoker/port/sim_flash.h"

#define BLOCK  256u
#define BLOCKS 3u
#define BYTES  64u /* bytes of most programs in these tests */

static const struct stk_flash_ops *const ops = &stk_sim_flash_ops;
static _Alignas(64) uint8_t data[BLOCK], seen[BLOCK];

static inline struct stk_flash_geometry geometry(uint32_t read_unit, uint32_t prog_unit, uint32_t block,
                                                 uint32_t blocks, uint8_t erased, uint8_t rewrite) {
    return (struct stk_flash_geometry){.read_unit = read_unit,
                                       .prog_unit = prog_unit,
                                       .block_bytes = block,
                                       .blocks = blocks,
                                       .erased = erased,
                                       .rewrite = rewrite};
}

static inline struct stk_sim_flash_config shape(uint32_t prog_unit, uint8_t rewrite, uint8_t erased) {
    return (struct stk_sim_flash_config){.geometry = geometry(1, prog_unit, BLOCK, BLOCKS, erased, rewrite),
                                         .seed = 77};
}

static _Alignas(64) uint8_t memory_a[STK_SIM_FLASH_LAZY_BYTES(BLOCKS, BLOCK, 1)];

static inline struct stk_sim_flash flash_over(uint8_t *memory, struct stk_sim_flash_config config) {
    struct stk_sim_flash flash;
    struct stk_arena arena;
    stk_arena_init(&arena, memory, sizeof memory_a);
    assert_int_equal(stk_sim_flash_init(&flash, &config, &arena), STK_OK);
    for (uint32_t i = 0; i < BLOCK; i++) {
        data[i] = (uint8_t)(i * 7 + 1);
    }
    return flash;
}

static inline struct stk_sim_flash flash_of(uint32_t prog_unit, uint8_t rewrite) {
    return flash_over(memory_a, shape(prog_unit, rewrite, 0xFF));
}

static inline int prog(struct stk_sim_flash *f, uint32_t offset, uint32_t bytes) {
    return ops->prog(f, 1, offset, data, bytes);
}

static inline const uint8_t *read_all(struct stk_sim_flash *f, uint32_t block) {
    assert_int_equal(ops->read(f, block, 0, seen, BLOCK), STK_OK);
    return seen;
}

static inline uint32_t count_of(const uint8_t *bytes, uint32_t n, uint8_t value) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        count += bytes[i] == value;
    }
    return count;
}

static inline void expect_rule(struct stk_sim_flash *f, int result, enum stk_sim_flash_rule rule) {
    static struct stk_sim_flash_violation none;
    assert_int_equal(f->violation.rule, rule);
    assert_int_equal(result, rule == STK_SIM_FLASH_KEPT ? STK_OK : STK_E_RANGE);
    f->violation = none;
}

/* Cuts the next program at its step k; power is back afterwards. */
static inline void cut_prog(struct stk_sim_flash *f, enum stk_sim_prog_cut how, uint32_t k, uint32_t offset) {
    f->prog_cut = how;
    f->cut_at = f->steps + k;
    assert_int_equal(prog(f, offset, BYTES), STK_E_IO);
    assert_true(f->off);
    stk_sim_flash_power_on(f);
}

static inline void cut_erase(struct stk_sim_flash *f, enum stk_sim_erase_cut how, uint32_t k) {
    f->erase_cut = how;
    f->cut_at = f->steps + k;
    assert_int_equal(ops->erase(f, 1), STK_E_IO);
    stk_sim_flash_power_on(f);
}

#endif
