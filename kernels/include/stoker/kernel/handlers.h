/* stoker kernels: defines a struct stk_handlers from the list of a file of handlers.
 *
 * The list is a macro, so neither side parses the file:
 *
 *     #define STK_HANDLERS(X) X(0x20001u, my_hash, STK_SCALAR, my_hash_cost) X(0x20002u, my_sum, STK_WIDE,
 *     stk_cost_plain)
 *
 * The C file that stoker_handlers() or stoker-handlers makes includes this header and the file of handlers, and then
 * has one of the two definitions below.
 */
#ifndef STOKER_KERNEL_HANDLERS_H
#define STOKER_KERNEL_HANDLERS_H

#include "stoker/handlers.h"
#include "stoker/kernel/cost.h"

/* A row of each table, from an entry of the list. */
#define STK_HANDLER_OP_(opcode, function, width, cost)        {(opcode), (width), function},
#define STK_HANDLER_COST_(opcode, function, width, cost)      {(opcode), cost},
#define STK_HANDLER_PIECE_(opcode, function, width, cost)     {#function, 0, (opcode), #function, (width)},
#define STK_HANDLER_TEXT_COST_(opcode, function, width, cost) {(opcode), #cost},

#define STK_HANDLER_TABLES_(name)                                                                                      \
    static const struct stk_user_op name##_ops[] = {STK_HANDLERS(STK_HANDLER_OP_)};                                    \
    static const struct stk_user_cost name##_costs[] = {STK_HANDLERS(STK_HANDLER_COST_)};                              \
    extern const struct stk_handlers name;
#define STK_HANDLER_COUNT_(name) (uint32_t)(sizeof name##_ops / sizeof *name##_ops), name##_ops, name##_costs

/* Defines `name` without a text: the interpreter has the handlers, an OpenCL device does not. */
#define STK_HANDLERS_DEFINE(name)                                                                                      \
    STK_HANDLER_TABLES_(name)                                                                                          \
    const struct stk_handlers name = {STK_HANDLER_COUNT_(name), 0, 0, 0}

/* Defines `name` with the text of the file, a NUL-terminated array of char, which the build log of a device calls
 * `file`. Include stoker/port/opencl.h before. */
#define STK_HANDLERS_DEFINE_TEXT(name, file, text)                                                                     \
    STK_HANDLER_TABLES_(name)                                                                                          \
    static const struct stk_opencl_piece name##_pieces[] = {{file, text, 0, 0, 0}, STK_HANDLERS(STK_HANDLER_PIECE_)};  \
    static const struct stk_opencl_cost name##_text_costs[] = {STK_HANDLERS(STK_HANDLER_TEXT_COST_)};                  \
    const struct stk_handlers name = {                                                                                 \
        STK_HANDLER_COUNT_(name),                                                                                      \
        (uint32_t)(sizeof name##_pieces / sizeof *name##_pieces),                                                      \
        name##_pieces,                                                                                                 \
        name##_text_costs,                                                                                             \
    }

#endif
