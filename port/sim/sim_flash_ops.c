/* stoker port: simulated flash, the operations of port/flash.h. Each call checks the rules, counts, and asks whether
 * power is lost in it or whether it fails; then it does its work on the medium's memory. */
#include <string.h>

#include "sim_flash_internal.h"

/// Steps and bytes ///

/* Counts the steps of an operation, and switches the power off if the cut lies in them. Returns the step at which power
 * is lost, or `steps` if it is not. */
static uint32_t step(struct stk_sim_flash *f, uint32_t steps) {
    uint64_t left = f->cut_at - f->steps;
    /* A cut_at below the steps so far cuts nothing. Without the first test `left`, which wrapped, would decide. */
    bool cut = f->cut_at >= f->steps && left < steps;
    f->steps += steps;
    f->off = cut;
    return cut ? (uint32_t)left : steps;
}

/* Changes the bytes alone. stk_sim_flash_use() notes the units, since a cut may leave a unit begun without a changed
 * byte. */
void stk_sim_flash_apply(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to) {
    uint8_t *bytes = sim_flash_bytes(f, p->index) + p->offset;
    for (uint32_t i = from; i < to; i++) {
        bytes[i] = sim_flash_byte(f, bytes[i], p->data[i]);
    }
}

void stk_sim_flash_use(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to) {
    for (uint32_t u = from; u < to; u++) {
        sim_set_bit(sim_flash_used(f, p->index), u, true);
        sim_set_bit(sim_flash_unreadable(f, p->index), u, false);
    }
    /* `next` is what the rule of ascending order is checked by, and never goes back before an erase. */
    if (to > from && to > p->block->next) {
        p->block->next = to;
    }
}

void stk_sim_flash_clear(struct stk_sim_flash *f, uint32_t block) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, block);
    memset(sim_flash_bytes(f, block), g->erased, g->block_bytes);
    /* The map of unreadable units lies right behind that of used units, so one call clears both. */
    memset(sim_flash_used(f, block), 0, 2u * STK_SIM_FLASH_MAP_(g->block_bytes, g->prog_unit));
    b->next = 0;
    b->broken = b->shaky = b->marginal = b->flickers = b->unreadable = false;
    stk_sim_flash_settle(f, block, 0, g->block_bytes);
}

/* Switches the power off. A lazy medium then forgets some of what was done since the last sync. */
static void lose_power(struct stk_sim_flash *f) {
    f->off = true;
    if (f->journal.used != 0) {
        stk_sim_flash_forget(f);
    }
}

void stk_sim_flash_power_off(struct stk_sim_flash *flash) {
    lose_power(flash);
}

/// Operations ///

static void flash_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    const struct stk_sim_flash *f = ctx;
    *geometry = f->config.geometry;
}

/* Checks what all transfers have in common: power, alignment of the buffer, and place. Misaligned buffers come before
 * the rules: the port refuses them without looking at the medium. */
static int check(struct stk_sim_flash *f, uint32_t unit, uint32_t block, uint32_t offset, const void *data,
                 uint32_t bytes) {
    if (f->off) {
        return STK_E_IO;
    }
    if (f->config.align > 1 && (uintptr_t)data % f->config.align != 0) {
        f->counts.misaligned++;
        return STK_E_ALIGN;
    }
    return stk_sim_flash_is_placed(f, unit, block, offset, bytes)
               ? STK_OK
               : stk_sim_flash_violate(f, STK_SIM_FLASH_PLACE, block, offset, bytes);
}

/* Returns true if no unit under these bytes has been made unreadable. */
static bool is_readable(const struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes) {
    uint32_t unit = f->config.geometry.prog_unit;
    uint32_t u = offset / unit, end = (offset + bytes - 1) / unit;
    const uint8_t *map = sim_flash_unreadable(f, block);
    while (u <= end && !sim_bit(map, u)) {
        u++;
    }
    return u > end;
}

static int flash_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct stk_sim_flash *f = ctx;
    const struct stk_sim_flash_block *b;
    int err = check(f, f->config.geometry.read_unit, block, offset, data, bytes);
    if (err < 0) {
        return err;
    }
    if (bytes == 0) {
        return STK_OK;
    }
    b = stk_sim_flash_block(f, block);
    f->counts.reads++;
    f->counts.read_bytes += bytes;
    f->counts.ns += f->config.cost.read_ns + (uint64_t)f->config.cost.read_byte_ps * bytes / 1000u;
    /* The map is only looked at if a unit of the block is unreadable, since tests read a lot. */
    if ((f->read_error.times != 0 && stk_sim_flash_read_fails(f, block, offset, bytes)) ||
        (b->unreadable && !is_readable(f, block, offset, bytes))) {
        /* A user that ignores the error finds bytes that are neither erased nor old data, so that a test shows the
         * mistake. */
        memset(data, 0x55, bytes);
        return STK_E_IO;
    }
    if (b->flickers) {
        stk_sim_flash_flicker(f, block, offset, data, bytes);
    } else {
        memcpy(data, sim_flash_bytes(f, block) + offset, bytes);
    }
    return STK_OK;
}

static int flash_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct stk_sim_flash *f = ctx;
    uint32_t unit = f->config.geometry.prog_unit, k;
    int err = check(f, unit, block, offset, data, bytes);
    if (err < 0) {
        return err;
    }
    struct sim_prog p = {stk_sim_flash_block(f, block), block, offset, bytes, data};
    enum stk_sim_flash_rule rule = bytes == 0 ? STK_SIM_FLASH_PLACE : stk_sim_flash_rule_of(f, &p);
    if (rule != STK_SIM_FLASH_KEPT) {
        return stk_sim_flash_violate(f, rule, block, offset, bytes);
    }
    stk_sim_flash_changed(f, block, offset, bytes);
    f->counts.prog_bytes += bytes;
    f->counts.ns += (uint64_t)f->config.cost.prog_ns * (bytes / unit);
    /* n bytes have n + 1 steps: a cut may come before the first byte and after the last one, when only the return is
     * lost. */
    k = step(f, bytes + 1);
    if (f->off) {
        f->counts.programs++;
        stk_sim_flash_cut_prog(f, &p, k);
        lose_power(f);
        return STK_E_IO;
    }
    /* Every program is counted, also one that fails. prog_bad counts from 0. */
    if (f->counts.programs++ == f->prog_bad || p.block->bad_prog) {
        return stk_sim_flash_fail_prog(f, &p);
    }
    stk_sim_flash_settle(f, block, offset, bytes);
    stk_sim_flash_apply(f, &p, 0, bytes);
    stk_sim_flash_use(f, &p, offset / unit, (offset + bytes) / unit);
    return STK_OK;
}

static int flash_erase(void *ctx, uint32_t block) {
    struct stk_sim_flash *f = ctx;
    if (f->off) {
        return STK_E_IO;
    }
    if (block >= f->config.geometry.blocks) {
        return stk_sim_flash_violate(f, STK_SIM_FLASH_PLACE, block, 0, 0);
    }
    struct stk_sim_flash_block *b = stk_sim_flash_changed(f, block, 0, f->config.geometry.block_bytes);
    uint32_t k = step(f, STK_SIM_FLASH_ERASE_STEPS);
    /* At step 0 of a cut erase nothing was begun, so the block does not wear. */
    b->erases += k != 0;
    f->counts.ns += f->config.cost.erase_ns;
    if (f->off) {
        f->counts.erases++;
        stk_sim_flash_cut_erase(f, block, k);
        lose_power(f);
        return STK_E_IO;
    }
    if (f->counts.erases++ == f->erase_bad || b->bad_erase) {
        return stk_sim_flash_fail_erase(f, block);
    }
    stk_sim_flash_clear(f, block);
    return STK_OK;
}

static int flash_sync(void *ctx) {
    struct stk_sim_flash *f = ctx;
    if (f->off) {
        return STK_E_IO;
    }
    f->counts.syncs++;
    if (f->journal.used != 0) {
        stk_sim_flash_remember_all(f);
    }
    return STK_OK;
}

const struct stk_flash_ops stk_sim_flash_ops = {
    .name = "sim",
    .geometry = flash_geometry,
    .read = flash_read,
    .prog = flash_prog,
    .erase = flash_erase,
    .sync = flash_sync,
};
