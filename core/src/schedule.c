/* stoker: scheduling arithmetic. */
#include "stoker/schedule.h"

struct stk_probe stk_probe_plan(uint32_t slots, uint32_t width) {
    struct stk_probe plan = {0, 0, 0};
    uint32_t lanes = width == 0 ? 1 : width;
    if (slots == 0) {
        return plan;
    }
    plan.active_lanes = lanes < slots ? lanes : slots;
    plan.probe_count = (slots - 1) / plan.active_lanes + 1;
    uint64_t looks = (uint64_t)plan.active_lanes * plan.probe_count;
    plan.probe_budget = looks < UINT32_MAX ? (uint32_t)looks : UINT32_MAX;
    return plan;
}
