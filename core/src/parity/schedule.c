/* stoker: scheduling arithmetic: how lanes are spread over a partition, and how many workers are worth a launch. These
 * are pure functions of their arguments. The reference implementation has this module; the ports of this library choose
 * their workers by themselves. */
#include "stoker/parity/schedule.h"

struct stk_probe stk_probe_plan(uint32_t slots, uint32_t width) {
    struct stk_probe plan = {0, 0, 0};
    uint32_t lanes = width == 0 ? 1 : width; /* width 0 counts as 1, so that nothing is divided by 0 */
    if (slots == 0) {
        return plan;
    }
    plan.active_lanes = lanes < slots ? lanes : slots;
    plan.probe_count = (slots - 1) / plan.active_lanes + 1; /* rounded up, without a sum that may wrap */
    /* The rounding may bring the product above 2^32 - 1 when `slots` is near that number, so the budget saturates. */
    uint64_t looks = (uint64_t)plan.active_lanes * plan.probe_count;
    plan.probe_budget = looks < UINT32_MAX ? (uint32_t)looks : UINT32_MAX;
    return plan;
}

/* Returns n / by, rounded up. Callers pass numbers of 32 bits, so that the sum does not wrap. */
static uint64_t divide_up(uint64_t n, uint64_t by) {
    return (n + by - 1) / by;
}

struct stk_launch stk_launch_plan(const struct stk_launch_load *load) {
    struct stk_launch plan = {0, 0};
    uint64_t width = load->width == 0 ? 1 : load->width;
    uint64_t most = load->workers_max == 0 ? 1 : load->workers_max;
    /* A slot in WAIT_IO counts as work, since its I/O may end before the launch does. */
    if (load->ready == 0 && load->parked == 0) {
        return plan;
    }
    uint64_t workers = divide_up(load->ready, width);
    workers = workers < most ? workers : most;
    workers = workers == 0 ? 1 : workers; /* nothing is ready, but a parked slot will be */
    uint64_t lanes = workers * width;
    /* One pass over all slots to look at them, and one over the ready slots to run them. */
    uint64_t turns = divide_up(load->slots, lanes) + divide_up(load->ready, lanes);
    plan.workers = (uint32_t)workers;
    plan.turns = turns < UINT32_MAX ? (uint32_t)turns : UINT32_MAX;
    return plan;
}
