#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "work.h"

/// Worlds and copies ///

void world_init(struct world *w, const struct shape *shape, enum plant plant, void *memory, size_t bytes) {
    memset(w, 0, offsetof(struct world, page));
    w->shape = shape;
    w->tap.plant = plant;
    w->tap.model = &w->model;
    w->tap.reads_left = UINT64_MAX;
    w->wrong = NULL;
    w->tap.blurred = false;
    medium_init(&w->tap.flash, &shape->geometry, shape->align, shape->sector, memory, bytes);
    model_start(&w->model, shape->geometry.blocks);
}

void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes) {
    medium_init(&copy->flash, &w->shape->geometry, w->shape->align, w->shape->sector, memory, bytes);
}

void world_save(const struct world *w, struct world_copy *copy) {
    stk_sim_flash_copy(&copy->flash, &w->tap.flash);
    model_save(&w->model, &copy->model);
    copy->blurred = w->tap.blurred;
    copy->had_bad = w->had_bad;
    copy->had_blur = w->had_blur;
    copy->log = w->log;
    memcpy(copy->page, w->page, stk_log_buffer_bytes(&w->shape->geometry));
}

void world_restore(struct world *w, const struct world_copy *copy) {
    stk_sim_flash_copy(&w->tap.flash, &copy->flash);
    model_restore(&w->model, &copy->model);
    w->tap.blurred = copy->blurred;
    w->had_bad = copy->had_bad;
    w->had_blur = copy->had_blur;
    w->log = copy->log;
    w->tap.late.bytes = 0;
    memcpy(w->page, copy->page, stk_log_buffer_bytes(&w->shape->geometry));
}

void world_fail(struct world *w, const char *wrong, uint32_t where) {
    if (w->wrong == NULL) {
        w->wrong = wrong;
        w->where = where;
    }
}

/// Bad blocks ///

static uint32_t good_blocks(const struct world *w) {
    uint32_t good = 0;
    for (uint32_t i = 0; i < w->shape->geometry.blocks; i++) {
        const struct stk_sim_flash_block *b = stk_sim_flash_block(&w->tap.flash, i);
        good += !b->bad_prog && !b->bad_erase;
    }
    return good;
}

void world_go_bad(struct world *w, uint64_t luck) {
    struct stk_sim_flash *f = &w->tap.flash;
    uint32_t blocks = w->shape->geometry.blocks, at = (uint32_t)(luck >> 4) % blocks;
    w->had_bad = true;
    for (uint32_t n = 1 + (uint32_t)(luck >> 12) % 6; n != 0; n--) {
        struct stk_sim_flash_block *b = stk_sim_flash_block(f, at);
        uint64_t dice = cut_hash(luck, n);
        if (good_blocks(w) > blocks - w->shape->bad) {
            b->bad_prog = b->bad_prog || (dice >> 20) % 3 != 0;
            b->bad_erase = b->bad_erase || (dice >> 20) % 3 != 1;
        }
        at = (at + 1) % blocks;
    }
}

void world_heal(struct world *w) {
    for (uint32_t i = 0; i < w->shape->geometry.blocks; i++) {
        struct stk_sim_flash_block *b = stk_sim_flash_block(&w->tap.flash, i);
        b->bad_prog = b->bad_erase && b->broken; /* until it is erased */
        b->broken = b->broken && !b->bad_prog;
        b->bad_erase = false;
    }
}

/// Calls ///

/* Returns true if the call was allowed to fail because programs failed. At most as many calls in a row as there are
 * blocks may fail. */
static bool may_fail(struct world *w, int result) {
    w->given_up = result == STK_E_IO && w->tap.failed != 0 ? w->given_up + 1u : 0;
    return w->given_up != 0 && w->given_up <= w->shape->geometry.blocks;
}

/* Ends a call of the log. While the power is on, all programmed records must stay on the flash, unless the medium is
 * lazy. A poll may take the cut for a bad block, which the log passes over. Returns STK_OK if the work may go on. */
static int end_call(struct world *w, int result, bool poll) {
    const struct stk_sim_flash *f = &w->tap.flash;
    if (f->off) {
        if (result >= 0 && !poll) {
            world_fail(w, "a call did not notice that the power was lost", w->log.sequence);
        }
        return STK_E_IO;
    }
    if (!may_fail(w, result) && result < 0) {
        world_fail(w, "a call failed", w->log.sequence);
    }
    if (w->shape->geometry.lazy == 0) {
        model_keep(&w->model);
    }
    return STK_OK;
}

int world_append(struct world *w, uint32_t count) {
    struct stk_log_record records[16];
    uint32_t before = w->log.stats.records;
    for (uint32_t i = 0; i < count; i++) {
        model_give(&w->model, &records[i]);
    }
    w->tap.failed = 0;
    int result = count == 1 ? stk_log_append(&w->log, records) : stk_log_append_batch(&w->log, records, count);
    if (result < 0 && !w->tap.flash.off) {
        model_refuse(&w->model, count - (w->log.stats.records - before));
    }
    return end_call(w, result, false);
}

int world_sync(struct world *w) {
    w->tap.failed = 0;
    int result = stk_log_sync(&w->log);
    int end = end_call(w, result, false);
    if (result >= 0 && end >= 0 && w->model.sure != w->model.tail) {
        world_fail(w, "a sync left records that were appended", w->log.sequence);
    }
    return end;
}

/* A device that starts again and again without recording anything must not wear its flash out. */
int world_poll(struct world *w) {
    const struct stk_sim_flash_counts *c = &w->tap.flash.counts;
    uint64_t done = c->programs + c->erases;
    w->tap.failed = 0;
    int result = end_call(w, stk_log_poll(&w->log), true);
    if (w->model.fresh && done != c->programs + c->erases) {
        world_fail(w, "a poll worked on the flash though nothing was recorded since the mount", w->log.sequence);
    }
    return result;
}
