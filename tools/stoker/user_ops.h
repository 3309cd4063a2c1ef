/* Handlers of the user's own for the interpreter: those of the file that the CMake variable STK_CLI_HANDLER names. */
#ifndef STOKER_CLI_USER_OPS_H
#define STOKER_CLI_USER_OPS_H

#include "stoker/handlers.h"

extern const struct stk_handlers cli_user_ops; /* without the text; count 0: none */

#endif
