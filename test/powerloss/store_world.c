/* A store on simulated flash, and the calls that a test makes on the store. */
#include "store_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void world_fail(struct world *w, const char *wrong, uint32_t where) {
    if (w->wrong == NULL) {
        w->wrong = wrong;
        w->where = where;
    }
}

const uint8_t *world_key(uint32_t k) {
    static uint8_t key[STK_STORE_KEY_BYTES];
    memset(key, 0x11, sizeof key);
    key[5] = (uint8_t)k;
    return key;
}

/// Bad blocks and reads that fail ///

static uint32_t good_blocks(const struct world *w) {
    uint32_t good = 0;
    for (uint32_t i = 0; i < w->shape->geometry.blocks; i++) {
        const struct stk_sim_flash_block *b = stk_sim_flash_block(&w->tap.flash, i);
        good += !b->bad_prog && !b->bad_erase;
    }
    return good;
}

void world_go_bad(struct world *w, uint64_t luck) {
    uint32_t blocks = w->shape->geometry.blocks, at = (uint32_t)(luck >> 4) % blocks;
    for (uint32_t n = 1 + (uint32_t)(luck >> 12) % 5; n != 0; n--) {
        struct stk_sim_flash_block *b = stk_sim_flash_block(&w->tap.flash, at);
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
        b->bad_prog = b->bad_erase = false;
    }
}

void world_shake(struct world *w, uint64_t luck) {
    const struct stk_flash_geometry *g = &w->shape->geometry;
    struct stk_sim_flash_read_error *r = &w->tap.flash.read_error;
    uint64_t dice = cut_hash(luck, 77);
    uint32_t page = medium_page_bytes(g);
    *r = (struct stk_sim_flash_read_error){.block = STK_SIM_FLASH_EVERY_BLOCK,
                                           .from = w->tap.flash.counts.reads + (dice >> 8) % (4u * g->blocks + 8u),
                                           .times = 1 + (dice >> 20) % 6};
    if ((dice & 1u) != 0) {
        r->block = (uint32_t)(dice >> 24) % g->blocks;
        r->offset = (uint32_t)(dice >> 32) % (g->block_bytes / page) * page;
        r->bytes = (dice & 2u) != 0 ? page : 0;
        r->from = 0;
    }
}

/// Calls ///

static void trace(const struct world *w, const char *what, uint32_t k, uint32_t bytes, int result) {
    if (w->tap.trace) {
        printf("  call %u: %s %u, %u bytes: %d%s\n", (unsigned)w->s.model.call, what, (unsigned)k, (unsigned)bytes,
               result, w->tap.flash.off ? ", cut" : "");
    }
}

/* Checks that the store had to drop the artifact that it reports as dropped. */
static void on_dropped(void *ctx, const uint8_t *key, uint32_t bytes) {
    struct world *w = ctx;
    trace(w, "drops", key[5], bytes, 0);
    if (w->full && w->s.store.log.stats.records == w->records + 1) {
        w->tap.wrote = 0; /* the cells of the new artifact come after the record of this drop */
    } else if (model_is_firm(&w->s.model, key[5]) && !w->tap.flash.off && !w->s.partial) {
        world_fail(w, "an artifact was dropped without need", key[5]);
    }
}

/* Notes where the records of dropped artifacts are: each call writes them first. */
static void place_drops(struct world *w) {
    for (uint32_t k = 0; k < KEYS; k++) {
        for (uint32_t i = 0; i < w->s.model.key[k].n; i++) {
            struct deed *d = &w->s.model.key[k].deed[i];
            d->blocks |= !d->put && d->call == w->s.model.call ? w->tap.wrote_first : 0u;
        }
    }
}

/* Ends a call of the store. Its deeds must last if it returned with the power on. */
static bool end_call(struct world *w, int result, bool may_fail) {
    place_drops(w);
    if (w->tap.failed) {
        model_copied(&w->s.model);
    }
    if (w->tap.flash.off) {
        return false;
    }
    if (result >= 0) {
        model_keep(&w->s.model);
    } else if (!may_fail || result != STK_E_IO) {
        world_fail(w, "a call failed", 0);
    }
    if (w->tap.plant == PLANT_NO_TAIL) {
        late_undo(&w->tap.late, &w->tap.flash);
    }
    return w->wrong == NULL;
}

/* With a full index the oldest artifact is to leave first, if a cut does not come before that. */
static void begin_put(struct world *w, uint32_t k) {
    const struct stk_store *s = &w->s.store;
    w->records = s->log.stats.records;
    w->full = s->count == ENTRIES && stk_store_find(s, world_key(k), NULL) == 0;
    if (w->full) {
        (void)model_do(&w->s.model, s->entry[s->entry[0].next[0]].artifact.key[5], false, 0, 0);
    }
}

/* Puts an artifact. Where blocks are bad, the largest artifacts may overwrite their own beginning. */
static bool call_put(struct world *w, uint32_t k, uint32_t bytes) {
    static uint8_t data[BYTES_MAX];
    const struct stk_span spans[] = {{data, bytes / 3}, {data + bytes / 3, bytes - bytes / 3}};
    model_content(data, w->s.model.call, bytes);
    begin_put(w, k);
    int result = stk_store_put(&w->s.store, world_key(k), spans, 2);
    w->full = false;
    trace(w, "put", k, bytes, result);
    (void)model_do(&w->s.model, k, true, bytes, w->tap.wrote);
    return end_call(w, result, tap_is_troubled(&w->tap));
}

static bool call_remove(struct world *w, uint32_t k) {
    int result = stk_store_remove(&w->s.store, world_key(k));
    trace(w, "remove", k, 0, result);
    (void)model_do(&w->s.model, k, false, 0, 0);
    return end_call(w, result, tap_is_troubled(&w->tap));
}

bool world_call(struct world *w, uint64_t dice) {
    uint32_t what = (uint32_t)(dice >> 20) % 16, k = (uint32_t)(dice >> 30) % KEYS;
    uint32_t most = stk_store_largest(&w->shape->geometry) / (dice >> 50 & 1 ? 3 : 16);
    w->s.model.call++;
    w->tap.wrote = w->tap.wrote_first = 0;
    w->tap.failed = false;
    most = most < BYTES_MAX ? most : BYTES_MAX;
    if (what < 10) {
        return call_put(w, k, (uint32_t)(dice >> 8) % (most + 1));
    }
    if (what < 12) {
        return call_remove(w, k);
    }
    if (what < 15) {
        int result = stk_store_poll(&w->s.store);
        trace(w, "poll", 0, 0, result);
        return end_call(w, w->tap.flash.off ? 0 : result, tap_is_troubled(&w->tap));
    }
    world_mount(w, 0);
    return w->wrong == NULL;
}

/// Worlds and copies ///

void world_init(struct world *w, const struct store_shape *shape, enum plant plant, void *memory, size_t bytes) {
    struct stk_store_config config = {.flash = {shape->geometry.lazy != 0 ? &tap_ops_lazy : &tap_ops, &w->tap},
                                      .entries = ENTRIES,
                                      .dropped = on_dropped};
    struct stk_arena arena;
    memset(w, 0, sizeof *w);
    w->shape = shape;
    w->tap.plant = plant;
    w->tap.model = &w->s.model;
    w->tap.log = &w->s.store.log;
    w->tap.reads_left = UINT64_MAX;
    medium_init(&w->tap.flash, &shape->geometry, shape->align, shape->sector, memory, bytes);
    config.buffer = w->s.buffer;
    config.buffer_bytes = stk_store_buffer_bytes(&shape->geometry) + READ_BYTES;
    config.dropped_ctx = w;
    stk_arena_init(&arena, w->s.index, sizeof w->s.index);
    if (stk_store_init(&w->s.store, &config, &arena) < 0 || stk_store_format(&w->s.store, 0x570E) < 0) {
        world_fail(w, "format failed", 0);
    }
}

void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes) {
    medium_init(&copy->flash, &w->shape->geometry, w->shape->align, w->shape->sector, memory, bytes);
}

static size_t used_bytes(const struct state *s) {
    return offsetof(struct state, buffer) + s->store.config.buffer_bytes;
}

void world_save(const struct world *w, struct world_copy *copy) {
    stk_sim_flash_copy(&copy->flash, &w->tap.flash);
    memcpy(&copy->s, &w->s, used_bytes(&w->s));
}

void world_restore(struct world *w, const struct world_copy *copy) {
    stk_sim_flash_copy(&w->tap.flash, &copy->flash);
    memcpy(&w->s, &copy->s, used_bytes(&copy->s));
    w->tap.late.bytes = 0;
}
