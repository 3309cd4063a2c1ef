/* stoker: the kernel as C. The worker that a device runs, as a function of the host: the bare-metal dispatcher, the
 * oracle of tests, and what a debugger steps through. */
#ifndef STOKER_REFERENCE_H
#define STOKER_REFERENCE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct stk_dev;
struct stk_call;

/* A handler beside the built-in ones. It is written in the dialect (stoker/kernel/device.h) and compiled as C.
 * stoker/handlers.h makes these rows of a file of handlers. */
typedef uint32_t stk_handler(const struct stk_dev *dev, const struct stk_call *call);

struct stk_user_op {
    uint32_t opcode;
    uint32_t width; /* STK_SCALAR or STK_WIDE */
    stk_handler *run;
};

/* An opcode that runs several handlers one after the other on the same slot: what a fused op of a device is
 * (kernels/README.md). */
struct stk_fused_op {
    uint32_t opcode;
    uint32_t width; /* of all parts */
    stk_handler *const *parts;
    uint32_t part_count;
};

/* States what an op costs (stoker/kernel/cost.h), for an opcode of the two lists above. A handler without such a
 * function costs one unit for each byte of its chunk; a fused op costs as much for each of its parts. Neither of them
 * stops half-way. */
struct stk_cost;
typedef struct stk_cost stk_handler_cost(const struct stk_dev *dev, const struct stk_call *call);

struct stk_user_cost {
    uint32_t opcode;
    stk_handler_cost *cost;
};

/* Runs one worker on this thread until `turns` turns have passed, `idle_turns` turns in a row finished nothing, or the
 * control buffer says SHUTDOWN. A turn finishes one slot at most. Returns the slots that it finished. */
uint32_t stk_reference_run(const struct stk_dev *dev, uint32_t turns, uint32_t idle_turns);

#ifdef __cplusplus
}
#endif
#endif
