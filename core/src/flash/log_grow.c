/* Growing a flash log to a larger partition. */
#include "log_internal.h"

/* The new number of blocks is in force once a header with it is the newest. So the block in use is left for the next
 * one. */
static int enter_next(struct stk_log *log) {
    int err;
    log->cell = log->block_cells;
    err = stk_log_settle(log);
    if (err == STK_OK && log->cell == 0u) {
        err = stk_log_flush(log);
    }
    return err == STK_OK ? stk_log_sync(log) : err;
}

int stk_log_grow(struct stk_log *log, const struct stk_log_config *config) {
    int err = stk_log_find(log, config);
    if (err == STK_OK && log->blocks != log->geometry.blocks) {
        err = log->blocks < log->geometry.blocks ? enter_next(log) : STK_E_FORMAT;
        log->blocks = log->geometry.blocks;
    }
    if (err != STK_OK) {
        log->config.flash.ops = NULL;
    }
    return err;
}
