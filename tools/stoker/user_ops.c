/* The C build of the user's handlers. Their file is the text that --handler hands to an OpenCL device: functions of the
 * dialect and a last line #define STK_HANDLERS(X) ... */
#include "user_ops.h"

#include <stddef.h>

#ifdef STK_CLI_HANDLER

#include "stoker/kernel/device.h"
#include STK_CLI_HANDLER

#define ROW(opcode, function, width) {(opcode), (width), function},

static const struct stk_user_op ops[] = {STK_HANDLERS(ROW)};

const struct stk_user_op *const cli_user_ops = ops;
const uint32_t cli_user_op_count = sizeof ops / sizeof *ops;

#else

const struct stk_user_op *const cli_user_ops = NULL;
const uint32_t cli_user_op_count = 0;

#endif
