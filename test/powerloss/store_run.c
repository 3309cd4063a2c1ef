#include <stdio.h>
#include <string.h>

#include "store_cuts.h"

#define CHAIN_CUTS 24u

/// What the parts share ///

bool run_judge(struct run *r, const char *what) {
    return engine_judge(&r->base, &r->world.wrong, r->world.where, r->call, what);
}

/* Sets the cut. On media that take any value, no bit stays between two values: the value that was written last is
 * there. */
void run_set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed) {
    struct stk_sim_flash *f = &r->world.tap.flash;
    bool settles = f->config.geometry.rewrite == STK_FLASH_ANY;
    cut_set(f, settles, at, mode, seed);
}

/// Chains ///

/* Some chains have bad blocks, some have reads that fail, some both. */
static void end_link(struct world *w, uint64_t kind, uint64_t dice) {
    if (!w->tap.flash.off && (dice & 8u) != 0) {
        stk_sim_flash_power_off(&w->tap.flash);
    }
    world_mount(w, (kind & 2u) != 0 && dice % 4 == 0 ? dice : 0);
    world_check(w);
    if ((kind & 1u) != 0 && w->shape->bad != 0 && (dice >> 8) % 4 == 0) {
        if ((dice >> 16) % 4 == 0) {
            world_heal(w);
        }
        world_go_bad(w, dice);
    }
}

static void work(struct world *w, uint64_t kind, uint64_t dice) {
    for (uint32_t i = 0; i < 30 && !w->tap.flash.off && w->wrong == NULL; i++) {
        dice = cut_hash(dice, i);
        w->tap.n_ops = 0;
        if ((kind & 2u) != 0 && dice % 16 == 0) {
            world_check_shaken(w, dice);
        } else if ((kind & 2u) != 0 && dice % 16 == 1) {
            world_shake(w, dice);
            (void)world_call(w, dice);
            w->tap.flash.read_error.times = 0;
        } else {
            (void)world_call(w, dice);
        }
    }
}

void run_chain(struct run *r, uint64_t seed) {
    struct world *w = &r->world;
    uint64_t dice = seed, kind = cut_hash(seed, 5);
    char what[64];
    memset(r->base.memory, 0, r->base.bytes);
    world_init(w, w->shape, (enum plant)r->base.plan->plant, r->base.memory, r->base.bytes);
    w->tap.trace = r->base.plan->trace;
    snprintf(what, sizeof what, "--chain %llu", (unsigned long long)seed);
    r->call = 0;
    for (uint32_t n = 0; n < CHAIN_CUTS && w->wrong == NULL; n++) {
        uint64_t span = (uint64_t)w->shape->geometry.prog_unit * 8 + 800;
        dice = cut_hash(dice, n);
        run_set_cut(r, w->tap.flash.steps + (dice >> 20) % (span << (dice % 5)), (uint32_t)(dice >> 50) % MODES, dice);
        work(w, kind, dice);
        r->base.tally->chained += w->tap.flash.off;
        end_link(w, kind, cut_hash(dice, 61));
    }
    (void)run_judge(r, what);
}

/// Runs ///

struct run *run_begin(uint32_t index, const struct plan *plan, bool quiet, struct tally *tally) {
    static struct run r;
    const struct store_shape *shape = &shapes[index];
    memset(&r, 0, sizeof r);
    r.base = engine_base(&shape->geometry, index, plan, quiet, tally);
    world_init(&r.world, shape, PLANT_NONE, r.base.memory, r.base.bytes);
    world_copy_init(&r.before, &r.world, r.base.memory + r.base.bytes, r.base.bytes);
    world_copy_init(&r.after, &r.world, r.base.memory + 2 * r.base.bytes, r.base.bytes);
    world_copy_init(&r.cut, &r.world, r.base.memory + 3 * r.base.bytes, r.base.bytes);
    return &r;
}

void run_all(struct run *r) {
    const struct plan *plan = r->base.plan;
    if (plan->chain != ANY) {
        run_chain(r, plan->chain);
        return;
    }
    cuts_of_workload(r);
    for (uint64_t seed = 0;
         !plan->only && plan->part == ANY && seed < plan->quota / 2 / CHAIN_CUTS && !engine_is_over(&r->base); seed++) {
        run_chain(r, seed);
    }
}
