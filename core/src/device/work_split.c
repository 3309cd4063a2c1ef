/* stoker: a range of work that several devices share: its set-up, its devices, and its progress. The calls by which a
 * device claims, finishes and gives back a run of units are in work_split_claim.c. */
#include "stoker/work_split.h"

#include "base/memory.h"
#include "work_split_internal.h"
#include "base/words_of.h"

int stk_work_split_bytes(uint32_t devices, uint32_t runs, size_t *bytes) {
    if (devices == 0u || devices > STK_WORK_SPLIT_DEVICES_MAX || runs > STK_WORK_SPLIT_RUNS_MAX) {
        return STK_E_ARG;
    }
    *bytes = STK_WORK_SPLIT_BYTES(devices, runs);
    return STK_OK;
}

int stk_work_split_init(struct stk_work_split *units, const struct stk_work_split_config *config,
                        struct stk_arena *arena) {
    struct stk_work_split u = {.config = *config};
    size_t need = 0;
    int err = stk_work_split_bytes(config->devices, config->runs, &need);
    u.config.runs = u.config.runs == 0u ? 1u : u.config.runs;
    u.config.run_min = u.config.run_min == 0u ? 1u : u.config.run_min;
    u.config.run_max = u.config.run_max == 0u ? UINT32_MAX : u.config.run_max;
    u.config.reorder_limit = u.config.reorder_limit == 0u ? UINT32_MAX : u.config.reorder_limit;
    if (err == STK_OK && u.config.run_max < u.config.run_min) {
        err = STK_E_ARG;
    }
    if (err != STK_OK) {
        return err;
    }
    u.words = stk_arena_take(arena, need);
    if (u.words == NULL) {
        return STK_E_SPACE;
    }
    memset(u.words, 0, need);
    for (uint32_t d = 0; d < u.config.devices; d++) {
        stk_store(stk_work_split_device(&u, d) + UNITS_WEIGHT, 1u);
    }
    *units = u;
    return STK_OK;
}

int stk_work_split_begin(struct stk_work_split *units, uint32_t total, uint32_t later) {
    for (uint32_t i = 0; i < stk_work_split_all(units); i++) {
        if (stk_load(stk_work_split_any(units, i) + UNITS_STATE) == UNITS_HELD) {
            return STK_E_STATUS;
        }
    }
    for (uint32_t i = 0; i < stk_work_split_all(units); i++) {
        stk_store(stk_work_split_any(units, i) + UNITS_STATE, UNITS_FREE);
    }
    memset(units->words, 0, STK_ALIGN); /* the line of all; weights and losses of the devices stay */
    units->total = total;
    units->later = later;
    return STK_OK;
}

int stk_work_split_lose(struct stk_work_split *units, uint32_t device) {
    if (device >= units->config.devices) {
        return STK_E_RANGE;
    }
    stk_store(stk_work_split_device(units, device) + UNITS_LOST, 1u);
    for (uint32_t at = 0; at < units->config.runs; at++) {
        uint32_t *run = stk_work_split_run_at(units, device, at);
        if (stk_load(run + UNITS_STATE) == UNITS_HELD) {
            stk_store_release(run + UNITS_STATE, UNITS_BACK); /* release: see stk_work_split_give_back */
        }
    }
    return STK_OK;
}

int stk_work_split_rejoin(struct stk_work_split *units, uint32_t device) {
    if (device >= units->config.devices) {
        return STK_E_RANGE;
    }
    stk_store(stk_work_split_device(units, device) + UNITS_LOST, 0u);
    return STK_OK;
}

int stk_work_split_weigh(struct stk_work_split *units, uint32_t device, uint32_t weight) {
    if (device >= units->config.devices) {
        return STK_E_RANGE;
    }
    if (weight == 0u || weight > STK_WORK_SPLIT_WEIGHT_MAX) {
        return STK_E_ARG;
    }
    stk_store(stk_work_split_device(units, device) + UNITS_WEIGHT, weight);
    return STK_OK;
}

/// Looking ///

int stk_work_split_finished(const struct stk_work_split *units) {
    /* Acquire: the results of all units, each stored before it was added. */
    return stk_load_acquire(units->words + UNITS_DONE) == units->total;
}

/* Returns the lowest unit that is not done: in a run, or never handed out. Returns 0 while a run changes hands, because
 * the walk may see such a run in neither record; 0 is safe, since the caller keeps the best number found before. */
static uint32_t lowest(const struct stk_work_split *u) {
    uint32_t moves = stk_load_acquire(u->words + UNITS_MOVES);
    /* Acquire: units that were handed out before this are seen in a run below, or done. */
    uint32_t low = stk_load_acquire(u->words + UNITS_NEXT);
    /* The counter before the runs: units that are handed out after this load are above `low`, wherever they are. */
    for (uint32_t i = 0; i < stk_work_split_all(u); i++) {
        const uint32_t *run = stk_work_split_any(u, i);
        /* Acquire: a run that is FREE is done, or was moved and MOVES says so. */
        uint32_t state = stk_load_acquire(run + UNITS_STATE), first = stk_load_acquire(run + UNITS_FIRST);
        low = state != UNITS_FREE && first < low ? first : low;
    }
    return stk_load(u->words + UNITS_MOVES) == moves ? low : 0u;
}

uint32_t stk_work_split_settled(const struct stk_work_split *units) {
    uint32_t low = lowest(units), known = stk_load_acquire(units->words + UNITS_LOW);
    /* The word only grows. A thread that loses all its swaps returns what another one has found, which is right too. */
    for (uint32_t tries = 0; known < low && tries < STK_WORK_SPLIT_TRIES; tries++) {
        uint32_t seen = stk_cas(units->words + UNITS_LOW, known, low);
        known = seen == known ? low : seen;
    }
    return known;
}

uint32_t stk_work_split_live(const struct stk_work_split *units) {
    uint32_t live = 0;
    for (uint32_t d = 0; d < units->config.devices; d++) {
        live += stk_load(stk_work_split_device(units, d) + UNITS_LOST) == 0u;
    }
    return live;
}

int stk_work_split_progress(const struct stk_work_split *units, uint32_t device,
                            struct stk_work_split_progress *progress) {
    const uint32_t *words;
    if (device >= units->config.devices) {
        return STK_E_RANGE;
    }
    words = stk_work_split_device(units, device);
    *progress = (struct stk_work_split_progress){.claimed = stk_load(words + UNITS_CLAIMED),
                                                 .done = stk_load(words + UNITS_FINISHED)};
    return STK_OK;
}
