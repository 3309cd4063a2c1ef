/* stoker port: simulated flash, its rules and its counts. */
#include "stoker/port/sim_flash.h"

#include <string.h>

#include "sim_flash_parts.h"
#include "sim_random.h"

/// Set-up ///

static bool is_unit(uint32_t n) {
    return n != 0 && n <= STK_FLASH_UNIT_MAX && (n & (n - 1)) == 0;
}

static bool is_possible(const struct stk_flash_geometry *g) {
    return is_unit(g->read_unit) && is_unit(g->prog_unit) && g->blocks != 0 && g->block_bytes != 0 &&
           g->block_bytes % g->read_unit == 0 && g->block_bytes % g->prog_unit == 0 &&
           (g->erased == 0 || g->erased == 0xFF) && g->rewrite <= STK_FLASH_ANY;
}

int stk_sim_flash_bytes(const struct stk_flash_geometry *geometry, size_t *bytes) {
    if (!is_possible(geometry)) {
        return STK_E_ARG;
    }
    /* Twice the bytes bound what a block takes with its maps and its padding, but for a few hundred. */
    if (geometry->block_bytes > UINT32_MAX / 4 || geometry->blocks > SIZE_MAX / (2u * geometry->block_bytes + 1024u)) {
        return STK_E_OVERFLOW;
    }
    *bytes = STK_SIM_FLASH_BYTES(geometry->blocks, geometry->block_bytes, geometry->prog_unit);
    return STK_OK;
}

int stk_sim_flash_init(struct stk_sim_flash *flash, const struct stk_sim_flash_config *config,
                       struct stk_arena *arena) {
    size_t bytes;
    if (flash == NULL || config == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    int err = stk_sim_flash_bytes(&config->geometry, &bytes);
    if (err < 0) {
        return err;
    }
    uint8_t *mem = stk_arena_take(arena, bytes);
    if (mem == NULL) {
        return STK_E_SPACE;
    }
    const struct stk_flash_geometry *g = &config->geometry;
    memset(mem, 0, bytes);
    *flash = (struct stk_sim_flash){.config = *config, .mem = mem, .rng = config->seed != 0 ? config->seed : 1};
    flash->stride = STK_SIM_FLASH_STRIDE_(g->block_bytes, g->prog_unit);
    flash->weak_max = (uint32_t)STK_SIM_FLASH_WEAK_(g->prog_unit);
    flash->cut_at = flash->prog_bad = flash->erase_bad = STK_SIM_FLASH_NEVER;
    for (uint32_t i = 0; i < g->blocks; i++) {
        memset(sim_flash_bytes(flash, i), g->erased, g->block_bytes);
    }
    return STK_OK;
}

void stk_sim_flash_copy(struct stk_sim_flash *to, const struct stk_sim_flash *from) {
    uint8_t *mem = to->mem;
    uint64_t stamp = to->stamp > from->stamp ? to->stamp : from->stamp;
    uint32_t blocks = from->config.geometry.blocks;
    for (uint32_t i = 0; i < blocks; i++) {
        const struct stk_sim_flash_block *b = stk_sim_flash_block(from, i);
        /* The counts of a block change without its contents, so its head is always copied. */
        bool same = b->stamp == stk_sim_flash_block(to, i)->stamp;
        memcpy(mem + i * from->stride, b, same ? sizeof *b : from->stride);
    }
    if (from->weak[0].bytes != 0 || from->weak[1].bytes != 0) {
        memcpy(mem + blocks * from->stride, from->mem + blocks * from->stride,
               (size_t)2 * STK_SIM_FLASH_WEAK * from->weak_max);
    }
    *to = *from;
    to->mem = mem;
    to->stamp = stamp; /* never the same again for other contents */
}

/// Looking in and doing damage ///

struct stk_sim_flash_block *stk_sim_flash_block(const struct stk_sim_flash *flash, uint32_t block) {
    return (struct stk_sim_flash_block *)(void *)(flash->mem + block * flash->stride);
}

const uint8_t *stk_sim_flash_data(const struct stk_sim_flash *flash, uint32_t block) {
    return sim_flash_bytes(flash, block);
}

static struct stk_sim_flash_block *changed(struct stk_sim_flash *f, uint32_t block) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, block);
    b->stamp = ++f->stamp;
    return b;
}

void stk_sim_flash_flip(struct stk_sim_flash *flash, uint32_t block, uint32_t bit) {
    changed(flash, block);
    sim_flash_bytes(flash, block)[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

void stk_sim_flash_spoil(struct stk_sim_flash *flash, uint32_t block, uint32_t offset) {
    changed(flash, block)->unreadable = true;
    sim_set_bit(sim_flash_unreadable(flash, block), offset / flash->config.geometry.prog_unit, true);
}

uint64_t stk_sim_flash_window(struct stk_sim_flash *flash) {
    uint64_t ns = flash->counts.ns - flash->window;
    flash->window = flash->counts.ns;
    if (ns > flash->counts.worst_ns) {
        flash->counts.worst_ns = ns;
    }
    return ns;
}

/// Rules ///

const char *stk_sim_flash_rule_name(enum stk_sim_flash_rule rule) {
    static const char *const names[STK_SIM_FLASH_RULES] = {
        "no rule was broken",
        "not whole units inside the medium",
        "a unit was programmed twice without an erase between",
        "bits would have to go back to the erased value",
        "a unit was programmed after one behind it",
        "a program into a block that was not erased to the end",
    };
    return (uint32_t)rule < STK_SIM_FLASH_RULES ? names[rule] : "unknown";
}

static int violate(struct stk_sim_flash *f, enum stk_sim_flash_rule rule, uint32_t block, uint32_t offset,
                   uint32_t bytes) {
    if (f->violation.rule == STK_SIM_FLASH_KEPT) {
        f->violation =
            (struct stk_sim_flash_violation){rule, block, offset, bytes, f->counts.programs + f->counts.erases};
    }
    return STK_E_RANGE;
}

static bool is_placed(const struct stk_sim_flash *f, uint32_t unit, uint32_t block, uint32_t offset, uint32_t bytes) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    return block < g->blocks && bytes != 0 && offset <= g->block_bytes && bytes <= g->block_bytes - offset &&
           ((offset | bytes) & (unit - 1)) == 0;
}

static bool is_inverse(const struct stk_sim_flash *f, const uint8_t *data) {
    uint8_t inverse = (uint8_t)~f->config.geometry.erased;
    uint32_t i = 0;
    while (i < f->config.geometry.prog_unit && data[i] == inverse) {
        i++;
    }
    return i == f->config.geometry.prog_unit;
}

/* Would every bit of the unit get the value asked for? */
static bool bits_fit(const struct stk_sim_flash *f, const uint8_t *old, const uint8_t *data) {
    uint32_t i = 0;
    while (i < f->config.geometry.prog_unit && sim_flash_byte(f, old[i], data[i]) == data[i]) {
        i++;
    }
    return i == f->config.geometry.prog_unit;
}

/* For a unit that was programmed before. */
static enum stk_sim_flash_rule rule_again(const struct stk_sim_flash *f, const uint8_t *old, const uint8_t *data) {
    uint32_t rewrite = f->config.geometry.rewrite;
    if (rewrite == STK_FLASH_ONCE) {
        return STK_SIM_FLASH_TWICE;
    }
    if ((rewrite == STK_FLASH_INVERT || f->config.strict_once) && !is_inverse(f, data)) {
        return STK_SIM_FLASH_TWICE;
    }
    return bits_fit(f, old, data) ? STK_SIM_FLASH_KEPT : STK_SIM_FLASH_BITS;
}

static enum stk_sim_flash_rule rule_of_prog(const struct stk_sim_flash *f, const struct sim_prog *p) {
    uint32_t unit = f->config.geometry.prog_unit;
    const uint8_t *used = sim_flash_used(f, p->index), *bytes = sim_flash_bytes(f, p->index) + p->offset;
    enum stk_sim_flash_rule rule = STK_SIM_FLASH_KEPT;
    if (f->config.geometry.rewrite == STK_FLASH_ANY) {
        return rule;
    }
    if (p->block->broken) {
        return STK_SIM_FLASH_BROKEN;
    }
    for (uint32_t at = 0; at < p->bytes && rule == STK_SIM_FLASH_KEPT; at += unit) {
        uint32_t u = (p->offset + at) / unit;
        if (sim_bit(used, u)) {
            rule = rule_again(f, bytes + at, p->data + at);
        } else if (u < p->block->next) {
            rule = STK_SIM_FLASH_ORDER;
        }
    }
    return rule;
}

/// Operations ///

/* Goes on by `steps`. Returns the step at which power is lost, or `steps` when it is not. */
static uint32_t step(struct stk_sim_flash *f, uint32_t steps) {
    uint64_t left = f->cut_at - f->steps;
    bool cut = f->cut_at >= f->steps && left < steps;
    f->steps += steps;
    f->off = cut;
    return cut ? (uint32_t)left : steps;
}

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
    if (to > from && to > p->block->next) {
        p->block->next = to;
    }
}

void stk_sim_flash_clear(struct stk_sim_flash *f, uint32_t block) {
    const struct stk_flash_geometry *g = &f->config.geometry;
    struct stk_sim_flash_block *b = stk_sim_flash_block(f, block);
    memset(sim_flash_bytes(f, block), g->erased, g->block_bytes);
    memset(sim_flash_used(f, block), 0, 2u * STK_SIM_FLASH_MAP_(g->block_bytes, g->prog_unit));
    b->next = 0;
    b->broken = b->shaky = b->unreadable = false;
    stk_sim_flash_settle(f, block, 0, g->block_bytes);
}

static void flash_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    const struct stk_sim_flash *f = ctx;
    *geometry = f->config.geometry;
}

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
    if (f->off) {
        return STK_E_IO;
    }
    if (!is_placed(f, f->config.geometry.read_unit, block, offset, bytes)) {
        return violate(f, STK_SIM_FLASH_PLACE, block, offset, bytes);
    }
    f->counts.reads++;
    f->counts.read_bytes += bytes;
    f->counts.ns += f->config.cost.read_ns + (uint64_t)f->config.cost.read_byte_ps * bytes / 1000u;
    if (stk_sim_flash_block(f, block)->unreadable && !is_readable(f, block, offset, bytes)) {
        memset(data, 0x55, bytes); /* what a user that ignores the error would take for data */
        return STK_E_IO;
    }
    memcpy(data, sim_flash_bytes(f, block) + offset, bytes);
    return STK_OK;
}

/* A program that fails has done some of its bytes, in no order. */
static int fail_prog(struct stk_sim_flash *f, const struct sim_prog *p) {
    uint32_t unit = f->config.geometry.prog_unit;
    p->block->bad_prog = true;
    for (uint32_t i = 0; i < p->bytes; i++) {
        if (sim_random_below(&f->rng, 4) != 0) {
            stk_sim_flash_apply(f, p, i, i + 1);
        }
    }
    stk_sim_flash_use(f, p, p->offset / unit, (p->offset + p->bytes) / unit);
    return STK_E_IO;
}

static int flash_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct stk_sim_flash *f = ctx;
    uint32_t unit = f->config.geometry.prog_unit, k;
    if (f->off) {
        return STK_E_IO;
    }
    if (!is_placed(f, unit, block, offset, bytes)) {
        return violate(f, STK_SIM_FLASH_PLACE, block, offset, bytes);
    }
    struct sim_prog p = {stk_sim_flash_block(f, block), block, offset, bytes, data};
    enum stk_sim_flash_rule rule = rule_of_prog(f, &p);
    if (rule != STK_SIM_FLASH_KEPT) {
        return violate(f, rule, block, offset, bytes);
    }
    changed(f, block);
    f->counts.prog_bytes += bytes;
    f->counts.ns += (uint64_t)f->config.cost.prog_ns * (bytes / unit);
    k = step(f, bytes + 1);
    if (f->off) {
        f->counts.programs++;
        stk_sim_flash_cut_prog(f, &p, k);
        return STK_E_IO;
    }
    if (f->counts.programs++ == f->prog_bad || p.block->bad_prog) {
        return fail_prog(f, &p);
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
        return violate(f, STK_SIM_FLASH_PLACE, block, 0, 0);
    }
    struct stk_sim_flash_block *b = changed(f, block);
    uint32_t k = step(f, STK_SIM_FLASH_ERASE_STEPS);
    b->erases += k != 0;
    f->counts.ns += f->config.cost.erase_ns;
    if (f->off) {
        f->counts.erases++;
        stk_sim_flash_cut_erase(f, block, k);
        return STK_E_IO;
    }
    if (f->counts.erases++ == f->erase_bad || b->bad_erase) {
        b->bad_erase = b->broken = true;
        stk_sim_flash_garbage(f, block);
        return STK_E_IO;
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
