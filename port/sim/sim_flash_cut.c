/* stoker port: simulated flash, what a power cut leaves of a program or an erase, and how a place that was cut reads
 * later. Real flash shows all of this: half programmed cells read as either value, at each power-on or at each read.
 * The kinds are listed in sim_flash_media.h. */
#include <string.h>

#include "sim_flash_internal.h"
#include "sim_random.h"

/// Unstable places ///

/* Returns the bytes of unstable place `i` as they were before the program that was cut. The two versions of all
 * unstable places lie behind the blocks in the medium's memory. */
static uint8_t *weak_old(const struct stk_sim_flash *f, uint32_t i) {
    return f->mem + f->config.geometry.blocks * f->stride + (size_t)2 * i * f->weak_max;
}

/* Returns the bytes that the program was to leave in unstable place `i`. */
static uint8_t *weak_new(const struct stk_sim_flash *f, uint32_t i) {
    return weak_old(f, i) + f->weak_max;
}

void stk_sim_flash_settle(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint32_t bytes) {
    for (uint32_t i = 0; i < STK_SIM_FLASH_WEAK; i++) {
        struct stk_sim_flash_weak *w = &f->weak[i];
        if (w->block == block && w->offset < offset + bytes && offset < w->offset + w->bytes) {
            w->bytes = 0;
        }
    }
}

/* Makes bytes from .. to - 1 of a program an unstable place. If all places are in use, the oldest is taken over, and
 * its bytes stay as they read last. */
static void weaken(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to) {
    uint32_t i = f->weak_next++ % STK_SIM_FLASH_WEAK;
    uint32_t offset = p->offset + from, bytes = to - from;
    /* An older unstable place under these bytes ends, since the new one decides how they read. */
    stk_sim_flash_settle(f, p->index, offset, bytes);
    f->weak[i] = (struct stk_sim_flash_weak){p->index, offset, bytes, f->prog_cut == STK_SIM_PROG_FLICKERING};
    p->block->flickers = p->block->flickers || f->weak[i].flickers;
    memcpy(weak_old(f, i), sim_flash_bytes(f, p->index) + offset, bytes);
    for (uint32_t n = 0; n < bytes; n++) {
        weak_new(f, i)[n] = sim_flash_byte(f, weak_old(f, i)[n], p->data[from + n]);
    }
}

/* Gives unstable place `i` another value: in one of four draws the old bytes, in one of four the new bytes, else a
 * mixture of bits of both. */
static void redraw(struct stk_sim_flash *f, uint32_t i) {
    const struct stk_sim_flash_weak *w = &f->weak[i];
    const uint8_t *a = weak_old(f, i), *b = weak_new(f, i);
    uint8_t *bytes = sim_flash_bytes(f, w->block) + w->offset;
    uint32_t how = sim_random_below(&f->rng, 4);
    for (uint32_t n = 0; n < w->bytes; n++) {
        uint8_t mask = how == 0 ? 0 : how == 1 ? 0xFF : (uint8_t)sim_random_below(&f->rng, 256);
        bytes[n] = (uint8_t)((a[n] & ~mask) | (b[n] & mask));
    }
    /* The contents changed, so a copy must take this block again. */
    stk_sim_flash_block(f, w->block)->stamp = ++f->stamp;
}

/* Reads bytes of a block whose erase was cut so that it reads otherwise each time. The memory holds the bytes from
 * before the erase. Each 64 bytes read as these, as erased, or as bits of both. In one of four reads only the first 64
 * bytes read as before and all others as erased, so that a header stands alone. */
static void read_marginal(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    const uint8_t *old = sim_flash_bytes(f, block) + offset;
    bool header_only = sim_random_below(&f->rng, 4) == 0;
    uint32_t how = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        /* One draw holds for 64 bytes, so that a header or a record is old or erased as a whole in most reads. */
        if (i == 0 || (offset + i) % 64 == 0) {
            how = header_only ? offset + i >= 64 : sim_random_below(&f->rng, 3);
        }
        uint8_t mask = how == 0 ? 0 : how == 1 ? 0xFF : (uint8_t)sim_random_below(&f->rng, 256);
        data[i] = (uint8_t)((old[i] & ~mask) | (g->erased & mask));
    }
}

void stk_sim_flash_flicker(struct stk_sim_flash *f, uint32_t block, uint32_t offset, uint8_t *data, uint32_t bytes) {
    /* Places that flicker take another value before the bytes are copied out. */
    for (uint32_t i = 0; i < STK_SIM_FLASH_WEAK; i++) {
        const struct stk_sim_flash_weak *w = &f->weak[i];
        if (w->flickers && w->block == block && w->offset < offset + bytes && offset < w->offset + w->bytes) {
            redraw(f, i);
        }
    }
    if (stk_sim_flash_block(f, block)->marginal) {
        read_marginal(f, block, offset, data, bytes);
    } else {
        memcpy(data, sim_flash_bytes(f, block) + offset, bytes);
    }
}

void stk_sim_flash_power_on(struct stk_sim_flash *flash) {
    flash->off = false;
    /* The cut was used up; a test that wants another one sets the knob again. */
    flash->cut_at = STK_SIM_FLASH_NEVER;
    for (uint32_t i = 0; i < STK_SIM_FLASH_WEAK; i++) {
        if (flash->weak[i].bytes != 0) {
            redraw(flash, i);
        }
    }
    for (uint32_t i = 0; i < flash->config.geometry.blocks; i++) {
        if (stk_sim_flash_block(flash, i)->shaky) {
            stk_sim_flash_garbage(flash, i);
            stk_sim_flash_block(flash, i)->stamp = ++flash->stamp;
        }
    }
}

/// Programs ///

/* Programs some of the bits of bytes from .. to - 1, drawn one by one. A bit that the program would not have changed
 * stays as it was. */
static void apply_bits(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t from, uint32_t to) {
    uint8_t *bytes = sim_flash_bytes(f, p->index) + p->offset;
    for (uint32_t i = from; i < to; i++) {
        uint8_t mask = (uint8_t)sim_random_below(&f->rng, 256);
        uint8_t done = sim_flash_byte(f, bytes[i], p->data[i]);
        bytes[i] = (uint8_t)((bytes[i] & ~mask) | (done & mask));
    }
}

/* Programs about `k` of the bytes, anywhere in the program: a chip that fills its buffer in another order. */
static void apply_some(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t k) {
    for (uint32_t i = 0; i < p->bytes; i++) {
        if (sim_random_below(&f->rng, p->bytes) < k) {
            stk_sim_flash_apply(f, p, i, i + 1);
        }
    }
}

/* Leaves what a cut at step `k` leaves of the program. `u` is the offset in the program of the unit at k; at the end,
 * of the last unit. Returns the number of bytes in begun units. Begun units count as programmed, whatever their bytes
 * are now. */
static uint32_t leave_prog(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t k, uint32_t u) {
    uint32_t unit = f->config.geometry.prog_unit;
    if (f->prog_cut == STK_SIM_PROG_REORDERED) {
        apply_some(f, p, k);
        return p->bytes;
    }
    if (f->prog_cut == STK_SIM_PROG_UNSTABLE || f->prog_cut == STK_SIM_PROG_FLICKERING) {
        /* A chip programs small units many at a time, through a buffer. So the unstable place is 64 bytes, or one unit
         * where units are larger (weak_max). */
        uint32_t at = k < p->bytes ? u : p->bytes - sim_smaller(p->bytes, f->weak_max);
        uint32_t end = at + sim_smaller(p->bytes - at, f->weak_max);
        stk_sim_flash_apply(f, p, 0, at);
        weaken(f, p, at, end);
        return end;
    }
    if (f->prog_cut == STK_SIM_PROG_UNREADABLE || f->prog_cut == STK_SIM_PROG_NO_TRACE) {
        /* The unit at k was begun and shows nothing: it counts as programmed and reads as before. */
        stk_sim_flash_apply(f, p, 0, f->prog_cut == STK_SIM_PROG_NO_TRACE && k == p->bytes ? k : u);
        return u + unit;
    }
    stk_sim_flash_apply(f, p, 0, k);
    if (f->prog_cut == STK_SIM_PROG_TORN && k < p->bytes) {
        apply_bits(f, p, k, u + unit);
        return u + unit;
    }
    return (k + unit - 1) / unit * unit;
}

void stk_sim_flash_cut_prog(struct stk_sim_flash *f, const struct sim_prog *p, uint32_t k) {
    uint32_t unit = f->config.geometry.prog_unit;
    uint32_t u = (k < p->bytes ? k : p->bytes - 1) / unit * unit;
    uint32_t begun = leave_prog(f, p, k, u);
    stk_sim_flash_use(f, p, p->offset / unit, (p->offset + begun) / unit);
    if (f->prog_cut == STK_SIM_PROG_UNREADABLE) {
        apply_bits(f, p, u, u + unit);
        stk_sim_flash_spoil(f, p->index, p->offset + u);
    }
}

/// Erases ///

/* Fills a block with stretches of 1 to 8 bytes: one in four erased, one in four random, the others as they were. In
 * half of the draws the first 64 bytes are spared, so that a header may survive in front of a body that did not. */
void stk_sim_flash_garbage(struct stk_sim_flash *f, uint32_t block) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    uint8_t *bytes = sim_flash_bytes(f, block);
    uint32_t i = sim_random_below(&f->rng, 2) != 0 ? sim_smaller(64, g->block_bytes) : 0;
    while (i < g->block_bytes) {
        uint64_t r = sim_random(&f->rng);
        uint32_t n = sim_smaller(sim_smaller((uint32_t)(1u + (r >> 8) % 8), 8), g->block_bytes - i);
        if ((r & 3u) == 0) {
            memset(bytes + i, g->erased, n);
        } else if ((r & 3u) == 1) {
            memcpy(bytes + i, &r, n);
        }
        i += n;
    }
}

/* Makes reads of up to four program units of the block fail. A unit that is drawn twice counts twice. */
static void spoil_some(struct stk_sim_flash *f, uint32_t block) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    for (uint32_t i = 0; i < 4; i++) {
        stk_sim_flash_spoil(f, block, sim_random_below(&f->rng, g->block_bytes / g->prog_unit) * g->prog_unit);
    }
}

/* Leaves what a cut at step `k` leaves of an erase, 0 < k < STK_SIM_FLASH_ERASE_STEPS - 1. `part` and `tail` grow with
 * k from the first byte or from the last. */
static void leave_erase(struct stk_sim_flash *f, uint32_t block, uint32_t k) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    uint8_t *bytes = sim_flash_bytes(f, block);
    uint32_t part = (uint32_t)((uint64_t)g->block_bytes * k / (STK_SIM_FLASH_ERASE_STEPS - 1u));
    uint32_t tail = g->block_bytes - sim_smaller(64, g->block_bytes);
    tail = (uint32_t)((uint64_t)tail * k / (STK_SIM_FLASH_ERASE_STEPS - 2u));
    if (f->erase_cut == STK_SIM_ERASE_LOOKS_DONE) {
        memset(bytes, g->erased, g->block_bytes);
    } else if (f->erase_cut == STK_SIM_ERASE_PREFIX) {
        memset(bytes, g->erased, part);
    } else if (f->erase_cut == STK_SIM_ERASE_SUFFIX) {
        memset(bytes + (g->block_bytes - tail), g->erased, tail);
    } else if (f->erase_cut != STK_SIM_ERASE_NOTHING && f->erase_cut != STK_SIM_ERASE_FLICKERING) {
        stk_sim_flash_garbage(f, block);
    }
}

void stk_sim_flash_cut_erase(struct stk_sim_flash *f, uint32_t block, uint32_t k) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, block);
    /* At the last step the erase is complete and only its return was lost; at step 0 nothing was begun. */
    if (k == STK_SIM_FLASH_ERASE_STEPS - 1u) {
        stk_sim_flash_clear(f, block);
    } else if (k != 0) {
        b->broken = true;
        stk_sim_flash_settle(f, block, 0, f->config.geometry.block_bytes);
        leave_erase(f, block, k);
        if (f->erase_cut == STK_SIM_ERASE_UNREADABLE) {
            spoil_some(f, block);
        }
        b->shaky = f->erase_cut == STK_SIM_ERASE_UNSTABLE;
        b->marginal = f->erase_cut == STK_SIM_ERASE_FLICKERING;
        b->flickers = b->marginal;
    }
}
