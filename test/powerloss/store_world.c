#include "store_world.h"

#include <stdlib.h>
#include <string.h>

static void wrong(struct world *w, const char *what, uint32_t where) {
    if (w->wrong == NULL) {
        w->wrong = what;
        w->where = where;
    }
}

/// The tap between store and flash ///

static void tap_geometry(void *ctx, struct stk_flash_geometry *g) {
    struct world *w = ctx;
    *g = w->flash.config.geometry;
}

static int tap_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct world *w = ctx;
    int err = stk_sim_flash_ops.read(&w->flash, block, offset, data, bytes);
    if (w->plant == PLANT_FLIPPED_READ && ++w->reads % 500 == 0 && bytes > 64) {
        ((uint8_t *)data)[bytes - 30] ^= 4;
    }
    return err;
}

/* Does a page hold a record? */
static bool has_record(const uint8_t *page, uint32_t bytes) {
    static const uint8_t magic[] = {0xEF, 0xBE, 0xAD, 0xDE};
    uint32_t at = 0;
    while (at < bytes && memcmp(page + at, magic, sizeof magic) != 0) {
        at += STK_LOG_CELL_BYTES;
    }
    return at < bytes;
}

static void note(struct world *w, uint32_t steps, bool erase) {
    if (w->n_ops < OPS_MAX) {
        w->ops[w->n_ops++] = (struct op){w->flash.steps, steps, erase};
    }
}

static int tap_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct world *w = ctx;
    if (!w->flash.off) {
        note(w, bytes + 1, false);
        w->wrote |= has_record(data, bytes) ? 1u << block : 0u;
        w->wrote_first = w->wrote_first != 0 ? w->wrote_first : w->wrote;
        memcpy(w->late, stk_sim_flash_data(&w->flash, block) + offset, bytes);
        if (w->flash.cut_at - w->flash.steps > bytes) {
            w->late_block = block;
            w->late_offset = offset;
            w->late_bytes = bytes;
        }
    }
    return stk_sim_flash_ops.prog(&w->flash, block, offset, data, bytes);
}

static void undo_late(struct world *w) {
    struct stk_sim_flash_block *b = stk_sim_flash_block(&w->flash, w->late_block);
    if (w->late_bytes != 0) {
        memcpy((uint8_t *)(b + 1) + w->late_offset, w->late, w->late_bytes);
        b->stamp = ++w->flash.stamp;
        w->late_bytes = 0;
    }
}

/* An erase of `block` was begun, or has ended: then what was in it is gone. */
static void see_erase(struct world *w, uint32_t block, bool ended) {
    for (uint32_t k = 0; k < KEYS; k++) {
        struct history *h = &w->s.key[k];
        uint32_t n = 0;
        for (uint32_t i = 0; i < h->n; i++) {
            bool in = (h->deed[i].blocks >> block & 1u) != 0;
            h->deed[i].erasing |= in;
            if (!in || !ended) {
                h->deed[n++] = h->deed[i];
            }
        }
        h->n = n;
    }
}

static int tap_erase(void *ctx, uint32_t block) {
    struct world *w = ctx;
    int err;
    if (w->flash.off) {
        return STK_E_IO;
    }
    note(w, STK_SIM_FLASH_ERASE_STEPS, true);
    if (w->flash.cut_at != w->flash.steps) { /* at its first step it is not begun */
        see_erase(w, block, false);
    }
    if (w->plant == PLANT_WIDE_ERASE) {
        (void)stk_sim_flash_ops.erase(&w->flash, (block + 1) % w->flash.config.geometry.blocks);
    }
    err = w->plant == PLANT_NO_ERASE ? STK_OK : stk_sim_flash_ops.erase(&w->flash, block);
    if (err == STK_OK) {
        see_erase(w, block, true);
    }
    return err;
}

static const struct stk_flash_ops tap_ops = {"tap", tap_geometry, tap_read, tap_prog, tap_erase, NULL};

/// Deeds ///

static const uint8_t *key_of(uint32_t k) {
    static uint8_t key[STK_STORE_KEY_BYTES];
    memset(key, 0x11, sizeof key);
    key[5] = (uint8_t)k;
    return key;
}

static struct deed *new_deed(struct world *w, uint32_t k) {
    struct history *h = &w->s.key[k];
    if (h->n == HISTORY) {
        memmove(h->deed, h->deed + 1, (HISTORY - 1) * sizeof h->deed[0]);
        h->n--;
    }
    h->deed[h->n] = (struct deed){0};
    return &h->deed[h->n++];
}

static void content(uint8_t *data, uint32_t tag, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(tag * 41u + i * 3u + (i >> 7));
    }
}

/* The store says that an artifact left. It must have had to. */
static void on_dropped(void *ctx, const uint8_t *key, uint32_t bytes) {
    struct world *w = ctx;
    struct history *h = &w->s.key[key[5]];
    const struct deed *last = h->n != 0 ? &h->deed[h->n - 1] : NULL;
    (void)bytes;
    if (w->full && w->s.store.log.stats.records == w->records + 1) {
        w->wrote = 0; /* what is put comes after the record that says so */
    } else if (last != NULL && last->firm && !last->erasing && !w->flash.off) {
        wrong(w, "an artifact was dropped without need", key[5]);
    }
}

/* Could the key's artifact be this one, or none (NULL)? */
static bool may_be(const struct history *h, const uint8_t *data, uint32_t bytes) {
    static uint8_t want[BYTES_MAX];
    for (uint32_t i = h->n; i-- != 0;) {
        const struct deed *d = &h->deed[i];
        if (d->put && data != NULL && d->bytes == bytes) {
            content(want, d->tag, bytes);
            if (memcmp(want, data, bytes) == 0) {
                return true;
            }
        }
        if (!d->put && data == NULL) {
            return true;
        }
        if (d->firm && !d->erasing) {
            return false;
        }
    }
    return data == NULL;
}

static void check_key(struct world *w, uint32_t k) {
    static uint8_t data[BYTES_MAX];
    uint32_t bytes = 0;
    int got = stk_store_get(&w->s.store, key_of(k), data, sizeof data, &bytes);
    if (got < 0) {
        wrong(w, "a get failed", k);
    } else if (!may_be(&w->s.key[k], got == 1 ? data : NULL, bytes)) {
        if (got == 0 && w->left_out != 0) {
            w->left_out--;
            return;
        }
        wrong(w, got == 1 ? "an artifact is not what was put last" : "an artifact is missing", k);
    }
}

/// Calls ///

static void plant_in(struct world *w) {
    struct stk_store *s = &w->s.store;
    if (w->plant == PLANT_SWAPPED_INDEX && s->count > 1) {
        uint32_t sequence = s->entry[0].sequence;
        s->entry[0].sequence = s->entry[1].sequence;
        s->entry[1].sequence = sequence;
    } else if (w->plant == PLANT_FEW_KEPT && s->count > 2) {
        s->count--;
    }
}

static void mount(struct world *w) {
    if (w->plant == PLANT_LATE_PROGRAM) {
        undo_late(w);
    }
    stk_sim_flash_power_on(&w->flash);
    struct stk_fault fault = {0, 0, 0};
    int err = stk_store_mount(&w->s.store, &fault);
    if (err < 0 && err != STK_E_FULL) {
        wrong(w, "mount failed", 0);
    }
    /* An artifact whose last record shows only after some power-ons may be one too many for the index. */
    w->left_out = fault.index;
    plant_in(w);
}

void world_mount_and_check(struct world *w) {
    if (w->flash.violation.rule != STK_SIM_FLASH_KEPT) {
        wrong(w, stk_sim_flash_rule_name(w->flash.violation.rule), w->flash.violation.block);
    }
    mount(w);
    for (uint32_t k = 0; k < KEYS && w->wrong == NULL; k++) {
        check_key(w, k);
    }
}

/* The record that says that an artifact left is the first of its call. */
static void place_drops(struct world *w) {
    for (uint32_t k = 0; k < KEYS; k++) {
        for (uint32_t i = 0; i < w->s.key[k].n; i++) {
            struct deed *d = &w->s.key[k].deed[i];
            d->blocks |= !d->put && d->tag == w->s.tags ? w->wrote_first : 0u;
        }
    }
}

/* All that the call did is there for good, if it returned with the power on. */
static bool end_call(struct world *w, int result) {
    place_drops(w);
    if (w->flash.off) {
        return false;
    }
    if (result < 0) {
        wrong(w, "a call failed", 0);
    }
    for (uint32_t k = 0; k < KEYS; k++) {
        for (uint32_t i = 0; i < w->s.key[k].n; i++) {
            struct deed *d = &w->s.key[k].deed[i];
            /* A deed of an earlier power cycle that was cut is none for ever. */
            d->firm |= d->tag == w->s.tags;
        }
    }
    if (w->plant == PLANT_NO_TAIL) {
        undo_late(w);
    }
    return w->wrong == NULL;
}

/* With a full index the oldest artifact is to leave first, if a cut does not come before that. */
static void begin_put(struct world *w, uint32_t k) {
    w->records = w->s.store.log.stats.records;
    w->full = w->s.store.count == ENTRIES && stk_store_find(&w->s.store, key_of(k), NULL) == 0;
    if (w->full) {
        new_deed(w, w->s.store.entry[0].key[5])->tag = w->s.tags;
    }
}

static bool call_put(struct world *w, uint32_t k, uint32_t bytes) {
    static uint8_t data[BYTES_MAX];
    const struct stk_span spans[] = {{data, bytes / 3}, {data + bytes / 3, bytes - bytes / 3}};
    struct deed *d;
    content(data, w->s.tags, bytes);
    begin_put(w, k);
    int result = stk_store_put(&w->s.store, key_of(k), spans, 2);
    w->full = false;
    d = new_deed(w, k);
    *d = (struct deed){w->s.tags, bytes, true, false, false, w->wrote};
    return end_call(w, result);
}

static bool call_remove(struct world *w, uint32_t k) {
    int result = stk_store_remove(&w->s.store, key_of(k));
    if (result != 0) {
        struct deed *d = new_deed(w, k);
        d->tag = w->s.tags;
    }
    return end_call(w, result);
}

bool world_call(struct world *w, uint64_t dice) {
    uint32_t what = (uint32_t)(dice >> 20) % 16, k = (uint32_t)(dice >> 30) % KEYS;
    uint32_t most = stk_store_largest(&w->flash.config.geometry) / (dice >> 50 & 1 ? 4 : 16);
    w->s.tags++;
    w->wrote = w->wrote_first = 0;
    most = most < BYTES_MAX ? most : BYTES_MAX;
    if (what < 10) {
        return call_put(w, k, (uint32_t)(dice >> 8) % (most + 1));
    }
    if (what < 12) {
        return call_remove(w, k);
    }
    if (what < 15) {
        int result = stk_store_poll(&w->s.store);
        return end_call(w, w->flash.off ? 0 : result);
    }
    mount(w);
    return w->wrong == NULL;
}

/// Worlds and copies ///

size_t world_flash_bytes(const struct stk_flash_geometry *g) {
    size_t bytes = 0;
    if (stk_sim_flash_bytes(g, &bytes) < 0) {
        abort();
    }
    return STK_ARENA_BYTES(bytes);
}

static void init_flash(struct stk_sim_flash *flash, const struct stk_flash_geometry *g, void *memory, size_t bytes) {
    const struct stk_sim_flash_config config = {.geometry = *g, .strict_once = true};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, bytes);
    if (stk_sim_flash_init(flash, &config, &arena) < 0) {
        abort();
    }
}

void world_init(struct world *w, const struct stk_flash_geometry *g, enum plant plant, void *memory, size_t bytes) {
    struct stk_store_config config = {.flash = &tap_ops, .flash_ctx = w, .entries = ENTRIES, .dropped = on_dropped};
    struct stk_arena arena;
    memset(w, 0, sizeof *w);
    w->plant = plant;
    init_flash(&w->flash, g, memory, bytes);
    config.buffer = w->s.buffer;
    config.buffer_bytes = 2u * stk_log_buffer_bytes(g) + 1024u;
    config.dropped_ctx = w;
    stk_arena_init(&arena, w->s.index, sizeof w->s.index);
    if (stk_store_init(&w->s.store, &config, &arena) < 0 || stk_store_format(&w->s.store, 0x570E) < 0) {
        wrong(w, "format failed", 0);
    }
}

void world_copy_init(struct world_copy *copy, const struct world *w, void *memory, size_t bytes) {
    init_flash(&copy->flash, &w->flash.config.geometry, memory, bytes);
}

void world_save(const struct world *w, struct world_copy *copy) {
    stk_sim_flash_copy(&copy->flash, &w->flash);
    memcpy(&copy->s, &w->s, offsetof(struct state, buffer) + 2u * stk_log_buffer_bytes(&w->flash.config.geometry));
}

void world_restore(struct world *w, const struct world_copy *copy) {
    stk_sim_flash_copy(&w->flash, &copy->flash);
    memcpy(&w->s, &copy->s, offsetof(struct state, buffer) + 2u * stk_log_buffer_bytes(&w->flash.config.geometry));
    w->late_bytes = 0;
}
