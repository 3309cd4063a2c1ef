#include "medium.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/// The command line ///

double clock_now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool to_number(uint64_t *to, const char *value) {
    char *end;
    if (value == NULL) {
        return false;
    }
    *to = strtoull(value, &end, 10);
    return *value != '\0' && *end == '\0';
}

int take_numbers(const struct number *numbers, size_t n, uint64_t *first, uint64_t *count, char **arg) {
    if (strcmp(arg[0], "--long") == 0) {
        return to_number(first, arg[1]) && to_number(count, arg[2]) && *count != 0 ? 3 : 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(arg[0], numbers[i].name) == 0) {
            return to_number(numbers[i].to, arg[1]) ? 2 : 0;
        }
    }
    return 0;
}
