#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "stoker/le.h"

#define CELL_SLOT     12u /* where a cell has the slot of a record, and its number */
#define CELL_SEQUENCE 52u

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

static bool is_blank(const uint8_t *cell) {
    return cell[0] == cell[1] && memcmp(cell, cell + 1, STK_LOG_CELL_BYTES - 1u) == 0;
}

/* Tells the model which records a page has that was programmed: all of its cells but the header, blank ones and
 * marks. */
static void see_records(struct tap *t, uint32_t block, uint32_t offset, const uint8_t *page) {
    uint32_t cells = medium_page_bytes(&t->flash.config.geometry) / STK_LOG_CELL_BYTES;
    for (uint32_t i = offset == 0; i < cells; i++) {
        const uint8_t *cell = page + i * STK_LOG_CELL_BYTES;
        if (!is_blank(cell)) {
            model_place(t->model, block, stk_get32(cell + CELL_SLOT), stk_get32(cell + CELL_SEQUENCE));
        }
    }
}

/* Blocks that are bad, or that cannot be read to the end; any that mount may not have read. */
static uint32_t troubled(const struct tap *t) {
    uint32_t map = t->blurred ? UINT32_MAX : 0;
    for (uint32_t i = 0; i < t->flash.config.geometry.blocks; i++) {
        const struct stk_sim_flash_block *b = stk_sim_flash_block(&t->flash, i);
        map |= (uint32_t)(b->bad_prog || b->bad_erase || b->unreadable) << i;
    }
    return map;
}

/// Operations ///

static void tap_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    struct tap *t = ctx;
    stk_sim_flash_ops.geometry(&t->flash, geometry);
}

static int tap_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct tap *t = ctx;
    if (t->reads_left < READ_COST) {
        t->endless = true;
        return STK_E_RANGE; /* a call that never ends is ended by an error that no medium has */
    }
    int err = stk_sim_flash_ops.read(&t->flash, block, offset, data, bytes);
    t->reads_left -= err == STK_OK ? READ_COST : 1u; /* what fails is tried again, alone and with what is around it */
    if (t->plant == PLANT_FLIPPED_READ && ++t->reads % 1000 == 0 && bytes > 64) {
        ((uint8_t *)data)[bytes - 30] ^= 4;
    }
    if (err < 0) {
        trace(t, "read", block, offset, bytes, err);
    }
    return err;
}

static int tap_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct tap *t = ctx;
    if (!t->flash.off) {
        note(t, bytes + 1, false);
        if (t->plant == PLANT_LATE_PROGRAM && t->flash.cut_at - t->flash.steps > bytes) {
            late_keep(&t->late, &t->flash, block, offset, bytes);
        }
    }
    int err = stk_sim_flash_ops.prog(&t->flash, block, offset, data, bytes);
    if (err == STK_OK) {
        see_records(t, block, offset, data);
    } else if (!t->flash.off) {
        t->failed++;
    }
    trace(t, *(const uint8_t *)data + t->flash.config.geometry.erased == 0xFF ? "mark" : "program", block, offset,
          bytes, err);
    return err;
}

static int tap_erase(void *ctx, uint32_t block) {
    struct tap *t = ctx;
    uint32_t next = (block + 1) % t->flash.config.geometry.blocks;
    if (t->flash.off) {
        return STK_E_IO;
    }
    note(t, STK_SIM_FLASH_ERASE_STEPS, true);
    if (t->flash.cut_at != t->flash.steps) { /* at its first step it is not begun */
        model_erase(t->model, block, troubled(t));
    }
    if (t->plant == PLANT_WIDE_ERASE) {
        (void)stk_sim_flash_ops.erase(&t->flash, next);
    }
    int err = t->plant == PLANT_STALE_HEADERS ? STK_OK : stk_sim_flash_ops.erase(&t->flash, block);
    trace(t, "erase", block, 0, t->flash.config.geometry.block_bytes, err);
    return err;
}

static int tap_sync(void *ctx) {
    struct tap *t = ctx;
    int err = stk_sim_flash_ops.sync(&t->flash);
    if (err == STK_OK) {
        model_keep(t->model);
    }
    trace(t, "sync", 0, 0, 0, err);
    return err;
}

const struct stk_flash_ops tap_ops = {"tap", tap_geometry, tap_read, tap_prog, tap_erase, NULL};
const struct stk_flash_ops tap_ops_lazy = {"lazy", tap_geometry, tap_read, tap_prog, tap_erase, tap_sync};
