/* Makes the table of limits for the pace that was measured, and hands it to the device before a launch. */
#include "internal.h"

#define TURNS     20000u /* cl->turn_cost is the time of so many turns */
#define UNITS_LOG 20u    /* cl->unit_cost is the time of 2^20 units */

/* Returns the femtoseconds of one unit, where 2^20 units take `ns` nanoseconds. */
static uint64_t unit_fs(uint64_t ns) {
    return ns < UINT64_MAX / 1000000u ? ns * 1000000u >> UNITS_LOG : UINT32_MAX;
}

int stk_opencl_set_limits(struct stk_opencl *cl) {
    const struct stk_pace pace = {
        .lease_ns = cl->mode == STK_QUANTUM ? cl->config.quantum_ns : cl->config.lease_ns,
        .unit_fs = unit_fs(cl->unit_cost),
        .lane_fs = unit_fs(cl->lane_cost),
        .turn_ps = cl->turn_cost < UINT64_MAX / 1000u ? cl->turn_cost * 1000u / TURNS : UINT32_MAX,
        .slots = cl->config.slots / cl->config.lanes + 1u,
    };
    int err = stk_limits_table(cl->config.limits, &pace, cl->limits);
    cl->limits_sent = 0;
    cl->limits[STK_LIMIT_BATCH] = cl->mode == STK_BATCH ? 1u : 0u;
    return err;
}

void stk_opencl_touch(struct stk_opencl *cl, uint32_t bytes, uint32_t one) {
    cl->limits[STK_LIMIT_TOUCH] = bytes;
    cl->limits[STK_LIMIT_TOUCHES] = one;
    cl->limits_sent = 0;
}

int stk_opencl_send_limits(struct stk_opencl *cl) {
    size_t at = STK_DEVICE_LIMITS_AT(cl->memory.slots, cl->memory.io_slots) * 4u;
    int err = STK_OK;
    if (!cl->limits_sent) {
        /* The call waits for the write, which is short: the table changes only while no launch is under way, so the
         * queue holds copies at most. */
        err = stk_opencl_error(cl,
                               clEnqueueWriteBuffer(cl->cl_queue, cl->guards.cl_mem, CL_TRUE, at, sizeof cl->limits,
                                                    cl->limits, 0, NULL, NULL),
                               "clEnqueueWriteBuffer");
        cl->limits_sent = err == STK_OK;
    }
    return err;
}
