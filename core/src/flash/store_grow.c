/* Grows a flash store to a larger partition. This file is apart from mount, so that a firmware whose store keeps its
 * size does not link the code. */
#include "store_internal.h"

int stk_store_grow(struct stk_store *store, struct stk_error_info *info) {
    return stk_store_begin(store, stk_log_grow(&store->log, &store->log_config), info);
}
