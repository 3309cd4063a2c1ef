/* stoker: how a call records where it failed. Private to the core. */
#ifndef STK_SRC_ERROR_INFO_H
#define STK_SRC_ERROR_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/err.h"

/* Fills `fault` when there is one; returns `err`, so that a refusal is one statement. */
static inline int stk_fail(struct stk_error_info *info, int err, uint32_t index, uint64_t value) {
    if (info != NULL) {
        info->err = err;
        info->index = index;
        info->value = value;
    }
    return err;
}

#endif
