/* stoker kernels: which handler runs which opcode, and which function states its cost.
 *
 * STK_OPS (words.h) lists the handlers that come with stoker. STK_USER_OPS lists those of the user's pieces; the port
 * makes this list. Both are X(opcode, function, width, cost). On the host the interpreter's tables add its own
 * handlers. */
#ifndef STK_OPS_H
#define STK_OPS_H

#include "stoker/kernel/device.h"
#include "op_builtin.h"
#include "op_load_miss.h"
#include "fused.h"
#include "ops/crc32c.h"
#include "ops/fir.h"
#include "ops/scan.h"
#include "ops/sum.h"

#ifndef STK_USER_OPS
/* An empty list, where no piece has an opcode. */
#define STK_USER_OPS(X)
#endif

/* Cases of the switches below, one for each row of a list. */
#define STK_OP_WIDTH_CASE(op, function, width, cost)                                                                   \
    case (op):                                                                                                         \
        return (width);
#define STK_OP_RUN_CASE(op, function, width, cost)                                                                     \
    case (op):                                                                                                         \
        return function(d, c);
/* With tiles each of the two functions below has only the handlers of its width. */
#define STK_OP_RUN_SCALAR_CASE(op, function, width, cost)                                                              \
    case (op):                                                                                                         \
        if ((width) == STK_SCALAR) {                                                                                   \
            return function(d, c);                                                                                     \
        }                                                                                                              \
        break;
#define STK_OP_RUN_WIDE_CASE(op, function, width, cost)                                                                \
    case (op):                                                                                                         \
        if ((width) == STK_WIDE) {                                                                                     \
            return function(d, c);                                                                                     \
        }                                                                                                              \
        break;
#define STK_OP_COST_CASE(op, function, width, cost)                                                                    \
    case (op):                                                                                                         \
        return cost(d, c);

#ifndef __OPENCL_C_VERSION__
/* Finds the handler that the program gave the interpreter for an opcode; NULL if there is none. */
STK_FN const struct stk_user_op *stk_user_op_find(const struct stk_dev *d, stk_u32 opcode) {
    stk_u32 i;
    for (i = 0; i < d->user_op_count; i++) {
        if (d->user_ops[i].opcode == opcode) {
            return &d->user_ops[i];
        }
    }
    return 0;
}

/* Finds the fused op of an opcode; NULL if there is none. */
STK_FN const struct stk_fused_op *stk_fused_op_find(const struct stk_dev *d, stk_u32 opcode) {
    stk_u32 i;
    for (i = 0; i < d->fused_op_count; i++) {
        if (d->fused_ops[i].opcode == opcode) {
            return &d->fused_ops[i];
        }
    }
    return 0;
}

/* Runs the parts of a fused op (fused.h). */
STK_FN stk_u32 stk_fused_op_run(const struct stk_dev *d, const struct stk_call *c, const struct stk_fused_op *op) {
    stk_u32 status = STK_SLOT_DONE, i;
    for (i = 0; i < op->part_count; i++) {
        STK_FUSED_PART(i, op->parts[i])
    }
    return status;
}
#endif

/* Returns 1 for a built-in opcode that the host switched off. */
STK_FN int stk_op_off(const struct stk_dev *d, stk_u32 opcode) {
    return (d->ops_off & STK_OP_OFF(opcode)) != 0u;
}

/* Returns STK_SCALAR or STK_WIDE, or 0 for an opcode that has no handler. */
STK_FN stk_u32 stk_op_width(const struct stk_dev *d, stk_u32 opcode) {
    switch (opcode) {
    case STK_OP_NOP:
    case STK_OP_PACKED_SLOT:
        return STK_SCALAR;
        STK_OPS(STK_OP_WIDTH_CASE)
        STK_USER_OPS(STK_OP_WIDTH_CASE)
    default:
        break;
    }
#ifndef __OPENCL_C_VERSION__
    {
        /* The interpreter looks into user_ops and fused_ops after the switch, so a built-in opcode costs no search. */
        const struct stk_user_op *op = stk_user_op_find(d, opcode);
        const struct stk_fused_op *fused = stk_fused_op_find(d, opcode);
        return op ? op->width : fused ? fused->width : 0u;
    }
#else
    (void)d;
    return 0u;
#endif
}

/* Returns the cost of an op other than a packed slot. */
STK_FN struct stk_cost stk_op_cost(const struct stk_dev *d, const struct stk_call *c, stk_u32 opcode) {
    switch (opcode) {
        STK_OPS(STK_OP_COST_CASE)
        STK_USER_OPS(STK_OP_COST_CASE)
    default:
        break;
    }
#ifndef __OPENCL_C_VERSION__
    {
        const struct stk_fused_op *fused = stk_fused_op_find(d, opcode);
        stk_u32 i;
        for (i = 0; i < d->user_cost_count; i++) {
            if (d->user_costs[i].opcode == opcode) {
                return d->user_costs[i].cost(d, c);
            }
        }
        /* The cost of a handler that states none, as stk_opencl_cost says: one unit for each byte and each handler. */
        if (stk_user_op_find(d, opcode) || fused) {
            return stk_cost_of_chunk(d, stk_arg(c, STK_ARG_BYTES), STK_COST_UNIT * (fused ? fused->part_count : 1u),
                                     0u);
        }
    }
#endif
    return stk_cost_none(d, c);
}

#if STK_TILED
/* Runs a handler of one lane that is neither NOP nor a packed slot. A handler of all lanes is not among these, since
 * lanes go different ways here and such a handler may have barriers. */
STK_FN stk_u32 stk_op_run(const struct stk_dev *d, const struct stk_call *c, stk_u32 opcode) {
    switch (opcode) {
        STK_OPS(STK_OP_RUN_SCALAR_CASE)
        STK_USER_OPS(STK_OP_RUN_SCALAR_CASE)
    default:
        break;
    }
    return stk_refuse(c, STK_REASON_OPCODE, opcode);
}

/* Runs a handler of all lanes. All lanes call it. */
STK_FN stk_u32 stk_op_run_wide(const struct stk_dev *d, const struct stk_call *c, stk_u32 opcode) {
    switch (opcode) {
        STK_OPS(STK_OP_RUN_WIDE_CASE)
        STK_USER_OPS(STK_OP_RUN_WIDE_CASE)
    default:
        break;
    }
    return stk_refuse(c, STK_REASON_OPCODE, opcode);
}
#else
#define stk_op_run_wide stk_op_run /* without barriers one function does */

/* Runs a handler that is neither NOP nor a packed slot. */
STK_FN stk_u32 stk_op_run(const struct stk_dev *d, const struct stk_call *c, stk_u32 opcode) {
    switch (opcode) {
        STK_OPS(STK_OP_RUN_CASE)
        STK_USER_OPS(STK_OP_RUN_CASE)
    default:
        break;
    }
#ifndef __OPENCL_C_VERSION__
    {
        const struct stk_user_op *op = stk_user_op_find(d, opcode);
        const struct stk_fused_op *fused = stk_fused_op_find(d, opcode);
        if (op) {
            return op->run(d, c);
        }
        if (fused) {
            return stk_fused_op_run(d, c, fused);
        }
    }
#endif
    return stk_refuse(c, STK_REASON_OPCODE, opcode);
}
#endif

#endif
