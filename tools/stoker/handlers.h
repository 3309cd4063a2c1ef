/* A file of handlers of the user's own, as pieces for an OpenCL device. Its last line lists them, for this and for the
 * C build of user_ops.c: #define STK_HANDLERS(X) X(0x40000001u, function, STK_SCALAR, cost) ... */
#ifndef STOKER_CLI_HANDLERS_H
#define STOKER_CLI_HANDLERS_H

#include "stoker/port/opencl.h"

#define CLI_HANDLERS_MAX (STK_OPENCL_PIECES_MAX - 1u)

struct cli_handlers {
    char *text;
    char file[STK_OPENCL_NAME_MAX + 1u];
    char functions[CLI_HANDLERS_MAX][STK_OPENCL_NAME_MAX + 1u];
    char cost_functions[CLI_HANDLERS_MAX][STK_OPENCL_NAME_MAX + 1u];
    struct stk_opencl_piece pieces[STK_OPENCL_PIECES_MAX]; /* the text, then a handler each */
    struct stk_opencl_cost costs[CLI_HANDLERS_MAX];        /* one for each handler */
    uint32_t count;                                        /* number of pieces; 0: no file was loaded */
    uint32_t cost_count;
};

/* Loads the file. Returns 0, or CLI_BAD after printing why. It must not move until cli_handlers_free, which is
 * always allowed after it. */
int cli_handlers_load(struct cli_handlers *handlers, const char *path);
void cli_handlers_free(struct cli_handlers *handlers);

#endif
