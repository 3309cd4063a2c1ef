/* The kernel as C: the same worker text, compiled for the host. */
#include "stoker/reference.h"

#include "loop.h"

uint32_t stk_reference_run(const struct stk_dev *dev, uint32_t turns, uint32_t idle_turns) {
    struct stk_worker worker;
    uint32_t shared[STK_SHARED_WORDS];
    stk_worker_run(dev, &worker, shared, turns, idle_turns);
    return worker.finished;
}
