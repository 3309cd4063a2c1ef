/* stoker: the handlers of one file, for every kind of device.
 *
 * A file of handlers (kernels/README.md) is compiled twice: as OpenCL C by the driver of a device, and as C by the
 * compiler of the program. The CMake command stoker_handlers(), or the script stoker-handlers where there is no CMake,
 * makes one object out of the file, which serves both ports:
 *
 *     extern const struct stk_handlers my_handlers;
 *     err = stk_device_open(&device,
 *                           &(struct stk_device_config){.opencl = {STK_HANDLERS_OPENCL(my_handlers)},
 *                                                       .interp = {STK_HANDLERS_INTERP(my_handlers)}}, &arena); */
#ifndef STOKER_HANDLERS_H
#define STOKER_HANDLERS_H

#include <stdint.h>

#include "stoker/reference.h"

#ifdef __cplusplus
extern "C" {
#endif

struct stk_opencl_piece; /* stoker/port/opencl.h */
struct stk_opencl_cost;

/* The handlers of a file. Constant; all pointers name static memory. */
struct stk_handlers {
    uint32_t count;                           /* handlers in the file's list */
    const struct stk_user_op *ops;            /* `count` rows, in the order of the list */
    const struct stk_user_cost *costs;        /* `count` rows, in the same order */
    uint32_t piece_count;                     /* 1 + count; 0: made without the text */
    const struct stk_opencl_piece *pieces;    /* the text, then one piece for each handler; NULL: no text */
    const struct stk_opencl_cost *text_costs; /* `count` rows; NULL: no text */
};

/* The members of a struct stk_opencl_config and of a struct stk_interp_config that hand the handlers over, as
 * designated initialisers of C. */
#define STK_HANDLERS_OPENCL(handlers)                                                                                  \
    .pieces = (handlers).pieces, .piece_count = (handlers).piece_count, .costs = (handlers).text_costs,                \
    .cost_count = (handlers).count
#define STK_HANDLERS_INTERP(handlers)                                                                                  \
    .user_ops = (handlers).ops, .user_op_count = (handlers).count, .costs = (handlers).costs,                          \
    .cost_count = (handlers).count

#ifdef __cplusplus
}
#endif
#endif
