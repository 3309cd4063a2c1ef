#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_cuts.h"

#define CHAIN_CUTS     24u
#define FAILURES_SHOWN 8u

/// What the parts share ///

bool run_judge(struct run *r, const char *what) {
    struct world *w = &r->world;
    if (w->wrong == NULL) {
        return true;
    }
    if (!r->quiet && r->tally->failures < FAILURES_SHOWN) {
        printf("FAILED --geometry %u --call %u %s: %s (%u)\n", (unsigned)r->index, (unsigned)r->call, what, w->wrong,
               (unsigned)w->where);
        fflush(stdout);
    }
    r->tally->failures++;
    w->wrong = NULL;
    return false;
}

bool run_is_over(const struct run *r) {
    return r->plan->first_failure && r->tally->failures != 0;
}

/* On media that take any value no bit stays between two values: what was written last is there. */
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
            w->tap.flash.read_fault.times = 0;
        } else {
            (void)world_call(w, dice);
        }
    }
}

void run_chain(struct run *r, uint64_t seed) {
    struct world *w = &r->world;
    uint64_t dice = seed, kind = cut_hash(seed, 5);
    char what[64];
    memset(r->memory, 0, r->bytes);
    world_init(w, w->shape, r->plan->plant, r->memory, r->bytes);
    w->tap.trace = r->plan->trace;
    snprintf(what, sizeof what, "--chain %llu", (unsigned long long)seed);
    r->call = 0;
    for (uint32_t n = 0; n < CHAIN_CUTS && w->wrong == NULL; n++) {
        uint64_t span = (uint64_t)w->shape->geometry.prog_unit * 8 + 800;
        dice = cut_hash(dice, n);
        run_set_cut(r, w->tap.flash.steps + (dice >> 20) % (span << (dice % 5)), (uint32_t)(dice >> 50) % MODES, dice);
        work(w, kind, dice);
        r->tally->chained += w->tap.flash.off;
        end_link(w, kind, cut_hash(dice, 61));
    }
    (void)run_judge(r, what);
}

/// Runs ///

struct run *run_begin(const struct store_shape *shape, uint32_t index, const struct plan *plan, bool quiet,
                      struct tally *tally) {
    static struct run r;
    static uint8_t *memory;
    size_t bytes = medium_bytes(&shape->geometry);
    free(memory);
    memory = calloc(4, bytes);
    if (memory == NULL) {
        abort();
    }
    memset(&r, 0, sizeof r);
    r.plan = plan;
    r.tally = tally;
    r.index = index;
    r.quiet = quiet;
    r.memory = memory;
    r.bytes = bytes;
    world_init(&r.world, shape, PLANT_NONE, memory, bytes);
    world_copy_init(&r.before, &r.world, memory + bytes, bytes);
    world_copy_init(&r.after, &r.world, memory + 2 * bytes, bytes);
    world_copy_init(&r.cut, &r.world, memory + 3 * bytes, bytes);
    return &r;
}

void run_shape(const struct store_shape *shape, uint32_t index, const struct plan *plan, bool quiet,
               struct tally *tally) {
    struct run *r = run_begin(shape, index, plan, quiet, tally);
    if (plan->chain != ANY) {
        run_chain(r, plan->chain);
        return;
    }
    cuts_of_workload(r);
    for (uint64_t seed = 0;
         plan->call == ANY && plan->cut == ANY && seed < plan->quota / 2 / CHAIN_CUTS && !run_is_over(r); seed++) {
        run_chain(r, seed);
    }
}
