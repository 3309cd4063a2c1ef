#include "cuts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_FIRST 90u /* second cuts after each first cut, roughly */

/// Which cuts ///

/* Returns true if this cut is tried. Both ends of every operation are tried in every mode, and the bytes between as far
 * as the quota goes. */
static bool is_tried(const struct run *r, const struct op *op, uint32_t k, uint32_t mode) {
    uint64_t thin = mode == STK_SIM_PROG_CLEAN && !op->erase ? r->thin_clean : r->thin;
    bool end = k == 0 || k == op->steps - 1;
    return cut_differs(&r->world.shape->geometry, op, k, mode) &&
           ((end && thin < 200) || cut_hash(op->first + k, mode) % (end ? thin / 100 + 1 : thin) == 0);
}

/// Second cuts ///

static void try_second(struct run *r, uint64_t cut, uint32_t mode, uint64_t second, uint32_t mode2) {
    struct world *w = &r->world;
    char what[128];
    world_restore(w, &r->cut);
    w->tap.trace = r->base.plan->trace;
    world_mount(w);
    bool flickers = medium_flickers(&w->tap.flash);
    run_set_cut(r, second, mode2, cut * MODES + mode);
    work_script(w, work_recovery(cut));
    if (!w->tap.flash.off && !flickers) { /* other bits may lead to other operations */
        world_fail(w, "the second cut was never reached", 0);
    }
    world_mount_and_check(w);
    work_script(w, (cut + second) % 2 != 0 ? "as" : "pabs");
    world_mount_and_check(w);
    w->tap.trace = false;
    r->base.tally->second++;
    snprintf(what, sizeof what, "--cut %llu --mode %u --second %llu --mode2 %u", (unsigned long long)cut,
             (unsigned)mode, (unsigned long long)second, (unsigned)mode2);
    (void)run_judge(r, what);
}

static void try_seconds_of(struct run *r, uint64_t cut, uint32_t mode, const struct op *op) {
    uint32_t last = op->steps - 1;
    const uint32_t steps[] = {0, 1, last / 2, last - 1, last};
    for (uint32_t i = 0; i < MODES * 5; i++) {
        uint32_t mode2 = i % MODES, k = steps[i / MODES];
        if ((i < MODES || k > steps[i / MODES - 1]) && cut_differs(&r->world.shape->geometry, op, k, mode2) &&
            cut_is_wanted(r->base.plan->second, op->first + k) && cut_is_wanted(r->base.plan->mode2, mode2)) {
            try_second(r, cut, mode, op->first + k, mode2);
        }
    }
}

/* The operations are those of the recovery without a second cut. */
static void try_seconds(struct run *r, uint64_t cut, uint32_t mode) {
    struct op ops[OPS_MAX];
    uint32_t n = r->world.tap.n_ops;
    memcpy(ops, r->world.tap.ops, n * sizeof ops[0]);
    for (uint32_t i = 0; i < n; i++) {
        try_seconds_of(r, cut, mode, &ops[i]);
    }
}

/// First cuts ///

static void try_first(struct run *r, char call, uint64_t luck, uint64_t cut, uint32_t mode) {
    struct world *w = &r->world;
    char what[96];
    world_restore(w, &r->before);
    run_set_cut(r, cut, mode, 0);
    w->tap.trace = r->base.plan->trace;
    (void)work_call(w, call, luck);
    world_save(w, &r->cut);
    if (cut_hash(cut, mode + 9) % 8 == 0) {
        world_mount_shaken(w, cut_hash(cut, mode));
        world_check(w);
        work_script(w, "as");
        world_check(w);
        world_restore(w, &r->cut);
    }
    world_mount_and_check(w);
    w->tap.n_ops = 0;
    work_script(w, work_recovery(cut));
    world_mount_and_check(w);
    w->tap.trace = false;
    snprintf(what, sizeof what, "--cut %llu --mode %u", (unsigned long long)cut, (unsigned)mode);
    bool right = run_judge(r, what);
    r->base.tally->first++;
    if (r->base.plan->only ? r->base.plan->second != ANY : right && cut_hash(cut, mode) / 8 % r->pair == 0) {
        try_seconds(r, cut, mode);
    }
}

/* Tries every cut of one operation that the call made. */
static void try_op(struct run *r, char call, uint64_t luck, const struct op *op) {
    for (uint32_t k = 0; k < op->steps; k++) {
        for (uint32_t mode = 0; mode < MODES; mode++) {
            if (engine_is_over(&r->base)) {
                return;
            }
            if (r->thin == 0) {
                r->candidates += cut_differs(&r->world.shape->geometry, op, k, mode);
            } else if (r->base.plan->only
                           ? op->first + k == r->base.plan->cut && cut_is_wanted(r->base.plan->mode, mode)
                           : is_tried(r, op, k, mode)) {
                try_first(r, call, luck, op->first + k, mode);
            }
        }
    }
}

/* Returns false when the call goes wrong without a cut. */
static bool try_call(struct run *r, char call, uint64_t luck) {
    struct world *w = &r->world;
    struct op ops[OPS_MAX];
    uint32_t n;
    world_save(w, &r->before);
    w->tap.n_ops = 0;
    (void)work_call(w, call, luck);
    if (!run_judge(r, "without a cut")) {
        return false;
    }
    n = w->tap.n_ops;
    r->base.tally->operations += r->thin != 0 ? n : 0;
    if (n == 0) {
        return true;
    }
    memcpy(ops, w->tap.ops, n * sizeof ops[0]);
    world_save(w, &r->after);
    for (uint32_t i = 0; i < n; i++) {
        try_op(r, call, luck, &ops[i]);
    }
    world_restore(w, &r->after);
    return true;
}

/* Records kept so far; where nothing is padded there are as many as promised. */
static void check_capacity(struct run *r, bool padded) {
    struct model *m = &r->world.model;
    uint64_t capacity = stk_log_capacity(&r->world.shape->geometry);
    uint64_t want = m->sure < capacity ? m->sure : capacity;
    if (!padded && r->rhythm < 5 && m->sure == m->tail && r->base.plan->plant == (unsigned)PLANT_NONE &&
        m->sure - m->head < want) {
        world_fail(&r->world, "fewer records are kept than the capacity", m->sure - m->head);
        (void)run_judge(r, "without a cut");
    }
}

static void work_through(struct run *r) {
    struct world *w = &r->world;
    uint64_t erases = (uint64_t)w->shape->geometry.blocks * w->shape->laps_ppc / 100;
    bool padded = w->shape->geometry.prog_unit > STK_LOG_CELL_BYTES;
    run_fresh_world(r);
    erases += w->tap.flash.counts.erases;
    for (uint32_t i = 0; w->tap.flash.counts.erases < erases && i < 100000; i++) {
        char call = work_rhythm(w, r->rhythm, i);
        padded = padded || call == 'm' || call == 'b'; /* the model takes a batch to be in its first block */
        if (!try_call(r, call, cut_hash(i, r->rhythm))) {
            return;
        }
        check_capacity(r, padded);
    }
    world_mount_and_check(w);
    (void)run_judge(r, "without a cut");
}

/// Runs ///

/* Shares the quota out over first cuts and pairs. */
static void share(struct run *r, uint64_t quota) {
    /* A small --cuts leaves a rhythm a share of 0, and the quota divides below. */
    if (quota == 0)
        quota = 1;
    uint64_t firsts = quota / 3 + 1, seconds = quota / 2 + 1;
    r->thin = r->candidates / firsts + 1;
    r->format_quota = quota / 20;
    /* Clean cuts are one mode of up to six: each byte is tried while that alone stays within the quota. */
    r->thin_clean = r->candidates / 5 > quota ? r->candidates / 5 / quota + 1 : 1;
    r->pair = (firsts < r->candidates ? firsts : r->candidates) * SECONDS_PER_FIRST / seconds + 1;
}

void cuts_of_rhythm(struct run *r, uint64_t quota) {
    r->candidates = 0;
    r->thin = 0;
    work_through(r);
    share(r, quota);
    work_through(r);
    if (!r->base.plan->only) {
        cuts_of_format(r);
    }
}
