/* stoker port: simulated flash, what a program, an erase or a read leaves that fails with STK_E_IO while the power
 * stays on. After a failed program or erase its block stays bad. */
#include <string.h>

#include "sim_flash_internal.h"
#include "sim_random.h"

/// Programs and erases ///

int stk_sim_flash_fail_prog(struct stk_sim_flash *f, const struct sim_prog *p) {
    uint32_t unit = f->config.geometry.prog_unit;
    uint32_t how = f->prog_fail != STK_SIM_PROG_FAIL_MIXED ? (uint32_t)f->prog_fail
                                                           : sim_random_below(&f->rng, STK_SIM_PROG_FAIL_MIXED);
    /* Later programs of the block fail as well, as on a chip with a worn block. */
    p->block->bad_prog = true;
    for (uint32_t i = 0; how != STK_SIM_PROG_FAIL_NONE && i < p->bytes; i++) {
        if (how == STK_SIM_PROG_FAIL_ALL || sim_random_below(&f->rng, 4) != 0) {
            stk_sim_flash_apply(f, p, i, i + 1);
        }
    }
    /* The units count as programmed even if no byte changed: the user cannot know, and must not program them again. */
    stk_sim_flash_use(f, p, p->offset / unit, (p->offset + p->bytes) / unit);
    return STK_E_IO;
}

/* Returns the bytes of the first page of a block: the fewest whole units that hold 64 bytes. */
static uint32_t page_bytes(const struct stk_flash_geometry *g) {
    return (63u / g->prog_unit + 1u) * g->prog_unit;
}

/* Loses bytes from .. to - 1: all of them erased, or all of them random, each as likely. */
static void lose(struct stk_sim_flash *f, uint32_t block, uint32_t from, uint32_t to) {
    uint8_t *bytes = sim_flash_bytes(f, block);
    bool erase = sim_random_below(&f->rng, 2) != 0;
    for (; from < to; from++) {
        bytes[from] = erase ? f->config.geometry.erased : (uint8_t)sim_random_below(&f->rng, 256);
    }
}

int stk_sim_flash_fail_erase(struct stk_sim_flash *f, uint32_t block) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, block);
    uint32_t how = f->erase_fail != STK_SIM_ERASE_FAIL_MIXED ? (uint32_t)f->erase_fail
                                                             : sim_random_below(&f->rng, STK_SIM_ERASE_FAIL_MIXED);
    uint32_t page = sim_smaller(page_bytes(g), g->block_bytes);
    b->bad_erase = b->broken = true;
    if (how == STK_SIM_ERASE_FAIL_ANYTHING) {
        stk_sim_flash_garbage(f, block);
    } else if (how == STK_SIM_ERASE_FAIL_HEADER) {
        lose(f, block, 0, sim_random_below(&f->rng, 2) != 0 ? page : sim_smaller(64, page));
    } else if (how == STK_SIM_ERASE_FAIL_RECORDS) {
        lose(f, block, page, g->block_bytes);
    } else if (how == STK_SIM_ERASE_FAIL_DONE) {
        memset(sim_flash_bytes(f, block), g->erased, g->block_bytes);
    }
    return STK_E_IO;
}

/// Reads ///

/* Returns true if the read error hits this read, and uses the error up by one. The caller has counted the read already,
 * so `reads` is 1 for the first read. */
bool stk_sim_flash_read_fails(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes) {
    struct stk_sim_flash_read_error *r = &f->read_error;
    bool fails =
        f->counts.reads > r->from &&
        (r->block == STK_SIM_FLASH_EVERY_BLOCK ||
         (r->block == block && (r->bytes == 0 || (offset < r->offset + r->bytes && r->offset < offset + bytes))));
    if (fails && r->times != STK_SIM_FLASH_NEVER) {
        r->times--;
    }
    return fails;
}
