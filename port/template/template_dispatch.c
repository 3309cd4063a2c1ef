/* stoker port template: workers. */
#include "stoker/port/template.h"

/* Start the workers when `pending` and none run; renew a lease that ended. Write the ring, the control words and the
 * payload back from the CPU's cache before a launch on memory that the device does not snoop. Return at once. */
static int template_drive(void *ctx, bool pending) {
    (void)ctx;
    (void)pending;
    return STK_E_UNSUPPORTED;
}

/* The caller has set the SHUTDOWN word: write it back, wait for the workers to leave, then invalidate what they
 * wrote. */
static int template_stop(void *ctx, uint64_t timeout_ns) {
    (void)ctx;
    (void)timeout_ns;
    return STK_E_UNSUPPORTED;
}

static void template_info(void *ctx, struct stk_dispatch_info *info) {
    (void)ctx;
    *info = (struct stk_dispatch_info){
        .device = "none", .memory = "none", .reason = "this port is a template", .residency = STK_BATCH};
}

/* Answer from the launches that the port has made and not seen to their end. False with copies. */
static bool template_has_workers(void *ctx) {
    (void)ctx;
    return false;
}

/* Leave this call out where workers read the tables in the host's own memory. */
static int template_change_tables(void *ctx, uint32_t first, uint32_t bytes, uint64_t timeout_ns) {
    (void)ctx;
    (void)first;
    (void)bytes;
    (void)timeout_ns;
    return STK_E_UNSUPPORTED;
}

const struct stk_dispatch_ops stk_template_dispatch_ops = {
    .name = "template",
    .drive = template_drive,
    .stop = template_stop,
    .info = template_info,
    .has_workers = template_has_workers,
    .change_tables = template_change_tables,
};
