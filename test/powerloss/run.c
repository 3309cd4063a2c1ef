#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuts.h"

#define CHAIN_CUTS     32u
#define CHAIN_BLOCKS   4u /* each cut in a row may spoil one more header, and three blocks have no more of them */
#define FAILURES_SHOWN 8u

/// What the parts share ///

bool run_judge(struct run *r, const char *what) {
    struct world *w = &r->world;
    if (w->wrong == NULL) {
        return true;
    }
    if (!r->quiet && r->tally->failures < FAILURES_SHOWN) {
        printf("FAILED --geometry %u --rhythm %u %s: %s (%u)\n", (unsigned)r->index, (unsigned)r->rhythm, what,
               w->wrong, (unsigned)w->where);
        fflush(stdout);
    }
    r->tally->failures++;
    w->wrong = NULL;
    return false;
}

bool run_is_over(const struct run *r) {
    return r->plan->first_failure && r->tally->failures != 0;
}

/* On media that take any value no bit stays between two values: what was written last is there. Nor on lazy media, where
 * sectors are of any age instead. */
void run_set_cut(struct run *r, uint64_t at, uint32_t mode, uint64_t seed) {
    struct stk_sim_flash *f = &r->world.tap.flash;
    bool settles = f->config.geometry.rewrite == STK_FLASH_ANY || f->config.geometry.lazy != 0;
    cut_set(f, settles, at, mode, seed);
    world_steady_cut(&r->world);
}

void run_fresh_world(struct run *r) {
    struct world *w = &r->world;
    memset(r->memory, 0, r->bytes);
    world_init(w, w->shape, r->plan->plant, r->memory, r->bytes);
    w->tap.trace = r->plan->trace && r->plan->chain != ANY;
    world_format(w, 0x5EED);
    (void)run_judge(r, "format");
}

/// Chains ///

/* What a chain does beside appends and what goes with them. */
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
        r->tally->chained += w->tap.flash.off;
        end_link(w, seed, cut_hash(dice, 61));
    }
    (void)run_judge(r, what);
}

/// Runs ///

static void run_all(struct run *r) {
    const struct plan *plan = r->plan;
    const struct shape *shape = r->world.shape;
    uint32_t rhythms = shape->bad == 0 && shape->rhythms == RHYTHMS ? RHYTHMS - 1u : shape->rhythms;
    if (plan->chain != ANY) {
        run_chain(r, plan->chain);
        return;
    }
    for (r->rhythm = 0; r->rhythm < rhythms && !run_is_over(r); r->rhythm++) {
        if (plan->rhythm == ANY || plan->rhythm == r->rhythm) {
            cuts_of_rhythm(r, plan->quota / 2 / rhythms);
        }
    }
    for (uint64_t seed = 0; !plan->only && plan->rhythm == ANY && shape->geometry.blocks >= CHAIN_BLOCKS &&
                            seed < plan->quota / 2 / CHAIN_CUTS && !run_is_over(r);
         seed++) {
        run_chain(r, seed);
    }
}

struct run *run_begin(const struct shape *shape, uint32_t index, const struct plan *plan, bool quiet,
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
    r.world.shape = shape;
    world_copy_init(&r.before, &r.world, memory + bytes, bytes);
    world_copy_init(&r.after, &r.world, memory + 2 * bytes, bytes);
    world_copy_init(&r.cut, &r.world, memory + 3 * bytes, bytes);
    return &r;
}

void run_shape(const struct shape *shape, uint32_t index, const struct plan *plan, bool quiet, struct tally *tally) {
    run_all(run_begin(shape, index, plan, quiet, tally));
}
