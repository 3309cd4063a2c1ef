/* stoker: claim-next: a device claims a run of units, counts the units that are done, or gives the run back. The set-up
 * and the progress of a range are in work_split.c. The order of the stores keeps every unit in a record or behind the
 * counter at any moment (DESIGN.md, "Several devices take the next units"). */
#include "stoker/work_split.h"

#include <stdbool.h>
#include <stddef.h>

#include "work_split_internal.h"

/// Claiming ///

/* The weights of the live devices, for one claim. */
struct weights {
    uint64_t mine; /* weight of the device that claims */
    uint64_t all;  /* sum of the weights of live devices */
    uint64_t most; /* greatest weight of a live device */
    uint32_t live; /* number of live devices */
};

/* Loads the weights. Other threads may change them meanwhile: then the length of a run is an estimate, and no unit is
 * lost. */
static struct weights weights_of(const struct stk_work_split *u, uint32_t device) {
    struct weights w = {.mine = stk_load(stk_work_split_device(u, device) + UNITS_WEIGHT)};
    for (uint32_t d = 0; d < u->config.devices; d++) {
        if (stk_load(stk_work_split_device(u, d) + UNITS_LOST) == 0u) {
            uint64_t weight = stk_load(stk_work_split_device(u, d) + UNITS_WEIGHT);
            w.all += weight;
            w.most = weight > w.most ? weight : w.most;
            w.live++;
        }
    }
    return w;
}

/* Returns the units that no device holds, later ranges included. Other devices may claim while this function counts, so
 * the number is an estimate. */
static uint64_t unclaimed(const struct stk_work_split *u) {
    uint64_t units = (uint64_t)u->later + u->total - stk_load(u->words + UNITS_NEXT);
    for (uint32_t i = 0; i < stk_work_split_all(u); i++) {
        const uint32_t *run = stk_work_split_any(u, i);
        units += stk_load(run + UNITS_STATE) == UNITS_BACK ? stk_load(run + UNITS_COUNT) : 0u;
    }
    return units;
}

/* Returns the units that the device holds. */
static uint64_t held_by(const struct stk_work_split *u, uint32_t device) {
    uint64_t units = 0;
    for (uint32_t at = 0; at < u->config.runs; at++) {
        const uint32_t *run = stk_work_split_run_at(u, device, at);
        units += stk_load(run + UNITS_STATE) == UNITS_HELD ? stk_load(run + UNITS_COUNT) : 0u;
    }
    return units;
}

/* Returns true if the device is slow, and the others are done with all that is left before this device is done with
 * twice the units that it holds and one more shortest run. The factor of two is there because a device may be half as
 * fast beside the others as it is alone: devices share memory, and the weight may come from work of one device alone. A
 * device is slow with less than half of the greatest weight: devices that are nearly alike hold nearly the same, so the
 * lengths of their runs are all that they need to end together. The fastest device is never slow, so some device always
 * claims. */
static bool is_too_slow(const struct stk_work_split *u, uint32_t device) {
    struct weights w = weights_of(u, device);
    uint64_t units = 2u * held_by(u, device) + u->config.run_min;
    return 2u * w.mine < w.most && units * (w.all - w.mine) > unclaimed(u) * w.mine;
}

/* Returns how many of `left` units are one run of this device. Growth bounds the run of a device whose weight is wrong:
 * the others wait for that run no longer than some times the time that the device has worked. */
static uint32_t run_of(const struct stk_work_split *u, uint32_t device, uint32_t left) {
    struct weights w = weights_of(u, device);
    uint64_t n = left, done = stk_load(stk_work_split_device(u, device) + UNITS_FINISHED);
    if (w.live > 1u) {
        uint64_t most = u->config.run_min + STK_WORK_SPLIT_GROWTH * done;
        n = (n * w.mine + 2u * w.all - 1u) / (2u * w.all);
        n = n > most ? most : n;
    }
    n = n < u->config.run_min ? u->config.run_min : n;
    n = n > u->config.run_max ? u->config.run_max : n;
    return n < left ? (uint32_t)n : left;
}

/* Stores these units in a free run of the caller. From here on other threads may count these units as held, although
 * the claim may still fail. */
static void hold(uint32_t *mine, uint32_t first, uint32_t count) {
    stk_store(mine + UNITS_FIRST, first);
    stk_store(mine + UNITS_COUNT, count);
    /* Release: a thread that sees HELD sees these units. */
    stk_store_release(mine + UNITS_STATE, UNITS_HELD);
}

/* Takes a run that another device gave back, or the first units of this run. Returns the number of units. For a moment
 * the units are in the records of both runs, so that at no moment they are in none. */
static uint32_t take_back(struct stk_work_split *u, uint32_t device, uint32_t *mine) {
    for (uint32_t i = 0; i < stk_work_split_all(u); i++) {
        uint32_t *from = stk_work_split_any(u, i), first, count, n;
        /* Acquire on success: the units are those that were given back last. */
        if (stk_load(from + UNITS_STATE) != UNITS_BACK ||
            stk_cas(from + UNITS_STATE, UNITS_BACK, UNITS_MOVING) != UNITS_BACK) {
            continue;
        }
        first = stk_load(from + UNITS_FIRST);
        count = stk_load(from + UNITS_COUNT);
        n = run_of(u, device, count);
        hold(mine, first, n);
        /* The count of moves changes between the two stores. A thread may look at `mine` before the first store and at
         * `from` after the second, and see the units in neither. Such a thread sees that the count has changed, and
         * walks over the runs once more. */
        stk_fetch_add(u->words + UNITS_MOVES, 1u);
        stk_store(from + UNITS_COUNT, count - n);
        stk_store_release(from + UNITS_FIRST, first + n); /* release: behind the number */
        /* Release: the next owner of this run comes after our reads and writes of it. */
        stk_store_release(from + UNITS_STATE, n == count ? UNITS_FREE : UNITS_BACK);
        return n;
    }
    return 0;
}

/* Returns the first unit that may not be handed out yet, by config.reorder_limit. Adds in 64 bits, since the sum may be
 * above 2^32 - 1. */
static uint32_t reorder_end(const struct stk_work_split *u) {
    uint64_t end =
        u->config.reorder_limit < u->total ? (uint64_t)stk_work_split_settled(u) + u->config.reorder_limit : u->total;
    return end < u->total ? (uint32_t)end : u->total;
}

/* Takes the next units in order. Returns the number of units. The run holds the units before the counter passes them,
 * so that at each moment the units are in a run or behind the counter. */
static uint32_t take_next(struct stk_work_split *u, uint32_t device, uint32_t *mine) {
    uint32_t end = reorder_end(u), next = stk_load(u->words + UNITS_NEXT), seen, n;
    int ours;
    for (uint32_t tries = 0; next < end && tries < STK_WORK_SPLIT_TRIES; tries++) {
        n = run_of(u, device, u->total - next);
        n = n < end - next ? n : end - next;
        hold(mine, next, n);
        /* Release: a thread that sees the counter behind these units sees the run that holds them. */
        seen = stk_cas(u->words + UNITS_NEXT, next, next + n);
        ours = seen == next;
        next = seen;
        if (ours) {
            return n;
        }
    }
    /* Empties the run: the last swap failed, so the units that the run names belong to another device. */
    stk_store_release(mine + UNITS_STATE, UNITS_FREE);
    return 0;
}

/* Adds to a counter of the device. A load and a store are enough, because one thread at a time acts for a device. */
static void count_up(uint32_t *word, uint32_t n) {
    stk_store(word, stk_load(word) + n);
}

/* Returns a run of the device that holds nothing, with its number in *at; NULL: there is none. */
static uint32_t *free_run(const struct stk_work_split *u, uint32_t device, uint32_t *at) {
    for (*at = 0; *at < u->config.runs; ++*at) {
        uint32_t *run = stk_work_split_run_at(u, device, *at);
        /* Acquire: the thread that took units out of this run is done with its words. */
        if (stk_load_acquire(run + UNITS_STATE) == UNITS_FREE) {
            return run;
        }
    }
    return NULL;
}

/* Takes a run back that the device itself has given back and nobody has taken, for a device without a free run. Returns
 * 1; STK_E_FULL the device holds all of its runs; STK_E_WOULD_BLOCK another thread is about to take one. */
static int retake(const struct stk_work_split *u, uint32_t device, struct stk_work_split_run *run) {
    uint32_t held = 0;
    for (uint32_t at = 0; at < u->config.runs; at++) {
        uint32_t *mine = stk_work_split_run_at(u, device, at);
        /* Acquire on success: another may have taken the front of it. */
        uint32_t state = stk_cas(mine + UNITS_STATE, UNITS_BACK, UNITS_HELD);
        if (state == UNITS_BACK) {
            *run = (struct stk_work_split_run){stk_load(mine + UNITS_FIRST), stk_load(mine + UNITS_COUNT), at};
            return 1;
        }
        held += state == UNITS_HELD;
    }
    return held == u->config.runs ? STK_E_FULL : STK_E_WOULD_BLOCK;
}

/* Claims the next run. Units that were given back go first: they come before those behind the counter. Returns 1 and
 * the run, 0 when every unit is done, or an error. */
static int claim(struct stk_work_split *u, uint32_t device, struct stk_work_split_run *run) {
    uint32_t *mine = free_run(u, device, &run->at);
    if (mine == NULL) {
        return retake(u, device, run);
    }
    if (!is_too_slow(u, device)) {
        run->count = take_back(u, device, mine);
        run->count = run->count != 0u ? run->count : take_next(u, device, mine);
    }
    run->first = stk_load(mine + UNITS_FIRST);
    return run->count != 0u ? 1 : stk_work_split_finished(u) ? 0 : STK_E_WOULD_BLOCK;
}

int stk_work_split_claim(struct stk_work_split *units, uint32_t device, struct stk_work_split_run *run) {
    struct stk_work_split_run got = {0, 0, 0};
    int err;
    if (device >= units->config.devices) {
        return STK_E_RANGE;
    }
    if (stk_load(stk_work_split_device(units, device) + UNITS_LOST) != 0u) {
        return STK_E_DEVICE;
    }
    err = claim(units, device, &got);
    if (err == 1) {
        count_up(stk_work_split_device(units, device) + UNITS_CLAIMED, got.count);
        *run = got;
    }
    return err;
}

/// Ending ///

/* Returns STK_OK if the device holds exactly this run. A late answer of a device that was lost finds its record with
 * other units or in another state, and gets STK_E_STATUS. */
static int check_run(const struct stk_work_split *u, uint32_t device, const struct stk_work_split_run *run) {
    const uint32_t *mine;
    if (device >= u->config.devices) {
        return STK_E_RANGE;
    }
    if (run->at >= u->config.runs) {
        return STK_E_STATUS;
    }
    mine = stk_work_split_run_at(u, device, run->at);
    return stk_load(mine + UNITS_STATE) == UNITS_HELD && stk_load(mine + UNITS_FIRST) == run->first &&
                   stk_load(mine + UNITS_COUNT) == run->count
               ? STK_OK
               : STK_E_STATUS;
}

int stk_work_split_done(struct stk_work_split *units, uint32_t device, struct stk_work_split_run *run, uint32_t count) {
    int err = check_run(units, device, run);
    uint32_t *mine;
    if (err != STK_OK || count > run->count) {
        return err != STK_OK ? err : STK_E_ARG;
    }
    mine = stk_work_split_run_at(units, device, run->at);
    run->first += count;
    run->count -= count;
    stk_store(mine + UNITS_COUNT, run->count);
    /* Release, here and below: a thread that sees that the units are done sees their results too. */
    stk_store_release(mine + UNITS_FIRST, run->first);
    if (run->count == 0u) {
        stk_store_release(mine + UNITS_STATE, UNITS_FREE);
    }
    count_up(stk_work_split_device(units, device) + UNITS_FINISHED, count);
    stk_fetch_add(units->words + UNITS_DONE, count);
    return STK_OK;
}

int stk_work_split_give_back(struct stk_work_split *units, uint32_t device, const struct stk_work_split_run *run) {
    int err = check_run(units, device, run);
    if (err == STK_OK) {
        /* Release: the thread that takes the run sees its units. */
        stk_store_release(stk_work_split_run_at(units, device, run->at) + UNITS_STATE, UNITS_BACK);
    }
    return err;
}
