#include <stdio.h>
#include <string.h>

#include "cuts.h"
#include "shapes.h"

#define CHAIN_CUTS 32u

/// What the parts share ///

bool run_judge(struct run *r, const char *what) {
    return engine_judge(&r->base, &r->world.wrong, r->world.where, r->rhythm, what);
}

/* Places a cut. On media that take any value a cut leaves no unstable bit: the bytes of the last write are there. On
 * lazy media a cut leaves none either; there it brings back older bytes of sectors. */
void run_set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed) {
    struct stk_sim_flash *f = &r->world.tap.flash;
    bool settles = f->config.geometry.rewrite == STK_FLASH_ANY || f->config.geometry.lazy != 0;
    cut_set(f, settles, at, mode, seed);
    world_steady_cut(&r->world);
}

void run_fresh_world(struct run *r) {
    struct world *w = &r->world;
    memset(r->base.memory, 0, r->base.bytes);
    world_init(w, w->shape, (enum plant)r->base.plan->plant, r->base.memory, r->base.bytes);
    w->tap.trace = r->base.plan->trace && r->base.plan->chain != ANY;
    world_format(w, 0x5EED);
    (void)run_judge(r, "format");
}

/// Chains ///

/* Picks the next call of a chain: mostly appends, polls and syncs, and at times a mount, a walk, or a block that goes
 * bad. */
static char pick_call(const struct world *w, uint64_t seed, uint64_t dice) {
    static const char *const usual[] = {"aabbbpps", "aaaaaaab", "asasapas", "aaabbbbb", "apapapas", "bbbbsbbp"};
    uint64_t kind = cut_hash(seed, 5);
    if ((kind & 1u) != 0 && w->shape->bad != 0 && (dice >> 8) % 32 == 0) {
        return (dice >> 16) % 4 == 0 ? 'h' : 'x';
    }
    if ((kind & 2u) != 0 && (dice >> 24) % 32 == 0) {
        return "mrrruwww"[dice >> 61];
    }
    return usual[(kind >> 8) % 6][dice >> 61];
}

static void end_link(struct world *w, uint64_t seed, uint64_t dice) {
    bool shaken = (cut_hash(seed, 5) & 2u) != 0 && dice % 4 == 0;
    if (!w->tap.flash.off && (dice & 8u) != 0) {
        stk_sim_flash_power_off(&w->tap.flash);
    }
    if (shaken) {
        world_mount_shaken(w, dice);
    } else {
        world_mount(w);
    }
    world_check(w);
}

void run_chain(struct run *r, uint64_t seed) {
    struct world *w = &r->world;
    uint64_t dice = seed;
    char what[64];
    run_fresh_world(r);
    snprintf(what, sizeof what, "--chain %llu", (unsigned long long)seed);
    for (uint32_t n = 0; n < CHAIN_CUTS && w->wrong == NULL; n++) {
        uint64_t span = (uint64_t)w->shape->geometry.prog_unit * 4 + 400;
        dice = cut_hash(dice, n);
        run_set_cut(r, w->tap.flash.steps + (dice >> 20) % (span << (dice % 4)), (uint32_t)(dice >> 50) % MODES, dice);
        for (uint32_t i = 0; i < 60 && !w->tap.flash.off && w->wrong == NULL; i++) {
            dice = cut_hash(dice, i);
            w->tap.n_ops = 0;
            (void)work_call(w, pick_call(w, seed, dice), dice);
        }
        r->base.tally->chained += w->tap.flash.off;
        end_link(w, seed, cut_hash(dice, 61));
    }
    (void)run_judge(r, what);
}

/// Runs ///

void run_all(struct run *r) {
    const struct plan *plan = r->base.plan;
    const struct shape *shape = r->world.shape;
    uint32_t rhythms = shape->bad == 0 && shape->rhythms == RHYTHMS ? RHYTHMS - 1u : shape->rhythms;
    if (plan->chain != ANY) {
        run_chain(r, plan->chain);
        return;
    }
    for (r->rhythm = 0; r->rhythm < rhythms && !engine_is_over(&r->base); r->rhythm++) {
        if (plan->part == ANY || plan->part == r->rhythm) {
            cuts_of_rhythm(r, plan->quota / 2 / rhythms);
        }
    }
    for (uint64_t seed = 0; !plan->only && plan->part == ANY && shape->geometry.blocks >= CHAIN_BLOCKS &&
                            seed < plan->quota / 2 / CHAIN_CUTS && !engine_is_over(&r->base);
         seed++) {
        run_chain(r, seed);
    }
}

struct run *run_begin(uint32_t index, const struct plan *plan, bool quiet, struct tally *tally) {
    static struct run r;
    const struct shape *shape = &shapes[index];
    memset(&r, 0, sizeof r);
    r.base = engine_base(&shape->geometry, index, plan, quiet, tally);
    r.world.shape = shape;
    world_copy_init(&r.before, &r.world, r.base.memory + r.base.bytes, r.base.bytes);
    world_copy_init(&r.after, &r.world, r.base.memory + 2 * r.base.bytes, r.base.bytes);
    world_copy_init(&r.cut, &r.world, r.base.memory + 3 * r.base.bytes, r.base.bytes);
    return &r;
}
