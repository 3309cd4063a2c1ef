/* stoker port: simulated flash, set-up, copies and damage. Holds the memory of a medium. The operations are in
 * sim_flash_ops.c, the rules in sim_flash_rules.c, and what cuts and failures leave in sim_flash_cut.c,
 * sim_flash_fail.c and sim_flash_lazy.c. */
#include "stoker/port/sim_flash.h"

#include <string.h>

#include "sim_flash_internal.h"
#include "sim_random.h"

/// Set-up ///

static bool is_unit(uint32_t n) {
    return n != 0 && n <= STK_FLASH_UNIT_MAX;
}

/* Returns true for a geometry that keeps the rules of port/flash.h. */
static bool is_possible(const struct stk_flash_geometry *g) {
    return is_unit(g->read_unit) && is_unit(g->prog_unit) && g->blocks != 0 && g->block_bytes != 0 &&
           g->block_bytes % g->read_unit == 0 && g->block_bytes % g->prog_unit == 0 &&
           (g->erased == 0 || g->erased == 0xFF) && g->rewrite <= STK_FLASH_ANY;
}

int stk_sim_flash_bytes(const struct stk_flash_geometry *geometry, size_t *bytes) {
    if (!is_possible(geometry)) {
        return STK_E_ARG;
    }
    /* Refuses sizes whose sum could wrap. A block takes less than eight times its bytes, with its maps, its padding and
     * its part of a journal, and a few hundred bytes more (1024 is enough). The unstable places take less than a
     * megabyte. */
    if (geometry->block_bytes > UINT32_MAX / 16 ||
        geometry->blocks > (SIZE_MAX - 0x100000u) / ((size_t)8 * geometry->block_bytes + 1024u)) {
        return STK_E_OVERFLOW;
    }
    *bytes = geometry->lazy != 0
                 ? STK_SIM_FLASH_LAZY_BYTES(geometry->blocks, geometry->block_bytes, geometry->prog_unit)
                 : STK_SIM_FLASH_BYTES(geometry->blocks, geometry->block_bytes, geometry->prog_unit);
    return STK_OK;
}

int stk_sim_flash_init(struct stk_sim_flash *flash, const struct stk_sim_flash_config *config,
                       struct stk_arena *arena) {
    size_t bytes;
    if (flash == NULL || config == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    int err = stk_sim_flash_bytes(&config->geometry, &bytes);
    /* 0 stands for the default, and wraps to the greatest number here, so that the comparison lets it pass. */
    if (err == STK_OK && config->sector - 1u < SIM_SECTOR_MIN - 1u) {
        err = STK_E_ARG;
    }
    if (err < 0) {
        return err;
    }
    uint8_t *mem = stk_arena_take(arena, bytes);
    if (mem == NULL) {
        return STK_E_SPACE;
    }
    const struct stk_flash_geometry *g = &config->geometry;
    memset(mem, 0, bytes);
    /* The generator must not begin at 0, where a xorshift stays for ever (sim_random.h). */
    *flash = (struct stk_sim_flash){.config = *config, .mem = mem, .rng = config->seed != 0 ? config->seed : 1};
    flash->stride = STK_SIM_FLASH_STRIDE_(g->block_bytes, g->prog_unit);
    flash->weak_max = (uint32_t)STK_SIM_FLASH_WEAK_(g->prog_unit);
    /* The knobs begin as "never": a medium without knobs does not fail. */
    flash->cut_at = flash->prog_bad = flash->erase_bad = STK_SIM_FLASH_NEVER;
    stk_sim_flash_journal_init(flash);
    for (uint32_t i = 0; i < g->blocks; i++) {
        memset(sim_flash_bytes(flash, i), g->erased, g->block_bytes);
    }
    return STK_OK;
}

void stk_sim_flash_copy(struct stk_sim_flash *to, const struct stk_sim_flash *from) {
    uint8_t *mem = to->mem;
    /* Stamps of later changes must differ from those of both media, or a later copy would take a changed block for the
     * same block. */
    uint64_t stamp = to->stamp > from->stamp ? to->stamp : from->stamp;
    uint32_t blocks = from->config.geometry.blocks;
    for (uint32_t i = 0; i < blocks; i++) {
        const struct stk_sim_flash_block *b = stk_sim_flash_block(from, i);
        /* The head is always copied: the counts of a block change without its contents, so two blocks of one stamp may
         * have different heads. */
        bool same = b->stamp == stk_sim_flash_block(to, i)->stamp;
        memcpy(mem + i * from->stride, b, same ? sizeof *b : from->stride);
    }
    /* The bytes of unstable places are copied only if there is such a place; power-loss tests copy a medium many
     * thousand times. */
    if (from->weak[0].bytes != 0 || from->weak[1].bytes != 0) {
        memcpy(mem + blocks * from->stride, from->mem + blocks * from->stride,
               (size_t)2 * STK_SIM_FLASH_WEAK * from->weak_max);
    }
    if (from->journal.sector != 0) {
        stk_sim_flash_journal_copy(to, from);
    }
    *to = *from;
    to->mem = mem;
    /* Never goes back, so that no stamp stands for two contents. */
    to->stamp = stamp;
}

/// Looking in and doing damage ///

struct stk_sim_flash_block *stk_sim_flash_block(const struct stk_sim_flash *flash, uint32_t block) {
    return (struct stk_sim_flash_block *)(void *)(flash->mem + block * flash->stride);
}

const uint8_t *stk_sim_flash_data(const struct stk_sim_flash *flash, uint32_t block) {
    return sim_flash_bytes(flash, block);
}

void stk_sim_flash_flip(struct stk_sim_flash *flash, uint32_t block, uint32_t bit) {
    stk_sim_flash_changed(flash, block, bit / 8, 1);
    sim_flash_bytes(flash, block)[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

void stk_sim_flash_spoil(struct stk_sim_flash *flash, uint32_t block, uint32_t offset) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(flash, block);
    b->unreadable = true;
    b->stamp = ++flash->stamp;
    sim_set_bit(sim_flash_unreadable(flash, block), offset / flash->config.geometry.prog_unit, true);
}

uint64_t stk_sim_flash_interval(struct stk_sim_flash *flash) {
    /* worst_ns keeps the longest interval, which tests compare with a bound. */
    uint64_t ns = flash->counts.ns - flash->interval;
    flash->interval = flash->counts.ns;
    if (ns > flash->counts.worst_ns) {
        flash->counts.worst_ns = ns;
    }
    return ns;
}
