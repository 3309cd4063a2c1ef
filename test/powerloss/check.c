/* Formats and mounts logs, and checks which records are there afterwards. */
#include <stdio.h>

#include "work.h"
#include "world.h"

static struct stk_log_config config_of(struct world *w) {
    return (struct stk_log_config){{w->shape->geometry.lazy != 0 ? &tap_ops_lazy : &tap_ops, &w->tap},
                                   w->page,
                                   stk_log_buffer_bytes(&w->shape->geometry)};
}

/// Formats ///

void world_format(struct world *w, uint32_t id) {
    const struct stk_log_config config = config_of(w);
    /* Numbers that wrap soon must work as all others do. */
    model_start(&w->model, w->shape->geometry.blocks);
    int err = stk_log_format(&w->log, &config, id, (uint32_t)-40);
    if (err < 0 && !w->tap.flash.off) {
        world_fail(w, "format failed", 0);
    }
}

/* Checks a flash whose format a power cut ended. There may be no log, or records of the old log, unchanged. */
void world_mount_remains(struct world *w) {
    const struct stk_log_config config = config_of(w);
    struct stk_log_record r;
    struct stk_log_iter iter;
    stk_sim_flash_power_on(&w->tap.flash);
    int err = stk_log_mount(&w->log, &config);
    if (err == STK_OK) {
        err = stk_log_iterate(&w->log, &iter, w->walk, sizeof w->walk);
        while (err >= 0 && (err = stk_log_next(&iter, &r)) == 1) {
            if (!model_is_genuine(&r)) {
                world_fail(w, "a record differs from the one given", r.sequence);
            }
        }
    }
    if (err < 0 && err != STK_E_FORMAT && err != STK_E_IO) {
        world_fail(w, "the rest of a log could not be read", 0);
    }
}

/// Mounts ///

/* Reads that a mount may take: two for each block, and what finds the end of one or two blocks. */
static uint64_t mount_reads_max(const struct world *w) {
    const struct stk_flash_geometry *g = &w->shape->geometry;
    uint64_t pages = g->block_bytes / medium_page_bytes(g);
    return (4u * g->blocks + 4u * pages + 16u) * READ_COST;
}

static int mount(struct world *w) {
    const struct stk_log_config config = config_of(w);
    const struct stk_sim_flash_counts *c = &w->tap.flash.counts;
    uint64_t done = c->programs + c->erases;
    w->tap.reads_left = mount_reads_max(w);
    int err = stk_log_mount(&w->log, &config);
    w->tap.reads_left = UINT64_MAX;
    model_mount(&w->model, w->log.block);
    if (w->tap.endless) {
        world_fail(w, "mount took too many reads", 0);
        w->tap.endless = false;
    }
    if (done != c->programs + c->erases) {
        world_fail(w, "mount worked on the flash", 0);
    }
    if (w->tap.trace) {
        printf("  mount: %s, lap %u, block %u, page %u, next record %u\n", stk_err_name(err), (unsigned)w->log.lap,
               (unsigned)w->log.block, (unsigned)w->log.page, (unsigned)w->log.sequence);
    }
    return err;
}

/* After a restart nobody knows that the erase of a block failed: programs into the block fail as well. */
static void stay_bad(struct stk_sim_flash_block *b) {
    if (b->bad_erase && b->broken) {
        b->bad_prog = true;
        b->broken = false;
    }
}

static void power_on(struct world *w) {
    for (uint32_t i = 0; i < w->shape->geometry.blocks; i++) {
        stay_bad(stk_sim_flash_block(&w->tap.flash, i));
    }
    late_undo(&w->tap.late, &w->tap.flash);
    stk_sim_flash_power_on(&w->tap.flash);
    w->tap.flash.read_error = (struct stk_sim_flash_read_error){.times = 0};
}

void world_mount(struct world *w) {
    power_on(w);
    w->tap.blurred = false;
    if (mount(w) < 0) {
        world_fail(w, "mount failed", 0);
    }
}

/* Returns true if the test may make reads fail more often than the log tries. It may not where blocks are bad too: a
 * mount that cannot read a block behind a bad one cannot tell that this block is newer. It also may not where an
 * earlier mount passed over a block that it could not read and that holds records in its first page: one page that
 * cannot be read hides such a block. */
static bool may_hide(const struct world *w) {
    return !w->had_bad && (!w->had_blur || medium_page_bytes(&w->shape->geometry) < 2u * STK_LOG_CELL_BYTES);
}

/* Makes reads of one place fail one to three times, from one of the next reads on. Returns how often. */
static uint64_t shake(struct world *w, uint64_t luck) {
    const struct stk_flash_geometry *g = &w->shape->geometry;
    struct stk_sim_flash_read_error *r = &w->tap.flash.read_error;
    uint64_t dice = cut_hash(luck, 77);
    uint32_t page = medium_page_bytes(g);
    *r = (struct stk_sim_flash_read_error){.block = STK_SIM_FLASH_EVERY_BLOCK,
                                           .from = w->tap.flash.counts.reads + (dice >> 8) % (2u * g->blocks + 8u),
                                           .times = may_hide(w) ? 1 + (dice >> 20) % 3 : 1};
    if ((dice & 1u) != 0) {
        r->block = (uint32_t)(dice >> 24) % g->blocks;
        r->offset = (uint32_t)(dice >> 32) % (g->block_bytes / page) * page;
        r->bytes = (dice & 2u) != 0 ? page : 0;
        r->from = 0;
    }
    return r->times;
}

/* Mount may pass over a block that it cannot read, and a later boot uses this block. Bytes that a cut left unstable in
 * the block behind it could then come back. */
void world_steady_cut(struct world *w) {
    struct stk_sim_flash *f = &w->tap.flash;
    if (w->had_blur && (f->prog_cut == STK_SIM_PROG_UNSTABLE || f->prog_cut == STK_SIM_PROG_FLICKERING)) {
        f->prog_cut = STK_SIM_PROG_TORN;
    }
}

void world_mount_shaken(struct world *w, uint64_t luck) {
    power_on(w);
    uint64_t times = shake(w, luck);
    int err = mount(w);
    w->tap.flash.read_error.times = 0;
    w->tap.blurred = times != 1;
    w->had_blur = w->had_blur || w->tap.blurred;
    world_steady_cut(w);
    if (err < 0 && times == 1) {
        world_fail(w, "mount failed after one read that failed once", 0);
    } else if (err < 0 && err != STK_E_IO) {
        world_fail(w, "mount took reads that failed for something else", 0);
    } else if (err < 0) {
        world_mount(w);
    }
}

void world_mount_blind(struct world *w) {
    power_on(w);
    w->tap.flash.read_error =
        (struct stk_sim_flash_read_error){.block = STK_SIM_FLASH_EVERY_BLOCK, .times = STK_SIM_FLASH_NEVER};
    if (mount(w) != STK_E_IO) {
        world_fail(w, "no read worked, and mount did not say so", 0);
    }
    world_mount(w);
}

/// Walks ///

/* Seeks a record that the walk before has found. */
static void check_seek(struct world *w, uint64_t luck) {
    uint32_t i = model_pick(&w->model, luck);
    struct stk_log_record r;
    struct stk_log_iter iter;
    if (i == UINT32_MAX || stk_log_iterate(&w->log, &iter, w->walk, sizeof w->walk) < 0) {
        return;
    }
    uint32_t sequence = model_sequence(&w->model, i), index;
    if (stk_log_seek_sequence(&iter, sequence) < 0 || stk_log_next(&iter, &r) != 1 ||
        model_identify(&w->model, &r, &index) != NULL || index != i) {
        world_fail(w, "seek does not find a record that is there", sequence);
    }
}

static void check_rules(struct world *w) {
    const struct stk_sim_flash_violation *v = &w->tap.flash.violation;
    if (v->rule != STK_SIM_FLASH_KEPT) {
        world_fail(w, stk_sim_flash_rule_name(v->rule), v->block);
    }
    if (w->tap.flash.counts.misaligned != 0) {
        world_fail(w, "a buffer is not aligned as those that the log was given", 0);
    }
}

void world_check(struct world *w) {
    uint32_t where = 0;
    check_rules(w);
    if (w->wrong == NULL) {
        const char *wrong = model_check(&w->model, &w->log, w->walk, sizeof w->walk, w->tap.blurred, &where);
        if (wrong != NULL) {
            world_fail(w, wrong, where);
        }
    }
    if (w->wrong == NULL && !w->tap.blurred) {
        check_seek(w, cut_hash(w->tap.flash.steps, w->model.cycle));
    }
}

void world_check_shaken(struct world *w, uint64_t luck) {
    uint32_t where = 0;
    (void)shake(w, luck);
    const char *wrong = model_check(&w->model, &w->log, w->walk, sizeof w->walk, true, &where);
    w->tap.flash.read_error.times = 0;
    if (wrong != NULL) {
        world_fail(w, wrong, where);
    }
    world_check(w);
}
