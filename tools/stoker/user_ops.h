/* Handlers of the user's own for the interpreter: those of the file that the CMake variable STK_CLI_HANDLER names. */
#ifndef STOKER_CLI_USER_OPS_H
#define STOKER_CLI_USER_OPS_H

#include <stdint.h>

#include "stoker/reference.h"

extern const struct stk_user_op *const cli_user_ops; /* NULL: none */
extern const uint32_t cli_user_op_count;

#endif
