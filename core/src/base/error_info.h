/* stoker: how a call records where it failed. Private to the core. */
#ifndef STK_SRC_ERROR_INFO_H
#define STK_SRC_ERROR_INFO_H

#include <stdint.h>

#include "stoker/err.h"

/* Writes where a call failed to *info, and returns `err`, so that a refusal is one statement. `info` may be NULL, since
 * most calls make it optional. `index` and `value` mean what the comment of the call says. */
int stk_fail(struct stk_error_info *info, int err, uint32_t index, uint64_t value);

#endif
