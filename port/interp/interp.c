/* stoker port: dispatch by the kernel compiled as C. Drive runs one worker on the caller's thread for a bounded number
 * of turns; there is no thread and no state beside the shared buffers. Several workers at once are in port/threads. */
#include "stoker/port/interp.h"

#include <stddef.h>

#include "stoker/kernel/device.h"
#include "stoker/words.h"

/* Returns 1 if `p` is not aligned to 4 bytes, the size of a shared word. NULL counts as aligned: a buffer that is
 * absent has count 0. */
static int misaligned(const void *p) {
    return ((uintptr_t)p & 3u) != 0u;
}

int stk_interp_open(struct stk_interp *interp, const struct stk_device_memory *memory,
                    const struct stk_interp_config *config) {
    struct stk_pace pace;
    if (!interp || !memory || !memory->ring || memory->slots == 0u || !memory->control ||
        memory->control_words < STK_CTL_WORDS_MIN) {
        return STK_E_ARG;
    }
    if (misaligned(memory->ring) || misaligned(memory->control) || misaligned(memory->debug) ||
        misaligned(memory->io) || misaligned(memory->payload) || misaligned(memory->tables)) {
        return STK_E_ALIGN;
    }
    *interp = (struct stk_interp){.memory = *memory};
    if (config) {
        interp->config = *config;
    }
    if (interp->config.turns == 0u) {
        /* Bounds one drive, so that a caller with other work gets its thread back. The value is a default and nothing
         * depends on it. */
        interp->config.turns = 64u;
    }
    if (interp->config.idle_turns == 0u) {
        /* A worker looks at each slot of the ring in so many turns, so a drive that ends idle has seen that nothing
         * waits. */
        interp->config.idle_turns = memory->slots + 1u;
    }
    /* 0 of 0 in the configuration means the only worker, which is number 0 of 1. */
    interp->config.workers += interp->config.workers == 0u ? 1u : 0u;
    if (interp->config.worker >= interp->config.workers) {
        return STK_E_ARG;
    }
    pace = interp->config.pace;
    /* The port fills the number of slots in, since the configuration knows no ring. */
    pace.slots = memory->slots;
    return stk_limits_table(interp->config.limits, &pace, interp->table);
}

/* Returns the device as handlers see it. It is built anew for each drive, which costs less than a second copy that
 * could differ from `memory`. A buffer that is absent gets length 0, so that each bound check of a handler refuses
 * it. */
static struct stk_dev device_of(struct stk_interp *interp) {
    const struct stk_device_memory *m = &interp->memory;
    return (struct stk_dev){
        .ring = m->ring,
        .control = m->control,
        .debug = m->debug,
        .io = m->io,
        .payload = m->payload,
        .tables = m->tables,
        .limits = interp->table,
        .slots = m->slots,
        .control_words = m->control_words,
        .debug_words = m->debug ? m->debug_words : 0u,
        .io_slots = m->io ? m->io_slots : 0u,
        .payload_bytes = m->payload ? m->payload_bytes : 0u,
        .table_bytes = m->tables ? m->table_bytes : 0u,
        .worker = interp->config.worker,
        .workers = interp->config.workers,
        .user_ops = interp->config.user_ops,
        .user_op_count = interp->config.user_op_count,
        .fused_ops = interp->config.fused_ops,
        .fused_op_count = interp->config.fused_op_count,
        .user_costs = interp->config.costs,
        .user_cost_count = interp->config.cost_count,
    };
}

/* Runs the worker once, for at most config.turns turns. Without `pending` there is nothing to run, and the worker's
 * ends would be counted for nothing. */
static int interp_drive(void *ctx, bool pending) {
    struct stk_interp *interp = ctx;
    const struct stk_dev dev = device_of(interp);
    uint32_t lease_ends;
    uint32_t finished;
    if (!pending) {
        return 0;
    }
    /* The worker counts its own end in the control buffer. The difference says which kind of end this was: used up
     * turns, or no work. With several workers on one ring the other workers count there too, so the number is then an
     * estimate; port/threads counts for itself. */
    lease_ends = stk_ld(dev.control + STK_CTL_LEASE_ENDS);
    finished = stk_reference_run(&dev, interp->config.turns, interp->config.idle_turns);
    interp->launches++;
    if (stk_ld(dev.control + STK_CTL_LEASE_ENDS) != lease_ends) {
        interp->lease_ends++;
    } else {
        interp->idle_ends++;
    }
    return finished != 0u;
}

/* Returns STK_OK: the worker runs inside drive only, so no worker runs while stop does. */
static int interp_stop(void *ctx, uint64_t timeout_ns) {
    (void)ctx;
    (void)timeout_ns;
    return STK_OK;
}

/* Returns false: no worker runs outside drive. */
static bool interp_has_workers(void *ctx) {
    (void)ctx;
    return false;
}

/* Describes the port. The interpreter is RESIDENT, because a worker sees each store of the host at once: both are the
 * same thread. */
static void interp_info(void *ctx, struct stk_dispatch_info *info) {
    const struct stk_interp *interp = ctx;
    *info = (struct stk_dispatch_info){
        .device = "interpreter",
        .memory = "host memory",
        .reason = "the kernel runs as C on the calling thread",
        .residency = STK_RESIDENT,
        .workers = interp->config.workers,
        .lanes = 1u,
        .launches = interp->launches,
        .lease_ends = interp->lease_ends,
        .idle_ends = interp->idle_ends,
    };
}

const struct stk_dispatch_ops stk_interp_ops = {
    .name = "interp",
    .drive = interp_drive,
    .stop = interp_stop,
    .info = interp_info,
    .has_workers = interp_has_workers,
};
