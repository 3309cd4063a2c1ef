/* stoker port: the table of calls of the OpenCL port. Each entry hands on to the step (step.c) or to the memory. */
#include "../launch/launch.h"
#include "../memory/memory.h"
#include "drive.h"

/* Takes one step. Without `pending` no launch is made for work that is not there. */
static int opencl_drive(void *ctx, bool pending) {
    return stk_opencl_step(ctx, pending ? STK_OPENCL_AIM_WORK : STK_OPENCL_AIM_RUN);
}

static int opencl_stop(void *ctx, uint64_t timeout_ns) {
    return stk_opencl_join(ctx, timeout_ns);
}

static void opencl_info(void *ctx, struct stk_dispatch_info *info) {
    const struct stk_opencl *cl = ctx;
    *info = (struct stk_dispatch_info){
        .device = cl->device.name,
        .memory = stk_opencl_memory_name(stk_opencl_mode(cl->mode)->copies ? STK_OPENCL_COPIES : cl->outcome.memory),
        .reason = cl->reason,
        .residency = cl->mode,
        .workers = cl->config.workers,
        .lanes = cl->config.lanes,
        .launches = cl->stats.launches,
        .lease_ends = cl->stats.lease_ends,
        .idle_ends = cl->stats.idle_ends,
        .probe_rounds = cl->outcome.rounds,
        .probe_p50_ns = cl->outcome.p50_ns,
        .probe_items = cl->outcome.items,
        .copied_bytes = cl->own.copies.copied,
        .fallbacks = cl->stats.fallbacks,
        .recoveries = cl->losses.recoveries,
    };
}

/* Returns false in BATCH, where a kernel touches only memory of the device. */
static bool opencl_has_workers(void *ctx) {
    const struct stk_opencl *cl = ctx;
    return !stk_opencl_mode(cl->mode)->copies && stk_opencl_is_busy(cl);
}

/* Notes that the host is about to write bytes of the tables. A launch may still be sending older bytes from there. So
 * where the device has a copy of the tables, the launch ends first, in every mode. */
static int opencl_change_tables(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns) {
    struct stk_opencl *cl = ctx;
    if (first > cl->memory.table_bytes || bytes > cl->memory.table_bytes - first) {
        return STK_E_RANGE;
    }
    return stk_opencl_change_tables(cl, first, bytes) ? stk_opencl_join(cl, timeout_ns) : STK_OK;
}

const struct stk_dispatch_ops stk_opencl_ops = {
    .name = "opencl",
    .drive = opencl_drive,
    .stop = opencl_stop,
    .info = opencl_info,
    .has_workers = opencl_has_workers,
    .change_tables = opencl_change_tables,
};
