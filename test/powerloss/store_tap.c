#include "store_tap.h"

#include <stdio.h>
#include <string.h>

#define CELL 64u

/// Looking ///

static void trace(const struct tap *t, const char *what, uint32_t block, uint32_t offset, uint32_t bytes, int result) {
    if (t->trace) {
        printf("  step %llu: %s block %u, %u bytes at %u: %s\n", (unsigned long long)t->flash.steps, what,
               (unsigned)block, (unsigned)bytes, (unsigned)offset, stk_err_name(result));
    }
}

static void note(struct tap *t, uint32_t steps, bool erase) {
    if (t->n_ops < OPS_MAX) {
        t->ops[t->n_ops++] = (struct op){t->flash.steps, steps, erase};
    }
}

/* Returns true if a page has a record: a cell that is neither the header nor blank nor a mark. */
static bool has_record(const uint8_t *page, uint32_t offset, uint32_t bytes) {
    bool any = false;
    for (uint32_t i = offset == 0; (i + 1) * CELL <= bytes; i++) {
        const uint8_t *cell = page + i * CELL;
        any = any || memcmp(cell, cell + 1, CELL - 1u) != 0;
    }
    return any;
}

bool tap_is_unreadable(const struct tap *t) {
    bool any = t->flash.read_error.times != 0;
    for (uint32_t i = 0; i < t->flash.config.geometry.blocks; i++) {
        any = any || stk_sim_flash_block(&t->flash, i)->unreadable;
    }
    return any;
}

bool tap_is_troubled(const struct tap *t) {
    bool any = tap_is_unreadable(t);
    for (uint32_t i = 0; i < t->flash.config.geometry.blocks; i++) {
        const struct stk_sim_flash_block *b = stk_sim_flash_block(&t->flash, i);
        any = any || b->bad_prog || b->bad_erase;
    }
    return any;
}

/// Operations ///

static void tap_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    struct tap *t = ctx;
    stk_sim_flash_ops.geometry(&t->flash, geometry);
}

static int tap_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct tap *t = ctx;
    if (t->reads_left == 0) {
        t->endless = true;
        return STK_E_RANGE; /* a call that never ends is ended by an error that no medium has */
    }
    t->reads_left--;
    int err = stk_sim_flash_ops.read(&t->flash, block, offset, data, bytes);
    if (t->plant == PLANT_FLIPPED_READ && ++t->reads % 500 == 0 && bytes > 64) {
        ((uint8_t *)data)[bytes - 30] ^= 4;
    }
    if (err < 0 && !t->flash.off) {
        trace(t, "read", block, offset, bytes, err);
    }
    return err;
}

static int tap_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct tap *t = ctx;
    bool is_on = !t->flash.off;
    if (is_on) {
        note(t, bytes + 1, false);
        if (t->flash.cut_at - t->flash.steps > bytes) {
            late_keep(&t->late, &t->flash, block, offset, bytes);
        }
    }
    int err = stk_sim_flash_ops.prog(&t->flash, block, offset, data, bytes);
    if (is_on && (err == STK_OK || t->flash.off) && has_record(data, offset, bytes)) {
        t->wrote |= 1u << block;
        t->wrote_first = t->wrote_first != 0 ? t->wrote_first : t->wrote;
    }
    t->failed = t->failed || (err != STK_OK && !t->flash.off);
    trace(t, "program", block, offset, bytes, err);
    return err;
}

/* An erase was begun. The log passes over the blocks between the one in use and this one. */
static void see_erase(struct tap *t, uint32_t block) {
    uint32_t blocks = t->flash.config.geometry.blocks, i = t->log->block;
    do {
        i = (i + 1) % blocks;
        model_erase(t->model, i);
    } while (i != block);
}

static int tap_erase(void *ctx, uint32_t block) {
    struct tap *t = ctx;
    if (t->flash.off) {
        return STK_E_IO;
    }
    note(t, STK_SIM_FLASH_ERASE_STEPS, true);
    if (t->flash.cut_at != t->flash.steps) { /* at its first step it is not begun */
        see_erase(t, block);
    }
    if (t->plant == PLANT_WIDE_ERASE) {
        (void)stk_sim_flash_ops.erase(&t->flash, (block + 1) % t->flash.config.geometry.blocks);
    }
    int err = t->plant == PLANT_NO_ERASE ? STK_OK : stk_sim_flash_ops.erase(&t->flash, block);
    if (err == STK_OK && t->flash.config.geometry.lazy == 0) {
        model_erased(t->model, block);
    } else if (err == STK_OK) {
        model_erased_lazily(t->model, block);
    }
    trace(t, "erase", block, 0, t->flash.config.geometry.block_bytes, err);
    return err;
}

static int tap_sync(void *ctx) {
    struct tap *t = ctx;
    int err = stk_sim_flash_ops.sync(&t->flash);
    if (err == STK_OK) {
        model_synced(t->model);
    }
    trace(t, "sync", 0, 0, 0, err);
    return err;
}

const struct stk_flash_ops tap_ops = {"tap", tap_geometry, tap_read, tap_prog, tap_erase, NULL};
const struct stk_flash_ops tap_ops_lazy = {"lazy", tap_geometry, tap_read, tap_prog, tap_erase, tap_sync};
