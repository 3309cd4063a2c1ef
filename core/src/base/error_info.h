/* stoker: how a call records where it failed. Private to the core. */
#ifndef STK_SRC_ERROR_INFO_H
#define STK_SRC_ERROR_INFO_H

#include <stdint.h>

#include "stoker/err.h"

/* Fills *info, which may be NULL. Returns `err`, so that a refusal is one statement. */
int stk_fail(struct stk_error_info *info, int err, uint32_t index, uint64_t value);

#endif
