/* How a call records where it failed. */
#include "error_info.h"

#include <stddef.h>

int stk_fail(struct stk_error_info *info, int err, uint32_t index, uint64_t value) {
    if (info != NULL) {
        info->err = err;
        info->index = index;
        info->value = value;
    }
    return err;
}
