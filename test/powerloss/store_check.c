/* Mounts stores, and checks which artifacts are there afterwards. */
#include <stdio.h>
#include <string.h>

#include "store_world.h"

/// Mounts ///

static void power_on(struct world *w) {
    if (w->tap.plant == PLANT_LATE_PROGRAM) {
        late_undo(&w->tap.late, &w->tap.flash);
    }
    stk_sim_flash_power_on(&w->tap.flash);
    w->tap.flash.read_error = (struct stk_sim_flash_read_error){.times = 0};
}

/* Reads that a mount may take: those that find the end of the log, each page once, and a search for each artifact of
 * more than two blocks. Each read that fails is done again, first with the pages behind it, then alone. */
static uint64_t mount_reads_max(const struct world *w) {
    const struct stk_flash_geometry *g = &w->shape->geometry;
    uint64_t pages = g->block_bytes / medium_page_bytes(g);
    return 4u * (2u * g->blocks + 4u * pages + 16u) + 8u * g->blocks * pages;
}

static int mount(struct world *w) {
    const struct stk_sim_flash_counts *c = &w->tap.flash.counts;
    struct stk_error_info info = {0, 0, 0};
    uint64_t done = c->programs + c->erases;
    model_mount(&w->s.model);
    w->tap.reads_left = mount_reads_max(w);
    int err = stk_store_mount(&w->s.store, &info);
    w->tap.reads_left = UINT64_MAX;
    if (w->tap.endless) {
        world_fail(w, "mount took too many reads", 0);
        w->tap.endless = false;
    }
    if (done != c->programs + c->erases) {
        world_fail(w, "mount worked on the flash", 0);
    }
    if (w->tap.trace) {
        printf("  mount: %d, lap %u, block %u, page %u, next record %u\n", err, (unsigned)w->s.store.log.lap,
               (unsigned)w->s.store.log.block, (unsigned)w->s.store.log.page, (unsigned)w->s.store.log.sequence);
    }
    /* An artifact whose last record shows only after some power-ons may be one too many for the index. */
    w->left_out = info.index;
    return err == STK_E_FULL ? 0 : err;
}

/* Checks that a read that fails once is repeated and changes nothing. */
void world_mount(struct world *w, uint64_t luck) {
    const struct stk_sim_flash_read_error *info = &w->tap.flash.read_error;
    int err;
    power_on(w);
    w->s.partial = false;
    if (luck != 0) {
        world_shake(w, luck);
        uint64_t times = info->times;
        err = mount(w);
        w->s.partial = times - info->times > 1;
        w->tap.flash.read_error.times = 0;
        if (err >= 0) {
            return;
        }
        if (times == 1 || err != STK_E_IO) {
            world_fail(w, "mount failed for a read that failed", 0);
        }
        w->s.partial = false;
    }
    err = mount(w);
    if (err < 0) {
        world_fail(w, "mount failed", 0);
    }
}

/// Reads ///

/* Reads the artifact in parts, again when a damaged version gave way to an older one. */
static int read_pieces(struct world *w, uint32_t k, uint8_t *data, uint32_t *bytes) {
    uint32_t part = 1 + (uint32_t)(cut_hash(w->s.model.call, k) % 300), at = 0;
    int got = 0;
    do {
        got = stk_store_open(&w->s.store, world_key(k), bytes);
        if (got != 1) {
            return got;
        }
        for (at = 0; got > 0; at += got > 0 ? (uint32_t)got : 0u) {
            got = stk_store_read(&w->s.store, data + at, part < BYTES_MAX - at ? part : BYTES_MAX - at);
        }
    } while (got == STK_E_CORRUPT && stk_store_find(&w->s.store, world_key(k), NULL) == 1);
    if (got == 0 && at != *bytes) {
        world_fail(w, "an artifact has not the size that open told", k);
    }
    return got == 0 ? 1 : got;
}

static int get(struct world *w, uint32_t k, uint8_t *data, uint32_t *bytes) {
    return (w->s.model.call + k) % 3 == 0 ? read_pieces(w, k, data, bytes)
                                          : stk_store_get(&w->s.store, world_key(k), data, BYTES_MAX, bytes);
}

/* Where a mount has missed records, the key may have an older version or none, but only what was put there. */
static bool is_allowed(const struct world *w, uint32_t k, int got, const uint8_t *data, uint32_t bytes) {
    const struct model *m = &w->s.model;
    if (w->s.partial) {
        return got == 1 ? model_knows(m, k, data, bytes) : got == 0 || got == STK_E_IO || got == STK_E_CORRUPT;
    }
    /* Where the key may have nothing, what it may have may be unreadable. A cut may also leave what cannot be read
     * beside what changes at each read, and hide that. */
    if (got == STK_E_IO && tap_is_unreadable(&w->tap) && !model_is_firm(m, k)) {
        return medium_flickers(&w->tap.flash) || model_allows(m, k, NULL, 0);
    }
    if (got < 0 && got != STK_E_CORRUPT) {
        return false;
    }
    return model_allows(m, k, got == 1 ? data : NULL, bytes);
}

/* Where nothing changes from read to read, what mount took for whole is whole. Mount found `bytes` bytes. */
static void check_mount(struct world *w, uint32_t k, uint32_t bytes, uint32_t corrupt) {
    if (w->s.store.stats.corrupt != corrupt && !medium_flickers(&w->tap.flash) && !w->s.partial &&
        model_is_plain(&w->s.model, k, bytes)) {
        world_fail(w, "mount took a damaged artifact for whole", k);
    }
}

/* Checks one key. *left_out counts down the artifacts that the index had no room for. */
static void check_key(struct world *w, uint32_t k, uint32_t *left_out) {
    static uint8_t data[BYTES_MAX];
    uint32_t bytes = 0, size = 0, corrupt = w->s.store.stats.corrupt;
    (void)!stk_store_find(&w->s.store, world_key(k), &size);
    int got = get(w, k, data, &bytes);
    check_mount(w, k, size, corrupt);
    if (w->tap.trace) {
        printf("  key %u: %d, %u bytes\n", (unsigned)k, got, (unsigned)bytes);
    }
    if (is_allowed(w, k, got, data, bytes)) {
        return;
    }
    if (w->tap.trace) {
        for (uint32_t i = 0; i < w->s.model.key[k].n; i++) {
            const struct deed *d = &w->s.model.key[k].deed[i];
            printf("    call %u: %s, %u bytes, in blocks %x%s%s\n", (unsigned)d->call, d->put ? "put" : "removed",
                   (unsigned)d->bytes, (unsigned)d->blocks, d->firm ? ", firm" : "", d->erasing ? ", erasing" : "");
        }
    }
    if (got == 0 && *left_out != 0) {
        --*left_out;
    } else {
        world_fail(w,
                   got == 1   ? "an artifact is not what was put last"
                   : got == 0 ? "an artifact is missing"
                              : "an artifact cannot be read",
                   k);
    }
}

static void check_rules(struct world *w) {
    const struct stk_sim_flash_violation *v = &w->tap.flash.violation;
    if (v->rule != STK_SIM_FLASH_KEPT) {
        world_fail(w, stk_sim_flash_rule_name(v->rule), v->block);
    }
    if (w->tap.flash.counts.misaligned != 0) {
        world_fail(w, "a buffer is not aligned as the one that the store was given", 0);
    }
}

/* Checks that the counters agree with the artifacts that can be found. */
static void check_stats(struct world *w) {
    struct stk_store_stats stats;
    uint64_t bytes = 0;
    uint32_t n = 0;
    for (uint32_t k = 0; k < KEYS; k++) {
        uint32_t size = 0;
        n += stk_store_find(&w->s.store, world_key(k), &size) == 1;
        bytes += size;
    }
    stk_store_stats(&w->s.store, &stats);
    if (stats.artifacts != n || stats.bytes != bytes) {
        world_fail(w, "the counters are not right", n);
    }
}

void world_check(struct world *w) {
    uint32_t left_out = w->left_out;
    check_rules(w);
    for (uint32_t k = 0; k < KEYS && w->wrong == NULL; k++) {
        check_key(w, k, &left_out);
    }
    check_stats(w);
}

/* Checks gets while reads fail. A get may report the failed read. It forgets no artifact for that, and returns no other
 * bytes. */
void world_check_shaken(struct world *w, uint64_t luck) {
    static uint8_t data[BYTES_MAX];
    const struct stk_sim_flash_read_error *info = &w->tap.flash.read_error;
    world_shake(w, luck);
    for (uint32_t k = 0; k < KEYS && w->wrong == NULL; k++) {
        uint64_t times = info->times;
        uint32_t bytes = 0;
        int got = get(w, k, data, &bytes);
        bool excused = got == STK_E_IO && times - info->times > 1;
        if (w->tap.trace) {
            printf("  key %u while reads fail: %d, %u bytes\n", (unsigned)k, got, (unsigned)bytes);
        }
        if (!excused && !is_allowed(w, k, got, data, bytes) && w->left_out == 0) {
            world_fail(w, "reads that failed were taken for something else", k);
        }
    }
    w->tap.flash.read_error.times = 0;
    world_check(w);
}
