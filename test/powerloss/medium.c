#include "medium.h"

#include <stdlib.h>
#include <string.h>

/// Making it ///

size_t medium_bytes(const struct stk_flash_geometry *g) {
    size_t bytes = 0;
    if (stk_sim_flash_bytes(g, &bytes) < 0) {
        abort();
    }
    return STK_ARENA_BYTES(bytes);
}

void medium_init(struct stk_sim_flash *flash, const struct stk_flash_geometry *g, uint32_t align, uint32_t sector,
                 void *memory, size_t bytes) {
    const struct stk_sim_flash_config config = {.geometry = *g, .strict_once = true, .align = align, .sector = sector};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, bytes);
    if (stk_sim_flash_init(flash, &config, &arena) < 0) {
        abort();
    }
    flash->prog_fail = STK_SIM_PROG_FAIL_MIXED;
    flash->erase_fail = STK_SIM_ERASE_FAIL_MIXED;
}

bool medium_flickers(const struct stk_sim_flash *flash) {
    bool any = false;
    for (uint32_t i = 0; i < flash->config.geometry.blocks; i++) {
        any = any || stk_sim_flash_block(flash, i)->flickers;
    }
    return any;
}

/// Cuts ///

bool cut_differs(const struct stk_flash_geometry *g, const struct op *op, uint32_t k, uint32_t mode) {
    uint32_t last = op->steps - 1;
    if (g->lazy != 0) {
        return true; /* what else the medium forgets is drawn anew */
    }
    if (op->erase) {
        return k == 0 || k == last ? mode == 0 : k == 1 || mode > STK_SIM_ERASE_LOOKS_DONE;
    }
    switch (mode) {
    case STK_SIM_PROG_CLEAN:
        return true;
    case STK_SIM_PROG_TORN:
    case STK_SIM_PROG_REORDERED:
        return k < last;
    case STK_SIM_PROG_NO_TRACE:
        return k < last && k % g->prog_unit == 0;
    case STK_SIM_PROG_UNSTABLE: /* not the media that take any value */
    case STK_SIM_PROG_FLICKERING:
        return k % g->prog_unit == 0 && g->rewrite != STK_FLASH_ANY;
    case STK_SIM_PROG_UNREADABLE:
        return k % g->prog_unit == 0;
    default:
        return false;
    }
}

void cut_set(struct stk_sim_flash *flash, bool settles, uint64_t at, uint32_t mode, uint64_t seed) {
    bool prog_unsettled = mode == STK_SIM_PROG_UNSTABLE || mode == STK_SIM_PROG_FLICKERING;
    bool erase_unsettled = mode == STK_SIM_ERASE_UNSTABLE || mode == STK_SIM_ERASE_FLICKERING;
    flash->cut_at = at;
    flash->prog_cut =
        mode >= STK_SIM_PROG_CUTS || (settles && prog_unsettled) ? STK_SIM_PROG_CLEAN : (enum stk_sim_prog_cut)mode;
    flash->erase_cut = settles && erase_unsettled ? STK_SIM_ERASE_GARBAGE : (enum stk_sim_erase_cut)mode;
    flash->rng = cut_hash(at * MODES + mode, seed) | 1u;
}

/// A mistake of the medium ///

void late_keep(struct late *late, const struct stk_sim_flash *flash, uint32_t block, uint32_t offset, uint32_t bytes) {
    memcpy(late->data, stk_sim_flash_data(flash, block) + offset, bytes);
    late->block = block;
    late->offset = offset;
    late->bytes = bytes;
}

void late_undo(struct late *late, struct stk_sim_flash *flash) {
    if (late->bytes != 0) {
        struct stk_sim_flash_block *b = stk_sim_flash_block(flash, late->block);
        memcpy((uint8_t *)(b + 1) + late->offset, late->data, late->bytes);
        b->stamp = ++flash->stamp;
        late->bytes = 0;
    }
}
