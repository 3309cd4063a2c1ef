#include <stdio.h>

#include "cuts.h"

/* Formats a log that was in use, on a medium whose first blocks are bad, or some that `luck` chooses. */
static void try_format_bad(struct run *r, uint64_t luck) {
    struct world *w = &r->world;
    world_restore(w, &r->before);
    world_go_bad(w, luck);
    world_format(w, 0xF0);
    world_mount_and_check(w);
    work_script(w, "aabasp");
    world_mount_and_check(w);
    (void)run_judge(r, "format with bad blocks");
}

void cuts_of_format(struct run *r) {
    struct world *w = &r->world;
    uint64_t from = w->tap.flash.steps, to;
    char what[64];
    world_save(w, &r->before);
    world_format(w, 0xF0);
    to = w->tap.flash.steps;
    world_mount_and_check(w);
    (void)run_judge(r, "format");
    for (uint64_t i = 0; i < 16 && w->shape->bad != 0; i++) {
        try_format_bad(r, i % 2 != 0 ? i << 12 : cut_hash(i, 11));
    }
    for (uint64_t i = from * MODES; i < to * MODES; i++) {
        if (cut_hash(i, 3) % (1 + (to - from) * MODES / (r->format_quota + 1)) != 0) {
            continue;
        }
        world_restore(w, &r->before);
        run_set_cut(r, i / MODES, (uint32_t)(i % MODES), 0);
        world_format(w, 0xF0);
        world_mount_remains(w);
        world_format(w, 0xF1);
        work_script(w, "apaabs");
        world_mount_and_check(w);
        r->base.tally->first++;
        snprintf(what, sizeof what, "format cut at %llu", (unsigned long long)i);
        (void)run_judge(r, what);
    }
}
