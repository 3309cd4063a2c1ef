/* stoker port: simulated workers on the caller's thread, for tests of what lies above a dispatch port. A handler of the
 * test takes the place of the kernel, and the knobs lose the device, hold slots or let stop hang. It is no model of the
 * kernel: port/interp runs the real one. */
#include "stoker/port/sim.h"

#include <string.h>

#include "sim_random.h"
#include "stoker/atomic.h"
#include "stoker/deadline.h"
#include "stoker/slot.h"

/// Set-up ///

int stk_sim_dispatch_bytes(uint32_t slots, size_t *bytes) {
    if (slots == 0 || slots > STK_RING_SLOTS_INIT_MAX) {
        return STK_E_ARG;
    }
    *bytes = STK_SIM_DISPATCH_BYTES(slots);
    return STK_OK;
}

int stk_sim_dispatch_init(struct stk_sim_dispatch *dispatch, const struct stk_sim_dispatch_config *config,
                          struct stk_arena *arena) {
    if (dispatch == NULL || config == NULL || arena == NULL) {
        return STK_E_ARG;
    }
    uint32_t slots = config->memory.slots;
    size_t bytes;
    if (config->memory.ring == NULL || stk_sim_dispatch_bytes(slots, &bytes) < 0) {
        return STK_E_ARG;
    }
    uint8_t *mem = stk_arena_take(arena, bytes);
    if (mem == NULL) {
        return STK_E_SPACE;
    }
    memset(mem, 0, bytes);
    *dispatch = (struct stk_sim_dispatch){.config = *config, .rng = config->seed};
    /* Cuts the memory into the array of due drives and the array of flags, as STK_SIM_DISPATCH_BYTES adds them up. */
    dispatch->due = (uint32_t *)(void *)mem;
    dispatch->mine = mem + STK_ALIGNED((size_t)slots * sizeof(uint32_t));
    /* 0 is no residency mode; it stands for the default. */
    if (config->residency == 0) {
        dispatch->config.residency = STK_RESIDENT;
    }
    return STK_OK;
}

/* Forgets what the lost device held but leaves the slots CLAIMED: putting them back is the host's work, which a test
 * wants to see. */
void stk_sim_dispatch_revive(struct stk_sim_dispatch *dispatch) {
    memset(dispatch->mine, 0, dispatch->config.memory.slots);
    dispatch->held = 0;
    dispatch->lost = false;
    dispatch->running = false;
}

/// Workers ///

/* Returns the 16 words of slot `index`. */
static uint32_t *slot_at(const struct stk_sim_dispatch *d, uint32_t index) {
    return STK_SLOT_AT(d->config.memory.ring, index);
}

/* Adds 1 to a control word, if the test has given a control buffer. */
static void count(const struct stk_sim_dispatch *d, uint32_t word) {
    if (d->config.memory.control != NULL) {
        (void)stk_fetch_add(d->config.memory.control + word, 1);
    }
}

/* Returns true once the host has set the SHUTDOWN word. The load has acquire order, as that of a real worker. */
static bool told_to_stop(const struct stk_sim_dispatch *d) {
    return d->config.memory.control != NULL && stk_load_acquire(d->config.memory.control + STK_CTL_SHUTDOWN) != 0;
}

/* Claims slot `index` if the slot waits for a worker, and sets the drive in which it will end. The load has acquire
 * order: the worker sees what the publisher wrote before the status. The compare-and-swap fails where a test, acting as
 * another worker, has claimed the slot in between. */
static bool claim(struct stk_sim_dispatch *d, uint32_t index) {
    uint32_t *slot = slot_at(d, index);
    uint32_t status = stk_load_acquire(slot + STK_SLOT_STATUS);
    if (!stk_status_claimable(status) || stk_cas(slot + STK_SLOT_STATUS, status, STK_SLOT_CLAIMED) != status) {
        return false;
    }
    d->mine[index] = 1;
    d->due[index] = d->drives + d->config.delay;
    d->held++;
    return true;
}

/* Runs the handler and sets the slot's status last, with release order, so that the host sees the results with the
 * status. The counters come before the status, as in a real worker. */
static void end_slot(struct stk_sim_dispatch *d, uint32_t index) {
    uint32_t *slot = slot_at(d, index);
    int r = d->config.handler != NULL ? d->config.handler(d->config.handler_ctx, index, slot) : 0;
    uint32_t status = r == 0 ? STK_SLOT_DONE : r < 0 ? STK_SLOT_FAULT : (uint32_t)r;
    d->mine[index] = 0;
    d->held--;
    if (status == STK_SLOT_DONE) {
        d->done++;
        count(d, STK_CTL_DONE_COUNT);
    } else if (status == STK_SLOT_FAULT) {
        d->faulted++;
        count(d, STK_CTL_FAULT_COUNT);
    }
    stk_store_release(slot + STK_SLOT_STATUS, status);
    /* The device is lost right after this slot, so that the other slots it holds stay CLAIMED. */
    if (d->lose_after != 0 && --d->lose_after == 0) {
        d->lost = true;
    }
}

/* Claims up to config.per_drive slots. With a seed each drive starts at a slot that is drawn, so that a test cannot
 * rely on the order of the ring. Returns how many were claimed. */
static uint32_t claim_some(struct stk_sim_dispatch *d) {
    uint32_t slots = d->config.memory.slots, n = 0;
    uint32_t limit = d->config.per_drive != 0 ? d->config.per_drive : slots;
    if (d->rng != 0) {
        d->cursor = sim_random_below(&d->rng, slots);
    }
    for (uint32_t k = 0; k < slots && n < limit; k++) {
        uint32_t index = d->cursor;
        d->cursor = index + 1 == slots ? 0 : index + 1;
        n += claim(d, index);
    }
    return n;
}

/* Ends the held slots that are due, up to config.per_drive of them. Returns how many. */
static uint32_t end_some(struct stk_sim_dispatch *d) {
    uint32_t slots = d->config.memory.slots, n = 0;
    uint32_t limit = d->config.per_drive != 0 ? d->config.per_drive : slots;
    for (uint32_t i = 0; i < slots && n < limit && d->held != 0 && !d->lost; i++) {
        /* Compared by difference, since the count of drives wraps at 2^32. */
        if (d->mine[i] != 0 && (int32_t)(d->drives - d->due[i]) >= 0) {
            end_slot(d, i);
            n++;
        }
    }
    return n;
}

/// Drive, stop, info ///

/* Claims slots and ends those that are due. A launch by itself counts as something done, as in a port with a driver. */
static int sim_drive(void *ctx, bool pending) {
    struct stk_sim_dispatch *d = ctx;
    uint32_t n = 0;
    if (d->lost) {
        return STK_E_DEVICE;
    }
    d->drives++;
    if (!d->running && pending) {
        d->running = true;
        d->launches++;
        n = 1;
    }
    if (d->running && !d->idle && !told_to_stop(d)) {
        n += claim_some(d);
    }
    if (!d->stuck) {
        n += end_some(d);
    }
    return d->lost ? STK_E_DEVICE : n != 0;
}

static int sim_stop(void *ctx, uint64_t timeout_ns) {
    struct stk_sim_dispatch *d = ctx;
    if (d->lost) {
        return STK_E_DEVICE;
    }
    if (d->stop_hangs || (d->stuck && d->held != 0)) {
        /* Time passes as if the call had waited for its whole timeout, so that a loop around stop comes to its
         * deadline. */
        if (d->config.clock != NULL) {
            d->config.clock->now = stk_time_sum(d->config.clock->now, timeout_ns);
        }
        return STK_E_TIMEOUT;
    }
    /* A worker ends the slots that it holds before it leaves, whether they are due or not. */
    for (uint32_t i = 0; d->held != 0 && !d->lost && i < d->config.memory.slots; i++) {
        if (d->mine[i] != 0) {
            end_slot(d, i);
        }
    }
    d->running = false;
    return d->lost ? STK_E_DEVICE : STK_OK;
}

static void sim_info(void *ctx, struct stk_dispatch_info *info) {
    const struct stk_sim_dispatch *d = ctx;
    *info = (struct stk_dispatch_info){.device = "simulated device",
                                       .memory = "host memory",
                                       .reason = "the test says so",
                                       .residency = d->config.residency,
                                       .workers = 1,
                                       .lanes = 1,
                                       .launches = d->launches,
                                       .idle_ends = d->launches - d->running};
}

static bool sim_has_workers(void *ctx) {
    const struct stk_sim_dispatch *d = ctx;
    return d->running && !d->lost && d->config.residency != STK_BATCH;
}

const struct stk_dispatch_ops stk_sim_dispatch_ops = {
    .name = "sim",
    .drive = sim_drive,
    .stop = sim_stop,
    .info = sim_info,
    .has_workers = sim_has_workers,
};
