/* stoker kernels: the kernel as C, the same worker text compiled for the host. It is the oracle of tests and the body
 * of port/interp. */
#include "stoker/reference.h"

#include "loop.h"

uint32_t stk_reference_run(const struct stk_dev *dev, uint32_t turns, uint32_t idle_turns) {
    struct stk_worker worker;
    uint32_t shared[STK_SHARED_WORDS];
    stk_worker_run(dev, &worker, shared, turns, idle_turns);
    return worker.finished;
}
