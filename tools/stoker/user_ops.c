/* The C build of the user's handlers. --handler hands the same file to an OpenCL device, as text. */
#include "user_ops.h"

#include <stddef.h>

#ifdef STK_CLI_HANDLER

#include "stoker/kernel/handlers.h"
#include STK_CLI_HANDLER

STK_HANDLERS_DEFINE(cli_user_ops);

#else

const struct stk_handlers cli_user_ops = {0, NULL, NULL, 0, NULL, NULL};

#endif
