/* stoker: the kernel as C: the worker that a device runs, as a function of the host. It is the dispatcher of bare
 * metal, the oracle of tests, and the form in which a debugger can step through a handler. */
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

/* A handler with its opcode. */
struct stk_user_op {
    uint32_t opcode;  /* opcode that runs the handler, as stk_opcode_user allows */
    uint32_t width;   /* STK_SCALAR or STK_WIDE */
    stk_handler *run; /* the handler */
};

/* An opcode that runs several handlers one after the other on the same slot, as a fused op of a device does
 * (kernels/README.md, "Fused ops"). */
struct stk_fused_op {
    uint32_t opcode;
    uint32_t width;            /* STK_SCALAR or STK_WIDE, the same for all parts */
    stk_handler *const *parts; /* the handlers, in their order */
    uint32_t part_count;
};

/* A function that states the cost of an op (stoker/kernel/cost.h). The op is the handler of a struct stk_user_op or a
 * struct stk_fused_op. A handler without such a function costs one unit for each byte of its chunk. A fused op without
 * such a function costs one unit for each byte of its chunk, times the number of its parts. An op without such a
 * function does its slot in one call: it never stops at the budget. */
struct stk_cost;
typedef struct stk_cost stk_handler_cost(const struct stk_dev *dev, const struct stk_call *call);

/* A function of cost with its opcode. */
struct stk_user_cost {
    uint32_t opcode;
    stk_handler_cost *cost;
};

/* Runs one worker on this thread until `turns` turns have passed, `idle_turns` turns in a row finished nothing, or the
 * control word SHUTDOWN is set. A turn finishes one slot at most. Returns how many slots finished. `dev` has the
 * buffers, which stay the caller's; several threads may run a worker each over the same buffers. */
uint32_t stk_reference_run(const struct stk_dev *dev, uint32_t turns, uint32_t idle_turns);

#ifdef __cplusplus
}
#endif
#endif
