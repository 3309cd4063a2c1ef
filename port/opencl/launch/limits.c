/* stoker port: makes the table of limits for the pace that was measured, and hands it to the device before a launch.
 * stoker/limits.h explains the limits. */
#include "../devices/devices.h"
#include "../report/report.h"
#include "launch.h"
#include "stoker/atomic.h"

#define UNITS_LOG 20u /* outcome.unit_cost is the time of 2^20 units */

/* Returns the femtoseconds of one unit of cost, where 2^20 units take `ns` nanoseconds. A pace that is too slow for the
 * sum becomes the longest that the table takes. */
static uint64_t unit_fs(uint64_t ns) {
    return ns < UINT64_MAX / 1000000u ? ns * 1000000u >> UNITS_LOG : UINT32_MAX;
}

/* Returns 1 if launches have mailboxes. Never with copies: there a launch ends when nothing is left to do, so all
 * workers may look for slots. Unless the configuration decides, not on a CPU, where a look costs no bus, and not where
 * the fence of the compiler does not order groups. */
static int has_mail(const struct stk_opencl *cl) {
    const struct stk_opencl_config *c = &cl->config;
    return !stk_opencl_mode(cl->mode)->copies &&
           (c->mail == STK_OPENCL_MAIL_ON || (c->mail == STK_OPENCL_MAIL_AUTO && cl->device.type != STK_OPENCL_CPU &&
                                              stk_opencl_orders_groups(&cl->device)));
}

int stk_opencl_set_limits(struct stk_opencl *cl) {
    const struct stk_opencl_outcome *o = &cl->outcome;
    const struct stk_opencl_mode *mode = stk_opencl_mode(cl->mode);
    struct stk_opencl_launches *l = &cl->own.launches;
    const struct stk_pace pace = {
        .lease_ns = mode->lease_ns(&cl->config),
        .unit_fs = unit_fs(o->unit_cost),
        .lane_fs = unit_fs(o->lane_cost),
        .turn_ps = o->turn_cost < UINT64_MAX / 1000u ? o->turn_cost * 1000u / STK_OPENCL_TURNS : UINT32_MAX,
        /* Each lane looks at a slot of its own, so a look at all slots takes so many turns. */
        .slots = cl->config.slots / cl->config.lanes + 1u,
    };
    int err = stk_limits_table(l->terms.limits, &pace, l->limits);
    l->limits_sent = 0;
    l->limits[STK_LIMIT_BATCH] = mode->copies ? 1u : 0u;
    l->limits[STK_LIMIT_MAIL] = has_mail(cl) ? 1u : 0u;
    return err;
}

int stk_opencl_check_limits(struct stk_opencl *cl) {
    const struct stk_pace pace = {0};
    int err = stk_limits_table(cl->config.limits, &pace, cl->own.launches.limits);
    if (err != STK_OK) {
        stk_opencl_say(cl, "limits: use weights up to %u, costs up to 2^41, and STK_OP_OFF of built-in opcodes",
                       STK_WEIGHT_MAX);
    }
    return err;
}

void stk_opencl_touch(struct stk_opencl *cl, uint32_t bytes, uint32_t one) {
    cl->own.launches.limits[STK_LIMIT_TOUCH] = bytes;
    cl->own.launches.limits[STK_LIMIT_TOUCHES] = one;
    cl->own.launches.limits_sent = 0;
}

/* Copies the control words that hold for a whole launch, and that the host may have changed since the last one. */
static void take_terms(struct stk_opencl *cl) {
    static const uint32_t words[STK_LIMIT_TERM_COUNT] = {STK_CTL_NO_SHARED_ATOMICS, STK_CTL_SHARE_OBSERVABLES,
                                                         STK_CTL_SHARE_PAYLOAD};
    struct stk_opencl_launches *l = &cl->own.launches;
    for (uint32_t i = 0; i < STK_LIMIT_TERM_COUNT; i++) {
        uint32_t word = stk_load(cl->memory.control + words[i]);
        l->limits_sent = l->limits_sent && l->limits[STK_LIMIT_TERMS + i] == word;
        l->limits[STK_LIMIT_TERMS + i] = word;
    }
}

int stk_opencl_send_limits(struct stk_opencl *cl) {
    struct stk_opencl_launches *l = &cl->own.launches;
    size_t at = STK_DEVICE_LIMITS_AT(cl->memory.slots, cl->memory.io_slots) * 4u;
    int err = STK_OK;
    /* Nobody may change these words while a launch runs, and a write would wait for that launch. */
    if (cl->stats.running == 0u) {
        take_terms(cl);
    }
    if (!l->limits_sent) {
        /* The call waits for the write, so that the table may change again after it. The wait is short: the table
         * changes only while no launch is under way, so the queue holds copies at most. */
        err = stk_opencl_error(cl,
                               clEnqueueWriteBuffer(cl->own.program.queue, cl->own.buffers.guards.cl_mem, CL_TRUE, at,
                                                    sizeof l->limits, l->limits, 0, NULL, NULL),
                               "clEnqueueWriteBuffer");
        l->limits_sent = err == STK_OK;
    }
    return err;
}
