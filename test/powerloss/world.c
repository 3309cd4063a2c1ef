#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The tap ///

static void trace(const struct tap *t, const char *what, uint32_t block, uint32_t offset, uint32_t bytes, int result) {
    if (t->trace) {
        printf("  step %llu: %s block %u, %u bytes at %u: %s\n", (unsigned long long)t->flash.steps, what,
               (unsigned)block, (unsigned)bytes, (unsigned)offset, stk_err_name(result));
    }
}

static void note(struct tap *t, uint32_t steps, bool erase) {
    if (t->n_ops < OPS_MAX) {
        t->ops[t->n_ops++] = (struct op){t->flash.steps, steps, erase};
    }
}

static void tap_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    struct tap *t = ctx;
    stk_sim_flash_ops.geometry(&t->flash, geometry);
}

static int tap_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct tap *t = ctx;
    int err = stk_sim_flash_ops.read(&t->flash, block, offset, data, bytes);
    if (t->plant == PLANT_FLIPPED_READ && ++t->reads % 1000 == 0 && bytes > 64) {
        ((uint8_t *)data)[bytes - 30] ^= 4;
    }
    return err;
}

/* Everything but a header that has a page of its own holds records, or covers where some might have been. */
static void see_program(struct tap *t, uint32_t block, uint32_t offset, uint32_t bytes) {
    if (!t->programmed && (offset != 0 || bytes > STK_LOG_CELL_BYTES)) {
        t->programmed = true;
        t->block = block;
    }
}

static int tap_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct tap *t = ctx;
    if (!t->flash.off) {
        note(t, bytes + 1, false);
        see_program(t, block, offset, bytes);
        if (t->plant == PLANT_LATE_PROGRAM && t->flash.cut_at - t->flash.steps > bytes) {
            memcpy(t->late, stk_sim_flash_data(&t->flash, block) + offset, bytes);
            t->late_block = block;
            t->late_offset = offset;
            t->late_bytes = bytes;
        }
    }
    int err = stk_sim_flash_ops.prog(&t->flash, block, offset, data, bytes);
    trace(t, *(const uint8_t *)data + t->flash.config.geometry.erased == 0xFF ? "mark" : "program", block, offset,
          bytes, err);
    return err;
}

static int tap_erase(void *ctx, uint32_t block) {
    struct tap *t = ctx;
    uint32_t next = (block + 1) % t->flash.config.geometry.blocks;
    if (t->flash.off) {
        return STK_E_IO;
    }
    note(t, STK_SIM_FLASH_ERASE_STEPS, true);
    if (t->flash.cut_at != t->flash.steps) { /* at its first step it is not begun */
        model_erase(t->model, block);
    }
    if (t->plant == PLANT_WIDE_ERASE) {
        (void)stk_sim_flash_ops.erase(&t->flash, next);
    }
    int err = t->plant == PLANT_STALE_HEADERS ? STK_OK : stk_sim_flash_ops.erase(&t->flash, block);
    trace(t, "erase", block, 0, t->flash.config.geometry.block_bytes, err);
    return err;
}

static const struct stk_flash_ops tap_ops = {"tap", tap_geometry, tap_read, tap_prog, tap_erase, NULL};

static void undo_late(struct tap *t) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(&t->flash, t->late_block);
    memcpy((uint8_t *)(b + 1) + t->late_offset, t->late, t->late_bytes);
    b->stamp = ++t->flash.stamp;
    t->late_bytes = 0;
}

/// Worlds and copies ///

size_t world_flash_bytes(const struct shape *shape) {
    size_t bytes = 0;
    if (stk_sim_flash_bytes(&shape->geometry, &bytes) < 0) {
        abort();
    }
    return STK_ARENA_BYTES(bytes);
}

static void init_flash(struct stk_sim_flash *flash, const struct shape *shape, void *memory, size_t bytes) {
    const struct stk_sim_flash_config config = {.geometry = shape->geometry, .strict_once = true};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, bytes);
    if (stk_sim_flash_init(flash, &config, &arena) < 0) {
        abort();
    }
}

void world_init(struct world *w, const struct shape *shape, enum plant plant, bool steady, void *memory, size_t bytes) {
    memset(w, 0, sizeof *w);
    w->shape = shape;
    w->tap.plant = plant;
    w->tap.model = &w->model;
    init_flash(&w->tap.flash, shape, memory, bytes);
    model_start(&w->model);
    w->model.steady = steady;
}

void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes) {
    init_flash(&copy->flash, w->shape, memory, bytes);
}

void world_save(const struct world *w, struct world_copy *copy) {
    stk_sim_flash_copy(&copy->flash, &w->tap.flash);
    model_save(&w->model, &copy->model);
    copy->log = w->log;
    memcpy(copy->page, w->page, stk_log_buffer_bytes(&w->shape->geometry));
}

void world_restore(struct world *w, const struct world_copy *copy) {
    stk_sim_flash_copy(&w->tap.flash, &copy->flash);
    model_restore(&w->model, &copy->model);
    w->log = copy->log;
    w->tap.late_bytes = 0;
    memcpy(w->page, copy->page, stk_log_buffer_bytes(&w->shape->geometry));
}

void world_fail(struct world *w, const char *wrong, uint32_t where) {
    if (w->wrong == NULL) {
        w->wrong = wrong;
        w->where = where;
    }
}

/// Calls ///

static struct stk_log_config config_of(struct world *w) {
    return (struct stk_log_config){&tap_ops, &w->tap, w->page, stk_log_buffer_bytes(&w->shape->geometry)};
}

void world_format(struct world *w, uint32_t id) {
    const struct stk_log_config config = config_of(w);
    /* Numbers that wrap soon are as good as any. */
    int err = stk_log_format(&w->log, &config, id, (uint32_t)-40);
    model_start(&w->model);
    if (err < 0 && !w->tap.flash.off) {
        world_fail(w, "format failed", 0);
    }
}

/* A log whose format was cut: there may be none, or some of the old one, as it was given. */
void world_mount_remains(struct world *w) {
    const struct stk_log_config config = config_of(w);
    struct stk_log_record r, want;
    struct stk_log_iter iter;
    stk_sim_flash_power_on(&w->tap.flash);
    int err = stk_log_mount(&w->log, &config);
    if (err == STK_OK) {
        err = stk_log_iterate(&w->log, &iter, w->walk, sizeof w->walk);
        while (err >= 0 && (err = stk_log_next(&iter, &r)) == 1) {
            model_record(r.sequence, r.opcode, &want);
            if (!model_same(&r, &want)) {
                world_fail(w, "a record differs from the one given", r.sequence);
            }
        }
    }
    if (err < 0 && err != STK_E_FORMAT) {
        world_fail(w, "the rest of a log could not be read", 0);
    }
}

static void plant_in(struct world *w) {
    struct stk_log *log = &w->log;
    if (w->tap.plant == PLANT_REUSED_CELL && log->cell > 1 && log->cell != world_block_cells(w)) {
        log->cell -= STK_LOG_BUFFER_BYTES(1, w->shape->geometry.prog_unit) / STK_LOG_CELL_BYTES;
        log->unsure = 0;
    } else if (w->tap.plant == PLANT_NO_MARK) {
        log->unsure = log->found = 0;
    } else if (w->tap.plant == PLANT_SAME_NUMBER) {
        log->sequence--;
    }
}

void world_mount(struct world *w) {
    const struct stk_log_config config = config_of(w);
    if (w->tap.late_bytes != 0) {
        undo_late(&w->tap);
    }
    stk_sim_flash_power_on(&w->tap.flash);
    model_power_on(&w->model);
    if (stk_log_mount(&w->log, &config) < 0) {
        world_fail(w, "mount failed", 0);
    } else {
        plant_in(w);
    }
    if (w->tap.trace) {
        printf("  mount: lap %u, block %u, cell %u, next record %u\n", (unsigned)w->log.lap, (unsigned)w->log.block,
               (unsigned)w->log.cell, (unsigned)w->log.sequence);
    }
}

void world_mount_and_check(struct world *w) {
    const struct stk_sim_flash_violation *v = &w->tap.flash.violation;
    uint32_t where = 0;
    if (v->rule != STK_SIM_FLASH_KEPT) {
        world_fail(w, stk_sim_flash_rule_name(v->rule), v->block);
    }
    world_mount(w);
    if (w->wrong == NULL) {
        const char *wrong = model_check(&w->model, &w->log, w->walk, sizeof w->walk, &where);
        if (wrong != NULL) {
            world_fail(w, wrong, where);
        }
    }
}

/* A poll may take the cut for a bad block, which it leaves behind. */
static void begin_call(struct world *w, bool poll) {
    w->tap.programmed = false;
    w->tap.polled = poll;
}

/* What the call brought onto the flash is there for good when it returned without an error. */
static int end_call(struct world *w, int result) {
    if (w->tap.programmed) {
        model_program(&w->model, w->tap.block);
    }
    if (w->tap.flash.off && result >= 0 && !w->tap.polled) {
        world_fail(w, "a call did not notice that the power was lost", w->log.sequence);
    } else if (!w->tap.flash.off && result < 0) {
        world_fail(w, "a call failed", w->log.sequence);
    }
    if (result >= 0 && !w->tap.flash.off) {
        model_keep(&w->model, w->log.pending);
    }
    return w->tap.flash.off ? STK_E_IO : result;
}

int world_append(struct world *w, uint32_t count) {
    struct stk_log_record records[16];
    for (uint32_t i = 0; i < count; i++) {
        model_record(w->log.sequence + i, w->model.cycle, &records[i]);
        model_give(&w->model, w->log.sequence + i);
    }
    begin_call(w, false);
    int result = count == 1 ? stk_log_append(&w->log, records) : stk_log_append_batch(&w->log, records, count);
    return end_call(w, result);
}

int world_sync(struct world *w) {
    begin_call(w, false);
    int result = end_call(w, stk_log_sync(&w->log));
    if (result >= 0) {
        model_keep(&w->model, 0);
    }
    return result;
}

int world_poll(struct world *w) {
    begin_call(w, true);
    return end_call(w, stk_log_poll(&w->log));
}
