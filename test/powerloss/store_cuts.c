#include "store_cuts.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_EACH 60u /* second cuts after each first cut, roughly */
#define CALLS_MAX    5000u

/// Which cuts ///

/* Returns true if this cut is tried. Both ends of an operation are tried more often than the steps between: near the
 * end little is missing, and the missing bytes may be anywhere in the page. */
static bool is_tried(const struct run *r, const struct op *op, uint32_t k, uint32_t mode) {
    uint64_t thin = k == 0 || k + 4 >= op->steps ? r->thin / 12 + 1 : r->thin;
    if (r->base.plan->cut != ANY) {
        return cut_differs(&r->world.shape->geometry, op, k, mode) && op->first + k == r->base.plan->cut &&
               cut_is_wanted(r->base.plan->mode, mode);
    }
    return cut_differs(&r->world.shape->geometry, op, k, mode) && cut_hash(op->first + k, mode) % thin == 0;
}

/// Trying them ///

/* Goes on after a cut: some calls, until one loses power. */
static void recover(struct run *r, uint64_t cut) {
    for (uint32_t i = 0; i < 3 && world_call(&r->world, cut_hash(cut, i)); i++) {
    }
}

static void try_second(struct run *r, uint64_t cut, uint32_t mode, uint64_t second, uint32_t mode2) {
    struct world *w = &r->world;
    char what[128];
    world_restore(w, &r->cut);
    w->tap.trace = r->base.plan->trace;
    world_mount_and_check(w);
    run_set_cut(r, second, mode2, cut * MODES + mode);
    recover(r, cut);
    world_mount_and_check(w);
    recover(r, second);
    world_mount_and_check(w);
    w->tap.trace = false;
    r->base.tally->second++;
    snprintf(what, sizeof what, "--cut %llu --mode %u --second %llu --mode2 %u", (unsigned long long)cut,
             (unsigned)mode, (unsigned long long)second, (unsigned)mode2);
    (void)run_judge(r, what);
}

/* The operations are those of the recovery without a second cut. */
static void try_seconds(struct run *r, uint64_t cut, uint32_t mode) {
    static struct op ops[OPS_MAX];
    uint32_t n = r->world.tap.n_ops;
    uint64_t all = 0;
    memcpy(ops, r->world.tap.ops, n * sizeof ops[0]);
    for (uint32_t i = 0; i < n; i++) {
        all += (uint64_t)ops[i].steps * MODES;
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < ops[i].steps * MODES && !engine_is_over(&r->base); j++) {
            uint32_t k = j / MODES, mode2 = j % MODES;
            bool tried = r->base.plan->second != ANY
                             ? cut_is_wanted(r->base.plan->second, ops[i].first + k)
                             : cut_hash(ops[i].first + k, cut + mode2) % (all / SECONDS_EACH + 1) == 0;
            if (tried && cut_differs(&r->world.shape->geometry, &ops[i], k, mode2) &&
                cut_is_wanted(r->base.plan->mode2, mode2)) {
                try_second(r, cut, mode, ops[i].first + k, mode2);
            }
        }
    }
}

/* Some of the mounts after a cut meet reads that fail for a while. */
static void mount_shaken(struct run *r, uint64_t luck) {
    struct world *w = &r->world;
    world_mount(w, luck | 1u);
    world_check(w);
    recover(r, luck);
    world_mount(w, 0);
    world_check_shaken(w, luck + 1);
    world_restore(w, &r->cut);
}

static void try_first(struct run *r, uint64_t cut, uint32_t mode) {
    struct world *w = &r->world;
    char what[96];
    bool right;
    world_restore(w, &r->before);
    run_set_cut(r, cut, mode, 0);
    w->tap.trace = r->base.plan->trace;
    (void)world_call(w, r->dice);
    world_save(w, &r->cut);
    if (cut_hash(cut, mode + 9) % 8 == 0) {
        mount_shaken(r, cut_hash(cut, mode));
    }
    world_mount_and_check(w);
    w->tap.n_ops = 0;
    recover(r, cut);
    world_mount_and_check(w);
    w->tap.trace = false;
    r->base.tally->first++;
    snprintf(what, sizeof what, "--cut %llu --mode %u", (unsigned long long)cut, (unsigned)mode);
    right = run_judge(r, what);
    if (r->base.plan->cut != ANY ? r->base.plan->second != ANY : right && cut_hash(cut, mode) / 8 % r->pair == 0) {
        try_seconds(r, cut, mode);
    }
}

/* Makes one call without a cut, then once with each cut. Returns false if the call fails without a cut. */
static bool try_call(struct run *r) {
    static struct op ops[OPS_MAX];
    struct world *w = &r->world;
    uint32_t n;
    world_save(w, &r->before);
    w->tap.n_ops = 0;
    (void)world_call(w, r->dice);
    if (!run_judge(r, "without a cut")) {
        return false;
    }
    n = w->tap.n_ops;
    memcpy(ops, w->tap.ops, n * sizeof ops[0]);
    world_save(w, &r->after);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < ops[i].steps * MODES && !engine_is_over(&r->base); j++) {
            if (r->thin == 0) {
                r->candidates += cut_differs(&r->world.shape->geometry, &ops[i], j / MODES, j % MODES);
            } else if (is_tried(r, &ops[i], j / MODES, j % MODES)) {
                try_first(r, ops[i].first + j / MODES, j % MODES);
            }
        }
    }
    r->base.tally->operations += r->thin != 0 ? n : 0;
    world_restore(w, &r->after);
    return true;
}

/* Makes some blocks bad at some calls, if the shape has bad blocks. */
static void work_through(struct run *r, enum plant plant) {
    struct world *w = &r->world;
    const struct store_shape *shape = w->shape;
    uint64_t erases;
    memset(r->base.memory, 0, r->base.bytes);
    world_init(w, shape, plant, r->base.memory, r->base.bytes);
    erases = w->tap.flash.counts.erases + (uint64_t)shape->geometry.blocks * shape->laps;
    for (r->call = 0; w->tap.flash.counts.erases < erases && r->call < CALLS_MAX && !engine_is_over(&r->base);
         r->call++) {
        r->dice = cut_hash(r->call, r->base.index + 77);
        if (shape->bad != 0 && r->call % 16 == 5) {
            world_heal(w);
            world_go_bad(w, cut_hash(r->call, 3));
        }
        if (r->thin != 0 && r->base.plan->part != ANY && r->call != r->base.plan->part) {
            (void)world_call(w, r->dice);
        } else if (!try_call(r)) {
            return;
        }
    }
    world_mount_and_check(w);
    (void)run_judge(r, "without a cut");
}

/* Counts all cuts first, then tries as many as the quota allows. */
void cuts_of_workload(struct run *r) {
    uint64_t quota = r->base.plan->quota;
    r->candidates = 0;
    r->thin = 0;
    work_through(r, PLANT_NONE);
    r->thin = 4 * r->candidates / (quota + 1) + 1;
    r->pair = 4u * SECONDS_EACH * (r->candidates / r->thin + 1) / (quota + 1) + 1;
    work_through(r, (enum plant)r->base.plan->plant);
}
